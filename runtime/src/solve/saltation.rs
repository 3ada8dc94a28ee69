//! What becomes of s = ∂u/∂q at an instant τ that moves with q.
//!
//! Where a function g(t, u, q) reaches zero, τ̇ = dτ/dq = −(g_u s + g_q) / (g_t + g_u u′). The point at the instant changes by
//! u̇ = s + u′⁻ τ̇; events map it, and s⁺ = u̇⁺ − u′⁺ τ̇. Where τ̇ is not known, because the solution hardly moves through g = 0
//! beside its tolerance, the derivative is undefined from there on. Causes with different τ̇ at one time are dealt with one after the other.
//! (M. A. Aizerman, F. R. Gantmacher, Determination of stability by linear approximation, Quart. J. Mech. Appl. Math. 11 (1958).)

use super::initial::consistent;
use super::solution::{Failure, Status};
use super::{Journey, Solver};
use crate::dynamics::event::Element;
use crate::dynamics::sensitivity::{Cause, Direction, Sensitivities};
use crate::dynamics::{Held, Interval, Scale};
use crate::linear::Factorisation;

/// The part of the last step that the change of a rate is measured over.
const NEAR: f64 = 1e-4;

/// A function that turns round within so many tolerances of its root says nothing of how the root moves.
const TOUCHING: f64 = 2.0;

/// The moments of an instant.
#[derive(Default)]
pub(super) struct Saltation {
    /// dτ/dq of the last cause, by direction.
    moments: Vec<f64>,
    /// Whether the unknowns hold u̇ in the place of s.
    is_open: bool,
    /// The directions whose derivatives are undefined from a time on.
    pub undefined: Vec<(f64, usize)>,
}

/// How the run came to an instant; empty where nothing is differentiated.
#[derive(Default)]
pub(super) struct Arrival {
    /// The step that led to it.
    h: f64,
    modes: Vec<f64>,
    /// The modes that the instant is one of.
    pub located: Vec<usize>,
}

/// How the instant of an element of an event moves.
#[derive(Clone, PartialEq)]
pub(super) enum Moment {
    /// It does not matter.
    Idle,
    /// As that of what came before it.
    Inherited,
    Own(Vec<f64>),
}

impl Solver<'_> {
    /// Forgets the instant before, and notes what this one begins with. At the beginning of a run the unknowns hold u̇, along
    /// a beginning that may move.
    pub(super) fn arrive(&mut self, h: f64) -> Arrival {
        let Some(sensitivities) = self.f.sensitivities() else { return Arrival::default() };
        let moment = |direction: &Direction| self.discrete.get(direction.moment).copied().unwrap_or(0.0);
        let moments: Vec<f64> = sensitivities.directions().iter().map(moment).collect();
        self.saltation.is_open = moments.iter().any(|&moment| moment != 0.0);
        self.saltation.moments = moments;
        Arrival { h, modes: self.modes.clone(), located: self.flips.clone() }
    }

    /// The modes have flipped, those of the clock too: s follows.
    pub(super) fn slide(&mut self, journey: &Journey, mut arrival: Arrival) -> Result<Arrival, Failure> {
        let Some(sensitivities) = self.f.sensitivities() else { return Ok(arrival) };
        let (switches, roots) = (self.f.switch_count(), self.f.root_count());
        let after = self.modes.clone();
        let flipped = |&i: &usize| arrival.modes[i] != after[i];
        let mut changed: Vec<usize> = (0..switches).chain(roots..after.len()).filter(flipped).collect();
        if changed.is_empty() {
            return Ok(arrival);
        }
        arrival.located.extend(changed.iter().copied().filter(|&i| i >= roots));
        // What a jump of the right-hand side flipped follows its cause.
        let is_cause = |i: usize| arrival.located.contains(&i);
        changed.sort_by_key(|&i| !is_cause(i));
        let mut modes = arrival.modes.clone();
        let mut slope = self.slope(journey.t, &modes)?;
        let mut is_known = false;
        for i in changed {
            let old = modes.clone();
            modes[i] = after[i];
            let next = self.slope(journey.t, &modes)?;
            if next != slope {
                // The first cause may be one that changes no rate by itself.
                let first = arrival.located.first().copied().filter(|_| !is_known);
                if let Some(cause) = if is_cause(i) { Some(i) } else { first } {
                    let at = (journey.t, arrival.h);
                    let mover = self.mover(sensitivities, cause, &arrival.located, at, &old, &slope);
                    self.saltation.moments = self.moment_of_mode(sensitivities, mover, at, &old, &slope);
                    is_known = true;
                }
                self.shift(sensitivities.directions(), &slope, 1.0);
                self.shift(sensitivities.directions(), &next, -1.0);
            }
            slope = next;
        }
        self.solve_constraints(journey)?;
        Ok(arrival)
    }

    /// The moments of the events of a round.
    pub(super) fn moments(&mut self, t: f64, arrival: &Arrival) -> Result<Vec<Moment>, Failure> {
        let Some(sensitivities) = self.f.sensitivities() else { return Ok(Vec::new()) };
        let list = self.agenda.list.clone();
        let modes = self.modes.clone();
        let located = &arrival.located;
        let slope = if located.is_empty() { Vec::new() } else { self.slope(t, &modes)? };
        let mut moment = |element: &Element| match sensitivities.cause(*element) {
            Cause::Idle => Moment::Idle,
            Cause::Clock => {
                let mut changes = vec![0.0; sensitivities.directions().len()];
                sensitivities.tick_changes(*element, t, &mut changes);
                Moment::Own(changes)
            }
            Cause::Modes(guards) => match guards.iter().find(|&&g| located.contains(&(g as usize))) {
                None => Moment::Inherited,
                Some(&guard) => {
                    let at = (t, arrival.h);
                    let mover = self.mover(sensitivities, guard as usize, located, at, &modes, &slope);
                    Moment::Own(self.moment_of_mode(sensitivities, mover, at, &modes, &slope))
                }
            },
        };
        Ok(list.iter().map(&mut moment).collect())
    }

    /// Puts u̇ in the place of s before an event with this moment acts.
    pub(super) fn open(&mut self, journey: &Journey, moment: &Moment) -> Result<(), Failure> {
        let Some(sensitivities) = self.f.sensitivities() else { return Ok(()) };
        let moments = match moment {
            Moment::Idle => return Ok(()),
            Moment::Inherited => self.saltation.moments.clone(),
            Moment::Own(moments) => moments.clone(),
        };
        if self.saltation.is_open && moments == self.saltation.moments {
            return Ok(());
        }
        let mut modes = self.modes.clone();
        if self.saltation.is_open {
            // Events before it have moved the point, and their modes are not decided yet.
            let undecided = Held { modes: &[], discrete: &self.discrete };
            let (t, h) = (journey.t, journey.t1 - journey.t);
            let at = Interval { t, h, held: undecided, past: self.past, noise: self.noise };
            self.roots.initial(self.f, &at, &self.record.z[..self.record.n], &mut modes, &mut self.work);
            let slope = self.slope(journey.t, &modes)?;
            self.shift(sensitivities.directions(), &slope, -1.0);
        }
        self.saltation.moments = moments;
        let slope = self.slope(journey.t, &modes)?;
        self.shift(sensitivities.directions(), &slope, 1.0);
        for (direction, &moment) in sensitivities.directions().iter().zip(&self.saltation.moments) {
            self.discrete[direction.moment] = moment;
        }
        self.saltation.is_open = true;
        Ok(())
    }

    /// Puts s back, after the last round.
    pub(super) fn close(&mut self, journey: &Journey) -> Result<(), Failure> {
        let Some(sensitivities) = self.f.sensitivities().filter(|_| self.saltation.is_open) else {
            return Ok(());
        };
        let slope = self.slope(journey.t, &self.modes.clone())?;
        self.shift(sensitivities.directions(), &slope, -1.0);
        for direction in sensitivities.directions() {
            self.discrete[direction.moment] = 0.0;
        }
        self.saltation.is_open = false;
        self.solve_constraints(journey)
    }

    /// s += factor · u′ τ̇.
    fn shift(&mut self, directions: &[Direction], slope: &[f64], factor: f64) {
        for (direction, &moment) in directions.iter().zip(&self.saltation.moments) {
            if moment != 0.0 {
                for &(unknown, derivative) in &direction.pairs {
                    self.record.z[derivative] += factor * slope[unknown] * moment;
                }
            }
        }
    }

    /// The mode whose function says how the instant moves. A function that stands still on both sides of a jump says nothing:
    /// it jumps where one that it is made of does.
    fn mover(
        &self,
        sensitivities: &dyn Sensitivities,
        mode: usize,
        located: &[usize],
        (t, h): (f64, f64),
        modes: &[f64],
        slope: &[f64],
    ) -> usize {
        let held = Held { modes, discrete: &self.discrete };
        let at = Interval { t, h, held, past: self.past, noise: self.noise };
        let u = &self.record.z[..self.record.n];
        let mut changes = vec![0.0; sensitivities.directions().len()];
        let mut stands = |mode: usize| {
            sensitivities.mode_changes(mode, &at, t, u, &mut changes);
            let rate = sensitivities.mode_rate(mode, &at, t, u, slope);
            rate == 0.0 && changes.iter().all(|&change| change == 0.0)
        };
        if !stands(mode) {
            return mode;
        }
        located.iter().copied().find(|&other| !stands(other)).unwrap_or(mode)
    }

    /// −(g_u s + g_q) / (g_t + g_u u′) for the function of a mode, by direction.
    fn moment_of_mode(
        &mut self,
        sensitivities: &dyn Sensitivities,
        mode: usize,
        (t, h): (f64, f64),
        modes: &[f64],
        slope: &[f64],
    ) -> Vec<f64> {
        let mut changes = vec![0.0; sensitivities.directions().len()];
        let held = Held { modes, discrete: &self.discrete };
        let at = Interval { t, h, held, past: self.past, noise: self.noise };
        let u = &self.record.z[..self.record.n];
        sensitivities.mode_changes(mode, &at, t, u, &mut changes);
        let rate = sensitivities.mode_rate(mode, &at, t, u, slope);
        if !self.is_touched(sensitivities, mode, &at, slope, rate) {
            return changes.iter().map(|change| -change / rate).collect();
        }
        for (k, change) in changes.iter_mut().enumerate() {
            if *change != 0.0 && self.saltation.undefined.iter().all(|&(_, known)| known != k) {
                self.saltation.undefined.push((t, k));
            }
            *change = 0.0;
        }
        changes
    }

    /// Whether the function turns round, or did, so near to its root that the tolerances decide whether it gets there, or when.
    fn is_touched(
        &self,
        sensitivities: &dyn Sensitivities,
        mode: usize,
        at: &Interval,
        slope: &[f64],
        rate: f64,
    ) -> bool {
        if rate == 0.0 || !rate.is_finite() {
            return true;
        }
        let (n, t) = (self.record.n, at.t);
        let u = &self.record.z[..n];
        let δ = NEAR * if at.h == 0.0 { f64::EPSILON.sqrt() } else { at.h };
        let before: Vec<f64> = (0..n).map(|i| u[i] - δ * slope[i]).collect();
        let mut slope_before = vec![0.0; n];
        match self.f.mass() {
            None => self.f.rhs(at, t - δ, &before, &mut slope_before),
            Some(_) => slope_before.copy_from_slice(slope),
        }
        let rate_before = sensitivities.mode_rate(mode, at, t - δ, &before, &slope_before);
        let turning = (rate - rate_before) / δ;
        let tolerance: Vec<f64> =
            (0..n).map(|i| self.tolerances[i] + self.options.rtol * u[i].abs()).collect();
        let still = sensitivities.mode_rate(mode, at, t, u, &vec![0.0; n]);
        let uncertain = (sensitivities.mode_rate(mode, at, t, u, &tolerance) - still).abs();
        rate * rate / (2.0 * turning.abs()) <= TOUCHING * uncertain
    }

    /// u′ at the point where the run is, under some modes. Algebraic unknowns are solved for, and have the derivative that keeps
    /// their equations: g_u u′ = −g_t.
    fn slope(&mut self, t: f64, modes: &[f64]) -> Result<Vec<f64>, Failure> {
        let n = self.record.n;
        let held = Held { modes, discrete: &self.discrete };
        let at = Interval { t, h: 0.0, held, past: self.past, noise: self.noise };
        let mut u = self.record.z[..n].to_vec();
        let scale = Scale { rtol: self.options.rtol, atol: &self.tolerances };
        consistent(self.f, &at, &scale, &mut u, &mut self.work.counters)?;
        let mut slope = vec![0.0; n];
        self.f.rhs(&at, t, &u, &mut slope);
        self.work.counters.rhs += 1;
        let Some(mass) = self.f.mass() else { return Ok(slope) };
        let algebraic = mass.zero_rows(n);
        let mut matrix = Factorisation::new(n);
        let a = matrix.matrix();
        mass.each(|i, j, m| a[i + j * n] += m);
        if algebraic.contains(&true) {
            let (mut values, mut by_time) = (vec![0.0; self.f.pattern().len()], vec![0.0; n]);
            self.f.jacobian(&at, t, &u, &mut values);
            self.f.time_derivative(&at, t, &u, &mut by_time);
            self.f.pattern().each(|slot, i, j| {
                if algebraic[i] {
                    a[i + j * n] += values[slot];
                }
            });
            (0..n).filter(|&i| algebraic[i]).for_each(|i| slope[i] = -by_time[i]);
        }
        matrix.factorise().map_err(|singular| Failure {
            index: Some(singular.column),
            ..Failure::at(Status::Singular, t, 0.0, &u)
        })?;
        matrix.solve(&mut slope);
        Ok(slope)
    }
}
