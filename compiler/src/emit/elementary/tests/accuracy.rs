//! Every function that is not exact stays within its bound of the correctly rounded or multiprecision value.

use super::multiprecision::Reference;
use super::sample::{arguments, pairs};
use crate::emit::elementary::{Elementary, FUNCTIONS, Function};

const SEED: u64 = 7;

/// A function that is correctly rounded (CORE-MATH).
enum Rounded {
    One(fn(f64) -> f64),
    Two(fn(f64, f64) -> f64),
}

fn rounded(elementary: Elementary) -> Option<Rounded> {
    use Elementary as E;
    use Rounded::{One, Two};
    Some(match elementary {
        E::Sqrt => One(f64::sqrt),
        E::Cbrt => One(core_math::cbrt),
        E::Exp => One(core_math::exp),
        E::Expm1 => One(core_math::expm1),
        E::Log => One(core_math::log),
        E::Log1p => One(core_math::log1p),
        E::Log2 => One(core_math::log2),
        E::Log10 => One(core_math::log10),
        E::Sin => One(core_math::sin),
        E::Cos => One(core_math::cos),
        E::Tan => One(core_math::tan),
        E::Asin => One(core_math::asin),
        E::Acos => One(core_math::acos),
        E::Atan => One(core_math::atan),
        E::Sinh => One(core_math::sinh),
        E::Cosh => One(core_math::cosh),
        E::Tanh => One(core_math::tanh),
        E::Asinh => One(core_math::asinh),
        E::Acosh => One(core_math::acosh),
        E::Atanh => One(core_math::atanh),
        E::Erf => One(core_math::erf),
        E::Erfc => One(core_math::erfc),
        E::Gamma => One(core_math::tgamma),
        E::Lgamma => One(core_math::lgamma),
        E::Pow => Two(core_math::pow),
        E::Hypot => Two(core_math::hypot),
        E::Atan2 => Two(core_math::atan2),
        _ => return None,
    })
}

/// The distance in units of the last place. A different zero, or NaN on one side only, is infinitely far.
fn distance(value: f64, expected: f64) -> f64 {
    let order = |x: f64| {
        let bits = x.to_bits() as i64;
        if bits < 0 { i64::MIN - bits } else { bits }
    };
    if value.to_bits() == expected.to_bits() || (value.is_nan() && expected.is_nan()) {
        0.0
    } else if value == expected || value.is_nan() || expected.is_nan() {
        f64::INFINITY
    } else {
        order(value).abs_diff(order(expected)) as f64
    }
}

/// log |Γ| vanishes at 1, 2 and once or twice between negative integers: there only the absolute error is bounded.
fn near_root(elementary: Elementary, expected: f64) -> bool {
    elementary == Elementary::Lgamma && expected.abs() < 0.5
}

fn check(function: &Function, args: &[f64], expected: f64) {
    let value = function.elementary.evaluate(args);
    // One unit away from the rounded value is at most 1.5 units away from the exact one.
    let close = distance(value, expected) <= function.max_ulp - 0.5
        || (near_root(function.elementary, expected) && (value - expected).abs() < 5e-16);
    assert!(close, "{}{args:?} is {value:e}, not {expected:e}", function.name);
}

#[test]
fn functions_are_close_to_correctly_rounded() {
    let (arguments, pairs) = (arguments(SEED), pairs(SEED));
    for function in FUNCTIONS {
        match rounded(function.elementary) {
            Some(Rounded::One(f)) => arguments.iter().for_each(|&x| check(function, &[x], f(x))),
            Some(Rounded::Two(f)) => pairs.iter().for_each(|&(x, y)| check(function, &[x, y], f(x, y))),
            None => (),
        }
    }
}

#[test]
fn compositions_are_close_to_multiprecision() {
    let mut reference = Reference::new();
    let arguments = arguments(SEED);
    for function in FUNCTIONS {
        let largest = arguments
            .iter()
            .filter_map(|&x| Some((reference.error(function.elementary, x)?, x)))
            .max_by(|p, q| p.0.total_cmp(&q.0));
        if let Some((error, x)) = largest {
            assert!(error <= function.max_ulp, "{}({x:e}) is {error} units off", function.name);
        }
    }
}

#[test]
fn every_inexact_function_has_a_reference() {
    let mut reference = Reference::new();
    for function in FUNCTIONS {
        let held = function.max_ulp == 0.0
            || rounded(function.elementary).is_some()
            || reference.error(function.elementary, 0.5).is_some()
            || super::polygamma::COVERED.contains(&function.elementary);
        assert!(held, "`{}` is compared with nothing", function.name);
    }
}
