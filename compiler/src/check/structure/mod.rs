//! The structure of a model's equations: which unknowns they determine, and which have to be differentiated for it.

mod cover;
mod graph;
mod levels;
mod offsets;

use rustc_hash::FxHashMap;

use crate::algebra::Symbol;
use crate::diagnostics::{Diagnostics, Span};

use super::error;
use super::model::{Feature, FeatureKind, Form, Model};
use cover::{Cover, Deficient};
use graph::{Graph, Law, Unknown};
use offsets::Offsets;

pub use offsets::MOST;

/// Work of an analysis that is needed, and of one that only looks for mistakes.
const NEEDED: u64 = 20_000_000;
const PRECAUTION: u64 = 2_000_000;
/// Rows of a system that is looked at as a precaution.
const FEW_ROWS: u64 = 20_000;
/// Rows that are analysed at all.
const MOST_ROWS: u64 = 100_000;

/// An element of a model's equation: its place in `Model::equations`, and its row-major place among the axes.
pub type RowElement = (usize, u64);

/// An element of a derivative of an unknown: symbol, order of the derivative, and row-major place.
pub type Element = (Symbol, u32, u64);

/// Constraints and the unknowns that they can determine.
#[derive(Clone, Debug)]
pub struct Level {
    /// Elements of equations, each with the order of its derivative.
    pub rows: Vec<(RowElement, u32)>,
    /// Unknowns with a differential equation that gives way to a constraint, in the order of their declaration.
    pub candidates: Vec<Element>,
    /// For each row the place among the candidates of the one that it determines by default.
    pub chosen: Vec<usize>,
}

/// A system that has to be differentiated.
#[derive(Clone, Debug, Default)]
pub struct Reduction {
    /// How often each equation is differentiated, by its place in `Model::equations`; those that are.
    pub equations: Vec<(usize, u32)>,
    /// The highest derivative of algebraic unknowns, where that is not the unknown itself.
    pub unknowns: Vec<(Symbol, u32)>,
    /// The deepest first.
    pub levels: Vec<Level>,
    /// The highest derivative that each element of an equation determines.
    pub tops: Vec<(RowElement, Element)>,
    /// Structural index.
    pub index: u32,
}

/// What an analysis finds.
pub enum Verdict {
    /// The equations determine all unknowns as they stand.
    Plain,
    Reduced(Reduction),
    Deficient(Mistake),
    /// Equations that would have to be differentiated more than `MOST` times.
    TooHigh(Vec<usize>),
    TooLarge,
}

/// Equations with too few unknowns.
pub struct Mistake {
    pub equations: Vec<usize>,
    /// How many there are, element by element.
    pub count: usize,
    pub determined: Vec<String>,
    pub undetermined: Vec<String>,
}

/// Why a model is analysed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its equations do not determine its unknowns as they stand.
    Needed,
    /// They seem to.
    Precaution,
}

/// Analyses a model; `hidden` are algebraic unknowns that no declaration names.
pub fn analyse(model: &Model, hidden: &[Symbol], reason: Reason) -> Verdict {
    let work = if reason == Reason::Needed { NEEDED } else { PRECAUTION };
    let Some(mut graph) = Graph::new(model, hidden, work) else { return Verdict::TooLarge };
    let most = if reason == Reason::Needed { MOST_ROWS } else { FEW_ROWS };
    if u64::from(graph.rows) > most {
        return Verdict::TooLarge;
    }
    let verdict = verdict(&mut graph);
    if graph.work == 0 { Verdict::TooLarge } else { verdict }
}

fn verdict(graph: &mut Graph) -> Verdict {
    let (cover, deficient) = Cover::of(graph);
    if graph.work == 0 {
        return Verdict::TooLarge;
    }
    if let Some(deficient) = deficient {
        return Verdict::Deficient(mistake(graph, &cover, &deficient));
    }
    let equations = |graph: &Graph, rows: Vec<u32>| {
        let mut equations: Vec<usize> =
            rows.into_iter().map(|r| graph.blocks[graph.block_of(r)].equation).collect();
        equations.sort_unstable();
        equations.dedup();
        Verdict::TooHigh(equations)
    };
    let mut offsets = match Offsets::of(graph) {
        Ok(offsets) => offsets,
        Err(rows) => return equations(graph, rows),
    };
    if offsets.rows.iter().all(|&c| c == 0) {
        return Verdict::Plain;
    }
    if let Err(rows) = offsets.even_out(graph) {
        return equations(graph, rows);
    }
    match levels::levels(graph, &offsets) {
        Some(levels) => Verdict::Reduced(reduction(graph, &offsets, levels)),
        None => {
            let differentiated = (0..graph.rows).filter(|&r| offsets.rows[r as usize] > 0).collect();
            equations(graph, differentiated)
        }
    }
}

fn reduction(graph: &Graph, offsets: &Offsets, levels: Vec<levels::Level>) -> Reduction {
    let row = |r: u32| {
        let block = &graph.blocks[graph.block_of(r)];
        (block.equation, u64::from(r - block.first))
    };
    let element = |unknown: Unknown, order: u32| {
        let array = graph.array_of(unknown);
        (array.symbol, order, u64::from(unknown - array.first))
    };
    let differentiated = graph.blocks.iter().filter(|b| b.len > 0);
    let equations: Vec<(usize, u32)> = differentiated
        .map(|b| (b.equation, offsets.rows[b.first as usize]))
        .filter(|(_, c)| *c > 0)
        .collect();
    let mut unknowns: FxHashMap<Symbol, u32> = FxHashMap::default();
    for (&unknown, &order) in offsets.unknowns.iter().filter(|(_, order)| **order > 0) {
        unknowns.insert(graph.array_of(unknown).symbol, order);
    }
    let mut unknowns: Vec<(Symbol, u32)> = unknowns.into_iter().collect();
    unknowns.sort_unstable();
    let mut tops: Vec<(RowElement, Element)> =
        offsets.owners.iter().map(|(&u, &r)| (row(r), element(u, offsets.highest(u)))).collect();
    tops.sort_unstable();
    // Pryce's structural index: one more where an unknown itself, and no derivative of it, is determined.
    let most = equations.iter().map(|(_, c)| *c).max().unwrap_or(0);
    let some_lowest = offsets.owners.keys().any(|&u| offsets.highest(u) == 0);
    let levels = levels
        .into_iter()
        .map(|level| Level {
            rows: level.rows.iter().map(|&(r, order)| (row(r), order)).collect(),
            candidates: level.candidates.iter().map(|&(u, order)| element(u, order)).collect(),
            chosen: level.chosen,
        })
        .collect();
    Reduction { equations, unknowns, levels, tops, index: most + u32::from(some_lowest) }
}

fn mistake(graph: &Graph, cover: &Cover, deficient: &Deficient) -> Mistake {
    let mut equations: Vec<usize> = Vec::new();
    for law in &deficient.laws {
        match *law {
            Law::Row(r) => equations.push(graph.blocks[graph.block_of(r)].equation),
            Law::Explicit(unknown) => {
                let symbol = graph.array_of(unknown).symbol;
                let own = |e: &super::model::Equation| matches!(e.form, Form::Explicit { state, .. } if state == symbol);
                equations.extend(graph.model.equations.iter().position(own));
            }
        }
    }
    equations.sort_unstable();
    equations.dedup();
    let name = |&unknown: &Unknown| {
        let array = graph.array_of(unknown);
        element_name(graph.model, array.symbol, u64::from(unknown - array.first))
    };
    Mistake {
        equations,
        count: deficient.laws.len(),
        determined: deficient.unknowns.iter().map(name).collect(),
        undetermined: cover.uncovered(graph).iter().map(name).collect(),
    }
}

/// `u[3]`, as the user counts.
pub fn element_name(model: &Model, symbol: Symbol, mut flat: u64) -> String {
    let info = model.algebra.symbol(symbol);
    let state = model.derivatives.get(&symbol).copied().unwrap_or(symbol);
    let lower = model.variables.iter().find(|v| v.symbol == state).map_or(&[][..], |v| &v.lower);
    if info.dims.is_empty() {
        return info.name.clone();
    }
    let mut subscripts = Vec::new();
    for (k, &n) in info.dims.iter().enumerate().rev() {
        let first = lower.get(k).copied().unwrap_or(1);
        subscripts.push((first + (flat % n.max(1)) as i64).to_string());
        flat /= n.max(1);
    }
    subscripts.reverse();
    format!("{}[{}]", info.name, subscripts.join(","))
}

/// Reports equations that leave unknowns undetermined, and notes that a model has to be differentiated.
pub fn check(model: &mut Model, needed: Option<Span>, diagnostics: &mut Diagnostics) {
    let explicit = |e: &super::model::Equation| matches!(e.form, Form::Explicit { .. });
    if needed.is_none() && model.equations.iter().all(explicit) {
        return;
    }
    let reason = if needed.is_some() { Reason::Needed } else { Reason::Precaution };
    let span = |k: &usize| model.equations[*k].span;
    match analyse(model, &[], reason) {
        Verdict::Plain => {}
        Verdict::Reduced(reduction) => {
            let span = reduction.equations.first().map(|(k, _)| span(k));
            let span = needed.or(span).unwrap_or_default();
            model.features.push(Feature { kind: FeatureKind::HighIndex, span });
        }
        Verdict::Deficient(mistake) => {
            let spans: Vec<Span> = mistake.equations.iter().map(span).collect();
            diagnostics.push(error::undetermined(&mistake, &spans));
        }
        Verdict::TooHigh(equations) => {
            let spans: Vec<Span> = equations.iter().map(span).collect();
            diagnostics.push(error::index_too_high(MOST, &spans));
        }
        Verdict::TooLarge => {
            if let Some(span) = needed {
                diagnostics.push(error::structure_too_large(span));
            }
        }
    }
}
