//! exp, expm1 and exp(−x²): x = n·ln 2 + r, |r| ≤ ln 2/2, exp(x) = 2ⁿ·exp(r), exp(r) = 1 + r + r²·q(r).

use super::arith::{Arith, on, polynomial};
use super::dd::{self, Dd};

/// Adding it rounds to an integer, which then stands in the low bits: 1.5·2⁵².
pub(super) const MAGIC: f64 = 6755399441055744.0;
/// The exponent's bias.
pub(super) const BIAS: f64 = 1023.0;
/// ln 2 = hi + lo; n·hi + x is exact by fma where the sum is below ½, because hi is a multiple of 2⁻⁵³.
pub(super) const LN2: (f64, f64) = (std::f64::consts::LN_2, 2.3190468138462996e-17);

/// q(r) on |r| ≤ 0.3467; relative error of exp 2⁻⁵⁵·⁸.
const Q: [f64; 10] = [
    0.5000000000000001,
    0.16666666666666669,
    0.04166666666662404,
    0.008333333333330055,
    0.0013888888917258759,
    0.00019841269863088255,
    2.4801521225986432e-05,
    2.7557268406190795e-06,
    2.7620121717381933e-07,
    2.51004110820149e-08,
];

/// x = n·ln 2 + r + low, and n + bias in the low bits of `integer`.
pub(super) struct Reduced<A: Arith> {
    pub integer: A::I,
    pub n: A::F,
    pub r: A::F,
    /// x − n·(high part of ln 2), which is exact.
    unrounded: A::F,
}

/// Splits off the multiple of ln 2, n + `bias` being left in the low bits of `integer`.
#[inline(always)]
pub(super) fn reduce<A: Arith>(a: &mut A, x: A::F, bias: f64) -> Reduced<A> {
    let shifter = a.constant(MAGIC + bias);
    let shifted = on!(a, fma(x, c(std::f64::consts::LOG2_E), shifter));
    let n = a.sub(shifted, shifter);
    let unrounded = on!(a, fma(n, c(-LN2.0), x));
    let r = on!(a, fma(n, c(-LN2.1), unrounded));
    Reduced { integer: a.bits(shifted), n, r, unrounded }
}

impl<A: Arith> Reduced<A> {
    /// What the rounding of `r` left out.
    #[inline(always)]
    pub(super) fn low(&self, a: &mut A) -> A::F {
        let difference = a.sub(self.unrounded, self.r);
        on!(a, fma(v(self.n), c(-LN2.1), difference))
    }
}

/// r²·q(r) + low = exp(r) − 1 − r + low.
#[inline(always)]
pub(super) fn tail<A: Arith>(a: &mut A, r: A::F, low: A::F) -> A::F {
    let q = polynomial(a, r, &Q);
    on!(a, fma(mul(r, r), q, low))
}

/// 2ⁿ as two normal factors, from `integer` whose low 12 bits hold n + 2046.
#[inline(always)]
pub(super) fn power_of_two<A: Arith>(a: &mut A, integer: A::I) -> (A::F, A::F) {
    let half = a.ushr(integer, 1);
    let first = on!(a, from_bits(shl(half, 52)));
    let second = on!(a, from_bits(shl(isub(integer, half), 52)));
    (first, second)
}

/// `p·2ⁿ`, rounded once; 0 for x < −746, inf for x > 710, whatever `p` is.
#[inline(always)]
fn scale<A: Arith>(a: &mut A, p: A::F, integer: A::I, x: A::F) -> A::F {
    let (first, second) = power_of_two(a, integer);
    let scaled = on!(a, mul(mul(p, first), second));
    let scaled = on!(a, select(gt(x, c(710.0)), c(f64::INFINITY), scaled));
    on!(a, select(lt(x, c(-746.0)), c(0.0), scaled))
}

/// exp(x).
#[inline(always)]
pub fn exp<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let reduced = reduce(a, x, 2.0 * BIAS);
    let q = polynomial(a, reduced.r, &Q);
    let r = reduced.r;
    let p = on!(a, add(c(1.0), fma(mul(r, r), q, r)));
    scale(a, p, reduced.integer, x)
}

/// exp(x) without its power of two, as hi + lo, and n + 2046 in the low bits of the integer.
#[inline(always)]
pub(super) fn exp_unscaled<A: Arith>(a: &mut A, x: Dd<A::F>) -> (Dd<A::F>, A::I) {
    let reduced = reduce(a, x.hi, 2.0 * BIAS);
    let low = reduced.low(a);
    let low = a.add(low, x.lo);
    let zero = a.constant(0.0);
    let tail = tail(a, reduced.r, zero);
    let one = a.constant(1.0);
    let main = dd::fast_two_sum(a, one, reduced.r);
    // The low part is as large as ulp(x)/2 and enters as exp(r)·low.
    let growth = a.add(reduced.r, tail);
    let tail = on!(a, add(tail, fma(low, growth, low)));
    let low = a.add(main.lo, tail);
    (dd::fast_two_sum(a, main.hi, low), reduced.integer)
}

/// exp(x.hi + x.lo)·factor, rounded nearly as if once; 0 below −746, inf above 710.
#[inline(always)]
pub(super) fn exp_times<A: Arith>(a: &mut A, x: Dd<A::F>, factor: Dd<A::F>) -> A::F {
    let (p, integer) = exp_unscaled(a, x);
    let product = dd::mul(a, p, factor);
    scale(a, product.hi, integer, x.hi)
}

/// exp(x) for x in [−746, 0] as hi + lo; the low part vanishes where it would be subnormal.
#[inline(always)]
pub(super) fn exp_dd<A: Arith>(a: &mut A, x: A::F) -> Dd<A::F> {
    let argument = dd::exact(a, x);
    let (p, integer) = exp_unscaled(a, argument);
    let (first, second) = power_of_two(a, integer);
    let hi = on!(a, mul(mul(v(p.hi), first), second));
    let lo = on!(a, mul(mul(v(p.lo), first), second));
    Dd { hi, lo }
}

/// exp(x.hi + x.lo), the low part known to be far below the high one.
#[inline(always)]
pub(super) fn exp_sum<A: Arith>(a: &mut A, x: Dd<A::F>) -> A::F {
    let (p, integer) = exp_unscaled(a, x);
    scale(a, p.hi, integer, x.hi)
}

/// exp(x) − 1: (2ⁿ − 1) + 2ⁿ·r is summed exactly, the rest of the series is added last.
#[inline(always)]
pub fn expm1<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let reduced = reduce(a, x, 2.0 * BIAS);
    let low = reduced.low(a);
    let tail = tail(a, reduced.r, low);
    let one = a.constant(1.0);
    // For n > 60 the 1 is below the last bit: exp(r) is scaled by 2ⁿ afterwards, in two steps.
    let large = on!(a, gt(v(reduced.n), c(60.0)));
    let two_n = on!(a, from_bits(shl(isub(v(reduced.integer), i(1023)), 52)));
    let two_n = a.select(large, one, two_n);
    let base = on!(a, select(large, one, sub(two_n, one)));
    let step = a.mul(two_n, reduced.r);
    let main = dd::two_sum(a, base, step);
    let low = a.fma(two_n, tail, main.lo);
    let sum = a.add(main.hi, low);
    let (first, second) = power_of_two(a, reduced.integer);
    let scaled = on!(a, mul(mul(sum, first), second));
    let scaled = on!(a, select(gt(x, c(710.0)), c(f64::INFINITY), scaled));
    let result = a.select(large, scaled, sum);
    let result = on!(a, select(lt(x, c(-40.0)), c(-1.0), result));
    let result = on!(a, select(gt(x, c(710.0)), c(f64::INFINITY), result));
    a.copysign(result, x)
}

/// exp(−x²), the square taken exactly.
#[inline(always)]
pub fn rbf<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let negated = a.neg(x);
    let square = dd::two_product(a, negated, x);
    // An infinite square has a meaningless low part; beyond −746 no low part matters.
    let far = on!(a, lt(v(square.hi), c(-746.0)));
    let lo = on!(a, select(far, c(0.0), v(square.lo)));
    exp_sum(a, Dd { hi: square.hi, lo })
}
