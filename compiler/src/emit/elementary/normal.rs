//! erf, erfc, the normal distribution and gelu: exp(−s²)·erfcx(s), and a power series near 0.
//!
//! (1 + 2s)·erfcx(s) is smooth and bounded on [0, ∞); it is a polynomial in (s − 4)/(s + 4) (Shepherd and Laframboise,
//! Math. Comp. 36 (1981)).

use super::arith::{Arith, on, polynomial};
use super::dd::{self, Dd};
use super::exponential::exp_times;

const TWO_OVER_SQRT_PI: (f64, f64) = (std::f64::consts::FRAC_2_SQRT_PI, 1.533545961316588e-17);
const SQRT_HALF: (f64, f64) = (std::f64::consts::FRAC_1_SQRT_2, -4.833646656726457e-17);
const DENSITY_AT_0: (f64, f64) = (0.3989422804014327, -2.49232720227773e-17);
/// Below it the power series serves, above it erfcx.
const NEAR: f64 = 0.65;

/// The constant term of (1 + 2s)·erfcx(s).
const W0: (f64, f64) = (1.2329951186255526, -4.633126550615615e-17);
/// Its further terms; relative error 2⁻⁵⁴ on s ≤ 29.
const W: [f64; 22] = [
    -0.13962111684056297,
    0.015379652102619957,
    0.06809705425474379,
    -0.10103906603630544,
    0.09373283499660764,
    -0.06633036581261621,
    0.03716751556478551,
    -0.016197734046222295,
    0.005031969742475732,
    -0.0007577734290918752,
    -0.00019925547625368394,
    0.00015062260395566957,
    -2.4403126396024696e-05,
    -1.1225687327701487e-05,
    5.717454177646323e-06,
    3.0264975325506897e-07,
    -8.341113439095622e-07,
    6.17872573161624e-08,
    1.1419479690113647e-07,
    -7.617021349101117e-09,
    -1.3176711200332889e-08,
    -1.6642343729235418e-09,
];

/// (erf(s)/s − 2/√π)/s² in s² on s ≤ 0.75; relative error of erf 2⁻⁵⁷.
const E: [f64; 11] = [
    -0.37612638903183754,
    0.11283791670955123,
    -0.026866170645129278,
    0.005223977625387411,
    -0.000854832701564095,
    0.00012055332331498608,
    -1.4925616549315293e-05,
    1.6460982712982636e-06,
    -1.634140690282251e-07,
    1.4476682517736882e-08,
    -9.710489912378796e-10,
];

/// erf(s) for s ≤ 0.65.
#[inline(always)]
fn erf_near<A: Arith>(a: &mut A, s: Dd<A::F>) -> Dd<A::F> {
    let slope = dd::constant(a, TWO_OVER_SQRT_PI.0, TWO_OVER_SQRT_PI.1);
    let leading = dd::mul(a, s, slope);
    let z = a.mul(s.hi, s.hi);
    let series = polynomial(a, z, &E);
    let tail = on!(a, fma(mul(z, v(s.hi)), series, v(leading.lo)));
    dd::fast_two_sum(a, leading.hi, tail)
}

/// factor·erfc(s) for s ≥ 0.65, where `exponent` = −s².
#[inline(always)]
fn erfc_far<A: Arith>(a: &mut A, s: Dd<A::F>, exponent: Dd<A::F>, factor: Dd<A::F>) -> A::F {
    // Beyond 28 the exponential is 0.
    let bounded = on!(a, select(gt(v(s.hi), c(28.0)), c(28.0), v(s.hi)));
    let four = a.constant(4.0);
    let q = on!(a, div(sub(bounded, four), add(bounded, four)));
    let series = polynomial(a, q, &W);
    let leading = a.constant(W0.0);
    let step = a.mul(q, series);
    let mut value = dd::fast_two_sum(a, leading, step);
    value.lo = on!(a, add(v(value.lo), c(W0.1)));
    let double = a.add(bounded, bounded);
    let one = a.constant(1.0);
    let under = dd::two_sum(a, one, double);
    let mut scaled = dd::div(a, value, under);
    // The low part of s, by erfcx′ = 2s·erfcx − 2/√π.
    let slope = on!(a, fma(double, v(scaled.hi), c(-TWO_OVER_SQRT_PI.0)));
    scaled.lo = on!(a, fma(slope, v(s.lo), v(scaled.lo)));
    let factor = dd::mul(a, scaled, factor);
    exp_times(a, exponent, factor)
}

/// What all functions here select from: s ≥ 0, whether it is small, erf(s) if so, and factor·erfc(s) otherwise.
struct Parts<A: Arith> {
    small: A::M,
    near: Dd<A::F>,
    far: A::F,
}

#[inline(always)]
fn parts<A: Arith>(a: &mut A, s: Dd<A::F>, exponent: Dd<A::F>, factor: Dd<A::F>) -> Parts<A> {
    let small = on!(a, lt(v(s.hi), c(NEAR)));
    Parts { small, near: erf_near(a, s), far: erfc_far(a, s, exponent, factor) }
}

#[inline(always)]
fn of_argument<A: Arith>(a: &mut A, x: A::F) -> Parts<A> {
    let size = a.abs(x);
    let back = a.neg(size);
    let exponent = dd::two_product(a, back, size);
    let s = dd::exact(a, size);
    let one = dd::constant(a, 1.0, 0.0);
    parts(a, s, exponent, one)
}

/// The same for s = |x|/√2 and a factor.
#[inline(always)]
fn of_normal<A: Arith>(a: &mut A, x: A::F, factor: A::F) -> Parts<A> {
    let size = a.abs(x);
    let back = on!(a, mul(size, c(-0.5)));
    let exponent = dd::two_product(a, back, size);
    let size = dd::exact(a, size);
    let root = dd::constant(a, SQRT_HALF.0, SQRT_HALF.1);
    let s = dd::mul(a, size, root);
    let factor = dd::exact(a, factor);
    parts(a, s, exponent, factor)
}

/// Error function.
#[inline(always)]
pub fn erf<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let p = of_argument(a, x);
    let far = on!(a, sub(c(1.0), v(p.far)));
    let value = a.select(p.small, p.near.hi, far);
    a.copysign(value, x)
}

/// Complementary error function 1 − erf(x), with its relative accuracy down to the smallest numbers.
#[inline(always)]
pub fn erfc<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let p = of_argument(a, x);
    let negative = on!(a, lt(x, c(0.0)));
    let near = one_plus(a, negative, p.near);
    let far = on!(a, select(negative, sub(c(2.0), v(p.far)), v(p.far)));
    a.select(p.small, near.hi, far)
}

/// 1 + e where `positive` holds, else 1 − e.
#[inline(always)]
fn one_plus<A: Arith>(a: &mut A, positive: A::M, e: Dd<A::F>) -> Dd<A::F> {
    let hi = on!(a, select(positive, v(e.hi), neg(v(e.hi))));
    let lo = on!(a, select(positive, v(e.lo), neg(v(e.lo))));
    let one = dd::constant(a, 1.0, 0.0);
    dd::add(a, one, Dd { hi, lo })
}

/// Standard normal distribution function Φ(x).
#[inline(always)]
pub fn normal_cumulative<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let half = a.constant(0.5);
    let p = of_normal(a, x, half);
    let negative = on!(a, lt(x, c(0.0)));
    let positive = a.not(negative);
    let near = one_plus(a, positive, p.near);
    let near = a.mul(near.hi, half);
    let far = on!(a, select(negative, v(p.far), sub(c(1.0), v(p.far))));
    a.select(p.small, near, far)
}

/// Standard normal density exp(−x²/2)/√(2π), the square taken exactly.
#[inline(always)]
pub fn normal_density<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let back = on!(a, mul(x, c(-0.5)));
    let exponent = dd::two_product(a, back, x);
    let factor = dd::constant(a, DENSITY_AT_0.0, DENSITY_AT_0.1);
    exp_times(a, exponent, factor)
}

/// Gaussian error linear unit x·Φ(x).
#[inline(always)]
pub fn gelu<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let half = on!(a, mul(abs(x), c(0.5)));
    let p = of_normal(a, x, half);
    let negative = on!(a, lt(x, c(0.0)));
    let positive = a.not(negative);
    let near = one_plus(a, positive, p.near);
    let argument = on!(a, mul(x, c(0.5)));
    let argument = dd::exact(a, argument);
    let near = dd::mul(a, argument, near);
    let far = on!(a, select(negative, neg(v(p.far)), sub(x, v(p.far))));
    let value = a.select(p.small, near.hi, far);
    a.copysign(value, x)
}
