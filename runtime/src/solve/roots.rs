//! Where a switch flips inside a step: the first root of its function on the dense output.

use crate::dynamics::{Dynamics, Held, Interval};
use crate::method::{Method, Record, Work};

/// Interior points, besides the end, at which a step is searched for a change of sign.
const PROBES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

/// After this many flips within a time that rounding hides, a switch is said to have no next step.
const MOST_FLIPS: u32 = 50;

/// The root functions of a problem and their buffers.
pub struct Roots {
    g: Vec<f64>,
    u: Vec<f64>,
    flipped_at: f64,
    flips: u32,
}

/// Whether the value of a root function contradicts its mode.
fn contradicts(g: f64, mode: f64) -> bool {
    if mode > 0.5 { g < 0.0 } else { g > 0.0 }
}

/// The same interval under other modes.
fn with_modes<'a>(at: &Interval<'a>, modes: &'a [f64]) -> Interval<'a> {
    Interval { held: Held { modes, ..at.held }, ..*at }
}

impl Roots {
    /// Buffers for n unknowns and `count` root functions.
    pub fn new(n: usize, count: usize) -> Roots {
        Roots { g: vec![0.0; count], u: vec![0.0; n], flipped_at: f64::NAN, flips: 0 }
    }

    /// Sets every mode by the sign of its root function; a function that is zero decides by where it goes along k = u′.
    /// As a root function may read other modes, this is repeated until nothing changes.
    pub fn initial(
        &mut self,
        f: &dyn Dynamics,
        at: &Interval,
        u: &[f64],
        modes: &mut [f64],
        work: &mut Work,
    ) {
        if self.g.is_empty() {
            return;
        }
        f.truths(at, at.t, u, modes);
        for _ in 0..=self.g.len() {
            let before = modes.to_vec();
            self.signs(f, &with_modes(at, &before), u, modes);
            work.counters.root_functions += 1;
            if before == modes {
                return;
            }
        }
    }

    /// Modes from the signs of the root functions as they are under the modes of `at`.
    fn signs(&mut self, f: &dyn Dynamics, at: &Interval, u: &[f64], modes: &mut [f64]) {
        let truth = |g: f64| if g > 0.0 { 1.0 } else { 0.0 };
        f.roots(at, at.t, u, &mut self.g);
        let decided = self.g.iter().zip(modes.iter_mut()).filter(|(g, _)| **g != 0.0);
        decided.for_each(|(&g, mode)| *mode = truth(g));
        if self.g.contains(&0.0) {
            let first = self.g.clone();
            let mut k = vec![0.0; u.len()];
            f.rhs(at, at.t, u, &mut k);
            let δ = 1e-8 * at.h;
            (0..u.len()).for_each(|i| self.u[i] = u[i] + δ * k[i]);
            f.roots(at, at.t + δ, &self.u, &mut self.g);
            // Where it stays zero, the condition itself has said what it is.
            let leaves = |i: &usize| first[*i] == 0.0 && self.g[*i] != 0.0;
            (0..first.len()).filter(leaves).for_each(|i| modes[i] = truth(self.g[i]));
        }
    }

    /// Corrects the modes that a jump of the right-hand side has made wrong, and lists them.
    pub fn settle(
        &mut self,
        f: &dyn Dynamics,
        at: &Interval,
        u: &[f64],
        modes: &mut [f64],
        flips: &mut Vec<usize>,
    ) {
        let before = modes.to_vec();
        f.roots(&with_modes(at, &before), at.t, u, &mut self.g);
        for i in 0..self.g.len() {
            if contradicts(self.g[i], modes[i]) {
                modes[i] = 1.0 - modes[i];
                flips.push(i);
            }
        }
    }

    /// The first θ in (0, 1] at which a root function contradicts its mode, with the functions that do so there (in `flips`).
    pub fn first(
        &mut self,
        f: &dyn Dynamics,
        method: &dyn Method,
        at: &Interval,
        record: &Record,
        flips: &mut Vec<usize>,
        work: &mut Work,
    ) -> Option<f64> {
        let mut from = 0.0;
        for to in PROBES {
            self.evaluate(f, method, at, record, to, work);
            let wrong: Vec<usize> =
                (0..self.g.len()).filter(|&i| contradicts(self.g[i], at.held.modes[i])).collect();
            if !wrong.is_empty() {
                let ends: Vec<f64> =
                    wrong.iter().map(|&i| self.bracket(f, method, at, record, i, from, to, work)).collect();
                let θ = ends.into_iter().fold(to, f64::min);
                self.evaluate(f, method, at, record, θ, work);
                flips.extend(wrong.into_iter().filter(|&i| contradicts(self.g[i], at.held.modes[i])));
                return Some(θ);
            }
            from = to;
        }
        None
    }

    /// Narrows (a, b], with function i contradicting its mode at b but not at a, to rounding; answers the far end,
    /// where it contradicts. Bisection of the bracket, with the secant through its ends tried in between (ITP in spirit).
    fn bracket(
        &mut self,
        f: &dyn Dynamics,
        method: &dyn Method,
        at: &Interval,
        record: &Record,
        i: usize,
        mut a: f64,
        mut b: f64,
        work: &mut Work,
    ) -> f64 {
        let tolerance = 4.0 * f64::EPSILON * (at.t / at.h).abs().max(1.0);
        self.evaluate(f, method, at, record, a, work);
        let mut ga = self.g[i];
        self.evaluate(f, method, at, record, b, work);
        let mut gb = self.g[i];
        let mut bisect = false;
        while b - a > tolerance {
            let secant = b - gb * (b - a) / (gb - ga);
            // A step beyond the secant's point brings the far end close as well.
            let inside = (secant + 0.5 * tolerance).clamp(a + 0.25 * tolerance, b - 0.25 * tolerance);
            let θ = if bisect || !secant.is_finite() { 0.5 * (a + b) } else { inside };
            let width = b - a;
            self.evaluate(f, method, at, record, θ, work);
            if contradicts(self.g[i], at.held.modes[i]) {
                (b, gb) = (θ, self.g[i]);
            } else {
                (a, ga) = (θ, self.g[i]);
            }
            bisect = b - a > 0.5 * width;
        }
        b
    }

    /// g at θ.
    fn evaluate(
        &mut self,
        f: &dyn Dynamics,
        method: &dyn Method,
        at: &Interval,
        record: &Record,
        θ: f64,
        work: &mut Work,
    ) {
        if θ == 0.0 {
            self.u.copy_from_slice(record.u())
        } else {
            method.dense(record, θ, &mut self.u)
        }
        f.roots(at, at.t + θ * at.h, &self.u, &mut self.g);
        work.counters.root_functions += 1;
    }

    /// Forgets the flips of another run.
    pub fn forget(&mut self) {
        (self.flipped_at, self.flips) = (f64::NAN, 0);
    }

    /// Notes a flip at `t`; the answer says whether time still advances between flips.
    pub fn advances(&mut self, t: f64, span: f64) -> bool {
        let near = (t - self.flipped_at).abs() <= 1e-12 * t.abs().max(span.abs());
        self.flips = if near { self.flips + 1 } else { 0 };
        self.flipped_at = t;
        self.flips < MOST_FLIPS
    }
}
