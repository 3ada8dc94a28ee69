//! Text to syntax. The phase never fails: where the text is wrong it complains and leaves a hole.
//!
//! `text ─token→ words ─layout→ statements and blocks ─words→ keywords by place ─grammar→ nodes`. Each statement is
//! parsed on its own, so one run reports an error of each, and none of their consequences.

mod assemble;
pub mod ast;
mod codes;
mod context;
pub mod error;
mod explain;
pub mod format;
mod layout;
mod pretty;
pub mod print;
mod token;
mod words;
mod write;

use ast::{Ast, Expr};
use context::Context;

use crate::diagnostics::{Diagnostics, FileId};

pub use layout::is_complete;
pub use token::RESERVED;

lalrpop_util::lalrpop_mod!(
    #[allow(clippy::all, unused, missing_docs)]
    grammar,
    "/parse/grammar.rs"
);

/// The largest text, in bytes.
pub const MAX_SOURCE: usize = 4 << 20;

/// The tree of a file.
pub fn parse(source: &str, file: FileId, diagnostics: &mut Diagnostics) -> Ast {
    if source.len() > MAX_SOURCE {
        diagnostics.push(error::source_too_large(file, source.len()));
        return Ast { file, ..Ast::default() };
    }
    let outline = layout::outline(source, file, diagnostics);
    assemble::file(outline, Context::new(source, file, diagnostics))
}

/// The tree of one expression, as `--set` and the REPL take it.
pub fn parse_expression(source: &str, file: FileId, diagnostics: &mut Diagnostics) -> Expr {
    let whole = crate::diagnostics::Span { file, start: 0, end: source.len().min(MAX_SOURCE) as u32 };
    if source.len() > MAX_SOURCE {
        diagnostics.push(error::source_too_large(file, source.len()));
        return context::hole(whole);
    }
    let before = diagnostics.len();
    let outline = layout::outline(source, file, diagnostics);
    if diagnostics.len() > before {
        return context::hole(whole);
    }
    let context = Context::new(source, file, diagnostics);
    assemble::expression(outline, context).unwrap_or_else(|| context::hole(whole))
}

#[cfg(test)]
mod tests;
