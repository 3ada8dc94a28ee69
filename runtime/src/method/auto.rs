//! Switching between an explicit and an implicit method as the problem's stiffness asks for.
//!
//! z = (the memory of either method, which method, evidence against it, switches so far): the choice is part of the memory, so that
//! rejecting, resuming and reversing a step finds the method that made it. Both memories begin with u.

use super::whole::Whole;
use super::{Bdf, Explicit, Method, NextSize, Record, Rosenbrock, SideBySide, Verdict, Wish, Work, tableaus};
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::linear;
use crate::tableau::Tableau;

/// A step that uses this share of the explicit method's stability interval is evidence of stiffness.
const STIFF: f64 = 0.8;
const STIFF_STEPS: f64 = 10.0;

/// A step that uses this share is weak evidence: at tight tolerances the error of a step that is nearly unstable is rejected before
/// its stability is used up, but at loose ones steps as long as that may be what accuracy asks for.
const NEARLY_STIFF: f64 = 0.5;
const WEAK: f64 = 0.05;

/// A step of the implicit method that the explicit one could take within this share is evidence against stiffness.
const EASY: f64 = 0.5;
const EASY_STEPS: f64 = 5.0;

/// After this many switches the implicit method stays.
const MOST_SWITCHES: f64 = 10.0;

/// The values of the entry that tells the method; 0 is a memory without a choice yet.
const EXPLICIT: f64 = 1.0;
const IMPLICIT: f64 = 2.0;

/// Larger systems are left to `bdf`, which solves one system a step and keeps its factors, while Rosenbrock methods make new ones.
const LARGEST_ROSENBROCK: usize = 100;

/// The evidence of stiffness after an explicit step that used this share of what is stable; infinite where it suffices.
fn weighed(share: f64, evidence: f64) -> f64 {
    let evidence = match share {
        share if share > STIFF => evidence + 1.0,
        share if share > NEARLY_STIFF => evidence + WEAK,
        _ => (evidence - 1.0).max(0.0),
    };
    if evidence >= STIFF_STEPS { f64::INFINITY } else { evidence }
}

/// The verdict on an implicit step, whose size follows the predictive controller.
fn predicted(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Judged { square, next: NextSize::Order(order) } => {
            Verdict::Judged { square, next: NextSize::Predicted(order) }
        }
        other => other,
    }
}

/// The pair of methods that `auto` runs.
pub struct Auto {
    explicit: Explicit,
    implicit: Box<dyn Method>,
    /// The name of the implicit method.
    name: &'static str,
}

impl Auto {
    /// The pair for a tolerance, a problem and a form of its linear systems, which not every method can use.
    pub fn new(wish: &Wish) -> Auto {
        let tableau: &'static Tableau = match wish.rtol {
            rtol if rtol > 3e-8 => &tableaus::TSIT5,
            rtol if rtol > 1e-11 => &tableaus::VERN7,
            _ => &tableaus::VERN9,
        };
        let explicit = Explicit { tableau };
        match wish.facts.dim <= LARGEST_ROSENBROCK && wish.linear != linear::Wish::Krylov {
            true => {
                let implicit = Box::new(Rosenbrock { tableau: &tableaus::RODAS5P });
                Auto { explicit, implicit, name: "rodas5p" }
            }
            false => Auto { explicit, implicit: Box::new(Bdf::up_to(5)), name: "bdf" },
        }
    }

    /// The length of the memories of both methods together.
    fn shared(&self, n: usize) -> usize {
        self.implicit.memory(n).max(2 * n)
    }

    fn is_explicit(&self, n: usize, z: &[f64]) -> bool {
        z[self.shared(n)] == EXPLICIT
    }

    /// The method that a memory asks for.
    fn chosen(&self, n: usize, z: &[f64]) -> &dyn Method {
        if self.is_explicit(n, z) { &self.explicit } else { self.implicit.as_ref() }
    }

    /// Weighs an accepted explicit step, and turns to the implicit method when the evidence suffices.
    fn weigh_explicit(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) {
        let (n, own) = (record.n, self.shared(record.n));
        let share = self.explicit.stiffness(record, scale, work).unwrap_or(0.0);
        let (t, switches) = (at.t + at.h, record.next[own + 2]);
        let evidence = &mut record.next[own + 1];
        *evidence = weighed(share, *evidence);
        if evidence.is_infinite() {
            let why = format!("the steps of {} are limited by stability", self.explicit.tableau.name);
            work.notes.push((t, format!("{}: {why}", self.name)));
            record.next[own..].copy_from_slice(&[IMPLICIT, 0.0, switches + 1.0]);
            let end = Interval { t, ..*at };
            self.implicit.start(f, &end, &mut record.next[..self.implicit.memory(n)], work);
        }
    }

    /// Weighs an accepted implicit step by ‖J‖, which bounds every |λ|.
    fn weigh_implicit(&self, f: &dyn Dynamics, at: &Interval, record: &mut Record, work: &mut Work) {
        let (n, own) = (record.n, self.shared(record.n));
        // The dense output of a step by a method that remembers more than u reads what the explicit one would write.
        if self.implicit.memory(n) != n {
            return;
        }
        let switches = record.next[own + 2];
        let Some(shifted) = work.shifted.as_ref().filter(|shifted| shifted.mass().is_none()) else {
            return;
        };
        let sums = &mut work.scratch[..n];
        sums.fill(0.0);
        let steps = work.counters.steps;
        match work.linear_kernel.as_ref().and_then(|kernels| kernels.last(steps)) {
            Some(linear) => {
                let entries = &linear.values[2 * n..];
                linear
                    .kernel
                    .entries()
                    .iter()
                    .zip(entries)
                    .for_each(|(&(i, _), j)| sums[i as usize] += j.abs());
            }
            None => shifted.pattern().each(|slot, i, _| sums[i] += work.jacobian[slot].abs()),
        }
        let share =
            at.h.abs() * sums.iter().fold(0.0, |m: f64, s| m.max(*s)) / self.explicit.tableau.real_stability;
        let evidence = &mut record.next[own + 1];
        *evidence = if share < EASY { *evidence + 1.0 } else { 0.0 };
        if *evidence >= EASY_STEPS && switches < MOST_SWITCHES {
            let (t, name) = (at.t + at.h, self.explicit.tableau.name);
            work.notes.push((t, format!("{name}: the steps are no longer limited by stability")));
            record.next[own..].copy_from_slice(&[EXPLICIT, 0.0, switches + 1.0]);
            let end = Interval { t, ..*at };
            self.explicit.start(f, &end, &mut record.next[..2 * n], work);
        }
    }
}

impl Method for Auto {
    fn error_order(&self) -> u32 {
        self.explicit.error_order()
    }

    fn is_one_step(&self, n: usize, z: &[f64]) -> bool {
        self.chosen(n, z).is_one_step(n, z)
    }

    fn side_by_side(&self) -> Option<SideBySide> {
        Some(SideBySide { tableau: self.explicit.tableau, evidence: Some(weighed) })
    }

    fn memory(&self, n: usize) -> usize {
        self.shared(n) + 3
    }

    fn record(&self, n: usize) -> Record {
        let (explicit, implicit) = (self.explicit.record(n), self.implicit.record(n));
        let memory = vec![0.0; self.memory(n)];
        let stages = vec![0.0; explicit.stages.len().max(implicit.stages.len())];
        Record { z: memory.clone(), next: memory, stages, ..explicit }
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work { kernel: Some(Whole::new(f)), ..self.implicit.work(f) }
    }

    fn start(&self, f: &dyn Dynamics, at: &Interval, z: &mut [f64], work: &mut Work) {
        let (n, own) = (f.dim(), self.shared(f.dim()));
        if z[own] == 0.0 {
            let (choice, note) = if f.mass().is_some() {
                (IMPLICIT, format!("{}: the system has a mass matrix", self.name))
            } else {
                let name = self.explicit.tableau.name;
                (EXPLICIT, format!("{name}: nothing says that the problem is stiff; the steps are watched"))
            };
            z[own] = choice;
            work.notes.push((at.t, note));
        }
        if self.is_explicit(n, z) {
            self.explicit.start(f, at, &mut z[..2 * n], work);
        } else {
            self.implicit.start(f, at, &mut z[..self.implicit.memory(n)], work);
        }
    }

    fn derivative<'a>(&self, n: usize, z: &'a [f64]) -> Option<&'a [f64]> {
        self.chosen(n, z).derivative(n, z)
    }

    fn step(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Verdict {
        let n = record.n;
        let explicit = self.is_explicit(n, &record.z);
        let verdict = if explicit {
            self.explicit.step(f, at, scale, record, work)
        } else {
            predicted(self.implicit.step(f, at, scale, record, work))
        };
        if matches!(verdict, Verdict::Judged { square, .. } if square <= 1.0) {
            let own = self.shared(n);
            record.next[own..].copy_from_slice(&record.z[own..]);
            if explicit {
                self.weigh_explicit(f, at, scale, record, work);
            } else {
                self.weigh_implicit(f, at, record, work);
            }
        }
        verdict
    }

    fn extend(&self, f: &dyn Dynamics, at: &Interval, record: &mut Record, work: &mut Work) {
        if self.is_explicit(record.n, &record.z) {
            self.explicit.extend(f, at, record, work);
        } else {
            self.implicit.extend(f, at, record, work);
        }
    }

    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        self.chosen(record.n, &record.z).dense(record, θ, u);
    }

    fn local_error(&self, record: &Record, e: &mut [f64]) {
        self.chosen(record.n, &record.z).local_error(record, e);
    }

    fn not_finite(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)> {
        self.chosen(record.n, &record.z).not_finite(f, at, record, u)
    }

    fn pull(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        cotangents: &[(f64, &[f64])],
        z̄: &mut [f64],
        p̄: &mut [f64],
        work: &mut Work,
    ) {
        let (n, held) = (record.n, self.implicit.memory(record.n));
        let (explicit, stays) = (
            self.is_explicit(n, &record.z),
            self.is_explicit(n, &record.z) == self.is_explicit(n, &record.next),
        );
        if !stays {
            let end = Interval { t: at.t + at.h, ..*at };
            // Past the unknowns, the memory at the end is what the other method began with.
            match explicit {
                true => self.implicit.pull_start(f, &end, &record.next[..held], &mut z̄[..held], p̄),
                false => self.explicit.pull_start(f, &end, &record.next[..2 * n], &mut z̄[..2 * n], p̄),
            }
            z̄[n..].fill(0.0);
        }
        match explicit {
            true => self.explicit.pull(f, at, record, cotangents, &mut z̄[..2 * n], p̄, work),
            false => {
                self.implicit.pull(f, at, record, cotangents, &mut z̄[..held], p̄, work);
                z̄[held..].fill(0.0);
            }
        }
    }

    fn pull_start(&self, f: &dyn Dynamics, at: &Interval, z: &[f64], z̄: &mut [f64], p̄: &mut [f64]) {
        let n = f.dim();
        if self.is_explicit(n, z) {
            self.explicit.pull_start(f, at, &z[..2 * n], &mut z̄[..2 * n], p̄);
        } else {
            let held = self.implicit.memory(n);
            self.implicit.pull_start(f, at, &z[..held], &mut z̄[..held], p̄);
        }
    }
}
