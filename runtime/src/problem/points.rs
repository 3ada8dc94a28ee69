//! The times at which tables that are read at a line in t go from one piece to the next.

use std::sync::Arc;

use nde_compiler::check::model::Table;
use nde_compiler::derive::system::{System, Timing};
use nde_compiler::program::{Missing, Program, Purpose};

use super::Kernel;

/// The tables among the timed modes.
pub struct TablePoints {
    /// Where each timed mode's function is, which for a table is the line that it is read at.
    kernel: Kernel,
    /// The place of a mode among the timed ones, and the table that it is of.
    modes: Vec<(usize, usize)>,
    /// The times of each table.
    times: Vec<Arc<[f64]>>,
}

/// Where modes that number the pieces of tables are among the timed ones, and the table of each.
pub fn places(system: &System) -> Vec<(usize, usize)> {
    let (mut places, mut place) = (Vec::new(), 0);
    for mode in system.switches.iter().filter(|mode| mode.timing == Timing::Timed) {
        let next = place + mode.axes.iter().map(|r| r.len() as usize).product::<usize>();
        places.extend(mode.table.into_iter().flat_map(|table| (place..next).map(move |k| (k, table))));
        place = next;
    }
    places
}

/// Runs a kernel of t and parameters.
type At<'a> = dyn Fn(&Kernel, f64, &mut [f64]) + 'a;

impl TablePoints {
    /// `None` where no step ends at a point of a table.
    ///
    /// # Errors
    /// A host function is missing.
    pub fn of(program: &Program) -> Result<Option<TablePoints>, Missing> {
        let system = program.system();
        let modes = places(&system);
        let of = |table: &Table| table.points.as_ref().map_or_else(|_| Arc::default(), |p| p.times.clone());
        let times = system.model.tables.iter().map(of).collect();
        drop(system);
        if modes.is_empty() {
            return Ok(None);
        }
        let kernel = Kernel::new(program.kernel(Purpose::Roots(Timing::Timed))?);
        Ok(Some(TablePoints { kernel, modes, times }))
    }

    /// The first point after t on the way to t1, or t1.
    pub fn next(&self, at: &At, t: f64, t1: f64) -> f64 {
        let read = |t: f64| {
            let mut read = vec![0.0; self.kernel.len()];
            at(&self.kernel, t, &mut read);
            read
        };
        let (from, to) = (read(t), read(t1));
        let mut next = t1;
        for &(place, table) in &self.modes {
            let times = &self.times[table];
            let (x, slope) = (from[place], (to[place] - from[place]) / (t1 - t));
            let rises = to[place] > x;
            if !(slope.is_finite() && slope != 0.0) {
                continue;
            }
            let mut k = times.partition_point(|&time| time <= x);
            loop {
                // Falling, the point at the beginning of the piece comes next.
                let point = match rises {
                    true => times.get(k),
                    false => k.checked_sub(1).and_then(|k| times.get(k)),
                };
                let Some(&point) = point else { break };
                let guess = t + (point - x) / slope;
                // The line is read again, so that a table that is read at t itself has its own times as points.
                let crossing = guess - (read(guess)[place] - point) / slope;
                if is_after(crossing, t, t1) {
                    next = if (crossing - next) * (t1 - t) < 0.0 { crossing } else { next };
                    break;
                }
                k = if rises { k + 1 } else { k - 1 };
            }
        }
        next
    }
}

/// Whether a time lies beyond t, on the way to t1, by more than rounding.
fn is_after(time: f64, t: f64, t1: f64) -> bool {
    let ahead = (time - t) * (t1 - t).signum();
    ahead > 4.0 * f64::EPSILON * t.abs()
}
