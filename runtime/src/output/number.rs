//! Numbers as text: shortest round-trip decimals for files, few digits for eyes.

use std::fmt::Write;

/// Appends the shortest decimal that reads back as `x`: `1`, `0.1`, `1e300`, `-0`, `nan`, `inf`, `-inf`.
pub fn shortest(x: f64, text: &mut String) {
    if x.is_nan() {
        text.push_str("nan");
        return;
    }
    // `Debug` switches to an exponent for huge and tiny values where `Display` prints hundreds of zeros.
    let _ = write!(text, "{x:?}");
    if text.ends_with(".0") {
        text.truncate(text.len() - 2);
    }
}

/// `x` with at most `digits` significant digits and no trailing zeros: `0.333333`, `1.5e-9`.
pub fn brief(x: f64, digits: usize) -> String {
    let mut text = String::new();
    let rounded: f64 = format!("{x:.*e}", digits.max(1) - 1).parse().unwrap_or(x);
    let magnitude = rounded.abs();
    if magnitude != 0.0 && magnitude.is_finite() && !(1e-4..1e7).contains(&magnitude) {
        let _ = write!(text, "{rounded:e}");
    } else {
        shortest(rounded, &mut text);
    }
    text
}

/// A duration in the unit that suits it: `740 ns`, `12.3 µs`, `4.1 ms`, `2.5 s`, `3 min 20 s`.
pub fn duration(seconds: f64) -> String {
    let scaled = [(1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (120.0, 1.0, "s")];
    if seconds == 0.0 {
        return "0 s".into();
    }
    match scaled.iter().find(|(below, ..)| seconds < *below) {
        Some((_, factor, unit)) => format!("{} {unit}", brief(seconds * factor, 3)),
        None if seconds.is_finite() => format!("{:.0} min {:.0} s", (seconds / 60.0).floor(), seconds % 60.0),
        None => brief(seconds, 3),
    }
}

/// How the numbers of one column print so that they align: fixed decimals, or an exponent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Format {
    Fixed { decimals: usize },
    Exponent { digits: usize },
}

impl Format {
    /// The format in which all of `values` show `digits` significant digits of the largest.
    pub fn suiting(values: impl Iterator<Item = f64>, digits: usize) -> Self {
        let (mut largest, mut smallest, mut integral) = (0.0_f64, f64::INFINITY, true);
        for magnitude in values.filter(|x| x.is_finite() && *x != 0.0).map(f64::abs) {
            largest = largest.max(magnitude);
            smallest = smallest.min(magnitude);
            integral &= magnitude.fract() == 0.0;
        }
        if largest == 0.0 || (integral && largest < 1e9) {
            return Format::Fixed { decimals: 0 };
        }
        if largest >= 1e6 || smallest < 1e-4 {
            return Format::Exponent { digits: digits - 1 };
        }
        let whole = largest.log10().floor() as i32 + 1;
        Format::Fixed { decimals: (digits as i32 - whole.max(1)).max(0) as usize }
    }

    pub fn print(self, x: f64) -> String {
        match self {
            _ if x.is_nan() => "nan".into(),
            Format::Fixed { decimals } => format!("{x:.decimals$}"),
            Format::Exponent { digits } if x != 0.0 && x.is_finite() => format!("{x:.digits$e}"),
            Format::Exponent { .. } => brief(x, 1),
        }
    }
}

/// An integer as superscript digits: `⁻⁶`.
pub fn superscript(exponent: i32) -> String {
    exponent
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => char::from_u32('⁰' as u32 + digit as u32 - '0' as u32).unwrap_or(digit),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(x: f64) -> String {
        let mut text = String::new();
        shortest(x, &mut text);
        text
    }

    #[test]
    fn shortest_decimals_round_trip() {
        let values =
            [0.1, 1.0, -0.0, 1e300, 1e-300, 5e-324, 123456789.125, 1.0 / 3.0, f64::INFINITY, -f64::INFINITY];
        let texts = values.map(short);
        assert_eq!(texts.join(" "), "0.1 1 -0 1e300 1e-300 5e-324 123456789.125 0.3333333333333333 inf -inf");
        for (x, text) in values.iter().zip(&texts) {
            assert_eq!(text.parse::<f64>().unwrap().to_bits(), x.to_bits());
        }
        assert_eq!(short(f64::NAN), "nan");
        assert_eq!(short(-f64::NAN), "nan");
    }

    #[test]
    fn brief_numbers() {
        let texts = [1.0 / 3.0, 2e6, 1.5e-9, 0.0, 999999.96, f64::NAN, -f64::INFINITY].map(|x| brief(x, 6));
        assert_eq!(texts.join(" "), "0.333333 2000000 1.5e-9 0 1000000 nan -inf");
    }

    #[test]
    fn durations() {
        let texts = [3.2e-7, 1.234e-5, 0.0041, 2.5, 200.0].map(duration);
        assert_eq!(texts.join(", "), "320 ns, 12.3 µs, 4.1 ms, 2.5 s, 3 min 20 s");
    }

    #[test]
    fn columns_align() {
        let print = |values: &[f64]| {
            let format = Format::suiting(values.iter().copied(), 6);
            values.iter().map(|x| format.print(*x)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(print(&[0.0, 1.25, 30.0]), "0.0000 1.2500 30.0000");
        assert_eq!(print(&[1.0, 3e-5]), "1.00000e0 3.00000e-5");
        assert_eq!(print(&[1.0, f64::NAN, 3.0]), "1 nan 3");
        assert_eq!(superscript(-120), "⁻¹²⁰");
    }
}
