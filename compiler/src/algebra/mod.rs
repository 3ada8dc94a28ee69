//! The phase `algebra`.
