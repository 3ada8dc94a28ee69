//! The linear systems of Newton's iteration, solved by the factors of W or, where there are none, by GMRES no further than the
//! iteration needs (Brown, Hindmarsh and Petzold, SIAM J. Sci. Comput. 15 (1994) 1467; Cohen and Hindmarsh, CVODE, Computers in
//! Physics 10 (1996) 138–143).

use super::{Counters, Work};
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::linear::{Goal, Shifted, Stalled};

/// What a linear solve may leave of an error that Newton's iteration may leave (CVODE's).
const SHARE: f64 = 0.05;

/// What a linear solve may leave of an error estimate, in units of the tolerance.
const ESTIMATE: f64 = 0.05;

/// W = w M − J at (t, u), as a correction needs it.
pub struct Tangent<'a> {
    pub f: &'a dyn Dynamics,
    pub at: &'a Interval<'a>,
    pub t: f64,
    pub u: &'a [f64],
    pub w: f64,
}

impl Tangent<'_> {
    /// The factor of a correction that is made with W of another shift w₀: 2/(1 + w/w₀) is best between components that are not
    /// stiff and those that are very stiff. An iteration without a matrix has the right shift.
    pub fn relaxation(&self, shifted: &Shifted, made: Option<f64>) -> f64 {
        match made {
            Some(made) if !(shifted.iterates() && self.f.is_matrix_free()) => 2.0 / (1.0 + self.w / made),
            _ => 1.0,
        }
    }

    /// r ← W⁻¹ r, with an error that is small beside `tolerance` in the measure of `weights`.
    ///
    /// # Errors
    /// The iteration came to a stand.
    pub fn solve(
        &self,
        weights: &[f64],
        tolerance: f64,
        r: &mut [f64],
        shifted: &mut Shifted,
        counters: &mut Counters,
    ) -> Result<(), Stalled> {
        counters.linear_solves += 1;
        if !shifted.iterates() {
            shifted.solve(r);
            return Ok(());
        }
        let (Tangent { f, at, t, u, w }, mass) = (self, shifted.mass());
        let mut product = |x: &[f64], y: &mut [f64]| {
            f.jvp(at, *t, u, x, y);
            match mass {
                Some(mass) => {
                    y.iter_mut().for_each(|y| *y = -*y);
                    mass.add_product(*w, x, y);
                }
                None => y.iter_mut().zip(x).for_each(|(y, x)| *y = w * x - *y),
            }
        };
        let goal = Goal { weights, tolerance: SHARE * tolerance };
        let product: Option<crate::linear::Product> =
            if f.is_matrix_free() { Some(&mut product) } else { None };
        let solved = shifted.solve_to(&goal, product, r);
        counters.linear_iterations += u64::from(match &solved {
            Ok(iterations) => iterations.0,
            Err(stalled) => stalled.iterations,
        });
        solved.map(|_| ())
    }
}

/// The weights of the unknowns in the norm of the error test: none where factors solve.
pub fn weigh(scale: &Scale, u: &[f64], u1: &[f64], shifted: &Shifted, weights: &mut Vec<f64>) {
    if shifted.iterates() {
        weights.clear();
        let size = |i: usize| scale.atol[i] + scale.rtol * u[i].abs().max(u1[i].abs());
        weights.extend((0..u.len()).map(|i| 1.0 / size(i)));
    }
}

/// r ← W⁻¹ r for an estimate of the error of a step, with the matrix that was factorised last.
pub fn filter(scale: &Scale, u: &[f64], u1: &[f64], r: &mut [f64], work: &mut Work) {
    let Work { shifted, weights, counters, .. } = work;
    let shifted = shifted.as_mut().expect("an implicit method made this work");
    counters.linear_solves += 1;
    if !shifted.iterates() {
        return shifted.solve(r);
    }
    weigh(scale, u, u1, shifted, weights);
    // The best that was found is as good an estimate as there is.
    counters.linear_iterations += match shifted.solve_to(&Goal { weights, tolerance: ESTIMATE }, None, r) {
        Ok(iterations) => u64::from(iterations.0),
        Err(stalled) => u64::from(stalled.iterations),
    };
}
