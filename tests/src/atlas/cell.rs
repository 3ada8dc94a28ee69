//! One method on one problem: the error, the cost, or why it did not come to the end.

use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use nde::method::MethodInfo;
use nde::output::{Number, TaskError, TaskResult};
use nde::session::{self, Interrupt, RunOptions};

use crate::compile::column;
use crate::data::Problem;
use crate::digits::{number, worst_scaled_error};

/// Steps that a method may take, accepted and rejected together.
pub const MOST_STEPS: u32 = 200_000;
/// Wall-clock time of one method on one problem.
pub const MOST_TIME: Duration = Duration::from_secs(2);
/// Errors of up to so many tolerances count as solved.
pub const SOLVED: f64 = 100.0;

/// What a method did on a problem.
pub struct Cell {
    pub problem: String,
    pub method: &'static MethodInfo,
    pub rtol: f64,
    pub outcome: Outcome,
}

pub enum Outcome {
    Finished(Figures),
    /// It ended before the end of the span.
    Failed {
        status: &'static str,
        error: TaskError,
        figures: Figures,
    },
    /// It is not for such problems.
    Refused(TaskError),
}

/// The worst error of all values and times of events, in units of the tolerance, and the cost.
#[derive(Clone, Copy)]
pub struct Figures {
    pub error: f64,
    pub steps: u64,
    pub rhs: u64,
    /// The least of several runs.
    pub seconds: f64,
}

impl Cell {
    /// Solves a problem by a method.
    pub fn of(problem: &Problem, method: &'static MethodInfo, rtol: f64) -> Cell {
        let text = problem.text(&call(problem, method, rtol));
        let first = result(&text, 0);
        let outcome = match first.error.clone() {
            None => Outcome::Finished(Figures {
                error: error(problem, &first) / rtol,
                seconds: least_seconds(&text, &first),
                ..cost(&first)
            }),
            Some(error) if error.t.is_none() => Outcome::Refused(error),
            Some(error) => Outcome::Failed { status: first.status, error, figures: cost(&first) },
        };
        Cell { problem: problem.name.clone(), method, rtol, outcome }
    }

    /// Whether it came to the end with an error of at most a hundred tolerances.
    pub fn is_solved(&self) -> bool {
        matches!(self.outcome, Outcome::Finished(figures) if figures.error <= SOLVED)
    }

    pub fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Refused(_))
    }

    /// The time of a solve; infinite where there was none.
    pub fn seconds(&self) -> f64 {
        match &self.outcome {
            Outcome::Finished(figures) => figures.seconds,
            _ => f64::INFINITY,
        }
    }
}

/// The steps that a method without an error estimate takes in place of a tolerance.
pub fn fixed_steps(rtol: f64) -> u32 {
    if rtol > 1e-8 { 10_000 } else { 100_000 }
}

/// The method with its options, as the language writes it.
fn call(problem: &Problem, method: &MethodInfo, rtol: f64) -> String {
    let atol = match problem.reference.is_empty() || !problem.events.is_empty() {
        // End values say little of how large a state was between events.
        true => format!("{:e}", 1e-3 * rtol),
        false => {
            let each: Vec<String> = problem.atol(rtol).iter().map(|atol| format!("{atol:e}")).collect();
            format!("[{}]", each.join(", "))
        }
    };
    let mut call = format!("{}(rtol = {rtol:e}, atol = {atol}, max_steps = {MOST_STEPS}", method.name);
    if !method.adaptive {
        let [from, to] = &problem.over;
        let dt = (number(to) - number(from)) / f64::from(fixed_steps(rtol));
        call += &format!(", dt = {dt:e}");
    }
    call + ")"
}

/// The least time of a few more runs, of one that is long its own.
fn least_seconds(text: &str, first: &TaskResult) -> f64 {
    let once = real(first, "solve_s");
    if once > 0.05 {
        return once;
    }
    let again = result(text, (0.02 / once.max(1e-6)).clamp(3.0, 20.0) as u32);
    once.min(real(&again, "solve_min_s"))
}

/// Runs the text's task, and ends it after [`MOST_TIME`].
fn result(text: &str, repeat: u32) -> TaskResult {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("text.nde");
    fs::write(&path, text).expect("a temporary file can be written");
    let (options, interrupt) = (RunOptions { repeat, ..RunOptions::default() }, Interrupt::default());
    let mut run = thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        let flag = interrupt.clone();
        scope.spawn(move || {
            if is_done.recv_timeout(MOST_TIME) == Err(mpsc::RecvTimeoutError::Timeout) {
                flag.set();
            }
        });
        let run = session::run(&path, &options, &interrupt, &mut |_| {}).expect("the file can be read");
        drop(done);
        run
    });
    let complaints = run.complaints.render(nde_compiler::diagnostics::Look::Plain, 100);
    let mut result = run.report.tasks.pop().unwrap_or_else(|| panic!("{complaints}\n{text}"));
    // The folder has another name each time.
    let within = format!("{}/", folder.path().display());
    result.error.iter_mut().for_each(|error| error.message = error.message.replace(&within, ""));
    result
}

fn cost(result: &TaskResult) -> Figures {
    let seconds = real(result, "solve_s");
    Figures { error: f64::NAN, steps: count(result, "steps"), rhs: count(result, "rhs"), seconds }
}

fn count(result: &TaskResult, name: &str) -> u64 {
    match result.stat(name) {
        Some(Number::Count(count)) => count,
        _ => 0,
    }
}

fn real(result: &TaskResult, name: &str) -> f64 {
    match result.stat(name) {
        Some(Number::Real(real)) => real,
        _ => f64::NAN,
    }
}

/// The worst relative error of the states at the points of the reference and of the times of the events.
fn error(problem: &Problem, result: &TaskResult) -> f64 {
    let of = |state: &String| {
        let scale = problem.scale.get(state).copied().unwrap_or(0.0);
        worst_scaled_error(column(result, state), &problem.reference[state], scale)
    };
    let values = problem.states.iter().map(of).fold(0.0, f64::max);
    if problem.events.is_empty() {
        return values;
    }
    let times: Vec<f64> = result.events.iter().map(|event| event.t).collect();
    match times.len() == problem.events.len() {
        true => values.max(worst_scaled_error(&times, &problem.events, 0.0)),
        false => f64::INFINITY,
    }
}
