//! The tables hold the order conditions and stability that they promise.

use super::{MOST_STAGES_2, MOST_STAGES_4, Table, fourth, fourth_order, second, second_order};
use crate::dynamics::{Function, Interval};
use crate::method::{Record, Work};

/// A step over h = 1 from u by the member of that degree.
fn step(table: &Table, degree: usize, f: impl Fn(f64, &[f64], &mut [f64]), u: &[f64]) -> Record {
    let n = u.len();
    let f = Function { n, f };
    let mut z = u.to_vec();
    z.resize(2 * n, 0.0);
    let (left, right) = z.split_at_mut(n);
    (f.f)(0.0, left, right);
    let mut record = Record { n, next: vec![0.0; 2 * n], z, stages: vec![0.0; n], ..Record::default() };
    let (at, mut work) = (Interval::plain(0.0, 1.0), Work::vectors(super::BUFFERS * n));
    let stages = degree + table.finishing;
    if table.finishing == 2 {
        second(&f, &at, stages, &mut record, &mut work);
    } else {
        fourth(&f, &at, stages, &mut record, &mut work);
    }
    record
}

/// The rooted trees of up to four nodes as a system: each unknown is t^|τ|/γ(τ) at t, and a step of order p gives those of up
/// to p nodes exactly.
fn trees(t: f64, u: &[f64], du: &mut [f64]) {
    du.copy_from_slice(&[1.0, u[0], u[0] * u[0], u[1], u[0].powi(3), u[0] * u[1], u[2], u[3], t.powi(3)]);
}

const EXACT: [f64; 9] = [1.0, 0.5, 1.0 / 3.0, 1.0 / 6.0, 0.25, 0.125, 1.0 / 12.0, 1.0 / 24.0, 0.25];

#[test]
fn every_member_has_its_order() {
    for (table, order) in [(second_order(), 2), (fourth_order(), 4)] {
        for member in &table.members {
            assert_eq!(member.recurrence.len(), 2 * member.degree - 1);
            let record = step(table, member.degree, trees, &[0.0; 9]);
            let (count, embedded) = if order == 2 { (2, 1) } else { (9, 4) };
            for i in 0..count {
                let error = record.next[i] - EXACT[i];
                assert!(error.abs() < 2e-11, "order {order}, degree {}, tree {i}: {error:e}", member.degree);
            }
            // The error of an embedded method one order lower has no part of the trees that it integrates.
            for i in 0..embedded {
                assert!(record.stages[i].abs() < 2e-11, "{} {i}: {:e}", member.degree, record.stages[i]);
            }
            assert!(record.stages[embedded].abs() > 1e-5, "{}: {:e}", member.degree, record.stages[embedded]);
        }
    }
}

#[test]
fn every_member_is_stable_and_damped_up_to_its_bound() {
    for (table, bound, most) in
        [(second_order(), (0.811, 1.5), MOST_STAGES_2), (fourth_order(), (0.353, 3.0), MOST_STAGES_4)]
    {
        assert_eq!(table.members[table.members.len() - 1].degree + table.finishing, most);
        for member in &table.members {
            let s = (member.degree + table.finishing) as f64;
            let end = bound.0 * s * s - bound.1;
            // The estimate of the spectral radius is a fifth too large, so that the end itself is never reached.
            for k in 1..=95 {
                let λ = -end * f64::from(k) / 100.0;
                let record = step(table, member.degree, |_, u, du| du[0] = λ * u[0], &[1.0]);
                let (u1, most) = (record.next[0].abs(), if λ < -1.0 { 0.97 } else { 1.0 });
                assert!(u1 <= most, "degree {}: {u1} at {λ}", member.degree);
            }
        }
    }
}
