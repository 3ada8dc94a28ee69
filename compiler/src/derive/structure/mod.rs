//! From any equations to a system of index 1: what has to be an unknown, what has to be differentiated, and which
//! rows make the system.
//!
//! Rows that are no explicit equations are lifted (`lift`), rows of the mass matrix that depend on others become
//! algebraic equations (`dependence`), and constraints are differentiated (`reduce`). A system of higher index has
//! more rows than unknowns: all constraints, and the differential equations of all unknowns that have one. Which of
//! these give way to constraints is a choice of numbers (`Structure::select`), so another choice needs no new code.

mod dependence;
mod homes;
mod lift;
pub(super) mod print;

mod reduce;
mod split;
#[cfg(test)]
mod tests;

use rustc_hash::FxHashMap;

use crate::algebra::{Access, Symbol};
use crate::check::model::{FeatureKind, Form, Model, Piece};
use crate::check::structure::{Reason, Reduction, RowElement, Verdict, analyse};
use crate::diagnostics::Span;

pub(super) use split::split;

use super::rows::Written;
use super::system::System;

/// The state's row that an equation of `Model::equations` writes, where that is not its own.
pub type Homes = FxHashMap<usize, (Symbol, Access)>;

/// An unknown that no declaration names: a derivative.
#[derive(Clone, Debug)]
pub struct Hidden {
    pub symbol: Symbol,
    /// What it is the derivative of.
    pub below: Symbol,
    pub name: String,
    pub lower: Vec<i64>,
    /// What `init` says of it; 0 elsewhere.
    pub guess: Vec<Piece>,
}

/// The derivative of an equation that was added to `Model::equations`.
#[derive(Clone, Copy, Debug)]
pub struct Derived {
    /// The place of the equation itself.
    pub equation: usize,
    pub order: u32,
    /// The place of its derivative.
    pub place: usize,
}

/// Why a system of higher index cannot be reduced: something that a constraint needs has no derivative by time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// A function without a declared derivative, a past value, a noise, or an unknown whose elements would have to be
    /// differentiated differently often.
    pub name: String,
    /// The constraint.
    pub span: Span,
}

/// What a row of a system of higher index is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Computed {
    /// The differential equation of this unknown.
    Link { unknown: u32 },
    /// A derivative of an algebraic equation, below the highest; order 0 is the equation itself. `level` is a place in
    /// `Structure::levels`, `row` the row of order 0.
    Constraint { level: u32, row: u32, order: u32 },
    /// An algebraic equation, or the highest derivative (`order`) of a constraint, whose order 0 is `row`: it holds in
    /// every selection and takes the place of no differential equation.
    Algebraic { row: u32, order: u32 },
}

/// Constraints, as many of which as there are decide about as many of the candidates.
#[derive(Clone, Debug)]
pub struct Level {
    /// Rows of the system.
    pub rows: Vec<u32>,
    /// Unknowns with a differential equation. For any choice of as many of them as there are rows for which
    /// ∂rows/∂chosen is regular, the system that has the rows in the place of their differential equations is of
    /// index 1 and has the same solutions.
    pub candidates: Vec<u32>,
    /// The default choice: a candidate for each row. What is declared first stays a state.
    pub chosen: Vec<u32>,
}

/// The rows of a system of higher index and how a square one is made of them.
#[derive(Clone, Debug)]
pub struct Structure {
    /// Structural index: 1 more than the most differentiations of an equation.
    pub index: u32,
    /// Unknowns whose initial values can be chosen.
    pub freedom: u64,
    /// What each computed row is, in the order of `System::results`.
    pub rows: Vec<Computed>,
    /// The deepest first (positions before velocities); levels of one depth share no candidate. No candidate is in two
    /// levels.
    pub levels: Vec<Level>,
    /// For each unknown the row that has its place before constraints take theirs.
    pub places: Vec<u32>,
}

impl Structure {
    /// The rows of the square system, by the places of unknowns, where the constraints of each level take the places
    /// of these candidates (`chosen[level][k]` that of `levels[level].rows[k]`).
    pub fn select<C: AsRef<[u32]>>(&self, chosen: &[C]) -> Vec<u32> {
        let mut rows = self.places.clone();
        for (level, chosen) in self.levels.iter().zip(chosen) {
            for (&row, &unknown) in level.rows.iter().zip(chosen.as_ref()) {
                rows[unknown as usize] = row;
            }
        }
        rows
    }

    /// The rows of the default choice.
    pub fn selection(&self) -> Vec<u32> {
        let chosen: Vec<&[u32]> = self.levels.iter().map(|level| &level.chosen[..]).collect();
        self.select(&chosen)
    }
}

/// What is known of the equations where they are not differentiated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// They determine all unknowns, some perhaps from another place than the analysis of the model alone gives them.
    #[default]
    Determined,
    /// No way was found to make them do it.
    Open,
}

/// How a model's equations have to be changed, found before the switches are taken out of them.
#[derive(Default)]
pub(super) struct Shape {
    pub hidden: Vec<Hidden>,
    pub homes: Homes,
    pub reduction: Option<Reduction>,
    pub derived: Vec<Derived>,
    pub obstacle: Option<Obstacle>,
    pub standing: Standing,
}

impl Shape {
    /// Lifts what is not explicit, and finds what has to be differentiated.
    pub fn of(model: &mut Model) -> Shape {
        let mut shape = Shape::default();
        if model.equations.iter().all(|e| matches!(e.form, Form::Explicit { .. })) {
            return shape;
        }
        let dependent = dependence::separate(model);
        let mut states = lift::needed(model);
        let high = model.features.iter().any(|f| f.kind == FeatureKind::HighIndex);
        let reason = if high { Reason::Needed } else { Reason::Precaution };
        loop {
            lift::apply(model, &states, &mut shape.hidden);
            let symbols: Vec<Symbol> = shape.hidden.iter().map(|h| h.symbol).collect();
            let reduction = match analyse(model, &symbols, reason) {
                Verdict::Plain => return shape,
                Verdict::Reduced(reduction) => reduction,
                // Then the rows have to stay what they were: a matrix that is singular when it is solved.
                Verdict::Deficient(_) | Verdict::TooHigh(_) | Verdict::TooLarge => {
                    for (k, form) in dependent {
                        model.equations[k].form = form;
                    }
                    shape.standing = Standing::Open;
                    return shape;
                }
            };
            states = lift::all(model);
            if states.is_empty() {
                shape.reduction = Some(reduction);
                shape.standing = Standing::Open;
                return shape;
            }
            if let Some(homes) = homes::find(model) {
                shape.homes = homes;
                return shape;
            }
        }
    }

    /// The results that are derivatives of others.
    pub fn derivatives(&self, written: &Written) -> FxHashMap<Symbol, (Symbol, u32)> {
        let result = |place: usize| written.equations[place];
        let pairs =
            self.derived.iter().filter_map(|d| Some((result(d.place)?, (result(d.equation)?, d.order))));
        pairs.collect()
    }

    /// Adds the derivatives of constraints.
    pub fn reduce(&mut self, model: &mut Model) {
        let Some(reduction) = &self.reduction else { return };
        let (equations, hidden) = (model.equations.len(), self.hidden.len());
        match reduce::reduce(model, reduction, &mut self.hidden) {
            Ok(derived) => self.derived = derived,
            Err(obstacle) => {
                // Half of it would be neither the model nor a system of index 1.
                model.equations.truncate(equations);
                self.hidden.truncate(hidden);
                self.reduction = None;
                self.obstacle = Some(obstacle);
            }
        }
    }
}

impl System {
    /// The numbers of rows and unknowns of a reduced system. `written` are the results of the equations.
    pub(super) fn structure(&self, shape: &Shape, written: &Written) -> Option<Structure> {
        let reduction = shape.reduction.as_ref()?;
        let numbers = Numbers::new(self, shape, written);
        let mut rows: Vec<Computed> =
            (0..self.results.len as u32).map(|row| Computed::Algebraic { row, order: 0 }).collect();
        let mut places: Vec<Option<u32>> = vec![None; self.unknowns.len as usize];
        for (&unknown, &result) in &written.derivatives {
            let part = self.results.find(result)?;
            let first = self.unknowns.find(unknown)?.offset as u32;
            for k in 0..part.len() as u32 {
                rows[part.offset as usize + k as usize] = Computed::Link { unknown: first + k };
                places[(first + k) as usize] = Some(part.offset as u32 + k);
            }
        }
        for &(equation, most) in &reduction.equations {
            let part = self.results.find(written.equations[equation]?)?;
            for element in 0..part.len() {
                let top = numbers.row((equation, element), most)?;
                rows[top as usize] =
                    Computed::Algebraic { row: numbers.row((equation, element), 0)?, order: most };
            }
        }
        let mut levels = Vec::new();
        for (number, level) in reduction.levels.iter().enumerate() {
            let own: Option<Vec<u32>> =
                level.rows.iter().map(|&(row, order)| numbers.row(row, order)).collect();
            let candidates: Option<Vec<u32>> =
                level.candidates.iter().map(|&(s, order, flat)| numbers.unknown(s, order, flat)).collect();
            let (own, candidates) = (own?, candidates?);
            for (&row, &(element, order)) in own.iter().zip(&level.rows) {
                let row0 = numbers.row(element, 0)?;
                rows[row as usize] = Computed::Constraint { level: number as u32, row: row0, order };
            }
            let chosen = level.chosen.iter().map(|&k| candidates[k]).collect();
            levels.push(Level { rows: own, candidates, chosen });
        }
        let differentiations: FxHashMap<usize, u32> = reduction.equations.iter().copied().collect();
        for &(row, (symbol, order, flat)) in &reduction.tops {
            let most = differentiations.get(&row.0).copied().unwrap_or(0);
            places[numbers.unknown(symbol, order, flat)? as usize] = numbers.row(row, most);
        }
        let constraints: u64 = levels.iter().map(|level| level.rows.len() as u64).sum();
        let links = rows.iter().filter(|row| matches!(row, Computed::Link { .. })).count() as u64;
        let places: Option<Vec<u32>> = places.into_iter().collect();
        Some(Structure {
            index: reduction.index,
            freedom: links - constraints,
            rows,
            levels,
            places: places?,
        })
    }
}

/// Where the elements of equations and of derivatives are.
struct Numbers<'s> {
    system: &'s System,
    written: &'s [Option<Symbol>],
    derived: FxHashMap<(usize, u32), usize>,
    /// Derivatives of algebraic unknowns.
    above: FxHashMap<Symbol, Symbol>,
}

impl<'s> Numbers<'s> {
    fn new(system: &'s System, shape: &Shape, written: &'s Written) -> Numbers<'s> {
        let derived = shape.derived.iter().map(|d| ((d.equation, d.order), d.place)).collect();
        let above = shape.hidden.iter().map(|h| (h.below, h.symbol)).collect();
        Numbers { system, written: &written.equations, derived, above }
    }

    fn row(&self, (equation, element): RowElement, order: u32) -> Option<u32> {
        let place = if order == 0 { equation } else { *self.derived.get(&(equation, order))? };
        let part = self.system.results.find(self.written[place]?)?;
        Some((part.offset + element) as u32)
    }

    fn unknown(&self, symbol: Symbol, order: u32, flat: u64) -> Option<u32> {
        let symbol = (0..order).try_fold(symbol, |s, _| self.above.get(&s).copied())?;
        Some((self.system.unknowns.find(symbol)?.offset + flat) as u32)
    }
}
