//! What a step has to add for the algebraic equations to hold at its beginning.
//!
//! The point before was accepted with an iteration that ended within the tolerance of its time. Where an unknown has become much smaller
//! since, what was left is large by the tolerance of now: d then keeps the change δ that makes the beginning consistent, however
//! short the step is. It is no error of this step. (w M − J) δ = g, with f in the rows of zeros of M, zero in the others, and a
//! w far above every rate, leaves the differential unknowns where they are.

use super::history::{column, error_constant};
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::method::{Record, Work};

/// w in units of 1/h.
const FAR: f64 = 1e8;

/// Whether a point may not fulfil the equations: whether some of them are algebraic. Asked at each step.
pub fn is_possible(f: &dyn Dynamics) -> bool {
    f.algebraic().contains(&true)
}

/// The mean square of the error of the step of order k in `record`, without the jump at its beginning.
#[cold]
pub fn square_without(
    f: &dyn Dynamics,
    at: &Interval,
    scale: &Scale,
    record: &Record,
    k: usize,
    work: &mut Work,
) -> f64 {
    let n = record.n;
    let mut e = column(n, &record.next, k + 1).to_vec();
    if let Some(δ) = jump(f, at, record.u(), work) {
        e.iter_mut().zip(&δ).for_each(|(e, δ)| *e -= δ);
    }
    error_constant(k).powi(2) * scale.mean_square(&e, record.u(), record.u1())
}

/// δ, where there are algebraic equations that determine it.
fn jump(f: &dyn Dynamics, at: &Interval, u: &[f64], work: &mut Work) -> Option<Vec<f64>> {
    let zero = f.mass()?.zero_rows(u.len());
    if !zero.contains(&true) {
        return None;
    }
    let mut δ = vec![0.0; u.len()];
    f.rhs(at, at.t, u, &mut δ);
    δ.iter_mut().zip(&zero).filter(|(_, zero)| !**zero).for_each(|(δ, _)| *δ = 0.0);
    f.jacobian(at, at.t, u, &mut work.jacobian);
    // These factors are not those of a step.
    work.reuse.drop_jacobian();
    let Work { shifted, jacobian, counters, .. } = work;
    (counters.rhs, counters.jacobians) = (counters.rhs + 1, counters.jacobians + 1);
    (counters.factorisations, counters.linear_solves) =
        (counters.factorisations + 1, counters.linear_solves + 1);
    let shifted = shifted.as_mut()?;
    shifted.factorise(FAR / at.h.abs(), jacobian).ok()?;
    shifted.solve(&mut δ);
    Some(δ)
}
