//! Many solves of one system with different values: a sweep, an ensemble.
//!
//! The members are cut into leaves of consecutive numbers. Threads take leaves ([`in_order`]), solve their members one by
//! one or side by side in a [`Tile`] ([`solve_range`]), and what they make of a leaf is combined in the order of the leaves.
//! Neither a member's bits nor those of a statistic depend on the number of threads.

mod leaves;
mod moments;
mod quantiles;
mod tile;

pub use leaves::{Pool, in_order, leaf_size};
pub use moments::{Moments, Tree};
pub use quantiles::{EXACT, Quantiles};
pub use tile::Tile;

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Options, Refusal, Solution, Solver, Status, Watch};
use crate::dynamics::Dynamics;
use crate::method::Method;
use crate::tableau::Tableau;

/// A system whose values change from member to member; each thread has its own.
pub trait Members {
    /// Gives the system the values of a member; answers where its run begins and ends.
    ///
    /// # Errors
    /// Why this member cannot be solved at all.
    fn bind(&mut self, member: u64) -> Result<[f64; 2], String>;

    /// The system with the values bound last.
    fn dynamics(&self) -> &dyn Dynamics;

    /// The initial values bound last.
    fn initial(&self) -> &[f64];

    /// The options, the same for all members but for the times to save.
    fn options(&self) -> &Options;

    /// Solves the member that is bound.
    ///
    /// # Errors
    /// As [`super::solve`].
    fn solve(&self, method: &dyn Method, span: [f64; 2], watch: &mut Watch) -> Result<Solution, Refusal> {
        let [t0, t1] = span;
        Solver::new(self.dynamics(), method, self.options()).run(t0, t1, self.initial(), watch)
    }

    /// Makes room for the values of several members and a kernel that steps them; answers for how many, 0 where there is
    /// no such kernel.
    fn make_lanes(&mut self, tableau: &Tableau) -> usize;

    /// Gives the values bound now to a lane.
    fn load(&mut self, lane: usize);

    /// Binds the values of a lane again.
    fn select(&mut self, lane: usize);

    /// Steps all lanes.
    fn step(&mut self, step: &mut LaneStep);
}

/// One step of every lane, each over its own interval. Element i of lane l is at i·lanes + l.
pub struct LaneStep<'a> {
    pub t: &'a [f64],
    pub h: &'a [f64],
    pub rtol: &'a [f64],
    pub atol: &'a [f64],
    /// The unknowns.
    pub u: &'a [f64],
    /// The first stage.
    pub k: &'a [f64],
    /// Receives the stages between the first and the last.
    pub inner: &'a mut [f64],
    /// Receives the unknowns at the end of the step, and the last stage.
    pub next: &'a mut [f64],
    /// Receives the squares of the scaled errors.
    pub square: &'a mut [f64],
}

/// What became of a member: its solution, or why there is none.
pub type Taken<'a> = Result<&'a Solution, &'a str>;

/// Solves the members of a range and hands each to `take`, in any order; those that an interrupt met are left out.
pub fn solve_range<M: Members>(
    members: &mut M,
    method: &dyn Method,
    tile: Option<&mut Tile>,
    range: Range<u64>,
    interrupt: &AtomicBool,
    take: &mut dyn FnMut(&M, u64, Taken),
) {
    if let Some(tile) = tile {
        return tile.solve(members, method, range, interrupt, take);
    }
    for member in range {
        if interrupt.load(Ordering::Relaxed) {
            break;
        }
        solve_alone(members, method, member, interrupt, take);
    }
}

/// Solves one member.
fn solve_alone<M: Members>(
    members: &mut M,
    method: &dyn Method,
    member: u64,
    interrupt: &AtomicBool,
    take: &mut dyn FnMut(&M, u64, Taken),
) {
    let span = match members.bind(member) {
        Ok(span) => span,
        Err(reason) => return take(members, member, Err(&reason)),
    };
    let mut watch = Watch { interrupt: Some(interrupt), progress: None };
    match members.solve(method, span, &mut watch) {
        Ok(solution) if solution.status == Status::Interrupted => {}
        Ok(solution) => take(members, member, Ok(&solution)),
        Err(refusal) => take(members, member, Err(&refusal.to_string())),
    }
}
