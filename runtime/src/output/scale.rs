//! An axis: from values to positions 0..1, with ticks at round numbers.

use super::number::superscript;

/// Magnitudes beyond this are gaps, so that no difference of two drawn values overflows.
const LARGEST: f64 = 1e307;
/// The least positive number: where logarithmic axes end.
const SMALLEST: f64 = f64::from_bits(1);

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Linear,
    /// Base 10; only positive values have a place.
    Log,
}

/// The lowest and highest drawable of some values; empty when `low > high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    pub low: f64,
    pub high: f64,
}

impl Range {
    pub const EMPTY: Range = Range { low: f64::INFINITY, high: f64::NEG_INFINITY };

    pub fn of(values: &[f64], kind: Kind) -> Self {
        let drawable = values.iter().filter(|x| drawable(**x, kind));
        drawable.fold(Range::EMPTY, |range, x| Range { low: range.low.min(*x), high: range.high.max(*x) })
    }

    pub fn union(self, other: Range) -> Self {
        Range { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    pub fn is_empty(self) -> bool {
        self.low > self.high
    }

    /// The largest magnitude.
    pub fn extent(self) -> f64 {
        if self.is_empty() { 0.0 } else { self.low.abs().max(self.high.abs()) }
    }
}

pub fn drawable(x: f64, kind: Kind) -> bool {
    x.abs() <= LARGEST && (kind == Kind::Linear || x > 0.0)
}

/// One axis. `low < high`, both finite, both positive on a log axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub kind: Kind,
    low: f64,
    high: f64,
}

/// The marks of an axis. Labels are to be multiplied by 10^`exponent`.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticks {
    pub major: Vec<(f64, String)>,
    pub minor: Vec<f64>,
    pub exponent: i32,
}

/// How powers of ten print on a log axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Notation {
    /// `10⁻⁶`
    Superscript,
    /// `1e-6`
    Plain,
}

impl Scale {
    /// Exactly the range, as suits the axis of the independent variable.
    pub fn exact(kind: Kind, range: Range) -> Self {
        match widened(kind, range) {
            Some(scale) => scale,
            None => Scale { kind, low: range.low, high: range.high },
        }
    }

    /// The range with some air, and down to zero where zero is near, as suits a dependent variable.
    pub fn padded(kind: Kind, range: Range) -> Self {
        if let Some(scale) = widened(kind, range) {
            return scale;
        }
        let Range { mut low, mut high } = range;
        match kind {
            Kind::Log => {
                let air = 10_f64.powf(0.04 * (high.log10() - low.log10()));
                (low, high) = ((low / air).max(SMALLEST), (high * air).min(f64::MAX));
            }
            Kind::Linear => {
                let air = 0.05 * (high - low);
                let (floor, ceiling) = (low >= 0.0 && low <= 0.25 * high, high <= 0.0 && high >= 0.25 * low);
                low = if floor { 0.0 } else { low - air };
                high = if ceiling { 0.0 } else { high + air };
            }
        }
        Scale { kind, low, high }
    }

    /// The place of `x` on the axis, 0 at its low end and 1 at its high end; `None` where it cannot be drawn.
    pub fn position(&self, x: f64) -> Option<f64> {
        let place = match self.kind {
            _ if !drawable(x, self.kind) => return None,
            Kind::Linear => (x - self.low) / (self.high - self.low),
            Kind::Log => (x.log10() - self.low.log10()) / (self.high.log10() - self.low.log10()),
        };
        // Outside by more than rounding happens only for values that were not part of the range.
        (-0.01..=1.01).contains(&place).then(|| place.clamp(0.0, 1.0))
    }

    /// About `count` labelled ticks, at least one.
    pub fn ticks(&self, count: usize, notation: Notation) -> Ticks {
        match self.kind {
            Kind::Linear => self.linear_ticks(count.max(2)),
            Kind::Log => self.log_ticks(count.max(2), notation),
        }
    }

    fn linear_ticks(&self, count: usize) -> Ticks {
        let step = round_step((self.high - self.low) / count as f64);
        let first = (self.low / step - 1e-9).ceil();
        let values: Vec<f64> = (0..=2 * count)
            .map(|i| (first + i as f64) * step)
            .take_while(|x| *x <= self.high + 1e-9 * step)
            .map(|x| if x.abs() < 1e-9 * step { 0.0 } else { x })
            .collect();
        let largest = values.iter().fold(0.0_f64, |a, x| a.max(x.abs()));
        let exponent = common_exponent(largest);
        let unit = 10_f64.powi(exponent);
        let decimals = (-(step / unit).log10() - 1e-9).ceil().clamp(0.0, 12.0) as usize;
        let label = |x: f64| format!("{:.decimals$}", x / unit);
        let major = values.iter().map(|x| (*x, label(*x))).collect();
        Ticks { major, minor: Vec::new(), exponent }
    }

    fn log_ticks(&self, count: usize, notation: Notation) -> Ticks {
        let (low, high) = (self.low.log10(), self.high.log10());
        let stride = ((high - low) / count as f64).ceil().max(1.0) as i32;
        let label = |exponent: i32| match notation {
            Notation::Superscript => format!("10{}", superscript(exponent)),
            Notation::Plain => format!("1e{exponent}"),
        };
        let decades = low.floor() as i32..=high.ceil() as i32;
        let inside = |x: &f64| *x >= self.low * (1.0 - 1e-9) && *x <= self.high * (1.0 + 1e-9);
        let major = decades
            .clone()
            .filter(|exponent| exponent.rem_euclid(stride) == 0)
            .map(|exponent| (10_f64.powi(exponent), label(exponent)))
            .filter(|(x, _)| inside(x))
            .collect();
        let multiples = if stride == 1 { 2..10 } else { 1..2 };
        let minor = decades
            .flat_map(|exponent| multiples.clone().map(move |m| f64::from(m) * 10_f64.powi(exponent)))
            .filter(inside)
            .collect();
        Ticks { major, minor, exponent: 0 }
    }
}

/// A scale around a range that is empty or a point, to which no scale fits.
fn widened(kind: Kind, range: Range) -> Option<Scale> {
    let Range { low, high } = range;
    let (low, high) = match kind {
        _ if range.is_empty() => (0.1, 1.0),
        Kind::Linear if high - low > 1e-12 * range.extent() && high - low > 1e-300 => return None,
        Kind::Log if high > low * 1.000001 => return None,
        Kind::Log => ((low / 10.0).max(SMALLEST), (high * 10.0).min(f64::MAX)),
        Kind::Linear if range.extent() < 1e-290 => (-1.0, 1.0),
        Kind::Linear => (low - 0.5 * range.extent(), high + 0.5 * range.extent()),
    };
    let low = if range.is_empty() && kind == Kind::Linear { 0.0 } else { low };
    Some(Scale { kind, low, high })
}

/// The one of 1, 2, 5 times a power of ten that is nearest to `step` by its ratio.
fn round_step(step: f64) -> f64 {
    let unit = 10_f64.powf(step.log10().floor());
    match step / unit {
        ratio if ratio < 2_f64.sqrt() => unit,
        ratio if ratio < 10_f64.sqrt() => 2.0 * unit,
        ratio if ratio < 50_f64.sqrt() => 5.0 * unit,
        _ => 10.0 * unit,
    }
}

/// The power of ten that labels leave out, 0 for handy numbers.
fn common_exponent(largest: f64) -> i32 {
    if largest == 0.0 || (1e-3..1e5).contains(&largest) {
        return 0;
    }
    (largest.log10() + 1e-9).floor().max(-300.0) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale, count: usize) -> String {
        let ticks = scale.ticks(count, Notation::Plain);
        let labels: Vec<_> = ticks.major.into_iter().map(|(_, label)| label).collect();
        format!("{} e{}", labels.join(" "), ticks.exponent)
    }

    fn linear(low: f64, high: f64) -> Scale {
        Scale::exact(Kind::Linear, Range { low, high })
    }

    #[test]
    fn round_numbers() {
        assert_eq!(labels(linear(0.0, 10.0), 5), "0 2 4 6 8 10 e0");
        assert_eq!(labels(linear(-0.3, 0.3), 5), "-0.3 -0.2 -0.1 0.0 0.1 0.2 0.3 e0");
        assert_eq!(labels(linear(1900.0, 1960.0), 6), "1900 1910 1920 1930 1940 1950 1960 e0");
        assert_eq!(labels(linear(0.0, 3.2e-5), 4), "0 1 2 3 e-5");
        assert_eq!(labels(linear(-1e300, 1e300), 4), "-1.0 -0.5 0.0 0.5 1.0 e300");
    }

    #[test]
    fn decades() {
        let scale = |low, high| Scale::exact(Kind::Log, Range { low, high });
        assert_eq!(labels(scale(1e-6, 1e5), 6), "1e-6 1e-4 1e-2 1e0 1e2 1e4 e0");
        assert_eq!(labels(scale(0.5, 200.0), 6), "1e0 1e1 1e2 e0");
        assert_eq!(scale(1.0, 100.0).position(10.0), Some(0.5));
        assert_eq!(scale(1.0, 100.0).position(0.0), None);
    }

    #[test]
    fn points_and_nothing_get_a_scale() {
        for x in [0.0, 1.0, -1e-300, 1e300, 5e-324, -7.0] {
            let position = Scale::padded(Kind::Linear, Range { low: x, high: x }).position(x).unwrap();
            assert!((0.0..=1.0).contains(&position), "{x}: {position}");
        }
        for (low, high) in [(5e-324, 1e307), (5e-324, 5e-324), (1e307, 1e307)] {
            let scale = Scale::padded(Kind::Log, Range { low, high });
            assert!(scale.position(low).is_some() && scale.position(high).is_some());
            assert!(scale.ticks(5, Notation::Plain).major.len() <= 7);
        }
        assert_eq!(labels(Scale::padded(Kind::Linear, Range::EMPTY), 4), "0.0 0.2 0.4 0.6 0.8 1.0 e0");
        assert_eq!(labels(Scale::padded(Kind::Log, Range::EMPTY), 4), "1e-1 1e0 e0");
    }

    #[test]
    fn zero_is_shown_where_it_is_near() {
        let scale = Scale::padded(Kind::Linear, Range { low: 0.5, high: 10.0 });
        assert_eq!(scale.position(0.0), Some(0.0));
        let scale = Scale::padded(Kind::Linear, Range { low: 9.0, high: 10.0 });
        assert_eq!(scale.position(0.0), None);
    }
}
