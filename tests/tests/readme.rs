//! The README tells the truth: its example runs and prints what it says, its commands and its tree exist.

use std::path::{Path, PathBuf};

use nde::output::csv;
use nde::session::{self, Interrupt, RunOptions};
use nde_compiler::diagnostics::Look;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).expect("the README can be read")
}

/// The fenced blocks, each with the word behind its fence.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(word) => {
                found.push((word.to_owned(), String::new()));
                inside = true;
            }
            None if inside => {
                let (_, block) = found.last_mut().expect("a fence opened it");
                block.push_str(line);
                block.push('\n');
            }
            None => {}
        }
    }
    found
}

/// The example as a file of its own; the folder lives as long as the test.
fn example() -> (tempfile::TempDir, PathBuf) {
    let (_, text) = blocks(&readme()).into_iter().find(|(word, _)| word == "nde").expect("an example");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chemostat.nde");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

/// Whether the lines of `block` are lines of `text` in this order; `⋮` stands for some left out.
fn is_excerpt(block: &str, text: &str) -> bool {
    let mut lines = text.lines();
    block.lines().filter(|line| *line != "⋮").all(|wanted| lines.any(|line| line == wanted))
}

#[test]
fn the_example_prints_what_the_readme_shows() {
    let (_folder, path) = example();
    let run = session::run(&path, &RunOptions::default(), &Interrupt::default(), &mut |_| {}).unwrap();
    assert!(run.complaints.diagnostics.is_empty(), "{}", run.complaints.render(Look::Plain, 100));
    assert_eq!(run.report.tasks[0].status, "finished");
    let mut table = Vec::new();
    csv::write(&run.report.csv_task().expect("a table").table, &mut table).unwrap();
    let table = String::from_utf8(table).unwrap();
    let shown = blocks(&readme()).into_iter().find(|(_, block)| block.starts_with("t,")).expect("the table");
    assert!(is_excerpt(&shown.1, &table), "{table}");
}

#[test]
fn the_example_is_laid_out_canonically() {
    let (_folder, path) = example();
    let (formatted, _) = session::format(&path).unwrap();
    assert_eq!(formatted, std::fs::read_to_string(&path).ok());
}

#[test]
fn a_mistake_reads_as_the_readme_shows() {
    let (_folder, path) = example();
    let text = std::fs::read_to_string(&path).unwrap().replace("growth - D", "grwth - D");
    std::fs::write(&path, text).unwrap();
    let complaints = session::check(&path).unwrap();
    let rendered = complaints.render(Look::Plain, 100).replace(&*path.to_string_lossy(), "chemostat.nde");
    let shown =
        blocks(&readme()).into_iter().find(|(_, block)| block.starts_with("error")).expect("a mistake");
    assert_eq!(shown.1.trim_end(), rendered.trim_end());
}

#[test]
fn the_two_commands_stand_there() {
    let readme = readme();
    for command in
        ["cargo run --release -- run examples/lotka_volterra.nde", "cargo test --release --workspace"]
    {
        assert!(readme.contains(command), "{command}");
    }
    assert!(root().join("examples/lotka_volterra.nde").is_file());
}

#[test]
fn the_tree_exists() {
    let (_, tree) = blocks(&readme())
        .into_iter()
        .find(|(_, block)| block.starts_with("compiler/"))
        .expect("the map of the tree");
    let mut top = PathBuf::new();
    for line in tree.lines() {
        let name = line.split_whitespace().next().expect("a path");
        let path = if line.starts_with(' ') { top.join(name) } else { PathBuf::from(name) };
        assert!(root().join(&path).exists(), "{} is not there", path.display());
        if !line.starts_with(' ') {
            top = path;
        }
    }
}
