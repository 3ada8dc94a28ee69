//! A report for people: a line that says how each task went, the ends of its table, its events.

use super::number::{Format, brief, duration};
use super::{EventRecord, Number, Report, Table, TaskResult, Work};
use std::collections::HashMap;
use std::io::{self, Write};

/// How many rows of a table's head and of its tail are shown.
const END: usize = 5;
/// How many firings of one event have their times shown.
const FIRINGS: usize = 6;
/// How many events are shown; the elements of one count each.
const EVENTS: usize = 50;

/// Writes every task for a terminal of `width` characters.
///
/// # Errors
/// Whatever `sink` reports.
pub fn write(report: &Report, width: usize, mut sink: impl Write) -> io::Result<()> {
    for (place, task) in report.tasks.iter().enumerate() {
        if place > 0 {
            writeln!(sink)?;
        }
        write_task(task, width, &mut sink)?;
    }
    Ok(())
}

/// Writes one task: summary, reason and notes, table, events.
///
/// # Errors
/// Whatever `sink` reports.
pub fn write_task(task: &TaskResult, width: usize, mut sink: impl Write) -> io::Result<()> {
    writeln!(sink, "{}", summary(task))?;
    if !task.reason.is_empty() {
        writeln!(sink, "  {}: {}", task.method, task.reason)?;
    }
    if let Some(linear) = &task.linear {
        writeln!(sink, "  linear systems: {linear}")?;
    }
    for note in &task.notes {
        writeln!(sink, "  note: {note}")?;
    }
    write_work(&task.work, &mut sink)?;
    write_table(&task.table, width, &mut sink)?;
    write_events(&task.events, &mut sink)
}

/// `task 1: solve Lorenz finished: tsit5, 45 steps (3 rejected), 120 µs`.
pub fn summary(task: &TaskResult) -> String {
    let mut parts = vec![task.method.clone()];
    if let Some(Number::Count(steps)) = task.stat("steps") {
        let rejected = match task.stat("rejected") {
            Some(Number::Count(n)) if n > 0 => format!(" ({n} rejected)"),
            _ => String::new(),
        };
        parts.push(format!("{steps} step{}{rejected}", plural(steps)));
    }
    if let Some(Number::Real(seconds)) = task.stat("solve_s") {
        parts.push(duration(seconds));
    }
    if let Some(Number::Real(seconds)) = task.stat("compile_s") {
        parts.push(format!("compiled in {}", duration(seconds)));
    }
    parts.retain(|part| !part.is_empty());
    let (number, kind, model, status) =
        (task.number, task.work.kind(), &task.model, task.status.replace('_', " "));
    let details = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    format!("task {number}: {kind} {model} {status}{details}")
}

fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn write_work(work: &Work, sink: &mut impl Write) -> io::Result<()> {
    match work {
        Work::Solve => Ok(()),
        Work::Sweep(sweep) => writeln!(sink, "  {} members, {} failed", sweep.members, sweep.failed),
        // One that never began has nothing to tell.
        Work::Fit(fit) if fit.loss.is_nan() && fit.iterations == 0 => Ok(()),
        Work::Fit(fit) => {
            writeln!(
                sink,
                "  loss {} from {} in {} iteration{} ({} gradient)",
                brief(fit.loss, 6),
                brief(fit.initial_loss, 6),
                fit.iterations,
                plural(fit.iterations),
                fit.gradient
            )?;
            let longest = fit.parameters.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
            for (name, value) in &fit.parameters {
                let value = match value {
                    super::Value::Scalar(x) => brief(*x, 8),
                    super::Value::Array(values) => format!("{} weights", values.len()),
                };
                writeln!(sink, "  {name:<longest$} = {value}")?;
            }
            Ok(())
        }
    }
}

fn write_table(table: &Table, width: usize, sink: &mut impl Write) -> io::Result<()> {
    let rows = table.rows();
    if table.columns.is_empty() {
        return Ok(());
    }
    let elided = rows > 2 * END + 1;
    let shown: Vec<usize> = match elided {
        true => (0..END).chain(rows - END..rows).collect(),
        false => (0..rows).collect(),
    };
    let mut lines = vec![String::new(); shown.len() + 2];
    let mut used = 0;
    let mut columns = 0;
    for column in &table.columns {
        let format = Format::suiting(shown.iter().map(|row| column.values[*row]), 6);
        let unit = column.unit.as_ref().map(|unit| format!("[{unit}]")).unwrap_or_default();
        let values = shown.iter().map(|row| format.print(column.values[*row]));
        let cells: Vec<String> = [column.name.clone(), unit].into_iter().chain(values).collect();
        let cell_width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
        // One column always shows; the last must leave room for the remark that more follow.
        if columns > 0 && used + cell_width + 2 > width {
            break;
        }
        used += cell_width + 2;
        columns += 1;
        lines.iter_mut().zip(cells).for_each(|(line, cell)| *line += &format!("  {cell:>cell_width$}"));
    }
    let units = lines.remove(1);
    if !units.trim().is_empty() {
        lines.insert(1, units);
    }
    if elided {
        lines.insert(lines.len() - END, format!("  ⋮ {} more rows", rows - 2 * END));
    }
    if columns < table.columns.len() {
        let more = (table.columns.len() - columns) as u64;
        lines.push(format!("  … {more} more column{}", plural(more)));
    }
    if rows == 0 {
        lines.push("  no rows".into());
    }
    lines.iter().try_for_each(|line| writeln!(sink, "{}", line.trim_end()))
}

/// The firings of one event.
struct Firings<'r> {
    count: u64,
    /// The first of them.
    first: Vec<&'r EventRecord>,
    /// How many values were logged of each.
    logged: usize,
}

/// Each event once, in the order of first firings, with the times of its first ones and what was logged of them.
fn write_events(events: &[EventRecord], sink: &mut impl Write) -> io::Result<()> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut all: Vec<Firings> = Vec::new();
    for event in events {
        let place = *places.entry(&event.name).or_insert(all.len());
        if place == all.len() {
            all.push(Firings { count: 0, first: Vec::new(), logged: event.values.len() });
        }
        let firings = &mut all[place];
        firings.count += 1;
        firings.logged = firings.logged.min(event.values.len());
        if firings.first.len() < FIRINGS {
            firings.first.push(event);
        }
    }
    all.iter().take(EVENTS).try_for_each(|firings| write_firings(firings, sink))?;
    if all.len() > EVENTS {
        let more = (all.len() - EVENTS) as u64;
        writeln!(sink, "  … {more} more event{}", plural(more))?;
    }
    Ok(())
}

fn write_firings(firings: &Firings, sink: &mut impl Write) -> io::Result<()> {
    let Firings { count, first, logged } = firings;
    let rest = if *count > first.len() as u64 { ", …" } else { "" };
    let list = |value: &dyn Fn(&EventRecord) -> f64| {
        let values = first.iter().map(|event| brief(value(event), 6));
        values.collect::<Vec<String>>().join(", ") + rest
    };
    let (name, times) = (&first[0].name, list(&|event| event.t));
    write!(sink, "  event {name} fired {count} time{} at t = {times}", plural(*count))?;
    for k in 0..*logged {
        write!(sink, "; {} = {}", first[0].values[k].0, list(&|event| event.values[k].1))?;
    }
    writeln!(sink)
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
