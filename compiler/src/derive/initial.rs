//! What is known before a solve begins: default values, initial values, the mass matrix.

use crate::algebra::{Expr, Range};
use crate::check::model::{Kind, Piece};
use crate::emit::kernel::{Buffer, Role, Slot, Write};
use crate::emit::routine::{Assignment, Place, Routine};

use super::system::{Layout, System};
use crate::algebra::own_access;

impl System {
    /// u at t0 from parameters, discrete variables and inputs; guesses for algebraic unknowns.
    pub fn initial(&mut self) -> Routine {
        self.values("initial", &self.unknowns.clone())
    }

    /// The declared values of the parameters, from the parameters themselves: one may be given in terms of others.
    pub fn defaults(&mut self) -> Routine {
        self.values("defaults", &self.parameters.clone())
    }

    /// The declared values of the discrete variables.
    pub fn initial_discrete(&mut self) -> Routine {
        self.values("initial_discrete", &self.discretes.clone())
    }

    /// The default values of the inputs.
    pub fn input_defaults(&mut self) -> Routine {
        self.values("input_defaults", &self.inputs.clone())
    }

    /// The pieces that give a layout's variables their values.
    fn values(&mut self, name: &str, layout: &Layout) -> Routine {
        let mut routine = self.routine(name);
        routine.outputs.push(Slot::new(Role::Result, layout.len));
        let mut body = Vec::new();
        for part in &layout.parts {
            let symbol = self.algebra().declare(format!("{}(t0)", part.name), &part.dims);
            routine.places.insert(symbol, Place::new(Buffer::Output(0), part.offset, &part.dims));
            let variable = self.model.variables.iter().find(|v| v.symbol == part.symbol);
            let hidden = self.hidden.iter().find(|h| h.symbol == part.symbol);
            let pieces: Vec<(Vec<Range>, crate::algebra::Access, Expr)> = variable
                .map(|v| pieces(&v.kind))
                .or(hidden.map(|h| &h.guess[..]))
                .unwrap_or_default()
                .iter()
                .map(|p| (p.axes.clone(), p.target.clone(), p.value))
                .collect();
            for (axes, target, value) in pieces {
                let value = self.expand_observed(value);
                body.push(Assignment { symbol, axes, target, value, write: Write::Set });
            }
        }
        routine.body = self.observed_definitions(&body);
        routine.body.extend(body);
        routine
    }

    /// The entries of the mass matrix that equations give, in the order of `System::mass_pattern`.
    pub fn mass_values(&mut self) -> Routine {
        let entries: Vec<(Vec<Range>, Expr)> =
            self.mass.iter().flatten().map(|m| (m.axes.clone(), m.value)).collect();
        self.observe("mass", &entries)
    }

    /// Row and column of every entry of `System::mass_values`.
    pub fn mass_pattern(&self) -> Vec<(u32, u32)> {
        let mut pattern = Vec::new();
        for entry in self.mass.iter().flatten() {
            let (row, column) = (self.result(entry.row.0), self.unknown(entry.column.0));
            super::jacobian::for_each_index(&entry.axes, &mut |indices| {
                pattern.push((
                    self.flat(row, &entry.row.1, indices) as u32,
                    self.flat(column, &entry.column.1, indices) as u32,
                ));
            });
        }
        pattern
    }

    /// An array's elements as they are, for `observe`.
    pub fn whole(&mut self, symbol: crate::algebra::Symbol) -> (Vec<Range>, Expr) {
        let axes: Vec<Range> =
            self.model.algebra.symbol(symbol).dims.iter().map(|&n| Range::new(0, n as i64)).collect();
        let value = self.algebra().read(symbol, own_access(&axes));
        (axes, value)
    }
}

fn pieces(kind: &Kind) -> &[Piece] {
    match kind {
        Kind::State { initial: pieces, .. }
        | Kind::Algebraic { guess: pieces }
        | Kind::Parameter { default: pieces, .. }
        | Kind::Discrete { initial: pieces, .. }
        | Kind::Input { default: pieces } => pieces,
        Kind::Weight { .. } | Kind::Definition | Kind::Noise { .. } => &[],
    }
}
