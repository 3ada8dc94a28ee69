//! The error of a step: how far the collocation polynomial is from fulfilling the equation at the beginning, filtered.
//!
//! e = ((γ/h) M − J)⁻¹ (f(t, u) − M p′(0)/h) is the difference to an embedded formula with the weight 1/γ for f(t, u), of order s
//! (Hairer and Wanner, Solving ODEs II, IV.8, equations 8.19 and 8.20); f is taken at u + e once more where e is too large
//! at the first step or after a rejected one.
//!
//! The filter takes from e what stiffness makes vanish at the end of a step, but not between its nodes, where the dense output is
//! read. There the last four coefficients of p before Legendre polynomials tell of the first ones that are missing: two and two, for
//! those of even or of odd degree alone may be small by chance.

use super::Radau;
use super::collocation::Collocation;
use super::history::Past;
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::method::combine::add_sum;
use crate::method::{Record, Work};

/// The part of the error between the nodes that counts: where nothing is stiff, e is the larger one then.
const BETWEEN: f64 = 0.3;

/// A jump that so many shorter tries have not made small is one that u has at the beginning.
const PATIENCE: u32 = 8;

/// The vectors of the scratch that this needs: f(t, u), M p′(0)/h and an argument.
pub const VECTORS: usize = 3;

impl Radau {
    /// The mean square of the error of the step in `record`, in units of what it may be; the error is left in its `stages`.
    pub(super) fn error<const S: usize>(
        &self,
        method: &Collocation<S>,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        past: &Past,
        work: &mut Work,
    ) -> f64 {
        let n = record.n;
        let Work { scratch, shifted, counters, .. } = work;
        let shifted = shifted.as_mut().expect("an implicit method made this work");
        let (f0, rest) = scratch.split_at_mut(n);
        let (slope, rest) = rest.split_at_mut(n);
        let argument = &mut rest[..n];
        argument.fill(0.0);
        add_sum(1.0 / at.h, &method.slopes(), &record.next[n..(1 + S) * n], argument);
        let (u, u1) = (&record.z[..n], &record.next[..n]);
        let e = &mut record.stages[..n];
        let most = self.most_error(scale.rtol);
        let mut between = 0.0;
        if record.attempt < PATIENCE {
            let squares = method.last.map(|weights| {
                e.fill(0.0);
                add_sum(BETWEEN / most, &weights, &record.next[n..(1 + S) * n], e);
                scale.mean_square(e, u, u1)
            });
            let (before, last) = (squares[0] + squares[1], squares[2] + squares[3]);
            between = last * (last / before.max(f64::MIN_POSITIVE)).min(1.0);
        }
        match f.mass() {
            None => slope.copy_from_slice(argument),
            Some(mass) => {
                slope.fill(0.0);
                mass.add_product(1.0, argument, slope);
            }
        }
        (0..n).for_each(|i| e[i] = f0[i] - slope[i]);
        shifted.solve(e);
        counters.linear_solves += 1;
        let mut square = scale.mean_square(e, u, u1) / (most * most);
        if square > 1.0 && (past.used == 0 || record.attempt > 0) {
            (0..n).for_each(|i| argument[i] = u[i] + e[i]);
            f.rhs(at, at.t, argument, e);
            (0..n).for_each(|i| e[i] -= slope[i]);
            shifted.solve(e);
            (counters.rhs, counters.linear_solves) = (counters.rhs + 1, counters.linear_solves + 1);
            square = scale.mean_square(e, u, u1) / (most * most);
        }
        // An error that is NaN stays so.
        if between > square { between } else { square }
    }
}
