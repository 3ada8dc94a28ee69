//! asinh, acosh, atanh as log(1 + f), with f in double-double so that small results keep their relative accuracy.

use super::arith::{Arith, on};
use super::dd::{self, Dd};
use super::logarithm::log_dd;

/// log(1 + f).
#[inline(always)]
fn log1p_dd<A: Arith>(a: &mut A, f: Dd<A::F>) -> A::F {
    let one = dd::constant(a, 1.0, 0.0);
    let u = dd::add(a, one, f);
    log_dd(a, u).hi
}

/// log(2x) for large x.
#[inline(always)]
fn log_of_double<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let x = dd::exact(a, x);
    let logarithm = log_dd(a, x);
    let ln2 = dd::constant(a, super::exponential::LN2.0, super::exponential::LN2.1);
    dd::add(a, logarithm, ln2).hi
}

/// Inverse hyperbolic sine: log(1 + f), f = |x| + x²/(1 + √(1 + x²)).
#[inline(always)]
pub fn asinh<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    let large = on!(a, gt(size, c(1073741824.0)));
    let moderate = on!(a, select(large, c(1.0), size));
    let one = dd::constant(a, 1.0, 0.0);
    let square = dd::two_product(a, moderate, moderate);
    let sum = dd::add(a, one, square);
    let root = dd::sqrt(a, sum);
    let denominator = dd::add(a, one, root);
    let part = dd::div(a, square, denominator);
    let argument = dd::exact(a, moderate);
    let f = dd::add(a, argument, part);
    let value = log1p_dd(a, f);
    let doubled = log_of_double(a, size);
    let value = a.select(large, doubled, value);
    // Below 2⁻²⁸ x is the result; inf and NaN are their own results.
    let own = on!(a, not(both(gt(size, c(3.725290298461914e-9)), lt(size, c(f64::INFINITY)))));
    let value = a.select(own, size, value);
    a.copysign(value, x)
}

/// Inverse hyperbolic cosine: log(1 + f), f = (x − 1) + √((x − 1)·(x + 1)); NaN below 1.
#[inline(always)]
pub fn acosh<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let large = on!(a, gt(x, c(1073741824.0)));
    let moderate = on!(a, select(large, c(2.0), x));
    let minus_one = a.constant(-1.0);
    let shifted = dd::two_sum(a, moderate, minus_one);
    let two = dd::constant(a, 2.0, 0.0);
    let above = dd::add(a, shifted, two);
    let square = dd::mul(a, shifted, above);
    let root = dd::sqrt(a, square);
    let f = dd::add(a, shifted, root);
    let value = log1p_dd(a, f);
    let doubled = log_of_double(a, x);
    let value = a.select(large, doubled, value);
    let value = on!(a, select(ge(x, c(1.0)), value, c(f64::NAN)));
    let value = on!(a, select(eq(x, c(1.0)), c(0.0), value));
    on!(a, select(lt(x, c(f64::INFINITY)), value, add(x, value)))
}

/// Inverse hyperbolic tangent: ½·log(1 + f), f = 2x/(1 − x); ±inf at ±1, NaN beyond.
#[inline(always)]
pub fn atanh<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    let one = a.constant(1.0);
    let back = a.neg(size);
    let denominator = dd::two_sum(a, one, back);
    let double = a.add(size, size);
    let numerator = dd::exact(a, double);
    let f = dd::div(a, numerator, denominator);
    let value = log1p_dd(a, f);
    let value = on!(a, mul(value, c(0.5)));
    let value = on!(a, select(lt(size, c(3.725290298461914e-9)), size, value));
    let value = on!(a, select(eq(size, one), c(f64::INFINITY), value));
    let value = on!(a, select(gt(size, one), c(f64::NAN), value));
    a.copysign(value, x)
}
