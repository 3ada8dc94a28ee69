//! Where a matrix has entries, and the matrices that have few.

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
