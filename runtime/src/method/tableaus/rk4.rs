//! "The" Runge–Kutta method of Kutta (1901), order 4, for fixed steps.
//!
//! Hairer, Nørsett and Wanner, Solving ODEs I, table II.1.2; dense output of order 3 without further stages, section II.6.

use crate::tableau::{Estimate, Interpolant, Tableau};

/// The tableau; its last row is b, so that stage 5 is f at the new point.
pub static RK4: Tableau = Tableau {
    name: "rk4",
    order: 4,
    stages: 5,
    a: A,
    c: C,
    error: Estimate::None,
    dense: Interpolant { order: 3, weights: DENSE },
    real_stability: 2.78,
};

#[rustfmt::skip]
static A: &[&[f64]] = &[&[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0], &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0]];

static C: &[f64] = &[0.0, 0.5, 0.5, 1.0, 1.0];

/// b_i(θ) = Σ_j `DENSE[i][j]` θ^(j+1).
#[rustfmt::skip]
static DENSE: &[&[f64]] = &[
    &[1.0, -1.5, 2.0 / 3.0],
    &[0.0, 1.0, -2.0 / 3.0],
    &[0.0, 1.0, -2.0 / 3.0],
    &[0.0, -0.5, 2.0 / 3.0],
    &[0.0, 0.0, 0.0],
];
