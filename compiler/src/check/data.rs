//! Data: where it comes from, and which columns it has as far as the text says.

use std::sync::Arc;

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
