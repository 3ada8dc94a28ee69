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

pub fn unknown_distribution(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0502", format!("there is no distribution `{name}`")).label(span, "not found");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(
            "there are normal lognormal uniform exponential gamma beta student_t cauchy half_normal poisson binomial \
             negative_binomial bernoulli categorical",
        ),
    }
}

pub fn distribution_form(span: Span) -> Diagnostic {
    Diagnostic::error("E0502", "a distribution is a name with its arguments").label(span, "no distribution")
}

pub fn distribution_arguments(name: &str, expected: &[&str], given: usize, span: Span) -> Diagnostic {
    Diagnostic::error("E0502", format!("`{name}` takes {} arguments, {given} given", expected.len()))
        .label(span, format!("{given} given"))
        .help(format!("`{name}({})`", expected.join(", ")))
}

pub fn unknown_column(data: &str, name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0511", format!("`{data}` has no column `{name}`")).label(span, "not found");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{data}.{near}`?")),
        None => diagnostic,
    }
}

pub const CODES: &[CodeInfo] = &[
    info(
        "E0501",
        "an unknown option",
        "Each kind of task, method and network has its own options; the one that is spelt most alike is proposed.",
        "model M { net f: 1 -> 1 = dense(1) { sed = 1 }; state x = 1; x' = f(x)[1] }",
    ),
    info(
        "E0502",
        "an unknown distribution",
        "Distributions stand after `~` and have names of their own: normal lognormal uniform exponential gamma beta \
         student_t cauchy half_normal poisson binomial negative_binomial bernoulli categorical.",
        "model M { param k = 1 ~ norml(0, 1); state x = 1; x' = -k*x }",
    ),
    info(
        "E0510",
        "no column of data",
        "`interp(d.c, x)` reads the column c of `data d` over its time column.",
        "model M { state x = 1; x' = interp(x, t) }",
    ),
    info(
        "E0511",
        "a column that the data does not have",
        "The columns of `table(…)` are its arguments, those of `simulate(M, …)` the variables of M.",
        "data d = table(t = [0, 1], x = [1, 2])\nmodel M { state x = 1; x' = interp(d.y, t) }",
    ),
];
