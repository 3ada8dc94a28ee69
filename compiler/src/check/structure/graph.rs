//! Equations and unknowns as the nodes of a graph, element by element; an explicit equation is looked at when it is
//! first reached.
//!
//! The derivative w of a state that no explicit equation gives is an unknown like an algebraic one, and its state has
//! the explicit equation x' = w: so every state has an explicit equation, and the other equations, the rows, have
//! the algebraic unknowns and those w to determine.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::algebra::{Access, Affine, Algebra, Binary, Expr, Node, Range, Subscript, Symbol, Var};

use super::super::model::{Definition, Form, Kind, Model, Piece};

/// An element of an unknown.
pub type Unknown = u32;

/// An equation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Law {
    /// The explicit equation of an element of a state.
    Explicit(Unknown),
    /// A row, by its number.
    Row(u32),
}

/// The rows of one equation: its elements, row-major.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its place in `Model::equations`.
    pub equation: usize,
    pub first: u32,
    pub len: u32,
    expressions: Vec<Expr>,
    /// The derivative that an explicit equation defines, where the state's other elements have none.
    derivatives: Vec<(Symbol, Access)>,
}

/// What an array of unknowns is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A state with explicit equations.
    State,
    /// Algebraic unknowns, and the derivatives that no explicit equation gives.
    Free,
}

#[derive(Clone, Debug)]
pub struct Array {
    pub symbol: Symbol,
    pub first: Unknown,
    pub len: u32,
    pub sort: Sort,
}

/// Work that an element of a definition counts for, which is remembered.
const DEFINITION: u64 = 16;

/// Read accesses of an expression, each with the reductions around it.
type Accesses = Rc<Vec<(Symbol, Access, SmallVec<[(Var, Range); 2]>)>>;

pub struct Graph<'m> {
    pub model: &'m Model,
    pub arrays: Vec<Array>,
    pub blocks: Vec<Block>,
    pub rows: u32,
    /// What is left to do; at 0 the answers mean nothing.
    pub work: u64,
    places: FxHashMap<Symbol, usize>,
    /// Explicit equations by state.
    explicit: FxHashMap<Symbol, Vec<usize>>,
    definitions: FxHashMap<Symbol, usize>,
    /// For states whose derivative is an unknown: its first element.
    rates: FxHashMap<Symbol, Unknown>,
    accesses: FxHashMap<Expr, Accesses>,
    reads: FxHashMap<Law, Rc<[Unknown]>>,
}

impl<'m> Graph<'m> {
    /// `hidden` are unknowns that no declaration names. `None` where there are more elements than can be numbered.
    pub fn new(model: &'m Model, hidden: &[Symbol], work: u64) -> Option<Graph<'m>> {
        let mut graph = Graph {
            model,
            arrays: Vec::new(),
            blocks: Vec::new(),
            rows: 0,
            work,
            places: FxHashMap::default(),
            explicit: FxHashMap::default(),
            definitions: model.definitions.iter().enumerate().map(|(k, d)| (d.symbol, k)).collect(),
            rates: FxHashMap::default(),
            accesses: FxHashMap::default(),
            reads: FxHashMap::default(),
        };
        let mut filled: FxHashMap<Symbol, u64> = FxHashMap::default();
        for (k, equation) in model.equations.iter().enumerate() {
            if let Form::Explicit { state, .. } = &equation.form {
                graph.explicit.entry(*state).or_default().push(k);
                let sum = filled.entry(*state).or_default();
                *sum = sum.saturating_add(volume(&equation.axes));
            }
        }
        let mut open = Vec::new();
        for v in &model.variables {
            match v.kind {
                Kind::State { .. } => {
                    graph.push(v.symbol, Sort::State)?;
                    if filled.get(&v.symbol) != Some(&model.algebra.symbol(v.symbol).len()) {
                        open.push(v.symbol);
                    }
                }
                Kind::Algebraic { .. } => graph.push(v.symbol, Sort::Free)?,
                _ => {}
            }
        }
        for &symbol in hidden {
            graph.push(symbol, Sort::Free)?;
        }
        for state in open {
            let derivative = model.derivatives.iter().find(|(_, s)| **s == state).map(|(d, _)| *d);
            let symbol = derivative.unwrap_or(state);
            let first = graph.arrays.last().map_or(0, |a| a.first + a.len);
            graph.rates.insert(state, first);
            graph.explicit.remove(&state);
            if derivative.is_some() {
                graph.push(symbol, Sort::Free)?;
            }
        }
        graph.add_blocks()?;
        Some(graph)
    }

    fn push(&mut self, symbol: Symbol, sort: Sort) -> Option<()> {
        let first = self.arrays.last().map_or(0, |a| a.first + a.len);
        let len = u32::try_from(self.model.algebra.symbol(symbol).len()).ok()?;
        first.checked_add(len)?;
        self.places.insert(symbol, self.arrays.len());
        self.arrays.push(Array { symbol, first, len, sort });
        Some(())
    }

    /// Every equation that is not explicit.
    fn add_blocks(&mut self) -> Option<()> {
        for (k, equation) in self.model.equations.iter().enumerate() {
            let (expressions, derivatives) = match &equation.form {
                Form::Explicit { state, target, value } if self.rates.contains_key(state) => {
                    (vec![*value], vec![(*state, target.clone())])
                }
                Form::Explicit { .. } => continue,
                Form::Mass { terms, value } => (
                    terms.iter().map(|t| t.coefficient).chain([*value]).collect(),
                    terms.iter().map(|t| (t.state, t.target.clone())).collect(),
                ),
                Form::Algebraic { residual } | Form::Implicit { residual } => (vec![*residual], Vec::new()),
            };
            let len = u32::try_from(volume(&equation.axes)).ok()?;
            let first = self.rows;
            self.rows = first.checked_add(len)?;
            self.blocks.push(Block { equation: k, first, len, expressions, derivatives });
        }
        Some(())
    }

    pub fn array_of(&self, unknown: Unknown) -> &Array {
        let k = self.arrays.partition_point(|a| a.first + a.len <= unknown);
        &self.arrays[k]
    }

    pub fn block_of(&self, row: u32) -> usize {
        self.blocks.partition_point(|b| b.first + b.len <= row)
    }

    /// Whether rows, not explicit equations, determine the element.
    pub fn is_free(&self, unknown: Unknown) -> bool {
        self.array_of(unknown).sort == Sort::Free
    }

    /// The unknowns that an equation reads, itself or through definitions; sorted.
    pub fn reads(&mut self, node: Law) -> Rc<[Unknown]> {
        if let Some(reads) = self.reads.get(&node) {
            return reads.clone();
        }
        let mut found: Vec<Unknown> = match node {
            Law::Row(row) => self.row_reads(row),
            Law::Explicit(state) => self.explicit_reads(state),
        };
        found.sort_unstable();
        found.dedup();
        self.work = self.work.saturating_sub(found.len() as u64);
        let reads: Rc<[Unknown]> = found.into();
        self.reads.insert(node, reads.clone());
        reads
    }

    fn row_reads(&mut self, row: u32) -> Vec<Unknown> {
        let block = self.blocks[self.block_of(row)].clone();
        let axes = &self.model.equations[block.equation].axes;
        let at = unflatten(u64::from(row - block.first), axes);
        let mut found = Vec::new();
        for (state, target) in &block.derivatives {
            if let (Some(&first), Some(flat)) = (self.rates.get(state), self.flat(*state, target, &at, &[])) {
                found.push(first + flat as u32);
            }
        }
        self.collect(&block.expressions, &at, &mut found);
        found
    }

    fn explicit_reads(&mut self, unknown: Unknown) -> Vec<Unknown> {
        let (symbol, first) = {
            let array = self.array_of(unknown);
            (array.symbol, array.first)
        };
        if let Some(rate) = self.rates.get(&symbol) {
            return vec![rate + (unknown - first)];
        }
        let place = self.position(symbol, u64::from(unknown - first));
        let mut found = Vec::new();
        for k in self.explicit.get(&symbol).cloned().unwrap_or_default() {
            let equation = &self.model.equations[k];
            let Form::Explicit { target, value, .. } = &equation.form else { continue };
            self.work = self.work.saturating_sub(1);
            if let Some(at) = invert(target, &equation.axes, &place) {
                self.collect(&[*value], &at, &mut found);
                break;
            }
        }
        found
    }

    /// The 0-based subscripts of an element.
    fn position(&self, symbol: Symbol, mut flat: u64) -> Vec<i64> {
        let dims = &self.model.algebra.symbol(symbol).dims;
        let mut place = vec![0; dims.len()];
        for (k, &n) in dims.iter().enumerate().rev() {
            place[k] = (flat % n.max(1)) as i64;
            flat /= n.max(1);
        }
        place
    }

    /// Adds the unknowns that expressions read, and those of the definitions that they read.
    fn collect(&mut self, expressions: &[Expr], axes: &[i64], found: &mut Vec<Unknown>) {
        let mut pending: Vec<(Expr, Vec<i64>)> = expressions.iter().map(|&e| (e, axes.to_vec())).collect();
        let mut seen: FxHashSet<(usize, u64)> = FxHashSet::default();
        while let Some((e, axes)) = pending.pop() {
            for (symbol, access, inner) in self.accesses(e).iter() {
                let place = self.places.get(symbol).map(|&k| self.arrays[k].first);
                let definition = self.definitions.get(symbol).copied();
                if place.is_none() && definition.is_none() {
                    continue;
                }
                let ranges: SmallVec<[Range; 2]> = inner.iter().map(|(_, r)| *r).collect();
                let mut work = self.work;
                for_each(&ranges, &mut |values| {
                    let bound: SmallVec<[(Var, i64); 2]> =
                        inner.iter().zip(values).map(|((v, _), &x)| (*v, x)).collect();
                    work = work.saturating_sub(1);
                    let Some(flat) = self.flat(*symbol, access, &axes, &bound) else { return work > 0 };
                    match (place, definition) {
                        // The definition of a derivative that is read stands for it.
                        (_, Some(d)) => {
                            if seen.insert((d, flat)) {
                                let place = self.position(*symbol, flat);
                                pending.extend(element(&self.model.definitions[d], &place));
                                work = work.saturating_sub(DEFINITION);
                            }
                        }
                        (Some(first), None) => found.push(first + flat as u32),
                        (None, None) => {}
                    }
                    work > 0
                });
                self.work = work;
                if self.work == 0 {
                    return;
                }
            }
        }
    }

    fn accesses(&mut self, e: Expr) -> Accesses {
        if let Some(known) = self.accesses.get(&e) {
            return known.clone();
        }
        let mut found = FxHashSet::default();
        accesses(&self.model.algebra, e, &mut Vec::new(), &mut found);
        self.work = self.work.saturating_sub(found.len() as u64);
        let mut list: Vec<_> = found.into_iter().collect();
        list.sort_unstable();
        let list = Rc::new(list);
        self.accesses.insert(e, list.clone());
        list
    }

    /// Row-major place of an element; `None` outside a boundary of zeros.
    fn flat(&self, symbol: Symbol, access: &Access, axes: &[i64], bound: &[(Var, i64)]) -> Option<u64> {
        let value = |a: &Affine| {
            a.terms.iter().fold(a.offset, |sum, &(v, c)| match v {
                Var::Axis(k) => sum + c * axes.get(k as usize).copied().unwrap_or(0),
                v => sum + c * bound.iter().find(|(w, _)| *w == v).map_or(0, |(_, x)| *x),
            })
        };
        let mut flat = 0;
        for (subscript, &n) in access.iter().zip(&self.model.algebra.symbol(symbol).dims) {
            let position = match subscript {
                Subscript::Affine { position, boundary } => boundary.bring_inside(value(position), n)?,
                Subscript::Table { table, at } => {
                    let at: Vec<i64> = at.iter().map(value).collect();
                    self.model.algebra.table_entry(*table, &at)?
                }
            };
            if !(0..n as i64).contains(&position) {
                return None;
            }
            flat = flat * n + position as u64;
        }
        Some(flat)
    }
}

pub fn volume(axes: &[Range]) -> u64 {
    axes.iter().fold(1u64, |product, r| product.saturating_mul(r.len()))
}

/// The values of axes for a row-major place.
fn unflatten(mut flat: u64, axes: &[Range]) -> Vec<i64> {
    let mut at = vec![0; axes.len()];
    for (k, r) in axes.iter().enumerate().rev() {
        at[k] = r.start + (flat % r.len().max(1)) as i64;
        flat /= r.len().max(1);
    }
    at
}

/// The values of axes at which a target is this place.
fn invert(target: &Access, axes: &[Range], place: &[i64]) -> Option<Vec<i64>> {
    let mut at: Vec<i64> = axes.iter().map(|r| r.start).collect();
    for (subscript, &p) in target.iter().zip(place) {
        let Subscript::Affine { position, .. } = subscript else { return None };
        match position.terms[..] {
            [] if position.offset == p => {}
            [(Var::Axis(k), 1)] => {
                let (k, x) = (k as usize, p - position.offset);
                if !axes[k].contains(Range::new(x, x + 1)) {
                    return None;
                }
                at[k] = x;
            }
            _ => return None,
        }
    }
    Some(at)
}

/// The expression of a definition's element, with the values of its axes.
fn element(definition: &Definition, place: &[i64]) -> Option<(Expr, Vec<i64>)> {
    let find = |p: &Piece| invert(&p.target, &p.axes, place).map(|at| (p.value, at));
    definition.pieces.iter().find_map(find)
}

/// The reads of an expression whose values it varies with: not those of conditions, which are held within a step.
fn accesses(
    algebra: &Algebra,
    e: Expr,
    around: &mut Vec<(Var, Range)>,
    found: &mut FxHashSet<(Symbol, Access, SmallVec<[(Var, Range); 2]>)>,
) {
    let mut seen = FxHashSet::default();
    let mut stack = vec![e];
    while let Some(n) = stack.pop() {
        if !seen.insert(n) {
            continue;
        }
        match algebra.node(n) {
            Node::Read(symbol, access) => {
                let access = algebra.access(access).clone();
                let uses = |v: Var| access.iter().flat_map(Subscript::affines).any(|a| a.coefficient(v) != 0);
                let inner = around.iter().copied().filter(|(v, _)| uses(*v)).collect();
                found.insert((symbol, access, inner));
            }
            Node::Select(_, a, b) => stack.extend([a, b]),
            Node::Not(_) => {}
            Node::Binary(op, a, b) => {
                if matches!(op, Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Pow) {
                    stack.extend([a, b]);
                }
            }
            Node::Reduce { height, range, body, .. } => {
                around.push((Var::Bound(height), range));
                accesses(algebra, body, around, found);
                around.pop();
            }
            node => stack.extend(algebra.children(node)),
        }
    }
}

/// Calls with every combination of values while it says so.
fn for_each(ranges: &[Range], f: &mut dyn FnMut(&[i64]) -> bool) {
    if ranges.iter().any(|r| r.is_empty()) {
        return;
    }
    let mut values: Vec<i64> = ranges.iter().map(|r| r.start).collect();
    while f(&values) {
        let Some(k) = (0..ranges.len()).rev().find(|&k| values[k] + 1 < ranges[k].end) else { return };
        values[k] += 1;
        for later in k + 1..ranges.len() {
            values[later] = ranges[later].start;
        }
    }
}
