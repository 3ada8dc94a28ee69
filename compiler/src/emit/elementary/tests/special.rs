//! Special values of the functions that the correctly rounded library lacks, and how natives and inlined bodies agree.

use super::sample::arguments;
use crate::emit::elementary::{Elementary, FUNCTIONS, Kind, Native};

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

/// Equal with the sign of zero.
fn is(elementary: Elementary, x: f64, expected: f64) {
    let value = elementary.evaluate(&[x]);
    let equal = value.to_bits() == expected.to_bits() || (value.is_nan() && expected.is_nan());
    assert!(equal, "{elementary:?}({x:e}) is {value:e}, not {expected:e}");
}

#[test]
fn limits() {
    use Elementary as E;
    let rows = [
        // function, at −∞, at −0, at 0, at ∞
        (E::Sigmoid, 0.0, 0.5, 0.5, 1.0),
        (E::Silu, -0.0, -0.0, 0.0, INFINITY),
        (E::Softplus, 0.0, std::f64::consts::LN_2, std::f64::consts::LN_2, INFINITY),
        (E::Sech2, 0.0, 1.0, 1.0, 0.0),
        (E::Rbf, 0.0, 1.0, 1.0, 0.0),
        (E::NormalCumulative, 0.0, 0.5, 0.5, 1.0),
        (E::NormalDensity, 0.0, 0.3989422804014327, 0.3989422804014327, 0.0),
        (E::Gelu, -0.0, -0.0, 0.0, INFINITY),
    ];
    for (elementary, low, negative_zero, zero, high) in rows {
        is(elementary, -INFINITY, low);
        is(elementary, -0.0, negative_zero);
        is(elementary, 0.0, zero);
        is(elementary, INFINITY, high);
        is(elementary, NAN, NAN);
        is(elementary, -1e300, low);
        is(elementary, 1e300, if high == INFINITY { 1e300 } else { high });
    }
}

#[test]
fn far_tails_keep_their_digits() {
    let close = |elementary: Elementary, x: f64, expected: f64| {
        let value = elementary.evaluate(&[x]);
        assert!((value / expected - 1.0).abs() < 1e-15, "{elementary:?}({x}) is {value:e}");
    };
    close(Elementary::Gelu, -30.0, -1.472014178144456e-196);
    close(Elementary::Sigmoid, -700.0, 9.859676543759771e-305);
    close(Elementary::Softplus, -700.0, 9.859676543759771e-305);
    close(Elementary::NormalCumulative, -37.0, 5.725571222524577e-300);
}

#[test]
fn tanh_saturates() {
    for x in [19.1, 20.0, 400.0, 1e300, INFINITY] {
        is(Elementary::Tanh, x, 1.0);
        is(Elementary::Tanh, -x, -1.0);
    }
}

#[test]
fn natives_of_trigonometry_are_total_and_agree_with_the_inlined_bodies() {
    for (native, elementary) in
        [(Native::Sin, Elementary::Sin), (Native::Cos, Elementary::Cos), (Native::Tan, Elementary::Tan)]
    {
        for &x in &arguments(11) {
            let (called, inlined) = (native.call(&[x]), elementary.evaluate(&[x]));
            assert!(
                called.to_bits() == inlined.to_bits() || (called.is_nan() && inlined.is_nan()),
                "{elementary:?}({x:e})"
            );
        }
    }
}

#[test]
fn odd_functions_are_odd_bit_for_bit() {
    use Elementary as E;
    for elementary in
        [E::Sin, E::Tan, E::Sinh, E::Tanh, E::Asin, E::Atan, E::Asinh, E::Atanh, E::Erf, E::Cbrt]
    {
        for &x in arguments(5).iter().filter(|x| !x.is_nan()) {
            let (up, down) = (elementary.evaluate(&[x]), elementary.evaluate(&[-x]));
            assert!(up.to_bits() == (-down).to_bits() || up.is_nan(), "{elementary:?}({x:e})");
        }
    }
}

#[test]
fn the_registry_is_in_order_and_found_by_name() {
    for (place, function) in FUNCTIONS.iter().enumerate() {
        assert_eq!(function.elementary as usize, place);
        assert_eq!(Elementary::find(function.name), Some(function.elementary));
        let value = function.elementary.evaluate(&[0.5, 2.0, 3.0][..function.arity]);
        if let Kind::Native(native) = function.kind {
            assert_eq!(native.call(&[0.5, 2.0, 3.0][..function.arity]).to_bits(), value.to_bits());
        }
    }
    assert_eq!(Elementary::find("sine"), None);
}
