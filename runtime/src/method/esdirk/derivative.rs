//! u′ at a point: M u′ = f, and the derivative by time of the equations that M has no row for.
//!
//! An algebraic row 0 = f_i(t, u) gives Σ_j ∂f_i/∂u_j u′_j + ∂f_i/∂t = 0, so K u′ = r with K = M − (the rows of J that are algebraic) and
//! r = f in the rows that are not, ∂f/∂t in those that are.

use super::super::Work;
use crate::dynamics::{Dynamics, Interval};
use crate::linear::Shifted;

/// Where the rows of M are not zeros but depend on each other, u′ is that of an implicit Euler step as short as this part of the span.
const SHORT: f64 = 1e-10;

/// k = u′ at (t, u). What cannot be solved for is left as NaN.
pub fn consistent(f: &dyn Dynamics, at: &Interval, u: &[f64], k: &mut [f64], work: &mut Work) {
    f.rhs(at, at.t, u, k);
    work.counters.rhs += 1;
    let Some(mass) = f.mass() else { return };
    let n = u.len();
    let algebraic = mass.zero_rows(n);
    let ft = &mut work.scratch[..n];
    f.time_derivative(at, at.t, u, ft);
    f.jacobian(at, at.t, u, &mut work.jacobian);
    work.counters.jacobians += 1;
    work.counters.factorisations += 1;
    let shifted = work.shifted.as_mut().expect("an implicit method made this work");
    let whole = k.to_vec();
    (0..n).filter(|&i| algebraic[i]).for_each(|i| k[i] = ft[i]);
    let rows = algebraic_rows(shifted, &algebraic, &work.jacobian);
    if shifted.factorise(1.0, &rows).is_err() {
        let w = 1.0 / (SHORT * at.h);
        work.counters.factorisations += 1;
        if shifted.factorise(w, &work.jacobian).is_err() {
            return k.fill(f64::NAN);
        }
        (0..n).for_each(|i| k[i] = w * whole[i] + ft[i]);
    }
    shifted.solve(k);
    work.counters.linear_solves += 1;
}

/// The Jacobian without its rows that are not algebraic.
fn algebraic_rows(shifted: &Shifted, algebraic: &[bool], jacobian: &[f64]) -> Vec<f64> {
    let mut rows = jacobian.to_vec();
    shifted.pattern().each(|slot, i, _| {
        if !algebraic[i] {
            rows[slot] = 0.0;
        }
    });
    rows
}

/// The transpose of [`consistent`]: the cotangent of u′ goes to u and to the parameters.
///
/// With λ = K⁻ᵀ k̄, the rows that are not algebraic give Jᵀλ, and the others the pullback of J u′ + ∂f/∂t.
pub fn pull_consistent(f: &dyn Dynamics, at: &Interval, z: &[f64], z̄: &mut [f64], p̄: &mut [f64]) {
    let (u, k) = z.split_at(f.dim());
    let (ū, λ) = z̄.split_at_mut(f.dim());
    let Some(mass) = f.mass() else {
        f.vjp(at, at.t, u, λ, ū);
        return f.parameter_pullback(at, at.t, u, λ, p̄);
    };
    let algebraic = mass.zero_rows(u.len());
    let pattern = f.pattern();
    let mut jacobian = vec![0.0; pattern.len()];
    f.jacobian(at, at.t, u, &mut jacobian);
    let mut shifted = Shifted::new(pattern, Some(mass));
    let rows = algebraic_rows(&shifted, &algebraic, &jacobian);
    if shifted.factorise(1.0, &rows).is_err() {
        return;
    }
    shifted.solve_transposed(λ);
    let of = |wanted: bool| -> Vec<f64> {
        λ.iter().zip(&algebraic).map(|(λ, &row)| if row == wanted { *λ } else { 0.0 }).collect()
    };
    let (differential, algebraic) = (of(false), of(true));
    f.vjp(at, at.t, u, &differential, ū);
    f.parameter_pullback(at, at.t, u, &differential, p̄);
    f.jvp_pullback(at, at.t, u, k, 1.0, &algebraic, ū, p̄);
}
