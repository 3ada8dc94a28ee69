//! Run a text and give answers: the one door of the command line, the tests and Rust users.

mod codes;
mod data;
mod failure;
mod sensitivity;
mod settings;
mod sweep;
mod table;
mod task;
mod term;

use crate::output::{Report, progress::Progress};
use nde_compiler::check::{self, Changes, Given, Module};
use nde_compiler::derive::system::System;
use nde_compiler::diagnostics::{CodeInfo, Diagnostic, Diagnostics, FileId, Look, Sources, closest};
use nde_compiler::emit::program::Executor;
use nde_compiler::parse::{self, ast};
use nde_compiler::program::Program;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

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
    pub executor: Executor,
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

/// A run's results and complaints; the report lacks the tasks that the complaints have errors in.
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

pub use nde_compiler::algebra::print::Notation;

/// Runs the tasks of a file.
///
/// # Errors
/// The file cannot be read. Everything else is a complaint or a task's status.
pub fn run(
    path: &Path,
    options: &RunOptions,
    interrupt: &Interrupt,
    progress: &mut dyn FnMut(&Progress),
) -> io::Result<Run> {
    let started = Instant::now();
    let (mut complaints, module) = checked(path)?;
    let mut report = Report::default();
    let overrides = overrides(options, &mut complaints);
    let count = module.tasks().count();
    if let Some(k) = options.task.filter(|&k| k > count) {
        complaints.diagnostics.push(no_such_task(k, count));
    }
    if complaints.diagnostics.has_errors() {
        return Ok(Run { report, complaints });
    }
    let RunOptions { repeat, executor, .. } = *options;
    let mut request = task::Request { repeat, executor, interrupt, progress, started };
    let given = overrides.given();
    let mut unused: Vec<String> = options.set.iter().map(|s| s.name.replace(' ', "")).collect();
    let mut known: Vec<String> = Vec::new();
    let asked = (1..=count).filter(|&n| options.task.is_none_or(|k| k == n));
    let mut tasks = Vec::new();
    for number in asked {
        let changes = Changes { given: &given, method: overrides.method.as_ref() };
        let Some((model, task)) = check::task(&module, number, changes, &mut complaints.diagnostics) else {
            continue;
        };
        unused.retain(|name| !takes(name, &model, &task));
        known.extend(names(&model));
        tasks.push((model, task));
    }
    // A name that no model has is a mistake of the command line.
    if let Some(name) = unused.first().filter(|_| !complaints.diagnostics.has_errors()) {
        complaints.diagnostics.push(no_setting(name, &known));
        return Ok(Run { report, complaints });
    }
    for (model, task) in tasks {
        report.tasks.push(task::run(model, &task, &complaints.sources, &mut request));
        request.started = Instant::now();
        if interrupt.is_set() {
            break;
        }
    }
    Ok(Run { report, complaints })
}

/// Compiles a model of a text, for Rust programs that solve it themselves.
///
/// # Errors
/// What is wrong with the text, or a model that is not there.
pub fn compile(text: &str, model: &str, structure: &[(String, f64)]) -> Result<Program, Box<Complaints>> {
    let mut complaints = Complaints::default();
    let file = complaints.sources.add("text", text);
    let ast = parse::parse(text, file, &mut complaints.diagnostics);
    let mut loader = |import: &str| Err(format!("a text cannot import `{import}`"));
    let module = check::load(ast, check::Paths::Inside, &mut loader, &mut complaints.diagnostics);
    let built = check::model(&module, model, structure, &mut complaints.diagnostics);
    match built.filter(|_| !complaints.diagnostics.has_errors()) {
        Some(model) => {
            // A table without its file has no function, which is then missing by its name.
            let functions = crate::data::functions(&model.tables).unwrap_or_default();
            Ok(Program::new(System::new(model), Executor::default(), functions))
        }
        None => Err(Box::new(complaints)),
    }
}

/// Every complaint about a file.
///
/// # Errors
/// The file cannot be read.
pub fn check(path: &Path) -> io::Result<Complaints> {
    checked(path).map(|(complaints, _)| complaints)
}

/// A phase's result as text, for every model of the file; `None` where complaints prevent it.
///
/// # Errors
/// The file cannot be read.
pub fn show(path: &Path, stage: Stage, notation: Notation) -> io::Result<(Option<String>, Complaints)> {
    if stage == Stage::Ast {
        let (complaints, ast) = parsed(path)?;
        let text = (!complaints.diagnostics.has_errors()).then(|| parse::print::print(&ast));
        return Ok((text, complaints));
    }
    let (mut complaints, module) = checked(path)?;
    let names: Vec<String> = module.model_names(0).map(str::to_owned).collect();
    let mut texts = Vec::new();
    for name in &names {
        if complaints.diagnostics.has_errors() {
            break;
        }
        if let Some(model) = check::model(&module, name, &[], &mut complaints.diagnostics) {
            texts.push(show_model(model, stage, notation));
        }
    }
    let text = (!complaints.diagnostics.has_errors()).then(|| texts.join("\n"));
    Ok((text, complaints))
}

fn show_model(model: check::Model, stage: Stage, notation: Notation) -> String {
    use nde_compiler::{derive, emit};
    if stage == Stage::Model {
        return check::print::model(&model, notation);
    }
    let mut system = System::new(model);
    match stage {
        Stage::System => derive::print::system(&mut system, notation),
        Stage::Jacobian => derive::print::jacobian(&mut system, notation),
        Stage::Adjoint => derive::print::adjoint(&mut system, notation),
        Stage::Sparsity => derive::print::sparsity(&mut system),
        Stage::Program => {
            let routine = system.rhs();
            emit::text::kernel(&emit::loops::schedule(system.algebra(), &routine))
        }
        Stage::Ast | Stage::Model => unreachable!("shown before"),
    }
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
    nde_compiler::codes().chain(codes::CODES)
}

fn parsed(path: &Path) -> io::Result<(Complaints, ast::Ast)> {
    let text = std::fs::read_to_string(path)?;
    let mut complaints = Complaints::default();
    let file: FileId = complaints.sources.add(path.display().to_string(), text.as_str());
    let ast = parse::parse(&text, file, &mut complaints.diagnostics);
    Ok((complaints, ast))
}

/// The file with what it imports, relative to its folder, checked.
fn checked(path: &Path) -> io::Result<(Complaints, Module)> {
    let (mut complaints, ast) = parsed(path)?;
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let Complaints { sources, diagnostics } = &mut complaints;
    let mut loader = |import: &str| {
        let target = folder.join(import);
        let text = std::fs::read_to_string(&target).map_err(|error| error.to_string())?;
        Ok((sources.add(target.display().to_string(), text.as_str()), text))
    };
    let mut module = check::load(ast, check::Paths::Inside, &mut loader, diagnostics);
    data::read(&mut module, &folder, diagnostics);
    check::check_module(&module, diagnostics);
    Ok((complaints, module))
}

/// What the command line changes, parsed.
struct Overrides {
    given: Vec<(ast::Expr, ast::Expr)>,
    method: Option<ast::Expr>,
}

impl Overrides {
    fn given(&self) -> Vec<Given<'_>> {
        self.given.iter().map(|(target, value)| Given { target, value }).collect()
    }
}

/// Parses the options; each is a source of its own, so that complaints can point into it.
fn overrides(options: &RunOptions, complaints: &mut Complaints) -> Overrides {
    let Complaints { sources, diagnostics } = complaints;
    let mut expression = |name: &str, text: &str| {
        let file = sources.add(name, text);
        parse::parse_expression(text, file, diagnostics)
    };
    let given =
        options.set.iter().map(|s| (expression("--set", &s.name), expression("--set", &s.value))).collect();
    let method = options.method.as_ref().map(|text| expression("--method", text));
    Overrides { given, method }
}

/// Whether a `--set` name is one of the model's: a value of the task, or a structural argument.
fn takes(name: &str, model: &check::Model, task: &check::Task) -> bool {
    task.settings.iter().any(|s| s.place.name.replace(' ', "") == name)
        || model.constants.iter().any(|(constant, _)| constant == name)
}

/// The names of a model that `--set` takes.
fn names(model: &check::Model) -> impl Iterator<Item = String> {
    use check::model::Kind::{Discrete, Input, Parameter, State};
    let variables = model
        .variables
        .iter()
        .filter(|v| matches!(v.kind, State { .. } | Parameter { .. } | Discrete { .. } | Input { .. }))
        .map(|v| v.name.clone());
    variables.chain(model.constants.iter().map(|(name, _)| name.clone()))
}

fn no_such_task(k: usize, count: usize) -> Diagnostic {
    let tasks = if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") };
    Diagnostic::error("R0015", format!("there is no task {k}: the file has {tasks}"))
        .help("tasks (`solve`, `fit`, `sweep`) count from 1 in the order of the file")
}

fn no_setting(name: &str, known: &[String]) -> Diagnostic {
    let help = match closest(name, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "`--set` gives a value to a parameter, an initial value, an input or a structural argument".into()
        }
    };
    Diagnostic::error("R0015", format!("no model of these tasks has a `{name}` that can be set")).help(help)
}
