//! Folding of native functions whose value is exact, so that sizes may be written with them.

/// The value of a function that rounds nowhere; `None` leaves the call for the kernels.
pub fn evaluate(name: &str, arguments: &[f64]) -> Option<f64> {
    match (name, arguments) {
        ("abs", [x]) => Some(x.abs()),
        ("floor", [x]) => Some(x.floor()),
        ("ceil", [x]) => Some(x.ceil()),
        ("round", [x]) => Some(x.round_ties_even()),
        ("sqrt", [x]) => Some(x.sqrt()),
        ("sign", [x]) => Some(if *x == 0.0 { 0.0 } else { x.signum() }),
        ("step", [x]) => Some(if *x >= 0.0 { 1.0 } else { 0.0 }),
        ("min", [x, y]) if !x.is_nan() && !y.is_nan() => Some(x.min(*y)),
        ("max", [x, y]) if !x.is_nan() && !y.is_nan() => Some(x.max(*y)),
        ("mod", [x, y]) => {
            whole(x - y * (x / y).floor()).filter(|_| whole(*x).is_some() && whole(*y).is_some())
        }
        ("pow", [x, y]) if whole(*x).is_some() && (0.0..=64.0).contains(y) && y.fract() == 0.0 => {
            whole((0..*y as u32).fold(1.0, |product, _| product * x))
        }
        _ => None,
    }
}

/// The number, where it is an integer that f64 holds exactly.
fn whole(x: f64) -> Option<f64> {
    (x.fract() == 0.0 && x.abs() < 9e15).then_some(x)
}
