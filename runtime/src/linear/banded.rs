//! LU of banded matrices with partial pivoting, as LAPACK's unblocked `dgbtf2` and `dgbtrs`.
//!
//! Column j stores the rows j − (lower + upper) … j + lower; the `lower` topmost are for what row exchanges move up.

use super::number::Number;
use super::singular::Singular;
use super::small::original_row;

/// A banded matrix and its factors.
pub struct Banded<T> {
    n: usize,
    lower: usize,
    upper: usize,
    lu: Vec<T>,
    pivots: Vec<usize>,
}

impl<T: Number> Banded<T> {
    /// Buffers for n×n matrices with so many diagonals below and above the main one.
    pub fn new(n: usize, lower: usize, upper: usize) -> Banded<T> {
        let lu = vec![T::default(); Banded::<T>::size(n, lower, upper)];
        Banded { n, lower, upper, lu, pivots: vec![0; n] }
    }

    /// The numbers in a storage.
    pub fn size(n: usize, lower: usize, upper: usize) -> usize {
        n * (2 * lower + upper + 1)
    }

    /// Where a storage has the entry of row i and column j, which is inside the band.
    pub fn place(lower: usize, upper: usize, i: usize, j: usize) -> usize {
        j * (2 * lower + upper + 1) + lower + upper + i - j
    }

    /// The storage to fill before a factorisation; whatever it held is gone.
    pub fn matrix(&mut self) -> &mut [T] {
        &mut self.lu
    }

    /// P A = L U in place; the diagonal of U is stored inverted.
    ///
    /// # Errors
    /// The column and a row without a pivot.
    pub fn factorise(&mut self) -> Result<(), Singular> {
        let (n, height) = (self.n, 2 * self.lower + self.upper + 1);
        // The main diagonal's place within a column, and the last column that the rows so far reach into.
        let (diagonal, mut reach) = (self.lower + self.upper, 0);
        for k in 0..n {
            let below = self.lower.min(n - 1 - k);
            let column = &self.lu[k * height + diagonal..][..below + 1];
            let mut p = 0;
            for (i, x) in column.iter().enumerate().skip(1) {
                if x.size() > column[p].size() {
                    p = i;
                }
            }
            let pivot = column[p];
            if pivot == T::default() || !pivot.size().is_finite() {
                return Err(Singular::no_pivot(k, original_row(&self.pivots[..k], k)));
            }
            self.pivots[k] = k + p;
            reach = reach.max((k + self.upper + p).min(n - 1));
            let (left, right) = self.lu.split_at_mut((k + 1) * height);
            let column = &mut left[k * height + diagonal..][..below + 1];
            column.swap(0, p);
            let inverse = pivot.inverse();
            column[0] = inverse;
            let multipliers = &mut column[1..];
            for i in 0..below {
                multipliers[i] *= inverse;
            }
            for step in 0..reach - k {
                let part = &mut right[step * height + diagonal - 1 - step..][..below + 1];
                part.swap(0, p);
                let (x, part) = (part[0], &mut part[1..]);
                if x != T::default() {
                    for i in 0..below {
                        part[i] -= multipliers[i] * x;
                    }
                }
            }
        }
        Ok(())
    }

    /// Solves A x = b in place.
    pub fn solve(&self, b: &mut [T]) {
        let (n, height, diagonal) = (self.n, 2 * self.lower + self.upper + 1, self.lower + self.upper);
        for k in 0..n {
            b.swap(k, self.pivots[k]);
            let below = self.lower.min(n - 1 - k);
            let (x, multipliers) = (b[k], &self.lu[k * height + diagonal + 1..][..below]);
            let b = &mut b[k + 1..][..below];
            for i in 0..below {
                b[i] -= multipliers[i] * x;
            }
        }
        for k in (0..n).rev() {
            let above = diagonal.min(k);
            let column = &self.lu[k * height + diagonal - above..][..above + 1];
            let x = b[k] * column[above];
            b[k] = x;
            let b = &mut b[k - above..k];
            for i in 0..above {
                b[i] -= column[i] * x;
            }
        }
    }

    /// Solves Aᵀ x = b in place.
    pub fn solve_transposed(&self, b: &mut [T]) {
        let (n, height, diagonal) = (self.n, 2 * self.lower + self.upper + 1, self.lower + self.upper);
        let product = |a: &[T], x: &[T]| (0..a.len()).fold(T::default(), |sum, i| sum + a[i] * x[i]);
        for k in 0..n {
            let above = diagonal.min(k);
            let column = &self.lu[k * height + diagonal - above..][..above + 1];
            b[k] = (b[k] - product(&column[..above], &b[k - above..k])) * column[above];
        }
        for k in (0..n).rev() {
            let below = self.lower.min(n - 1 - k);
            let multipliers = &self.lu[k * height + diagonal + 1..][..below];
            b[k] -= product(multipliers, &b[k + 1..]);
            b.swap(k, self.pivots[k]);
        }
    }
}

#[cfg(test)]
mod tests {
    use faer::c64;

    use super::*;

    /// An entry of a band without structure.
    fn entry(i: usize, j: usize) -> f64 {
        (0.5 + 1.7 * (i * i) as f64 + 3.1 * j as f64 + (i * j) as f64).sin()
    }

    fn check<T: Number>(n: usize, lower: usize, upper: usize, number: impl Fn(f64, f64) -> T) {
        let inside = |i: usize, j: usize| i <= j + lower && j <= i + upper;
        // A small diagonal makes rows change places, unless that leaves a triangle nearly singular.
        let diagonal = if lower * upper > 0 { 0.01 } else { 3.0 };
        let entry = |i: usize, j: usize| match (inside(i, j), i == j) {
            (true, true) => number(diagonal, entry(j + 3, i)),
            (true, false) => number(entry(i, j), entry(j + 3, i)),
            _ => T::default(),
        };
        let mut lu = Banded::<T>::new(n, lower, upper);
        for j in 0..n {
            for i in (0..n).filter(|&i| inside(i, j)) {
                lu.matrix()[Banded::<T>::place(lower, upper, i, j)] = entry(i, j);
            }
        }
        lu.factorise().unwrap();
        let x: Vec<T> = (0..n).map(|i| number((i as f64).sin(), (i as f64).cos())).collect();
        let product = |entry: &dyn Fn(usize, usize) -> T| -> Vec<T> {
            (0..n).map(|i| (0..n).fold(T::default(), |sum, j| sum + entry(i, j) * x[j])).collect()
        };
        let (mut b, mut c) = (product(&entry), product(&|i, j| entry(j, i)));
        lu.solve(&mut b);
        lu.solve_transposed(&mut c);
        for i in 0..n {
            assert!((b[i] - x[i]).size() < 1e-9 && (c[i] - x[i]).size() < 1e-9, "{n} {lower} {upper}");
        }
    }

    #[test]
    fn bands_are_solved_and_solved_transposed() {
        for (n, lower, upper) in
            [(1, 0, 0), (2, 1, 0), (9, 0, 2), (30, 3, 1), (30, 1, 3), (25, 4, 4), (5, 4, 4)]
        {
            check(n, lower, upper, |x, _| x);
            check(n, lower, upper, c64::new);
        }
    }

    #[test]
    fn a_column_without_a_pivot_is_named() {
        let mut lu = Banded::<f64>::new(20, 1, 1);
        (0..20).for_each(|k| lu.matrix()[Banded::<f64>::place(1, 1, k, k)] = if k == 7 { 0.0 } else { 1.0 });
        assert_eq!(lu.factorise(), Err(Singular::no_pivot(7, 7)));
    }
}
