//! A solve of a model of higher index: piece by piece, each with the choice of states that suits it.

use super::Compiled;
use super::reduced::{Constrained, held_at_start};
use crate::dynamics::Interval;
use crate::method::Method;
use crate::solve::{Failure, Options, Refusal, Save, Solution, Solver, Status, Watch};

impl Constrained<'_> {
    /// Solves from a consistent beginning near `u0`.
    ///
    /// # Errors
    /// As [`crate::solve::solve`].
    pub fn solve(
        &self,
        f: &Compiled,
        method: &dyn Method,
        options: &Options,
        (t0, t1): (f64, f64),
        watch: &mut Watch,
    ) -> Result<Solution, Refusal> {
        let (mut u, mut modes) = (f.values.u0.clone(), Vec::new());
        let tolerance = options.rtol;
        let at = Interval { held: held_at_start(f, t0, &u, &mut modes), ..Interval::plain(t0, t1 - t0) };
        let begun = self.begin(&at, &mut u, tolerance);
        if let Err(unsatisfied) = begun {
            let failure = Failure {
                row: Some(unsatisfied.row),
                residual: unsatisfied.residual,
                ..Failure::at(Status::Inconsistent, t0, 0.0, &unsatisfied.u)
            };
            return Ok(Solution::failed(u.len(), Failure { discrete: f.values.discrete.clone(), ..failure }));
        }
        let mut whole: Option<Solution> = None;
        let mut t = t0;
        loop {
            let done = whole.as_ref().map_or(0, |s| s.counters.steps + s.counters.rejected());
            let mut modes = Vec::new();
            let discrete = whole.as_ref().map_or(f.values.discrete.clone(), |s| s.last_discrete().to_vec());
            let held = held_at_start(f, t, &u, &mut modes);
            let at = Interval {
                held: crate::dynamics::Held { discrete: &discrete, ..held },
                ..Interval::plain(t, t1 - t)
            };
            let reduced = self.reduce(&at, &u);
            let piece_options = Options {
                save: rest(&options.save, (t0, t1), t),
                max_steps: options.max_steps.saturating_sub(done),
                discrete: whole.is_some().then(|| discrete.clone()),
                ..options.clone()
            };
            let mut solver = Solver::new(&reduced, method, &piece_options);
            let mut piece = solver.run(t, t1, &u, watch)?;
            if let Some(failure) = &mut piece.failure
                && failure.row.is_none()
            {
                failure.row = failure.index.filter(|&i| i < u.len()).map(|i| reduced.row(i));
            }
            let outgrown = piece.status == Status::Outgrown;
            if outgrown {
                t = *piece.t.last().expect("an outgrown piece ends with a row");
                u.copy_from_slice(piece.last());
            }
            whole = Some(match whole {
                None => piece,
                Some(whole) => join(whole, piece),
            });
            if !outgrown {
                break;
            }
        }
        let mut solution = whole.expect("a piece was solved");
        if options.save != Save::Steps {
            keep_asked(&mut solution, &options.save, (t0, t1));
        }
        Ok(solution)
    }
}

/// The save points that are still to come after a piece ended at `t`; a piece that is not the first leaves out its beginning.
fn rest(save: &Save, (t0, t1): (f64, f64), t: f64) -> Save {
    let direction = if t1 < t0 { -1.0 } else { 1.0 };
    match save {
        _ if t == t0 => save.clone(),
        Save::End | Save::Steps => save.clone(),
        _ => Save::At(save.times(t0, t1).into_iter().filter(|s| (s - t) * direction > 0.0).collect()),
    }
}

/// Drops the rows at the ends of pieces that nobody asked for, but not where a run ended early.
fn keep_asked(solution: &mut Solution, save: &Save, (t0, t1): (f64, f64)) {
    let asked = save.times(t0, t1);
    let mut keep: Vec<bool> = match save {
        Save::End => solution.t.iter().map(|&t| t == t1).collect(),
        _ => solution.t.iter().map(|t| asked.contains(t)).collect(),
    };
    if solution.status != Status::Finished
        && let Some(last) = keep.last_mut()
    {
        *last = true;
    }
    solution.retain(&keep);
}

/// One solution after the other; the first row of the second is left out where it repeats the last of the first.
fn join(mut first: Solution, second: Solution) -> Solution {
    let skip = usize::from(!second.t.is_empty() && second.t.first() == first.t.last());
    let width = second.discrete.len() / second.t.len().max(1);
    first.t.extend_from_slice(&second.t[skip..]);
    first.u.extend_from_slice(&second.u[skip * second.n..]);
    first.discrete.extend_from_slice(&second.discrete[skip * width..]);
    first.crossings.extend(second.crossings);
    first.firings.extend(second.firings);
    first.logged.extend(second.logged);
    let undefined = second.undefined.into_iter();
    let new = undefined.filter(|(_, direction)| !first.undefined.iter().any(|(_, known)| known == direction));
    let new: Vec<_> = new.collect();
    first.undefined.extend(new);
    let notes = second.notes.into_iter().filter(|(_, note)| !first.notes.iter().any(|(_, n)| n == note));
    let notes: Vec<_> = notes.collect();
    first.notes.extend(notes);
    (first.status, first.failure) = (second.status, second.failure);
    first.counters.add(&second.counters);
    first
}
