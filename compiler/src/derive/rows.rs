//! The rows of f and of the mass matrix from a model's equations.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::{Access, Affine, Expr, Range, Subscript, Symbol, Var};
use crate::check::model::{Equation, Form, MassTerm};
use crate::diagnostics::Span;

use super::structure::Homes;
use super::system::{MassEntry, Row, System};

/// The name of what an algebraic equation leaves.
pub(super) const RESIDUAL: &str = "residual";

/// A row of a mass matrix that has no place yet.
struct MassRow {
    equation: usize,
    axes: Vec<Range>,
    span: Span,
    terms: Vec<MassTerm>,
    value: Expr,
}

/// The results that equations write.
pub(super) struct Written {
    /// By equation; `None` for rows of the mass matrix.
    pub equations: Vec<Option<Symbol>>,
    /// By unknown: the result that is its derivative.
    pub derivatives: FxHashMap<Symbol, Symbol>,
}

impl System {
    /// The rows: the derivative of each state, in the states' order, then the others in the equations' order. Equations
    /// with a home write the row of a state's derivative.
    /// The equations in `split` are cut where a loop would read definitions in pieces.
    pub(super) fn add_rows(
        &mut self,
        equations: Vec<Equation>,
        homes: &Homes,
        split: &FxHashSet<usize>,
    ) -> Written {
        let mut derivative: FxHashMap<Symbol, Symbol> = FxHashMap::default();
        for part in self.unknowns.parts.clone() {
            if part.offset < self.differential {
                derivative.insert(part.symbol, self.add_derivative(part.symbol));
            }
        }
        let mut mass = Vec::new();
        let mut rows_of_mass: Vec<MassRow> = Vec::new();
        let mut written = vec![None; equations.len()];
        for (k, Equation { axes, form, span }) in equations.into_iter().enumerate() {
            match form {
                Form::Explicit { state, target, value } => {
                    let symbol = *derivative.entry(state).or_insert_with(|| {
                        let symbol = self.add_derivative(state);
                        mass.push(self.identity(symbol, state));
                        symbol
                    });
                    let value = self.expand(value);
                    written[k] = Some(symbol);
                    self.rows.push(Row { axes, symbol, target, value, span });
                }
                Form::Algebraic { residual } => {
                    let value = self.expand(residual);
                    let (symbol, target) = match homes.get(&k) {
                        Some((state, target)) => {
                            mass.push(self.zero_entry(derivative[state], *state, target));
                            (derivative[state], target.clone())
                        }
                        None => self.add_residual(&axes),
                    };
                    written[k] = Some(symbol);
                    let row = Row { axes, symbol, target, value, span };
                    match split.contains(&k) {
                        true => self.rows.extend(super::structure::split(
                            &mut self.model.algebra,
                            &self.stored,
                            row,
                        )),
                        false => self.rows.push(row),
                    }
                }
                Form::Mass { terms, value } => {
                    rows_of_mass.push(MassRow { equation: k, axes, span, terms, value });
                }
                // They were lifted: their derivatives are unknowns.
                Form::Implicit { .. } => {}
            }
        }
        self.add_mass_rows(rows_of_mass, homes, &derivative, &mut mass);
        let algebraic = self.unknowns.len > self.differential;
        self.mass = (algebraic || !mass.is_empty()).then_some(mass);
        Written { equations: written, derivatives: derivative }
    }

    /// A result for the derivative of an unknown.
    fn add_derivative(&mut self, unknown: Symbol) -> Symbol {
        let part = self.unknown(unknown).clone();
        let name = format!("{}'", part.name);
        let symbol = self.model.algebra.declare(&name, &part.dims);
        self.results.push(&self.model.algebra, &name, symbol, &part.lower);
        symbol
    }

    /// A result for what an equation leaves over its axes.
    fn add_residual(&mut self, axes: &[Range]) -> (Symbol, Access) {
        let dims: Vec<u64> = axes.iter().map(|r| r.len()).collect();
        let symbol = self.model.algebra.declare(RESIDUAL, &dims);
        self.results.push(&self.model.algebra, RESIDUAL, symbol, &[]);
        let position = |(k, r): (usize, &Range)| Affine::var(Var::Axis(k as u32)).shift(-r.start);
        (symbol, axes.iter().enumerate().map(position).map(Subscript::inside).collect())
    }

    /// The identity's entries in the rows of the derivative of an unknown that is no state.
    fn identity(&mut self, row: Symbol, column: Symbol) -> MassEntry {
        let dims = self.model.algebra.symbol(column).dims.clone();
        let axes: Vec<Range> = dims.iter().map(|&n| Range::new(0, n as i64)).collect();
        let own = crate::algebra::own_access(&axes);
        MassEntry { row: (row, own.clone()), column: (column, own), value: self.algebra().one(), axes }
    }

    /// The entry that makes a state's row one of an algebraic equation.
    fn zero_entry(&mut self, row: Symbol, column: Symbol, target: &Access) -> MassEntry {
        let value = self.algebra().zero();
        MassEntry { axes: Vec::new(), row: (row, target.clone()), column: (column, target.clone()), value }
    }

    /// A row of f for each equation: that of one of its states, which no explicit equation and no other one has, by
    /// augmenting paths. `check` has matched equations and unknowns, so every equation finds one.
    fn match_rows(
        &self,
        rows: &[MassRow],
        derivative: &FxHashMap<Symbol, Symbol>,
    ) -> Vec<Option<(Symbol, Access)>> {
        let candidates: Vec<Vec<(Symbol, Access)>> = rows
            .iter()
            .map(|row| {
                let places = row.terms.iter().map(|t| (derivative[&t.state], t.target.clone()));
                let taken = |place: &(Symbol, Access)| {
                    self.rows.iter().any(|r| r.symbol == place.0 && r.target == place.1 && r.axes == row.axes)
                };
                places.filter(|place| !taken(place)).collect()
            })
            .collect();
        let mut owner: FxHashMap<(Symbol, Access), usize> = FxHashMap::default();
        for k in 0..candidates.len() {
            augment(k, &candidates, &mut owner, &mut Vec::new());
        }
        let mut homes = vec![None; candidates.len()];
        for (row, k) in owner {
            homes[k] = Some(row);
        }
        homes
    }

    /// Rows with several derivatives take the rows of f that no explicit equation wrote, a state of theirs each.
    fn add_mass_rows(
        &mut self,
        rows: Vec<MassRow>,
        homes: &Homes,
        derivative: &FxHashMap<Symbol, Symbol>,
        mass: &mut Vec<MassEntry>,
    ) {
        let matched = match homes.is_empty() {
            true => self.match_rows(&rows, derivative),
            false => {
                let home = |row: &MassRow| homes.get(&row.equation).map(|(s, a)| (derivative[s], a.clone()));
                rows.iter().map(home).collect()
            }
        };
        for (MassRow { axes, span, terms, value, .. }, home) in rows.into_iter().zip(matched) {
            let Some(home) = home else { continue };
            for term in &terms {
                let coefficient = self.expand(term.coefficient);
                mass.push(MassEntry {
                    axes: axes.clone(),
                    row: home.clone(),
                    column: (term.state, term.target.clone()),
                    value: coefficient,
                });
            }
            let value = self.expand(value);
            self.rows.push(Row { axes, symbol: home.0, target: home.1, value, span });
        }
    }
}

/// Finds a row for equation k, moving others to rows of theirs.
fn augment(
    k: usize,
    candidates: &[Vec<(Symbol, Access)>],
    owner: &mut FxHashMap<(Symbol, Access), usize>,
    tried: &mut Vec<(Symbol, Access)>,
) -> bool {
    for row in &candidates[k] {
        if tried.contains(row) {
            continue;
        }
        tried.push(row.clone());
        let free = match owner.get(row).copied() {
            None => true,
            Some(other) => augment(other, candidates, owner, tried),
        };
        if free {
            owner.insert(row.clone(), k);
            return true;
        }
    }
    false
}
