//! The codes of this phase, for `ndec explain`.

use crate::diagnostics::CodeInfo;

const fn info(
    code: &'static str,
    title: &'static str,
    explanation: &'static str,
    example: &'static str,
) -> CodeInfo {
    CodeInfo { code, title, explanation, example }
}

/// In the order of their numbers.
pub const CODES: &[CodeInfo] = &[
    info(
        "E0001",
        "something unexpected",
        "The statement is none of the language's forms: the word named cannot follow what stands before it. The help \
         lists what could.",
        "model M { state x y = 1 }",
    ),
    info(
        "E0002",
        "a character that the language does not have",
        "Names are of Latin and Greek letters, digits, `_` and subscript digits; operators are those of a keyboard. \
         Characters that look alike, from a word processor or another alphabet, are not taken for them.",
        "model M { state x = 1; x' = 2×x }",
    ),
    info(
        "E0003",
        "a number with a bare dot",
        "A number has digits on both sides of its dot, so that `1..N` is a range from 1.",
        "model M { param p = 1. }",
    ),
    info(
        "E0004",
        "a text without its end",
        "A text stands in one line between two `\"`. There are no escapes in it.",
        "data d = csv(\"file.csv)",
    ),
    info(
        "E0005",
        "a bracket that is never closed",
        "Inside `( )` and `[ ]` newlines do not end a statement, so a missing bracket joins what follows to it. The \
         bracket that was opened is shown; the missing one belongs behind the last line that was meant to be inside.",
        "model M { state x = 1; x' = 2*(x + 1 }",
    ),
    info(
        "E0006",
        "a bracket that closes nothing",
        "Each `)`, `]` and `}` closes the last bracket that was opened, which must be of the same kind.",
        "model M { state x = 1; x' = 2*x) }",
    ),
    info(
        "E0007",
        "chained comparisons",
        "`a < b < c` would compare a truth value with a number. Both comparisons are written out.",
        "model M { state x = 1; x' = if 0 < x < 1 then 1 else 0 }",
    ),
    info(
        "E0008",
        "`<-` as an assignment",
        "`x <-1` compares x with -1. Equations and definitions have `=`, assignments of events `:=`.",
        "model M { state x = 1; x <- 1 }",
    ),
    info(
        "E0009",
        "`==` as an equation",
        "`==` compares two values and gives a truth value. Equations and definitions have one `=`.",
        "model M { state x = 1; x' == 2*x }",
    ),
    info(
        "E0010",
        "`=` and `:=` confused",
        "An equation `=` holds at all times; an assignment `:=` happens once, in an event. Neither can stand for the \
         other.",
        "model M { state x = 1; x' = 1; event e: when x > 2 { x = 0 } }",
    ),
    info(
        "E0011",
        "an `if` without `else`",
        "`if` is an expression: it has a value whether or not its condition holds, so `else` is mandatory.",
        "model M { state x = 1; x' = if x > 0 then 1 }",
    ),
    info(
        "E0012",
        "a statement that begins with a sign",
        "A line that begins with `+` or `-` goes on the line before it, so that long sums can be broken before their \
         operators. Hence no statement begins with a sign.",
        "model M { state x = 1; -x' = x }",
    ),
    info(
        "E0013",
        "a reserved word as a name",
        "Only `model state param const let fn if then else and or not for in true false` are reserved. Every other \
         word can be a name.",
        "model M { param in = 1 }",
    ),
    info(
        "E0014",
        "a statement of an unknown kind",
        "Each declaration begins with its keyword, and each kind of block has its own.",
        "model M { stat x = 1 }",
    ),
    info(
        "E0015",
        "too deeply nested",
        "Expressions and brackets nest at most 256 levels. Sums and products may be of any length.",
        concat!(
            "model M { let x = ",
            "------------------------------------------------------------------------------------------",
            "------------------------------------------------------------------------------------------",
            "------------------------------------------------------------------------------------------",
            "1 }"
        ),
    ),
    info(
        "E0016",
        "too large",
        "Files have at most 4 MiB, names at most 255 bytes, numbers are at most 1.8e308. Large tables belong in data \
         files.",
        "model M { param p = 1e999 }",
    ),
    info(
        "E0017",
        "a block that is missing or misplaced",
        "A `{ … }` follows the head of a model, layer, event, network or task, and its `{` stands on the head's line.",
        "model M",
    ),
    info(
        "E0018",
        "a missing operator or separator",
        "Between two operands stands an operator, between two declarations of a list a comma, between two statements a \
         new line or `;`. No multiplication is implied: `2x` and `2 (x + 1)` are not products. This leaves `x(t - 1)` free to mean a \
         delayed value.",
        "model M { state x = 1; x' = 2 x }",
    ),
    info(
        "E0019",
        "an operator of another language",
        "Powers are `^`; there are no compound assignments such as `+=`.",
        "model M { state x = 1; x' = x**2 }",
    ),
    info(
        "E0020",
        "an expression that states nothing",
        "A model's body is made of declarations and equations. A value that is of interest gets a name by `let`.",
        "model M { state x = 1; x' + x }",
    ),
    info(
        "E0021",
        "an `if` without parentheses inside an expression",
        "`if` binds loosest of all: its `else` takes everything to the right. As an operand it stands in parentheses.",
        "model M { state x = 1; x' = 1 + if x > 0 then 1 else 2 }",
    ),
    info(
        "E0022",
        "a comma at the end of a list",
        "Lists have commas between their members only. A statement does not end behind a comma: it goes on with the \
         next line.",
        "model M { let x = [1, 2, ] }",
    ),
];
