//! Modes: the conditions that rows read as numbers held fixed within a step.

use rustc_hash::FxHashMap;

use crate::algebra::differentiate::Differentiator;
use crate::algebra::{Affine, Expr, Node, Range, Subscript, Symbol, Var};
use crate::check::model::{Definition, Form, Kind, Model, Switch};
use crate::diagnostics::Span;

use super::event::Happening;
use super::jump::{Held, Shape, jumps};

/// A condition that right-hand sides read as a mode.
#[derive(Clone, Debug)]
pub struct Mode {
    pub symbol: Symbol,
    pub axes: Vec<Range>,
    pub shape: Shape,
    /// The mode as it stands, over the axes.
    pub condition: Expr,
    /// What says when it changes, as its shape tells; of a table's mode where the table is read.
    pub root: Expr,
    pub span: Span,
    pub timing: Timing,
    /// The root function is linear in t, and nothing else of it changes with t.
    pub linear: bool,
    /// The table whose piece it numbers, by its place among the model's; such a mode is no truth.
    pub table: Option<usize>,
    pub reader: Reader,
}

impl Mode {
    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.axes.iter().map(|r| r.len() as usize).product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
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
    let mut switches = hulls(switches);
    // A jump inside of another's argument is held first, so that the value of the other reads it.
    switches.sort_by_key(|s| s.condition);
    for switch in switches {
        if let Some((mode, value)) = super::piece::held(model, &switch) {
            replaced.insert(switch.condition, value);
            modes.push(mode);
            continue;
        }
        let Some(held) = Held::of(model, switch.condition) else { continue };
        let (mode, read) = declare(model, &switch.variables, &held, switch.span, Reader::Rows);
        let value = held.value(&mut model.algebra, read);
        let value = model.algebra.replace_nodes(value, &replaced);
        if held.shape == Shape::Level {
            // A derivative of `mod` reads the integer itself.
            replaced.entry(held.mode).or_insert(read);
        }
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
    held: &Held,
    span: Span,
    reader: Reader,
) -> (Mode, Expr) {
    let dims: Vec<u64> = variables.iter().map(|(_, r)| r.len()).collect();
    let symbol = model.algebra.declare("mode", &dims);
    let position = |&(v, r): &(Var, Range)| Subscript::inside(Affine::var(v).shift(-r.start));
    let read = model.algebra.read(symbol, variables.iter().map(position).collect());
    let timing = timing(model, held.mode);
    let axes = variables.iter().map(|(_, r)| *r).collect();
    let renaming: Vec<(Var, Affine)> =
        variables.iter().enumerate().map(|(k, (v, _))| (*v, Affine::var(Var::Axis(k as u32)))).collect();
    let root = model.algebra.replace_vars(held.root, &renaming);
    let linear = timing == Timing::Timed && is_linear_in_time(model, root);
    let condition = model.algebra.replace_vars(held.mode, &renaming);
    let shape = held.shape;
    (Mode { symbol, axes, shape, condition, root, span, timing, linear, table: None, reader }, read)
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
    if jumps(&model.algebra, root) {
        return false;
    }
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
