//! Logarithms and powers of 2 for the step size control: short chains of sums and products, the same bits on every CPU.
//!
//! The next step waits for them, so they are no more accurate than a step size needs to be. The polynomials are minimax.

use std::f64::consts::FRAC_1_SQRT_2;

/// log₂ x of a positive normal number, to 6.4e-4.
#[inline]
pub fn log2(x: f64) -> f64 {
    let bits = x.to_bits();
    // x = m·2^e with m in [√½, √2), where the polynomial in m − 1 holds.
    let e = (bits.wrapping_sub(FRAC_1_SQRT_2.to_bits()) as i64) >> 52;
    let m = f64::from_bits(bits.wrapping_sub((e as u64) << 52)) - 1.0;
    let low = 0.0005832660929276306 + 1.4456437786394785 * m;
    e as f64 + (low + m * m * (-0.7609652760652581 + 0.4475949264148103 * m))
}

/// 2^y for |y| ≤ 1000, to 7.6e-5 of its size.
#[inline]
pub fn exp2(y: f64) -> f64 {
    /// Adding it leaves the nearest integer in the last bits.
    const ROUND: f64 = 1.5 * (1_u64 << 52) as f64;
    let rounded = y + ROUND;
    let f = y - (rounded - ROUND);
    let low = 0.9999244965532219 + 0.6931053175435875 * f;
    let power = low + f * f * (0.24263996215309516 + 0.05600585457184023 * f);
    f64::from_bits(power.to_bits().wrapping_add(rounded.to_bits() << 52))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_and_powers_are_as_accurate_as_they_say() {
        for k in -9990..=9990 {
            let y = f64::from(k) / 10.0 + 0.037;
            assert!((exp2(y) / y.exp2() - 1.0).abs() < 7.6e-5, "2^{y}");
            assert!((log2(y.exp2()) - y).abs() < 6.4e-4, "log₂ 2^{y}");
        }
    }
}
