//! Rows of a constant mass matrix and algebraic equations that share unknowns: which row of f each equation writes.
//!
//! M u′ = f with algebraic equations 0 = g has index 1 where the rows of M and ∂g/∂u together are regular. So an
//! algebraic equation may determine a state whose derivative stands only in rows of the mass matrix with others, and
//! nothing is differentiated.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::{Access, Expr, Node, Symbol};
use crate::check::model::{Form, Kind, Model};

use super::Homes;

/// A place for every row of the mass matrix and for every algebraic equation that determines a state, by augmenting
/// paths; equations that determine algebraic unknowns are not named. `None` where there are no such places, or where
/// an equation ranges over axes.
pub(super) fn find(model: &Model) -> Option<Homes> {
    let mut search = Search { owners: FxHashMap::default(), candidates: Vec::new() };
    let mut equations = Vec::new();
    for (k, equation) in model.equations.iter().enumerate() {
        let candidates = match &equation.form {
            Form::Explicit { .. } => continue,
            Form::Mass { terms, .. } => terms.iter().map(|t| (t.state, t.target.clone())).collect(),
            Form::Algebraic { residual } => unknowns_in(model, *residual),
            Form::Implicit { .. } => return None,
        };
        if !equation.axes.is_empty() {
            return None;
        }
        equations.push(k);
        search.candidates.push(candidates);
    }
    for row in 0..equations.len() {
        if !search.augment(row) {
            return None;
        }
    }
    let states: FxHashSet<Symbol> = states(model).collect();
    let homes = search.owners.into_iter().filter(|((symbol, _), _)| states.contains(symbol));
    Some(homes.map(|(place, row)| (equations[row], place)).collect())
}

fn states(model: &Model) -> impl Iterator<Item = Symbol> + '_ {
    model.variables.iter().filter(|v| matches!(v.kind, Kind::State { .. })).map(|v| v.symbol)
}

/// Elements of unknowns that an expression reads, itself or through definitions, and that no explicit equation gives:
/// algebraic unknowns first.
fn unknowns_in(model: &Model, e: Expr) -> Vec<(Symbol, Access)> {
    let explicit: FxHashSet<Symbol> = model
        .equations
        .iter()
        .filter_map(|e| match &e.form {
            Form::Explicit { state, .. } => Some(*state),
            _ => None,
        })
        .collect();
    let (mut algebraic, mut differential) = (Vec::new(), Vec::new());
    let mut seen: FxHashSet<Expr> = FxHashSet::default();
    let mut pending = vec![e];
    while let Some(e) = pending.pop() {
        for n in model.algebra.reachable(e, true) {
            if !seen.insert(n) {
                continue;
            }
            let Node::Read(symbol, access) = model.algebra.node(n) else { continue };
            let definition = model.definitions.iter().find(|d| d.symbol == symbol);
            pending.extend(definition.into_iter().flat_map(|d| d.pieces.iter().map(|p| p.value)));
            let place = (symbol, model.algebra.access(access).clone());
            match model.variables.iter().find(|v| v.symbol == symbol).map(|v| &v.kind) {
                Some(Kind::Algebraic { .. }) => algebraic.push(place),
                Some(Kind::State { .. }) if !explicit.contains(&symbol) => differential.push(place),
                _ => {}
            }
        }
    }
    algebraic.extend(differential);
    algebraic
}

struct Search {
    owners: FxHashMap<(Symbol, Access), usize>,
    candidates: Vec<Vec<(Symbol, Access)>>,
}

impl Search {
    /// Breadth first, so that no path is too long for the stack.
    fn augment(&mut self, start: usize) -> bool {
        let mut from: FxHashMap<(Symbol, Access), usize> = FxHashMap::default();
        let mut determines: FxHashMap<usize, (Symbol, Access)> = FxHashMap::default();
        let mut order = vec![start];
        let mut next = 0;
        while next < order.len() {
            let row = order[next];
            next += 1;
            for place in self.candidates[row].clone() {
                if from.contains_key(&place) {
                    continue;
                }
                from.insert(place.clone(), row);
                match self.owners.get(&place) {
                    Some(&other) => {
                        determines.insert(other, place);
                        order.push(other);
                    }
                    None => {
                        let mut end = place;
                        loop {
                            let by = from[&end];
                            self.owners.insert(end, by);
                            match determines.get(&by) {
                                Some(before) => end = before.clone(),
                                None => return true,
                            }
                        }
                    }
                }
            }
        }
        false
    }
}
