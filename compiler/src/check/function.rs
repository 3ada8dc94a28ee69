//! Functions: inlined where they have no derivative of their own, kept as calls where they do.

use std::sync::Arc;

use crate::algebra::{Expr, Function, FunctionInfo, Meaning as FunctionMeaning, Node};
use crate::diagnostics::Span;
use crate::parse::ast::{self, Argument, ExprKind, ItemKind};

use super::call::argument_spans;
use super::error;
use super::function_table::{self, UnitRule};
use super::library;
use super::model::{Boolean, FeatureKind};
use super::scope::{Builder, Local, Names, Roots, ScopeId, Site};
use super::unit::Unit;
use super::value::{Scalar, Value};

/// Functions may call functions this deep.
const MAX_CALLS: usize = 100;

/// A function found by name: what it says and where its own names are looked up.
pub enum Callee<'a> {
    /// Of the body of a model.
    Model(ScopeId, &'a ast::Function),
    /// Of a file.
    File(usize, &'a ast::Function),
    Extern(usize, &'a ast::ExternFunction),
    Library(Arc<ast::Item>),
}

impl<'a> Builder<'a> {
    pub fn call(&mut self, callee: Callee<'a>, arguments: &[Argument], span: Span) -> Option<Value> {
        let values = self.values(arguments)?;
        let spans: Vec<Span> = argument_spans(arguments);
        self.call_values(callee, values, &spans, span)
    }

    pub fn call_values(
        &mut self,
        callee: Callee<'a>,
        values: Vec<Value>,
        spans: &[Span],
        span: Span,
    ) -> Option<Value> {
        let (name, arity) = callee.header();
        if values.len() != arity {
            return self.complain(error::arity(&name, arity, values.len(), span));
        }
        match &callee {
            Callee::Model(_, function) | Callee::File(_, function) => match function.derivative {
                None => self.inline(&callee, function, values, span),
                Some(_) => self.call_template(&callee, function, values, spans, span),
            },
            Callee::Extern(..) => {
                self.feature(FeatureKind::Extern, span);
                self.call_native(&callee, values, spans, span)
            }
            Callee::Library(item) => match &item.clone().kind {
                ItemKind::Function(function) if function.derivative.is_none() => {
                    self.inline(&callee, function, values, span)
                }
                _ => self.call_native(&callee, values, spans, span),
            },
        }
    }

    /// The site in which a function's body is expanded.
    fn site_in(&mut self, callee: &Callee<'a>, name: &Arc<str>, span: Span) -> Option<Site> {
        if let Some(at) = self.site.calls.iter().position(|open| open == name) {
            let path = self.site.calls[at..].to_vec();
            return self.complain(error::recursion(&path, name, self.site.span.unwrap_or(span)));
        }
        if self.site.calls.len() >= MAX_CALLS {
            return self.complain(error::too_deep(self.site.span.unwrap_or(span)));
        }
        let mut calls = self.site.calls.clone();
        calls.push(name.clone());
        let here = self.site.scope;
        let (scope, file, names) = match callee {
            Callee::Model(scope, _) => (*scope, self.scopes[scope.0].file, Names::Scope),
            Callee::File(file, _) | Callee::Extern(file, _) => (here, *file, Names::FileOnly),
            Callee::Library(_) => (here, self.site.file, Names::Library),
        };
        let place = self.site.span.or((names == Names::Library).then_some(span));
        Some(Site { scope, file, names, locals: Vec::new(), roots: Roots::Ignored, calls, span: place })
    }

    fn inline(
        &mut self,
        callee: &Callee<'a>,
        function: &ast::Function,
        values: Vec<Value>,
        span: Span,
    ) -> Option<Value> {
        let mut site = self.site_in(callee, &function.name.text, span)?;
        let arguments = function.arguments.iter().map(|name| name.text.clone());
        site.locals = arguments.zip(values.into_iter().map(Local::Value)).collect();
        self.at(site, |b| b.expand(&function.body))
    }

    /// A function with a derivative of its own stays a call: a template for each choice of its arguments' units.
    fn call_template(
        &mut self,
        callee: &Callee<'a>,
        function: &ast::Function,
        values: Vec<Value>,
        spans: &[Span],
        span: Span,
    ) -> Option<Value> {
        self.map(&values, spans, &mut |b, s| {
            let units: Vec<Unit> = s.iter().map(|scalar| scalar.unit_or_one()).collect();
            let (id, result) = b.template(callee, function, &units, span)?;
            let arguments: Vec<_> = s.iter().map(|scalar| scalar.e).collect();
            Some(Scalar::number(b.algebra.call(id, &arguments)).with_unit(result))
        })
    }

    /// The function of the algebra for a body over arguments of these units, and its result's unit.
    fn template(
        &mut self,
        callee: &Callee<'a>,
        function: &ast::Function,
        units: &[Unit],
        span: Span,
    ) -> Option<(Function, Unit)> {
        let key = (callee.file(), function.name.text.clone(), units.iter().map(|u| u.describe()).collect());
        if let Some(&(id, unit)) = self.functions.get(&key) {
            return Some((id, unit));
        }
        let mut site = self.site_in(callee, &function.name.text, span)?;
        let mut arguments = Vec::new();
        for (k, (name, unit)) in function.arguments.iter().zip(units).enumerate() {
            let e = self.algebra.intern(Node::Argument(k as u32));
            arguments
                .push((name.text.clone(), Local::Value(Value::scalar(Scalar::number(e).with_unit(*unit)))));
        }
        site.locals = arguments;
        let body = self.at(site.clone(), |b| b.expand_scalar(&function.body))?;
        let unit = body.unit_or_one();
        let id = self.algebra.declare_function(FunctionInfo {
            name: function.name.text.to_string(),
            arity: units.len(),
            meaning: FunctionMeaning::Template(body.e),
            derivative: vec![None; units.len()],
        });
        self.functions.insert(key, (id, unit));
        // A derivative may call its own function, as exp does.
        site.calls.pop();
        let derivative = function.derivative.as_ref();
        let derivative = self.at(site, |b| b.derivatives(derivative, units, unit, &function.name))?;
        self.algebra.define_function(id, FunctionMeaning::Template(body.e), derivative);
        Some((id, unit))
    }

    /// The declared partial derivatives: one expression, or a list with one entry an argument.
    fn derivatives(
        &mut self,
        e: Option<&ast::Expr>,
        units: &[Unit],
        result: Unit,
        name: &ast::Name,
    ) -> Option<Vec<Option<Expr>>> {
        let Some(e) = e else { return Some(vec![None; units.len()]) };
        let entries = match (&e.kind, units.len()) {
            (ExprKind::List(entries), n) if entries.len() == n => entries.iter().collect(),
            (ExprKind::List(entries), n) => {
                return self.complain(error::derivative_count(&name.text, n, entries.len(), e.span));
            }
            (_, 1) => vec![e],
            (_, n) => return self.complain(error::derivative_count(&name.text, n, 1, e.span)),
        };
        let mut derivatives = Vec::new();
        for (entry, unit) in entries.into_iter().zip(units) {
            let scalar = self.expand_scalar(entry)?;
            let scalar = match scalar.unit {
                Some(_) => self.convert(scalar, result.per(*unit), entry.span)?,
                None => scalar,
            };
            derivatives.push(Some(scalar.e));
        }
        Some(derivatives)
    }

    /// A function that stays a call: a native of the library or one of the host.
    pub fn call_native(
        &mut self,
        callee: &Callee<'a>,
        values: Vec<Value>,
        spans: &[Span],
        span: Span,
    ) -> Option<Value> {
        let (name, _) = callee.header();
        let rule = match callee {
            Callee::Library(_) => function_table::unit_rule(&name),
            _ => UnitRule::Host,
        };
        let id = self.declare_native(callee, span)?;
        let jumps = matches!(callee, Callee::Library(_)) && function_table::JUMPING.contains(&&*name);
        self.map(&values, spans, &mut |b, s| {
            let (arguments, unit) = b.native_arguments(rule, &name, s, spans)?;
            let e = b.algebra.call(id, &arguments);
            if jumps {
                b.root(e, span);
            }
            Some(Scalar { e, unit, truth: Boolean::Number })
        })
    }

    /// Arguments brought to the units a native expects, and the unit of its result.
    fn native_arguments(
        &mut self,
        rule: UnitRule,
        name: &str,
        scalars: &[Scalar],
        spans: &[Span],
    ) -> Option<(Vec<Expr>, Option<Unit>)> {
        let mut arguments = scalars.to_vec();
        let unit = match rule {
            UnitRule::Host => Some(Unit::ONE),
            UnitRule::Pure => {
                for (argument, span) in arguments.iter_mut().zip(spans) {
                    *argument = self.pure(*argument, &format!("`{name}`"), *span)?;
                }
                Some(Unit::ONE)
            }
            UnitRule::Same | UnitRule::Ratio => {
                let unit = self.common_unit(&mut arguments, spans)?;
                if rule == UnitRule::Same { unit } else { Some(Unit::ONE) }
            }
            UnitRule::Any => Some(Unit::ONE),
            UnitRule::Root(n) => match arguments[0].unit {
                None => None,
                Some(unit) => match unit.power(1.0 / n) {
                    Some(root) => Some(root),
                    None => return self.complain(error::exponent_not_rational(1.0 / n, spans[0])),
                },
            },
        };
        Some((arguments.iter().map(|a| a.e).collect(), unit))
    }

    /// All arguments in the unit of the first which has one.
    fn common_unit(&mut self, arguments: &mut [Scalar], spans: &[Span]) -> Option<Option<Unit>> {
        let Some(first) = arguments.iter().position(|a| a.unit.is_some()) else { return Some(None) };
        for k in 0..arguments.len() {
            let (_, other) = self.unify(arguments[first], arguments[k], [spans[first], spans[k]])?;
            arguments[k] = other;
        }
        Some(arguments[first].unit)
    }

    /// A function of the library by name, as a function of the algebra.
    pub fn library_function(&mut self, name: &str, span: Span) -> Option<Function> {
        let item = library::find(name)?;
        self.declare_native(&Callee::Library(item), span)
    }

    fn declare_native(&mut self, callee: &Callee<'a>, span: Span) -> Option<Function> {
        let (name, arity) = callee.header();
        let key = (callee.file(), name.clone(), Vec::new());
        if let Some(&(id, _)) = self.functions.get(&key) {
            return Some(id);
        }
        let meaning = match callee {
            Callee::Extern(..) => FunctionMeaning::Extern,
            _ => FunctionMeaning::Native,
        };
        let derivative = vec![None; arity];
        let info = FunctionInfo { name: name.to_string(), arity, meaning: meaning.clone(), derivative };
        let id = self.algebra.declare_function(info);
        self.functions.insert(key, (id, Unit::ONE));
        self.define_native(callee, id, meaning, span)?;
        Some(id)
    }

    fn define_native(
        &mut self,
        callee: &Callee<'a>,
        id: Function,
        meaning: FunctionMeaning,
        span: Span,
    ) -> Option<()> {
        let (name, arity) = callee.header();
        let (arguments, body, derivative) = callee.parts();
        let mut site = self.site_in(callee, &name, span)?;
        site.calls.pop();
        for (k, argument) in arguments.iter().enumerate() {
            let e = self.algebra.intern(Node::Argument(k as u32));
            site.locals.push((argument.text.clone(), Local::Value(Value::scalar(Scalar::number(e)))));
        }
        let units = vec![Unit::ONE; arity];
        let declared = ast::Name { text: name, span };
        let meaning = match body {
            Some(body) => {
                let body = self.at(site.clone(), |b| b.expand_scalar(body))?;
                FunctionMeaning::Template(body.e)
            }
            None => meaning,
        };
        let derivative = self.at(site, |b| b.derivatives(derivative, &units, Unit::ONE, &declared))?;
        self.algebra.define_function(id, meaning, derivative);
        Some(())
    }
}

impl<'a> Callee<'a> {
    fn header(&self) -> (Arc<str>, usize) {
        let (arguments, ..) = self.parts();
        let name = match self {
            Callee::Model(_, function) | Callee::File(_, function) => &function.name,
            Callee::Extern(_, function) => &function.name,
            Callee::Library(item) => match &item.kind {
                ItemKind::Function(function) => &function.name,
                ItemKind::ExternFunction(function) => &function.name,
                _ => unreachable!("callers look functions up, not layers"),
            },
        };
        (name.text.clone(), arguments.len())
    }

    fn parts(&self) -> (&[ast::Name], Option<&ast::Expr>, Option<&ast::Expr>) {
        match self {
            Callee::Model(_, f) | Callee::File(_, f) => (&f.arguments, Some(&f.body), f.derivative.as_ref()),
            Callee::Extern(_, f) => (&f.arguments, None, f.derivative.as_ref()),
            Callee::Library(item) => match &item.kind {
                ItemKind::Function(f) => (&f.arguments, Some(&f.body), f.derivative.as_ref()),
                ItemKind::ExternFunction(f) => (&f.arguments, None, f.derivative.as_ref()),
                _ => unreachable!("callers look functions up, not layers"),
            },
        }
    }

    fn file(&self) -> Option<usize> {
        match self {
            // Apart from the numbers of files.
            Callee::Model(scope, _) => Some(usize::MAX - scope.0),
            Callee::File(file, _) | Callee::Extern(file, _) => Some(*file),
            Callee::Library(_) => None,
        }
    }
}
