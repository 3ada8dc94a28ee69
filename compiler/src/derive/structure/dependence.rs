//! Rows of the mass matrix that are combinations of others: what is left of them is an algebraic equation.
//!
//! Gauss's elimination on the coefficients, as expressions. Whether an entry vanishes is decided by its values for
//! random values of what it reads (Schwartz, J. ACM 27 (1980) 701): capacitors between two nodes of a circuit give
//! rows whose entries cancel for all values of the parameters.

use rustc_hash::FxHashMap;

use crate::algebra::{Access, Binary, Expr, Meaning, Node, Subscript, Symbol};
use crate::check::model::{Form, MassTerm, Model, Piece};

/// Rows beyond which nothing is looked at; the work grows with their cube.
const MOST_ROWS: usize = 300;
/// Depth of definitions and functions that are followed.
const DEPTH: u32 = 50;
const TRIALS: u64 = 3;

type Column = (Symbol, Access);

struct Reduced {
    entries: Vec<(Column, Expr)>,
    value: Expr,
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
    let mut pivots: Vec<(Column, Reduced)> = Vec::new();
    for k in rows {
        let Form::Mass { terms, value } = &model.equations[k].form else { continue };
        let entry = |t: &MassTerm| ((t.state, t.target.clone()), t.coefficient);
        let mut row = Reduced { entries: terms.iter().map(entry).collect(), value: *value };
        for (column, pivot) in &pivots {
            eliminate(model, &mut row, column, pivot);
        }
        match row.entries.first() {
            None => {
                let form = Form::Algebraic { residual: row.value };
                replaced.push((k, std::mem::replace(&mut model.equations[k].form, form)));
            }
            Some((column, _)) => pivots.push((column.clone(), row)),
        }
    }
    replaced
}

/// Subtracts the multiple of the pivot's row that cancels the entry of its column.
fn eliminate(model: &mut Model, row: &mut Reduced, column: &Column, pivot: &Reduced) {
    let find = |entries: &[(Column, Expr)], c: &Column| entries.iter().find(|(k, _)| k == c).map(|(_, e)| *e);
    let (Some(own), Some(of_pivot)) = (find(&row.entries, column), find(&pivot.entries, column)) else {
        return;
    };
    let quotient = model.algebra.div(own, of_pivot);
    let factor = [1.0, -1.0].into_iter().find(|x| {
        let number = model.algebra.number(*x);
        equal(model, quotient, number)
    });
    let factor = factor.map_or(quotient, |x| model.algebra.number(x));
    for (other, entry) in &pivot.entries {
        let product = model.algebra.mul(factor, *entry);
        match row.entries.iter().position(|(c, _)| c == other) {
            Some(k) if other == column || equal(model, row.entries[k].1, product) => {
                row.entries.remove(k);
            }
            Some(k) => row.entries[k].1 = model.algebra.sub(row.entries[k].1, product),
            None => {
                let negative = model.algebra.neg(product);
                row.entries.push((other.clone(), negative));
            }
        }
    }
    let product = model.algebra.mul(factor, pivot.value);
    row.value = model.algebra.sub(row.value, product);
}

/// Whether two expressions have the same values, as far as trials tell.
fn equal(model: &Model, a: Expr, b: Expr) -> bool {
    (0..TRIALS).all(|trial| {
        let mut known = FxHashMap::default();
        let x = value(model, a, trial, DEPTH, &mut known);
        let y = value(model, b, trial, DEPTH, &mut known);
        matches!((x, y), (Some(x), Some(y)) if (x - y).abs() <= 1e-11 * (x.abs() + y.abs()))
    })
}

/// The value for random values of all symbols that nothing defines; `None` where it cannot be had.
fn value(model: &Model, e: Expr, trial: u64, depth: u32, known: &mut FxHashMap<Expr, f64>) -> Option<f64> {
    let depth = depth.checked_sub(1)?;
    let algebra = &model.algebra;
    for n in algebra.reachable(e, false) {
        if known.contains_key(&n) {
            continue;
        }
        let x = match algebra.node(n) {
            Node::Number(bits) => f64::from_bits(bits),
            Node::Index(a) => algebra.affine(a).as_constant()? as f64,
            Node::Read(symbol, access) => {
                let access = algebra.access(access);
                match model.definitions.iter().find(|d| d.symbol == symbol) {
                    None => random(symbol, access, trial)?,
                    Some(definition) => {
                        let own = |p: &&Piece| p.axes.is_empty() && p.target == *access;
                        value(model, definition.pieces.iter().find(own)?.value, trial, depth, known)?
                    }
                }
            }
            Node::Neg(a) => -known.get(&a)?,
            Node::Binary(op, a, b) => binary(op, *known.get(&a)?, *known.get(&b)?)?,
            Node::Call(f, arguments) => {
                let numbers = algebra.arguments(arguments).iter().map(|a| known.get(a).copied());
                let numbers: Vec<f64> = numbers.collect::<Option<_>>()?;
                match &algebra.function(f).meaning {
                    Meaning::Native => algebra.evaluate_native(&algebra.function(f).name, &numbers)?,
                    _ => return None,
                }
            }
            _ => return None,
        };
        known.insert(n, x);
    }
    known.get(&e).copied()
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
