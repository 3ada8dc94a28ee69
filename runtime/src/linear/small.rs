//! LU with partial pivoting in plain loops: quicker than a library for the few unknowns of most models.

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
/// On failure the answer is the column without a usable pivot.
pub fn factorise(n: usize, a: &mut [f64], pivots: &mut [usize]) -> Result<(), usize> {
    with_size!(n, eliminate(a, pivots))
}

#[inline(always)]
fn eliminate(n: usize, a: &mut [f64], pivots: &mut [usize]) -> Result<(), usize> {
    let (a, pivots) = (&mut a[..n * n], &mut pivots[..n]);
    for k in 0..n {
        let column = &a[k * n..(k + 1) * n];
        let mut p = k;
        for i in k + 1..n {
            if column[i].abs() > column[p].abs() {
                p = i;
            }
        }
        let pivot = column[p];
        if pivot == 0.0 || !pivot.is_finite() {
            return Err(k);
        }
        pivots[k] = p;
        if p != k {
            (0..n).for_each(|j| a.swap(k + j * n, p + j * n));
        }
        let inverse = 1.0 / pivot;
        a[k + k * n] = inverse;
        let (left, right) = a.split_at_mut((k + 1) * n);
        let multipliers = &mut left[k * n + k + 1..];
        multipliers.iter_mut().for_each(|l| *l *= inverse);
        for column in right.chunks_exact_mut(n) {
            let x = column[k];
            if x != 0.0 {
                for (y, l) in column[k + 1..].iter_mut().zip(&*multipliers) {
                    *y -= l * x;
                }
            }
        }
    }
    Ok(())
}

/// Solves A x = b in place.
pub fn solve(n: usize, lu: &[f64], pivots: &[usize], b: &mut [f64]) {
    with_size!(n, substitute(lu, pivots, b))
}

#[inline(always)]
fn substitute(n: usize, lu: &[f64], pivots: &[usize], b: &mut [f64]) {
    let (lu, pivots, b) = (&lu[..n * n], &pivots[..n], &mut b[..n]);
    (0..n).for_each(|k| b.swap(k, pivots[k]));
    for k in 0..n {
        let x = b[k];
        let column = &lu[k * n + k + 1..(k + 1) * n];
        for (y, l) in b[k + 1..n].iter_mut().zip(column) {
            *y -= l * x;
        }
    }
    for k in (0..n).rev() {
        let x = b[k] * lu[k + k * n];
        b[k] = x;
        for (y, u) in b[..k].iter_mut().zip(&lu[k * n..k * n + k]) {
            *y -= u * x;
        }
    }
}

/// Solves Aᵀ x = b in place.
pub fn solve_transposed(n: usize, lu: &[f64], pivots: &[usize], b: &mut [f64]) {
    for k in 0..n {
        let sum: f64 = (0..k).map(|i| lu[i + k * n] * b[i]).sum();
        b[k] = (b[k] - sum) * lu[k + k * n];
    }
    for k in (0..n).rev() {
        let sum: f64 = (k + 1..n).map(|i| lu[i + k * n] * b[i]).sum();
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
    fn a_singular_matrix_names_its_column() {
        let mut a = [1.0, 2.0, 2.0, 4.0];
        assert_eq!(factorise(2, &mut a, &mut [0; 2]), Err(1));
    }
}
