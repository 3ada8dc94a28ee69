//! The exact transpose of a step at its frozen size and stages.
//!
//! The Z_i solve Σ_j (A⁻¹)_ij M Z_j/h = f(t + c_i h, u + Z_i, p), so that with J_i at the stages, K = A⁻¹ ⊗ M/h − diag(J_i) and
//! Kᵀ λ = Z̄: ū += Σ J_iᵀ λ_i and p̄ += Σ (∂f/∂p)ᵀ λ_i. λ is found by the transpose of the simplified Newton iteration.

use super::Radau;
use super::collocation::{Collocation, gather, scatter, transposed_product};
use super::stages::shifts;
use crate::dynamics::{Dynamics, Interval};
use crate::linear::Shifted;
use crate::method::combine::add_scaled;
use crate::method::{Record, Work};

/// The most corrections; the iteration ends before, where they no longer shrink.
const CORRECTIONS: usize = 100;

/// A correction of this part of λ is rounding.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// A correction that stays above this part of λ is none that rounding makes.
const POOR: f64 = 1e-8;

impl Radau {
    /// The cotangents become NaN where the iteration does not converge.
    pub(super) fn pull_step<const S: usize>(
        &self,
        method: &Collocation<S>,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        cotangents: &[(f64, &[f64])],
        z̄: &mut [f64],
        p̄: &mut [f64],
        work: &mut Work,
    ) {
        let n = record.n;
        let (ū, rest) = z̄.split_at_mut(n);
        let mut stages = rest[..S * n].to_vec();
        rest.fill(0.0);
        add_scaled(&mut stages[(S - 1) * n..], 1.0, ū);
        for (θ, cotangent) in cotangents {
            let weights = method.weights(*θ);
            (0..S).for_each(|i| add_scaled(&mut stages[i * n..(i + 1) * n], weights[i], cotangent));
            add_scaled(ū, 1.0, cotangent);
        }
        let λ = transposed_solve(method, f, at, record, &stages, work);
        each_stage(method, at, record, |i, t, u| {
            f.vjp(at, t, u, &λ[i * n..(i + 1) * n], ū);
            f.parameter_pullback(at, t, u, &λ[i * n..(i + 1) * n], p̄);
        });
    }
}

/// Visits (i, t + c_i h, u + Z_i).
fn each_stage<const S: usize>(
    method: &Collocation<S>,
    at: &Interval,
    record: &Record,
    mut visit: impl FnMut(usize, f64, &[f64]),
) {
    let n = record.n;
    let mut u = vec![0.0; n];
    for i in 0..S {
        let z = &record.next[(1 + i) * n..(2 + i) * n];
        (0..n).for_each(|c| u[c] = record.z[c] + z[c]);
        visit(i, at.t + method.c[i] * at.h, &u);
    }
}

/// λ = K⁻ᵀ b, by corrections with the Jacobian at the beginning of the step.
fn transposed_solve<const S: usize>(
    method: &Collocation<S>,
    f: &dyn Dynamics,
    at: &Interval,
    record: &Record,
    b: &[f64],
    work: &mut Work,
) -> Vec<f64> {
    let n = record.n;
    work.reuse.drop_jacobian();
    f.jacobian(at, at.t, record.u(), &mut work.jacobian);
    let Work { shifted, jacobian, counters, .. } = work;
    let shifted = shifted.as_mut().expect("an implicit method made this work");
    let mut λ = vec![0.0; S * n];
    if factorise(method, at.h, shifted, jacobian).is_none() {
        λ.fill(f64::NAN);
        return λ;
    }
    counters.factorisations += 1 + method.pairs.len() as u64;
    let mut last = f64::INFINITY;
    for _ in 0..CORRECTIONS {
        let mut r = residual(method, f, at, record, b, &λ);
        correct(method, n, shifted, &mut r);
        let size = |v: &[f64]| v.iter().fold(0.0, |size: f64, v| size.max(v.abs()));
        add_scaled(&mut λ, 1.0, &r);
        let now = size(&r) / size(&λ).max(f64::MIN_POSITIVE);
        if now <= ROUNDING || (now >= last && last < POOR) {
            return λ;
        }
        if !now.is_finite() {
            break;
        }
        last = now;
    }
    λ.fill(f64::NAN);
    λ
}

/// The factors of a step of size h.
fn factorise<const S: usize>(
    method: &Collocation<S>,
    h: f64,
    shifted: &mut Shifted,
    jacobian: &[f64],
) -> Option<()> {
    shifted.factorise(method.γ / h, jacobian).ok()?;
    for (k, &pair) in shifts(method, h)[..method.pairs.len()].iter().enumerate() {
        shifted.factorise_complex(k, pair, jacobian).ok()?;
    }
    Some(())
}

/// b − Kᵀ λ.
fn residual<const S: usize>(
    method: &Collocation<S>,
    f: &dyn Dynamics,
    at: &Interval,
    record: &Record,
    b: &[f64],
    λ: &[f64],
) -> Vec<f64> {
    let n = record.n;
    let (mut r, mut scaled) = (b.to_vec(), vec![0.0; S * n]);
    for c in 0..n {
        let w = transposed_product(&method.t, &gather(λ, n, c));
        let v = transposed_product(&method.inverse, &method.scaled_transposed(&w));
        scatter(v.map(|v| v / at.h), &mut scaled, n, c);
    }
    each_stage(method, at, record, |i, t, u| {
        let range = i * n..(i + 1) * n;
        f.vjp(at, t, u, &λ[range.clone()], &mut r[range.clone()]);
        match f.mass() {
            None => add_scaled(&mut r[range.clone()], -1.0, &scaled[range]),
            Some(mass) => mass.add_transposed_product(-1.0, &scaled[range.clone()], &mut r[range]),
        }
    });
    r
}

/// r ← (A⁻¹ ⊗ M/h − I ⊗ J)⁻ᵀ r. The transpose of a block of Λ multiplies by α − iβ, which is α + iβ for conjugates.
fn correct<const S: usize>(method: &Collocation<S>, n: usize, shifted: &mut Shifted, r: &mut [f64]) {
    let mut y = vec![0.0; S * n];
    for c in 0..n {
        scatter(transposed_product(&method.t, &gather(r, n, c)), &mut y, n, c);
    }
    let (first, rest) = y.split_at_mut(n);
    shifted.solve_transposed(first);
    for (k, pair) in rest.chunks_exact_mut(2 * n.max(1)).enumerate() {
        let (re, im) = pair.split_at_mut(n);
        im.iter_mut().for_each(|im| *im = -*im);
        shifted.solve_complex_transposed(k, re, im);
        im.iter_mut().for_each(|im| *im = -*im);
    }
    for c in 0..n {
        scatter(transposed_product(&method.inverse, &gather(&y, n, c)), r, n, c);
    }
}
