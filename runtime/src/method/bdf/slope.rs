//! u′ at a start, by which order 1 predicts, where M may be singular.
//!
//! The exact u′ fulfils M u′ = f and M u″ = J u′ + ∂f/∂t, so that (w M − J) u′ = w f + ∂f/∂t − M u″. Without the last term, and
//! with a w far above every rate of the problem, a solve answers u′ of the differential and of the algebraic unknowns alike. Where a
//! row of M is zero, f is zero too, but for the rounding that w would magnify: it is left out.

use super::Bdf;
use crate::dynamics::{Dynamics, Interval};
use crate::linear::{Matrix, Singular};
use crate::method::Work;

/// w in units of the largest rate.
const FAR: f64 = 1e6;

impl Bdf {
    /// v = u′ at the beginning; f itself where it is not finite, or where no u′ is determined: the first step then says why.
    pub(super) fn slope(&self, f: &dyn Dynamics, at: &Interval, u: &[f64], v: &mut [f64], work: &mut Work) {
        f.rhs(at, at.t, u, v);
        work.counters.rhs += 1;
        let Some(mass) = f.mass() else { return };
        if v.iter().any(|v| !v.is_finite()) {
            return;
        }
        let Ok(w) = linearised(f, mass, at, u, work) else { return };
        let b = &mut work.scratch[..u.len()];
        f.time_derivative(at, at.t, u, b);
        let zero = mass.zero_rows(u.len());
        (0..u.len()).filter(|&i| !zero[i]).for_each(|i| b[i] += w * v[i]);
        let Work { shifted, scratch, .. } = work;
        let b = &mut scratch[..u.len()];
        shifted.as_mut().expect("an implicit method made this work").solve(b);
        work.counters.linear_solves += 1;
        if b.iter().all(|b| b.is_finite()) {
            v.copy_from_slice(b);
        }
    }

    /// The transpose of a start: z̄ enters as the cotangent of u and u′, and leaves as that of u.
    pub(super) fn pull_slope(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        z: &[f64],
        z̄: &mut [f64],
        p̄: &mut [f64],
    ) {
        let n = f.dim();
        let (u, v) = (&z[..n], &z[n..2 * n]);
        let (ū, rest) = z̄.split_at_mut(n);
        let v̄ = &mut rest[..n];
        if let Some(mass) = f.mass() {
            let mut work = Work::matrices(f, 0);
            let w = linearised(f, mass, at, u, &mut work).expect("the matrix of a start is regular");
            work.shifted().solve_transposed(v̄);
            f.jvp_pullback(at, at.t, u, v, 1.0, v̄, ū, p̄);
            let zero = mass.zero_rows(n);
            (0..n).for_each(|i| v̄[i] *= if zero[i] { 0.0 } else { w });
        }
        f.vjp(at, at.t, u, v̄, ū);
        f.parameter_pullback(at, at.t, u, v̄, p̄);
        rest.fill(0.0);
    }
}

/// Factorises w M − J at the beginning, and answers w.
fn linearised(
    f: &dyn Dynamics,
    mass: &Matrix,
    at: &Interval,
    u: &[f64],
    work: &mut Work,
) -> Result<f64, Singular> {
    f.jacobian(at, at.t, u, &mut work.jacobian);
    work.counters.jacobians += 1;
    work.counters.factorisations += 1;
    let mut most = 0.0_f64;
    mass.each(|_, _, m| most = most.max(m.abs()));
    let rate = work.jacobian.iter().fold(0.0, |rate: f64, j| rate.max(j.abs())) / most;
    let w = if rate > 0.0 && rate.is_finite() { FAR * rate } else { FAR };
    let Work { shifted, jacobian, .. } = work;
    shifted.as_mut().expect("an implicit method made this work").factorise(w, jacobian)?;
    Ok(w)
}
