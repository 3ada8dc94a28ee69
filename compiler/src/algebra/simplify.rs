//! The constructors of expressions: each builds the simplest node that a table of identities allows.
//!
//! Rules for rules: a rule looks at its operands only (they are simple already), never grows the
//! expression, and holds wherever both sides are finite; `0·x = 0` is taken as it is in algebra.

use smallvec::SmallVec;

use super::expr::{Algebra, Arguments, Binary, Expr, Function, Node, Reduction, Symbol};
use super::index::{Access, Affine, Boundary, Range, Subscript, Var};

impl Algebra {
    pub fn number(&mut self, x: f64) -> Expr {
        let x = if x.is_nan() { f64::NAN } else { x };
        self.intern(Node::Number(x.to_bits()))
    }

    pub fn zero(&mut self) -> Expr {
        self.number(0.0)
    }

    pub fn one(&mut self) -> Expr {
        self.number(1.0)
    }

    /// The value of an affine index expression.
    pub fn index(&mut self, affine: Affine) -> Expr {
        match affine.as_constant() {
            Some(value) => self.number(value as f64),
            None => {
                let id = self.intern_affine(affine);
                self.intern(Node::Index(id))
            }
        }
    }

    /// An element of a symbol; the number of subscripts is the number of its dimensions.
    pub fn read(&mut self, symbol: Symbol, access: Access) -> Expr {
        debug_assert_eq!(
            access.len(),
            self.symbol(symbol).dims.len(),
            "subscripts of {}",
            self.symbol(symbol).name
        );
        match self.normalise(symbol, access) {
            Some(access) => {
                let id = self.intern_access(access);
                self.intern(Node::Read(symbol, id))
            }
            None => self.zero(),
        }
    }

    /// The access with constant subscripts brought inside by their boundary rules, so that one element has one
    /// access; `None` outside of a zero boundary.
    fn normalise(&self, symbol: Symbol, mut access: Access) -> Option<Access> {
        for (subscript, &n) in access.iter_mut().zip(&self.symbol(symbol).dims) {
            let Subscript::Affine { position, boundary } = subscript else { continue };
            let Some(k) = position.as_constant().filter(|_| *boundary != Boundary::Inside) else { continue };
            let inside = boundary.bring_inside(k, n)?;
            *subscript = Subscript::inside(Affine::constant(inside));
        }
        Some(access)
    }

    /// A scalar symbol.
    pub fn scalar(&mut self, symbol: Symbol) -> Expr {
        self.read(symbol, Access::new())
    }

    pub fn neg(&mut self, a: Expr) -> Expr {
        match self.node(a) {
            Node::Number(bits) => self.number(-f64::from_bits(bits)),
            Node::Neg(b) => b,
            Node::Binary(Binary::Sub, x, y) => self.sub(y, x),
            _ => self.intern(Node::Neg(a)),
        }
    }

    pub fn add(&mut self, a: Expr, b: Expr) -> Expr {
        if let Some(x) = self.fold(a, b, |x, y| x + y) {
            return x;
        }
        if self.is_zero(a) {
            return b;
        }
        if self.is_zero(b) {
            return a;
        }
        match (self.node(a), self.node(b)) {
            (_, Node::Neg(y)) => self.sub(a, y),
            (Node::Neg(x), _) => self.sub(b, x),
            (Node::Select(c, x, zx), Node::Select(d, y, zy))
                if c == d && self.is_zero(zx) && self.is_zero(zy) =>
            {
                let sum = self.add(x, y);
                self.select(c, sum, zx)
            }
            _ => {
                let (a, b) = (a.min(b), a.max(b));
                self.intern(Node::Binary(Binary::Add, a, b))
            }
        }
    }

    pub fn sub(&mut self, a: Expr, b: Expr) -> Expr {
        if let Some(x) = self.fold(a, b, |x, y| x - y) {
            return x;
        }
        if self.is_zero(a) {
            return self.neg(b);
        }
        if self.is_zero(b) {
            return a;
        }
        if a == b {
            return self.zero();
        }
        match self.node(b) {
            Node::Neg(y) => self.add(a, y),
            _ => self.intern(Node::Binary(Binary::Sub, a, b)),
        }
    }

    pub fn mul(&mut self, a: Expr, b: Expr) -> Expr {
        if let Some(x) = self.fold(a, b, |x, y| x * y) {
            return x;
        }
        if self.is_zero(a) || self.is_zero(b) {
            return self.zero();
        }
        if self.is_number(a, 1.0) {
            return b;
        }
        if self.is_number(b, 1.0) {
            return a;
        }
        if self.is_number(a, -1.0) {
            return self.neg(b);
        }
        if self.is_number(b, -1.0) {
            return self.neg(a);
        }
        match (self.node(a), self.node(b)) {
            (Node::Neg(x), Node::Neg(y)) => self.mul(x, y),
            (Node::Neg(x), _) => {
                let product = self.mul(x, b);
                self.neg(product)
            }
            (_, Node::Neg(y)) => {
                let product = self.mul(a, y);
                self.neg(product)
            }
            // The guard stays outside: an untaken branch must not turn 0·∞ into NaN.
            (Node::Select(c, x, z), _) if self.is_zero(z) => {
                let product = self.mul(x, b);
                self.select(c, product, z)
            }
            (_, Node::Select(c, x, z)) if self.is_zero(z) => {
                let product = self.mul(a, x);
                self.select(c, product, z)
            }
            (Node::Select(c, z, x), _) if self.is_zero(z) => {
                let product = self.mul(x, b);
                self.select(c, z, product)
            }
            (_, Node::Select(c, z, x)) if self.is_zero(z) => {
                let product = self.mul(a, x);
                self.select(c, z, product)
            }
            _ => match self.repeated_quotient(a, b).or_else(|| self.repeated_quotient(b, a)) {
                Some((quotient, ratio)) => self.mul(quotient, ratio),
                None => {
                    let (a, b) = (a.min(b), a.max(b));
                    self.intern(Node::Binary(Binary::Mul, a, b))
                }
            },
        }
    }

    /// (q/b)·y as q·(y/b), where q is a quotient by b itself: the derivative of x/b has this form, with y that of b. The
    /// ratio y/b is of moderate size where 1/b² is not a number any more.
    fn repeated_quotient(&mut self, a: Expr, y: Expr) -> Option<(Expr, Expr)> {
        let Node::Binary(Binary::Div, q, b) = self.node(a) else { return None };
        let is_quotient = |e: Expr| matches!(self.node(e), Node::Binary(Binary::Div, _, by) if by == b);
        if !is_quotient(q) || is_quotient(y) {
            return None;
        }
        Some((q, self.div(y, b)))
    }

    pub fn div(&mut self, a: Expr, b: Expr) -> Expr {
        if let Some(x) = self.fold(a, b, |x, y| x / y) {
            return x;
        }
        if self.is_number(b, 1.0) {
            return a;
        }
        if self.is_zero(a) {
            return a;
        }
        match (self.node(a), self.node(b)) {
            (Node::Neg(x), Node::Neg(y)) => self.div(x, y),
            (Node::Neg(x), _) => {
                let quotient = self.div(x, b);
                self.neg(quotient)
            }
            (_, Node::Number(bits)) if is_power_of_two(f64::from_bits(bits)) => {
                let reciprocal = self.number(1.0 / f64::from_bits(bits));
                self.mul(a, reciprocal)
            }
            (Node::Select(c, x, z), _) if self.is_zero(z) => {
                let quotient = self.div(x, b);
                self.select(c, quotient, z)
            }
            (Node::Select(c, z, x), _) if self.is_zero(z) => {
                let quotient = self.div(x, b);
                self.select(c, z, quotient)
            }
            _ => self.intern(Node::Binary(Binary::Div, a, b)),
        }
    }

    /// `a^b`. A numeric exponent stays a node: the lowering expands it, and its derivative is `b·a^(b−1)`.
    pub fn pow(&mut self, a: Expr, b: Expr) -> Expr {
        if self.is_zero(b) {
            return self.one();
        }
        if self.is_number(b, 1.0) {
            return a;
        }
        if let (Some(x), Some(y)) = (self.as_number(a), self.as_number(b)) {
            if let Some(z) = self.evaluate_native("pow", &[x, y]) {
                return self.number(z);
            }
        }
        self.intern(Node::Binary(Binary::Pow, a, b))
    }

    /// A comparison or a logical connective of truth values.
    pub fn compare(&mut self, op: Binary, a: Expr, b: Expr) -> Expr {
        let truth = |x: bool| if x { 1.0 } else { 0.0 };
        let folded = match op {
            Binary::Less => self.fold(a, b, |x, y| truth(x < y)),
            Binary::LessEqual => self.fold(a, b, |x, y| truth(x <= y)),
            Binary::Equal => self.fold(a, b, |x, y| truth(x == y)),
            Binary::NotEqual => self.fold(a, b, |x, y| truth(x != y)),
            Binary::And => return self.and(a, b),
            Binary::Or => return self.or(a, b),
            _ => unreachable!("{op:?} is no comparison"),
        };
        folded.unwrap_or_else(|| self.intern(Node::Binary(op, a, b)))
    }

    pub fn and(&mut self, a: Expr, b: Expr) -> Expr {
        match (self.as_number(a), self.as_number(b)) {
            (Some(0.0), _) => a,
            (_, Some(0.0)) => b,
            (Some(_), _) => b,
            (_, Some(_)) => a,
            _ if a == b => a,
            _ => self.intern(Node::Binary(Binary::And, a, b)),
        }
    }

    pub fn or(&mut self, a: Expr, b: Expr) -> Expr {
        match (self.as_number(a), self.as_number(b)) {
            (Some(0.0), _) => b,
            (_, Some(0.0)) => a,
            (Some(_), _) => a,
            (_, Some(_)) => b,
            _ if a == b => a,
            _ => self.intern(Node::Binary(Binary::Or, a, b)),
        }
    }

    pub fn not(&mut self, a: Expr) -> Expr {
        match self.node(a) {
            Node::Number(bits) => self.number(if f64::from_bits(bits) == 0.0 { 1.0 } else { 0.0 }),
            Node::Not(b) => b,
            _ => self.intern(Node::Not(a)),
        }
    }

    pub fn select(&mut self, condition: Expr, a: Expr, b: Expr) -> Expr {
        match self.node(condition) {
            Node::Number(bits) if f64::from_bits(bits) == 0.0 => b,
            Node::Number(_) => a,
            _ if a == b => a,
            Node::Not(c) => self.select(c, b, a),
            _ => self.intern(Node::Select(condition, a, b)),
        }
    }

    pub fn call(&mut self, f: Function, arguments: &[Expr]) -> Expr {
        debug_assert_eq!(arguments.len(), self.function(f).arity, "arguments of {}", self.function(f).name);
        let numbers: Option<SmallVec<[f64; 3]>> = arguments.iter().map(|&a| self.as_number(a)).collect();
        if let Some(numbers) = numbers {
            let name = self.function(f).name.clone();
            let native = self.function(f).meaning == super::expr::Meaning::Native;
            if let Some(value) = native.then(|| self.evaluate_native(&name, &numbers)).flatten() {
                return self.number(value);
            }
        }
        let id = self.intern_arguments(Arguments::from_slice(arguments));
        self.intern(Node::Call(f, id))
    }

    /// A reduction of `body` over `var`, which must be fresh and occurs nowhere else.
    pub fn reduce(&mut self, op: Reduction, var: Var, range: Range, body: Expr) -> Expr {
        if range.is_empty() {
            return self.number(op.identity());
        }
        if op == Reduction::Sum && self.is_zero(body) {
            return body;
        }
        if range.len() == 1 {
            return self.replace_var(body, var, &Affine::constant(range.start));
        }
        if !self.mentions(body, var) {
            return match op {
                Reduction::Sum => {
                    let n = self.number(range.len() as f64);
                    self.mul(n, body)
                }
                Reduction::Product => {
                    let n = self.number(range.len() as f64);
                    self.pow(body, n)
                }
                Reduction::Min | Reduction::Max => body,
            };
        }
        let height = self.height(body);
        let body = self.bind(body, var, height);
        self.intern(Node::Reduce { op, height, range, body })
    }

    /// Whether the variable occurs in the expression.
    pub fn mentions(&self, e: Expr, var: Var) -> bool {
        self.reachable(e, true).into_iter().any(|n| match self.node(n) {
            Node::Index(affine) => self.affine(affine).coefficient(var) != 0,
            Node::Read(_, access) => {
                self.access(access).iter().flat_map(Subscript::affines).any(|a| a.coefficient(var) != 0)
            }
            _ => false,
        })
    }

    pub fn is_zero(&self, e: Expr) -> bool {
        self.as_number(e) == Some(0.0)
    }

    pub fn is_number(&self, e: Expr, x: f64) -> bool {
        self.as_number(e) == Some(x)
    }

    fn fold(&mut self, a: Expr, b: Expr, f: impl Fn(f64, f64) -> f64) -> Option<Expr> {
        let value = f(self.as_number(a)?, self.as_number(b)?);
        Some(self.number(value))
    }
}

impl Reduction {
    /// The value over no elements.
    pub fn identity(self) -> f64 {
        match self {
            Reduction::Sum => 0.0,
            Reduction::Product => 1.0,
            Reduction::Min => f64::INFINITY,
            Reduction::Max => f64::NEG_INFINITY,
        }
    }
}

/// Whether dividing by x and multiplying by 1/x round alike.
fn is_power_of_two(x: f64) -> bool {
    x.is_normal() && (1.0 / x).is_normal() && x.to_bits() & 0x000f_ffff_ffff_ffff == 0
}
