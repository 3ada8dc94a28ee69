//! LU factorisations behind one door, their buffers kept from one to the next.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::lu::partial_pivoting as blocked;
use faer::perm::PermRef;
use faer::{MatMut, MatRef, Par};

use super::small;

/// Above this size faer's blocked LU is quicker than plain loops.
const SMALL: usize = 24;

/// No pivot was found for this column: the matrix is singular to working precision, or has an entry that is not finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Singular {
    pub column: usize,
}

/// A square matrix and its LU factors.
///
/// Fill [`Factorisation::matrix`], call [`Factorisation::factorise`], then solve as often as needed.
#[derive(Default)]
pub struct Factorisation {
    n: usize,
    lu: Vec<f64>,
    pivots: Vec<usize>,
    inverse: Vec<usize>,
    stack: Option<MemBuffer>,
}

impl Factorisation {
    /// Buffers for n×n matrices.
    pub fn new(n: usize) -> Factorisation {
        let mut new =
            Factorisation { n, lu: vec![0.0; n * n], pivots: vec![0; n], ..Factorisation::default() };
        if n > SMALL {
            let factor =
                blocked::factor::lu_in_place_scratch::<usize, f64>(n, n, Par::Seq, Default::default());
            let solve = blocked::solve::solve_in_place_scratch::<usize, f64>(n, 1, Par::Seq);
            new.inverse = vec![0; n];
            new.stack = Some(MemBuffer::new(factor.or(solve)));
        }
        new
    }

    /// The matrix to factorise, column by column; whatever it held is gone.
    pub fn matrix(&mut self) -> &mut [f64] {
        &mut self.lu
    }

    /// P A = L U in place.
    pub fn factorise(&mut self) -> Result<(), Singular> {
        let n = self.n;
        let Some(stack) = &mut self.stack else {
            return small::factorise(n, &mut self.lu, &mut self.pivots).map_err(|column| Singular { column });
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
        let bad = |&k: &usize| self.lu[k + k * n] == 0.0 || !self.lu[k + k * n].is_finite();
        (0..n).find(bad).map_or(Ok(()), |column| Err(Singular { column }))
    }

    /// Solves A x = b in place.
    pub fn solve(&mut self, b: &mut [f64]) {
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
    pub fn solve_transposed(&mut self, b: &mut [f64]) {
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
