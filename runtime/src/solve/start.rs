//! The first step size (Hairer, Nørsett and Wanner, Solving ODEs I, II.4).

use crate::dynamics::{Dynamics, Interval, Scale};
use crate::method::power::{exp2, log2};

/// A first |h| such that an explicit Euler step changes u by about one percent of its scale and the second derivative,
/// seen by one more right-hand side, would leave an error of 0.01 with a method of that order.
///
/// `k` is f(t, u). Systems with a mass matrix (`probe` is `None`) get the first guess alone.
pub fn first_step(
    f: &dyn Dynamics,
    at: &Interval,
    scale: &Scale,
    order: u32,
    u: &[f64],
    k: &[f64],
    probe: Option<&mut [f64]>,
) -> f64 {
    let (d0, d1) = (scale.norm(u, u, u), scale.norm(k, u, u));
    let guess = if d0 < 1e-5 || d1 < 1e-5 { 1e-6 } else { 0.01 * d0 / d1 };
    // Slopes beyond the range of squares would ask for no step at all.
    let least = (16.0 * f64::EPSILON * at.t.abs()).max(f64::MIN_POSITIVE / f64::EPSILON);
    let h0 = guess.max(least).min(at.h.abs());
    let Some(probe) = probe else { return h0 };
    let (v, fv) = probe.split_at_mut(u.len());
    let step = h0.copysign(at.h);
    for i in 0..u.len() {
        v[i] = u[i] + step * k[i];
    }
    f.rhs(at, at.t + step, v, fv);
    for i in 0..u.len() {
        fv[i] -= k[i];
    }
    let d2 = scale.norm(fv, u, u) / h0;
    let d = d1.max(d2);
    if !d.is_finite() {
        return h0;
    }
    let h1 = if d <= 1e-15 { (h0 * 1e-3).max(1e-6) } else { exp2(log2(0.01 / d) / f64::from(order)) };
    (100.0 * h0).min(h1)
}
