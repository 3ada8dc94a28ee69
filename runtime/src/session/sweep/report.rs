//! The result of a sweep: its table, what it cost, and the members that failed.

use nde_compiler::program::Missing;

use super::super::{failure, table};
use super::design::Varied;
use super::leaf::Failed;
use super::{Common, Gathered, columns};
use crate::method::Counters;
use crate::output::number::brief;
use crate::output::{Column, FailedMember, Number, SweepResult, Table, TaskError, TaskResult, Work};
use crate::problem::Bound;
use crate::solve::Status;
use crate::solve::ensemble::{EXACT, Members};

/// So many failed members are listed.
pub const LISTED: usize = 1000;

/// Fills in the result of a sweep.
///
/// # Errors
/// It was interrupted, or no member came to its end.
pub fn fill(
    common: &mut Common,
    gathered: Gathered,
    seconds: &mut [f64],
    result: &mut TaskResult,
) -> Result<(), TaskError> {
    let members = common.ensemble.design().members();
    stats(&gathered.counters, seconds, result);
    result.reason = reason(&gathered, common);
    result.work = Work::Sweep(SweepResult {
        members,
        failed: gathered.failed,
        failures: gathered.listed.iter().map(|failed| entry(failed, &common.varied, &common.bound)).collect(),
    });
    let missing = |missing: Missing| failure::of_missing(&missing, common.method);
    let mut columns = match (&common.summary, &gathered.totals) {
        (Some(summary), Some(totals)) => {
            let made = summary.columns(&common.ensemble, &columns(common.task), &common.times, totals);
            let (columns, error) = made.map_err(missing)?;
            if error > 0.0 {
                result.notes.push(format!(
                    "quantiles of more than {EXACT} members are those of a summary, whose ranks are right to {}",
                    brief(error, 2)
                ));
            }
            let values = common.times.clone();
            let time = Column { values, ..table::empty_time(&common.ensemble.program().system()) };
            std::iter::once(time).chain(columns).collect()
        }
        _ => rows(common, &gathered.rows),
    };
    let plotted: usize = {
        let system = common.ensemble.program().system();
        common.task.options.plot.iter().flatten().map(|c| table::empty_columns(&system, c).len()).sum()
    };
    result.plot = columns.split_off(columns.len() - plotted);
    result.table = Table { columns };
    end(common, &gathered, members, result)
}

/// How the sweep as a whole ended.
fn end(
    common: &mut Common,
    gathered: &Gathered,
    members: u64,
    result: &mut TaskResult,
) -> Result<(), TaskError> {
    let first = gathered.listed.first().map(|failed| (failed.member, explained(common, failed)));
    result.status = Status::Finished.name();
    if gathered.done < members {
        result.status = Status::Interrupted.name();
        return Err(TaskError {
            code: "R0006".into(),
            message: format!("interrupted after {} of {members} members", gathered.done),
            help: Some("the members that were solved are kept".into()),
            ..TaskError::default()
        });
    }
    match first {
        Some((_, error)) if gathered.failed == members => {
            result.status = gathered.listed.first().map_or(result.status, status);
            Err(error)
        }
        Some((member, error)) => {
            result.notes.push(format!("member {} failed: {}", member + 1, error.message));
            Ok(())
        }
        None => Ok(()),
    }
}

/// A row for each member and save point: t, what varies, and the columns.
fn rows(common: &mut Common, rows: &[(u64, Vec<f64>)]) -> Vec<Column> {
    let mut observed = std::mem::take(&mut common.observed.columns);
    let width = 1 + observed.len();
    let mut time = table::empty_time(&common.ensemble.program().system());
    let mut varied: Vec<Column> = common.varied.iter().map(|varied| varied.column(&observed)).collect();
    let mut numbers = Vec::new();
    for (member, values) in rows {
        common.bound.numbers_of(*member, &mut numbers);
        for row in values.chunks_exact(width) {
            time.values.push(row[0]);
            varied.iter_mut().zip(&numbers).for_each(|(column, x)| column.values.push(*x));
            observed.iter_mut().zip(&row[1..]).for_each(|(column, x)| column.values.push(*x));
        }
    }
    std::iter::once(time).chain(varied).chain(observed).collect()
}

impl Varied {
    /// The column of the value that varies: that of an initial value is told from the column of its state.
    fn column(&self, others: &[Column]) -> Column {
        let taken = others.iter().any(|column| column.name == self.name);
        let name = if taken { format!("{}(t0)", self.name) } else { self.name.clone() };
        Column { name, unit: self.unit.clone(), ..Column::default() }
    }
}

fn stats(counters: &Counters, seconds: &mut [f64], result: &mut TaskResult) {
    let counts = [
        ("steps", Number::Count(counters.steps)),
        ("rejected", Number::Count(counters.rejected())),
        ("rhs", Number::Count(counters.rhs)),
        ("jacobian", Number::Count(counters.jacobians)),
        ("factorisations", Number::Count(counters.factorisations)),
    ];
    result.stats.splice(0..0, counts);
    // The first run is not among those that are repeated.
    let again = if seconds.len() > 1 { 1 } else { 0 };
    let times = &mut seconds[again..];
    times.sort_by(f64::total_cmp);
    result.stats.push(("solve_s", Number::Real(times[times.len() / 2])));
    if again > 0 {
        result.stats.push(("solve_min_s", Number::Real(times[0])));
    }
}

fn reason(gathered: &Gathered, common: &Common) -> String {
    let chosen = match (&common.task.options.method, gathered.notes.first()) {
        (Some(method), _) if method.name != "auto" => "the method that was asked for".to_owned(),
        (_, Some((_, note))) => format!("chosen in each member; in the first: {note}"),
        _ => "chosen in each member".to_owned(),
    };
    match common.lanes {
        1 => chosen,
        lanes => format!("{chosen}; {lanes} members side by side"),
    }
}

fn status(failed: &Failed) -> &'static str {
    failed.failure.as_ref().map_or(Status::Inconsistent, |failure| failure.status).name()
}

fn entry(failed: &Failed, varied: &[Varied], bound: &Bound) -> FailedMember {
    let mut numbers = Vec::new();
    bound.numbers_of(failed.member, &mut numbers);
    FailedMember {
        member: failed.member + 1,
        status: status(failed),
        t: failed.failure.as_ref().ok().map(|failure| failure.t),
        values: varied.iter().map(|v| v.name.clone()).zip(numbers).collect(),
    }
}

/// The error of a member, in the words that a solve has for it.
fn explained(common: &mut Common, failed: &Failed) -> TaskError {
    match &failed.failure {
        Ok(failure) => {
            // Its values are needed to say which term is at fault.
            let _ = common.bound.bind(failed.member);
            let (bound, program) = (&common.bound, common.ensemble.program());
            let max_steps = bound.options().max_steps;
            failure::of_solve(failure, program, bound.compiled(), max_steps, common.sources)
        }
        Err(reason) => TaskError {
            code: "R0009".into(),
            message: reason.clone(),
            help: Some("see `ndec help run` and `ndec methods`".into()),
            ..TaskError::default()
        },
    }
}
