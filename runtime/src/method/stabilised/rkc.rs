//! Runge–Kutta–Chebyshev, second order.
//!
//! B. P. Sommeijer, L. F. Shampine and J. G. Verwer, J. Comput. Appl. Math. 88 (1998) 315–326, eqs. 2.1–2.9: with
//! w0 = 1 + ε/s², w1 = T′_s(w0)/T″_s(w0) and b_j = T″_j(w0)/T′_j(w0)²,
//!
//! y_j = (1 − μ_j − ν_j) u + μ_j y_{j−1} + ν_j y_{j−2} + h μ̃_j (f(y_{j−1}) − a_{j−1} f(u)).

use crate::dynamics::{Dynamics, Interval};
use crate::method::{Record, Work};

/// The damping ε.
const DAMPING: f64 = 2.0 / 13.0;

/// More stages than any problem needs.
pub const MOST_STAGES: usize = 1_000_000;

/// The h ρ at which rounding, which grows with the square of the stages, reaches a relative tolerance.
pub fn largest(rtol: f64) -> f64 {
    (rtol / (10.0 * f64::EPSILON)).max(4.0) / 1.54
}

/// T_j, T′_j and T″_j at w0.
#[derive(Clone, Copy)]
struct Chebyshev([f64; 3]);

impl Chebyshev {
    /// Those of j = 1 and of j = 0.
    fn first(w0: f64) -> (Chebyshev, Chebyshev) {
        (Chebyshev([w0, 1.0, 0.0]), Chebyshev([1.0, 0.0, 0.0]))
    }

    /// T_{j+1} from T_j (this) and T_{j−1}.
    fn next(self, before: Chebyshev, w0: f64) -> Chebyshev {
        let ([t, d, dd], [t0, d0, dd0]) = (self.0, before.0);
        Chebyshev([2.0 * w0 * t - t0, 2.0 * (w0 * d + t) - d0, 2.0 * w0 * dd + 4.0 * d - dd0])
    }

    fn b(self) -> f64 {
        self.0[2] / (self.0[1] * self.0[1])
    }
}

/// w0 and w1 of s ≥ 2 stages.
fn damped(s: usize) -> (f64, f64) {
    let w0 = 1.0 + DAMPING / (s * s) as f64;
    let (mut t, mut before) = Chebyshev::first(w0);
    for _ in 2..=s {
        (t, before) = (t.next(before, w0), t);
    }
    (w0, t.0[1] / t.0[2])
}

/// One step of s ≥ 2 stages.
pub fn step(f: &dyn Dynamics, at: &Interval, s: usize, record: &mut Record, work: &mut Work) {
    let (n, h) = (record.n, at.h);
    let (u, f0) = record.z[..2 * n].split_at(n);
    let (mut y, rest) = work.scratch.split_at_mut(n);
    let (mut before, rest) = rest.split_at_mut(n);
    let k = &mut rest[..n];
    let (w0, w1) = damped(s);
    // b_0 = b_1 = b_2 = 1/(4 w0²).
    let (mut b, mut b_before) = (0.25 / (w0 * w0), 0.25 / (w0 * w0));
    let (mut c, mut c_before) = (w1 * b, 0.0);
    let (mut t, mut t_before) = Chebyshev::first(w0);
    before.copy_from_slice(u);
    (0..n).for_each(|j| y[j] = u[j] + h * c * f0[j]);
    for _ in 2..=s {
        f.rhs(at, at.t + c * h, y, k);
        let a = 1.0 - t.0[0] * b;
        (t, t_before) = (t.next(t_before, w0), t);
        let b_next = t.b();
        let (μ, ν) = (2.0 * w0 * b_next / b, -b_next / b_before);
        let step = μ * w1 / w0;
        for j in 0..n {
            before[j] = (1.0 - μ - ν) * u[j] + μ * y[j] + ν * before[j] + h * step * (k[j] - a * f0[j]);
        }
        std::mem::swap(&mut y, &mut before);
        (c, c_before) = (μ * c + ν * c_before + step * (1.0 - a), c);
        (b, b_before) = (b_next, b);
    }
    let (u1, rest) = record.next.split_at_mut(n);
    let f1 = &mut rest[..n];
    u1.copy_from_slice(y);
    f.rhs(at, at.t + h, u1, f1);
    work.counters.rhs += s as u64;
    for j in 0..n {
        record.stages[j] = 0.8 * (u[j] - u1[j]) + 0.4 * h * (f0[j] + f1[j]);
    }
}
