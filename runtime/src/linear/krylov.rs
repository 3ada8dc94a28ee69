//! A sparse matrix whose systems are solved by GMRES, preconditioned by its ILU(0).

use std::sync::Arc;

use super::gmres::{Gmres, Goal, Iterations, Operator, Stalled};
use super::ilu::Ilu;
use super::pattern::Columns;
use super::singular::Singular;
use super::sums::product;

/// A product with W that needs no matrix, from its first argument to its second.
pub type Product<'a> = &'a mut dyn FnMut(&[f64], &mut [f64]);

/// A solve up to rounding leaves this part of the right-hand side, as the preconditioner sees both.
const CLOSE: f64 = 1e-11;

/// The weight of every unknown in such a solve.
const EQUAL: f64 = 1.0;

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
    /// The weights of solves up to rounding, and their preconditioned right-hand side.
    equal: Vec<f64>,
    seen: Vec<f64>,
}

impl Krylov {
    /// Buffers for matrices of that pattern.
    ///
    /// # Errors
    /// A column without an entry on the diagonal.
    pub fn new(a: Arc<Columns>) -> Result<Krylov, Singular> {
        let (values, ilu, gmres) = (vec![0.0; a.rows.len()], Ilu::new(&a)?, Gmres::new(a.n));
        Ok(Krylov { values, ilu, gmres, equal: vec![EQUAL; a.n], seen: vec![0.0; a.n], a })
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
        let Krylov { a, values, ilu, gmres, .. } = self;
        gmres.solve(&mut System { a, values, ilu, side, product }, b, goal)
    }

    /// Solves the system in place up to rounding; what cannot be solved so is not a number.
    pub fn solve_closely(&mut self, side: Side, b: &mut [f64]) {
        let Krylov { a, values, ilu, gmres, equal, seen } = self;
        let mut system = System { a, values, ilu, side, product: None };
        seen.copy_from_slice(b);
        system.precondition(seen);
        let tolerance = CLOSE * (product(seen, seen) / a.n.max(1) as f64).sqrt();
        if gmres.solve(&mut system, b, &Goal { weights: equal, tolerance }).is_err() {
            b.fill(f64::NAN);
        }
    }
}

struct System<'k, 'p> {
    a: &'k Columns,
    values: &'k [f64],
    ilu: &'k mut Ilu,
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
