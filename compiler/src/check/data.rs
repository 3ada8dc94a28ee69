//! Data: where it comes from, and which columns it has as far as the text says.

use std::sync::Arc;

use crate::diagnostics::Diagnostics;
use crate::parse::ast::{self, Argument, ExprKind, ItemKind, StatementKind};

use super::error;
use super::module::Module;
use super::scope::Builder;

/// The columns of a `data` declaration.
#[derive(Clone, Debug, PartialEq)]
pub enum Columns {
    /// All of them, the time's included.
    Known(Vec<Arc<str>>),
    /// The file says.
    InFile,
}

/// Reads the columns off a source; a source that is wrong has any column, so that it is reported once.
pub fn columns(module: &Module, file: usize, data: &ast::Data) -> Columns {
    let ExprKind::Call(callee, arguments) = &data.source.kind else { return Columns::InFile };
    let ExprKind::Name(source) = &callee.kind else { return Columns::InFile };
    match &**source {
        "table" => Columns::Known(named(arguments)),
        "simulate" => match arguments.first() {
            Some(Argument::Value(e)) => simulated(module, file, e).map_or(Columns::InFile, Columns::Known),
            _ => Columns::InFile,
        },
        _ => Columns::InFile,
    }
}

fn named(arguments: &[Argument]) -> Vec<Arc<str>> {
    let name = |argument: &Argument| match argument {
        Argument::Named { target, .. } => match &target.kind {
            ExprKind::Name(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    arguments.iter().filter_map(name).collect()
}

/// The time and what the model's own declarations can be read as.
fn simulated(module: &Module, file: usize, e: &ast::Expr) -> Option<Vec<Arc<str>>> {
    let target = match &e.kind {
        ExprKind::Call(callee, _) => callee,
        _ => e,
    };
    let ExprKind::Name(name) = &target.kind else { return None };
    let ItemKind::Model(model) = &module.item(file, name)?.kind else { return None };
    let mut names = vec![Arc::from("t")];
    for statement in &model.body {
        match &statement.kind {
            StatementKind::State(list)
            | StatementKind::Alg(list)
            | StatementKind::Discrete(list)
            | StatementKind::Input(list) => names.extend(list.iter().map(|v| v.name.text.clone())),
            StatementKind::Let(definition) => match &definition.pattern {
                ast::Pattern::One { name, .. } => names.push(name.text.clone()),
                ast::Pattern::Tuple(list) => names.extend(list.iter().map(|name| name.text.clone())),
            },
            StatementKind::Use { .. } => return None,
            _ => {}
        }
    }
    Some(names)
}

impl Builder<'_> {
    /// Complains of a column that the data does not have.
    pub fn check_column(&mut self, data: &str, column: &ast::Name) -> Option<()> {
        let file = self.site.file;
        let ItemKind::Data(source) = &self.module.item(file, data)?.kind else { return None };
        match columns(self.module, file, source) {
            Columns::Known(names) if !names.contains(&column.text) => {
                let near = super::suggest::closest(&column.text, names.iter().map(|name| &**name));
                self.complain(error::unknown_column(data, &column.text, near, column.span))
            }
            _ => Some(()),
        }
    }
}

/// Sources of data.
const SOURCES: &[&str] = &["csv", "table", "simulate", "npz", "parquet"];

/// Checks a `data` declaration as far as its text goes; files are read when they are used.
pub fn check(module: &Module, data: &ast::Data, diagnostics: &mut Diagnostics) {
    let e = &data.source;
    let ExprKind::Call(callee, arguments) = &e.kind else {
        if !matches!(e.kind, ExprKind::Hole) {
            diagnostics.push(error::unknown_source(&super::text::compact(e), None, e.span));
        }
        return;
    };
    let source = super::text::compact(callee);
    let wrong = match source.as_str() {
        "csv" | "npz" | "parquet" => file_source(arguments),
        "table" => table_source(arguments),
        "simulate" => {
            if let Some(Argument::Value(target)) = arguments.first() {
                check_simulated(module, target, diagnostics);
                None
            } else {
                Some("a model first: `simulate(M, t = linspace(0, 1, 11))`")
            }
        }
        _ => {
            let near = super::suggest::closest(&source, SOURCES.iter().copied());
            diagnostics.push(error::unknown_source(&source, near, callee.span));
            None
        }
    };
    if let Some(wanted) = wrong {
        diagnostics.push(error::source_argument(&source, wanted, e.span));
    }
}

/// A file's name, then texts and lists of texts by name.
fn file_source(arguments: &[Argument]) -> Option<&'static str> {
    let text = |e: &ast::Expr| matches!(e.kind, ExprKind::Text(_));
    let texts = |e: &ast::Expr| match &e.kind {
        ExprKind::List(items) => items.iter().all(text),
        _ => text(e),
    };
    match arguments.split_first() {
        Some((Argument::Value(path), rest)) if text(path) => rest
            .iter()
            .any(|argument| !matches!(argument, Argument::Named { value, .. } if texts(value)))
            .then_some("names of columns in quotes: `time = \"t\"`, `u = [\"x\", \"y\"]`"),
        _ => Some("the name of a file in quotes first"),
    }
}

fn table_source(arguments: &[Argument]) -> Option<&'static str> {
    let column = |argument: &Argument| matches!(argument, Argument::Named { .. });
    (!arguments.iter().all(column) || arguments.is_empty())
        .then_some("columns by name: `table(t = [0, 1], x = [1, 2])`")
}

fn check_simulated(module: &Module, target: &ast::Expr, diagnostics: &mut Diagnostics) {
    let callee = match &target.kind {
        ExprKind::Call(callee, _) => callee,
        _ => target,
    };
    let name = super::text::compact(callee);
    let is_model = module.item(0, &name).is_some_and(|item| matches!(item.kind, ItemKind::Model(_)));
    if !is_model && !name.contains('.') {
        let near = super::suggest::closest(&name, module.model_names(0));
        diagnostics.push(error::unknown_model(&name, near, callee.span));
    }
}
