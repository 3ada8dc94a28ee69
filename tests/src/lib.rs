//! Shared helpers of the test suites.

pub mod kernels;
pub mod random;
