//! What a run gives back, and every way to show it: JSON, CSV, text, terminal plots and SVG figures.
//!
//! The formats know only [`Report`]; they know nothing of models, methods or the compiler.

pub mod csv;
mod decimate;
pub mod figure;
pub mod file;
pub mod html;
pub mod json;
pub mod lettering;
pub mod number;
pub mod png;
pub mod progress;
mod report;
#[cfg(test)]
mod samples;
mod scale;
pub mod svg;
pub mod terminal;
pub mod text;

pub use figure::Figure;
pub use report::*;
