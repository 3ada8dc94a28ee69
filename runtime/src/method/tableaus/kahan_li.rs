//! Kahan and Li's composition of order 8 with seventeen steps of leapfrog.
//!
//! W. Kahan and R.-C. Li, Composition constants for raising the orders of unconventional schemes for ordinary differential
//! equations, Math. Comp. 66 (1997) 1089–1099, s17odr8a.

use crate::tableau::Composition;

/// Symmetric.
pub static KAHAN_LI: Composition = Composition { name: "kahan_li", order: 8, weights: WEIGHTS };

#[rustfmt::skip]
static WEIGHTS: &[f64] = &[W1, W2, W3, W4, W5, W6, W7, W8, W9, W8, W7, W6, W5, W4, W3, W2, W1];
const W1: f64 = 0.130_202_483_088_890_08;
const W2: f64 = 0.561_162_981_775_108_4;
const W3: f64 = -0.389_474_962_644_847_3;
const W4: f64 = 0.158_841_906_555_155_6;
const W5: f64 = -0.395_903_894_133_237_57;
const W6: f64 = 0.184_539_640_978_315_7;
const W7: f64 = 0.258_374_387_686_322_05;
const W8: f64 = 0.295_011_723_609_310_3;
const W9: f64 = -0.605_508_533_830_034_5;
