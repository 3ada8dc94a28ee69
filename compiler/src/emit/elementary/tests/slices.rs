//! Passes over slices give the bits of the functions they compute, at every length.

use super::super::SLICE_FUNCTIONS;
use super::sample::{Random, SPECIAL};

/// Lengths around one and two tiles, and one with many.
const LENGTHS: &[usize] = &[0, 1, 7, 8, 9, 15, 16, 17, 50, 1000];

#[test]
fn passes_agree_with_the_functions() {
    let mut random = Random(17);
    for passed in SLICE_FUNCTIONS {
        for &length in LENGTHS {
            let x: Vec<f64> = (0..length)
                .map(|k| match k % 3 {
                    0 => SPECIAL[random.bits() as usize % SPECIAL.len()],
                    1 => random.uniform(-20.0, 20.0),
                    _ => f64::from_bits(random.bits()),
                })
                .collect();
            agree(passed, &x);
            let moderate: Vec<f64> = (0..length).map(|_| random.uniform(-3.0, 3.0)).collect();
            agree(passed, &moderate);
        }
    }
}

fn agree(passed: &super::super::SliceFunction, x: &[f64]) {
    let mut values = vec![vec![f64::MAX; x.len()]; passed.functions.len()];
    let mut results: Vec<&mut [f64]> = values.iter_mut().map(|v| &mut v[..]).collect();
    passed.call(x, &mut results);
    for (function, values) in passed.functions.iter().zip(&values) {
        for (k, (&x, &value)) in x.iter().zip(values).enumerate() {
            let expected = function.evaluate(&[x]);
            let equal = expected.to_bits() == value.to_bits() || (expected.is_nan() && value.is_nan());
            assert!(equal, "{function:?}({x:e}) at {k}: {value:e}, not {expected:e}");
        }
    }
}
