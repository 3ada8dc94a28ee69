//! Matrices, their patterns and their factorisations.

mod factorisation;
mod pattern;
mod small;

pub use factorisation::{Factorisation, Singular};
pub use pattern::{Matrix, Pattern};
