//! Modes: the conditions that rows read as numbers held fixed within a step.

use rustc_hash::FxHashMap;

use crate::algebra::differentiate::Differentiator;
use crate::algebra::{Affine, Binary, Expr, Node, Range, Subscript, Symbol, Var};
use crate::check::model::{Definition, Form, Kind, Model, Switch};
use crate::diagnostics::Span;

use super::event::Happening;

/// A condition that right-hand sides read as a mode.
#[derive(Clone, Debug)]
pub struct Mode {
    pub symbol: Symbol,
    pub axes: Vec<Range>,
    /// The comparison or the jumping call, over the axes.
    pub condition: Expr,
    /// Positive while the mode is 1, negative while it is 0; of a table's mode where it is read.
    pub root: Expr,
    pub span: Span,
    pub timing: Timing,
    /// The root function is linear in t, and nothing else of it changes with t.
    pub linear: bool,
    /// The table whose piece it numbers, by its place among the model's; such a mode is no truth.
    pub table: Option<usize>,
    pub reader: Reader,
}

/// Who reads a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reader {
    /// Right-hand sides: it is a switch, and a step ends wherever it flips.
    Rows,
    /// The conditions of events alone: a step ends where it becomes true.
    Events,
}

/// What a condition depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timing {
    /// t, parameters and constants alone: the flip is an exact stop.
    Timed,
    /// Unknowns too: the flip is a root on the dense output.
    State,
}

/// Declares a mode for each switch and puts it in the place of the condition; the modes of events follow.
pub(super) fn extract(model: &mut Model) -> (Vec<Mode>, Vec<Happening>) {
    let switches = std::mem::take(&mut model.switches);
    let mut replaced: FxHashMap<Expr, Expr> = FxHashMap::default();
    let mut modes = Vec::new();
    for mut switch in hulls(switches) {
        if let Some((mode, value)) = super::piece::held(model, &switch) {
            replaced.insert(switch.condition, value);
            modes.push(mode);
            continue;
        }
        let variables = std::mem::take(&mut switch.variables);
        let Some(held) = held(model, switch.condition) else { continue };
        let (mode, read) = declare(model, &variables, switch.condition, held.root, switch.span, Reader::Rows);
        let value = held.value(model, read);
        replaced.insert(switch.condition, value);
        modes.push(mode);
    }
    let happenings = super::event::extract(model, &mut modes);
    // Roots on the state come first, and among them those of switches: the solver numbers them so.
    modes.sort_by_key(|m| (m.timing == Timing::Timed, m.reader == Reader::Events));
    let algebra = &mut model.algebra;
    let mut replace = |e: &mut Expr| *e = algebra.replace_nodes(*e, &replaced);
    for definition in &mut model.definitions {
        definition.pieces.iter_mut().for_each(|p| replace(&mut p.value));
    }
    for equation in &mut model.equations {
        match &mut equation.form {
            Form::Explicit { value, .. } => replace(value),
            Form::Mass { terms, value } => {
                terms.iter_mut().for_each(|t| replace(&mut t.coefficient));
                replace(value);
            }
            Form::Algebraic { residual } | Form::Implicit { residual } => replace(residual),
        }
    }
    (modes, happenings)
}

/// A mode over `variables`, and the read of it in the place of its condition.
pub(super) fn declare(
    model: &mut Model,
    variables: &[(Var, Range)],
    condition: Expr,
    root: Expr,
    span: Span,
    reader: Reader,
) -> (Mode, Expr) {
    let dims: Vec<u64> = variables.iter().map(|(_, r)| r.len()).collect();
    let symbol = model.algebra.declare("mode", &dims);
    let position = |&(v, r): &(Var, Range)| Subscript::inside(Affine::var(v).shift(-r.start));
    let read = model.algebra.read(symbol, variables.iter().map(position).collect());
    let timing = timing(model, condition);
    let axes = variables.iter().map(|(_, r)| *r).collect();
    let renaming: Vec<(Var, Affine)> =
        variables.iter().enumerate().map(|(k, (v, _))| (*v, Affine::var(Var::Axis(k as u32)))).collect();
    let root = model.algebra.replace_vars(root, &renaming);
    let linear = timing == Timing::Timed && is_linear_in_time(model, root);
    let condition = model.algebra.replace_vars(condition, &renaming);
    (Mode { symbol, axes, condition, root, span, timing, linear, table: None, reader }, read)
}

/// One switch for each condition, over the hull of the ranges that it is used over.
fn hulls(switches: Vec<Switch>) -> Vec<Switch> {
    let mut hulls: Vec<Switch> = Vec::new();
    for switch in switches {
        match hulls.iter_mut().find(|h| h.condition == switch.condition) {
            Some(hull) => {
                for (var, range) in switch.variables {
                    match hull.variables.iter_mut().find(|(v, _)| *v == var) {
                        Some((_, r)) => *r = Range::new(r.start.min(range.start), r.end.max(range.end)),
                        None => hull.variables.push((var, range)),
                    }
                }
            }
            None => hulls.push(switch),
        }
    }
    hulls
}

/// Whether the derivative by time is free of time, and no definition is read that could change with it.
pub(super) fn is_linear_in_time(model: &mut Model, root: Expr) -> bool {
    let time = model.time;
    let reads_definition = model.algebra.reachable(root, true).into_iter().any(|n| {
        matches!(model.algebra.node(n), Node::Read(s, _) if model.definitions.iter().any(|d| d.symbol == s))
    });
    let mut differentiator = Differentiator::new(&mut model.algebra);
    let slope = differentiator.pushforward(root, &mut |a, s, _| (s == time).then(|| a.one()));
    let known = differentiator.missing.is_empty();
    let constant = !model
        .algebra
        .reachable(slope, true)
        .into_iter()
        .any(|n| matches!(model.algebra.node(n), Node::Read(s, _) if s == time));
    known && constant && !reads_definition
}

/// What jumps, and by the sign of what.
struct Held {
    root: Expr,
    shape: Jump,
}

enum Jump {
    /// A comparison, or `step`: the mode itself.
    Mode,
    /// `sign`: from −1 to 1.
    Sign,
}

impl Held {
    /// The expression in terms of its mode.
    fn value(&self, model: &mut Model, mode: Expr) -> Expr {
        match self.shape {
            Jump::Mode => mode,
            Jump::Sign => {
                let algebra = &mut model.algebra;
                let (two, one) = (algebra.number(2.0), algebra.one());
                let doubled = algebra.mul(two, mode);
                algebra.sub(doubled, one)
            }
        }
    }
}

/// How a condition is held within a step; `None` where it is computed as it stands (`floor` and its like jump at
/// infinitely many places; the step control finds those).
fn held(model: &mut Model, condition: Expr) -> Option<Held> {
    let algebra = &mut model.algebra;
    match algebra.node(condition) {
        Node::Binary(Binary::Less | Binary::LessEqual, a, b) => {
            Some(Held { root: algebra.sub(b, a), shape: Jump::Mode })
        }
        Node::Call(f, arguments) => {
            let shape = match algebra.function(f).name.as_str() {
                "step" => Jump::Mode,
                "sign" => Jump::Sign,
                _ => return None,
            };
            Some(Held { root: algebra.arguments(arguments)[0], shape })
        }
        _ => None,
    }
}

/// Whether a condition depends on unknowns, directly or through definitions.
pub(super) fn timing(model: &Model, condition: Expr) -> Timing {
    let definition = |s: Symbol| model.definitions.iter().find(|d: &&Definition| d.symbol == s);
    let mut stack = vec![condition];
    let mut seen: Vec<Symbol> = Vec::new();
    while let Some(e) = stack.pop() {
        for n in model.algebra.reachable(e, true) {
            let Node::Read(symbol, _) = model.algebra.node(n) else { continue };
            if seen.contains(&symbol) {
                continue;
            }
            seen.push(symbol);
            if model.delays.iter().any(|d| d.symbol == symbol) {
                return Timing::State;
            }
            let kind = model.variables.iter().find(|v| v.symbol == symbol).map(|v| &v.kind);
            match kind {
                Some(
                    Kind::State { .. } | Kind::Algebraic { .. } | Kind::Noise { .. } | Kind::Discrete { .. },
                ) => {
                    return Timing::State;
                }
                _ => stack
                    .extend(definition(symbol).into_iter().flat_map(|d| d.pieces.iter().map(|p| p.value))),
            }
        }
    }
    Timing::Timed
}
