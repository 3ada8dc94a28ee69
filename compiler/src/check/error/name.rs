//! Names that nobody declared, that are declared twice, or that are something else.

use std::sync::Arc;

use super::info;
use crate::check::scope::Level;
use crate::check::value::shape_text;
use crate::diagnostics::{CodeInfo, Diagnostic, Span};
use crate::parse::ast;

fn did_you_mean(diagnostic: Diagnostic, near: Option<&str>, otherwise: &str) -> Diagnostic {
    match near {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None if otherwise.is_empty() => diagnostic,
        None => diagnostic.help(otherwise),
    }
}

pub fn unknown_name(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let declare = format!("declare it: `param {name} = …`, `state {name} = …` or `let {name} = …`");
    did_you_mean(
        Diagnostic::error("E0101", format!("`{name}` is not declared")).label(span, "not found"),
        near,
        &declare,
    )
}

/// `dx` or `dt` of a derivative as books write it.
pub fn differential(name: &str, derivative: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0101", format!("`{name}` is not declared"))
        .label(span, "not found")
        .help(format!("a derivative by time is written `{derivative}`: `{derivative} = …`"))
}

pub fn unknown_argument(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    did_you_mean(
        Diagnostic::error("E0101", format!("`{name}` is no argument of the function"))
            .label(span, "not found"),
        near,
        "a function of a file sees its arguments alone; hand the value over as one",
    )
}

/// Functions as other languages call them.
const FOREIGN: &[(&str, &str)] = &[
    ("ln", "log"),
    ("sqr", "x^2"),
    ("square", "x^2"),
    ("pow", "x^n"),
    ("power", "x^n"),
    ("arcsin", "asin"),
    ("arccos", "acos"),
    ("arctan", "atan"),
    ("arctan2", "atan2"),
    ("fabs", "abs"),
    ("sgn", "sign"),
    ("signum", "sign"),
    ("heaviside", "step"),
    ("logistic", "sigmoid"),
    ("swish", "silu"),
    ("fmod", "mod"),
    ("rem", "mod"),
    ("norm", "sqrt(dot(x, x))"),
    ("matmul", "A @ B"),
    ("ifelse", "if c then a else b"),
    ("where", "if c then a else b"),
    ("product", "prod"),
    ("total", "sum"),
];

pub fn unknown_function(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    let foreign = FOREIGN.iter().find(|(foreign, _)| *foreign == name);
    did_you_mean(
        Diagnostic::error("E0102", format!("there is no function `{name}`")).label(span, "not found"),
        foreign.map(|(_, ours)| *ours).or(near),
        &format!("define it: `fn {name}(x) = …`"),
    )
}

pub fn unknown_model(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    did_you_mean(
        Diagnostic::error("E0103", format!("there is no model `{name}`")).label(span, "not found"),
        near,
        &format!("declare it: `model {name} {{ … }}`"),
    )
}

pub fn unknown_import(name: &str, near: Option<&str>, span: Span) -> Diagnostic {
    did_you_mean(
        Diagnostic::error("E0103", format!("no import is named `{name}`")).label(span, "not found"),
        near,
        &format!("import it: `import \"{name}.nde\" as {name}`"),
    )
}

pub fn unknown_member(owner: &str, model: &str, member: &ast::Name, near: Option<&str>) -> Diagnostic {
    let member_text = &member.text;
    let near = near.map(|near| format!("{owner}.{near}"));
    did_you_mean(
        Diagnostic::error("E0104", format!("`{owner}` has no `{member_text}`"))
            .label(member.span, format!("not declared in model `{model}`")),
        near.as_deref(),
        "",
    )
}

pub fn has_no_members(name: &str, what: &str, member: &ast::Name, span: Span) -> Diagnostic {
    Diagnostic::error("E0104", format!("`{name}` has no `{}`: it is {what}", member.text))
        .label(span, what.to_string())
        .help("only instances (`use Model as name`), imports and data have members")
}

pub fn no_members(span: Span, member: &ast::Name) -> Diagnostic {
    Diagnostic::error("E0104", format!("there is no `{}` here", member.text))
        .label(span, "has no members")
        .help("only instances (`use Model as name`), imports and data have members")
}

pub fn declared_twice(name: &str, span: Span, before: Option<Span>) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0105", format!("`{name}` is declared twice")).label(span, "declared again here");
    match before {
        Some(before) => diagnostic.label(before, "first declared here"),
        None => diagnostic,
    }
    .help("give one of them another name")
}

pub fn predefined(name: &str, span: Span) -> Diagnostic {
    let meaning = match name {
        "t" => "the time",
        "pi" => "the number π",
        _ => "infinity",
    };
    Diagnostic::error("E0106", format!("`{name}` is {meaning} and cannot be declared"))
        .label(span, "predefined name")
        .help(match name {
            "t" => "give it another name; `input t: hr` only sets the unit of time",
            _ => "give it another name",
        })
}

pub fn not_a_value(name: &str, what: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("E0107", format!("`{name}` is {what}, which has no value"))
        .label(span, "a value is needed here");
    match what {
        "a function" | "a network" => diagnostic.help(format!("call it: `{name}(…)`")),
        "an instance of a model" => diagnostic.help(format!("read one of its members: `{name}.x`")),
        _ => diagnostic,
    }
}

pub fn not_a_function(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0107", format!("`{name}` is no function")).label(span, "cannot be called")
}

pub fn not_callable(callee: &ast::Expr, what: &str, argument: Option<&ast::Expr>) -> Diagnostic {
    let name = crate::check::text::compact(callee);
    let diagnostic = Diagnostic::error("E0108", format!("`{name}` is {what}, not a function"))
        .label(callee.span, "called here");
    match argument {
        Some(argument) => {
            let argument = crate::check::text::compact(argument);
            diagnostic.help(format!("did you mean `{name}*({argument})`? there is no implied multiplication"))
        }
        None => diagnostic,
    }
}

pub fn arity(name: &str, wanted: usize, given: usize, span: Span) -> Diagnostic {
    let arguments = if wanted == 1 { "argument" } else { "arguments" };
    Diagnostic::error("E0109", format!("`{name}` takes {wanted} {arguments}, {given} given"))
        .label(span, format!("{given} given"))
}

/// The path begins and ends with the same name.
pub fn cycle(path: &[String], spans: &[Span]) -> Diagnostic {
    let shown = match path.len() {
        n if n > 12 => format!("{} → … → {}", path[..6].join(" → "), path[n - 5..].join(" → ")),
        _ => path.join(" → "),
    };
    let message = match path.len() {
        2 => format!("`{}` is defined by itself", path[0]),
        _ => format!("definitions form a cycle: {shown}"),
    };
    let mut diagnostic = Diagnostic::error("E0110", message);
    for (name, span) in path.iter().zip(spans).take(6) {
        diagnostic = diagnostic.label(*span, format!("`{name}`"));
    }
    diagnostic.help("make one of them an unknown: `alg z = guess` with an equation `0 = …`")
}

pub fn recursion(open: &[Arc<str>], name: &str, span: Span) -> Diagnostic {
    let mut path: Vec<&str> = open.iter().map(|name| &**name).collect();
    path.push(name);
    Diagnostic::error("E0111", format!("functions call each other without end: {}", path.join(" → ")))
        .label(span, "expanded from here")
        .help("functions are expanded where they are called, so none may come back to itself")
}

pub fn model_recursion(path: &[String], span: Span) -> Diagnostic {
    Diagnostic::error("E0111", format!("models contain each other without end: {}", path.join(" → ")))
        .label(span, "used here")
}

pub fn reads_too_much(what: &str, name: &str, level: Level, span: Span) -> Diagnostic {
    let kind = match level {
        Level::Constant => "a constant",
        Level::Parameter => "a parameter",
        Level::Input => "an input",
        Level::Time => "the time",
        Level::Discrete => "changed by events",
        Level::State => "an unknown",
        Level::Noise => "a noise",
    };
    let diagnostic = Diagnostic::error("E0112", format!("{what} cannot depend on `{name}`, which is {kind}"))
        .label(span, format!("reads `{name}`"));
    match (what, level) {
        ("a constant", _) => diagnostic.help("write `let` instead of `const`"),
        ("an initial value", Level::State) => {
            diagnostic.help("let both initial values depend on one `param`")
        }
        _ => diagnostic,
    }
}

pub fn named_argument(span: Span) -> Diagnostic {
    Diagnostic::error("E0113", "functions take their arguments by place").label(span, "a named argument")
}

pub fn comprehension_outside(span: Span) -> Diagnostic {
    Diagnostic::error("E0113", "`for` stands only in `sum`, `prod`, `min` and `max`")
        .label(span, "repeated here")
}

pub fn pipeline_outside(span: Span) -> Diagnostic {
    Diagnostic::error("E0113", "`>>` joins layers, in a `net` or in a layer's argument")
        .label(span, "not a layer")
}

pub fn text_as_value(span: Span) -> Diagnostic {
    Diagnostic::error("E0114", "a text is no number").label(span, "a number is needed here")
}

pub fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error("E0115", "this nests too deep").label(span, "expanded from here")
}

pub fn too_large(span: Span) -> Diagnostic {
    Diagnostic::error("E0115", "the model grows too large when its functions are expanded")
        .label(span, "given up here")
        .help("give intermediate results a name with `let`: a definition is never expanded")
}

pub fn derivative_by(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0116", format!("`{name}(e, x)` is by a state, an input, a parameter or a definition"))
        .label(span, "not the name of one")
}

pub fn derivative_shape(name: &str, shape: &[u64], by: &[u64], span: Span) -> Diagnostic {
    let (shape, by) = (shape_text(shape), shape_text(by));
    let diagnostic = Diagnostic::error("E0116", format!("`{name}` of {shape} by {by}")).label(span, shape);
    match name {
        "grad" => diagnostic.help("the gradient is that of a number; the Jacobian is `jac(e, x)`"),
        _ => diagnostic.help("the divergence takes as many elements as there are variables"),
    }
}

pub fn no_derivative(function: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0116", format!("`{function}` has no declared derivative"))
        .label(span, "a derivative of it is needed here")
        .help(format!("declare it: `fn {function}(x) = … derivative …`"))
}

pub fn derivative_through_table(span: Span) -> Diagnostic {
    Diagnostic::error("E0116", "derivatives through a constant table of subscripts are not in this version")
        .label(span, "a derivative in a model")
}

pub fn hides_library(name: &str, span: Span) -> Diagnostic {
    Diagnostic::advice("E0117", format!("`{name}` hides the library's `{name}`"))
        .label(span, "used in place of the library's")
        .help("give it another name if that is not meant")
}

pub const CODES: &[CodeInfo] = &[
    info(
        "E0101",
        "a name that is not declared",
        "Every name of a model is declared: only `t`, `pi` and `inf` are predefined. The name that is spelt most \
         alike is proposed.",
        "model M { param alpha = 1; state x = 1; x' = alhpa*x }",
    ),
    info(
        "E0102",
        "a function that does not exist",
        "Functions are those of the standard library, of the file, of the model and of imported files.",
        "model M { state x = 1; x' = sinn(x) }",
    ),
    info(
        "E0103",
        "a model or an import that does not exist",
        "Tasks and `use` name a model of the file, or `alias.Model` of an imported one.",
        "model Tank { state x = 1; x' = -x }\nsolve Tnak over 0..1",
    ),
    info(
        "E0104",
        "a member that does not exist",
        "`a.level` reads what the model of the instance `a` declares under that name.",
        "model Tank { state level = 1; level' = -level }\nmodel M { use Tank as a; state x = 1; x' = a.levle }",
    ),
    info(
        "E0105",
        "a name declared twice",
        "Each name of a model, and each name of a file, is declared once.",
        "model M { param k = 1; state k = 1; k' = 1 }",
    ),
    info(
        "E0106",
        "a predefined name declared",
        "`t`, `pi` and `inf` mean the same everywhere. `input t: hr` gives the time another unit.",
        "model M { param pi = 3; state x = 1; x' = pi*x }",
    ),
    info(
        "E0107",
        "something without a value where a value is needed",
        "Functions and networks are called, instances are read by their members, index sets are bound by a subscript \
         or by `for`.",
        "fn f(x) = x^2\nmodel M { state x = 1; x' = f + x }",
    ),
    info(
        "E0108",
        "a call of something that is no function",
        "There is no implied multiplication: `k(x - 1)` would be a call. A call on a state's name is its past, \
         `x(t - 1)`.",
        "model M { param k = 2; state x = 1; x' = k(x - 1) }",
    ),
    info(
        "E0109",
        "a wrong number of arguments",
        "A function is called with as many arguments as its declaration lists.",
        "model M { state x = 1; x' = sin(x, 2) }",
    ),
    info(
        "E0110",
        "a cycle of definitions",
        "A `let` or a `const` may not depend on itself, directly or through others. What is determined by an equation \
         is an unknown: `alg`.",
        "model M { let a = b + 1; let b = a + 1; state x = 1; x' = a }",
    ),
    info(
        "E0111",
        "recursion",
        "Functions are expanded where they are called and models where they are used, so neither may come back to \
         itself.",
        "fn f(x) = f(x - 1)\nmodel M { state x = 1; x' = f(x) }",
    ),
    info(
        "E0112",
        "something that may not be read here",
        "A `const` depends on constants alone; a default of a parameter on constants and parameters; an initial value \
         on neither states nor noise.",
        "model M { param k = 1; const c = 2*k; state x = 1; x' = c*x }",
    ),
    info(
        "E0113",
        "an argument of a form that has no place here",
        "Named arguments belong to models, layers and options; `for` to reductions; `>>` to networks.",
        "model M { state x = 1; x' = sin(x for i in 1..3) }",
    ),
    info(
        "E0114",
        "a text where a number is needed",
        "Texts name files and options; they have no place in equations.",
        "model M { state x = 1; x' = \"fast\" }",
    ),
    info(
        "E0115",
        "a model that grows too large or too deep",
        "Functions are expanded where they are called. Definitions (`let`) are not: giving intermediate results a name \
         keeps a model small.",
        concat!(
            "fn a(x) = x*(x + 1)\n",
            "fn b(x) = a(x)*a(x + 1)*a(x + 2)*a(x + 3)*a(x + 4)*a(x + 5)*a(x + 6)*a(x + 7)\n",
            "fn c(x) = b(x)*b(x + 1)*b(x + 2)*b(x + 3)*b(x + 4)*b(x + 5)*b(x + 6)*b(x + 7)\n",
            "fn d(x) = c(x)*c(x + 1)*c(x + 2)*c(x + 3)*c(x + 4)*c(x + 5)*c(x + 6)*c(x + 7)\n",
            "fn e(x) = d(x)*d(x + 1)*d(x + 2)*d(x + 3)*d(x + 4)*d(x + 5)*d(x + 6)*d(x + 7)\n",
            "fn f(x) = e(x)*e(x + 1)*e(x + 2)*e(x + 3)*e(x + 4)*e(x + 5)*e(x + 6)*e(x + 7)\n",
            "fn g(x) = f(x)*f(x + 1)*f(x + 2)*f(x + 3)*f(x + 4)*f(x + 5)*f(x + 6)*f(x + 7)\n",
            "fn h(x) = g(x)*g(x + 1)*g(x + 2)*g(x + 3)*g(x + 4)*g(x + 5)*g(x + 6)*g(x + 7)\n",
            "model M { state x = 1; x' = h(x) }",
        ),
    ),
    info(
        "E0116",
        "a derivative in a model that cannot be taken",
        "`grad(e, x)` is the derivative of a number by each element of x, `jac(e, x)` that of each element, `div(e, x)` \
         the sum of each by its own.",
        "model M { state x[2] = 1; x' = -grad(x^2, x) }",
    ),
    info(
        "E0117",
        "a function that hides one of the library",
        "A file's own functions and layers come before those of the standard library with the same name.",
        "fn sigmoid(x) = 1/(1 + exp(-x))\nmodel M { state x = 1; x' = sigmoid(x) }",
    ),
];
