//! Matrices, their patterns and their factorisations.

mod number;
mod singular;
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
mod solver;
mod shifted;
#[cfg(test)]
mod tests;

pub use factorisation::Factorisation;
pub use pattern::{Matrix, Pattern};
pub use shifted::Shifted;
pub use singular::{Cause, Growth, Singular};
pub use solver::{Linear, Wish};
