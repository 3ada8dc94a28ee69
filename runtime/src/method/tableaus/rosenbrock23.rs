//! The modified Rosenbrock pair 2(3) of MATLAB's `ode23s`: three stages, L-stable, for loose tolerances.
//!
//! L. F. Shampine and M. W. Reichelt, The MATLAB ODE suite, SIAM J. Sci. Comput. 18 (1997) 1–22: γ = 1/(2 + √2),
//! e32 = 6 + √2. Written in the variables U_i = h Σ γ_ij k_j of Hairer and Wanner, with γ21 = −γ, γ31 = (e32 − 2)γ, γ32 = −e32 γ.
//! The dense output is theirs, of order 2.

use crate::tableau::{Interpolant, Linear};

/// The tableau in the transformed variables.
pub static ROSENBROCK23: Linear = Linear {
    name: "rosenbrock23",
    order: 2,
    error_order: 3,
    gamma: 0.2928932188134525,
    a: A,
    c: C,
    alpha: ALPHA,
    d: D,
    m: M,
    error: E,
    margin: 1.0,
    dense: Interpolant { order: 2, weights: DENSE },
};

#[rustfmt::skip]
static A: &[&[f64]] = &[
    &[1.7071067811865475],
    &[3.414213562373095, 3.414213562373095],
];

#[rustfmt::skip]
static C: &[&[f64]] = &[
    &[-3.414213562373095],
    &[-6.82842712474619, -25.31370849898476],
];

#[rustfmt::skip]
static ALPHA: &[f64] = &[0.0, 0.5, 1.0];

#[rustfmt::skip]
static D: &[f64] = &[0.2928932188134525, 0.0, -0.2928932188134525];

#[rustfmt::skip]
static M: &[f64] = &[3.414213562373095, 3.414213562373095, 0.0];

#[rustfmt::skip]
static E: &[f64] = &[0.5690355937288492, 3.080880229039762, 0.5690355937288492];

/// p_i(θ) = Σ_j `DENSE[i][j]` θ^(j+1): u(t + θh) = u + Σ p_i(θ) U_i.
#[rustfmt::skip]
static DENSE: &[&[f64]] = &[
    &[3.414213562373095, 0.0],
    &[-4.82842712474619, 8.242640687119286],
    &[0.0, 0.0],
];
