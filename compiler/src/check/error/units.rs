//! Units that are unknown or do not meet.

use super::info;
use crate::check::unit::UnitError;
use crate::check::unit_table;
use crate::diagnostics::{CodeInfo, Diagnostic, Span};

/// Names that are spelt out.
const WORDS: &[(&str, &str)] = &[
    ("metre", "m"),
    ("meter", "m"),
    ("gram", "g"),
    ("second", "s"),
    ("sec", "s"),
    ("minute", "min"),
    ("hour", "hr"),
    ("days", "day"),
    ("year", "yr"),
    ("litre", "L"),
    ("liter", "L"),
    ("mole", "mol"),
    ("molar", "M"),
    ("kelvin", "K"),
    ("volt", "V"),
    ("newton", "N"),
    ("pascal", "Pa"),
    ("joule", "J"),
    ("watt", "W"),
    ("hertz", "Hz"),
    ("ampere", "A"),
    ("degree", "deg"),
    ("radian", "rad"),
];

/// `in m`, or `without unit`.
fn in_unit(unit: &str) -> String {
    if unit == "1" { "without unit".to_owned() } else { format!("in {unit}") }
}

pub fn bad_unit(wrong: UnitError, span: Span) -> Diagnostic {
    match wrong {
        UnitError::Unknown(name) => {
            let word = WORDS.iter().find(|(word, _)| name.trim_end_matches('s') == *word || name == *word);
            let names = unit_table::UNITS.iter().map(|row| row.name);
            let near = word.map(|(_, unit)| *unit).or_else(|| crate::check::suggest::closest(&name, names));
            let diagnostic =
                Diagnostic::error("E0401", format!("there is no unit `{name}`")).label(span, "not found");
            match near {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic
                    .help("units are like `m`, `1/s`, `mg/L`, `kPa`, `mmHg`, and `1` for a pure number"),
            }
        }
        UnitError::Offset(name) => {
            Diagnostic::error("E0402", format!("`{name}` has an offset: it has no meaning in products"))
                .label(span, "not a unit of equations")
                .help("use `K`; 20 °C are 293.15 K")
        }
        UnitError::Exponent => Diagnostic::error("E0406", "this power of a unit is no simple fraction")
            .label(span, "a power of a unit"),
    }
}

pub fn wrong_unit(found: &str, wanted: &str, span: Span) -> Diagnostic {
    let diagnostic =
        Diagnostic::error("E0403", format!("this is {}, it should be {}", in_unit(found), in_unit(wanted)))
            .label(span, in_unit(found));
    match (found, wanted) {
        ("1", _) => diagnostic.help(format!("a number with a unit is written `5 [{wanted}]`")),
        (_, "1") => {
            diagnostic.help(format!("a name without unit is a pure number: declare it with `: {found}`"))
        }
        _ => diagnostic,
    }
}

/// `factor` says what one side may lack.
pub fn units_differ([left, right]: [&str; 2], factor: Option<String>, spans: [Span; 2]) -> Diagnostic {
    let diagnostic = Diagnostic::error(
        "E0403",
        format!("units differ: one side is {}, the other {}", in_unit(left), in_unit(right)),
    )
    .label(spans[1], in_unit(right))
    .label(spans[0], in_unit(left));
    match (left, right) {
        ("1", unit) | (unit, "1") => diagnostic.help(format!("a number with a unit is written `5 [{unit}]`")),
        _ => diagnostic.help(factor.unwrap_or_else(|| {
            format!("the sides differ by a factor in ({left})/({right}): is a term or a rate missing?")
        })),
    }
}

pub fn dimensionless_needed(what: &str, found: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0404", format!("{what} takes a number without unit, this is in {found}"))
        .label(span, format!("in {found}"))
        .help("divide by a scale with the same unit")
}

pub fn exponent_varies(found: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0405", format!("a power of something in {found} needs a constant exponent"))
        .label(span, "varies")
}

pub fn exponent_not_rational(exponent: f64, span: Span) -> Diagnostic {
    Diagnostic::error("E0406", format!("the power {exponent} of a unit is no simple fraction"))
        .label(span, "a power of a unit")
}

pub fn time_unit(found: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0407", format!("`{found}` is no unit of time")).label(span, "the unit of `t`")
}

pub fn time_default(span: Span) -> Diagnostic {
    Diagnostic::error("E0407", "the time has no default").label(span, "`input t: hr` only sets its unit")
}

pub fn model_without_units(instance: &str, model: &str, span: Span) -> Diagnostic {
    Diagnostic::error("E0408", format!("`{model}` has no units, the model around `{instance}` has"))
        .label(span, "used here")
        .help(format!("give the symbols of `{model}` units; those without are dimensionless"))
}

pub fn unit_changes(span: Span) -> Diagnostic {
    Diagnostic::error("E0409", "the pieces of one definition have one unit").label(span, "another unit")
}

pub const CODES: &[CodeInfo] = &[
    info(
        "E0401",
        "an unknown unit",
        "Units are those of SI with prefixes (`mm`, `kPa`, `μmol`) and common others: min hr day yr L mmHg atm bar cal \
         mol M eV Da percent.",
        "model M { state x: metre = 1; x' = 0 }",
    ),
    info(
        "E0402",
        "a unit with an offset",
        "Degrees Celsius and Fahrenheit have a zero of their own, so products and sums with them mean nothing.",
        "model M { state x: degC = 1; x' = 0 }",
    ),
    info(
        "E0403",
        "units that do not meet",
        "Sums, comparisons, branches, assignments and arguments take one dimension; factors between units of one \
         dimension are inserted. `0` and `inf` fit any unit.",
        "model M { state x: m = 1; x' = x }",
    ),
    info(
        "E0404",
        "a unit where a number is needed",
        "`exp`, `log`, `sin` and their like, exponents and networks take numbers without unit.",
        "model M { state x: m = 1; x' = exp(x)*1 [m/s] }",
    ),
    info(
        "E0405",
        "a power with a varying exponent",
        "The unit of `x^n` is known only where n is a constant.",
        "model M { param n = 2; state x: m = 1; let y: m = x^n; x' = 0 }",
    ),
    info(
        "E0406",
        "a power of a unit that is no simple fraction",
        "Powers of units are kept exactly, in multiples of 1/60.",
        "model M { state x: m = 1; let y = x^0.123; x' = 0 }",
    ),
    info(
        "E0407",
        "a wrong declaration of the time",
        "`t` is in seconds unless `input t: hr` says otherwise; it has no default.",
        "model M { input t: m; state x: m = 1; x' = 0 }",
    ),
    info(
        "E0408",
        "a sub-model without units",
        "Units are all or nothing: a model with units uses models with units.",
        "model Tank { state level = 1; level' = -level }\nmodel M { use Tank as a; state x: m = 1; x' = 0 }",
    ),
    info(
        "E0409",
        "a definition whose pieces differ in unit",
        "An array has one unit.",
        "model M { index i in 1..3; let a[1]: m = 0; let a[i]: s = 0 for i in 2..3; state x: m = 1; x' = 0 }",
    ),
];
