//! u′ at a point: M u′ = f, and the derivatives by time of the equations that M has no row for.
//!
//! An algebraic row 0 = f_i(t, u) gives Σ_j ∂f_i/∂u_j u′_j + ∂f_i/∂t = 0, so K u′ = r with K = M − (the rows of J that are algebraic)
//! and r = f in the rows that are not, ∂f/∂t in those that are.
//!
//! Where rows of M depend on each other without being zero, K is singular. M u″ = J u′ + ∂f/∂t gives (w M − J) u′ = w f + ∂f/∂t − M u″;
//! without the last term, and with a w far above every rate of the problem, a solve answers u′ of all unknowns alike. Where a row of M
//! is zero, f is zero too, but for the rounding that w would magnify: it is left out.

use super::Work;
use crate::dynamics::{Dynamics, Interval};
use crate::linear::{Matrix, Shifted, Singular};

/// w in units of the largest rate.
const FAR: f64 = 1e6;

/// A matrix is singular but for rounding if its factors do not find a vector again to this part.
const FOUND: f64 = 1e-4;

/// The equations that have been factorised.
#[derive(Clone, Copy)]
enum Equations {
    /// K u′ = r.
    Exact,
    /// (w M − J) u′ = w f + ∂f/∂t.
    Far(f64),
}

impl Equations {
    /// The weight of f_i on the right.
    fn of_f(self, is_zero_row: bool) -> f64 {
        match self {
            _ if is_zero_row => 0.0,
            Equations::Exact => 1.0,
            Equations::Far(w) => w,
        }
    }

    /// Whether J and ∂f/∂t stand in row i.
    fn are_differentiated(self, is_zero_row: bool) -> bool {
        is_zero_row || matches!(self, Equations::Far(_))
    }
}

/// v = u′ at (t, u), or f where f is not finite.
///
/// # Errors
/// No u′ is determined; v is f.
pub fn slope(
    f: &dyn Dynamics,
    at: &Interval,
    u: &[f64],
    v: &mut [f64],
    work: &mut Work,
) -> Result<(), Singular> {
    f.rhs(at, at.t, u, v);
    work.counters.rhs += 1;
    let Some(mass) = f.mass() else { return Ok(()) };
    if v.iter().any(|v| !v.is_finite()) {
        return Ok(());
    }
    let zero = mass.zero_rows(u.len());
    let equations = factorised(f, mass, &zero, at, u, work)?;
    let mut ft = vec![0.0; u.len()];
    f.time_derivative(at, at.t, u, &mut ft);
    for (i, v) in v.iter_mut().enumerate() {
        let by_time = if equations.are_differentiated(zero[i]) { ft[i] } else { 0.0 };
        *v = equations.of_f(zero[i]) * *v + by_time;
    }
    work.shifted().solve(v);
    work.counters.linear_solves += 1;
    Ok(())
}

/// The transpose of [`slope`]: v̄, the cotangent of u′ = v, goes to u and to the parameters.
pub fn pull_slope(
    f: &dyn Dynamics,
    at: &Interval,
    u: &[f64],
    v: &[f64],
    v̄: &mut [f64],
    ū: &mut [f64],
    p̄: &mut [f64],
) {
    if let Some(mass) = f.mass() {
        let zero = mass.zero_rows(u.len());
        let mut work = Work::matrices(f, 0);
        // Where no u′ is determined, v is f.
        if let Ok(equations) = factorised(f, mass, &zero, at, u, &mut work) {
            work.shifted().solve_transposed(v̄);
            let differentiated = (v̄.iter().zip(&zero))
                .map(|(λ, &zero)| if equations.are_differentiated(zero) { *λ } else { 0.0 });
            f.jvp_pullback(at, at.t, u, v, 1.0, &differentiated.collect::<Vec<f64>>(), ū, p̄);
            v̄.iter_mut().zip(&zero).for_each(|(λ, &zero)| *λ *= equations.of_f(zero));
        }
    }
    f.vjp(at, at.t, u, v̄, ū);
    f.parameter_pullback(at, at.t, u, v̄, p̄);
}

/// Factorises K, or else w M − J.
fn factorised(
    f: &dyn Dynamics,
    mass: &Matrix,
    zero: &[bool],
    at: &Interval,
    u: &[f64],
    work: &mut Work,
) -> Result<Equations, Singular> {
    f.jacobian(at, at.t, u, &mut work.jacobian);
    work.counters.jacobians += 1;
    work.counters.factorisations += 1;
    let Work { shifted, jacobian, counters, .. } = work;
    let shifted = shifted.as_mut().expect("an implicit method made this work");
    let mut rows = jacobian.clone();
    f.pattern().each(|slot, i, _| {
        if !zero[i] {
            rows[slot] = 0.0;
        }
    });
    if shifted.factorise(1.0, &rows).is_ok() && finds(shifted, mass, &rows, u.len()) {
        return Ok(Equations::Exact);
    }
    counters.factorisations += 1;
    let mut most = 0.0_f64;
    mass.each(|_, _, m| most = most.max(m.abs()));
    let rate = jacobian.iter().fold(0.0, |rate: f64, j| rate.max(j.abs())) / most;
    let w = if rate > 0.0 && rate.is_finite() { FAR * rate } else { FAR };
    shifted.factorise(w, jacobian)?;
    Ok(Equations::Far(w))
}

/// Whether the factors of K = M − `rows` find x from K x.
fn finds(shifted: &mut Shifted, mass: &Matrix, rows: &[f64], n: usize) -> bool {
    // Numbers with all digits: the products of round ones could be free of rounding, and so hide that K is singular.
    let x: Vec<f64> = (0..n).map(|i| 1.0 + 0.5 * (1.0 + i as f64).sin()).collect();
    let mut b = vec![0.0; n];
    mass.add_product(1.0, &x, &mut b);
    shifted.pattern().each(|slot, i, j| b[i] -= rows[slot] * x[j]);
    shifted.solve(&mut b);
    b.iter().zip(&x).all(|(b, x)| (b - x).abs() < FOUND)
}
