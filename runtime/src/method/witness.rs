//! Where a step's right-hand side is not finite: the step is done once more, with every value looked at.

use std::cell::RefCell;

use super::{Method, Record};
use crate::dynamics::{Dynamics, Interval, Scale, SecondOrder};

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
