//! The part of a right-hand side that a method treats implicitly: all of it, or the stiff part where the method has an explicit companion.

use crate::dynamics::{Dynamics, Interval, Part};
use crate::linear::{Matrix, Pattern};
use crate::tableau::Diagonal;

/// What stands in the nonlinear equations of the stages.
#[derive(Clone, Copy)]
pub enum Implicit<'a> {
    Whole(&'a dyn Dynamics),
    Stiff(&'a dyn Dynamics),
}

impl<'a> Implicit<'a> {
    /// The part that a method of this tableau treats implicitly. The rest would need the inverse of a mass matrix.
    pub fn of(f: &'a dyn Dynamics, tableau: &Diagonal) -> Implicit<'a> {
        let split = tableau.explicit.is_some() && f.is_split() && f.mass().is_none();
        if split { Implicit::Stiff(f) } else { Implicit::Whole(f) }
    }

    /// The whole right-hand side.
    pub fn whole(&self) -> &'a dyn Dynamics {
        match *self {
            Implicit::Whole(f) | Implicit::Stiff(f) => f,
        }
    }

    /// The rest of the right-hand side, where there is one.
    pub fn rest(&self) -> Option<&'a dyn Dynamics> {
        match *self {
            Implicit::Whole(_) => None,
            Implicit::Stiff(f) => Some(f),
        }
    }

    /// How many parts a step advances.
    pub fn parts(&self) -> usize {
        1 + usize::from(self.rest().is_some())
    }

    /// ū and p̄ receive the transposed derivatives of this part along λ.
    pub fn pull(&self, at: &Interval, t: f64, u: &[f64], λ: &[f64], ū: &mut [f64], p̄: &mut [f64]) {
        match *self {
            Implicit::Whole(f) => {
                f.vjp(at, t, u, λ, ū);
                f.parameter_pullback(at, t, u, λ, p̄);
            }
            Implicit::Stiff(f) => f.part_pullback(Part::Stiff, at, t, u, λ, ū, p̄),
        }
    }
}

impl Dynamics for Implicit<'_> {
    fn dim(&self) -> usize {
        self.whole().dim()
    }

    fn rhs(&self, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        match *self {
            Implicit::Whole(f) => f.rhs(at, t, u, du),
            Implicit::Stiff(f) => f.rhs_part(Part::Stiff, at, t, u, du),
        }
    }

    fn pattern(&self) -> Pattern {
        self.whole().pattern()
    }

    fn jacobian(&self, at: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        match *self {
            Implicit::Whole(f) => f.jacobian(at, t, u, values),
            Implicit::Stiff(f) => f.stiff_jacobian(at, t, u, values),
        }
    }

    fn jvp(&self, at: &Interval, t: f64, u: &[f64], v: &[f64], jv: &mut [f64]) {
        self.whole().jvp(at, t, u, v, jv);
    }

    fn is_matrix_free(&self) -> bool {
        matches!(self, Implicit::Whole(f) if f.is_matrix_free())
    }

    fn mass(&self) -> Option<&Matrix> {
        self.whole().mass()
    }
}
