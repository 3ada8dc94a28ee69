//! The push-forward and the exact transpose of an explicit Runge–Kutta step at frozen h.

use super::super::combine::{add_scaled, add_sum};
use super::super::{Record, Work};
use super::Explicit;
use crate::dynamics::{Dynamics, Interval};

impl Explicit {
    /// k̇_i = J(g_i) ġ_i + (∂f/∂p) ṗ with ġ_i = u̇ + h Σ a_ij k̇_j; the last stage gives ż at the new point.
    pub(super) fn push_step(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        ż: &mut [f64],
        ṗ: &[f64],
        work: &mut Work,
    ) {
        let (n, s) = (record.n, self.tableau.stages);
        work.scratch.resize((s + 2) * n, 0.0);
        let (g, rest) = work.scratch.split_at_mut(n);
        let (ġ, tangents) = rest.split_at_mut(n);
        tangents[..n].copy_from_slice(&ż[n..]);
        for i in 1..s {
            let (done, this) = tangents.split_at_mut(i * n);
            ġ.copy_from_slice(&ż[..n]);
            add_sum(at.h, self.tableau.a[i - 1], done, ġ);
            self.argument(record, i, g);
            let t = at.t + self.tableau.c[i] * at.h;
            f.jvp(at, t, g, ġ, &mut this[..n]);
            f.parameter_jvp(at, t, g, ṗ, &mut this[..n]);
        }
        ż[..n].copy_from_slice(ġ);
        ż[n..].copy_from_slice(&tangents[(s - 1) * n..s * n]);
    }

    /// Reverses [`Explicit::push_step`], the dense output and its stages included: from the last stage to the first,
    /// ḡ_i = J(g_i)ᵀ k̄_i, then ū += ḡ_i and k̄_j += h a_ij ḡ_i.
    pub(super) fn pull_step(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        cotangents: &[(f64, &[f64])],
        z̄: &mut [f64],
        p̄: &mut [f64],
        work: &mut Work,
    ) {
        let (n, s) = (record.n, self.tableau.stages);
        let stages = if record.extra.is_empty() { s } else { self.tableau.total() };
        work.scratch.clear();
        work.scratch.resize((stages + 3) * n, 0.0);
        let (g, rest) = work.scratch.split_at_mut(n);
        let (ḡ, rest) = rest.split_at_mut(n);
        let (ū, k̄) = rest.split_at_mut(n);
        k̄[(s - 1) * n..s * n].copy_from_slice(&z̄[n..]);
        self.pull_dense(at, cotangents, ū, k̄);
        for i in (1..stages).rev() {
            ḡ.fill(0.0);
            if i == s - 1 {
                ḡ.copy_from_slice(&z̄[..n]);
            }
            self.argument(record, i, g);
            let (before, this) = k̄.split_at_mut(i * n);
            let t = at.t + self.tableau.c[i] * at.h;
            f.vjp(at, t, g, &this[..n], ḡ);
            f.parameter_pullback(at, t, g, &this[..n], p̄);
            for (j, a) in self.tableau.a[i - 1].iter().enumerate().filter(|(_, a)| **a != 0.0) {
                add_scaled(&mut before[j * n..(j + 1) * n], at.h * a, ḡ);
            }
            add_scaled(ū, 1.0, ḡ);
        }
        z̄[..n].copy_from_slice(ū);
        z̄[n..].copy_from_slice(&k̄[..n]);
    }

    /// The cotangents of dense values go to u and, weighted by h b_i(θ), to the stages.
    fn pull_dense(&self, at: &Interval, cotangents: &[(f64, &[f64])], ū: &mut [f64], k̄: &mut [f64]) {
        let n = ū.len();
        for (θ, cotangent) in cotangents {
            add_scaled(ū, 1.0, cotangent);
            for (i, k̄) in k̄.chunks_exact_mut(n).enumerate() {
                add_scaled(k̄, at.h * self.tableau.dense.weight(i, *θ), cotangent);
            }
        }
    }
}
