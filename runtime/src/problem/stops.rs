//! Times at which conditions on time alone change.

/// How many intervals of the span are looked at for conditions that are not linear in time.
const SAMPLES: usize = 1000;

/// Adds the times strictly between `t0` and `t1` at which an element of `truths(t)` changes.
///
/// A condition that is linear in time changes once at most, so its ends tell; others are sampled. Every change is
/// bisected to rounding: the stop is the first number at which the new truth holds.
pub fn find(truths: &dyn Fn(f64) -> Vec<f64>, linear: &[bool], t0: f64, t1: f64, stops: &mut Vec<f64>) {
    let (first, last) = (truths(t0), truths(t1));
    for k in 0..first.len() {
        if linear[k] && first[k] != last[k] {
            stops.push(polish(&|t| truths(t)[k], t0, t1));
        }
    }
    if linear.iter().all(|&is| is) {
        return;
    }
    let (mut before, mut t) = (first, t0);
    for sample in 1..=SAMPLES {
        let next_t = t0 + (t1 - t0) * (sample as f64 / SAMPLES as f64);
        let next = truths(next_t);
        for k in (0..next.len()).filter(|&k| !linear[k] && before[k] != next[k]) {
            stops.push(polish(&|t| truths(t)[k], t, next_t));
        }
        (before, t) = (next, next_t);
    }
}

/// The first number of the bracket at which the truth has changed, to rounding.
fn polish(truth: &dyn Fn(f64) -> f64, mut a: f64, mut b: f64) -> f64 {
    let start = truth(a);
    loop {
        let middle = a + 0.5 * (b - a);
        if middle == a || middle == b {
            return b;
        }
        match truth(middle) == start {
            true => a = middle,
            false => b = middle,
        }
    }
}
