//! A node whose operands are printed, and an element of a symbol, in whatever notation.

use super::super::expr::{Binary, Node, Symbol};
use super::super::index::{Access, Subscript, Var};
use super::Scope;
use super::affine::affine;
use super::notation::Writer;
use super::rendered::{Level, Rendered, add, negate, subtract};

/// A node whose operands are printed.
pub fn node(writer: &dyn Writer, scope: &Scope, node: Node, operands: Vec<Rendered>) -> Rendered {
    let signs = writer.signs();
    let mut operands = operands.into_iter();
    let mut next = || operands.next().expect("as many operands as the node has");
    match node {
        Node::Number(bits) => writer.number(f64::from_bits(bits)),
        Node::Index(id) => affine(scope.algebra.affine(id), 0, &signs.formula, &|v| scope.var(v)),
        Node::Read(symbol, access) => {
            let name = scope.names.of(scope.algebra, symbol);
            Rendered::atom(element(writer, scope, name, symbol, scope.algebra.access(access)))
        }
        Node::Argument(k) => Rendered::atom(writer.argument(k)),
        Node::Neg(_) => negate(next(), signs.parentheses),
        Node::Not(_) => {
            let a = next().at_least(Level::Not, signs.parentheses);
            Rendered::new(format!("{} {}", signs.not, a.text), Level::Not)
        }
        Node::Binary(op, ..) => binary(writer, op, next(), next()),
        Node::Select(..) => writer.select(next(), next(), next()),
        Node::Call(f, _) => {
            let arguments: Vec<String> = operands.map(|a| a.text).collect();
            writer.call(&scope.algebra.function(f).name, &arguments.join(", "))
        }
        Node::Reduce { op, height, range, .. } => {
            writer.reduce(op, &scope.var(Var::Bound(height)), range, next())
        }
    }
}

/// `u[i-1 periodic,j]`.
pub fn element(writer: &dyn Writer, scope: &Scope, name: &str, symbol: Symbol, access: &Access) -> String {
    let signs = writer.signs();
    let at = |position, lower| affine(position, lower, &signs.subscript, &|v| scope.var(v)).text;
    let subscripts = access.iter().enumerate().map(|(k, subscript)| match subscript {
        Subscript::Affine { position, boundary } => {
            at(position, scope.names.lower(scope.algebra, symbol, k)) + signs.rule(*boundary)
        }
        Subscript::Table { table, at: positions } => {
            let positions: Vec<String> = positions.iter().map(|position| at(position, 1)).collect();
            writer.table(*table, &positions.join(","))
        }
    });
    writer.name(name, &subscripts.collect::<Vec<_>>())
}

fn binary(writer: &dyn Writer, op: Binary, a: Rendered, b: Rendered) -> Rendered {
    let parentheses = writer.signs().parentheses;
    let (level, operands) = match op {
        Binary::Add => return add(a, b, parentheses),
        Binary::Sub => return subtract(a, b, parentheses),
        Binary::Mul => return writer.multiply(a, b),
        Binary::Div => return writer.divide(a, b),
        Binary::Pow => return writer.power(a, b),
        Binary::Less | Binary::LessEqual | Binary::Equal | Binary::NotEqual => (Level::Compare, Level::Sum),
        Binary::And => (Level::And, Level::And),
        Binary::Or => (Level::Or, Level::Or),
    };
    let (a, b) = (a.at_least(operands, parentheses), b.at_least(operands, parentheses));
    Rendered::new(format!("{} {} {}", a.text, writer.signs().between(op), b.text), level)
}
