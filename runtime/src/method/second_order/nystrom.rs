//! The engine of explicit Runge–Kutta–Nyström methods.
//!
//! x_i = x + c_i h v + h² Σ_{j<i} a_ij k_j, k_i = a(t + c_i h, x_i), v1 = v + h Σ b′_i k_i; the last stage is at the new
//! place. `Record::stages` holds k_2 … k_{S−1}, a vector of u's length each, of which the velocities' entries count.

use super::super::combine::add_scaled;
use super::super::{Method, NextSize, Record, Verdict, Work, witness};
use super::{dense, pairs, pull_dense, pull_start, record, start};
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::tableau;

/// A Runge–Kutta–Nyström method of one tableau.
pub struct Nystrom {
    pub tableau: &'static tableau::Nystrom,
}

impl Nystrom {
    fn stages(&self) -> usize {
        self.tableau.c.len()
    }

    /// The vectors e_k of the dense output.
    fn extra(&self) -> usize {
        self.tableau.dense_place[0].len()
    }

    /// k_i, counted from 0.
    fn stage<'a>(&self, record: &'a Record, i: usize) -> &'a [f64] {
        let n = record.n;
        match i {
            0 => &record.z[n..],
            _ if i + 1 == self.stages() => &record.next[n..],
            _ => &record.stages[(i - 1) * n..i * n],
        }
    }

    /// The argument of stage i ≥ 1; the velocities, which nobody reads, are those of the beginning.
    fn argument(&self, pairs: &[(usize, usize)], record: &Record, i: usize, g: &mut [f64]) {
        let (h, u) = (record.h, record.u());
        g.copy_from_slice(u);
        for &(x, v) in pairs {
            let row = self.tableau.a[i - 1].iter().enumerate();
            let sum: f64 = row.map(|(j, a)| a * self.stage(record, j)[v]).sum();
            g[x] += h * (self.tableau.c[i] * u[v] + h * sum);
        }
    }

    /// Σ w_i k_i of a velocity.
    fn sum(&self, record: &Record, weights: &[f64], v: usize) -> f64 {
        weights.iter().enumerate().map(|(i, w)| w * self.stage(record, i)[v]).sum()
    }

    fn error(&self, pairs: &[(usize, usize)], record: &Record, e: &mut [f64]) {
        let h = record.h;
        for &(x, v) in pairs {
            e[x] = h * h * self.sum(record, self.tableau.error_place, v);
            e[v] = h * self.sum(record, self.tableau.error_velocity, v);
        }
    }
}

impl Method for Nystrom {
    fn error_order(&self) -> u32 {
        self.tableau.error_order
    }

    fn memory(&self, n: usize) -> usize {
        2 * n
    }

    /// The stages, and the error behind them.
    fn record(&self, n: usize) -> Record {
        record(n, self.stages() - 1, self.extra())
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
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Verdict {
        (record.t, record.h) = (at.t, at.h);
        record.extra.clear();
        let (n, pairs, last) = (record.n, pairs(f), self.stages() - 1);
        let g = &mut work.scratch[..n];
        for i in 1..=last {
            self.argument(pairs, record, i, g);
            let k = match i == last {
                true => &mut record.next[n..],
                false => &mut record.stages[(i - 1) * n..i * n],
            };
            f.rhs(at, at.t + self.tableau.c[i] * at.h, g, k);
        }
        work.counters.rhs += last as u64;
        for &(_, v) in pairs {
            g[v] += at.h * self.sum(record, self.tableau.b, v);
        }
        record.next[..n].copy_from_slice(g);
        pairs.iter().for_each(|&(x, v)| record.next[n + x] = record.next[v]);
        self.error(pairs, record, g);
        record.stages[(last - 1) * n..].copy_from_slice(g);
        let square = scale.mean_square(g, record.u(), record.u1());
        Verdict::Judged { square, next: NextSize::Order(self.tableau.error_order) }
    }

    fn extend(&self, f: &dyn Dynamics, at: &Interval, record: &mut Record, _: &mut Work) {
        if !record.extra.is_empty() {
            return;
        }
        let (n, h) = (record.n, at.h);
        let mut extra = std::mem::take(&mut record.extra);
        extra.resize(self.extra() * n, 0.0);
        for &(x, v) in pairs(f) {
            for i in 0..self.stages() {
                let k = self.stage(record, i)[v];
                for (m, weight) in self.tableau.dense_place[i].iter().enumerate() {
                    extra[m * n + x] += h * h * weight * k;
                }
                for (m, weight) in self.tableau.dense_velocity[i].iter().enumerate() {
                    extra[m * n + v] += h * weight * k;
                }
            }
        }
        record.extra = extra;
    }

    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        dense(record, θ, u);
    }

    fn local_error(&self, record: &Record, e: &mut [f64]) {
        e.copy_from_slice(&record.stages[(self.stages() - 2) * record.n..]);
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
        let (n, pairs, s, h) = (record.n, pairs(f), self.stages(), at.h);
        work.scratch.resize((s + 2) * n, 0.0);
        let (g, rest) = work.scratch.split_at_mut(n);
        let (ġ, k̇) = rest.split_at_mut(n);
        k̇[..n].copy_from_slice(&ż[n..]);
        for i in 1..s {
            let (done, this) = k̇.split_at_mut(i * n);
            ġ.copy_from_slice(&ż[..n]);
            for &(x, v) in pairs {
                let row = self.tableau.a[i - 1].iter().enumerate();
                let sum: f64 = row.map(|(j, a)| a * done[j * n + v]).sum();
                ġ[x] += h * (self.tableau.c[i] * ż[v] + h * sum);
            }
            self.argument(pairs, record, i, g);
            let t = at.t + self.tableau.c[i] * h;
            f.jvp(at, t, g, ġ, &mut this[..n]);
            f.parameter_jvp(at, t, g, ṗ, &mut this[..n]);
        }
        for &(x, v) in pairs {
            let weights = self.tableau.b.iter().enumerate();
            let sum: f64 = weights.map(|(i, b)| b * k̇[i * n + v]).sum();
            (ż[x], ż[v]) = (ġ[x], ż[v] + h * sum);
            (ż[n + x], ż[n + v]) = (ż[v], k̇[(s - 1) * n + v]);
        }
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
        let (n, pairs, s, h) = (record.n, pairs(f), self.stages(), at.h);
        work.scratch.clear();
        work.scratch.resize((4 + s + self.extra()) * n, 0.0);
        let (g, rest) = work.scratch.split_at_mut(n);
        let (ḡ, rest) = rest.split_at_mut(n);
        let (z̄0, rest) = rest.split_at_mut(2 * n);
        let (k̄, ē) = rest.split_at_mut(s * n);
        pull_dense(h, cotangents, z̄0, ē);
        for &(x, v) in pairs {
            let v̄ = z̄[v] + z̄[n + x];
            z̄0[v] += v̄;
            k̄[(s - 1) * n + v] += z̄[n + v];
            for i in 0..s {
                let place = self.tableau.dense_place[i].iter().enumerate();
                let velocity = self.tableau.dense_velocity[i].iter().enumerate();
                k̄[i * n + v] += h * self.tableau.b[i] * v̄
                    + h * h * place.map(|(m, w)| w * ē[m * n + x]).sum::<f64>()
                    + h * velocity.map(|(m, w)| w * ē[m * n + v]).sum::<f64>();
            }
        }
        for i in (1..s).rev() {
            ḡ.fill(0.0);
            if i == s - 1 {
                pairs.iter().for_each(|&(x, _)| ḡ[x] = z̄[x]);
            }
            self.argument(pairs, record, i, g);
            let (before, this) = k̄.split_at_mut(i * n);
            let t = at.t + self.tableau.c[i] * h;
            f.vjp(at, t, g, &this[..n], ḡ);
            f.parameter_pullback(at, t, g, &this[..n], p̄);
            for &(x, v) in pairs {
                z̄0[x] += ḡ[x];
                z̄0[v] += self.tableau.c[i] * h * ḡ[x];
                for (j, a) in self.tableau.a[i - 1].iter().enumerate() {
                    before[j * n + v] += h * h * a * ḡ[x];
                }
            }
        }
        add_scaled(&mut z̄0[n..], 1.0, &k̄[..n]);
        z̄.copy_from_slice(z̄0);
    }

    fn pull_start(&self, f: &dyn Dynamics, at: &Interval, z: &[f64], z̄: &mut [f64], p̄: &mut [f64]) {
        pull_start(f, at, &z[..f.dim()], z̄, p̄);
    }
}
