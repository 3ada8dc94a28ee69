//! Elementary functions, each written once over [`Arith`] and executed by everybody: these bodies define the bits.
//!
//! [`FUNCTIONS`] is the registry: it drives lookup, evaluation, lowering and the tests.

mod activation;
pub mod arith;
mod dd;
mod exponential;
mod function;
mod gamma;
mod hyperbolic;
mod inverse_hyperbolic;
mod inverse_trigonometric;
mod logarithm;
mod normal;
mod payne_hanek;
mod piecewise;
mod polygamma;
mod power;
pub mod scalar;
mod slice;
mod trigonometric;

#[cfg(test)]
mod tests;

pub use arith::{Arith, Native};
pub use function::{Elementary, FUNCTIONS, Function, Kind};
pub use scalar::Scalar;
pub use slice::{SLICE_FUNCTIONS, SliceFunction};
