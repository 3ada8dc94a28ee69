//! The simplified Newton iteration of implicit methods: when it has converged, when it never will, and how long a Jacobian and
//! its factors serve (Hairer and Wanner, Solving ODEs II, IV.8).
//!
//! A method with a nonlinear system for its step does
//!
//! ```text
//! loop {
//!     prepare(f, at, record, w, age, work)?;      // J and the factors of W = w M − J, where they have become too old
//!     iterate, judging each correction by a [`Judge`];
//!     if it converged { break }
//!     if !work.reuse.retry(at.t) { return Verdict::NewtonFailed }   // else once more, from a fresh J at the same h
//! }
//! ```

use super::{NextSize, Record, Verdict, Work};
use crate::dynamics::{Dynamics, Interval};
use crate::linear::{Cause, Singular};

/// A correction that shrinks by less than this factor does not converge.
const SLOWEST: f64 = 0.99;

/// Corrections this small may be rounding: of values that cancel, or of an unknown near zero whose equation has large terms. Their
/// ratios are no rates then, and when they shrink no more they are good enough for the error test, if not for the tolerance of the
/// iteration.
const ROUNDING: f64 = 0.03;

/// What is not rounding shrinks by more than this factor.
const IDLE: f64 = 0.5;

/// Where the Jacobian and the factors of W in a [`Work`] were computed. It is a cache: nothing in it outlives a restart.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reuse {
    /// The time of the Jacobian, and the accepted steps since.
    jacobian: Option<(f64, u32)>,
    /// The shift of the factors.
    factors: Option<f64>,
    /// How many complex factors there are beside the real ones.
    pairs: usize,
    /// The rate at which the last iteration converged.
    pub rate: f64,
    /// η = θ/(1 − θ) of the last iteration, with which the next one begins; 0 where none was measured.
    pub eta: f64,
}

impl Reuse {
    /// Counts an accepted step.
    pub fn accepted(&mut self) {
        if let Some((_, age)) = &mut self.jacobian {
            *age += 1;
        }
    }

    /// The shift w of the factors there are.
    pub fn shift(&self) -> Option<f64> {
        self.factors
    }

    /// Whether the Jacobian is that at time `t`.
    pub fn is_fresh(&self, t: f64) -> bool {
        self.jacobian.is_some_and(|(at, _)| at == t)
    }

    /// Drops the Jacobian, and with it the factors.
    pub fn drop_jacobian(&mut self) {
        (self.jacobian, self.factors, self.rate) = (None, None, 0.0);
    }

    /// After an iteration that failed: drops a Jacobian of an earlier time and answers whether the same step is worth another try.
    pub fn retry(&mut self, t: f64) -> bool {
        let was_old = !self.is_fresh(t);
        if was_old {
            self.drop_jacobian();
        }
        self.eta = 0.0;
        was_old
    }

    /// After an iteration that failed with a fresh Jacobian: drops factors made for a shift other than w, and answers whether there
    /// were any.
    pub fn refactor(&mut self, w: f64) -> bool {
        let other = self.factors.is_some_and(|old| old != w);
        if other {
            self.factors = None;
        }
        other
    }
}

/// Makes the factors of w M − J ready: J at the beginning of the step where there is none or it is older than `oldest` steps, and new
/// factors where J is new or w left the range `within` of the shift they were made for.
///
/// # Errors
/// The column without a pivot.
pub fn prepare(
    f: &dyn Dynamics,
    at: &Interval,
    record: &Record,
    w: f64,
    limits: &Limits,
    work: &mut Work,
) -> Result<(), Singular> {
    prepare_pairs(f, at, record, (w, &[]), limits, work)
}

/// The same for a method that solves with complex w too, as α + iβ: one for each pair of conjugates, all of them in the same ratio to
/// the real one from step to step.
///
/// # Errors
/// The column without a pivot.
pub fn prepare_pairs(
    f: &dyn Dynamics,
    at: &Interval,
    record: &Record,
    (w, pairs): (f64, &[(f64, f64)]),
    limits: &Limits,
    work: &mut Work,
) -> Result<(), Singular> {
    if work.reuse.jacobian.is_none_or(|(_, age)| age > limits.oldest) {
        f.jacobian(at, at.t, record.u(), &mut work.jacobian);
        work.counters.jacobians += 1;
        work.reuse.jacobian = Some((at.t, 0));
        work.reuse.factors = None;
    }
    let other = work.reuse.pairs != pairs.len();
    if work.reuse.factors.is_none_or(|old| other || (w / old - 1.0).abs() > limits.drift) {
        work.reuse.factors = None;
        work.reuse.pairs = pairs.len();
        work.counters.factorisations += 1 + pairs.len() as u64;
        let Work { shifted, jacobian, .. } = work;
        let shifted = shifted.as_mut().expect("an implicit method made this work");
        shifted.factorise(w, jacobian)?;
        for (k, &pair) in pairs.iter().enumerate() {
            shifted.factorise_complex(k, pair, jacobian)?;
        }
        work.reuse.factors = Some(w);
    }
    Ok(())
}

/// Why a step has no new point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Failed {
    Slow,
    NotFinite,
    Singular(Singular),
}

impl From<Singular> for Failed {
    fn from(singular: Singular) -> Failed {
        match singular.cause {
            Cause::NoPivot => Failed::Singular(singular),
            Cause::NotFinite => Failed::NotFinite,
        }
    }
}

impl Failed {
    /// What the step amounts to; `next` is the size of another try where a value was not finite.
    pub fn verdict(self, next: NextSize) -> Verdict {
        match self {
            Failed::Slow => Verdict::NewtonFailed,
            Failed::NotFinite => Verdict::Judged { square: f64::NAN, next },
            Failed::Singular(singular) => Verdict::Singular(singular),
        }
    }
}

/// How long a Jacobian and factors serve.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most accepted steps that a Jacobian serves.
    pub oldest: u32,
    /// The largest |w/w₀ − 1| at which factors made for w₀ serve for w.
    pub drift: f64,
}

/// What the size of a correction says about its iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next {
    Iterate,
    Converged,
    /// It diverges, or it would need more corrections than are allowed.
    Hopeless,
    NotFinite,
}

/// The judge of one iteration, by the scaled norms of its corrections.
#[derive(Clone, Copy, Debug)]
pub struct Judge {
    /// The scaled norm that the remaining error may have.
    tolerance: f64,
    /// The scaled norm below which corrections may be rounding.
    rounding: f64,
    most: u32,
    iterations: u32,
    last: f64,
    rate: f64,
    eta: f64,
}

impl Judge {
    /// A judge of at most `most` corrections; `eta` is [`Reuse::eta`].
    ///
    /// The error that the iteration leaves is a small part κ of the tolerance of the step: κ = max(10 ε/rtol, min(0.03, √rtol)).
    pub fn new(rtol: f64, most: u32, eta: f64) -> Judge {
        let tolerance = (10.0 * f64::EPSILON / rtol).max(rtol.sqrt().min(0.03));
        Judge { rounding: ROUNDING, ..Judge::within(tolerance, most, eta) }
    }

    /// A judge that lets the iteration leave an error of this scaled norm.
    ///
    /// It begins with η^(3/4) of the iteration before, by square roots (Hairer and Wanner take the power 0.8); before a rate was
    /// measured, a first correction counts as if it left an error of its own size.
    pub fn within(tolerance: f64, most: u32, eta: f64) -> Judge {
        let eta = if eta > 0.0 { (eta * eta.sqrt()).sqrt() } else { 1.0 };
        Judge { tolerance, rounding: 0.0, most, iterations: 0, last: 0.0, rate: 0.0, eta }
    }

    /// Takes the scaled norm of the next correction.
    pub fn next(&mut self, norm: f64) -> Next {
        self.iterations += 1;
        if !norm.is_finite() {
            return Next::NotFinite;
        }
        if self.iterations > 1 {
            let θ = norm / self.last;
            if self.last <= self.rounding {
                if θ > IDLE && norm <= self.rounding {
                    return Next::Converged;
                }
            } else if !self.measure(θ, norm) {
                return self.unless_rounding(norm);
            }
        }
        self.last = norm;
        if self.eta * norm <= self.tolerance {
            return Next::Converged;
        }
        if self.iterations >= self.most { self.unless_rounding(norm) } else { Next::Iterate }
    }

    /// Takes the ratio of the last two corrections, and answers whether there is hope.
    fn measure(&mut self, θ: f64, norm: f64) -> bool {
        // The geometric mean of two ratios: single ones alternate.
        self.rate = if self.iterations == 2 { θ } else { (θ * self.rate).sqrt() };
        if self.rate >= SLOWEST {
            return false;
        }
        self.eta = (self.rate / (1.0 - self.rate)).max(f64::EPSILON);
        let left = self.most.saturating_sub(self.iterations) as i32;
        self.eta * norm * self.rate.powi(left) <= self.tolerance
    }

    fn unless_rounding(&self, norm: f64) -> Next {
        if norm <= self.rounding { Next::Converged } else { Next::Hopeless }
    }

    /// The scaled norm of the error that the iteration may leave.
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// How many corrections there were.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// The rate θ of convergence; 0 where one correction was enough.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Keeps what the next iteration begins with.
    pub fn store(&self, reuse: &mut Reuse) {
        (reuse.rate, reuse.eta) = (self.rate, self.eta);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verdict on corrections 1, θ, θ², … in units where the tolerance is `rtol`'s.
    fn outcome(θ: f64, most: u32) -> (Next, u32) {
        let mut judge = Judge::new(1e-6, most, 1.0);
        let mut norm = 1.0;
        loop {
            match judge.next(norm) {
                Next::Iterate => norm *= θ,
                end => return (end, judge.iterations()),
            }
        }
    }

    #[test]
    fn a_fast_iteration_converges_and_a_slow_one_is_given_up_early() {
        // 0.1^k/9 ≤ 1e-3 at k = 3, the fourth correction.
        assert_eq!(outcome(0.1, 7), (Next::Converged, 4));
        assert_eq!(outcome(0.5, 7), (Next::Hopeless, 2));
        assert_eq!(outcome(1.5, 7), (Next::Hopeless, 2));
        assert_eq!(outcome(f64::NAN, 7), (Next::NotFinite, 2));
    }

    #[test]
    fn corrections_that_are_rounding_end_an_iteration_and_tell_no_rate() {
        let mut judge = Judge::new(1e-10, 10, 1.0);
        let ends = [1e-1, 1e-2, 9e-3].map(|norm| judge.next(norm));
        assert_eq!(ends, [Next::Iterate, Next::Iterate, Next::Converged]);
        assert!(judge.rate() < 0.11, "{}", judge.rate());
        let mut judge = Judge::new(1e-10, 10, 1.0);
        assert_eq!([1.0, 1.0].map(|norm| judge.next(norm)), [Next::Iterate, Next::Hopeless]);
    }

    #[test]
    fn a_correction_of_nothing_has_converged() {
        assert_eq!(Judge::new(1e-6, 4, 0.0).next(0.0), Next::Converged);
    }

    #[test]
    fn a_jacobian_of_an_earlier_time_is_worth_a_retry() {
        let mut reuse = Reuse { jacobian: Some((1.0, 3)), factors: Some(2.0), ..Reuse::default() };
        assert!(reuse.retry(1.5) && reuse.shift().is_none());
        let mut reuse = Reuse { jacobian: Some((1.0, 0)), factors: Some(2.0), ..Reuse::default() };
        assert!(!reuse.retry(1.0) && reuse.shift() == Some(2.0));
    }
}
