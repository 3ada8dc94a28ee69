//! From syntax to algebra: the meaning of an expression at a place in a model.

use crate::algebra::{Affine, Symbol};
use crate::diagnostics::{Diagnostics, Span};
use crate::parse::ast::{self, ExprKind, Operator};

use super::error;
use super::model::Boolean;
use super::scope::{Array, Builder, Declaration, EntityId, Local, Meaning, Names, Role};
use super::unit::Unit;
use super::value::{Scalar, Tensor, Value};

/// Expressions, with what is inlined into them, may not nest deeper than this.
const MAX_DEPTH: u32 = 700;

/// A name with what stands behind it: `x''`, `u'[i]`, `a.level`.
pub struct Reference<'e> {
    pub id: EntityId,
    pub primes: u32,
    pub subscripts: Option<&'e [ast::Expr]>,
    pub span: Span,
}

impl<'a> Builder<'a> {
    /// The value of an expression; `None` where a diagnostic was reported.
    pub fn expand(&mut self, e: &ast::Expr) -> Option<Value> {
        if self.depth >= MAX_DEPTH {
            return self.complain(error::too_deep(self.site.span.unwrap_or(e.span)));
        }
        self.spend(1, e.span)?;
        self.depth += 1;
        let value = self.expand_kind(e);
        self.depth -= 1;
        let value = value?;
        if let Value::Tensor(tensor) = &value {
            self.mark(tensor.body.e, e.span);
        }
        Some(value)
    }

    /// Takes from the budget of a model's size; hostile text must not grow without bound.
    pub fn spend(&mut self, nodes: u64, span: Span) -> Option<()> {
        if self.budget == 0 {
            return None;
        }
        self.budget = self.budget.saturating_sub(nodes);
        match self.budget {
            0 => self.complain(error::too_large(self.site.span.unwrap_or(span))),
            _ => Some(()),
        }
    }

    fn expand_kind(&mut self, e: &ast::Expr) -> Option<Value> {
        match &e.kind {
            ExprKind::Number(number) => Some(Value::scalar(self.literal(number.value))),
            ExprKind::Quantity(number, unit) => {
                let unit = self.unit(Some(unit))?;
                let number = self.algebra.number(number.value);
                Some(Value::scalar(Scalar::number(number).with_unit(unit)))
            }
            ExprKind::Bool(truth) => {
                let number = self.algebra.number(f64::from(u8::from(*truth)));
                Some(Value::scalar(Scalar::truth(number)))
            }
            ExprKind::Text(_) => self.complain(error::text_as_value(e.span)),
            ExprKind::Name(name) => self.expand_name(name, e.span),
            ExprKind::List(items) => self.expand_list(items, e.span),
            ExprKind::Prime(_) | ExprKind::Index(..) | ExprKind::Field(..) => self.expand_reference(e),
            ExprKind::Call(function, arguments) => self.expand_call(function, arguments, e.span),
            ExprKind::Negate(a) => {
                let value = self.expand(a)?;
                self.map(&[value], &[a.span], &mut |b, s| b.negate(s[0], a.span))
            }
            ExprKind::Not(a) => {
                let value = self.expand(a)?;
                self.map(&[value], &[a.span], &mut |b, s| {
                    let truth = b.condition(s[0], a.span)?;
                    Some(Scalar::truth(b.algebra.not(truth)))
                })
            }
            ExprKind::Power(base, exponent) => {
                let values = [self.expand(base), self.expand(exponent)];
                let [Some(x), Some(y)] = values else { return None };
                let spans = [base.span, exponent.span];
                self.map(&[x, y], &spans, &mut |b, s| b.power(s[0], s[1], spans))
            }
            ExprKind::Chain(first, links) => self.expand_chain(first, links),
            ExprKind::Compare(op, left, right) => {
                let values = [self.expand(left), self.expand(right)];
                let [Some(x), Some(y)] = values else { return None };
                let spans = [left.span, right.span];
                self.map(&[x, y], &spans, &mut |b, s| b.compare(*op, s[0], s[1], spans, e.span))
            }
            ExprKind::If(conditional) => self.expand_if(conditional),
            ExprKind::Hole => None,
        }
    }

    fn literal(&mut self, x: f64) -> Scalar {
        let e = self.algebra.number(x);
        match x {
            0.0 => Scalar { e, unit: None, truth: Boolean::Number },
            _ => Scalar::number(e),
        }
    }

    fn expand_list(&mut self, items: &[ast::Expr], span: Span) -> Option<Value> {
        let rows: Vec<Option<Value>> = items.iter().map(|item| self.expand(item)).collect();
        let rows: Vec<Value> = rows.into_iter().collect::<Option<_>>()?;
        let shape = rows[0].shape();
        for (row, item) in rows.iter().zip(items) {
            if row.shape() != shape {
                return self.complain(error::ragged(&shape, items[0].span, &row.shape(), item.span));
            }
        }
        let list = Value::Rows(rows);
        if items.len() > super::shape::MAX_ROWS {
            return self.dense(list, span).map(Value::Tensor);
        }
        Some(list)
    }

    fn expand_chain(&mut self, first: &ast::Expr, links: &[ast::Link]) -> Option<Value> {
        let mut left = self.expand(first);
        let mut span = first.span;
        for link in links {
            let right = self.expand(&link.operand);
            let spans = [span, link.operand.span];
            left = match (left, right) {
                (Some(x), Some(y)) => self.operate(link.operator, x, y, spans, link.span),
                _ => None,
            };
            span = span.to(link.operand.span);
            if let Some(Value::Tensor(tensor)) = &left {
                self.mark(tensor.body.e, span);
            }
        }
        left
    }

    fn operate(&mut self, op: Operator, x: Value, y: Value, spans: [Span; 2], at: Span) -> Option<Value> {
        if op == Operator::MatrixMultiply {
            return self.matrix_product(x, y, spans);
        }
        let (left, right) = (x.shape(), y.shape());
        let clash = !left.is_empty() && !right.is_empty() && (left != right || left.len() > 1);
        if op == Operator::Multiply && clash && (left != right) {
            return self.complain(error::elementwise_product(&left, &right, spans, at));
        }
        self.map(&[x, y], &spans, &mut |b, s| match op {
            Operator::Add => b.add(s[0], s[1], spans),
            Operator::Subtract => b.subtract(s[0], s[1], spans),
            Operator::Multiply => Some(b.multiply(s[0], s[1])),
            Operator::Divide => Some(b.divide(s[0], s[1])),
            Operator::And | Operator::Or => b.connect(op, s[0], s[1], spans),
            Operator::MatrixMultiply => None,
        })
    }

    fn expand_if(&mut self, conditional: &ast::Conditional) -> Option<Value> {
        let ast::Conditional { condition, yes, no } = conditional;
        let values = [self.expand(condition), self.expand(yes), self.expand(no)];
        let [Some(c), Some(x), Some(y)] = values else { return None };
        let spans = [condition.span, yes.span, no.span];
        self.map(&[c, x, y], &spans, &mut |b, s| {
            let truth = b.condition(s[0], spans[0])?;
            b.select(truth, s[1], s[2], [spans[1], spans[2]])
        })
    }

    /// A bare name.
    pub fn expand_name(&mut self, name: &str, span: Span) -> Option<Value> {
        match self.local(name).cloned() {
            Some(Local::Value(value)) => return Some(value),
            Some(Local::Index { affine, .. }) => {
                let e = self.algebra.index(affine);
                return Some(Value::scalar(Scalar::number(e)));
            }
            Some(Local::Function { .. } | Local::Layers(_)) => {
                return self.complain(error::not_a_value(name, "a function", span));
            }
            None => {}
        }
        if let Some(id) = self.find(name) {
            return self.read_entity(id, span);
        }
        match name {
            "t" if self.site.names != Names::Library => Some(Value::scalar(self.time())),
            "pi" => Some(Value::scalar(self.literal(std::f64::consts::PI))),
            "inf" => {
                let e = self.algebra.number(f64::INFINITY);
                Some(Value::scalar(Scalar { e, unit: None, truth: Boolean::Number }))
            }
            _ => self.unknown_name(name, span),
        }
    }

    pub fn time(&mut self) -> Scalar {
        let e = self.algebra.scalar(self.time);
        Scalar::number(e).with_unit(self.time_unit)
    }

    pub fn unknown_name<T>(&mut self, name: &str, span: Span) -> Option<T> {
        let file = self.site.file;
        if let Some(what) = self.module.describe(file, name) {
            return self.complain(error::not_a_value(name, what, span));
        }
        if super::build::has_holes(self.scope().model) || !self.first_time(name) {
            return None;
        }
        if let Some(derivative) = self.differential(name) {
            self.first_time("dt");
            return self.complain(error::differential(name, &derivative, span));
        }
        let suggestion = self.suggest(name);
        self.complain(error::unknown_name(name, suggestion.as_deref(), span))
    }

    /// Whether nothing was said yet about a name that is not declared here: one complaint is enough.
    pub fn first_time(&mut self, name: &str) -> bool {
        self.reported.insert((self.site.scope, name.into()))
    }

    /// `x'` for `dx` where x is a state, and for `dt`.
    fn differential(&self, name: &str) -> Option<String> {
        let of = name.strip_prefix('d').filter(|rest| !rest.is_empty())?;
        let state = |id: &EntityId| matches!(self.entity(*id).declaration, Declaration::State(_));
        match self.find(of) {
            Some(id) if state(&id) => Some(format!("{of}'")),
            None if of == "t" => Some("x'".to_owned()),
            _ => None,
        }
    }

    /// The visible name that is spelt most like this one.
    pub fn suggest(&self, name: &str) -> Option<String> {
        // Nobody reads more complaints than fit, and looking at all names takes time.
        if self.diagnostics.len() >= Diagnostics::LIMIT {
            return None;
        }
        let locals = self.site.locals.iter().map(|(n, _)| &**n);
        let scope = (self.site.names == Names::Scope).then(|| self.scope().names.keys().map(|k| &**k));
        let file = self.module.files[self.site.file].names.keys().map(|k| &**k);
        let all = locals.chain(scope.into_iter().flatten()).chain(file).chain(["t", "pi", "inf"]);
        // A function may be an argument itself, as the activation of a layer.
        let near = super::suggest::closest(name, all);
        near.or_else(|| super::suggest::closest(name, super::library::names())).map(str::to_owned)
    }

    /// Everything an entity holds.
    pub fn read_entity(&mut self, id: EntityId, span: Span) -> Option<Value> {
        match self.entity(id).meaning.clone() {
            Meaning::Constant(scalar) => Some(Value::scalar(scalar)),
            Meaning::Array(array) => Some(self.read_whole(&array)),
            Meaning::Broken => None,
            Meaning::Pending => None,
            Meaning::Index(_) => {
                let name = self.entity(id).name.clone();
                self.complain(error::free_index(&name, span))
            }
            Meaning::Network(_) | Meaning::Declared => {
                let (name, what) = (self.full_name(id), self.describe(id));
                self.complain(error::not_a_value(&name, what, span))
            }
        }
    }

    /// What kind of thing an entity is, with its article.
    pub fn describe(&self, id: EntityId) -> &'static str {
        match &self.entity(id).declaration {
            Declaration::Argument(_) => "a structural argument",
            Declaration::Const { .. } => "a constant",
            Declaration::Param(_) => "a parameter",
            Declaration::State(_) => "a state",
            Declaration::Alg(_) => "an algebraic unknown",
            Declaration::Discrete(_) => "a discrete variable",
            Declaration::Input(_) => "an input",
            Declaration::Index(_) => "an index set",
            Declaration::Noise { .. } => "a noise",
            Declaration::Net(_) => "a network",
            Declaration::Let(_) | Declaration::Part { .. } => "a definition",
            Declaration::Function(_) => "a function",
            Declaration::Instance(_) => "an instance of a model",
            Declaration::Event => "an event",
        }
    }

    /// All elements of an array, over fresh variables.
    pub fn read_whole(&mut self, array: &Array) -> Value {
        let dims: smallvec::SmallVec<[_; 2]> =
            array.dims.iter().map(|dim| (self.fresh(dim.range), dim.range)).collect();
        let access = dims
            .iter()
            .map(|(var, range)| {
                crate::algebra::Subscript::inside(Affine::var(*var).shift(range.start.wrapping_neg()))
            })
            .collect();
        let e = self.algebra.read(array.symbol, access);
        let body = Scalar { e, unit: Some(array.unit), truth: array.truth };
        Value::Tensor(Tensor { dims, body })
    }

    /// `x'`, `u[i]`, `a.b`, or an element of any other value.
    fn expand_reference(&mut self, e: &ast::Expr) -> Option<Value> {
        if let Some(column) = self.read_column(e) {
            return column;
        }
        if let Some(reference) = self.reference(e)? {
            return self.read_reference(&reference);
        }
        match &e.kind {
            ExprKind::Index(base, subscripts) => {
                let value = self.expand(base)?;
                self.element(value, subscripts, base.span)
            }
            ExprKind::Prime(inner) => match &root(inner).kind {
                ExprKind::Name(name) if self.local(name).is_none() => self.unknown_name(name, inner.span),
                _ => self.complain(error::prime_of_expression(inner.span)),
            },
            ExprKind::Field(base, name) => self.complain(error::no_members(base.span, name)),
            _ => None,
        }
    }

    /// Takes primes, subscripts and members apart. The inner `None`: it is no reference to a declared name.
    pub fn reference<'e>(&mut self, e: &'e ast::Expr) -> Option<Option<Reference<'e>>> {
        let (mut primes, mut subscripts, mut base) = (0u32, None, e);
        loop {
            match &base.kind {
                ExprKind::Prime(inner) => {
                    primes += 1;
                    base = inner;
                }
                ExprKind::Index(inner, list) if subscripts.is_none() => {
                    subscripts = Some(list.as_slice());
                    base = inner;
                }
                _ => break,
            }
        }
        let id = match self.resolve(base)? {
            Some(id) => id,
            None => return Some(None),
        };
        Some(Some(Reference { id, primes, subscripts, span: e.span }))
    }

    /// The entity behind `name` or `a.b.name`; the inner `None` where the expression is something else.
    pub fn resolve(&mut self, e: &ast::Expr) -> Option<Option<EntityId>> {
        match &e.kind {
            ExprKind::Name(name) => Some(match self.local(name) {
                Some(_) => None,
                None => self.find(name),
            }),
            ExprKind::Field(base, member) => {
                let Some(owner) = self.resolve(base)? else {
                    if let ExprKind::Name(name) = &base.kind
                        && self.local(name).is_none()
                        && !self.names_file_item(name)
                    {
                        return self.unknown_name(name, base.span);
                    }
                    return Some(None);
                };
                let Declaration::Instance(scope) = self.entity(owner).declaration else {
                    let (name, what) = (self.full_name(owner), self.describe(owner));
                    return self.complain(error::has_no_members(&name, what, member, base.span));
                };
                match self.scopes[scope.0].names.get(&member.text).copied() {
                    Some(id) => Some(Some(id)),
                    None => {
                        let names = self.scopes[scope.0].names.keys().map(|k| &**k);
                        let near = super::suggest::closest(&member.text, names).map(str::to_owned);
                        let owner = self.full_name(owner);
                        let model = self.scopes[scope.0].model.name.text.clone();
                        self.complain(error::unknown_member(&owner, &model, member, near.as_deref()))
                    }
                }
            }
            _ => Some(None),
        }
    }

    fn names_file_item(&self, name: &str) -> bool {
        let file = &self.module.files[self.site.file];
        file.names.contains_key(name) || file.imports.contains_key(name)
    }

    /// The array that a reference names, with its primes applied.
    pub fn referred(&mut self, reference: &Reference) -> Option<Array> {
        let array = match self.entity(reference.id).meaning.clone() {
            Meaning::Array(array) => *array,
            Meaning::Constant(_) if reference.primes == 0 => {
                let name = self.full_name(reference.id);
                return self.complain(error::subscripts(&name, 0, 1, reference.span));
            }
            Meaning::Broken | Meaning::Pending => return None,
            Meaning::Constant(_) | Meaning::Index(_) | Meaning::Network(_) | Meaning::Declared => {
                let (name, what) = (self.full_name(reference.id), self.describe(reference.id));
                return self.complain(error::not_a_value(&name, what, reference.span));
            }
        };
        match (reference.primes, array.role) {
            (0, _) => Some(array),
            (primes, Role::State) => {
                let symbol = self.derivative(array.symbol, primes);
                Some(self.arrays[&symbol].clone())
            }
            (1, Role::Noise) => {
                let rate = self.noise_rate(array.symbol);
                Some(self.arrays[&rate].clone())
            }
            _ => {
                let (name, what) = (self.full_name(reference.id), self.describe(reference.id));
                self.complain(error::prime_of(&name, what, reference.span))
            }
        }
    }

    /// The symbol of the n-th derivative of a state.
    pub fn derivative(&self, state: Symbol, n: u32) -> Symbol {
        let chain = &self.chains[&state];
        chain.states.get(n as usize).copied().unwrap_or(chain.derivative)
    }

    fn read_reference(&mut self, reference: &Reference) -> Option<Value> {
        if reference.primes == 0 && reference.subscripts.is_none() {
            return self.read_entity(reference.id, reference.span);
        }
        let array = self.referred(reference)?;
        match reference.subscripts {
            None => Some(self.read_whole(&array)),
            Some(subscripts) => {
                let access = self.access(&array, subscripts, reference.span)?;
                let e = self.algebra.read(array.symbol, access);
                Some(Value::scalar(Scalar { e, unit: Some(array.unit), truth: array.truth }))
            }
        }
    }

    /// A value that has no dimensions.
    pub fn expand_scalar(&mut self, e: &ast::Expr) -> Option<Scalar> {
        let value = self.expand(e)?;
        match value.as_scalar() {
            Some(scalar) => Some(scalar),
            None => self.complain(error::scalar_needed(&value.shape(), e.span)),
        }
    }

    /// The number that a constant expression folds to.
    pub fn expand_number(&mut self, e: &ast::Expr) -> Option<f64> {
        let scalar = self.expand_scalar(e)?;
        match self.algebra.as_number(scalar.e) {
            Some(x) => Some(x),
            None => self.complain(error::constant_needed(e.span)),
        }
    }

    /// Whether an expression consists of numbers alone, so that it takes the unit of what it stands for.
    pub fn is_bare(e: &ast::Expr) -> bool {
        match &e.kind {
            ExprKind::Number(_) => true,
            ExprKind::Negate(a) => Self::is_bare(a),
            ExprKind::Power(a, b) => Self::is_bare(a) && Self::is_bare(b),
            ExprKind::List(items) => items.iter().all(Self::is_bare),
            ExprKind::Chain(first, links) => {
                Self::is_bare(first) && links.iter().all(|link| Self::is_bare(&link.operand))
            }
            _ => false,
        }
    }

    /// The value in the unit of what it stands for: bare numbers are taken to be in it already.
    pub fn expand_as(&mut self, e: &ast::Expr, unit: Unit) -> Option<Value> {
        let value = self.expand(e)?;
        if Self::is_bare(e) {
            return Some(value);
        }
        self.map(&[value], &[e.span], &mut |b, s| b.convert(s[0], unit, e.span))
    }
}

/// What is left without primes and subscripts.
fn root(e: &ast::Expr) -> &ast::Expr {
    let mut base = e;
    while let ExprKind::Prime(inner) | ExprKind::Index(inner, _) = &base.kind {
        base = inner;
    }
    base
}
