//! Adams' method of variable order and step size: predict, evaluate, correct, evaluate.
//!
//! L. F. Shampine and M. K. Gordon, Computer Solution of Ordinary Differential Equations (1975), the code STEP; Hairer,
//! Nørsett and Wanner, Solving ODEs I, III.5 and III.7. With φ*_i = β_i φ_i of [`coefficients`], a step of order k is
//!
//! p = u + h Σ_{i≤k} g_i φ*_i, d = f(t + h, p) − Σ_{i≤k} φ*_i, u1 = p + h g_{k+1} d,
//!
//! whose error is h (g_k − g_{k+1}) d; the corrector is one order higher than the predictor.
//!
//! z = (u, φ_1 … φ_m, the sizes of the last m steps, k, the steps since k changed, the phase) with m the highest order and
//! φ_1 = f(t, u); `Record::stages` holds p, f(t + h, p) and d.

mod coefficients;

use super::combine::{add_scaled, add_terms};
use super::power::{exp2, log2};
use super::{Method, NextSize, Record, Verdict, Work};
use crate::dynamics::{Dynamics, Interval, Scale};
use coefficients::{Coefficients, ERROR, MOST_ORDER, STABILITY};

/// The numbers of z behind the columns and the sizes.
const ORDER: usize = 0;
const AGE: usize = 1;
const PHASE: usize = 2;
const SCALARS: usize = 3;

/// In the first phase order and size grow at every step, until one fails.
const FIRST_PHASE: f64 = 1.0;
const LATER: f64 = 0.0;

/// From this try of a step on its order is 1: the history is of no use.
const HOPELESS: u32 = 3;

/// Steps whose sizes differ by less are of one size.
const EQUAL: f64 = 1e-9;

/// The share of the tolerance that the next step's error is to have.
const AIMED: f64 = 0.5;

/// Errors count so many times: with it those of a whole solve are about as large as those of Runge–Kutta methods at the
/// same tolerance on the problems of DETEST, and without it ten times larger.
const MARGIN: f64 = 4.0;

/// The method with orders up to `most`.
pub struct Adams {
    most: usize,
}

/// The errors that a step would have had at the orders around its own, were all steps of one size.
struct Errors {
    /// Of orders k − 2 and k − 1; infinite where there is none.
    below: [f64; 2],
    here: f64,
}

impl Adams {
    /// Orders 1 to `most`, 12 at most.
    pub fn new(most: Option<u32>) -> Adams {
        Adams { most: most.map_or(MOST_ORDER, |most| (most as usize).clamp(1, MOST_ORDER)) }
    }

    /// φ_i of a memory, counted from 1.
    fn column<'a>(&self, n: usize, z: &'a [f64], i: usize) -> &'a [f64] {
        &z[i * n..(i + 1) * n]
    }

    fn sizes<'a>(&self, n: usize, z: &'a [f64]) -> &'a [f64] {
        &z[(1 + self.most) * n..][..self.most]
    }

    fn scalar(&self, n: usize, which: usize) -> usize {
        (1 + self.most) * n + self.most + which
    }

    /// The order of a recorded step.
    fn order(&self, record: &Record) -> usize {
        match record.attempt < HOPELESS {
            true => record.z[self.scalar(record.n, ORDER)] as usize,
            false => 1,
        }
    }

    /// How many steps in a row had the size of this one, this one included.
    fn equal_steps(&self, record: &Record) -> usize {
        let equal = |&&size: &&f64| (size / record.h - 1.0).abs() < EQUAL;
        1 + self.sizes(record.n, &record.z).iter().take_while(equal).count()
    }

    fn coefficients(&self, record: &Record) -> Coefficients {
        Coefficients::new(self.order(record), record.h, self.sizes(record.n, &record.z))
    }

    /// p into `stages`, and the differences that the predictor expects at t + h into the columns of `next`.
    fn predict(&self, coefficients: &Coefficients, g: &[f64], record: &mut Record) {
        let (n, k, h) = (record.n, self.order(record), record.h);
        record.stages[..n].copy_from_slice(&record.z[..n]);
        record.next[(k + 1) * n..(self.most + 1) * n].fill(0.0);
        for i in (1..=k).rev() {
            let (β, weight) = (coefficients.β[i - 1], h * g[i - 1]);
            let φ = &record.z[i * n..(i + 1) * n];
            let (expected, above) = record.next[i * n..].split_at_mut(n);
            for j in 0..n {
                let scaled = β * φ[j];
                record.stages[j] += weight * scaled;
                // The column above the highest one is not read: it may be that of the sizes.
                expected[j] = if i == k { scaled } else { scaled + above[j] };
            }
        }
    }

    /// f(t + h, p) and d.
    fn evaluate(&self, f: &dyn Dynamics, at: &Interval, record: &mut Record, work: &mut Work) {
        let n = record.n;
        let (p, rest) = record.stages.split_at_mut(n);
        let (fp, d) = rest.split_at_mut(n);
        f.rhs(at, at.t + at.h, p, fp);
        work.counters.rhs += 1;
        let expected = &record.next[n..2 * n];
        (0..n).for_each(|j| d[j] = fp[j] - expected[j]);
    }

    /// The errors at orders k − 2, k − 1 and k: constant, size and the differences that d is added to.
    fn errors(&self, c: &Coefficients, scale: &Scale, record: &Record, work: &mut Work) -> Errors {
        let (n, k, h) = (record.n, self.order(record), record.h.abs());
        let (p, d) = (&record.stages[..n], &record.stages[2 * n..]);
        let mut of = |order: usize, e: &[f64], expected: Option<&[f64]>| {
            let sum = &mut work.scratch[..n];
            sum.copy_from_slice(e);
            expected.iter().for_each(|expected| add_scaled(sum, 1.0, expected));
            MARGIN * h * c.σ[order] * ERROR[order - 1] * scale.norm(sum, record.u(), p)
        };
        Errors {
            here: of(k, d, None),
            below: [
                if k > 2 { of(k - 2, d, Some(self.column(n, &record.next, k - 1))) } else { f64::INFINITY },
                if k > 1 { of(k - 1, d, Some(self.column(n, &record.next, k))) } else { f64::INFINITY },
            ],
        }
    }

    /// u1 and its right-hand side, and with them the differences at t + h; answers the last step's difference of order
    /// k + 1, in `work.scratch`, where it means something.
    fn correct(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        g: f64,
        record: &mut Record,
        work: &mut Work,
    ) -> Option<()> {
        let (n, k, h) = (record.n, self.order(record), record.h);
        let (p, d) = (&record.stages[..n], &record.stages[2 * n..]);
        (0..n).for_each(|j| record.next[j] = p[j] + h * g * d[j]);
        let (δ, new) = work.scratch.split_at_mut(n);
        f.rhs(at, at.t + h, &record.next[..n], new);
        work.counters.rhs += 1;
        (0..n).for_each(|j| δ[j] = new[j] - record.next[n + j]);
        for i in 1..=k {
            add_scaled(&mut record.next[i * n..(i + 1) * n], 1.0, δ);
        }
        record.next[n..2 * n].copy_from_slice(new);
        if k == self.most {
            return None;
        }
        record.next[(k + 1) * n..(k + 2) * n].copy_from_slice(δ);
        add_scaled(δ, -1.0, self.column(n, &record.z, k + 1));
        let (age, equal) = (record.z[self.scalar(n, AGE)], self.equal_steps(record));
        (equal > k && age >= 1.0).then_some(())
    }

    /// The order of the next step and the factor of its size.
    fn choose(&self, errors: &Errors, above: f64, record: &Record) -> (usize, f64, f64) {
        let k = self.order(record);
        let lower = self.prefers_lower(k, errors);
        let first = record.z[self.scalar(record.n, PHASE)] == FIRST_PHASE
            && record.attempt == 0
            && !lower
            && k < self.most;
        if first {
            return (k + 1, 2.0, FIRST_PHASE);
        }
        let (order, error) = match k {
            _ if lower => (k - 1, errors.below[1]),
            1 if above < 0.5 * errors.here => (2, above),
            2.. if errors.below[1] < errors.here.min(above) => (k - 1, errors.below[1]),
            2.. if above < errors.here => (k + 1, above),
            _ => (k, errors.here),
        };
        (order, factor(order, error), LATER)
    }

    fn prefers_lower(&self, k: usize, errors: &Errors) -> bool {
        match k {
            1 => false,
            2 => errors.below[1] < 0.5 * errors.here,
            _ => errors.below[0].max(errors.below[1]) < errors.here,
        }
    }

    /// Writes what the next step starts from behind the columns.
    fn remember(&self, record: &mut Record, order: usize, phase: f64) {
        let (n, most) = (record.n, self.most);
        let from = (1 + most) * n;
        record.next[from] = record.h;
        record.next[from + 1..from + most].copy_from_slice(&record.z[from..from + most - 1]);
        let age = if order == self.order(record) { record.z[self.scalar(n, AGE)] + 1.0 } else { 0.0 };
        record.next[from + most..].copy_from_slice(&[order as f64, age, phase]);
    }
}

/// The k-th root of x.
fn root(x: f64, k: f64) -> f64 {
    exp2(log2(x.max(f64::MIN_POSITIVE)) / k)
}

/// The factor for a step of that order from its error in steps of this size: few values, for the history likes steps of one
/// size.
fn factor(order: usize, error: f64) -> f64 {
    let power = (order + 1) as f64;
    match error {
        _ if AIMED >= error * exp2(power) => 2.0,
        _ if AIMED >= error => 1.0,
        _ => root(AIMED / error, power).clamp(0.5, 0.9),
    }
}

impl Method for Adams {
    /// Of the first step.
    fn error_order(&self) -> u32 {
        2
    }

    fn memory(&self, n: usize) -> usize {
        (1 + self.most) * n + self.most + SCALARS
    }

    fn record(&self, n: usize) -> Record {
        let memory = vec![0.0; self.memory(n)];
        Record { n, z: memory.clone(), next: memory, stages: vec![0.0; 3 * n], ..Record::default() }
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work::vectors(2 * f.dim())
    }

    fn start(&self, f: &dyn Dynamics, at: &Interval, z: &mut [f64], work: &mut Work) {
        let n = f.dim();
        z[n..].fill(0.0);
        let (u, rest) = z.split_at_mut(n);
        f.rhs(at, at.t, u, &mut rest[..n]);
        work.counters.rhs += 1;
        z[self.scalar(n, ORDER)] = 1.0;
        z[self.scalar(n, PHASE)] = FIRST_PHASE;
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
        let (n, k) = (record.n, self.order(record));
        let coefficients = self.coefficients(record);
        let g = coefficients.integrals(k, 1.0);
        self.predict(&coefficients, &g, record);
        self.evaluate(f, at, record, work);
        let (p, d) = (&record.stages[..n], &record.stages[2 * n..]);
        let constant = MARGIN * at.h * (g[k - 1] - g[k]);
        let square = constant * constant * scale.mean_square(d, record.u(), p);
        let errors = self.errors(&coefficients, scale, record, work);
        // A value that is not a number is not small either.
        if square.is_nan() || square > 1.0 {
            let factor = root(AIMED / square.sqrt(), (k + 1) as f64).clamp(0.1, 0.5);
            return Verdict::Judged { square, next: NextSize::Factor(factor) };
        }
        let above = self.correct(f, at, g[k], record, work).map_or(f64::INFINITY, |()| {
            MARGIN * at.h.abs() * ERROR[k] * scale.norm(&work.scratch[..n], record.u(), record.u1())
        });
        // The estimate does not read f at the new point, with which the next step begins.
        if record.next[n..2 * n].iter().any(|k| !k.is_finite()) {
            return Verdict::Judged { square: f64::NAN, next: NextSize::Factor(0.5) };
        }
        let (order, factor, phase) = self.choose(&errors, above, record);
        self.remember(record, order, phase);
        Verdict::Judged { square, next: NextSize::Factor(factor) }
    }

    /// u + h Σ g_i(θ) φ*_i, the corrector's term included: it meets both ends of the step.
    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        let (n, k, h) = (record.n, self.order(record), record.h);
        let coefficients = self.coefficients(record);
        let g = coefficients.integrals(k, θ);
        u.copy_from_slice(record.u());
        let history = (1..=k).map(|i| (h * g[i - 1] * coefficients.β[i - 1], self.column(n, &record.z, i)));
        add_terms(history.chain([(h * g[k], &record.stages[2 * n..])]), u);
    }

    fn local_error(&self, record: &Record, e: &mut [f64]) {
        let (n, k) = (record.n, self.order(record));
        let g = self.coefficients(record).integrals(k, 1.0);
        e.fill(0.0);
        add_scaled(e, record.h * (g[k - 1] - g[k]), &record.stages[2 * n..]);
    }

    /// |λ| ≈ ‖f(u1) − f(p)‖ / ‖u1 − p‖.
    fn stiffness(&self, record: &Record, _: &Scale, _: &mut Work) -> Option<f64> {
        let (n, k) = (record.n, self.order(record));
        let (mut up, mut down) = (0.0, 0.0);
        for j in 0..n {
            up += (record.next[n + j] - record.stages[n + j]).powi(2);
            down += (record.next[j] - record.stages[j]).powi(2);
        }
        (down > 0.0).then(|| record.h.abs() * (up / down).sqrt() / STABILITY[k - 1])
    }

    fn not_finite(
        &self,
        _: &dyn Dynamics,
        _: &Interval,
        record: &Record,
        u: &mut [f64],
    ) -> Option<(f64, usize)> {
        let (n, end) = (record.n, record.t + record.h);
        let places = [
            (record.t, record.u(), self.column(n, &record.z, 1)),
            (end, &record.stages[..n], &record.stages[n..2 * n]),
            (end, record.u1(), record.u1()),
            (end, record.u1(), &record.next[n..2 * n]),
        ];
        for (t, point, values) in places {
            if let Some(component) = values.iter().position(|value| !value.is_finite()) {
                u.copy_from_slice(point);
                return Some((t, component));
            }
        }
        None
    }
}
