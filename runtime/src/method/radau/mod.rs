//! Radau IIA collocation of orders 5, 9 and 13, for stiff problems and index-1 equations.
//!
//! E. Hairer and G. Wanner, Solving Ordinary Differential Equations II, IV.8, and Stiff differential equations solved by Radau
//! methods, J. Comput. Appl. Math. 111 (1999) 93–111. The step solves h f(t + c_i h, u + Z_i) = M p′(c_i) for the values Z_i of a
//! polynomial p of degree s at the nodes, p(0) = 0; the new point is u + Z_s, the dense output u + p(θ).

mod coefficients;
mod collocation;
mod error;
mod history;
mod order;
mod reverse;
mod stages;

use super::combine::add_sum;
use super::power::{exp2, log2};
use super::{Method, NextSize, Record, Verdict, Work, witness};
use crate::dynamics::{Dynamics, Interval, Scale};
use coefficients::with_stages;
use collocation::Collocation;
use history::{MOST_STAGES, Past};

/// Growth by less than this is not worth new factors.
const LEAST_GROWTH: f64 = 1.2;

/// Methods of three, five and seven stages.
pub struct Radau {
    pub least: usize,
    pub most: usize,
}

impl Radau {
    /// Three stages and more, of order 2s − 1 up to `order` or else of order 5.
    pub fn up_to(order: u32) -> Radau {
        let most = match order {
            ..9 => 3,
            9..13 => 5,
            _ => MOST_STAGES,
        };
        Radau { least: 3, most }
    }

    /// The stages of the step that led to a memory; 0 at a start.
    pub fn stages_used(&self, z: &[f64]) -> usize {
        Past::of(z).used
    }

    /// The error that a step may have, in units of the tolerance.
    ///
    /// The estimate is of order s, the method of order 2s − 1: at tight tolerances it says too much, even for the dense output.
    /// Hairer and Wanner take the tolerance to the power (s + 1)/(2s), which leaves nothing to it.
    fn most_error(&self, rtol: f64) -> f64 {
        0.3 * exp2(-0.2 * log2(rtol))
    }

    fn step_of<const S: usize>(
        &self,
        method: &Collocation<S>,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        past: &Past,
        work: &mut Work,
    ) -> Verdict {
        let (n, order) = (record.n, S as u32 + 1);
        let judge = match self.solve(method, f, at, scale, record, past, work) {
            Ok(judge) => judge,
            Err(failed) => return failed.verdict(NextSize::Order(order)),
        };
        (0..n).for_each(|i| record.next[i] = record.z[i] + record.next[S * n + i]);
        let square = self.error(method, f, at, scale, record, past, work);
        self.follow(past, at.h, S, judge.rate()).store(&mut record.next);
        work.reuse.accepted();
        let most = stages::corrections(S);
        let share = f64::from(2 * most + 1) / f64::from(2 * most + judge.iterations());
        let least = if judge.rate() > stages::slow(n) { 1.0 } else { LEAST_GROWTH };
        Verdict::Judged { square, next: NextSize::Steady { order, share, least } }
    }
}

/// Z_i on the polynomial of the step before, whose stages are `old`.
fn extrapolate<const S: usize>(
    method: &Collocation<S>,
    h: f64,
    n: usize,
    old: &[f64],
    past: &Past,
    z: &mut [f64],
) {
    z.fill(0.0);
    for (z, c) in z.chunks_exact_mut(n.max(1)).zip(method.c) {
        let (θ, used) = (1.0 + c * h / past.h, past.used);
        with_stages!(used, last => {
            let mut weights = last.weights(θ);
            weights[used - 1] -= 1.0;
            add_sum(1.0, &weights, &old[..used * n], z);
        });
    }
}

impl Method for Radau {
    fn error_order(&self) -> u32 {
        self.least as u32 + 1
    }

    fn is_implicit(&self) -> bool {
        true
    }

    fn memory(&self, n: usize) -> usize {
        history::memory(n, self.most)
    }

    fn record(&self, n: usize) -> Record {
        let memory = vec![0.0; self.memory(n)];
        Record { n, z: memory.clone(), next: memory, stages: vec![0.0; n], ..Record::default() }
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work::matrices(f, stages::scratch(f.dim(), self.most))
    }

    fn start(&self, f: &dyn Dynamics, _: &Interval, z: &mut [f64], _: &mut Work) {
        z[f.dim()..].fill(0.0);
        Past::none(self.least).store(z);
    }

    fn step(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Verdict {
        (record.t, record.h) = (at.t, at.h);
        let n = record.n;
        if record.attempt == 0 {
            f.rhs(at, at.t, record.u(), &mut work.scratch[..n]);
            work.counters.rhs += 1;
        }
        let past = Past::of(&record.z);
        let stages = self.stages(&past, record.attempt);
        record.next.fill(0.0);
        record.stages.fill(0.0);
        Past { h: at.h, used: stages, ..past }.store(&mut record.next);
        with_stages!(stages, method => self.step_of(method, f, at, scale, record, &past, work))
    }

    /// The collocation polynomial, of order s.
    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        let stages = Past::of(&record.next).used;
        u.copy_from_slice(record.u());
        let z = &record.next[record.n..(1 + stages) * record.n];
        with_stages!(stages, method => add_sum(1.0, &method.weights(θ), z, u));
    }

    fn local_error(&self, record: &Record, e: &mut [f64]) {
        e.copy_from_slice(&record.stages);
    }

    /// f is looked at again at the beginning and at the stages where the iteration ended, and then its derivatives.
    fn not_finite(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)> {
        let (n, stages) = (record.n, Past::of(&record.next).used);
        let argument = |i: usize, u: &mut [f64]| {
            u.copy_from_slice(record.u());
            if i == 0 {
                return 0.0;
            }
            u.iter_mut().zip(&record.next[i * n..(i + 1) * n]).for_each(|(u, z)| *u += z);
            with_stages!(stages, method => method.c[i - 1])
        };
        witness::look(f, at, record, u, stages + 1, argument)
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
        let stages = Past::of(&record.next).used;
        with_stages!(stages, method => self.pull_step(method, f, at, record, cotangents, z̄, p̄, work));
    }

    /// A start adds to u what is nothing yet.
    fn pull_start(&self, _: &dyn Dynamics, _: &Interval, _: &[f64], _: &mut [f64], _: &mut [f64]) {}
}
