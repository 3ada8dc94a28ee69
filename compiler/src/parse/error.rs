//! The complaints of this phase: what each says, and how `ndec explain` explains it.

use super::ast::MAX_DEPTH;
use super::token::{self, Tok, Token};
use super::words::Place;
use super::{MAX_SOURCE, codes};
use crate::diagnostics::{Diagnostic, FileId, Span};

pub use codes::CODES;

/// A token that the lexer could not read as a word of the language.
pub fn lexical(source: &str, file: FileId, token: Token) -> Option<Diagnostic> {
    let span = Span { file, start: token.start, end: token.end };
    let text = &source[span.range()];
    match token.tok {
        Tok::Unknown => Some(unknown_character(span, text)),
        Tok::BadNumber => Some(bad_number(span, text)),
        Tok::OpenText => Some(open_text(span)),
        Tok::Name => bad_name(span, text),
        _ => None,
    }
}

/// Spellings of other languages and keyboards, and what is written here.
const FOREIGN: &[(&str, &str)] = &[
    ("&&", "`and`"),
    ("||", "`or`"),
    ("!", "`not`"),
    ("%", "`mod(a, b)`, or the unit `percent`"),
    ("−", "`-`"),
    ("–", "`-`"),
    ("×", "`*`"),
    ("·", "`*`"),
    ("∙", "`*`"),
    ("÷", "`/`"),
    ("≤", "`<=`"),
    ("≥", "`>=`"),
    ("≠", "`!=`"),
    ("→", "`->`"),
    ("∞", "`inf`"),
    ("√", "`sqrt(x)`"),
    ("²", "`^2`"),
    ("³", "`^3`"),
    ("′", "`'`"),
    ("’", "`'`"),
    ("‘", "`'`"),
    ("“", "`\"`"),
    ("”", "`\"`"),
    ("…", "`..`"),
    ("#", "`//` for a comment"),
    ("?", "`if … then … else …` for a choice"),
    ("$", "the name alone"),
    ("\\", "nothing: a line goes on behind an operator"),
];

fn unknown_character(span: Span, text: &str) -> Diagnostic {
    let shown: String = text.chars().take(20).collect();
    let complaint =
        Diagnostic::error("E0002", format!("`{}` is no word of the language", shown.escape_debug()))
            .label(span, "not understood");
    match FOREIGN.iter().find(|(foreign, _)| text.starts_with(foreign)) {
        Some((_, ours)) => complaint.help(format!("write {ours}")),
        None => complaint.help("remove it; comments begin with `//`"),
    }
}

fn bad_number(span: Span, text: &str) -> Diagnostic {
    let fixed = match text.split_once('.') {
        Some(("", fraction)) => format!("0.{fraction}"),
        Some((whole, rest)) if rest.starts_with(['e', 'E']) => format!("{whole}.0{rest}"),
        Some((whole, _)) => format!("{whole}.0"),
        None => text.to_owned(),
    };
    Diagnostic::error("E0003", format!("the number `{text}` needs digits on both sides of its dot"))
        .label(span, "incomplete number")
        .help(format!("write `{fixed}`"))
}

fn open_text(span: Span) -> Diagnostic {
    Diagnostic::error("E0004", "this text has no closing `\"`")
        .label(span, "ends with the line")
        .help("a text stands in one line, between two `\"`")
}

fn bad_name(span: Span, text: &str) -> Option<Diagnostic> {
    if text.len() > token::MAX_NAME {
        let message = format!("a name of {} bytes is too long", text.len());
        let complaint = Diagnostic::error("E0016", message).label(span, "this name");
        return Some(complaint.help(format!("names have at most {} bytes", token::MAX_NAME)));
    }
    if text.is_ascii() {
        return None;
    }
    let letter = token::foreign_letter(&token::normalise(text))?;
    let complaint =
        Diagnostic::error("E0002", format!("`{letter}` cannot be part of a name")).label(span, "this name");
    let exponent = FOREIGN.iter().find(|(foreign, _)| foreign.starts_with(letter));
    Some(match exponent {
        Some((_, ours)) => complaint.help(format!("write {ours}")),
        None => complaint.help("names are of Latin and Greek letters, digits, `_` and subscript digits"),
    })
}

pub fn number_too_large(span: Span) -> Diagnostic {
    Diagnostic::error("E0016", "this number is larger than any that can be stored")
        .label(span, "beyond 1.8e308")
        .help("write `inf` if infinity is meant")
}

pub fn source_too_large(file: FileId, bytes: usize) -> Diagnostic {
    let message = format!("a file of {bytes} bytes is too large");
    Diagnostic::error("E0016", message)
        .label(Span { file, start: 0, end: 0 }, "this file")
        .help(format!("files have at most {MAX_SOURCE} bytes; large tables belong in data files"))
}

pub fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error("E0015", format!("more than {MAX_DEPTH} levels are nested here"))
        .label(span, "too deep")
        .help("name a part of it with `let`")
}

pub fn never_closed(open: Span, bracket: &str, closing: &str) -> Diagnostic {
    Diagnostic::error("E0005", format!("`{bracket}` is never closed"))
        .label(open, "opened here")
        .help(format!("add the missing `{closing}`"))
}

pub fn closes_nothing(span: Span, bracket: &str) -> Diagnostic {
    Diagnostic::error("E0006", format!("`{bracket}` closes nothing"))
        .label(span, "nothing is open here")
        .help("remove it, or add what it closes")
}

pub fn mismatched(open: Span, opening: &str, close: Span, closing: &str) -> Diagnostic {
    Diagnostic::error("E0006", format!("`{closing}` cannot close `{opening}`"))
        .label(close, "closed here")
        .label(open, "opened here")
        .help("brackets close in the reverse of the order in which they were opened")
}

pub fn misplaced_block(span: Span) -> Diagnostic {
    Diagnostic::error("E0017", "no block can stand here")
        .label(span, "this `{`")
        .help("a `{ … }` follows the head of a model, layer, event, network or task, on its line")
}

pub fn block_on_own_line(span: Span) -> Diagnostic {
    Diagnostic::error("E0017", "`{` stands on a line of its own")
        .label(span, "this `{`")
        .help("put it at the end of the line above")
}

pub fn missing_block(span: Span) -> Diagnostic {
    Diagnostic::error("E0017", "a block is missing")
        .label(span, "expected `{` behind this")
        .help("add `{ … }`")
}

pub fn chained(first: Span, second: Span) -> Diagnostic {
    Diagnostic::error("E0007", "comparisons are not chained")
        .label(second, "second comparison")
        .label(first, "first comparison")
        .help("write `a < b and b < c`")
}

pub fn arrow_assignment(span: Span, place: Place) -> Diagnostic {
    let ours = if place == Place::Actions { "`x := e`" } else { "`x = e`, or `x := e` in an event" };
    Diagnostic::error("E0008", "`<-` is read as `<` and `-`: it assigns nothing")
        .label(span, "a comparison with a negative number")
        .help(format!("write {ours}"))
}

pub fn equality_for_equation(span: Span) -> Diagnostic {
    Diagnostic::error("E0009", "`==` compares, it states no equation")
        .label(span, "a comparison")
        .help("write `=`")
}

pub fn equation_in_event(span: Span) -> Diagnostic {
    Diagnostic::error("E0010", "`=` states an equation, an event assigns")
        .label(span, "in an event")
        .help("write `:=`")
}

pub fn assignment_outside_event(span: Span) -> Diagnostic {
    Diagnostic::error("E0010", "`:=` assigns, which only events do")
        .label(span, "not in an event")
        .help("write `=`")
}

pub fn missing_else(condition: Span, end: Span) -> Diagnostic {
    Diagnostic::error("E0011", "this `if` has no `else`")
        .label(condition, "this `if`")
        .label(end, "`else` expected here")
        .help("write `if condition then a else b`: every expression has a value")
}

pub fn leading_sign(span: Span, sign: &str) -> Diagnostic {
    Diagnostic::error("E0012", format!("a statement cannot begin with `{sign}`"))
        .label(span, format!("a line that begins with `{sign}` goes on the line before"))
        .help("move terms, as in `0 = a - b`, or put the expression in parentheses")
}

pub fn reserved_word(span: Span, word: &str) -> Diagnostic {
    Diagnostic::error("E0013", format!("`{word}` is a reserved word and cannot be a name"))
        .label(span, "a name is expected here")
        .help(format!("choose another name, such as `{word}_`"))
}

pub fn unknown_start(span: Span, word: &str, place: Place, meant: Option<&str>) -> Diagnostic {
    let message = format!("no statement of {} begins with `{word}`", place.describe());
    let complaint = Diagnostic::error("E0014", message).label(span, "unknown here");
    match meant {
        Some(meant) => complaint.help(format!("did you mean `{meant}`?")),
        None if place == Place::File => complaint.help(
            "a file holds `model`, `data`, `fn`, `layer`, `import` and the tasks `solve`, `fit`, `sweep`",
        ),
        None => complaint.help(format!("`ndec help language` lists the statements of {}", place.describe())),
    }
}

pub fn misplaced_statement(span: Span, word: &str, here: Place, home: Place) -> Diagnostic {
    let complaint = Diagnostic::error("E0014", format!("`{word}` does not belong in {}", here.describe()));
    let complaint = complaint.label(span, "misplaced");
    match home {
        Place::File => complaint.help("move it out of the braces"),
        _ => complaint.help(format!("move it into {}", home.describe())),
    }
}

pub fn implied_multiplication(span: Span, left: &str, right: &str) -> Diagnostic {
    Diagnostic::error("E0018", format!("an operator is missing between `{left}` and `{right}`"))
        .label(span, "no multiplication is implied")
        .help(format!("if a product is meant, write `{left}*{right}`"))
}

pub fn missing_parentheses(span: Span, function: &str, argument: &str) -> Diagnostic {
    Diagnostic::error("E0018", format!("an operator is missing between `{function}` and `{argument}`"))
        .label(span, "an argument stands in parentheses")
        .help(format!("write `{function}({argument})`"))
}

pub fn word_for_range(span: Span) -> Diagnostic {
    Diagnostic::error("E0018", "a range is written with two dots")
        .label(span, "no word of a range")
        .help("write `..`, as in `0..10`")
}

pub fn equality_in_condition(span: Span) -> Diagnostic {
    Diagnostic::error("E0001", "`=` cannot stand in a condition")
        .label(span, "unexpected")
        .help("write `<=` or `>=`, by the side from which it is met; `==` compares what jumps")
}

pub fn missing_separator(span: Span, word: &str, separator: &str) -> Diagnostic {
    Diagnostic::error("E0018", format!("something is missing before `{word}`"))
        .label(span, "another one begins here")
        .help(format!("put a {separator} between the two"))
}

pub fn foreign_operator(span: Span, operator: &str, ours: &str) -> Diagnostic {
    Diagnostic::error("E0019", format!("`{operator}` is no operator"))
        .label(span, "not understood")
        .help(ours)
}

pub fn not_an_equation(span: Span) -> Diagnostic {
    Diagnostic::error("E0020", "this expression states nothing")
        .label(span, "neither an equation nor a declaration")
        .help("write an equation `x' = …`, or name the value: `let y = …`")
}

pub fn bare_conditional(span: Span) -> Diagnostic {
    Diagnostic::error("E0021", "an `if` inside an expression needs parentheses")
        .label(span, "this `if`")
        .help("write `(if condition then a else b)`")
}

pub fn trailing_comma(span: Span) -> Diagnostic {
    Diagnostic::error("E0022", "nothing follows this comma").label(span, "last comma").help("remove it")
}

pub fn unexpected(span: Span, found: &str, expected: &str) -> Diagnostic {
    let complaint =
        Diagnostic::error("E0001", format!("{found} cannot stand here")).label(span, "unexpected");
    if expected.is_empty() { complaint } else { complaint.help(format!("expected {expected}")) }
}

pub fn misspelt(span: Span, word: &str, meant: &str) -> Diagnostic {
    Diagnostic::error("E0001", format!("`{word}` cannot stand here"))
        .label(span, "unexpected")
        .help(format!("did you mean `{meant}`?"))
}

pub fn incomplete_head(span: Span, word: &str, needed: &str) -> Diagnostic {
    Diagnostic::error("E0001", format!("`{word}` needs {needed} behind it"))
        .label(span, format!("{needed} is expected behind this"))
        .help(format!("`ndec help language` shows the forms of `{word}`"))
}

pub fn ends_early(last: Span, expected: &str) -> Diagnostic {
    let complaint =
        Diagnostic::error("E0001", "the statement ends too early").label(last, "nothing follows this");
    if expected.is_empty() { complaint } else { complaint.help(format!("expected {expected}")) }
}
