//! `interp(d.c, x)`: a column of data as a function of x, over the data's times.

use std::sync::Arc;

use crate::algebra::table::Form;
use crate::diagnostics::{Diagnostic, Diagnostics, FileId, Span};
use crate::parse::ast::{self, Argument, ExprKind, ItemKind};

use super::data::{Column, DataTable, Source, SourceKind};
use super::error;
use super::model::{Boolean, FeatureKind, Points, Table};
use super::scope::{Builder, Names, Units};
use super::unit::Unit;
use super::value::{Scalar, Value};

impl Builder<'_> {
    /// `interp(d.c, x)`: column c of data d over its time column; a list where the column has vectors.
    pub fn interpolate(&mut self, arguments: &[Argument], span: Span) -> Option<Value> {
        let [Argument::Value(column), Argument::Value(x)] = arguments else {
            return self.complain(error::arity("interp", 2, arguments.len(), span));
        };
        let Some((data, name)) = self.data_column(column) else {
            return self.complain(error::not_a_column(column.span));
        };
        self.check_column(&data, &name)?;
        let value = self.expand(x)?;
        let read = self.read(&data, &name, span)?;
        let mut rows = Vec::new();
        for part in &read.parts {
            let name = part.column.clone();
            let degree = part.interpolation.degree();
            let function = self.algebra.table_function(&name, Form::Searched, degree);
            rows.push(self.map(std::slice::from_ref(&value), &[x.span], &mut |b, s| {
                let x = match read.time {
                    Some(unit) => b.convert(s[0], unit, x.span)?,
                    None => s[0],
                };
                let e = b.algebra.call(function, &[x.e]);
                b.mark(e, span);
                b.root(e, span);
                Some(Scalar { e, unit: read.unit, truth: Boolean::Number })
            })?);
        }
        for table in read.parts {
            if !self.data_tables.iter().any(|known| known.column == table.column) {
                self.data_tables.push(table);
            }
        }
        match (rows.len(), rows.pop()) {
            (1, Some(only)) => Some(only),
            (_, last) => {
                rows.extend(last);
                Some(Value::Rows(rows))
            }
        }
    }

    /// The data and the column of `d.c`.
    fn data_column(&self, e: &ast::Expr) -> Option<(Arc<str>, ast::Name)> {
        let ExprKind::Field(base, column) = &e.kind else { return None };
        let ExprKind::Name(name) = &base.kind else { return None };
        if self.site.names == Names::Library || self.local(name).is_some() || self.find(name).is_some() {
            return None;
        }
        let item = self.module.item(self.site.file, name)?;
        matches!(item.kind, ItemKind::Data(_)).then(|| (name.clone(), column.clone()))
    }

    /// What a column of data holds, checked as far as it was read.
    fn read(&mut self, data: &Arc<str>, name: &ast::Name, span: Span) -> Option<Read> {
        let file = self.site.file;
        let ItemKind::Data(item) = &self.module.item(file, data)?.kind else { return None };
        let source = Source::of(item)?;
        let folder = &self.module.files[file].path;
        let prefix = if file == 0 { String::new() } else { format!("{folder}:") };
        let key = |column: &str| format!("{prefix}{data}.{column}");
        if source.kind == SourceKind::Simulate {
            self.feature(FeatureKind::Data, span);
        }
        let module = self.module;
        let known = module.tables.get(&(file, data.clone()));
        if let (None, Some(Err(diagnostic))) = (known, super::literal::read(&item.source)) {
            return self.complain(diagnostic);
        }
        let Some(Ok(table)) = known else {
            let unread = || Err("nothing reads files of data here".to_owned());
            let points: Result<Points, String> =
                known.map_or_else(unread, |reason| Err(reason.as_ref().err().cloned().unwrap_or_default()));
            let width = source.joined(&name.text).map_or(1, <[_]>::len);
            let parts = (1..=width).map(|k| {
                let column = if width == 1 { name.text.to_string() } else { format!("{}[{k}]", name.text) };
                Table {
                    column: key(&column),
                    interpolation: source.interpolation,
                    points: points.clone(),
                    span,
                }
            });
            let parts = parts.collect();
            return Some(Read { parts, time: None, unit: (self.units == Units::Off).then_some(Unit::ONE) });
        };
        let report = match Chosen::of(table, &source, data, name) {
            Ok(chosen) => return self.checked(chosen, &source, &key, (data, span)),
            Err(diagnostic) => diagnostic,
        };
        self.complain(report)
    }

    fn checked(
        &mut self,
        chosen: Chosen,
        source: &Source,
        key: &dyn Fn(&str) -> String,
        (data, span): (&str, Span),
    ) -> Option<Read> {
        let mut parts = Vec::new();
        let columns = chosen.parts.iter().map(|(_, column)| *column);
        for column in columns.chain([chosen.time]) {
            if let Some((at, text)) = &column.bad {
                return self.complain(error::bad_cell(at, text, &column.name, span));
            }
        }
        for (name, column) in &chosen.parts {
            let written = format!("{data}.{name}");
            if let Err(wrong) = ascending(chosen.time, column) {
                return self.complain(wrong.report(&written, &chosen.time.name, span));
            }
            let points = Points { times: chosen.time.values.clone(), values: column.values.clone() };
            parts.push(Table {
                column: key(name),
                interpolation: source.interpolation,
                points: Ok(points),
                span,
            });
        }
        if self.units == Units::Off {
            return Some(Read { parts, time: None, unit: Some(Unit::ONE) });
        }
        let time = self.column_unit(chosen.time, span)?;
        let unit = match chosen.parts.first() {
            Some((_, column)) => self.column_unit(column, span)?,
            None => None,
        };
        Some(Read { parts, time, unit })
    }

    /// The unit that the data gives a column; the inner `None` fits any.
    fn column_unit(&mut self, column: &Column, span: Span) -> Option<Option<Unit>> {
        let Some(text) = &column.unit else { return Some(None) };
        let mut scratch = Diagnostics::new();
        let e = crate::parse::parse_expression(&format!("1 [{text}]"), FileId(0), &mut scratch);
        let written = match &e.kind {
            ExprKind::Quantity(_, unit) if scratch.is_empty() => unit,
            _ => return self.complain(error::column_unit(&column.name, text, span)),
        };
        match Unit::parse(written) {
            Ok(unit) => Some(Some(unit)),
            Err(_) => self.complain(error::column_unit(&column.name, text, span)),
        }
    }
}

/// What `interp` needs of a column: a table for each element of its vectors, and the units of times and values.
struct Read {
    parts: Vec<Table>,
    time: Option<Unit>,
    unit: Option<Unit>,
}

/// The columns that a read is about.
struct Chosen<'t> {
    time: &'t Column,
    parts: Vec<(String, &'t Column)>,
}

impl<'t> Chosen<'t> {
    fn of(
        table: &'t DataTable,
        source: &Source,
        data: &str,
        name: &ast::Name,
    ) -> Result<Chosen<'t>, Diagnostic> {
        let find = |wanted: &str, span: Span| {
            table.column(wanted).ok_or_else(|| {
                let near = super::suggest::closest(wanted, table.columns.iter().map(|c| &*c.name));
                error::unknown_column(data, wanted, near, span)
            })
        };
        let time = match &source.time {
            Some(time) => find(&time.text, time.span)?,
            None => match table.column("t").or(table.columns.first()) {
                Some(time) => time,
                None => find("t", name.span)?,
            },
        };
        let text = &*name.text;
        let mut parts = Vec::new();
        match source.joined(text) {
            Some(columns) => {
                for (k, column) in (1..).zip(columns) {
                    let name = if columns.len() == 1 { text.to_owned() } else { format!("{text}[{k}]") };
                    parts.push((name, find(&column.text, column.span)?));
                }
            }
            None => {
                let element = |k: usize| format!("{text}[{k}]");
                let elements = (1..).map_while(|k| Some((element(k), table.column(&element(k))?)));
                match table.column(text) {
                    Some(column) => parts.push((text.to_owned(), column)),
                    None => parts.extend(elements),
                }
            }
        }
        if parts.is_empty() {
            find(text, name.span)?;
        }
        Ok(Chosen { time, parts })
    }
}

/// What keeps a column from being a function of time.
enum Wrong {
    Empty,
    /// Of which the two columns have so many.
    Uneven(usize, usize),
    /// Rows count from 1, without the header.
    NoTime(usize),
    NoValue(usize),
    /// The row, and the times of the one before and of itself.
    Falls(usize, f64, f64),
}

impl Wrong {
    fn report(&self, column: &str, time: &str, span: Span) -> Diagnostic {
        match *self {
            Wrong::Empty => error::no_table(&format!("`{column}` has no rows"), span),
            Wrong::Uneven(a, b) => {
                error::no_table(&format!("`{time}` has {a} rows, `{column}` has {b}"), span)
            }
            Wrong::NoTime(row) => error::missing_cell(&format!("row {row} of `{time}` has none"), span),
            Wrong::NoValue(row) => error::missing_cell(&format!("row {row} of `{column}` has none"), span),
            Wrong::Falls(row, before, at) => error::times_fall(column, time, row, before, at, span),
        }
    }
}

fn ascending(time: &Column, column: &Column) -> Result<(), Wrong> {
    if time.values.len() != column.values.len() {
        return Err(Wrong::Uneven(time.values.len(), column.values.len()));
    }
    let mut before = f64::NEG_INFINITY;
    for (k, (&t, y)) in time.values.iter().zip(column.values.iter()).enumerate() {
        match () {
            () if !t.is_finite() => return Err(Wrong::NoTime(k + 1)),
            () if t <= before => return Err(Wrong::Falls(k + 1, before, t)),
            () if !y.is_finite() => return Err(Wrong::NoValue(k + 1)),
            () => before = t,
        }
    }
    if time.values.is_empty() { Err(Wrong::Empty) } else { Ok(()) }
}
