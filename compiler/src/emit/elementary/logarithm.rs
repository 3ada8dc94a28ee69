//! log, log1p, log2, log10: x = 2ᵏ·m, m in [√½, √2), f = m − 1, s = f/(2 + f), log m = 2·atanh(s).

use super::arith::{Arith, on, polynomial};
use super::dd::{self, Dd};

/// ln 2 with 32 bits in the first part, so that k·hi is exact.
const LN2_SHORT: (f64, f64) = (6.93147180369123816490e-01, 1.90821492927058770002e-10);
const INVERSE_LN2: (f64, f64) = (std::f64::consts::LOG2_E, 2.0355273740931033e-17);
const INVERSE_LN10: (f64, f64) = (std::f64::consts::LOG10_E, 1.098319650216765e-17);
const LOG10_2: (f64, f64) = (std::f64::consts::LOG10_2, -2.8037281277851704e-18);

/// The bits of √½, its low half cleared, and of 1.
const SQRT_HALF: i64 = 0x3fe6_a09e_0000_0000;
const ONE: i64 = 0x3ff0_0000_0000_0000;

/// (2·atanh(s) − 2s)/s³ in s²; relative error of the logarithm 2⁻⁵⁷·⁶.
const L: [f64; 7] = [
    0.666666666666667,
    0.3999999999989889,
    0.2857142862625391,
    0.22222211089368124,
    0.18182892433364564,
    0.15331611694570085,
    0.14617807492803847,
];

/// (2·atanh(s) − 2s − ⅔s³)/s⁵ in s²; relative error of the logarithm 2⁻⁶⁶·⁵.
const L_LONG: [f64; 9] = [
    0.4,
    0.28571428571428564,
    0.2222222222222847,
    0.18181818179644987,
    0.15384615762908632,
    0.13333296397925873,
    0.1176681902327019,
    0.10456195073671723,
    0.1076362184755954,
];

/// x = 2ᵏ·m, for positive finite x.
struct Reduced<A: Arith> {
    k: A::F,
    m: A::F,
    /// Bits to subtract from a number's exponent to divide it by 2ᵏ; meaningless for subnormal x.
    shift: A::I,
}

#[inline(always)]
fn reduce<A: Arith>(a: &mut A, x: A::F) -> Reduced<A> {
    let subnormal = on!(a, lt(x, c(f64::MIN_POSITIVE)));
    let normal = on!(a, select(subnormal, mul(x, c(18014398509481984.0)), x));
    let bits = on!(a, iadd(bits(normal), i(ONE - SQRT_HALF)));
    let exponent = a.ushr(bits, 52);
    // k is put into the low bits of 2⁵²; subnormal numbers were multiplied by 2⁵⁴.
    let offset = on!(a, select(subnormal, c(4503599627370496.0 + 1077.0), c(4503599627370496.0 + 1023.0)));
    let k = on!(a, sub(from_bits(ior(exponent, i(0x4330_0000_0000_0000))), offset));
    let m = on!(a, from_bits(iadd(iand(bits, i(0x000f_ffff_ffff_ffff)), i(SQRT_HALF))));
    let shift = on!(a, shl(isub(exponent, i(1023)), 52));
    Reduced { k, m, shift }
}

/// k and m of a positive finite x = 2ᵏ·m.
#[inline(always)]
pub(super) fn exponent_and_mantissa<A: Arith>(a: &mut A, x: A::F) -> (A::F, A::F) {
    let reduced = reduce(a, x);
    (reduced.k, reduced.m)
}

/// `logarithm` where 0 < x < ∞; −∞ at 0, NaN below, x itself for ∞ and NaN.
#[inline(always)]
fn with_special<A: Arith>(a: &mut A, x: A::F, logarithm: A::F) -> A::F {
    let zero = a.constant(0.0);
    let ordinary = on!(a, both(gt(x, zero), lt(x, c(f64::INFINITY))));
    let special = on!(a, select(lt(x, zero), c(f64::NAN), x));
    let special = on!(a, select(eq(x, zero), c(f64::NEG_INFINITY), special));
    a.select(ordinary, logarithm, special)
}

/// k·ln 2 + log(m) + low (fdlibm's `e_log.c`, the sum k·ln 2 + f compensated).
#[inline(always)]
fn assemble<A: Arith>(a: &mut A, k: A::F, m: A::F, low: A::F) -> A::F {
    let f = on!(a, sub(m, c(1.0)));
    let s = on!(a, div(f, add(f, c(2.0))));
    let z = a.mul(s, s);
    let l = polynomial(a, z, &L);
    let half_square = on!(a, mul(mul(f, c(0.5)), f));
    // log(1 + f) = f − f²/2 + s·(f²/2 + s²·L(s²))
    let rest = on!(a, mul(s, fma(z, l, half_square)));
    let head = on!(a, mul(k, c(LN2_SHORT.0)));
    let main = dd::fast_two_sum(a, head, f);
    let low = on!(a, fma(k, c(LN2_SHORT.1), low));
    let low = on!(a, add(add(low, v(main.lo)), rest));
    on!(a, add(v(main.hi), sub(low, half_square)))
}

/// Natural logarithm.
#[inline(always)]
pub fn log<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let reduced = reduce(a, x);
    let zero = a.constant(0.0);
    let logarithm = assemble(a, reduced.k, reduced.m, zero);
    with_special(a, x, logarithm)
}

/// log(1 + x + low), where |low| is below the last bit of 1 + x; the sign of x is kept.
#[inline(always)]
pub(super) fn log1p_sum<A: Arith>(a: &mut A, x: A::F, low: A::F) -> A::F {
    let one = a.constant(1.0);
    let u = dd::two_sum(a, one, x);
    let reduced = reduce(a, u.hi);
    let correction = on!(a, div(add(v(u.lo), low), v(u.hi)));
    let logarithm = assemble(a, reduced.k, reduced.m, correction);
    let result = with_special(a, u.hi, logarithm);
    a.copysign(result, x)
}

/// log(1 + x).
#[inline(always)]
pub fn log1p<A: Arith>(a: &mut A, x: A::F) -> A::F {
    let zero = a.constant(0.0);
    log1p_sum(a, x, zero)
}

/// k and log(m + m_low) with x = 2ᵏ·(m + m_low); relative error of the logarithm about 2⁻⁶⁵.
#[inline(always)]
pub(super) fn log_parts<A: Arith>(a: &mut A, x: Dd<A::F>) -> (A::F, Dd<A::F>) {
    let reduced = reduce(a, x.hi);
    // x.lo/2ᵏ; a number with a low part is never subnormal or near the largest here.
    let has_low = on!(a, ne(v(x.lo), c(0.0)));
    let scale = on!(a, from_bits(isub(i(ONE), v(reduced.shift))));
    let low = on!(a, select(has_low, mul(v(x.lo), scale), c(0.0)));
    let f = on!(a, sub(v(reduced.m), c(1.0)));
    let f = dd::two_sum(a, f, low);
    (reduced.k, log1p_small(a, f))
}

/// log(1 + f) for f in [√½ − 1, √2 − 1].
#[inline(always)]
fn log1p_small<A: Arith>(a: &mut A, f: Dd<A::F>) -> Dd<A::F> {
    let two = dd::constant(a, 2.0, 0.0);
    let denominator = dd::add(a, two, f);
    let s = dd::div(a, f, denominator);
    let z = dd::mul(a, s, s);
    // 2s + s·z·(⅔ + z·L)
    let l = polynomial(a, z.hi, &L_LONG);
    let inner = on!(a, mul(v(z.hi), l));
    let two_thirds = dd::constant(a, 0.6666666666666666, 3.700743415417188e-17);
    let inner = dd::exact(a, inner);
    let inner = dd::add(a, two_thirds, inner);
    let cube = dd::mul(a, s, z);
    let correction = dd::mul(a, cube, inner);
    let double = Dd { hi: a.add(s.hi, s.hi), lo: a.add(s.lo, s.lo) };
    dd::add(a, double, correction)
}

/// log(x.hi + x.lo) for a positive finite value.
#[inline(always)]
pub(super) fn log_dd<A: Arith>(a: &mut A, x: Dd<A::F>) -> Dd<A::F> {
    let (k, logarithm) = log_parts(a, x);
    let whole = on!(a, mul(k, c(LN2_SHORT.0)));
    let whole = dd::two_sum(a, whole, logarithm.hi);
    let low = on!(a, fma(k, c(LN2_SHORT.1), add(v(whole.lo), v(logarithm.lo))));
    dd::fast_two_sum(a, whole.hi, low)
}

/// k·unit + logarithm·inverse, rounded.
#[inline(always)]
fn other_base<A: Arith>(a: &mut A, x: A::F, unit: (f64, f64), inverse: (f64, f64)) -> A::F {
    let argument = dd::exact(a, x);
    let (k, logarithm) = log_parts(a, argument);
    let inverse = dd::constant(a, inverse.0, inverse.1);
    let part = dd::mul(a, logarithm, inverse);
    let unit_value = a.constant(unit.0);
    let mut whole = dd::two_product(a, k, unit_value);
    whole.lo = on!(a, fma(k, c(unit.1), v(whole.lo)));
    let sum = dd::add(a, whole, part);
    with_special(a, x, sum.hi)
}

/// Logarithm to base 2, exact at powers of 2.
#[inline(always)]
pub fn log2<A: Arith>(a: &mut A, x: A::F) -> A::F {
    other_base(a, x, (1.0, 0.0), INVERSE_LN2)
}

/// Logarithm to base 10.
#[inline(always)]
pub fn log10<A: Arith>(a: &mut A, x: A::F) -> A::F {
    other_base(a, x, LOG10_2, INVERSE_LN10)
}
