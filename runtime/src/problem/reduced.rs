//! A compiled model of higher index as a square system: the rows of a choice of states, its consistent beginning, and when the choice
//! has to change.
//!
//! The kernels compute all m rows: constraints with their derivatives, and the differential equation of every unknown. A choice
//! says which n of them are solved; another choice needs no new code (S. E. Mattsson and G. Söderlind, Index reduction in
//! differential-algebraic equations using dummy derivatives, SIAM J. Sci. Comput. 14 (1993) 677–692).

use std::cell::RefCell;

use nde_compiler::check::model::Kind;
use nde_compiler::derive::structure::{Computed, Structure};
use nde_compiler::program::{Missing, Purpose};

use super::{Compiled, Kernel};
use crate::dynamics::event::Events;
use crate::dynamics::mode::Shape;
use crate::dynamics::sensitivity::Sensitivities;
use crate::dynamics::{Dynamics, Facts, Held, Interval, Unmet};
use crate::linear::{Matrix, Pattern};

/// A choice is kept while its pivots are at least this part of the best ones.
const OUTGROWN: f64 = 0.1;

/// Newton steps towards a consistent beginning, and halvings of one.
const MOST_STEPS: usize = 100;
const MOST_HALVINGS: usize = 30;

/// All rows of a model of higher index.
pub struct Constrained<'c> {
    all: &'c Compiled,
    structure: Structure,
    /// The entries of the mass matrix that differ from those of the identity, by row and unknown.
    mass: Vec<(u32, u32, f64)>,
    /// Residuals of what `init` says, and their derivatives, row by row.
    initial: Option<(Kernel, Kernel)>,
    initial_rows: usize,
    /// Whether an unknown is given at the beginning, so that it keeps its value there.
    given: Vec<bool>,
}

/// What keeps a model of higher index from a consistent beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Unsatisfied {
    /// The row with the largest residual; those of `init` follow those of the system.
    pub row: usize,
    pub residual: f64,
    pub u: Vec<f64>,
}

/// The square system of one choice.
pub struct Reduced<'c> {
    of: &'c Constrained<'c>,
    chosen: Vec<Vec<u32>>,
    rows: Vec<u32>,
    mass: Matrix,
    algebraic: Vec<bool>,
    buffers: RefCell<Buffers>,
}

struct Buffers {
    rows: Vec<f64>,
    jacobian: Vec<f64>,
}

impl<'c> Constrained<'c> {
    /// The rows of a compiled model, if it is of higher index.
    ///
    /// # Errors
    /// A host function or a derivative is missing.
    pub fn new(all: &'c Compiled) -> Result<Option<Constrained<'c>>, Missing> {
        let program = all.program();
        let (structure, places, initial_rows, given) = {
            let system = program.system();
            let Some(structure) = system.structure.clone() else { return Ok(None) };
            let mut given = vec![false; system.dim() as usize];
            for variable in &system.model.variables {
                let is_given = matches!(variable.kind, Kind::State { .. })
                    && !system.model.unsaid.contains(&variable.symbol);
                if let Some(part) = system.unknowns.find(variable.symbol) {
                    given[part.offset as usize..(part.offset + part.len()) as usize].fill(is_given);
                }
            }
            (structure, system.mass_pattern(), system.initial_results.len as usize, given)
        };
        let mut entries = vec![0.0; places.len()];
        if !places.is_empty() {
            all.values.evaluate(&*program.kernel(Purpose::Mass)?, 0.0, &mut entries);
        }
        let mass = places.into_iter().zip(entries).map(|((i, j), m)| (i, j, m)).collect();
        let initial = match initial_rows {
            0 => None,
            _ => {
                let jacobian = program.kernel(Purpose::InitialJacobian(given.len() as u64))?;
                Some((Kernel::new(program.kernel(Purpose::InitialResiduals)?), Kernel::new(jacobian)))
            }
        };
        Ok(Some(Constrained { all, structure, mass, initial, initial_rows, given }))
    }

    /// How many rows there are.
    fn len(&self) -> usize {
        self.structure.rows.len()
    }

    /// The system of the choice that is best at a point.
    pub fn reduce(&self, at: &Interval, u: &[f64]) -> Reduced<'_> {
        let mut jacobian = vec![0.0; self.len() * u.len()];
        self.all.jacobian(at, at.t, u, &mut jacobian);
        let chosen = self.best(&jacobian);
        let rows = self.structure.select(&chosen);
        let n = u.len();
        let is_link = |&row: &u32| matches!(self.structure.rows[row as usize], Computed::Link { .. });
        let algebraic = rows.iter().map(|row| !is_link(row)).collect();
        let mut entries = vec![Vec::new(); n];
        for (position, &row) in rows.iter().enumerate() {
            let stated: Vec<(u32, f64)> =
                self.mass.iter().filter(|(i, ..)| *i == row).map(|&(_, j, m)| (j, m)).collect();
            match self.structure.rows[row as usize] {
                Computed::Link { unknown } if stated.is_empty() => entries[position].push((unknown, 1.0)),
                Computed::Link { .. } => entries[position].extend(stated),
                _ => {}
            }
        }
        let plain = entries.iter().enumerate().all(|(i, e)| e.iter().all(|&(j, _)| j as usize == i));
        let mass = match plain {
            true => Matrix::Diagonal(entries.iter().map(|e| e.iter().map(|(_, m)| m).sum()).collect()),
            false => {
                let mut values = vec![0.0; n * n];
                for (i, e) in entries.iter().enumerate() {
                    e.iter().for_each(|&(j, m)| values[i + j as usize * n] += m);
                }
                Matrix::Full { pattern: Pattern::Dense(n), values }
            }
        };
        let buffers = RefCell::new(Buffers { rows: vec![0.0; self.len()], jacobian });
        Reduced { of: self, chosen, rows, mass, algebraic, buffers }
    }

    /// For each level the candidates with the largest pivots of an elimination that searches all of them.
    fn best(&self, jacobian: &[f64]) -> Vec<Vec<u32>> {
        self.structure.levels.iter().map(|level| pivots(&self.block(level, jacobian)).0).collect()
    }

    /// The derivatives of a level's rows by its candidates.
    fn block(&self, level: &nde_compiler::derive::structure::Level, jacobian: &[f64]) -> Block {
        let m = self.len();
        let entry = |&row: &u32, &column: &u32| jacobian[row as usize + column as usize * m];
        let values =
            level.rows.iter().map(|row| level.candidates.iter().map(|column| entry(row, column)).collect());
        Block { candidates: level.candidates.clone(), values: values.collect() }
    }

    /// Changes what is free at the beginning (guesses, and derivatives that nobody gave) until every constraint, its derivatives,
    /// every algebraic equation and what `init` says hold: by Gauss and Newton, the smallest change that does it.
    ///
    /// # Errors
    /// The row that cannot be satisfied.
    pub fn begin(&self, at: &Interval, u: &mut [f64], tolerance: f64) -> Result<(), Unsatisfied> {
        self.meet(at, u, tolerance, &self.given, self.initial.as_ref())
    }

    /// As [`Constrained::begin`] after a jump, for what events have not assigned. What equations that still hold are made of stays as
    /// well, where that is possible: a push changes velocities, not positions.
    fn begin_again(
        &self,
        at: &Interval,
        u: &mut [f64],
        tolerance: f64,
        assigned: &[bool],
    ) -> Result<(), Unsatisfied> {
        let (m, n) = (self.len(), u.len());
        let (mut r, mut jacobian) = (vec![0.0; m], vec![0.0; m * n]);
        self.all.rhs(at, at.t, u, &mut r);
        self.all.jacobian(at, at.t, u, &mut jacobian);
        let most = 10.0 * tolerance * scale_of(u);
        let mut held = assigned.to_vec();
        for row in self.conditions().into_iter().filter(|&row| r[row].abs() <= most) {
            held.iter_mut().enumerate().for_each(|(j, held)| *held |= jacobian[row + j * m] != 0.0);
        }
        let mut near = u.to_vec();
        if self.meet(at, &mut near, tolerance, &held, None).is_ok() {
            u.copy_from_slice(&near);
            return Ok(());
        }
        near.copy_from_slice(u);
        self.meet(at, &mut near, tolerance, assigned, None)?;
        u.copy_from_slice(&near);
        Ok(())
    }

    /// The rows that are no differential equations.
    fn conditions(&self) -> Vec<usize> {
        let is_condition = |row: &usize| !matches!(self.structure.rows[*row], Computed::Link { .. });
        (0..self.len()).filter(is_condition).collect()
    }

    /// Changes unknowns that are not held until every condition is satisfied.
    fn meet(
        &self,
        at: &Interval,
        u: &mut [f64],
        tolerance: f64,
        held: &[bool],
        initial: Option<&(Kernel, Kernel)>,
    ) -> Result<(), Unsatisfied> {
        let rows = self.conditions();
        let free: Vec<usize> = (0..u.len()).filter(|&i| !held[i]).collect();
        let count = rows.len() + initial.map_or(0, |_| self.initial_rows);
        let residuals = |u: &[f64]| -> Vec<f64> {
            let mut all = vec![0.0; self.len()];
            self.all.rhs(at, at.t, u, &mut all);
            let mut r: Vec<f64> = rows.iter().map(|&row| all[row]).collect();
            r.resize(count, 0.0);
            if let Some((kernel, _)) = initial {
                self.all.call_at(kernel, at, u, &mut r[rows.len()..]);
            }
            r
        };
        let mut r = residuals(u);
        for _ in 0..MOST_STEPS {
            let size = norm(&r);
            if size == 0.0 {
                return Ok(());
            }
            let a = self.derivatives(at, u, &rows, &free, initial);
            let step = least_change(&a, count, free.len(), &r);
            let before: Vec<f64> = free.iter().map(|&j| u[j]).collect();
            let mut λ = 1.0;
            let mut lessened = false;
            for _ in 0..MOST_HALVINGS {
                free.iter().enumerate().for_each(|(k, &j)| u[j] = before[k] + λ * step[k]);
                let trial = residuals(u);
                if norm(&trial) < size {
                    (r, lessened) = (trial, true);
                    break;
                }
                λ *= 0.5;
            }
            if !lessened {
                free.iter().enumerate().for_each(|(k, &j)| u[j] = before[k]);
                break;
            }
        }
        let (worst, residual) =
            r.iter().enumerate().fold((0, 0.0), |w, (k, x)| if x.abs() > w.1 { (k, x.abs()) } else { w });
        if residual <= tolerance * scale_of(u) {
            return Ok(());
        }
        let row = if worst < rows.len() { rows[worst] } else { self.len() + worst - rows.len() };
        Err(Unsatisfied { row, residual: r[worst], u: u.to_vec() })
    }

    /// The derivatives of the rows that must hold by what is free, row by row.
    fn derivatives(
        &self,
        at: &Interval,
        u: &[f64],
        rows: &[usize],
        free: &[usize],
        initial: Option<&(Kernel, Kernel)>,
    ) -> Vec<f64> {
        let (m, n) = (self.len(), u.len());
        let mut all = vec![0.0; m * n];
        self.all.jacobian(at, at.t, u, &mut all);
        let mut a: Vec<f64> = {
            let all = &all;
            rows.iter().flat_map(|&row| free.iter().map(move |&j| all[row + j * m])).collect()
        };
        if let Some((_, kernel)) = initial {
            let count = self.initial_rows;
            let mut initial = vec![0.0; count * n];
            self.all.call_at(kernel, at, u, &mut initial);
            a.extend(
                (0..count)
                    .flat_map(|i| free.iter().map(move |j| (i, j)))
                    .map(|(i, j)| initial[i + j * count]),
            );
        }
        a
    }
}

/// Derivatives of constraints, a row for each, a column for each candidate.
struct Block {
    candidates: Vec<u32>,
    values: Vec<Vec<f64>>,
}

/// The candidates that an elimination takes, in the order of the rows, and the logarithm of the product of the pivots: each row, as
/// it is after those before it, takes the candidate of its largest entry, the row with the largest entries first.
fn pivots(block: &Block) -> (Vec<u32>, f64) {
    let (mut a, count) = (block.values.clone(), block.values.len());
    let mut taken: Vec<Option<usize>> = vec![None; count];
    let mut free = vec![true; block.candidates.len()];
    let mut product = 0.0;
    let largest = |row: &[f64], free: &[bool]| {
        let entries = row.iter().enumerate().filter(|(j, _)| free[*j]);
        entries
            .fold((0, -1.0), |best: (usize, f64), (j, x)| if x.abs() > best.1 { (j, x.abs()) } else { best })
    };
    let mut best: Vec<(usize, f64)> = a.iter().map(|row| largest(row, &free)).collect();
    for _ in 0..count {
        let open = (0..count).filter(|&i| taken[i].is_none());
        let Some(i) = open.max_by(|&i, &k| best[i].1.total_cmp(&best[k].1)) else { break };
        let (j, size) = best[i];
        product += size.max(0.0).ln();
        (taken[i], free[j]) = (Some(j), false);
        let pivot = std::mem::take(&mut a[i]);
        for k in (0..count).filter(|&k| taken[k].is_none()) {
            let factor = if size > 0.0 { a[k][j] / pivot[j] } else { 0.0 };
            if factor != 0.0 {
                a[k].iter_mut().zip(&pivot).for_each(|(x, p)| *x -= factor * p);
            }
            if factor != 0.0 || best[k].0 == j {
                best[k] = largest(&a[k], &free);
            }
        }
    }
    (taken.into_iter().map(|j| block.candidates[j.unwrap_or(0)]).collect(), product)
}

/// The logarithm of the determinant of the columns of these candidates.
fn determinant(block: &Block, chosen: &[u32]) -> f64 {
    let columns: Vec<usize> =
        chosen.iter().filter_map(|c| block.candidates.iter().position(|other| other == c)).collect();
    let values = block.values.iter().map(|row| columns.iter().map(|&j| row[j]).collect()).collect();
    pivots(&Block { candidates: chosen.to_vec(), values }).1
}

/// What residuals are small against.
fn scale_of(u: &[f64]) -> f64 {
    u.iter().fold(1.0, |m: f64, x| m.max(x.abs()))
}

fn norm(r: &[f64]) -> f64 {
    r.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// The smallest δ with A δ = −r, for A of rows that may depend on each other: by an orthogonal basis of them, the row that the basis
/// so far says least of next, its projections taken twice.
fn least_change(a: &[f64], rows: usize, columns: usize, r: &[f64]) -> Vec<f64> {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let mut left: Vec<Vec<f64>> = (0..rows).map(|i| a[i * columns..(i + 1) * columns].to_vec()).collect();
    let sizes: Vec<f64> = left.iter().map(|row| norm(row)).collect();
    let mut step = vec![0.0; columns];
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let mut taken = vec![false; rows];
    for _ in 0..rows.min(columns) {
        let part = |i: usize| if sizes[i] == 0.0 { 0.0 } else { norm(&left[i]) / sizes[i] };
        let Some(i) = (0..rows).filter(|&i| !taken[i]).max_by(|&i, &j| part(i).total_cmp(&part(j))) else {
            break;
        };
        // What remains of rows that say the same is rounding.
        if part(i) < 1e-10 {
            break;
        }
        taken[i] = true;
        let mut q = left[i].clone();
        for other in &basis {
            let along = dot(&q, other);
            q.iter_mut().zip(other).for_each(|(q, o)| *q -= along * o);
        }
        let size = norm(&q);
        q.iter_mut().for_each(|q| *q /= size);
        // The step so far serves the rows before; along q it is free to serve this one.
        let row = &a[i * columns..(i + 1) * columns];
        let along = (-r[i] - dot(row, &step)) / dot(row, &q);
        step.iter_mut().zip(&q).for_each(|(s, q)| *s += along * q);
        for (k, other) in left.iter_mut().enumerate() {
            if !taken[k] {
                let along = dot(other, &q);
                other.iter_mut().zip(&q).for_each(|(o, q)| *o -= along * q);
            }
        }
        basis.push(q);
    }
    step
}

impl Reduced<'_> {
    /// The row of the model that has the place of unknown `i`.
    pub fn row(&self, i: usize) -> usize {
        self.rows[i] as usize
    }

    fn gather(&self, compute: impl FnOnce(&mut [f64]), out: &mut [f64]) {
        let all = &mut self.buffers.borrow_mut().rows;
        compute(all);
        out.iter_mut().zip(&self.rows).for_each(|(out, &row)| *out = all[row as usize]);
    }

    fn scatter(&self, λ: &[f64]) -> Vec<f64> {
        let mut all = vec![0.0; self.of.len()];
        λ.iter().zip(&self.rows).for_each(|(λ, &row)| all[row as usize] += λ);
        all
    }
}

impl Dynamics for Reduced<'_> {
    fn dim(&self) -> usize {
        self.of.all.dim()
    }

    fn rhs(&self, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        self.gather(|all| self.of.all.rhs(at, t, u, all), du);
    }

    fn pattern(&self) -> Pattern {
        Pattern::Dense(self.dim())
    }

    fn jacobian(&self, at: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        let (m, n) = (self.of.len(), u.len());
        let all = &mut self.buffers.borrow_mut().jacobian;
        self.of.all.jacobian(at, t, u, all);
        for (i, &row) in self.rows.iter().enumerate() {
            (0..n).for_each(|j| values[i + j * n] = all[row as usize + j * m]);
        }
    }

    fn time_derivative(&self, at: &Interval, t: f64, u: &[f64], ft: &mut [f64]) {
        self.gather(|all| self.of.all.time_derivative(at, t, u, all), ft);
    }

    fn jvp(&self, at: &Interval, t: f64, u: &[f64], v: &[f64], jv: &mut [f64]) {
        self.gather(|all| self.of.all.jvp(at, t, u, v, all), jv);
    }

    fn vjp(&self, at: &Interval, t: f64, u: &[f64], λ: &[f64], ū: &mut [f64]) {
        self.of.all.vjp(at, t, u, &self.scatter(λ), ū);
    }

    fn parameter_count(&self) -> usize {
        self.of.all.parameter_count()
    }

    fn parameter_pullback(&self, at: &Interval, t: f64, u: &[f64], λ: &[f64], p̄: &mut [f64]) {
        self.of.all.parameter_pullback(at, t, u, &self.scatter(λ), p̄);
    }

    fn mass(&self) -> Option<&Matrix> {
        Some(&self.mass)
    }

    fn algebraic(&self) -> &[bool] {
        &self.algebraic
    }

    fn facts(&self) -> Facts {
        Facts { dim: self.dim(), has_mass: true, has_choice: true }
    }

    fn discrete(&self) -> &[f64] {
        self.of.all.discrete()
    }

    fn events(&self) -> Option<&dyn Events> {
        self.of.all.events()
    }

    fn sensitivities(&self) -> Option<&dyn Sensitivities> {
        self.of.all.sensitivities()
    }

    fn root_count(&self) -> usize {
        self.of.all.root_count()
    }

    fn switch_count(&self) -> usize {
        self.of.all.switch_count()
    }

    fn shapes(&self) -> Vec<Shape> {
        self.of.all.shapes()
    }

    fn roots(&self, at: &Interval, t: f64, u: &[f64], g: &mut [f64]) {
        self.of.all.roots(at, t, u, g);
    }

    fn truths(&self, at: &Interval, t: f64, u: &[f64], modes: &mut [f64]) {
        self.of.all.truths(at, t, u, modes);
    }

    fn timed_count(&self) -> usize {
        self.of.all.timed_count()
    }

    fn timed(&self, t: f64, modes: &mut [f64]) {
        self.of.all.timed(t, modes);
    }

    fn next_change(&self, t: f64, t1: f64) -> Option<f64> {
        self.of.all.next_change(t, t1)
    }

    fn stops(&self, t0: f64, t1: f64, stops: &mut Vec<f64>) {
        self.of.all.stops(t0, t1, stops);
    }

    fn next_point(&self, t: f64, t1: f64) -> f64 {
        self.of.all.next_point(t, t1)
    }

    fn reconcile(
        &self,
        at: &Interval,
        assigned: &[bool],
        tolerance: f64,
        u: &mut [f64],
    ) -> Result<(), Unmet> {
        let again = self.of.begin_again(at, u, tolerance, assigned);
        again.map_err(|unsatisfied| Unmet { row: unsatisfied.row, residual: unsatisfied.residual })
    }

    fn is_outgrown(&self, at: &Interval, t: f64, u: &[f64]) -> bool {
        let all = &mut self.buffers.borrow_mut().jacobian;
        self.of.all.jacobian(at, t, u, all);
        let levels = self.of.structure.levels.iter().zip(&self.chosen);
        levels.into_iter().any(|(level, chosen)| {
            let block = self.of.block(level, all);
            determinant(&block, chosen) < OUTGROWN.ln() + pivots(&block).1
        })
    }
}

/// The modes and discrete variables of a model at its beginning, for what is computed before a solver runs.
pub fn held_at_start<'h>(f: &'h Compiled, t: f64, u: &[f64], modes: &'h mut Vec<f64>) -> Held<'h> {
    modes.clear();
    modes.resize(f.root_count() + f.timed_count(), 0.0);
    let unread = modes.clone();
    let at = Interval { held: Held { modes: &unread, discrete: f.discrete() }, ..Interval::plain(t, 1.0) };
    let (state, timed) = modes.split_at_mut(f.root_count());
    f.truths(&at, t, u, state);
    f.timed(t, timed);
    Held { modes, discrete: f.discrete() }
}
