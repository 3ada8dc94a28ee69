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

/// Makes `u` consistent in place.
///
/// # Errors
/// `Inconsistent`, naming the row with the largest residual, and `Singular`, naming the unknown that the equations
/// do not determine.
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
                Err(singular) if iteration == 0 => return Err(singular),
                // The iteration ran into a minimum of the residual that is not zero.
                Err(_) => break,
            };
            counters.newton_iterations += 1;
            let lessened = self.damped(u, &step, &mut residual, counters);
            // Quadratic convergence: after a step this small the next one would be lost in rounding.
            let size = self.size(u, &step);
            if size <= 1e-8 || (!lessened && size <= 1e-3) {
                return Ok(());
            }
            if !lessened {
                break;
            }
        }
        self.verdict(u, residual)
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
        let a = block.matrix();
        self.f.pattern().each(|slot, i, j| {
            if row[i] != usize::MAX && column[j] != usize::MAX {
                a[row[i] + column[j] * m] += self.jacobian[slot];
            }
        });
        counters.jacobians += 1;
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
    fn damped(&mut self, u: &mut [f64], δ: &[f64], residual: &mut f64, counters: &mut Counters) -> bool {
        let before: Vec<f64> = self.unknowns.iter().map(|&j| u[j]).collect();
        let mut λ = 1.0;
        for _ in 0..HALVINGS {
            for (k, &j) in self.unknowns.iter().enumerate() {
                u[j] = before[k] + λ * δ[k];
            }
            let trial = self.residual(u, counters);
            if trial < *residual {
                *residual = trial;
                return true;
            }
            λ *= 0.5;
        }
        for (k, &j) in self.unknowns.iter().enumerate() {
            u[j] = before[k];
        }
        *residual = self.residual(u, counters);
        false
    }

    /// The largest scaled component of a Newton step.
    fn size(&self, u: &[f64], δ: &[f64]) -> f64 {
        let scaled =
            |(k, &j): (usize, &usize)| δ[k].abs() / (self.scale.atol[j] + self.scale.rtol * u[j].abs());
        self.unknowns.iter().enumerate().map(scaled).fold(0.0, f64::max)
    }

    /// What remains after the last iteration: good enough, or the row that is not.
    fn verdict(&self, u: &[f64], residual: f64) -> Result<(), Failure> {
        let size = u.iter().fold(1.0, |m: f64, x| m.max(x.abs()));
        if self.unknowns.len() != self.rows.len() && residual <= self.scale.rtol * size {
            return Ok(());
        }
        let worst = self.rows.iter().copied().max_by(|&i, &j| self.r[i].abs().total_cmp(&self.r[j].abs()));
        Err(Failure { index: worst, ..Failure::at(Status::Inconsistent, self.at.t, 0.0, u) })
    }
}
