//! What a solver knows of unknowns that are derivatives of other unknowns: s = ∂u/∂q, and how instants move with q.

use super::Interval;
use super::event::Element;

/// One number q.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Direction {
    /// Each unknown, and the unknown that is its derivative by q.
    pub pairs: Vec<(usize, usize)>,
    /// The discrete variable that holds dτ/dq while an instant τ is dealt with, and is zero else. The rows of algebraic equations
    /// and what events assign read it.
    pub moment: usize,
}

/// Why an element of an event happens, as far as that moves its instant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause<'a> {
    /// It changes nothing, so that its instant does not matter.
    Idle,
    Clock,
    /// One of these modes becomes 1.
    Modes(&'a [u32]),
}

/// The unknowns and discrete variables of a dynamics hold their derivatives by some numbers beside them.
pub trait Sensitivities {
    fn directions(&self) -> &[Direction];

    /// ∂g/∂q at a fixed time, for each direction, of the function of a mode: a root function, or that of a timed condition.
    fn mode_changes(&self, mode: usize, at: &Interval, t: f64, u: &[f64], changes: &mut [f64]);

    /// dg/dt of the function of a mode along `slope`, the derivative of u.
    fn mode_rate(&self, mode: usize, at: &Interval, t: f64, u: &[f64], slope: &[f64]) -> f64;

    fn cause(&self, element: Element) -> Cause<'_>;

    /// How the time of what the clock makes happen at `t` changes, for each direction.
    fn tick_changes(&self, element: Element, t: f64, changes: &mut [f64]);
}
