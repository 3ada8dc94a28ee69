//! The phase `emit`.

pub mod elementary;
