//! Kværnø's pair 5(4) of seven stages, both methods stiffly accurate and the fifth-order one L-stable.
//!
//! A. Kværnø, Singly diagonally implicit Runge–Kutta methods with an explicit first stage, BIT Numer. Math. 44 (2004) 489–502: γ = 0.26;
//! the sixth stage is the embedded fourth order.
//!
//! The dense output is of order 4. All stages satisfy Σ a_ij c_j = c_i²/2, so five conditions remain for seven weights:
//! Σ b_i(θ) c_i^k = θ^(k+1)/(k+1) for k = 0 … 3 and Σ b_i(θ) a_ij c_j² = θ⁴/12. The two that are free join u and u′ at
//! both ends of the step, by polynomials of the lowest degree.

use crate::tableau::{Diagonal, Filter, Interpolant};

/// The tableau with the diagonal apart.
pub static KVAERNO5: Diagonal = Diagonal {
    name: "kvaerno5",
    order: 5,
    error_order: 5,
    gamma: 0.26,
    a: A,
    c: C,
    error: E,
    filter: Filter::None,
    predictor: PREDICTOR,
    dense: Interpolant { order: 4, weights: DENSE },
    explicit: None,
};

#[rustfmt::skip]
static A: &[&[f64]] = &[
    &[0.26],
    &[0.13, 0.84033320996790809632],
    &[0.22371961478320505592, 0.47675532319799699833, -0.064708953631126151338],
    &[0.16648564323248321525, 0.10450018841591720412, 0.036314822720987151617, -0.13090704451073998571],
    &[0.13855640231268224950, 0.0, -0.042453372017520430989, 0.024466578980031419660, 0.61943039072480676182],
    &[0.13659751177640291441, 0.0, -0.054969087965383767125, -0.041186267283210468683, 0.62993304899016403192, 0.069624794482027289485],
];

#[rustfmt::skip]
static C: &[f64] = &[0.0, 0.52, 1.2303332099679080963, 0.89576598435007590291, 0.43639360985864758528, 1.0, 1.0];

#[rustfmt::skip]
static E: &[f64] = &[
    -0.0019588905362793350992, 0.0, -0.012515715947863336136, -0.065652846263241888343, 0.010502658265357270092,
    -0.19037520551797271051, 0.26,
];

/// Through all earlier z, as functions of time; the two last stages have the same.
#[rustfmt::skip]
static PREDICTOR: &[&[f64]] = &[
    &[1.0],
    &[-1.3660254037844386468, 2.3660254037844386468],
    &[-0.19650552613122193982, 0.81135795464966244331, 0.38514757148155949651],
    &[0.053207291723153724293, 1.1466946707707220021, 0.057321093628629855183, -0.25722305612250558153],
    &[-0.025970728708434418262, -1.1660563509222083123, 0.12147051969629250996, 1.2045183106003454631, 0.86603824933400475749],
    &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
];

#[rustfmt::skip]
static DENSE: &[&[f64]] = &[
    &[1.0, -2.1100170846100631015, 1.7664242163257378607, -0.51980961993927184476],
    &[0.0, 0.0, 0.0, 0.0],
    &[0.0, 0.60006625693292537359, -1.4200088657273858157, 0.76497352082907667496],
    &[0.0, -1.939480729303991602, 3.7142163894751413293, -1.815921927454360196],
    &[0.0, 3.4605571735350474615, -4.4013821511094387954, 1.5707580265645553658],
    &[0.0, 0.20887438344608186846, -0.13924958896405457897, 0.0],
    &[0.0, -0.22, 0.48, 0.0],
];
