//! A sparse matrix whose systems are solved by GMRES, preconditioned by its ILU(0).

use std::sync::Arc;

use super::gmres::{Gmres, Goal, Iterations, Operator, Stalled};
use super::ilu::Ilu;
use super::pattern::Columns;
use super::singular::Singular;

/// A product with W that needs no matrix, from its first argument to its second.
pub type Product<'a> = &'a mut dyn FnMut(&[f64], &mut [f64]);

/// Which of W and Wᵀ is meant.
#[derive(Clone, Copy, PartialEq)]
pub enum Side {
    Plain,
    Transposed,
}

/// A sparse matrix, its preconditioner and the buffers of solves.
pub struct Krylov {
    a: Arc<Columns>,
    values: Vec<f64>,
    ilu: Ilu,
    gmres: Gmres,
}

impl Krylov {
    /// Buffers for matrices of that pattern.
    ///
    /// # Errors
    /// A column without an entry on the diagonal.
    pub fn new(a: Arc<Columns>) -> Result<Krylov, Singular> {
        let values = vec![0.0; a.rows.len()];
        Ok(Krylov { values, ilu: Ilu::new(a.clone())?, gmres: Gmres::new(a.n), a })
    }

    /// The entries to fill before [`Krylov::precondition`].
    pub fn matrix(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// Makes the preconditioner of the present entries.
    pub fn precondition(&mut self) {
        self.ilu.factorise(&self.values);
    }

    /// Solves the system in place, with that product instead of the matrix where one is given.
    ///
    /// # Errors
    /// The goal was not reached.
    pub fn solve(
        &mut self,
        side: Side,
        product: Option<Product>,
        b: &mut [f64],
        goal: &Goal,
    ) -> Result<Iterations, Stalled> {
        let Krylov { a, values, ilu, gmres } = self;
        gmres.solve(&mut System { a, values, ilu, side, product }, b, goal)
    }
}

struct System<'k, 'p> {
    a: &'k Columns,
    values: &'k [f64],
    ilu: &'k Ilu,
    side: Side,
    product: Option<Product<'p>>,
}

impl Operator for System<'_, '_> {
    fn apply(&mut self, x: &[f64], y: &mut [f64]) {
        match (&mut self.product, self.side) {
            (Some(product), _) => product(x, y),
            (None, Side::Plain) => {
                y.fill(0.0);
                for j in 0..self.a.n {
                    for slot in self.a.column(j) {
                        y[self.a.rows[slot] as usize] += self.values[slot] * x[j];
                    }
                }
            }
            (None, Side::Transposed) => {
                for j in 0..self.a.n {
                    let sum = |sum, slot: usize| sum + self.values[slot] * x[self.a.rows[slot] as usize];
                    y[j] = self.a.column(j).fold(0.0, sum);
                }
            }
        }
    }

    fn precondition(&mut self, x: &mut [f64]) {
        match self.side {
            Side::Plain => self.ilu.solve(x),
            Side::Transposed => self.ilu.solve_transposed(x),
        }
    }
}
