//! Equations and unknowns: a perfect matching by a flow, in which arrays count with their elements.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::{Expr, Node, Symbol};
use crate::diagnostics::Diagnostics;

use super::error::{self, IsState};
use super::model::{Equation, Form};
use super::scope::{Builder, Role};
use super::tiling::Side;

/// Work after which the matching is left to the solver: hostile text must not take forever.
const BUDGET: usize = 20_000_000;

/// Whether equations that are not explicit may determine what explicit ones leave out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Elsewhere,
    Nowhere,
}

impl Builder<'_> {
    /// Names what lacks an equation, and equations that determine nothing.
    pub fn match_equations(&mut self, equations: &[Equation]) {
        let unknowns = self.unknowns();
        let free: FxHashSet<Symbol> = self.in_free_equations(equations);
        let mut remaining: FxHashMap<Symbol, u64> = FxHashMap::default();
        let mut complete = true;
        let mut explicit = self.explicit_sides(equations);
        for symbol in &unknowns {
            let sides = explicit.remove(symbol).unwrap_or_default();
            let rest = if free.contains(symbol) { Rest::Elsewhere } else { Rest::Nowhere };
            let filled = self.check_explicit(*symbol, &sides, rest);
            complete &= filled.is_some();
            let n = self.algebra.symbol(*symbol).len();
            remaining.insert(*symbol, n - filled.unwrap_or(n).min(n));
        }
        if complete {
            self.match_free(equations, &unknowns, &remaining);
        }
    }

    /// States and algebraic unknowns in the order of their declaration.
    fn unknowns(&self) -> Vec<Symbol> {
        let mut unknowns: Vec<Symbol> = self.state_symbols.iter().copied().collect();
        let algebraic = self.arrays.iter().filter(|(_, array)| array.role == Role::Algebraic);
        unknowns.extend(algebraic.map(|(symbol, _)| *symbol));
        unknowns.sort_unstable();
        unknowns
    }

    /// States whose derivative occurs in an equation that is not explicit.
    fn in_free_equations(&self, equations: &[Equation]) -> FxHashSet<Symbol> {
        let mut found = FxHashSet::default();
        for equation in equations {
            match &equation.form {
                Form::Mass { terms, .. } => found.extend(terms.iter().map(|term| term.state)),
                Form::Implicit { residual } => {
                    found.extend(self.derivatives_in(*residual).iter().map(|d| self.derivative_of[d]));
                }
                _ => {}
            }
        }
        found
    }

    fn explicit_sides(&self, equations: &[Equation]) -> FxHashMap<Symbol, Vec<Side>> {
        let mut sides: FxHashMap<Symbol, Vec<Side>> = FxHashMap::default();
        for (state, side) in equations.iter().filter_map(|equation| self.explicit_side(equation)) {
            sides.entry(state).or_default().push(side);
        }
        sides
    }

    /// How many elements explicit equations determine; `None` after a complaint.
    fn check_explicit(&mut self, symbol: Symbol, sides: &[Side], rest: Rest) -> Option<u64> {
        let array = self.arrays[&symbol].clone();
        for side in sides {
            if !side.is_box() {
                return self.complain(error::not_a_box(side.span));
            }
            self.inside(&array, side)?;
        }
        let volume =
            sides.iter().map(|side| side.axes.iter().map(|range| range.len()).product::<u64>()).sum();
        if rest == Rest::Elsewhere || sides.is_empty() {
            return Some(volume);
        }
        self.check_tiles(&array, sides)?;
        Some(volume)
    }

    fn match_free(
        &mut self,
        equations: &[Equation],
        unknowns: &[Symbol],
        remaining: &FxHashMap<Symbol, u64>,
    ) {
        let open: Vec<Symbol> = unknowns.iter().copied().filter(|symbol| remaining[symbol] > 0).collect();
        let free: Vec<&Equation> =
            equations.iter().filter(|equation| !matches!(equation.form, Form::Explicit { .. })).collect();
        if open.is_empty() && free.is_empty() {
            return;
        }
        let mut work = BUDGET;
        let mut reads = Reads { builder: self, known: FxHashMap::default(), work: &mut work };
        let mentioned: Vec<FxHashSet<Symbol>> = free.iter().map(|equation| reads.of(equation)).collect();
        if work == 0 {
            return;
        }
        let volumes: Vec<u64> = free.iter().map(|equation| volume(equation)).collect();
        let capacities: Vec<u64> = open.iter().map(|symbol| remaining[symbol]).collect();
        let edges = edges(&mentioned, &open);
        let flow = Flow::new(&volumes, &capacities, &edges);
        if flow.complete() {
            return;
        }
        let (wanted, given) = (capacities.iter().sum::<u64>(), volumes.iter().sum::<u64>());
        if wanted == given && self.matches_with_derivatives(equations, unknowns) {
            let span =
                free.iter().zip(&flow.left).find(|(_, left)| **left > 0).map(|(equation, _)| equation.span);
            self.constraint = Some(span.unwrap_or_default());
            return;
        }
        self.complain_unmatched(unknowns, remaining, &open, &free, &flow);
    }

    /// Whether every equation can determine some unknown when constraints may be differentiated: then the system is
    /// of a higher index, and not wrong.
    fn matches_with_derivatives(&self, equations: &[Equation], unknowns: &[Symbol]) -> bool {
        let mut work = BUDGET;
        let mut reads = Reads { builder: self, known: FxHashMap::default(), work: &mut work };
        let mentioned: Vec<FxHashSet<Symbol>> = equations.iter().map(|equation| reads.of(equation)).collect();
        let volumes: Vec<u64> = equations.iter().map(volume).collect();
        let capacities: Vec<u64> = unknowns.iter().map(|symbol| self.algebra.symbol(*symbol).len()).collect();
        Flow::new(&volumes, &capacities, &edges(&mentioned, unknowns)).complete()
    }

    fn complain_unmatched(
        &mut self,
        unknowns: &[Symbol],
        remaining: &FxHashMap<Symbol, u64>,
        open: &[Symbol],
        free: &[&Equation],
        flow: &Flow,
    ) {
        let unmatched: Vec<Symbol> = open
            .iter()
            .zip(&flow.right)
            .filter(|(_, right)| **right > 0)
            .map(|(symbol, _)| *symbol)
            .collect();
        let missing: FxHashSet<Symbol> = unmatched.iter().copied().collect();
        let determined: Vec<Symbol> =
            unknowns.iter().copied().filter(|s| remaining[s] == 0 || !missing.contains(s)).collect();
        let count = self.census(unknowns, &determined);
        for symbol in unmatched.iter().take(Diagnostics::LIMIT) {
            let (name, kind, state, span) = self.unknown(*symbol);
            self.diagnostics.push(error::no_equation(&name, kind, state, &count, span));
        }
        if unmatched.is_empty() {
            let surplus = free.iter().zip(&flow.left).filter(|(_, left)| **left > 0);
            for (equation, _) in surplus {
                self.diagnostics.push(error::surplus_equation(&count, equation.span));
            }
        }
    }

    /// `3 unknowns {x, y, z}; 2 equations determine {x, y}`, cut where it would be long.
    fn census(&self, unknowns: &[Symbol], determined: &[Symbol]) -> String {
        let names = |list: &[Symbol]| {
            let shown: Vec<&str> = list.iter().take(8).map(|s| &*self.algebra.symbol(*s).name).collect();
            let more = if list.len() > 8 { ", …" } else { "" };
            format!("{{{}{more}}}", shown.join(", "))
        };
        let plural = |n: usize, word: &str| if n == 1 { word.to_owned() } else { format!("{word}s") };
        let verb = if determined.len() == 1 { "determines" } else { "determine" };
        let n = unknowns.len();
        match determined.len() {
            0 => format!("{n} {} {}, no equation", plural(n, "unknown"), names(unknowns)),
            k => format!(
                "{n} {} {}; {k} {} {verb} {}",
                plural(n, "unknown"),
                names(unknowns),
                plural(k, "equation"),
                names(determined)
            ),
        }
    }

    fn unknown(&self, symbol: Symbol) -> (String, &'static str, IsState, crate::diagnostics::Span) {
        let array = &self.arrays[&symbol];
        let (kind, state) = match array.role {
            Role::State => ("state", IsState::Yes),
            _ => ("algebraic unknown", IsState::No),
        };
        let root = self.derivative_root(symbol);
        let span = self.entities.iter().find_map(|entity| match &entity.meaning {
            super::scope::Meaning::Array(own) if own.symbol == root => Some(entity.span),
            _ => None,
        });
        (array.full_name.to_string(), kind, state, span.unwrap_or_default())
    }

    /// The declared state that a derivative comes from.
    fn derivative_root(&self, mut symbol: Symbol) -> Symbol {
        while let Some(&below) = self.derivative_of.get(&symbol) {
            symbol = below;
        }
        symbol
    }
}

fn volume(equation: &Equation) -> u64 {
    equation.axes.iter().map(|range| range.len()).product()
}

fn edges(mentioned: &[FxHashSet<Symbol>], unknowns: &[Symbol]) -> Vec<Vec<usize>> {
    let place: FxHashMap<Symbol, usize> = unknowns.iter().enumerate().map(|(k, s)| (*s, k)).collect();
    mentioned
        .iter()
        .map(|symbols| {
            let mut list: Vec<usize> = symbols.iter().filter_map(|s| place.get(s).copied()).collect();
            list.sort_unstable();
            list
        })
        .collect()
}

/// The unknowns that equations mention, at any derivative and through definitions.
struct Reads<'b, 'a, 'w> {
    builder: &'b Builder<'a>,
    /// Of definitions.
    known: FxHashMap<Symbol, FxHashSet<Symbol>>,
    work: &'w mut usize,
}

impl Reads<'_, '_, '_> {
    fn of(&mut self, equation: &Equation) -> FxHashSet<Symbol> {
        self.definitions();
        let mut found = FxHashSet::default();
        match &equation.form {
            Form::Explicit { state, value, .. } => {
                found.insert(*state);
                self.add(*value, &mut found);
            }
            Form::Mass { terms, value } => {
                for term in terms {
                    found.insert(term.state);
                    self.add(term.coefficient, &mut found);
                }
                self.add(*value, &mut found);
            }
            Form::Algebraic { residual } | Form::Implicit { residual } => self.add(*residual, &mut found),
        }
        found
    }

    /// Definitions are in order, so one pass finds what each reads.
    fn definitions(&mut self) {
        if !self.known.is_empty() {
            return;
        }
        let builder = self.builder;
        for definition in &builder.definitions {
            let mut found = FxHashSet::default();
            definition.pieces.iter().for_each(|piece| self.add(piece.value, &mut found));
            self.known.insert(definition.symbol, found);
        }
    }

    fn add(&mut self, e: Expr, found: &mut FxHashSet<Symbol>) {
        let builder = self.builder;
        for n in builder.algebra.reachable(e, true) {
            let Node::Read(symbol, _) = builder.algebra.node(n) else { continue };
            *self.work = self.work.saturating_sub(1);
            if builder.is_unknown(symbol) {
                found.insert(symbol);
            } else if let Some(&state) = builder.derivative_of.get(&symbol) {
                found.insert(state);
            }
            if let Some(more) = self.known.get(&symbol) {
                *self.work = self.work.saturating_sub(more.len());
                found.extend(more);
            }
        }
    }
}

/// A maximal flow from equations to unknowns by augmenting paths, breadth first.
struct Flow {
    /// What equations and unknowns have left.
    left: Vec<u64>,
    right: Vec<u64>,
}

impl Flow {
    fn new(volumes: &[u64], capacities: &[u64], edges: &[Vec<usize>]) -> Flow {
        let mut flow = Flow { left: volumes.to_vec(), right: capacities.to_vec() };
        // What flows into each unknown, by equation.
        let mut into: Vec<FxHashMap<usize, u64>> = vec![FxHashMap::default(); capacities.len()];
        for equation in 0..volumes.len() {
            for &unknown in &edges[equation] {
                let amount = flow.left[equation].min(flow.right[unknown]);
                if amount > 0 {
                    *into[unknown].entry(equation).or_default() += amount;
                    flow.left[equation] -= amount;
                    flow.right[unknown] -= amount;
                }
            }
        }
        let mut work = BUDGET;
        for equation in 0..volumes.len() {
            while flow.left[equation] > 0 && flow.augment(equation, edges, &mut into, &mut work) {}
        }
        flow
    }

    fn complete(&self) -> bool {
        self.left.iter().chain(&self.right).all(|rest| *rest == 0)
    }

    /// One path from an equation to an unknown that has room, taking from others on the way.
    fn augment(
        &mut self,
        start: usize,
        edges: &[Vec<usize>],
        into: &mut [FxHashMap<usize, u64>],
        work: &mut usize,
    ) -> bool {
        // For each unknown reached: the equation it was reached from. For each equation: the unknown.
        let mut from_equation: FxHashMap<usize, usize> = FxHashMap::default();
        let mut from_unknown: FxHashMap<usize, usize> = FxHashMap::default();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(equation) = queue.pop_front() {
            for &unknown in &edges[equation] {
                *work = work.saturating_sub(1);
                if *work == 0 {
                    return false;
                }
                if from_equation.contains_key(&unknown) {
                    continue;
                }
                from_equation.insert(unknown, equation);
                if self.right[unknown] > 0 {
                    self.push(start, unknown, &from_equation, &from_unknown, into);
                    return true;
                }
                let mut next: Vec<usize> =
                    into[unknown].iter().filter(|(_, x)| **x > 0).map(|(e, _)| *e).collect();
                next.sort_unstable();
                for other in next {
                    if other != start && !from_unknown.contains_key(&other) {
                        from_unknown.insert(other, unknown);
                        queue.push_back(other);
                    }
                }
            }
        }
        false
    }

    /// Moves as much as the path allows.
    fn push(
        &mut self,
        start: usize,
        end: usize,
        from_equation: &FxHashMap<usize, usize>,
        from_unknown: &FxHashMap<usize, usize>,
        into: &mut [FxHashMap<usize, u64>],
    ) {
        let mut path = vec![(from_equation[&end], end)];
        while path[path.len() - 1].0 != start {
            let unknown = from_unknown[&path[path.len() - 1].0];
            path.push((from_equation[&unknown], unknown));
        }
        let mut amount = self.left[start].min(self.right[end]);
        for pair in path.windows(2) {
            amount = amount.min(into[pair[1].1][&pair[0].0]);
        }
        for &(equation, unknown) in &path {
            *into[unknown].entry(equation).or_default() += amount;
        }
        for pair in path.windows(2) {
            if let Some(flow) = into[pair[1].1].get_mut(&pair[0].0) {
                *flow -= amount;
            }
        }
        self.left[start] -= amount;
        self.right[end] -= amount;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_count() {
        // Three equations of 5 and two single ones determine 16 and 1 unknowns.
        let flow = Flow::new(&[5, 5, 5, 1, 1], &[16, 1], &[vec![0], vec![0], vec![0, 1], vec![0], vec![1]]);
        assert!(flow.complete());
    }

    #[test]
    fn what_is_taken_is_given_back() {
        // Greedy gives the first equation the only unknown of the second.
        let flow = Flow::new(&[1, 1], &[1, 1], &[vec![0, 1], vec![0]]);
        assert!(flow.complete());
    }

    #[test]
    fn what_is_left_is_known() {
        let flow = Flow::new(&[1, 1], &[1, 1], &[vec![0], vec![0]]);
        assert_eq!((flow.left.iter().sum::<u64>(), flow.right.clone()), (1, vec![0, 1]));
    }
}
