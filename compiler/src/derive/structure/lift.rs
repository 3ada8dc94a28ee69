//! Derivatives that become unknowns: x' = w, and rows that are not explicit have w in the place of x'.
//!
//! So a mass matrix that changes with time or the solution, and equations that are not linear in derivatives, become
//! rows of zeros of a constant mass matrix.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::{Access, Expr, Node, Range, Symbol, own_access};
use crate::check::model::{Equation, Form, Kind, MassTerm, Model, Piece};

use super::Hidden;

/// The states whose derivatives have to become unknowns: those of implicit equations, of rows of a mass matrix that
/// changes, and of all rows that share a state with these.
pub(super) fn needed(model: &Model) -> FxHashSet<Symbol> {
    let varying = varying(model);
    let mut states: FxHashSet<Symbol> = FxHashSet::default();
    for equation in &model.equations {
        match &equation.form {
            Form::Implicit { residual } => states.extend(open_derivatives(model, *residual)),
            Form::Mass { terms, .. } if terms.iter().any(|t| reads_any(model, t.coefficient, &varying)) => {
                states.extend(terms.iter().map(|t| t.state));
            }
            _ => {}
        }
    }
    closed(model, states)
}

/// All states of rows of the mass matrix.
pub(super) fn all(model: &Model) -> FxHashSet<Symbol> {
    let rows = model.equations.iter().filter_map(|e| match &e.form {
        Form::Mass { terms, .. } => Some(terms),
        _ => None,
    });
    rows.flatten().map(|t| t.state).collect()
}

/// With the states of all rows that have one of these.
fn closed(model: &Model, mut states: FxHashSet<Symbol>) -> FxHashSet<Symbol> {
    loop {
        let before = states.len();
        for equation in &model.equations {
            if let Form::Mass { terms, .. } = &equation.form {
                if terms.iter().any(|t| states.contains(&t.state)) {
                    states.extend(terms.iter().map(|t| t.state));
                }
            }
        }
        if states.len() == before {
            return states;
        }
    }
}

/// Makes the derivatives of these states unknowns.
pub(super) fn apply(model: &mut Model, states: &FxHashSet<Symbol>, hidden: &mut Vec<Hidden>) {
    if states.is_empty() {
        return;
    }
    let rates: FxHashMap<Symbol, Symbol> =
        model.derivatives.iter().filter(|(_, s)| states.contains(s)).map(|(d, s)| (*s, *d)).collect();
    for k in 0..model.equations.len() {
        let residual = match &model.equations[k].form {
            Form::Explicit { state, target, value } if rates.contains_key(state) => {
                let (rate, target, value) = (rates[state], target.clone(), *value);
                let read = model.algebra.read(rate, target);
                model.algebra.sub(read, value)
            }
            Form::Mass { terms, value } if terms.iter().any(|t| rates.contains_key(&t.state)) => {
                let terms: Vec<(Symbol, Access, Expr)> = terms
                    .iter()
                    .map(|t: &MassTerm| (rates[&t.state], t.target.clone(), t.coefficient))
                    .collect();
                let value = *value;
                mass_residual(model, terms, value)
            }
            Form::Implicit { residual } => *residual,
            _ => continue,
        };
        model.equations[k].form = Form::Algebraic { residual };
    }
    let mut ordered: Vec<(Symbol, Symbol)> = rates.into_iter().collect();
    ordered.sort_unstable();
    for (state, rate) in ordered {
        add_link(model, state, rate, hidden);
    }
}

fn mass_residual(model: &mut Model, terms: Vec<(Symbol, Access, Expr)>, value: Expr) -> Expr {
    let mut sum = model.algebra.zero();
    for (rate, target, coefficient) in terms {
        let read = model.algebra.read(rate, target);
        let product = model.algebra.mul(coefficient, read);
        sum = model.algebra.add(sum, product);
    }
    model.algebra.sub(sum, value)
}

fn add_link(model: &mut Model, state: Symbol, rate: Symbol, hidden: &mut Vec<Hidden>) {
    let variable = model.variables.iter().find(|v| v.symbol == state);
    let (lower, span) = variable.map_or((Vec::new(), Default::default()), |v| (v.lower.clone(), v.span));
    let axes: Vec<Range> =
        model.algebra.symbol(state).dims.iter().map(|&n| Range::new(0, n as i64)).collect();
    let target = own_access(&axes);
    let value = model.algebra.read(rate, target.clone());
    model.equations.push(Equation { axes, form: Form::Explicit { state, target, value }, span });
    let name = model.algebra.symbol(rate).name.clone();
    let guess = guesses(model, rate);
    hidden.push(Hidden { symbol: rate, below: state, name, lower, guess });
}

/// What `init x' = e` says of a derivative that is an unknown.
fn guesses(model: &mut Model, rate: Symbol) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for k in 0..model.initial_constraints.len() {
        let (residual, span) = (model.initial_constraints[k].residual, model.initial_constraints[k].span);
        let axes = model.initial_constraints[k].axes.clone();
        let (left, value) = match model.algebra.node(residual) {
            Node::Binary(crate::algebra::Binary::Sub, a, b) => (a, b),
            _ => (residual, model.algebra.zero()),
        };
        if let Node::Read(symbol, access) = model.algebra.node(left) {
            if symbol == rate && open_derivatives(model, value).is_empty() {
                let target = model.algebra.access(access).clone();
                pieces.push(Piece { axes, target, value, span });
            }
        }
    }
    pieces
}

/// The states whose derivative an expression reads, where nothing defines it.
fn open_derivatives(model: &Model, e: Expr) -> Vec<Symbol> {
    let defined = |s: Symbol| model.definitions.iter().any(|d| d.symbol == s);
    let mut found = Vec::new();
    for n in model.algebra.reachable(e, true) {
        if let Node::Read(symbol, _) = model.algebra.node(n) {
            if let Some(&state) = model.derivatives.get(&symbol) {
                if !defined(symbol) {
                    found.push(state);
                }
            }
        }
    }
    found
}

/// What can change while a model is solved: everything but parameters, inputs and what is computed from them.
fn varying(model: &Model) -> FxHashSet<Symbol> {
    let changes = |kind: &Kind| {
        !matches!(kind, Kind::Parameter { .. } | Kind::Weight { .. } | Kind::Input { .. } | Kind::Definition)
    };
    let mut varying: FxHashSet<Symbol> =
        model.variables.iter().filter(|v| changes(&v.kind)).map(|v| v.symbol).collect();
    varying.insert(model.time);
    varying.extend(model.derivatives.keys());
    varying.extend(model.delays.iter().map(|d| d.symbol));
    for definition in &model.definitions {
        if definition.pieces.iter().any(|p| reads_any(model, p.value, &varying)) {
            varying.insert(definition.symbol);
        }
    }
    varying
}

fn reads_any(model: &Model, e: Expr, symbols: &FxHashSet<Symbol>) -> bool {
    let reads = |n| matches!(model.algebra.node(n), Node::Read(symbol, _) if symbols.contains(&symbol));
    model.algebra.reachable(e, true).into_iter().any(reads)
}
