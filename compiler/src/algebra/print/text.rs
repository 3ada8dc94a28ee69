//! The language's own syntax, with as few parentheses as it needs.

use super::super::expr::Reduction;
use super::super::index::Range;
use super::super::table::TableFunction;
use super::affine::Joints;
use super::notation::{Signs, Writer};
use super::rendered::{Level, Rendered, digits, factors};

pub struct Text;

const PARENTHESES: (&str, &str) = ("(", ")");

static SIGNS: Signs = Signs {
    parentheses: PARENTHESES,
    subscript: Joints { plus: "+", minus: "-", times: "*" },
    formula: Joints { plus: " + ", minus: " - ", times: "*" },
    reciprocal: "1/",
    not: "not",
    less: "<",
    less_equal: "<=",
    equal: "==",
    not_equal: "!=",
    and: "and",
    or: "or",
    periodic: " periodic",
    mirror: " mirror",
    zero: " zero",
    ranges: [" in ", "..", ", "],
};

impl Writer for Text {
    fn signs(&self) -> &'static Signs {
        &SIGNS
    }

    fn number(&self, x: f64) -> Rendered {
        let text = match digits(x) {
            _ if x.is_nan() => "nan".to_owned(),
            _ if x.is_infinite() => if x > 0.0 { "inf" } else { "-inf" }.to_owned(),
            (digits, None) => digits,
            (digits, Some(exponent)) => format!("{digits}e{exponent}"),
        };
        let level = if x.is_sign_negative() { Level::Unary } else { Level::Atom };
        Rendered::new(text, level)
    }

    fn argument(&self, k: u32) -> String {
        format!("argument{}", k + 1)
    }

    fn name(&self, name: &str, subscripts: &[String]) -> String {
        match subscripts.is_empty() {
            true => name.to_owned(),
            false => format!("{name}[{}]", subscripts.join(",")),
        }
    }

    fn table(&self, k: u32, subscripts: &str) -> String {
        format!("table{}[{subscripts}]", k + 1)
    }

    fn multiply(&self, a: Rendered, b: Rendered) -> Rendered {
        let (a, b) = (a.at_least(Level::Product, PARENTHESES), b.at_least(Level::Product, PARENTHESES));
        let (a, b) = factors(a, b, SIGNS.reciprocal);
        let b = if b.is_negative() { b.at_least(Level::Power, PARENTHESES) } else { b };
        let text = match b.text.strip_prefix(SIGNS.reciprocal) {
            Some(divisor) => format!("{}/{divisor}", a.text),
            None => format!("{}*{}", a.text, b.text),
        };
        Rendered::new(text, Level::Product)
    }

    fn divide(&self, a: Rendered, b: Rendered) -> Rendered {
        let (a, b) = (a.at_least(Level::Product, PARENTHESES), b.at_least(Level::Power, PARENTHESES));
        Rendered::new(format!("{}/{}", a.text, b.text), Level::Product)
    }

    fn power(&self, a: Rendered, b: Rendered) -> Rendered {
        let (a, b) = (a.at_least(Level::Atom, PARENTHESES), b.at_least(Level::Unary, PARENTHESES));
        Rendered::new(format!("{}^{}", a.text, b.text), Level::Power)
    }

    /// A choice in the first branch is parenthesised for the reader; in the last it reads on.
    fn select(&self, condition: Rendered, yes: Rendered, no: Rendered) -> Rendered {
        let (condition, yes) =
            (condition.at_least(Level::Or, PARENTHESES), yes.at_least(Level::Or, PARENTHESES));
        Rendered::new(format!("if {} then {} else {}", condition.text, yes.text, no.text), Level::Whole)
    }

    fn call(&self, name: &str, arguments: &str) -> Rendered {
        Rendered::atom(match TableFunction::named(name) {
            Some(function) => function.written(arguments),
            None => format!("{name}({arguments})"),
        })
    }

    fn reduce(&self, op: Reduction, index: &str, range: Range, body: Rendered) -> Rendered {
        let (first, last) = (range.start, range.end.saturating_sub(1));
        let name = match op {
            Reduction::Sum => "sum",
            Reduction::Product => "prod",
            Reduction::Min => "min",
            Reduction::Max => "max",
        };
        Rendered::atom(format!("{name}({} for {index} in {first}..{last})", body.text))
    }
}
