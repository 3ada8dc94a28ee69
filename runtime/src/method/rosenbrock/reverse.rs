//! The exact transpose of a Rosenbrock step at frozen h: one transposed solve a stage, and second derivatives of f.

use super::super::combine::{add_scaled, add_sum};
use super::super::{Record, Work};
use super::Rosenbrock;
use crate::dynamics::{Dynamics, Interval};

impl Rosenbrock {
    /// With x_i = W⁻ᵀ s̄_i, from the last stage to the first: ḡ_i = J(g_i)ᵀ x_i goes to u and, weighted by a_ij, to s̄_j;
    /// Mᵀ x_i c_ij/h goes to s̄_j; what W and h d_i ∂f/∂t owe to u is the pullback of J U_i + h d_i ∂f/∂t at the step's beginning.
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
        let (n, tab) = (record.n, self.tableau);
        let mut ū = z̄[..n].to_vec();
        let mut s̄ = self.pull_end(cotangents, z̄, &mut ū);
        f.jacobian(at, at.t, record.u(), &mut work.jacobian);
        self.factorise(at.h, work).expect("the matrix of an accepted step is regular");
        let (mut g, mut ḡ) = (vec![0.0; n], vec![0.0; n]);
        for i in (0..tab.m.len()).rev() {
            let (before, this) = s̄.split_at_mut(i * n);
            let x = &mut this[..n];
            work.shifted().solve_transposed(x);
            self.argument(record, i, &mut g);
            let t = at.t + tab.alpha[i] * at.h;
            ḡ.fill(0.0);
            f.vjp(at, t, &g, x, &mut ḡ);
            f.parameter_pullback(at, t, &g, x, p̄);
            add_scaled(&mut ū, 1.0, &ḡ);
            for (j, s̄) in before.chunks_exact_mut(n).enumerate() {
                add_scaled(s̄, tab.a[i - 1][j], &ḡ);
                match work.shifted.as_ref().and_then(|shifted| shifted.mass()) {
                    Some(mass) => mass.add_transposed_product(tab.c[i - 1][j] / at.h, x, s̄),
                    None => add_scaled(s̄, tab.c[i - 1][j] / at.h, x),
                }
            }
            let v = &record.stages[i * n..(i + 1) * n];
            f.jvp_pullback(at, at.t, record.u(), v, at.h * tab.d[i], x, &mut ū, p̄);
        }
        z̄[..n].copy_from_slice(&ū);
    }

    /// The cotangents of the stages as the new point and the dense values leave them; those of the dense values go to u too.
    fn pull_end(&self, cotangents: &[(f64, &[f64])], z̄: &[f64], ū: &mut [f64]) -> Vec<f64> {
        let (n, tab) = (ū.len(), self.tableau);
        let mut stages = vec![0.0; tab.m.len() * n];
        for (i, s̄) in stages.chunks_exact_mut(n).enumerate() {
            add_scaled(s̄, tab.m[i], &z̄[..n]);
            cotangents.iter().for_each(|(θ, cotangent)| add_scaled(s̄, tab.dense.weight(i, *θ), cotangent));
        }
        cotangents.iter().for_each(|(_, cotangent)| add_scaled(ū, 1.0, cotangent));
        stages
    }

    /// g_i = u + Σ a_ij U_j, i counted from 0.
    pub(super) fn argument(&self, record: &Record, i: usize, g: &mut [f64]) {
        g.copy_from_slice(record.u());
        if i > 0 {
            add_sum(1.0, self.tableau.a[i - 1], &record.stages, g);
        }
    }
}
