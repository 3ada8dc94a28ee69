//! Double-double arithmetic: an unevaluated sum `hi + lo` of two binary64 values, |lo| ≤ ulp(hi)/2.
//!
//! Dekker 1971; Joldes, Muller, Popescu, "Tight and rigorous error bounds for basic building blocks of double-word
//! arithmetic", ACM TOMS 44 (2017).

use super::arith::{Arith, on};

/// The value `hi + lo`.
pub struct Dd<F> {
    pub hi: F,
    pub lo: F,
}

impl<F: Copy> Clone for Dd<F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: Copy> Copy for Dd<F> {}

#[inline(always)]
pub fn constant<A: Arith>(a: &mut A, hi: f64, lo: f64) -> Dd<A::F> {
    Dd { hi: a.constant(hi), lo: a.constant(lo) }
}

/// `x` with nothing below it.
#[inline(always)]
pub fn exact<A: Arith>(a: &mut A, x: A::F) -> Dd<A::F> {
    Dd { hi: x, lo: a.constant(0.0) }
}

/// `x + y` exactly.
#[inline(always)]
pub fn two_sum<A: Arith>(a: &mut A, x: A::F, y: A::F) -> Dd<A::F> {
    let hi = a.add(x, y);
    let virtual_y = a.sub(hi, x);
    let lo = on!(a, add(sub(x, sub(hi, virtual_y)), sub(y, virtual_y)));
    Dd { hi, lo }
}

/// `x + y` exactly, where |x| ≥ |y| or `x` is zero or a multiple of ulp(y).
#[inline(always)]
pub fn fast_two_sum<A: Arith>(a: &mut A, x: A::F, y: A::F) -> Dd<A::F> {
    let hi = a.add(x, y);
    let lo = on!(a, sub(y, sub(hi, x)));
    Dd { hi, lo }
}

/// `x·y` exactly, where nothing underflows.
#[inline(always)]
pub fn two_product<A: Arith>(a: &mut A, x: A::F, y: A::F) -> Dd<A::F> {
    let hi = a.mul(x, y);
    let lo = on!(a, fma(x, y, neg(hi)));
    Dd { hi, lo }
}

/// `x + y`; the relative error is of the order 2⁻¹⁰⁴ unless the terms cancel.
#[inline(always)]
pub fn add<A: Arith>(a: &mut A, x: Dd<A::F>, y: Dd<A::F>) -> Dd<A::F> {
    let sum = two_sum(a, x.hi, y.hi);
    let low = a.add(x.lo, y.lo);
    let low = a.add(sum.lo, low);
    fast_two_sum(a, sum.hi, low)
}

/// `x·y`.
#[inline(always)]
pub fn mul<A: Arith>(a: &mut A, x: Dd<A::F>, y: Dd<A::F>) -> Dd<A::F> {
    let product = two_product(a, x.hi, y.hi);
    let cross = a.mul(x.hi, y.lo);
    let cross = a.fma(x.lo, y.hi, cross);
    let low = a.add(product.lo, cross);
    fast_two_sum(a, product.hi, low)
}

/// `x/y`; the relative error is of the order 2⁻¹⁰².
#[inline(always)]
pub fn div<A: Arith>(a: &mut A, x: Dd<A::F>, y: Dd<A::F>) -> Dd<A::F> {
    let quotient = a.div(x.hi, y.hi);
    let back = a.neg(quotient);
    let rest = a.fma(back, y.hi, x.hi);
    let rest = a.add(rest, x.lo);
    let rest = a.fma(back, y.lo, rest);
    let correction = a.div(rest, y.hi);
    fast_two_sum(a, quotient, correction)
}

/// `√x`, 0 at 0.
#[inline(always)]
pub fn sqrt<A: Arith>(a: &mut A, x: Dd<A::F>) -> Dd<A::F> {
    let root = a.sqrt(x.hi);
    let back = a.neg(root);
    let rest = a.fma(back, root, x.hi);
    let rest = a.add(rest, x.lo);
    let correction = on!(a, div(rest, add(root, root)));
    let at_zero = on!(a, eq(root, c(0.0)));
    let correction = on!(a, select(at_zero, c(0.0), correction));
    fast_two_sum(a, root, correction)
}
