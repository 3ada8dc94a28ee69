//! The error of a stiff step between its ends, by the residual of its dense output.
//!
//! Where a component follows the right-hand side at once, a stiffly accurate method and the method embedded in it agree at the end of
//! a step however long it is, while the values between are those of a polynomial over all of it (G. Steinebach, Rosenbrock methods
//! within OrdinaryDiffEq.jl, Proc. JuliaCon Conf. 6 (2024) 59: the residual control of Rodas5Pr). W⁻¹ r of the residual
//! r = f(t + h/2, û) − M û′ is −J⁻¹ r = û − u there, and γ h r where nothing is stiff.

use super::{Method, Record, Work, inexact};
use crate::dynamics::{Dynamics, Interval, Scale};

/// An error whose square is below this asks for a step so much longer that it has to be right between its ends too.
pub const DOUBTFUL: f64 = 1e-4;

/// Half of the distance over which û′ is taken, in parts of the step: the polynomials are of degree 4 or 5 and scaled to the step,
/// so a central difference of this width is exact to about 1e-9 of their size.
const WIDTH: f64 = 3e-3;

/// The square of the scaled error in the middle of the step, with the factors of W that `work` holds.
pub fn square(
    method: &dyn Method,
    f: &dyn Dynamics,
    at: &Interval,
    scale: &Scale,
    record: &Record,
    work: &mut Work,
) -> f64 {
    square_by(method, f, at, scale, record, work, |work, r| {
        inexact::filter(scale, record.u(), record.u1(), r, work);
    })
}

/// The same with another way to solve W x = r.
pub fn square_by(
    method: &dyn Method,
    f: &dyn Dynamics,
    at: &Interval,
    scale: &Scale,
    record: &Record,
    work: &mut Work,
    solve: impl FnOnce(&mut Work, &mut [f64]),
) -> f64 {
    let n = record.n;
    let mut buffers = std::mem::take(&mut work.interior);
    buffers.resize(4 * n, 0.0);
    let (u, rest) = buffers.split_at_mut(n);
    let (r, rest) = rest.split_at_mut(n);
    let (before, slope) = rest.split_at_mut(n);
    // Richardson's combination of two central differences.
    slope.fill(0.0);
    for (width, weight) in [(WIDTH, 4.0 / 3.0), (2.0 * WIDTH, -1.0 / 3.0)] {
        method.dense(record, 0.5 - width, before);
        method.dense(record, 0.5 + width, u);
        let factor = weight / (2.0 * width * at.h);
        (0..n).for_each(|i| slope[i] += factor * (u[i] - before[i]));
    }
    method.dense(record, 0.5, u);
    f.rhs(at, at.t + 0.5 * at.h, u, r);
    work.counters.rhs += 1;
    match work.shifted.as_ref().and_then(|shifted| shifted.mass()) {
        Some(mass) => mass.add_product(-1.0, slope, r),
        None => (0..n).for_each(|i| r[i] -= slope[i]),
    }
    solve(work, r);
    let square = scale.mean_square(r, record.u(), record.u1());
    work.interior = buffers;
    square
}
