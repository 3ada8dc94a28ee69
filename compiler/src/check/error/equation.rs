//! Equations, unknowns, pieces and initial values that do not fit together.

use super::info;
use crate::algebra::Range;
use crate::check::structure::Mistake;
use crate::diagnostics::{CodeInfo, Diagnostic, Span};

/// `count` is `3 unknowns {x, y, z}; 2 equations determine {x, y}`.
pub fn no_equation(name: &str, kind: &str, state: IsState, count: &str, span: Span) -> Diagnostic {
    let help = match state {
        IsState::Yes => format!("add `{name}' = …`, or declare it with `let {name} = …`"),
        IsState::No => format!("add `0 = …` that involves {name}, or declare it with `let {name} = …`"),
    };
    Diagnostic::error("E0301", format!("`{name}` has no equation"))
        .label(span, format!("{kind} declared here: {count}"))
        .help(help)
}

/// Which equation an unknown lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsState {
    Yes,
    No,
}

pub fn surplus_equation(count: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0302", "this equation determines nothing")
        .label(span, format!("one too many: {count}"))
        .help("remove it, or declare an unknown that it determines: `alg z = guess`")
}

pub fn bare_state(name: &str, right: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error("E0303", format!("`{name}` is a state: its equation gives its derivative"))
        .label(span, "no derivative")
        .label(declared, "declared as a state here")
        .help(format!(
            "write `{name}' = …` for its equation, `state {name} = {right}` for its initial value, or declare it \
             with `let {name} = {right}` if it follows from others"
        ))
}

pub fn equation_of_known(name: &str, what: &str, span: Span, declared: Span) -> Diagnostic {
    Diagnostic::error("E0302", format!("`{name}` is {what}: it has its value already"))
        .label(span, "this equation determines nothing")
        .label(declared, "declared here")
        .help(format!("remove the equation, or make it an unknown: `alg {name} = guess`"))
}

/// A part of an array as text: `u[2..4, 1]`.
pub fn place_text(name: &str, place: &[Range]) -> String {
    if place.is_empty() {
        return name.to_owned();
    }
    let part = |range: &Range| match range.len() {
        1 => range.start.to_string(),
        _ => format!("{}..{}", range.start, range.end - 1),
    };
    format!("{name}[{}]", place.iter().map(part).collect::<Vec<_>>().join(", "))
}

pub fn twice(name: &str, place: &[Range], spans: [Span; 2]) -> Diagnostic {
    let help = match place {
        [] => "remove one of them",
        _ => "restrict one of them with `for i in …`, or remove it",
    };
    let place = place_text(name, place);
    Diagnostic::error("E0304", format!("`{place}` is determined twice"))
        .label(spans[1], "again here")
        .label(spans[0], "first here")
        .help(help)
}

pub fn gap(name: &str, place: &[Range], span: Span) -> Diagnostic {
    let place = place_text(name, place);
    Diagnostic::error("E0305", format!("nothing determines `{place}`"))
        .label(span, "the pieces leave it out")
        .help("add an equation for it, or widen a range")
}

pub fn too_many_pieces(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0305", format!("`{name}` has more pieces than can be looked at"))
        .label(span, "one of them")
        .help("use an index set and `for`")
}

pub fn not_a_box(span: Span) -> Diagnostic {
    Diagnostic::error("E0306", "the left side takes each index once, as `u[i]`, `u[i+1]` or `u[3]`")
        .label(span, "not a rectangular part of the array")
        .help("choose the elements by the range: `… for i in 2..N-1`")
}

pub fn side_outside(name: &str, place: &[Range], whole: &[Range], span: Span) -> Diagnostic {
    let (place, whole) = (place_text(name, place), place_text(name, whole));
    Diagnostic::error("E0205", format!("`{place}` is outside of `{whole}`")).label(span, "leaves the array")
}

pub fn prime_of(name: &str, what: &str, span: Span) -> Diagnostic {
    let help = match what {
        "an algebraic unknown" | "a parameter" | "a constant" | "a discrete variable" => {
            format!("where it follows an equation `{name}' = …`, declare it with `state {name} = …`")
        }
        "a noise" => format!("the white noise is `{name}'`"),
        _ => "write out its derivative".to_owned(),
    };
    Diagnostic::error("E0307", format!("`{name}` is {what}: only states have a derivative"))
        .label(span, "derivative taken here")
        .help(help)
}

pub fn prime_of_expression(span: Span) -> Diagnostic {
    Diagnostic::error("E0307", "`'` is the derivative of a state, not of an expression")
        .label(span, "derivative taken here")
}

pub fn derivative_in_definition(name: &str, derivative: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0308", format!("`{name}` reads `{derivative}`, which no explicit equation gives"))
        .label(span, "read here")
        .help(format!("write the equation as `{derivative} = …`"))
}

pub fn noise_misused(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0310", format!("`{name}` occurs linearly, and only in equations of states"))
        .label(span, "the noise stands here")
        .help(format!("write `x' = f + g*{name}`"))
}

pub fn no_initial_value(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0311", format!("`{name}` has no initial value"))
        .label(span, "declared without a value")
        .help(format!("write `{name} = …`"))
}

pub fn bad_init(name: &str, value: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "E0312",
        "`init` is for derivatives and constraints; this value stands in the declaration",
    )
    .label(span, "a declared initial value")
    .help(format!("write `state {name} = {value}`"))
}

pub fn no_initial_derivative(name: &str, span: Span) -> Diagnostic {
    Diagnostic::advice("E0313", format!("`{name}` starts at 0"))
        .label(span, "its equation is of a higher order")
        .help(format!("say so: `init {name} = 0`"))
}

pub fn history_of(name: &str, what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0314", format!("`{name}` is {what}: only states have a history"))
        .label(span, "history given here")
}

pub fn history_unused(name: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("E0314", format!("nothing reads the past of `{name}`"))
        .label(span, "history given here")
        .help(format!("a delay is written `{name}(t - τ)`"))
}

pub fn no_correlation(span: Span) -> Diagnostic {
    Diagnostic::error("E0320", "this is no correlation matrix")
        .label(span, "symmetric, with ones on the diagonal, nothing beyond ±1")
}

pub fn past_arguments(name: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0315", format!("the past of `{name}` takes one time: `{name}(t - τ)`"))
        .label(span, "called here")
}

pub fn bad_target(name: &str, what: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0316", format!("an event cannot change `{name}`, which is {what}"))
        .label(span, "assigned here")
        .help("events change states and `discrete` variables")
}

pub fn not_a_target(span: Span) -> Diagnostic {
    Diagnostic::error("E0316", "an event assigns to a state or a `discrete` variable")
        .label(span, "assigned here")
        .help("write `x := …` with the name of one, or `u[2] := …` for an element")
}

/// `sides` are those of the equality, where it stands in the condition itself.
pub fn equality_of_event(sides: Option<[&str; 2]>, span: Span) -> Diagnostic {
    let help = match sides {
        Some([a, b]) => format!("write `{a} <= {b}` or `{a} >= {b}`, by the side from which it is met"),
        None => "compare by `<=` or `>=`, by the side from which equality is met".to_owned(),
    };
    Diagnostic::error(
        "E0324",
        "an event cannot wait for numbers to be equal, which they are at instants only",
    )
    .label(span, "both sides change continuously, or one of them")
    .help(help)
}

pub fn default_outside(name: &str, value: f64, low: f64, high: f64, span: Span) -> Diagnostic {
    Diagnostic::error("E0317", format!("the default {value} of `{name}` is outside of [{low}, {high}]"))
        .label(span, "its bounds")
}

pub fn bounds_reversed(name: &str, low: f64, high: f64, span: Span) -> Diagnostic {
    Diagnostic::error("E0317", format!("the bounds of `{name}` are empty: [{low}, {high}]"))
        .label(span, "its bounds")
}

pub fn assigned_twice(name: &str, spans: [Span; 2]) -> Diagnostic {
    Diagnostic::error("E0318", format!("one event assigns `{name}` twice"))
        .label(spans[1], "again here")
        .label(spans[0], "first here")
        .help("all assignments of an event apply together")
}

pub fn nothing_to_solve(model: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0319", format!("`{model}` has no unknowns"))
        .label(span, "nothing changes here")
        .help("declare a state and its equation: `state x = 1` and `x' = …`")
}

pub fn undetermined(mistake: &Mistake, spans: &[Span]) -> Diagnostic {
    let list = |names: &[String]| {
        let shown: Vec<&str> = names.iter().take(8).map(String::as_str).collect();
        let more = if names.len() > 8 { ", …" } else { "" };
        format!("{{{}{more}}}", shown.join(", "))
    };
    let count = mistake.determined.len();
    let unknowns = if count == 1 { "unknown" } else { "unknowns" };
    let text = format!("{} equations for {count} {unknowns} {}", mistake.count, list(&mistake.determined));
    let message = match &mistake.undetermined[..] {
        [] => "these equations have too few unknowns".to_owned(),
        [one] => format!("nothing determines `{one}`"),
        _ => format!("nothing determines {}", list(&mistake.undetermined)),
    };
    let mut diagnostic = Diagnostic::error("E0321", message);
    for (k, span) in spans.iter().take(SHOWN).enumerate() {
        let label = if k == 0 { text.clone() } else { "and this one".to_owned() };
        diagnostic = diagnostic.label(*span, label);
    }
    diagnostic.help("one of these equations has to involve what is left over; differentiating them does not")
}

pub fn index_too_high(most: u32, spans: &[Span]) -> Diagnostic {
    let message = format!("an equation would have to be differentiated more than {most} times");
    let mut diagnostic = Diagnostic::error("E0322", message);
    for (k, span) in spans.iter().take(SHOWN).enumerate() {
        diagnostic =
            diagnostic.label(*span, if k == 0 { "this constraint" } else { "together with this one" });
    }
    diagnostic.help("write the derivative of the constraint in its place, with the constraint as `init`")
}

pub fn structure_too_large(span: Span) -> Diagnostic {
    Diagnostic::error("E0323", "these constraints are too many to be differentiated")
        .label(span, "this equation determines an unknown only through its derivatives")
        .help("write the derivatives of the constraints in their place, with the constraints as `init`")
}

/// Equations that one complaint shows.
const SHOWN: usize = 6;

pub const CODES: &[CodeInfo] = &[
    info(
        "E0301",
        "an unknown without an equation",
        "Each state and each algebraic unknown is determined by one equation. Equations and unknowns are matched; what \
         is left over is named.",
        "model M { state x = 1; alg z = 0; x' = -x + z }",
    ),
    info(
        "E0302",
        "an equation without an unknown",
        "An equation that is no derivative's determines an algebraic unknown. Here all of them are determined already.",
        "model M { state x = 1; x' = -x; 0 = x - 1 }",
    ),
    info(
        "E0303",
        "an equation of a state without its derivative",
        "`x' = …` is the equation of a state, `state x = …` its initial value. What follows from others at each time \
         is no state but `let x = …`.",
        "model M { state x = 1; x = 2 }",
    ),
    info(
        "E0304",
        "something determined twice",
        "The pieces of an equation or a definition tile the array: each element once.",
        "model M { index i in 1..4; state u[i] = 1; u'[i] = -u[i]; u'[1] = 0 }",
    ),
    info(
        "E0305",
        "pieces that leave a gap",
        "The pieces of an equation or a definition tile the array: no element is left out.",
        "model M { index i in 1..4; state u[i] = 1; u'[i] = -u[i] for i in 2..4 }",
    ),
    info(
        "E0306",
        "a left side that is no rectangular part",
        "A piece is chosen by constants and by ranges of different indices, so that N plays no part in checking it.",
        "model M { index i in 1..4; state u[i] = 1; u'[2*i] = 0 for i in 1..2 }",
    ),
    info(
        "E0307",
        "a derivative of something that is no state",
        "`x'` is defined for states; `W'` is the white noise of a noise.",
        "model M { param k = 1; state x = 1; x' = k' }",
    ),
    info(
        "E0308",
        "a definition that reads a derivative nobody gives",
        "A `let` may read `x'` where an explicit equation gives it.",
        "model M { state x = 1, y = 1; let v = x' + y; x'*y = 1; y' = 0 }",
    ),
    info(
        "E0310",
        "noise where it means nothing",
        "`W'` is white noise: it has a meaning only as a linear term of an equation of a state.",
        "model M { noise W; state x = 1; x' = -x + W'^2 }",
    ),
    info(
        "E0311",
        "a state without an initial value",
        "A state is declared with its value at the start: `state x = 1`.",
        "model M { state x; x' = -x }",
    ),
    info(
        "E0312",
        "an initial value in the wrong place",
        "The initial value of a state stands in its declaration; `init` gives those of derivatives, and constraints.",
        "model M { state x = 1; x' = -x; init x = 2 }",
    ),
    info(
        "E0313",
        "an initial derivative that nobody gave",
        "An equation of second order needs two initial values. Without `init x' = …` the derivative starts at 0.",
        "model M { state x = 1; x'' = -x }",
    ),
    info(
        "E0314",
        "a history of something that is no state",
        "The past that a delay reads belongs to a state.",
        "model M { param k = 1; state x = 1; history k = t; x' = -k*x(t - 1) }",
    ),
    info(
        "E0315",
        "a past without one time",
        "A call on the name of a state is its value at the time given.",
        "model M { state x = 1; x' = -x(t - 1, 2) }",
    ),
    info(
        "E0316",
        "an event that changes what it cannot",
        "Events assign to states and `discrete` variables; parameters and definitions are not theirs.",
        "model M { param k = 1; state x = 1; x' = -k*x; event e: at 1 { k := 2 } }",
    ),
    info(
        "E0317",
        "a default outside of its bounds",
        "The default of a parameter lies inside the bounds that a fit keeps it in.",
        "model M { param k = 3 in [0, 1]; state x = 1; x' = -k*x }",
    ),
    info(
        "E0318",
        "two assignments to one variable",
        "All assignments of one event apply together, so each target stands once.",
        "model M { state x = 1; x' = -x; event e: at 1 { x := 2; x := 3 } }",
    ),
    info(
        "E0319",
        "a model without unknowns",
        "A task solves for states and algebraic unknowns; a model without them can only be part of another.",
        "model M { param k = 1 }\nsolve M over 0..1",
    ),
    info(
        "E0320",
        "no correlation matrix",
        "`corr` gives the correlations of the processes: symmetric, with ones on the diagonal. Strengths stand before \
         the noise: `σ*W'`.",
        "model M { noise W[2] corr [[2, 0], [0, 1]]; state x = 1; x' = W'[1] + W'[2] }",
    ),
    info(
        "E0321",
        "equations that cannot determine their unknowns",
        "Constraints are differentiated until all unknowns can be computed. Here some equations have fewer unknowns \
         than there are of them, however often they are differentiated, and other unknowns are left over.",
        "model M { state q[2] = 0; alg λ[2] = 0; q' = λ; 0 = q[1] - t; 0 = q[1] - 2*t }",
    ),
    info(
        "E0322",
        "a constraint of too high an index",
        "A constraint is differentiated until it determines an unknown, but not more than four times: each derivative \
         loses accuracy, and a higher index is a mistake in nearly all models.",
        "model M { state x = 0; alg u = 0; x''''' = u; 0 = x - sin(t); init x' = 1 }",
    ),
    info(
        "E0323",
        "too many constraints to differentiate",
        "Equations and unknowns of a system that has to be differentiated are analysed one by one, up to 100,000.",
        "model M { index i in 1..200000; state u[i] = 0; alg λ[i] = 0; u'[i] = λ[i]; 0 = u[i] - t }",
    ),
    info(
        "E0324",
        "an event that waits for an equality",
        "An event happens where its condition becomes true. Numbers that change continuously are equal at single \
         instants, which no step meets: `<=` and `>=` are found where they become true. What jumps, such as a discrete \
         variable or `floor(t)`, may be compared by `==`.",
        "model M { state x = 1; x' = -1; event e: when x == 0 { x := 1 } }",
    ),
];
