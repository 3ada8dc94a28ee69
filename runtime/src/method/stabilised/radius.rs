//! The spectral radius of ∂f/∂u by the nonlinear power method.
//!
//! B. P. Sommeijer, L. F. Shampine and J. G. Verwer, RKC: an explicit solver for parabolic PDEs, J. Comput. Appl. Math. 88
//! (1998) 315–326, whose subroutine RKCRHO this follows: products J v are differences of f, and the direction found
//! last is the first guess of the next time.

use crate::dynamics::{Dynamics, Interval};
use crate::method::Counters;

/// The most products, and how near two estimates must be to each other.
const MOST_PRODUCTS: usize = 50;
const NEAR: f64 = 0.01;

/// The estimate comes from below.
const SAFETY: f64 = 1.2;

/// A first direction: f, and as much of a pattern of signs, for f alone may have no part of the direction that is sought, as
/// where the solution is a single wave.
pub fn guess(k: &[f64], v: &mut [f64]) {
    let size = norm(k);
    let (scale, share) = (if size > 0.0 { 1.0 / size } else { 0.0 }, 1.0 / (k.len().max(1) as f64).sqrt());
    for (j, (v, k)) in v.iter_mut().zip(k).enumerate() {
        // The golden ratio's multiples have no period.
        let sign = if (j as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63 == 0 { 1.0 } else { -1.0 };
        *v = scale * k + sign * share;
    }
}

/// Where the radius is asked for: k = f(t, u).
pub struct Radius<'a> {
    pub f: &'a dyn Dynamics,
    pub at: &'a Interval<'a>,
    pub u: &'a [f64],
    pub k: &'a [f64],
}

impl Radius<'_> {
    /// ρ, with a margin; `v` is a direction, which is improved. NaN where a value is not finite. `scratch` holds two vectors.
    pub fn estimate(&self, v: &mut [f64], scratch: &mut [f64], counters: &mut Counters) -> f64 {
        let n = self.u.len();
        if n == 0 {
            return 0.0;
        }
        let (w, rest) = scratch.split_at_mut(n);
        let fw = &mut rest[..n];
        let δ = self.perturb(v, w);
        let least = 1.0 / self.at.h.abs();
        let (mut σ, mut largest) = (0.0, 0.0);
        for product in 1..=MOST_PRODUCTS {
            self.f.rhs(self.at, self.at.t, w, fw);
            counters.rhs += 1;
            (0..n).for_each(|j| fw[j] -= self.k[j]);
            let size = norm(fw);
            let before = std::mem::replace(&mut σ, size / δ);
            largest = f64::max(largest, σ);
            if !σ.is_finite() {
                return f64::NAN;
            }
            if product >= 2 && (σ - before).abs() <= NEAR * σ.max(least) {
                (0..n).for_each(|j| v[j] = w[j] - self.u[j]);
                return SAFETY * σ;
            }
            if size > 0.0 {
                (0..n).for_each(|j| w[j] = self.u[j] + fw[j] * (δ / size));
            } else {
                let j = product % n;
                w[j] = self.u[j] - (w[j] - self.u[j]);
            }
        }
        // It still changes, as it does between eigenvalues of equal size: the largest that was seen is as good.
        (0..n).for_each(|j| v[j] = w[j] - self.u[j]);
        SAFETY * largest
    }

    /// w: a point near u in the direction v; answers its distance.
    fn perturb(&self, v: &[f64], w: &mut [f64]) -> f64 {
        let (size, length) = (norm(self.u), norm(v));
        w.copy_from_slice(self.u);
        let (δ, direction) = match (size > 0.0, length > 0.0) {
            (true, true) => (size * f64::EPSILON.sqrt(), v),
            (true, false) => (size * f64::EPSILON.sqrt(), self.u),
            (false, true) => (f64::EPSILON, v),
            (false, false) => {
                w.fill(f64::EPSILON);
                return norm(w);
            }
        };
        let scale = δ / norm(direction);
        w.iter_mut().zip(direction).for_each(|(w, v)| *w += scale * v);
        δ
    }
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum::<f64>().sqrt()
}
