//! TR-BDF2: the trapezoidal rule, then the second backward difference formula, with an embedded third order. L-stable.
//!
//! M. E. Hosea and L. F. Shampine, Analysis and implementation of TR-BDF2, Appl. Numer. Math. 20 (1996) 21–37: γ = 2 − √2,
//! d = γ/2 stands on the diagonal, w = √2/4, b = (w, w, d), b̂ = ((1 − w)/3, (3w + 1)/3, d/3). The dense output is the cubic
//! through u and u′ at both ends of the step.

use std::f64::consts::FRAC_1_SQRT_2;

use crate::tableau::{Diagonal, Filter, Interpolant};

/// The tableau with the diagonal apart.
pub static TRBDF2: Diagonal = Diagonal {
    name: "trbdf2",
    order: 2,
    error_order: 3,
    gamma: 0.2928932188134524756,
    a: A,
    c: &[0.0, 0.5857864376269049512, 1.0],
    error: &[0.1380711874576983496, -0.3333333333333333333, 0.1952621458756349837],
    filter: Filter::Resolvent,
    predictor: PREDICTOR,
    dense: Interpolant { order: 2, weights: DENSE },
    explicit: None,
};

#[rustfmt::skip]
static A: &[&[f64]] = &[
    &[0.2928932188134524756],
    &[0.3535533905932737622, 0.3535533905932737622],
];

/// Through the earlier z, as functions of time.
#[rustfmt::skip]
static PREDICTOR: &[&[f64]] = &[
    &[1.0],
    &[-FRAC_1_SQRT_2, 1.7071067811865475244],
];

#[rustfmt::skip]
static DENSE: &[&[f64]] = &[
    &[1.0, -0.9393398282201787134, 0.2928932188134524756],
    &[0.0, 1.0606601717798212866, -FRAC_1_SQRT_2],
    &[0.0, -0.1213203435596425732, 0.4142135623730950488],
];
