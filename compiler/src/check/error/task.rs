//! Tasks, their options, and data.

use super::info;
use crate::diagnostics::{CodeInfo, Diagnostic, Span};

pub fn unknown_option(name: &str, of: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0501", format!("{of} has no option `{name}`")).label(span, "not known");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

pub fn not_a_column(span: Span) -> Diagnostic {
    Diagnostic::error("E0510", "a column of data is needed here")
        .label(span, "no column")
        .help("columns are read as `d.name` of `data d = csv(\"file.csv\", time = \"t\")`")
}

pub const CODES: &[CodeInfo] = &[
    info(
        "E0501",
        "an unknown option",
        "Each kind of task, method and network has its own options; the one that is spelt most alike is proposed.",
        "model M { net f: 1 -> 1 = dense(1) { sed = 1 }; state x = 1; x' = f(x)[1] }",
    ),
    info(
        "E0510",
        "no column of data",
        "`interp(d.c, x)` reads the column c of `data d` over its time column.",
        "model M { state x = 1; x' = interp(x, t) }",
    ),
];
