//! Initial weights of networks, from the counter-based generator: the same for the same seed.

use nde_compiler::check::model::{Initializer, Kind, Model};
use nde_compiler::derive::system::System;

use crate::random::Stream;

use super::{Given, Place};

/// The initial values of every weight of the system.
pub fn initial(system: &System) -> Vec<Given> {
    let model = &system.model;
    let mut given = Vec::new();
    for (number, network) in model.networks.iter().enumerate() {
        for (ordinal, &symbol) in network.weights.iter().enumerate() {
            let Some(part) = system.parameters.find(symbol) else { continue };
            let Some(initializer) = initializer(model, symbol) else { continue };
            // Networks without a seed of their own differ by their number.
            let seed = network.seed.unwrap_or(number as u64);
            let stream = Stream { seed, stream: ordinal as u32 };
            let rows = part.dims.first().copied().unwrap_or(1) as usize;
            let values = draw(initializer, rows, part.len() as usize, stream);
            given.push(Given { place: Place::Parameters, offset: part.offset as usize, values });
        }
    }
    given
}

fn initializer(model: &Model, symbol: nde_compiler::algebra::Symbol) -> Option<&Initializer> {
    model.variables.iter().find(|v| v.symbol == symbol).and_then(|v| match &v.kind {
        Kind::Weight { initial, .. } => Some(initial),
        _ => None,
    })
}

/// Glorot and Bengio (2010): variance 2/(fan_in + fan_out); He et al. (2015): 2/fan_in.
fn draw(initializer: &Initializer, rows: usize, len: usize, stream: Stream) -> Vec<f64> {
    let uniform = |low: f64, high: f64| -> Vec<f64> {
        (0..len as u64).map(|k| low + (high - low) * stream.uniform(k)).collect()
    };
    let normal = |mean: f64, deviation: f64| -> Vec<f64> {
        (0..len as u64).map(|k| mean + deviation * stream.normal(k)).collect()
    };
    match *initializer {
        Initializer::GlorotUniform { fan_in, fan_out } => {
            let limit = (6.0 / (fan_in + fan_out) as f64).sqrt();
            uniform(-limit, limit)
        }
        Initializer::GlorotNormal { fan_in, fan_out } => {
            normal(0.0, (2.0 / (fan_in + fan_out) as f64).sqrt())
        }
        Initializer::HeUniform { fan_in } => {
            let limit = (6.0 / fan_in as f64).sqrt();
            uniform(-limit, limit)
        }
        Initializer::HeNormal { fan_in } => normal(0.0, (2.0 / fan_in as f64).sqrt()),
        Initializer::Orthogonal => orthogonal(rows, len, stream),
        Initializer::Normal { mean, deviation } => normal(mean, deviation),
        Initializer::Uniform { low, high } => uniform(low, high),
        Initializer::Zeros => vec![0.0; len],
        Initializer::Values(ref values) => values.clone(),
    }
}

/// Orthonormal rows or columns, whichever are fewer, by Gram and Schmidt (twice, for rounding) on normal draws.
fn orthogonal(rows: usize, len: usize, stream: Stream) -> Vec<f64> {
    let columns = len.checked_div(rows).unwrap_or(0);
    let (count, size) = (rows.min(columns), rows.max(columns));
    let mut vectors: Vec<Vec<f64>> = Vec::with_capacity(count);
    for k in 0..count {
        let mut v: Vec<f64> = (0..size).map(|i| stream.normal((k * size + i) as u64)).collect();
        for _ in 0..2 {
            for w in &vectors {
                let along: f64 = v.iter().zip(w).map(|(a, b)| a * b).sum();
                v.iter_mut().zip(w).for_each(|(a, b)| *a -= along * b);
            }
        }
        let norm = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        v.iter_mut().for_each(|x| *x /= norm);
        vectors.push(v);
    }
    let entry = |i: usize, j: usize| if rows <= columns { vectors[i][j] } else { vectors[j][i] };
    (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect()
}
