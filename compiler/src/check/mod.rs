//! From syntax to a checked model.
//!
//! `check` reports what is wrong with a file; `model` builds one model for a choice of its structural arguments, and
//! `task` one task with the model that it solves. Each phase reads the one before it:
//! names are collected (`declare`), put in order (`order`), settled (`settle`), expanded (`expand`) and then matched.

mod access;
mod arithmetic;
mod build;
mod call;
mod constant;
mod data;
mod declare;
mod definition;
mod delay;
mod distribution;
mod equation;
pub mod error;
mod event;
mod expand;
mod fill;
mod fit;
mod function;
mod initial;
pub mod library;
mod matching;
pub mod model;
mod method;
mod module;
mod network;
mod option;
mod options;
mod order;
mod orders;
pub mod print;
mod scope;
mod settle;
mod shape;
mod statistic;
mod suggest;
pub mod task;
mod tasks;
mod text;
mod tiling;
pub mod unit;
mod unit_scan;
mod unit_table;
mod value;

pub use method::{METHODS, MethodName};
pub use model::Model;
pub use module::{Loader, Module, Paths, load};
pub use task::Task;
pub use tasks::{Given, task};

use crate::diagnostics::{Diagnostics, Severity};
use crate::parse::ast::{Ast, ItemKind};

/// Loads what a file imports and checks all of it with the default arguments.
pub fn check(ast: Ast, loader: &mut Loader, diagnostics: &mut Diagnostics) -> Module {
    let module = load(ast, Paths::Inside, loader, diagnostics);
    check_module(&module, diagnostics);
    module
}

/// Checks every model and every task of the main file. Tasks are looked at where models are right.
pub fn check_module(module: &Module, diagnostics: &mut Diagnostics) {
    let before = errors(diagnostics);
    for item in &module.main().ast.items {
        match &item.kind {
            ItemKind::Model(model) => {
                build::build(module, 0, model, &[], diagnostics);
            }
            ItemKind::Data(data) => data::check(module, data, diagnostics),
            _ => {}
        }
    }
    if errors(diagnostics) == before {
        for number in 1..=module.tasks().count() {
            task(module, number, &[], diagnostics);
        }
    }
}

/// Builds a model of the main file. Overrides are numbers for structural arguments, by name (`N`, `a.N`). `None`:
/// there were errors, or the file has no such model.
pub fn model(
    module: &Module,
    name: &str,
    overrides: &[(String, f64)],
    diagnostics: &mut Diagnostics,
) -> Option<Model> {
    match &module.item(0, name)?.kind {
        ItemKind::Model(model) => {
            let overrides: Vec<_> =
                overrides.iter().map(|(name, x)| (name.clone(), build::Override::Number(*x))).collect();
            build::build(module, 0, model, &overrides, diagnostics).map(|(_, model)| model)
        }
        _ => None,
    }
}

/// Number of errors so far.
fn errors(diagnostics: &Diagnostics) -> usize {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.count() + diagnostics.dropped()
}

#[cfg(test)]
mod tests;
