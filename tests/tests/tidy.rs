//! The architecture, held: the order of the modules, one door a package, the size and the first line of every file.

use std::path::{Path, PathBuf};

/// A module uses only those that stand before it, and `diagnostics`, which is a leaf. What `derive` makes are the
/// routines of `emit`, so `emit` stands first: it lowers routines and knows nothing of systems.
const COMPILER: &[&str] = &["diagnostics", "algebra", "parse", "check", "emit", "derive", "program"];
const RUNTIME: &[&str] =
    &["linear", "tableau", "dynamics", "method", "solve", "random", "data", "problem", "output", "session"];

/// Modules of the runtime that know nothing of the compiler: they work on any right-hand side.
const WITHOUT_COMPILER: &[&str] = &["linear", "tableau", "dynamics", "method", "solve", "random", "output"];

/// A word of the sources, and the only places where it may stand.
const DOORS: &[(&str, &[&str])] = &[
    ("logos", &["compiler/src/parse/"]),
    ("lalrpop", &["compiler/src/parse/", "compiler/build.rs"]),
    ("lalrpop_util", &["compiler/src/parse/"]),
    ("cranelift_codegen", &["compiler/src/emit/cranelift/"]),
    ("cranelift_frontend", &["compiler/src/emit/cranelift/"]),
    ("cranelift_jit", &["compiler/src/emit/cranelift/"]),
    ("cranelift_module", &["compiler/src/emit/cranelift/"]),
    ("cranelift_native", &["compiler/src/emit/cranelift/"]),
    ("miette", &["compiler/src/diagnostics.rs", "runtime/src/bin/"]),
    ("faer", &["runtime/src/linear/"]),
    ("pulp", &["compiler/src/emit/elementary/slice.rs", "compiler/src/emit/product/slice.rs"]),
    ("npyz", &["runtime/src/data/npz.rs"]),
    ("clap", &["runtime/src/bin/"]),
    ("resvg", &["runtime/src/output/png.rs"]),
    ("dejavu", &["runtime/src/output/lettering.rs"]),
    ("ttf_parser", &["runtime/src/output/lettering.rs"]),
    ("indicatif", &["runtime/src/output/progress.rs"]),
    // The benches call the C that they are compared with.
    ("unsafe", &["compiler/src/emit/program.rs", "compiler/src/emit/cranelift/", "runtime/benches/"]),
];

const TOP: &[&str] = &[
    ".ci",
    ".git",
    ".gitignore",
    ".rustfmt.toml",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "compiler",
    "examples",
    "runtime",
    "stdlib",
    "target",
    "tests",
];

const MOST_LINES: usize = 600;

struct File {
    /// From the root of the repository, with `/`.
    path: String,
    text: String,
}

impl File {
    /// The lines with code, without comments and texts.
    fn code(&self) -> String {
        self.text.lines().map(without_comment_and_texts).collect::<Vec<_>>().join("\n")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every file of the repository with one of these endings.
fn files(endings: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).expect("a folder can be read") {
            let entry = entry.expect("an entry can be read");
            let path = folder.join(entry.file_name());
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().expect("an entry has a type").is_dir() {
                if !name.starts_with(".git") && name != "target" {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = std::fs::read_to_string(root().join(&path)).expect("a source is text");
                found.push(File { path: path.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Good enough for this repository: texts of one line in `"`, comments from `//`.
fn without_comment_and_texts(line: &str) -> String {
    let (mut code, mut inside, mut previous) = (String::new(), false, ' ');
    for character in line.chars() {
        match character {
            '"' if previous != '\\' && previous != '\'' => inside = !inside,
            '/' if !inside && previous == '/' => break,
            _ if !inside => code.push(character),
            _ => {}
        }
        previous = character;
    }
    code
}

fn has_word(code: &str, word: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

/// The modules that a source names by `prefix`, such as `crate::`; those of a `use crate::{…}` too.
fn used(code: &str, prefix: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = Vec::new();
    for (place, _) in code.match_indices(prefix) {
        let rest = &code[place + prefix.len()..];
        match rest.strip_prefix('{') {
            None => names.push(name(rest)),
            Some(list) => {
                let mut depth = 0;
                let mut start = true;
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && !c.is_whitespace() => {
                            names.push(name(&list[at..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

fn module<'p>(path: &'p str, crate_: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(crate_)?.strip_prefix("/src/")?;
    let first = rest.split('/').next()?;
    Some(first.strip_suffix(".rs").unwrap_or(first))
}

fn backward(crate_: &str, order: &[&str]) -> Vec<String> {
    let rank = |name: &str| order.iter().position(|module| *module == name);
    let mut wrong = Vec::new();
    for file in files(&[".rs"]) {
        let Some(own) = module(&file.path, crate_).and_then(rank) else { continue };
        for name in used(&file.code(), "crate::") {
            if rank(&name).is_some_and(|other| other > own) {
                wrong.push(format!(
                    "{} uses `{name}`, which stands to the right of `{}`",
                    file.path, order[own]
                ));
            }
        }
    }
    wrong
}

#[test]
fn modules_use_only_those_to_their_left() {
    let wrong = [backward("compiler", COMPILER), backward("runtime", RUNTIME)].concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_has_its_place_in_the_order() {
    for (crate_, order) in [("compiler", COMPILER), ("runtime", RUNTIME)] {
        for file in files(&[".rs"]) {
            let Some(name) = module(&file.path, crate_) else { continue };
            assert!(order.contains(&name) || ["lib", "bin"].contains(&name), "{} has no place", file.path);
        }
    }
}

#[test]
fn solvers_know_nothing_of_the_compiler() {
    for file in files(&[".rs"]) {
        let knows = module(&file.path, "runtime").is_some_and(|name| WITHOUT_COMPILER.contains(&name))
            && has_word(&file.code(), "nde_compiler");
        assert!(!knows, "{} names the compiler", file.path);
    }
}

#[test]
fn each_package_has_one_door() {
    for file in files(&[".rs"]) {
        let code = file.code();
        for (word, places) in DOORS {
            let allowed = places.iter().any(|place| file.path.starts_with(place));
            assert!(
                allowed || !has_word(&code, word),
                "{} names `{word}`, whose door is {places:?}",
                file.path
            );
        }
    }
}

#[test]
fn files_are_short_and_say_what_they_are() {
    for file in files(&[".rs"]) {
        let lines = file.text.lines().count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines, more than {MOST_LINES}", file.path);
        assert!(file.text.starts_with("//! "), "{} does not begin by saying what it is", file.path);
    }
}

#[test]
fn nothing_is_left_undone() {
    for file in files(&[".rs"]) {
        let code = file.code();
        for word in ["todo", "unimplemented", "dbg"] {
            assert!(!code.contains(&format!("{word}!")), "{} has a `{word}!`", file.path);
        }
        assert!(!code.contains(&format!("#[{}", "ignore")), "{} ignores a test", file.path);
    }
}

#[test]
fn no_file_names_a_machine() {
    for file in files(&[".rs", ".toml", ".md", ".nde", ".lalrpop", ".json", ".snap", ".c"]) {
        for folder in ["work", "home", "root", "Users"] {
            let path = format!("/{folder}/");
            assert!(!file.text.contains(&path), "{} names a path below `{path}`", file.path);
        }
    }
}

#[test]
fn the_top_of_the_tree_is_known() {
    for entry in std::fs::read_dir(root()).expect("the root can be read") {
        let name = entry.expect("an entry can be read").file_name().to_string_lossy().into_owned();
        assert!(TOP.contains(&name.as_str()), "`{name}` stands at the top of the tree");
    }
}
