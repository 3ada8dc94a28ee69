//! Functions without rounding error.

use crate::emit::elementary::Elementary;

const NAN: f64 = f64::NAN;
const INFINITY: f64 = f64::INFINITY;

fn same(elementary: Elementary, args: &[f64], expected: f64) {
    let value = elementary.evaluate(args);
    let equal = value == expected || (value.is_nan() && expected.is_nan());
    assert!(equal, "{elementary:?}{args:?} is {value}, not {expected}");
}

#[test]
fn signs_and_steps() {
    let rows = [
        // x, sign, step, relu, abs
        (-2.5, -1.0, 0.0, 0.0, 2.5),
        (-0.0, 0.0, 1.0, 0.0, 0.0),
        (0.0, 0.0, 1.0, 0.0, 0.0),
        (5e-324, 1.0, 1.0, 5e-324, 5e-324),
        (3.0, 1.0, 1.0, 3.0, 3.0),
        (INFINITY, 1.0, 1.0, INFINITY, INFINITY),
        (-INFINITY, -1.0, 0.0, 0.0, INFINITY),
        (NAN, NAN, NAN, NAN, NAN),
    ];
    for (x, sign, step, relu, abs) in rows {
        same(Elementary::Sign, &[x], sign);
        same(Elementary::Step, &[x], step);
        same(Elementary::Relu, &[x], relu);
        same(Elementary::Abs, &[x], abs);
    }
}

#[test]
fn roundings() {
    for x in [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.7, -2.7, 1e300, 4503599627370497.5, INFINITY, NAN] {
        same(Elementary::Floor, &[x], x.floor());
        same(Elementary::Ceil, &[x], x.ceil());
        same(Elementary::Round, &[x], x.round_ties_even());
    }
}

#[test]
fn bounds_pass_nan_on() {
    for (x, y, smaller, larger) in
        [(1.0, 2.0, 1.0, 2.0), (2.0, 1.0, 1.0, 2.0), (-INFINITY, 1.0, -INFINITY, 1.0)]
    {
        same(Elementary::Min, &[x, y], smaller);
        same(Elementary::Max, &[x, y], larger);
    }
    for elementary in [Elementary::Min, Elementary::Max] {
        same(elementary, &[NAN, 1.0], NAN);
        same(elementary, &[1.0, NAN], NAN);
    }
    same(Elementary::Clamp, &[5.0, 0.0, 1.0], 1.0);
    same(Elementary::Clamp, &[-5.0, 0.0, 1.0], 0.0);
    same(Elementary::Clamp, &[0.25, 0.0, 1.0], 0.25);
    same(Elementary::Clamp, &[NAN, 0.0, 1.0], NAN);
}

#[test]
fn modulo_has_the_sign_of_the_divisor() {
    for (x, y, expected) in
        [(7.5, 3.0, 1.5), (-7.5, 3.0, 1.5), (7.5, -3.0, -1.5), (6.0, 3.0, 0.0), (-0.25, 1.0, 0.75)]
    {
        same(Elementary::Mod, &[x, y], expected);
    }
    same(Elementary::Mod, &[1.0, 0.0], NAN);
}
