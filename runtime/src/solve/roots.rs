//! Where a switch flips inside a step, or the condition of an event becomes true: the first such root on the dense output.

use crate::dynamics::mode::{Shape, Side};
use crate::dynamics::{Dynamics, Held, Interval};
use crate::method::{Method, Record, Work};

/// Interior points, besides the end, at which a step is searched for a change of sign.
const PROBES: [f64; 4] = [0.25, 0.5, 0.75, 1.0];

/// After this many flips within a time that rounding hides, a switch is said to have no next step.
const MOST_FLIPS: u32 = 50;

/// The root functions of a problem and their buffers: first those of switches, then those of events.
pub struct Roots {
    switches: usize,
    /// Of the modes of switches.
    shapes: Vec<Shape>,
    g: Vec<f64>,
    /// The functions at both ends of a bracket.
    ends: [Vec<f64>; 2],
    u: Vec<f64>,
    /// Of a function of an event that was zero when it happened and heads back: where it must not go (NaN without such).
    bands: Vec<f64>,
    flipped_at: f64,
    flips: u32,
}

/// The same interval under other modes.
fn with_modes<'a>(at: &Interval<'a>, modes: &'a [f64]) -> Interval<'a> {
    Interval { held: Held { modes, ..at.held }, ..*at }
}

/// What a search reads and counts.
pub struct Search<'s, 'w, 'f> {
    pub f: &'s dyn Dynamics,
    pub method: &'s dyn Method,
    pub record: &'s Record,
    pub work: &'w mut Work<'f>,
}

impl Roots {
    /// Buffers for the root functions of a dynamics.
    pub fn new(f: &dyn Dynamics) -> Roots {
        let (n, count) = (f.dim(), f.root_count());
        Roots {
            switches: f.switch_count(),
            shapes: f.shapes(),
            g: vec![0.0; count],
            ends: [vec![0.0; count], vec![0.0; count]],
            u: vec![0.0; n],
            bands: vec![f64::NAN; count],
            flipped_at: f64::NAN,
            flips: 0,
        }
    }

    /// Whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.g.is_empty()
    }

    /// Whether the value of function i calls for a stop while its mode is this, and to which side it went.
    #[inline]
    fn contradicts(&self, i: usize, g: f64, mode: f64) -> Option<Side> {
        if i < self.switches {
            return self.shapes[i].leaves(g, mode);
        }
        // An event is over while its condition stays true, unless it left the root to the side where it happens.
        let end = if mode > 0.5 { self.bands[i] } else { 0.0 };
        (g > end).then_some(Side::Above)
    }

    /// Whether any function contradicts its mode.
    fn any_contradicts(&self, g: &[f64], modes: &[f64]) -> bool {
        (0..g.len()).any(|i| self.contradicts(i, g[i], modes[i]).is_some())
    }

    /// Sets every mode of a switch by its root function; a function that is at an end decides by where it goes along
    /// k = u′. As a root function may read other modes, this is repeated until nothing changes. The mode of an event is the truth
    /// of its comparison.
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
        for _ in 0..=self.switches {
            let before = modes.to_vec();
            self.decide(f, &with_modes(at, &before), u, modes);
            work.counters.root_functions += 1;
            if before == modes {
                return;
            }
        }
    }

    /// Modes of switches from their root functions as these are under the modes of `at`.
    fn decide(&mut self, f: &dyn Dynamics, at: &Interval, u: &[f64], modes: &mut [f64]) {
        f.roots(at, at.t, u, &mut self.g);
        let mut undecided = false;
        for (i, (&g, shape)) in self.g.iter().zip(&self.shapes).enumerate() {
            match shape.is_end(g) {
                true => undecided = true,
                false => modes[i] = shape.of(g),
            }
        }
        if undecided {
            let first = self.g.clone();
            self.ahead(f, at, u, 1e-8 * at.h);
            for (i, shape) in self.shapes.iter().enumerate() {
                // Where it stays, the condition itself has said what it is.
                if shape.is_end(first[i]) && self.g[i] != first[i] {
                    modes[i] = shape.towards(first[i], self.g[i]);
                }
            }
        }
    }

    /// The functions a short way along the flow.
    fn ahead(&mut self, f: &dyn Dynamics, at: &Interval, u: &[f64], δ: f64) {
        let mut k = vec![0.0; u.len()];
        f.rhs(at, at.t, u, &mut k);
        (0..u.len()).for_each(|i| self.u[i] = u[i] + δ * k[i]);
        f.roots(at, at.t + δ, &self.u, &mut self.g);
    }

    /// Corrects the modes that a jump of the right-hand side has made wrong, and lists those that it changed of switches and
    /// raised of events.
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
        for i in 0..self.switches {
            let (g, shape) = (self.g[i], self.shapes[i]);
            if shape.leaves(g, modes[i]).is_some() {
                modes[i] = shape.of(g);
                flips.push(i);
            }
        }
        for i in self.switches..self.g.len() {
            let g = self.g[i];
            if modes[i] <= 0.5 && g > 0.0 {
                modes[i] = 1.0;
                flips.push(i);
            } else if g < 0.0 {
                modes[i] = 0.0;
            }
        }
        self.settle_at_rest(f, &with_modes(at, &before), u, modes, flips);
    }

    /// A function that has jumped may have come to rest at an end: there the condition itself says what its mode is.
    fn settle_at_rest(
        &mut self,
        f: &dyn Dynamics,
        at: &Interval,
        u: &[f64],
        modes: &mut [f64],
        flips: &mut Vec<usize>,
    ) {
        let ends = |roots: &Roots, i: usize| roots.shapes[i].is_end(roots.g[i]);
        let at_end: Vec<usize> = (0..self.switches).filter(|&i| ends(self, i)).collect();
        if at_end.is_empty() {
            return;
        }
        let here = self.g.clone();
        self.ahead(f, at, u, 1e-8 * at.h);
        let mut truths = modes.to_vec();
        f.truths(at, at.t, u, &mut truths);
        for i in at_end {
            if self.g[i] == here[i] && truths[i] != modes[i] && !truths[i].is_nan() {
                modes[i] = truths[i];
                flips.push(i);
            }
        }
    }

    /// The first θ in (0, 1] at which a root function contradicts its mode, with all functions that do so there (in `flips`).
    ///
    /// The modes of events fall without a stop: a condition that is false at a probe may become true after it.
    pub fn first(
        &mut self,
        search: &mut Search,
        at: &Interval,
        modes: &mut [f64],
        flips: &mut Vec<usize>,
    ) -> Option<f64> {
        let mut from = 0.0;
        for to in PROBES {
            self.evaluate(search, at, to);
            if self.any_contradicts(&self.g, modes) {
                let θ = self.bracket(search, at, modes, from, to);
                let contradicts = |&i: &usize| self.contradicts(i, self.ends[1][i], modes[i]).is_some();
                flips.extend((0..self.g.len()).filter(contradicts));
                return Some(θ);
            }
            for i in self.switches..self.g.len() {
                if self.g[i] < 0.0 {
                    (modes[i], self.bands[i]) = (0.0, f64::NAN);
                }
            }
            from = to;
        }
        None
    }

    /// Narrows (a, b], with a contradiction at b and none at a, to rounding; answers the far end, where the first function
    /// contradicts its mode. Bisection of the bracket, with the earliest secant through its ends tried in between (ITP in spirit).
    fn bracket(&mut self, search: &mut Search, at: &Interval, modes: &[f64], mut a: f64, mut b: f64) -> f64 {
        let tolerance = 4.0 * f64::EPSILON * (at.t / at.h).abs().max(1.0);
        self.ends[1].copy_from_slice(&self.g);
        self.evaluate(search, at, a);
        self.ends[0].copy_from_slice(&self.g);
        let mut bisect = false;
        while b - a > tolerance {
            let secant = self.secant(modes, a, b);
            // A step beyond the secant's point brings the far end close as well.
            let inside = (secant + 0.5 * tolerance).clamp(a + 0.25 * tolerance, b - 0.25 * tolerance);
            let θ = if bisect || !secant.is_finite() { 0.5 * (a + b) } else { inside };
            let width = b - a;
            self.evaluate(search, at, θ);
            let end = match self.any_contradicts(&self.g, modes) {
                true => {
                    b = θ;
                    1
                }
                false => {
                    a = θ;
                    0
                }
            };
            std::mem::swap(&mut self.ends[end], &mut self.g);
            bisect = b - a > 0.5 * width;
        }
        b
    }

    /// The earliest root of the secants of the functions that contradict their modes at b.
    fn secant(&self, modes: &[f64], a: f64, b: f64) -> f64 {
        let mut earliest = f64::INFINITY;
        for i in 0..self.g.len() {
            let (ga, gb) = (self.ends[0][i], self.ends[1][i]);
            if let Some(side) = self.contradicts(i, gb, modes[i]) {
                let level = match self.shapes.get(i) {
                    Some(shape) => shape.end(modes[i], side),
                    // The end of a band is a root of its own.
                    None if modes[i] > 0.5 => self.bands[i],
                    None => 0.0,
                };
                let root = b - (gb - level) * (b - a) / (gb - ga);
                earliest = if root < earliest { root } else { earliest };
            }
        }
        earliest
    }

    /// g at θ.
    fn evaluate(&mut self, search: &mut Search, at: &Interval, θ: f64) {
        if θ == 0.0 {
            self.u.copy_from_slice(search.record.u())
        } else {
            search.method.dense(search.record, θ, &mut self.u)
        }
        search.f.roots(at, at.t + θ * at.h, &self.u, &mut self.g);
        search.work.counters.root_functions += 1;
    }

    /// The mode of a switch that was found to contradict it by [`Roots::first`].
    pub fn next_mode(&self, i: usize) -> f64 {
        self.shapes[i].of(self.ends[1][i])
    }

    /// After an instant: functions of events that lie at their roots, on the side where the event happens, and head back. Should one
    /// turn round before it has reached the other side, the event happens again.
    pub fn watch_rebounds(
        &mut self,
        f: &dyn Dynamics,
        at: &Interval,
        u: &[f64],
        modes: &[f64],
        flips: &[usize],
    ) {
        let mut raised = flips.iter().copied().filter(|&i| i >= self.switches && modes[i] > 0.5).peekable();
        if raised.peek().is_none() {
            return;
        }
        let raised: Vec<usize> = raised.collect();
        f.roots(at, at.t, u, &mut self.g);
        let here = self.g.clone();
        self.ahead(f, at, u, 1e-4 * at.h);
        for i in raised {
            let near = 4.0 * here[i].abs().max(self.ends[0][i].abs()).max(f64::MIN_POSITIVE);
            self.bands[i] = if self.g[i] < here[i] && here[i] <= near { near } else { f64::NAN };
        }
    }

    /// Whether the event's function is still near the root where the event happened.
    pub fn is_rebound(&self, i: usize) -> bool {
        !self.bands[i].is_nan()
    }

    /// Forgets the flips of another run.
    pub fn forget(&mut self) {
        (self.flipped_at, self.flips) = (f64::NAN, 0);
        self.bands.fill(f64::NAN);
    }

    /// Notes a flip at `t`; the answer says whether time still advances between flips.
    pub fn advances(&mut self, t: f64, span: f64) -> bool {
        let near = (t - self.flipped_at).abs() <= 1e-12 * t.abs().max(span.abs());
        self.flips = if near { self.flips + 1 } else { 0 };
        self.flipped_at = t;
        self.flips < MOST_FLIPS
    }
}
