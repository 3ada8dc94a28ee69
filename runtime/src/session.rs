//! Run a text and give answers: the one door of the command line, the tests and Rust users.

use crate::output::{Report, progress::Progress};
pub use nde_compiler::algebra::print::Notation;
use nde_compiler::diagnostics::{CodeInfo, Diagnostic, Diagnostics, FileId, Look, Sources};
use nde_compiler::parse;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the command line changes about the tasks of a file.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    pub set: Vec<Setting>,
    /// The only task to run, counted from 1.
    pub task: Option<usize>,
    /// A name (the file's tolerances stay) or a call.
    pub method: Option<String>,
    /// How often each task is solved again, for times.
    pub repeat: u32,
}

/// `--set name=value`: a name of the model or a member's, and a constant expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub name: String,
    pub value: String,
}

/// A flag that Ctrl-C sets and solvers read.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Asks the run to end; whether it had been asked before.
    pub fn set(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, as a solver watches it.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}

/// What the compiler says about a file, with the texts it points into.
#[derive(Clone, Debug, Default)]
pub struct Complaints {
    pub sources: Sources,
    pub diagnostics: Diagnostics,
}

impl Complaints {
    pub fn render(&self, look: Look, width: usize) -> String {
        self.diagnostics.render(&self.sources, look, width)
    }
}

/// A run's results and complaints; the report is empty where the complaints have errors.
#[derive(Clone, Debug, Default)]
pub struct Run {
    pub report: Report,
    pub complaints: Complaints,
}

/// A phase's result, as `ndec show` prints it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    Ast,
    Model,
    System,
    Jacobian,
    Adjoint,
    Sparsity,
    Program,
}

/// Runs the tasks of a file.
///
/// # Errors
/// The file cannot be read. Everything else is a complaint or a task's status.
pub fn run(
    path: &Path,
    _options: &RunOptions,
    _interrupt: &Interrupt,
    _progress: &mut dyn FnMut(&Progress),
) -> io::Result<Run> {
    let mut complaints = check(path)?;
    if !complaints.diagnostics.has_errors() {
        complaints.diagnostics.push(not_yet("a model cannot run yet"));
    }
    Ok(Run { report: Report::default(), complaints })
}

/// Every complaint about a file.
///
/// # Errors
/// The file cannot be read.
pub fn check(path: &Path) -> io::Result<Complaints> {
    parsed(path).map(|(complaints, _)| complaints)
}

/// A phase's result as text; `None` where complaints prevent it.
///
/// # Errors
/// The file cannot be read.
pub fn show(path: &Path, stage: Stage, _notation: Notation) -> io::Result<(Option<String>, Complaints)> {
    let (mut complaints, ast) = parsed(path)?;
    if complaints.diagnostics.has_errors() {
        return Ok((None, complaints));
    }
    if stage == Stage::Ast {
        return Ok((Some(parse::print::print(&ast)), complaints));
    }
    complaints.diagnostics.push(not_yet("this stage cannot be shown yet"));
    Ok((None, complaints))
}

/// The file's text in the canonical layout; `None` where complaints prevent it.
///
/// # Errors
/// The file cannot be read.
pub fn format(path: &Path) -> io::Result<(Option<String>, Complaints)> {
    let (complaints, ast) = parsed(path)?;
    let formatted = (!complaints.diagnostics.has_errors()).then(|| parse::format::format(&ast));
    Ok((formatted, complaints))
}

/// The codes of every phase.
pub fn codes() -> impl Iterator<Item = &'static CodeInfo> {
    parse::error::CODES.iter()
}

fn parsed(path: &Path) -> io::Result<(Complaints, parse::ast::Ast)> {
    let text = std::fs::read_to_string(path)?;
    let mut complaints = Complaints::default();
    let file: FileId = complaints.sources.add(path.display().to_string(), text.as_str());
    let ast = parse::parse(&text, file, &mut complaints.diagnostics);
    Ok((complaints, ast))
}

fn not_yet(fact: &str) -> Diagnostic {
    Diagnostic::error("R0000", fact)
}
