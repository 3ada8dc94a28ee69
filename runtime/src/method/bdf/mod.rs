//! Numerical differentiation formulas of orders 1 to 5, for stiff problems and index-1 equations, with a history of backward
//! differences at equal spacing.
//!
//! L. F. Shampine and M. W. Reichelt, The MATLAB ODE suite, SIAM J. Sci. Comput. 18 (1997) 1–22. A step of order k predicts
//! y⁰ = Σ_{j=0..k} D_j and solves M (Σ γ_j D_j + α_k d) = h f(t + h, y⁰ + d) for d by a simplified Newton iteration whose
//! factors of w M − J, w = α_k/h, serve while w drifts; its error is (κ_k γ_k + 1/(k + 1)) d. The history is the memory z.

mod choice;
mod history;
mod jump;
mod reverse;

use super::inexact::{self, Tangent};
use super::newton::{Failed, Judge, Limits, Next, prepare};
use super::slope::{pull_slope, slope};
use super::{Method, NextSize, Record, Verdict, Work, witness};
use crate::dynamics::{Dynamics, Interval, Scale};
use history::{MOST_ORDER, Past, Spacing, alpha, column, dense_weights, error_constant, respaced};

/// How long a Jacobian and its factors serve.
struct Policy {
    limits: Limits,
    /// An iteration that converged at a slower rate than this asks for a new Jacobian before the next step.
    slow: f64,
}

/// In a system of at most `SMALL` unknowns a factorisation costs a few corrections, in a larger one many.
const FEW: Policy = Policy { limits: Limits { oldest: 50, drift: 0.3 }, slow: 0.15 };
const MANY: Policy = Policy { limits: Limits { oldest: 50, drift: 0.5 }, slow: 0.4 };
const SMALL: usize = 32;

/// The most corrections of one iteration.
const CORRECTIONS: u32 = 4;

/// The part of the error test that the iteration may leave.
const LEFT: f64 = 0.2;

/// Spacings whose ratio differs from 1 by less are equal: sizes that differ by rounding.
const EQUAL: f64 = 1e-6;

/// After so many tries the history is no guide any more.
const PATIENCE: u32 = 3;

/// The formulas of the orders from `least` to `most`.
pub struct Bdf {
    pub least: usize,
    pub most: usize,
}

impl Bdf {
    /// All orders up to `most`, at most five.
    pub fn up_to(most: u32) -> Bdf {
        Bdf { least: 1, most: (most as usize).clamp(1, MOST_ORDER) }
    }

    /// The memory after steps of size h through these values of n unknowns, the last one first: enough of them for a step of order
    /// `least`.
    ///
    /// # Panics
    /// Where there are fewer than `least` + 1 values.
    pub fn past(&self, n: usize, h: f64, values: &[&[f64]]) -> Vec<f64> {
        assert!(values.len() > self.least, "order {} needs {} values", self.least, self.least + 1);
        let mut z = vec![0.0; history::memory(n)];
        let mut row: Vec<Vec<f64>> = values.iter().map(|value| value.to_vec()).collect();
        for j in 0..=self.least {
            z[j * n..(j + 1) * n].copy_from_slice(&row[0]);
            row = row.windows(2).map(|pair| (0..n).map(|i| pair[0][i] - pair[1][i]).collect()).collect();
        }
        Past { order: self.least, spacing: h, equal: 0, used: self.least }.store(n, &mut z);
        z
    }

    /// The order of the next step from a memory of n unknowns.
    pub fn order(&self, n: usize, z: &[f64]) -> usize {
        Past::of(n, z).order
    }

    /// The order, and the differences' own spacing where it is not that of the memory.
    fn plan(&self, record: &Record, h: f64) -> (usize, Option<Spacing>, u32) {
        let past = Past::of(record.n, &record.z);
        let k = if record.attempt < PATIENCE { past.order } else { self.least };
        let ρ = h / past.spacing;
        let equal = if (ρ - 1.0).abs() < EQUAL && k == past.order { past.equal } else { 0 };
        (k, (ρ != 1.0).then(|| respaced(k, ρ)), equal)
    }

    /// Fills `next` up to the correction d, which is left in column k + 1.
    fn solve(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        k: usize,
        work: &mut Work,
    ) -> Result<(), Failed> {
        let w = alpha(k) / at.h;
        let policy = if record.n <= SMALL { FEW } else { MANY };
        if work.reuse.rate > policy.slow {
            work.reuse.drop_jacobian();
        }
        loop {
            if let Err(singular) = prepare(f, at, record, w, &policy.limits, work) {
                let failed = Failed::from(singular);
                if failed == Failed::NotFinite || !work.reuse.retry(at.t) {
                    return Err(failed);
                }
                continue;
            }
            match self.iterate(f, at, scale, record, k, w, work) {
                Next::Converged => return Ok(()),
                Next::NotFinite => return Err(Failed::NotFinite),
                _ if work.reuse.retry(at.t) || work.reuse.refactor(w) || work.turn_to_factors() => {}
                _ => return Err(Failed::Slow),
            }
        }
    }

    /// d from 0, with the corrections scaled for the drift of the shift as CVODE does.
    fn iterate(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        k: usize,
        w: f64,
        work: &mut Work,
    ) -> Next {
        let n = record.n;
        let t1 = at.t + at.h;
        // What is left of an algebraic equation stays in the point that later steps begin at, where no shorter step mends it. So there
        // the rate of the step before is not believed, which may have had another Jacobian.
        let eta = if jump::is_possible(f) { 0.0 } else { work.reuse.eta };
        let mut judge = Judge::within(LEFT, CORRECTIONS, eta);
        let (u1, rest) = record.next.split_at_mut(n);
        let d = &mut rest[k * n..(k + 1) * n];
        u1.copy_from_slice(&work.scratch[..n]);
        d.fill(0.0);
        loop {
            let (y0, rest) = work.scratch.split_at_mut(n);
            let (g, rest) = rest.split_at_mut(n);
            let (r, slope) = rest.split_at_mut(n);
            f.rhs(at, t1, u1, r);
            match f.mass() {
                None => (0..n).for_each(|i| r[i] -= g[i] + w * d[i]),
                Some(mass) => {
                    (0..n).for_each(|i| slope[i] = g[i] + w * d[i]);
                    mass.add_product(-1.0, slope, r);
                }
            }
            work.counters.rhs += 1;
            work.counters.newton_iterations += 1;
            let shifted = work.shifted.as_mut().expect("an implicit method made this work");
            let tangent = Tangent { f, at, t: t1, u: u1, w };
            let relax = tangent.relaxation(shifted, work.reuse.shift());
            inexact::weigh(scale, &record.z[..n], y0, shifted, &mut work.weights);
            let tolerance = judge.tolerance();
            let solved = tangent.solve(&work.weights, tolerance, r, shifted, &mut work.counters);
            work.stalled = solved.is_err();
            if work.stalled {
                return Next::Hopeless;
            }
            let next = judge.next(relax * scale.norm(r, &record.z[..n], y0));
            if next != Next::NotFinite {
                for i in 0..n {
                    d[i] += relax * r[i];
                    u1[i] = y0[i] + d[i];
                }
            }
            if next != Next::Iterate {
                judge.store(&mut work.reuse);
                return next;
            }
        }
    }
}

impl Method for Bdf {
    /// A start is at order 1.
    fn error_order(&self) -> u32 {
        2
    }

    fn is_implicit(&self) -> bool {
        true
    }

    fn memory(&self, n: usize) -> usize {
        history::memory(n)
    }

    fn record(&self, n: usize) -> Record {
        let memory = vec![0.0; self.memory(n)];
        Record { n, z: memory.clone(), next: memory, ..Record::default() }
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work::inexact(f, 4 * f.dim())
    }

    /// Order 1, with the difference of a step of size 1 along u′; along f where no u′ is determined: the first step says why.
    fn start(&self, f: &dyn Dynamics, at: &Interval, z: &mut [f64], work: &mut Work) {
        let n = f.dim();
        z[n..].fill(0.0);
        Past { order: 1, spacing: 1.0, equal: 0, used: 0 }.store(n, z);
        let (u, rest) = z.split_at_mut(n);
        let _ = slope(f, at, u, &mut rest[..n], work);
    }

    /// D_1, which is u′ after a start.
    fn derivative<'a>(&self, n: usize, z: &'a [f64]) -> Option<&'a [f64]> {
        Some(column(n, z, 1))
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
        let n = record.n;
        let (k, spacing, equal) = self.plan(record, at.h);
        let (y0, g) = work.scratch[..2 * n].split_at_mut(n);
        history::predict(k, spacing.as_ref(), at.h, &record.z, &mut record.next, y0, g);
        record.next[..n].copy_from_slice(y0);
        Past { order: k, spacing: at.h, equal: equal + 1, used: k }.store(n, &mut record.next);
        if let Err(failed) = self.solve(f, at, scale, record, k, work) {
            return failed.verdict(NextSize::Factor(1.0));
        }
        history::update(n, k, &record.z, &mut record.next);
        let square = match record.attempt {
            ..PATIENCE => {
                let d = column(n, &record.next, k + 1);
                error_constant(k).powi(2) * scale.mean_square(d, record.u(), record.u1())
            }
            _ => jump::square_without(f, at, scale, record, k, work),
        };
        work.reuse.accepted();
        // The order is chosen even so: a fixed step passes whatever its error is.
        let mut factor = choice::next(self.least..=self.most, scale, record, square);
        if square > 1.0 {
            factor = choice::again(k, square);
        }
        Verdict::Judged { square, next: NextSize::Factor(factor) }
    }

    /// The polynomial through the new point and the k before it, of the order k that the step had.
    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        let n = record.n;
        let k = Past::of(n, &record.next).used;
        let weights = dense_weights(k, θ);
        u.fill(0.0);
        for j in (0..=k).rev() {
            super::combine::add_scaled(u, weights[j], column(n, &record.next, j));
        }
    }

    fn local_error(&self, record: &Record, e: &mut [f64]) {
        let n = record.n;
        let k = Past::of(n, &record.next).used;
        let d = column(n, &record.next, k + 1);
        (0..n).for_each(|i| e[i] = error_constant(k) * d[i]);
    }

    /// f is looked at again where the iteration ended, and its derivatives at the beginning of the step.
    fn not_finite(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)> {
        let end = |_: usize, u: &mut [f64]| {
            u.copy_from_slice(record.u1());
            1.0
        };
        witness::look(f, at, record, u, 1, end)
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
        self.pull_step(f, at, record, cotangents, z̄, p̄, work);
    }

    fn pull_start(&self, f: &dyn Dynamics, at: &Interval, z: &[f64], z̄: &mut [f64], p̄: &mut [f64]) {
        let n = f.dim();
        let (ū, rest) = z̄.split_at_mut(n);
        pull_slope(f, at, &z[..n], column(n, z, 1), &mut rest[..n], ū, p̄);
        rest.fill(0.0);
    }
}
