//! Dormand–Prince 5(4), seven stages, first same as last.
//!
//! J. R. Dormand and P. J. Prince, A family of embedded Runge–Kutta formulae, J. Comp. Appl. Math. 6 (1980) 19–26;
//! Hairer, Nørsett and Wanner, Solving ODEs I, table II.5.2. Dense output of order 4 as in their `contd5`, expanded in powers of θ.

use crate::tableau::{Estimate, Interpolant, Tableau};

/// The tableau; its last row is b, so that stage 7 is f at the new point.
pub static DOPRI5: Tableau = Tableau {
    name: "dopri5",
    order: 5,
    stages: 7,
    a: A,
    c: C,
    error: Estimate::Embedded { order: 5, weights: E },
    dense: Interpolant { order: 4, weights: DENSE },
    real_stability: 3.30,
};

#[rustfmt::skip]
static A: &[&[f64]] = &[
    &[0.2],
    &[0.075, 0.225],
    &[0.9777777777777777, -3.7333333333333334, 3.5555555555555554],
    &[2.9525986892242035, -11.595793324188385, 9.822892851699436, -0.2908093278463649],
    &[2.8462752525252526, -10.757575757575758, 8.906422717743473, 0.2784090909090909, -0.2735313036020583],
    &[0.09114583333333333, 0.0, 0.44923629829290207, 0.6510416666666666, -0.322376179245283, 0.13095238095238096],
];

#[rustfmt::skip]
static C: &[f64] = &[0.0, 0.2, 0.3, 0.8, 0.8888888888888888, 1.0, 1.0];

#[rustfmt::skip]
static E: &[f64] = &[0.0012326388888888888, 0.0, -0.0042527702905061394, 0.03697916666666667, -0.05086379716981132, 0.0419047619047619, -0.025];

/// b_i(θ) = Σ_j `DENSE[i][j]` θ^(j+1).
#[rustfmt::skip]
static DENSE: &[&[f64]] = &[
    &[1.0, -2.8535800653862835, 3.0717434641059005, -1.1270175653862835],
    &[0.0, 0.0, 0.0, 0.0],
    &[0.0, 4.023133379230305, -6.249321565289, 2.675424484351598],
    &[0.0, -3.7324019615885042, 10.068970589843675, -5.685526961588504],
    &[0.0, 2.5548038301849423, -6.399112377351017, 3.5219323679207912],
    &[0.0, -1.3744241142186024, 3.272657752246729, -1.7672812570757455],
    &[0.0, 1.3824689317781436, -3.764937863556287, 2.382468931778144],
];
