//! ARK4(3)6L[2]SA of Kennedy and Carpenter: an L-stable diagonally implicit method of six stages for the stiff part of a
//! right-hand side, and the explicit one that advances the rest beside it.
//!
//! C. A. Kennedy and M. H. Carpenter, Additive Runge–Kutta schemes for convection–diffusion–reaction equations, Appl. Numer. Math. 44
//! (2003) 139–181, appendix C; the fractions printed there, in decimals.
//!
//! The dense output is of order 4 for the implicit method and of order 3 for the pair. Its weights are the only ones with
//! b_2(θ) = 0, Σ b_i(θ) c_i^k = θ^(k+1)/(k+1) for k = 0 … 3 and Σ b_i(θ) a_ij c_j² = θ⁴/12: all conditions of order 4 for
//! stages with Σ a_ij c_j = c_i²/2, and those of order 3 that couple the two methods. They join u and u′ at both ends.

use crate::tableau::{Diagonal, Filter, Interpolant};

/// The tableau with the diagonal apart.
pub static KENCARP4: Diagonal = Diagonal {
    name: "kencarp4",
    order: 4,
    error_order: 4,
    gamma: 0.25,
    a: A,
    c: &[0.0, 0.5, 0.332, 0.62, 0.85, 1.0],
    error: E,
    filter: Filter::None,
    predictor: PREDICTOR,
    dense: Interpolant { order: 4, weights: DENSE },
    explicit: Some(EXPLICIT),
};

#[rustfmt::skip]
static A: &[&[f64]] = &[
    &[0.25],
    &[0.137776, -0.055776],
    &[0.14463686602698218022, -0.22393190761334473909, 0.44929504158636255888],
    &[0.098258783283564771169, -0.59154424281967039373, 0.81012105382829961501, 0.28316440570780600755],
    &[0.15791629516167135335, 0.0, 0.18675894052400076496, 0.68056529530933458002, -0.27524053099500669833],
];

#[rustfmt::skip]
static EXPLICIT: &[&[f64]] = &[
    &[0.5],
    &[0.221776, 0.110224],
    &[-0.048846595153118577527, -0.17772065232640099845, 0.84656724747951957597],
    &[-0.15541685842491549176, -0.3567050098221991314, 1.0587258798684427106, 0.30339598837867191253],
    &[0.20142435067267632708, 0.0087420578429041841363, 0.15993995707168114572, 0.40382906052207749588, 0.22606457389066084718],
];

#[rustfmt::skip]
static E: &[f64] = &[
    0.0032044943984591763531, 0.0, -0.0024462511366794576119, -0.021480075919587268415, 0.043946868068572422195,
    -0.023225035410764872521,
];

/// Through earlier z, as functions of time.
#[rustfmt::skip]
static PREDICTOR: &[&[f64]] = &[
    &[1.0],
    &[0.336, 0.664],
    &[0.2081927710843373494, 2.1257142857142857143, -1.3339070567986230637],
    &[0.57879906723668869024, 0.0, -2.0446368808567603748, 2.4658378136200716846],
    &[0.0, 0.0, 0.38207850707850707851, -1.5126811594202898551, 2.1306026523417827766],
];

#[rustfmt::skip]
static DENSE: &[&[f64]] = &[
    &[1.0, -2.9054015642881829808, 3.4424683092230513751, -1.3791504497731970409],
    &[0.0, 0.0, 0.0, 0.0],
    &[0.0, 5.344910889890429394, -9.9427860176848557281, 4.7846340683184270991],
    &[0.0, -3.4882850814472586604, 9.6988313441318556408, -5.5299809673752624004],
    &[0.0, 1.0703294719422295773, -3.2416210678644859478, 1.8960510649272496722],
    &[0.0, -0.021553716097217330046, 0.043107432194434660092, 0.22844628390278266995],
];
