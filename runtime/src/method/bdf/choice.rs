//! The order and the size of the next step: those of the longest step among the orders k − 1, k and k + 1.

use std::ops::RangeInclusive;

use super::history::{Past, column, error_constant};
use crate::dynamics::Scale;
use crate::method::Record;
use crate::method::power::{exp2, log2};

/// The expected error of the next step is this part of the tolerance, to the power of the order: that of the present order, of
/// a lower one and of a higher one. A change must promise more.
const SAFETY: f64 = 0.8;
const SAFETY_LOWER: f64 = 0.75;
const SAFETY_HIGHER: f64 = 0.8;

/// A step grows by this factor at most, the first one after a start by the other: its size was a guess.
const MOST_GROWTH: f64 = 10.0;
const MOST_FIRST_GROWTH: f64 = 1000.0;

/// Growth by less than this is not worth new differences.
const LEAST_GROWTH: f64 = 1.1;

/// A rejected step is shortened to this part at least.
const MOST_SHRINKING: f64 = 0.2;

/// ε² of ε = 1e-20: smaller errors ask for the largest growth anyhow.
const LEAST: f64 = 1e-40;

/// The factor of the size at which an error of mean square `square` and of order `k` would be 1.
fn factor(safety: f64, k: usize, square: f64) -> f64 {
    safety * exp2(-0.5 / (k + 1) as f64 * log2(square.max(LEAST)))
}

/// The factor for another try of a rejected step.
pub fn again(k: usize, square: f64) -> f64 {
    factor(SAFETY, k, square).max(MOST_SHRINKING)
}

/// Completes `next` for the step after one whose error has this mean square, and answers the factor of its size.
pub fn next(orders: RangeInclusive<usize>, scale: &Scale, record: &mut Record, square: f64) -> f64 {
    let n = record.n;
    let past = Past::of(n, &record.next);
    let k = past.used;
    let mut next = Past { order: k.clamp(*orders.start(), *orders.end()), ..past };
    let mut chosen = 1.0;
    if Past::of(n, &record.z).used == 0 {
        chosen = factor(SAFETY, k, square).clamp(MOST_SHRINKING, MOST_FIRST_GROWTH);
    } else if past.equal > k as u32 {
        let mean_square = |j: usize, k: usize| {
            error_constant(k).powi(2) * scale.mean_square(column(n, &record.next, j), record.u(), record.u1())
        };
        let mut best = (factor(SAFETY, k, square), k);
        if k > *orders.start() {
            let lower = (factor(SAFETY_LOWER, k - 1, mean_square(k, k - 1)), k - 1);
            best = if lower.0 > best.0 { lower } else { best };
        }
        if k < *orders.end() {
            let higher = (factor(SAFETY_HIGHER, k + 1, mean_square(k + 2, k + 1)), k + 1);
            best = if higher.0 > best.0 { higher } else { best };
        }
        if best.0 >= LEAST_GROWTH || best.0 < 1.0 {
            (chosen, next.order) = (best.0.clamp(MOST_SHRINKING, MOST_GROWTH), best.1);
        }
    }
    if next.order != k || chosen != 1.0 {
        next.equal = 0;
    }
    next.store(n, &mut record.next);
    chosen
}
