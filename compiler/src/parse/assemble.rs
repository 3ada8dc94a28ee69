//! Statements and blocks to a tree: each statement by the grammar, the content of its block put into it.

use super::ast::*;
use super::context::{Context, Fragment};
use super::error;
use super::explain::{Failure, explain};
use super::grammar::FragmentParser;
use super::layout::{Chunk, Outline};
use super::token::{Tok, Token};
use super::words::{self, Place};
use crate::diagnostics::Span;

use lalrpop_util::ParseError;

/// The tree of a file.
pub fn file(outline: Outline, mut context: Context) -> Ast {
    for (start, lines) in outline.docs {
        context.document(start, lines);
    }
    let mut assembler = Assembler { parser: FragmentParser::new(), context: &mut context };
    let items = assembler.items(outline.chunks);
    let mut comments = outline.comments;
    comments.extend(context.leftover_docs());
    comments.sort_unstable();
    let comments = comments.into_iter().map(|span| comment(context.source(), span)).collect();
    Ast {
        file: context.span(0, 0).file,
        items,
        trivia: Trivia { comments, blanks: outline.blanks, newlines: outline.newlines },
    }
}

/// The only expression of a text; none where a complaint was made.
pub fn expression(outline: Outline, mut context: Context) -> Option<Expr> {
    let mut chunks = outline.chunks.into_iter();
    let Some(mut chunk) = chunks.next() else {
        let span = context.span(0, context.source().len() as u32);
        context.diagnostics.push(error::unexpected(span, "nothing", "an expression"));
        return None;
    };
    if let Some(surplus) = chunks.next().filter(|next| !next.broken && !chunk.broken) {
        let span = context.span(surplus.tokens[0].start, surplus.tokens[0].end);
        context.diagnostics.push(error::unexpected(span, "a second statement", "one expression"));
        return None;
    }
    let mut assembler = Assembler { parser: FragmentParser::new(), context: &mut context };
    match assembler.fragment(&mut chunk, Place::Expression) {
        Some(Fragment::Expr(expr)) => Some(expr),
        _ => None,
    }
}

/// A comment; documentation of nothing becomes one, so that it never documents what comes next after a change.
fn comment(source: &str, span: Span) -> Comment {
    let line = source[..span.start as usize].rsplit('\n').next().unwrap_or_default();
    let place = if line.trim().is_empty() { CommentPlace::OwnLine } else { CommentPlace::Trailing };
    let text = source[span.range()].trim_end();
    let documents = text.starts_with("///") && !text.starts_with("////");
    Comment { text: if documents { &text[1..] } else { text }.into(), span, place }
}

struct Assembler<'c, 'a> {
    parser: FragmentParser,
    context: &'c mut Context<'a>,
}

/// A method that parses the statements of one kind of block.
macro_rules! statements {
    ($($method:ident: $place:ident, $node:ident, $kind:ident;)+) => {$(
        fn $method(&mut self, chunks: Vec<Chunk>) -> Vec<$node> {
            let mut out = Vec::with_capacity(chunks.len());
            for mut chunk in chunks {
                let (docs, span) = self.frame(&chunk);
                let kind = match self.fragment(&mut chunk, Place::$place) {
                    Some(Fragment::$node(kind)) => kind,
                    _ => $kind::Hole,
                };
                out.push($node { docs, kind, span });
            }
            out
        }
    )+};
}

impl Assembler<'_, '_> {
    statements! {
        layer_statements: Layer, LayerStatement, LayerStatementKind;
        fit_statements: Fit, FitStatement, FitStatementKind;
        sweep_statements: Sweep, SweepStatement, SweepStatementKind;
    }

    fn items(&mut self, chunks: Vec<Chunk>) -> Vec<Item> {
        let mut out = Vec::with_capacity(chunks.len());
        for mut chunk in chunks {
            let (docs, span) = self.frame(&chunk);
            let block = chunk.block.take();
            let parsed = self.fragment(&mut chunk, Place::File);
            let mut kind = match parsed {
                Some(Fragment::Item(kind)) => kind,
                _ => ItemKind::Hole,
            };
            if let Some(block) = block {
                self.fill_item(&mut kind, block, &chunk);
            }
            out.push(Item { docs, kind, span });
        }
        out
    }

    /// Parses the block behind an item's head. It is parsed, for its complaints, behind a wrong head too.
    fn fill_item(&mut self, kind: &mut ItemKind, block: Vec<Chunk>, head: &Chunk) {
        match words::place_behind(head.tokens[0].tok) {
            Some(Place::Model) => {
                let body = self.model_statements(block);
                if let ItemKind::Model(model) = kind {
                    model.body = body;
                }
            }
            Some(Place::Layer) => {
                let body = self.layer_statements(block);
                if let ItemKind::Layer(layer) = kind {
                    layer.body = body;
                }
            }
            Some(Place::Fit) => {
                let body = self.fit_statements(block);
                if let ItemKind::Fit(fit) = kind {
                    fit.body = body;
                }
            }
            Some(Place::Sweep) => {
                let body = self.sweep_statements(block);
                if let ItemKind::Sweep(sweep) = kind {
                    sweep.body = body;
                }
            }
            Some(Place::Options) => {
                let options = self.settings(block);
                if let ItemKind::Solve(solve) = kind {
                    solve.options = options;
                }
            }
            _ => {}
        }
    }

    fn model_statements(&mut self, chunks: Vec<Chunk>) -> Vec<Statement> {
        let mut out = Vec::with_capacity(chunks.len());
        for mut chunk in chunks {
            let (docs, span) = self.frame(&chunk);
            let block = chunk.block.take();
            let mut kind = match self.fragment(&mut chunk, Place::Model) {
                Some(Fragment::Statement(kind)) => kind,
                _ => StatementKind::Hole,
            };
            if let Some(block) = block {
                self.fill_statement(&mut kind, block, &chunk);
            }
            out.push(Statement { docs, kind, span });
        }
        out
    }

    /// As [`Self::fill_item`], for what nests in a model.
    fn fill_statement(&mut self, kind: &mut StatementKind, block: Vec<Chunk>, head: &Chunk) {
        match words::place_behind(head.tokens[0].tok) {
            Some(Place::Options) => {
                let options = self.settings(block);
                if let StatementKind::Net(net) = kind {
                    net.options = options;
                }
            }
            Some(Place::Actions) => {
                let actions = self.actions(block);
                if let StatementKind::Event(event) = kind {
                    event.actions = actions;
                }
            }
            _ => {}
        }
    }

    fn settings(&mut self, chunks: Vec<Chunk>) -> Vec<Setting> {
        let parsed = chunks.into_iter().filter_map(|mut chunk| self.fragment(&mut chunk, Place::Options));
        let settings = parsed.filter_map(|fragment| match fragment {
            Fragment::Setting(setting) => Some(setting),
            _ => None,
        });
        settings.collect()
    }

    fn actions(&mut self, chunks: Vec<Chunk>) -> Vec<Action> {
        let mut out = Vec::with_capacity(chunks.len());
        for mut chunk in chunks {
            let span = self.extent(&chunk);
            let kind = match self.fragment(&mut chunk, Place::Actions) {
                Some(Fragment::Action(kind)) => kind,
                _ => ActionKind::Hole,
            };
            out.push(Action { kind, span });
        }
        out
    }

    /// A statement's documentation and extent.
    fn frame(&mut self, chunk: &Chunk) -> (Vec<Doc>, Span) {
        let span = self.extent(chunk);
        (self.context.docs(span.start), span)
    }

    fn extent(&self, chunk: &Chunk) -> Span {
        let start = chunk.tokens.first().map_or(0, |token| token.start);
        let end = chunk.tokens.last().map_or(start, |token| token.end);
        self.context.span(start, end)
    }

    /// Parses one statement; none where it is wrong, and one complaint was made.
    fn fragment(&mut self, chunk: &mut Chunk, place: Place) -> Option<Fragment> {
        let source = self.context.source();
        words::mark(&mut chunk.tokens, source, place);
        let first = *chunk.tokens.first()?;
        if chunk.broken || self.context.diagnostics.is_full() {
            return None;
        }
        if place != Place::Expression && matches!(first.tok, Tok::Plus | Tok::Minus) {
            let span = self.context.span(first.start, first.end);
            self.context.diagnostics.push(error::leading_sign(span, self.context.slice(first)));
            return None;
        }
        let start = (first.start, place.start(), first.start);
        let rest = chunk.tokens.iter().map(|token| (token.start, token.tok, token.end));
        let parsed = self.parser.parse(self.context, std::iter::once(start).chain(rest));
        let too_deep = self.context.take_too_deep();
        match parsed {
            Ok(fragment) => {
                if let Some(span) = too_deep {
                    self.context.diagnostics.push(error::too_deep(span));
                }
                Some(fragment)
            }
            Err(failure) => {
                self.explain(chunk, place, failure);
                None
            }
        }
    }

    fn explain<E>(&mut self, chunk: &Chunk, place: Place, failure: ParseError<u32, Tok, E>) {
        let find = |start: u32| chunk.tokens.iter().position(|token: &Token| token.start == start);
        let (at, expected) = match failure {
            ParseError::UnrecognizedToken { token, expected } => (find(token.0), expected),
            ParseError::ExtraToken { token } => (find(token.0), Vec::new()),
            ParseError::UnrecognizedEof { expected, .. } => (None, expected),
            ParseError::InvalidToken { .. } | ParseError::User { .. } => (None, Vec::new()),
        };
        let at = at.unwrap_or(chunk.tokens.len());
        let failure = Failure { tokens: &chunk.tokens, place, at, expected: &expected };
        let complaint = explain(&failure, self.context);
        self.context.diagnostics.push(complaint);
    }
}
