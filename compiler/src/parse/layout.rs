//! Layout: tokens to statements and blocks. Newlines end statements where the language says so, braces nest.
//!
//! The result is an outline of statements, each parsed on its own, so that one error spoils one statement.

use super::ast::MAX_DEPTH;
use super::error;
use super::token::{self, Tok, Token};
use crate::diagnostics::{Diagnostic, Diagnostics, FileId, Span};

/// One statement: its tokens, with [`Tok::Block`] in place of each `{ … }`, and the block's content.
#[derive(Debug, Default)]
pub struct Chunk {
    pub tokens: Vec<Token>,
    /// Statements of the first block.
    pub block: Option<Vec<Chunk>>,
    /// A complaint about it was made; it is not parsed.
    pub broken: bool,
}

/// A text cut into statements.
#[derive(Debug, Default)]
pub struct Outline {
    pub chunks: Vec<Chunk>,
    /// Lines of documentation, by the start of the token behind them.
    pub docs: Vec<(u32, Vec<Span>)>,
    /// Comments, and documentation of nothing.
    pub comments: Vec<Span>,
    /// Starts of runs of blank lines.
    pub blanks: Vec<u32>,
    /// Ends of lines.
    pub newlines: Vec<u32>,
}

/// The deepest nesting of braces: an event's or a network's block in a model is the second level.
const MAX_BLOCKS: usize = 2;

pub fn outline(source: &str, file: FileId, diagnostics: &mut Diagnostics) -> Outline {
    let tokens = token::lex(source);
    let mut layout = Layout {
        source,
        file,
        diagnostics,
        tokens: &tokens,
        at: 0,
        blocks: Vec::new(),
        brackets: Vec::new(),
        docs: Vec::new(),
        told_unclosed: false,
        out: Outline::default(),
    };
    let chunks = layout.statements();
    let docs = std::mem::take(&mut layout.docs);
    layout.out.comments.extend(docs);
    layout.out.chunks = chunks;
    layout.out
}

/// Whether a text can be parsed as it stands, or a REPL should ask for another line.
pub fn is_complete(source: &str) -> bool {
    let mut open = 0_usize;
    let mut last = Tok::Newline;
    for token in token::lex(source) {
        match token.tok {
            Tok::OpenParenthesis | Tok::OpenBracket | Tok::OpenBrace => open += 1,
            Tok::CloseParenthesis | Tok::CloseBracket | Tok::CloseBrace => open = open.saturating_sub(1),
            _ => {}
        }
        if !matches!(token.tok, Tok::Newline | Tok::Comment) {
            last = token.tok;
        }
    }
    open == 0 && !joins_next(last) && last != Tok::Doc
}

struct Layout<'a> {
    source: &'a str,
    file: FileId,
    diagnostics: &'a mut Diagnostics,
    tokens: &'a [Token],
    at: usize,
    /// Braces that are open.
    blocks: Vec<Token>,
    /// Parentheses and brackets that are open in the statement under way.
    brackets: Vec<Token>,
    /// Documentation whose declaration has not come yet.
    docs: Vec<Span>,
    /// An unclosed brace was told; those around it are its consequence.
    told_unclosed: bool,
    out: Outline,
}

impl Layout<'_> {
    /// Statements up to the `}` of the innermost block, or the end of the text.
    fn statements(&mut self) -> Vec<Chunk> {
        let mut chunks = Vec::new();
        let mut chunk = Chunk::default();
        while let Some(&token) = self.tokens.get(self.at) {
            if self.starts_item() {
                if !self.blocks.is_empty() && chunk.tokens.is_empty() {
                    break;
                }
                // A block without its end came before.
                if chunk.tokens.last().is_some_and(|last| last.tok == Tok::Block) {
                    finish(&mut chunks, &mut chunk);
                }
            }
            self.at += 1;
            match token.tok {
                Tok::Newline => {
                    self.out.newlines.push(token.start);
                    self.note_blank(token);
                    if !self.joins_lines(&mut chunk) {
                        finish(&mut chunks, &mut chunk);
                    }
                }
                Tok::Semicolon => {
                    self.close_brackets(&mut chunk);
                    finish(&mut chunks, &mut chunk);
                }
                Tok::Comment => self.out.comments.push(self.span(token)),
                Tok::Doc => self.docs.push(self.span(token)),
                Tok::CloseBrace if self.blocks.is_empty() => {
                    self.close_brackets(&mut chunk);
                    finish(&mut chunks, &mut chunk);
                    let span = self.span(token);
                    self.diagnostics.push(error::closes_nothing(span, "}"));
                }
                Tok::CloseBrace => {
                    self.at -= 1;
                    break;
                }
                Tok::OpenBrace => self.block(token, &mut chunk),
                _ => self.word(token, &mut chunk),
            }
        }
        self.close_brackets(&mut chunk);
        finish(&mut chunks, &mut chunk);
        chunks
    }

    /// From behind `{` to behind its `}`.
    fn block(&mut self, open: Token, chunk: &mut Chunk) {
        self.close_brackets(chunk);
        self.attach_docs(open);
        if self.blocks.len() == MAX_BLOCKS || chunk.tokens.is_empty() {
            self.complain(chunk, error::misplaced_block(self.span(open)));
            self.skip_block();
            return;
        }
        self.blocks.push(open);
        let statements = self.statements();
        self.blocks.pop();
        let mut end = open.end;
        match self.tokens.get(self.at) {
            Some(close) if close.tok == Tok::CloseBrace => {
                end = close.end;
                self.at += 1;
            }
            _ if !self.told_unclosed => {
                self.told_unclosed = true;
                self.diagnostics.push(error::never_closed(self.span(open), "{", "}"));
            }
            _ => {}
        }
        let pending = std::mem::take(&mut self.docs);
        self.out.comments.extend(pending);
        chunk.tokens.push(Token { tok: Tok::Block, start: open.start, end });
        chunk.block.get_or_insert(statements);
    }

    /// Goes behind the `}` of a block that is not looked into.
    fn skip_block(&mut self) {
        let mut open = 1;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match token.tok {
                Tok::OpenBrace => open += 1,
                Tok::CloseBrace => open -= 1,
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
        self.told_unclosed = true;
    }

    /// Any other token: part of the statement, checked for what the lexer could not read.
    fn word(&mut self, token: Token, chunk: &mut Chunk) {
        self.attach_docs(token);
        if let Some(complaint) = error::lexical(self.source, self.file, token) {
            self.complain(chunk, complaint);
        }
        match token.tok {
            // The text may have swallowed what closes.
            Tok::OpenText => self.brackets.clear(),
            Tok::OpenParenthesis | Tok::OpenBracket => {
                if self.brackets.len() == MAX_DEPTH as usize {
                    self.complain(chunk, error::too_deep(self.span(token)));
                }
                self.brackets.push(token);
            }
            Tok::CloseParenthesis | Tok::CloseBracket => self.close(token, chunk),
            _ => {}
        }
        chunk.tokens.push(token);
    }

    /// A `)` or `]`.
    fn close(&mut self, token: Token, chunk: &mut Chunk) {
        let Some(open) = self.brackets.pop() else {
            return self.complain(chunk, error::closes_nothing(self.span(token), self.slice(token)));
        };
        if closing(open.tok) != self.slice(token) {
            let complaint =
                error::mismatched(self.span(open), self.slice(open), self.span(token), self.slice(token));
            self.complain(chunk, complaint);
        }
    }

    /// A statement ends while brackets are open: the innermost is named.
    fn close_brackets(&mut self, chunk: &mut Chunk) {
        if let Some(open) = self.brackets.last().copied() {
            let complaint = error::never_closed(self.span(open), self.slice(open), closing(open.tok));
            self.complain(chunk, complaint);
            self.brackets.clear();
        }
    }

    /// A broken statement is complained about once.
    fn complain(&mut self, chunk: &mut Chunk, complaint: Diagnostic) {
        if !chunk.broken {
            self.diagnostics.push(complaint);
        }
        chunk.broken = true;
    }

    /// Whether the statement goes on behind the newline just read.
    fn joins_lines(&mut self, chunk: &mut Chunk) -> bool {
        let Some(last) = chunk.tokens.last().map(|token| token.tok) else {
            return false;
        };
        let Some(next) = self.next_word(0) else {
            return !self.brackets.is_empty();
        };
        if !self.brackets.is_empty() {
            if !starts_declaration(next.tok) {
                return true;
            }
            self.close_brackets(chunk);
            return false;
        }
        if next.tok == Tok::OpenBrace && last != Tok::Block {
            self.diagnostics.push(error::block_on_own_line(self.span(next)));
            return true;
        }
        joins_next(last) || joins_previous(next.tok) || self.joins_softly(chunk, next)
    }

    /// `corr` goes on a `noise`, `derivative` a function.
    fn joins_softly(&self, chunk: &Chunk, next: Token) -> bool {
        let first = chunk.tokens[0];
        let belongs = match self.slice(next) {
            "corr" => self.slice(first) == "noise",
            "derivative" => first.tok == Tok::Fn || self.slice(first) == "extern",
            _ => false,
        };
        let after = self.next_word(1).map(|token| token.tok);
        belongs && !matches!(after, Some(Tok::Prime | Tok::Equals | Tok::Assign | Tok::Tilde | Tok::Dot))
    }

    /// The token that is `skip` words ahead, comments and newlines apart.
    fn next_word(&self, skip: usize) -> Option<Token> {
        let ahead = self.tokens[self.at..].iter();
        ahead.filter(|token| !matches!(token.tok, Tok::Newline | Tok::Comment | Tok::Doc)).nth(skip).copied()
    }

    /// What comes begins a line and can only be an item of the file: in a block, a `}` is missing before it.
    fn starts_item(&self) -> bool {
        let token = self.tokens[self.at];
        if self.at == 0 || self.tokens[self.at - 1].tok != Tok::Newline || !self.brackets.is_empty() {
            return false;
        }
        let next = self.tokens.get(self.at + 1).map(|token| token.tok);
        match self.slice(token) {
            "model" => true,
            "solve" | "fit" | "sweep" | "data" | "layer" => next == Some(Tok::Name),
            "import" => next == Some(Tok::Text),
            "extern" => next == Some(Tok::Fn),
            _ => false,
        }
    }

    fn attach_docs(&mut self, token: Token) {
        if !self.docs.is_empty() {
            self.out.docs.push((token.start, std::mem::take(&mut self.docs)));
        }
    }

    /// Remembers the first of a run of blank lines; `newline` ends the line before.
    fn note_blank(&mut self, newline: Token) {
        let before = self.at >= 2 && self.tokens[self.at - 2].tok == Tok::Newline;
        let blank = self.tokens.get(self.at).is_some_and(|token| token.tok == Tok::Newline);
        if blank && !before {
            self.out.blanks.push(newline.end);
        }
    }

    fn slice(&self, token: Token) -> &str {
        &self.source[token.start as usize..token.end as usize]
    }

    fn span(&self, token: Token) -> Span {
        Span { file: self.file, start: token.start, end: token.end }
    }
}

fn finish(chunks: &mut Vec<Chunk>, chunk: &mut Chunk) {
    if !chunk.tokens.is_empty() || chunk.block.is_some() {
        chunks.push(std::mem::take(chunk));
    }
    chunk.broken = false;
}

/// The partner of an opening bracket.
fn closing(open: Tok) -> &'static str {
    if open == Tok::OpenParenthesis { ")" } else { "]" }
}

/// Words that no expression holds: at a line's start inside brackets they show that a bracket is unclosed.
fn starts_declaration(tok: Tok) -> bool {
    matches!(tok, Tok::Model | Tok::State | Tok::Param | Tok::Const | Tok::Let | Tok::Fn)
}

/// A newline behind these does not end the statement.
pub fn joins_next(tok: Tok) -> bool {
    use Tok::*;
    let operator = matches!(tok, Plus | Minus | Star | Slash | Caret | At | Comma | Tilde | Equals | Assign);
    let comparison = matches!(tok, Less | LessEqual | Greater | GreaterEqual | EqualEqual | NotEqual);
    operator || comparison || matches!(tok, Arrow | Pipe | DotDot | Then | Else | And | Or | Not | In | For)
}

/// A newline before these does not end the statement.
fn joins_previous(tok: Tok) -> bool {
    use Tok::*;
    let operator = matches!(tok, Plus | Minus | Star | Slash | Caret | At | Comma | Tilde | Pipe);
    operator || matches!(tok, Then | Else | And | Or | In | For | CloseParenthesis | CloseBracket)
}
