//! Symmetric compositions of the Störmer–Verlet step: symplectic where a(t, x) is the gradient of a potential, so that
//! energies are kept within bounds over any time.
//!
//! A step is one of size w_i h after the other, each
//! v½ = v + (w h/2) a, x1 = x + w h v½, a1 = a(t + wh, x1), v1 = v½ + (w h/2) a1
//! (Hairer, Lubich and Wanner, Geometric Numerical Integration, I.1.4 and V.3). `Record::stages` holds (x1, v½) of each.
//!
//! A stop, a switch or the end of the span cuts the step before it, which changes the energy by the error of one step.

use super::super::combine::add_scaled;
use super::super::{Method, NextSize, Record, Verdict, Work, witness};
use super::{dense, pairs, pull_dense, pull_start, record, start};
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::tableau::Composition;

/// The vectors e_k of the dense output.
const EXTRA: usize = 4;

/// A composition method.
pub struct Symplectic {
    pub composition: &'static Composition,
}

/// What a pair has at the ends of a step: x, v, and their slopes v and a.
type Ends = [[f64; 4]; 2];

impl Symplectic {
    /// The size of each part of a step as a share of it, and where it ends.
    fn parts(&self) -> impl DoubleEndedIterator<Item = (usize, f64, f64)> {
        let weights = self.composition.weights;
        // 1 − the rest, so that the last one ends on the step's end exactly.
        (0..weights.len()).map(|i| (i, weights[i], 1.0 - weights[i + 1..].iter().sum::<f64>()))
    }
}

/// The e_k of a place and of its velocity: for the place the quintic through x, v and a at both ends, for the velocity the
/// quartic through v and a whose integral is the way between the places.
fn curves(h: f64, [[x0, v0, s0, a0], [x1, v1, s1, a1]]: Ends) -> [[f64; EXTRA]; 2] {
    // Hermite's cubic, and θ²(1 − θ)²((1 − θ) c + θ d) beside it.
    let curve =
        |cubic: [f64; 2], c: f64, d: f64| [cubic[0] + c, cubic[1] + d - 3.0 * c, 3.0 * c - 2.0 * d, d - c];
    let hermite = |u0: f64, u1: f64, f0: f64, f1: f64| {
        [3.0 * (u1 - u0) - h * (2.0 * f0 + f1), 2.0 * (u0 - u1) + h * (f0 + f1)]
    };
    let place = hermite(x0, x1, s0, s1);
    let c = 0.5 * h * h * a0 - place[0];
    let d = 0.5 * h * h * a1 - place[0] - 3.0 * place[1];
    let way = if h == 0.0 { v0 } else { (x1 - x0) / h };
    let lacking = 30.0 * (way - 0.5 * (v0 + v1) - h * (a0 - a1) / 12.0);
    [curve(place, c, d), curve(hermite(v0, v1, a0, a1), lacking, lacking)]
}

/// A pair's values at the ends.
fn ends(record: &Record, (x, v): (usize, usize)) -> Ends {
    let n = record.n;
    [&record.z, &record.next].map(|z| [z[x], z[v], z[n + x], z[n + v]])
}

impl Method for Symplectic {
    fn error_order(&self) -> u32 {
        self.composition.order
    }

    fn memory(&self, n: usize) -> usize {
        2 * n
    }

    fn record(&self, n: usize) -> Record {
        record(n, self.composition.weights.len(), EXTRA)
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work::vectors(f.dim())
    }

    fn start(&self, f: &dyn Dynamics, at: &Interval, z: &mut [f64], work: &mut Work) {
        start(f, at, z, work);
    }

    fn derivative<'a>(&self, n: usize, z: &'a [f64]) -> Option<&'a [f64]> {
        Some(&z[n..2 * n])
    }

    fn step(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        _: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Verdict {
        (record.t, record.h) = (at.t, at.h);
        record.extra.clear();
        let (n, pairs) = (record.n, pairs(f));
        record.next.copy_from_slice(&record.z);
        let (u, k) = record.next.split_at_mut(n);
        for (i, w, end) in self.parts() {
            let h = w * at.h;
            for &(x, v) in pairs {
                u[v] += 0.5 * h * k[v];
                u[x] += h * u[v];
            }
            record.stages[i * n..(i + 1) * n].copy_from_slice(u);
            f.rhs(at, at.t + end * at.h, u, k);
            for &(_, v) in pairs {
                u[v] += 0.5 * h * k[v];
            }
        }
        // The right-hand side saw the velocity of the middle.
        pairs.iter().for_each(|&(x, v)| k[x] = u[v]);
        work.counters.rhs += self.composition.weights.len() as u64;
        Verdict::Judged { square: 0.0, next: NextSize::Order(self.composition.order) }
    }

    fn extend(&self, f: &dyn Dynamics, at: &Interval, record: &mut Record, _: &mut Work) {
        if !record.extra.is_empty() {
            return;
        }
        let n = record.n;
        record.extra.resize(EXTRA * n, 0.0);
        for &(x, v) in pairs(f) {
            let curves = curves(at.h, ends(record, (x, v)));
            for k in 0..EXTRA {
                record.extra[k * n + x] = curves[0][k];
                record.extra[k * n + v] = curves[1][k];
            }
        }
    }

    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        dense(record, θ, u);
    }

    fn local_error(&self, _: &Record, e: &mut [f64]) {
        e.fill(0.0);
    }

    fn not_finite(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)> {
        witness::find(self, f, at, record, u)
    }

    fn push(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        ż: &mut [f64],
        ṗ: &[f64],
        work: &mut Work,
    ) {
        let (n, pairs) = (record.n, pairs(f));
        let (u̇, k̇) = ż.split_at_mut(n);
        let j = &mut work.scratch[..n];
        for (i, w, end) in self.parts() {
            let (h, u, t) = (w * at.h, &record.stages[i * n..(i + 1) * n], at.t + end * at.h);
            for &(x, v) in pairs {
                u̇[v] += 0.5 * h * k̇[v];
                u̇[x] += h * u̇[v];
            }
            f.jvp(at, t, u, u̇, j);
            f.parameter_jvp(at, t, u, ṗ, j);
            for &(_, v) in pairs {
                k̇[v] = j[v];
                u̇[v] += 0.5 * h * k̇[v];
            }
        }
        pairs.iter().for_each(|&(x, v)| k̇[x] = u̇[v]);
    }

    fn pull(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        cotangents: &[(f64, &[f64])],
        z̄: &mut [f64],
        p̄: &mut [f64],
        work: &mut Work,
    ) {
        let (n, pairs) = (record.n, pairs(f));
        work.scratch.clear();
        work.scratch.resize((3 + EXTRA) * n, 0.0);
        let (z̄0, rest) = work.scratch.split_at_mut(2 * n);
        let (λ, ē) = rest.split_at_mut(n);
        pull_dense(at.h, cotangents, z̄0, ē);
        pull_curves(at.h, pairs, z̄0, z̄, ē);
        let (ū, k̄) = z̄.split_at_mut(n);
        pairs.iter().for_each(|&(x, v)| ū[v] += std::mem::take(&mut k̄[x]));
        for (i, w, end) in self.parts().rev() {
            let (h, u, t) = (w * at.h, &record.stages[i * n..(i + 1) * n], at.t + end * at.h);
            for &(_, v) in pairs {
                λ[v] = k̄[v] + 0.5 * h * ū[v];
            }
            f.vjp(at, t, u, λ, ū);
            f.parameter_pullback(at, t, u, λ, p̄);
            for &(x, v) in pairs {
                ū[v] += h * ū[x];
                k̄[v] = 0.5 * h * ū[v];
            }
        }
        add_scaled(z̄, 1.0, z̄0);
    }

    fn pull_start(&self, f: &dyn Dynamics, at: &Interval, z: &[f64], z̄: &mut [f64], p̄: &mut [f64]) {
        pull_start(f, at, &z[..f.dim()], z̄, p̄);
    }
}

/// The transpose of [`curves`], which is linear: its values at the unit vectors are the columns of its matrix.
fn pull_curves(h: f64, pairs: &[(usize, usize)], z̄0: &mut [f64], z̄1: &mut [f64], ē: &[f64]) {
    let n = z̄0.len() / 2;
    for end in 0..2 {
        for entry in 0..4 {
            let mut unit = [[0.0; 4]; 2];
            unit[end][entry] = 1.0;
            let column = curves(h, unit);
            for &(x, v) in pairs {
                let sum: f64 =
                    (0..EXTRA).map(|k| column[0][k] * ē[k * n + x] + column[1][k] * ē[k * n + v]).sum();
                let z̄ = if end == 0 { &mut *z̄0 } else { &mut *z̄1 };
                z̄[[x, v, n + x, n + v][entry]] += sum;
            }
        }
    }
}
