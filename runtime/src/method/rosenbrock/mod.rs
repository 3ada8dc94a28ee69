//! The engine of Rosenbrock methods: linearly implicit, one LU factorisation a step, no Newton iteration.
//!
//! (M/(γh) − J) U_i = f(t + α_i h, u + Σ a_ij U_j) + M Σ (c_ij/h) U_j + h d_i ∂f/∂t; u1 = u + Σ m_i U_i.
//! Rows of zeros in M are algebraic equations of index 1. z = u; `Record::stages` holds U_1 … U_s one after the other.

mod reverse;

use super::combine::add_sum;
use super::interior;
use super::newton::Failed;
use super::whole::Whole;
use super::{Method, NextSize, Record, Verdict, Work, witness};
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::linear::Singular;
use crate::tableau::Linear;

/// An elimination without a choice of pivots is believed while the squares of its multipliers add up to less than this.
const MOST_GROWTH: f64 = 1e12;

/// A Rosenbrock method of one tableau.
pub struct Rosenbrock {
    pub tableau: &'static Linear,
}

impl Rosenbrock {
    /// The whole step by compiled kernels, and the square of its error: `None` where there are no kernels, or where the pivots
    /// that they were made with did not serve this matrix.
    fn step_at_once(
        &self,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Option<f64> {
        let Work { linear_kernel, counters, .. } = work;
        let n = record.n;
        let linear = linear_kernel.as_mut()?.linear(counters.steps, self.tableau)?;
        let (kernel, linearisation) = (&linear.kernel, &mut linear.values);
        if record.attempt == 0 {
            kernel.linearise(at, &record.z[..n], linearisation);
            counters.rhs += 1;
            counters.jacobians += 1;
        }
        let Record { z, next, stages, .. } = record;
        let s = self.tableau.m.len();
        let judged = kernel.step(at, scale, &z[..n], linearisation, &mut stages[..s * n], &mut next[..n]);
        counters.rhs += s as u64 - 1;
        counters.factorisations += 1;
        counters.linear_solves += s as u64;
        // A value that is not finite comes from f or from a pivot: the pivoting elimination tells which.
        (judged.growth < MOST_GROWTH && judged.square.is_finite()).then_some(judged.square)
    }

    /// The larger of the error at the end and that in the middle of a step that the kernels took.
    #[cold]
    fn judge_interior(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &Record,
        work: &mut Work,
        square: f64,
    ) -> f64 {
        let solve = |work: &mut Work, r: &mut [f64]| {
            let Some(kernels) = &mut work.linear_kernel else { return };
            let Some(linear) = kernels.linear(work.counters.steps, self.tableau) else { return };
            // b lends the place of f, which another try of the step reads.
            let n = r.len();
            linear.values[..n].swap_with_slice(r);
            linear.solution.resize(n, 0.0);
            linear.kernel.solve(at, record.u(), &linear.values, &mut linear.solution);
            linear.values[..n].copy_from_slice(r);
            r.copy_from_slice(&linear.solution);
            work.counters.linear_solves += 1;
        };
        square.max(interior::square_by(self, f, at, scale, record, work, solve))
    }

    /// f, ∂f/∂t and J at the beginning of the step: kept from one try of it to the next.
    fn linearise(&self, f: &dyn Dynamics, at: &Interval, record: &Record, work: &mut Work) {
        let n = record.n;
        let (f0, ft) = work.scratch[..2 * n].split_at_mut(n);
        f.rhs(at, at.t, record.u(), f0);
        f.time_derivative(at, at.t, record.u(), ft);
        f.jacobian(at, at.t, record.u(), &mut work.jacobian);
        work.counters.rhs += 1;
        work.counters.jacobians += 1;
    }

    /// W = M/(γh) − J, factorised.
    fn factorise(&self, h: f64, work: &mut Work) -> Result<(), Singular> {
        work.counters.factorisations += 1;
        let Work { shifted, jacobian, .. } = work;
        let shifted = shifted.as_mut().expect("the work of a Rosenbrock method has matrices");
        shifted.factorise(1.0 / (self.tableau.gamma * h), jacobian)
    }

    /// Stage i, counted from 0, by one solve.
    fn stage(&self, f: &dyn Dynamics, at: &Interval, record: &mut Record, i: usize, work: &mut Work) {
        let (n, tab) = (record.n, self.tableau);
        let (kept, rest) = work.scratch.split_at_mut(2 * n);
        let (g, past) = rest[..2 * n].split_at_mut(n);
        let (done, this) = record.stages.split_at_mut(i * n);
        let this = &mut this[..n];
        if i == 0 {
            this.copy_from_slice(&kept[..n]);
        } else {
            g.copy_from_slice(&record.z[..n]);
            add_sum(1.0, tab.a[i - 1], done, g);
            f.rhs(at, at.t + tab.alpha[i] * at.h, g, this);
            work.counters.rhs += 1;
            past.fill(0.0);
            add_sum(1.0 / at.h, tab.c[i - 1], done, past);
            match work.shifted.as_ref().and_then(|shifted| shifted.mass()) {
                Some(mass) => mass.add_product(1.0, past, this),
                None => (0..n).for_each(|j| this[j] += past[j]),
            }
        }
        if tab.d[i] != 0.0 {
            (0..n).for_each(|j| this[j] += at.h * tab.d[i] * kept[n + j]);
        }
        work.shifted().solve(this);
        work.counters.linear_solves += 1;
    }
}

impl Method for Rosenbrock {
    fn error_order(&self) -> u32 {
        self.tableau.error_order
    }

    fn is_implicit(&self) -> bool {
        true
    }

    fn memory(&self, n: usize) -> usize {
        n
    }

    fn record(&self, n: usize) -> Record {
        let stages = vec![0.0; self.tableau.m.len() * n];
        Record { n, z: vec![0.0; n], next: vec![0.0; n], stages, ..Record::default() }
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work { linear_kernel: Some(Whole::new(f)), ..Work::matrices(f, 4 * f.dim()) }
    }

    fn start(&self, _: &dyn Dynamics, _: &Interval, _: &mut [f64], _: &mut Work) {}

    fn step(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Verdict {
        (record.t, record.h) = (at.t, at.h);
        let next = NextSize::Order(self.tableau.error_order);
        if let Some(square) = self.step_at_once(at, scale, record, work) {
            let square = match square < interior::DOUBTFUL {
                true => self.judge_interior(f, at, scale, record, work, square),
                false => square,
            };
            return Verdict::Judged { square, next };
        }
        let n = record.n;
        let steps = work.counters.steps;
        let by_kernels = work.linear_kernel.as_ref().is_some_and(|kernels| kernels.last(steps).is_some());
        if record.attempt == 0 || by_kernels {
            self.linearise(f, at, record, work);
        }
        if let Err(singular) = self.factorise(at.h, work) {
            return Failed::from(singular).verdict(next);
        }
        for i in 0..self.tableau.m.len() {
            self.stage(f, at, record, i, work);
        }
        let mut u1 = std::mem::take(&mut record.next);
        u1[..n].copy_from_slice(record.u());
        add_sum(1.0, self.tableau.m, &record.stages, &mut u1[..n]);
        record.next = u1;
        let e = &mut work.scratch[2 * n..3 * n];
        self.local_error(record, e);
        let mut square = scale.mean_square(e, record.u(), record.u1());
        if square < interior::DOUBTFUL {
            square = square.max(interior::square(self, f, at, scale, record, work));
        }
        Verdict::Judged { square, next }
    }

    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        u.copy_from_slice(record.u());
        add_sum(1.0, &self.tableau.dense.weights_at(θ)[..self.tableau.m.len()], &record.stages, u);
    }

    fn local_error(&self, record: &Record, e: &mut [f64]) {
        e.fill(0.0);
        add_sum(self.tableau.margin, self.tableau.error, &record.stages, e);
    }

    /// A linear system spreads a value that is not finite over all unknowns, so f is looked at again at the stages'
    /// arguments, and after it its derivatives.
    fn not_finite(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)> {
        let argument = |i: usize, u: &mut [f64]| {
            self.argument(record, i, u);
            self.tableau.alpha[i]
        };
        witness::look(f, at, record, u, self.tableau.alpha.len(), argument)
    }

    fn pull(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        cotangents: &[(f64, &[f64])],
        z̄: &mut [f64],
        p̄: &mut [f64],
        work: &mut Work,
    ) {
        self.pull_step(f, at, record, cotangents, z̄, p̄, work);
    }

    fn pull_start(&self, _: &dyn Dynamics, _: &Interval, _: &[f64], _: &mut [f64], _: &mut [f64]) {}
}
