//! What a user reads when a task fails: the name, the source line, the time and the remedy.

use nde_compiler::check::model::{FeatureKind, Table};
use nde_compiler::derive::jacobian::for_each_index;
use nde_compiler::derive::structure::Obstacle;
use nde_compiler::derive::system::{Row, System};
use nde_compiler::diagnostics::{Sources, Span};
use nde_compiler::program::{Missing, Program};

use crate::method::MethodInfo;
use crate::output::TaskError;
use crate::output::number::brief;
use crate::problem::{Compiled, Trouble};
use crate::solve::{Failure, Status};

use super::table::element_names;
use super::term;

/// Unknowns that do not fit a method are named up to so many.
const MOST_NAMED: usize = 5;

/// The row of the equations that a failure is about.
fn row_index(failure: &Failure) -> Option<usize> {
    failure.row.or(failure.index)
}

/// The error of a model whose constraints cannot be differentiated.
pub fn of_obstacle(obstacle: &Obstacle, sources: &Sources) -> TaskError {
    TaskError {
        code: "R0012".into(),
        message: format!(
            "a constraint has to be differentiated by time, and `{}` in it cannot be ({})",
            obstacle.name,
            at(obstacle.span, sources)
        ),
        help: Some("give the function a `derivative …`, or write the constraint with its derivative".into()),
        line: Some(sources.position(obstacle.span).line as usize),
        ..TaskError::default()
    }
}

/// The error of a solve that could not go on; it was allowed `max_steps`.
pub fn of_solve(
    failure: &Failure,
    program: &Program,
    compiled: &Compiled,
    max_steps: u64,
    sources: &Sources,
) -> TaskError {
    let names: Vec<String> = program.system().unknowns.parts.iter().flat_map(element_names).collect();
    let name = failure.index.and_then(|k| names.get(k)).cloned();
    let row = row_index(failure).and_then(|k| row_of(&program.system(), k)).map(|(row, _)| row);
    let place = row.as_ref().map(|r| sources.position(r.span));
    let source = row.as_ref().map(|r| at(r.span, sources));
    let t = brief(failure.t, 6);
    let largest = |what: &str| match (&name, &source) {
        (Some(name), Some(source)) => format!("\n   {what}: `{name}` (equation at {source})"),
        _ => String::new(),
    };
    // Its index is not that of an unknown.
    let switch = match (failure.status, failure.event) {
        (Status::Zeno, None) => failure.index.and_then(|k| switch_span(&program.system(), k)),
        _ => None,
    };
    let stiff = "an explicit method was used on a stiff problem: try `rodas5p` or `auto`";
    let (code, message, help) = match failure.status {
        Status::NotFinite if failure.event.is_some() => {
            let event = failure.event.map(|e| super::table::event_name(&program.system(), e));
            let (event, name) = (event.unwrap_or_default(), name.clone().unwrap_or_default());
            let value = failure.index.map_or(f64::NAN, |k| failure.u[k]);
            let became = if value.is_nan() { "NaN" } else { "infinite" };
            (
                "R0003",
                format!("the event `{event}` made `{name}` {became} at t = {t}"),
                "check the domain of what it assigns".to_owned(),
            )
        }
        Status::NotFinite => {
            let domain = "check the domain of that term, the parameters and the initial values";
            let derivative = "the method needs the derivative: bring the equation off this point, or use an \
                              explicit method such as `tsit5`";
            let term =
                row_index(failure).and_then(|row| term::of_row(failure, row, program, compiled, sources));
            let term = term.map(|term| (term, domain)).or_else(|| {
                let term = term::of_derivative(failure, program, compiled, sources)?;
                Some((term, derivative))
            });
            let (message, help) = term.unwrap_or_else(|| {
                let first = largest("first");
                (format!("the right-hand side became non-finite at t = {t}{first}"), domain)
            });
            ("R0003", message, help.to_owned())
        }
        Status::StepTooSmall => {
            let help = match failure.stiff {
                true => stiff.to_owned(),
                false => {
                    "the solution may be singular here: check the equation, or end the run before".to_owned()
                }
            };
            let message = format!(
                "the step size fell to {} at t = {t}{}",
                brief(failure.h.abs(), 3),
                largest("largest error")
            );
            ("R0007", message, help)
        }
        Status::TooManySteps => {
            let help = match failure.stiff {
                true => stiff.to_owned(),
                false => "raise `max_steps`, or loosen `rtol`".to_owned(),
            };
            let message = format!("the steps that `max_steps = {max_steps}` allows were used up at t = {t}");
            ("R0005", message, help)
        }
        Status::Singular => {
            let message = match &name {
                Some(name) => format!("the equations do not determine `{name}` at t = {t}"),
                None => format!("the Jacobian is singular at t = {t}"),
            };
            ("R0002", message, "look for an algebraic equation that does not contain its unknown".to_owned())
        }
        // A constraint on states, whose values are given and not searched for.
        Status::Inconsistent if failure.row.is_some() => {
            let left = brief(failure.residual, 3);
            let source = source.clone().unwrap_or_else(|| "`init`".into());
            (
                "R0001",
                format!(
                    "no consistent initial values at t = {t}: the equation at {source} is left with {left}"
                ),
                "correct the initial values of its states, or declare one of them as `alg` with a guess"
                    .to_owned(),
            )
        }
        Status::Inconsistent => {
            let message =
                format!("no consistent initial values at t = {t}{}", largest("cannot be satisfied"));
            ("R0001", message, "give better guesses: `alg z = …`".to_owned())
        }
        Status::NewtonFailed if failure.stalled => (
            "R0004",
            format!("GMRES did not solve the linear systems of Newton's method at t = {t}"),
            "solve them by factors: `linear = \"sparse_lu\"`".to_owned(),
        ),
        Status::NewtonFailed => (
            "R0004",
            format!("Newton's method failed at t = {t}{}", largest("largest residual")),
            "a discontinuity without an `if` may stand there".to_owned(),
        ),
        Status::Zeno if failure.event.is_some() => {
            let event = failure.event.map(|e| super::table::event_name(&program.system(), e));
            (
                "R0008",
                format!("the event `{}` happens again and again at t = {t}", event.unwrap_or_default()),
                "let the event end what causes it, such as a rest state, or end the run by `stop`".to_owned(),
            )
        }
        Status::Zeno => {
            let what = switch.map_or("a condition".into(), |span| format!("`{}`", sources.text(span)));
            (
                "R0008",
                format!("{what} flips again and again at t = {t}"),
                "give the condition hysteresis, or wrap it as `smooth(if …)`".to_owned(),
            )
        }
        Status::Interrupted => {
            ("R0006", format!("interrupted at t = {t}"), "the part that was computed is kept".to_owned())
        }
        Status::Finished | Status::Stopped | Status::Outgrown => ("R0000", String::new(), String::new()),
    };
    let event = failure.event.map(|e| {
        let event = &program.system().events[e.event as usize];
        (event.name.clone(), event.span)
    });
    let (name, line) = match event {
        Some((name, span)) => (Some(name), Some(sources.position(span))),
        None if failure.status == Status::Zeno => (None, switch.map(|span| sources.position(span))),
        None => (name, place),
    };
    TaskError {
        code: code.into(),
        message,
        help: Some(help),
        t: Some(failure.t),
        name,
        line: line.map(|p| p.line as usize),
    }
}

/// The error of a model that a solve cannot begin with.
pub fn of_missing(missing: &Missing, method: &MethodInfo) -> TaskError {
    let (code, message, help) = match missing {
        Missing::Host(name) => (
            "R0010",
            format!("`{name}` is an `extern fn` that nobody supplies"),
            format!("define it in the file, as `fn {name}(…) = …`, or run the model from Rust"),
        ),
        Missing::Derivative(name) => (
            "R0011",
            format!("`{}` needs the derivative of `{name}`, which is not declared", method.name),
            format!(
                "add `derivative …` to `extern fn {name}`, or use an explicit method such as `tsit5`\n\
                 the function itself is one that nobody supplies here: define it in the file, \
                 as `fn {name}(…) = …`, or run the model from Rust"
            ),
        ),
    };
    TaskError { code: code.into(), message, help: Some(help), ..TaskError::default() }
}

/// The error of a model that is not x′ = v, v′ = a(t, x), for a method that solves such alone: which unknowns are neither place
/// nor velocity, and which velocities' equations read a velocity.
pub fn of_first_order(
    method: &str,
    (unpaired, dependent): (&[usize], &[usize]),
    system: &System,
    sources: &Sources,
) -> TaskError {
    let names: Vec<String> = system.unknowns.parts.iter().flat_map(element_names).collect();
    let line = |index: usize, what: &str| {
        let place = row_of(system, index).map(|(row, _)| format!(" ({})", at(row.span, sources)));
        format!("\n   `{}` {what}{}", names[index], place.unwrap_or_default())
    };
    let mut message = format!("`{method}` solves x' = v, v' = a(t, x) only");
    let mut misfits: Vec<(usize, &str)> =
        unpaired.iter().map(|&k| (k, "is neither place nor velocity")).collect();
    misfits.extend(dependent.iter().map(|&k| (k, "is a velocity whose equation reads a velocity")));
    misfits.iter().take(MOST_NAMED).for_each(|&(index, what)| message.push_str(&line(index, what)));
    if misfits.len() > MOST_NAMED {
        message.push_str(&format!("\n   and {} more", misfits.len() - MOST_NAMED));
    }
    let first = misfits.first().and_then(|&(index, _)| Some((index, row_of(system, index)?.0.span)));
    TaskError {
        code: "R0016".into(),
        message,
        help: Some("use `tsit5`, `vern7` or `adams`".into()),
        name: first.map(|(index, _)| names[index].clone()),
        line: first.map(|(_, span)| sources.position(span).line as usize),
        ..TaskError::default()
    }
}

/// The error of a model that uses what this version cannot solve.
pub fn of_feature(kind: FeatureKind, span: Span, sources: &Sources) -> TaskError {
    let what = match kind {
        FeatureKind::Event => "events",
        FeatureKind::Jump => "jump processes",
        FeatureKind::Noise => "noise",
        FeatureKind::Delay => "delays",
        FeatureKind::HighIndex => "differential-algebraic equations of index above 1",
        FeatureKind::Extern => "functions of the host",
        FeatureKind::Data => "data that is simulated",
    };
    TaskError {
        code: "R0012".into(),
        message: format!("this version cannot solve models with {what} ({})", at(span, sources)),
        help: Some("`ndec check` and `ndec show` work on the model; a later version solves it".into()),
        line: Some(sources.position(span).line as usize),
        ..TaskError::default()
    }
}

/// The error of a table whose data could not be read.
pub fn of_unread(table: &Table, sources: &Sources) -> TaskError {
    let reason = table.points.as_ref().err().map_or("", String::as_str);
    TaskError {
        code: "R0018".into(),
        message: format!("`{}` has no data ({}): {reason}", table.column, at(table.span, sources)),
        help: Some("the paths of data are relative to the file that declares it".into()),
        name: Some(table.column.clone()),
        line: Some(sources.position(table.span).line as usize),
        ..TaskError::default()
    }
}

/// The error of derivatives through a function that has none.
pub fn of_underived(name: &str) -> TaskError {
    TaskError {
        code: "R0011".into(),
        message: format!("`sensitivity` needs the derivative of `{name}`, which is not declared"),
        help: Some(format!("add `derivative …` to `extern fn {name}`")),
        ..TaskError::default()
    }
}

/// `file:line:column`.
pub fn at(span: Span, sources: &Sources) -> String {
    let position = sources.position(span);
    format!("{}:{}:{}", sources.get(span.file).name, position.line, position.column)
}

/// The error of values that make no problem.
pub fn of_trouble(trouble: &Trouble, method: &MethodInfo) -> TaskError {
    let (event, help) = match trouble {
        Trouble::Missing(missing) => return of_missing(missing, method),
        Trouble::Period(bad) => (&bad.event, "`every` needs a positive period"),
        Trouble::Moment(bad) => (&bad.event, "check the domain of what `at` or `from` says"),
    };
    TaskError {
        code: "R0009".into(),
        message: trouble.to_string(),
        help: Some(help.into()),
        name: Some(event.clone()),
        ..TaskError::default()
    }
}

/// The row that determines an unknown, and the values of its axes there.
pub fn row_of(system: &System, index: usize) -> Option<(Row, Vec<i64>)> {
    for row in &system.rows {
        let part = system.results.find(row.symbol)?;
        let mut found = None;
        if (part.offset as usize..(part.offset + part.len()) as usize).contains(&index) {
            for_each_index(&row.axes, &mut |indices| {
                if system.flat(part, &row.target, indices) as usize == index {
                    found = Some(indices.to_vec());
                }
            });
        }
        if let Some(indices) = found {
            return Some((row.clone(), indices));
        }
    }
    None
}

fn switch_span(system: &System, index: usize) -> Option<Span> {
    let mut first = 0;
    for switch in &system.switches {
        let len = switch.axes.iter().map(|r| r.len() as usize).product::<usize>();
        if index < first + len {
            return Some(switch.span);
        }
        first += len;
    }
    None
}
