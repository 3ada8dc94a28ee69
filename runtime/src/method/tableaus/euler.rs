//! Explicit Euler, order 1: u + h f(t, u); linear between the ends.

use crate::tableau::{Estimate, Interpolant, Tableau};

/// The tableau; its last row is b, so that stage 2 is f at the new point.
pub static EULER: Tableau = Tableau {
    name: "euler",
    order: 1,
    stages: 2,
    a: A,
    c: C,
    error: Estimate::None,
    dense: Interpolant { order: 1, weights: DENSE },
    real_stability: 2.0,
};

#[rustfmt::skip]
static A: &[&[f64]] = &[&[1.0]];

static C: &[f64] = &[0.0, 1.0];

/// b_i(θ) = Σ_j `DENSE[i][j]` θ^(j+1).
#[rustfmt::skip]
static DENSE: &[&[f64]] = &[&[1.0], &[0.0]];
