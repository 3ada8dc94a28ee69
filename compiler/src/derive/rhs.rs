//! f and what is computed like it: constants, initial values, mass, conditions, observables.

use crate::algebra::{Expr, Range, Symbol};
use crate::emit::kernel::{Buffer, Role, Slot, Write};
use crate::emit::routine::{Assignment, Place, Routine};

use super::system::{Stored, System};

impl System {
    /// f: inputs as all share them; the result is the derivative of each state, then the residuals.
    pub fn rhs(&self) -> Routine {
        let mut routine = self.routine("rhs");
        routine.outputs.push(Slot::new(Role::Result, self.results.len));
        self.results.place(Buffer::Output(0), &mut routine.places);
        routine.body = assignments(&self.stored);
        routine.body.extend(self.rows.iter().map(|row| Assignment {
            symbol: row.symbol,
            axes: row.axes.clone(),
            target: row.target.clone(),
            value: row.value,
            write: Write::Set,
        }));
        routine
    }

    /// The arrays of constants, from nothing.
    pub fn constants(&self) -> Routine {
        let mut routine = self.routine("constants");
        routine.outputs.push(Slot::new(Role::Result, self.constants.len));
        self.constants.place(Buffer::Output(0), &mut routine.places);
        routine.body = assignments(&self.constant);
        routine
    }

    /// Expressions over axes, one after the other in the result; with the definitions they need.
    pub fn observe(&mut self, name: &str, expressions: &[(Vec<Range>, Expr)]) -> Routine {
        let mut routine = self.routine(name);
        routine.body = assignments(&self.stored);
        let mut offset = 0;
        for (axes, e) in expressions {
            let value = self.expand(*e);
            let dims: Vec<u64> = axes.iter().map(|r| r.len()).collect();
            let symbol = self.algebra().declare("observable", &dims);
            routine.places.insert(symbol, Place::new(Buffer::Output(0), offset, &dims));
            offset += dims.iter().product::<u64>();
            routine.body.push(Assignment {
                symbol,
                axes: axes.clone(),
                target: own_access(axes),
                value,
                write: Write::Set,
            });
        }
        routine.outputs.push(Slot::new(Role::Result, offset));
        prune(self, &mut routine);
        routine
    }

    /// The definitions among `stored` that the symbols need.
    pub(super) fn needed(&self, roots: impl IntoIterator<Item = Expr>) -> Vec<Stored> {
        let mut wanted: Vec<Symbol> = Vec::new();
        let mut pending: Vec<Expr> = roots.into_iter().collect();
        while let Some(e) = pending.pop() {
            for n in self.model.algebra.reachable(e, true) {
                if let crate::algebra::Node::Read(symbol, _) = self.model.algebra.node(n) {
                    if !wanted.contains(&symbol) {
                        wanted.push(symbol);
                        pending.extend(self.stored.iter().filter(|s| s.symbol == symbol).map(|s| s.value));
                    }
                }
            }
        }
        self.stored.iter().filter(|s| wanted.contains(&s.symbol)).cloned().collect()
    }
}

/// Leaves out the stored definitions that nothing else in the routine reads.
fn prune(system: &System, routine: &mut Routine) {
    let is_stored = |s: Symbol| system.stored.iter().any(|d| d.symbol == s);
    let roots = routine.body.iter().filter(|a| !is_stored(a.symbol)).map(|a| a.value);
    let needed = system.needed(roots);
    routine.body.retain(|a| !is_stored(a.symbol) || needed.iter().any(|d| d.symbol == a.symbol));
}

pub(super) fn assignments(stored: &[Stored]) -> Vec<Assignment> {
    stored
        .iter()
        .map(|s| Assignment {
            symbol: s.symbol,
            axes: s.axes.clone(),
            target: s.target.clone(),
            value: s.value,
            write: Write::Set,
        })
        .collect()
}

/// The access of an array over its own axes.
pub(super) fn own_access(axes: &[Range]) -> crate::algebra::Access {
    use crate::algebra::{Affine, Subscript, Var};
    axes.iter()
        .enumerate()
        .map(|(k, r)| Subscript::inside(Affine::var(Var::Axis(k as u32)).shift(-r.start)))
        .collect()
}
