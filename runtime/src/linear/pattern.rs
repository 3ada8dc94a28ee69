//! Where a matrix has entries, and the matrices that have few.

use std::ops::Range;

use super::layout::each_mass;

/// The places of a square matrix that have entries, and the order they are stored in.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// All n² of them, column by column.
    Dense(usize),
    /// Compressed columns: column j has the rows `rows[starts[j]..starts[j + 1]]`.
    Sparse { n: usize, starts: Vec<usize>, rows: Vec<usize> },
}

impl Pattern {
    /// The number n of rows and columns.
    pub fn dim(&self) -> usize {
        match self {
            Pattern::Dense(n) | Pattern::Sparse { n, .. } => *n,
        }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        match self {
            Pattern::Dense(n) => n * n,
            Pattern::Sparse { rows, .. } => rows.len(),
        }
    }

    /// Whether no entry exists at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Visits each entry as (slot, row, column), in the order of the slots.
    pub fn each(&self, mut visit: impl FnMut(usize, usize, usize)) {
        match self {
            Pattern::Dense(n) => {
                for slot in 0..n * n {
                    visit(slot, slot % n, slot / n);
                }
            }
            Pattern::Sparse { n, starts, rows } => {
                for j in 0..*n {
                    for slot in starts[j]..starts[j + 1] {
                        visit(slot, rows[slot], j);
                    }
                }
            }
        }
    }
}

/// The places of a sparse square matrix in compressed columns, each with ascending rows.
pub struct Columns {
    pub n: usize,
    pub starts: Vec<usize>,
    pub rows: Vec<u32>,
}

impl Columns {
    /// The places that J or M have; no mass is the identity.
    pub fn union(pattern: &Pattern, mass: Option<&Matrix>) -> Columns {
        let n = pattern.dim();
        let mut starts = vec![0; n + 1];
        pattern.each(|_, _, j| starts[j + 1] += 1);
        each_mass(n, mass, |_, j| starts[j + 1] += 1);
        (0..n).for_each(|j| starts[j + 1] += starts[j]);
        let (mut rows, mut next) = (vec![0; starts[n]], starts.clone());
        let mut put = |i: usize, j: usize| {
            rows[next[j]] = i as u32;
            next[j] += 1;
        };
        pattern.each(|_, i, j| put(i, j));
        each_mass(n, mass, &mut put);
        let mut end = 0;
        for j in 0..n {
            let (first, last) = (starts[j], starts[j + 1]);
            starts[j] = end;
            rows[first..last].sort_unstable();
            for slot in first..last {
                if end == starts[j] || rows[end - 1] != rows[slot] {
                    rows[end] = rows[slot];
                    end += 1;
                }
            }
        }
        starts[n] = end;
        rows.truncate(end);
        Columns { n, starts, rows }
    }

    /// The slots of column j.
    pub fn column(&self, j: usize) -> Range<usize> {
        self.starts[j]..self.starts[j + 1]
    }

    /// Where the entry of row i and column j is stored.
    pub fn slot(&self, i: usize, j: usize) -> Option<usize> {
        let range = self.column(j);
        self.rows[range.clone()].binary_search(&(i as u32)).ok().map(|place| range.start + place)
    }

    /// How far the entries reach below and above the diagonal.
    pub fn bandwidths(&self) -> (usize, usize) {
        let (mut lower, mut upper) = (0, 0);
        for j in 0..self.n {
            let rows = &self.rows[self.column(j)];
            if let (Some(&first), Some(&last)) = (rows.first(), rows.last()) {
                lower = lower.max((last as usize).saturating_sub(j));
                upper = upper.max(j.saturating_sub(first as usize));
            }
        }
        (lower, upper)
    }
}

/// A constant square matrix.
#[derive(Clone, Debug, PartialEq)]
pub enum Matrix {
    Diagonal(Vec<f64>),
    /// Values in the order of the pattern.
    Full {
        pattern: Pattern,
        values: Vec<f64>,
    },
}

impl Matrix {
    /// Visits each stored entry as (row, column, value).
    pub fn each(&self, mut visit: impl FnMut(usize, usize, f64)) {
        match self {
            Matrix::Diagonal(d) => d.iter().enumerate().for_each(|(i, &m)| visit(i, i, m)),
            Matrix::Full { pattern, values } => pattern.each(|slot, i, j| visit(i, j, values[slot])),
        }
    }

    /// y += a M x.
    pub fn add_product(&self, a: f64, x: &[f64], y: &mut [f64]) {
        match self {
            Matrix::Diagonal(d) => (0..d.len()).for_each(|i| y[i] += a * d[i] * x[i]),
            Matrix::Full { .. } => self.each(|i, j, m| y[i] += a * m * x[j]),
        }
    }

    /// y += a Mᵀ x.
    pub fn add_transposed_product(&self, a: f64, x: &[f64], y: &mut [f64]) {
        self.each(|i, j, m| y[j] += a * m * x[i]);
    }

    /// Whether row i has no entry but zeros: an algebraic equation.
    pub fn zero_rows(&self, n: usize) -> Vec<bool> {
        let mut zero = vec![true; n];
        self.each(|i, _, m| zero[i] &= m == 0.0);
        zero
    }
}
