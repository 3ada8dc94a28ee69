//! Direct evaluation of elementary functions on `f64`: the definition of their values.

use super::arith::{Arith, Native};

/// Computes each operation at once; every other executor gives the same bits.
pub struct Scalar;

impl Arith for Scalar {
    type F = f64;
    type I = i64;
    type M = bool;

    fn constant(&mut self, value: f64) -> f64 {
        value
    }
    fn integer(&mut self, value: i64) -> i64 {
        value
    }

    fn add(&mut self, x: f64, y: f64) -> f64 {
        x + y
    }
    fn sub(&mut self, x: f64, y: f64) -> f64 {
        x - y
    }
    fn mul(&mut self, x: f64, y: f64) -> f64 {
        x * y
    }
    fn div(&mut self, x: f64, y: f64) -> f64 {
        x / y
    }
    fn fma(&mut self, x: f64, y: f64, z: f64) -> f64 {
        x.mul_add(y, z)
    }
    fn sqrt(&mut self, x: f64) -> f64 {
        x.sqrt()
    }
    fn neg(&mut self, x: f64) -> f64 {
        -x
    }
    fn abs(&mut self, x: f64) -> f64 {
        x.abs()
    }
    fn copysign(&mut self, x: f64, y: f64) -> f64 {
        x.copysign(y)
    }

    fn floor(&mut self, x: f64) -> f64 {
        x.floor()
    }
    fn ceil(&mut self, x: f64) -> f64 {
        x.ceil()
    }
    fn trunc(&mut self, x: f64) -> f64 {
        x.trunc()
    }
    fn round_even(&mut self, x: f64) -> f64 {
        x.round_ties_even()
    }

    fn lt(&mut self, x: f64, y: f64) -> bool {
        x < y
    }
    fn le(&mut self, x: f64, y: f64) -> bool {
        x <= y
    }
    fn gt(&mut self, x: f64, y: f64) -> bool {
        x > y
    }
    fn ge(&mut self, x: f64, y: f64) -> bool {
        x >= y
    }
    fn eq(&mut self, x: f64, y: f64) -> bool {
        x == y
    }
    fn ne(&mut self, x: f64, y: f64) -> bool {
        x != y
    }

    fn both(&mut self, p: bool, q: bool) -> bool {
        p & q
    }
    fn either(&mut self, p: bool, q: bool) -> bool {
        p | q
    }
    fn not(&mut self, p: bool) -> bool {
        !p
    }
    fn select(&mut self, p: bool, x: f64, y: f64) -> f64 {
        if p { x } else { y }
    }

    fn bits(&mut self, x: f64) -> i64 {
        x.to_bits() as i64
    }
    fn from_bits(&mut self, i: i64) -> f64 {
        f64::from_bits(i as u64)
    }
    fn iadd(&mut self, i: i64, j: i64) -> i64 {
        i.wrapping_add(j)
    }
    fn isub(&mut self, i: i64, j: i64) -> i64 {
        i.wrapping_sub(j)
    }
    fn iand(&mut self, i: i64, j: i64) -> i64 {
        i & j
    }
    fn ior(&mut self, i: i64, j: i64) -> i64 {
        i | j
    }
    fn ixor(&mut self, i: i64, j: i64) -> i64 {
        i ^ j
    }
    fn shl(&mut self, i: i64, by: u32) -> i64 {
        i << by
    }
    fn ushr(&mut self, i: i64, by: u32) -> i64 {
        ((i as u64) >> by) as i64
    }

    fn call(&mut self, native: Native, args: &[f64]) -> f64 {
        native.call(args)
    }
    fn rare(&mut self, p: bool, fast: f64, native: Native, args: &[f64]) -> f64 {
        if p { native.call(args) } else { fast }
    }
}
