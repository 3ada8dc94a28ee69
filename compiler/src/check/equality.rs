//! Equalities in the conditions of events: between numbers that change continuously they hold at instants that no step
//! meets, so the event would never happen.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::{Algebra, Binary, Expr, Node, Symbol};
use crate::parse::ast::{self, Comparison, ExprKind, Operator};

use super::error;
use super::scope::{Builder, Level};

/// Functions whose values stay while their arguments change, up to jumps.
const JUMPING: [&str; 5] = ["floor", "ceil", "round", "sign", "step"];

impl Builder<'_> {
    /// Complains about equalities that decide whether an event happens and that no step can meet.
    pub fn check_equalities(&mut self, condition: Expr, written: &ast::Expr) {
        let values = self.values_of_definitions();
        for (equality, sides) in self.equalities(condition, &values) {
            if !sides.iter().any(|&side| self.flows(side, &values)) {
                continue;
            }
            let span = self.spans.get(&equality).copied().unwrap_or(written.span);
            let own = compared(written).into_iter().find(|(e, ..)| e.span == span);
            let complaint = match own {
                Some((_, left, right)) => {
                    let [left, right] = [left, right].map(super::text::compact);
                    error::equality_of_event(Some([&left, &right]), span)
                }
                None => error::equality_of_event(None, span),
            };
            self.diagnostics.push(complaint);
        }
    }

    fn values_of_definitions(&self) -> FxHashMap<Symbol, Vec<Expr>> {
        let values = self.definitions.iter().map(|d| (d.symbol, d.pieces.iter().map(|p| p.value).collect()));
        values.collect()
    }

    /// The equalities that a truth is made of, with their sides.
    fn equalities(&self, truth: Expr, values: &FxHashMap<Symbol, Vec<Expr>>) -> Vec<(Expr, [Expr; 2])> {
        let mut found = Vec::new();
        walk(truth, |e, next| match self.algebra.node(e) {
            Node::Binary(Binary::Equal | Binary::NotEqual, a, b) => found.push((e, [a, b])),
            Node::Binary(Binary::And | Binary::Or, a, b) => next.extend([a, b]),
            Node::Not(a) => next.push(a),
            Node::Read(symbol, _) => next.extend(values.get(&symbol).into_iter().flatten()),
            _ => {}
        });
        found
    }

    /// Whether a value changes between the instants of events and jumps.
    fn flows(&self, e: Expr, values: &FxHashMap<Symbol, Vec<Expr>>) -> bool {
        let mut moving = false;
        walk(e, |e, next| match self.algebra.node(e) {
            Node::Read(symbol, _) => match values.get(&symbol) {
                Some(own) => next.extend(own),
                None => {
                    let level = self.levels.get(&symbol).copied().unwrap_or_default();
                    moving |= matches!(level, Level::Time | Level::State | Level::Noise);
                }
            },
            Node::Select(_, a, b) => next.extend([a, b]),
            node if holds_still(&self.algebra, node) => {}
            node => next.extend(self.algebra.children(node)),
        });
        moving
    }
}

/// Each expression that can be reached once.
fn walk(e: Expr, mut visit: impl FnMut(Expr, &mut Vec<Expr>)) {
    let (mut seen, mut next, mut pending) = (FxHashSet::default(), Vec::new(), vec![e]);
    while let Some(e) = pending.pop() {
        if seen.insert(e) {
            visit(e, &mut next);
            pending.append(&mut next);
        }
    }
}

/// Whether a node's value is constant between jumps whatever its operands are.
fn holds_still(algebra: &Algebra, node: Node) -> bool {
    match node {
        Node::Not(_) => true,
        Node::Binary(op, ..) => {
            !matches!(op, Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Pow)
        }
        Node::Call(f, _) => JUMPING.contains(&algebra.function(f).name.as_str()),
        _ => false,
    }
}

/// The equalities that a condition is written with, each with its sides.
fn compared(written: &ast::Expr) -> Vec<(&ast::Expr, &ast::Expr, &ast::Expr)> {
    let (mut found, mut pending) = (Vec::new(), vec![written]);
    while let Some(e) = pending.pop() {
        match &e.kind {
            ExprKind::Compare(Comparison::Equal | Comparison::NotEqual, a, b) => found.push((e, &**a, &**b)),
            ExprKind::Not(a) => pending.push(a),
            ExprKind::Chain(first, links)
                if links.iter().all(|link| matches!(link.operator, Operator::And | Operator::Or)) =>
            {
                pending.push(first);
                pending.extend(links.iter().map(|link| &link.operand));
            }
            _ => {}
        }
    }
    found
}
