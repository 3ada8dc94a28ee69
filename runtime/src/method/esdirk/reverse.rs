//! The exact transpose of a step at frozen h: one transposed solve a stage, with the Jacobian at the stage's argument.

use super::super::combine::add_scaled;
use super::super::{Record, Work};
use super::{Esdirk, Implicit};
use crate::dynamics::{Dynamics, Interval, Part};

impl Esdirk {
    /// From the last stage to the second, with x = W_i⁻ᵀ z̄_i: ḡ = (J_iᵀ x)/γ goes to u and, weighted by a_ij, to z̄_j; f_pᵀ x/γ goes to p.
    /// The first stage is h u′ of the memory.
    pub(super) fn pull_step(
        &self,
        f: &Implicit,
        at: &Interval,
        record: &Record,
        cotangents: &[(f64, &[f64])],
        z̄: &mut [f64],
        p̄: &mut [f64],
        work: &mut Work,
    ) {
        let (n, s) = (record.n, self.tableau.stages());
        let mut ū = z̄[..n].to_vec();
        let (mut stiff, mut rest) = self.pull_end(f, at.h, cotangents, z̄, &mut ū);
        let (mut g, mut ḡ) = (vec![0.0; n], vec![0.0; n]);
        for i in (1..s).rev() {
            self.argument(record, i, &mut g);
            let t = at.t + self.tableau.c[i] * at.h;
            ḡ.fill(0.0);
            self.pull_rest(f, at, t, &g, &mut rest[i * n..(i + 1) * n], &mut ḡ, p̄);
            let (before, this) = stiff.split_at_mut(i * n);
            let x = &mut this[..n];
            // g_i contains γ z_i.
            add_scaled(x, self.tableau.gamma, &ḡ);
            self.solve_transposed(f, at, t, &g, x, work);
            x.iter_mut().for_each(|x| *x /= self.tableau.gamma);
            f.pull(at, t, &g, x, &mut ḡ, p̄);
            add_scaled(&mut ū, 1.0, &ḡ);
            let earlier = |bars: &mut [f64], row: &[f64]| {
                bars.chunks_exact_mut(n).zip(row).for_each(|(bar, a)| add_scaled(bar, *a, &ḡ));
            };
            earlier(before, self.tableau.a[i - 1]);
            if let Some(explicit) = self.tableau.explicit {
                earlier(&mut rest[..i * n], explicit[i - 1]);
            }
        }
        z̄[n..].fill(0.0);
        if f.rest().is_some() {
            self.pull_rest(f, at, at.t, record.u(), &mut rest[..n], &mut ū, p̄);
            stiff[..n].iter_mut().for_each(|x| *x *= at.h);
            f.pull(at, at.t, record.u(), &stiff[..n], &mut ū, p̄);
        } else {
            add_scaled(&mut z̄[n..], at.h, &stiff[..n]);
        }
        z̄[..n].copy_from_slice(&ū);
        work.forget();
    }

    /// The cotangents of both parts' increments as the end of the step and the dense values leave them; the latter's go to u too.
    fn pull_end(
        &self,
        f: &Implicit,
        h: f64,
        cotangents: &[(f64, &[f64])],
        z̄: &[f64],
        ū: &mut [f64],
    ) -> (Vec<f64>, Vec<f64>) {
        let (n, s) = (ū.len(), self.tableau.stages());
        let mut bars = vec![0.0; s * n];
        for (i, bar) in bars.chunks_exact_mut(n.max(1)).enumerate() {
            add_scaled(bar, self.tableau.b(i), &z̄[..n]);
            cotangents.iter().for_each(|(θ, u)| add_scaled(bar, self.tableau.dense.weight(i, *θ), u));
        }
        add_scaled(&mut bars[(s - 1) * n..], 1.0 / h, &z̄[n..2 * n]);
        cotangents.iter().for_each(|(_, u)| add_scaled(ū, 1.0, u));
        let rest = if f.rest().is_some() { bars.clone() } else { vec![0.0; s * n] };
        (bars, rest)
    }

    /// ḡ += h (∂f_R/∂u)ᵀ z̄ for the rest f_R = f − f_S of a split right-hand side, and p̄ likewise.
    fn pull_rest(
        &self,
        f: &Implicit,
        at: &Interval,
        t: f64,
        g: &[f64],
        bar: &mut [f64],
        ḡ: &mut [f64],
        p̄: &mut [f64],
    ) {
        let Some(rest) = f.rest() else { return };
        bar.iter_mut().for_each(|x| *x *= at.h);
        rest.part_pullback(Part::Rest, at, t, g, bar, ḡ, p̄);
    }

    /// x ← W⁻ᵀ x with the Jacobian at (t, g).
    fn solve_transposed(
        &self,
        f: &Implicit,
        at: &Interval,
        t: f64,
        g: &[f64],
        x: &mut [f64],
        work: &mut Work,
    ) {
        f.jacobian(at, t, g, &mut work.jacobian);
        let Work { shifted, jacobian, .. } = work;
        let shifted = shifted.as_mut().expect("an implicit method made this work");
        shifted.factorise(self.shift(at.h), jacobian).expect("the matrix of an accepted step is regular");
        shifted.solve_transposed(x);
    }
}
