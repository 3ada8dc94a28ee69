//! Mean and variance of numbers that come in parts.
//!
//! A part has n, mean and M = Σ(x − mean)²; two are joined by T. F. Chan, G. H. Golub and R. J. LeVeque, Updating formulae and
//! a pairwise algorithm for computing sample variances (1979). Parts join as a balanced tree, so that errors grow with the
//! logarithm of their number.

/// The mean of some numbers and what their variance needs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    pub count: f64,
    pub mean: f64,
    /// Σ(x − mean)².
    pub squares: f64,
}

impl Moments {
    /// Of numbers that are all there: the mean first, then the squares, with the mean's rounding taken out of them.
    pub fn of(values: &[f64]) -> Moments {
        let count = values.len() as f64;
        if values.is_empty() {
            return Moments::default();
        }
        let mean = values.iter().sum::<f64>() / count;
        let (mut squares, mut rest) = (0.0, 0.0);
        for x in values {
            squares += (x - mean) * (x - mean);
            rest += x - mean;
        }
        Moments { count, mean: mean + rest / count, squares: squares - rest * rest / count }
    }

    /// Of the numbers of both.
    pub fn join(self, other: Moments) -> Moments {
        if self.count == 0.0 {
            return other;
        }
        if other.count == 0.0 {
            return self;
        }
        let count = self.count + other.count;
        let δ = other.mean - self.mean;
        Moments {
            count,
            mean: self.mean + δ * (other.count / count),
            squares: self.squares + other.squares + δ * δ * (self.count * other.count / count),
        }
    }

    /// The mean; NaN of nothing.
    pub fn expectation(&self) -> f64 {
        if self.count > 0.0 { self.mean } else { f64::NAN }
    }

    /// The unbiased variance, with n − 1; NaN of less than two numbers.
    pub fn variance(&self) -> f64 {
        if self.count > 1.0 { self.squares / (self.count - 1.0) } else { f64::NAN }
    }
}

/// Parts that join in pairs, pairs of pairs and so on as they come, like the carries of a binary counter.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Whole subtrees of falling size, with the logarithms of how many parts they have.
    subtrees: Vec<(u32, Moments)>,
}

impl Tree {
    /// Adds the next part.
    pub fn push(&mut self, part: Moments) {
        let mut top = (0, part);
        while let Some(&(level, earlier)) = self.subtrees.last().filter(|(level, _)| *level == top.0) {
            self.subtrees.pop();
            top = (level + 1, earlier.join(top.1));
        }
        self.subtrees.push(top);
    }

    /// All parts together.
    pub fn total(&self) -> Moments {
        self.subtrees.iter().rev().fold(Moments::default(), |sum, (_, part)| part.join(sum))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_exact_where_sums_of_squares_would_cancel() {
        // The integers 0..n beside a million: mean (n − 1)/2, variance n(n + 1)/12.
        let n = 100_000_u32;
        let values: Vec<f64> = (0..n).map(|k| 1e9 + f64::from(k)).collect();
        for leaf in [1, 7, 1024, n as usize] {
            let mut tree = Tree::default();
            values.chunks(leaf).for_each(|part| tree.push(Moments::of(part)));
            let (total, n) = (tree.total(), f64::from(n));
            assert_eq!(total.count, n);
            assert!((total.expectation() - 1e9 - (n - 1.0) / 2.0).abs() < 1e-6);
            assert!((total.variance() / (n * (n + 1.0) / 12.0) - 1.0).abs() < 1e-13, "leaf {leaf}");
        }
    }

    #[test]
    fn nothing_has_no_moments() {
        let one = Moments::of(&[3.0]);
        assert!(Tree::default().total().expectation().is_nan());
        assert_eq!(
            (one.expectation(), one.join(Moments::default()), one.variance().is_nan()),
            (3.0, one, true)
        );
    }
}
