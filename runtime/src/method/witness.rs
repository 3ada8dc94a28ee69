//! Where a step's right-hand side is not finite: by the arguments of its stages, or by doing the step once more.

use std::cell::RefCell;

use super::{Method, Record};
use crate::dynamics::{Dynamics, Interval, Scale, SecondOrder};

/// The first value that is not finite among f at the stages' arguments, then ∂f/∂u and ∂f/∂t at the beginning of the step, for
/// methods that solve for their stages: such a solution spreads the value over all unknowns. `argument(i, u)` writes the
/// argument of stage i and answers its time as a share of the step; the answer is a time and a component, the unknowns are in `u`.
pub fn look(
    f: &dyn Dynamics,
    at: &Interval,
    record: &Record,
    u: &mut [f64],
    stages: usize,
    argument: impl Fn(usize, &mut [f64]) -> f64,
) -> Option<(f64, usize)> {
    let lost = |values: &[f64]| values.iter().position(|value| !value.is_finite());
    let mut k = vec![0.0; record.n];
    for i in 0..stages {
        let t = at.t + argument(i, u) * at.h;
        // What comes after a lost argument is lost as well, and says nothing.
        if lost(u).is_some() {
            break;
        }
        f.rhs(at, t, u, &mut k);
        if let Some(component) = lost(&k) {
            return Some((t, component));
        }
    }
    u.copy_from_slice(record.u());
    let pattern = f.pattern();
    let mut values = vec![0.0; pattern.len()];
    f.jacobian(at, at.t, u, &mut values);
    k.fill(0.0);
    pattern.each(|slot, i, _| k[i] += 0.0 * values[slot]);
    if lost(&k).is_none() {
        f.time_derivative(at, at.t, u, &mut k);
    }
    lost(&k).map(|component| (at.t, component))
}

/// The right-hand side of a dynamics, which keeps the first place where it is not finite.
struct Witness<'f> {
    f: &'f dyn Dynamics,
    seen: RefCell<Option<Place>>,
}

struct Place {
    t: f64,
    u: Vec<f64>,
    component: usize,
}

impl Dynamics for Witness<'_> {
    fn dim(&self) -> usize {
        self.f.dim()
    }

    fn second_order(&self) -> Option<&SecondOrder> {
        self.f.second_order()
    }

    fn rhs(&self, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        self.f.rhs(at, t, u, du);
        let mut seen = self.seen.borrow_mut();
        if seen.is_none()
            && let Some(component) = du.iter().position(|value| !value.is_finite())
        {
            *seen = Some(Place { t, u: u.to_vec(), component });
        }
    }
}

/// The time, the unknowns (into `u`) and the component of the first value of the step that is not finite, for methods that
/// do not keep the arguments of their stages.
pub fn find(
    method: &dyn Method,
    f: &dyn Dynamics,
    at: &Interval,
    record: &Record,
    u: &mut [f64],
) -> Option<(f64, usize)> {
    let n = record.n;
    if let Some(k) = method.derivative(n, &record.z)
        && let Some(component) = k.iter().position(|value| !value.is_finite())
    {
        u.copy_from_slice(record.u());
        return Some((record.t, component));
    }
    let witness = Witness { f, seen: RefCell::new(None) };
    let mut again = Record { attempt: 0, ..record.clone() };
    let scale = Scale { rtol: 1.0, atol: &vec![f64::INFINITY; n] };
    method.step(&witness, at, &scale, &mut again, &mut method.work(&witness));
    let place = witness.seen.into_inner()?;
    u.copy_from_slice(&place.u);
    Some((place.t, place.component))
}
