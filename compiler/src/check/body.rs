//! The bodies of functions and layers, checked for their names even where nobody calls them.

use rustc_hash::FxHashSet;

use crate::diagnostics::{Diagnostic, Diagnostics};
use crate::parse::ast::{self, Argument, ExprKind, LayerStatementKind, Pattern};

use super::function_table::BUILT_IN;
use super::module::Module;
use super::{error, library};

/// Every name in a function is an argument, a name of the model around it (`around`, none for a file's function), a
/// function, or predefined. Numbers of arguments and shapes are checked at each call.
pub fn check(
    module: &Module,
    function: &ast::Function,
    around: &FxHashSet<&str>,
    diagnostics: &mut Diagnostics,
) {
    let mut names: Vec<&str> = function.arguments.iter().map(|name| &*name.text).collect();
    for (k, name) in function.arguments.iter().enumerate() {
        if let Some(before) = function.arguments[..k].iter().find(|other| *other == name) {
            diagnostics.push(error::declared_twice(&name.text, name.span, Some(before.span)));
        }
    }
    let mut body = Body { module, around, diagnostics };
    body.expr(&function.body, &mut names);
    if let Some(derivative) = &function.derivative {
        body.expr(derivative, &mut names);
    }
}

/// Every name in a layer is an argument, a size of its header, a weight, a `let`, or the input `x`.
pub fn check_layer(module: &Module, layer: &ast::Layer, diagnostics: &mut Diagnostics) {
    let mut names: Vec<&str> = vec!["x", &layer.input.text, &layer.output.text];
    names.extend(layer.arguments.iter().map(|argument| &*argument.name.text));
    // An argument may be a function or layers, so that it may be called.
    let around = names.iter().copied().collect();
    let mut body = Body { module, around: &around, diagnostics };
    for statement in &layer.body {
        match &statement.kind {
            LayerStatementKind::Weight { name, dims, .. } => {
                dims.iter().for_each(|e| body.expr(e, &mut names));
                names.push(&name.text);
            }
            LayerStatementKind::Let(definition) => {
                let before = names.len();
                names.extend(definition.binders.iter().map(|binder| &*binder.name.text));
                body.expr(&definition.value, &mut names);
                names.truncate(before);
                if let Pattern::One { name, .. } = &definition.pattern {
                    names.push(&name.text);
                }
            }
            LayerStatementKind::Return(e) => body.expr(e, &mut names),
            LayerStatementKind::Hole => return,
        }
    }
}

struct Body<'m, 'd> {
    module: &'m Module,
    /// Names that may be read and called.
    around: &'m FxHashSet<&'m str>,
    diagnostics: &'d mut Diagnostics,
}

impl Body<'_, '_> {
    fn expr<'e>(&mut self, e: &'e ast::Expr, names: &mut Vec<&'e str>) {
        match &e.kind {
            ExprKind::Name(name) => self.name(name, e, names),
            ExprKind::Number(_)
            | ExprKind::Quantity(..)
            | ExprKind::Text(_)
            | ExprKind::Bool(_)
            | ExprKind::Hole => {}
            ExprKind::List(list) => list.iter().for_each(|e| self.expr(e, names)),
            ExprKind::Prime(a) | ExprKind::Negate(a) | ExprKind::Not(a) => self.expr(a, names),
            // Members are of imports and data: looked at where the function is called.
            ExprKind::Field(..) => {}
            ExprKind::Index(a, list) => {
                self.expr(a, names);
                list.iter().for_each(|e| self.expr(e, names));
            }
            ExprKind::Power(a, b) | ExprKind::Compare(_, a, b) => {
                self.expr(a, names);
                self.expr(b, names);
            }
            ExprKind::Chain(first, links) => {
                self.expr(first, names);
                links.iter().for_each(|link| self.expr(&link.operand, names));
            }
            ExprKind::If(c) => [&c.condition, &c.yes, &c.no].into_iter().for_each(|e| self.expr(e, names)),
            ExprKind::Call(callee, arguments) => {
                if let ExprKind::Name(name) = &callee.kind {
                    self.callee(name, callee, arguments, names);
                }
                arguments.iter().for_each(|argument| self.argument(argument, names));
            }
        }
    }

    fn argument<'e>(&mut self, argument: &'e Argument, names: &mut Vec<&'e str>) {
        match argument {
            Argument::Value(e) | Argument::Named { value: e, .. } => self.expr(e, names),
            Argument::Pipeline(_) => {}
            Argument::Comprehension { body, binders } => {
                let before = names.len();
                for binder in binders {
                    if let Some(range) = &binder.range {
                        self.expr(&range.from, names);
                        self.expr(&range.to, names);
                    }
                    names.push(&binder.name.text);
                }
                self.expr(body, names);
                names.truncate(before);
            }
        }
    }

    fn name(&mut self, name: &str, e: &ast::Expr, names: &[&str]) {
        if names.contains(&name) || self.around.contains(&name) || ["t", "pi", "inf"].contains(&name) {
            return;
        }
        let complaint = match self.module.describe(0, name) {
            Some(what) => error::not_a_value(name, what, e.span),
            None => {
                let near = super::suggest::closest(name, names.iter().copied());
                error::unknown_argument(name, near, e.span)
            }
        };
        self.diagnostics.push(complaint);
    }

    fn callee(&mut self, name: &str, callee: &ast::Expr, arguments: &[Argument], names: &[&str]) {
        let known = library::find(name).is_some_and(|item| library::function_arity(&item).is_some());
        let complaint: Option<Diagnostic> = if self.around.contains(&name) {
            None
        } else if names.contains(&name) {
            let argument = match arguments {
                [Argument::Value(e)] => Some(e),
                _ => None,
            };
            Some(error::not_callable(callee, "an argument", argument))
        } else if known || BUILT_IN.contains(&name) {
            None
        } else {
            match self.module.describe(0, name) {
                Some("a function") => None,
                Some(_) => Some(error::not_a_function(name, callee.span)),
                None => {
                    let near = super::suggest::closest(name, library::names());
                    Some(error::unknown_function(name, near, callee.span))
                }
            }
        };
        self.diagnostics.extend(complaint);
    }
}
