//! sin, cos, tan: x = n·π/2 + r, |r| ≤ π/4; n mod 4 chooses between the series of sin r and cos r and the sign.

use super::arith::{Arith, Native, on, polynomial};
use super::dd::{self, Dd};
use super::exponential::MAGIC;

/// π/2 in three parts of 53 bits.
pub(super) const HALF_PI: [f64; 3] =
    [std::f64::consts::FRAC_PI_2, 6.123233995736766e-17, -1.4973849048591698e-33];
/// Up to here three parts of π/2 leave r with its full relative accuracy; beyond, a native with 1,200 bits of 2/π.
pub(super) const LARGEST: f64 = 1073741824.0;
const SIGN: i64 = i64::MIN;

/// (sin r/r − 1)/r² in r²; relative error of sin 2⁻⁵⁵·⁵.
const S: [f64; 6] = [
    -0.16666666666666666,
    0.008333333333330948,
    -0.00019841269836757573,
    2.7557316102032776e-06,
    -2.505113173670068e-08,
    1.5918121492281427e-10,
];

/// (cos r − 1 + r²/2)/r⁴ in r²; relative error of cos 2⁻⁵⁹·⁵.
const C: [f64; 6] = [
    0.041666666666666664,
    -0.0013888888888887398,
    2.4801587298765062e-05,
    -2.75573172714047e-07,
    2.08761462006503e-09,
    -1.1382627544292507e-11,
];

/// The remainder of x by π/2, and a number whose sign bit is bit 1 of the quadrant and which is 0 where bit 0 is clear.
pub(super) struct Reduced<F> {
    pub r: Dd<F>,
    pub quadrant: F,
}

/// Subtracts the nearest multiple of π/2 (Cody and Waite); the quadrant is n + `turn`.
#[inline(always)]
fn reduce<A: Arith>(a: &mut A, x: A::F, turn: f64) -> Reduced<A::F> {
    let shifter = a.constant(MAGIC + turn);
    let shifted = on!(a, fma(x, c(std::f64::consts::FRAC_2_PI), shifter));
    let n = a.sub(shifted, shifter);
    // Exact: both terms are multiples of 2⁻⁵², and the difference is below 1.
    let first = on!(a, fma(n, c(-HALF_PI[0]), x));
    let part = a.constant(-HALF_PI[1]);
    let second = dd::two_product(a, n, part);
    let sum = dd::fast_two_sum(a, first, second.hi);
    let lo = on!(a, fma(n, c(-HALF_PI[2]), add(v(sum.lo), v(second.lo))));
    let quadrant = on!(a, from_bits(shl(bits(shifted), 62)));
    Reduced { r: Dd { hi: sum.hi, lo }, quadrant }
}

/// What the series of sin and cos have in common: r, z = r² and z/2.
struct Powers<F> {
    r: Dd<F>,
    z: F,
    half: F,
}

#[inline(always)]
fn powers<A: Arith>(a: &mut A, r: Dd<A::F>) -> Powers<A::F> {
    let z = a.mul(r.hi, r.hi);
    let half = on!(a, mul(z, c(0.5)));
    Powers { r, z, half }
}

/// sin r − r.hi.
#[inline(always)]
fn sine_tail<A: Arith>(a: &mut A, p: &Powers<A::F>) -> A::F {
    let series = polynomial(a, p.z, &S);
    let cube = a.mul(p.z, p.r.hi);
    // The low part enters as r.lo·cos r.
    let low = on!(a, fma(neg(v(p.half)), v(p.r.lo), v(p.r.lo)));
    a.fma(cube, series, low)
}

/// cos r as 1 − z/2 and what is to be added to it.
#[inline(always)]
fn cosine_parts<A: Arith>(a: &mut A, p: &Powers<A::F>) -> Dd<A::F> {
    let series = polynomial(a, p.z, &C);
    let back = a.neg(p.half);
    let one = a.constant(1.0);
    let main = dd::fast_two_sum(a, one, back);
    let cross = on!(a, fma(neg(v(p.r.hi)), v(p.r.lo), v(main.lo)));
    let lo = on!(a, fma(mul(v(p.z), v(p.z)), series, cross));
    Dd { hi: main.hi, lo }
}

/// The sine of x = r + quadrant·π/2.
#[inline(always)]
pub(super) fn sine_of<A: Arith>(a: &mut A, x: &Reduced<A::F>) -> A::F {
    let p = powers(a, x.r);
    let sine = sine_tail(a, &p);
    let cosine = cosine_parts(a, &p);
    let odd = on!(a, ne(v(x.quadrant), c(0.0)));
    let hi = a.select(odd, cosine.hi, p.r.hi);
    let lo = a.select(odd, cosine.lo, sine);
    let sum = a.add(hi, lo);
    on!(a, from_bits(ixor(bits(sum), iand(bits(v(x.quadrant)), i(SIGN)))))
}

/// sin r and cos r, each to some bits more than its high part has, for |r| ≤ π/4.
#[inline(always)]
pub(super) fn sine_and_cosine<A: Arith>(a: &mut A, r: Dd<A::F>) -> (Dd<A::F>, Dd<A::F>) {
    let p = powers(a, r);
    let tail = sine_tail(a, &p);
    let sine = dd::fast_two_sum(a, p.r.hi, tail);
    let cosine = cosine_parts(a, &p);
    // z = r² was rounded: the cosine needs what that left out.
    let lost = on!(a, fma(v(p.r.hi), v(p.r.hi), neg(v(p.z))));
    let lo = on!(a, fma(lost, c(-0.5), v(cosine.lo)));
    (sine, dd::fast_two_sum(a, cosine.hi, lo))
}

/// The tangent of x = r + quadrant·π/2: sin r/cos r or −cos r/sin r, the quotient corrected by its remainder.
#[inline(always)]
pub(super) fn tangent_of<A: Arith>(a: &mut A, x: &Reduced<A::F>) -> A::F {
    let (sine, cosine) = sine_and_cosine(a, x.r);
    let odd = on!(a, ne(v(x.quadrant), c(0.0)));
    let over = Dd { hi: a.select(odd, cosine.hi, sine.hi), lo: a.select(odd, cosine.lo, sine.lo) };
    let under_hi = on!(a, select(odd, neg(v(sine.hi)), v(cosine.hi)));
    let under_lo = on!(a, select(odd, neg(v(sine.lo)), v(cosine.lo)));
    let inverse = on!(a, div(c(1.0), under_hi));
    let quotient = a.mul(over.hi, inverse);
    let back = a.neg(quotient);
    let rest = on!(a, fma(back, under_hi, v(over.hi)));
    let rest = on!(a, fma(back, under_lo, add(rest, v(over.lo))));
    a.fma(rest, inverse, quotient)
}

/// `value`, x itself where it is tiny (and −0), a native call where it is huge or not finite.
#[inline(always)]
fn with_extremes<A: Arith>(a: &mut A, x: A::F, value: A::F, native: Native) -> A::F {
    let size = a.abs(x);
    let small = on!(a, lt(size, c(7.450580596923828e-9)));
    let value = a.select(small, x, value);
    let huge = on!(a, not(le(size, c(LARGEST))));
    a.rare(huge, value, native, &[x])
}

/// Sine.
#[inline(always)]
pub fn sin<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let reduced = reduce(a, x, 0.0);
    let value = sine_of(a, &reduced);
    with_extremes(a, x, value, Native::Sin)
}

/// Cosine: the sine a quarter turn later.
#[inline(always)]
pub fn cos<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let reduced = reduce(a, x, 1.0);
    let value = sine_of(a, &reduced);
    let huge = on!(a, not(le(abs(x), c(LARGEST))));
    a.rare(huge, value, Native::Cos, &[x])
}

/// Tangent.
#[inline(always)]
pub fn tan<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let reduced = reduce(a, x, 0.0);
    let value = tangent_of(a, &reduced);
    with_extremes(a, x, value, Native::Tan)
}
