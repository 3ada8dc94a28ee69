//! Logarithms and powers of 2 for the step size control: short chains of sums and products, the same bits on every CPU.
//!
//! The next step waits for them, so they have the seven digits that a step size needs and no more, and the terms of the polynomials
//! are added in pairs and pairs of pairs (Estrin). The polynomials interpolate at Chebyshev points, which is within a small factor
//! of minimax, and are exact at whole powers.

use std::f64::consts::FRAC_1_SQRT_2;

/// log₂(1 + m) for m in [√½ − 1, √2 − 1]: the coefficients of m, m², …
const LOG: [f64; 7] = [
    1.442696523046545,
    -0.7213601785760362,
    0.48061312547293183,
    -0.3595244554631523,
    0.296119557221646,
    -0.2679638705160637,
    0.16818659110837794,
];

/// 2^f for f in [−½, ½]: the coefficients of 1, f, f², …
const EXP: [f64; 6] = [
    1.0,
    std::f64::consts::LN_2,
    0.24022349038020388,
    0.05550381013796492,
    0.00966636851538443,
    0.0013381302537300043,
];

/// log₂ x of a positive normal number, to 7e-7.
#[inline]
pub fn log2(x: f64) -> f64 {
    let bits = x.to_bits();
    // x = (1 + m)·2^e with 1 + m in [√½, √2).
    let e = (bits.wrapping_sub(FRAC_1_SQRT_2.to_bits()) as i64) >> 52;
    let m = f64::from_bits(bits.wrapping_sub((e as u64) << 52)) - 1.0;
    let (m2, c) = (m * m, LOG);
    four([e as f64, c[0], c[1], c[2]], m, m2) + (m2 * m2) * four([c[3], c[4], c[5], c[6]], m, m2)
}

/// 2^y for |y| ≤ 1000, to 2.1e-7 of its size.
#[inline]
pub fn exp2(y: f64) -> f64 {
    /// Adding it leaves the nearest integer in the last bits.
    const ROUND: f64 = 1.5 * (1_u64 << 52) as f64;
    let rounded = y + ROUND;
    let f = y - (rounded - ROUND);
    let (f2, c) = (f * f, EXP);
    let power = four([c[0], c[1], c[2], c[3]], f, f2) + (f2 * f2) * (c[4] + f * c[5]);
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
            assert!((exp2(y) / x - 1.0).abs() < 2.1e-7, "2^{y}");
            assert!((log2(x) - x.log2()).abs() < 7e-7, "log₂ 2^{y}");
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
