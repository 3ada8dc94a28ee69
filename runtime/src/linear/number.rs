//! What factorisations compute with: real numbers, and complex ones for the shifts of implicit Runge–Kutta methods.

use std::ops::{Add, AddAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use faer::c64;
use faer::traits::ComplexField;

/// f64 or c64.
pub trait Number:
    ComplexField
    + Copy
    + Default
    + From<f64>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// |x|, or |re x| + |im x|, which orders complex pivots well enough and needs no root.
    fn size(self) -> f64;

    /// 1/x.
    fn inverse(self) -> Self;

    /// a x.
    fn times(self, a: f64) -> Self;
}

impl Number for f64 {
    #[inline(always)]
    fn size(self) -> f64 {
        self.abs()
    }

    #[inline(always)]
    fn inverse(self) -> f64 {
        1.0 / self
    }

    #[inline(always)]
    fn times(self, a: f64) -> f64 {
        self * a
    }
}

impl Number for c64 {
    #[inline(always)]
    fn size(self) -> f64 {
        self.re.abs() + self.im.abs()
    }

    /// Divided by the larger part first, so that neither part is squared beyond the range of a number.
    #[inline]
    fn inverse(self) -> c64 {
        let (re, im) = (self.re, self.im);
        if re.abs() >= im.abs() {
            let (ratio, whole) = (im / re, re + im * (im / re));
            c64::new(1.0 / whole, -ratio / whole)
        } else {
            let (ratio, whole) = (re / im, re * (re / im) + im);
            c64::new(ratio / whole, -1.0 / whole)
        }
    }

    #[inline(always)]
    fn times(self, a: f64) -> c64 {
        c64::new(self.re * a, self.im * a)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverses_keep_to_the_range_of_numbers() {
        for x in [c64::new(3.0, -4.0), c64::new(0.0, 2.0), c64::new(1e200, 1e190), c64::new(-1e-200, 1e-195)]
        {
            let one = x * x.inverse();
            assert!((one - c64::new(1.0, 0.0)).size() < 1e-15, "{x}");
        }
    }
}
