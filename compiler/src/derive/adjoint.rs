//! Pullbacks of f: ū += (∂f/∂u)ᵀλ and p̄ += (∂f/∂p)ᵀλ, through the stored definitions in reverse.

use rustc_hash::FxHashMap;

use crate::algebra::differentiate::{Differentiator, Partial};
use crate::algebra::{
    Access, Affine, Binary, Boundary, Expr, Function, Range, Reduction, Subscript, Symbol, Var,
};
use crate::emit::kernel::{Buffer, Role, Slot, Write};
use crate::emit::routine::{Assignment, Place, Routine};

use super::system::{Layout, System};
use super::tape::Slope;
use crate::algebra::own_access;

/// What cotangents are wanted of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    State,
    Parameters,
    Both,
}

/// Where the intermediates of the forward kernel come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intermediates {
    Recompute,
    /// From the tape that `System::taped_rhs` left.
    Tape,
}

impl System {
    /// The pullback: cotangents are added to the outputs.
    pub fn pullback(&mut self, wanted: Wanted, intermediates: Intermediates) -> (Routine, Vec<Function>) {
        let (mut routine, missing) = self.pullback_body(wanted, intermediates);
        if intermediates == Intermediates::Tape {
            let tape = self.tape();
            let input = Buffer::Input(routine.inputs.len() as u32);
            routine.inputs.push(Slot::new(Role::Tape, tape.len));
            tape.place(input, &mut routine.places);
        }
        (routine, missing)
    }

    /// The pullback, before the tape has a place.
    pub(super) fn pullback_body(
        &mut self,
        wanted: Wanted,
        intermediates: Intermediates,
    ) -> (Routine, Vec<Function>) {
        let mut routine = self.routine("pullback");
        let seed = Buffer::Input(routine.inputs.len() as u32);
        routine.inputs.push(Slot::new(Role::Cotangent, self.results.len));
        let mut cotangents: FxHashMap<Symbol, Symbol> = FxHashMap::default();
        let (results, unknowns, parameters) =
            (self.results.clone(), self.unknowns.clone(), self.parameters.clone());
        self.declare_cotangents(&results, seed, &mut routine, &mut cotangents);
        if wanted != Wanted::Parameters {
            let buffer = Buffer::Output(routine.outputs.len() as u32);
            routine.outputs.push(Slot::new(Role::StateCotangent, unknowns.len));
            self.declare_cotangents(&unknowns, buffer, &mut routine, &mut cotangents);
        }
        if wanted != Wanted::State {
            let buffer = Buffer::Output(routine.outputs.len() as u32);
            routine.outputs.push(Slot::new(Role::ParameterCotangent, parameters.len));
            self.declare_cotangents(&parameters, buffer, &mut routine, &mut cotangents);
        }
        if intermediates == Intermediates::Recompute {
            let slopes = self.slopes();
            routine.body = self.forward(&slopes);
        }
        let mut missing = Vec::new();
        self.pull_all(&mut routine, &mut cotangents, &mut missing);
        self.keep_needed(&mut routine);
        (routine, missing)
    }

    /// Rows in order, then the stored definitions in reverse; each adds to the cotangents of what it reads.
    fn pull_all(
        &mut self,
        routine: &mut Routine,
        cotangents: &mut FxHashMap<Symbol, Symbol>,
        missing: &mut Vec<Function>,
    ) {
        let zero = self.algebra().zero();
        for s in self.stored.clone() {
            if cotangents.contains_key(&s.symbol) {
                continue;
            }
            let info = self.model.algebra.symbol(s.symbol).clone();
            let symbol = self.algebra().declare(format!("{}̄", info.name), &info.dims);
            cotangents.insert(s.symbol, symbol);
            let axes: Vec<Range> = info.dims.iter().map(|&n| Range::new(0, n as i64)).collect();
            let target = own_access(&axes);
            routine.body.push(Assignment { symbol, axes, target, value: zero, write: Write::Set });
        }
        for row in self.rows.clone() {
            let seed = self.algebra().read(cotangents[&row.symbol], row.target.clone());
            self.pull(row.value, seed, &row.axes, routine, cotangents, missing);
        }
        let slopes = self.slopes();
        for (k, s) in self.stored.clone().into_iter().enumerate().rev() {
            let seed = self.algebra().read(cotangents[&s.symbol], s.target.clone());
            if let Some(Slope { stored, argument: (symbol, access) }) = slopes.get(&k) {
                let algebra = self.algebra();
                let slope = algebra.read(stored.symbol, stored.target.clone());
                let value = algebra.mul(seed, slope);
                let partial =
                    Partial { symbol: *symbol, access: access.clone(), inner: Default::default(), value };
                if let Some(&cotangent) = cotangents.get(symbol) {
                    let assignment = self.accumulate(cotangent, &s.axes, partial);
                    routine.body.push(assignment);
                }
                continue;
            }
            self.pull(s.value, seed, &s.axes, routine, cotangents, missing);
        }
    }

    fn pull(
        &mut self,
        value: Expr,
        seed: Expr,
        axes: &[Range],
        routine: &mut Routine,
        cotangents: &FxHashMap<Symbol, Symbol>,
        missing: &mut Vec<Function>,
    ) {
        let mut differentiator = Differentiator::new(&mut self.model.algebra);
        let partials = differentiator.partials(value, seed, &|s| cotangents.contains_key(&s));
        missing.extend(differentiator.missing);
        for partial in partials {
            let symbol = cotangents[&partial.symbol];
            let assignment = self.accumulate(symbol, axes, partial);
            routine.body.push(assignment);
        }
    }

    /// `symbol[access] += value` over the axes and the inner indices.
    ///
    /// Where each dimension of the access is one index of its own, the loops are those of the target and the other
    /// indices are summed over (a gather); otherwise the loops are those of the source, and add one by one.
    fn accumulate(&mut self, symbol: Symbol, axes: &[Range], partial: Partial) -> Assignment {
        let indices: Vec<(Var, Range)> = axes
            .iter()
            .enumerate()
            .map(|(k, r)| (Var::Axis(k as u32), *r))
            .chain(partial.inner.iter().copied())
            .collect();
        let target_vars = projected(&partial.access);
        let (kept, summed): (Vec<_>, Vec<_>) = match &target_vars {
            Some(vars) => indices.iter().copied().partition(|(v, _)| vars.contains(v)),
            None => (indices.clone(), Vec::new()),
        };
        let algebra = &mut self.model.algebra;
        // All indices become fresh first: the axes of the result are numbered anew.
        let fresh: Vec<(Var, Affine)> =
            indices.iter().map(|(v, _)| (*v, Affine::var(algebra.fresh()))).collect();
        let new_var =
            |v: Var| fresh.iter().find(|(w, _)| *w == v).map(|(_, a)| a.terms[0].0).expect("an index");
        let mut value = algebra.replace_vars(partial.value, &fresh);
        for &(v, range) in &summed {
            value = algebra.reduce(Reduction::Sum, new_var(v), range, value);
        }
        let renaming: Vec<(Var, Affine)> = kept
            .iter()
            .enumerate()
            .map(|(k, (v, _))| (new_var(*v), Affine::var(Var::Axis(k as u32))))
            .collect();
        let value = algebra.replace_vars(value, &renaming);
        let map = |a: &Affine| {
            a.substitute(|v| match kept.iter().position(|(w, _)| *w == v) {
                Some(k) => Affine::var(Var::Axis(k as u32)),
                None => Affine::var(v),
            })
        };
        let mut target: Access = partial.access.iter().map(|s| s.map_affine(map)).collect();
        let value = self.guard_zero_boundary(symbol, &mut target, value);
        Assignment {
            symbol,
            axes: kept.into_iter().map(|(_, r)| r).collect(),
            target,
            value,
            write: Write::Add,
        }
    }

    /// Outside a zero boundary there is nothing to add to: the value is 0 there, and the place any that is inside.
    pub(super) fn guard_zero_boundary(
        &mut self,
        symbol: Symbol,
        target: &mut Access,
        mut value: Expr,
    ) -> Expr {
        let algebra = &mut self.model.algebra;
        let dims = algebra.symbol(symbol).dims.clone();
        for (subscript, n) in target.iter_mut().zip(dims) {
            let Subscript::Affine { position, boundary: boundary @ Boundary::Zero } = subscript else {
                continue;
            };
            *boundary = Boundary::Periodic;
            let (zero, end) = (algebra.zero(), algebra.number(n as f64));
            let position = algebra.index(position.clone());
            let not_below = algebra.compare(Binary::LessEqual, zero, position);
            let not_above = algebra.compare(Binary::Less, position, end);
            let inside = algebra.and(not_below, not_above);
            value = algebra.select(inside, value, zero);
        }
        value
    }

    fn declare_cotangents(
        &mut self,
        layout: &Layout,
        buffer: Buffer,
        routine: &mut Routine,
        cotangents: &mut FxHashMap<Symbol, Symbol>,
    ) {
        for part in &layout.parts {
            let symbol = self.algebra().declare(format!("{}̄", part.name), &part.dims);
            routine.places.insert(symbol, Place::new(buffer, part.offset, &part.dims));
            cotangents.insert(part.symbol, symbol);
        }
    }
}

/// The variable of each dimension, where each is one variable of its own, shifted at most.
fn projected(access: &Access) -> Option<Vec<Var>> {
    let mut vars = Vec::new();
    for subscript in access {
        let Subscript::Affine { position, boundary: Boundary::Inside } = subscript else { return None };
        match position.terms[..] {
            [] => {}
            [(var, 1)] if !vars.contains(&var) => vars.push(var),
            _ => return None,
        }
    }
    Some(vars)
}
