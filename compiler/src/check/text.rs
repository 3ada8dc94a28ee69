//! Expressions as written, without blanks: names of columns, and the user's words in messages.

use std::fmt::Write as _;

use crate::parse::ast::{Argument, Binder, Expr, ExprKind, Operator};

/// The expression in one line.
pub fn compact(e: &Expr) -> String {
    let mut out = String::new();
    write(&mut out, e);
    out
}

fn write(out: &mut String, e: &Expr) {
    match e.grouped {
        true => {
            out.push('(');
            write_kind(out, e);
            out.push(')');
        }
        false => write_kind(out, e),
    }
}

fn write_kind(out: &mut String, e: &Expr) {
    match &e.kind {
        ExprKind::Number(number) => out.push_str(&number.text),
        ExprKind::Quantity(number, unit) => {
            let _ = write!(out, "{}[{}]", number.text, super::unit::text(unit));
        }
        ExprKind::Text(text) => {
            let _ = write!(out, "\"{text}\"");
        }
        ExprKind::Bool(truth) => {
            let _ = write!(out, "{truth}");
        }
        ExprKind::Name(name) => out.push_str(name),
        ExprKind::List(items) => {
            out.push('[');
            list(out, items);
            out.push(']');
        }
        ExprKind::Prime(a) => {
            write(out, a);
            out.push('\'');
        }
        ExprKind::Index(a, subscripts) => {
            write(out, a);
            out.push('[');
            list(out, subscripts);
            out.push(']');
        }
        ExprKind::Call(callee, arguments) => {
            write(out, callee);
            out.push('(');
            for (rank, argument) in arguments.iter().enumerate() {
                out.push_str(if rank > 0 { "," } else { "" });
                write_argument(out, argument);
            }
            out.push(')');
        }
        ExprKind::Field(a, name) => {
            write(out, a);
            let _ = write!(out, ".{}", name.text);
        }
        ExprKind::Negate(a) => {
            out.push('-');
            write(out, a);
        }
        ExprKind::Not(a) => {
            out.push_str("not ");
            write(out, a);
        }
        ExprKind::Power(a, b) => binary(out, a, "^", b),
        ExprKind::Compare(op, a, b) => binary(out, a, op.symbol(), b),
        ExprKind::Chain(first, links) => {
            write(out, first);
            for link in links {
                match link.operator {
                    Operator::And | Operator::Or => {
                        let _ = write!(out, " {} ", link.operator.symbol());
                    }
                    operator => out.push_str(operator.symbol()),
                }
                write(out, &link.operand);
            }
        }
        ExprKind::If(conditional) => {
            out.push_str("if ");
            write(out, &conditional.condition);
            out.push_str(" then ");
            write(out, &conditional.yes);
            out.push_str(" else ");
            write(out, &conditional.no);
        }
        ExprKind::Hole => out.push('…'),
    }
}

fn binary(out: &mut String, a: &Expr, symbol: &str, b: &Expr) {
    write(out, a);
    out.push_str(symbol);
    write(out, b);
}

fn list(out: &mut String, items: &[Expr]) {
    for (rank, item) in items.iter().enumerate() {
        out.push_str(if rank > 0 { "," } else { "" });
        write(out, item);
    }
}

fn write_argument(out: &mut String, argument: &Argument) {
    match argument {
        Argument::Value(e) => write(out, e),
        Argument::Named { target, value } => binary(out, target, "=", value),
        Argument::Comprehension { body, binders } => {
            write(out, body);
            binders.iter().for_each(|binder| write_binder(out, binder));
        }
        Argument::Pipeline(layers) => {
            for (rank, layer) in layers.iter().enumerate() {
                out.push_str(if rank > 0 { ">>" } else { "" });
                write(out, layer);
            }
        }
    }
}

fn write_binder(out: &mut String, binder: &Binder) {
    let _ = write!(out, " for {}", binder.name.text);
    if let Some(range) = &binder.range {
        out.push_str(" in ");
        write(out, &range.from);
        out.push_str("..");
        write(out, &range.to);
    }
}
