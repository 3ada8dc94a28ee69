//! The structure of a Gaussian elimination with pivots on the diagonal: an order that fills in little, and its operations.

/// The places of a small square matrix that may hold something, row by row.
pub struct Structure {
    n: usize,
    present: Vec<bool>,
}

impl Structure {
    pub fn new(n: usize, places: impl IntoIterator<Item = (usize, usize)>) -> Structure {
        let mut present = vec![false; n * n];
        places.into_iter().for_each(|(i, j)| present[i * n + j] = true);
        Structure { n, present }
    }

    fn has(&self, i: usize, j: usize) -> bool {
        self.present[i * self.n + j]
    }

    /// An order of pivots by the smallest product of row and column counts (H. Markowitz, Management Science 3 (1957) 255–269).
    /// `None` where a diagonal stays empty.
    pub fn eliminate(mut self) -> Option<Elimination> {
        let n = self.n;
        let mut left: Vec<usize> = (0..n).collect();
        let mut order = Vec::with_capacity(n);
        let mut operations = 0;
        while !left.is_empty() {
            let count = |k: usize, of_row: bool| {
                left.iter().filter(|&&l| if of_row { self.has(k, l) } else { self.has(l, k) }).count() - 1
            };
            let cost = |&&k: &&usize| count(k, true) * count(k, false);
            let &pivot = left.iter().filter(|&&k| self.has(k, k)).min_by_key(cost)?;
            left.retain(|&k| k != pivot);
            order.push(pivot);
            let rows: Vec<usize> = left.iter().copied().filter(|&i| self.has(i, pivot)).collect();
            let columns: Vec<usize> = left.iter().copied().filter(|&j| self.has(pivot, j)).collect();
            operations += rows.len() * (columns.len() + 1);
            for &i in &rows {
                columns.iter().for_each(|&j| self.present[i * n + j] = true);
            }
        }
        Some(Elimination { order, operations })
    }
}

/// How a matrix is eliminated.
pub struct Elimination {
    /// The pivots, each a row and its column.
    pub order: Vec<usize>,
    /// Multiplications of one factorisation.
    pub operations: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An arrow eliminates from its tip without fill; a chain from its ends.
    #[test]
    fn the_order_avoids_fill() {
        let arrow = (0..6).flat_map(|k| [(k, k), (0, k), (k, 0)]);
        let elimination = Structure::new(6, arrow).eliminate().unwrap();
        // Once one arm is left, it and the tip are equal.
        assert!(elimination.order.iter().position(|&k| k == 0).unwrap() >= 4);
        assert_eq!(elimination.operations, 10);
        let empty = Structure::new(2, [(0, 1), (1, 0)]);
        assert!(empty.eliminate().is_none());
        let filled = Structure::new(2, [(0, 0), (0, 1), (1, 0)]).eliminate().unwrap();
        assert_eq!(filled.order, [0, 1]);
    }
}
