//! One nest's assignments to instructions: common subexpressions, hoisting, contraction, unrolling.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::algebra::{
    self, Access, Affine, Algebra, Expr, Meaning, Node, Range, Reduction, Subscript, Symbol, Var,
};

use super::elementary::{Arith, Elementary};
use super::kernel::*;
use super::record::Key;
use super::routine::{Assignment, Place, TablePlace};

/// Reductions of at most this many terms are unrolled.
pub const UNROLL: u64 = 8;
/// `x^n` with an integer |n| up to this is products.
const LARGEST_EXPANDED_POWER: f64 = 64.0;

/// A reduction is unrolled where that makes at most this many nodes, so that nested ones do not make the product of their
/// lengths.
const MOST_UNROLLED: u64 = 1 << 14;

/// Heights of reductions, ascending.
type Heights = SmallVec<[u32; 4]>;

/// Builds the block of one nest.
pub struct NestBuilder<'a> {
    pub(super) algebra: &'a mut Algebra,
    pub(super) places: &'a FxHashMap<Symbol, Place>,
    pub(super) tables: &'a FxHashMap<u32, TablePlace>,
    pub(super) natives: &'a mut Vec<Callee>,
    pub(super) loops: u32,
    /// The nest's own block, then those of the open reductions.
    pub(super) scopes: Vec<Scope>,
    /// Instructions made by the elementary functions go to this scope.
    pub(super) target: usize,
    /// What this nest has written, at the very iteration: reads of it are these values.
    pub(super) written: FxHashMap<(Symbol, Access), Value>,
    /// How often each expression is used in the nest.
    pub(super) uses: FxHashMap<Expr, u32>,
    /// The reductions' variables that are free in an expression.
    pub(super) free: FxHashMap<Expr, Heights>,
    pub(super) next: u32,
}

/// a·b ± c, of which `factors` are a and b.
struct Contraction {
    factors: (Expr, Expr),
    rest: Expr,
    side: Side,
}

/// Where the product stands.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

#[derive(Default)]
pub(super) struct Scope {
    /// The height of the reduction, `None` for the nest itself.
    pub(super) height: Option<u32>,
    pub(super) block: Block,
    pub(super) numbers: FxHashMap<Expr, Value>,
    pub(super) masks: FxHashMap<Expr, Value>,
    /// Equal instructions are one.
    pub(super) known: FxHashMap<Key, Value>,
}

impl<'a> NestBuilder<'a> {
    pub fn new(
        algebra: &'a mut Algebra,
        places: &'a FxHashMap<Symbol, Place>,
        tables: &'a FxHashMap<u32, TablePlace>,
        natives: &'a mut Vec<Callee>,
        loops: &[Range],
    ) -> Self {
        NestBuilder {
            algebra,
            places,
            tables,
            natives,
            loops: loops.len() as u32,
            scopes: vec![Scope::default()],
            target: 0,
            written: FxHashMap::default(),
            uses: FxHashMap::default(),
            free: FxHashMap::default(),
            next: 0,
        }
    }

    /// The instructions of the assignments, in their order.
    pub fn build(mut self, assignments: &[&Assignment]) -> Block {
        let values: Vec<Expr> = assignments.iter().map(|a| self.unroll(a.value)).collect();
        self.count_uses(&values);
        // One pass over everything, so that no node is walked again when it is emitted.
        for &value in &values {
            self.free_heights(value);
        }
        for (assignment, value) in assignments.iter().zip(values) {
            self.assign(assignment, value);
        }
        self.scopes.pop().expect("the nest's own scope").block
    }

    fn assign(&mut self, assignment: &Assignment, value: Expr) {
        let value = self.number(value);
        if self.places.contains_key(&assignment.symbol) {
            let (address, inside) = self.address(assignment.symbol, &assignment.target);
            debug_assert!(inside.is_none(), "stores are inside");
            self.effect(Instruction::Store { address, value, write: assignment.write });
        }
        if assignment.write == Write::Set {
            self.written.insert((assignment.symbol, assignment.target.clone()), value);
        }
    }

    /// Short reductions as trees of their terms; templates of functions filled in; powers left alone.
    fn unroll(&mut self, e: Expr) -> Expr {
        let mut done: FxHashMap<Expr, Expr> = FxHashMap::default();
        for n in self.algebra.reachable(e, false) {
            let new = match self.algebra.node(n) {
                Node::Number(_) | Node::Index(_) | Node::Read(..) | Node::Argument(_) => n,
                Node::Reduce { op, height, range, body } => self.unroll_reduction(op, height, range, body),
                Node::Call(f, arguments) => {
                    let arguments: SmallVec<[Expr; 3]> =
                        self.algebra.arguments(arguments).iter().map(|a| done[a]).collect();
                    match self.algebra.function(f).meaning {
                        Meaning::Template(template) => {
                            let body = self.algebra.instantiate(template, &arguments);
                            self.unroll(body)
                        }
                        _ => self.algebra.call(f, &arguments),
                    }
                }
                Node::Neg(a) => self.algebra.neg(done[&a]),
                Node::Not(a) => self.algebra.not(done[&a]),
                Node::Binary(op, a, b) => self.algebra.binary(op, done[&a], done[&b]),
                Node::Select(c, a, b) => self.algebra.select(done[&c], done[&a], done[&b]),
            };
            done.insert(n, new);
        }
        done[&e]
    }

    fn unroll_reduction(&mut self, op: Reduction, height: u32, range: Range, body: Expr) -> Expr {
        let var = self.algebra.fresh();
        let open = self.algebra.replace_var(body, Var::Bound(height), &Affine::var(var));
        let open = self.unroll(open);
        if range.len() > UNROLL
            || range.len() * self.algebra.reachable(open, true).len() as u64 > MOST_UNROLLED
        {
            return self.algebra.reduce(op, var, range, open);
        }
        let mut terms: SmallVec<[Option<Expr>; 8]> = SmallVec::from_elem(None, 8);
        for k in range.start..range.end {
            let term = self.algebra.replace_var(open, var, &Affine::constant(k));
            terms[(k - range.start) as usize] = Some(term);
        }
        // The tree of `Instruction::Reduce`.
        let mut combine = |a: Option<Expr>, b: Option<Expr>| match (a, b) {
            (Some(a), Some(b)) => Some(self.combine(op, a, b)),
            (a, b) => a.or(b),
        };
        let [a, b, c, d] = [0, 1, 2, 3].map(|k| combine(terms[k], terms[k + 4]));
        let (even, odd) = (combine(a, c), combine(b, d));
        combine(even, odd).expect("a range that is not empty")
    }

    fn combine(&mut self, op: Reduction, a: Expr, b: Expr) -> Expr {
        match op {
            Reduction::Sum => self.algebra.add(a, b),
            Reduction::Product => self.algebra.mul(a, b),
            Reduction::Min | Reduction::Max => {
                let (first, second) = if op == Reduction::Min { (a, b) } else { (b, a) };
                let smaller = self.algebra.compare(algebra::Binary::LessEqual, first, second);
                let chosen = self.algebra.select(smaller, a, b);
                let is_nan = self.algebra.compare(algebra::Binary::NotEqual, a, a);
                self.algebra.select(is_nan, a, chosen)
            }
        }
    }

    fn count_uses(&mut self, values: &[Expr]) {
        let mut nodes: Vec<Expr> = values.iter().flat_map(|&v| self.algebra.reachable(v, true)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        for &v in values {
            *self.uses.entry(v).or_default() += 1;
        }
        for n in nodes {
            let node = self.algebra.node(n);
            for child in self.algebra.children(node) {
                *self.uses.entry(child).or_default() += 1;
            }
        }
    }

    /// The value of an expression; its nodes in order, each in the scope it belongs to.
    fn number(&mut self, e: Expr) -> Value {
        if let Some(v) = self.find_number(e) {
            return v;
        }
        for n in self.pending(e) {
            self.emit_number(n);
        }
        self.find_number(e).expect("the node that was asked for")
    }

    /// The nodes that must be computed for `e`, ascending; conditions and contracted products are left out
    /// where they are not wanted as numbers.
    fn pending(&self, e: Expr) -> Vec<Expr> {
        let mut wanted = vec![e];
        let mut seen: FxHashMap<Expr, ()> = FxHashMap::default();
        seen.insert(e, ());
        let mut order = Vec::new();
        while let Some(n) = wanted.pop() {
            if self.find_number(n).is_some() {
                continue;
            }
            order.push(n);
            let node = self.algebra.node(n);
            let children: SmallVec<[Expr; 3]> = match node {
                Node::Reduce { .. } | Node::Not(_) => SmallVec::new(),
                Node::Select(_, a, b) => SmallVec::from_slice(&[a, b]),
                Node::Binary(op, ..) if is_truth(op) => SmallVec::new(),
                Node::Binary(algebra::Binary::Add | algebra::Binary::Sub, a, b) => match self
                    .contraction(a, b)
                {
                    Some(Contraction { factors: (x, y), rest, .. }) => SmallVec::from_slice(&[x, y, rest]),
                    None => SmallVec::from_slice(&[a, b]),
                },
                node => self.algebra.children(node),
            };
            for child in children {
                if seen.insert(child, ()).is_none() {
                    wanted.push(child);
                }
            }
        }
        order.sort_unstable();
        order
    }

    fn find_number(&self, e: Expr) -> Option<Value> {
        self.scopes.iter().find_map(|s| s.numbers.get(&e).copied())
    }

    fn emit_number(&mut self, n: Expr) -> Value {
        if let Some(v) = self.find_number(n) {
            return v;
        }
        let level = self.level(n);
        let before = std::mem::replace(&mut self.target, level);
        let value = self.compute(n);
        self.target = before;
        self.scopes[level].numbers.insert(n, value);
        value
    }

    fn compute(&mut self, n: Expr) -> Value {
        match self.algebra.node(n) {
            Node::Number(bits) => self.instruction(Instruction::Number(bits)),
            Node::Index(affine) => {
                let position = self.position(&self.algebra.affine(affine).clone());
                self.instruction(Instruction::Index(position))
            }
            Node::Read(symbol, access) => {
                let access = self.algebra.access(access).clone();
                self.load(symbol, &access)
            }
            Node::Argument(_) => unreachable!("arguments stand in templates only"),
            Node::Neg(a) => {
                let a = self.number(a);
                self.neg(a)
            }
            Node::Binary(op, a, b) => self.compute_binary(n, op, a, b),
            Node::Not(_) => self.truth(n),
            Node::Select(c, a, b) => {
                let (c, a, b) = (self.mask(c), self.number(a), self.number(b));
                self.instruction(Instruction::Select(c, a, b))
            }
            Node::Call(f, arguments) => {
                let arguments = self.algebra.arguments(arguments).clone();
                let arguments: SmallVec<[Value; 3]> = arguments.iter().map(|&a| self.number(a)).collect();
                self.call_function(f, &arguments)
            }
            Node::Reduce { op, height, range, body } => self.compute_reduction(op, height, range, body),
        }
    }

    fn compute_binary(&mut self, n: Expr, op: algebra::Binary, a: Expr, b: Expr) -> Value {
        use algebra::Binary as Op;
        match op {
            Op::Add | Op::Sub => match self.contraction(a, b) {
                Some(Contraction { factors: (x, y), rest, side }) => {
                    let (mut x, y, mut rest) = (self.number(x), self.number(y), self.number(rest));
                    match (op, side) {
                        (Op::Sub, Side::Right) => x = self.neg(x),
                        (Op::Sub, Side::Left) => rest = self.neg(rest),
                        _ => {}
                    }
                    self.fma(x, y, rest)
                }
                None if op == Op::Add => self.two(a, b, Self::add),
                None => self.two(a, b, Self::sub),
            },
            Op::Mul => self.two(a, b, Self::mul),
            Op::Div => self.two(a, b, Self::div),
            Op::Pow => self.compute_power(a, b),
            _ => self.truth(n),
        }
    }

    fn two(&mut self, a: Expr, b: Expr, f: impl Fn(&mut Self, Value, Value) -> Value) -> Value {
        let (a, b) = (self.number(a), self.number(b));
        f(self, a, b)
    }

    /// How a sum or difference of `a` and `b` becomes an fma. Of two products the one with the newest factor, which is
    /// likely known last, is contracted: then only the fma waits for that factor.
    fn contraction(&self, a: Expr, b: Expr) -> Option<Contraction> {
        let right = || Some(Contraction { factors: self.product(b)?, rest: a, side: Side::Right });
        let left = || Some(Contraction { factors: self.product(a)?, rest: b, side: Side::Left });
        match (self.product(a), self.product(b)) {
            (Some(l), Some(r)) if l.0.max(l.1) > r.0.max(r.1) => left(),
            _ => right().or_else(left),
        }
    }

    /// The factors of a product that is used here alone, so that it can be contracted.
    fn product(&self, e: Expr) -> Option<(Expr, Expr)> {
        match self.algebra.node(e) {
            Node::Binary(algebra::Binary::Mul, x, y) if self.uses.get(&e) == Some(&1) => Some((x, y)),
            _ => None,
        }
    }

    /// x^n by repeated squaring, x^(n + ½) with a square root, else the function.
    fn compute_power(&mut self, a: Expr, b: Expr) -> Value {
        let x = self.number(a);
        match self.algebra.as_number(b) {
            Some(n) if n.fract() == 0.0 && n.abs() <= LARGEST_EXPANDED_POWER => {
                self.integer_power(x, n as i64)
            }
            Some(n) if n.fract().abs() == 0.5 && n.abs() <= 8.0 => {
                let whole = n.abs().floor() as i64;
                let root = Arith::sqrt(self, x);
                let value = match whole {
                    0 => root,
                    _ => {
                        let power = self.integer_power(x, whole);
                        self.mul(power, root)
                    }
                };
                self.reciprocal_if(n < 0.0, value)
            }
            _ => {
                let y = self.number(b);
                Elementary::Pow.emit(self, &[x, y])
            }
        }
    }

    fn integer_power(&mut self, x: Value, n: i64) -> Value {
        let (mut rest, mut square, mut result) = (n.unsigned_abs(), x, None);
        while rest > 0 {
            if rest & 1 == 1 {
                result = Some(match result {
                    Some(r) => self.mul(r, square),
                    None => square,
                });
            }
            rest >>= 1;
            if rest > 0 {
                square = self.mul(square, square);
            }
        }
        let power = result.unwrap_or_else(|| self.constant(1.0));
        self.reciprocal_if(n < 0, power)
    }

    fn reciprocal_if(&mut self, condition: bool, value: Value) -> Value {
        match condition {
            true => {
                let one = self.constant(1.0);
                self.div(one, value)
            }
            false => value,
        }
    }

    fn call_function(&mut self, f: algebra::Function, arguments: &[Value]) -> Value {
        let info = self.algebra.function(f);
        match info.meaning {
            Meaning::Native => {
                let elementary = Elementary::find(&info.name)
                    .unwrap_or_else(|| panic!("the library declares `{}`, which has no code", info.name));
                elementary.emit(self, arguments)
            }
            Meaning::Extern => {
                let callee = Callee::Host { name: info.name.clone(), arity: info.arity };
                let native = self.callee(callee);
                self.instruction(Instruction::Call { native, arguments: SmallVec::from_slice(arguments) })
            }
            Meaning::Template(_) => unreachable!("templates are filled in by `unroll`"),
        }
    }

    pub(super) fn callee(&mut self, callee: Callee) -> u32 {
        super::kernel::callee(self.natives, callee)
    }

    fn compute_reduction(&mut self, op: Reduction, height: u32, range: Range, body: Expr) -> Value {
        let var = LoopVar(self.loops + self.scopes.len() as u32 - 1);
        self.hoist_reductions(height, body);
        let scope = Scope { height: Some(height), ..Scope::default() };
        let outer = self.target;
        debug_assert_eq!(outer + 1, self.scopes.len(), "reductions open in the innermost scope");
        self.scopes.push(scope);
        self.target = self.scopes.len() - 1;
        let term = match (op, self.product(body)) {
            (Reduction::Sum, Some((x, y))) => Term::Product(self.number(x), self.number(y)),
            _ => Term::Plain(self.number(body)),
        };
        let block = self.scopes.pop().expect("the reduction's scope").block;
        self.target = outer;
        self.effect(Instruction::Reduce { op, var, range, block, term })
    }

    /// Computes, before a reduction opens, the reductions inside it that do not depend on its variable, so that
    /// reductions always open in the innermost scope.
    fn hoist_reductions(&mut self, height: u32, body: Expr) {
        let open: Heights = self.scopes.iter().filter_map(|s| s.height).filter(|h| *h != height).collect();
        for n in self.algebra.reachable(body, true) {
            let is_reduction = matches!(self.algebra.node(n), Node::Reduce { .. });
            if is_reduction && self.free_heights(n).iter().all(|h| open.contains(h)) {
                self.emit_number(n);
            }
        }
    }

    /// A condition as a mask.
    fn mask(&mut self, e: Expr) -> Value {
        if let Some(v) = self.scopes.iter().find_map(|s| s.masks.get(&e).copied()) {
            return v;
        }
        let level = self.level(e);
        let before = std::mem::replace(&mut self.target, level);
        let value = self.compute_mask(e);
        self.target = before;
        self.scopes[level].masks.insert(e, value);
        value
    }

    fn compute_mask(&mut self, e: Expr) -> Value {
        use algebra::Binary as Op;
        match self.algebra.node(e) {
            Node::Not(a) => {
                let a = self.mask(a);
                Arith::not(self, a)
            }
            Node::Binary(op @ (Op::And | Op::Or), a, b) => {
                let (a, b) = (self.mask(a), self.mask(b));
                let logic = if op == Op::And { Logic::And } else { Logic::Or };
                self.instruction(Instruction::Mask(logic, a, b))
            }
            Node::Binary(op, a, b) if is_truth(op) => {
                let (a, b) = (self.number(a), self.number(b));
                let compare = match op {
                    Op::Less => Compare::Less,
                    Op::LessEqual => Compare::LessEqual,
                    Op::Equal => Compare::Equal,
                    _ => Compare::NotEqual,
                };
                self.instruction(Instruction::Compare(compare, a, b))
            }
            _ => {
                let value = self.number(e);
                let zero = self.constant(0.0);
                self.instruction(Instruction::Compare(Compare::NotEqual, value, zero))
            }
        }
    }

    /// A condition as 1 or 0.
    fn truth(&mut self, e: Expr) -> Value {
        let mask = self.mask(e);
        let (one, zero) = (self.constant(1.0), self.constant(0.0));
        self.instruction(Instruction::Select(mask, one, zero))
    }

    /// The outermost scope in which an expression can be computed.
    fn level(&mut self, e: Expr) -> usize {
        let free = self.free_heights(e);
        free.iter().filter_map(|h| self.depth(*h)).max().unwrap_or(0)
    }

    fn free_heights(&mut self, e: Expr) -> Heights {
        if let Some(heights) = self.free.get(&e) {
            return heights.clone();
        }
        for n in self.algebra.reachable(e, true) {
            if self.free.contains_key(&n) {
                continue;
            }
            let bound = |affine: &Affine| -> Heights {
                let height = |v| if let Var::Bound(h) = v { Some(h) } else { None };
                affine.vars().filter_map(height).collect()
            };
            let mut heights: Heights = match self.algebra.node(n) {
                Node::Index(affine) => bound(self.algebra.affine(affine)),
                Node::Read(_, access) => {
                    self.algebra.access(access).iter().flat_map(Subscript::affines).flat_map(bound).collect()
                }
                Node::Reduce { height, body, .. } => {
                    self.free[&body].iter().copied().filter(|h| *h != height).collect()
                }
                node => {
                    self.algebra.children(node).iter().flat_map(|c| self.free[c].iter().copied()).collect()
                }
            };
            heights.sort_unstable();
            heights.dedup();
            self.free.insert(n, heights);
        }
        self.free[&e].clone()
    }
}

fn is_truth(op: algebra::Binary) -> bool {
    use algebra::Binary as Op;
    matches!(op, Op::Less | Op::LessEqual | Op::Equal | Op::NotEqual | Op::And | Op::Or)
}
