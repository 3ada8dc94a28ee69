//! Digamma and polygamma against `polygamma.csv` (n, x, ψₙ(x)), computed by mpmath in 60 digits, where ψₙ is
//! well conditioned: away from its roots.

use crate::emit::elementary::Elementary;

pub const COVERED: [Elementary; 2] = [Elementary::Digamma, Elementary::Polygamma];

#[test]
fn polygammas_agree_to_15_digits() {
    let table = include_str!("polygamma.csv");
    for row in table.lines() {
        let field = |index| {
            row.split(',').nth(index).and_then(|text: &str| text.parse::<f64>().ok()).expect("a number")
        };
        let (n, x, expected): (f64, f64, f64) = (field(0), field(1), field(2));
        let value = Elementary::Polygamma.evaluate(&[n, x]);
        assert!((value / expected - 1.0).abs() < 1e-15, "polygamma({n}, {x}) is {value:e}, not {expected:e}");
        if n == 0.0 {
            assert_eq!(value.to_bits(), Elementary::Digamma.evaluate(&[x]).to_bits());
        }
    }
}

#[test]
fn poles_and_limits() {
    let digamma = |x: f64| Elementary::Digamma.evaluate(&[x]);
    let polygamma = |n: f64, x: f64| Elementary::Polygamma.evaluate(&[n, x]);
    assert_eq!(digamma(0.0), f64::NEG_INFINITY);
    assert_eq!(digamma(-0.0), f64::INFINITY);
    assert_eq!(digamma(f64::INFINITY), f64::INFINITY);
    assert_eq!(polygamma(1.0, 0.0), f64::INFINITY);
    assert_eq!(polygamma(2.0, 0.0), f64::NEG_INFINITY);
    assert_eq!(polygamma(1.0, f64::INFINITY), 0.0);
    assert_eq!(polygamma(1.0, 1e300), 1e-300);
    for nan in
        [digamma(-3.0), digamma(f64::NAN), polygamma(1.0, -3.0), polygamma(0.5, 1.0), polygamma(171.0, 1.0)]
    {
        assert!(nan.is_nan());
    }
}
