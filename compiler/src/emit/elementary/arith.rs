//! The primitive operations that an elementary function is written in, and nothing else of the machine.

/// Builds operations on binary64 values, 64-bit integers and masks.
///
/// One generic body `fn f<A: Arith>(a: &mut A, x: A::F) -> A::F` is the definition of a function's bits: run on [`Scalar`]
/// it computes a number, run on a lowering builder it records instructions, run on a vector it computes lanes side by
/// side. So there is no branch, no table, no conversion between integers and floats and no arithmetic shift, because
/// two-lane vectors of 128 bits have none of these. Every operation rounds to nearest, ties to even.
///
/// [`Scalar`]: super::Scalar
#[allow(clippy::wrong_self_convention)] // `from_bits` is an operation that is built, not a constructor
pub trait Arith {
    /// A binary64 value.
    type F: Copy;
    /// A 64-bit integer; arithmetic wraps.
    type I: Copy;
    /// A truth value.
    type M: Copy;

    fn constant(&mut self, value: f64) -> Self::F;
    fn integer(&mut self, value: i64) -> Self::I;

    fn add(&mut self, x: Self::F, y: Self::F) -> Self::F;
    fn sub(&mut self, x: Self::F, y: Self::F) -> Self::F;
    fn mul(&mut self, x: Self::F, y: Self::F) -> Self::F;
    fn div(&mut self, x: Self::F, y: Self::F) -> Self::F;
    /// `x*y + z`, rounded once.
    fn fma(&mut self, x: Self::F, y: Self::F, z: Self::F) -> Self::F;
    fn sqrt(&mut self, x: Self::F) -> Self::F;
    fn neg(&mut self, x: Self::F) -> Self::F;
    fn abs(&mut self, x: Self::F) -> Self::F;
    /// The magnitude of `x` with the sign of `y`.
    fn copysign(&mut self, x: Self::F, y: Self::F) -> Self::F;

    fn floor(&mut self, x: Self::F) -> Self::F;
    fn ceil(&mut self, x: Self::F) -> Self::F;
    fn trunc(&mut self, x: Self::F) -> Self::F;
    /// Rounds to an integer, ties to even.
    fn round_even(&mut self, x: Self::F) -> Self::F;

    /// Ordered comparisons: false where an operand is NaN.
    fn lt(&mut self, x: Self::F, y: Self::F) -> Self::M;
    fn le(&mut self, x: Self::F, y: Self::F) -> Self::M;
    fn gt(&mut self, x: Self::F, y: Self::F) -> Self::M;
    fn ge(&mut self, x: Self::F, y: Self::F) -> Self::M;
    fn eq(&mut self, x: Self::F, y: Self::F) -> Self::M;
    /// True where an operand is NaN.
    fn ne(&mut self, x: Self::F, y: Self::F) -> Self::M;

    fn both(&mut self, p: Self::M, q: Self::M) -> Self::M;
    fn either(&mut self, p: Self::M, q: Self::M) -> Self::M;
    fn not(&mut self, p: Self::M) -> Self::M;
    /// `x` where `p` holds, else `y`.
    fn select(&mut self, p: Self::M, x: Self::F, y: Self::F) -> Self::F;

    fn bits(&mut self, x: Self::F) -> Self::I;
    fn from_bits(&mut self, i: Self::I) -> Self::F;
    fn iadd(&mut self, i: Self::I, j: Self::I) -> Self::I;
    fn isub(&mut self, i: Self::I, j: Self::I) -> Self::I;
    fn iand(&mut self, i: Self::I, j: Self::I) -> Self::I;
    fn ior(&mut self, i: Self::I, j: Self::I) -> Self::I;
    fn ixor(&mut self, i: Self::I, j: Self::I) -> Self::I;
    fn shl(&mut self, i: Self::I, by: u32) -> Self::I;
    /// Logical shift to the right.
    fn ushr(&mut self, i: Self::I, by: u32) -> Self::I;

    /// `native(args)`, a scalar call for each lane.
    fn call(&mut self, native: Native, args: &[Self::F]) -> Self::F;
    /// `select(p, native(args), fast)`, where `p` is so seldom true that an executor should branch around the call.
    fn rare(&mut self, p: Self::M, fast: Self::F, native: Native, args: &[Self::F]) -> Self::F;
}

/// A function that is scalar code and is called, not inlined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Native {
    /// sin, cos and tan of any argument, for the huge ones.
    Sin,
    Cos,
    Tan,
    Gamma,
    Lgamma,
    Digamma,
    Polygamma,
}

impl Native {
    pub const ALL: [Native; 7] = [
        Native::Sin,
        Native::Cos,
        Native::Tan,
        Native::Gamma,
        Native::Lgamma,
        Native::Digamma,
        Native::Polygamma,
    ];

    /// The number of arguments.
    pub fn arity(self) -> usize {
        match self {
            Native::Polygamma => 2,
            _ => 1,
        }
    }

    /// The value at `args`, as many as the function takes.
    pub fn call(self, args: &[f64]) -> f64 {
        use super::{gamma, payne_hanek, polygamma};
        match self {
            Native::Sin => payne_hanek::sin(args[0]),
            Native::Cos => payne_hanek::cos(args[0]),
            Native::Tan => payne_hanek::tan(args[0]),
            Native::Gamma => gamma::gamma(args[0]),
            Native::Lgamma => gamma::lgamma(args[0]),
            Native::Digamma => polygamma::digamma(args[0]),
            Native::Polygamma => polygamma::polygamma(args[0], args[1]),
        }
    }
}

/// Writes nested operations: `on!(a, fma(x, mul(y, y), c(1.0)))`, evaluated from left to right.
///
/// `c(v)` is a constant, `i(v)` an integer constant, `v(e)` a value that is not a plain name; other names are methods of
/// [`Arith`] or values.
macro_rules! on {
    ($a:ident, c($v:expr)) => { $a.constant($v) };
    ($a:ident, i($v:expr)) => { $a.integer($v) };
    ($a:ident, v($v:expr)) => { $v };
    ($a:ident, shl($x:ident $(($($xs:tt)*))?, $by:literal)) => {{
        let x = on!($a, $x $(($($xs)*))?);
        $a.shl(x, $by)
    }};
    ($a:ident, ushr($x:ident $(($($xs:tt)*))?, $by:literal)) => {{
        let x = on!($a, $x $(($($xs)*))?);
        $a.ushr(x, $by)
    }};
    ($a:ident, $f:ident($x:ident $(($($xs:tt)*))?)) => {{
        let x = on!($a, $x $(($($xs)*))?);
        $a.$f(x)
    }};
    ($a:ident, $f:ident($x:ident $(($($xs:tt)*))?, $y:ident $(($($ys:tt)*))?)) => {{
        let x = on!($a, $x $(($($xs)*))?);
        let y = on!($a, $y $(($($ys)*))?);
        $a.$f(x, y)
    }};
    ($a:ident, $f:ident($x:ident $(($($xs:tt)*))?, $y:ident $(($($ys:tt)*))?, $z:ident $(($($zs:tt)*))?)) => {{
        let x = on!($a, $x $(($($xs)*))?);
        let y = on!($a, $y $(($($ys)*))?);
        let z = on!($a, $z $(($($zs)*))?);
        $a.$f(x, y, z)
    }};
    ($a:ident, $x:ident) => { $x };
}
pub(super) use on;

/// `Σ cᵢ xⁱ` by Estrin's scheme: pairs, pairs of pairs, …, so that the chain of dependent operations is short.
///
/// At most 32 coefficients. The levels are written out so that an executor in Rust keeps them in registers.
#[inline(always)]
pub(super) fn polynomial<A: Arith, const N: usize>(a: &mut A, x: A::F, coefficients: &[f64; N]) -> A::F {
    const { assert!(N > 1 && N <= 32) };
    let mut terms = [a.constant(coefficients[0]); N];
    for place in 1..N {
        terms[place] = a.constant(coefficients[place]);
    }
    let level = pairs(a, &mut terms, N, x);
    let (level, power) = next_pairs(a, &mut terms, level, x);
    let (level, power) = next_pairs(a, &mut terms, level, power);
    let (level, power) = next_pairs(a, &mut terms, level, power);
    next_pairs(a, &mut terms, level, power);
    terms[0]
}

/// Replaces the first `count` terms by `t₀ + x·t₁, t₂ + x·t₃, …` and returns how many these are.
#[inline(always)]
fn pairs<A: Arith, const N: usize>(a: &mut A, terms: &mut [A::F; N], count: usize, x: A::F) -> usize {
    for pair in 0..count / 2 {
        terms[pair] = a.fma(x, terms[2 * pair + 1], terms[2 * pair]);
    }
    if count % 2 == 1 {
        terms[count / 2] = terms[count - 1];
    }
    count.div_ceil(2)
}

/// The same with x², which it returns too; nothing where one term is left.
#[inline(always)]
fn next_pairs<A: Arith, const N: usize>(
    a: &mut A,
    terms: &mut [A::F; N],
    count: usize,
    x: A::F,
) -> (usize, A::F) {
    if count == 1 {
        return (1, x);
    }
    let square = a.mul(x, x);
    (pairs(a, terms, count, square), square)
}
