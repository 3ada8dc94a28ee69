//! Calls: functions of the file, the model and the library, reductions, networks and the past of a state.

use std::sync::Arc;

use crate::algebra::{Function, FunctionInfo, Meaning as FunctionMeaning, Node, Reduction};
use crate::diagnostics::{Diagnostics, Span};
use crate::parse::ast::{self, Argument, ExprKind, ItemKind};

use super::error;
use super::function::{self, UnitRule};
use super::library;
use super::model::{Boolean, FeatureKind};
use super::scope::{Builder, Declaration, Local, Names, Roots, ScopeId, Site};
use super::unit::Unit;
use super::value::{Scalar, Value};

/// Functions may call functions this deep.
const MAX_CALLS: usize = 100;

/// A function found by name: what it says and where its own names are looked up.
enum Callee<'a> {
    /// Of the body of a model.
    Model(ScopeId, &'a ast::Function),
    /// Of a file.
    File(usize, &'a ast::Function),
    Extern(usize, &'a ast::ExternFunction),
    Library(Arc<ast::Item>),
}

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
        function::BUILT_IN.iter().for_each(|name| all.push(name));
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
            "grad" | "jac" | "div" => Some(self.complain(error::derivative_form(name, span))),
            _ => None,
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

    fn call(&mut self, callee: Callee<'a>, arguments: &[Argument], span: Span) -> Option<Value> {
        let values = self.values(arguments)?;
        let spans: Vec<Span> = argument_spans(arguments);
        self.call_values(callee, values, &spans, span)
    }

    fn call_values(
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
    ) -> Option<Vec<Option<crate::algebra::Expr>>> {
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
    fn call_native(
        &mut self,
        callee: &Callee<'a>,
        values: Vec<Value>,
        spans: &[Span],
        span: Span,
    ) -> Option<Value> {
        let (name, _) = callee.header();
        let rule = match callee {
            Callee::Library(_) => function::unit_rule(&name),
            _ => UnitRule::Host,
        };
        let id = self.declare_native(callee, span)?;
        let jumps = matches!(callee, Callee::Library(_)) && function::JUMPING.contains(&&*name);
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
    ) -> Option<(Vec<crate::algebra::Expr>, Option<Unit>)> {
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
