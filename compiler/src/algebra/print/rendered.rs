//! A piece of formula with how tightly it binds, and what both notations do with it.

/// How tightly a formula binds; an operand that binds less than its place asks for goes in parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `if … then … else …`
    Whole,
    Or,
    And,
    Not,
    Compare,
    Sum,
    /// `\sum_k …`, which reaches as far as a product does; the language writes reductions as calls.
    Reduction,
    Product,
    Unary,
    Power,
    Atom,
}

#[derive(Clone, Debug)]
pub struct Rendered {
    pub text: String,
    pub level: Level,
}

impl Rendered {
    pub fn new(text: String, level: Level) -> Self {
        Rendered { text, level }
    }

    pub fn atom(text: String) -> Self {
        Rendered::new(text, Level::Atom)
    }

    /// The formula in parentheses where it binds less than `level`.
    pub fn at_least(self, level: Level, parentheses: (&str, &str)) -> Self {
        match self.level >= level {
            true => self,
            false => Rendered::atom(format!("{}{}{}", parentheses.0, self.text, parentheses.1)),
        }
    }

    fn positive(&self) -> Option<&str> {
        self.text.strip_prefix('-')
    }

    pub fn starts_with_digit(&self) -> bool {
        self.positive().unwrap_or(&self.text).starts_with(|c: char| c.is_ascii_digit())
    }

    pub fn is_negative(&self) -> bool {
        self.positive().is_some()
    }
}

/// The larger operands of a sum in parentheses; a leading minus of the second becomes the operator.
pub fn add(a: Rendered, b: Rendered, parentheses: (&str, &str)) -> Rendered {
    let (a, b) = (a.at_least(Level::Sum, parentheses), b.at_least(Level::Sum, parentheses));
    let text = match (a.positive(), b.positive()) {
        (_, Some(b)) => format!("{} - {b}", a.text),
        (Some(term), None) if a.level > Level::Sum => format!("{} - {term}", b.text),
        _ => format!("{} + {}", a.text, b.text),
    };
    Rendered::new(text, Level::Sum)
}

pub fn subtract(a: Rendered, b: Rendered, parentheses: (&str, &str)) -> Rendered {
    let (a, b) = (a.at_least(Level::Sum, parentheses), b.at_least(Level::Reduction, parentheses));
    let text = match b.positive() {
        Some(b) => format!("{} + {b}", a.text),
        None => format!("{} - {}", a.text, b.text),
    };
    Rendered::new(text, Level::Sum)
}

pub fn negate(a: Rendered, parentheses: (&str, &str)) -> Rendered {
    let a = a.at_least(Level::Reduction, parentheses);
    match a.positive() {
        Some(text) => Rendered::new(text.to_owned(), a.level),
        None => Rendered::new(format!("-{}", a.text), a.level.min(Level::Unary)),
    }
}

/// The factors in the order they are printed in: numbers lead, reciprocals follow.
pub fn factors(a: Rendered, b: Rendered, reciprocal: &str) -> (Rendered, Rendered) {
    let rank = |r: &Rendered| match (r.starts_with_digit(), r.text.starts_with(reciprocal)) {
        (_, true) => 2,
        (true, false) => 0,
        (false, false) => 1,
    };
    match rank(&b) < rank(&a) {
        true => (b, a),
        false => (a, b),
    }
}

/// The digits of a number that bring it back, and its exponent of ten where it is written apart.
pub fn digits(x: f64) -> (String, Option<i32>) {
    let size = x.abs();
    if x == 0.0 || (1e-4..1e16).contains(&size) {
        return (format!("{x}"), None);
    }
    let text = format!("{x:e}");
    match text.split_once('e') {
        Some((digits, exponent)) => (digits.to_owned(), exponent.parse().ok()),
        None => (text, None),
    }
}
