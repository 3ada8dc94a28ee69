//! What stands in the expressions of tasks alone: columns of data, and reductions over rows, paths and members.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::algebra::{Range, Symbol};
use crate::diagnostics::{Diagnostics, Span};
use crate::parse::ast::{self, Argument, ExprKind, ItemKind};

use super::error;
use super::model::Boolean;
use super::scope::{Array, ArrayDim, Builder, Level, Meaning, Role};
use super::task::{DataColumn, Statistic, StatisticKind, TaskKind};
use super::unit::Unit;
use super::value::{Scalar, Value};

/// What a task's expressions have made so far.
pub struct TaskContext {
    pub kind: TaskKind,
    pub statistics: Vec<Statistic>,
    pub columns: Vec<DataColumn>,
    read: FxHashMap<(Arc<str>, Arc<str>), Array>,
}

/// The statistics by name; the short ones where the model has no such name.
pub const STATISTICS: &[&str] =
    &["expectation", "variance", "quantile", "E", "Var", "mean", "sum", "l1", "l2"];

impl TaskContext {
    pub fn new(kind: TaskKind) -> TaskContext {
        TaskContext { kind, statistics: Vec::new(), columns: Vec::new(), read: FxHashMap::default() }
    }
}

impl<'a> Builder<'a> {
    /// A statistic of a task; the outer `None`: no such form, or no task.
    pub fn call_statistic(
        &mut self,
        name: &str,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Option<Value>> {
        let kind = self.task.as_ref()?.kind;
        match (name, arguments) {
            ("expectation" | "E", [Argument::Value(e)]) => {
                Some(self.over_paths(StatisticKind::Expectation, e, span))
            }
            ("variance" | "Var", [Argument::Value(e)]) => {
                Some(self.over_paths(StatisticKind::Variance, e, span))
            }
            ("mean", [Argument::Value(e)]) if kind != TaskKind::Fit => {
                Some(self.over_paths(StatisticKind::Expectation, e, span))
            }
            ("quantile", [Argument::Value(e), Argument::Value(q)]) => Some(self.quantile(e, q, span)),
            ("mean", [Argument::Value(e)]) => Some(self.over_rows(StatisticKind::RowMean, e, span)),
            ("sum", [Argument::Value(e)]) if kind == TaskKind::Fit => {
                Some(self.over_rows(StatisticKind::RowSum, e, span))
            }
            ("l1" | "l2", [Argument::Value(e)]) => Some(self.norm(name, e, span)),
            ("expectation" | "variance" | "E" | "Var" | "mean" | "l1" | "l2", _) => {
                Some(self.complain(error::arity(name, 1, arguments.len(), span)))
            }
            ("quantile", _) => Some(self.complain(error::arity(name, 2, arguments.len(), span))),
            _ => None,
        }
    }

    fn quantile(&mut self, e: &ast::Expr, q: &ast::Expr, span: Span) -> Option<Value> {
        let q_value = self.expand_number(q)?;
        match (0.0..=1.0).contains(&q_value) {
            true => self.over_paths(StatisticKind::Quantile(q_value), e, span),
            false => self.complain(error::option_value("quantile", "a number between 0 and 1", q.span)),
        }
    }

    /// A statistic over paths or members keeps the shape.
    fn over_paths(&mut self, kind: StatisticKind, e: &ast::Expr, span: Span) -> Option<Value> {
        let value = self.expand(e)?;
        let tensor = self.dense(value, e.span)?;
        let (axes, body) = self.over_axes(&tensor);
        let unit = match kind {
            StatisticKind::Variance => body.unit.map(|unit| unit.times(unit)),
            _ => body.unit,
        };
        let symbol = self.statistic(kind, axes.clone(), body, span, Level::State);
        let array = plain_array(symbol, &axes, unit.unwrap_or(Unit::ONE), super::text::compact(e));
        Some(self.read_whole(&array))
    }

    /// A reduction over rows and elements is a number.
    fn over_rows(&mut self, kind: StatisticKind, e: &ast::Expr, span: Span) -> Option<Value> {
        let value = self.expand(e)?;
        let tensor = self.dense(value, e.span)?;
        let (axes, body) = self.over_axes(&tensor);
        let symbol = self.statistic(kind, axes, body, span, Level::Parameter);
        let e = self.algebra.scalar(symbol);
        Some(Value::scalar(Scalar { e, unit: body.unit, truth: Boolean::Number }))
    }

    fn norm(&mut self, name: &str, e: &ast::Expr, span: Span) -> Option<Value> {
        let network = self.member(self.site.scope, e).and_then(|id| match self.entity(id).meaning {
            Meaning::Network(number) => Some(number),
            _ => None,
        });
        let Some(network) = network else {
            return self.complain(error::network_needed(name, e.span));
        };
        let kind = if name == "l1" { StatisticKind::L1(network) } else { StatisticKind::L2(network) };
        let zero = self.algebra.zero();
        let symbol = self.statistic(kind, Vec::new(), Scalar::number(zero), span, Level::Parameter);
        let e = self.algebra.scalar(symbol);
        Some(Value::scalar(Scalar::number(e)))
    }

    fn statistic(
        &mut self,
        kind: StatisticKind,
        axes: Vec<Range>,
        body: Scalar,
        span: Span,
        level: Level,
    ) -> Symbol {
        let rows = matches!(
            kind,
            StatisticKind::RowSum | StatisticKind::RowMean | StatisticKind::L1(_) | StatisticKind::L2(_)
        );
        let extents: Vec<u64> =
            if rows { Vec::new() } else { axes.iter().map(|range| range.len()).collect() };
        let symbol = self.algebra.declare("statistic", &extents);
        self.levels.insert(symbol, level);
        if let Some(task) = &mut self.task {
            task.statistics.push(Statistic { symbol, kind, axes, value: body.e, span });
        }
        symbol
    }

    /// `d.c` in a task: the column as a symbol; the outer `None`: no column.
    pub fn read_column(&mut self, e: &ast::Expr) -> Option<Option<Value>> {
        let ExprKind::Field(base, column) = &e.kind else { return None };
        let ExprKind::Name(data) = &base.kind else { return None };
        self.task.as_ref()?;
        let ItemKind::Data(source) = &self.module.item(0, data)?.kind else { return None };
        Some(self.column_value(data, column, source))
    }

    fn column_value(&mut self, data: &Arc<str>, column: &ast::Name, source: &ast::Data) -> Option<Value> {
        self.check_column(data, column)?;
        let key = (data.clone(), column.text.clone());
        let known = self.task.as_ref()?.read.get(&key).cloned();
        let array = match known {
            Some(array) => array,
            None => {
                let extents = column_shape(self, source, &column.text);
                let name = format!("{data}.{}", column.text);
                let symbol = self.algebra.declare(&*name, &extents);
                self.levels.insert(symbol, Level::Input);
                let axes: Vec<Range> = extents.iter().map(|n| Range::new(1, *n as i64 + 1)).collect();
                let array = plain_array(symbol, &axes, Unit::ONE, name);
                let task = self.task.as_mut()?;
                let (data, column) = (data.to_string(), column.text.to_string());
                task.columns.push(DataColumn { symbol, data, column });
                task.read.insert(key, array.clone());
                array
            }
        };
        // The header of the file may give a unit; without one it is that of what the column meets.
        Some(match self.read_whole(&array) {
            Value::Tensor(mut tensor) => {
                tensor.body.unit = None;
                Value::Tensor(tensor)
            }
            rows => rows,
        })
    }
}

/// An array that no declaration stands behind.
fn plain_array(symbol: Symbol, axes: &[Range], unit: Unit, name: impl Into<Arc<str>>) -> Array {
    let dim = |range: &Range| ArrayDim { range: *range, index: None, boundary: None };
    let dims: SmallVec<[ArrayDim; 2]> = axes.iter().map(dim).collect();
    Array { symbol, dims, unit, truth: Boolean::Number, role: Role::Definition, full_name: name.into() }
}

/// Extents of one row of a column, as far as the text says; a number otherwise.
fn column_shape(builder: &Builder, data: &ast::Data, column: &str) -> Vec<u64> {
    let ExprKind::Call(callee, arguments) = &data.source.kind else { return Vec::new() };
    let source = super::text::compact(callee);
    if source == "simulate" {
        return simulated_shape(builder, arguments, column).unwrap_or_default();
    }
    let value = arguments.iter().find_map(|argument| match argument {
        Argument::Named { target, value } if super::text::compact(target) == column => Some(value),
        _ => None,
    });
    match (value.map(|e| &e.kind), source.as_str()) {
        (Some(ExprKind::List(rows)), "table") => match rows.first().map(|row| &row.kind) {
            Some(ExprKind::List(row)) => vec![row.len() as u64],
            _ => Vec::new(),
        },
        (Some(ExprKind::List(names)), _) => vec![names.len() as u64],
        _ => Vec::new(),
    }
}

/// The shape of a variable of the simulated model.
fn simulated_shape(builder: &Builder, arguments: &[Argument], column: &str) -> Option<Vec<u64>> {
    let Some(Argument::Value(e)) = arguments.first() else { return None };
    let target = match &e.kind {
        ExprKind::Call(callee, _) => callee,
        _ => e,
    };
    let ExprKind::Name(name) = &target.kind else { return None };
    let ItemKind::Model(model) = &builder.module.item(0, name)?.kind else { return None };
    let mut scratch = Diagnostics::new();
    let (_, model) = super::build::build(builder.module, 0, model, &[], &mut scratch)?;
    let variable = model.variables.iter().find(|variable| variable.name == column)?;
    Some(model.algebra.symbol(variable.symbol).dims.to_vec())
}
