//! From where the parser stopped to the complaint that helps most.

use super::context::Context;
use super::error;
use super::token::{RESERVED, Tok, Token};
use super::words::{self, Place};
use crate::diagnostics::{Diagnostic, Span, closest};

/// Functions that are written without parentheses on paper.
const CALLED: [&str; 12] =
    ["sin", "cos", "tan", "exp", "log", "ln", "sqrt", "abs", "sinh", "cosh", "tanh", "atan"];

/// A statement that is none of the grammar's.
pub struct Failure<'a> {
    pub tokens: &'a [Token],
    pub place: Place,
    /// Index of the token that cannot stand there; the number of tokens if the statement ended too early.
    pub at: usize,
    /// Names of the terminals that could.
    pub expected: &'a [String],
}

/// The one complaint about a statement that could not be parsed, the more special first.
pub fn explain(failure: &Failure, context: &Context) -> Diagnostic {
    let view = View { failure, context };
    view.sign_on_new_line()
        .or_else(|| view.start())
        .or_else(|| view.equality())
        .or_else(|| view.instant())
        .or_else(|| view.arrow())
        .or_else(|| view.assignment())
        .or_else(|| view.comparison())
        .or_else(|| view.conditional())
        .or_else(|| view.misspelt())
        .or_else(|| view.operator())
        .or_else(|| view.name())
        .or_else(|| view.end())
        .unwrap_or_else(|| view.anything())
}

struct View<'a> {
    failure: &'a Failure<'a>,
    context: &'a Context<'a>,
}

impl View<'_> {
    fn here(&self) -> Option<Token> {
        self.failure.tokens.get(self.failure.at).copied()
    }

    fn is_here(&self, tok: Tok) -> bool {
        self.here().is_some_and(|token| token.tok == tok)
    }

    fn before(&self) -> Option<Token> {
        self.failure.at.checked_sub(1).map(|at| self.failure.tokens[at])
    }

    fn expects(&self, terminal: &str) -> bool {
        self.failure.expected.iter().any(|expected| expected == terminal)
    }

    fn span(&self, token: Token) -> Span {
        self.context.span(token.start, token.end)
    }

    /// Of the token that cannot stand there, or of the last before a premature end.
    fn span_here(&self) -> Span {
        let token = self.here().or(self.before());
        self.span(token.unwrap_or(self.failure.tokens[0]))
    }

    /// Tokens outside brackets.
    fn outer(&self) -> impl Iterator<Item = Token> {
        let mut depth = 0_i32;
        self.failure.tokens.iter().copied().filter(move |token| {
            match token.tok {
                Tok::OpenParenthesis | Tok::OpenBracket => depth += 1,
                Tok::CloseParenthesis | Tok::CloseBracket => depth -= 1,
                _ => return depth == 0,
            }
            false
        })
    }

    /// A second `=` behind a line that was meant to begin with its sign.
    fn sign_on_new_line(&self) -> Option<Diagnostic> {
        if !self.is_here(Tok::Equals) {
            return None;
        }
        let tokens = &self.failure.tokens[..self.failure.at];
        let pair = tokens.windows(2).rev().find(|pair| {
            let between = &self.context.source()[pair[0].end as usize..pair[1].start as usize];
            matches!(pair[1].tok, Tok::Plus | Tok::Minus) && between.contains('\n')
        })?;
        Some(error::leading_sign(self.span(pair[1]), self.context.slice(pair[1])))
    }

    /// The first word is none of a statement here.
    fn start(&self) -> Option<Diagnostic> {
        let (failure, first) = (self.failure, self.failure.tokens[0]);
        let word = self.context.slice(first);
        let second = failure.tokens.get(1).map(|token| token.tok);
        let declares = matches!(second, Some(Tok::Name | Tok::Text | Tok::Fn));
        let hopeless = failure.at == 0 || (failure.at == 1 && first.tok == Tok::Name && declares);
        let needed =
            words::needed_behind(failure.place, word).filter(|_| first.tok == Tok::Name && failure.at < 2);
        if let Some(needed) = needed {
            return Some(error::incomplete_head(self.span(first), word, needed));
        }
        if !hopeless
            || !word.starts_with(|letter: char| letter.is_alphabetic())
            || failure.place == Place::Expression
        {
            return None;
        }
        let homes: Vec<Place> =
            words::starts().filter(|(_, start)| *start == word).map(|(place, _)| place).collect();
        if let Some(home) = homes.first()
            && !homes.contains(&failure.place)
        {
            return Some(error::misplaced_statement(self.span(first), word, failure.place, *home));
        }
        if homes.contains(&failure.place) || (RESERVED.contains(&word) && failure.at == 1) {
            return None;
        }
        let here = words::starts().filter(|(place, _)| *place == failure.place).map(|(_, start)| start);
        Some(error::unknown_start(self.span(first), word, failure.place, closest(word, here)))
    }

    /// `==` where `=` is meant.
    fn equality(&self) -> Option<Diagnostic> {
        let misread = self.is_here(Tok::EqualEqual) && self.expects("\"=\"");
        let compares = self.outer().find(|token| token.tok == Tok::EqualEqual)?;
        let no_equation = self.here().is_none() && self.expects("\"=\"");
        (misread || no_equation).then(|| error::equality_for_equation(self.span(compares)))
    }

    /// `when x = 1`.
    fn instant(&self) -> Option<Diagnostic> {
        let before = &self.failure.tokens[..self.failure.at];
        let waits = before.iter().any(|token| self.context.slice(*token) == "when");
        (self.is_here(Tok::Equals) && waits).then(|| error::equality_in_condition(self.span_here()))
    }

    /// `x <- 1`.
    fn arrow(&self) -> Option<Diagnostic> {
        if self.outer().any(|token| matches!(token.tok, Tok::Equals | Tok::Assign)) {
            return None;
        }
        let pair = self.failure.tokens.windows(2).find(|pair| {
            pair[0].tok == Tok::Less && pair[1].tok == Tok::Minus && pair[0].end == pair[1].start
        })?;
        let span = self.span(pair[0]).to(self.span(pair[1]));
        Some(error::arrow_assignment(span, self.failure.place))
    }

    /// `=` and `:=` confused, and `+=`.
    fn assignment(&self) -> Option<Diagnostic> {
        let here = self.here()?;
        let before = self.before()?;
        let touches = before.end == here.start;
        let next = self.failure.tokens.get(self.failure.at + 1);
        match here.tok {
            Tok::Plus | Tok::Minus | Tok::Star | Tok::Slash
                if next.is_some_and(|next| next.tok == Tok::Equals && next.start == here.end) =>
            {
                Some(self.compound(here, next.copied()?))
            }
            Tok::Equals
                if touches && matches!(before.tok, Tok::Plus | Tok::Minus | Tok::Star | Tok::Slash) =>
            {
                Some(self.compound(before, here))
            }
            Tok::Equals if self.expects("\":=\"") => Some(error::equation_in_event(self.span(here))),
            Tok::Assign => Some(error::assignment_outside_event(self.span(here))),
            _ => None,
        }
    }

    /// `+=` and its like.
    fn compound(&self, operator: Token, equals: Token) -> Diagnostic {
        let sign = self.context.slice(operator);
        let ours = format!("write `x := x {sign} e` in an event");
        error::foreign_operator(self.span(operator).to(self.span(equals)), &format!("{sign}="), &ours)
    }

    /// `a < b < c`.
    fn comparison(&self) -> Option<Diagnostic> {
        let here = self.here().filter(|token| compares(token.tok))?;
        let mut depth = 0;
        for token in self.failure.tokens[..self.failure.at].iter().rev() {
            match token.tok {
                Tok::CloseParenthesis | Tok::CloseBracket => depth += 1,
                Tok::OpenParenthesis | Tok::OpenBracket if depth == 0 => return None,
                Tok::OpenParenthesis | Tok::OpenBracket => depth -= 1,
                Tok::And | Tok::Or | Tok::Comma | Tok::Equals if depth == 0 => return None,
                tok if depth == 0 && compares(tok) => {
                    return Some(error::chained(self.span(*token), self.span(here)));
                }
                _ => {}
            }
        }
        None
    }

    /// `if` without its `else`, or without its parentheses.
    fn conditional(&self) -> Option<Diagnostic> {
        if self.is_here(Tok::If) && self.expects("\"(\"") {
            return Some(error::bare_conditional(self.span_here()));
        }
        let operand = self.here().is_some_and(|token| matches!(token.tok, Tok::Name | Tok::Number));
        if !self.expects("\"else\"") || operand {
            return None;
        }
        let condition = self.failure.tokens[..self.failure.at].iter().rfind(|token| token.tok == Tok::If)?;
        Some(error::missing_else(self.span(*condition), self.span_here()))
    }

    /// A word that is nearly one of those that could stand here.
    fn misspelt(&self) -> Option<Diagnostic> {
        let here = self.here().filter(|token| token.tok == Tok::Name && token.end - token.start > 2)?;
        let words = self.failure.expected.iter().filter_map(|one| one.strip_prefix('"')?.strip_suffix('"'));
        let word = self.context.slice(here);
        let meant = closest(word, words.filter(|word| word.len() > 1))?;
        Some(error::misspelt(self.span(here), word, meant))
    }

    /// Two operands, or two operators, side by side.
    fn operator(&self) -> Option<Diagnostic> {
        let (here, before) = (self.here()?, self.before()?);
        if here.tok == Tok::Star && before.tok == Tok::Star {
            let span = self.span(before).to(self.span(here));
            return Some(error::foreign_operator(span, "**", "write `^`"));
        }
        let operand = matches!(here.tok, Tok::Name | Tok::Number | Tok::OpenParenthesis);
        if !operand || !before.tok.ends_operand() || !self.expects("\"*\"") {
            return None;
        }
        if let Some(separator) = self.separator() {
            return Some(error::missing_separator(self.span(here), self.context.slice(here), separator));
        }
        let (left, right) = (self.context.slice(before), self.context.slice(here));
        if right == "to" && before.tok == Tok::Number {
            return Some(error::word_for_range(self.span(here)));
        }
        if CALLED.contains(&left) && here.tok != Tok::OpenParenthesis {
            return Some(error::missing_parentheses(self.span(here), left, right));
        }
        let left = if before.tok == Tok::CloseParenthesis { "(…)" } else { left };
        let right = if here.tok == Tok::OpenParenthesis { "(…)" } else { right };
        Some(error::implied_multiplication(self.span(here), left, right))
    }

    /// What would make two members or two statements of one, where that seems to be meant.
    fn separator(&self) -> Option<&'static str> {
        let rest = &self.failure.tokens[self.failure.at + 1..];
        let defines = rest.first().is_some_and(|next| matches!(next.tok, Tok::Equals | Tok::Colon));
        if defines && self.expects("\",\"") {
            return Some("`,`");
        }
        let states = rest.iter().any(|token| matches!(token.tok, Tok::Equals | Tok::Assign));
        (states && !self.expects("\",\"") && !self.expects("\")\"")).then_some("newline or `;`")
    }

    /// A reserved word where a name is expected, or nothing behind a comma.
    fn name(&self) -> Option<Diagnostic> {
        if let Some(comma) = self.before().filter(|token| token.tok == Tok::Comma)
            && self.here().is_none_or(|token| ends_list(token.tok))
        {
            return Some(error::trailing_comma(self.span(comma)));
        }
        let here = self.here()?;
        let word = self.context.slice(here);
        let reserved = RESERVED.contains(&word) && self.expects("NAME");
        reserved.then(|| error::reserved_word(self.span(here), word))
    }

    /// The statement ended too early.
    fn end(&self) -> Option<Diagnostic> {
        let last = match self.here() {
            None => self.before()?,
            Some(_) => return None,
        };
        if self.expects("BLOCK") {
            return Some(error::missing_block(self.span(last)));
        }
        if self.failure.place == Place::Model && self.expects("\"=\"") && !self.expects("\"in\"") {
            let whole = self.span(self.failure.tokens[0]).to(self.span(last));
            return Some(error::not_an_equation(whole));
        }
        None
    }

    fn anything(&self) -> Diagnostic {
        match self.here() {
            None => error::ends_early(self.span_here(), &self.wanted()),
            Some(token) if token.tok == Tok::Block => {
                error::unexpected(self.span(token), "`{ … }`", &self.wanted())
            }
            Some(token) => {
                let found = format!("`{}`", self.context.slice(token));
                error::unexpected(self.span(token), &found, &self.wanted())
            }
        }
    }

    /// What could stand here, shortened to what a reader can use.
    fn wanted(&self) -> String {
        let mut wanted: Vec<String> = Vec::new();
        if self.expects("NUMBER") && self.expects("NAME") {
            wanted.push("an expression".into());
        } else {
            let kinds = [("NAME", "a name"), ("NUMBER", "a number"), ("TEXT", "a text in quotes")];
            wanted
                .extend(kinds.iter().filter(|(kind, _)| self.expects(kind)).map(|(_, said)| (*said).into()));
        }
        let operator = self.expects("\"*\"") && self.expects("\"+\"");
        if operator {
            wanted.push("an operator".into());
        }
        const OPERANDS: [&str; 8] = ["(", "[", "-", "not", "if", "true", "false", "'"];
        const OPERATORS: [&str; 14] =
            ["+", "*", "/", "@", "^", "<", "<=", ">", ">=", "==", "!=", "and", "or", "."];
        for terminal in
            self.failure.expected.iter().filter_map(|one| one.strip_prefix('"')?.strip_suffix('"'))
        {
            let said = (wanted.first().is_some_and(|first| first == "an expression") || operator)
                && OPERANDS.contains(&terminal)
                || operator && OPERATORS.contains(&terminal);
            if !said {
                wanted.push(format!("`{terminal}`"));
            }
        }
        if self.expects("BLOCK") {
            wanted.push("`{ … }`".into());
        }
        wanted.truncate(6);
        wanted.join(", ")
    }
}

/// No member of a list begins with these.
fn ends_list(tok: Tok) -> bool {
    use Tok::*;
    matches!(tok, CloseParenthesis | CloseBracket | Model | State | Param | Const | Let | Fn)
}

fn compares(tok: Tok) -> bool {
    use Tok::*;
    matches!(tok, Less | LessEqual | Greater | GreaterEqual | EqualEqual | NotEqual)
}
