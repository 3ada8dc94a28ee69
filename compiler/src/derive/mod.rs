//! The phase `derive`.
