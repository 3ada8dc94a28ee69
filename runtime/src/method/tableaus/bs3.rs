//! Bogacki–Shampine 3(2), four stages, first same as last, for loose tolerances.
//!
//! P. Bogacki and L. F. Shampine, A 3(2) pair of Runge–Kutta formulas, Appl. Math. Lett. 2 (1989) 321–325; `E` is b − b̂.
//! Dense output of order 3: the cubic Hermite polynomial through both ends.

use crate::tableau::{Estimate, Interpolant, Tableau};

/// The tableau; its last row is b, so that stage 4 is f at the new point.
pub static BS3: Tableau = Tableau {
    name: "bs3",
    order: 3,
    stages: 4,
    a: A,
    c: C,
    error: Estimate::Embedded { order: 3, weights: E },
    dense: Interpolant { order: 3, weights: DENSE },
    real_stability: 2.51,
};

#[rustfmt::skip]
static A: &[&[f64]] = &[&[0.5], &[0.0, 0.75], &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0]];

static C: &[f64] = &[0.0, 0.5, 0.75, 1.0];

static E: &[f64] = &[-5.0 / 72.0, 1.0 / 12.0, 1.0 / 9.0, -1.0 / 8.0];

/// b_i(θ) = Σ_j `DENSE[i][j]` θ^(j+1).
#[rustfmt::skip]
static DENSE: &[&[f64]] = &[
    &[1.0, -4.0 / 3.0, 5.0 / 9.0],
    &[0.0, 1.0, -2.0 / 3.0],
    &[0.0, 4.0 / 3.0, -8.0 / 9.0],
    &[0.0, -1.0, 1.0],
];
