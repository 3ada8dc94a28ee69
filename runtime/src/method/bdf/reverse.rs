//! The exact transpose of a step at its frozen size and order: one transposed solve at the new point.
//!
//! The new differences are linear in the old ones and in d, and d is the solution of M (g + w d) = f(t + h, y⁰ + d, p), with
//! y⁰ = u + Σ D′_j and g = Σ γ_j D′_j/h. With x = W⁻ᵀ d̄ and W = w M − J at the new point: ȳ⁰ += Jᵀ x, ḡ = −Mᵀ x, p̄ += (∂f/∂p)ᵀ x.

use super::Bdf;
use super::history::{GAMMA, MOST_ORDER, Past, alpha, dense_weights, respaced};
use crate::dynamics::{Dynamics, Interval};
use crate::method::combine::add_scaled;
use crate::method::{Record, Work};

impl Bdf {
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
        let n = record.n;
        let k = Past::of(n, &record.next).used;
        for (θ, cotangent) in cotangents {
            let weights = dense_weights(k, *θ);
            (0..=k).for_each(|j| add_scaled(&mut z̄[j * n..(j + 1) * n], weights[j], cotangent));
        }
        let mut x = pull_update(n, k, z̄);
        let (w, t1) = (alpha(k) / at.h, at.t + at.h);
        f.jacobian(at, t1, record.u1(), &mut work.jacobian);
        work.reuse.drop_jacobian();
        work.counters.factorisations += 1;
        let Work { shifted, jacobian, .. } = work;
        let shifted = shifted.as_mut().expect("an implicit method made this work");
        shifted.factorise(w, jacobian).expect("the matrix of an accepted step is regular");
        shifted.solve_transposed(&mut x);
        let (mut ȳ0, mut ḡ) = (vec![0.0; n], vec![0.0; n]);
        f.vjp(at, t1, record.u1(), &x, &mut ȳ0);
        f.parameter_pullback(at, t1, record.u1(), &x, p̄);
        match f.mass() {
            Some(mass) => mass.add_transposed_product(-1.0, &x, &mut ḡ),
            None => add_scaled(&mut ḡ, -1.0, &x),
        }
        for (j, d̄) in z̄.chunks_exact_mut(n.max(1)).enumerate().take(k + 1) {
            add_scaled(d̄, 1.0, &ȳ0);
            add_scaled(d̄, GAMMA[j] / at.h, &ḡ);
        }
        pull_spacing(n, k, at.h / Past::of(n, &record.z).spacing, z̄);
    }
}

/// The transpose of the update of the differences: z̄ becomes the cotangent of D′ (and of the column above them, which the
/// update reads), and d̄ is the answer.
fn pull_update(n: usize, k: usize, z̄: &mut [f64]) -> Vec<f64> {
    let mut d̄ = vec![0.0; n];
    for i in 0..n {
        // N_j = Σ_{l ≥ j} D′_l + d, N_{k+1} = d, and N_{k+2} = d − D_{k+1}.
        let mut sum = 0.0;
        for j in 0..=k {
            sum += z̄[j * n + i];
            z̄[j * n + i] = sum;
        }
        let last = z̄[(k + 2) * n + i];
        d̄[i] = sum + z̄[(k + 1) * n + i] + last;
        z̄[(k + 1) * n + i] = -last;
    }
    z̄[(k + 2) * n..].fill(0.0);
    d̄
}

/// D̄ = T(ρ)ᵀ D̄′.
fn pull_spacing(n: usize, k: usize, ρ: f64, z̄: &mut [f64]) {
    if ρ == 1.0 {
        return;
    }
    let rows = respaced(k, ρ);
    for i in 0..n {
        let mut old = [0.0; MOST_ORDER];
        for l in 0..k {
            (l..k).for_each(|j| old[j] += rows[l][j] * z̄[(l + 1) * n + i]);
        }
        (0..k).for_each(|j| z̄[(j + 1) * n + i] = old[j]);
    }
}
