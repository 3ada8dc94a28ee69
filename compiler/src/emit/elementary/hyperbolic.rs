//! tanh, sinh, cosh by their addition theorems at x = n·ln 2 + r: no cancellation, and no division in two of them.

use super::arith::{Arith, on, polynomial};
use super::dd;
use super::exponential::{BIAS, LN2, MAGIC, power_of_two, reduce};

/// (tanh h/h − 1)/h² in h² on |h| ≤ 0.2042; relative error of tanh 2⁻⁶⁰.
const T: [f64; 7] = [
    -0.3333333333333333,
    0.13333333333329833,
    -0.053968253954816484,
    0.02186948659918958,
    -0.0088631023962029,
    0.00358741886659583,
    -0.0013727315633969537,
];

/// (sinh r/r − 1)/r² in r² on |r| ≤ 0.3467; relative error of sinh 2⁻⁵⁸·⁸.
const S: [f64; 5] = [
    0.16666666666666669,
    0.008333333333330055,
    0.00019841269863088255,
    2.7557268406190795e-06,
    2.51004110820149e-08,
];

/// (cosh r − 1)/r² in r² on |r| ≤ 0.3467; relative error of cosh 2⁻⁶⁵.
const C: [f64; 6] = [
    0.5,
    0.04166666666666668,
    0.0013888888888879054,
    2.480158733649766e-05,
    2.7557263219790347e-07,
    2.09181596693241e-09,
];

/// Where n changes, from this much beyond the middle: so (E − 1) + (E + 1)·T is never small against its terms.
const SHIFT: f64 = 0.0302;

/// Largest n of E = 2ⁿ: neither may the reciprocal of E vanish nor products with it overflow.
const LARGEST_POWER: f64 = 1000.0;

/// |x| = n·ln 2/2 + h, E = 2ⁿ, T = tanh h: cosh x and sinh x are as (E + 1) + (E − 1)·T and (E − 1) + (E + 1)·T.
///
/// tanh and its derivative are both made of these, so that a pass that computes both does it once.
struct Halves<A: Arith> {
    size: A::F,
    /// n with the exponent's bias in its low bits, not limited; and limited, as it is in E.
    shifted: A::F,
    limited: A::F,
    power: A::F,
    t: A::F,
    /// 1 − T.
    rest: A::F,
    /// E − 1 and E + 1.
    below: A::F,
    above: A::F,
    /// (E + 1) + (E − 1)·T and its reciprocal.
    under: A::F,
    inverse: A::F,
}

impl<A: Arith> Halves<A> {
    #[inline(always)]
    fn of(a: &mut A, x: A::F) -> Self {
        let size = a.abs(x);
        let shifter = a.constant(MAGIC + BIAS);
        let shifted = on!(a, fma(sub(size, c(SHIFT)), c(2.0 * std::f64::consts::LOG2_E), shifter));
        let n = a.sub(shifted, shifter);
        let unrounded = on!(a, fma(n, c(-0.5 * LN2.0), size));
        let h = on!(a, fma(n, c(-0.5 * LN2.1), unrounded));
        let z = a.mul(h, h);
        let series = polynomial(a, z, &T);
        let t = on!(a, fma(mul(z, h), series, h));
        let largest = a.constant(MAGIC + BIAS + LARGEST_POWER);
        let limited = on!(a, select(gt(shifted, largest), largest, shifted));
        let power = on!(a, from_bits(shl(bits(limited), 52)));
        let one = a.constant(1.0);
        let below = a.sub(power, one);
        let above = a.add(power, one);
        let under = a.fma(below, t, above);
        let inverse = a.div(one, under);
        let rest = a.sub(one, t);
        Halves { size, shifted, limited, power, t, rest, below, above, under, inverse }
    }
}

/// Hyperbolic tangent: ((E − 1) + (E + 1)·T)/((E + 1) + (E − 1)·T), and what rounding took from both sums is put back
/// into the quotient; from |x| = 18 on, before E + 1 is no longer exact, 1 − 2·(1 − T)/((E + 1) + (E − 1)·T).
#[inline(always)]
pub fn tanh<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let p = Halves::of(a, x);
    let one = a.constant(1.0);
    let over = a.fma(p.above, p.t, p.below);
    let over_low = on!(a, fma(v(p.above), v(p.t), sub(v(p.below), over)));
    let under_low = on!(a, fma(v(p.below), v(p.t), sub(v(p.above), v(p.under))));
    let quotient = a.mul(over, p.inverse);
    let back = a.neg(quotient);
    let rest = on!(a, fma(back, under_low, over_low));
    let rest = on!(a, add(fma(back, v(p.under), over), rest));
    let near = a.fma(rest, p.inverse, quotient);
    let far = on!(a, fma(mul(v(p.rest), c(-2.0)), v(p.inverse), one));
    let value = on!(a, select(gt(v(p.size), c(18.0)), far, near));
    let value = on!(a, select(gt(v(p.size), c(19.5)), one, value));
    a.copysign(value, x)
}

/// 1/cosh²(x) = 4·E·(1 − T²)/((E + 1) + (E − 1)·T)²: the derivative of tanh.
#[inline(always)]
pub fn sech2<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let p = Halves::of(a, x);
    let first = on!(a, mul(mul(v(p.power), c(4.0)), v(p.inverse)));
    let second = on!(a, mul(fma(v(p.rest), v(p.t), v(p.rest)), v(p.inverse)));
    let value = a.mul(first, second);
    // What E lacks of 2ⁿ comes last, so that a subnormal rounds once.
    let lack = on!(a, add(sub(v(p.limited), v(p.shifted)), c(MAGIC + BIAS)));
    let value = on!(a, mul(value, from_bits(shl(bits(lack), 52))));
    on!(a, select(gt(v(p.size), c(375.0)), c(0.0), value))
}

/// The halves (2ⁿ ± 2⁻ⁿ)/2 = cosh, sinh of n·ln 2; for n > 30 both are ½, and 2ⁿ is left as two factors.
struct Powers<F> {
    cosh: F,
    sinh: F,
    factors: (F, F),
}

#[inline(always)]
fn powers<A: Arith>(a: &mut A, n: A::F, integer: A::I) -> Powers<A::F> {
    let large = on!(a, gt(n, c(30.0)));
    let one = a.constant(1.0);
    let half = a.constant(0.5);
    let exponent = on!(a, isub(integer, i(1023)));
    let up = on!(a, mul(half, from_bits(shl(exponent, 52))));
    let down = on!(a, mul(half, from_bits(shl(isub(i(2046), exponent), 52))));
    let cosh = on!(a, select(large, half, add(up, down)));
    let sinh = on!(a, select(large, half, sub(up, down)));
    let (first, second) = power_of_two(a, integer);
    Powers { cosh, sinh, factors: (a.select(large, first, one), a.select(large, second, one)) }
}

/// constant·cosh r + slope·sinh r, times 2ⁿ, for |x|; inf above 711.
#[inline(always)]
fn combine<A: Arith>(a: &mut A, size: A::F, parts: impl FnOnce(&Powers<A::F>) -> (A::F, A::F)) -> A::F {
    let reduced = reduce(a, size, 2.0 * BIAS);
    let low = reduced.low(a);
    let p = powers(a, reduced.n, reduced.integer);
    let (constant, slope) = parts(&p);
    let r = reduced.r;
    let z = a.mul(r, r);
    let sinh = polynomial(a, z, &S);
    let sinh = on!(a, fma(mul(z, r), sinh, low));
    let cosh = polynomial(a, z, &C);
    let cosh = a.mul(z, cosh);
    // constant + slope·r exactly, then the rest of both series.
    let step = dd::two_product(a, slope, r);
    let main = dd::two_sum(a, constant, step.hi);
    let rest = on!(a, add(v(main.lo), v(step.lo)));
    let rest = on!(a, fma(constant, cosh, fma(slope, sinh, rest)));
    let sum = a.add(main.hi, rest);
    let scaled = on!(a, mul(mul(sum, v(p.factors.0)), v(p.factors.1)));
    on!(a, select(gt(size, c(711.0)), c(f64::INFINITY), scaled))
}

/// Hyperbolic sine.
#[inline(always)]
pub fn sinh<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    let value = combine(a, size, |p| (p.sinh, p.cosh));
    a.copysign(value, x)
}

/// Hyperbolic cosine.
#[inline(always)]
pub fn cosh<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    combine(a, size, |p| (p.cosh, p.sinh))
}
