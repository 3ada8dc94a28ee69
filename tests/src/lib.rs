//! Shared helpers of the test suites.

pub mod kernels;
pub mod problems;
pub mod random;
