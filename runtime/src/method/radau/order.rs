//! The number of stages of the next step, by how fast Newton's iteration contracts (Hairer and Wanner 1999, section 4).
//!
//! A fast contraction says that the size is small for the problem, so that longer steps of more stages pay. Where it is
//! slow, fewer stages allow it to converge.

use super::Radau;
use super::history::Past;

/// More stages below this contraction, fewer above the other.
const FAST: f64 = 0.002;
const SLOW: f64 = 0.8;

/// More stages only after so many steps, and where the size has come to rest.
const PATIENCE: u32 = 10;
const AT_REST: std::ops::Range<f64> = 0.8..1.2;

/// So many tries of a step are one with fewer stages.
const TRIES: u32 = 2;

impl Radau {
    /// The stages of a try of the step after `past`.
    pub(super) fn stages(&self, past: &Past, attempt: u32) -> usize {
        past.next.saturating_sub(2 * (attempt / TRIES) as usize).clamp(self.least, self.most)
    }

    /// What follows on a step of size h with `used` stages, whose iteration contracted by `rate`, 0 where one correction was enough.
    pub(super) fn follow(&self, past: &Past, h: f64, used: usize, rate: f64) -> Past {
        let equal = if used == past.used || past.used == 0 { past.equal + 1 } else { 1 };
        let contraction = if used == past.next { past.contraction } else { 1.0 };
        let contraction = rate.max(0.5 * contraction).min(10.0);
        let mut now = Past { h, used, next: used, equal, contraction };
        let rests = past.used > 0 && AT_REST.contains(&(h / past.h));
        if contraction >= SLOW && used > self.least {
            now.next = used - 2;
        } else if contraction <= FAST && rests && equal > PATIENCE && used < self.most {
            now.next = used + 2;
        }
        if now.next != used {
            (now.equal, now.contraction) = (0, 1.0);
        }
        now
    }
}
