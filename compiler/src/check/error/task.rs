//! Tasks, their options, and data.

use super::info;
use crate::check::module::Module;
use crate::diagnostics::{CodeInfo, Diagnostic, Span};
use crate::parse::ast;

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

pub fn unknown_method(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0503", format!("there is no method `{name}`")).label(span, "not found");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("`ndec methods` lists them; `auto` chooses one"),
    }
}

pub fn option_dropped(option: &str, method: &str, span: Span) -> Diagnostic {
    Diagnostic::advice("E0501", format!("`{method}` has no option `{option}`: it is left out"))
        .label(span, "of the method in the file")
}

pub fn method_argument(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0504", format!("options of `{name}` are given by name"))
        .label(span, "of what?")
        .help(format!("`{name}(rtol = 1e-8)`, `{name}(steps = 100)`"))
}

pub fn option_value(name: &str, wanted: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0504", format!("`{name}` takes {wanted}")).label(span, "not that")
}

pub fn quoted_method(text: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0504", "`method` takes the name of a method, which stands without quotes")
        .label(span, "a text")
        .help(format!("write `method = {text}`"))
}

pub fn one_point(span: Span) -> Diagnostic {
    Diagnostic::error("E0504", "a count of points to save includes both ends: it is 2 at least")
        .label(span, "one point")
        .help("for the end alone write its time in brackets: `save = [10]`")
}

pub fn option_choice(
    name: &str,
    given: &str,
    choices: &[&str],
    near: Option<&str>,
    span: Span,
) -> Diagnostic {
    let diagnostic = Diagnostic::error("E0504", format!("`{name}` cannot be `{given}`"))
        .label(span, format!("one of {}", choices.join(", ")));
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

pub fn tolerance_count(unknowns: u64, given: u64, span: Span) -> Diagnostic {
    Diagnostic::error("E0504", format!("{given} tolerances for {unknowns} unknowns"))
        .label(span, "one for each state and algebraic unknown, in the order of their declaration")
}

pub fn unknown_optimizer(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0505", format!("there is no optimiser `{name}`")).label(span, "not found");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("there are adam adamw lbfgs levenberg_marquardt"),
    }
}

pub fn unknown_data(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0506", format!("there is no data `{name}`")).label(span, "not found");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("declare it: `data {name} = csv(\"file.csv\", time = \"t\")`")),
    }
}

pub fn unknown_source(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0507", format!("`{name}` is no source of data")).label(span, "not found");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help("there are csv, table, simulate, npz and parquet"),
    }
}

pub fn source_argument(source: &str, wanted: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0508", format!("`{source}` takes {wanted}")).label(span, "not that")
}

pub fn loss_of_rows(span: Span) -> Diagnostic {
    Diagnostic::error("E0509", "`minimize` takes one number, this has one for each row")
        .label(span, "rows and elements are left")
        .help("reduce it: `sum(…)` or `mean(…)`")
}

pub fn fit_without_loss(span: Span) -> Diagnostic {
    Diagnostic::error("E0512", "this fit minimises nothing")
        .label(span, "no `minimize` and no `~`")
        .help("add `minimize sum((d.x - x)^2)`, or a likelihood `d.x ~ normal(x, σ)`")
}

pub fn fit_without_free(span: Span) -> Diagnostic {
    Diagnostic::error("E0512", "this fit frees nothing")
        .label(span, "no `free`")
        .help("name the parameters and networks to fit: `free k, f`")
}

pub fn sweep_without_vary(span: Span) -> Diagnostic {
    Diagnostic::error("E0512", "this sweep varies nothing")
        .label(span, "no `vary`")
        .help("add `vary k = linspace(0, 1, 11)` or `vary k ~ normal(0, 1)`")
}

pub fn network_needed(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0513", format!("`{name}` takes a network")).label(span, "no network")
}

pub fn unknown_event(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0514", format!("there is no event `{name}`")).label(span, "not found");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}

pub fn empty_over(span: Span) -> Diagnostic {
    Diagnostic::error("E0515", "this run has no length").label(span, "both ends are equal")
}

/// `span` are the ends of the run.
pub fn point_outside(t: f64, span: [f64; 2], at: Span) -> Diagnostic {
    let [from, to] = span;
    Diagnostic::warning("E0520", format!("{t} is outside of the run over {from}..{to}"))
        .label(at, "no row is saved there")
        .help("let the run go as far, or leave the point out")
}

pub fn unknown_model_of_task(module: &Module, path: &[ast::Name]) -> Diagnostic {
    let last = &path[path.len() - 1];
    let near = match path.len() {
        1 => crate::check::suggest::closest(&last.text, module.model_names(0)),
        _ => None,
    };
    super::name::unknown_model(&last.text, near, last.span)
}

pub fn unknown_column(data: &str, name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0511", format!("`{data}` has no column `{name}`")).label(span, "not found");
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{data}.{near}`?")),
        None => diagnostic,
    }
}

/// Data that has no rows and columns, by what is wrong with it.
pub fn no_table(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0516", what.to_owned())
        .label(span, "read here")
        .help("a table has columns with names, all of one length")
}

pub fn no_number(text: &str, wanted: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0517", format!("`{text}` is not {wanted}")).label(span, "in a table of data")
}

/// `at`: file, line and column of the cell.
pub fn bad_cell(at: &str, text: &str, column: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0517", format!("`{text}` is not a number ({at}, column `{column}`)"))
        .label(span, "read here")
        .help("write numbers as `1.5e-3`; a value that is missing is an empty cell, `NA` or `nan`")
}

pub fn times_fall(column: &str, time: &str, row: usize, before: f64, at: f64, span: Span) -> Diagnostic {
    let what = if before == at { "is there twice" } else { "comes after a later time" };
    Diagnostic::error(
        "E0518",
        format!("`interp` needs times that ascend: `{time}` = {at} {what} (row {row})"),
    )
    .label(span, format!("`{column}` is read here"))
    .help(format!("sort the rows by `{time}`, with each time once"))
}

pub fn missing_cell(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0519", format!("`interp` needs a finite number in each row: {what}"))
        .label(span, "read here")
        .help("leave out the row, or fill in its value")
}

/// A unit that the data gives a column.
pub fn column_unit(column: &str, unit: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0516", format!("`{unit}`, the unit of the column `{column}`, is not known"))
        .label(span, "read here")
        .help("units are written as in models: `mg/L`, `m/s^2`; `units = [\"hr\", \"mg/L\"]` overrides the header")
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
        "E0503",
        "an unknown method",
        "`ndec methods` lists the methods; `auto` chooses one by what the model is.",
        "model M { param k = 1; state x = 1; x' = -k*x }\nsolve M over 0..1 { method = tsit }",
    ),
    info(
        "E0504",
        "a wrong value of an option",
        "Each option takes values of one kind.",
        "model M { param k = 1; state x = 1; x' = -k*x }\nsolve M over 0..1 { seed = 1.5 }",
    ),
    info(
        "E0505",
        "an unknown optimiser",
        "Optimisers after `using` are adam, adamw, lbfgs and levenberg_marquardt.",
        "data d = table(t = [0, 1], x = [1, 2])\nmodel M { param k = 1; state x = 1; x' = -k*x }\nfit M on d { minimize sum((d.x - x)^2); free k; using adm(lr = 0.1) }",
    ),
    info(
        "E0506",
        "data that is not declared",
        "`fit M on d` names a `data d = …` of the file.",
        "model M { param k = 1; state x = 1; x' = -k*x }\nfit M on d { minimize sum(x^2); free k; using lbfgs() }",
    ),
    info(
        "E0507",
        "an unknown source of data",
        "Data comes from csv, table, simulate, npz or parquet.",
        "data d = cvs(\"a.csv\")",
    ),
    info(
        "E0508",
        "a wrong argument of a source of data",
        "A file's name is a text, columns of a `table` are lists, `simulate` takes a model.",
        "data d = csv(3)",
    ),
    info(
        "E0509",
        "a loss that is not one number",
        "In a fit, data columns and states are rows over the data's times; `sum` and `mean` reduce them.",
        "data d = table(t = [0, 1], x = [1, 2])\nmodel M { param k = 1; state x = 1; x' = -k*x }\nfit M on d { minimize (d.x - x)^2; free k; using lbfgs() }",
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
    info(
        "E0512",
        "a task without its main statement",
        "A fit minimises something over something that is free; a sweep varies something.",
        "model M { param k = 1; state x = 1; x' = -k*x }\nsweep M over 0..1 { samples = 3 }",
    ),
    info(
        "E0513",
        "no network",
        "`l1(f)` and `l2(f)` are norms of the weights of a network.",
        "data d = table(t = [0, 1], x = [1, 2])\nmodel M { param k = 1; state x = 1; x' = -k*x }\nfit M on d { minimize sum((d.x - x)^2) + l2(k); free k; using lbfgs() }",
    ),
    info(
        "E0514",
        "an event that does not exist",
        "`log = [event, n]` names an event of the model and what is written after each firing.",
        "model M { state x = 1; x' = 1; event ping: at 1 { x := 0 } }\nsolve M over 0..2 { log = [pong, x] }",
    ),
    info(
        "E0515",
        "a run without length",
        "`over a..b` goes from a to b; b may be smaller, to go back in time.",
        "model M { param k = 1; state x = 1; x' = -k*x }\nsolve M over 1..1",
    ),
    info(
        "E0516",
        "no table",
        "Data is a table: columns with names, all of one length. A file of data begins with a line of names, with their \
         units in brackets where they have some: `t [hr],c [mg/L]`.",
        "data d = table(t = [0, 1, 2], x = [1, 2])\nmodel M { state x = 1; x' = interp(d.x, t) }",
    ),
    info(
        "E0517",
        "a cell that is no number",
        "The cells of data are numbers; a cell that is empty, `NA` or `nan` has no value.",
        "data d = table(t = [0, 1], x = [1, \"two\"])\nmodel M { state x = 1; x' = interp(d.x, t) }",
    ),
    info(
        "E0518",
        "times that do not ascend",
        "`interp` reads a column as a function of the data's times, so that each row has a later time than the one \
         before it.",
        "data d = table(t = [0, 2, 1], x = [1, 2, 3])\nmodel M { state x = 1; x' = interp(d.x, t) }",
    ),
    info(
        "E0519",
        "a value that is missing",
        "A fit leaves out what is missing; `interp` needs a time and a value in each row.",
        "data d = table(t = [0, 1, 2], x = [1, nan, 3])\nmodel M { state x = 1; x' = interp(d.x, t) }",
    ),
    info(
        "E0520",
        "a point outside of the run",
        "`save = […]` names times between the ends of the run; a row at any other time is not there to be saved.",
        "model M { state x = 1; x' = -x }\nsolve M over 0..1 { save = [0, 2] }",
    ),
];
