//! Pieces are found wherever times lie, and splines are what they should be.

use super::*;

fn points(times: &[f64], values: &[f64]) -> Points {
    Points { times: times.into(), values: values.into() }
}

#[test]
fn the_piece_is_the_number_of_times_that_are_not_after_x() {
    let hard = [-1e308, -3.0, -3.0 + f64::EPSILON * 2.0, 0.0, 5e-324, 1e-300, 1.0, 1e9, 1e308];
    let even: Vec<f64> = (0..1000).map(|k| f64::from(k) * 0.1).collect();
    let one = [2.0];
    for times in [&hard[..], &even, &one, &[0.0, 5e-324]] {
        let guide = Guide::new(times.into());
        let around = times.iter().flat_map(|&t| [t.next_down(), t, t.next_up()]);
        for x in around.chain([f64::NEG_INFINITY, f64::INFINITY, 0.05, 99.95]) {
            assert_eq!(guide.piece(x), times.iter().filter(|&&t| t <= x).count(), "{x} in {times:?}");
        }
    }
}

#[test]
fn a_cubic_is_its_own_spline_whatever_the_times() {
    let y = |x: f64| 1.0 + x * (-2.0 + x * (0.5 + x * 0.25));
    let slope = |x: f64| -2.0 + x * (1.0 + x * 0.75);
    let times = [-1.0, -0.9, 0.3, 1.0, 4.0, 4.5];
    let values: Vec<f64> = times.iter().map(|&x| y(x)).collect();
    let spline = Interpolant::new(&points(&times, &values), Interpolation::Cubic);
    for k in 0..=100 {
        let x = -1.0 + 5.5 * f64::from(k) / 100.0;
        if x < 4.5 {
            assert!((spline.at(0, x) - y(x)).abs() < 1e-13 * (1.0 + y(x).abs()), "{x}");
            assert!((spline.at(1, x) - slope(x)).abs() < 1e-12 * (1.0 + slope(x).abs()), "{x}");
            assert!((spline.at(2, x) - (1.0 + 1.5 * x)).abs() < 1e-11, "{x}");
            assert!((spline.at(3, x) - 1.5).abs() < 1e-9, "{x}");
        }
    }
}

#[test]
fn few_points_make_a_constant_a_line_and_a_parabola() {
    let cubic =
        |times: &[f64], values: &[f64]| Interpolant::new(&points(times, values), Interpolation::Cubic);
    assert_eq!(cubic(&[1.0], &[7.0]).at(0, 3.0), 7.0);
    assert_eq!(cubic(&[1.0, 3.0], &[0.0, 4.0]).at(0, 1.5), 1.0);
    let parabola = cubic(&[0.0, 1.0, 3.0], &[0.0, 1.0, 9.0]);
    assert!((parabola.at(0, 2.0) - 4.0).abs() < 1e-14);
    assert!((parabola.at(1, 2.0) - 4.0).abs() < 1e-14);
}

#[test]
fn outside_it_is_constant_and_nan_passes() {
    let line = Interpolant::new(&points(&[0.0, 1.0, 2.0], &[1.0, 5.0, 3.0]), Interpolation::Linear);
    assert_eq!(
        [-5.0, 0.0, 0.5, 1.0, 1.5, 2.0, 9.0].map(|x| line.at(0, x)),
        [1.0, 1.0, 3.0, 5.0, 4.0, 3.0, 3.0]
    );
    assert_eq!([-5.0, 0.0, 1.0, 2.0].map(|x| line.at(1, x)), [0.0, 4.0, -2.0, 0.0]);
    assert!(line.at(0, f64::NAN).is_nan() && line.at(1, f64::NAN).is_nan());
}
