//! The phase `parse`.
