//! Times at which functions of time alone change sign.

/// How many intervals of the span are looked at for functions that are not linear in time.
const SAMPLES: usize = 1000;

/// Adds the times strictly between `t0` and `t1` at which an element of `root(t)` changes sign.
///
/// A function that is linear in t is solved; others are sampled, and every change of sign is bisected to rounding.
pub fn find(root: &dyn Fn(f64) -> Vec<f64>, t0: f64, t1: f64, stops: &mut Vec<f64>) {
    let (first, last) = (root(t0), root(t1));
    let middle = root(t0 + 0.5 * (t1 - t0));
    let mut curved = Vec::new();
    for k in 0..first.len() {
        let straight = 0.5 * (first[k] + last[k]);
        let tolerance = 8.0 * f64::EPSILON * (first[k].abs() + last[k].abs());
        if (middle[k] - straight).abs() > tolerance {
            curved.push(k);
        } else if first[k] * last[k] < 0.0 || (first[k] != 0.0 && last[k] == 0.0) {
            stops.push(polish(&|t| root(t)[k], t0, t1));
        }
    }
    if curved.is_empty() {
        return;
    }
    let (mut before, mut t) = (first, t0);
    for sample in 1..=SAMPLES {
        let next_t = t0 + (t1 - t0) * (sample as f64 / SAMPLES as f64);
        let next = root(next_t);
        for &k in &curved {
            if before[k] * next[k] < 0.0 {
                stops.push(polish(&|t| root(t)[k], t, next_t));
            }
        }
        (before, t) = (next, next_t);
    }
}

/// The first number of the bracket at which the sign has changed, to rounding.
fn polish(g: &dyn Fn(f64) -> f64, mut a: f64, mut b: f64) -> f64 {
    let start = g(a);
    loop {
        let middle = a + 0.5 * (b - a);
        if middle == a || middle == b {
            return b;
        }
        match g(middle) * start > 0.0 {
            true => a = middle,
            false => b = middle,
        }
    }
}
