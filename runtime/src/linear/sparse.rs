//! Sparse LU: the pattern is analysed once, the numbers are factorised as often as they change.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::sparse::linalg::LuError;
use faer::sparse::linalg::lu::{LuRef, NumericLu, SymbolicLu, factorize_symbolic_lu};
use faer::sparse::{SparseColMatRef, SymbolicSparseColMatRef};
use faer::{Conj, MatMut, Par};

use super::Singular;

/// A sparse square matrix of fixed pattern and its LU factors.
pub struct Sparse {
    n: usize,
    starts: Vec<usize>,
    rows: Vec<usize>,
    pub values: Vec<f64>,
    symbolic: SymbolicLu<usize>,
    numeric: NumericLu<usize, f64>,
    stack: MemBuffer,
}

impl Sparse {
    /// Analyses a pattern of compressed columns, each with ascending rows;
    /// `None` when the factors would be too large to be stored.
    pub fn new(n: usize, starts: Vec<usize>, rows: Vec<usize>) -> Option<Sparse> {
        let pattern = SymbolicSparseColMatRef::new_checked(n, n, &starts, None, &rows);
        let symbolic = factorize_symbolic_lu(pattern, Default::default()).ok()?;
        let factor = symbolic.factorize_numeric_lu_scratch::<f64>(Par::Seq, Default::default());
        let solve = symbolic.solve_in_place_scratch::<f64>(1, Par::Seq);
        let stack = MemBuffer::new(factor.or(solve));
        let values = vec![0.0; rows.len()];
        Some(Sparse { n, starts, rows, values, symbolic, numeric: NumericLu::new(), stack })
    }

    /// Factorises the matrix of the present values. faer leaves infinities where a pivot is zero, so one solve looks for them.
    ///
    /// # Errors
    /// The column or row that is empty, or else the first unknown that a solve cannot determine.
    pub fn factorise(&mut self) -> Result<(), Singular> {
        if let Some(slot) = self.values.iter().position(|value| !value.is_finite()) {
            let column = self.starts.partition_point(|&start| start <= slot) - 1;
            return Err(Singular { column });
        }
        let pattern = SymbolicSparseColMatRef::new_checked(self.n, self.n, &self.starts, None, &self.rows);
        let matrix = SparseColMatRef::new(pattern, &self.values);
        let stack = MemStack::new(&mut self.stack);
        self.symbolic
            .factorize_numeric_lu(&mut self.numeric, matrix, Par::Seq, stack, Default::default())
            .map_err(singular)?;
        let mut probe = vec![1.0; self.n];
        self.solve(&mut probe);
        match probe.iter().position(|x| !x.is_finite()) {
            Some(unknown) => Err(Singular { column: self.empty_line().unwrap_or(unknown) }),
            None => Ok(()),
        }
    }

    /// The first column, or else row, of zeros alone: infinities spread, so that a solve hides where they come from.
    fn empty_line(&self) -> Option<usize> {
        let (mut columns, mut rows) = (vec![true; self.n], vec![true; self.n]);
        for j in 0..self.n {
            for slot in self.starts[j]..self.starts[j + 1] {
                if self.values[slot] != 0.0 {
                    (columns[j], rows[self.rows[slot]]) = (false, false);
                }
            }
        }
        columns.iter().chain(&rows).position(|&empty| empty).map(|line| line % self.n)
    }

    /// Solves A x = b in place.
    pub fn solve(&mut self, b: &mut [f64]) {
        let b = MatMut::from_column_major_slice_mut(b, self.n, 1);
        let lu = LuRef::new_unchecked(&self.symbolic, &self.numeric);
        lu.solve_in_place_with_conj(Conj::No, b, Par::Seq, MemStack::new(&mut self.stack));
    }

    /// Solves Aᵀ x = b in place.
    pub fn solve_transposed(&mut self, b: &mut [f64]) {
        let b = MatMut::from_column_major_slice_mut(b, self.n, 1);
        let lu = LuRef::new_unchecked(&self.symbolic, &self.numeric);
        lu.solve_transpose_in_place_with_conj(Conj::No, b, Par::Seq, MemStack::new(&mut self.stack));
    }
}

/// Which column faer found no pivot for.
fn singular(error: LuError) -> Singular {
    match error {
        LuError::SymbolicSingular { index } => Singular { column: index },
        LuError::Generic(_) => Singular { column: 0 },
    }
}
