//! sin, cos and tan of huge arguments, by as many bits of 2/π as the argument's exponent asks for.
//!
//! Payne and Hanek, "Radian reduction for trigonometric functions", SIGNUM 18 (1983).

use super::dd::{self, Dd};
use super::scalar::Scalar;
use super::trigonometric::{self, HALF_PI, LARGEST, Reduced, sine_of, tangent_of};

/// The bits of 2/π after the point; the first word is zero, so that a window may begin before them.
const TWO_OVER_PI: [u64; 22] = [
    0,
    0xa2f9836e4e441529,
    0xfc2757d1f534ddc0,
    0xdb6295993c439041,
    0xfe5163abdebbc561,
    0xb7246e3a424dd2e0,
    0x06492eea09d1921c,
    0xfe1deb1cb129a73e,
    0xe88235f52ebb4484,
    0xe99c7026b45f7e41,
    0x3991d639835339f4,
    0x9c845f8bbdf9283b,
    0x1ff897ffde05980f,
    0xef2f118b5a0a6d1f,
    0x6d367ecf27cb09b7,
    0x4f463f669e5fea2d,
    0x7527bac7ebe5f17b,
    0x3d0739f78a5292ea,
    0x6bfb5fb11f8d5d08,
    0x56033046fc7b6bab,
    0xf0cfbc209af4361d,
    0xa9e391615ee61b08,
];

/// Sine.
pub fn sin(x: f64) -> f64 {
    match reduce(x, 0) {
        Some(reduced) => sine_of(&mut Scalar, &reduced),
        None => trigonometric::sin(&mut Scalar, x),
    }
}

/// Cosine.
pub fn cos(x: f64) -> f64 {
    match reduce(x, 1) {
        Some(reduced) => sine_of(&mut Scalar, &reduced),
        None => trigonometric::cos(&mut Scalar, x),
    }
}

/// Tangent.
pub fn tan(x: f64) -> f64 {
    match reduce(x, 0) {
        Some(reduced) => tangent_of(&mut Scalar, &reduced),
        None => trigonometric::tan(&mut Scalar, x),
    }
}

/// x = r + (quadrant − `turn`)·π/2; `None` where the generic reduction serves. NaN for what is not finite.
fn reduce(x: f64, turn: u64) -> Option<Reduced<f64>> {
    if x.abs() <= LARGEST {
        return None;
    }
    if !x.is_finite() {
        return Some(Reduced { r: Dd { hi: f64::NAN, lo: 0.0 }, quadrant: 0.0 });
    }
    let (whole, fraction) = times_two_over_pi(x.abs());
    // Above a half the next multiple of π/2 is nearer.
    let above = fraction[0] >> 63 == 1;
    let (n, turns) =
        if above { (whole + 1, to_dd(fraction.map(|word| !word))) } else { (whole, to_dd(fraction)) };
    let half_pi = Dd { hi: HALF_PI[0], lo: HALF_PI[1] };
    let r = dd::mul(&mut Scalar, turns, half_pi);
    let negative = above != (x < 0.0);
    let r = if negative { Dd { hi: -r.hi, lo: -r.lo } } else { r };
    let n = if x < 0.0 { n.wrapping_neg() } else { n };
    Some(Reduced { r, quadrant: quadrant_number(n.wrapping_add(turn)) })
}

/// Bit 1 of the quadrant as the sign, bit 0 as a nonzero exponent.
fn quadrant_number(n: u64) -> f64 {
    f64::from_bits(n << 62)
}

/// x·2/π mod 4 for x ≥ 2³⁰: the whole part, and 192 bits of fraction.
fn times_two_over_pi(x: f64) -> (u64, [u64; 3]) {
    let mantissa = (x.to_bits() & 0x000f_ffff_ffff_ffff) | 0x0010_0000_0000_0000;
    let exponent = (x.to_bits() >> 52) as i64 - 1075;
    // Bits of 2/π with weight 2^-j give multiples of 4 where j ≤ exponent − 2: the window begins after them.
    let start = (exponent - 1 + 63) as usize;
    let window: [u64; 4] = std::array::from_fn(|word| bits_at(start + 64 * word));
    let mut product = [0u64; 4];
    let mut carry = 0u128;
    for word in (0..4).rev() {
        carry += u128::from(window[word]) * u128::from(mantissa);
        product[word] = carry as u64;
        carry >>= 64;
    }
    // The product is in units of 2^-254: two bits of whole part, then the fraction.
    let fraction = std::array::from_fn(|word| (product[word] << 2) | (product[word + 1] >> 62));
    (product[0] >> 62, fraction)
}

/// 64 bits of the table from bit `start` on.
fn bits_at(start: usize) -> u64 {
    let (word, shift) = (start / 64, start % 64);
    let high = TWO_OVER_PI[word] << shift;
    if shift == 0 { high } else { high | (TWO_OVER_PI[word + 1] >> (64 - shift)) }
}

/// 192 bits of fraction as hi + lo, from the first bit that is set.
fn to_dd(fraction: [u64; 3]) -> Dd<f64> {
    let leading = (u128::from(fraction[0]) << 64) | u128::from(fraction[1]);
    let following = u128::from(fraction[2]) << 64;
    let zeros = leading.leading_zeros();
    let bits = leading.checked_shl(zeros).unwrap_or(0) | following.checked_shr(128 - zeros).unwrap_or(0);
    let first = (bits >> 75) as u64 as f64;
    let second = ((bits >> 22) & ((1 << 53) - 1)) as u64 as f64;
    let unit = 2f64.powi(-53 - zeros as i32);
    dd::fast_two_sum(&mut Scalar, first * unit, second * unit * 2f64.powi(-53))
}
