//! Text to syntax.

pub mod ast;
