//! Functions that are exact: signs, steps, bounds, remainders, roundings.

use super::arith::{Arith, on};

/// −1, 0 or 1; zeros and NaN are their own result.
#[inline(always)]
pub fn sign<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let zero = a.constant(0.0);
    let negative = on!(a, select(lt(x, zero), c(-1.0), x));
    on!(a, select(gt(x, zero), c(1.0), negative))
}

/// 1 for x ≥ 0, 0 below.
#[inline(always)]
pub fn step<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let zero = a.constant(0.0);
    let below = on!(a, select(lt(x, zero), zero, x));
    on!(a, select(ge(x, zero), c(1.0), below))
}

/// max(x, 0).
#[inline(always)]
pub fn relu<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let zero = a.constant(0.0);
    on!(a, select(le(x, zero), zero, x))
}

/// The smaller one; NaN where either is NaN.
#[inline(always)]
pub fn min<A: Arith>(a: &mut A, x: A::F, y: A::F) -> A::F {
    let first = on!(a, either(lt(x, y), ne(x, x)));
    a.select(first, x, y)
}

/// The larger one; NaN where either is NaN.
#[inline(always)]
pub fn max<A: Arith>(a: &mut A, x: A::F, y: A::F) -> A::F {
    let first = on!(a, either(gt(x, y), ne(x, x)));
    a.select(first, x, y)
}

/// min(max(x, low), high).
#[inline(always)]
pub fn clamp<A: Arith>(a: &mut A, x: A::F, low: A::F, high: A::F) -> A::F {
    let raised = max(a, x, low);
    min(a, raised, high)
}

/// x − y·⌊x/y⌋, the product not rounded.
#[inline(always)]
pub fn modulo<A: Arith>(a: &mut A, x: A::F, y: A::F) -> A::F {
    on!(a, fma(neg(y), floor(div(x, y)), x))
}
