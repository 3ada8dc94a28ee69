//! Rows of the mass matrix that are combinations of others: what is left of them is an algebraic equation.
//!
//! Gauss's elimination on the coefficients, as expressions. Whether an entry vanishes is decided by its values for
//! random values of what it reads (Schwartz, J. ACM 27 (1980) 701): capacitors between two nodes of a circuit give
//! rows whose entries cancel for all values of the parameters.

use rustc_hash::FxHashMap;

use crate::algebra::{Access, Binary, Expr, Meaning, Node, Subscript, Symbol};
use crate::check::model::{Form, MassTerm, Model, Piece};

/// Rows beyond which nothing is looked at, and entries that are combined at most: the work grows with the cube of the rows.
const MOST_ROWS: usize = 300;
const MOST_COMBINED: usize = 300_000;
/// Depth of definitions and functions that are followed.
const DEPTH: u32 = 50;
const TRIALS: usize = 3;

/// A row of the matrix: its columns, by number, and what stands right of it.
struct Reduced {
    entries: Vec<(usize, Expr)>,
    value: Expr,
}

/// The elimination: the rows that others are combined with, and what was computed on the way.
#[derive(Default)]
struct Elimination {
    columns: FxHashMap<(Symbol, Access), usize>,
    pivots: Vec<(usize, Reduced)>,
    trials: [Trial; TRIALS],
    combined: usize,
}

/// The values of expressions for one choice of what they read.
#[derive(Default)]
struct Trial {
    number: u64,
    known: FxHashMap<Expr, Option<f64>>,
}

/// Replaces the rows that depend on rows before them. Only equations without axes are looked at. What is returned are
/// the rows as they were.
pub(super) fn separate(model: &mut Model) -> Vec<(usize, Form)> {
    let mut replaced = Vec::new();
    let scalar = |k: &usize| {
        let equation = &model.equations[*k];
        equation.axes.is_empty() && matches!(equation.form, Form::Mass { .. })
    };
    let rows: Vec<usize> = (0..model.equations.len()).filter(scalar).collect();
    if rows.len() < 2 || rows.len() > MOST_ROWS {
        return replaced;
    }
    let mut elimination = Elimination::default();
    elimination.trials.iter_mut().zip(0..).for_each(|(trial, number)| trial.number = number);
    for k in rows {
        let Form::Mass { terms, value } = &model.equations[k].form else { continue };
        let entries = terms.iter().map(|t| (elimination.column(t), t.coefficient)).collect();
        let row = Reduced { entries, value: *value };
        let Some(row) = elimination.reduce(model, row) else {
            // Too dense to be looked at: then all rows stay what they were.
            replaced.into_iter().for_each(|(k, form): (usize, Form)| model.equations[k].form = form);
            return Vec::new();
        };
        match row.entries.first() {
            None => {
                let form = Form::Algebraic { residual: row.value };
                replaced.push((k, std::mem::replace(&mut model.equations[k].form, form)));
            }
            Some(&(column, _)) => elimination.pivots.push((column, row)),
        }
    }
    replaced
}

impl Elimination {
    fn column(&mut self, term: &MassTerm) -> usize {
        let next = self.columns.len();
        *self.columns.entry((term.state, term.target.clone())).or_insert(next)
    }

    /// The row without the columns of the pivots; `None` where that is too much work.
    fn reduce(&mut self, model: &mut Model, mut row: Reduced) -> Option<Reduced> {
        for k in 0..self.pivots.len() {
            self.eliminate(model, &mut row, k);
            if self.combined > MOST_COMBINED {
                return None;
            }
        }
        Some(row)
    }

    /// Subtracts the multiple of the pivot's row that cancels the entry of its column.
    fn eliminate(&mut self, model: &mut Model, row: &mut Reduced, k: usize) {
        let find =
            |entries: &[(usize, Expr)], c: usize| entries.iter().find(|(k, _)| *k == c).map(|(_, e)| *e);
        let Elimination { pivots, trials, combined, .. } = self;
        let (column, pivot) = &pivots[k];
        let (Some(own), Some(of_pivot)) = (find(&row.entries, *column), find(&pivot.entries, *column)) else {
            return;
        };
        let quotient = model.algebra.div(own, of_pivot);
        let factor = [1.0, -1.0].into_iter().find(|x| {
            let number = model.algebra.number(*x);
            equal(model, quotient, number, trials)
        });
        let factor = factor.map_or(quotient, |x| model.algebra.number(x));
        for (other, entry) in &pivot.entries {
            *combined += 1;
            let product = model.algebra.mul(factor, *entry);
            match row.entries.iter().position(|(c, _)| c == other) {
                Some(k) if other == column || equal(model, row.entries[k].1, product, trials) => {
                    row.entries.remove(k);
                }
                Some(k) => row.entries[k].1 = model.algebra.sub(row.entries[k].1, product),
                None => {
                    let negative = model.algebra.neg(product);
                    row.entries.push((*other, negative));
                }
            }
        }
        let product = model.algebra.mul(factor, pivot.value);
        row.value = model.algebra.sub(row.value, product);
    }
}

/// Whether two expressions have the same values, as far as trials tell.
fn equal(model: &Model, a: Expr, b: Expr, trials: &mut [Trial]) -> bool {
    trials.iter_mut().all(|trial| {
        let (x, y) = (trial.value(model, a, DEPTH), trial.value(model, b, DEPTH));
        matches!((x, y), (Some(x), Some(y)) if (x - y).abs() <= 1e-11 * (x.abs() + y.abs()))
    })
}

impl Trial {
    /// The value for random values of all symbols that nothing defines; `None` where it cannot be had. What is known
    /// is not walked again.
    fn value(&mut self, model: &Model, e: Expr, depth: u32) -> Option<f64> {
        let depth = depth.checked_sub(1)?;
        let algebra = &model.algebra;
        let mut pending = vec![e];
        while let Some(&n) = pending.last() {
            let node = algebra.node(n);
            let unknown = |a: &Expr| !self.known.contains_key(a);
            let before = pending.len();
            if unknown(&n) && !matches!(node, Node::Reduce { .. }) {
                pending.extend(algebra.children(node).into_iter().filter(unknown));
            }
            if pending.len() == before {
                pending.pop();
                if !self.known.contains_key(&n) {
                    let value = self.node_value(model, node, depth);
                    self.known.insert(n, value);
                }
            }
        }
        self.known[&e]
    }

    /// The same for a node whose operands are known.
    fn node_value(&mut self, model: &Model, node: Node, depth: u32) -> Option<f64> {
        let algebra = &model.algebra;
        let known = |a: &Expr| self.known[a];
        Some(match node {
            Node::Number(bits) => f64::from_bits(bits),
            Node::Index(a) => algebra.affine(a).as_constant()? as f64,
            Node::Read(symbol, access) => {
                let access = algebra.access(access);
                match model.definitions.iter().find(|d| d.symbol == symbol) {
                    None => random(symbol, access, self.number)?,
                    Some(definition) => {
                        let own = |p: &&Piece| p.axes.is_empty() && p.target == *access;
                        self.value(model, definition.pieces.iter().find(own)?.value, depth)?
                    }
                }
            }
            Node::Neg(a) => -known(&a)?,
            Node::Binary(op, a, b) => binary(op, known(&a)?, known(&b)?)?,
            Node::Call(f, arguments) => {
                let numbers: Option<Vec<f64>> = algebra.arguments(arguments).iter().map(known).collect();
                match &algebra.function(f).meaning {
                    Meaning::Native => algebra.evaluate_native(&algebra.function(f).name, &numbers?)?,
                    _ => return None,
                }
            }
            _ => return None,
        })
    }
}

fn binary(op: Binary, a: f64, b: f64) -> Option<f64> {
    Some(match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
        Binary::Pow => a.powf(b),
        _ => return None,
    })
}

/// A number between 1/2 and 3/2 for an element, another at each trial.
fn random(symbol: Symbol, access: &Access, trial: u64) -> Option<f64> {
    let mut state = trial.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(symbol.0);
    let mut mix = |x: u64| {
        state = (state ^ x).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state ^= state >> 29;
    };
    for subscript in access {
        let Subscript::Affine { position, .. } = subscript else { return None };
        mix(position.as_constant()? as u64 + 1);
    }
    mix(0x94d0_49bb_1331_11eb);
    mix(0x2545_f491_4f6c_dd1d);
    Some(0.5 + (state >> 11) as f64 / (1u64 << 53) as f64)
}
