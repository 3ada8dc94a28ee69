//! From text to programs and results, through the public doors of compiler and runtime.

use std::fs;
use std::path::{Path, PathBuf};

use nde::output::TaskResult;
use nde::problem::{Compiled, Given, Place, Values, weights};
use nde::session::{self, Interrupt, RunOptions};
use nde_compiler::check::{self, Changes, Model};
use nde_compiler::derive::system::System;
use nde_compiler::diagnostics::{Diagnostics, Look, Sources};
use nde_compiler::emit::program::Executor;
use nde_compiler::parse;
use nde_compiler::program::Program;

use crate::data::Tensor;

/// The folder with the acceptance models and what they import.
pub fn models_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("models")
}

/// The text of an acceptance model, such as `1_lotka_volterra`.
pub fn model_text(name: &str) -> String {
    let path = models_folder().join(format!("{name}.nde"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The model of the first task of a text.
///
/// # Errors
/// What the compiler complains about.
pub fn model(text: &str) -> Result<Model, String> {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::default();
    let file = sources.add("text.nde", text);
    let ast = parse::parse(text, file, &mut diagnostics);
    let mut loader = |import: &str| {
        let text = fs::read_to_string(models_folder().join(import)).map_err(|error| error.to_string())?;
        Ok((sources.add(import, text.as_str()), text))
    };
    let module = check::check(ast, &mut loader, &mut diagnostics);
    let changes = Changes { given: &[], method: None };
    let checked = match diagnostics.has_errors() {
        true => None,
        false => check::task(&module, 1, changes, &mut diagnostics),
    };
    match checked {
        Some((model, _)) if !diagnostics.has_errors() => Ok(model),
        _ => Err(diagnostics.render(&sources, Look::Plain, 100)),
    }
}

/// The program of the first task's model.
///
/// # Errors
/// As [`model`].
pub fn program(text: &str) -> Result<Program, String> {
    Ok(Program::new(System::new(model(text)?), Executor::Machine, Default::default()))
}

/// The model of the first task with its values at `t0`; the weights are drawn unless some are given.
///
/// # Panics
/// Where the text has errors.
pub fn compiled(text: &str, t0: f64, tensors: &[Tensor]) -> Compiled {
    let program = program(text).unwrap_or_else(|complaints| panic!("{complaints}\n{text}"));
    let weights = match tensors.is_empty() {
        true => weights::initial(&program.system()),
        false => given_weights(&program.system(), tensors),
    };
    let values = Values::new(&program, t0, &[], &weights).expect("nothing is missing");
    Compiled::new(program.into(), values).expect("nothing is missing")
}

/// Named weights in their places among the parameters.
fn given_weights(system: &System, tensors: &[Tensor]) -> Vec<Given> {
    let place = |tensor: &Tensor| {
        let part = system.parameters.parts.iter().find(|part| part.name == tensor.name);
        let part = part.unwrap_or_else(|| panic!("the model has no weight `{}`", tensor.name));
        assert_eq!(part.len() as usize, tensor.values.len(), "{}", tensor.name);
        Given { place: Place::Parameters, offset: part.offset as usize, values: tensor.values.clone() }
    };
    tensors.iter().map(place).collect()
}

/// Options for a run by machine code from the first call on, so that the suite tests what long runs execute.
pub fn compiled_at_once() -> RunOptions {
    RunOptions { executor: Executor::Machine, ..RunOptions::default() }
}

/// The result of one task of a file.
///
/// # Panics
/// Where the file has errors.
pub fn run_file(path: &Path, options: &RunOptions) -> TaskResult {
    let run = session::run(path, options, &Interrupt::default(), &mut |_| {}).expect("the file can be read");
    let complaints = run.complaints.render(Look::Plain, 100);
    let mut tasks = run.report.tasks;
    assert_eq!(tasks.len(), 1, "{}: {complaints}", path.display());
    tasks.remove(0)
}

/// The result of a text with one task.
///
/// # Panics
/// Where the text has errors.
pub fn run_text(text: &str) -> TaskResult {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("text.nde");
    fs::write(&path, text).expect("a temporary file can be written");
    run_file(&path, &compiled_at_once())
}

/// The values of a result's column.
///
/// # Panics
/// Where there is no such column.
pub fn column<'r>(result: &'r TaskResult, name: &str) -> &'r [f64] {
    let found = result.table.columns.iter().find(|column| column.name == name);
    &found.unwrap_or_else(|| panic!("no column `{name}` ({:?})", result.error)).values
}
