//! The language's own syntax, with as few parentheses as it needs.

use super::super::expr::{Binary, Node, Reduction, Symbol};
use super::super::index::{Access, Boundary, Subscript, Var};
use super::Scope;
use super::affine::{Joints, affine};
use super::rendered::{Level, RECIPROCAL, Rendered, add, digits, factors, negate, subtract};

const PARENTHESES: (&str, &str) = ("(", ")");
const SUBSCRIPT: Joints = Joints { plus: "+", minus: "-", times: "*" };
const FORMULA: Joints = Joints { plus: " + ", minus: " - ", times: "*" };

/// A node whose operands are printed.
pub fn node(scope: &Scope, node: Node, operands: Vec<Rendered>) -> Rendered {
    let mut operands = operands.into_iter();
    let mut next = || operands.next().expect("as many operands as the node has");
    match node {
        Node::Number(bits) => number(f64::from_bits(bits)),
        Node::Index(id) => affine(scope.algebra.affine(id), 0, &FORMULA, &|v| scope.var(v)),
        Node::Read(symbol, access) => {
            let name = scope.names.of(scope.algebra, symbol);
            Rendered::atom(element(scope, name, symbol, scope.algebra.access(access)))
        }
        Node::Argument(k) => Rendered::atom(format!("argument{}", k + 1)),
        Node::Neg(_) => negate(next(), PARENTHESES),
        Node::Not(_) => {
            let a = next().at_least(Level::Not, PARENTHESES);
            Rendered::new(format!("not {}", a.text), Level::Not)
        }
        Node::Binary(op, ..) => binary(op, next(), next()),
        Node::Select(..) => select(next(), next(), next()),
        Node::Call(f, _) => {
            let arguments: Vec<String> = operands.map(|a| a.text).collect();
            Rendered::atom(format!("{}({})", scope.algebra.function(f).name, arguments.join(", ")))
        }
        Node::Reduce { op, height, range, .. } => {
            let (body, k) = (next().text, scope.var(Var::Bound(height)));
            let (first, last) = (range.start, range.end.saturating_sub(1));
            Rendered::atom(format!("{}({body} for {k} in {first}..{last})", reduction(op)))
        }
    }
}

/// `u[i-1 periodic,j]`.
pub fn element(scope: &Scope, name: &str, symbol: Symbol, access: &Access) -> String {
    if access.is_empty() {
        return name.to_owned();
    }
    let var = |v: Var| scope.var(v);
    let subscripts = access.iter().enumerate().map(|(k, subscript)| match subscript {
        Subscript::Affine { position, boundary } => {
            let lower = scope.names.lower(scope.algebra, symbol, k);
            affine(position, lower, &SUBSCRIPT, &var).text + rule(*boundary)
        }
        Subscript::Table { table, at } => {
            let at: Vec<String> = at.iter().map(|a| affine(a, 1, &SUBSCRIPT, &var).text).collect();
            format!("table{}[{}]", table + 1, at.join(","))
        }
    });
    format!("{name}[{}]", subscripts.collect::<Vec<_>>().join(","))
}

fn rule(boundary: Boundary) -> &'static str {
    match boundary {
        Boundary::Inside => "",
        Boundary::Periodic => " periodic",
        Boundary::Mirror => " mirror",
        Boundary::Zero => " zero",
    }
}

fn number(x: f64) -> Rendered {
    let text = match digits(x) {
        _ if x.is_nan() => "nan".to_owned(),
        _ if x.is_infinite() => if x > 0.0 { "inf" } else { "-inf" }.to_owned(),
        (digits, None) => digits,
        (digits, Some(exponent)) => format!("{digits}e{exponent}"),
    };
    let level = if x.is_sign_negative() { Level::Unary } else { Level::Atom };
    Rendered::new(text, level)
}

fn binary(op: Binary, a: Rendered, b: Rendered) -> Rendered {
    match op {
        Binary::Add => add(a, b, PARENTHESES),
        Binary::Sub => subtract(a, b, PARENTHESES),
        Binary::Mul => {
            let (a, b) =
                factors(a.at_least(Level::Product, PARENTHESES), b.at_least(Level::Product, PARENTHESES));
            let b = if b.is_negative() { b.at_least(Level::Power, PARENTHESES) } else { b };
            let text = match b.text.strip_prefix(RECIPROCAL[0]) {
                Some(divisor) => format!("{}/{divisor}", a.text),
                None => format!("{}*{}", a.text, b.text),
            };
            Rendered::new(text, Level::Product)
        }
        Binary::Div => {
            let (a, b) = (a.at_least(Level::Product, PARENTHESES), b.at_least(Level::Power, PARENTHESES));
            Rendered::new(format!("{}/{}", a.text, b.text), Level::Product)
        }
        Binary::Pow => {
            let (a, b) = (a.at_least(Level::Atom, PARENTHESES), b.at_least(Level::Unary, PARENTHESES));
            Rendered::new(format!("{}^{}", a.text, b.text), Level::Power)
        }
        Binary::Less => compare("<", a, b),
        Binary::LessEqual => compare("<=", a, b),
        Binary::Equal => compare("==", a, b),
        Binary::NotEqual => compare("!=", a, b),
        Binary::And => connect("and", Level::And, a, b),
        Binary::Or => connect("or", Level::Or, a, b),
    }
}

fn compare(sign: &str, a: Rendered, b: Rendered) -> Rendered {
    connect_at(sign, Level::Compare, a.at_least(Level::Sum, PARENTHESES), b.at_least(Level::Sum, PARENTHESES))
}

fn connect(word: &str, level: Level, a: Rendered, b: Rendered) -> Rendered {
    connect_at(word, level, a.at_least(level, PARENTHESES), b.at_least(level, PARENTHESES))
}

fn connect_at(word: &str, level: Level, a: Rendered, b: Rendered) -> Rendered {
    Rendered::new(format!("{} {word} {}", a.text, b.text), level)
}

/// A choice in the first branch is parenthesised for the reader; in the last it reads on.
fn select(condition: Rendered, yes: Rendered, no: Rendered) -> Rendered {
    let (condition, yes) = (condition.at_least(Level::Or, PARENTHESES), yes.at_least(Level::Or, PARENTHESES));
    Rendered::new(format!("if {} then {} else {}", condition.text, yes.text, no.text), Level::Whole)
}

fn reduction(op: Reduction) -> &'static str {
    match op {
        Reduction::Sum => "sum",
        Reduction::Product => "prod",
        Reduction::Min => "min",
        Reduction::Max => "max",
    }
}
