//! The stiffness of many steps side by side.

use crate::dynamics::Scale;
use crate::method::combine::SHORT;
use crate::tableau::Tableau;

impl Tableau {
    /// A stage other than the last whose argument is at the end of the step, counted from 0.
    pub(super) fn second_at_end(&self) -> Option<usize> {
        (1..self.stages - 1).rev().find(|&i| self.c[i] == 1.0)
    }

    /// Whether [`Tableau::stiffness_of_lanes`] adds up like a single step of so many unknowns.
    pub fn stiffness_in_lanes(&self, n: usize) -> bool {
        n <= SHORT && self.second_at_end().is_some_and(|i| i > 1)
    }

    /// Hairer's estimate for each lane (see `Explicit::stiffness`, whose bits these are), from z, the inner stages and the next z.
    /// Element i of lane l is at i·lanes + l, in the tolerances too.
    pub fn stiffness_of_lanes(
        &self,
        [z, inner, next]: [&[f64]; 3],
        h: &[f64],
        scale: &Scale,
        share: &mut [f64],
    ) {
        let (Some(i), count) = (self.second_at_end(), h.len()) else { return };
        let n = z.len() / (2 * count);
        let row = self.a[i - 1];
        let (mut up, mut down) = (vec![0.0; count], vec![0.0; count]);
        let (mut first, mut sum) = (vec![0.0; count], vec![0.0; count]);
        let at = |k: usize| k * count..(k + 1) * count;
        for j in 0..n {
            let (u, k1) = (&z[at(j)], &z[at(n + j)]);
            for l in 0..count {
                first[l] = u[l] + h[l] * (0.0 + row[0] * k1[l]);
            }
            sum.fill(0.0);
            for (stage, w) in row[1..].iter().enumerate() {
                let k = &inner[at(stage * n + j)];
                for l in 0..count {
                    sum[l] += w * k[l];
                }
            }
            let (u1, last) = (&next[at(j)], &next[at(n + j)]);
            let atol = &scale.atol[at(j)];
            let same = &inner[at((i - 1) * n + j)];
            for l in 0..count {
                let g = first[l] + h[l] * sum[l];
                let unit = atol[l] + scale.rtol * u1[l].abs().max(g.abs());
                let (slope, way) = ((last[l] - same[l]) / unit, (u1[l] - g) / unit);
                up[l] += slope * slope;
                down[l] += way * way;
            }
        }
        for l in 0..count {
            let ratio = h[l].abs() * (up[l] / down[l]).sqrt() / self.real_stability;
            share[l] = if down[l] > 0.0 { ratio } else { 0.0 };
        }
    }
}
