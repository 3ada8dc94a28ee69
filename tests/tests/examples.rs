//! The examples: each is laid out canonically, passes the checks without a remark, runs to its end and has its figure.

use std::path::{Path, PathBuf};

use nde::session::{self, Interrupt, RunOptions};
use nde_compiler::diagnostics::Look;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn examples() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the folder of examples can be read")
        .map(|entry| entry.expect("its entries too").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "nde"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 8, "{paths:?}");
    paths
}

#[test]
fn examples_are_laid_out_canonically_and_check() {
    for path in examples() {
        let complaints = session::check(&path).unwrap();
        assert!(complaints.diagnostics.is_empty(), "{}", complaints.render(Look::Plain, 100));
        let (formatted, _) = session::format(&path).unwrap();
        assert_eq!(formatted, std::fs::read_to_string(&path).ok(), "{}", path.display());
    }
}

#[test]
fn examples_run_to_their_ends() {
    for path in examples() {
        let run = session::run(&path, &RunOptions::default(), &Interrupt::default(), &mut |_| {}).unwrap();
        assert!(!run.report.tasks.is_empty(), "{} has no task", path.display());
        for task in &run.report.tasks {
            assert_eq!((task.status, &task.error), ("finished", &None), "{}", path.display());
            let values = task.table.columns.iter().chain(&task.plot).flat_map(|column| &column.values);
            assert!(values.into_iter().all(|value| value.is_finite()), "{}", path.display());
            assert!(!task.plot.is_empty(), "{} shows no plot", path.display());
        }
    }
}

#[test]
fn examples_have_small_figures() {
    for path in examples() {
        let stem = path.file_stem().expect("a file has a name").to_owned();
        let figure = folder().join("figures").join(stem).with_extension("svg");
        let text =
            std::fs::read_to_string(&figure).unwrap_or_else(|error| panic!("{}: {error}", figure.display()));
        assert!(text.starts_with("<svg") && text.len() < 64 << 10, "{}", figure.display());
    }
}
