//! What happens at instants: conditions that become true, a clock, and what they change.

use super::Interval;

/// One element of an event; those of one instant act in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Element {
    pub event: u32,
    pub element: u32,
}

/// When an element of an event happens by the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ticks {
    Once(f64),
    /// At `from` + k·`period`, for k = 0, 1, …
    Every {
        from: f64,
        period: f64,
    },
}

/// What becomes of a run after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    GoOn,
    Stop,
}

/// The events of a dynamics. The root functions that follow those of its switches belong to them
/// ([`super::Dynamics::switch_count`]).
pub trait Events {
    /// The elements of events that happen where a condition becomes true, one for each condition.
    fn conditions(&self) -> &[Element];

    /// The truth of each condition, 1 or 0, by the modes of the interval, its discrete variables and the point. It grows
    /// with the modes of events: it becomes true only where one of them or a discrete variable does.
    fn truths(&self, at: &Interval, t: f64, u: &[f64], truths: &mut [f64]);

    /// What the clock makes happen in a run from `t0`.
    fn ticks(&self, t0: f64) -> &[(Element, Ticks)];

    /// Applies some elements of one event, ascending, to the unknowns and the discrete variables.
    ///
    /// Right-hand sides read both as they are given, not those of the interval.
    fn apply(&self, event: u32, elements: &[u32], at: &Interval, u: &mut [f64], discrete: &mut [f64])
    -> Then;

    /// Appends what is logged of an event after it happened.
    fn log(&self, event: u32, at: &Interval, u: &[f64], values: &mut Vec<f64>);
}
