//! A sparse matrix and its factors: by fronts while their pivots are good enough, else one column after the other.

use std::sync::Arc;

use super::frontal::Frontal;
use super::lu::Lu;
use super::number::Number;
use super::ordering::Order;
use super::pattern::Columns;
use super::singular::{Growth, Singular};
use super::tree::Tree;

/// After so many matrices whose fronts had no good pivots, fronts are no longer tried.
const TRIES: u32 = 3;

/// What is known of a pattern before any numbers.
#[derive(Clone)]
pub struct Analysis {
    pub columns: Arc<Columns>,
    pub order: Arc<Order>,
    /// Where the products are enough to make dense fronts of.
    pub tree: Option<Arc<Tree>>,
}

/// A sparse matrix and its factors.
pub struct Sparse<T> {
    analysis: Analysis,
    values: Vec<T>,
    frontal: Option<Frontal<T>>,
    failed: u32,
    /// Made when fronts do not serve.
    scalar: Option<Lu<T>>,
    by_fronts: bool,
}

impl<T: Number> Sparse<T> {
    /// Buffers for matrices of that pattern.
    pub fn new(analysis: &Analysis) -> Sparse<T> {
        Sparse {
            values: vec![T::default(); analysis.columns.rows.len()],
            frontal: analysis.tree.clone().map(Frontal::new),
            failed: 0,
            scalar: None,
            by_fronts: false,
            analysis: analysis.clone(),
        }
    }

    /// The entries to factorise.
    pub fn matrix(&mut self) -> &mut [T] {
        &mut self.values
    }

    /// Factorises the matrix of the present entries.
    ///
    /// # Errors
    /// The column and a row without a pivot.
    pub fn factorise(&mut self) -> Result<Growth, Singular> {
        if let Some(frontal) = self.frontal.as_mut().filter(|_| self.failed < TRIES) {
            if let Some(growth) = frontal.factorise(&self.values) {
                self.by_fronts = true;
                return Ok(growth);
            }
            self.failed += 1;
        }
        self.by_fronts = false;
        let Analysis { columns, order, .. } = &self.analysis;
        let scalar = self.scalar.get_or_insert_with(|| Lu::new(columns.clone(), order.clone()));
        scalar.factorise(&self.values)
    }

    /// Solves A x = b in place.
    pub fn solve(&mut self, b: &mut [T]) {
        match (&mut self.frontal, &mut self.scalar) {
            (Some(frontal), _) if self.by_fronts => frontal.solve(b),
            (_, scalar) => scalar.as_mut().expect("a matrix was factorised").solve(b),
        }
    }

    /// Solves Aᵀ x = b in place.
    pub fn solve_transposed(&mut self, b: &mut [T]) {
        match (&mut self.frontal, &mut self.scalar) {
            (Some(frontal), _) if self.by_fronts => frontal.solve_transposed(b),
            (_, scalar) => scalar.as_mut().expect("a matrix was factorised").solve_transposed(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::layout::Layout;
    use super::super::pattern::Pattern;
    use super::*;

    /// The five-point stencil on a torus of m × m points.
    fn torus(m: usize) -> Pattern {
        let mut starts = vec![0];
        let mut rows = Vec::new();
        for j in 0..m * m {
            let (x, y) = (j % m, j / m);
            let at = |x: usize, y: usize| x % m + (y % m) * m;
            let mut column = [j, at(x + 1, y), at(x + m - 1, y), at(x, y + 1), at(x, y + m - 1)];
            column.sort_unstable();
            rows.extend(column);
            starts.push(rows.len());
        }
        Pattern::Sparse { n: m * m, starts, rows }
    }

    /// With fronts, however little there is to gain.
    fn sparse(pattern: Pattern) -> Sparse<f64> {
        let columns = Columns::union(&pattern, None);
        let present = Layout::sparse(&columns, &pattern, None).present(None);
        let order = Order::new(&columns, &present).unwrap();
        let tree = Tree::new(&columns, &order).map(Arc::new);
        Sparse::new(&Analysis { columns: Arc::new(columns), order: Arc::new(order), tree })
    }

    fn fill(sparse: &mut Sparse<f64>, diagonal: f64) {
        let columns = sparse.analysis.columns.clone();
        for j in 0..columns.n {
            for slot in columns.column(j) {
                let beside = 1.0 + 0.3 * (slot as f64).sin();
                sparse.values[slot] = if columns.rows[slot] as usize == j { diagonal } else { beside };
            }
        }
    }

    fn check(sparse: &mut Sparse<f64>) {
        let (columns, values) = (sparse.analysis.columns.clone(), sparse.values.clone());
        for transposed in [false, true] {
            let b: Vec<f64> = (0..columns.n).map(|i| (1.0 + i as f64).sin()).collect();
            let (mut x, mut r) = (b.clone(), b);
            if transposed {
                sparse.solve_transposed(&mut x)
            } else {
                sparse.solve(&mut x)
            }
            for j in 0..columns.n {
                for slot in columns.column(j) {
                    let i = columns.rows[slot] as usize;
                    let (i, j) = if transposed { (j, i) } else { (i, j) };
                    r[i] -= values[slot] * x[j];
                }
            }
            let largest = |v: &[f64]| v.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
            assert!(largest(&r) < 1e-12 * (1.0 + largest(&x)), "{:e} {:e}", largest(&r), largest(&x));
        }
    }

    #[test]
    fn fronts_serve_while_their_pivots_are_good() {
        for m in [3, 4, 9, 24] {
            let mut sparse = sparse(torus(m));
            for (diagonal, by_fronts) in
                [(-6.0, true), (1e-9, false), (8.0, true), (0.0, false), (1e-9, false), (-6.0, false)]
            {
                fill(&mut sparse, diagonal);
                sparse.factorise().unwrap();
                // The fronts of very small matrices have all rows to choose from.
                assert!(sparse.by_fronts == by_fronts || m < 9, "{m} {diagonal}");
                check(&mut sparse);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        #[test]
        fn fronts_of_any_pattern_are_solved(
            n in 1usize..60,
            places in prop::collection::vec((0usize..60, 0usize..60), 0..250),
        ) {
            let mut columns = vec![BTreeSet::new(); n];
            places.into_iter().for_each(|(i, j)| { columns[j % n].insert(i % n); });
            let (mut starts, mut rows) = (vec![0], Vec::new());
            for column in columns {
                rows.extend(column);
                starts.push(rows.len());
            }
            let mut sparse = sparse(Pattern::Sparse { n, starts, rows });
            for diagonal in [60.0, -80.0] {
                fill(&mut sparse, diagonal);
                sparse.factorise().unwrap();
                prop_assert!(sparse.by_fronts);
                check(&mut sparse);
            }
        }
    }
}
