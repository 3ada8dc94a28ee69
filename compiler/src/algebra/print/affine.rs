//! Affine index expressions: `2*i-1` in subscripts, `2*i - 1` in formulas.

use super::super::index::{Affine, Var};
use super::rendered::{Level, Rendered};

/// How the parts of an affine expression are joined.
pub struct Joints {
    pub plus: &'static str,
    pub minus: &'static str,
    pub times: &'static str,
}

/// Positive terms first; the offset leads where there is none.
pub fn affine(affine: &Affine, shift: i64, joints: &Joints, var: &dyn Fn(Var) -> String) -> Rendered {
    let offset = affine.offset.saturating_add(shift);
    let term = |&(v, c): &(Var, i64)| match c.unsigned_abs() {
        1 => (c < 0, var(v)),
        size => (c < 0, format!("{size}{}{}", joints.times, var(v))),
    };
    let mut terms: Vec<(bool, String)> = affine.terms.iter().map(term).collect();
    terms.sort_by_key(|(negative, _)| *negative);
    if offset != 0 || terms.is_empty() {
        let leads = terms.first().is_none_or(|(negative, _)| *negative && offset > 0);
        let place = if leads { 0 } else { terms.len() };
        terms.insert(place, (offset < 0, offset.unsigned_abs().to_string()));
    }
    let mut text = String::new();
    for (k, (negative, term)) in terms.iter().enumerate() {
        text += match (k, negative) {
            (0, false) => "",
            (0, true) => "-",
            (_, false) => joints.plus,
            (_, true) => joints.minus,
        };
        text += term;
    }
    let level = match (terms.len(), terms[0].0, affine.terms.first()) {
        (2.., _, _) => Level::Sum,
        (_, _, Some((_, c))) if c.unsigned_abs() != 1 => Level::Product,
        (_, true, _) => Level::Unary,
        _ => Level::Atom,
    };
    Rendered::new(text, level)
}
