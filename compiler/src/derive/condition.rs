//! Root functions of the switches, and the modes they give.

use crate::algebra::{Binary, Expr, Range};
use crate::emit::routine::Routine;

use super::system::{System, Timing};

impl System {
    /// The root functions of the switches of one timing, in the order of the modes: positive while the mode is 1.
    pub fn roots(&mut self, timing: Timing) -> Routine {
        let roots: Vec<(Vec<Range>, Expr)> =
            self.switches.iter().filter(|m| m.timing == timing).map(|m| (m.axes.clone(), m.root)).collect();
        self.observe("roots", &roots)
    }

    /// The truth of the conditions of one timing, 1 or 0; of those that hold a table the number of the piece.
    pub fn conditions(&mut self, timing: Timing) -> Routine {
        let switches: Vec<_> = self
            .switches
            .iter()
            .filter(|m| m.timing == timing)
            .map(|m| (m.axes.clone(), m.condition, m.root, m.table))
            .collect();
        let truths = switches
            .into_iter()
            .map(|(axes, condition, root, table)| {
                let algebra = self.algebra();
                let truth = match algebra.node(condition) {
                    crate::algebra::Node::Binary(..) => condition,
                    _ if table.is_some() => condition,
                    // `step(x)` and `sign(x)` count as up at x = 0.
                    _ => {
                        let zero = algebra.zero();
                        algebra.compare(Binary::LessEqual, zero, root)
                    }
                };
                (axes, truth)
            })
            .collect::<Vec<_>>();
        self.observe("conditions", &truths)
    }
}
