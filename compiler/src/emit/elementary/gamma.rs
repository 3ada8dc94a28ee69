//! Γ(x) and log |Γ(x)| by Stirling's series beyond 16, recurrence below it and reflection below 0, in double-double.

use super::dd::{self, Dd};
use super::exponential::{LN2, exp_times};
use super::logarithm::{log_dd, log1p};
use super::scalar::Scalar;
use super::trigonometric::sine_and_cosine;

/// From here on nine terms of Stirling's series are below 2⁻⁷⁰.
const STIRLING_FROM: f64 = 16.0;
/// B₂ₖ/(2k·(2k − 1)), k = 1, 2, …
const STIRLING: [f64; 9] = [
    0.08333333333333333,
    -0.002777777777777778,
    0.0007936507936507937,
    -0.0005952380952380953,
    0.0008417508417508417,
    -0.0019175269175269176,
    0.00641025641025641,
    -0.029550653594771242,
    0.17964437236883057,
];
const LOG_SQRT_2PI: Dd<f64> = Dd { hi: 0.9189385332046728, lo: -3.8782941580672414e-17 };
pub(super) const PI: Dd<f64> = Dd { hi: std::f64::consts::PI, lo: 1.2246467991473532e-16 };
/// 64·ln 2.
const SIXTY_FOUR_BITS: Dd<f64> = Dd { hi: 64.0 * LN2.0, lo: 64.0 * LN2.1 };
const EULER: Dd<f64> = Dd { hi: 0.5772156649015329, lo: -4.942915152430645e-18 };

/// ζ(k)·(−1)ᵏ/k, k = 2, 3, …: the Taylor coefficients of log Γ(1 + z).
const LOG_GAMMA: [f64; 31] = [
    0.8224670334241132,
    -0.40068563438653143,
    0.27058080842778454,
    -0.20738555102867398,
    0.1695571769974082,
    -0.1440498967688461,
    0.12550966952474304,
    -0.11133426586956469,
    0.1000994575127818,
    -0.09095401714582904,
    0.083353840546109,
    -0.0769325164113522,
    0.07143294629536133,
    -0.06666870588242046,
    0.06250095514121304,
    -0.058823978658684585,
    0.055555767627403614,
    -0.05263167937961666,
    0.05000004769810169,
    -0.047619070330142226,
    0.04545455629320467,
    -0.04347826605304026,
    0.04166666915034121,
    -0.04000000119214014,
    0.03846153903467518,
    -0.037037037312989324,
    0.035714285847333355,
    -0.034482758684919304,
    0.03333333336437758,
    -0.03225806453115042,
    0.03125000000727597,
];

/// Γ(x); ±inf at ±0, NaN at the negative integers and −inf.
pub fn gamma(x: f64) -> f64 {
    if x.abs() < 1e-17 {
        1.0 / x
    } else if x > 172.0 {
        x * f64::INFINITY
    } else if x > 0.0 {
        let (shifted, product) = raise(dd::exact(&mut Scalar, x));
        let inverse = dd::div(&mut Scalar, Dd { hi: 1.0, lo: 0.0 }, product);
        exp_times(&mut Scalar, stirling(shifted), inverse)
    } else if x == x.floor() || x.is_nan() {
        f64::NAN
    } else {
        reflected(x)
    }
}

/// Γ(x) = π/(sin(πx)·Γ(1 − x)), with 1/Γ(y) = y·(y + 1)…·exp(−log Γ(y + n)).
fn reflected(x: f64) -> f64 {
    let (shifted, product) = raise(dd::two_sum(&mut Scalar, 1.0, -x));
    let logarithm = stirling(shifted);
    let sine = sine_of_turns(x);
    let ratio = dd::div(&mut Scalar, PI, sine);
    let factor = dd::mul(&mut Scalar, ratio, product);
    // The factor may lift what underflows alone: 2⁶⁴ is taken out at the end.
    let exponent = dd::add(&mut Scalar, SIXTY_FOUR_BITS, Dd { hi: -logarithm.hi, lo: -logarithm.lo });
    let value = exp_times(&mut Scalar, exponent, factor) * 2f64.powi(-64);
    value.copysign(sine.hi)
}

/// log |Γ(x)|; inf at 0, the negative integers and ±inf.
pub fn lgamma(x: f64) -> f64 {
    if x.is_nan() {
        x
    } else if x.is_infinite() || (x <= 0.0 && x == x.floor()) {
        f64::INFINITY
    } else if x.abs() < 1e-17 {
        -log_dd(&mut Scalar, Dd { hi: x.abs(), lo: 0.0 }).hi
    } else if (x - 1.0).abs() <= 0.25 {
        near_one(x - 1.0)
    } else if (x - 2.0).abs() <= 0.25 {
        // Γ(2 + z) = (1 + z)·Γ(1 + z)
        near_one(x - 2.0) + log1p(&mut Scalar, x - 2.0)
    } else if x > 1e300 {
        x * (log_dd(&mut Scalar, Dd { hi: x, lo: 0.0 }).hi - 1.0)
    } else if x > 0.0 {
        logarithm(dd::exact(&mut Scalar, x)).hi
    } else {
        let sine = sine_of_turns(x);
        let sine = if sine.hi < 0.0 { Dd { hi: -sine.hi, lo: -sine.lo } } else { sine };
        let ratio = dd::div(&mut Scalar, PI, sine);
        let ratio = log_dd(&mut Scalar, ratio);
        let mirrored = dd::two_sum(&mut Scalar, 1.0, -x);
        let mirrored = logarithm(mirrored);
        dd::add(&mut Scalar, ratio, Dd { hi: -mirrored.hi, lo: -mirrored.lo }).hi
    }
}

/// log Γ(1 + z) = −γ·z + Σ ζ(k)·(−z)ᵏ/k.
fn near_one(z: f64) -> f64 {
    let series = LOG_GAMMA.iter().rev().fold(0.0, |sum: f64, &c| sum.mul_add(z, c));
    let linear = dd::mul(&mut Scalar, EULER, Dd { hi: -z, lo: 0.0 });
    linear.hi + (z * z).mul_add(series, linear.lo)
}

/// log Γ(x) for x > 0.
fn logarithm(x: Dd<f64>) -> Dd<f64> {
    let (shifted, product) = raise(x);
    let whole = stirling(shifted);
    let part = log_dd(&mut Scalar, product);
    dd::add(&mut Scalar, whole, Dd { hi: -part.hi, lo: -part.lo })
}

/// y = x + n ≥ 16 and x·(x + 1)…(x + n − 1).
fn raise(x: Dd<f64>) -> (Dd<f64>, Dd<f64>) {
    let (mut y, mut product) = (x, Dd { hi: 1.0, lo: 0.0 });
    while y.hi < STIRLING_FROM {
        product = dd::mul(&mut Scalar, product, y);
        y = dd::add(&mut Scalar, y, Dd { hi: 1.0, lo: 0.0 });
    }
    (y, product)
}

/// log Γ(x) = (x − ½)·log x − x + ½·log 2π + Σ B₂ₖ/(2k·(2k − 1)·x²ᵏ⁻¹) for x ≥ 16.
fn stirling(x: Dd<f64>) -> Dd<f64> {
    let a = &mut Scalar;
    let inverse = 1.0 / x.hi;
    let series = STIRLING.iter().rev().fold(0.0, |sum: f64, &c| sum.mul_add(inverse * inverse, c)) * inverse;
    let less_half = dd::add(a, x, Dd { hi: -0.5, lo: 0.0 });
    let logarithm = log_dd(a, x);
    let product = dd::mul(a, less_half, logarithm);
    let difference = dd::add(a, product, Dd { hi: -x.hi, lo: -x.lo });
    let constant = dd::add(a, LOG_SQRT_2PI, Dd { hi: series, lo: 0.0 });
    dd::add(a, difference, constant)
}

/// sin(πx), the multiples of ½ in x taken off exactly.
fn sine_of_turns(x: f64) -> Dd<f64> {
    let (sine, _) = sine_and_cosine_of_turns(x);
    sine
}

/// sin(πx) and cos(πx).
pub(super) fn sine_and_cosine_of_turns(x: f64) -> (Dd<f64>, Dd<f64>) {
    let quarter = (2.0 * x).round_ties_even();
    let rest = dd::exact(&mut Scalar, x - 0.5 * quarter);
    let angle = dd::mul(&mut Scalar, rest, PI);
    let (sine, cosine) = sine_and_cosine(&mut Scalar, angle);
    let minus = |x: Dd<f64>| Dd { hi: -x.hi, lo: -x.lo };
    match quarter.rem_euclid(4.0) as u8 {
        0 => (sine, cosine),
        1 => (cosine, minus(sine)),
        2 => (minus(sine), minus(cosine)),
        _ => (minus(cosine), sine),
    }
}
