//! From a checked model to what can be computed: the system, and a routine for each of its functions and derivatives.

pub mod adjoint;
pub mod jacobian;
mod plan;
pub mod rhs;
pub mod system;
pub mod tangent;
pub mod stages;
pub mod initial;
pub mod condition;
