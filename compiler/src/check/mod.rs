//! From syntax to a checked model.
//!
//! `check` reports what is wrong with a file; `model` builds one model for a choice of its structural arguments, and
//! `task` one task with the model that it solves. Each phase reads the one before it:
//! names are collected (`declare`), put in order (`order`), settled (`settle`), expanded (`expand`) and then matched.

mod access;
mod arithmetic;
mod body;
mod build;
mod call;
mod constant;
pub mod data;
mod declare;
mod definition;
mod delay;
mod distribution;
mod equality;
mod equation;
pub mod error;
mod event;
mod expand;
mod fill;
mod fit;
mod function;
pub(crate) mod function_table;
mod gradient;
mod initial;
mod initializer;
mod interpolate;
pub mod library;
mod literal;
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
pub mod structure;
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
pub use tasks::{Changes, Given, task};

use rustc_hash::FxHashSet;

use crate::diagnostics::{Diagnostics, Severity, Span};
use crate::parse::ast::{self, Ast, ItemKind, StatementKind};

/// Loads what a file imports and checks all of it with the default arguments.
pub fn check(ast: Ast, loader: &mut Loader, diagnostics: &mut Diagnostics) -> Module {
    let module = load(ast, Paths::Inside, loader, diagnostics);
    check_module(&module, diagnostics);
    module
}

/// Checks every model, function and task of the main file; tasks where all else is right. A complaint about a model
/// that several use is made once.
pub fn check_module(module: &Module, diagnostics: &mut Diagnostics) {
    let before = errors(diagnostics);
    let mut seen = FxHashSet::default();
    for item in &module.main().ast.items {
        let mut own = Diagnostics::new();
        match &item.kind {
            ItemKind::Model(model) => {
                build::build(module, 0, model, &[], &mut own);
                check_functions(module, model, &mut own);
            }
            ItemKind::Function(function) => body::check(module, function, &FxHashSet::default(), &mut own),
            ItemKind::Layer(layer) => body::check_layer(module, layer, &mut own),
            ItemKind::Data(data) => data::check(module, data, &mut own),
            _ => {}
        }
        extend_once(diagnostics, &own, &mut seen);
    }
    if errors(diagnostics) > before {
        return;
    }
    for number in 1..=module.tasks().count() {
        let mut own = Diagnostics::new();
        task(module, number, Changes::default(), &mut own);
        extend_once(diagnostics, &own, &mut seen);
    }
}

/// The functions of a model, which see its names.
fn check_functions(module: &Module, model: &ast::Model, diagnostics: &mut Diagnostics) {
    if build::has_holes(model) {
        return;
    }
    let mut names = Vec::new();
    names.extend(model.arguments.iter().map(|argument| &*argument.name.text));
    model.body.iter().for_each(|statement| declare::names(statement, &mut names));
    let around: FxHashSet<&str> = names.into_iter().collect();
    for statement in &model.body {
        if let StatementKind::Function(function) = &statement.kind {
            body::check(module, function, &around, diagnostics);
        }
    }
}

/// Adds complaints that were not made before.
fn extend_once(
    diagnostics: &mut Diagnostics,
    own: &Diagnostics,
    seen: &mut FxHashSet<(&'static str, Option<Span>)>,
) {
    for diagnostic in own {
        if seen.insert((diagnostic.code, diagnostic.span())) {
            diagnostics.push(diagnostic.clone());
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
