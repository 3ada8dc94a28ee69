//! An instant: what happens at a stop or a root, until nothing more follows from it.
//!
//! 1. The modes that were located flip, those of the clock are set, and what a jump has made wrong is corrected.
//! 2. Events whose condition has become true act, and those that are due, one after the other in the order of the file.
//! 3. The algebraic unknowns are solved for again after each of them, and all modes decided at the new point.
//! 4. What became true by this happens in the next round, and so on; a round without events ends the instant.

use super::agenda::Rebound;
use super::initial::consistent;
use super::saltation::{Arrival, Moment};
use super::save::Saver;
use super::solution::{Crossing, Failure, Firing, Solution, Status};
use super::{Journey, Solver, held, interval};
use crate::dynamics::event::{Events, Then};
use crate::dynamics::{Held, Interval, Scale};

/// One instant has at most so many rounds more than it has conditions, which may follow from each other one by one.
const MOST_ROUNDS: usize = 100;

/// What an instant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crossed {
    /// The beginning of the run.
    Start,
    /// A time at which a step had to end; roots may lie on it.
    Stop,
    /// A root of a switch or an event.
    Root,
}

/// How a run goes on after an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    GoOn,
    Stop,
    /// With a dynamics that is made anew.
    Outgrown,
}

/// Whether an instant changed what the steps after it depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    Something,
}

impl Solver<'_> {
    /// Step 2g: all that happens at the point where the journey is; then the method starts anew.
    #[cold]
    pub(super) fn cross(
        &mut self,
        journey: &mut Journey,
        h: f64,
        crossed: Crossed,
        saver: &Saver,
        solution: &mut Solution,
    ) -> Result<Outcome, Failure> {
        let t = journey.t;
        let events = self.f.events();
        let rebound = self.hold(journey, events);
        let before = self.arrive(h);
        self.flip(journey, crossed, solution);
        let arrival = match crossed {
            Crossed::Start => before,
            Crossed::Stop | Crossed::Root => self.slide(journey, before)?,
        };
        if crossed != Crossed::Start && !self.flips.is_empty() && !self.roots.advances(t, journey.t1 - t) {
            let index = self.flips.first().copied();
            return Err(Failure { index, ..Failure::at(Status::Zeno, t, h, self.record.u()) });
        }
        let (mut outcome, mut change) = (Outcome::GoOn, Change::Nothing);
        if let Some(events) = events {
            (outcome, change) = self.react(journey, events, (rebound, arrival), saver, solution)?;
        }
        self.close(journey)?;
        self.assigned.fill(false);
        if outcome == Outcome::Stop || (t == journey.t1 && crossed != Crossed::Start) {
            return Ok(outcome);
        }
        let at = interval!(self, t, if crossed == Crossed::Start { journey.t1 - t } else { h });
        let modes = &self.modes;
        self.roots.watch_rebounds(self.f, &at, self.record.u(), modes, &self.flips);
        if change == Change::Nothing && crossed != Crossed::Start {
            self.solve_constraints(journey)?;
        }
        if change == Change::Something && self.is_outgrown(journey) {
            return Ok(Outcome::Outgrown);
        }
        journey.h = self.restart(journey)?;
        journey.origin = (t, 0.0);
        journey.controller.forget();
        Ok(outcome)
    }

    /// Notes which conditions of events held before the instant. One that turns round at its root counts as having been false.
    fn hold(&mut self, journey: &Journey, events: Option<&dyn Events>) -> Rebound {
        let Some(events) = events else { return Rebound::No };
        let switches = self.f.switch_count();
        let mut rebound = Rebound::No;
        for &i in self.flips.iter().filter(|&&i| i >= switches) {
            if self.roots.is_rebound(i) {
                rebound = Rebound::Yes;
            }
            self.modes[i] = 0.0;
        }
        let at = interval!(self, journey.t, 0.0);
        self.agenda.hold(events, &at, self.record.u());
        rebound
    }

    /// Round 1: the modes that the instant itself changes.
    fn flip(&mut self, journey: &mut Journey, crossed: Crossed, solution: &mut Solution) {
        let (t, switches) = (journey.t, self.f.switch_count());
        for &i in &self.flips {
            self.modes[i] = if i < switches { self.roots.next_mode(i) } else { 1.0 };
        }
        if crossed != Crossed::Root {
            journey.clock.pass(t, &mut self.agenda.due);
            journey.clock.expect(self.f.next_point(t, journey.t1));
            self.set_timed_modes(journey);
        }
        if crossed == Crossed::Start && self.options.discrete.is_some() {
            // The run goes on from another, in which this has happened.
            self.agenda.due.clear();
        }
        if crossed == Crossed::Start {
            return;
        }
        let undecided = Held { modes: &[], discrete: &self.discrete };
        let at = Interval { t, h: journey.t1 - t, held: undecided, past: self.past, noise: self.noise };
        let u = &self.record.z[..self.record.n];
        self.roots.settle(self.f, &at, u, &mut self.modes, &mut self.flips);
        let crossing = |&&root: &&usize| root < switches;
        let note = |&root: &usize| Crossing { t, root, mode: self.modes[root] };
        solution.crossings.extend(self.flips.iter().filter(crossing).map(note));
    }

    /// The rounds of events.
    fn react(
        &mut self,
        journey: &Journey,
        events: &dyn Events,
        (rebound, mut arrival): (Rebound, Arrival),
        saver: &Saver,
        solution: &mut Solution,
    ) -> Result<(Outcome, Change), Failure> {
        let t = journey.t;
        let (mut outcome, mut change) = (Outcome::GoOn, Change::Nothing);
        for _ in 0..MOST_ROUNDS + self.modes.len() {
            let at = interval!(self, t, 0.0);
            self.agenda.gather(events, &at, &self.record.z[..self.record.n]);
            if self.agenda.list.is_empty() {
                return Ok((outcome, change));
            }
            if let Some(element) = self.agenda.endless(events, t, journey.t1 - journey.t0, rebound) {
                return Err(self.endless(t, element));
            }
            if saver.steps && change == Change::Nothing && t != journey.t0 {
                self.keep(t, solution);
            }
            change = Change::Something;
            let moments = self.moments(t, &arrival)?;
            arrival.located.clear();
            if self.act(journey, events, &moments, solution)? == Then::Stop {
                outcome = Outcome::Stop;
            }
            self.decide_modes(journey)?;
        }
        Err(self.endless(t, self.agenda.list[0]))
    }

    fn endless(&self, t: f64, element: crate::dynamics::event::Element) -> Failure {
        Failure { event: Some(element), ..Failure::at(Status::Zeno, t, 0.0, self.record.u()) }
    }

    /// The events of the list, one after the other.
    fn act(
        &mut self,
        journey: &Journey,
        events: &dyn Events,
        moments: &[Moment],
        solution: &mut Solution,
    ) -> Result<Then, Failure> {
        let (t, n) = (journey.t, self.record.n);
        let mut then = Then::GoOn;
        let list = std::mem::take(&mut self.agenda.list);
        let (mut elements, mut discrete) = (Vec::new(), Vec::new());
        self.assigned.fill(false);
        let mut begin = 0;
        while begin < list.len() {
            let moment = moments.get(begin);
            let alike = |&k: &usize| list[k].event == list[begin].event && moments.get(k) == moment;
            let end = (begin..list.len()).take_while(alike).count() + begin;
            let group = &list[begin..end];
            begin = end;
            self.open(journey, moment.unwrap_or(&Moment::Idle))?;
            discrete.clone_from(&self.discrete);
            elements.clear();
            elements.extend(group.iter().map(|e| e.element));
            let event = group[0].event;
            let at = interval!(self, t, 0.0);
            self.point.copy_from_slice(&self.record.z[..n]);
            if events.apply(event, &elements, &at, &mut self.record.z[..n], &mut discrete) == Then::Stop {
                then = Then::Stop;
            }
            self.discrete.copy_from_slice(&discrete);
            let assigned = &self.record.z[..n];
            if let Some(index) = (0..n).find(|&i| !assigned[i].is_finite() && self.point[i].is_finite()) {
                let failure = Failure::at(Status::NotFinite, t, 0.0, assigned);
                return Err(Failure { index: Some(index), event: Some(group[0]), ..failure });
            }
            let jumped = self.point.iter().zip(&self.record.z).map(|(before, after)| before != after);
            self.assigned.iter_mut().zip(jumped).for_each(|(assigned, jumped)| *assigned |= jumped);
            self.solve_between(journey);
            let at = interval!(self, t, 0.0);
            for &element in group {
                solution.firings.push(Firing { t, element });
                events.log(event, &at, &self.record.z[..n], &mut solution.logged);
            }
        }
        self.agenda.list = list;
        Ok(then)
    }

    /// After events: consistent algebraic unknowns, and the modes at the new point.
    fn decide_modes(&mut self, journey: &Journey) -> Result<(), Failure> {
        let (t, n) = (journey.t, self.record.n);
        for _ in 0..=self.f.switch_count() {
            let before = self.modes.clone();
            self.solve_constraints(journey)?;
            let undecided = Held { modes: &[], discrete: &self.discrete };
            let at = Interval { t, h: journey.t1 - t, held: undecided, past: self.past, noise: self.noise };
            self.roots.initial(self.f, &at, &self.record.z[..n], &mut self.modes, &mut self.work);
            if before == self.modes || self.f.algebraic().is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// After one event of several: what comes next reads the algebraic unknowns as this one leaves them. Where it leaves none, the
    /// next ones may mend that.
    fn solve_between(&mut self, journey: &Journey) {
        if self.f.algebraic().is_empty() {
            return;
        }
        self.point.copy_from_slice(&self.record.z[..self.record.n]);
        if self.solve_constraints(journey).is_err() {
            self.record.z[..self.record.n].copy_from_slice(&self.point);
        }
    }

    /// Consistent algebraic unknowns under the modes and discrete variables there are; what events have assigned stays.
    pub(super) fn solve_constraints(&mut self, journey: &Journey) -> Result<(), Failure> {
        let at = interval!(self, journey.t, journey.t1 - journey.t);
        let u = &mut self.record.z[..self.record.n];
        if self.has_choice && self.assigned.contains(&true) {
            return self.f.reconcile(&at, &self.assigned, self.options.rtol, u).map_err(|unmet| {
                let failure = Failure::at(Status::Inconsistent, journey.t, 0.0, u);
                Failure { row: Some(unmet.row), residual: unmet.residual, ..failure }
            });
        }
        let scale = Scale { rtol: self.options.rtol, atol: &self.tolerances };
        consistent(self.f, &at, &scale, &mut self.record.z[..self.record.n], &mut self.work.counters)
    }
}
