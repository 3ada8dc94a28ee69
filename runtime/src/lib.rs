//! Solve, differentiate and train models made of differential equations.

pub mod linear;
pub mod tableau;
pub mod dynamics;
pub mod method;
pub mod solve;
pub mod random;
pub mod data;
pub mod problem;
pub mod output;
pub mod session;
