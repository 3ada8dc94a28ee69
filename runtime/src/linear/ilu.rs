//! MILU(0), the incomplete factorisation that drops every entry outside of the matrix's own pattern and takes it from the
//! diagonal of its column, so that the sums of columns are those of the matrix (Gustafsson, BIT 18 (1978) 142): it
//! preconditions and need not be exact.
//!
//! The order is that of the unknowns up to this: those that do not depend on each other stand side by side, so that a
//! processor works on several at a time. With two neighbours the earlier one stays the earlier, and the factors the same.

use std::sync::Arc;

use super::pattern::Columns;
use super::singular::Singular;

/// A pivot smaller than this part of its column is replaced by the column's largest entry.
const SMALL: f64 = 1e-12;

/// What was dropped is not taken from a pivot where it would leave less than this part of it.
const LEFT: f64 = 0.01;

const NONE: u32 = u32::MAX;

/// L and U in the place of the matrix, both by columns; the diagonal of U is stored inverted.
pub struct Ilu {
    /// The matrix in the order of the factors, and where the entries of the given one stand in it.
    a: Columns,
    places: Vec<u32>,
    /// The unknown at each place of the order.
    order: Vec<u32>,
    factors: Vec<f64>,
    diagonal: Vec<usize>,
    /// The slot of each row in the present column.
    slots: Vec<u32>,
    /// A right-hand side in the order of the factors.
    ordered: Vec<f64>,
}

impl Ilu {
    /// Buffers for matrices of that pattern.
    ///
    /// # Errors
    /// A column without an entry on the diagonal.
    pub fn new(given: &Arc<Columns>) -> Result<Ilu, Singular> {
        let n = given.n;
        for j in 0..n {
            given.slot(j, j).ok_or(Singular::no_pivot(j, j))?;
        }
        let order = side_by_side(given);
        let (a, places) = permuted(given, &order);
        let diagonal = (0..n).map(|j| a.slot(j, j).expect("the diagonal is there")).collect();
        let (factors, slots, ordered) = (vec![0.0; a.rows.len()], vec![NONE; n], vec![0.0; n]);
        Ok(Ilu { a, places, order, factors, diagonal, slots, ordered })
    }

    /// Factorises the matrix of these entries.
    pub fn factorise(&mut self, values: &[f64]) {
        let Ilu { a, places, factors, diagonal, slots, .. } = self;
        places.iter().zip(values).for_each(|(&place, &value)| factors[place as usize] = value);
        for j in 0..a.n {
            let column = a.column(j);
            let largest = factors[column.clone()].iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            let mut dropped = 0.0;
            column.clone().for_each(|slot| slots[a.rows[slot] as usize] = slot as u32);
            for above in column.start..diagonal[j] {
                let (k, x) = (a.rows[above] as usize, factors[above]);
                for below in diagonal[k] + 1..a.starts[k + 1] {
                    match slots[a.rows[below] as usize] {
                        NONE => dropped += factors[below] * x,
                        slot => factors[slot as usize] -= factors[below] * x,
                    }
                }
            }
            let own = factors[diagonal[j]];
            let pivot = if (own - dropped) / own >= LEFT { own - dropped } else { own };
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
    pub fn solve(&mut self, x: &mut [f64]) {
        let Ilu { a, order, factors, diagonal, ordered, .. } = self;
        (0..a.n).for_each(|k| ordered[k] = x[order[k] as usize]);
        for k in 0..a.n {
            let y = ordered[k];
            let below = diagonal[k] + 1..a.starts[k + 1];
            subtract(y, &a.rows[below.clone()], &factors[below], ordered);
        }
        for k in (0..a.n).rev() {
            let y = ordered[k] * factors[diagonal[k]];
            ordered[k] = y;
            let above = a.starts[k]..diagonal[k];
            subtract(y, &a.rows[above.clone()], &factors[above], ordered);
        }
        (0..a.n).for_each(|k| x[order[k] as usize] = ordered[k]);
    }

    /// Solves (L U)ᵀ x = b in place.
    pub fn solve_transposed(&mut self, x: &mut [f64]) {
        let Ilu { a, order, factors, diagonal, ordered, .. } = self;
        (0..a.n).for_each(|k| ordered[k] = x[order[k] as usize]);
        for k in 0..a.n {
            let above = a.starts[k]..diagonal[k];
            let y = ordered[k] - sum(&a.rows[above.clone()], &factors[above], ordered);
            ordered[k] = y * factors[diagonal[k]];
        }
        for k in (0..a.n).rev() {
            let below = diagonal[k] + 1..a.starts[k + 1];
            ordered[k] -= sum(&a.rows[below.clone()], &factors[below], ordered);
        }
        (0..a.n).for_each(|k| x[order[k] as usize] = ordered[k]);
    }
}

/// x −= y a for the entries a of a column.
#[inline(always)]
fn subtract(y: f64, rows: &[u32], a: &[f64], x: &mut [f64]) {
    let a = &a[..rows.len()];
    for m in 0..rows.len() {
        x[rows[m] as usize] -= a[m] * y;
    }
}

/// Σ a x over the entries a of a column.
#[inline(always)]
fn sum(rows: &[u32], a: &[f64], x: &[f64]) -> f64 {
    let a = &a[..rows.len()];
    let mut sum = 0.0;
    for m in 0..rows.len() {
        sum += a[m] * x[rows[m] as usize];
    }
    sum
}

/// The unknowns by their distance: the longest chain of entries, each from an unknown to a later one, that leads to them.
fn side_by_side(a: &Columns) -> Vec<u32> {
    let mut distance = vec![0_u32; a.n];
    // Entries below the diagonal lead on from j; those above it lead to j from unknowns that are done.
    for j in 0..a.n {
        let rows = &a.rows[a.column(j)];
        let before = rows.iter().take_while(|&&i| (i as usize) < j);
        let nearest = before.map(|&i| distance[i as usize] + 1).max().unwrap_or(0);
        distance[j] = distance[j].max(nearest);
        let on = distance[j] + 1;
        rows.iter()
            .filter(|&&i| i as usize > j)
            .for_each(|&i| distance[i as usize] = distance[i as usize].max(on));
    }
    let mut order: Vec<u32> = (0..a.n as u32).collect();
    order.sort_by_key(|&i| distance[i as usize]);
    order
}

/// The matrix with its unknowns in that order, and where each of its entries then stands.
fn permuted(given: &Columns, order: &[u32]) -> (Columns, Vec<u32>) {
    let n = given.n;
    let mut place = vec![0_u32; n];
    order.iter().zip(0..).for_each(|(&i, k)| place[i as usize] = k);
    let (mut starts, mut entries) = (vec![0], Vec::with_capacity(given.rows.len()));
    for &j in order {
        let from = entries.len();
        entries.extend(given.column(j as usize).map(|slot| (place[given.rows[slot] as usize], slot)));
        entries[from..].sort_unstable();
        starts.push(entries.len());
    }
    let mut places = vec![0; entries.len()];
    entries.iter().zip(0..).for_each(|(&(_, slot), k)| places[slot] = k);
    (Columns { n, starts, rows: entries.into_iter().map(|(i, _)| i).collect() }, places)
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
        let mut ilu = Ilu::new(&a).unwrap();
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
