//! Backward differentiation formulas of orders 1 to 5 as a [`Method`] whose history is its memory: what tests run to
//! hold the trait to the needs of multistep methods.
//!
//! z = (Z_0 … Z_5, Δ, h, q, steps since h or q changed), where Z_j = h^j u^(j)/j! is Nordsieck's array at order q and Δ the
//! last step's correction. A step over another h first scales Z_j by its power, so that any size may be asked for. With
//! the prediction Z⁰ = (Pascal's triangle) Z and Λ(x) = Π_{i=1..q} (1 + x/i) = Σ l_j x^j, the new array is Z⁰_j + l_j Δ
//! where l_1 Δ + Z⁰_1 = h f(t + h, Z⁰_0 + Δ), and its error is Δ/(q + 1) (Byrne and Hindmarsh, ACM TOMS 1 (1975) 71–96).

use nde::dynamics::{Dynamics, Interval, Scale};
use nde::method::{Method, NextSize, Record, Verdict, Work};

const MOST_ORDER: usize = 5;
const COLUMNS: usize = MOST_ORDER + 1;

/// Where the scalars stand behind the columns and δ.
const SCALARS: usize = COLUMNS + 1;
const SIZE: usize = 0;
const ORDER: usize = 1;
const AGE: usize = 2;

/// Newton's corrections, and how small in units of the tolerance the last of them must be.
const MOST_CORRECTIONS: usize = 6;
const SMALL_CORRECTION: f64 = 1e-3;

/// The size of a step grows by this much at once, and is kept where it would grow by less than the other.
const MOST_GROWTH: f64 = 3.0;
const LEAST_GROWTH: f64 = 1.2;
const MOST_SHRINKING: f64 = 0.2;

/// The method; it has no data of its own.
pub struct Multistep;

/// The order that a memory of n unknowns is at.
pub fn order(n: usize, z: &[f64]) -> usize {
    z[SCALARS * n + ORDER] as usize
}

/// l_0 … l_q.
fn corrector(q: usize) -> [f64; COLUMNS] {
    let mut l = [0.0; COLUMNS];
    l[0] = 1.0;
    for i in 1..=q {
        for j in (1..=i).rev() {
            l[j] += l[j - 1] / i as f64;
        }
    }
    l
}

/// Z_j ← Z_j r^j, and the size with it.
fn rescale(n: usize, z: &mut [f64], h: f64) {
    let ratio = h / z[SCALARS * n + SIZE];
    if ratio != 1.0 {
        let mut power = 1.0;
        for column in z[..COLUMNS * n].chunks_exact_mut(n) {
            column.iter_mut().for_each(|z| *z *= power);
            power *= ratio;
        }
        z[SCALARS * n + SIZE] = h;
        z[SCALARS * n + AGE] = 0.0;
    }
}

/// Z⁰: the polynomial of order q and its derivatives one step on.
fn predict(n: usize, q: usize, z: &mut [f64]) {
    for first in 0..q {
        for j in (first..q).rev() {
            for i in 0..n {
                z[j * n + i] += z[(j + 1) * n + i];
            }
        }
    }
}

impl Multistep {
    /// Solves l_1 δ + Z⁰_1 = h f(t + h, Z⁰_0 + δ) with a new Jacobian, so that the step is a function of z alone. Adds l_j δ
    /// to Z⁰.
    fn correct(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Option<Verdict> {
        let (n, t, h) = (record.n, at.t + at.h, at.h);
        let l = corrector(order(n, &record.next));
        let mut u = record.next[..n].to_vec();
        f.jacobian(at, t, &u, &mut work.jacobian);
        work.counters.jacobians += 1;
        work.counters.factorisations += 1;
        let Work { jacobian, shifted, .. } = work;
        if let Err(singular) = shifted.as_mut().expect("matrices").factorise(l[1] / h, jacobian) {
            return Some(Verdict::Singular(singular));
        }
        let (mut residual, mut converged) = (vec![0.0; n], false);
        for _ in 0..MOST_CORRECTIONS {
            f.rhs(at, t, &u, &mut residual);
            for i in 0..n {
                residual[i] -= (l[1] * (u[i] - record.next[i]) + record.next[n + i]) / h;
            }
            work.shifted().solve(&mut residual);
            work.counters.rhs += 1;
            work.counters.linear_solves += 1;
            work.counters.newton_iterations += 1;
            (0..n).for_each(|i| u[i] += residual[i]);
            converged = scale.norm(&residual, record.u(), &u) < SMALL_CORRECTION;
            if converged {
                break;
            }
        }
        let δ: Vec<f64> = (0..n).map(|i| u[i] - record.next[i]).collect();
        for (column, l) in record.next[..COLUMNS * n].chunks_exact_mut(n).zip(l) {
            (0..n).for_each(|i| column[i] += l * δ[i]);
        }
        record.next[COLUMNS * n..SCALARS * n].copy_from_slice(&δ);
        (!converged).then_some(Verdict::NewtonFailed)
    }

    /// The order of the next step and the factor of its size: those of the largest step among q − 1, q and q + 1, once the
    /// history has been of one size and order for q + 1 steps.
    fn choose(&self, scale: &Scale, record: &mut Record, error: f64) -> f64 {
        let n = record.n;
        let (q, age) = (order(n, &record.next), record.next[SCALARS * n + AGE] + 1.0);
        record.next[SCALARS * n + AGE] = age;
        if age < (q + 1) as f64 {
            return 1.0;
        }
        let growth =
            |margin: f64, error: f64, q: usize| 1.0 / (margin * error.max(1e-10).powf(1.0 / (q + 1) as f64));
        let norm = |e: &[f64]| scale.norm(e, record.u(), record.u1());
        let mut best = (growth(1.2, error, q), q);
        if q > 1 {
            // ∇^q u = q! Z_q.
            let factorial: f64 = (1..=q).map(|i| i as f64).product();
            let last: Vec<f64> =
                record.next[q * n..(q + 1) * n].iter().map(|z| z * factorial / q as f64).collect();
            let lower = (growth(1.3, norm(&last), q - 1), q - 1);
            best = if lower.0 > best.0 { lower } else { best };
        }
        if q < MOST_ORDER {
            let change = |i| (record.next[COLUMNS * n + i] - record.z[COLUMNS * n + i]) / (q + 2) as f64;
            let change: Vec<f64> = (0..n).map(change).collect();
            let higher = (growth(1.4, norm(&change), q + 1), q + 1);
            best = if higher.0 > best.0 { higher } else { best };
        }
        let (factor, chosen) = best;
        if factor < LEAST_GROWTH {
            return 1.0;
        }
        self.change_order(record, chosen);
        factor.min(MOST_GROWTH)
    }

    /// Z_{q+1} is δ/(q + 1)! at a higher order; a lower one drops Z_q.
    fn change_order(&self, record: &mut Record, chosen: usize) {
        let n = record.n;
        let q = order(n, &record.next);
        let factorial: f64 = (1..=q + 1).map(|i| i as f64).product();
        for i in 0..n {
            if chosen > q {
                record.next[chosen * n + i] = record.next[COLUMNS * n + i] / factorial;
            } else if chosen < q {
                record.next[q * n + i] = 0.0;
            }
        }
        record.next[SCALARS * n + ORDER] = chosen as f64;
        record.next[SCALARS * n + AGE] = 0.0;
    }
}

impl Method for Multistep {
    fn error_order(&self) -> u32 {
        2
    }

    fn is_implicit(&self) -> bool {
        true
    }

    fn memory(&self, n: usize) -> usize {
        SCALARS * n + 3
    }

    fn record(&self, n: usize) -> Record {
        let memory = vec![0.0; self.memory(n)];
        Record { n, z: memory.clone(), next: memory, ..Record::default() }
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work::matrices(f, 0)
    }

    /// Order 1, with the history h u′ of a step of size 1.
    fn start(&self, f: &dyn Dynamics, at: &Interval, z: &mut [f64], work: &mut Work) {
        let n = f.dim();
        z[n..].fill(0.0);
        let (u, rest) = z.split_at_mut(n);
        f.rhs(at, at.t, u, &mut rest[..n]);
        work.counters.rhs += 1;
        z[SCALARS * n + SIZE] = 1.0;
        z[SCALARS * n + ORDER] = 1.0;
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
        let n = record.n;
        (record.t, record.h) = (at.t, at.h);
        record.next.copy_from_slice(&record.z);
        rescale(n, &mut record.next, at.h);
        let q = order(n, &record.next);
        predict(n, q, &mut record.next);
        if let Some(failed) = self.correct(f, at, scale, record, work) {
            return failed;
        }
        let mut e = vec![0.0; n];
        self.local_error(record, &mut e);
        let error = scale.norm(&e, record.u(), record.u1());
        let factor = match error <= 1.0 {
            true => self.choose(scale, record, error),
            false => (0.9 / (1.2 * error.powf(1.0 / (q + 1) as f64))).max(MOST_SHRINKING),
        };
        Verdict::Judged { square: error * error, next: NextSize::Factor(factor) }
    }

    /// The new array's polynomial, of the order that this step had: it passes through u(t) too.
    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        let n = record.n;
        let q = order(n, &record.z);
        u.fill(0.0);
        for j in (0..=q).rev() {
            (0..n).for_each(|i| u[i] = u[i] * (θ - 1.0) + record.next[j * n + i]);
        }
    }

    fn local_error(&self, record: &Record, e: &mut [f64]) {
        let n = record.n;
        let q = order(n, &record.z);
        (0..n).for_each(|i| e[i] = record.next[COLUMNS * n + i] / (q + 1) as f64);
    }

    fn not_finite(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)> {
        let mut k = vec![0.0; record.n];
        u.copy_from_slice(record.u());
        f.rhs(at, at.t, u, &mut k);
        k.iter().position(|k| !k.is_finite()).map(|component| (at.t, component))
    }
}
