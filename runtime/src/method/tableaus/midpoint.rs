//! The explicit midpoint rule of Runge (1895), order 2, with Euler's step as its estimate.
//!
//! Hairer, Nørsett and Wanner, Solving ODEs I, section II.1; dense output of order 2.

use crate::tableau::{Estimate, Interpolant, Tableau};

/// The tableau; its last row is b, so that stage 3 is f at the new point.
pub static MIDPOINT: Tableau = Tableau {
    name: "midpoint",
    order: 2,
    stages: 3,
    a: A,
    c: C,
    error: Estimate::Embedded { order: 2, weights: &[-1.0, 1.0, 0.0] },
    dense: Interpolant { order: 2, weights: DENSE },
    real_stability: 2.0,
};

#[rustfmt::skip]
static A: &[&[f64]] = &[&[0.5], &[0.0, 1.0]];

static C: &[f64] = &[0.0, 0.5, 1.0];

/// b_i(θ) = Σ_j `DENSE[i][j]` θ^(j+1).
#[rustfmt::skip]
static DENSE: &[&[f64]] = &[&[1.0, -1.0], &[0.0, 1.0], &[0.0, 0.0]];
