//! The phase `emit`.
