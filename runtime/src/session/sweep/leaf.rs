//! The work of a thread on one leaf of members: what is read from their solutions, and which of them failed.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use super::observe::{Observed, Reader};
use crate::method::{Counters, Method};
use crate::problem::Bound;
use crate::solve::ensemble::{Moments, Taken, Tile, solve_range};
use crate::solve::{Failure, Save, Solution, Status};

/// So many members of a leaf that failed are listed.
const LISTED: usize = 16;

/// What is made of a leaf's members.
pub enum Kept {
    /// Of each member by number: its rows of t and the values, one after the other.
    Rows(Vec<(u64, Vec<f64>)>),
    /// For each save point and each value.
    Parts(Vec<Part>),
}

/// A value at a save point, over the members of a leaf.
pub struct Part {
    pub moments: Moments,
    /// Themselves, where quantiles are asked for.
    pub values: Vec<f64>,
}

/// A member without a whole solution.
#[derive(Clone)]
pub struct Failed {
    pub member: u64,
    pub failure: Result<Box<Failure>, String>,
}

/// The result of a leaf.
pub struct Leaf {
    pub kept: Kept,
    pub done: u64,
    pub failed: u64,
    pub listed: Vec<Failed>,
    pub counters: Counters,
    /// What the method of the first member said it decided.
    pub notes: Vec<(f64, String)>,
}

/// Which statistics a value is read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    Moments,
    Values,
}

/// What all threads know.
pub struct Plan<'p> {
    pub method: &'p dyn Method,
    pub observed: &'p Observed,
    /// The save points; one, of whatever time, for `Save::End`.
    pub times: Vec<f64>,
    pub save: Save,
    /// What is wanted of each value; `None` for rows.
    pub wanted: Option<Vec<Wanted>>,
    pub interrupt: &'p AtomicBool,
}

/// A thread's problem and buffers.
pub struct Worker<'p> {
    plan: &'p Plan<'p>,
    bound: Bound,
    tile: Option<Tile>,
    reader: Reader<'p>,
}

impl<'p> Worker<'p> {
    pub fn new(plan: &'p Plan<'p>, mut bound: Bound, reader: Reader<'p>) -> Worker<'p> {
        let tile = Tile::new(&mut bound, plan.method);
        Worker { plan, bound, tile, reader }
    }

    /// Solves the members of a leaf.
    pub fn work(&mut self, range: Range<u64>) -> Leaf {
        let Worker { plan, bound, tile, reader } = self;
        let kept = Kept::Rows(Vec::new());
        let (listed, counters, notes) = (Vec::new(), Counters::default(), Vec::new());
        let mut leaf = Leaf { kept, done: 0, failed: 0, listed, counters, notes };
        let mut sheet = Sheet::new(plan, &range);
        let mut rows: Vec<(u64, Vec<f64>)> = Vec::new();
        solve_range(bound, plan.method, tile.as_mut(), range, plan.interrupt, &mut |bound, member, taken| {
            leaf.note(member, &taken);
            match &plan.wanted {
                Some(_) => sheet.take(plan, reader, bound, member, taken),
                None => rows.push((member, rows_of(plan, reader, bound, taken))),
            }
        });
        rows.sort_by_key(|(member, _)| *member);
        leaf.listed.sort_by_key(|failed| failed.member);
        leaf.listed.truncate(LISTED);
        leaf.kept = match &plan.wanted {
            Some(wanted) => Kept::Parts(sheet.parts(wanted)),
            None => Kept::Rows(rows),
        };
        leaf
    }
}

impl Leaf {
    fn note(&mut self, member: u64, taken: &Taken) {
        self.done += 1;
        let failure = match taken {
            Ok(solution) => {
                self.counters.add(&solution.counters);
                if self.notes.is_empty() {
                    self.notes.clone_from(&solution.notes);
                }
                solution.failure.clone().map(|failure| Ok(Box::new(failure)))
            }
            Err(reason) => Some(Err((*reason).to_owned())),
        };
        if let Some(failure) = failure {
            self.failed += 1;
            self.listed.push(Failed { member, failure });
            if self.listed.len() > 4 * LISTED {
                self.listed.sort_by_key(|failed| failed.member);
                self.listed.truncate(LISTED);
            }
        }
    }
}

/// How many rows of a solution are those of the first save points.
fn reached(save: &Save, times: &[f64], solution: &Solution) -> usize {
    match (save, solution.failure.is_some()) {
        (Save::End, true) => 0,
        (Save::End, false) => 1,
        _ => solution.t.iter().zip(times).take_while(|(t, time)| t == time).count(),
    }
}

/// The rows of a member. Those that a failure kept from being reached are NaN.
fn rows_of(plan: &Plan, reader: &mut Reader, bound: &Bound, taken: Taken) -> Vec<f64> {
    let width = plan.observed.width();
    let mut rows = Vec::new();
    let (mut times, mut first) = (Vec::new(), 0);
    if !matches!(taken, Ok(solution) if solution.failure.is_none()) {
        // They are the member's own: what varies may decide them.
        times = bound.times();
    }
    if let Ok(solution) = taken {
        first = match solution.failure.is_some() && plan.save != Save::Steps {
            true => reached(&plan.save, &times, solution),
            false => solution.t.len(),
        };
        for row in 0..first {
            let from = rows.len();
            rows.push(solution.t[row]);
            rows.resize(from + 1 + width, f64::NAN);
            reader.read(bound.compiled(), solution, row, &mut rows[from + 1..]);
        }
    }
    for &t in times.iter().skip(first) {
        rows.push(t);
        rows.resize(rows.len() + width, f64::NAN);
    }
    rows
}

/// The values of a leaf's members, so that they can be combined in the order of the members.
struct Sheet {
    first: u64,
    members: usize,
    /// Value s at save point r of member m is at (r·width + s)·members + m.
    values: Vec<f64>,
    /// How many save points each member has.
    reached: Vec<usize>,
    row: Vec<f64>,
}

impl Sheet {
    fn new(plan: &Plan, range: &Range<u64>) -> Sheet {
        let members = (range.end - range.start) as usize;
        let width = if plan.wanted.is_some() { plan.observed.width() } else { 0 };
        Sheet {
            first: range.start,
            members,
            values: vec![f64::NAN; members * plan.times.len() * width],
            reached: vec![0; members],
            row: vec![f64::NAN; width],
        }
    }

    fn take(&mut self, plan: &Plan, reader: &mut Reader, bound: &Bound, member: u64, taken: Taken) {
        let Ok(solution) = taken else { return };
        if !matches!(solution.status, Status::Finished | Status::Stopped) {
            return;
        }
        let (place, width) = ((member - self.first) as usize, self.row.len());
        let count = reached(&plan.save, &plan.times, solution);
        for r in 0..count {
            // `End` keeps the last row, wherever the run stopped.
            let row = if plan.save == Save::End { solution.t.len() - 1 } else { r };
            reader.read(bound.compiled(), solution, row, &mut self.row);
            for (s, &value) in self.row.iter().enumerate() {
                self.values[(r * width + s) * self.members + place] = value;
            }
        }
        self.reached[place] = count;
    }

    fn parts(&self, wanted: &[Wanted]) -> Vec<Part> {
        let mut parts = Vec::with_capacity(self.values.len() / self.members.max(1));
        for (k, values) in self.values.chunks_exact(self.members.max(1)).enumerate() {
            let row = k / wanted.len().max(1);
            let there = values.iter().zip(&self.reached).filter(|(_, reached)| **reached > row);
            let there: Vec<f64> = there.map(|(x, _)| *x).collect();
            let moments = Moments::of(&there);
            let values = if wanted[k % wanted.len()] == Wanted::Values { there } else { Vec::new() };
            parts.push(Part { moments, values });
        }
        parts
    }
}
