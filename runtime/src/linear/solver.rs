//! The door to linear systems: W = w M − J, factorised and solved in the form that its pattern makes cheapest.
//!
//! A method sees [`Linear`] alone. The form is chosen at the first factorisation, so that a method that may never need
//! one costs nothing; after the first of each kind, neither factorisations nor solves allocate.

use std::sync::Arc;

use faer::c64;

use super::banded::Banded;
use super::factorisation::Factorisation;
use super::layout::{Layout, not_finite};
use super::number::Number;
use super::ordering::Order;
use super::pattern::{Columns, Matrix, Pattern};
use super::singular::{Growth, Singular};
use super::sparse::{Analysis, Sparse};
use super::tree::Tree;

/// Below this size a dense factorisation costs less than looking for anything better.
const FEW: usize = 16;

/// A pattern that fills more than this part of the square is treated as dense.
const DENSE: f64 = 0.125;

/// What one product of a sparse elimination costs in products of a dense one, and of a banded one: it finds each number
/// by its row.
const SCATTERED: f64 = 4.0;

/// With more products than this for each entry of the factors, an elimination by dense fronts is the quicker one.
const DENSE_ENOUGH: f64 = 4.0;

/// Which form is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Wish {
    /// The cheapest.
    #[default]
    Automatic,
    Dense,
    Banded,
    Sparse,
}

/// W = w M − J of fixed patterns, for real and for complex w.
pub struct Linear {
    pattern: Pattern,
    wish: Wish,
    plan: Option<Plan>,
    real: Option<Form<f64>>,
    complex: Vec<Option<Form<c64>>>,
    /// A complex right-hand side.
    joined: Vec<c64>,
}

/// The form that was chosen, and why.
struct Plan {
    layout: Layout,
    shape: Shape,
    reason: String,
}

enum Shape {
    Dense,
    Banded { lower: usize, upper: usize },
    Sparse(Analysis),
}

enum Form<T> {
    Dense(Factorisation<T>),
    Banded(Banded<T>),
    Sparse(Box<Sparse<T>>),
}

impl Linear {
    /// A solver for Jacobians of that pattern. Nothing is analysed before the first factorisation.
    pub fn choose(pattern: &Pattern, wish: Wish) -> Linear {
        let pattern = pattern.clone();
        Linear { pattern, wish, plan: None, real: None, complex: Vec::new(), joined: Vec::new() }
    }

    /// The pattern of J.
    pub fn pattern(&self) -> &Pattern {
        &self.pattern
    }

    /// Which form was chosen and why, in words for the user; `None` before the first factorisation.
    pub fn reason(&self) -> Option<&str> {
        self.plan.as_ref().map(|plan| &*plan.reason)
    }

    /// Factorises w M − J, the entries of J in the order of the pattern; no mass is the identity. Masses of another pattern
    /// than the last one's make the solver begin anew.
    ///
    /// # Errors
    /// An entry that is not finite, or a column and a row without a pivot.
    pub fn factorise(&mut self, w: f64, mass: Option<&Matrix>, jacobian: &[f64]) -> Result<Growth, Singular> {
        self.prepare(mass, jacobian)?;
        let (n, plan) = (self.pattern.dim(), self.plan.as_ref().expect("it was prepared"));
        self.real.get_or_insert_with(|| Form::new(plan, n)).factorise(&plan.layout, w, mass, jacobian)
    }

    /// Solves W x = b in place, W as last factorised.
    pub fn solve(&mut self, b: &mut [f64]) {
        self.real.as_mut().expect("a matrix was factorised").solve(b);
    }

    /// Solves Wᵀ x = b in place.
    pub fn solve_transposed(&mut self, b: &mut [f64]) {
        self.real.as_mut().expect("a matrix was factorised").solve_transposed(b);
    }

    /// Factorises w M − J for the complex w = `re` + i `im`. Several such factorisations are kept side by side, and beside
    /// the real one: `k` counts them from 0.
    ///
    /// # Errors
    /// An entry that is not finite, or a column and a row without a pivot.
    pub fn factorise_complex(
        &mut self,
        k: usize,
        (re, im): (f64, f64),
        mass: Option<&Matrix>,
        jacobian: &[f64],
    ) -> Result<Growth, Singular> {
        self.prepare(mass, jacobian)?;
        let (n, plan) = (self.pattern.dim(), self.plan.as_ref().expect("it was prepared"));
        if self.complex.len() <= k {
            self.complex.resize_with(k + 1, || None);
            self.joined.resize(n, c64::default());
        }
        let form = self.complex[k].get_or_insert_with(|| Form::new(plan, n));
        form.factorise(&plan.layout, c64::new(re, im), mass, jacobian)
    }

    /// Solves W x = b in place, W the complex matrix `k`, the parts of b in `re` and `im`.
    pub fn solve_complex(&mut self, k: usize, re: &mut [f64], im: &mut [f64]) {
        let form = self.complex.get_mut(k).and_then(Option::as_mut).expect("a matrix was factorised");
        through(&mut self.joined, re, im, |b| form.solve(b));
    }

    /// Solves Wᵀ x = b in place, transposed and not conjugated.
    pub fn solve_complex_transposed(&mut self, k: usize, re: &mut [f64], im: &mut [f64]) {
        let form = self.complex.get_mut(k).and_then(Option::as_mut).expect("a matrix was factorised");
        through(&mut self.joined, re, im, |b| form.solve_transposed(b));
    }

    /// Looks for entries that no elimination can use, and makes the plan where there is none for these masses.
    fn prepare(&mut self, mass: Option<&Matrix>, jacobian: &[f64]) -> Result<(), Singular> {
        if let Some((row, column)) = not_finite(&self.pattern, mass, jacobian) {
            return Err(Singular::not_finite(column, row));
        }
        if !self.plan.as_ref().is_some_and(|plan| plan.layout.fits(mass)) {
            self.real = None;
            self.complex.iter_mut().for_each(|form| *form = None);
            self.plan = Some(Plan::new(&self.pattern, mass, self.wish)?);
        }
        Ok(())
    }
}

/// Lets `f` work on a complex vector that is stored as its parts.
fn through(joined: &mut [c64], re: &mut [f64], im: &mut [f64], f: impl FnOnce(&mut [c64])) {
    let n = joined.len();
    (0..n).for_each(|i| joined[i] = c64::new(re[i], im[i]));
    f(joined);
    (0..n).for_each(|i| (re[i], im[i]) = (joined[i].re, joined[i].im));
}

impl Plan {
    fn new(pattern: &Pattern, mass: Option<&Matrix>, wish: Wish) -> Result<Plan, Singular> {
        let n = pattern.dim();
        if wish == Wish::Dense {
            return Ok(Plan::dense(pattern, mass, "dense, as was asked".into()));
        }
        if wish == Wish::Automatic && n < FEW {
            return Ok(Plan::dense(pattern, mass, format!("dense: {n} unknowns")));
        }
        if wish == Wish::Automatic && matches!(pattern, Pattern::Dense(_)) {
            return Ok(Plan::dense(pattern, mass, "dense: every unknown may read every other".into()));
        }
        let columns = Columns::union(pattern, mass);
        let (lower, upper) = columns.bandwidths();
        let narrow = 4 * (lower + upper + 1) < n;
        match wish {
            Wish::Banded => {
                return Ok(Plan::banded(pattern, mass, (lower, upper), "banded, as was asked".into()));
            }
            Wish::Automatic if columns.rows.len() as f64 > DENSE * (n * n) as f64 && !narrow => {
                let share = (100.0 * columns.rows.len() as f64 / (n * n) as f64).round();
                return Ok(Plan::dense(pattern, mass, format!("dense: {share} % of the entries exist")));
            }
            _ => {}
        }
        let layout = Layout::sparse(&columns, pattern, mass);
        let order = Order::new(&columns, &layout.present(mass))?;
        if wish == Wish::Automatic {
            let sparse = SCATTERED * order.products;
            let (dense, band) = ((n as f64).powi(3) / 3.0, (n * lower) as f64 * (lower + upper + 1) as f64);
            if narrow && band <= sparse.max((32 * n) as f64) {
                let reason = format!("banded: {lower} diagonals below the main one, {upper} above");
                return Ok(Plan::banded(pattern, mass, (lower, upper), reason));
            }
            if dense <= sparse {
                return Ok(Plan::dense(pattern, mass, "dense: sparse factors would fill up".into()));
            }
        }
        let entries = 2 * order.entries as usize + n;
        let reason = format!("sparse: {} entries, {entries} in the factors", columns.rows.len());
        let tree =
            (order.products > DENSE_ENOUGH * order.entries).then(|| Arc::new(Tree::new(&columns, &order)));
        let analysis = Analysis { columns: Arc::new(columns), order: Arc::new(order), tree };
        Ok(Plan { layout, shape: Shape::Sparse(analysis), reason })
    }

    fn dense(pattern: &Pattern, mass: Option<&Matrix>, reason: String) -> Plan {
        Plan { layout: Layout::dense(pattern, mass), shape: Shape::Dense, reason }
    }

    fn banded(
        pattern: &Pattern,
        mass: Option<&Matrix>,
        (lower, upper): (usize, usize),
        reason: String,
    ) -> Plan {
        let size = Banded::<f64>::size(pattern.dim(), lower, upper);
        let layout = Layout::new(pattern, mass, size, |i, j| Banded::<f64>::place(lower, upper, i, j));
        Plan { layout, shape: Shape::Banded { lower, upper }, reason }
    }
}

impl<T: Number> Form<T> {
    fn new(plan: &Plan, n: usize) -> Form<T> {
        match &plan.shape {
            Shape::Dense => Form::Dense(Factorisation::new(n)),
            Shape::Banded { lower, upper } => Form::Banded(Banded::new(n, *lower, *upper)),
            Shape::Sparse(analysis) => Form::Sparse(Box::new(Sparse::new(analysis))),
        }
    }

    fn factorise(
        &mut self,
        layout: &Layout,
        w: T,
        mass: Option<&Matrix>,
        jacobian: &[f64],
    ) -> Result<Growth, Singular> {
        let storage = match self {
            Form::Dense(lu) => lu.matrix(),
            Form::Banded(lu) => lu.matrix(),
            Form::Sparse(lu) => lu.matrix(),
        };
        layout.assemble(w, mass, jacobian, storage);
        match self {
            Form::Dense(lu) => lu.factorise().map(|()| Growth::PIVOTED),
            Form::Banded(lu) => lu.factorise().map(|()| Growth::PIVOTED),
            Form::Sparse(lu) => lu.factorise(),
        }
    }

    fn solve(&mut self, b: &mut [T]) {
        match self {
            Form::Dense(lu) => lu.solve(b),
            Form::Banded(lu) => lu.solve(b),
            Form::Sparse(lu) => lu.solve(b),
        }
    }

    fn solve_transposed(&mut self, b: &mut [T]) {
        match self {
            Form::Dense(lu) => lu.solve_transposed(b),
            Form::Banded(lu) => lu.solve_transposed(b),
            Form::Sparse(lu) => lu.solve_transposed(b),
        }
    }
}
