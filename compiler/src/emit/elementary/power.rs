//! pow, cbrt, hypot.

use super::arith::{Arith, on, polynomial};
use super::dd::{self, Dd};
use super::exponential::{MAGIC, exp_sum};
use super::logarithm::{exponent_and_mantissa, log_dd};

/// ∛m on [0.35, 2.84]; relative error 2⁻⁹.
const CUBE_ROOT: [f64; 6] = [
    0.4299104445229207,
    0.9784522408933507,
    -0.6347759476039203,
    0.2919427884541532,
    -0.07211105936769616,
    0.007205888761316144,
];

/// xʸ = exp(y·log |x|) with the logarithm in double-double; all special values are those of IEEE 754 `pow`.
#[inline(always)]
pub fn pow<A: Arith>(a: &mut A, x: A::F, y: A::F) -> A::F {
    let size = a.abs(x);
    let magnitude = power_of_positive(a, size, y);
    let zero = a.constant(0.0);
    let whole = on!(a, eq(trunc(y), y));
    let half = on!(a, mul(y, c(0.5)));
    let odd = on!(a, both(whole, ne(trunc(half), half)));
    let signed = on!(a, copysign(magnitude, x));
    let result = a.select(odd, signed, magnitude);
    let finite_negative = on!(a, both(lt(x, zero), gt(x, c(f64::NEG_INFINITY))));
    let undefined = on!(a, both(finite_negative, not(whole)));
    let result = on!(a, select(undefined, c(f64::NAN), result));
    let result = on!(a, select(ne(y, y), y, result));
    let unit = on!(a, either(eq(x, c(1.0)), eq(y, zero)));
    on!(a, select(unit, c(1.0), result))
}

/// xʸ for x ≥ 0; 1 for x = 1 and infinite y.
#[inline(always)]
fn power_of_positive<A: Arith>(a: &mut A, x: A::F, y: A::F) -> A::F {
    let argument = dd::exact(a, x);
    let logarithm = log_dd(a, argument);
    let infinity = a.constant(f64::INFINITY);
    let zero = a.constant(0.0);
    let hi = on!(a, select(eq(x, zero), neg(infinity), v(logarithm.hi)));
    let hi = on!(a, select(lt(x, infinity), hi, x));
    let exponent = dd::two_product(a, y, hi);
    let lo = on!(a, fma(y, v(logarithm.lo), v(exponent.lo)));
    // Beyond 1000 the result is 0 or inf, and the low part may be NaN.
    let far = on!(a, gt(abs(v(exponent.hi)), c(1000.0)));
    let clamped = on!(a, copysign(c(1000.0), v(exponent.hi)));
    let exponent = Dd { hi: a.select(far, clamped, exponent.hi), lo: a.select(far, zero, lo) };
    let power = exp_sum(a, exponent);
    on!(a, select(eq(x, c(1.0)), c(1.0), power))
}

/// Cube root: a polynomial, then Halley's step twice, the second with the remainder in double-double.
#[inline(always)]
pub fn cbrt<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    let (k, m) = exponent_and_mantissa(a, size);
    // 2ᵏ·m = 2³ᵗ·(2ʳ·m) with r in {−1, 0, 1}.
    let third = on!(a, round_even(mul(k, c(1.0 / 3.0))));
    let r = on!(a, fma(third, c(-3.0), k));
    let factor = on!(a, select(gt(r, c(0.5)), c(2.0), c(1.0)));
    let factor = on!(a, select(lt(r, c(-0.5)), c(0.5), factor));
    let m = a.mul(m, factor);
    let guess = polynomial(a, m, &CUBE_ROOT);
    let cube = on!(a, mul(mul(guess, guess), guess));
    let double = a.add(cube, cube);
    let near = on!(a, div(mul(guess, add(cube, add(m, m))), add(double, m)));
    let square = dd::two_product(a, near, near);
    let cube = dd::two_product(a, square.hi, near);
    let low = on!(a, fma(v(square.lo), near, v(cube.lo)));
    let rest = on!(a, sub(sub(m, v(cube.hi)), low));
    let denominator = on!(a, add(add(v(cube.hi), v(cube.hi)), m));
    let root = on!(a, fma(near, div(rest, denominator), near));
    let scale = on!(a, from_bits(shl(bits(add(third, c(MAGIC + 1023.0))), 52)));
    let root = a.mul(root, scale);
    let ordinary = on!(a, both(gt(size, c(0.0)), lt(size, c(f64::INFINITY))));
    let root = a.select(ordinary, root, size);
    a.copysign(root, x)
}

/// √(x² + y²) without overflow; inf where either is infinite, even beside NaN.
#[inline(always)]
pub fn hypot<A: Arith>(a: &mut A, x: A::F, y: A::F) -> A::F {
    let (x, y) = (a.abs(x), a.abs(y));
    let larger = on!(a, select(gt(x, y), x, y));
    let smaller = on!(a, select(gt(x, y), y, x));
    let big = on!(a, gt(larger, c(1e150)));
    let small = on!(a, lt(larger, c(1e-130)));
    // 2^∓600
    let down = on!(a, select(big, c(2.409919865102884e-181), c(1.0)));
    let down = on!(a, select(small, c(4.149515568880993e180), down));
    let up = on!(a, select(big, c(4.149515568880993e180), c(1.0)));
    let up = on!(a, select(small, c(2.409919865102884e-181), up));
    let (p, q) = (a.mul(larger, down), a.mul(smaller, down));
    let (first, second) = (dd::two_product(a, p, p), dd::two_product(a, q, q));
    let sum = dd::add(a, first, second);
    let root = dd::sqrt(a, sum);
    let result = a.mul(root.hi, up);
    let infinity = a.constant(f64::INFINITY);
    let infinite = on!(a, either(eq(x, infinity), eq(y, infinity)));
    a.select(infinite, infinity, result)
}
