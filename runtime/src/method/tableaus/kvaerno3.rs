//! Kværnø's pair 3(2) of four stages, both methods stiffly accurate and the third-order one L-stable.
//!
//! A. Kværnø, Singly diagonally implicit Runge–Kutta methods with an explicit first stage, BIT Numer. Math. 44 (2004) 489–502: γ is the
//! root 0.4358… of 6γ³ − 18γ² + 9γ − 1; the third stage is the embedded second order. The dense output is the cubic through
//! u and u′ at both ends of the step.

use crate::tableau::{Diagonal, Filter, Interpolant};

/// The tableau with the diagonal apart.
pub static KVAERNO3: Diagonal = Diagonal {
    name: "kvaerno3",
    order: 3,
    error_order: 3,
    gamma: 0.4358665215084589994,
    a: A,
    c: &[0.0, 0.8717330430169179988, 1.0, 1.0],
    error: E,
    filter: Filter::None,
    predictor: PREDICTOR,
    dense: Interpolant { order: 3, weights: DENSE },
    explicit: None,
};

#[rustfmt::skip]
static A: &[&[f64]] = &[
    &[0.43586652150845899942],
    &[0.49056338842178057063, 0.073570090069760429956],
    &[0.30880996997674652335, 1.4905633884217805706, -1.2352398799069860934],
];

#[rustfmt::skip]
static E: &[f64] = &[-0.18175341844503404728, 1.4169932983520201407, -1.6711064014154450928, 0.43586652150845899942];

/// Through the earlier z, as functions of time.
#[rustfmt::skip]
static PREDICTOR: &[&[f64]] = &[
    &[1.0],
    &[-0.14714018013952085991, 1.1471401801395208599],
    &[0.0, 0.0, 1.0],
];

#[rustfmt::skip]
static DENSE: &[&[f64]] = &[
    &[1.0, -1.07357009006976043, 0.3823800600465069533],
    &[0.0, 4.4716901652653417119, -2.9811267768435611413],
    &[0.0, -3.7057196397209582802, 2.4704797598139721868],
    &[0.0, 0.30759956452537699825, 0.12826695698308200117],
];
