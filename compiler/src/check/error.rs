//! The complaints of this phase, by topic: what each says, and how `ndec explain` explains it.

mod equation;
mod model;
mod name;
mod network;
mod shape;
mod task;
mod units;

pub use equation::*;
pub use model::*;
pub use name::*;
pub use network::*;
pub use shape::*;
pub use task::*;
pub use units::*;

use crate::diagnostics::CodeInfo;

/// The codes of this phase, topic after topic.
pub fn codes() -> impl Iterator<Item = &'static CodeInfo> {
    [name::CODES, shape::CODES, equation::CODES, units::CODES, task::CODES, network::CODES, model::CODES]
        .into_iter()
        .flatten()
}

const fn info(
    code: &'static str,
    title: &'static str,
    explanation: &'static str,
    example: &'static str,
) -> CodeInfo {
    CodeInfo { code, title, explanation, example }
}
