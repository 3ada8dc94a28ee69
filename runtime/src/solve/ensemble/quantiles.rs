//! Quantiles: exact from all numbers up to [`EXACT`] of them, beyond that from a summary whose error is known.
//!
//! The summary is that of J. I. Munro and M. S. Paterson, Selection and sorting with limited storage (1980): full buffers
//! of equal weight are merged, and every other number stays with twice the weight. Which one of each pair stays
//! alternates, so no random choice enters. A merge of buffers of weight w moves no rank by more than w.

/// So many numbers are kept all.
pub const EXACT: u64 = 100_000;

/// The numbers of a buffer: the ranks of 10⁶ numbers are then known to 2·10⁻⁴.
const BUFFER: usize = 16_384;

/// The distribution of numbers that come one after the other.
#[derive(Clone, Debug)]
pub enum Quantiles {
    Exact(Vec<f64>),
    Summary(Summary),
}

/// Sorted buffers of falling weight, and the numbers that fill the next one.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    fresh: Vec<f64>,
    /// At place k a buffer of weight 2^k, where there is one.
    levels: Vec<Option<Vec<f64>>>,
    merges: u64,
    /// Σ w over the merges.
    moved: f64,
    count: u64,
}

impl Quantiles {
    /// For so many numbers.
    pub fn new(count: u64) -> Quantiles {
        match count <= EXACT {
            true => Quantiles::Exact(Vec::with_capacity(count as usize)),
            false => Quantiles::Summary(Summary::default()),
        }
    }

    pub fn extend(&mut self, values: &[f64]) {
        match self {
            Quantiles::Exact(all) => all.extend_from_slice(values),
            Quantiles::Summary(summary) => values.iter().for_each(|&x| summary.push(x)),
        }
    }

    /// Sorts what is there: before it is asked for.
    pub fn ordered(&self) -> Ordered {
        let mut numbers: Vec<(f64, f64)> = match self {
            Quantiles::Exact(all) => all.iter().map(|&x| (x, 1.0)).collect(),
            Quantiles::Summary(summary) => summary.weighted(),
        };
        numbers.sort_by(|a, b| a.0.total_cmp(&b.0));
        let error = match self {
            Quantiles::Summary(summary) if summary.count > 0 => summary.moved / summary.count as f64,
            _ => 0.0,
        };
        Ordered { numbers, error }
    }
}

impl Summary {
    fn push(&mut self, x: f64) {
        self.fresh.push(x);
        self.count += 1;
        if self.fresh.len() == BUFFER {
            let mut full = std::mem::take(&mut self.fresh);
            full.sort_by(f64::total_cmp);
            self.carry(full);
        }
    }

    /// Merges buffers of equal weight from the lightest on.
    fn carry(&mut self, mut buffer: Vec<f64>) {
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(None);
            }
            let Some(other) = self.levels[level].take() else {
                self.levels[level] = Some(buffer);
                return;
            };
            buffer.extend(other);
            buffer.sort_by(f64::total_cmp);
            let offset = (self.merges % 2) as usize;
            self.merges += 1;
            self.moved += (1_u64 << level) as f64;
            buffer = buffer.into_iter().skip(offset).step_by(2).collect();
        }
    }

    fn weighted(&self) -> Vec<(f64, f64)> {
        let fresh = self.fresh.iter().map(|&x| (x, 1.0));
        let older =
            self.levels.iter().enumerate().flat_map(|(level, buffer)| {
                buffer.iter().flatten().map(move |&x| (x, (1_u64 << level) as f64))
            });
        fresh.chain(older).collect()
    }
}

/// Sorted numbers with their weights.
pub struct Ordered {
    numbers: Vec<(f64, f64)>,
    /// By how much the rank of an answer may be wrong, as a part of all.
    pub error: f64,
}

impl Ordered {
    /// The q-quantile, between neighbours by a straight line (type 7 of R. J. Hyndman and Y. Fan, Sample quantiles in statistical
    /// packages, 1996); NaN of nothing and where a number is NaN.
    pub fn quantile(&self, q: f64) -> f64 {
        let numbers = &self.numbers;
        let is_nan = |x: Option<&(f64, f64)>| x.is_none_or(|x| x.0.is_nan());
        if is_nan(numbers.first()) || is_nan(numbers.last()) {
            return f64::NAN;
        }
        let total: f64 = numbers.iter().map(|x| x.1).sum();
        let rank = q * (total - 1.0);
        // A number of weight w has the ranks `before` to `before + w − 1`.
        let mut before = 0.0;
        for (k, &(x, w)) in numbers.iter().enumerate() {
            if rank <= before + w - 1.0 || k + 1 == numbers.len() {
                return x;
            }
            if rank < before + w {
                let part = rank - (before + w - 1.0);
                let next = numbers[k + 1].0;
                return if next == x { x } else { x + part * (next - x) };
            }
            before += w;
        }
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_numbers_have_exact_quantiles() {
        let mut quantiles = Quantiles::new(5);
        quantiles.extend(&[4.0, 1.0, 3.0]);
        quantiles.extend(&[2.0, 10.0]);
        let ordered = quantiles.ordered();
        for (q, x) in [(0.0, 1.0), (0.25, 2.0), (0.3, 2.2), (0.5, 3.0), (0.9, 7.6), (1.0, 10.0)] {
            assert!((ordered.quantile(q) - x).abs() < 1e-14, "{q}: {}", ordered.quantile(q));
        }
        assert_eq!(ordered.error, 0.0);
        assert!(Quantiles::new(0).ordered().quantile(0.5).is_nan());
        quantiles.extend(&[f64::NAN]);
        assert!(quantiles.ordered().quantile(0.1).is_nan());
    }

    /// A number's rank is itself, whatever the order in which they come.
    #[test]
    fn many_numbers_have_ranks_within_the_error_that_is_stated() {
        let n = 1_000_000_u64;
        let orders: [fn(u64, u64) -> u64; 3] =
            [|k, _| k, |k, n| n - 1 - k, |k, n| k.wrapping_mul(7_368_787) % n];
        for order in orders {
            let mut quantiles = Quantiles::new(n);
            let values: Vec<f64> = (0..n).map(|k| order(k, n) as f64).collect();
            values.chunks(1000).for_each(|part| quantiles.extend(part));
            let ordered = quantiles.ordered();
            assert!(ordered.error > 0.0 && ordered.error < 2e-4, "{}", ordered.error);
            for q in [0.0, 0.001, 0.05, 0.5, 0.95, 0.999, 1.0] {
                let wrong = (ordered.quantile(q) / (n - 1) as f64 - q).abs();
                assert!(wrong <= ordered.error + 1e-6, "{q}: {wrong}");
            }
        }
    }
}
