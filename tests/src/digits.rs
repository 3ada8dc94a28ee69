//! How right a computed number is: its error relative to a reference that is written with more digits than a double has.
//!
//! The scale of an error is `max(|reference|, floor)`, where the floor of a series is 1e-3 of its largest value, so
//! that a zero crossing does not count as a failure.

use astro_float::{BigFloat, Consts, Radix, RoundingMode};

/// Digits beyond this many say nothing about a double.
pub const MOST_DIGITS: f64 = 17.0;
const BITS: usize = 256;
const ROUND: RoundingMode = RoundingMode::ToEven;

/// `|value − reference| / max(|reference|, floor)`, the difference taken exactly. Non-finite numbers are right where
/// they are equal, and NaN is right where the reference is NaN; a wrong one has an infinite error.
pub fn relative_error(value: f64, reference: &str, floor: f64) -> f64 {
    let expected = number(reference);
    if !value.is_finite() || !expected.is_finite() {
        let same = value == expected || value.is_nan() && expected.is_nan();
        return if same { 0.0 } else { f64::INFINITY };
    }
    let mut constants = Consts::new().expect("memory for the constants of multiprecision arithmetic");
    let exact = BigFloat::parse(reference.trim(), Radix::Dec, BITS, ROUND, &mut constants);
    let difference = BigFloat::from_f64(value, BITS).sub(&exact, BITS, ROUND).abs();
    let scale = expected.abs().max(floor).max(f64::MIN_POSITIVE);
    let error = difference.div(&BigFloat::from_f64(scale, BITS), BITS, ROUND);
    if error.is_zero() { 0.0 } else { number(&error.to_string()) }
}

/// The worst error of a series; its floor is 1e-3 of the largest finite reference. Panics where the lengths differ.
pub fn worst_error(values: &[f64], references: &[String]) -> f64 {
    worst_scaled_error(values, references, 0.0)
}

/// [`worst_error`] with a floor of at least `scale`.
pub fn worst_scaled_error(values: &[f64], references: &[String], scale: f64) -> f64 {
    assert_eq!(values.len(), references.len(), "as many values as references");
    let finite = references.iter().map(|r| number(r).abs()).filter(|r| r.is_finite());
    let floor = (1e-3 * finite.fold(0.0, f64::max)).max(scale);
    values.iter().zip(references).map(|(&value, r)| relative_error(value, r, floor)).fold(0.0, f64::max)
}

/// Correct digits for a relative error, from −99 to [`MOST_DIGITS`].
pub fn digits(error: f64) -> f64 {
    if error.is_infinite() { f64::NEG_INFINITY } else { (-error.log10()).clamp(-99.0, MOST_DIGITS) }
}

/// A decimal string of the data files, `nan`, `inf` and `-inf` among them, rounded to a double.
pub fn number(text: &str) -> f64 {
    text.trim().parse().unwrap_or_else(|_| panic!("`{text}` is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_the_rounding_of_the_nearest_double() {
        let third = relative_error(1.0 / 3.0, "0.33333333333333333333", 0.0);
        assert!((5e-17..6e-17).contains(&third), "{third}");
        assert_eq!(relative_error(0.5, "0.5", 0.0), 0.0);
    }

    #[test]
    fn digits_are_capped_on_both_sides() {
        assert_eq!(digits(0.0), MOST_DIGITS);
        assert_eq!(digits(1e300 * 1e-100), -99.0);
        assert_eq!(digits(f64::INFINITY), f64::NEG_INFINITY);
        assert!((digits(1e-6) - 6.0).abs() < 1e-12);
    }

    #[test]
    fn a_series_forgives_its_zero_crossing() {
        let references = ["1.0", "0.0"].map(str::to_owned);
        let error = worst_error(&[1.0, 1e-9], &references);
        assert!((error - 1e-6).abs() < 1e-20, "{error}");
    }

    #[test]
    fn non_finite_numbers_must_be_equal() {
        assert_eq!(relative_error(f64::NAN, "nan", 0.0), 0.0);
        assert_eq!(relative_error(f64::NEG_INFINITY, "-inf", 0.0), 0.0);
        assert_eq!(relative_error(f64::INFINITY, "-inf", 0.0), f64::INFINITY);
        assert_eq!(relative_error(f64::NAN, "1.0", 0.0), f64::INFINITY);
        assert_eq!(relative_error(1.0, "nan", 0.0), f64::INFINITY);
    }

    #[test]
    fn references_beyond_the_range_of_doubles_are_read() {
        assert_eq!(digits(relative_error(0.0, "1.8835986530761968855e-869", 0.0)), MOST_DIGITS);
        assert!(digits(relative_error(2.08e-8, "2.0833401497012942306e-8", 0.0)) < 3.0);
    }
}
