//! Shared helpers of the test suites.

pub mod agreement;
pub mod atlas;
pub mod compile;
pub mod data;
pub mod digits;
pub mod generate;
pub mod hostile;
pub mod kernels;
pub mod problems;
pub mod random;
