//! McLachlan's composition of order 4 with five steps of leapfrog.
//!
//! R. I. McLachlan, On the numerical integration of ordinary differential equations by symmetric composition methods,
//! SIAM J. Sci. Comput. 16 (1995) 151–168: w_2 follows from w_1 = 0.28 by 2w_1³ + 2w_2³ + w_3³ = 0.

use crate::tableau::Composition;

/// Symmetric, its sum 1 and that of the cubes 0.
pub static MCLACHLAN: Composition = Composition { name: "mclachlan", order: 4, weights: WEIGHTS };

#[rustfmt::skip]
static WEIGHTS: &[f64] = &[0.28, W2, W3, W2, 0.28];
const W2: f64 = 0.625_466_428_467_67;
const W3: f64 = 1.0 - 2.0 * (0.28 + W2);
