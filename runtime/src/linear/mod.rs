//! Matrices, their patterns and their factorisations.

mod factorisation;
mod pattern;
mod shifted;
mod small;
mod sparse;

pub use factorisation::{Factorisation, Singular};
pub use pattern::{Matrix, Pattern};
pub use shifted::Shifted;
