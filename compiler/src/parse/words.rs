//! Soft words: names that are keywords by their place alone, so that a model may have a parameter `rate`.

use super::token::{Tok, Token};

/// What a block holds, which decides the words that its statements may begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    File,
    Model,
    Layer,
    Fit,
    Sweep,
    /// `name = value` of a `solve` or a `net`.
    Options,
    /// What an event does.
    Actions,
    /// A REPL's or an option's expression.
    Expression,
}

/// When a word at a statement's start is a keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    BeforeName,
    BeforeText,
    BeforeFn,
    /// Unless what follows makes it an operand.
    NotOperand,
    /// The whole statement.
    Alone,
}

/// Words that begin a statement: the place, the word, its token, and the condition.
const STARTS: &[(Place, &str, Tok, When)] = &[
    (Place::File, "import", Tok::Import, When::BeforeText),
    (Place::File, "extern", Tok::Extern, When::BeforeFn),
    (Place::File, "layer", Tok::Layer, When::BeforeName),
    (Place::File, "data", Tok::Data, When::BeforeName),
    (Place::File, "solve", Tok::Solve, When::BeforeName),
    (Place::File, "fit", Tok::Fit, When::BeforeName),
    (Place::File, "sweep", Tok::Sweep, When::BeforeName),
    (Place::Model, "alg", Tok::Alg, When::BeforeName),
    (Place::Model, "discrete", Tok::Discrete, When::BeforeName),
    (Place::Model, "input", Tok::Input, When::BeforeName),
    (Place::Model, "index", Tok::Index, When::BeforeName),
    (Place::Model, "noise", Tok::Noise, When::BeforeName),
    (Place::Model, "net", Tok::Net, When::BeforeName),
    (Place::Model, "history", Tok::History, When::BeforeName),
    (Place::Model, "init", Tok::Init, When::NotOperand),
    (Place::Model, "use", Tok::Use, When::BeforeName),
    (Place::Model, "event", Tok::Event, When::BeforeName),
    (Place::Layer, "weight", Tok::Weight, When::BeforeName),
    (Place::Layer, "return", Tok::Return, When::NotOperand),
    (Place::Fit, "free", Tok::Free, When::BeforeName),
    (Place::Fit, "minimize", Tok::Minimize, When::NotOperand),
    (Place::Fit, "using", Tok::Using, When::BeforeName),
    (Place::Sweep, "vary", Tok::Vary, When::BeforeName),
    (Place::Actions, "stop", Tok::Stop, When::Alone),
];

/// Words behind a complete expression or name: the statement's first word, the word, its token.
const MIDDLES: &[(Tok, &str, Tok)] = &[
    (Tok::Import, "as", Tok::As),
    (Tok::Use, "as", Tok::As),
    (Tok::Solve, "over", Tok::Over),
    (Tok::Sweep, "over", Tok::Over),
    (Tok::Fit, "on", Tok::On),
    (Tok::Fn, "derivative", Tok::Derivative),
    (Tok::Extern, "derivative", Tok::Derivative),
    (Tok::Noise, "corr", Tok::Corr),
    (Tok::Index, "periodic", Tok::Periodic),
    (Tok::Index, "mirror", Tok::Mirror),
    (Tok::Index, "zero", Tok::Zero),
    (Tok::Event, "from", Tok::From),
];

/// Words behind the `:` of an event's header.
const TRIGGERS: &[(&str, Tok)] =
    &[("when", Tok::When), ("at", Tok::AtTime), ("every", Tok::Every), ("rate", Tok::Rate)];

/// Reserved words that begin a statement.
const RESERVED_STARTS: &[(Place, &str)] = &[
    (Place::File, "model"),
    (Place::File, "fn"),
    (Place::Model, "param"),
    (Place::Model, "state"),
    (Place::Model, "const"),
    (Place::Model, "let"),
    (Place::Model, "fn"),
    (Place::Layer, "let"),
];

/// Turns the names of one statement that are keywords by their place into these.
pub fn mark(tokens: &mut [Token], source: &str, place: Place) {
    let text = |token: Token| &source[token.start as usize..token.end as usize];
    let Some(first) = tokens.first().copied() else { return };
    if first.tok == Tok::Name {
        let start = STARTS.iter().find(|(at, word, _, _)| *at == place && *word == text(first));
        if let Some((_, _, tok, when)) = start
            && holds(*when, &tokens[1..])
        {
            tokens[0].tok = *tok;
        }
    }
    let head = tokens[0].tok;
    let mut depth = 0_i32;
    for at in 1..tokens.len() {
        match tokens[at].tok {
            Tok::OpenParenthesis | Tok::OpenBracket => depth += 1,
            Tok::CloseParenthesis | Tok::CloseBracket => depth -= 1,
            Tok::Name if depth == 0 => {
                let word = text(tokens[at]);
                if let Some(tok) = middle(head, tokens[at - 1].tok, word) {
                    tokens[at].tok = tok;
                }
            }
            _ => {}
        }
    }
}

/// What a name inside a statement is, by the statement's first word and the token before.
fn middle(head: Tok, before: Tok, word: &str) -> Option<Tok> {
    if head == Tok::Event && before == Tok::Colon {
        return TRIGGERS.iter().find(|(trigger, _)| *trigger == word).map(|(_, tok)| *tok);
    }
    if !before.ends_operand() {
        return None;
    }
    MIDDLES.iter().find(|(first, middle, _)| *first == head && *middle == word).map(|(_, _, tok)| *tok)
}

fn holds(when: When, rest: &[Token]) -> bool {
    let next = rest.first().map(|token| token.tok);
    match when {
        When::BeforeName => next == Some(Tok::Name),
        When::BeforeText => next == Some(Tok::Text),
        When::BeforeFn => next == Some(Tok::Fn),
        When::Alone => next.is_none(),
        When::NotOperand => !next.is_some_and(makes_operand),
    }
}

/// A word before one of these is an operand, whatever its place.
fn makes_operand(tok: Tok) -> bool {
    use Tok::*;
    matches!(tok, Prime | OpenBracket | Dot | Equals | Assign | Tilde | Star | Slash | Caret | At | Plus)
}

/// The content of the block behind a statement's head.
pub fn place_behind(head: Tok) -> Option<Place> {
    match head {
        Tok::Model => Some(Place::Model),
        Tok::Layer => Some(Place::Layer),
        Tok::Fit => Some(Place::Fit),
        Tok::Sweep => Some(Place::Sweep),
        Tok::Solve | Tok::Net => Some(Place::Options),
        Tok::Event => Some(Place::Actions),
        _ => None,
    }
}

/// Every word that can begin a statement, with the place it belongs to.
pub fn starts() -> impl Iterator<Item = (Place, &'static str)> {
    let soft = STARTS.iter().map(|(place, word, _, _)| (*place, *word));
    soft.chain(RESERVED_STARTS.iter().copied())
}

/// What must follow a word for it to begin a statement of a place, as a message says it.
pub fn needed_behind(place: Place, word: &str) -> Option<&'static str> {
    let (_, _, _, when) = STARTS.iter().find(|(at, start, _, _)| *at == place && *start == word)?;
    match when {
        When::BeforeName => Some("a name"),
        When::BeforeText => Some("a file in quotes"),
        When::BeforeFn => Some("`fn`"),
        When::NotOperand | When::Alone => None,
    }
}

impl Place {
    /// The token that selects the grammar's production.
    pub fn start(self) -> Tok {
        match self {
            Place::File => Tok::StartItem,
            Place::Model => Tok::StartStatement,
            Place::Layer => Tok::StartLayerStatement,
            Place::Fit => Tok::StartFitStatement,
            Place::Sweep => Tok::StartSweepStatement,
            Place::Options => Tok::StartSetting,
            Place::Actions => Tok::StartAction,
            Place::Expression => Tok::StartExpr,
        }
    }

    /// As a message names it.
    pub fn describe(self) -> &'static str {
        match self {
            Place::File => "a file",
            Place::Model => "a model",
            Place::Layer => "a layer",
            Place::Fit => "a fit",
            Place::Sweep => "a sweep",
            Place::Options => "a list of options",
            Place::Actions => "an event",
            Place::Expression => "an expression",
        }
    }
}
