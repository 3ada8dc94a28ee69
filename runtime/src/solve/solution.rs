//! What a solve gives back: a trajectory, how it ended, and what it cost.

use crate::dynamics::event::Element;
use crate::method::Counters;

/// How a solve ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Finished,
    /// An event ended the run.
    Stopped,
    StepTooSmall,
    TooManySteps,
    NotFinite,
    NewtonFailed,
    Singular,
    Inconsistent,
    Zeno,
    Interrupted,
    /// The choice of what is solved as a differential equation has to change; the caller goes on from the last row.
    Outgrown,
}

impl Status {
    /// The status as JSON output and scripts know it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Finished => "finished",
            Status::Stopped => "stopped",
            Status::StepTooSmall => "step_too_small",
            Status::TooManySteps => "too_many_steps",
            Status::NotFinite => "not_finite",
            Status::NewtonFailed => "newton_failed",
            Status::Singular => "singular",
            Status::Inconsistent => "inconsistent",
            Status::Zeno => "zeno",
            Status::Interrupted => "interrupted",
            Status::Outgrown => "outgrown",
        }
    }
}

/// Where and why a solve could not go on: the facts of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    pub status: Status,
    /// The time of the trouble: for `NotFinite` the time at which the right-hand side is not finite.
    pub t: f64,
    /// The step size that was tried.
    pub h: f64,
    /// The unknowns at `t`.
    pub u: Vec<f64>,
    /// The unknown with the largest error, the column without a pivot, the row that cannot be satisfied,
    /// or the switch that fires again and again.
    pub index: Option<usize>,
    /// What the row `row` is left with.
    pub residual: f64,
    /// The row of the equations where it is not that of the unknown `index`.
    pub row: Option<usize>,
    /// The discrete variables at `t`.
    pub discrete: Vec<f64>,
    /// The event that happens again and again, or that assigned what is not finite.
    pub event: Option<Element>,
    /// Whether the steps were limited by stability: an implicit method would do better.
    pub stiff: bool,
    /// Whether GMRES could not solve the linear systems of Newton's method.
    pub stalled: bool,
}

impl Failure {
    /// A failure at a point, without more to say.
    pub fn at(status: Status, t: f64, h: f64, u: &[f64]) -> Failure {
        Failure {
            status,
            t,
            h,
            u: u.to_vec(),
            index: None,
            row: None,
            residual: 0.0,
            discrete: Vec::new(),
            event: None,
            stiff: false,
            stalled: false,
        }
    }
}

/// A switch that changed its mode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    pub t: f64,
    /// Which root function.
    pub root: usize,
    /// The mode after the crossing, 1 or 0.
    pub mode: f64,
}

/// An element of an event that happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firing {
    pub t: f64,
    pub element: Element,
}

/// A trajectory, complete or as far as it went.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// The number of unknowns.
    pub n: usize,
    pub t: Vec<f64>,
    /// The unknowns at each time, one row after the other.
    pub u: Vec<f64>,
    pub status: Status,
    pub failure: Option<Failure>,
    pub counters: Counters,
    /// The form in which linear systems were solved, and why; `None` where there were none, or compiled kernels solved them.
    pub linear: Option<String>,
    pub crossings: Vec<Crossing>,
    /// The discrete variables at each time, one row after the other.
    pub discrete: Vec<f64>,
    /// Every event in the order in which they happened, and what was logged after each.
    pub firings: Vec<Firing>,
    pub logged: Vec<f64>,
    /// The directions of sensitivities whose derivatives are undefined from a time on.
    pub undefined: Vec<(f64, usize)>,
    /// What was decided on the way and why, with the times.
    pub notes: Vec<(f64, String)>,
}

impl Solution {
    /// A solution that never began.
    pub fn failed(n: usize, failure: Failure) -> Solution {
        let status = failure.status;
        Solution { status, failure: Some(failure), ..Solution::empty(n) }
    }

    /// A solution of n unknowns without rows.
    pub fn empty(n: usize) -> Solution {
        Solution {
            n,
            t: Vec::new(),
            u: Vec::new(),
            status: Status::Finished,
            failure: None,
            counters: Counters::default(),
            linear: None,
            crossings: Vec::new(),
            discrete: Vec::new(),
            firings: Vec::new(),
            logged: Vec::new(),
            undefined: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Forgets the rows and counters of a run that finished.
    pub(super) fn clear(&mut self) {
        self.t.clear();
        self.u.clear();
        self.discrete.clear();
        self.counters = Counters::default();
    }

    /// Adds a row.
    pub(super) fn keep(&mut self, t: f64, u: impl Iterator<Item = f64>, discrete: &[f64]) {
        self.t.push(t);
        self.u.extend(u);
        self.discrete.extend_from_slice(discrete);
    }

    /// Keeps some of the rows.
    pub fn retain(&mut self, keep: &[bool]) {
        let width = self.discrete.len() / self.t.len().max(1);
        let rows = |values: &[f64], width: usize| -> Vec<f64> {
            let kept = (0..keep.len()).filter(|&i| keep[i]);
            kept.flat_map(|i| values[i * width..(i + 1) * width].iter().copied()).collect()
        };
        (self.u, self.discrete) = (rows(&self.u, self.n), rows(&self.discrete, width));
        self.t = rows(&self.t, 1);
    }

    /// The discrete variables at the last saved time.
    pub fn last_discrete(&self) -> &[f64] {
        if self.t.is_empty() { &[] } else { self.discrete_row(self.t.len() - 1) }
    }

    /// The unknowns at the i-th saved time.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.u[i * self.n..(i + 1) * self.n]
    }

    /// The discrete variables at the i-th saved time.
    pub fn discrete_row(&self, i: usize) -> &[f64] {
        let width = self.discrete.len() / self.t.len().max(1);
        &self.discrete[i * width..(i + 1) * width]
    }

    /// The unknowns at the last saved time.
    pub fn last(&self) -> &[f64] {
        &self.u[self.u.len() - self.n..]
    }
}
