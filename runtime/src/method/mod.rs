//! One-step and multistep methods behind one trait, and the registry of those that exist.

pub mod newton;
pub mod power;
pub mod tableaus;

mod adams;
mod auto;
mod bdf;
mod combine;
mod esdirk;
mod explicit;
mod inexact;
mod interior;
mod radau;
mod record;
mod registry;
mod rosenbrock;
mod whole;
mod second_order;
mod slope;
mod stabilised;
mod witness;

pub use adams::Adams;
pub use auto::Auto;
pub use bdf::Bdf;
pub use esdirk::Esdirk;
pub use explicit::Explicit;
pub use radau::Radau;
pub use record::{Counters, NextSize, Record, Verdict, Work};
pub use registry::{Family, MethodInfo, Stability, Wish, find, methods};
pub use rosenbrock::Rosenbrock;
pub use second_order::{Nystrom, Symplectic};
pub use stabilised::{Scheme, Stabilised};

use crate::dynamics::{Dynamics, Interval, Scale};
use crate::tableau::Tableau;

/// A method whose steps are those of a tableau, at least as long as nothing speaks against it.
#[derive(Clone, Copy)]
pub struct SideBySide {
    pub tableau: &'static Tableau,
    /// The evidence against the tableau after an accepted step whose size was so large a share of what is stable; infinite
    /// where the method turns to another one. `None`: nothing ever speaks against it.
    pub evidence: Option<fn(share: f64, evidence: f64) -> f64>,
}

/// A way to advance M u′ = f(t, u) by one step.
///
/// What a method remembers between steps is one flat vector z: the unknowns first, then whatever the family needs
/// (f at the point, a history of differences, a choice). So checkpoints, rejected steps, resuming and reversing are the
/// same for all: to go back is to copy z. The vector lives in the [`Record`], `z` before the step and `next` after it.
pub trait Method: Send + Sync {
    /// The k for which the error estimate is O(h^k), for the first step size.
    fn error_order(&self) -> u32;

    /// Whether its steps solve linear systems; its step sizes then follow the predictive controller.
    fn is_implicit(&self) -> bool {
        false
    }

    /// By which tableau many solves can be stepped side by side with the same results, for a method whose steps are those of
    /// an explicit tableau.
    fn side_by_side(&self) -> Option<SideBySide> {
        None
    }

    /// The length of z for n unknowns.
    fn memory(&self, n: usize) -> usize;

    /// Buffers of one step.
    fn record(&self, n: usize) -> Record;

    /// Buffers that steps share.
    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f>;

    /// Completes z, whose first n entries hold the unknowns at `at.t`: at the beginning and after every discontinuity.
    fn start(&self, f: &dyn Dynamics, at: &Interval, z: &mut [f64], work: &mut Work);

    /// f(t, u) where z contains it, to spare the first step size a right-hand side.
    fn derivative<'a>(&self, _n: usize, _z: &'a [f64]) -> Option<&'a [f64]> {
        None
    }

    /// Tries the step `at` from `record.z`, fills the rest of the record, and judges the error.
    fn step(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Verdict;

    /// Adds to an accepted record what its dense output needs beyond the step itself.
    fn extend(&self, _f: &dyn Dynamics, _at: &Interval, _record: &mut Record, _work: &mut Work) {}

    /// u = u(t + θh), for θ in [0, 1], from an extended record.
    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]);

    /// The estimated error of each unknown, for messages; zero where the method has none.
    fn local_error(&self, record: &Record, e: &mut [f64]);

    /// h|λ| of the step in units of the method's stability boundary; above 1 the step is limited by stiffness.
    fn stiffness(&self, _record: &Record, _scale: &Scale, _work: &mut Work) -> Option<f64> {
        None
    }

    /// Where the right-hand side stopped being finite within a step: a time, the unknowns there (into `u`), and the component.
    fn not_finite(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)>;

    /// ż ← (∂next/∂z) ż + (∂next/∂p) ṗ at the record's frozen h and modes.
    ///
    /// Called only where the registry says `has_push`; likewise the two functions below where it says `has_pull`.
    fn push(
        &self,
        _f: &dyn Dynamics,
        _at: &Interval,
        _record: &Record,
        _ż: &mut [f64],
        _ṗ: &[f64],
        _work: &mut Work,
    ) {
        unreachable!("the registry says that this method has no push")
    }

    /// The transpose of the step at its frozen h and modes: z̄ enters as the cotangent of `next` and leaves as that of `z`;
    /// p̄ is added to. `cotangents` belong to dense values u(t + θh) read from this (extended) record.
    fn pull(
        &self,
        _f: &dyn Dynamics,
        _at: &Interval,
        _record: &Record,
        _cotangents: &[(f64, &[f64])],
        _z̄: &mut [f64],
        _p̄: &mut [f64],
        _work: &mut Work,
    ) {
        unreachable!("the registry says that this method has no pull")
    }

    /// The transpose of [`Method::start`]: z̄ enters as the cotangent of z, and its first n entries leave as that of u.
    fn pull_start(&self, _f: &dyn Dynamics, _at: &Interval, _z: &[f64], _z̄: &mut [f64], _p̄: &mut [f64]) {
        unreachable!("the registry says that this method has no pull")
    }
}
