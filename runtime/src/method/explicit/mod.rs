//! The engine of explicit Runge–Kutta methods: g_i = u + h Σ_{j<i} a_ij k_j, k_i = f(t + c_i h, g_i).
//!
//! z = (u, f(t, u)). The stages k_1 and k_S lie in `z` and `next`, those between in `Record::stages`.

mod lanes;
mod reverse;

use super::combine::{SHORT, add_sum, add_terms};
use super::whole::Whole;
use super::{Method, NextSize, Record, SideBySide, Verdict, Work};
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::tableau::{Estimate, Tableau};

/// An explicit Runge–Kutta method of one tableau.
pub struct Explicit {
    pub tableau: &'static Tableau,
}

impl Explicit {
    /// k_i, counted from 0.
    fn stage<'a>(&self, record: &'a Record, i: usize) -> &'a [f64] {
        let (n, last) = (record.n, self.tableau.stages - 1);
        if i == 0 {
            &record.z[n..2 * n]
        } else if i == last {
            &record.next[n..2 * n]
        } else if i < last {
            &record.stages[(i - 1) * n..i * n]
        } else {
            &record.extra[(i - last - 1) * n..(i - last) * n]
        }
    }

    /// out += h Σ w_j k_j; the weights of later stages may be missing.
    fn add_stages(&self, record: &Record, weights: &[f64], out: &mut [f64]) {
        let (n, h, last) = (record.n, record.h, self.tableau.stages - 1);
        if n > SHORT {
            let present = weights.iter().enumerate().filter(|(_, w)| **w != 0.0);
            return add_terms(present.map(|(j, w)| (h * w, self.stage(record, j))), out);
        }
        add_sum(h, &weights[..1], &record.z[n..2 * n], out);
        add_sum(h, &weights[1..weights.len().min(last)], &record.stages, out);
        if weights.len() > last && weights[last] != 0.0 {
            add_sum(h, &weights[last..=last], &record.next[n..2 * n], out);
        }
        if weights.len() > last + 1 {
            add_sum(h, &weights[last + 1..], &record.extra, out);
        }
    }

    /// The argument g_i of stage i (counted from 0, i ≥ 1).
    fn argument(&self, record: &Record, i: usize, g: &mut [f64]) {
        g.copy_from_slice(record.u());
        self.add_stages(record, self.tableau.a[i - 1], g);
    }

    /// Σ w_i k_i over the stages of the step, times h.
    fn weighted(&self, record: &Record, weights: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        self.add_stages(record, weights, out);
    }

    /// The square of the scaled norm of the error estimate.
    fn square(&self, scale: &Scale, record: &Record, scratch: &mut [f64]) -> f64 {
        let e = &mut scratch[..record.n];
        match self.tableau.error {
            Estimate::None => 0.0,
            Estimate::Embedded { weights, .. } => {
                self.weighted(record, weights, e);
                scale.mean_square(e, record.u(), record.u1())
            }
            Estimate::Combined { fifth, .. } => {
                self.weighted(record, fifth, e);
                let square = scale.mean_square(e, record.u(), record.u1());
                self.combined(square, scale, record, e)
            }
        }
    }

    /// The square of the whole estimate from that of its first part; `e` is written over.
    fn combined(&self, square: f64, scale: &Scale, record: &Record, e: &mut [f64]) -> f64 {
        let Estimate::Combined { third, .. } = self.tableau.error else { return square };
        self.weighted(record, third, e);
        let denominator = square + 0.01 * scale.mean_square(e, record.u(), record.u1());
        if denominator == 0.0 { 0.0 } else { square * (square / denominator) }
    }

    /// Stages 2 to S − 1, and the new point.
    fn inner(&self, f: &dyn Dynamics, at: &Interval, record: &mut Record, work: &mut Work) {
        let (n, s) = (record.n, self.tableau.stages);
        for i in 1..s - 1 {
            let g = &mut work.scratch[..n];
            self.argument(record, i, g);
            f.rhs(at, at.t + self.tableau.c[i] * at.h, g, &mut record.stages[(i - 1) * n..i * n]);
        }
        let mut next = std::mem::take(&mut record.next);
        self.argument(record, s - 1, &mut next[..n]);
        record.next = next;
        work.counters.rhs += s as u64 - 2;
    }

    /// Stage S, f at the new point.
    fn last(&self, f: &dyn Dynamics, at: &Interval, record: &mut Record, work: &mut Work) {
        let (u1, k) = record.next[..2 * record.n].split_at_mut(record.n);
        f.rhs(at, at.t + at.h, u1, k);
        work.counters.rhs += 1;
    }

    /// The step without a compiled kernel; answers the square of its scaled error.
    fn plain_step(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> f64 {
        self.inner(f, at, record, work);
        if self.tableau.estimate_reads_last() {
            self.last(f, at, record, work);
            return self.square(scale, record, &mut work.scratch);
        }
        let square = self.square(scale, record, &mut work.scratch);
        if square <= 1.0 {
            self.last(f, at, record, work);
        } else {
            // The stage was not computed, and that of an earlier step must not pass for it.
            let n = record.n;
            record.next[n..2 * n].fill(f64::NAN);
        }
        square
    }
}

impl Method for Explicit {
    fn error_order(&self) -> u32 {
        self.tableau.error_order()
    }

    fn side_by_side(&self) -> Option<SideBySide> {
        Some(SideBySide { tableau: self.tableau, evidence: None })
    }

    fn memory(&self, n: usize) -> usize {
        2 * n
    }

    fn record(&self, n: usize) -> Record {
        let memory = vec![0.0; 2 * n];
        let stages = vec![0.0; (self.tableau.stages - 2) * n];
        let extra = Vec::with_capacity((self.tableau.total() - self.tableau.stages) * n);
        Record { n, z: memory.clone(), next: memory, stages, extra, ..Record::default() }
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work { kernel: Some(Whole::new(f)), ..Work::vectors(f.dim()) }
    }

    fn start(&self, f: &dyn Dynamics, at: &Interval, z: &mut [f64], work: &mut Work) {
        let (u, k) = z.split_at_mut(f.dim());
        f.rhs(at, at.t, u, k);
        work.counters.rhs += 1;
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
        record.extra.clear();
        let steps = work.counters.steps;
        let kernel = work.kernel.as_mut().and_then(|kernel| kernel.stages(steps, self.tableau));
        let square = match kernel {
            Some(kernel) => {
                work.counters.rhs += self.tableau.stages as u64 - 1;
                let n = record.n;
                let (inner, next) = (&mut record.stages, &mut record.next[..2 * n]);
                let square = kernel.step(at, scale, &record.z[..2 * n], inner, next);
                self.combined(square, scale, record, &mut work.scratch[..n])
            }
            None => self.plain_step(f, at, scale, record, work),
        };
        // Where the estimate does not read f at the new point, the step after this one would begin with what it is.
        let is_lost = |record: &Record| record.next[record.n..2 * record.n].iter().any(|k| !k.is_finite());
        let square = match square <= 1.0 && !self.tableau.estimate_reads_last() && is_lost(record) {
            true => f64::NAN,
            false => square,
        };
        Verdict::Judged { square, next: NextSize::Order(self.tableau.error_order()) }
    }

    fn extend(&self, f: &dyn Dynamics, at: &Interval, record: &mut Record, work: &mut Work) {
        let (n, s) = (record.n, self.tableau.stages);
        if !record.extra.is_empty() {
            return;
        }
        for i in s..self.tableau.total() {
            let g = &mut work.scratch[..n];
            self.argument(record, i, g);
            let from = record.extra.len();
            record.extra.resize(from + n, 0.0);
            f.rhs(at, at.t + self.tableau.c[i] * at.h, g, &mut record.extra[from..]);
            work.counters.rhs += 1;
        }
    }

    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        u.copy_from_slice(record.u());
        self.add_stages(record, &self.tableau.dense.weights_at(θ)[..self.tableau.total()], u);
    }

    fn local_error(&self, record: &Record, e: &mut [f64]) {
        match self.tableau.error {
            Estimate::None => e.fill(0.0),
            Estimate::Embedded { weights, .. } | Estimate::Combined { fifth: weights, .. } => {
                self.weighted(record, weights, e);
            }
        }
    }

    /// Hairer's estimate (Solving ODEs II, IV.2): |λ| ≈ ‖k_S − k_i‖ / ‖g_S − g_i‖ for a stage i with c_i = 1, in scaled norms.
    fn stiffness(&self, record: &Record, scale: &Scale, work: &mut Work) -> Option<f64> {
        let last = self.tableau.stages - 1;
        let i = self.tableau.second_at_end()?;
        let g = &mut work.scratch[..record.n];
        self.argument(record, i, g);
        let (mut up, mut down) = (0.0, 0.0);
        for (j, g) in g.iter().enumerate() {
            // In the units of the error test, so that a small unknown with a fast reaction counts as it does there. A
            // tolerance that is infinite, with fixed steps, leaves the unknowns as they are.
            let unit = scale.atol[j] + scale.rtol * record.next[j].abs().max(g.abs());
            let unit = if unit.is_finite() { unit } else { 1.0 };
            up += ((self.stage(record, last)[j] - self.stage(record, i)[j]) / unit).powi(2);
            down += ((record.next[j] - g) / unit).powi(2);
        }
        (down > 0.0).then(|| record.h.abs() * (up / down).sqrt() / self.tableau.real_stability)
    }

    fn not_finite(
        &self,
        _: &dyn Dynamics,
        _: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)> {
        let unfinished = |values: &[f64]| values.iter().position(|x| !x.is_finite());
        let last = self.tableau.stages - 1;
        for i in 0..last {
            if let Some(component) = unfinished(self.stage(record, i)) {
                if i == 0 {
                    u.copy_from_slice(record.u())
                } else {
                    self.argument(record, i, u)
                }
                return Some((record.t + self.tableau.c[i] * record.h, component));
            }
        }
        // The last stage is f at the new point, and comes after it.
        u.copy_from_slice(record.u1());
        let component = unfinished(record.u1()).or_else(|| unfinished(self.stage(record, last)))?;
        Some((record.t + record.h, component))
    }

    fn push(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        ż: &mut [f64],
        ṗ: &[f64],
        work: &mut Work,
    ) {
        self.push_step(f, at, record, ż, ṗ, work);
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
        let (u, (ū, λ)) = (&z[..f.dim()], z̄.split_at_mut(f.dim()));
        f.vjp(at, at.t, u, λ, ū);
        f.parameter_pullback(at, at.t, u, λ, p̄);
    }
}
