//! The sub-steps of the loop, in the order of its list.

use std::sync::atomic::Ordering;

use super::clock::Clock;
use super::controller::Controller;
use super::initial::consistent;
use super::roots::Search;
use super::save::Saver;
use super::solution::{Failure, Solution, Status};
use super::start::first_step;
use super::{Aim, Journey, Solver, Watch, held, interval};
use crate::dynamics::{Held, Interval, Scale};
use crate::method::{NextSize, Verdict};

/// How often the progress callback is called, in steps.
const PROGRESS_STEPS: u64 = 512;

/// The factor after a step that could not be judged at all.
const RETREAT: f64 = 0.25;

/// After so many tries of a step its beginning is in doubt.
const RECONSIDERED: u32 = 5;

/// A rejected step is shortened to this share at least, whatever its method asks for.
const SHORTER: f64 = 0.95;

/// A step limited by stability uses at least this share of the method's stability interval.
const STIFF: f64 = 0.5;

/// Where between two stops the modes of time alone are looked at. It is no simple fraction: a function such as `5*sin(t)` may reach
/// an integer in the middle of two stops, and leave it at once.
const BETWEEN: f64 = 0.381_966_011_250_105_1;

/// Whether the times of a step's stages are still distinct.
pub(super) fn is_distinct(h: f64, t: f64) -> bool {
    h.abs() > 10.0 * f64::EPSILON * t.abs() && h.abs() >= f64::MIN_POSITIVE
}

impl Solver<'_> {
    /// Step 1: a consistent point, its modes, the method's memory and a first step size.
    pub(super) fn begin(&mut self, t0: f64, t1: f64, u0: &[f64]) -> Result<Journey, Failure> {
        let n = u0.len();
        let direction = if t1 < t0 { -1.0 } else { 1.0 };
        let mut stops = Vec::new();
        self.f.stops(t0, t1, &mut stops);
        let ticks = self.f.events().map_or(&[][..], |events| events.ticks(t0));
        let mut clock = Clock::new(t0, t1, stops, ticks);
        clock.expect(self.f.next_point(t0, t1));
        let discrete = self.options.discrete.as_deref().unwrap_or_else(|| self.f.discrete());
        self.discrete.copy_from_slice(discrete);
        self.roots.forget();
        self.record.z.fill(0.0);
        self.record.z[..n].copy_from_slice(u0);
        let controller = Controller::new(self.options.control.of(self.method));
        let mut journey = Journey { t0, t: t0, t1, direction, h: 0.0, clock, origin: (t0, 0.0), controller };
        self.agenda.forget();
        self.set_timed_modes(&mut journey);
        let undecided = Held { modes: &[], discrete: &self.discrete };
        let at = Interval { t: t0, h: t1 - t0, held: undecided, past: self.past, noise: self.noise };
        self.roots.initial(self.f, &at, u0, &mut self.modes, &mut self.work);
        // The modes decide the algebraic unknowns, and these decide modes: until both agree.
        for _ in 0..=self.f.switch_count() {
            let before = self.modes.clone();
            let within = interval!(self, t0, t1 - t0);
            let scale = Scale { rtol: self.options.rtol, atol: &self.tolerances };
            consistent(self.f, &within, &scale, &mut self.record.z[..n], &mut self.work.counters)?;
            if self.f.algebraic().is_empty() {
                break;
            }
            self.roots.initial(self.f, &at, &self.record.z[..n], &mut self.modes, &mut self.work);
            if before == self.modes {
                break;
            }
        }
        Ok(journey)
    }

    /// The modes that the clock alone decides, as they are until the next stop.
    pub(super) fn set_timed_modes(&mut self, journey: &mut Journey) {
        let roots = self.f.root_count();
        if journey.clock.wants_change() {
            journey.clock.expect_change(self.f.next_change(journey.t, journey.t1));
        }
        let t = journey.t + BETWEEN * (journey.clock.next() - journey.t);
        self.f.timed(t, &mut self.modes[roots..]);
    }

    /// Whether a step has ended at a point of a table, where nothing happens that the method has to know of.
    #[cold]
    pub(super) fn is_point(&self, journey: &Journey, root: Option<f64>) -> bool {
        root.is_none()
            && journey.t != journey.t1
            && journey.clock.is_point(journey.t)
            && self.f.algebraic().is_empty()
            && self.f.sensitivities().is_none()
            && self.method.is_one_step(self.record.n, &self.record.z)
    }

    /// Goes on beyond a point of a table, with a step that is as long as was wanted before the point cut it.
    pub(super) fn pass_point(&mut self, journey: &mut Journey, wanted: f64) {
        let t = journey.t;
        journey.clock.pass(t, &mut self.agenda.due);
        journey.clock.expect(self.f.next_point(t, journey.t1));
        self.set_timed_modes(journey);
        journey.h = journey.h.max(wanted);
        journey.origin = (t, 0.0);
    }

    /// Starts the method at a point where nothing before it counts; answers a first |h|.
    pub(super) fn restart(&mut self, journey: &Journey) -> Result<f64, Failure> {
        let (f, n, t) = (self.f, self.record.n, journey.t);
        let span = journey.t1 - t;
        let at = interval!(self, t, span);
        self.work.forget();
        self.method.start(f, &at, &mut self.record.z, &mut self.work);
        let (u, k) = (&self.record.z[..n], self.method.derivative(n, &self.record.z));
        let mut buffer = vec![0.0; if k.is_some() { 2 * n } else { 3 * n }];
        let (probe, own) = buffer.split_at_mut(2 * n);
        let k = k.unwrap_or_else(|| {
            f.rhs(&at, t, u, own);
            own
        });
        self.work.counters.rhs += u64::from(self.method.derivative(n, &self.record.z).is_none());
        if let Some(component) = (0..n).find(|&i| !(u[i].is_finite() && k[i].is_finite())) {
            return Err(Failure { index: Some(component), ..Failure::at(Status::NotFinite, t, 0.0, u) });
        }
        if let Some(dt) = self.options.dt {
            return Ok(dt);
        }
        if n == 0 || span == 0.0 {
            return Ok(span.abs());
        }
        let scale = Scale { rtol: self.options.rtol, atol: &self.atol };
        let probe = f.mass().is_none().then_some(probe);
        self.work.counters.rhs += u64::from(probe.is_some());
        Ok(first_step(f, &at, &scale, self.method.error_order(), u, k, probe))
    }

    /// Step 2a: whether another step is allowed.
    pub(super) fn allow(&mut self, journey: &Journey, watch: &mut Watch) -> Result<(), Failure> {
        let counters = &self.work.counters;
        if watch.interrupt.is_some_and(|interrupt| interrupt.load(Ordering::Relaxed)) {
            return Err(Failure::at(Status::Interrupted, journey.t, journey.h, self.record.u()));
        }
        if counters.steps + counters.rejected() >= self.options.max_steps {
            return Err(self.exhausted(journey));
        }
        if let Some(progress) = &mut watch.progress
            && counters.steps.is_multiple_of(PROGRESS_STEPS)
        {
            progress(journey.t);
        }
        Ok(())
    }

    /// The steps are used up: with the last accepted step put together again, it may be seen to be stiff.
    fn exhausted(&mut self, journey: &Journey) -> Failure {
        let failure = Failure::at(Status::TooManySteps, journey.t, journey.h, self.record.u());
        // Right after an instant there is none: what it changed is not where that step ended.
        if journey.origin.1 == 0.0 {
            return failure;
        }
        let record = &mut self.record;
        std::mem::swap(&mut record.z, &mut record.next);
        let scale = Scale { rtol: self.options.rtol, atol: &self.atol };
        let stiff = self.method.stiffness(record, &scale, &mut self.work).is_some_and(|share| share > STIFF);
        std::mem::swap(&mut record.z, &mut record.next);
        Failure { stiff, ..failure }
    }

    /// Step 2b: where this step is to end.
    #[inline]
    pub(super) fn aim(&self, journey: &Journey) -> Aim {
        let stop = journey.clock.next();
        let left = stop - journey.t;
        // A remainder that rounding made is not worth a step of its own.
        if journey.h * 1.0000001 >= left.abs() {
            return Aim { h: left, to: stop, stop: true };
        }
        if self.options.dt.is_some() {
            let to = journey.origin.0 + (journey.origin.1 + 1.0) * journey.h * journey.direction;
            return Aim { h: to - journey.t, to, stop: false };
        }
        let h = journey.h * journey.direction;
        Aim { h, to: journey.t + h, stop: false }
    }

    /// Step 2c: a step whose error passes; answers the factor for the next one.
    #[inline]
    pub(super) fn attempt(&mut self, journey: &mut Journey, aim: &mut Aim) -> Result<f64, Failure> {
        self.record.attempt = 0;
        if aim.to == journey.t {
            return Err(self.frozen(journey, aim.h));
        }
        // A fixed step passes whatever its error is.
        let most = if self.options.dt.is_some() { f64::INFINITY } else { 1.0 };
        loop {
            let at = interval!(self, journey.t, aim.h);
            let scale = Scale { rtol: self.options.rtol, atol: &self.atol };
            let verdict = self.method.step(self.f, &at, &scale, &mut self.record, &mut self.work);
            match verdict {
                Verdict::Judged { square, next }
                    if square <= most && self.record.u1().iter().all(|u| u.is_finite()) =>
                {
                    self.work.counters.steps += 1;
                    return Ok(match next {
                        _ if self.options.dt.is_some() => 1.0,
                        NextSize::Order(order) => journey.controller.accept(square, order, aim.h),
                        NextSize::Predicted(order) => {
                            journey.controller.predicting(|by| by.accept(square, order, aim.h))
                        }
                        NextSize::Capped { order, most } => {
                            journey.controller.accept(square, order, aim.h).min(most)
                        }
                        NextSize::Steady { order, share, least } => {
                            let factor = share * journey.controller.accept(square, order, aim.h);
                            if (1.0..least).contains(&factor) { 1.0 } else { factor }
                        }
                        NextSize::Factor(factor) => factor,
                    });
                }
                verdict => {
                    self.retreat(journey, aim, verdict)?;
                    if self.record.attempt == RECONSIDERED && !self.f.algebraic().is_empty() {
                        self.reconsider(journey);
                    }
                }
            }
            self.record.attempt += 1;
        }
    }

    /// What was left of algebraic equations at earlier steps may be large against values that have shrunk since, and no shorter step
    /// mends that: solves them anew where the step begins, and starts the method there.
    #[cold]
    fn reconsider(&mut self, journey: &Journey) {
        let n = self.record.n;
        self.point.copy_from_slice(&self.record.z[..n]);
        match self.solve_constraints(journey) {
            Ok(()) => {
                let at = interval!(self, journey.t, journey.h);
                self.work.forget();
                self.method.start(self.f, &at, &mut self.record.z, &mut self.work);
            }
            Err(_) => self.record.z[..n].copy_from_slice(&self.point),
        }
    }

    /// The failure of a step that time does not feel: the one before it asked for less than t can resolve.
    #[cold]
    fn frozen(&mut self, journey: &Journey, h: f64) -> Failure {
        let failure = self.exhausted(journey);
        Failure { status: Status::StepTooSmall, h, ..failure }
    }

    /// Shortens a step that did not pass, or gives up.
    #[cold]
    fn retreat(&mut self, journey: &mut Journey, aim: &mut Aim, verdict: Verdict) -> Result<(), Failure> {
        let counters = &mut self.work.counters;
        let (factor, status) = match verdict {
            Verdict::Judged { square, next } if square.is_finite() && square > 1.0 => {
                counters.rejected_by_error += 1;
                let factor = match next {
                    NextSize::Order(order)
                    | NextSize::Capped { order, .. }
                    | NextSize::Steady { order, .. } => journey.controller.reject(square, order),
                    NextSize::Predicted(order) => {
                        journey.controller.predicting(|by| by.reject(square, order))
                    }
                    NextSize::Factor(factor) => factor.min(SHORTER),
                };
                (factor, Status::StepTooSmall)
            }
            Verdict::Judged { .. } => {
                counters.rejected_not_finite += 1;
                (RETREAT, Status::NotFinite)
            }
            Verdict::Singular(_) => {
                counters.rejected_singular += 1;
                (RETREAT, Status::Singular)
            }
            Verdict::NewtonFailed => {
                counters.rejected_by_newton += 1;
                (RETREAT, Status::NewtonFailed)
            }
        };
        let h = aim.h * factor;
        if !is_distinct(h, journey.t) || self.options.dt.is_some() {
            return Err(self.stuck(journey.t, aim.h, status, verdict));
        }
        journey.h = h.abs();
        *aim = Aim { h, to: journey.t + h, stop: false };
        Ok(())
    }

    /// The failure of a step that cannot be made any shorter.
    fn stuck(&mut self, t: f64, h: f64, status: Status, verdict: Verdict) -> Failure {
        let stalled = status == Status::NewtonFailed && self.work.stalled;
        let mut failure = Failure { stalled, ..Failure::at(status, t, h, self.record.u()) };
        match (status, verdict) {
            (Status::NotFinite, _) => {
                let at = interval!(self, t, h);
                let found = self.method.not_finite(self.f, &at, &self.record, &mut failure.u);
                if let Some((t, component)) = found {
                    (failure.t, failure.index) = (t, Some(component));
                }
            }
            (_, Verdict::Singular(singular)) => failure.index = Some(singular.column),
            _ => {
                let mut e = vec![0.0; self.record.n];
                self.method.local_error(&self.record, &mut e);
                let scaled = |i: usize| {
                    let size = self.record.u()[i].abs().max(self.record.u1()[i].abs());
                    e[i].abs() / (self.atol[i] + self.options.rtol * size)
                };
                failure.index = (0..e.len()).max_by(|&i, &j| scaled(i).total_cmp(&scaled(j)));
                let scale = Scale { rtol: self.options.rtol, atol: &self.atol };
                failure.stiff = self
                    .method
                    .stiffness(&self.record, &scale, &mut self.work)
                    .is_some_and(|share| share > STIFF);
            }
        }
        failure
    }

    /// Step 2d: where a switch flips inside the step, if one does; the step then ends there.
    #[inline]
    pub(super) fn locate(&mut self, journey: &Journey, aim: &mut Aim) -> Option<f64> {
        if self.roots.is_empty() {
            return None;
        }
        self.flips.clear();
        let at = interval!(self, journey.t, aim.h);
        self.method.extend(self.f, &at, &mut self.record, &mut self.work);
        // The copy is what the search lowers modes of events in, while the dense output reads those of the step.
        self.searched.copy_from_slice(&self.modes);
        let mut search =
            Search { f: self.f, method: self.method, record: &self.record, work: &mut self.work };
        let root = self.roots.first(&mut search, &at, &mut self.searched, &mut self.flips);
        self.modes.copy_from_slice(&self.searched);
        let θ = root?;
        if θ < 1.0 {
            // A root may round onto the stop that the step was aimed at.
            let to = journey.t + θ * aim.h;
            *aim = Aim { to, stop: aim.stop && to == aim.to, ..*aim };
        }
        Some(θ)
    }

    /// Step 2e: the save points before the end of the step, from the dense output.
    #[inline]
    pub(super) fn save(&mut self, journey: &Journey, aim: &Aim, saver: &mut Saver, solution: &mut Solution) {
        while let Some(t) = saver.next_before(aim.to) {
            let from = solution.u.len();
            solution.t.push(t);
            solution.discrete.extend_from_slice(&self.discrete);
            let at = interval!(self, journey.t, aim.h);
            self.method.extend(self.f, &at, &mut self.record, &mut self.work);
            solution.u.resize(from + self.record.n, 0.0);
            self.method.dense(&self.record, (t - journey.t) / aim.h, &mut solution.u[from..]);
        }
    }

    /// Saves the point where the journey is.
    pub(super) fn keep(&self, t: f64, solution: &mut Solution) {
        solution.keep(t, self.record.u().iter().copied(), &self.discrete);
    }

    /// Whether the dynamics has to be made anew for what follows.
    #[inline]
    pub(super) fn is_outgrown(&self, journey: &Journey) -> bool {
        if !self.has_choice {
            return false;
        }
        let at = interval!(self, journey.t, journey.h);
        self.f.is_outgrown(&at, journey.t, self.record.u())
    }

    /// Step 2f: on to the end of the step; answers whether it is an instant: a stop or a root.
    #[inline]
    pub(super) fn advance(
        &mut self,
        journey: &mut Journey,
        aim: &Aim,
        factor: f64,
        root: Option<f64>,
    ) -> bool {
        journey.t = aim.to;
        journey.origin.1 += 1.0;
        if self.options.dt.is_none() {
            journey.h = aim.h.abs() * factor;
        }
        let cut = root.filter(|&θ| θ < 1.0);
        if let Some(θ) = cut {
            self.method.dense(&self.record, θ, &mut self.point);
        }
        // What the method decided in this step holds, even where a root cuts it.
        std::mem::swap(&mut self.record.z, &mut self.record.next);
        if cut.is_some() {
            self.record.z[..self.point.len()].copy_from_slice(&self.point);
        }
        if root.is_none() {
            self.flips.clear();
        }
        root.is_some() || aim.stop
    }
}
