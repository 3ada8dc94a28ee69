//! Digamma ψ(x) and polygamma ψₙ(x): recurrence to large x, then the asymptotic series (Abramowitz and Stegun 6.3, 6.4).

use super::dd::{self, Dd};
use super::gamma::sine_and_cosine_of_turns;
use super::logarithm::log_dd;
use super::scalar::Scalar;

/// B₂ₖ, k = 1, 2, …
const BERNOULLI: [f64; 12] = [
    0.16666666666666666,
    -0.03333333333333333,
    0.023809523809523808,
    -0.03333333333333333,
    0.07575757575757576,
    -0.2531135531135531,
    1.1666666666666667,
    -7.092156862745098,
    54.971177944862156,
    -529.1242424242424,
    6192.123188405797,
    -86580.25311355312,
];
/// From here on the series of ψ is below 2⁻⁷⁰ after its twelve terms.
const SERIES_FROM: f64 = 16.0;
/// The largest order: n! is finite.
const LARGEST_ORDER: f64 = 170.0;
const ONE: Dd<f64> = Dd { hi: 1.0, lo: 0.0 };

fn negated(x: Dd<f64>) -> Dd<f64> {
    Dd { hi: -x.hi, lo: -x.lo }
}

fn scaled(x: Dd<f64>, factor: f64) -> Dd<f64> {
    dd::mul(&mut Scalar, x, Dd { hi: factor, lo: 0.0 })
}

/// ψ(x) = Γ′(x)/Γ(x); ∓inf at ±0, NaN at the negative integers and −inf.
pub fn digamma(x: f64) -> f64 {
    if x == f64::INFINITY || x.is_nan() {
        x
    } else if x.abs() < 1e-300 {
        -1.0 / x
    } else if x > 0.0 {
        digamma_of_positive(dd::exact(&mut Scalar, x)).hi
    } else if x == x.floor() {
        f64::NAN
    } else {
        // ψ(x) = ψ(1 − x) − π·cot(πx)
        let (sine, cosine) = sine_and_cosine_of_turns(x);
        let cotangent = dd::div(&mut Scalar, cosine, sine);
        let part = dd::mul(&mut Scalar, cotangent, super::gamma::PI);
        let mirrored = dd::two_sum(&mut Scalar, 1.0, -x);
        dd::add(&mut Scalar, digamma_of_positive(mirrored), negated(part)).hi
    }
}

/// ψ(x) = log x − 1/(2x) − Σ B₂ₖ/(2k·x²ᵏ) at x ≥ 16, less 1/x + 1/(x + 1) + … on the way there.
fn digamma_of_positive(x: Dd<f64>) -> Dd<f64> {
    let a = &mut Scalar;
    let (mut y, mut sum) = (x, Dd { hi: 0.0, lo: 0.0 });
    while y.hi < SERIES_FROM {
        let term = dd::div(a, ONE, y);
        sum = dd::add(a, sum, negated(term));
        y = dd::add(a, y, ONE);
    }
    let inverse = dd::div(a, ONE, y);
    let z = inverse.hi * inverse.hi;
    let series = BERNOULLI
        .iter()
        .enumerate()
        .rev()
        .fold(0.0, |sum: f64, (k, b)| sum.mul_add(z, b / (2.0 * k as f64 + 2.0)));
    sum = dd::add(a, sum, scaled(inverse, -0.5));
    sum = dd::add(a, sum, Dd { hi: -series * z, lo: 0.0 });
    let logarithm = log_dd(a, y);
    dd::add(a, sum, logarithm)
}

/// The n-th derivative of ψ at x, for whole n from 0 to 170; NaN for other n and at the poles but 0.
pub fn polygamma(n: f64, x: f64) -> f64 {
    if n == 0.0 {
        return digamma(x);
    }
    if !(1.0..=LARGEST_ORDER).contains(&n) || n != n.floor() || x.is_nan() {
        return f64::NAN;
    }
    let sign = if n % 2.0 == 0.0 { -1.0 } else { 1.0 };
    if x == f64::INFINITY {
        return sign * 0.0;
    }
    if x >= 0.0 {
        return sign * finite_or_infinite(sum_of_powers(n, dd::exact(&mut Scalar, x)));
    }
    if x == x.floor() {
        return f64::NAN;
    }
    // With f = x − ⌊x⌋, ψₙ(1 − x) + sign·ψₙ(x) is periodic, so that it equals its value at f.
    let a = &mut Scalar;
    let fraction = dd::two_sum(a, x, -x.floor());
    let rest = dd::add(a, ONE, negated(fraction));
    let mirrored = dd::two_sum(a, 1.0, -x);
    let left = sum_of_powers(n, fraction);
    let difference = dd::add(a, sum_of_powers(n, rest), negated(sum_of_powers(n, mirrored)));
    let total = dd::add(a, left, scaled(difference, sign));
    sign * finite_or_infinite(total)
}

/// The value; inf for what overflowed on the way.
fn finite_or_infinite(x: Dd<f64>) -> f64 {
    if x.hi.is_nan() { f64::INFINITY } else { x.hi }
}

/// n!·Σ (x + k)⁻ⁿ⁻¹ over k ≥ 0, for x > 0.
fn sum_of_powers(n: f64, x: Dd<f64>) -> Dd<f64> {
    let a = &mut Scalar;
    let (mut y, mut sum) = (x, Dd { hi: 0.0, lo: 0.0 });
    while y.hi < SERIES_FROM + n {
        let term = falling_quotient(n, y);
        let term = dd::div(a, term, y);
        sum = dd::add(a, sum, term);
        y = dd::add(a, y, ONE);
    }
    // (n − 1)!/yⁿ · (1 + n/(2y) + Σ B₂ₖ·n(n + 1)…(n + 2k − 1)/((2k)!·y²ᵏ))
    let leading = dd::div(a, falling_quotient(n, y), Dd { hi: n, lo: 0.0 });
    let half = dd::div(a, Dd { hi: 0.5 * n, lo: 0.0 }, y);
    let factor = dd::add(a, ONE, half);
    let factor = dd::add(a, factor, Dd { hi: series(n, y.hi), lo: 0.0 });
    let tail = dd::mul(a, leading, factor);
    dd::add(a, sum, tail)
}

fn series(n: f64, y: f64) -> f64 {
    let (mut sum, mut rising) = (0.0, 1.0);
    for (k, b) in BERNOULLI.iter().enumerate() {
        let first = 2.0 * k as f64;
        rising *= (n + first) / (y * (first + 1.0)) * ((n + first + 1.0) / (y * (first + 2.0)));
        sum += b * rising;
    }
    sum
}

/// n!/yⁿ as a product of the i/y, so that neither overflows alone.
fn falling_quotient(n: f64, y: Dd<f64>) -> Dd<f64> {
    let inverse = dd::div(&mut Scalar, ONE, y);
    (1..=n as u32).fold(ONE, |product, i| {
        let factor = scaled(inverse, f64::from(i));
        dd::mul(&mut Scalar, product, factor)
    })
}
