//! Solve, differentiate and train models made of differential equations.

pub mod dynamics;
pub mod linear;
pub mod method;
pub mod output;
pub mod problem;
pub mod session;
pub mod solve;
pub mod tableau;
