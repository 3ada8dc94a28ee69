//! Consistent initial values of index-1 differential-algebraic equations, by a damped Newton method.
//!
//! The rows of M that are zero are equations 0 = g(t, u); they are solved for the algebraic unknowns, starting from the
//! guesses in u, while the other unknowns keep their values.

use super::solution::{Failure, Status};
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::linear::Factorisation;
use crate::method::Counters;

const ITERATIONS: usize = 100;

/// How often a Newton step that does not lessen the residual is halved.
const HALVINGS: usize = 30;

/// A scaled Newton step this small is the last: convergence is quadratic, and the next one would be lost in rounding.
const LAST: f64 = 1e-8;

/// A scaled Newton step up to this size may fail to lessen a residual that is all rounding.
const ROUNDING: f64 = 1e-3;

/// The last step lessens the residual by this factor at least, unless it is small: far from a solution, where the equations are
/// steep, steps are short too.
const SHARE: f64 = 0.5;

/// Makes `u` consistent in place.
///
/// # Errors
/// `Inconsistent` and `NotFinite`, naming the row with the largest residual, and `Singular`, naming the unknown that the
/// equations do not determine.
pub fn consistent(
    f: &dyn Dynamics,
    at: &Interval,
    scale: &Scale,
    u: &mut [f64],
    counters: &mut Counters,
) -> Result<(), Failure> {
    let Some(mass) = f.mass() else { return Ok(()) };
    let positions = |flags: &[bool]| (0..flags.len()).filter(|&i| flags[i]).collect::<Vec<_>>();
    let rows = positions(&mass.zero_rows(u.len()));
    if rows.is_empty() {
        return Ok(());
    }
    let unknowns = positions(f.algebraic());
    Newton { f, at, scale, rows, unknowns, r: vec![0.0; u.len()], jacobian: vec![0.0; f.pattern().len()] }
        .run(u, counters)
}

struct Newton<'a> {
    f: &'a dyn Dynamics,
    at: &'a Interval<'a>,
    scale: &'a Scale<'a>,
    rows: Vec<usize>,
    unknowns: Vec<usize>,
    r: Vec<f64>,
    jacobian: Vec<f64>,
}

/// What a damped step did.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Damped {
    Lessened,
    /// No part of it lessens the residual.
    Failed,
    /// Nor is the residual finite at its end.
    Undefined,
}

impl Newton<'_> {
    fn run(&mut self, u: &mut [f64], counters: &mut Counters) -> Result<(), Failure> {
        let mut residual = self.residual(u, counters);
        for iteration in 0..ITERATIONS {
            if residual == 0.0 {
                return Ok(());
            }
            if self.unknowns.len() != self.rows.len() {
                break;
            }
            let step = match self.newton_step(u, counters) {
                Ok(step) => step,
                // Infinitely steep, as a root at 0 is, but as good as solved.
                Err(failure) if failure.status != Status::Singular && residual <= self.small(u) => {
                    return Ok(());
                }
                Err(failure) if iteration == 0 => return Err(failure),
                // The iteration ran into a minimum of the residual that is not zero.
                Err(_) => break,
            };
            counters.newton_iterations += 1;
            let before = residual;
            let damped = self.damped(u, &step, &mut residual, counters);
            let size = self.size(u, &step);
            let is_small = residual <= self.small(u);
            let is_last = match damped {
                Damped::Lessened => size <= LAST && (residual <= SHARE * before || is_small),
                Damped::Failed => size <= ROUNDING,
                Damped::Undefined => size <= ROUNDING && is_small,
            };
            if is_last {
                return Ok(());
            }
            if damped != Damped::Lessened {
                break;
            }
        }
        // Good enough, or not.
        if self.unknowns.len() != self.rows.len() && residual <= self.small(u) {
            return Ok(());
        }
        Err(self.failure(u))
    }

    /// ‖g(t, u)‖, with g left in `r`.
    fn residual(&mut self, u: &[f64], counters: &mut Counters) -> f64 {
        self.f.rhs(self.at, self.at.t, u, &mut self.r);
        counters.rhs += 1;
        self.rows.iter().map(|&i| self.r[i] * self.r[i]).sum::<f64>().sqrt()
    }

    /// δ with (∂g/∂z) δ = −g.
    fn newton_step(&mut self, u: &[f64], counters: &mut Counters) -> Result<Vec<f64>, Failure> {
        let m = self.rows.len();
        let place = |list: &[usize]| {
            let mut place = vec![usize::MAX; u.len()];
            list.iter().enumerate().for_each(|(k, &i)| place[i] = k);
            place
        };
        let (row, column) = (place(&self.rows), place(&self.unknowns));
        self.f.jacobian(self.at, self.at.t, u, &mut self.jacobian);
        let mut block = Factorisation::new(m);
        let a: &mut [f64] = block.matrix();
        self.f.pattern().each(|slot, i, j| {
            if row[i] != usize::MAX && column[j] != usize::MAX {
                a[row[i] + column[j] * m] += self.jacobian[slot];
            }
        });
        counters.jacobians += 1;
        if !a.iter().all(|entry| entry.is_finite()) {
            return Err(self.failure(u));
        }
        counters.factorisations += 1;
        block.factorise().map_err(|singular| Failure {
            index: Some(self.unknowns[singular.column]),
            ..Failure::at(Status::Singular, self.at.t, 0.0, u)
        })?;
        let mut δ: Vec<f64> = self.rows.iter().map(|&i| -self.r[i]).collect();
        block.solve(&mut δ);
        counters.linear_solves += 1;
        Ok(δ)
    }

    /// u + λ δ with the first λ = 1, 1/2, 1/4, … that lessens the residual; u is left alone when none does.
    fn damped(&mut self, u: &mut [f64], δ: &[f64], residual: &mut f64, counters: &mut Counters) -> Damped {
        let before: Vec<f64> = self.unknowns.iter().map(|&j| u[j]).collect();
        let (mut λ, mut failed) = (1.0, Damped::Failed);
        for _ in 0..HALVINGS {
            for (k, &j) in self.unknowns.iter().enumerate() {
                u[j] = before[k] + λ * δ[k];
            }
            let trial = self.residual(u, counters);
            if trial < *residual {
                *residual = trial;
                return Damped::Lessened;
            }
            if λ == 1.0 && !trial.is_finite() {
                failed = Damped::Undefined;
            }
            λ *= 0.5;
        }
        for (k, &j) in self.unknowns.iter().enumerate() {
            u[j] = before[k];
        }
        *residual = self.residual(u, counters);
        failed
    }

    /// The largest scaled component of a Newton step; NaN if one is.
    fn size(&self, u: &[f64], δ: &[f64]) -> f64 {
        let scaled =
            |(k, &j): (usize, &usize)| δ[k].abs() / (self.scale.atol[j] + self.scale.rtol * u[j].abs());
        self.unknowns.iter().enumerate().map(scaled).fold(0.0, |most, x| if x <= most { most } else { x })
    }

    /// A residual that counts as small.
    fn small(&self, u: &[f64]) -> f64 {
        self.scale.rtol * u.iter().fold(1.0, |m: f64, x| m.max(x.abs()))
    }

    /// The row that is not satisfied.
    fn failure(&self, u: &[f64]) -> Failure {
        let worst = self.rows.iter().copied().max_by(|&i, &j| self.r[i].abs().total_cmp(&self.r[j].abs()));
        let residual = worst.map_or(0.0, |i| self.r[i]);
        let status = if residual.is_finite() { Status::Inconsistent } else { Status::NotFinite };
        Failure { index: worst, residual, ..Failure::at(status, self.at.t, 0.0, u) }
    }
}
