//! Operations on scalars with units: factors are inserted where units of one dimension and other scale meet.

use crate::algebra::{Binary, Expr};
use crate::diagnostics::Span;
use crate::parse::ast::{Comparison, Operator};

use super::error;
use super::model::Boolean;
use super::scope::{Builder, Factor, PendingSwitch, Roots};
use super::unit::Unit;
use super::value::Scalar;

impl Builder<'_> {
    /// The scalar in another unit of its dimension.
    pub fn convert(&mut self, a: Scalar, unit: Unit, span: Span) -> Option<Scalar> {
        let Some(from) = a.unit else { return Some(a.with_unit(unit)) };
        match from.factor_to(unit) {
            Some(factor) => Some(Scalar { e: self.scale(a.e, factor), unit: Some(unit), ..a }),
            None => {
                let (found, wanted) = (self.unit_text(from), self.unit_text(unit));
                self.complain(error::wrong_unit(&found, &wanted, span))
            }
        }
    }

    /// A number without unit and scale, as `exp` needs it.
    pub fn pure(&mut self, a: Scalar, what: &str, span: Span) -> Option<Scalar> {
        match a.unit {
            Some(unit) if !unit.is_dimensionless() => {
                let found = self.unit_text(unit);
                self.complain(error::dimensionless_needed(what, &found, span))
            }
            _ => self.convert(a, Unit::ONE, span),
        }
    }

    fn scale(&mut self, e: Expr, factor: f64) -> Expr {
        if factor == 1.0 {
            return e;
        }
        let factor = self.algebra.number(factor);
        self.algebra.mul(e, factor)
    }

    /// Both in one unit: that of the first which has one.
    pub fn unify(&mut self, a: Scalar, b: Scalar, spans: [Span; 2]) -> Option<(Scalar, Scalar)> {
        match (a.unit, b.unit) {
            (Some(u), Some(v)) => match v.factor_to(u) {
                Some(factor) => Some((a, Scalar { e: self.scale(b.e, factor), unit: Some(u), ..b })),
                None => {
                    let (left, right) = (self.unit_text(u), self.unit_text(v));
                    let factor = self.missing_factor(v, u).map(|(name, factor)| match factor {
                        Factor::Multiply => format!("multiply the second by `{name}`?"),
                        Factor::Divide => format!("divide the second by `{name}`?"),
                    });
                    self.complain(error::units_differ([&left, &right], factor, spans))
                }
            },
            (unit, None) | (None, unit) => Some((Scalar { unit, ..a }, Scalar { unit, ..b })),
        }
    }

    pub fn negate(&mut self, a: Scalar, _: Span) -> Option<Scalar> {
        Some(Scalar { e: self.algebra.neg(a.e), truth: Boolean::Number, ..a })
    }

    pub fn add(&mut self, a: Scalar, b: Scalar, spans: [Span; 2]) -> Option<Scalar> {
        let (a, b) = self.unify(a, b, spans)?;
        Some(Scalar { e: self.algebra.add(a.e, b.e), unit: a.unit, truth: Boolean::Number })
    }

    pub fn subtract(&mut self, a: Scalar, b: Scalar, spans: [Span; 2]) -> Option<Scalar> {
        let (a, b) = self.unify(a, b, spans)?;
        Some(Scalar { e: self.algebra.sub(a.e, b.e), unit: a.unit, truth: Boolean::Number })
    }

    pub fn multiply(&mut self, a: Scalar, b: Scalar) -> Scalar {
        let unit = Some(a.unit_or_one().times(b.unit_or_one()));
        Scalar { e: self.algebra.mul(a.e, b.e), unit, truth: Boolean::Number }
    }

    pub fn divide(&mut self, a: Scalar, b: Scalar) -> Scalar {
        let unit = Some(a.unit_or_one().per(b.unit_or_one()));
        Scalar { e: self.algebra.div(a.e, b.e), unit, truth: Boolean::Number }
    }

    /// `a^b`: with units, only a constant exponent.
    pub fn power(&mut self, a: Scalar, b: Scalar, spans: [Span; 2]) -> Option<Scalar> {
        let b = self.pure(b, "an exponent", spans[1])?;
        let unit = a.unit_or_one();
        let e = self.algebra.pow(a.e, b.e);
        if unit == Unit::ONE {
            return Some(Scalar::number(e));
        }
        let Some(exponent) = self.algebra.as_number(b.e) else {
            if unit.is_dimensionless() {
                let a = self.pure(a, "a power", spans[0])?;
                return Some(Scalar::number(self.algebra.pow(a.e, b.e)));
            }
            let found = self.unit_text(unit);
            return self.complain(error::exponent_varies(&found, spans[1]));
        };
        match unit.power(exponent) {
            Some(unit) => Some(Scalar::number(e).with_unit(unit)),
            None => self.complain(error::exponent_not_rational(exponent, spans[1])),
        }
    }

    pub fn compare(
        &mut self,
        op: Comparison,
        a: Scalar,
        b: Scalar,
        spans: [Span; 2],
        whole: Span,
    ) -> Option<Scalar> {
        let (a, b) = self.unify(a, b, spans)?;
        let e = match op {
            Comparison::Less => self.algebra.compare(Binary::Less, a.e, b.e),
            Comparison::LessEqual => self.algebra.compare(Binary::LessEqual, a.e, b.e),
            Comparison::Greater => self.algebra.compare(Binary::Less, b.e, a.e),
            Comparison::GreaterEqual => self.algebra.compare(Binary::LessEqual, b.e, a.e),
            Comparison::Equal => self.algebra.compare(Binary::Equal, a.e, b.e),
            Comparison::NotEqual => self.algebra.compare(Binary::NotEqual, a.e, b.e),
        };
        self.root(e, whole);
        Some(Scalar::truth(e))
    }

    /// Notes a place where the right-hand side jumps.
    pub fn root(&mut self, e: Expr, span: Span) {
        if self.site.roots == Roots::Found && self.algebra.as_number(e).is_none() {
            self.pending_switches.push(PendingSwitch { condition: e, span, bound: Vec::new() });
        }
    }

    pub fn connect(&mut self, op: Operator, a: Scalar, b: Scalar, spans: [Span; 2]) -> Option<Scalar> {
        let (x, y) = (self.condition(a, spans[0])?, self.condition(b, spans[1])?);
        let e = if op == Operator::And { self.algebra.and(x, y) } else { self.algebra.or(x, y) };
        Some(Scalar::truth(e))
    }

    /// A truth value, not a number.
    pub fn condition(&mut self, a: Scalar, span: Span) -> Option<Expr> {
        match a.truth {
            Boolean::Truth => Some(a.e),
            Boolean::Number => self.complain(error::truth_needed(span)),
        }
    }

    pub fn select(&mut self, condition: Expr, a: Scalar, b: Scalar, spans: [Span; 2]) -> Option<Scalar> {
        let truth = if a.truth == b.truth { a.truth } else { Boolean::Number };
        let (a, b) = self.unify(a, b, spans)?;
        Some(Scalar { e: self.algebra.select(condition, a.e, b.e), unit: a.unit, truth })
    }
}
