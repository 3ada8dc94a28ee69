//! Sparse LU, one column after the other (Gilbert and Peierls, SIAM J. Sci. Stat. Comput. 9 (1988) 862), that keeps its
//! pattern and its pivots for the next matrix, as KLU does (Davis and Palamadai Natarajan, ACM TOMS 37 (2010) 36).

use std::sync::Arc;

use super::number::Number;
use super::ordering::Order;
use super::pattern::Columns;
use super::singular::{Growth, Singular};

/// A diagonal entry that is at least this part of the largest candidate is the pivot, since it keeps the fill small.
const THRESHOLD: f64 = 0.01;

/// With multipliers above this, kept pivots are chosen anew.
const MOST_GROWTH: f64 = 1e4;

const NONE: u32 = u32::MAX;

/// A sparse matrix and its factors.
pub struct Lu<T> {
    a: Arc<Columns>,
    order: Arc<Order>,
    factors: Option<Factors<T>>,
    /// A dense column, zero between uses.
    x: Vec<T>,
}

/// L and U by columns, L without its diagonal of ones; row numbers are places of pivots, ascending.
struct Factors<T> {
    l: Triangle<T>,
    u: Triangle<T>,
    inverse_pivots: Vec<T>,
    /// The place of each row's pivot, and the place of the row of each entry of A.
    place: Vec<u32>,
    entry_places: Vec<u32>,
}

struct Triangle<T> {
    starts: Vec<usize>,
    rows: Vec<u32>,
    values: Vec<T>,
}

impl<T: Number> Triangle<T> {
    fn new(n: usize, entries: usize) -> Triangle<T> {
        let mut starts = Vec::with_capacity(n + 1);
        starts.push(0);
        Triangle { starts, rows: Vec::with_capacity(entries), values: Vec::with_capacity(entries) }
    }

    fn column(&self, j: usize) -> (&[u32], &[T]) {
        let range = self.starts[j]..self.starts[j + 1];
        (&self.rows[range.clone()], &self.values[range])
    }

    fn sort(&mut self) {
        let mut column = Vec::new();
        for j in 0..self.starts.len() - 1 {
            let range = self.starts[j]..self.starts[j + 1];
            column.clear();
            column.extend(range.clone().map(|slot| (self.rows[slot], self.values[slot])));
            column.sort_unstable_by_key(|&(row, _)| row);
            for (slot, &(row, value)) in range.zip(&column) {
                (self.rows[slot], self.values[slot]) = (row, value);
            }
        }
    }
}

impl<T: Number> Lu<T> {
    /// Buffers for matrices of that pattern.
    pub fn new(a: Arc<Columns>, order: Arc<Order>) -> Lu<T> {
        let x = vec![T::default(); a.n];
        Lu { a, order, factors: None, x }
    }

    /// Factorises the matrix of these entries with the last pivots, or with new ones where those are too small.
    ///
    /// # Errors
    /// The column and a row without a pivot.
    pub fn factorise(&mut self, values: &[T]) -> Result<Growth, Singular> {
        if let Some(factors) = &mut self.factors {
            if let Some(growth) = factors.refactor(&self.a, &self.order, values, &mut self.x) {
                return Ok(growth);
            }
        }
        self.factors = None;
        let (factors, growth) = Pivoting::run(&self.a, &self.order, values, &mut self.x)?;
        self.factors = Some(factors);
        Ok(growth)
    }

    /// Solves A x = b in place.
    pub fn solve(&mut self, b: &mut [T]) {
        let Lu { factors, x, order, .. } = self;
        let factors = factors.as_ref().expect("a matrix was factorised");
        factors.place.iter().zip(&*b).for_each(|(&place, b)| x[place as usize] = *b);
        let n = b.len();
        for k in 0..n {
            let (rows, values) = factors.l.column(k);
            let y = x[k];
            if y != T::default() {
                scatter(x, rows, values, y);
            }
        }
        for k in (0..n).rev() {
            let (rows, values) = factors.u.column(k);
            let y = x[k] * factors.inverse_pivots[k];
            scatter(x, rows, values, y);
            b[order.columns[k] as usize] = y;
        }
        x.fill(T::default());
    }

    /// Solves Aᵀ x = b in place.
    pub fn solve_transposed(&mut self, b: &mut [T]) {
        let Lu { factors, x, order, .. } = self;
        let factors = factors.as_ref().expect("a matrix was factorised");
        let product = |(rows, values): (&[u32], &[T]), x: &[T]| {
            (0..rows.len()).fold(T::default(), |sum, k| sum + values[k] * x[rows[k] as usize])
        };
        let n = b.len();
        for k in 0..n {
            let rest = product(factors.u.column(k), x);
            x[k] = (b[order.columns[k] as usize] - rest) * factors.inverse_pivots[k];
        }
        for k in (0..n).rev() {
            let rest = product(factors.l.column(k), x);
            x[k] -= rest;
        }
        factors.place.iter().zip(&mut *b).for_each(|(&place, b)| *b = x[place as usize]);
        x.fill(T::default());
    }
}

/// x −= a y, a by its rows and values.
#[inline(always)]
fn scatter<T: Number>(x: &mut [T], rows: &[u32], values: &[T], y: T) {
    let values = &values[..rows.len()];
    for k in 0..rows.len() {
        x[rows[k] as usize] -= values[k] * y;
    }
}

impl<T: Number> Factors<T> {
    /// New numbers in the old pattern; `None` when a pivot has become too small.
    fn refactor(&mut self, a: &Columns, order: &Order, values: &[T], x: &mut [T]) -> Option<Growth> {
        let mut growth: f64 = 1.0;
        for k in 0..a.n {
            for slot in a.column(order.columns[k] as usize) {
                x[self.entry_places[slot] as usize] = values[slot];
            }
            for slot in self.u.starts[k]..self.u.starts[k + 1] {
                let j = self.u.rows[slot] as usize;
                let y = std::mem::take(&mut x[j]);
                self.u.values[slot] = y;
                let (rows, values) = self.l.column(j);
                scatter(x, rows, values, y);
            }
            let inverse = std::mem::take(&mut x[k]).inverse();
            self.inverse_pivots[k] = inverse;
            let mut largest: f64 = 0.0;
            let range = self.l.starts[k]..self.l.starts[k + 1];
            for slot in range {
                let l = std::mem::take(&mut x[self.l.rows[slot] as usize]) * inverse;
                self.l.values[slot] = l;
                largest = largest.max(l.size());
            }
            growth = growth.max(largest);
            if !(growth <= MOST_GROWTH && inverse.size().is_finite()) {
                x.fill(T::default());
                return None;
            }
        }
        Some(Growth(growth))
    }
}

/// A factorisation under way that chooses its pivots. Rows keep their numbers until the end.
struct Pivoting<T> {
    l: Triangle<T>,
    u: Triangle<T>,
    inverse_pivots: Vec<T>,
    place: Vec<u32>,
    /// The last column whose search saw each row.
    seen: Vec<u32>,
    /// The rows of the present column, each before all that depend on it when read backwards; and the search's path.
    found: Vec<u32>,
    path: Vec<(u32, usize)>,
}

impl<T: Number> Pivoting<T> {
    fn run(a: &Columns, order: &Order, values: &[T], x: &mut [T]) -> Result<(Factors<T>, Growth), Singular> {
        let n = a.n;
        let mut this = Pivoting {
            l: Triangle::new(n, order.entries as usize),
            u: Triangle::new(n, order.entries as usize),
            inverse_pivots: vec![T::default(); n],
            place: vec![NONE; n],
            seen: vec![NONE; n],
            found: Vec::with_capacity(n),
            path: Vec::new(),
        };
        let mut growth = 1.0;
        for k in 0..n {
            let column = order.columns[k] as usize;
            this.reach(a, column, k as u32);
            for slot in a.column(column) {
                x[a.rows[slot] as usize] = values[slot];
            }
            let Some(largest) = this.eliminate(k, order.rows[k], x) else {
                let row = this.unplaced(order.rows[k]);
                x.fill(T::default());
                return Err(Singular::no_pivot(column, row));
            };
            growth = largest.max(growth);
        }
        Ok((this.finish(a), Growth(growth)))
    }

    /// A row that has no pivot yet: that one, if it has none.
    fn unplaced(&self, row: u32) -> usize {
        let row = row as usize;
        let free = |row: &usize| self.place[*row] == NONE;
        Some(row).filter(free).or_else(|| (0..self.place.len()).find(free)).unwrap_or(row)
    }

    /// Finds the rows that column k of the factors has.
    fn reach(&mut self, a: &Columns, column: usize, k: u32) {
        self.found.clear();
        for slot in a.column(column) {
            let row = a.rows[slot];
            if self.seen[row as usize] == k {
                continue;
            }
            self.seen[row as usize] = k;
            self.path.push((row, self.first(row)));
            while let Some((row, next)) = self.path.last_mut() {
                let place = self.place[*row as usize];
                if place == NONE || *next == self.l.starts[place as usize + 1] {
                    self.found.push(*row);
                    self.path.pop();
                    continue;
                }
                let below = self.l.rows[*next];
                *next += 1;
                if self.seen[below as usize] != k {
                    self.seen[below as usize] = k;
                    self.path.push((below, self.first(below)));
                }
            }
        }
    }

    /// Where the search goes on from a row: its column of L.
    fn first(&self, row: u32) -> usize {
        match self.place[row as usize] {
            NONE => 0,
            place => self.l.starts[place as usize],
        }
    }

    /// Column k of both factors, the column of A in x; the largest multiplier, or `None` without a pivot.
    fn eliminate(&mut self, k: usize, diagonal: u32, x: &mut [T]) -> Option<f64> {
        for &row in self.found.iter().rev() {
            let place = self.place[row as usize];
            if place != NONE {
                let y = std::mem::take(&mut x[row as usize]);
                self.u.rows.push(place);
                self.u.values.push(y);
                let (rows, values) = self.l.column(place as usize);
                scatter(x, rows, values, y);
            }
        }
        self.u.starts.push(self.u.rows.len());
        let (mut pivot, mut largest) = (NONE, 0.0);
        for &row in &self.found {
            let size = x[row as usize].size();
            if self.place[row as usize] == NONE && size > largest {
                (pivot, largest) = (row, size);
            }
        }
        if self.place[diagonal as usize] == NONE && x[diagonal as usize].size() >= THRESHOLD * largest {
            pivot = diagonal;
        }
        if pivot == NONE || x[pivot as usize] == T::default() || !largest.is_finite() {
            return None;
        }
        let inverse = x[pivot as usize].inverse();
        for &row in &self.found {
            if self.place[row as usize] == NONE {
                let value = std::mem::take(&mut x[row as usize]);
                if row != pivot {
                    self.l.rows.push(row);
                    self.l.values.push(value * inverse);
                }
            }
        }
        self.l.starts.push(self.l.rows.len());
        self.inverse_pivots[k] = inverse;
        self.place[pivot as usize] = k as u32;
        Some(largest * inverse.size())
    }

    /// Numbers the rows by their pivots.
    fn finish(mut self, a: &Columns) -> Factors<T> {
        self.l.rows.iter_mut().for_each(|row| *row = self.place[*row as usize]);
        self.l.sort();
        self.u.sort();
        let entry_places = a.rows.iter().map(|&row| self.place[row as usize]).collect();
        let Pivoting { l, u, inverse_pivots, place, .. } = self;
        Factors { l, u, inverse_pivots, place, entry_places }
    }
}
