//! Draws from the distributions of the language, by the crate `rand_distr`.

use std::fmt;

use rand_core::Rng;
use rand_distr::Distribution as _;
use rand_distr::{Beta, Binomial, Cauchy, Exp, Gamma, LogNormal, Normal, Poisson, StudentT, Uniform};

/// A distribution with its arguments, ready to be drawn from.
#[derive(Clone, Debug)]
pub enum Distribution {
    Normal(Normal<f64>),
    HalfNormal(Normal<f64>),
    LogNormal(LogNormal<f64>),
    Uniform(Uniform<f64>),
    Exponential(Exp<f64>),
    Gamma(Gamma<f64>),
    Beta(Beta<f64>),
    StudentT {
        unit: StudentT<f64>,
        location: f64,
        scale: f64,
    },
    Cauchy(Cauchy<f64>),
    Poisson(Poisson<f64>),
    Binomial(Binomial),
    /// A Poisson number whose mean is drawn.
    NegativeBinomial(Gamma<f64>),
    /// The sums of the probabilities so far; what is drawn is a number from `first` on.
    Categorical {
        sums: Vec<f64>,
        first: f64,
    },
    /// A distribution without any width.
    Point(f64),
}

/// Why nothing can be drawn: the arguments are no distribution's.
#[derive(Clone, Debug, PartialEq)]
pub struct Undrawable {
    pub name: String,
    pub arguments: Vec<f64>,
}

impl fmt::Display for Undrawable {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        let arguments: Vec<String> = self.arguments.iter().map(f64::to_string).collect();
        write!(out, "there is no `{}({})`", self.name, arguments.join(", "))
    }
}

impl Distribution {
    /// The distribution of that name in the language; `gamma` and `exponential` take rates.
    ///
    /// # Errors
    /// The arguments are not in the distribution's domain.
    pub fn new(name: &str, arguments: &[f64]) -> Result<Distribution, Undrawable> {
        let undrawable = Undrawable { name: name.into(), arguments: arguments.to_vec() };
        if arguments.iter().any(|x| !x.is_finite()) {
            return Err(undrawable);
        }
        known(name, arguments).ok_or(undrawable)
    }

    /// A draw; it takes from the source what it needs.
    pub fn draw(&self, source: &mut impl Rng) -> f64 {
        match self {
            Distribution::Normal(d) => d.sample(source),
            Distribution::HalfNormal(d) => d.sample(source).abs(),
            Distribution::LogNormal(d) => d.sample(source),
            Distribution::Uniform(d) => d.sample(source),
            Distribution::Exponential(d) => d.sample(source),
            Distribution::Gamma(d) => d.sample(source),
            Distribution::Beta(d) => d.sample(source),
            Distribution::StudentT { unit, location, scale } => location + scale * unit.sample(source),
            Distribution::Cauchy(d) => d.sample(source),
            Distribution::Poisson(d) => d.sample(source),
            Distribution::Binomial(d) => d.sample(source) as f64,
            Distribution::NegativeBinomial(mean) => {
                let mean = mean.sample(source);
                // A mean may be drawn that is zero, or larger than any count.
                Poisson::new(mean).map_or(mean.floor(), |d| d.sample(source))
            }
            Distribution::Categorical { sums, first } => {
                let total = sums.last().copied().unwrap_or(1.0);
                let at = total * (source.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
                first + sums.partition_point(|&sum| sum <= at).min(sums.len() - 1) as f64
            }
            Distribution::Point(x) => *x,
        }
    }
}

fn known(name: &str, arguments: &[f64]) -> Option<Distribution> {
    Some(match (name, arguments) {
        ("normal", &[mean, deviation]) if deviation >= 0.0 => {
            Distribution::Normal(Normal::new(mean, deviation).ok()?)
        }
        ("half_normal", &[deviation]) if deviation >= 0.0 => {
            Distribution::HalfNormal(Normal::new(0.0, deviation).ok()?)
        }
        ("lognormal", &[mean, deviation]) if deviation >= 0.0 => {
            Distribution::LogNormal(LogNormal::new(mean, deviation).ok()?)
        }
        ("uniform", &[low, high]) if low == high => Distribution::Point(low),
        ("uniform", &[low, high]) => Distribution::Uniform(Uniform::new(low, high).ok()?),
        ("exponential", &[rate]) if rate > 0.0 => Distribution::Exponential(Exp::new(rate).ok()?),
        ("gamma", &[shape, rate]) if rate > 0.0 => Distribution::Gamma(Gamma::new(shape, 1.0 / rate).ok()?),
        ("beta", &[a, b]) => Distribution::Beta(Beta::new(a, b).ok()?),
        ("student_t", &[freedom, location, scale]) if scale >= 0.0 => {
            Distribution::StudentT { unit: StudentT::new(freedom).ok()?, location, scale }
        }
        ("cauchy", &[location, scale]) => Distribution::Cauchy(Cauchy::new(location, scale).ok()?),
        ("poisson", &[0.0]) => Distribution::Point(0.0),
        ("poisson", &[mean]) => Distribution::Poisson(Poisson::new(mean).ok()?),
        ("binomial", &[trials, probability]) if trials >= 0.0 && trials.fract() == 0.0 && trials < 1e15 => {
            Distribution::Binomial(Binomial::new(trials as u64, probability).ok()?)
        }
        // Mean m and dispersion φ: the variance is m + m²/φ.
        ("negative_binomial", &[mean, dispersion]) if mean > 0.0 => {
            Distribution::NegativeBinomial(Gamma::new(dispersion, mean / dispersion).ok()?)
        }
        ("bernoulli", &[p]) => categorical(&[1.0 - p, p], 0.0)?,
        ("categorical", weights) => categorical(weights, 1.0)?,
        _ => return None,
    })
}

fn categorical(weights: &[f64], first: f64) -> Option<Distribution> {
    let mut total = 0.0;
    let sums: Vec<f64> = weights
        .iter()
        .map(|w| {
            total += w;
            total
        })
        .collect();
    let possible = weights.iter().all(|w| *w >= 0.0) && total > 0.0;
    possible.then_some(Distribution::Categorical { sums, first })
}

#[cfg(test)]
mod tests {
    use super::super::Stream;
    use super::*;

    /// Name, arguments, mean and variance.
    const KNOWN: &[(&str, &[f64], f64, f64)] = &[
        ("normal", &[2.0, 3.0], 2.0, 9.0),
        ("half_normal", &[2.0], 1.5957691216057308, 1.4535209105296745),
        ("lognormal", &[0.1, 0.5], 1.2523227161918644, 0.4454391),
        ("uniform", &[-1.0, 3.0], 1.0, 16.0 / 12.0),
        ("uniform", &[2.0, 2.0], 2.0, 0.0),
        ("exponential", &[4.0], 0.25, 0.0625),
        ("gamma", &[3.0, 2.0], 1.5, 0.75),
        ("gamma", &[0.3, 2.0], 0.15, 0.075),
        ("beta", &[2.0, 3.0], 0.4, 0.04),
        ("student_t", &[10.0, 1.0, 2.0], 1.0, 5.0),
        ("poisson", &[2.5], 2.5, 2.5),
        ("poisson", &[150.0], 150.0, 150.0),
        ("binomial", &[20.0, 0.3], 6.0, 4.2),
        ("negative_binomial", &[4.0, 2.0], 4.0, 12.0),
        ("bernoulli", &[0.3], 0.3, 0.21),
        ("categorical", &[0.2, 0.3, 0.5], 2.3, 0.61),
    ];

    #[test]
    fn draws_have_the_mean_and_the_variance_of_their_distribution() {
        let n = 20_000_u64;
        for &(name, arguments, mean, variance) in KNOWN {
            let distribution = Distribution::new(name, arguments).unwrap();
            let stream = Stream { seed: 5, stream: 1 };
            let draws: Vec<f64> = (0..n).map(|k| distribution.draw(&mut stream.source(k))).collect();
            let average = draws.iter().sum::<f64>() / n as f64;
            let spread = draws.iter().map(|x| (x - average).powi(2)).sum::<f64>() / n as f64;
            let error = (average - mean) / (variance / n as f64).sqrt().max(1e-300);
            assert!(error.abs() < 4.0 || variance == 0.0, "{name}: mean {average}, not {mean}");
            assert!(
                (spread - variance).abs() <= 0.08 * variance,
                "{name}: variance {spread}, not {variance}"
            );
        }
    }

    #[test]
    fn a_cauchy_distribution_has_its_median_and_quartiles() {
        let distribution = Distribution::new("cauchy", &[1.0, 2.0]).unwrap();
        let stream = Stream { seed: 5, stream: 1 };
        let mut draws: Vec<f64> = (0..10_001).map(|k| distribution.draw(&mut stream.source(k))).collect();
        draws.sort_by(f64::total_cmp);
        assert!((draws[5000] - 1.0).abs() < 0.1 && (draws[7500] - 3.0).abs() < 0.2, "{}", draws[7500]);
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        let bad: &[(&str, &[f64])] = &[
            ("normal", &[0.0, -1.0]),
            ("uniform", &[2.0, 1.0]),
            ("uniform", &[0.0, f64::INFINITY]),
            ("gamma", &[0.0, 1.0]),
            ("binomial", &[2.5, 0.5]),
            ("bernoulli", &[1.5]),
            ("categorical", &[]),
            ("student_t", &[f64::NAN, 0.0, 1.0]),
        ];
        for (name, arguments) in bad {
            assert!(Distribution::new(name, arguments).is_err(), "{name}{arguments:?}");
        }
    }
}
