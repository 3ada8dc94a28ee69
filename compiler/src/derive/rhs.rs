//! f and what is computed like it: constants, initial values, mass, conditions, observables.

use crate::algebra::{Expr, Range, Symbol, own_access};
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
        // They are what is made here, so there are none to read.
        routine.inputs[5].len = 0;
        routine.outputs.push(Slot::new(Role::Result, self.constants.len));
        self.constants.place(Buffer::Output(0), &mut routine.places);
        routine.body = assignments(&self.constant);
        routine
    }

    /// Expressions over axes, one after the other in the result; with the definitions they need.
    pub fn observe(&mut self, name: &str, expressions: &[(Vec<Range>, Expr)]) -> Routine {
        self.summarise(name, expressions, &[])
    }

    /// The same for expressions that read statistics besides. These are one more input, where there are any.
    pub fn summarise(
        &mut self,
        name: &str,
        expressions: &[(Vec<Range>, Expr)],
        statistics: &[Symbol],
    ) -> Routine {
        let mut routine = self.routine(name);
        if !statistics.is_empty() {
            let (buffer, mut len) = (Buffer::Input(routine.inputs.len() as u32), 0);
            for &symbol in statistics {
                let info = self.model.algebra.symbol(symbol);
                routine.places.insert(symbol, Place::new(buffer, len, &info.dims));
                len += info.len();
            }
            routine.inputs.push(Slot::new(Role::Statistics, len));
        }
        let mut body = Vec::new();
        let mut offset = 0;
        for (axes, e) in expressions {
            let value = self.expand_observed(*e);
            let dims: Vec<u64> = axes.iter().map(|r| r.len()).collect();
            let symbol = self.algebra().declare("observable", &dims);
            routine.places.insert(symbol, Place::new(Buffer::Output(0), offset, &dims));
            offset += dims.iter().product::<u64>();
            let target = own_access(axes);
            body.push(Assignment { symbol, axes: axes.clone(), target, value, write: Write::Set });
        }
        routine.outputs.push(Slot::new(Role::Result, offset));
        routine.body = self.observed_definitions(&body);
        routine.body.extend(body);
        routine
    }

    /// The definitions that observed values need and that are not filled in.
    pub(super) fn observed_definitions(&self, body: &[Assignment]) -> Vec<Assignment> {
        let values = body.iter().map(|a| a.value);
        assignments(&super::system::needed(&self.model.algebra, &self.observed, values))
    }
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
