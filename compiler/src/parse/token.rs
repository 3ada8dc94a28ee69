//! Tokens: the words of a text, by logos. What is no word is a token too, so that later steps can go on.

use logos::{Lexer, Logos};
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// A word and where it stands, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub tok: Tok,
    pub start: u32,
    pub end: u32,
}

/// Every kind of word. The soft words and the last group are never lexed: `words` and `mod` put them in.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[logos(skip r"[ \t\f\r\u{feff}]+")]
pub enum Tok {
    #[regex(r"[\p{L}_][\p{L}\p{N}\p{M}_]*")]
    Name,
    #[regex(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", number)]
    Number,
    /// `1.` and `.5`.
    #[regex(r"\.[0-9]+([eE][+-]?[0-9]+)?")]
    BadNumber,
    #[regex(r#""[^"\n]*""#)]
    Text,
    #[regex(r#""[^"\n]*"#)]
    OpenText,
    #[regex(r"///[^\n]*", slashes, allow_greedy = true)]
    Doc,
    #[regex(r"//([^/\n][^\n]*)?", allow_greedy = true)]
    Comment,
    #[token("\n")]
    Newline,
    #[token(";")]
    Semicolon,

    #[token("model")]
    Model,
    #[token("state")]
    State,
    #[token("param")]
    Param,
    #[token("const")]
    Const,
    #[token("let")]
    Let,
    #[token("fn")]
    Fn,
    #[token("if")]
    If,
    #[token("then")]
    Then,
    #[token("else")]
    Else,
    #[token("and")]
    And,
    #[token("or")]
    Or,
    #[token("not")]
    Not,
    #[token("for")]
    For,
    #[token("in")]
    In,
    #[token("true")]
    True,
    #[token("false")]
    False,

    #[token("(")]
    OpenParenthesis,
    #[token(")")]
    CloseParenthesis,
    #[token("[")]
    OpenBracket,
    #[token("]")]
    CloseBracket,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("@")]
    At,
    #[token("^")]
    Caret,
    #[token("'")]
    Prime,
    #[token(",")]
    Comma,
    #[token(".")]
    Dot,
    #[token("..")]
    DotDot,
    #[token(":")]
    Colon,
    #[token("=")]
    Equals,
    #[token(":=")]
    Assign,
    #[token("~")]
    Tilde,
    #[token("->")]
    Arrow,
    #[token(">>")]
    Pipe,
    #[token("<")]
    Less,
    #[token("<=")]
    LessEqual,
    #[token(">")]
    Greater,
    #[token(">=")]
    GreaterEqual,
    #[token("==")]
    EqualEqual,
    #[token("!=")]
    NotEqual,

    Import,
    Extern,
    Layer,
    Data,
    Solve,
    Fit,
    Sweep,
    Alg,
    Discrete,
    Input,
    Index,
    Noise,
    Net,
    History,
    Init,
    Use,
    Event,
    Weight,
    Return,
    Free,
    Minimize,
    Using,
    Vary,
    When,
    Every,
    Rate,
    /// `at` of a trigger; `At` is the operator.
    AtTime,
    From,
    Stop,
    On,
    Over,
    As,
    Corr,
    Derivative,
    Periodic,
    Mirror,
    Zero,

    /// No word of the language.
    Unknown,
    /// A whole `{ … }` behind its head.
    Block,
    StartItem,
    StartStatement,
    StartLayerStatement,
    StartFitStatement,
    StartSweepStatement,
    StartSetting,
    StartAction,
    StartExpr,
}

/// The words that can never be names.
pub const RESERVED: [&str; 16] = [
    "model", "state", "param", "const", "let", "fn", "if", "then", "else", "and", "or", "not", "for", "in",
    "true", "false",
];

/// The longest name, in bytes.
pub const MAX_NAME: usize = 255;

/// Every word of a text; unknown characters that touch are one [`Tok::Unknown`].
pub fn lex(source: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(source.len() / 3);
    for (result, range) in Tok::lexer(source).spanned() {
        let token =
            Token { tok: result.unwrap_or(Tok::Unknown), start: range.start as u32, end: range.end as u32 };
        match tokens.last_mut() {
            Some(last)
                if token.tok == Tok::Unknown && last.tok == Tok::Unknown && last.end == token.start =>
            {
                last.end = token.end;
            }
            _ => tokens.push(token),
        }
    }
    tokens
}

/// A number followed by one dot is not a number: `1.` would make `1..N` ambiguous to readers.
fn number(lexer: &mut Lexer<Tok>) -> Tok {
    let rest = lexer.remainder();
    if !rest.starts_with('.') || rest.starts_with("..") {
        return Tok::Number;
    }
    let tail = rest[1..].bytes().take_while(u8::is_ascii_alphanumeric).count();
    lexer.bump(1 + tail);
    Tok::BadNumber
}

/// `////` draws a line; only `///` documents.
fn slashes(lexer: &mut Lexer<Tok>) -> Tok {
    if lexer.slice().starts_with("////") { Tok::Comment } else { Tok::Doc }
}

/// The name as the language sees it: NFC, with the micro sign as the Greek letter.
pub fn normalise(text: &str) -> String {
    let composed: String = if is_nfc(text) { text.to_owned() } else { text.nfc().collect() };
    composed.replace('\u{b5}', "\u{3bc}")
}

/// The first character that no name may hold: names are of Latin and Greek letters, digits, `_` and subscript digits.
pub fn foreign_letter(normalised: &str) -> Option<char> {
    normalised.chars().find(|letter| {
        !matches!(letter,
            'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ɏ' | 'Ͱ'..='ͽ' | 'Ϳ'..='Ά'
            | 'Έ'..='Ͽ' | 'Ḁ'..='ỿ' | '₀'..='₉')
    })
}

impl Tok {
    /// The token can be the last of an operand, so that a word after it is no operand.
    pub fn ends_operand(self) -> bool {
        use Tok::*;
        matches!(self, Name | Number | Text | True | False | CloseParenthesis | CloseBracket | Prime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<Tok> {
        lex(source).iter().map(|token| token.tok).collect()
    }

    #[test]
    fn ranges_do_not_eat_their_dots() {
        assert_eq!(kinds("1..N"), [Tok::Number, Tok::DotDot, Tok::Name]);
        assert_eq!(kinds("0..1e5"), [Tok::Number, Tok::DotDot, Tok::Number]);
        assert_eq!(kinds("1.5..2"), [Tok::Number, Tok::DotDot, Tok::Number]);
    }

    #[test]
    fn numbers_need_digits_on_both_sides_of_the_dot() {
        assert_eq!(kinds("1. .5 1.e5 2"), [Tok::BadNumber, Tok::BadNumber, Tok::BadNumber, Tok::Number]);
        assert_eq!(kinds("1e"), [Tok::Number, Tok::Name]);
    }

    #[test]
    fn names_are_greek_latin_and_subscripts() {
        assert_eq!(kinds("α₁ ν_max in inn"), [Tok::Name, Tok::Name, Tok::In, Tok::Name]);
        assert_eq!(normalise("\u{b5}"), "\u{3bc}");
        assert_eq!(normalise("e\u{301}"), "\u{e9}");
        assert_eq!(foreign_letter("привет"), Some('п'));
        assert_eq!(foreign_letter("Ωé_9₂"), None);
    }

    #[test]
    fn comments_documentation_and_texts() {
        assert_eq!(
            kinds("/// a\n// b\n//\n//// c\n\"d\" \"e"),
            [
                Tok::Doc,
                Tok::Newline,
                Tok::Comment,
                Tok::Newline,
                Tok::Comment,
                Tok::Newline,
                Tok::Comment,
                Tok::Newline,
                Tok::Text,
                Tok::OpenText
            ]
        );
    }

    #[test]
    fn operators_take_the_longest() {
        assert_eq!(
            kinds("x' >> -> := <-1"),
            [Tok::Name, Tok::Prime, Tok::Pipe, Tok::Arrow, Tok::Assign, Tok::Less, Tok::Minus, Tok::Number]
        );
    }

    #[test]
    fn unknown_characters_that_touch_are_one() {
        assert_eq!(kinds("a ?!? b"), [Tok::Name, Tok::Unknown, Tok::Name]);
    }
}
