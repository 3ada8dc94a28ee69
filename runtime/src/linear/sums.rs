//! Sums of products, in four partial sums that a processor adds side by side.

use super::number::Number;

/// Σ a_i x_i over the entries of a.
#[inline(always)]
pub fn product<T: Number>(a: &[T], x: &[T]) -> T {
    let len = a.len();
    let (x, whole) = (&x[..len], len / 4 * 4);
    let mut sums = [T::default(); 4];
    for i in (0..whole).step_by(4) {
        let (a, x) = (&a[i..i + 4], &x[i..i + 4]);
        for m in 0..4 {
            sums[m] += a[m] * x[m];
        }
    }
    for i in whole..len {
        sums[0] += a[i] * x[i];
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}
