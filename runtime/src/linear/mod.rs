//! Matrices, their patterns and their factorisations.

mod number;
mod singular;
mod sums;
mod layout;
mod pattern;
mod small;
mod factorisation;
mod banded;
mod ordering;
mod lu;
mod tree;
mod front;
mod frontal;
mod sparse;
mod ilu;
mod gmres;
mod krylov;
mod plan;
mod solver;
mod shifted;
#[cfg(test)]
mod tests;

pub use factorisation::Factorisation;
pub use gmres::{Goal, Iterations, Stalled};
pub use krylov::Product;
pub use pattern::{Matrix, Pattern};
pub use plan::Wish;
pub use shifted::Shifted;
pub use singular::{Cause, Growth, Singular};
pub use solver::Linear;
