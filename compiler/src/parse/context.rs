//! What the grammar's actions need: the text, names seen so far, documentation, and the limit of depth.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::ast::*;
use super::error;
use super::token::{self, Tok, Token};
use crate::diagnostics::{Diagnostics, FileId, Span};

/// The result of parsing one statement, by the kind that its `Start…` token asked for.
#[derive(Debug)]
pub enum Fragment {
    Item(ItemKind),
    Statement(StatementKind),
    LayerStatement(LayerStatementKind),
    FitStatement(FitStatementKind),
    SweepStatement(SweepStatementKind),
    Setting(Setting),
    Action(ActionKind),
    Expr(Expr),
}

pub struct Context<'a> {
    source: &'a str,
    file: FileId,
    pub diagnostics: &'a mut Diagnostics,
    words: FxHashSet<Arc<str>>,
    /// Documentation by the start of the token behind it, until a node takes it.
    docs: FxHashMap<u32, Vec<Span>>,
    one: Number,
    /// Where the statement under way was found too deep; told once, by its end.
    too_deep: Option<Span>,
}

impl<'a> Context<'a> {
    pub fn new(source: &'a str, file: FileId, diagnostics: &'a mut Diagnostics) -> Context<'a> {
        let one = Number { value: 1.0, text: "1".into() };
        let (words, docs) = Default::default();
        Context { source, file, diagnostics, words, docs, one, too_deep: None }
    }

    pub fn source(&self) -> &'a str {
        self.source
    }

    pub fn span(&self, start: u32, end: u32) -> Span {
        Span { file: self.file, start, end }
    }

    pub fn slice(&self, token: Token) -> &'a str {
        &self.source[token.start as usize..token.end as usize]
    }

    /// One shared text for each different word.
    fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.words.get(text) {
            return known.clone();
        }
        let shared: Arc<str> = text.into();
        self.words.insert(shared.clone());
        shared
    }

    pub fn name(&mut self, start: u32, end: u32) -> Name {
        let text = self.slice(Token { tok: Tok::Name, start, end });
        let shared = if text.is_ascii() { self.share(text) } else { self.share(&token::normalise(text)) };
        Name { text: shared, span: self.span(start, end) }
    }

    pub fn number(&mut self, start: u32, end: u32) -> Number {
        let text = self.slice(Token { tok: Tok::Number, start, end });
        let value: f64 = text.parse().expect("the lexer's numbers are Rust's");
        if value.is_infinite() {
            let span = self.span(start, end);
            self.diagnostics.push(error::number_too_large(span));
        }
        Number { value, text: self.share(text) }
    }

    pub fn text(&mut self, start: u32, end: u32) -> Text {
        let quoted = self.slice(Token { tok: Tok::Text, start, end });
        Text { text: self.share(&quoted[1..quoted.len() - 1]), span: self.span(start, end) }
    }

    /// The exponent of a unit that has none.
    pub fn one(&self) -> Number {
        self.one.clone()
    }

    pub fn negative(number: Number) -> Number {
        Number { value: -number.value, text: format!("-{}", number.text).into() }
    }

    /// A node over its children; a hole where that would be deeper than the tree may be.
    pub fn expr(&mut self, kind: ExprKind, start: u32, end: u32) -> Expr {
        let span = self.span(start, end);
        let depth = 1 + deepest_child(&kind);
        if depth > MAX_DEPTH {
            self.too_deep.get_or_insert(span);
            return hole(span);
        }
        Expr { kind, span, grouped: false, depth }
    }

    /// Where the statement since the last call was too deep.
    pub fn take_too_deep(&mut self) -> Option<Span> {
        self.too_deep.take()
    }

    /// Keeps the documentation in front of the token that starts at `start`.
    pub fn document(&mut self, start: u32, docs: Vec<Span>) {
        self.docs.insert(start, docs);
    }

    /// Takes the documentation in front of a node.
    pub fn docs(&mut self, start: u32) -> Vec<Doc> {
        let lines = self.docs.remove(&start).unwrap_or_default();
        lines.into_iter().map(|line| doc(&self.source[line.range()])).collect()
    }

    /// Documentation that no node took, in no order.
    pub fn leftover_docs(&mut self) -> Vec<Span> {
        self.docs.drain().flat_map(|(_, lines)| lines).collect()
    }
}

/// A place where an expression should have been.
pub fn hole(span: Span) -> Expr {
    Expr { kind: ExprKind::Hole, span, grouped: false, depth: 1 }
}

/// The text of a `///` line.
fn doc(line: &str) -> Doc {
    let text = line[3..].trim_end();
    text.strip_prefix(' ').unwrap_or(text).into()
}

fn deepest_child(kind: &ExprKind) -> u16 {
    fn all<'e>(list: impl IntoIterator<Item = &'e Expr>) -> u16 {
        list.into_iter().map(|expr| expr.depth).max().unwrap_or(0)
    }
    match kind {
        ExprKind::Number(_) | ExprKind::Quantity(..) | ExprKind::Text(_) => 0,
        ExprKind::Bool(_) | ExprKind::Name(_) | ExprKind::Hole => 0,
        ExprKind::List(list) => all(list),
        ExprKind::Prime(base) | ExprKind::Field(base, _) => base.depth,
        ExprKind::Negate(operand) | ExprKind::Not(operand) => operand.depth,
        ExprKind::Index(base, subscripts) => base.depth.max(all(subscripts)),
        ExprKind::Call(base, arguments) => {
            arguments.iter().map(deepest_in_argument).fold(base.depth, u16::max)
        }
        ExprKind::Power(base, exponent) => base.depth.max(exponent.depth),
        ExprKind::Compare(_, left, right) => left.depth.max(right.depth),
        ExprKind::Chain(first, links) => first.depth.max(all(links.iter().map(|link| &link.operand))),
        ExprKind::If(parts) => all([&parts.condition, &parts.yes, &parts.no]),
    }
}

fn deepest_in_argument(argument: &Argument) -> u16 {
    match argument {
        Argument::Value(value) => value.depth,
        Argument::Named { target, value } => target.depth.max(value.depth),
        Argument::Pipeline(layers) => layers.iter().map(|layer| layer.depth).max().unwrap_or(0),
        Argument::Comprehension { body, binders } => {
            let ranges = binders.iter().filter_map(|binder| binder.range.as_ref());
            ranges.map(|range| range.from.depth.max(range.to.depth)).fold(body.depth, u16::max)
        }
    }
}
