//! Units of measurement: rational powers of the SI base units and a scale, kept exact where it can be.

use crate::parse::ast;

use super::unit_table::{self, UnitRow};

/// Powers of m, kg, s, A, K, mol, cd, each times [`PARTS`].
type Powers = [i32; 7];

/// Powers are kept in 60ths, so that halves, thirds, quarters and fifths are exact.
const PARTS: i32 = 60;

const BASES: [&str; 7] = ["m", "kg", "s", "A", "K", "mol", "cd"];

/// A unit: `numerator/denominator · 10^ten · m^a kg^b s^c …`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    powers: Powers,
    numerator: f64,
    denominator: f64,
    ten: i32,
}

/// What is wrong with a unit as written.
#[derive(Clone, Debug, PartialEq)]
pub enum UnitError {
    Unknown(String),
    /// Celsius, Fahrenheit: an offset has no meaning in products.
    Offset(String),
    /// An exponent that is no multiple of 1/60.
    Exponent,
}

impl Unit {
    pub const ONE: Unit = Unit { powers: [0; 7], numerator: 1.0, denominator: 1.0, ten: 0 };

    pub const SECOND: Unit =
        Unit { powers: [0, 0, PARTS, 0, 0, 0, 0], numerator: 1.0, denominator: 1.0, ten: 0 };

    /// A row of the table with a power of ten for its prefix.
    pub fn of_row(row: &UnitRow, ten: i32) -> Unit {
        let powers = row.powers.map(|p| p as i32 * PARTS);
        Unit { powers, numerator: row.factor, denominator: row.per, ten: row.ten + ten }
    }

    pub fn times(self, other: Unit) -> Unit {
        let mut powers = self.powers;
        powers.iter_mut().zip(other.powers).for_each(|(p, q)| *p = p.saturating_add(q));
        Unit {
            powers,
            numerator: self.numerator * other.numerator,
            denominator: self.denominator * other.denominator,
            ten: self.ten.saturating_add(other.ten),
        }
        .reduced()
    }

    pub fn inverse(self) -> Unit {
        Unit {
            powers: self.powers.map(|p| -p),
            numerator: self.denominator,
            denominator: self.numerator,
            ten: -self.ten,
        }
    }

    pub fn per(self, other: Unit) -> Unit {
        self.times(other.inverse())
    }

    /// The unit to a constant power; `None` where a power would be no multiple of 1/60 or absurdly large.
    pub fn power(self, exponent: f64) -> Option<Unit> {
        let mut powers = [0; 7];
        for (new, old) in powers.iter_mut().zip(self.powers) {
            let exact = old as f64 * exponent;
            if (exact - exact.round()).abs() > 1e-6 || exact.abs() > 1e6 {
                return None;
            }
            *new = exact.round() as i32;
        }
        let ten = self.ten as f64 * exponent;
        let (whole, rest) = (ten.trunc(), ten - ten.trunc());
        let numerator = self.numerator.powf(exponent) * 10f64.powf(rest);
        let unit =
            Unit { powers, numerator, denominator: self.denominator.powf(exponent), ten: whole as i32 };
        Some(if exponent < 0.0 { unit.exact_inverse(self, exponent) } else { unit })
    }

    /// Negative whole powers keep whole numerators.
    fn exact_inverse(self, of: Unit, exponent: f64) -> Unit {
        match of.inverse().power(-exponent) {
            Some(unit) if exponent.fract() == 0.0 => unit,
            _ => self,
        }
    }

    /// Common factors out of whole numerators and denominators.
    fn reduced(mut self) -> Unit {
        let whole = |x: f64| x.fract() == 0.0 && (1.0..9e15).contains(&x);
        if whole(self.numerator) && whole(self.denominator) {
            let (mut a, mut b) = (self.numerator as u64, self.denominator as u64);
            while b != 0 {
                (a, b) = (b, a % b);
            }
            self.numerator /= a as f64;
            self.denominator /= a as f64;
        }
        self
    }

    pub fn same_dimension(self, other: Unit) -> bool {
        self.powers == other.powers
    }

    pub fn is_dimensionless(self) -> bool {
        self.powers == [0; 7]
    }

    /// Whether it is a product of powers of base units without a factor.
    pub fn is_coherent(self) -> bool {
        self.numerator / self.denominator * 10f64.powi(self.ten) == 1.0
    }

    /// What a number in this unit is multiplied by to be in `other`; `None` where the dimensions differ.
    pub fn factor_to(self, other: Unit) -> Option<f64> {
        if !self.same_dimension(other) {
            return None;
        }
        let ratio = self.per(other);
        let (mut n, mut d) = (ratio.numerator, ratio.denominator);
        // One rounding where numbers are whole: powers of ten up to 22 are exact.
        match ratio.ten {
            ten if ten >= 0 => n *= 10f64.powi(ten),
            ten => d *= 10f64.powi(-ten),
        }
        Some(n / d)
    }

    /// In base units, as `kg*m/s^2`; the scale in front where it is not 1.
    pub fn describe(self) -> String {
        let scale = self.numerator / self.denominator * 10f64.powi(self.ten);
        let mut text = match scale {
            1.0 => String::new(),
            scale if (1e-3..1e4).contains(&scale) => format!("{scale}"),
            // Twelve digits: the rest is rounding of the powers of ten.
            scale => shortened(scale),
        };
        let part = |p: i32| match (p.abs() / PARTS, p.abs() % PARTS) {
            (1, 0) => String::new(),
            (n, 0) => format!("^{n}"),
            _ => format!("^{}", p.abs() as f64 / PARTS as f64),
        };
        for (base, p) in BASES.iter().zip(self.powers).filter(|(_, p)| *p > 0) {
            let times = if text.is_empty() { "" } else { "*" };
            text.push_str(&format!("{times}{base}{}", part(p)));
        }
        if text.is_empty() {
            text.push('1');
        }
        for (base, p) in BASES.iter().zip(self.powers).filter(|(_, p)| *p < 0) {
            text.push_str(&format!("/{base}{}", part(p)));
        }
        text
    }

    /// The meaning of a unit as the user wrote it.
    pub fn parse(unit: &ast::Unit) -> Result<Unit, UnitError> {
        let mut product = Unit::ONE;
        for factor in &unit.factors {
            let base = match &factor.base {
                ast::UnitBase::Name(name) => unit_table::find(&name.text)?,
                ast::UnitBase::Number(number) => Unit { numerator: number.value, ..Unit::ONE },
                ast::UnitBase::Group(unit) => Unit::parse(unit)?,
            };
            let power = base.power(factor.exponent.value).ok_or(UnitError::Exponent)?;
            product = match factor.operator {
                ast::UnitOperator::Times => product.times(power),
                ast::UnitOperator::Per => product.per(power),
            };
        }
        Ok(product)
    }
}

/// In scientific notation, with twelve digits at most.
fn shortened(x: f64) -> String {
    let rounded: f64 = format!("{x:.11e}").parse().unwrap_or(x);
    format!("{rounded:e}")
}

/// The unit as the user wrote it, without blanks.
pub fn text(unit: &ast::Unit) -> String {
    let mut out = String::new();
    for (rank, factor) in unit.factors.iter().enumerate() {
        match factor.operator {
            ast::UnitOperator::Times if rank > 0 => out.push('*'),
            ast::UnitOperator::Times => {}
            ast::UnitOperator::Per => out.push('/'),
        }
        match &factor.base {
            ast::UnitBase::Name(name) => out.push_str(&name.text),
            ast::UnitBase::Number(number) => out.push_str(&number.text),
            ast::UnitBase::Group(unit) => out.push_str(&format!("({})", text(unit))),
        }
        if factor.exponent.value != 1.0 {
            out.push_str(&format!("^{}", factor.exponent.text));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str) -> Unit {
        unit_table::find(name).unwrap()
    }

    #[test]
    fn factors_are_exact_where_numbers_are_whole() {
        let clearance = unit("mL").per(unit("min")).times(unit("mg")).per(unit("L"));
        assert_eq!(clearance.factor_to(unit("mg").per(unit("hr"))), Some(0.06));
        assert_eq!(unit("hr").factor_to(unit("s")), Some(3600.0));
        assert_eq!(unit("s").factor_to(unit("hr")), Some(1.0 / 3600.0));
        assert_eq!(unit("km").factor_to(unit("mm")), Some(1e6));
        assert_eq!(unit("m").factor_to(unit("s")), None);
    }

    #[test]
    fn roots_and_powers_are_rational() {
        assert_eq!(unit("m").power(0.5).unwrap().power(2.0).unwrap().factor_to(unit("m")), Some(1.0));
        assert_eq!(unit("m").power(1.0 / 7.0), None);
        assert_eq!(unit("min").power(-1.0).unwrap().factor_to(unit("Hz")), Some(1.0 / 60.0));
    }

    #[test]
    fn derived_units_print_in_base_units() {
        assert_eq!(unit("N").describe(), "m*kg/s^2");
        assert_eq!(unit("Hz").describe(), "1/s");
        assert_eq!(Unit::ONE.describe(), "1");
    }
}
