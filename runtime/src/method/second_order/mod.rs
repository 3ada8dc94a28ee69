//! Methods for systems of second order, x′ = v and v′ = a(t, x): every unknown is a place or a velocity, and a right-hand side
//! counts for its accelerations alone.
//!
//! z = (u, f(t, u)): with a place stands its velocity, with a velocity its acceleration. Between the ends of a step
//! u(t + θh) = u + θhf + θ² Σ_k e_k θ^k, whose e_k lie in `Record::extra`, one vector after the other.

mod nystrom;
mod symplectic;

pub use nystrom::Nystrom;
pub use symplectic::Symplectic;

use super::combine::add_scaled;
use super::{Record, Work};
use crate::dynamics::{Dynamics, Interval};

/// The places with their velocities.
///
/// # Panics
/// Where the dynamics does not say that it is of second order: a solve refuses such.
fn pairs(f: &dyn Dynamics) -> &[(usize, usize)] {
    &f.second_order().expect("a solve refuses systems that are not of second order").pairs
}

/// z at the beginning: u and f.
fn start(f: &dyn Dynamics, at: &Interval, z: &mut [f64], work: &mut Work) {
    let (u, k) = z.split_at_mut(f.dim());
    f.rhs(at, at.t, u, k);
    work.counters.rhs += 1;
}

/// Two vectors of z and next, and `stages` vectors of stages.
fn record(n: usize, stages: usize, extra: usize) -> Record {
    let memory = vec![0.0; 2 * n];
    let (stages, extra) = (vec![0.0; stages * n], Vec::with_capacity(extra * n));
    Record { n, z: memory.clone(), next: memory, stages, extra, ..Record::default() }
}

/// u(t + θh).
fn dense(record: &Record, θ: f64, u: &mut [f64]) {
    let n = record.n;
    u.fill(0.0);
    for e in record.extra.chunks_exact(n.max(1)).rev() {
        (0..n).for_each(|j| u[j] = u[j] * θ + e[j]);
    }
    for j in 0..n {
        u[j] = record.z[j] + θ * (record.h * record.z[n + j] + θ * u[j]);
    }
}

/// The transpose of [`dense`]: to z̄ and to the cotangents of the e_k, one vector after the other.
fn pull_dense(h: f64, cotangents: &[(f64, &[f64])], z̄: &mut [f64], ē: &mut [f64]) {
    let n = z̄.len() / 2;
    for &(θ, ū) in cotangents {
        add_scaled(&mut z̄[..n], 1.0, ū);
        add_scaled(&mut z̄[n..], θ * h, ū);
        let mut power = θ * θ;
        for ē in ē.chunks_exact_mut(n.max(1)) {
            add_scaled(ē, power, ū);
            power *= θ;
        }
    }
}

/// The transpose of [`start`]. The velocity of a place is read from u.
fn pull_start(f: &dyn Dynamics, at: &Interval, u: &[f64], z̄: &mut [f64], p̄: &mut [f64]) {
    let (ū, λ) = z̄.split_at_mut(f.dim());
    f.vjp(at, at.t, u, λ, ū);
    f.parameter_pullback(at, at.t, u, λ, p̄);
}
