//! What is known before a solve begins: default values, initial values, the mass matrix.

use crate::algebra::{Expr, Range};
use crate::check::model::{Constraint, Kind, Piece};
use crate::emit::kernel::{Buffer, Role, Slot, Write};
use crate::emit::routine::{Assignment, Place, Routine};

use super::jacobian::Jacobian;
use super::system::{Layout, Row, System};
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

    /// Rows for the constraints that hold at t0 alone.
    pub(super) fn add_initial_rows(&mut self) {
        for Constraint { axes, residual, span } in std::mem::take(&mut self.model.initial_constraints) {
            let value = self.expand_observed(residual);
            let dims: Vec<u64> = axes.iter().map(|r| r.len()).collect();
            let symbol = self.algebra().declare("init", &dims);
            self.initial_results.push(&self.model.algebra, "init", symbol, &[]);
            let target = own_access(&axes);
            self.initial_rows.push(Row { axes: axes.clone(), symbol, target, value, span });
            self.model.initial_constraints.push(Constraint { axes, residual, span });
        }
    }

    /// What the constraints at t0 leave, in the order of `System::initial_results`.
    pub fn initial_residuals(&mut self) -> Routine {
        let mut routine = self.routine("initial_residuals");
        routine.outputs.push(Slot::new(Role::Result, self.initial_results.len));
        self.initial_results.place(Buffer::Output(0), &mut routine.places);
        let assignment = |row: &Row| Assignment {
            symbol: row.symbol,
            axes: row.axes.clone(),
            target: row.target.clone(),
            value: row.value,
            write: Write::Set,
        };
        let body: Vec<Assignment> = self.initial_rows.iter().map(assignment).collect();
        routine.body = self.observed_definitions(&body);
        routine.body.extend(body);
        routine
    }

    /// The derivatives of the constraints at t0 by the unknowns, for `System::pattern` and `System::sparse_jacobian`.
    pub fn initial_jacobian(&mut self) -> Jacobian {
        let rows = self.initial_rows.clone();
        let values = rows.iter().map(|row| row.value);
        let stored = super::system::needed(&self.model.algebra, &self.observed, values);
        self.jacobian_of(&rows, &stored)
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
