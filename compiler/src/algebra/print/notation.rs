//! What a notation decides: its signs, and how it writes a piece whose parts are written.

use super::super::expr::{Binary, Reduction};
use super::super::index::{Boundary, Range};
use super::affine::Joints;
use super::latex::Latex;
use super::rendered::Rendered;
use super::text::Text;

/// How formulas are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// The language's own syntax.
    Text,
    Latex,
}

impl Notation {
    pub(super) fn writer(self) -> &'static dyn Writer {
        match self {
            Notation::Text => &Text,
            Notation::Latex => &Latex,
        }
    }
}

/// What stands between and around the parts of a formula.
pub struct Signs {
    pub parentheses: (&'static str, &'static str),
    /// In affine subscripts, and in affine values.
    pub subscript: Joints,
    pub formula: Joints,
    /// How 1/x begins.
    pub reciprocal: &'static str,
    pub not: &'static str,
    pub less: &'static str,
    pub less_equal: &'static str,
    pub equal: &'static str,
    pub not_equal: &'static str,
    pub and: &'static str,
    pub or: &'static str,
    /// After a subscript that may leave its range.
    pub periodic: &'static str,
    pub mirror: &'static str,
    pub zero: &'static str,
    /// Between an index and its first value, its first and its last value, a range and the next.
    pub ranges: [&'static str; 3],
}

impl Signs {
    /// The sign of a comparison or a connective.
    pub fn between(&self, op: Binary) -> &'static str {
        match op {
            Binary::Less => self.less,
            Binary::LessEqual => self.less_equal,
            Binary::Equal => self.equal,
            Binary::NotEqual => self.not_equal,
            Binary::And => self.and,
            Binary::Or => self.or,
            Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Pow => "",
        }
    }

    pub fn rule(&self, boundary: Boundary) -> &'static str {
        match boundary {
            Boundary::Inside => "",
            Boundary::Periodic => self.periodic,
            Boundary::Mirror => self.mirror,
            Boundary::Zero => self.zero,
        }
    }
}

/// What notations write in ways that signs alone do not tell.
pub trait Writer {
    fn signs(&self) -> &'static Signs;
    fn number(&self, x: f64) -> Rendered;
    /// The k-th argument of a function, counted from 0.
    fn argument(&self, k: u32) -> String;
    /// A name with subscripts, or without any.
    fn name(&self, name: &str, subscripts: &[String]) -> String;
    /// An element of the k-th table of integers, counted from 0.
    fn table(&self, k: u32, subscripts: &str) -> String;
    fn multiply(&self, a: Rendered, b: Rendered) -> Rendered;
    fn divide(&self, a: Rendered, b: Rendered) -> Rendered;
    fn power(&self, a: Rendered, b: Rendered) -> Rendered;
    fn select(&self, condition: Rendered, yes: Rendered, no: Rendered) -> Rendered;
    fn call(&self, name: &str, arguments: &str) -> Rendered;
    fn reduce(&self, op: Reduction, index: &str, range: Range, body: Rendered) -> Rendered;
}
