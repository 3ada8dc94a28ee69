//! The stages of a step, by a simplified Newton iteration in W = T⁻¹ Z.
//!
//! M (Λ/h) W = T⁻¹ F with F_i = f(t + c_i h, u + Z_i), so that a correction takes one real system with (γ/h) M − J and a complex
//! one with ((α + iβ)/h) M − J for each pair (Hairer and Wanner, Solving ODEs II, IV.8).

use std::array::from_fn;

use super::Radau;
use super::collocation::{Collocation, gather, product, scatter};
use super::history::Past;
use crate::dynamics::{Dynamics, Interval, Scale};
use crate::method::newton::{Failed, Judge, Limits, Next, prepare_pairs};
use crate::method::{Record, Work};

/// The most corrections of an iteration for three stages, and how many more are allowed for two more stages.
const CORRECTIONS: u32 = 7;
const MORE_CORRECTIONS: u32 = 5;

/// The part of the tolerance that the iteration may leave, where rounding allows it.
const LEFT: f64 = 0.03;

/// An iteration that converged at a slower rate asks for a new Jacobian before the next step: in a system of more unknowns than
/// `SMALL`, where factors are dear, later.
const SLOW: f64 = 1e-3;
const SLOW_OF_MANY: f64 = 1e-2;
const SMALL: usize = 32;

/// A Jacobian serves while the iteration is fast, its factors for their own size alone.
const LIMITS: Limits = Limits { oldest: 100, drift: 0.0 };

/// Where an iteration begins.
#[derive(Clone, Copy, PartialEq)]
enum Beginning {
    /// On the polynomial of the last step.
    Extrapolated,
    Zero,
}

/// The vectors of an iteration in the scratch of a [`Work`].
struct Buffers<'w> {
    /// The argument of f.
    argument: &'w mut [f64],
    /// 1/(atol + rtol |u|).
    weights: &'w mut [f64],
    /// W, its correction, and (Λ/h) W.
    w: &'w mut [f64],
    r: &'w mut [f64],
    scaled: &'w mut [f64],
}

/// The length of the scratch: what the error estimate uses comes first.
pub fn scratch(n: usize, most: usize) -> usize {
    (super::error::VECTORS + 2 + 3 * most) * n
}

impl Buffers<'_> {
    fn of(n: usize, stages: usize, scratch: &mut [f64]) -> Buffers<'_> {
        let (_, rest) = scratch.split_at_mut(super::error::VECTORS * n);
        let (argument, rest) = rest.split_at_mut(n);
        let (weights, rest) = rest.split_at_mut(n);
        let (w, rest) = rest.split_at_mut(stages * n);
        let (r, rest) = rest.split_at_mut(stages * n);
        Buffers { argument, weights, w, r, scaled: &mut rest[..stages * n] }
    }
}

/// The most corrections of an iteration.
pub fn corrections(stages: usize) -> u32 {
    CORRECTIONS + MORE_CORRECTIONS * (stages as u32 - 3) / 2
}

/// The rate that is slow in a system of n unknowns.
pub fn slow(n: usize) -> f64 {
    if n <= SMALL { SLOW } else { SLOW_OF_MANY }
}

/// (α + iβ)/h for each pair, and zeros behind them.
pub fn shifts<const S: usize>(method: &Collocation<S>, h: f64) -> [(f64, f64); S] {
    from_fn(|k| method.pairs.get(k).map_or((0.0, 0.0), |&(α, β)| (α / h, β / h)))
}

impl Radau {
    /// Fills Z_1 … Z_S in `next`.
    pub(super) fn solve<const S: usize>(
        &self,
        method: &Collocation<S>,
        f: &dyn Dynamics,
        at: &Interval,
        scale: &Scale,
        record: &mut Record,
        past: &Past,
        work: &mut Work,
    ) -> Result<Judge, Failed> {
        let pairs = &shifts(method, at.h)[..method.pairs.len()];
        let is_poor = record.attempt > 0 || work.reuse.rate > slow(record.n);
        if is_poor && !work.reuse.is_fresh(at.t) {
            work.reuse.drop_jacobian();
        }
        let mut from = if past.used > 0 { Beginning::Extrapolated } else { Beginning::Zero };
        loop {
            if let Err(singular) = prepare_pairs(f, at, record, (method.γ / at.h, pairs), &LIMITS, work) {
                let failed = Failed::from(singular);
                if failed == Failed::NotFinite || !work.reuse.retry(at.t) {
                    return Err(failed);
                }
                continue;
            }
            begin(method, from, at.h, scale, record, past, work);
            let left = LEFT.max(10.0 * f64::EPSILON / scale.rtol);
            let mut judge = Judge::within(left, corrections(S), work.reuse.eta);
            let end = iterate(method, f, at, record, &mut judge, work);
            judge.store(&mut work.reuse);
            match end {
                Next::Converged => return Ok(judge),
                _ if work.reuse.retry(at.t) => {}
                _ if from == Beginning::Extrapolated => from = Beginning::Zero,
                Next::NotFinite => return Err(Failed::NotFinite),
                Next::Iterate | Next::Hopeless => return Err(Failed::Slow),
            }
        }
    }
}

/// Z, W and the weights of the norm.
fn begin<const S: usize>(
    method: &Collocation<S>,
    from: Beginning,
    h: f64,
    scale: &Scale,
    record: &mut Record,
    past: &Past,
    work: &mut Work,
) {
    let n = record.n;
    let Buffers { weights, w, .. } = Buffers::of(n, S, &mut work.scratch);
    let (u, old) = record.z.split_at(n);
    let z = &mut record.next[n..(1 + S) * n];
    match from {
        Beginning::Zero => {
            z.fill(0.0);
            w.fill(0.0);
        }
        Beginning::Extrapolated => {
            super::extrapolate(method, h, n, old, past, z);
            transform(&method.inverse, z, w, n);
        }
    }
    let end = &z[(S - 1) * n..];
    for i in 0..n {
        weights[i] = 1.0 / (scale.atol[i] + scale.rtol * u[i].abs().max((u[i] + end[i]).abs()));
    }
}

/// The iteration, from the Z and W that there are.
fn iterate<const S: usize>(
    method: &Collocation<S>,
    f: &dyn Dynamics,
    at: &Interval,
    record: &mut Record,
    judge: &mut Judge,
    work: &mut Work,
) -> Next {
    let n = record.n;
    let Work { scratch, shifted, counters, .. } = work;
    let shifted = shifted.as_mut().expect("an implicit method made this work");
    let Buffers { argument, weights, w, r, scaled } = Buffers::of(n, S, scratch);
    let (u, z) = (&record.z[..n], &mut record.next[n..(1 + S) * n]);
    loop {
        for i in 0..S {
            (0..n).for_each(|c| argument[c] = u[c] + z[i * n + c]);
            f.rhs(at, at.t + method.c[i] * at.h, argument, &mut r[i * n..(i + 1) * n]);
        }
        residual(method, f, at.h, n, w, r, scaled);
        let (first, rest) = r.split_at_mut(n);
        shifted.solve(first);
        for (k, pair) in rest.chunks_exact_mut(2 * n.max(1)).enumerate() {
            let (re, im) = pair.split_at_mut(n);
            shifted.solve_complex(k, re, im);
        }
        counters.rhs += S as u64;
        counters.linear_solves += 1 + method.pairs.len() as u64;
        counters.newton_iterations += 1;
        let next = judge.next(norm(weights, r, S));
        if next != Next::NotFinite {
            w.iter_mut().zip(&*r).for_each(|(w, r)| *w += r);
            transform(&method.t, w, z, n);
        }
        if next != Next::Iterate {
            return next;
        }
    }
}

/// r = T⁻¹ F − M (Λ/h) W from r = F.
fn residual<const S: usize>(
    method: &Collocation<S>,
    f: &dyn Dynamics,
    h: f64,
    n: usize,
    w: &[f64],
    r: &mut [f64],
    scaled: &mut [f64],
) {
    let per_h = 1.0 / h;
    let (w, r, scaled) = (&w[..S * n], &mut r[..S * n], &mut scaled[..S * n]);
    let mass = f.mass();
    for c in 0..n {
        let mut y = product(&method.inverse, &gather(r, n, c));
        let mut v = method.scaled(&gather(w, n, c));
        for i in 0..S {
            v[i] *= per_h;
        }
        match mass {
            None => (0..S).for_each(|i| y[i] -= v[i]),
            Some(_) => scatter(v, scaled, n, c),
        }
        scatter(y, r, n, c);
    }
    if let Some(mass) = mass {
        r.chunks_exact_mut(n.max(1))
            .zip(scaled.chunks_exact(n.max(1)))
            .for_each(|(r, v)| mass.add_product(-1.0, v, r));
    }
}

/// y = (m ⊗ I) x.
fn transform<const S: usize>(m: &[[f64; S]; S], x: &[f64], y: &mut [f64], n: usize) {
    let (x, y) = (&x[..S * n], &mut y[..S * n]);
    for c in 0..n {
        scatter(product(m, &gather(x, n, c)), y, n, c);
    }
}

/// The root mean square of the weighted corrections of all stages.
fn norm(weights: &[f64], r: &[f64], stages: usize) -> f64 {
    let mut sum = 0.0;
    for r in r.chunks_exact(weights.len().max(1)) {
        sum += r.iter().zip(weights).map(|(r, w)| (r * w) * (r * w)).sum::<f64>();
    }
    (sum / (stages * weights.len()).max(1) as f64).sqrt()
}
