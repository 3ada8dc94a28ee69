//! Stabilised explicit methods: many cheap stages whose stability interval grows with the square of their number.
//!
//! For systems whose Jacobian has eigenvalues near the negative real axis, such as heat and diffusion on a grid. The
//! number of stages of a step follows from h ρ, with ρ the spectral radius that [`radius`] estimates. Eigenvalues away from
//! the axis, as advection has them, are damped only in a narrow strip beside it: steps then fail the error test.
//!
//! z = (u, f(t, u), v, ρ, steps since ρ was estimated), v being the direction of the largest eigenvalue;
//! `Record::stages` holds the error.

mod radius;
mod rkc;
mod rock;

use super::{Method, NextSize, Record, Verdict, Work, witness};
use crate::dynamics::{Dynamics, Interval, Scale};
use radius::Radius;

/// ρ is estimated anew after this many steps, and after a rejected one.
const LASTS: f64 = 25.0;

/// A step uses this share of the longest one.
const LONGEST: f64 = 0.95;

/// The schemes that choose a number of stages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scheme {
    Rkc,
    Rock2,
    Rock4,
}

impl Scheme {
    /// h|λ| up to which s stages are stable.
    fn bound(self, s: usize) -> f64 {
        let square = (s * s) as f64;
        match self {
            Scheme::Rkc => (square - 1.0) / 1.54,
            Scheme::Rock2 => 0.811 * square - 1.5,
            Scheme::Rock4 => 0.353 * square - 3.0,
        }
    }

    /// The stages that a step of this h ρ needs.
    fn stages(self, hρ: f64) -> usize {
        let root = match self {
            Scheme::Rkc => (1.0 + 1.54 * hρ).sqrt(),
            Scheme::Rock2 => ((1.5 + hρ) / 0.811).sqrt(),
            Scheme::Rock4 => ((3.0 + hρ) / 0.353).sqrt(),
        };
        1 + root as usize
    }

    /// The k for which the error is O(h^k).
    fn order_of_error(self) -> u32 {
        match self {
            Scheme::Rkc => 3,
            Scheme::Rock2 => 2,
            Scheme::Rock4 => 4,
        }
    }
}

/// A stabilised method.
pub struct Stabilised {
    scheme: Scheme,
    /// The largest h ρ that the most stages are stable for.
    stable: f64,
    /// The largest h ρ for which rounding stays below the relative tolerance.
    exact: f64,
}

impl Stabilised {
    /// The method for a relative tolerance.
    pub fn new(scheme: Scheme, rtol: f64) -> Stabilised {
        let (most, exact) = match scheme {
            Scheme::Rkc => (rkc::MOST_STAGES, rkc::largest(rtol)),
            Scheme::Rock2 => (rock::MOST_STAGES_2, rock::largest_2(rtol)),
            Scheme::Rock4 => (rock::MOST_STAGES_4, rock::largest_4(rtol)),
        };
        Stabilised { scheme, stable: scheme.bound(most), exact }
    }

    /// The largest h ρ of a step.
    fn longest(&self) -> f64 {
        self.stable.min(self.exact)
    }

    /// ρ at the beginning of this step. What was found at one try of the step stays in `next` for those after it.
    fn radius(&self, f: &dyn Dynamics, at: &Interval, record: &mut Record, work: &mut Work) -> f64 {
        let n = record.n;
        let age = record.z[3 * n + 1];
        if record.attempt == 0 {
            record.next[2 * n..].copy_from_slice(&record.z[2 * n..]);
            record.next[3 * n + 1] = age + 1.0;
        }
        let stale = match record.attempt {
            0 => age >= LASTS,
            1 => age < LASTS,
            _ => false,
        };
        if stale {
            let (u, k) = record.z[..2 * n].split_at(n);
            let (v, scalars) = record.next[2 * n..].split_at_mut(n);
            let found = Radius { f, at, u, k }.estimate(v, &mut work.scratch, &mut work.counters);
            scalars.copy_from_slice(&[found, 1.0]);
        }
        record.next[3 * n]
    }
}

impl Method for Stabilised {
    fn error_order(&self) -> u32 {
        self.scheme.order_of_error()
    }

    fn memory(&self, n: usize) -> usize {
        3 * n + 2
    }

    fn record(&self, n: usize) -> Record {
        let memory = vec![0.0; self.memory(n)];
        Record { n, z: memory.clone(), next: memory, stages: vec![0.0; n], ..Record::default() }
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work::vectors(rock::BUFFERS * f.dim())
    }

    fn start(&self, f: &dyn Dynamics, at: &Interval, z: &mut [f64], work: &mut Work) {
        let n = f.dim();
        let (u, rest) = z.split_at_mut(n);
        f.rhs(at, at.t, u, &mut rest[..n]);
        work.counters.rhs += 1;
        let (k, v) = rest.split_at_mut(n);
        radius::guess(k, &mut v[..n]);
        v[n..].copy_from_slice(&[0.0, LASTS]);
    }

    fn derivative<'a>(&self, n: usize, z: &'a [f64]) -> Option<&'a [f64]> {
        Some(&z[n..2 * n])
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
        let ρ = self.radius(f, at, record, work);
        if !ρ.is_finite() {
            return Verdict::Judged { square: f64::NAN, next: NextSize::Order(self.error_order()) };
        }
        let hρ = at.h.abs() * ρ;
        let most = LONGEST * self.longest() / hρ.max(f64::MIN_POSITIVE);
        if hρ > self.stable {
            // Not an error but a step that no number of stages makes stable, and that is not taken.
            record.next[..record.n].fill(f64::NAN);
            return Verdict::Judged { square: 2.0, next: NextSize::Factor(most) };
        }
        let s = self.scheme.stages(hρ);
        match self.scheme {
            Scheme::Rkc => rkc::step(f, at, s, record, work),
            Scheme::Rock2 => rock::second(f, at, s, record, work),
            Scheme::Rock4 => rock::fourth(f, at, s, record, work),
        }
        let mut square = scale.mean_square(&record.stages, record.u(), record.u1());
        // Not every estimate reads f at the new point, with which the next step begins.
        if record.next[record.n..2 * record.n].iter().any(|k| !k.is_finite()) {
            square = f64::NAN;
        }
        Verdict::Judged { square, next: NextSize::Capped { order: self.error_order(), most } }
    }

    /// The cubic through both ends and their slopes.
    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        let (n, h, rest) = (record.n, record.h, 1.0 - θ);
        let (a, b) = (rest * rest * (1.0 + 2.0 * θ), θ * θ * (3.0 - 2.0 * θ));
        let (c, d) = (h * θ * rest * rest, -h * θ * θ * rest);
        for j in 0..n {
            let (z, next) = (&record.z, &record.next);
            u[j] = a * z[j] + b * next[j] + c * z[n + j] + d * next[n + j];
        }
    }

    fn local_error(&self, record: &Record, e: &mut [f64]) {
        e.copy_from_slice(&record.stages);
    }

    /// The share of the longest step.
    fn stiffness(&self, record: &Record, _: &Scale, _: &mut Work) -> Option<f64> {
        Some(record.h.abs() * record.next[3 * record.n] / self.longest())
    }

    fn not_finite(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)> {
        witness::find(self, f, at, record, u)
    }
}
