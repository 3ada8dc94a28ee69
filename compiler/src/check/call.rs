//! Calls: functions of the file, the model and the library, reductions, networks and the past of a state.

use std::sync::Arc;

use crate::algebra::Reduction;
use crate::diagnostics::{Diagnostics, Span};
use crate::parse::ast::{self, Argument, ExprKind, ItemKind};

use super::error;
use super::function::Callee;
use super::function_table::BUILT_IN;
use super::gradient::Form;
use super::library;
use super::model::Boolean;
use super::scope::{Builder, Declaration, Local, Names, Roots, Site};
use super::value::{Scalar, Value};

impl<'a> Builder<'a> {
    pub fn expand_call(&mut self, callee: &ast::Expr, arguments: &[Argument], span: Span) -> Option<Value> {
        if let ExprKind::Name(name) = &callee.kind {
            match self.local(name).cloned() {
                Some(Local::Function { file, name }) => {
                    let mut site = self.site.clone();
                    (site.file, site.names) = (file, Names::FileOnly);
                    return self.at_function(site, &name, callee.span, arguments, span);
                }
                Some(Local::Layers(layers)) => return self.call_inner(layers, arguments, span),
                Some(_) => return self.call_of_value(callee, arguments, "an argument"),
                None => {}
            }
            if self.find(name).is_none() {
                return self.call_named(name, callee.span, arguments, span);
            }
        }
        if let Some(path) = self.imported(callee) {
            let (file, name) = path?;
            return self.call_in_file(file, &name, callee.span, arguments, span);
        }
        let Some(reference) = self.reference(callee)? else {
            return self.call_of_value(callee, arguments, "a value");
        };
        match self.entity(reference.id).declaration.clone() {
            Declaration::Function(function) => {
                let scope = self.entity(reference.id).scope;
                self.call(Callee::Model(scope, function), arguments, span)
            }
            Declaration::Net(_) => self.call_network(reference.id, arguments, span),
            Declaration::State(_) => self.delayed(&reference, arguments, span),
            _ => {
                let what = self.describe(reference.id);
                self.call_of_value(callee, arguments, what)
            }
        }
    }

    /// A function that was an argument: its own arguments are expanded here, its name is looked up there.
    fn at_function(
        &mut self,
        there: Site,
        name: &str,
        at: Span,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Value> {
        let values = self.values(arguments)?;
        let spans = argument_spans(arguments);
        self.at(there, |b| {
            let callee = match b.module.item(b.site.file, name).map(|item| &item.kind) {
                Some(ItemKind::Function(function)) => Callee::File(b.site.file, function),
                Some(ItemKind::ExternFunction(function)) => Callee::Extern(b.site.file, function),
                _ => match library::find(name) {
                    Some(item) => Callee::Library(item),
                    None => return b.complain(error::unknown_function(name, None, at)),
                },
            };
            b.call_values(callee, values, &spans, span)
        })
    }

    /// `k(x - 1)` where k is no function: most likely a product.
    fn call_of_value<T>(&mut self, callee: &ast::Expr, arguments: &[Argument], what: &str) -> Option<T> {
        let argument = match arguments {
            [Argument::Value(e)] => Some(e),
            _ => None,
        };
        self.complain(error::not_callable(callee, what, argument))
    }

    /// `valves.f`: a function of an imported file.
    fn imported(&mut self, callee: &ast::Expr) -> Option<Option<(usize, Arc<str>)>> {
        let ExprKind::Field(base, name) = &callee.kind else { return None };
        let ExprKind::Name(alias) = &base.kind else { return None };
        if self.local(alias).is_some() || self.find(alias).is_some() {
            return None;
        }
        let file = *self.module.files[self.site.file].imports.get(alias)?;
        Some(Some((file, name.text.clone())))
    }

    fn call_in_file(
        &mut self,
        file: usize,
        name: &str,
        at: Span,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Value> {
        match self.module.item(file, name).map(|item| &item.kind) {
            Some(ItemKind::Function(function)) => self.call(Callee::File(file, function), arguments, span),
            Some(ItemKind::ExternFunction(function)) => {
                self.call(Callee::Extern(file, function), arguments, span)
            }
            _ => {
                let names = self.module.files[file].names.keys().map(|k| &**k);
                let near = super::suggest::closest(name, names).map(str::to_owned);
                self.complain(error::unknown_function(name, near.as_deref(), at))
            }
        }
    }

    fn call_named(&mut self, name: &str, at: Span, arguments: &[Argument], span: Span) -> Option<Value> {
        if self.site.names != Names::Library {
            let file = self.site.file;
            match self.module.item(file, name).map(|item| &item.kind) {
                Some(ItemKind::Function(_) | ItemKind::ExternFunction(_)) => {
                    return self.call_in_file(file, name, at, arguments, span);
                }
                Some(_) => return self.complain(error::not_a_function(name, at)),
                None => {}
            }
        }
        if let Some(value) = self.call_statistic(name, arguments, span) {
            return value;
        }
        if let Some(value) = self.call_built_in(name, arguments, span) {
            return value;
        }
        match library::find(name) {
            Some(item) if library::function_arity(&item).is_some() => {
                self.call(Callee::Library(item), arguments, span)
            }
            Some(_) => self.complain(error::layer_outside_net(name, at)),
            None => {
                let near = self.suggest_function(name);
                self.complain(error::unknown_function(name, near.as_deref(), at))
            }
        }
    }

    fn suggest_function(&self, name: &str) -> Option<String> {
        if self.diagnostics.len() >= Diagnostics::LIMIT {
            return None;
        }
        let scope = self.scope().names.keys().map(AsRef::<str>::as_ref);
        let file = self.module.files[self.site.file].names.keys().map(AsRef::<str>::as_ref);
        let mut all: Vec<&str> = scope.chain(file).collect();
        library::names().for_each(|name| all.push(name));
        BUILT_IN.iter().for_each(|name| all.push(name));
        if self.task.is_some() {
            super::statistic::STATISTICS.iter().for_each(|name| all.push(name));
        }
        super::suggest::closest(name, all.into_iter()).map(str::to_owned)
    }

    /// Forms that are no functions of numbers; the outer `None`: no such form.
    fn call_built_in(&mut self, name: &str, arguments: &[Argument], span: Span) -> Option<Option<Value>> {
        let reduction = match name {
            "sum" => Some(Reduction::Sum),
            "prod" => Some(Reduction::Product),
            "min" => Some(Reduction::Min),
            "max" => Some(Reduction::Max),
            _ => None,
        };
        match (reduction, arguments) {
            (Some(op), [Argument::Comprehension { body, binders }]) => {
                return Some(self.comprehension(op, body, binders));
            }
            (Some(op), [Argument::Value(e)]) => {
                return Some(self.expand(e).and_then(|value| {
                    if value.as_scalar().is_some() {
                        return self.complain(error::reduction_of_number(name, e.span));
                    }
                    self.reduce_all(op, value, e.span).map(Value::scalar)
                }));
            }
            _ => {}
        }
        match name {
            "sum" | "prod" => Some(self.complain(error::reduction_form(name, span))),
            "min" | "max" if arguments.len() > 2 => Some(self.fold_pairs(name, arguments, span)),
            "dot" => Some(self.dot(arguments, span)),
            "smooth" => Some(self.smooth(arguments, span)),
            "stratonovich" => Some(self.stratonovich(arguments, span)),
            "interp" => Some(self.interpolate(arguments, span)),
            _ => Form::named(name).map(|form| self.derivative_form(form, name, arguments, span)),
        }
    }

    /// `sum(e for i in 1..n)`: the first binder is the outermost.
    fn comprehension(&mut self, op: Reduction, body: &ast::Expr, binders: &[ast::Binder]) -> Option<Value> {
        let before = self.site.locals.len();
        let dims = self.bind(binders);
        let value = dims.and_then(|dims| {
            let value = self.expand(body)?;
            let scalar = match value.as_scalar() {
                Some(scalar) => scalar,
                None => return self.complain(error::scalar_needed(&value.shape(), body.span)),
            };
            let scalar = self.reducible(op, scalar, body.span)?;
            let e = dims.iter().rev().fold(scalar.e, |e, dim| self.reduce(op, *dim, e));
            Some(Value::scalar(Scalar { e, truth: Boolean::Number, ..scalar }))
        });
        self.site.locals.truncate(before);
        value
    }

    /// `min(a, b, c)` as pairs.
    fn fold_pairs(&mut self, name: &str, arguments: &[Argument], span: Span) -> Option<Value> {
        let values = self.values(arguments)?;
        let spans = argument_spans(arguments);
        let mut rest = values.into_iter().zip(spans);
        let (mut left, first) = rest.next()?;
        for (right, at) in rest {
            let pair = Callee::Library(library::find(name)?);
            left = self.call_native(&pair, vec![left, right], &[first, at], span)?;
        }
        Some(left)
    }

    fn dot(&mut self, arguments: &[Argument], span: Span) -> Option<Value> {
        let [Argument::Value(a), Argument::Value(b)] = arguments else {
            return self.complain(error::arity("dot", 2, arguments.len(), span));
        };
        let values = [self.expand(a), self.expand(b)];
        let [Some(x), Some(y)] = values else { return None };
        let (left, right) = (x.shape(), y.shape());
        if left.len() != 1 || left != right {
            return self.complain(error::shapes_differ(&left, &right, [a.span, b.span]));
        }
        let product = self.map(&[x, y], &[a.span, b.span], &mut |b, s| Some(b.multiply(s[0], s[1])))?;
        self.reduce_all(Reduction::Sum, product, span).map(Value::scalar)
    }

    /// The select is kept; its condition is no root.
    fn smooth(&mut self, arguments: &[Argument], span: Span) -> Option<Value> {
        let [Argument::Value(e)] = arguments else {
            return self.complain(error::arity("smooth", 1, arguments.len(), span));
        };
        let before = std::mem::replace(&mut self.site.roots, Roots::Ignored);
        let value = self.expand(e);
        self.site.roots = before;
        value
    }

    /// The values of plain arguments.
    pub fn values(&mut self, arguments: &[Argument]) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(match argument {
                Argument::Value(e) => self.expand(e),
                Argument::Named { target, .. } => self.complain(error::named_argument(target.span)),
                Argument::Comprehension { body, .. } => {
                    self.complain(error::comprehension_outside(body.span))
                }
                Argument::Pipeline(layers) => self.complain(error::pipeline_outside(layers[0].span)),
            });
        }
        values.into_iter().collect()
    }

    /// A state is called: `x(e)`, its value at another time.
    fn delayed(
        &mut self,
        reference: &super::expand::Reference,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Value> {
        match arguments {
            [Argument::Value(at)] => self.past(reference, at, span),
            _ => {
                let name = self.full_name(reference.id);
                self.complain(error::past_arguments(&name, span))
            }
        }
    }
}

/// Where each argument stands.
pub fn argument_spans(arguments: &[Argument]) -> Vec<Span> {
    arguments
        .iter()
        .map(|argument| match argument {
            Argument::Value(e) | Argument::Comprehension { body: e, .. } => e.span,
            Argument::Named { target, value } => target.span.to(value.span),
            Argument::Pipeline(layers) => layers[0].span,
        })
        .collect()
}
