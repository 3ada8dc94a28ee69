//! Elementary functions over slices, compiled for each width of vectors that the processor may have.
//!
//! The bodies are those that every executor runs, on independent elements: so the bits are the same at every width.

use std::sync::LazyLock;

use pulp::{Arch, Simd, WithSimd};

use super::arith::Arith;
use super::function::Elementary;
use super::scalar::{Scalar, Straight};
use super::{activation, exponential, hyperbolic, inverse_hyperbolic, inverse_trigonometric};
use super::{logarithm, normal, power, trigonometric};

/// Elements that the widest vectors hold.
const TILE: usize = 8;

/// Functions of one argument that are computed in one pass, each into a slice of its own.
#[derive(Clone, Copy, Debug)]
pub struct SliceFunction {
    /// The functions, in the order of the slices that are filled.
    pub functions: &'static [Elementary],
    run: fn(Arch, &[f64], &mut [&mut [f64]]),
}

impl PartialEq for SliceFunction {
    fn eq(&self, other: &Self) -> bool {
        self.functions == other.functions
    }
}

impl Eq for SliceFunction {}

impl std::hash::Hash for SliceFunction {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.functions.hash(state);
    }
}

impl SliceFunction {
    /// The pass that computes these functions, in this order.
    pub fn find(functions: &[Elementary]) -> Option<SliceFunction> {
        SLICE_FUNCTIONS.iter().find(|f| f.functions == functions).copied()
    }

    /// Fills `results[k]` with the k-th function of every element of `x`.
    ///
    /// # Panics
    /// Where there are not as many results as functions, or one is not as long as `x`.
    pub fn call(&self, x: &[f64], results: &mut [&mut [f64]]) {
        assert_eq!(results.len(), self.functions.len(), "results of a pass");
        assert!(results.iter().all(|y| y.len() == x.len()), "results are as long as the argument");
        static PROCESSOR: LazyLock<Arch> = LazyLock::new(Arch::new);
        (self.run)(*PROCESSOR, x, results);
    }
}

/// The body of a pass: the functions of one number.
trait Body<const N: usize> {
    fn at<A: Arith<F = f64>>(a: &mut A, x: f64) -> [f64; N];
}

macro_rules! slice_functions {
    ($($name:ident: $($function:ident = $body:path),+;)*) => {
        $(
            struct $name;
            impl Body<{ [$(Elementary::$function),+].len() }> for $name {
                #[inline(always)]
                fn at<A: Arith<F = f64>>(a: &mut A, x: f64) -> [f64; [$(Elementary::$function),+].len()] {
                    [$($body(a, x)),+]
                }
            }
        )*
        /// Every pass there is.
        pub const SLICE_FUNCTIONS: &[SliceFunction] = &[$(SliceFunction {
            functions: &[$(Elementary::$function),+],
            run: run::<$name, { [$(Elementary::$function),+].len() }>,
        }),*];
    };
}

slice_functions! {
    Cbrt: Cbrt = power::cbrt;
    Exp: Exp = exponential::exp;
    Expm1: Expm1 = exponential::expm1;
    Rbf: Rbf = exponential::rbf;
    Log: Log = logarithm::log;
    Log1p: Log1p = logarithm::log1p;
    Log2: Log2 = logarithm::log2;
    Log10: Log10 = logarithm::log10;
    Sin: Sin = trigonometric::sin;
    Cos: Cos = trigonometric::cos;
    Tan: Tan = trigonometric::tan;
    Asin: Asin = inverse_trigonometric::asin;
    Acos: Acos = inverse_trigonometric::acos;
    Atan: Atan = inverse_trigonometric::atan;
    Sinh: Sinh = hyperbolic::sinh;
    Cosh: Cosh = hyperbolic::cosh;
    Tanh: Tanh = hyperbolic::tanh;
    Sech2: Sech2 = hyperbolic::sech2;
    TanhSech2: Tanh = hyperbolic::tanh, Sech2 = hyperbolic::sech2;
    Asinh: Asinh = inverse_hyperbolic::asinh;
    Acosh: Acosh = inverse_hyperbolic::acosh;
    Atanh: Atanh = inverse_hyperbolic::atanh;
    Sigmoid: Sigmoid = activation::sigmoid;
    Silu: Silu = activation::silu;
    Softplus: Softplus = activation::softplus;
    SoftplusSigmoid: Softplus = activation::softplus, Sigmoid = activation::sigmoid;
    Erf: Erf = normal::erf;
    Erfc: Erfc = normal::erfc;
    NormalCumulative: NormalCumulative = normal::normal_cumulative;
    NormalDensity: NormalDensity = normal::normal_density;
    Gelu: Gelu = normal::gelu;
}

fn run<B: Body<N>, const N: usize>(arch: Arch, x: &[f64], results: &mut [&mut [f64]]) {
    let results: &mut [&mut [f64]; N] = results.try_into().expect("as many results as functions");
    arch.dispatch(Pass::<B, N> { x, results, body: std::marker::PhantomData });
}

struct Pass<'a, 'b, B, const N: usize> {
    x: &'a [f64],
    results: &'a mut [&'b mut [f64]; N],
    body: std::marker::PhantomData<B>,
}

impl<B: Body<N>, const N: usize> WithSimd for Pass<'_, '_, B, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Pass { x, results, .. } = self;
        let count = x.len();
        if count < TILE {
            return scalars::<B, N>(x, results, 0, count);
        }
        let (mut start, mut end) = (0, count / TILE * TILE);
        loop {
            if !straight::<B, N>(x, results, start, end) {
                scalars::<B, N>(x, results, start, end);
            }
            if end == count {
                return;
            }
            // The last tile overlaps the one before where there is a rest: an end by single elements would take longer
            // than all else. There is one loop for both, so that its code is there once.
            (start, end) = (count - TILE, count);
        }
    }
}

/// The functions of some elements without branches; false where an element wants a native.
///
/// The loops over one and over two results are written out: compilers make vectors of such loops, but not of one with a
/// loop over the results inside.
#[inline(always)]
fn straight<B: Body<N>, const N: usize>(
    x: &[f64],
    results: &mut [&mut [f64]; N],
    start: usize,
    end: usize,
) -> bool {
    let count = (end - start) / TILE * TILE;
    let end = start + count;
    let x = &x[start..end];
    let mut wants_native = false;
    match &mut results[..] {
        [y] => {
            let y = &mut y[start..end];
            for k in 0..count {
                let mut a = Straight { wants_native: false };
                y[k] = B::at(&mut a, x[k])[0];
                wants_native |= a.wants_native;
            }
        }
        [y, z] => {
            let (y, z) = (&mut y[start..end], &mut z[start..end]);
            for k in 0..count {
                let mut a = Straight { wants_native: false };
                let values = B::at(&mut a, x[k]);
                wants_native |= a.wants_native;
                y[k] = values[0];
                z[k] = values[1];
            }
        }
        _ => unreachable!("passes compute one function or two"),
    }
    !wants_native
}

#[inline(never)]
fn scalars<B: Body<N>, const N: usize>(x: &[f64], results: &mut [&mut [f64]; N], start: usize, end: usize) {
    for k in start..end {
        for (result, value) in results.iter_mut().zip(B::at(&mut Scalar, x[k])) {
            result[k] = value;
        }
    }
}
