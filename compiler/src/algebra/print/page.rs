//! A page of headings, facts and equations, in either notation.

use super::super::expr::{Algebra, Expr, Symbol};
use super::super::index::{Access, Range, Var};
use super::{Names, Notation, Printed, element, latex, loops, loops_of, print};

/// Between the two sides of an equation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Equals,
    /// The right side is added to the left.
    Adds,
    /// The left side takes the value of the right.
    Becomes,
}

impl Sign {
    fn text(self, notation: Notation) -> &'static str {
        match (self, notation) {
            (Sign::Equals, _) => "=",
            (Sign::Adds, Notation::Text) => "+=",
            (Sign::Adds, Notation::Latex) => "\\mathrel{+}=",
            (Sign::Becomes, Notation::Text) => ":=",
            (Sign::Becomes, Notation::Latex) => "\\leftarrow",
        }
    }
}

/// Text that grows line by line; in LaTeX, equations that follow each other are aligned.
pub struct Page<'a> {
    pub notation: Notation,
    names: &'a Names,
    out: String,
    place: Place,
}

/// Where the next line goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    /// Inside of `align*`.
    Equations,
}

impl<'a> Page<'a> {
    pub fn new(names: &'a Names, notation: Notation) -> Self {
        Page { notation, names, out: String::new(), place: Place::Text }
    }

    pub fn finish(mut self) -> String {
        self.leave_equations();
        self.out
    }

    /// A heading after an empty line.
    pub fn heading(&mut self, text: &str) {
        self.leave_equations();
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        match self.notation {
            Notation::Text => self.push(text),
            Notation::Latex => self.push(&format!("\\paragraph{{{}}}", latex::escape(text))),
        }
    }

    /// A line of plain text under a heading.
    pub fn line(&mut self, text: &str) {
        self.leave_equations();
        match self.notation {
            Notation::Text => self.push(&format!("  {text}")),
            Notation::Latex => self.push(&format!("{}\\\\", latex::escape(text))),
        }
    }

    /// `left = e` for each combination of the axes; `left` is a formula already.
    pub fn equation(&mut self, algebra: &Algebra, axes: &[Range], left: &str, sign: Sign, e: Expr) {
        let printed = print(algebra, e, axes.len(), self.names, self.notation);
        self.formula(left, sign, &printed.value, axes);
        self.definitions(&printed);
    }

    /// `left = e` for each value of the variables that `e` is over.
    pub fn equation_over(
        &mut self,
        algebra: &Algebra,
        variables: &[(Var, Range)],
        left: &str,
        sign: Sign,
        e: Expr,
    ) {
        let printed = print(algebra, e, 0, self.names, self.notation);
        let loops = loops_of(algebra, e, variables, self.names, self.notation);
        self.row(left, sign, &printed.value, &loops);
        self.definitions(&printed);
    }

    /// A line of formulas that are written already; an empty right side leaves the sign out.
    pub fn formula(&mut self, left: &str, sign: Sign, right: &str, axes: &[Range]) {
        let loops = loops(axes, self.names, self.notation);
        self.row(left, sign, right, &loops);
    }

    /// An element as a formula.
    pub fn element(&self, algebra: &Algebra, symbol: Symbol, access: &Access, axes: &[Range]) -> String {
        let name = self.names.of(algebra, symbol);
        element(algebra, name, (symbol, access), axes.len(), self.names, self.notation)
    }

    /// A symbol without subscripts: all of its elements.
    pub fn whole(&self, algebra: &Algebra, symbol: Symbol) -> String {
        self.name(self.names.of(algebra, symbol))
    }

    /// The derivative of an element by time.
    pub fn derivative(&self, algebra: &Algebra, symbol: Symbol, access: &Access, axes: &[Range]) -> String {
        let name = format!("{}'", self.names.of(algebra, symbol));
        element(algebra, &name, (symbol, access), axes.len(), self.names, self.notation)
    }

    /// An expression as a formula, without the names it would be cut at.
    pub fn inline(&self, algebra: &Algebra, e: Expr, axes: &[Range]) -> String {
        let printed = print(algebra, e, axes.len(), self.names, self.notation);
        match printed.definitions.is_empty() {
            true => printed.value,
            false => "…".to_owned(),
        }
    }

    /// A name as a formula.
    pub fn name(&self, name: &str) -> String {
        super::name(name, self.notation)
    }

    /// A word in a formula.
    pub fn word(&self, word: &str) -> String {
        match self.notation {
            Notation::Text => word.to_owned(),
            Notation::Latex => format!("\\text{{{}}}", latex::escape(word)),
        }
    }

    fn definitions(&mut self, printed: &Printed) {
        for (name, value) in &printed.definitions {
            match self.notation {
                Notation::Text => self.push(&format!("      where {name} = {value}")),
                Notation::Latex => self.align(&format!("&\\quad\\text{{where }} {name} = {value}")),
            }
        }
        if printed.left_out > 0 {
            self.line(&format!("    … and {} more subexpressions", printed.left_out));
        }
    }

    fn row(&mut self, left: &str, sign: Sign, right: &str, loops: &str) {
        let sign = sign.text(self.notation);
        let right = if right.is_empty() { String::new() } else { format!("{sign} {right}") };
        match self.notation {
            Notation::Text => {
                let loops = if loops.is_empty() { String::new() } else { format!("   for {loops}") };
                let space = if right.is_empty() { "" } else { " " };
                self.push(&format!("  {left}{space}{right}{loops}"));
            }
            Notation::Latex => {
                let loops = if loops.is_empty() { String::new() } else { format!(" && {loops}") };
                self.align(&format!("{left} &{right}{loops}"));
            }
        }
    }

    fn align(&mut self, row: &str) {
        if self.place == Place::Text {
            self.push("\\begin{align*}");
            self.place = Place::Equations;
        }
        self.push(&format!("  {row} \\\\"));
    }

    fn leave_equations(&mut self) {
        if self.place == Place::Equations {
            self.place = Place::Text;
            self.push("\\end{align*}");
        }
    }

    fn push(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }
}
