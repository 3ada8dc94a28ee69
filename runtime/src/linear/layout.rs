//! Where the entries of J and M stand in the storage of W = w M − J.

use super::number::Number;
use super::pattern::{Columns, Matrix, Pattern};

/// The slots of J and M in a storage of `len` numbers.
pub struct Layout {
    len: usize,
    jacobian: Slots,
    mass: Vec<u32>,
    /// The pattern of a mass matrix that is not diagonal.
    full: Option<Pattern>,
}

enum Slots {
    /// The storage has the entries of J in their own order.
    Same,
    Each(Vec<u32>),
}

impl Layout {
    /// A storage of all n² entries, column by column.
    pub fn dense(pattern: &Pattern, mass: Option<&Matrix>) -> Layout {
        let n = pattern.dim();
        let layout = Layout::new(pattern, mass, n * n, |i, j| i + j * n);
        match pattern {
            Pattern::Dense(_) => Layout { jacobian: Slots::Same, ..layout },
            Pattern::Sparse { .. } => layout,
        }
    }

    /// A storage of compressed columns that have all entries of both.
    pub fn sparse(columns: &Columns, pattern: &Pattern, mass: Option<&Matrix>) -> Layout {
        let slot = |i, j| columns.slot(i, j).expect("the union has every entry");
        Layout::new(pattern, mass, columns.rows.len(), slot)
    }

    /// A storage that has the entry of row i and column j at `place(i, j)`.
    pub fn new(
        pattern: &Pattern,
        mass: Option<&Matrix>,
        len: usize,
        place: impl Fn(usize, usize) -> usize,
    ) -> Layout {
        let slot = |i, j| u32::try_from(place(i, j)).expect("a matrix in memory has fewer than 2³² entries");
        let mut slots = Vec::with_capacity(pattern.len());
        pattern.each(|_, i, j| slots.push(slot(i, j)));
        let mut masses = Vec::with_capacity(pattern.dim());
        each_mass(pattern.dim(), mass, |i, j| masses.push(slot(i, j)));
        let full = match mass {
            Some(Matrix::Full { pattern, .. }) => Some(pattern.clone()),
            Some(Matrix::Diagonal(_)) | None => None,
        };
        Layout { len, jacobian: Slots::Each(slots), mass: masses, full }
    }

    /// Whether the entries of that mass matrix are where this layout has them.
    pub fn fits(&self, mass: Option<&Matrix>) -> bool {
        match mass {
            Some(Matrix::Full { pattern, .. }) => self.full.as_ref() == Some(pattern),
            Some(Matrix::Diagonal(_)) | None => self.full.is_none(),
        }
    }

    /// The slots that may hold more than zero: those of J, and of M where it is not zero.
    pub fn present(&self, mass: Option<&Matrix>) -> Vec<bool> {
        let mut present = vec![false; self.len];
        match &self.jacobian {
            Slots::Same => present.fill(true),
            Slots::Each(slots) => slots.iter().for_each(|&slot| present[slot as usize] = true),
        }
        for (k, &slot) in self.mass.iter().enumerate() {
            present[slot as usize] |= match mass {
                None => true,
                Some(Matrix::Diagonal(values) | Matrix::Full { values, .. }) => values[k] != 0.0,
            };
        }
        present
    }

    /// Writes w M − J.
    pub fn assemble<T: Number>(&self, w: T, mass: Option<&Matrix>, jacobian: &[f64], storage: &mut [T]) {
        match &self.jacobian {
            Slots::Same => storage.iter_mut().zip(jacobian).for_each(|(a, &j)| *a = T::from(-j)),
            Slots::Each(slots) => {
                storage.fill(T::default());
                slots.iter().zip(jacobian).for_each(|(&slot, &j)| storage[slot as usize] -= T::from(j));
            }
        }
        let slots = self.mass.iter().map(|&slot| slot as usize);
        match mass {
            None => slots.for_each(|slot| storage[slot] += w),
            Some(Matrix::Diagonal(values) | Matrix::Full { values, .. }) => {
                slots.zip(values).for_each(|(slot, &m)| storage[slot] += w.times(m));
            }
        }
    }
}

/// Visits the places of M in the order of its values.
pub fn each_mass(n: usize, mass: Option<&Matrix>, mut visit: impl FnMut(usize, usize)) {
    match mass {
        Some(mass) => mass.each(|i, j, _| visit(i, j)),
        None => (0..n).for_each(|i| visit(i, i)),
    }
}

/// The first entry of J, or else of M, that is NaN or infinite, as (row, column).
pub fn not_finite(pattern: &Pattern, mass: Option<&Matrix>, jacobian: &[f64]) -> Option<(usize, usize)> {
    let all = |values: &[f64]| values.iter().fold(true, |all, value| all & value.is_finite());
    let masses = match mass {
        Some(Matrix::Diagonal(values) | Matrix::Full { values, .. }) => &values[..],
        None => &[],
    };
    if all(jacobian) && all(masses) {
        return None;
    }
    let mut found = None;
    pattern.each(|slot, i, j| {
        if found.is_none() && !jacobian[slot].is_finite() {
            found = Some((i, j));
        }
    });
    if let (None, Some(mass)) = (found, mass) {
        mass.each(|i, j, m| {
            if found.is_none() && !m.is_finite() {
                found = Some((i, j));
            }
        });
    }
    found
}
