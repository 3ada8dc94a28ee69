//! Evaluation of elementary functions on `f64`: the definition of their values.

use super::arith::{Arith, Native};

/// Computes each operation at once; every other executor gives the same bits.
pub struct Scalar;

/// Computes in straight lines, which compilers turn into vectors: a rare native is not called, but remembered.
pub struct Straight {
    /// Whether a value is wrong, because it wanted a native.
    pub wants_native: bool,
}

macro_rules! operations {
    () => {
        type F = f64;
        type I = i64;
        type M = bool;

        #[inline(always)]
        fn constant(&mut self, value: f64) -> f64 {
            value
        }
        #[inline(always)]
        fn integer(&mut self, value: i64) -> i64 {
            value
        }

        #[inline(always)]
        fn add(&mut self, x: f64, y: f64) -> f64 {
            x + y
        }
        #[inline(always)]
        fn sub(&mut self, x: f64, y: f64) -> f64 {
            x - y
        }
        #[inline(always)]
        fn mul(&mut self, x: f64, y: f64) -> f64 {
            x * y
        }
        #[inline(always)]
        fn div(&mut self, x: f64, y: f64) -> f64 {
            x / y
        }
        #[inline(always)]
        fn fma(&mut self, x: f64, y: f64, z: f64) -> f64 {
            x.mul_add(y, z)
        }
        #[inline(always)]
        fn sqrt(&mut self, x: f64) -> f64 {
            x.sqrt()
        }
        #[inline(always)]
        fn neg(&mut self, x: f64) -> f64 {
            -x
        }
        #[inline(always)]
        fn abs(&mut self, x: f64) -> f64 {
            x.abs()
        }
        #[inline(always)]
        fn copysign(&mut self, x: f64, y: f64) -> f64 {
            x.copysign(y)
        }

        #[inline(always)]
        fn floor(&mut self, x: f64) -> f64 {
            x.floor()
        }
        #[inline(always)]
        fn ceil(&mut self, x: f64) -> f64 {
            x.ceil()
        }
        #[inline(always)]
        fn trunc(&mut self, x: f64) -> f64 {
            x.trunc()
        }
        #[inline(always)]
        fn round_even(&mut self, x: f64) -> f64 {
            x.round_ties_even()
        }

        #[inline(always)]
        fn lt(&mut self, x: f64, y: f64) -> bool {
            x < y
        }
        #[inline(always)]
        fn le(&mut self, x: f64, y: f64) -> bool {
            x <= y
        }
        #[inline(always)]
        fn gt(&mut self, x: f64, y: f64) -> bool {
            x > y
        }
        #[inline(always)]
        fn ge(&mut self, x: f64, y: f64) -> bool {
            x >= y
        }
        #[inline(always)]
        fn eq(&mut self, x: f64, y: f64) -> bool {
            x == y
        }
        #[inline(always)]
        fn ne(&mut self, x: f64, y: f64) -> bool {
            x != y
        }

        #[inline(always)]
        fn both(&mut self, p: bool, q: bool) -> bool {
            p & q
        }
        #[inline(always)]
        fn either(&mut self, p: bool, q: bool) -> bool {
            p | q
        }
        #[inline(always)]
        fn not(&mut self, p: bool) -> bool {
            !p
        }
        #[inline(always)]
        fn select(&mut self, p: bool, x: f64, y: f64) -> f64 {
            if p { x } else { y }
        }

        #[inline(always)]
        fn bits(&mut self, x: f64) -> i64 {
            x.to_bits() as i64
        }
        #[inline(always)]
        fn from_bits(&mut self, i: i64) -> f64 {
            f64::from_bits(i as u64)
        }
        #[inline(always)]
        fn iadd(&mut self, i: i64, j: i64) -> i64 {
            i.wrapping_add(j)
        }
        #[inline(always)]
        fn isub(&mut self, i: i64, j: i64) -> i64 {
            i.wrapping_sub(j)
        }
        #[inline(always)]
        fn iand(&mut self, i: i64, j: i64) -> i64 {
            i & j
        }
        #[inline(always)]
        fn ior(&mut self, i: i64, j: i64) -> i64 {
            i | j
        }
        #[inline(always)]
        fn ixor(&mut self, i: i64, j: i64) -> i64 {
            i ^ j
        }
        #[inline(always)]
        fn shl(&mut self, i: i64, by: u32) -> i64 {
            i << by
        }
        #[inline(always)]
        fn ushr(&mut self, i: i64, by: u32) -> i64 {
            ((i as u64) >> by) as i64
        }
    };
}

impl Arith for Scalar {
    operations!();

    fn call(&mut self, native: Native, args: &[f64]) -> f64 {
        native.call(args)
    }
    #[inline(always)]
    fn rare(&mut self, p: bool, fast: f64, native: Native, args: &[f64]) -> f64 {
        if p { native.call(args) } else { fast }
    }
}

impl Arith for Straight {
    operations!();

    fn call(&mut self, native: Native, args: &[f64]) -> f64 {
        native.call(args)
    }
    #[inline(always)]
    fn rare(&mut self, p: bool, fast: f64, _: Native, _: &[f64]) -> f64 {
        self.wants_native |= p;
        fast
    }
}
