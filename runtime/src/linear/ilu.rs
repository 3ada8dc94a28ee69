//! ILU(0), the incomplete factorisation that drops every entry outside of the matrix's own pattern (Meijerink and van der
//! Vorst, Math. Comp. 31 (1977) 148), in the order that the unknowns have: it preconditions and need not be exact.

use std::sync::Arc;

use super::pattern::Columns;
use super::singular::Singular;

/// A pivot smaller than this part of its column is replaced by the column's largest entry.
const SMALL: f64 = 1e-12;

/// kept.
const KEPT: f64 = 1.0;

const NONE: u32 = u32::MAX;

/// L and U in the place of the matrix, both by columns; the diagonal of U is stored inverted.
pub struct Ilu {
    a: Arc<Columns>,
    factors: Vec<f64>,
    diagonal: Vec<usize>,
    /// The slot of each row in the present column.
    slots: Vec<u32>,
}

impl Ilu {
    /// Buffers for matrices of that pattern.
    ///
    /// # Errors
    /// A column without an entry on the diagonal.
    pub fn new(a: Arc<Columns>) -> Result<Ilu, Singular> {
        let mut diagonal = Vec::with_capacity(a.n);
        for j in 0..a.n {
            diagonal.push(a.slot(j, j).ok_or(Singular::no_pivot(j, j))?);
        }
        let (factors, slots) = (vec![0.0; a.rows.len()], vec![NONE; a.n]);
        Ok(Ilu { a, factors, diagonal, slots })
    }

    /// Factorises the matrix of these entries.
    pub fn factorise(&mut self, values: &[f64]) {
        let Ilu { a, factors, diagonal, slots } = self;
        factors.copy_from_slice(values);
        for j in 0..a.n {
            let column = a.column(j);
            let mut dropped = 0.0;
            column.clone().for_each(|slot| slots[a.rows[slot] as usize] = slot as u32);
            for above in column.start..diagonal[j] {
                let (k, x) = (a.rows[above] as usize, factors[above]);
                for below in diagonal[k] + 1..a.starts[k + 1] {
                    let slot = slots[a.rows[below] as usize];
                    match slot {
                        NONE => dropped += factors[below] * x,
                        slot => factors[slot as usize] -= factors[below] * x,
                    }
                }
            }
            let largest = values[column.clone()].iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            let pivot = factors[diagonal[j]] - KEPT * dropped;
            // A column of zeros is left to the iteration, which will say that it cannot go on.
            let inverse = match pivot.abs() > SMALL * largest {
                true => 1.0 / pivot,
                false if largest > 0.0 => 1.0 / largest,
                false => 1.0,
            };
            factors[diagonal[j]] = inverse;
            (diagonal[j] + 1..column.end).for_each(|slot| factors[slot] *= inverse);
            column.for_each(|slot| slots[a.rows[slot] as usize] = NONE);
        }
    }

    /// Solves L U x = b in place.
    pub fn solve(&self, x: &mut [f64]) {
        let (a, factors) = (&*self.a, &self.factors);
        let rows = |slot: usize| a.rows[slot] as usize;
        for k in 0..a.n {
            let y = x[k];
            for slot in self.diagonal[k] + 1..a.starts[k + 1] {
                x[rows(slot)] -= factors[slot] * y;
            }
        }
        for k in (0..a.n).rev() {
            let y = x[k] * factors[self.diagonal[k]];
            x[k] = y;
            for slot in a.starts[k]..self.diagonal[k] {
                x[rows(slot)] -= factors[slot] * y;
            }
        }
    }

    /// Solves (L U)ᵀ x = b in place.
    pub fn solve_transposed(&self, x: &mut [f64]) {
        let (a, factors) = (&*self.a, &self.factors);
        let rows = |slot: usize| a.rows[slot] as usize;
        for k in 0..a.n {
            let mut y = x[k];
            for slot in a.starts[k]..self.diagonal[k] {
                y -= factors[slot] * x[rows(slot)];
            }
            x[k] = y * factors[self.diagonal[k]];
        }
        for k in (0..a.n).rev() {
            let mut y = x[k];
            for slot in self.diagonal[k] + 1..a.starts[k + 1] {
                y -= factors[slot] * x[rows(slot)];
            }
            x[k] = y;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::pattern::Pattern;
    use super::*;

    #[test]
    fn without_fill_it_is_exact() {
        let n: usize = 12;
        let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
        for j in 0..n {
            for i in j.saturating_sub(1)..(j + 2).min(n) {
                rows.push(i);
                values.push(if i == j { 3.0 + j as f64 } else { (i as f64 - 2.0 * j as f64).sin() });
            }
            starts.push(rows.len());
        }
        let a = Arc::new(Columns::union(&Pattern::Sparse { n, starts, rows }, None));
        let mut ilu = Ilu::new(a.clone()).unwrap();
        ilu.factorise(&values);
        let x: Vec<f64> = (0..n).map(|i| (i as f64).cos()).collect();
        let (mut b, mut c) = (vec![0.0; n], vec![0.0; n]);
        for j in 0..n {
            for slot in a.column(j) {
                let i = a.rows[slot] as usize;
                b[i] += values[slot] * x[j];
                c[j] += values[slot] * x[i];
            }
        }
        ilu.solve(&mut b);
        ilu.solve_transposed(&mut c);
        for i in 0..n {
            assert!((b[i] - x[i]).abs() < 1e-14 && (c[i] - x[i]).abs() < 1e-14);
        }
    }
}
