//! atan, atan2, asin, acos: one angle of a point in the plane, in double-double until the last sum.

use super::arith::{Arith, on, polynomial};
use super::dd::{self, Dd};

const QUARTER_PI: (f64, f64) = (std::f64::consts::FRAC_PI_4, 3.061616997868383e-17);
/// tan(π/8), above which the angle is measured from π/4.
const TAN_EIGHTH: f64 = 0.41421356237309503;

/// (atan t/t − 1)/t² in t² on |t| ≤ 0.41425; relative error of atan 2⁻⁵⁸.
const T: [f64; 12] = [
    -0.3333333333333333,
    0.19999999999999804,
    -0.14285714285659729,
    0.11111111105145725,
    -0.09090908753017178,
    0.07692296361048218,
    -0.06666424634599337,
    0.05878926110528101,
    -0.052304330074828924,
    0.0455149623749493,
    -0.034568068014968874,
    0.016282993238924487,
];

/// The angle of (x, y), x and y ≥ 0 and not both 0, measured from the x axis; `mirrored` measures π minus it.
#[inline(always)]
fn angle<A: Arith>(a: &mut A, y: Dd<A::F>, x: Dd<A::F>, mirrored: A::M) -> A::F {
    let steep = a.gt(y.hi, x.hi);
    let short = choose(a, steep, x, y);
    let long = choose(a, steep, y, x);
    // t = short/long, or beyond π/8 t = (long − short)/(long + short), the angle from π/4 down.
    let middle = on!(a, gt(v(short.hi), mul(v(long.hi), c(TAN_EIGHTH))));
    let back = Dd { hi: a.neg(short.hi), lo: a.neg(short.lo) };
    let difference = dd::add(a, long, back);
    let sum = dd::add(a, long, short);
    let over = choose(a, middle, difference, short);
    let under = choose(a, middle, sum, long);
    let t = dd::div(a, over, under);
    let z = a.mul(t.hi, t.hi);
    let series = polynomial(a, z, &T);
    let tail = on!(a, fma(mul(z, v(t.hi)), series, v(t.lo)));
    // The angle is quarters·π/4 + sign·atan t, and each of the three choices turns it over.
    let one = a.constant(1.0);
    let minus_one = a.constant(-1.0);
    let zero = a.constant(0.0);
    let sign = a.select(middle, minus_one, one);
    let quarters = a.select(middle, one, zero);
    let turned = on!(a, sub(c(2.0), quarters));
    let quarters = a.select(steep, turned, quarters);
    let sign = on!(a, select(steep, neg(sign), sign));
    let turned = on!(a, sub(c(4.0), quarters));
    let quarters = a.select(mirrored, turned, quarters);
    let sign = on!(a, select(mirrored, neg(sign), sign));
    let quarter = a.constant(QUARTER_PI.0);
    let base = dd::two_product(a, quarters, quarter);
    let low = on!(a, fma(quarters, c(QUARTER_PI.1), v(base.lo)));
    let leading = a.mul(sign, t.hi);
    let main = dd::two_sum(a, base.hi, leading);
    let low = on!(a, add(v(main.lo), fma(sign, tail, low)));
    a.add(main.hi, low)
}

#[inline(always)]
fn choose<A: Arith>(a: &mut A, p: A::M, x: Dd<A::F>, y: Dd<A::F>) -> Dd<A::F> {
    Dd { hi: a.select(p, x.hi, y.hi), lo: a.select(p, x.lo, y.lo) }
}

/// Inverse tangent.
#[inline(always)]
pub fn atan<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    // Beyond 2⁶⁰ the result is π/2; NaN stays.
    let bounded = on!(a, select(gt(size, c(1e18)), c(1e18), size));
    let y = dd::exact(a, bounded);
    let one = dd::constant(a, 1.0, 0.0);
    let never = on!(a, lt(c(0.0), c(0.0)));
    let value = angle(a, y, one, never);
    let value = on!(a, select(lt(size, c(3.725290298461914e-9)), size, value));
    a.copysign(value, x)
}

/// The angle of the point (x, y) in (−π, π], with the sign of y; IEEE values at zeros and infinities.
#[inline(always)]
pub fn atan2<A: Arith>(a: &mut A, y: A::F, x: A::F) -> A::F {
    let (height, width) = (a.abs(y), a.abs(x));
    // The point is brought near 1, where nothing overflows and no product with it underflows.
    let larger = on!(a, select(gt(height, width), height, width));
    let factor = on!(a, select(gt(larger, c(1e150)), c(1.4916681462400413e-154), c(1.0)));
    let factor = on!(a, select(lt(larger, c(1e-150)), c(6.703903964971299e153), factor));
    let infinite = on!(a, eq(larger, c(f64::INFINITY)));
    let high = finite_part(a, height, factor, infinite);
    let wide = finite_part(a, width, factor, infinite);
    let one = a.constant(1.0);
    let origin = on!(a, eq(larger, c(0.0)));
    let wide = a.select(origin, one, wide);
    // The sign bit of x counts, that of −0 too.
    let mirrored = on!(a, lt(copysign(one, x), c(0.0)));
    let high = dd::exact(a, high);
    let wide = dd::exact(a, wide);
    let value = angle(a, high, wide, mirrored);
    let value = on!(a, select(ne(x, x), x, value));
    let value = on!(a, select(ne(y, y), y, value));
    a.copysign(value, y)
}

/// value·factor; where the point is infinite 1 for its infinite coordinates and 0 for the others.
#[inline(always)]
fn finite_part<A: Arith>(a: &mut A, value: A::F, factor: A::F, infinite: A::M) -> A::F {
    let direction = on!(a, select(eq(value, c(f64::INFINITY)), c(1.0), c(0.0)));
    on!(a, select(infinite, direction, mul(value, factor)))
}

/// √(1 − x²).
#[inline(always)]
fn cofactor<A: Arith>(a: &mut A, size: A::F) -> Dd<A::F> {
    let back = a.neg(size);
    let square = dd::two_product(a, back, size);
    let one = dd::constant(a, 1.0, 0.0);
    let rest = dd::add(a, one, square);
    dd::sqrt(a, rest)
}

/// Inverse sine; NaN outside of [−1, 1].
#[inline(always)]
pub fn asin<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    let width = cofactor(a, size);
    let height = dd::exact(a, size);
    let never = on!(a, lt(c(0.0), c(0.0)));
    let value = angle(a, height, width, never);
    let value = on!(a, select(lt(size, c(3.725290298461914e-9)), size, value));
    a.copysign(value, x)
}

/// Inverse cosine; NaN outside of [−1, 1].
#[inline(always)]
pub fn acos<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let size = a.abs(x);
    let height = cofactor(a, size);
    let width = dd::exact(a, size);
    let mirrored = on!(a, lt(x, c(0.0)));
    angle(a, height, width, mirrored)
}
