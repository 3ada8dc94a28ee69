//! The door to linear systems: W = w M − J, factorised and solved in the form that its pattern makes cheapest.
//!
//! A method sees [`Linear`] alone. The form is chosen at the first factorisation, so that a method that may never need
//! one costs nothing; after the first of each kind, neither factorisations nor solves allocate.

use faer::c64;

use super::banded::Banded;
use super::factorisation::Factorisation;
use super::gmres::{Goal, Iterations, Stalled};
use super::krylov::{Krylov, Product, Side};
use super::layout::{Layout, not_finite};
use super::number::Number;
use super::pattern::{Matrix, Pattern};
use super::plan::{Plan, Shape, Wish};
use super::singular::{Growth, Singular};
use super::sparse::Sparse;

/// W = w M − J of fixed patterns, for real and for complex w.
pub struct Linear {
    pattern: Pattern,
    wish: Wish,
    plan: Option<Plan>,
    real: Option<Form<f64>>,
    krylov: Option<Box<Krylov>>,
    spent: Spent,
    complex: Vec<Option<Form<c64>>>,
    /// A complex right-hand side.
    joined: Vec<c64>,
}

/// The systems that GMRES solved since its cost was looked at, and their iterations.
#[derive(Clone, Copy, Default)]
struct Spent {
    systems: u32,
    iterations: u32,
}

/// The cost of GMRES is looked at after so many systems.
const LOOKED: u32 = 20;

/// GMRES is given up where it costs so many times what factors would.
const DEARER: f64 = 1.5;

enum Form<T> {
    Dense(Factorisation<T>),
    Banded(Banded<T>),
    Sparse(Box<Sparse<T>>),
}

impl Linear {
    /// A solver for Jacobians of that pattern. Nothing is analysed before the first factorisation.
    pub fn choose(pattern: &Pattern, wish: Wish) -> Linear {
        let pattern = pattern.clone();
        let (complex, joined, spent) = (Vec::new(), Vec::new(), Spent::default());
        Linear { pattern, wish, plan: None, real: None, krylov: None, spent, complex, joined }
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
        self.look();
        self.prepare(mass, jacobian)?;
        let (n, plan) = (self.pattern.dim(), self.plan.as_ref().expect("it was prepared"));
        if let Shape::Krylov { columns, .. } = &plan.shape {
            if self.krylov.is_none() {
                self.krylov = Some(Box::new(Krylov::new(columns.clone())?));
            }
            let krylov = self.krylov.as_mut().expect("it was made");
            plan.layout.assemble(w, mass, jacobian, krylov.matrix());
            krylov.precondition();
            return Ok(Growth::PIVOTED);
        }
        self.real.get_or_insert_with(|| Form::new(plan, n)).factorise(&plan.layout, w, mass, jacobian)
    }

    /// Solves W x = b in place up to rounding, W as last factorised; where an iteration cannot, x is not a number. A method
    /// that can do with less asks by [`Linear::solve_to`], and only such a method leaves the choice to [`Wish::Automatic`].
    pub fn solve(&mut self, b: &mut [f64]) {
        match &mut self.krylov {
            Some(krylov) => krylov.solve_closely(Side::Plain, b),
            None => self.direct().solve(b),
        }
    }

    /// Solves Wᵀ x = b in place, as [`Linear::solve`].
    pub fn solve_transposed(&mut self, b: &mut [f64]) {
        match &mut self.krylov {
            Some(krylov) => krylov.solve_closely(Side::Transposed, b),
            None => self.direct().solve_transposed(b),
        }
    }

    /// Whether systems are solved by an iteration; not known before the first factorisation.
    pub fn iterates(&self) -> bool {
        self.krylov.is_some()
    }

    /// Turns from an iteration that was chosen as the cheaper form to factors, from the next factorisation on; answers whether
    /// it was one, and factors can be made.
    pub fn give_up(&mut self) -> bool {
        let affordable = match self.plan.as_ref().map(|plan| &plan.shape) {
            Some(Shape::Krylov { affordable, .. }) => *affordable,
            _ => f64::INFINITY,
        };
        if affordable.is_finite() {
            self.wish(Wish::Direct);
        }
        affordable.is_finite()
    }

    /// Gives up an iteration that turned out to be the dearer form.
    fn look(&mut self) {
        let Some(Shape::Krylov { affordable, .. }) = self.plan.as_ref().map(|plan| &plan.shape) else {
            return;
        };
        let Spent { systems, iterations } = self.spent;
        if systems >= LOOKED {
            self.spent = Spent::default();
            if f64::from(iterations) > DEARER * affordable * f64::from(systems) {
                self.give_up();
            }
        }
    }

    /// Takes another wish, with which everything begins anew.
    pub fn wish(&mut self, wish: Wish) {
        *self = Linear::choose(&self.pattern, wish);
    }

    /// Solves W x = b in place until the goal is reached; a direct form goes beyond it, and takes no iterations.
    ///
    /// A `product` with W that needs no matrix takes the place of the one that was factorised last, which then only
    /// preconditions.
    ///
    /// # Errors
    /// The goal was not reached; `b` has the best solution that was found.
    pub fn solve_to(
        &mut self,
        goal: &Goal,
        product: Option<Product>,
        b: &mut [f64],
    ) -> Result<Iterations, Stalled> {
        match &mut self.krylov {
            Some(krylov) => {
                let solved = krylov.solve(Side::Plain, product, b, goal);
                self.spent.systems += 1;
                self.spent.iterations += match &solved {
                    Ok(iterations) => iterations.0,
                    Err(stalled) => stalled.iterations,
                };
                solved
            }
            None => {
                self.direct().solve(b);
                Ok(Iterations(0))
            }
        }
    }

    /// Solves Wᵀ x = b in place until the goal is reached.
    ///
    /// # Errors
    /// As those of [`Linear::solve_to`].
    pub fn solve_transposed_to(&mut self, goal: &Goal, b: &mut [f64]) -> Result<Iterations, Stalled> {
        match &mut self.krylov {
            Some(krylov) => krylov.solve(Side::Transposed, None, b, goal),
            None => {
                self.direct().solve_transposed(b);
                Ok(Iterations(0))
            }
        }
    }

    fn direct(&mut self) -> &mut Form<f64> {
        self.real.as_mut().expect("a matrix was factorised by a direct form")
    }

    /// Factorises w M − J for the complex w = `re` + i `im`. Several such factorisations are kept side by side, and beside
    /// the real one: `k` counts them from 0. The wish must have been for a direct form.
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
            (self.real, self.krylov) = (None, None);
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

impl<T: Number> Form<T> {
    fn new(plan: &Plan, n: usize) -> Form<T> {
        match &plan.shape {
            Shape::Dense => Form::Dense(Factorisation::new(n)),
            Shape::Banded { lower, upper } => Form::Banded(Banded::new(n, *lower, *upper)),
            Shape::Sparse(analysis) => Form::Sparse(Box::new(Sparse::new(analysis))),
            Shape::Krylov { .. } => unreachable!("a complex shift was asked of a solver that may iterate"),
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
