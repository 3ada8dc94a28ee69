//! The engine of diagonally implicit Runge–Kutta methods with an explicit first stage: one factorisation serves all stages of a step,
//! and the steps after it as long as Newton's iteration converges.
//!
//! The unknown of a stage is its increment z_i, with M z_i = h f(t + c_i h, g_i) and g_i = u + Σ a_ij z_j + γ z_i, so nothing cancels as
//! h goes to 0. The first increment is h u′ from the last stage of the step before: no inverse of M is needed, and rows of zeros in M
//! are algebraic equations of index 1. z = (u, u′); `Record::stages` holds z_1 … z_s, and after them, where the dynamics
//! says which part of f is stiff, the increments of the rest, which the explicit companion of the method advances.

mod part;
mod reverse;
mod stages;

use super::combine::add_sum;
use super::inexact;
use super::interior;
use super::newton::{Failed, Limits, Next, prepare};
use super::slope::{pull_slope, slope};
use super::{Method, NextSize, Record, Verdict, Work, witness};
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::tableau::{Diagonal, Filter};
use part::Implicit;
use stages::Progress;

/// A Jacobian is made anew after a step whose corrections shrank by less than this factor.
const SLOW: f64 = 0.1;

/// With the rate θ ∝ h the next step converges at this rate at the slowest (Gustafsson and Söderlind, SIAM J. Sci. Comput. 18 (1997)).
const WANTED: f64 = 0.4;

/// The most accepted steps that a Jacobian serves.
const OLDEST: u32 = 20;

/// Up to this many unknowns a Jacobian and its factors cost less than the corrections that old ones take more.
const SMALL: usize = 16;

/// A method of one tableau.
pub struct Esdirk {
    pub tableau: &'static Diagonal,
}

impl Esdirk {
    /// The shift w = 1/(γh).
    fn shift(&self, h: f64) -> f64 {
        1.0 / (self.tableau.gamma * h)
    }

    /// How long a Jacobian and factors serve n unknowns.
    fn limits(n: usize) -> Limits {
        if n <= SMALL { Limits { oldest: 0, drift: 0.0 } } else { Limits { oldest: OLDEST, drift: 0.2 } }
    }

    /// All stages, once more from a fresh Jacobian where an old one does not converge; or what else becomes of the step.
    fn solve(
        &self,
        f: &Implicit,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Result<Progress, Failed> {
        loop {
            let failed = match prepare(f, at, record, self.shift(at.h), &Self::limits(record.n), work) {
                Err(singular) => Failed::from(singular),
                Ok(()) => match self.stages(f, at, scale, record, work) {
                    (Next::Converged, progress) => return Ok(progress),
                    (Next::NotFinite, _) => Failed::NotFinite,
                    _ => Failed::Slow,
                },
            };
            if !(work.reuse.retry(at.t) || work.turn_to_factors()) {
                return Err(failed);
            }
        }
    }

    /// u1 and u′ there, from the stages.
    fn finish(&self, f: &Implicit, h: f64, record: &mut Record) {
        let (n, s) = (record.n, self.tableau.stages());
        let (u1, k) = record.next.split_at_mut(n);
        u1.copy_from_slice(&record.z[..n]);
        for part in record.stages.chunks_exact((s * n).max(1)).take(f.parts()) {
            add_sum(1.0, self.tableau.a[s - 2], part, u1);
            add_sum(self.tableau.gamma, &[1.0], &part[(s - 1) * n..], u1);
        }
        k.fill(0.0);
        for part in record.stages.chunks_exact((s * n).max(1)).take(f.parts()) {
            add_sum(1.0 / h, &[1.0], &part[(s - 1) * n..], k);
        }
    }

    /// The scaled square of the error estimate, where the embedded method needs it by way of (I − hγJ)⁻¹
    /// (Hosea and Shampine, section 5; Hairer and Wanner, Solving ODEs II, IV.8).
    fn judge(&self, record: &Record, scale: &Scale, work: &mut Work) -> f64 {
        let n = record.n;
        let w = work.reuse.shift().expect("the stages were solved with factors");
        let (e, filtered) = work.scratch[..2 * n].split_at_mut(n);
        self.local_error(record, e);
        if self.tableau.filter == Filter::None {
            return scale.mean_square(e, record.u(), record.u1());
        }
        match work.shifted.as_ref().and_then(|shifted| shifted.mass()) {
            Some(mass) => {
                filtered.fill(0.0);
                mass.add_product(w, e, filtered);
            }
            None => (0..n).for_each(|i| filtered[i] = w * e[i]),
        }
        let mut scratch = std::mem::take(&mut work.scratch);
        let filtered = &mut scratch[n..2 * n];
        inexact::filter(scale, record.u(), record.u1(), filtered, work);
        let square = scale.mean_square(filtered, record.u(), record.u1());
        work.scratch = scratch;
        square
    }

    /// Keeps what an accepted step says about the Jacobian, and how much the next step may grow.
    fn learn(&self, at: &Interval, progress: &Progress, work: &mut Work) -> NextSize {
        let order = self.tableau.error_order;
        let fresh = work.reuse.is_fresh(at.t);
        work.reuse.accepted();
        if progress.slowest <= SLOW {
            return NextSize::Order(order);
        }
        work.reuse.drop_jacobian();
        // The rate of an old Jacobian says nothing about that of a new one.
        if fresh {
            NextSize::Capped { order, most: WANTED / progress.slowest }
        } else {
            NextSize::Order(order)
        }
    }
}

impl Method for Esdirk {
    fn error_order(&self) -> u32 {
        self.tableau.error_order
    }

    fn is_implicit(&self) -> bool {
        true
    }

    fn memory(&self, n: usize) -> usize {
        2 * n
    }

    fn record(&self, n: usize) -> Record {
        let parts = if self.tableau.explicit.is_some() { 2 } else { 1 };
        let (memory, stages) = (vec![0.0; 2 * n], vec![0.0; parts * self.tableau.stages() * n]);
        Record { n, z: memory.clone(), next: memory, stages, ..Record::default() }
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work::inexact(f, 5 * f.dim())
    }

    fn start(&self, f: &dyn Dynamics, at: &Interval, z: &mut [f64], work: &mut Work) {
        let (u, k) = z.split_at_mut(f.dim());
        if slope(f, at, u, k, work).is_err() {
            k.fill(f64::NAN);
        }
    }

    fn derivative<'a>(&self, n: usize, z: &'a [f64]) -> Option<&'a [f64]> {
        Some(&z[n..2 * n])
    }

    fn step(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Verdict {
        (record.t, record.h) = (at.t, at.h);
        let implicit = Implicit::of(f, self.tableau);
        self.begin(&implicit, at, record, work);
        let progress = match self.solve(&implicit, at, scale, record, work) {
            Ok(progress) => progress,
            Err(failed) => return failed.verdict(NextSize::Order(self.tableau.error_order)),
        };
        self.finish(&implicit, at.h, record);
        let mut square = self.judge(record, scale, work);
        // Beside the corrections of its stages the look costs little.
        if square <= 1.0 {
            square = square.max(interior::square(self, f, at, scale, record, work));
        }
        let next = if square <= 1.0 {
            self.learn(at, &progress, work)
        } else {
            NextSize::Order(self.tableau.error_order)
        };
        Verdict::Judged { square, next }
    }

    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        let s = self.tableau.stages();
        u.copy_from_slice(record.u());
        let weights = self.tableau.dense.weights_at(θ);
        for part in record.stages.chunks_exact((s * record.n).max(1)) {
            add_sum(1.0, &weights[..s], part, u);
        }
    }

    fn local_error(&self, record: &Record, e: &mut [f64]) {
        e.fill(0.0);
        for part in record.stages.chunks_exact((self.tableau.stages() * record.n).max(1)) {
            add_sum(1.0, self.tableau.error, part, e);
        }
    }

    /// A linear system spreads a value that is not finite over all unknowns, so f is looked at again at the stages'
    /// arguments, and after it the Jacobian.
    fn not_finite(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)> {
        let argument = |i: usize, u: &mut [f64]| {
            self.argument(record, i, u);
            self.tableau.c[i]
        };
        witness::look(f, at, record, u, self.tableau.c.len(), argument)
    }

    fn pull(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        cotangents: &[(f64, &[f64])],
        z̄: &mut [f64],
        p̄: &mut [f64],
        work: &mut Work,
    ) {
        self.pull_step(&Implicit::of(f, self.tableau), at, record, cotangents, z̄, p̄, work);
    }

    fn pull_start(&self, f: &dyn Dynamics, at: &Interval, z: &[f64], z̄: &mut [f64], p̄: &mut [f64]) {
        let (u, k) = z.split_at(f.dim());
        let (ū, k̄) = z̄.split_at_mut(f.dim());
        pull_slope(f, at, u, k, k̄, ū, p̄);
    }
}
