//! Random expressions over the names of a [`Scope`], with arguments kept inside the functions' domains.

use crate::random::Random;

/// What `i±k` means at the ends of an index set.
#[derive(Clone, Copy, PartialEq)]
pub enum Boundary {
    Periodic,
    Mirror,
    Zero,
    Refused,
}

impl Boundary {
    pub fn word(self) -> &'static str {
        match self {
            Boundary::Periodic => " periodic",
            Boundary::Mirror => " mirror",
            Boundary::Zero => " zero",
            Boundary::Refused => "",
        }
    }
}

/// One dimension of an array: `1..size`, of the index set `set` if it was declared over one.
#[derive(Clone)]
pub struct Dimension {
    pub size: i64,
    pub set: Option<usize>,
    pub boundary: Boundary,
}

#[derive(Clone)]
pub struct Array {
    pub name: String,
    pub dimensions: Vec<Dimension>,
}

/// An index that an expression may use, with the values that it takes there.
#[derive(Clone)]
pub struct Index {
    pub name: String,
    pub low: i64,
    pub high: i64,
    pub set: Option<usize>,
}

/// The names that an expression may use.
#[derive(Clone, Default)]
pub struct Scope {
    pub scalars: Vec<String>,
    pub arrays: Vec<Array>,
    pub indices: Vec<Index>,
    /// Functions of the model, by name and number of arguments.
    pub functions: Vec<(String, usize)>,
}

/// Smooth functions of one argument, total or with the argument led into their domain. `#` stands for the argument.
const SMOOTH: &[&str] = &[
    "sin(#)",
    "cos(#)",
    "tan(tanh(#))",
    "asin(0.9*tanh(#))",
    "acos(0.9*tanh(#))",
    "atan(#)",
    "sinh(tanh(#))",
    "cosh(tanh(#))",
    "tanh(#)",
    "asinh(#)",
    "acosh(2 + (#)^2)",
    "atanh(0.9*tanh(#))",
    "exp(-(#)^2)",
    "exp(tanh(#))",
    "expm1(tanh(#))",
    "log(1 + (#)^2)",
    "log1p((#)^2)",
    "log2(1 + (#)^2)",
    "log10(1 + (#)^2)",
    "sqrt(1 + (#)^2)",
    "cbrt(2 + sin(#))",
    "erf(#)",
    "erfc(#)",
    "gamma(1.5 + tanh(#))",
    "lgamma(1 + (#)^2)",
    "digamma(1 + (#)^2)",
    "polygamma(1, 1 + (#)^2)",
    "sigmoid(#)",
    "softplus(#)",
    "gelu(#)",
    "silu(#)",
    "smoothstep(-1, 1, #)",
    "(#)^2",
    "(#)^3",
    "(2 + tanh(#))^(-2)",
    "(1 + (#)^2)^1.5",
    "-(#)",
];
/// Functions of one argument with a kink, which make no root.
const KINKED: &[&str] = &["abs(#)", "relu(#)", "elu(#)", "clamp(#, -1, 1)", "max(#, 0)", "min(#, 0.5)"];
/// Functions of one argument with jumps, which make roots.
const JUMPING: &[&str] = &["sign(#)", "step(#)", "floor(#)", "ceil(#)", "round(#)", "mod(#, 1.5)"];
/// Forms of two arguments, `#` and `$`.
const BINARY: &[&str] = &[
    "# + $",
    "# - $",
    "#*$",
    "#/(1 + $^2)",
    "atan2(#, $)",
    "hypot(#, 1 + $)",
    "min(#, $)",
    "max(#, $)",
    "(2 + sin(#))^tanh($)",
];
const COMPARISONS: &[&str] = &["<", "<=", ">", ">="];

/// Draws expressions; `switches` is how many of 100 are conditionals or functions with jumps.
pub struct Expressions<'a> {
    pub random: &'a mut Random,
    pub switches: usize,
}

impl Expressions<'_> {
    /// A scalar expression of at most `depth` nested forms.
    pub fn scalar(&mut self, scope: &Scope, depth: usize) -> String {
        if depth == 0 || self.random.chance(12) {
            return self.leaf(scope);
        }
        if self.random.chance(self.switches) {
            return self.switch(scope, depth);
        }
        match self.random.below(10) {
            0..=3 => {
                let form = *self.random.pick(BINARY);
                let (a, b) = (self.scalar(scope, depth - 1), self.scalar(scope, depth - 1));
                form.split('$')
                    .map(|part| part.replace('#', &operand(&a)))
                    .collect::<Vec<_>>()
                    .join(&operand(&b))
            }
            4..=6 => self.unary(SMOOTH, scope, depth),
            7 => self.unary(KINKED, scope, depth),
            8 => self.reduction(scope, depth),
            _ => self.call(scope, depth),
        }
    }

    fn unary(&mut self, forms: &[&str], scope: &Scope, depth: usize) -> String {
        let form = *self.random.pick(forms);
        form.replace('#', &self.scalar(scope, depth - 1))
    }

    fn switch(&mut self, scope: &Scope, depth: usize) -> String {
        if self.random.chance(40) {
            return self.unary(JUMPING, scope, depth);
        }
        let condition = self.condition(scope);
        let (a, b) = (self.scalar(scope, depth - 1), self.scalar(scope, depth - 1));
        let choice = format!("if {condition} then {a} else {b}");
        if self.random.chance(25) { format!("smooth({choice})") } else { format!("({choice})") }
    }

    fn condition(&mut self, scope: &Scope) -> String {
        let (a, b) = (self.leaf(scope), self.number());
        let comparison = format!("{a} {} {b}", self.random.pick(COMPARISONS));
        match self.random.below(6) {
            0 if scope.scalars.iter().any(|name| name == "t") => format!("{comparison} and t >= 0.5"),
            1 => format!("{comparison} or {} > 1", self.leaf(scope)),
            2 => format!("not {comparison}"),
            _ => comparison,
        }
    }

    /// A sum, product, least or greatest value over a bound index, which its body may use.
    fn reduction(&mut self, scope: &Scope, depth: usize) -> String {
        let name = format!("k{}", scope.indices.len() + 1);
        let high = self.random.within(2, 4);
        let mut inner = scope.clone();
        inner.indices.push(Index { name: name.clone(), low: 1, high, set: None });
        let factor = if inner.arrays.is_empty() { name.clone() } else { self.access(&inner) };
        let body = format!("{factor}*({})", self.scalar(&inner, depth - 1));
        let range = format!("for {name} in 1..{high}");
        match self.random.below(4) {
            0 => format!("prod(1 + 0.1*{body} {range})"),
            1 => format!("min({body} {range})"),
            2 => format!("max({body} {range})"),
            _ => format!("sum({body} {range})"),
        }
    }

    fn call(&mut self, scope: &Scope, depth: usize) -> String {
        if scope.functions.is_empty() {
            return self.unary(SMOOTH, scope, depth);
        }
        let (name, count) = self.random.pick(&scope.functions).clone();
        let arguments: Vec<_> = (0..count).map(|_| self.scalar(scope, depth - 1)).collect();
        format!("{name}({})", arguments.join(", "))
    }

    fn leaf(&mut self, scope: &Scope) -> String {
        match self.random.below(10) {
            0..=4 if !scope.arrays.is_empty() => self.access(scope),
            0..=7 if !scope.scalars.is_empty() => self.random.pick(&scope.scalars).clone(),
            8 if !scope.indices.is_empty() => self.random.pick(&scope.indices).name.clone(),
            _ => self.number(),
        }
    }

    /// A positive literal of at most three digits.
    pub fn number(&mut self) -> String {
        let (whole, tenths) = (self.random.below(3), self.random.within(1, 99));
        format!("{whole}.{tenths:02}")
    }

    /// An element of a random array of the scope, which has one.
    fn access(&mut self, scope: &Scope) -> String {
        let array = self.random.pick(&scope.arrays);
        let subscripts: Vec<_> = array.dimensions.iter().map(|d| self.subscript(scope, d)).collect();
        format!("{}[{}]", array.name, subscripts.join(","))
    }

    /// An affine subscript that stays inside `dimension`, or leaves it only where the index set says what that means.
    fn subscript(&mut self, scope: &Scope, dimension: &Dimension) -> String {
        for _ in 0..6 {
            if scope.indices.is_empty() {
                break;
            }
            let index = self.random.pick(&scope.indices);
            let ruled = dimension.set.is_some()
                && index.set == dimension.set
                && dimension.boundary != Boundary::Refused;
            let shift = self.random.within(-2, 2);
            let bound = scope.indices.last().filter(|last| last.set.is_none() && index.set.is_some());
            let (name, low, high, shift) = match bound {
                Some(bound) if self.random.chance(50) => {
                    let shift = shift - 1;
                    (
                        format!("{}+{}", index.name, bound.name),
                        index.low + bound.low,
                        index.high + bound.high,
                        shift,
                    )
                }
                _ => (index.name.clone(), index.low, index.high, shift),
            };
            if ruled || low + shift >= 1 && high + shift <= dimension.size {
                return match shift {
                    0 => name,
                    1.. => format!("{name}+{shift}"),
                    _ => format!("{name}{shift}"),
                };
            }
        }
        self.random.within(1, dimension.size).to_string()
    }
}

/// Parentheses around what a neighbouring operator could take apart.
fn operand(text: &str) -> String {
    let simple = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']' | ',' | '\''));
    if simple { text.to_owned() } else { format!("({text})") }
}
