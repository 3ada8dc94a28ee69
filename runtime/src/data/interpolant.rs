//! Piecewise polynomials through the points of a table, constant outside of them.
//!
//! Of n points with times x₁ < … < xₙ, piece 0 lies before x₁, piece k from x_k up to x_{k+1}, and piece n from xₙ on. In piece k
//! y = a + b s + c s² + d s³ with s = x − x_k.

use std::sync::Arc;

use nde_compiler::check::model::{Interpolation, Points};

/// The polynomials of a table.
pub struct Interpolant {
    guide: Guide,
    /// a of each point.
    values: Arc<[f64]>,
    /// b of each piece between points.
    slopes: Vec<f64>,
    /// c and d of the same; empty where pieces are lines.
    bends: Vec<[f64; 2]>,
}

impl Interpolant {
    /// The interpolant of points, of which there is one at least.
    pub fn new(points: &Points, interpolation: Interpolation) -> Interpolant {
        let (x, y) = (&points.times, &points.values);
        let slopes: Vec<f64> =
            x.windows(2).zip(y.windows(2)).map(|(x, y)| (y[1] - y[0]) / (x[1] - x[0])).collect();
        let guide = Guide::new(x.clone());
        let mut interpolant = Interpolant { guide, values: y.clone(), slopes, bends: Vec::new() };
        if interpolation == Interpolation::Cubic && x.len() > 2 {
            interpolant.bend();
        }
        interpolant
    }

    pub fn guide(&self) -> &Guide {
        &self.guide
    }

    /// Makes cubic pieces of lines, by the slopes of the spline at the points.
    fn bend(&mut self) {
        let x = &self.guide.times;
        let at = spline_slopes(x, &self.slopes);
        self.bends = Vec::with_capacity(self.slopes.len());
        for (k, slope) in self.slopes.iter_mut().enumerate() {
            let h = x[k + 1] - x[k];
            let t = (at[k] + at[k + 1] - 2.0 * *slope) / h;
            self.bends.push([(*slope - at[k]) / h - t, t / h]);
            *slope = at[k];
        }
    }

    /// The derivative of that order at x, in the piece that x lies in.
    pub fn at(&self, derivative: usize, x: f64) -> f64 {
        self.in_piece(derivative, x, self.guide.piece(x))
    }

    /// The derivative of that order at x by the formula of a piece.
    pub fn in_piece(&self, derivative: usize, x: f64, piece: usize) -> f64 {
        let last = self.values.len();
        let constant = |y: f64| match (x.is_nan(), derivative) {
            (true, _) => x,
            (false, 0) => y,
            (false, _) => 0.0,
        };
        if piece == 0 {
            return constant(self.values[0]);
        }
        if piece >= last {
            return constant(self.values[last - 1]);
        }
        let k = piece - 1;
        let s = x - self.guide.times[k];
        let (a, b) = (self.values[k], self.slopes[k]);
        match (self.bends.get(k), derivative) {
            (None, 0) => a + b * s,
            (None, 1) => b,
            (None, _) => 0.0,
            (Some([c, d]), 0) => a + s * (b + s * (c + s * d)),
            (Some([c, d]), 1) => b + s * (2.0 * c + s * (3.0 * d)),
            (Some([c, d]), 2) => 2.0 * c + s * (6.0 * d),
            (Some([_, d]), 3) => 6.0 * d,
            (Some(_), _) => 0.0,
        }
    }
}

/// The slopes at the points of the cubic spline that is "not a knot", by those of the chords. With three points it is their
/// parabola. (C. de Boor, A Practical Guide to Splines, chapter IV; the rows are those of SciPy's `CubicSpline`.)
fn spline_slopes(x: &[f64], chords: &[f64]) -> Vec<f64> {
    let n = x.len();
    let h = |k: usize| x[k + 1] - x[k];
    if n == 3 {
        let bend = (chords[1] - chords[0]) / (x[2] - x[0]);
        return vec![chords[0] - bend * h(0), chords[0] + bend * h(0), chords[1] + bend * h(1)];
    }
    let first = x[2] - x[0];
    let last = x[n - 1] - x[n - 3];
    // Rows of (below, diagonal, above | right side), eliminated on the way down: only what is above the diagonal is kept.
    let (mut above, mut right) = (vec![0.0; n], vec![0.0; n]);
    above[0] = first / h(1);
    right[0] = ((h(0) + 2.0 * first) * h(1) * chords[0] + h(0) * h(0) * chords[1]) / first / h(1);
    for k in 1..n - 1 {
        let (below, diagonal) = (h(k), 2.0 * (h(k - 1) + h(k)));
        let pivot = diagonal - below * above[k - 1];
        let side = 3.0 * (h(k) * chords[k - 1] + h(k - 1) * chords[k]);
        above[k] = h(k - 1) / pivot;
        right[k] = (side - below * right[k - 1]) / pivot;
    }
    let (p, q) = (h(n - 2), h(n - 3));
    let side = (p * p * chords[n - 3] + (2.0 * last + p) * q * chords[n - 2]) / last;
    right[n - 1] = (side - last * right[n - 2]) / (q - last * above[n - 2]);
    for k in (0..n - 1).rev() {
        right[k] -= above[k] * right[k + 1];
    }
    right
}

/// Finds the piece that a time lies in: equal cells over the span say where to look, so that evenly spread times are found at once
/// and any others in O(log n).
pub struct Guide {
    pub times: Arc<[f64]>,
    /// How many times lie before each cell, and all of them at the end.
    before: Vec<u32>,
    /// Cells a unit of time.
    scale: f64,
}

impl Guide {
    /// # Panics
    /// There are 2³² times or more.
    pub fn new(times: Arc<[f64]>) -> Guide {
        let n = u32::try_from(times.len()).expect("tables have fewer than 2^32 rows");
        let scale = f64::from(n) / (times[times.len() - 1] - times[0]);
        let mut guide = Guide { times, before: vec![0; n as usize + 1], scale };
        for k in 0..n as usize {
            let cell = guide.cell(guide.times[k]);
            guide.before[cell + 1] += 1;
        }
        for cell in 0..n as usize {
            guide.before[cell + 1] += guide.before[cell];
        }
        guide
    }

    /// The cell of a time: it never falls where x grows.
    fn cell(&self, x: f64) -> usize {
        let cells = self.before.len() - 1;
        // A product that is NaN, or less than 0, is cell 0.
        (((x - self.times[0]) * self.scale) as usize).min(cells - 1)
    }

    /// How many times are not after x.
    pub fn piece(&self, x: f64) -> usize {
        let cell = self.cell(x);
        let (from, to) = (self.before[cell] as usize, self.before[cell + 1] as usize);
        from + self.times[from..to].partition_point(|&time| time <= x)
    }
}

#[cfg(test)]
mod tests;
