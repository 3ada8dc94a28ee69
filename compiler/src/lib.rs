//! From text to kernels: the compiler of the nde modelling language.
//!
//! `Source ─parse→ Ast ─check→ Model ─derive→ System ─emit→ Program`. The crate knows no solver and does no IO.

pub mod algebra;
pub mod check;
pub mod derive;
pub mod diagnostics;
pub mod emit;
pub mod parse;
pub mod program;

/// Every code that the compiler reports, for `ndec explain`.
pub fn codes() -> impl Iterator<Item = &'static diagnostics::CodeInfo> {
    parse::error::CODES.iter().chain(check::error::codes())
}
