//! The stages of one step, each by simplified Newton iteration with the factors of W = w M − J.

use super::super::combine::{add_scaled, add_sum};
use super::super::inexact::{self, Tangent};
use super::super::newton::{Judge, Next};
use super::super::{Record, Work};
use super::{Esdirk, Implicit};
use crate::dynamics::{Dynamics, Interval, Part, Scale};
use crate::linear::Shifted;

/// The most corrections of a stage.
const MOST: u32 = 10;

/// How Newton's iteration went in the stages of a step.
#[derive(Clone, Copy, Default)]
pub struct Progress {
    /// The slowest rate θ.
    pub slowest: f64,
}

impl Esdirk {
    /// The first stage, which the memory holds; a split right-hand side is evaluated there once for all tries of the step.
    pub(super) fn begin(&self, f: &Implicit, at: &Interval, record: &mut Record, work: &mut Work) {
        let (n, s) = (record.n, self.tableau.stages());
        let Some(rest) = f.rest() else {
            let (z, k) = (&mut record.stages[..n], &record.z[n..]);
            z.iter_mut().zip(k).for_each(|(z, k)| *z = at.h * k);
            return;
        };
        let kept = &mut work.scratch[3 * n..5 * n];
        if record.attempt == 0 {
            rest.rhs_part(Part::Stiff, at, at.t, &record.z[..n], &mut kept[..n]);
            rest.rhs_part(Part::Rest, at, at.t, &record.z[..n], &mut kept[n..]);
            work.counters.rhs += 1;
        }
        for i in 0..n {
            record.stages[i] = at.h * kept[i];
            record.stages[s * n + i] = at.h * kept[n + i];
        }
    }

    /// All further stages, until one does not converge.
    pub(super) fn stages(
        &self,
        f: &Implicit,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> (Next, Progress) {
        let mut progress = Progress::default();
        for i in 1..self.tableau.stages() {
            let end = self.stage(f, at, scale, record, i, work);
            progress.slowest = progress.slowest.max(work.reuse.rate);
            if end != Next::Converged {
                return (end, progress);
            }
            self.rest(f, at, record, i, work);
        }
        (Next::Converged, progress)
    }

    /// Stage i, counted from 0.
    fn stage(
        &self,
        f: &Implicit,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        i: usize,
        work: &mut Work,
    ) -> Next {
        let (n, tab) = (record.n, self.tableau);
        self.known(record, i, &mut work.scratch[..n]);
        let (done, z) = record.stages.split_at_mut(i * n);
        let z = &mut z[..n];
        z.fill(0.0);
        add_sum(1.0, tab.predictor[i - 1], done, z);
        let mut judge = Judge::new(scale.rtol, MOST, work.reuse.eta);
        loop {
            let (known, buffers) = work.scratch.split_at_mut(n);
            let (g, δ) = buffers[..2 * n].split_at_mut(n);
            g.copy_from_slice(known);
            add_scaled(g, tab.gamma, z);
            f.rhs(at, at.t + tab.c[i] * at.h, g, δ);
            work.counters.rhs += 1;
            if !δ.iter().all(|k| k.is_finite()) {
                work.reuse.eta = 1.0;
                return Next::NotFinite;
            }
            work.counters.newton_iterations += 1;
            let tangent = Tangent { f, at, t: at.t + tab.c[i] * at.h, u: g, w: self.shift(at.h) };
            let shifted = work.shifted.as_mut().expect("an implicit method made this work");
            self.residual(&tangent, z, δ, shifted, work.reuse.shift());
            inexact::weigh(scale, &record.z[..n], g, shifted, &mut work.weights);
            let tolerance = judge.tolerance() / tab.gamma;
            let solved = tangent.solve(&work.weights, tolerance, δ, shifted, &mut work.counters);
            work.stalled = solved.is_err();
            if work.stalled {
                return Next::Hopeless;
            }
            add_scaled(z, 1.0, δ);
            let norm = tab.gamma * scale.norm(δ, &record.z[..n], g);
            let next = judge.next(norm);
            if next != Next::Iterate {
                judge.store(&mut work.reuse);
                return next;
            }
        }
    }

    /// From f at a stage's argument, in `δ`, to the right-hand side of W δ = f/γ − w M z for the correction of its increment,
    /// relaxed for factors of another shift.
    fn residual(&self, tangent: &Tangent, z: &[f64], δ: &mut [f64], shifted: &Shifted, made: Option<f64>) {
        let relaxed = tangent.relaxation(shifted, made);
        let (w, scale) = (tangent.w, relaxed / self.tableau.gamma);
        δ.iter_mut().for_each(|k| *k *= scale);
        match shifted.mass() {
            Some(mass) => mass.add_product(-relaxed * w, z, δ),
            None => add_scaled(δ, -relaxed * w, z),
        }
    }

    /// The increment of the rest of f at stage i.
    fn rest(&self, f: &Implicit, at: &Interval, record: &mut Record, i: usize, work: &mut Work) {
        let Some(rest) = f.rest() else { return };
        let (n, s) = (record.n, self.tableau.stages());
        let g = &mut work.scratch[..n];
        add_scaled(g, self.tableau.gamma, &record.stages[i * n..(i + 1) * n]);
        let z = &mut record.stages[(s + i) * n..(s + i + 1) * n];
        rest.rhs_part(Part::Rest, at, at.t + self.tableau.c[i] * at.h, g, z);
        z.iter_mut().for_each(|z| *z *= at.h);
    }

    /// u + Σ_{j<i} a_ij z_j, of both parts.
    fn known(&self, record: &Record, i: usize, known: &mut [f64]) {
        let (n, s) = (record.n, self.tableau.stages());
        known.copy_from_slice(record.u());
        add_sum(1.0, self.tableau.a[i - 1], &record.stages[..i * n], known);
        if let Some(explicit) = self.tableau.explicit {
            add_sum(1.0, explicit[i - 1], &record.stages[s * n..(s + i) * n], known);
        }
    }

    /// g_i, i counted from 0.
    pub(super) fn argument(&self, record: &Record, i: usize, g: &mut [f64]) {
        let n = record.n;
        if i == 0 {
            g.copy_from_slice(record.u());
        } else {
            self.known(record, i, g);
            add_scaled(g, self.tableau.gamma, &record.stages[i * n..(i + 1) * n]);
        }
    }
}
