//! From a checked model to what can be computed: the system, and a routine for each of its functions and derivatives.

pub mod adjoint;
pub mod condition;
pub mod initial;
pub mod jacobian;
mod elimination;
pub mod event;
pub mod jump;
pub mod linear_step;
mod mode;
mod piece;
mod plan;
pub mod rhs;
mod rows;
pub mod second_order;
pub mod stages;
pub mod structure;
pub mod system;
pub mod tangent;
mod tape;
pub mod variational;
mod pattern;
pub mod print;
