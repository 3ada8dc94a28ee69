//! A tile: several members side by side, each with its own time and step size.
//!
//! One kernel call steps all lanes over the intervals that their own controllers chose. A lane that reaches the end of its run
//! is given the next member. The arithmetic of a lane is that of a solve alone, operation by operation, so that the bits
//! are too. What is rare (a value that is not finite, a step that vanishes, too many steps, a method that turns to
//! another one) ends the member's time in the tile: it is solved alone, from its beginning.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{LaneStep, Members, Taken, solve_alone};
use crate::dynamics::{Dynamics, Held, Interval, NoNoise, NoPast, Scale};
use crate::method::{Explicit, Method, Record, SideBySide, Work};
use crate::solve::controller::Controllers;
use crate::solve::save::Saver;
use crate::solve::start::first_step;
use crate::solve::substeps::is_distinct;
use crate::solve::{Options, Save, Solution};

/// The lanes of one thread.
pub struct Tile {
    method: SideBySide,
    engine: Explicit,
    n: usize,
    options: Options,
    tolerances: Vec<f64>,
    members: Vec<Lane>,
    lanes: Lanes,
    controllers: Controllers,
    rtol: Vec<f64>,
    atol: Vec<f64>,
    /// u and the first stage; then the same at the end of the step.
    z: Vec<f64>,
    next: Vec<f64>,
    inner: Vec<f64>,
    square: Vec<f64>,
    /// The factors from each lane's step to its next.
    factor: Vec<f64>,
    /// 0 where all values of a lane's step are finite, else NaN.
    finite: Vec<f64>,
    /// h|λ| in units of what is stable, where the method looks at it.
    share: Vec<f64>,
    /// One lane's step, to be read from.
    record: Record,
    probe: Vec<f64>,
    work: Work<'static>,
    again: Vec<usize>,
    leaving: Vec<(usize, Fate)>,
}

/// What is seldom looked at of a lane.
struct Lane {
    /// The member on its way.
    member: Option<u64>,
    saver: Saver,
    solution: Solution,
}

/// Where the lanes are, and what they try.
struct Lanes {
    t: Vec<f64>,
    t1: Vec<f64>,
    direction: Vec<f64>,
    /// The step that is tried; 0 in a lane that waits.
    h: Vec<f64>,
    /// Where it ends.
    to: Vec<f64>,
    /// The next save point; infinite without one.
    save: Vec<f64>,
    evidence: Vec<f64>,
    steps: Vec<u64>,
    rejected: Vec<u64>,
}

/// How a member's time in a tile ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Done,
    /// It is solved alone, from its beginning.
    Leave,
}

impl Lanes {
    fn new(count: usize) -> Lanes {
        let zeros = || vec![0.0; count];
        Lanes {
            t: zeros(),
            t1: zeros(),
            direction: zeros(),
            h: zeros(),
            to: zeros(),
            save: zeros(),
            evidence: zeros(),
            steps: vec![0; count],
            rejected: vec![0; count],
        }
    }

    fn begin(&mut self, l: usize, [t0, t1]: [f64; 2], wanted: f64) {
        self.t[l] = t0;
        self.t1[l] = t1;
        self.direction[l] = if t1 < t0 { -1.0 } else { 1.0 };
        (self.evidence[l], self.steps[l], self.rejected[l]) = (0.0, 0, 0);
        self.aim(l, wanted);
    }

    /// Where the next step ends, if it is to be so long.
    #[inline]
    fn aim(&mut self, l: usize, wanted: f64) {
        let left = self.t1[l] - self.t[l];
        let h = wanted * self.direction[l];
        let last = wanted * 1.0000001 >= left.abs();
        self.h[l] = if last { left } else { h };
        self.to[l] = if last { self.t1[l] } else { self.t[l] + h };
    }
}

impl Tile {
    /// Lanes for members like the one that is bound; `None` where they cannot be solved side by side.
    pub fn new<M: Members>(members: &mut M, method: &dyn Method) -> Option<Tile> {
        let side_by_side = method.side_by_side()?;
        let f = members.dynamics();
        let n = f.dim();
        let plain = f.root_count() == 0 && f.timed_count() == 0 && f.events().is_none();
        if n == 0 || !plain || f.mass().is_some() || members.options().dt.is_some() {
            return None;
        }
        if side_by_side.evidence.is_some() && !side_by_side.tableau.stiffness_in_lanes(n) {
            return None;
        }
        let count = members.make_lanes(side_by_side.tableau);
        if count < 2 {
            return None;
        }
        let options = members.options().clone();
        let tolerances = options.tolerances(n);
        let engine = Explicit { tableau: side_by_side.tableau };
        let record = engine.record(n);
        let lane =
            |_| Lane { member: None, saver: Saver::new(&Save::End, 0.0, 1.0), solution: Solution::empty(n) };
        let zeros = |width: usize| vec![0.0; width * count];
        Some(Tile {
            method: side_by_side,
            n,
            members: (0..count).map(lane).collect(),
            lanes: Lanes::new(count),
            controllers: Controllers::new(options.control.of(&engine), engine.error_order(), count),
            rtol: vec![options.rtol; count],
            atol: tolerances.iter().flat_map(|&atol| vec![atol; count]).collect(),
            z: zeros(2 * n),
            next: zeros(2 * n),
            inner: zeros(record.stages.len()),
            square: zeros(1),
            factor: zeros(1),
            finite: zeros(1),
            share: zeros(1),
            record,
            engine,
            probe: vec![0.0; 2 * n],
            work: Work::vectors(n),
            again: Vec::new(),
            leaving: Vec::new(),
            options,
            tolerances,
        })
    }

    /// A step of lanes that stand still, so that its kernel is compiled.
    pub fn rehearse<M: Members>(&mut self, members: &mut M) {
        self.step(members);
    }

    /// How many lanes there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// As [`super::solve_range`].
    pub fn solve<M: Members>(
        &mut self,
        members: &mut M,
        method: &dyn Method,
        mut queue: Range<u64>,
        interrupt: &AtomicBool,
        take: &mut dyn FnMut(&M, u64, Taken),
    ) {
        self.members.iter_mut().for_each(|lane| lane.member = None);
        self.lanes.h.fill(0.0);
        let mut free: Vec<usize> = (0..self.len()).rev().collect();
        while !interrupt.load(Ordering::Relaxed) {
            while let Some(&l) = free.last() {
                let Some(member) = queue.next() else { break };
                match self.begin(members, l, member) {
                    true => _ = free.pop(),
                    false => solve_alone(members, method, member, interrupt, take),
                }
            }
            if free.len() == self.len() {
                break;
            }
            self.step(members);
            self.judge(members);
            while let Some((l, fate)) = self.leaving.pop() {
                self.end(members, method, (l, fate), interrupt, take);
                free.push(l);
            }
        }
    }

    /// Gives a lane a member; whether the member can run in a lane at all.
    fn begin<M: Members>(&mut self, members: &mut M, l: usize, member: u64) -> bool {
        let Ok([t0, t1]) = members.bind(member) else { return false };
        let (f, n, count) = (members.dynamics(), self.n, self.len());
        let mut stops = Vec::new();
        if t0 == t1 || members.options().refusal(f, t0, t1, members.initial()).is_some() {
            return false;
        }
        f.stops(t0, t1, &mut stops);
        if !stops.is_empty() {
            return false;
        }
        let at = plain(f, t0, t1 - t0);
        let z = &mut self.record.z;
        z[..n].copy_from_slice(members.initial());
        self.engine.start(f, &at, z, &mut self.work);
        if z.iter().any(|z| !z.is_finite()) {
            return false;
        }
        let scale = Scale { rtol: self.options.rtol, atol: &self.tolerances };
        let (order, (u, k)) = (self.engine.error_order(), z.split_at(n));
        let wanted = first_step(f, &at, &scale, order, u, k, Some(&mut self.probe));
        let Lane { member: who, saver, solution } = &mut self.members[l];
        *who = Some(member);
        *saver = Saver::new(&members.options().save, t0, t1);
        solution.clear();
        solution.counters.rhs = 2;
        while saver.next_until(t0).is_some() {
            solution.keep(t0, u.iter().copied(), f.discrete());
        }
        if saver.steps {
            solution.keep(t0, u.iter().copied(), f.discrete());
        }
        for i in 0..2 * n {
            self.z[i * count + l] = z[i];
        }
        members.load(l);
        self.lanes.begin(l, [t0, t1], wanted);
        self.lanes.save[l] = self.members[l].saver.peek().unwrap_or(f64::INFINITY * self.lanes.direction[l]);
        self.controllers.forget(l);
        true
    }

    fn step<M: Members>(&mut self, members: &mut M) {
        let count = self.len();
        let (u, k) = self.z.split_at(self.n * count);
        members.step(&mut LaneStep {
            t: &self.lanes.t,
            h: &self.lanes.h,
            rtol: &self.rtol,
            atol: &self.atol,
            u,
            k,
            inner: &mut self.inner,
            next: &mut self.next,
            square: &mut self.square,
        });
        self.finite.fill(0.0);
        for values in self.next.chunks_exact(count) {
            self.finite.iter_mut().zip(values).for_each(|(finite, x)| *finite += x * 0.0);
        }
        self.controllers.factors(&self.square, &self.lanes.h, &mut self.factor);
        if self.method.evidence.is_some() {
            let step = [&self.z[..], &self.inner, &self.next];
            let scale = Scale { rtol: self.options.rtol, atol: &self.atol };
            self.engine.tableau.stiffness_of_lanes(step, &self.lanes.h, &scale, &mut self.share);
        }
    }

    /// What becomes of each lane's step.
    fn judge<M: Members>(&mut self, members: &mut M) {
        let (n, count) = (self.n, self.len());
        for l in 0..count {
            let (lanes, square, factor) = (&mut self.lanes, self.square[l], self.factor[l]);
            if self.members[l].member.is_none() {
                continue;
            }
            if lanes.to[l] == lanes.t[l] || !(self.finite[l] == 0.0 && square < f64::INFINITY) {
                self.leaving.push((l, Fate::Leave));
            } else if square > 1.0 {
                lanes.rejected[l] += 1;
                let h = lanes.h[l] * factor;
                match is_distinct(h, lanes.t[l]) {
                    true => self.again.push(l),
                    false => self.leaving.push((l, Fate::Leave)),
                }
                (lanes.h[l], lanes.to[l]) = (h, lanes.t[l] + h);
            } else {
                lanes.steps[l] += 1;
                if let Some(fate) = self.accept(members, l) {
                    self.leaving.push((l, fate));
                }
            }
        }
        std::mem::swap(&mut self.z, &mut self.next);
        for l in self.again.drain(..) {
            for i in 0..2 * n {
                self.z[i * count + l] = self.next[i * count + l];
            }
        }
    }

    /// On to the end of a step that passed.
    #[inline]
    fn accept<M: Members>(&mut self, members: &mut M, l: usize) -> Option<Fate> {
        let lanes = &mut self.lanes;
        if let Some(weigh) = self.method.evidence {
            lanes.evidence[l] = weigh(self.share[l], lanes.evidence[l]);
            if lanes.evidence[l].is_infinite() {
                return Some(Fate::Leave);
            }
        }
        let saves = (lanes.to[l] - lanes.save[l]) * lanes.direction[l] >= 0.0;
        if saves || self.options.save == Save::Steps {
            self.save(members, l);
        }
        let lanes = &mut self.lanes;
        lanes.t[l] = lanes.to[l];
        if lanes.t[l] == lanes.t1[l] {
            return Some(Fate::Done);
        }
        if lanes.steps[l] + lanes.rejected[l] >= self.options.max_steps {
            return Some(Fate::Leave);
        }
        lanes.aim(l, lanes.h[l].abs() * self.factor[l]);
        None
    }

    /// The save points inside of a step and at its end.
    #[cold]
    fn save<M: Members>(&mut self, members: &mut M, l: usize) {
        let count = self.len();
        // The discrete variables that are saved are the member's own.
        members.select(l);
        let Lane { saver, solution, .. } = &mut self.members[l];
        let (t, h, to) = (self.lanes.t[l], self.lanes.h[l], self.lanes.to[l]);
        if saver.is_before(to) {
            gather(&mut self.record, [&self.z, &self.inner, &self.next], l, count);
            (self.record.t, self.record.h) = (t, h);
            let f = members.dynamics();
            self.work.counters.rhs = 0;
            self.engine.extend(f, &plain(f, t, h), &mut self.record, &mut self.work);
            solution.counters.rhs += self.work.counters.rhs;
            while let Some(time) = saver.next_before(to) {
                let from = solution.u.len();
                solution.t.push(time);
                solution.discrete.extend_from_slice(f.discrete());
                solution.u.resize(from + self.n, 0.0);
                self.engine.dense(&self.record, (time - t) / h, &mut solution.u[from..]);
            }
        }
        let (next, n) = (&self.next, self.n);
        let u = || (0..n).map(|i| next[i * count + l]);
        while saver.next_until(to).is_some() {
            solution.keep(to, u(), members.dynamics().discrete());
        }
        if saver.steps {
            solution.keep(to, u(), members.dynamics().discrete());
        }
        self.lanes.save[l] = saver.peek().unwrap_or(f64::INFINITY * self.lanes.direction[l]);
    }

    /// Ends a member's time in the tile.
    fn end<M: Members>(
        &mut self,
        members: &mut M,
        method: &dyn Method,
        (l, fate): (usize, Fate),
        interrupt: &AtomicBool,
        take: &mut dyn FnMut(&M, u64, Taken),
    ) {
        // A lane that waits stands still.
        self.lanes.h[l] = 0.0;
        let Some(member) = self.members[l].member.take() else { return };
        if fate == Fate::Leave {
            return solve_alone(members, method, member, interrupt, take);
        }
        members.select(l);
        let (count, stages) = (self.len(), self.engine.tableau.stages as u64);
        let solution = &mut self.members[l].solution;
        let counters = &mut solution.counters;
        counters.steps = self.lanes.steps[l];
        counters.rejected_by_error = self.lanes.rejected[l];
        counters.rhs += (counters.steps + counters.rejected_by_error) * (stages - 1);
        if self.options.save == Save::End {
            let u = (0..self.n).map(|i| self.z[i * count + l]);
            solution.keep(self.lanes.t1[l], u, members.dynamics().discrete());
        }
        take(members, member, Ok(solution));
    }
}

/// An interval of a system that nothing holds.
fn plain(f: &dyn Dynamics, t: f64, h: f64) -> Interval<'_> {
    let held = Held { modes: &[], discrete: f.discrete() };
    Interval { t, h, held, past: &NoPast, noise: &NoNoise }
}

/// The step of one lane, out of what the lanes have side by side.
fn gather(record: &mut Record, [z, inner, next]: [&[f64]; 3], l: usize, count: usize) {
    let copy = |to: &mut [f64], from: &[f64]| {
        to.iter_mut().zip(from[l..].iter().step_by(count)).for_each(|(to, from)| *to = *from);
    };
    copy(&mut record.z, z);
    copy(&mut record.stages, inner);
    copy(&mut record.next, next);
    record.extra.clear();
}
