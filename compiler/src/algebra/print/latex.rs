//! LaTeX formulas, for `amsmath`.

use super::super::expr::Reduction;
use super::super::index::Range;
use super::affine::Joints;
use super::names::{BAR, DOT};
use super::notation::{Signs, Writer};
use super::rendered::{Level, Rendered, digits, factors};

pub struct Latex;

const PARENTHESES: (&str, &str) = ("\\left(", "\\right)");
const CASES: (&str, &str) = ("\\begin{cases} ", " \\end{cases}");

static SIGNS: Signs = Signs {
    parentheses: PARENTHESES,
    subscript: Joints { plus: "+", minus: "-", times: "" },
    formula: Joints { plus: " + ", minus: " - ", times: "\\," },
    reciprocal: "\\frac{1}{",
    not: "\\lnot",
    less: "<",
    less_equal: "\\le",
    equal: "=",
    not_equal: "\\ne",
    and: "\\land",
    or: "\\lor",
    periodic: "\\,\\text{periodic}",
    mirror: "\\,\\text{mirror}",
    zero: "\\,\\text{zero}",
    ranges: [" = ", ", \\dots, ", ",\\; "],
};

/// What the language and LaTeX call the same function; what is not here is set as `\operatorname`.
const FUNCTIONS: &[(&str, &str)] = &[
    ("acos", "\\arccos"),
    ("asin", "\\arcsin"),
    ("atan", "\\arctan"),
    ("cos", "\\cos"),
    ("cosh", "\\cosh"),
    ("digamma", "\\psi"),
    ("exp", "\\exp"),
    ("gamma", "\\Gamma"),
    ("log", "\\log"),
    ("max", "\\max"),
    ("min", "\\min"),
    ("sigmoid", "\\sigma"),
    ("sin", "\\sin"),
    ("sinh", "\\sinh"),
    ("tan", "\\tan"),
    ("tanh", "\\tanh"),
];

/// Functions that are written around their argument.
const AROUND: &[(&str, &str, &str)] = &[
    ("abs", "\\left|", "\\right|"),
    ("cbrt", "\\sqrt[3]{", "}"),
    ("ceil", "\\left\\lceil ", "\\right\\rceil"),
    ("floor", "\\left\\lfloor ", "\\right\\rfloor"),
    ("sqrt", "\\sqrt{", "}"),
];

const GREEK: &[(char, &str)] = &[
    ('α', "\\alpha"),
    ('β', "\\beta"),
    ('γ', "\\gamma"),
    ('δ', "\\delta"),
    ('ε', "\\varepsilon"),
    ('ϵ', "\\epsilon"),
    ('ζ', "\\zeta"),
    ('η', "\\eta"),
    ('θ', "\\theta"),
    ('ϑ', "\\vartheta"),
    ('ι', "\\iota"),
    ('κ', "\\kappa"),
    ('λ', "\\lambda"),
    ('μ', "\\mu"),
    ('ν', "\\nu"),
    ('ξ', "\\xi"),
    ('π', "\\pi"),
    ('ρ', "\\rho"),
    ('ς', "\\varsigma"),
    ('σ', "\\sigma"),
    ('τ', "\\tau"),
    ('υ', "\\upsilon"),
    ('φ', "\\varphi"),
    ('ϕ', "\\phi"),
    ('χ', "\\chi"),
    ('ψ', "\\psi"),
    ('ω', "\\omega"),
    ('Γ', "\\Gamma"),
    ('Δ', "\\Delta"),
    ('Θ', "\\Theta"),
    ('Λ', "\\Lambda"),
    ('Ξ', "\\Xi"),
    ('Π', "\\Pi"),
    ('Σ', "\\Sigma"),
    ('Υ', "\\Upsilon"),
    ('Φ', "\\Phi"),
    ('Ψ', "\\Psi"),
    ('Ω', "\\Omega"),
];

impl Writer for Latex {
    fn signs(&self) -> &'static Signs {
        &SIGNS
    }

    fn number(&self, x: f64) -> Rendered {
        let (digits, exponent) = digits(x);
        match exponent {
            _ if x.is_nan() => Rendered::atom("\\mathrm{NaN}".to_owned()),
            _ if x == f64::INFINITY => Rendered::atom("\\infty".to_owned()),
            _ if x == f64::NEG_INFINITY => Rendered::new("-\\infty".to_owned(), Level::Unary),
            None if x.is_sign_negative() => Rendered::new(digits, Level::Unary),
            None => Rendered::atom(digits),
            Some(exponent) if digits == "1" => Rendered::new(format!("10^{{{exponent}}}"), Level::Power),
            Some(exponent) => Rendered::new(format!("{digits} \\cdot 10^{{{exponent}}}"), Level::Product),
        }
    }

    fn argument(&self, k: u32) -> String {
        format!("x_{{{}}}", k + 1)
    }

    fn name(&self, name: &str, subscripts: &[String]) -> String {
        self::name(name, subscripts)
    }

    fn table(&self, k: u32, subscripts: &str) -> String {
        format!("T^{{({})}}_{{{subscripts}}}", k + 1)
    }

    /// A reduction may be the last factor: nothing after it is taken for a part of its body.
    fn multiply(&self, a: Rendered, b: Rendered) -> Rendered {
        let (a, b) = match a.level == Level::Reduction && b.level > Level::Reduction {
            true => (b, a),
            false => factors(a, b, SIGNS.reciprocal),
        };
        if let Some(divisor) = divisor(&b.text) {
            let (sign, numerator) = match a.text.strip_prefix('-') {
                Some(text) if a.level >= Level::Product => ("-", text),
                _ => ("", a.text.as_str()),
            };
            return Rendered::new(format!("{sign}\\frac{{{numerator}}}{{{divisor}}}"), Level::Product);
        }
        let a = a.at_least(Level::Product, PARENTHESES);
        let least = if b.is_negative() { Level::Power } else { Level::Reduction };
        let b = b.at_least(least, PARENTHESES);
        let times = if b.starts_with_digit() { " \\cdot " } else { "\\," };
        Rendered::new(format!("{}{times}{}", a.text, b.text), b.level.min(Level::Product))
    }

    fn divide(&self, a: Rendered, b: Rendered) -> Rendered {
        Rendered::new(format!("\\frac{{{}}}{{{}}}", a.text, b.text), Level::Product)
    }

    fn power(&self, a: Rendered, b: Rendered) -> Rendered {
        let base = a.at_least(Level::Atom, PARENTHESES);
        Rendered::new(format!("{}^{{{}}}", base.text, b.text), Level::Power)
    }

    /// Cases; a choice in the last branch gives further rows.
    fn select(&self, condition: Rendered, yes: Rendered, no: Rendered) -> Rendered {
        let further = match no.level {
            Level::Whole => no.text.strip_prefix(CASES.0).and_then(|rows| rows.strip_suffix(CASES.1)),
            _ => None,
        };
        let rest = match further {
            Some(rows) => rows.to_owned(),
            None => format!("{} & \\text{{otherwise}}", no.text),
        };
        let text =
            format!("{}{} & \\text{{if }} {} \\\\ {rest}{}", CASES.0, yes.text, condition.text, CASES.1);
        Rendered::new(text, Level::Whole)
    }

    fn call(&self, name: &str, arguments: &str) -> Rendered {
        if let Some((_, open, close)) = AROUND.iter().find(|(known, ..)| *known == name) {
            return Rendered::atom(format!("{open}{arguments}{close}"));
        }
        let function = match FUNCTIONS.iter().find(|(known, _)| *known == name) {
            Some((_, command)) => (*command).to_owned(),
            None => format!("\\operatorname{{{}}}", escape(name)),
        };
        Rendered::atom(format!("{function}\\left({arguments}\\right)"))
    }

    fn reduce(&self, op: Reduction, index: &str, range: Range, body: Rendered) -> Rendered {
        let (first, last) = (range.start, range.end.saturating_sub(1));
        let sign = match op {
            Reduction::Sum => format!("\\sum_{{{index}={first}}}^{{{last}}}"),
            Reduction::Product => format!("\\prod_{{{index}={first}}}^{{{last}}}"),
            Reduction::Min => format!("\\min_{{{first} \\le {index} \\le {last}}}"),
            Reduction::Max => format!("\\max_{{{first} \\le {index} \\le {last}}}"),
        };
        let body = body.at_least(Level::Reduction, PARENTHESES);
        Rendered::new(format!("{sign} {}", body.text), Level::Reduction)
    }
}

/// A name with subscripts: digits at its end and what follows an underscore come first among them. What follows
/// `λ_` is a name itself: it is the row whose cotangent λ is.
fn name(name: &str, subscripts: &[String]) -> String {
    if let Some(row) = name.strip_prefix("λ_") {
        let row = std::iter::once(self::name(row, &[]));
        let subscripts: Vec<String> = row.chain(subscripts.iter().cloned()).collect();
        return format!("\\lambda_{{{}}}", subscripts.join(","));
    }
    let (partial, name) = partial(name);
    let stem = name.trim_end_matches(['\'', DOT, BAR]);
    let (base, own) = split(stem);
    let mut formula = letters(base);
    let marks = &name[stem.len()..];
    let primes = marks.matches(['\'', DOT]).count();
    formula = match primes {
        0 => formula,
        1 => format!("\\dot{{{formula}}}"),
        2 => format!("\\ddot{{{formula}}}"),
        more => format!("{formula}^{{({more})}}"),
    };
    if marks.contains(BAR) {
        formula = format!("\\bar{{{formula}}}");
    }
    let subscripts: Vec<String> = own.into_iter().chain(subscripts.iter().cloned()).collect();
    match subscripts.is_empty() {
        true => format!("{partial}{formula}"),
        false => format!("{partial}{formula}_{{{}}}", subscripts.join(",")),
    }
}

/// The sign of a derivative before a name, with its number where there are several.
fn partial(name: &str) -> (String, &str) {
    let Some(rest) = name.strip_prefix('∂') else { return (String::new(), name) };
    let base = rest.trim_start_matches(|c| ('₀'..='₉').contains(&c));
    let number: String = rest[..rest.len() - base.len()].chars().map(plain_digit).collect();
    match number.is_empty() {
        true => ("\\partial ".to_owned(), base),
        false => (format!("\\partial_{{{number}}} "), base),
    }
}

/// The base of a name and the subscripts in it: `k1` is k with 1, `v_min` is v with min.
fn split(stem: &str) -> (&str, Vec<String>) {
    if stem.contains(['.', '(', '/']) {
        return (stem, Vec::new());
    }
    let mut parts = stem.split('_');
    let head = parts.next().unwrap_or(stem);
    let is_digit = |c: char| c.is_ascii_digit() || ('₀'..='₉').contains(&c);
    let base = head.trim_end_matches(is_digit);
    if base.is_empty() {
        return (stem, Vec::new());
    }
    let digits: String = head[base.len()..].chars().map(plain_digit).collect();
    let digits = (!digits.is_empty()).then_some(digits);
    (base, digits.into_iter().chain(parts.filter(|p| !p.is_empty()).map(letters)).collect())
}

fn plain_digit(c: char) -> char {
    match c {
        '₀'..='₉' => char::from(b'0' + (c as u32 - '₀' as u32) as u8),
        c => c,
    }
}

/// Greek letters by their commands; words upright.
fn letters(word: &str) -> String {
    let mut chars = word.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => greek(c).map_or_else(|| escape(word), str::to_owned),
        _ if word.bytes().all(|b| b.is_ascii_digit()) => word.to_owned(),
        _ => {
            let inner: String = word
                .chars()
                .map(|c| greek(c).map_or_else(|| escape(&c.to_string()), |g| format!("}}{g}\\mathrm{{")))
                .collect();
            format!("\\mathrm{{{inner}}}").replace("\\mathrm{}", "")
        }
    }
}

fn greek(c: char) -> Option<&'static str> {
    GREEK.iter().find(|(known, _)| *known == c).map(|(_, command)| *command)
}

/// Plain text with the characters that LaTeX reserves made harmless.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\textbackslash{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '~' => out.push_str("\\textasciitilde{}"),
            '{' | '}' | '_' | '&' | '%' | '#' | '$' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// The x of a whole 1/x.
fn divisor(text: &str) -> Option<&str> {
    let inner = text.strip_prefix(SIGNS.reciprocal)?.strip_suffix('}')?;
    let mut depth = 0;
    let mut escaped = false;
    for c in inner.chars() {
        match c {
            '{' if !escaped => depth += 1,
            '}' if !escaped => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return None;
        }
        escaped = c == '\\' && !escaped;
    }
    Some(inner)
}
