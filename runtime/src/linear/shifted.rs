//! W = w M − J, the matrix of every linearly implicit step, dense or sparse by the pattern of J.

use super::sparse::Sparse;
use super::{Factorisation, Matrix, Pattern, Singular};

/// A pattern that fills more than this part of the square is treated as dense.
const DENSE: f64 = 0.125;

/// W = w M − J of fixed patterns, factorised again for each w and J.
pub struct Shifted<'f> {
    pattern: Pattern,
    mass: Option<&'f Matrix>,
    form: Form,
}

enum Form {
    Dense(Factorisation),
    /// The matrix, the slot of each entry of J, and the slot and value of each entry of M.
    Sparse(Box<Sparse>, Vec<usize>, Vec<(usize, f64)>),
}

impl<'f> Shifted<'f> {
    /// Makes the buffers for a Jacobian of that pattern; no mass is the identity.
    pub fn new(pattern: Pattern, mass: Option<&'f Matrix>) -> Shifted<'f> {
        let n = pattern.dim();
        let few = (pattern.len() as f64) < DENSE * (n * n) as f64;
        let form = if few { sparse(&pattern, mass) } else { None };
        Shifted { pattern, mass, form: form.unwrap_or_else(|| Form::Dense(Factorisation::new(n))) }
    }

    /// The pattern of J.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// M, unless it is the identity.
    pub fn mass(&self) -> Option<&'f Matrix> {
        self.mass
    }

    /// Factorises w M − J, the entries of J in the order of the pattern.
    ///
    /// # Errors
    /// The column without a pivot.
    pub fn factorise(&mut self, w: f64, jacobian: &[f64]) -> Result<(), Singular> {
        match &mut self.form {
            Form::Dense(lu) => {
                assemble(&self.pattern, self.mass, w, jacobian, lu.matrix());
                lu.factorise()
            }
            Form::Sparse(lu, slots, mass) => {
                lu.values.fill(0.0);
                slots.iter().zip(jacobian).for_each(|(&slot, j)| lu.values[slot] -= j);
                mass.iter().for_each(|&(slot, m)| lu.values[slot] += w * m);
                lu.factorise()
            }
        }
    }

    /// Solves W x = b in place.
    pub fn solve(&mut self, b: &mut [f64]) {
        match &mut self.form {
            Form::Dense(lu) => lu.solve(b),
            Form::Sparse(lu, ..) => lu.solve(b),
        }
    }

    /// Solves Wᵀ x = b in place.
    pub fn solve_transposed(&mut self, b: &mut [f64]) {
        match &mut self.form {
            Form::Dense(lu) => lu.solve_transposed(b),
            Form::Sparse(lu, ..) => lu.solve_transposed(b),
        }
    }
}

/// Visits the entries of M.
fn each_mass(n: usize, mass: Option<&Matrix>, mut visit: impl FnMut(usize, usize, f64)) {
    match mass {
        Some(mass) => mass.each(visit),
        None => (0..n).for_each(|i| visit(i, i, 1.0)),
    }
}

/// w M − J, column by column.
fn assemble(pattern: &Pattern, mass: Option<&Matrix>, w: f64, jacobian: &[f64], matrix: &mut [f64]) {
    let n = pattern.dim();
    if let Pattern::Dense(_) = pattern {
        matrix.iter_mut().zip(jacobian).for_each(|(a, j)| *a = -j);
    } else {
        matrix.fill(0.0);
        pattern.each(|slot, i, j| matrix[i + j * n] -= jacobian[slot]);
    }
    each_mass(n, mass, |i, j, m| matrix[i + j * n] += w * m);
}

/// The sparse form over the union of both patterns.
fn sparse(pattern: &Pattern, mass: Option<&Matrix>) -> Option<Form> {
    let n = pattern.dim();
    let mut places = Vec::with_capacity(pattern.len() + n);
    pattern.each(|_, i, j| places.push((j, i)));
    each_mass(n, mass, |i, j, _| places.push((j, i)));
    places.sort_unstable();
    places.dedup();
    let slot = |i: usize, j: usize| places.binary_search(&(j, i)).expect("the union has every entry");
    let mut slots = Vec::with_capacity(pattern.len());
    pattern.each(|_, i, j| slots.push(slot(i, j)));
    let mut masses = Vec::new();
    each_mass(n, mass, |i, j, m| masses.push((slot(i, j), m)));
    let starts = (0..=n).map(|j| places.partition_point(|&(column, _)| column < j)).collect();
    let rows = places.iter().map(|&(_, i)| i).collect();
    let lu = Sparse::new(n, starts, rows)?;
    Some(Form::Sparse(Box::new(lu), slots, masses))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The second difference on a ring of n points, its last unknown algebraic.
    fn ring(n: usize) -> (Pattern, Vec<f64>, Matrix) {
        let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
        for j in 0..n {
            let mut column = [((j + n - 1) % n, 1.0), (j, -2.5), ((j + 1) % n, 1.5)];
            column.sort_by_key(|&(i, _)| i);
            rows.extend(column.iter().map(|&(i, _)| i));
            values.extend(column.iter().map(|&(_, v)| v));
            starts.push(rows.len());
        }
        let mass = Matrix::Diagonal((0..n).map(|i| if i + 1 == n { 0.0 } else { 1.0 }).collect());
        (Pattern::Sparse { n, starts, rows }, values, mass)
    }

    #[test]
    fn sparse_and_dense_agree() {
        let n = 50;
        let (pattern, values, mass) = ring(n);
        let mut dense = vec![0.0; n * n];
        pattern.each(|slot, i, j| dense[i + j * n] = values[slot]);
        let mut few = Shifted::new(pattern, Some(&mass));
        let mut all = Shifted::new(Pattern::Dense(n), Some(&mass));
        assert!(matches!(few.form, Form::Sparse(..)) && matches!(all.form, Form::Dense(_)));
        for w in [3.0, 0.7] {
            few.factorise(w, &values).unwrap();
            all.factorise(w, &dense).unwrap();
            let b: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
            let (mut x, mut y, mut xt, mut yt) = (b.clone(), b.clone(), b.clone(), b);
            few.solve(&mut x);
            all.solve(&mut y);
            few.solve_transposed(&mut xt);
            all.solve_transposed(&mut yt);
            for i in 0..n {
                assert!((x[i] - y[i]).abs() < 1e-12 && (xt[i] - yt[i]).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_sparse_matrix_without_a_pivot_is_singular() {
        let (pattern, values, mass) = ring(50);
        let zero = vec![0.0; values.len()];
        assert_eq!(Shifted::new(pattern, Some(&mass)).factorise(1.0, &zero), Err(Singular { column: 49 }));
    }
}
