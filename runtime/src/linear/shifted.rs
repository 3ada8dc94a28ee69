//! W = w M − J with its mass matrix: what a linearly implicit method keeps.

use super::{Linear, Matrix, Pattern, Singular, Wish};

/// W = w M − J of fixed patterns, factorised again for each w and J.
pub struct Shifted<'f> {
    mass: Option<&'f Matrix>,
    linear: Linear,
}

impl<'f> Shifted<'f> {
    /// For a Jacobian of that pattern; no mass is the identity.
    pub fn new(pattern: Pattern, mass: Option<&'f Matrix>) -> Shifted<'f> {
        Shifted { mass, linear: Linear::choose(&pattern, Wish::Direct) }
    }

    /// The pattern of J.
    pub fn pattern(&self) -> &Pattern {
        self.linear.pattern()
    }

    /// M, unless it is the identity.
    pub fn mass(&self) -> Option<&'f Matrix> {
        self.mass
    }

    /// Factorises w M − J, the entries of J in the order of the pattern.
    ///
    /// # Errors
    /// The column and the row without a pivot.
    pub fn factorise(&mut self, w: f64, jacobian: &[f64]) -> Result<(), Singular> {
        self.linear.factorise(w, self.mass, jacobian).map(|_| ())
    }

    /// Solves W x = b in place.
    pub fn solve(&mut self, b: &mut [f64]) {
        self.linear.solve(b);
    }

    /// Solves Wᵀ x = b in place.
    pub fn solve_transposed(&mut self, b: &mut [f64]) {
        self.linear.solve_transposed(b);
    }
}
