//! W = w M − J with its mass matrix: what a linearly implicit method keeps.

use super::{Goal, Iterations, Linear, Matrix, Pattern, Product, Singular, Stalled, Wish};

/// W = w M − J of fixed patterns, factorised again for each w and J.
pub struct Shifted<'f> {
    mass: Option<&'f Matrix>,
    linear: Linear,
}

impl<'f> Shifted<'f> {
    /// For a Jacobian of that pattern, solved up to rounding; no mass is the identity.
    pub fn new(pattern: Pattern, mass: Option<&'f Matrix>) -> Shifted<'f> {
        Shifted { mass, linear: Linear::choose(&pattern, Wish::Direct) }
    }

    /// Takes another wish for the form of W, with which everything begins anew.
    pub fn wish(&mut self, wish: Wish) {
        self.linear.wish(wish);
    }

    /// Whether systems are solved by an iteration; not known before the first factorisation.
    pub fn iterates(&self) -> bool {
        self.linear.iterates()
    }

    /// Turns from an iteration to factors, as [`Linear::give_up`].
    pub fn give_up(&mut self) -> bool {
        self.linear.give_up()
    }

    /// Which form was chosen and why; `None` before the first factorisation.
    pub fn reason(&self) -> Option<&str> {
        self.linear.reason()
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

    /// Solves W x = b in place until the goal is reached, as [`Linear::solve_to`].
    ///
    /// # Errors
    /// The goal was not reached; `b` has the best solution that was found.
    pub fn solve_to(
        &mut self,
        goal: &Goal,
        product: Option<Product>,
        b: &mut [f64],
    ) -> Result<Iterations, Stalled> {
        self.linear.solve_to(goal, product, b)
    }

    /// Solves Wᵀ x = b in place.
    pub fn solve_transposed(&mut self, b: &mut [f64]) {
        self.linear.solve_transposed(b);
    }

    /// Factorises w M − J for a complex w = `re` + i `im`; `k` counts those that are kept side by side.
    ///
    /// # Errors
    /// The column and the row without a pivot.
    pub fn factorise_complex(&mut self, k: usize, w: (f64, f64), jacobian: &[f64]) -> Result<(), Singular> {
        self.linear.factorise_complex(k, w, self.mass, jacobian).map(|_| ())
    }

    /// Solves W x = b in place, W the complex matrix `k`, the parts of b in `re` and `im`.
    pub fn solve_complex(&mut self, k: usize, re: &mut [f64], im: &mut [f64]) {
        self.linear.solve_complex(k, re, im);
    }

    /// Solves Wᵀ x = b in place, transposed and not conjugated.
    pub fn solve_complex_transposed(&mut self, k: usize, re: &mut [f64], im: &mut [f64]) {
        self.linear.solve_complex_transposed(k, re, im);
    }
}
