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
use crate::solve::controller::Controller;
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
    lanes: Vec<Lane>,
    t: Vec<f64>,
    h: Vec<f64>,
    rtol: Vec<f64>,
    atol: Vec<f64>,
    /// u and the first stage; then the same at the end of the step.
    z: Vec<f64>,
    next: Vec<f64>,
    inner: Vec<f64>,
    square: Vec<f64>,
    /// 0 where all values of a lane's step are finite, else NaN.
    finite: Vec<f64>,
    /// One lane's step, to be read from.
    record: Record,
    probe: Vec<f64>,
    work: Work<'static>,
}

/// A member on its way.
struct Lane {
    run: Option<Run>,
    solution: Solution,
}

struct Run {
    member: u64,
    t: f64,
    t1: f64,
    direction: f64,
    /// |h| as the controller wants it.
    wanted: f64,
    aim: Aim,
    controller: Controller,
    saver: Saver,
    evidence: f64,
}

/// The step that is tried.
#[derive(Clone, Copy)]
struct Aim {
    h: f64,
    to: f64,
    /// Whether it was shortened after an error.
    shortened: Shortened,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shortened {
    No,
    Yes,
}

/// How a lane goes on after a step.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    GoOn,
    /// From where it was.
    Again,
    Done,
    /// Alone, from its beginning.
    Leave,
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
        let count = members.make_lanes(side_by_side.tableau);
        if count < 2 {
            return None;
        }
        let options = members.options().clone();
        let tolerances = options.tolerances(n);
        let engine = Explicit { tableau: side_by_side.tableau };
        let record = engine.record(n);
        let lane = |_| Lane { run: None, solution: Solution::empty(n) };
        let zeros = |width: usize| vec![0.0; width * count];
        Some(Tile {
            method: side_by_side,
            n,
            lanes: (0..count).map(lane).collect(),
            t: zeros(1),
            h: zeros(1),
            rtol: vec![options.rtol; count],
            atol: tolerances.iter().flat_map(|&atol| vec![atol; count]).collect(),
            z: zeros(2 * n),
            next: zeros(2 * n),
            inner: zeros(record.stages.len()),
            square: zeros(1),
            finite: zeros(1),
            record,
            engine,
            probe: vec![0.0; 2 * n],
            work: Work::vectors(n),
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
        self.lanes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
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
        self.lanes.iter_mut().for_each(|lane| lane.run = None);
        self.h.fill(0.0);
        loop {
            let mut busy = 0;
            for l in 0..self.lanes.len() {
                while self.lanes[l].run.is_none() {
                    let Some(member) = queue.next() else { break };
                    if !self.begin(members, l, member) {
                        solve_alone(members, method, member, interrupt, take);
                    }
                }
                busy += usize::from(self.lanes[l].run.is_some());
            }
            if busy == 0 || interrupt.load(Ordering::Relaxed) {
                break;
            }
            self.aim();
            self.step(members);
            self.judge(members, method, interrupt, take);
        }
    }

    /// Gives a lane a member; whether the member can run in a lane at all.
    fn begin<M: Members>(&mut self, members: &mut M, l: usize, member: u64) -> bool {
        let Ok([t0, t1]) = members.bind(member) else { return false };
        let (f, n, count) = (members.dynamics(), self.n, self.lanes.len());
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
        let mut saver = Saver::new(&members.options().save, t0, t1);
        let solution = &mut self.lanes[l].solution;
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
        self.t[l] = t0;
        self.lanes[l].run = Some(Run {
            member,
            t: t0,
            t1,
            direction: if t1 < t0 { -1.0 } else { 1.0 },
            wanted,
            aim: Aim { h: 0.0, to: t0, shortened: Shortened::No },
            controller: Controller::new(self.options.control.of(&self.engine)),
            saver,
            evidence: 0.0,
        });
        true
    }

    /// Where each lane's step ends.
    fn aim(&mut self) {
        for (l, lane) in self.lanes.iter_mut().enumerate() {
            let Some(run) = &mut lane.run else { continue };
            if run.aim.shortened == Shortened::No {
                let left = run.t1 - run.t;
                let h = run.wanted * run.direction;
                let (h, to) = if run.wanted * 1.0000001 >= left.abs() { (left, run.t1) } else { (h, run.t + h) };
                run.aim = Aim { h, to, shortened: Shortened::No };
            }
            self.h[l] = run.aim.h;
        }
    }

    fn step<M: Members>(&mut self, members: &mut M) {
        let count = self.lanes.len();
        let (u, k) = self.z.split_at(self.n * count);
        members.step(&mut LaneStep {
            t: &self.t,
            h: &self.h,
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
    }

    /// What becomes of each lane's step.
    fn judge<M: Members>(
        &mut self,
        members: &mut M,
        method: &dyn Method,
        interrupt: &AtomicBool,
        take: &mut dyn FnMut(&M, u64, Taken),
    ) {
        let (n, count) = (self.n, self.lanes.len());
        let mut again = Vec::new();
        let mut leaving = Vec::new();
        for l in 0..count {
            match self.judge_lane(members, l) {
                Fate::GoOn => {}
                Fate::Again => again.push(l),
                fate => leaving.push((l, fate)),
            }
        }
        std::mem::swap(&mut self.z, &mut self.next);
        for &l in &again {
            for i in 0..2 * n {
                self.z[i * count + l] = self.next[i * count + l];
            }
        }
        for (l, fate) in leaving {
            let Some(run) = self.lanes[l].run.take() else { continue };
            // A lane that waits stands still.
            self.h[l] = 0.0;
            match fate {
                Fate::Leave => solve_alone(members, method, run.member, interrupt, take),
                _ => {
                    members.select(l);
                    let solution = &mut self.lanes[l].solution;
                    if self.options.save == Save::End {
                        let u = (0..n).map(|i| self.z[i * count + l]);
                        solution.keep(run.t, u, members.dynamics().discrete());
                    }
                    take(members, run.member, Ok(solution));
                }
            }
        }
    }

    fn judge_lane<M: Members>(&mut self, members: &mut M, l: usize) -> Fate {
        let Tile { lanes, engine, record, z, next, inner, .. } = self;
        let (n, count) = (self.n, lanes.len());
        let Lane { run, solution } = &mut lanes[l];
        let Some(run) = run else { return Fate::GoOn };
        let (square, order) = (self.square[l], engine.error_order());
        if run.aim.to == run.t || !(self.finite[l] == 0.0 && square.is_finite()) {
            return Fate::Leave;
        }
        solution.counters.rhs += engine.tableau.stages as u64 - 1;
        if square > 1.0 {
            solution.counters.rejected_by_error += 1;
            return run.shorten(square, order);
        }
        solution.counters.steps += 1;
        let factor = run.controller.accept(square, order, run.aim.h);
        let reads = run.saver.is_before(run.aim.to);
        if reads || self.method.evidence.is_some() {
            gather(record, [&*z, &*inner, &*next], l, count);
            (record.t, record.h) = (run.t, run.aim.h);
        }
        if let Some(weigh) = self.method.evidence {
            let share = engine.stiffness(record, &mut self.work).unwrap_or(0.0);
            run.evidence = weigh(share, run.evidence);
            if run.evidence.is_infinite() {
                return Fate::Leave;
            }
        }
        if reads {
            members.select(l);
            read(engine, members.dynamics(), record, &mut self.work, run, solution);
        }
        run.t = run.aim.to;
        self.t[l] = run.t;
        run.wanted = run.aim.h.abs() * factor;
        run.aim.shortened = Shortened::No;
        let u = || (0..n).map(|i| next[i * count + l]);
        while run.saver.next_until(run.t).is_some() {
            solution.keep(run.t, u(), members.dynamics().discrete());
        }
        if run.saver.steps {
            solution.keep(run.t, u(), members.dynamics().discrete());
        }
        match run.t == run.t1 {
            true => Fate::Done,
            false if solution.counters.steps + solution.counters.rejected() >= self.options.max_steps => {
                Fate::Leave
            }
            false => Fate::GoOn,
        }
    }
}

impl Run {
    /// Tries a shorter step after an error that was too large.
    fn shorten(&mut self, square: f64, order: u32) -> Fate {
        let h = self.aim.h * self.controller.reject(square, order);
        if !is_distinct(h, self.t) {
            return Fate::Leave;
        }
        self.wanted = h.abs();
        self.aim = Aim { h, to: self.t + h, shortened: Shortened::Yes };
        Fate::Again
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

/// The save points inside of a step.
fn read(
    engine: &Explicit,
    f: &dyn Dynamics,
    record: &mut Record,
    work: &mut Work,
    run: &mut Run,
    solution: &mut Solution,
) {
    let at = plain(f, run.t, run.aim.h);
    work.counters.rhs = 0;
    engine.extend(f, &at, record, work);
    solution.counters.rhs += work.counters.rhs;
    while let Some(t) = run.saver.next_before(run.aim.to) {
        let from = solution.u.len();
        solution.t.push(t);
        solution.discrete.extend_from_slice(f.discrete());
        solution.u.resize(from + record.n, 0.0);
        engine.dense(record, (t - run.t) / run.aim.h, &mut solution.u[from..]);
    }
}
