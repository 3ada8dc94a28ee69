//! Whole steps in one call: what a dynamics may offer beside f, for small systems.

use super::{Interval, Scale};

/// A whole step of an explicit tableau in one call: stages, update and the square of the scaled error norm.
///
/// A compiled model implements it by one straight-line kernel for n ≤ 32; the buffers are those of the solver's record,
/// so that nothing is allocated or copied. With S stages, the last of which is f(t + h, u1):
/// * `z` is (u, k_1), both of length n;
/// * `inner` receives k_2 … k_{S−1}, one after the other;
/// * `next` receives (u1, k_S).
///
/// The result is the mean square of [`Scale`] applied to the tableau's error estimate.
pub trait Stages {
    fn step(&self, at: &Interval, scale: &Scale, z: &[f64], inner: &mut [f64], next: &mut [f64]) -> f64;
}

/// A whole step of a Rosenbrock tableau in two calls, for small systems: what depends on the beginning of the step alone, and the
/// stages, the update and the judgement.
///
/// A linearisation is f, then ∂f/∂t, then the entries of J.
pub trait LinearStep {
    /// How many numbers a linearisation has.
    fn size(&self) -> usize;

    /// Row and column of each entry of J.
    fn entries(&self) -> &[(u32, u32)];

    /// f, ∂f/∂t and J at the beginning of the step.
    fn linearise(&self, at: &Interval, u: &[f64], linear: &mut [f64]);

    /// Solves W x = b for the W of the step; b stands in the place of f in the linearisation.
    fn solve(&self, at: &Interval, u: &[f64], linear: &[f64], x: &mut [f64]);

    /// Fills the stages U_1 … U_s and the new point.
    fn step(
        &self,
        at: &Interval,
        scale: &Scale,
        u: &[f64],
        linear: &[f64],
        stages: &mut [f64],
        next: &mut [f64],
    ) -> LinearVerdict;
}

/// What a step in one call says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearVerdict {
    /// The mean square of the scaled error.
    pub square: f64,
    /// The sum of the squares of the multipliers of an elimination whose pivots were not chosen by size.
    pub growth: f64,
}

impl<S: Stages + ?Sized> Stages for &S {
    fn step(&self, at: &Interval, scale: &Scale, z: &[f64], inner: &mut [f64], next: &mut [f64]) -> f64 {
        (**self).step(at, scale, z, inner, next)
    }
}
