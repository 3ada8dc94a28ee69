//! Derivatives by rule: the pushforward of an expression and its partial derivatives by each distinct access.
//!
//! Both work on the body of a loop, with one leaf for each distinct access, so their cost does not depend
//! on the size of an index set. Conditions count as constants: where they flip is an event.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::expr::{Algebra, Binary, Expr, Function, FunctionInfo, Meaning, Node, Reduction, Symbol};
use super::index::{Access, Affine, Range, Var};

/// ∂body/∂(one distinct access), times the seed.
#[derive(Clone, Debug)]
pub struct Partial {
    pub symbol: Symbol,
    /// Over the body's axes and the `inner` variables.
    pub access: Access,
    /// The reductions around the access; the derivative is the sum over them.
    pub inner: Vec<(Var, Range)>,
    pub value: Expr,
}

/// Differentiates expressions of one algebra and remembers which functions had no derivative.
pub struct Differentiator<'a> {
    pub algebra: &'a mut Algebra,
    /// Functions whose derivative was needed and is not declared; it was taken as zero.
    pub missing: Vec<Function>,
}

/// The tangent of an access, `None` where it is zero.
pub type Tangent<'t> = dyn FnMut(&mut Algebra, Symbol, &Access) -> Option<Expr> + 't;

impl<'a> Differentiator<'a> {
    pub fn new(algebra: &'a mut Algebra) -> Self {
        Differentiator { algebra, missing: Vec::new() }
    }

    /// Σ ∂e/∂(access) · tangent(access).
    pub fn pushforward(&mut self, e: Expr, tangent: &mut Tangent) -> Expr {
        let zero = self.algebra.zero();
        let mut tangents: FxHashMap<Expr, Expr> = FxHashMap::default();
        for n in self.algebra.reachable(e, false) {
            let value = match self.algebra.node(n) {
                Node::Read(symbol, access) => {
                    let access = self.algebra.access(access).clone();
                    tangent(self.algebra, symbol, &access).unwrap_or(zero)
                }
                Node::Select(c, a, b) => self.algebra.select(c, tangents[&a], tangents[&b]),
                Node::Reduce { op, height, range, body } => {
                    let (var, body) = self.open(height, body);
                    let inner = self.pushforward(body, tangent);
                    let term = match self.algebra.is_zero(inner) {
                        true => zero,
                        false => {
                            let factor = self.reduction_partial(op, var, range, body, n);
                            self.algebra.mul(factor, inner)
                        }
                    };
                    self.algebra.reduce(Reduction::Sum, var, range, term)
                }
                node => {
                    let mut sum = zero;
                    for (child, partial) in self.operand_partials(n, node, |c| tangents[&c] != zero) {
                        let term = self.algebra.mul(partial, tangents[&child]);
                        sum = self.algebra.add(sum, term);
                    }
                    sum
                }
            };
            tangents.insert(n, value);
        }
        tangents[&e]
    }

    /// The partial derivatives of `body`, each times `seed`, by the distinct accesses to wanted symbols.
    pub fn partials(&mut self, body: Expr, seed: Expr, wanted: &dyn Fn(Symbol) -> bool) -> Vec<Partial> {
        let mut found = Vec::new();
        self.reverse(body, seed, wanted, &mut Vec::new(), &mut found);
        found
    }

    fn reverse(
        &mut self,
        body: Expr,
        seed: Expr,
        wanted: &dyn Fn(Symbol) -> bool,
        inner: &mut Vec<(Var, Range)>,
        found: &mut Vec<Partial>,
    ) {
        let active = self.active(body, wanted);
        if !active.contains_key(&body) {
            return;
        }
        let mut cotangents: FxHashMap<Expr, Expr> = FxHashMap::default();
        cotangents.insert(body, seed);
        for n in self.algebra.reachable(body, false).into_iter().rev() {
            let Some(&w) = cotangents.get(&n) else { continue };
            if self.algebra.is_zero(w) || !active.contains_key(&n) {
                continue;
            }
            match self.algebra.node(n) {
                Node::Read(symbol, access) => {
                    let access = self.algebra.access(access).clone();
                    found.push(Partial { symbol, access, inner: inner.clone(), value: w });
                }
                Node::Select(c, a, b) => {
                    let zero = self.algebra.zero();
                    let taken = self.algebra.select(c, w, zero);
                    let other = self.algebra.select(c, zero, w);
                    self.accumulate(&mut cotangents, a, taken);
                    self.accumulate(&mut cotangents, b, other);
                }
                Node::Reduce { op, height, range, body } => {
                    let (var, body) = self.open(height, body);
                    let factor = self.reduction_partial(op, var, range, body, n);
                    let seed = self.algebra.mul(factor, w);
                    inner.push((var, range));
                    self.reverse(body, seed, wanted, inner, found);
                    inner.pop();
                }
                node => {
                    for (child, partial) in self.operand_partials(n, node, |c| active.contains_key(&c)) {
                        let term = self.algebra.mul(partial, w);
                        self.accumulate(&mut cotangents, child, term);
                    }
                }
            }
        }
    }

    fn accumulate(&mut self, cotangents: &mut FxHashMap<Expr, Expr>, n: Expr, term: Expr) {
        let sum = match cotangents.get(&n) {
            Some(&sum) => self.algebra.add(sum, term),
            None => term,
        };
        cotangents.insert(n, sum);
    }

    /// The nodes of the scope that depend on a wanted symbol.
    fn active(&self, body: Expr, wanted: &dyn Fn(Symbol) -> bool) -> FxHashMap<Expr, ()> {
        let mut active = FxHashMap::default();
        for n in self.algebra.reachable(body, true) {
            let is_active = match self.algebra.node(n) {
                Node::Read(symbol, _) => wanted(symbol),
                node => self.algebra.children(node).iter().any(|c| active.contains_key(c)),
            };
            if is_active {
                active.insert(n, ());
            }
        }
        active
    }

    /// A reduction's body over a fresh variable.
    fn open(&mut self, height: u32, body: Expr) -> (Var, Expr) {
        let var = self.algebra.fresh();
        (var, self.algebra.replace_var(body, Var::Bound(height), &Affine::var(var)))
    }

    /// ∂(reduction `n`)/∂(its term at `var`).
    fn reduction_partial(&mut self, op: Reduction, var: Var, range: Range, body: Expr, n: Expr) -> Expr {
        let algebra = &mut *self.algebra;
        let other = algebra.fresh();
        let term = algebra.replace_var(body, var, &Affine::var(other));
        let (zero, one) = (algebra.zero(), algebra.one());
        match op {
            Reduction::Sum => one,
            // The product of the other terms; no division, since a term may be zero.
            Reduction::Product => {
                let (i, k) = (algebra.index(Affine::var(var)), algebra.index(Affine::var(other)));
                let same = algebra.compare(Binary::Equal, i, k);
                let factor = algebra.select(same, one, term);
                algebra.reduce(Reduction::Product, other, range, factor)
            }
            // Terms that tie share the derivative.
            Reduction::Min | Reduction::Max => {
                let ties = algebra.compare(Binary::Equal, term, n);
                let count = algebra.reduce(Reduction::Sum, other, range, ties);
                let reached = algebra.compare(Binary::Equal, body, n);
                let share = algebra.div(one, count);
                algebra.select(reached, share, zero)
            }
        }
    }

    /// The non-zero partial derivatives of a node by its operands, for the operands that are asked for.
    fn operand_partials(
        &mut self,
        n: Expr,
        node: Node,
        asked: impl Fn(Expr) -> bool,
    ) -> SmallVec<[(Expr, Expr); 3]> {
        let one = self.algebra.one();
        let mut partials = SmallVec::new();
        match node {
            Node::Neg(a) => {
                let minus = self.algebra.number(-1.0);
                partials.push((a, minus));
            }
            Node::Binary(Binary::Add, a, b) => partials.extend([(a, one), (b, one)]),
            Node::Binary(Binary::Sub, a, b) => {
                let minus = self.algebra.number(-1.0);
                partials.extend([(a, one), (b, minus)]);
            }
            Node::Binary(Binary::Mul, a, b) => partials.extend([(a, b), (b, a)]),
            Node::Binary(Binary::Div, a, b) => {
                if asked(a) {
                    let by_a = self.algebra.div(one, b);
                    partials.push((a, by_a));
                }
                if asked(b) {
                    let ratio = self.algebra.div(n, b);
                    let by_b = self.algebra.neg(ratio);
                    partials.push((b, by_b));
                }
            }
            Node::Binary(Binary::Pow, a, b) => {
                if asked(a) {
                    let by_a = self.power_by_base(a, b);
                    partials.push((a, by_a));
                }
                if asked(b) {
                    let by_b = self.power_by_exponent(a, n);
                    partials.push((b, by_b));
                }
            }
            Node::Call(f, arguments) => {
                let arguments = self.algebra.arguments(arguments).clone();
                for (k, &argument) in arguments.iter().enumerate() {
                    if asked(argument) {
                        match self.algebra.function(f).derivative.get(k).copied().flatten() {
                            Some(template) => {
                                let partial = self.algebra.instantiate(template, &arguments);
                                partials.push((argument, partial));
                            }
                            None if !self.missing.contains(&f) => self.missing.push(f),
                            None => {}
                        }
                    }
                }
            }
            // Comparisons and connectives are piecewise constant.
            _ => {}
        }
        partials.retain(|(child, _)| asked(*child));
        partials
    }

    /// b·a^(b−1), and 0 where b is 0: a^0 is 1 at a = 0 too, where the product would be 0·∞.
    fn power_by_base(&mut self, a: Expr, b: Expr) -> Expr {
        let (zero, one) = (self.algebra.zero(), self.algebra.one());
        let less = self.algebra.sub(b, one);
        let power = self.algebra.pow(a, less);
        let product = self.algebra.mul(b, power);
        let vanishes = self.algebra.compare(Binary::Equal, b, zero);
        self.algebra.select(vanishes, zero, product)
    }

    /// a^b·log a, continued by 0 at a = 0.
    fn power_by_exponent(&mut self, a: Expr, power: Expr) -> Expr {
        let zero = self.algebra.zero();
        let log = self.algebra.logarithm();
        let logarithm = self.algebra.call(log, &[a]);
        let product = self.algebra.mul(power, logarithm);
        let at_zero = self.algebra.compare(Binary::Equal, a, zero);
        self.algebra.select(at_zero, zero, product)
    }
}

impl Algebra {
    /// The native function of this name, declared without derivatives where it is not there yet: for code that is
    /// made from formulas of this compiler, which are not differentiated.
    pub fn native(&mut self, name: &str, arity: usize) -> Function {
        let known = self.functions().iter().position(|f| f.name == name && f.meaning == Meaning::Native);
        match known {
            Some(k) => Function(k as u32),
            None => self.declare_function(FunctionInfo {
                name: name.into(),
                arity,
                meaning: Meaning::Native,
                derivative: vec![None; arity],
            }),
        }
    }

    /// The natural logarithm, declared on first use: the one function that a rule of the algebra needs.
    fn logarithm(&mut self) -> Function {
        let native = |f: &FunctionInfo| f.name == "log" && f.meaning == Meaning::Native;
        if let Some(k) = self.functions().iter().position(native) {
            return Function(k as u32);
        }
        let (one, x) = (self.one(), self.intern(Node::Argument(0)));
        let reciprocal = self.div(one, x);
        self.declare_function(FunctionInfo {
            name: "log".into(),
            arity: 1,
            meaning: Meaning::Native,
            derivative: vec![Some(reciprocal)],
        })
    }
}
