//! Root functions of the switches, the modes they give, and how fast what repeats in them goes.

use crate::algebra::{Algebra, Expr, Node, Range};
use crate::emit::routine::Routine;

use super::jump::Shape;
use super::system::{Mode, System, Timing};

impl System {
    /// The root functions of the switches of one timing, in the order of the modes.
    pub fn roots(&mut self, timing: Timing) -> Routine {
        let roots = self.of_modes(timing, |m| m.root);
        self.observe("roots", &roots)
    }

    /// The modes of one timing as they stand: truths, 1 or 0, and integers.
    pub fn conditions(&mut self, timing: Timing) -> Routine {
        let modes = self.of_modes(timing, |m| m.condition);
        self.observe("conditions", &modes)
    }

    /// The shape of each element of the modes of one timing.
    pub fn shapes(&self, timing: Timing) -> Vec<Shape> {
        let modes = self.switches.iter().filter(|m| m.timing == timing);
        modes.flat_map(|m| std::iter::repeat_n(m.shape, m.len())).collect()
    }

    /// For each element of the timed modes, whether its root function is linear in time.
    pub fn linear_conditions(&self) -> Vec<bool> {
        let timed = self.switches.iter().filter(|m| m.timing == Timing::Timed);
        timed.flat_map(|m| std::iter::repeat_n(m.linear, m.len())).collect()
    }

    /// What goes round in the timed root functions that are not linear in time, in turns: the arguments of `sin`, `cos` and `tan`
    /// over 2π, and those of calls that jump. Between two times at which they differ by a small part of a turn, the functions are smooth.
    pub fn turns(&mut self) -> Routine {
        let linear: Vec<bool> = self.switches.iter().map(|m| m.linear).collect();
        let roots = self.of_modes(Timing::Timed, |m| m.root).into_iter();
        let timed = self.switches.iter().zip(linear).filter(|(m, _)| m.timing == Timing::Timed);
        let curved: Vec<bool> = timed.map(|(_, linear)| !linear).collect();
        let roots = roots.zip(curved).filter(|(_, curved)| *curved);
        let mut expressions: Vec<(Vec<Range>, Expr)> = roots.map(|(root, _)| root).collect();
        let definitions =
            super::system::needed(&self.model.algebra, &self.observed, expressions.iter().map(|e| e.1));
        expressions.extend(definitions.into_iter().map(|d| (d.axes, d.value)));
        let mut turns = Vec::new();
        for (axes, e) in expressions {
            for turn in turns_of(self.algebra(), e) {
                turns.push((axes.clone(), turn));
            }
        }
        self.observe("turns", &turns)
    }

    fn of_modes(&self, timing: Timing, what: impl Fn(&Mode) -> Expr) -> Vec<(Vec<Range>, Expr)> {
        let modes = self.switches.iter().filter(|m| m.timing == timing);
        modes.map(|m| (m.axes.clone(), what(m))).collect()
    }
}

/// What goes round in one expression; the bodies of reductions are left out.
fn turns_of(algebra: &mut Algebra, e: Expr) -> Vec<Expr> {
    let mut turns = Vec::new();
    for n in algebra.reachable(e, false) {
        let Node::Call(f, arguments) = algebra.node(n) else { continue };
        let arguments = algebra.arguments(arguments).clone();
        let turn = match algebra.function(f).name.as_str() {
            "sin" | "cos" | "tan" => {
                let whole = algebra.number(std::f64::consts::TAU);
                algebra.div(arguments[0], whole)
            }
            "floor" | "ceil" | "round" => arguments[0],
            "mod" => algebra.div(arguments[0], arguments[1]),
            _ => continue,
        };
        turns.push(turn);
    }
    turns
}
