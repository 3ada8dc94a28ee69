//! The phase `check`.
