//! Shared helpers of the test suites.

pub mod data;
pub mod digits;
pub mod generate;
pub mod kernels;
pub mod random;
