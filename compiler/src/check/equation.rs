//! Equations: explicit, rows of a mass matrix, algebraic or implicit, by how derivatives occur in them.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::{Affine, Binary, Expr, Node, Range, Subscript, Symbol, Var};
use crate::diagnostics::Span;
use crate::parse::ast::{self, ExprKind};

use super::error;
use super::model::{Definition, Divisor, Equation, Form, MassTerm, Piece};
use super::scope::{Builder, Declaration, Level, Role, ScopeId};
use super::tiling::Side;
use super::value::{Tensor, Value};

/// `left = right` over axes, in one unit, before it is classified.
pub struct Sides {
    pub axes: Vec<Range>,
    pub left: Expr,
    pub right: Expr,
    pub span: Span,
}

/// A linear combination of derivatives: `Σ coefficient·derivative + rest`.
#[derive(Clone)]
struct Linear {
    terms: Vec<(Expr, Expr)>,
    rest: Expr,
}

impl<'a> Builder<'a> {
    /// Both sides of an equation, a pair for each scalar or array leaf.
    pub fn sides(&mut self, scope: ScopeId, equation: &ast::Equation) -> Option<Vec<Sides>> {
        let span = equation.left.span;
        let site = self.site_of(scope);
        let sides = self.at(site, |b| {
            b.refuse_bare_state(equation)?;
            let axes = b.equation_axes(equation)?;
            let values = [b.expand(&equation.left), b.expand(&equation.right)];
            let [Some(left), Some(right)] = values else { return None };
            b.pair(left, right, &axes, [span, equation.right.span])
        });
        if sides.is_none() {
            self.pending_switches.clear();
        }
        self.flush_switches();
        sides
    }

    /// Index names free in the equation become its axes: those of the left side first.
    fn equation_axes(&mut self, equation: &ast::Equation) -> Option<Vec<Range>> {
        let mut names = Vec::new();
        self.index_names_in(&equation.left, &equation.binders, &mut names);
        let left = names.len();
        self.index_names_in(&equation.right, &equation.binders, &mut names);
        if let Some(binder) = equation.binders.iter().find(|binder| !names.contains(&binder.name)) {
            return self.complain(error::binder_unused(&binder.name.text, binder.name.span));
        }
        if names.len() > left && mentions_prime(&equation.left) {
            let free = names[left].clone();
            return self.complain(error::index_only_right(&free.text, free.span, equation.left.span));
        }
        self.bind_axes(&names, &equation.binders)
    }

    /// `x = …` on a state: three things may be meant.
    fn refuse_bare_state(&mut self, equation: &ast::Equation) -> Option<()> {
        let is_reference =
            matches!(equation.left.kind, ExprKind::Name(_) | ExprKind::Field(..) | ExprKind::Index(..));
        if !is_reference {
            return Some(());
        }
        let base = match &equation.left.kind {
            ExprKind::Index(base, _) => base,
            _ => &equation.left,
        };
        let Some(id) = self.member(self.site.scope, base) else { return Some(()) };
        let (name, declared) = (super::text::compact(&equation.left), self.entity(id).span);
        match self.entity(id).declaration {
            Declaration::State(_) => {
                let right = super::text::compact(&equation.right);
                self.complain(error::bare_state(&name, &right, equation.left.span, declared))
            }
            Declaration::Let(_)
            | Declaration::Part { .. }
            | Declaration::Param(_)
            | Declaration::Const { .. }
            | Declaration::Discrete(_)
            | Declaration::Input(_) => {
                // An equation between known things may still contain an unknown on its right side.
                match self.mentions_unknown(&equation.right) {
                    true => Some(()),
                    false => {
                        let what = self.describe(id);
                        self.complain(error::equation_of_known(&name, what, equation.left.span, declared))
                    }
                }
            }
            _ => Some(()),
        }
    }

    /// Whether the name of an algebraic unknown or a derivative stands in an expression.
    fn mentions_unknown(&self, e: &ast::Expr) -> bool {
        match &e.kind {
            ExprKind::Name(name) => self.find(name).is_some_and(|id| {
                matches!(
                    self.entity(id).declaration,
                    Declaration::Alg(_) | Declaration::Let(_) | Declaration::Part { .. }
                )
            }),
            ExprKind::Number(_) | ExprKind::Quantity(..) | ExprKind::Bool(_) => false,
            ExprKind::Negate(a) | ExprKind::Not(a) => self.mentions_unknown(a),
            ExprKind::Chain(first, links) => {
                self.mentions_unknown(first) || links.iter().any(|link| self.mentions_unknown(&link.operand))
            }
            ExprKind::Power(a, b) => self.mentions_unknown(a) || self.mentions_unknown(b),
            _ => true,
        }
    }

    fn pair(&mut self, left: Value, right: Value, axes: &[Range], spans: [Span; 2]) -> Option<Vec<Sides>> {
        let (a, b) = (left.shape(), right.shape());
        if !b.is_empty() && a != b && !(a.is_empty() && self.is_zero_value(&left)) {
            return self.complain(error::equation_shapes(&a, &b, spans));
        }
        let right =
            self.map(&[left.clone(), right], &spans, &mut |b, s| Some(b.unify(s[0], s[1], spans)?.1))?;
        let mut leaves = Vec::new();
        self.leaves(left, right, &mut leaves);
        let span = spans[0].to(spans[1]);
        Some(leaves.into_iter().map(|(l, r)| self.leaf(l, r, axes, span)).collect())
    }

    fn is_zero_value(&self, value: &Value) -> bool {
        value.as_scalar().is_some_and(|scalar| self.algebra.is_zero(scalar.e))
    }

    fn leaves(&mut self, left: Value, right: Value, out: &mut Vec<(Tensor, Tensor)>) {
        match (left, right) {
            (Value::Tensor(l), Value::Tensor(r)) => out.push((l, r)),
            (Value::Rows(rows), right) => {
                for (k, row) in rows.into_iter().enumerate() {
                    let right = self.row(&right, k);
                    self.leaves(row, right, out);
                }
            }
            (left, Value::Rows(rows)) => {
                for (k, row) in rows.into_iter().enumerate() {
                    let left = self.row(&left, k);
                    self.leaves(left, row, out);
                }
            }
        }
    }

    fn leaf(&mut self, left: Tensor, right: Tensor, axes: &[Range], span: Span) -> Sides {
        let mut axes = axes.to_vec();
        let dims = if left.dims.is_empty() { right.dims.clone() } else { left.dims.clone() };
        let right = self.over(&right, &dims);
        let mut vars = Vec::new();
        for (var, range) in &dims {
            let axis = Var::Axis(axes.len() as u32);
            self.ranges.insert(axis, *range);
            vars.push((*var, Affine::var(axis)));
            axes.push(*range);
        }
        let (left, right) = (self.replace(left.body.e, &vars), self.replace(right.e, &vars));
        self.flush_switches();
        Sides { axes, left, right, span }
    }

    /// Highest derivatives that an expression reads, apart from those that are defined; through definitions too.
    pub fn derivatives_in(&self, e: Expr) -> FxHashSet<Symbol> {
        let mut found = FxHashSet::default();
        for n in self.algebra.reachable(e, true) {
            if let Node::Read(symbol, _) = self.algebra.node(n) {
                if self.is_open_derivative(symbol) {
                    found.insert(symbol);
                }
                if let Some(more) = self.tainted.get(&symbol) {
                    found.extend(more);
                }
            }
        }
        found
    }

    /// A highest derivative without a definition.
    fn is_open_derivative(&self, symbol: Symbol) -> bool {
        self.derivative_of.contains_key(&symbol)
            && !self.state_symbols.contains(&symbol)
            && !self.defined_derivatives.contains(&symbol)
    }

    /// Classifies all equations; what is explicit comes first, so that its derivatives can be read elsewhere.
    pub fn classify(&mut self, sides: Vec<Sides>) -> Vec<Equation> {
        self.taint_definitions();
        let (mut equations, mut rest) = (Vec::new(), Vec::new());
        for one in sides {
            let left = match self.algebra.node(one.left) {
                Node::Read(symbol, access) if self.is_open_derivative(symbol) => Some((symbol, access)),
                _ => None,
            };
            match left {
                Some((symbol, access)) if self.derivatives_in(one.right).is_empty() => {
                    let target = self.algebra.access(access).clone();
                    let state = self.derivative_of[&symbol];
                    let form = Form::Explicit { state, target, value: one.right };
                    equations.push(Equation { axes: one.axes, form, span: one.span });
                }
                _ => rest.push(one),
            }
        }
        self.define_read_derivatives(&mut equations, &rest);
        for one in rest {
            equations.extend(self.classify_rest(one));
        }
        equations
    }

    /// Which open derivatives definitions read, directly and through others. Definitions are in order.
    fn taint_definitions(&mut self) {
        for k in 0..self.definitions.len() {
            let mut found = FxHashSet::default();
            for piece in 0..self.definitions[k].pieces.len() {
                found.extend(self.derivatives_in(self.definitions[k].pieces[piece].value));
            }
            if !found.is_empty() {
                let symbol = self.definitions[k].symbol;
                self.tainted.insert(symbol, found);
            }
        }
    }

    /// Derivatives that something else reads get a definition where their equations are explicit.
    fn define_read_derivatives(&mut self, equations: &mut [Equation], rest: &[Sides]) {
        let mut read: FxHashSet<Symbol> = self.tainted.values().flatten().copied().collect();
        for one in rest {
            read.extend(self.derivatives_in(one.right));
            if !matches!(self.algebra.node(one.left), Node::Read(..)) {
                read.extend(self.derivatives_in(one.left));
            }
        }
        let mut pieces: FxHashMap<Symbol, Vec<(usize, u64)>> = FxHashMap::default();
        for (k, equation) in equations.iter().enumerate() {
            if let Form::Explicit { state, .. } = &equation.form {
                let volume = equation.axes.iter().map(|range| range.len()).product();
                pieces.entry(*state).or_default().push((k, volume));
            }
        }
        let mut ordered: Vec<Symbol> = read.into_iter().collect();
        ordered.sort_unstable();
        for derivative in ordered {
            let state = self.derivative_of[&derivative];
            let Some(own) = pieces.get(&state) else { continue };
            if own.iter().map(|(_, volume)| volume).sum::<u64>() != self.algebra.symbol(state).len() {
                continue;
            }
            let mut definition = Definition { symbol: derivative, pieces: Vec::new() };
            for (k, _) in own {
                let Equation { axes, form, span } = &mut equations[*k];
                let Form::Explicit { target, value, .. } = form else { continue };
                let read = self.algebra.read(derivative, target.clone());
                let value = std::mem::replace(value, read);
                definition.pieces.push(Piece {
                    axes: axes.clone(),
                    target: target.clone(),
                    value,
                    span: *span,
                });
            }
            self.definitions.push(definition);
            self.defined_derivatives.insert(derivative);
        }
        for found in self.tainted.values_mut() {
            found.retain(|symbol| !self.defined_derivatives.contains(symbol));
        }
        self.tainted.retain(|_, found| !found.is_empty());
        self.complain_tainted();
    }

    /// A definition that reads a derivative which no explicit equation gives.
    fn complain_tainted(&mut self) {
        let mut tainted: Vec<(Symbol, Symbol)> =
            self.tainted.iter().filter_map(|(d, found)| Some((*d, *found.iter().min()?))).collect();
        tainted.sort_unstable();
        if let Some((definition, derivative)) = tainted.first() {
            let (name, prime) = (
                self.algebra.symbol(*definition).name.clone(),
                self.algebra.symbol(*derivative).name.clone(),
            );
            let pieces = self.definitions.iter().find(|d| d.symbol == *definition).map(|d| &d.pieces);
            let span = pieces.and_then(|pieces| pieces.first()).map_or(Span::default(), |piece| piece.span);
            self.diagnostics.push(error::derivative_in_definition(&name, &prime, span));
        }
    }

    fn classify_rest(&mut self, one: Sides) -> Option<Equation> {
        let Sides { axes, left, right, span } = one;
        let residual = match self.algebra.is_zero(left) {
            true => right,
            false => self.algebra.sub(left, right),
        };
        self.mark(residual, span);
        if self.derivatives_in(residual).is_empty() {
            return Some(Equation { axes, form: Form::Algebraic { residual }, span });
        }
        let linear = self.linear(residual);
        if self.budget == 0 {
            return self.complain(error::too_large(span));
        }
        let Some(linear) = linear.filter(|linear| self.direct(linear)) else {
            return Some(Equation { axes, form: Form::Implicit { residual }, span });
        };
        if let [(derivative, coefficient)] = linear.terms.as_slice()
            && self.level(*coefficient).0 <= Level::Parameter
        {
            return self.divide_through(axes, *derivative, *coefficient, linear.rest, span);
        }
        let value = self.algebra.neg(linear.rest);
        let mut terms = Vec::new();
        for (derivative, coefficient) in linear.terms {
            let (state, target) = self.derivative_target(derivative)?;
            terms.push(MassTerm { state, target, coefficient });
        }
        Some(Equation { axes, form: Form::Mass { terms, value }, span })
    }

    /// Whether each derivative is read at one affine place, so that it is a column of the mass matrix.
    fn direct(&self, linear: &Linear) -> bool {
        linear.terms.iter().all(|(derivative, _)| match self.algebra.node(*derivative) {
            Node::Read(_, access) => {
                self.algebra.access(access).iter().all(|s| {
                    matches!(s, Subscript::Affine { boundary: crate::algebra::Boundary::Inside, .. })
                })
            }
            _ => false,
        })
    }

    fn derivative_target(&self, derivative: Expr) -> Option<(Symbol, crate::algebra::Access)> {
        match self.algebra.node(derivative) {
            Node::Read(symbol, access) => {
                Some((*self.derivative_of.get(&symbol)?, self.algebra.access(access).clone()))
            }
            _ => None,
        }
    }

    /// `c*x' + rest = 0` as `x' = -rest/c`.
    fn divide_through(
        &mut self,
        axes: Vec<Range>,
        derivative: Expr,
        c: Expr,
        rest: Expr,
        span: Span,
    ) -> Option<Equation> {
        let (state, target) = self.derivative_target(derivative)?;
        if self.algebra.as_number(c).is_none() {
            self.divisors.push(Divisor { axes: axes.clone(), value: c, span });
        }
        let negative = self.algebra.neg(rest);
        let value = self.algebra.div(negative, c);
        self.mark(value, span);
        Some(Equation { axes, form: Form::Explicit { state, target, value }, span })
    }

    /// The expression as a linear combination of open derivatives; `None` where it is none.
    fn linear(&mut self, e: Expr) -> Option<Linear> {
        let mut done: FxHashMap<Expr, Linear> = FxHashMap::default();
        let zero = self.algebra.zero();
        for n in self.algebra.reachable(e, false) {
            if self.budget == 0 {
                return None;
            }
            let node = self.algebra.node(n);
            let has =
                self.algebra.children(node).iter().any(|c| done.get(c).is_none_or(|l| !l.terms.is_empty()));
            let linear = match node {
                Node::Read(symbol, _) if self.is_open_derivative(symbol) => {
                    let one = self.algebra.one();
                    Linear { terms: vec![(n, one)], rest: zero }
                }
                Node::Reduce { .. } if !self.derivatives_in(n).is_empty() => return None,
                _ if !has || matches!(node, Node::Reduce { .. }) => Linear { terms: Vec::new(), rest: n },
                Node::Neg(a) => self.linear_scaled(&done[&a].clone(), &mut |b, x| b.algebra.neg(x)),
                Node::Binary(op @ (Binary::Add | Binary::Sub), a, c) => {
                    let (a, c) = (done[&a].clone(), done[&c].clone());
                    self.linear_sum(a, c, op)
                }
                Node::Binary(Binary::Mul, a, c) if done[&c].terms.is_empty() => {
                    self.linear_scaled(&done[&a].clone(), &mut |b, x| b.algebra.mul(x, c))
                }
                Node::Binary(Binary::Mul, a, c) if done[&a].terms.is_empty() => {
                    self.linear_scaled(&done[&c].clone(), &mut |b, x| b.algebra.mul(a, x))
                }
                Node::Binary(Binary::Div, a, c) if done[&c].terms.is_empty() => {
                    self.linear_scaled(&done[&a].clone(), &mut |b, x| b.algebra.div(x, c))
                }
                _ => return None,
            };
            done.insert(n, linear);
        }
        done.remove(&e)
    }

    fn linear_scaled(&mut self, linear: &Linear, f: &mut dyn FnMut(&mut Self, Expr) -> Expr) -> Linear {
        let terms = linear.terms.iter().map(|(d, c)| (*d, f(self, *c))).collect();
        Linear { terms, rest: f(self, linear.rest) }
    }

    fn linear_sum(&mut self, mut a: Linear, c: Linear, op: Binary) -> Linear {
        self.budget = self.budget.saturating_sub((a.terms.len() * c.terms.len() + a.terms.len()) as u64);
        for (derivative, coefficient) in c.terms {
            let coefficient = if op == Binary::Sub { self.algebra.neg(coefficient) } else { coefficient };
            match a.terms.iter_mut().find(|(d, _)| *d == derivative) {
                Some((_, sum)) => *sum = self.algebra.add(*sum, coefficient),
                None => a.terms.push((derivative, coefficient)),
            }
        }
        a.terms.retain(|(_, coefficient)| !self.algebra.is_zero(*coefficient));
        a.rest = self.algebra.binary(op, a.rest, c.rest);
        a
    }

    /// The box that an explicit equation fills, in the user's integers.
    pub fn explicit_side(&self, equation: &Equation) -> Option<(Symbol, Side)> {
        let Form::Explicit { state, target, .. } = &equation.form else { return None };
        let dims = &self.arrays[state].dims;
        let positions = target
            .iter()
            .zip(dims)
            .map(|(subscript, dim)| subscript.affines()[0].clone().shift(dim.range.start))
            .collect();
        Some((*state, Side { axes: equation.axes.clone(), positions, span: equation.span }))
    }

    /// Whether a symbol is an unknown that equations determine.
    pub fn is_unknown(&self, symbol: Symbol) -> bool {
        self.state_symbols.contains(&symbol)
            || self.arrays.get(&symbol).is_some_and(|array| array.role == Role::Algebraic)
    }
}

fn mentions_prime(e: &ast::Expr) -> bool {
    match &e.kind {
        ExprKind::Prime(_) => true,
        ExprKind::Index(a, _) | ExprKind::Negate(a) => mentions_prime(a),
        ExprKind::Chain(first, links) => {
            mentions_prime(first) || links.iter().any(|link| mentions_prime(&link.operand))
        }
        ExprKind::Power(a, b) => mentions_prime(a) || mentions_prime(b),
        ExprKind::List(items) => items.iter().any(mentions_prime),
        _ => false,
    }
}
