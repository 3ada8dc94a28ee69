//! The loop that carries a solution from t0 to t1.
//!
//! It knows a [`Dynamics`], a [`Method`] and a [`Controller`] and nothing of what is behind them. One run is
//!
//! 1. `begin`: consistent initial values, modes, the method's memory, the first step size
//!    — `inconsistent` or `not_finite` when there are none;
//! 2. and for each step
//!    * `allow`: the caller may have interrupted, the steps may be used up — `interrupted`, `too_many_steps`;
//!    * `aim`: the step size is cut so that the step ends on the next stop or on t1;
//!    * `attempt`: the method tries the step, shorter and shorter until its error passes
//!      — `step_too_small`, `not_finite`, `singular`, `newton_failed`;
//!    * `locate`: the first root of a switch ends the step on the dense output;
//!    * `save`: the save points inside are read from the dense output;
//!    * `advance`: the memory moves on; at a stop or a root the modes change and the method starts anew — `zeno`.
//!
//! Every failure is a [`Failure`] on the solution as far as it went.

mod agenda;
mod clock;
mod controller;
pub mod ensemble;
mod initial;
mod instant;
mod options;
mod roots;
mod saltation;
mod save;
mod solution;
mod start;
mod substeps;

pub use options::{Absolute, Control, MAX_STEPS, Options, Refusal, Save, Watch};
pub use solution::{Crossing, Failure, Firing, Solution, Status};

use crate::dynamics::{Dynamics, NoNoise, NoPast, Noise, Past};
use crate::method::{Counters, Method, MethodInfo, Record, Work};
use agenda::Agenda;
use clock::Clock;
use controller::Controller;
use instant::{Crossed, Outcome};
use roots::Roots;
use saltation::Saltation;
use save::Saver;

/// What is constant until the next discontinuity, borrowing only what it names.
macro_rules! held {
    ($solver:ident) => {
        Held { modes: &$solver.modes, discrete: &$solver.discrete }
    };
}

/// The interval of a step of this solver, borrowing only what it names.
macro_rules! interval {
    ($solver:ident, $t:expr, $h:expr) => {
        Interval { t: $t, h: $h, held: held!($solver), past: $solver.past, noise: $solver.noise }
    };
}

use {held, interval};

/// Solves M u′ = f(t, u) from u(t0) = u0 to t1, which may lie before t0.
///
/// # Errors
/// A [`Refusal`] when the options make no sense or the method cannot solve this kind of system. Numerical trouble is not an
/// error: it is the status of the solution, which then goes as far as it could be computed.
pub fn solve(
    f: &dyn Dynamics,
    method: &MethodInfo,
    options: &Options,
    t0: f64,
    t1: f64,
    u0: &[f64],
) -> Result<Solution, Refusal> {
    if let Some(refusal) = Refusal::of(f, method, options) {
        return Err(refusal);
    }
    let engine = (method.make)(&options.wish(f));
    Solver::new(f, engine.as_ref(), options).run(t0, t1, u0, &mut Watch::default())
}

/// A method on a dynamics, with its buffers; it can run any number of times.
pub struct Solver<'f> {
    pub past: &'f dyn Past,
    pub noise: &'f dyn Noise,
    f: &'f dyn Dynamics,
    method: &'f dyn Method,
    options: &'f Options,
    record: Record,
    work: Work<'f>,
    /// The tolerances as asked for, and those of the error test.
    tolerances: Vec<f64>,
    atol: Vec<f64>,
    has_choice: bool,
    modes: Vec<f64>,
    searched: Vec<f64>,
    discrete: Vec<f64>,
    roots: Roots,
    agenda: Agenda,
    flips: Vec<usize>,
    saltation: Saltation,
    /// The unknowns at a root, or before an event.
    point: Vec<f64>,
    /// The unknowns that events of an instant have changed.
    assigned: Vec<bool>,
}

/// Where a run is.
struct Journey {
    t0: f64,
    t: f64,
    t1: f64,
    direction: f64,
    /// |h| of the next step as the controller wants it.
    h: f64,
    clock: Clock,
    /// The beginning of the fixed steps, and their number since.
    origin: (f64, f64),
    controller: Controller,
}

/// How a step was cut.
struct Aim {
    h: f64,
    /// Where the step ends.
    to: f64,
    /// Whether that is a stop or t1.
    stop: bool,
}

impl<'f> Solver<'f> {
    /// Makes the buffers.
    pub fn new(f: &'f dyn Dynamics, method: &'f dyn Method, options: &'f Options) -> Solver<'f> {
        let n = f.dim();
        let mut work = method.work(f);
        work.wish(options.linear);
        Solver {
            past: &NoPast,
            noise: &NoNoise,
            record: method.record(n),
            work,
            tolerances: options.tolerances(n),
            atol: options.test_tolerances(n, method.is_implicit()),
            modes: vec![0.0; f.root_count() + f.timed_count()],
            has_choice: f.facts().has_choice,
            searched: vec![0.0; f.root_count() + f.timed_count()],
            discrete: f.discrete().to_vec(),
            roots: Roots::new(f),
            agenda: Agenda::new(f.events()),
            flips: Vec::new(),
            saltation: Saltation::default(),
            point: vec![0.0; n],
            assigned: vec![false; n],
            f,
            method,
            options,
        }
    }

    /// One solve.
    ///
    /// # Errors
    /// As [`solve`].
    pub fn run(&mut self, t0: f64, t1: f64, u0: &[f64], watch: &mut Watch) -> Result<Solution, Refusal> {
        if let Some(refusal) = self.options.refusal(self.f, t0, t1, u0) {
            return Err(refusal);
        }
        self.work.counters = Counters::default();
        self.work.notes.clear();
        let mut solution = Solution::empty(u0.len());
        self.saltation = Saltation::default();
        if let Err(failure) = self.integrate(t0, t1, u0, watch, &mut solution) {
            solution.status = failure.status;
            solution.failure = Some(Failure { discrete: self.discrete.clone(), ..failure });
        }
        solution.counters = self.work.counters;
        solution.linear = self
            .work
            .shifted
            .as_ref()
            .and_then(|shifted| shifted.reason())
            .filter(|r| !r.is_empty())
            .map(str::to_owned);
        solution.notes = std::mem::take(&mut self.work.notes);
        solution.undefined = std::mem::take(&mut self.saltation.undefined);
        Ok(solution)
    }

    /// The run, up to its end or its failure.
    fn integrate(
        &mut self,
        t0: f64,
        t1: f64,
        u0: &[f64],
        watch: &mut Watch,
        solution: &mut Solution,
    ) -> Result<(), Failure> {
        let mut saver = Saver::new(&self.options.save, t0, t1);
        let mut journey = self.begin(t0, t1, u0)?;
        self.flips.clear();
        let first = self.cross(&mut journey, 0.0, Crossed::Start, &saver, solution);
        while saver.next_until(t0).is_some() {
            self.keep(t0, solution);
        }
        if saver.steps {
            self.keep(t0, solution);
        }
        match first? {
            Outcome::GoOn => {}
            Outcome::Stop => {
                solution.status = Status::Stopped;
                return Ok(());
            }
            Outcome::Outgrown => {
                solution.status = Status::Outgrown;
                if solution.t.is_empty() {
                    self.keep(t0, solution);
                }
                return Ok(());
            }
        }
        let outcome = self.travel(&mut journey, &mut saver, watch, solution);
        if solution.t.last() != Some(&journey.t)
            && (outcome.is_err() || solution.status != Status::Finished || self.options.save == Save::End)
        {
            self.keep(journey.t, solution);
        }
        outcome
    }

    /// Steps until t1.
    fn travel(
        &mut self,
        journey: &mut Journey,
        saver: &mut Saver,
        watch: &mut Watch,
        solution: &mut Solution,
    ) -> Result<(), Failure> {
        while journey.t != journey.t1 {
            self.allow(journey, watch)?;
            let mut aim = self.aim(journey);
            let factor = self.attempt(journey, &mut aim)?;
            let root = self.locate(journey, &mut aim);
            self.save(journey, &aim, saver, solution);
            let mut outcome = Outcome::GoOn;
            let wanted = journey.h;
            let is_instant = self.advance(journey, &aim, factor, root);
            if is_instant && self.is_point(journey, root) {
                self.pass_point(journey, if factor >= 1.0 { wanted } else { 0.0 });
            } else if is_instant {
                let crossed = if aim.stop { Crossed::Stop } else { Crossed::Root };
                outcome = self.cross(journey, aim.h, crossed, saver, solution)?;
            }
            while saver.next_until(journey.t).is_some() {
                self.keep(journey.t, solution);
            }
            if saver.steps {
                self.keep(journey.t, solution);
            }
            if outcome == Outcome::Stop {
                solution.status = Status::Stopped;
                break;
            }
            if outcome == Outcome::Outgrown || journey.t != journey.t1 && self.is_outgrown(journey) {
                solution.status = Status::Outgrown;
                break;
            }
        }
        Ok(())
    }
}
