//! Logarithms and powers of 2 for the step size control: short chains of sums and products, the same bits on every CPU.
//!
//! The next step waits for them, so the terms of the polynomials are added in pairs, pairs of pairs and so on (Estrin).
//! The polynomials interpolate at Chebyshev points, which is within a small factor of minimax.

use std::f64::consts::FRAC_1_SQRT_2;

/// log₂(1 + m) for m in [√½ − 1, √2 − 1]: the coefficients of m, m², …
const LOG: [f64; 18] = [
    1.442695040888961,
    -0.7213475204444744,
    0.48089834696635186,
    -0.36067376022931874,
    0.2885390074459846,
    -0.2404491717654101,
    0.20609935165660867,
    -0.1803370456075891,
    0.16029707750652847,
    -0.14426173158514688,
    0.13120223089953834,
    -0.12041875891128528,
    0.11051433445433557,
    -0.10044652934071209,
    0.09704605528122602,
    -0.10715965704794954,
    0.10097695102587106,
    -0.04694320952454281,
];

/// 2^f for f in [−½, ½]: the coefficients of 1, f, f², …
#[expect(clippy::approx_constant, reason = "the interpolant's coefficient is near ln 2 but not equal to it")]
const EXP: [f64; 11] = [
    1.0,
    0.69314718055995,
    0.24022650695910097,
    0.05550410866444772,
    0.009618129107606888,
    0.0013333558230164974,
    0.0001540353044173605,
    1.5252657260200837e-05,
    1.321544258792169e-06,
    1.0208690299958306e-07,
    7.072585949269223e-09,
];

/// log₂ x of a positive normal number, to 2e-15 + 6e-16·|log₂ x|.
#[inline]
pub fn log2(x: f64) -> f64 {
    let bits = x.to_bits();
    // x = (1 + m)·2^e with 1 + m in [√½, √2).
    let e = (bits.wrapping_sub(FRAC_1_SQRT_2.to_bits()) as i64) >> 52;
    let m = f64::from_bits(bits.wrapping_sub((e as u64) << 52)) - 1.0;
    let (m2, c) = (m * m, LOG);
    let m4 = m2 * m2;
    let m8 = m4 * m4;
    let low = four([e as f64, c[0], c[1], c[2]], m, m2) + m4 * four([c[3], c[4], c[5], c[6]], m, m2);
    let middle = four([c[7], c[8], c[9], c[10]], m, m2) + m4 * four([c[11], c[12], c[13], c[14]], m, m2);
    let high = (c[15] + m * c[16]) + m2 * c[17];
    (low + (m8 * m8) * high) + m8 * middle
}

/// 2^y for |y| ≤ 1000, to 8e-16 of its size.
#[inline]
pub fn exp2(y: f64) -> f64 {
    /// Adding it leaves the nearest integer in the last bits.
    const ROUND: f64 = 1.5 * (1_u64 << 52) as f64;
    let rounded = y + ROUND;
    let f = y - (rounded - ROUND);
    let (f2, c) = (f * f, EXP);
    let f4 = f2 * f2;
    let low = four([c[0], c[1], c[2], c[3]], f, f2) + f4 * four([c[4], c[5], c[6], c[7]], f, f2);
    let power = low + (f4 * f4) * ((c[8] + f * c[9]) + f2 * c[10]);
    f64::from_bits(power.to_bits().wrapping_add(rounded.to_bits() << 52))
}

/// c₀ + c₁x + c₂x² + c₃x³.
#[inline]
fn four(c: [f64; 4], x: f64, x2: f64) -> f64 {
    (c[0] + x * c[1]) + x2 * (c[2] + x * c[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_and_powers_are_as_accurate_as_they_say() {
        for k in -99_900..=99_900 {
            let y = f64::from(k) / 100.0 + 0.00037;
            let x = y.exp2();
            assert!((exp2(y) / x - 1.0).abs() < 8e-16, "2^{y}");
            assert!((log2(x) - x.log2()).abs() < 2e-15 + 6e-16 * y.abs(), "log₂ 2^{y}");
        }
    }

    #[test]
    fn whole_powers_are_exact() {
        for k in -1000..=1000 {
            let y = f64::from(k);
            assert_eq!((exp2(y), log2(y.exp2())), (y.exp2(), y));
        }
    }
}
