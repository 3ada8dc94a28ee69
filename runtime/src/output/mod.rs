//! `output`
