//! Jumps: what is held of a comparison or a jumping call within a step, and its value in terms of that.
//!
//! `floor(a)` is held as the integer k with k ≤ a ≤ k + 1, and the others in terms of it:
//! ⌈a⌉ = −⌊−a⌋, round(a) = ⌊a + ½⌋ beside its ties, mod(a, b) = a − b ⌊a/b⌋.

use crate::algebra::{Algebra, Binary, Expr, Function, Node};
use crate::check::function_table::JUMPING;
use crate::check::model::Model;

/// What kind of number a mode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// 1 or 0. The root function is positive while it is 1, negative while it is 0.
    Truth,
    /// An integer k. The root function is between k and k + 1 while it is held.
    Level,
}

/// What jumps, and by what it is known when.
pub(super) struct Held {
    pub shape: Shape,
    pub root: Expr,
    /// The mode as it stands: a truth, or an integer.
    pub mode: Expr,
    jump: Jump,
}

#[derive(Clone, Copy)]
enum Jump {
    /// A comparison, `step`, `floor` or `round`: the mode itself.
    Mode,
    /// `sign`: from −1 to 1.
    Sign,
    /// `ceil`: the negative of the mode.
    Negative,
    /// `mod(a, b)`.
    Remainder(Expr, Expr),
}

impl Held {
    /// A truth whose root function is given.
    pub fn truth(condition: Expr, root: Expr) -> Held {
        Held { shape: Shape::Truth, root, mode: condition, jump: Jump::Mode }
    }

    /// How a condition is held; `None` where it is no jump that can be.
    pub fn of(model: &mut Model, condition: Expr) -> Option<Held> {
        let algebra = &mut model.algebra;
        let (f, arguments) = match algebra.node(condition) {
            Node::Binary(Binary::Less | Binary::LessEqual, a, b) => {
                let root = algebra.sub(b, a);
                return Some(Held::truth(condition, root));
            }
            Node::Call(f, arguments) => (f, algebra.arguments(arguments).clone()),
            _ => return None,
        };
        let a = arguments[0];
        let (shape, root, mode, jump) = match algebra.function(f).name.as_str() {
            "step" => (Shape::Truth, a, upward(algebra, a), Jump::Mode),
            "sign" => (Shape::Truth, a, upward(algebra, a), Jump::Sign),
            "floor" => (Shape::Level, a, condition, Jump::Mode),
            "ceil" => (Shape::Level, algebra.neg(a), algebra.neg(condition), Jump::Negative),
            "round" => {
                let half = algebra.number(0.5);
                (Shape::Level, algebra.add(a, half), condition, Jump::Mode)
            }
            "mod" => {
                let (floor, b) = (floor_of(algebra, f)?, arguments[1]);
                let root = algebra.div(a, b);
                (Shape::Level, root, algebra.call(floor, &[root]), Jump::Remainder(a, b))
            }
            _ => return None,
        };
        Some(Held { shape, root, mode, jump })
    }

    /// The condition in terms of a read of its mode.
    pub fn value(&self, algebra: &mut Algebra, read: Expr) -> Expr {
        match self.jump {
            Jump::Mode => read,
            Jump::Sign => {
                let (two, one) = (algebra.number(2.0), algebra.one());
                let doubled = algebra.mul(two, read);
                algebra.sub(doubled, one)
            }
            Jump::Negative => algebra.neg(read),
            Jump::Remainder(a, b) => {
                let whole = algebra.mul(b, read);
                algebra.sub(a, whole)
            }
        }
    }
}

/// `step(x)` and `sign(x)` count as up at x = 0.
fn upward(algebra: &mut Algebra, x: Expr) -> Expr {
    let zero = algebra.zero();
    algebra.compare(Binary::LessEqual, zero, x)
}

/// `floor` as the derivative of `mod` calls it, so that rows which read this derivative find the same node.
fn floor_of(algebra: &Algebra, remainder: Function) -> Option<Function> {
    let by_divisor = algebra.function(remainder).derivative.get(1).copied().flatten()?;
    algebra.reachable(by_divisor, true).into_iter().find_map(|n| match algebra.node(n) {
        Node::Call(f, _) if algebra.function(f).name == "floor" => Some(f),
        _ => None,
    })
}

/// Whether an expression jumps without a comparison.
pub(super) fn jumps(algebra: &Algebra, e: Expr) -> bool {
    let jumping = |n: Expr| match algebra.node(n) {
        Node::Call(f, _) => JUMPING.contains(&algebra.function(f).name.as_str()),
        _ => false,
    };
    algebra.reachable(e, true).into_iter().any(jumping)
}
