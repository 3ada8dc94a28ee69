//! LU with partial pivoting in plain loops: quicker than a library for the few unknowns of most models.

use super::number::Number;

/// Runs a function of n with n known to the compiler where it is small: the loops are then unrolled.
macro_rules! with_size {
    ($n:expr, $f:ident($($argument:expr),*)) => {
        match $n {
            1 => $f(1, $($argument),*),
            2 => $f(2, $($argument),*),
            3 => $f(3, $($argument),*),
            4 => $f(4, $($argument),*),
            5 => $f(5, $($argument),*),
            6 => $f(6, $($argument),*),
            n => $f(n, $($argument),*),
        }
    };
}

/// Factorises the column-major n×n matrix in place, P A = L U; the diagonal of U is stored inverted.
///
/// On failure the answer is the column without a usable pivot, and the row that has the least left for it and those after.
pub fn factorise<T: Number>(n: usize, a: &mut [T], pivots: &mut [usize]) -> Result<(), (usize, usize)> {
    with_size!(n, eliminate(a, pivots)).map_err(|column| (column, weakest(n, a, pivots, column)))
}

/// The row of the matrix as it was given that has the smallest entries left when column k finds no pivot.
fn weakest<T: Number>(n: usize, a: &[T], pivots: &[usize], k: usize) -> usize {
    let largest = |i: usize| (k..n).map(|j| a[i + j * n].size()).fold(0.0, f64::max);
    let row = (k..n).min_by(|&i, &j| largest(i).total_cmp(&largest(j))).unwrap_or(k);
    original_row(&pivots[..k], row)
}

/// The row, as it was given, that stands at `row` after these exchanges.
pub fn original_row(pivots: &[usize], mut row: usize) -> usize {
    for (k, &pivot) in pivots.iter().enumerate().rev() {
        row = match row {
            _ if row == k => pivot,
            _ if row == pivot => k,
            _ => row,
        };
    }
    row
}

#[inline(always)]
fn eliminate<T: Number>(n: usize, a: &mut [T], pivots: &mut [usize]) -> Result<(), usize> {
    let (a, pivots) = (&mut a[..n * n], &mut pivots[..n]);
    for k in 0..n {
        let column = &a[k * n..(k + 1) * n];
        let mut p = k;
        for i in k + 1..n {
            if column[i].size() > column[p].size() {
                p = i;
            }
        }
        let pivot = column[p];
        if pivot == T::default() || !pivot.size().is_finite() {
            return Err(k);
        }
        pivots[k] = p;
        if p != k {
            (0..n).for_each(|j| a.swap(k + j * n, p + j * n));
        }
        let inverse = pivot.inverse();
        a[k + k * n] = inverse;
        let (left, right) = a.split_at_mut((k + 1) * n);
        let multipliers = &mut left[k * n + k + 1..(k + 1) * n];
        for i in 0..multipliers.len() {
            multipliers[i] *= inverse;
        }
        for j in 0..n - k - 1 {
            let (x, column) = (right[j * n + k], &mut right[j * n + k + 1..(j + 1) * n]);
            if x != T::default() {
                for i in 0..column.len() {
                    column[i] -= multipliers[i] * x;
                }
            }
        }
    }
    Ok(())
}

/// Solves A x = b in place.
pub fn solve<T: Number>(n: usize, lu: &[T], pivots: &[usize], b: &mut [T]) {
    with_size!(n, substitute(lu, pivots, b))
}

#[inline(always)]
fn substitute<T: Number>(n: usize, lu: &[T], pivots: &[usize], b: &mut [T]) {
    let (lu, pivots, b) = (&lu[..n * n], &pivots[..n], &mut b[..n]);
    (0..n).for_each(|k| b.swap(k, pivots[k]));
    for k in 0..n {
        let x = b[k];
        let column = &lu[k * n + k + 1..(k + 1) * n];
        let b = &mut b[k + 1..n];
        for i in 0..b.len() {
            b[i] -= column[i] * x;
        }
    }
    for k in (0..n).rev() {
        let x = b[k] * lu[k + k * n];
        b[k] = x;
        let (b, column) = (&mut b[..k], &lu[k * n..k * n + k]);
        for i in 0..k {
            b[i] -= column[i] * x;
        }
    }
}

/// Solves Aᵀ x = b in place.
pub fn solve_transposed<T: Number>(n: usize, lu: &[T], pivots: &[usize], b: &mut [T]) {
    for k in 0..n {
        let sum = (0..k).fold(T::default(), |sum, i| sum + lu[i + k * n] * b[i]);
        b[k] = (b[k] - sum) * lu[k + k * n];
    }
    for k in (0..n).rev() {
        let sum = (k + 1..n).fold(T::default(), |sum, i| sum + lu[i + k * n] * b[i]);
        b[k] -= sum;
    }
    (0..n).rev().for_each(|k| b.swap(k, pivots[k]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_solves_invert_a_matrix_that_needs_pivoting() {
        let a = [0.0, 2.0, 1.0, 3.0, -1.0, 0.5, 1.0, 4.0, -2.0];
        let (mut lu, mut pivots) = (a, [0; 3]);
        factorise(3, &mut lu, &mut pivots).unwrap();
        let x = [1.0, -2.0, 3.0];
        let mut b: Vec<f64> = (0..3).map(|i| (0..3).map(|j| a[i + 3 * j] * x[j]).sum()).collect();
        solve(3, &lu, &pivots, &mut b);
        let mut c: Vec<f64> = (0..3).map(|i| (0..3).map(|j| a[j + 3 * i] * x[j]).sum()).collect();
        solve_transposed(3, &lu, &pivots, &mut c);
        for i in 0..3 {
            assert!((b[i] - x[i]).abs() < 1e-14 && (c[i] - x[i]).abs() < 1e-14);
        }
    }

    #[test]
    fn a_singular_matrix_names_its_column_and_its_row() {
        let mut a = [1.0, 2.0, 2.0, 4.0];
        assert_eq!(factorise(2, &mut a, &mut [0; 2]), Err((1, 0)));
        let mut empty_row = [1.0, 0.0, 3.0, 2.0, 0.0, 1.0, 4.0, 0.0, 7.0];
        assert_eq!(factorise(3, &mut empty_row, &mut [0; 3]), Err((2, 1)));
        let mut empty_column = [0.0, 0.0, 0.0, 2.0, 0.25, 1.0, 4.0, 0.125, 7.0];
        assert_eq!(factorise(3, &mut empty_column, &mut [0; 3]), Err((0, 1)));
    }
}
