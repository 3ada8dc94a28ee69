//! LU factorisations behind one door, their buffers kept from one to the next.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting as blocked;
use faer::perm::PermRef;
use faer::{MatMut, MatRef, Par};

use super::number::Number;
use super::singular::Singular;
use super::small;

/// Above this size faer's blocked LU is quicker than plain loops (one factorisation and eight solves, measured).
const SMALL: usize = 40;

/// A square matrix and its LU factors.
///
/// Fill [`Factorisation::matrix`], call [`Factorisation::factorise`], then solve as often as needed.
pub struct Factorisation<T = f64> {
    n: usize,
    lu: Vec<T>,
    pivots: Vec<usize>,
    inverse: Vec<usize>,
    stack: Option<MemBuffer>,
}

impl<T: Number> Factorisation<T> {
    /// Buffers for n×n matrices.
    pub fn new(n: usize) -> Factorisation<T> {
        let (lu, pivots) = (vec![T::default(); n * n], vec![0; n]);
        let mut new = Factorisation { n, lu, pivots, inverse: Vec::new(), stack: None };
        if n > SMALL {
            let factor = blocked::factor::lu_in_place_scratch::<usize, T>(n, n, Par::Seq, Default::default());
            let solve = blocked::solve::solve_in_place_scratch::<usize, T>(n, 1, Par::Seq);
            new.inverse = vec![0; n];
            new.stack = Some(MemBuffer::new(factor.or(solve)));
        }
        new
    }

    /// The matrix to factorise, column by column; whatever it held is gone.
    pub fn matrix(&mut self) -> &mut [T] {
        &mut self.lu
    }

    /// P A = L U in place.
    ///
    /// # Errors
    /// The column and a row without a pivot.
    pub fn factorise(&mut self) -> Result<(), Singular> {
        let n = self.n;
        let Some(stack) = &mut self.stack else {
            return small::factorise(n, &mut self.lu, &mut self.pivots)
                .map_err(|(column, row)| Singular::no_pivot(column, row));
        };
        let a = MatMut::from_column_major_slice_mut(&mut self.lu, n, n);
        let stack = MemStack::new(stack);
        blocked::factor::lu_in_place(
            a,
            &mut self.pivots,
            &mut self.inverse,
            Par::Seq,
            stack,
            Default::default(),
        );
        let pivot = |k: usize| self.lu[k + k * n].size();
        let bad = |&k: &usize| pivot(k) == 0.0 || !pivot(k).is_finite();
        (0..n).find(bad).map_or(Ok(()), |k| Err(Singular::no_pivot(k, self.pivots[k])))
    }

    /// Solves A x = b in place.
    pub fn solve(&mut self, b: &mut [T]) {
        let n = self.n;
        let Some(stack) = &mut self.stack else {
            return small::solve(n, &self.lu, &self.pivots, b);
        };
        let lu = MatRef::from_column_major_slice(&self.lu, n, n);
        let rows = PermRef::new_checked(&self.pivots, &self.inverse, n);
        let b = MatMut::from_column_major_slice_mut(b, n, 1);
        blocked::solve::solve_in_place(lu, lu, rows, b, Par::Seq, MemStack::new(stack));
    }

    /// Solves Aᵀ x = b in place.
    pub fn solve_transposed(&mut self, b: &mut [T]) {
        let n = self.n;
        let Some(stack) = &mut self.stack else {
            return small::solve_transposed(n, &self.lu, &self.pivots, b);
        };
        let lu = MatRef::from_column_major_slice(&self.lu, n, n);
        let rows = PermRef::new_checked(&self.pivots, &self.inverse, n);
        let b = MatMut::from_column_major_slice_mut(b, n, 1);
        blocked::solve::solve_transpose_in_place(lu, lu, rows, b, Par::Seq, MemStack::new(stack));
    }
}

#[cfg(test)]
mod tests {
    use faer::c64;

    use super::*;

    #[test]
    fn complex_matrices_are_solved_and_solved_transposed() {
        for n in [1, 3, SMALL, SMALL + 1] {
            let entry = |i: usize, j: usize| c64::new(entry(i, j), entry(j + 3, i));
            let mut lu = Factorisation::<c64>::new(n);
            (0..n * n).for_each(|k| lu.matrix()[k] = entry(k % n, k / n));
            lu.factorise().unwrap();
            let x: Vec<c64> = (0..n).map(|i| c64::new(i as f64 - 3.0, 0.5 * i as f64)).collect();
            let mut b: Vec<c64> = (0..n).map(|i| (0..n).map(|j| entry(i, j) * x[j]).sum()).collect();
            let mut c: Vec<c64> = (0..n).map(|i| (0..n).map(|j| entry(j, i) * x[j]).sum()).collect();
            lu.solve(&mut b);
            lu.solve_transposed(&mut c);
            for i in 0..n {
                assert!((b[i] - x[i]).size() < 1e-9 && (c[i] - x[i]).size() < 1e-9, "{n}");
            }
        }
    }

    /// A matrix without structure, its diagonal not dominant.
    fn entry(i: usize, j: usize) -> f64 {
        (0.5 + 1.7 * (i * i) as f64 + 3.1 * j as f64 + (i * j) as f64).sin()
    }

    #[test]
    fn every_size_is_solved_and_solved_transposed() {
        for n in [1, 2, 7, SMALL, SMALL + 1, 60] {
            let mut lu = Factorisation::<f64>::new(n);
            (0..n * n).for_each(|k| lu.matrix()[k] = entry(k % n, k / n));
            lu.factorise().unwrap();
            let x: Vec<f64> = (0..n).map(|i| i as f64 - 3.0).collect();
            let mut b: Vec<f64> = (0..n).map(|i| (0..n).map(|j| entry(i, j) * x[j]).sum()).collect();
            let mut c: Vec<f64> = (0..n).map(|i| (0..n).map(|j| entry(j, i) * x[j]).sum()).collect();
            lu.solve(&mut b);
            lu.solve_transposed(&mut c);
            for i in 0..n {
                assert!((b[i] - x[i]).abs() < 1e-9 && (c[i] - x[i]).abs() < 1e-9, "{n}");
            }
        }
    }

    #[test]
    fn a_column_without_a_pivot_is_named_at_every_size() {
        for n in [3, SMALL + 9] {
            let mut lu = Factorisation::new(n);
            (0..n).for_each(|k| lu.matrix()[k + k * n] = if k == 2 { 0.0 } else { 1.0 });
            assert_eq!(lu.factorise(), Err(Singular::no_pivot(2, 2)));
            (0..n).for_each(|k| lu.matrix()[k + k * n] = if k == 1 { f64::NAN } else { 1.0 });
            assert_eq!(lu.factorise().map_err(|singular| singular.column), Err(1));
        }
    }
}
