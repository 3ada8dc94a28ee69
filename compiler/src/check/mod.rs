//! From syntax to a checked model.

pub mod model;
