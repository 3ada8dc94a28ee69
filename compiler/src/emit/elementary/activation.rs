//! sigmoid, silu, softplus: functions of exp(−|x|), accurate in both tails.

use super::arith::{Arith, on};
use super::dd::{self, Dd};
use super::exponential::{exp_dd, exp_unscaled, power_of_two};
use super::logarithm::log1p_sum;

/// top/(1 + exp(−x)). For x < 0 it is top/(1 + exp(x))·exp(x), the factor 2ⁿ last, so that a subnormal rounds once.
#[inline(always)]
fn gated<A: Arith>(a: &mut A, x: A::F, top: A::F) -> A::F {
    let size = a.abs(x);
    let argument = a.neg(size);
    let argument = dd::exact(a, argument);
    let (p, integer) = exp_unscaled(a, argument);
    let (first, second) = power_of_two(a, integer);
    let small = on!(a, mul(mul(v(p.hi), first), second));
    let small_low = on!(a, mul(mul(v(p.lo), first), second));
    let one = a.constant(1.0);
    let under = dd::fast_two_sum(a, one, small);
    let under_low = a.add(under.lo, small_low);
    let inverse = a.div(one, under.hi);
    let quotient = a.mul(top, inverse);
    let back = a.neg(quotient);
    let rest = on!(a, fma(back, under_low, fma(back, v(under.hi), top)));
    let correction = a.mul(rest, inverse);
    let above = a.add(quotient, correction);
    let product = on!(a, fma(quotient, v(p.lo), mul(correction, v(p.hi))));
    let product = on!(a, fma(quotient, v(p.hi), product));
    let below = on!(a, mul(mul(product, first), second));
    let positive = on!(a, gt(x, c(0.0)));
    let value = a.select(positive, above, below);
    let far = on!(a, gt(size, c(760.0)));
    let limit = on!(a, select(positive, top, c(0.0)));
    a.select(far, limit, value)
}

/// Logistic function 1/(1 + exp(−x)).
#[inline(always)]
pub fn sigmoid<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let one = a.constant(1.0);
    gated(a, x, one)
}

/// Sigmoid linear unit x/(1 + exp(−x)).
#[inline(always)]
pub fn silu<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let value = gated(a, x, x);
    a.copysign(value, x)
}

/// log(1 + exp(x)) = max(x, 0) + log1p(exp(−|x|)).
#[inline(always)]
pub fn softplus<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    let far = on!(a, gt(size, c(746.0)));
    let argument = on!(a, neg(select(far, c(746.0), size)));
    let small = exp_dd(a, argument);
    let Dd { hi, lo } = small;
    let logarithm = log1p_sum(a, hi, lo);
    let positive = on!(a, select(le(x, c(0.0)), c(0.0), x));
    a.add(positive, logarithm)
}
