//! tanh, sinh, cosh by their addition theorems at x = n·ln 2 + r: no cancellation, and no division in two of them.

use super::arith::{Arith, on, polynomial};
use super::dd;
use super::exponential::{BIAS, LN2, MAGIC, power_of_two, reduce};

/// (tanh h/h − 1)/h² in h² on |h| ≤ 0.17335; relative error of tanh 2⁻⁵⁵·⁹.
const T: [f64; 6] = [
    -0.3333333333333328,
    0.13333333333212377,
    -0.05396825349824128,
    0.02186942168074071,
    -0.008858929994533294,
    0.0034638263460007755,
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

/// Hyperbolic tangent. With |x| = n·ln 2/2 + h, E = 2ⁿ and T = tanh h it is ((E − 1) + (E + 1)·T)/((E + 1) + (E − 1)·T).
pub fn tanh<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    let shifter = a.constant(MAGIC + BIAS);
    let shifted = on!(a, fma(size, c(2.0 * std::f64::consts::LOG2_E), shifter));
    let n = a.sub(shifted, shifter);
    let unrounded = on!(a, fma(n, c(-0.5 * LN2.0), size));
    let h = on!(a, fma(n, c(-0.5 * LN2.1), unrounded));
    let low = on!(a, fma(n, c(-0.5 * LN2.1), sub(unrounded, h)));
    let z = a.mul(h, h);
    let series = polynomial(a, z, &T);
    let tail = on!(a, fma(mul(z, h), series, low));
    let t = a.add(h, tail);
    let power = on!(a, from_bits(shl(bits(shifted), 52)));
    let one = a.constant(1.0);
    let below = a.sub(power, one);
    let above = a.add(power, one);
    let quotient = on!(a, div(fma(above, t, below), fma(below, t, above)));
    let quotient = on!(a, select(gt(size, c(19.5)), one, quotient));
    a.copysign(quotient, x)
}

/// The halves (2ⁿ ± 2⁻ⁿ)/2 = cosh, sinh of n·ln 2; for n > 30 both are ½, and 2ⁿ is left as two factors.
struct Powers<F> {
    cosh: F,
    sinh: F,
    factors: (F, F),
}

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
pub fn sinh<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    let value = combine(a, size, |p| (p.sinh, p.cosh));
    a.copysign(value, x)
}

/// Hyperbolic cosine.
pub fn cosh<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    combine(a, size, |p| (p.cosh, p.sinh))
}
