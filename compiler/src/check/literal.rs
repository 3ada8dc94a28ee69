//! Data whose numbers stand in the text: `table(t = [0, 1], x = linspace(0, 1, 2))`.

use std::sync::Arc;

use crate::diagnostics::{Diagnostic, Span};
use crate::parse::ast::{Argument, Expr, ExprKind, ItemKind, Operator};

use super::data::{Column, DataTable};
use super::error;
use super::module::File;

/// More numbers than anyone writes; `linspace` could ask for any.
const MOST: f64 = 1e7;

/// The tables of a file that hold what they should, by number of the file and name.
pub fn tables(number: usize, file: &File) -> Vec<((usize, Arc<str>), Result<DataTable, String>)> {
    let table = |item: &crate::parse::ast::Item| {
        let ItemKind::Data(data) = &item.kind else { return None };
        Some(((number, data.name.text.clone()), Ok(read(&data.source)?.ok()?)))
    };
    file.ast.items.iter().filter_map(table).collect()
}

/// The table that a source is, or what is wrong with it; the outer `None`: another source.
pub fn read(source: &Expr) -> Option<Result<DataTable, Diagnostic>> {
    let ExprKind::Call(callee, arguments) = &source.kind else { return None };
    matches!(&callee.kind, ExprKind::Name(name) if **name == *"table")
        .then(|| columns(arguments, source.span))
}

fn columns(arguments: &[Argument], span: Span) -> Result<DataTable, Diagnostic> {
    let mut table = DataTable::default();
    for argument in arguments {
        let Argument::Named { target, value } = argument else { continue };
        let name = super::text::compact(target);
        if super::data::is_option(&value.kind) {
            continue;
        }
        match vectors(value) {
            None => table.columns.push(Column::new(&name, numbers(value)?)),
            Some(rows) => {
                let rows = rows.iter().map(numbers).collect::<Result<Vec<_>, _>>()?;
                let width = rows.iter().map(Vec::len).min().unwrap_or(0);
                if rows.iter().any(|row| row.len() != width) {
                    return Err(error::no_table(
                        &format!("the rows of `{name}` differ in length"),
                        value.span,
                    ));
                }
                for k in 0..width {
                    let values = rows.iter().map(|row| row[k]).collect();
                    table.columns.push(Column::new(&format!("{name}[{}]", k + 1), values));
                }
            }
        }
    }
    match table.uneven() {
        Some(what) => Err(error::no_table(&what, span)),
        None => Ok(table),
    }
}

/// The rows of a column of vectors.
fn vectors(value: &Expr) -> Option<&[Expr]> {
    match &value.kind {
        ExprKind::List(rows) if rows.iter().any(|row| matches!(row.kind, ExprKind::List(_))) => Some(rows),
        _ => None,
    }
}

fn numbers(e: &Expr) -> Result<Vec<f64>, Diagnostic> {
    match &e.kind {
        ExprKind::List(items) => items.iter().map(number).collect(),
        ExprKind::Call(callee, arguments) => match (&callee.kind, &arguments[..]) {
            (ExprKind::Name(name), [Argument::Value(a), Argument::Value(b), Argument::Value(n)])
                if matches!(&**name, "linspace" | "logspace") =>
            {
                let (a, b, count) = (number(a)?, number(b)?, number(n)?);
                if !(count.fract() == 0.0 && (2.0..=MOST).contains(&count)) {
                    return Err(error::no_number(&super::text::compact(n), "a count from 2 to 1e7", n.span));
                }
                let at = |k: u64| a + (b - a) * (k as f64 / (count - 1.0));
                let point = |k: u64| if **name == *"linspace" { at(k) } else { 10f64.powf(at(k)) };
                Ok((0..count as u64).map(point).collect())
            }
            _ => Err(refusal(e)),
        },
        _ => Err(refusal(e)),
    }
}

fn refusal(e: &Expr) -> Diagnostic {
    error::no_number(&super::text::compact(e), "a list, `linspace(…)` or `logspace(…)`", e.span)
}

/// A number, or arithmetic with numbers; `nan` is a value that is missing.
fn number(e: &Expr) -> Result<f64, Diagnostic> {
    let value = match &e.kind {
        ExprKind::Number(number) => Some(number.value),
        ExprKind::Negate(a) => Some(-number(a)?),
        ExprKind::Power(a, b) => Some(number(a)?.powf(number(b)?)),
        ExprKind::Name(name) => match &**name {
            "pi" => Some(std::f64::consts::PI),
            "nan" => Some(f64::NAN),
            _ => None,
        },
        ExprKind::Chain(first, links) => {
            let mut value = Some(number(first)?);
            for link in links {
                let next = number(&link.operand)?;
                value = value.and_then(|value| match link.operator {
                    Operator::Add => Some(value + next),
                    Operator::Subtract => Some(value - next),
                    Operator::Multiply => Some(value * next),
                    Operator::Divide => Some(value / next),
                    _ => None,
                });
            }
            value
        }
        _ => None,
    };
    value.ok_or_else(|| error::no_number(&super::text::compact(e), "a number", e.span))
}
