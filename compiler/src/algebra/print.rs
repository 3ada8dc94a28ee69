//! Expressions as readers write them: in the language's own syntax or in LaTeX.
//!
//! Text is built from the leaves up, without recursion. A subexpression that is large and used more than once, or
//! that would make a line too long, gets a name and a line of its own (`where a = …`), so that what is printed is
//! bounded by the number of nodes and not by the number of paths through them.

mod affine;
mod formula;
mod latex;
mod names;
mod notation;
mod page;
mod rendered;
mod sharing;
mod text;
#[cfg(test)]
mod tests;

pub use names::Names;
pub use notation::Notation;
pub use page::{Page, Sign};

use rendered::Rendered;
use rustc_hash::FxHashMap;
use sharing::Sharing;

use super::expr::{Algebra, Expr, Symbol};
use super::index::{Access, Range, Subscript, Var};

/// Lines of an expression that are printed at most; what is left out is counted.
const MOST_DEFINITIONS: usize = 200;

/// An expression and the names it was cut at.
#[derive(Clone, Debug, PartialEq)]
pub struct Printed {
    pub value: String,
    /// Name and value of each subexpression that stands apart; each is used before it is explained.
    pub definitions: Vec<(String, String)>,
    /// Subexpressions whose lines were left out.
    pub left_out: usize,
}

/// An expression on one line, with a line `where a = …` for each subexpression that has been given a name.
///
/// Axes are called i, j, k, … and reductions the letters after them, without the names of symbols.
pub fn expression(algebra: &Algebra, e: Expr, names: &Names, notation: Notation) -> String {
    let printed = print(algebra, e, 0, names, notation);
    let mut page = printed.value;
    let (open, equals) = match notation {
        Notation::Text => ("  where ", " = "),
        Notation::Latex => ("\\quad\\text{where } ", " = "),
    };
    for (name, value) in &printed.definitions {
        page += &format!("\n{open}{name}{equals}{value}");
    }
    if printed.left_out > 0 {
        page += &format!("\n  … {} more", printed.left_out);
    }
    page
}

/// An expression over at least this many axes.
pub fn print(algebra: &Algebra, e: Expr, axes: usize, names: &Names, notation: Notation) -> Printed {
    let sharing = Sharing::new(algebra, e);
    let scope = Scope { algebra, names, axes: axes.max(sharing.axes), height: sharing.height };
    let labels = sharing.labels(&scope, notation);
    let mut texts = Texts { pending: FxHashMap::default() };
    let mut definitions: Vec<(Expr, String)> = Vec::new();
    for (k, &n) in sharing.nodes.iter().enumerate() {
        let node = algebra.node(n);
        let operands: Vec<Rendered> = algebra
            .children(node)
            .iter()
            .map(|child| match labels.get(child) {
                Some(label) => Rendered::atom(label.clone()),
                None => texts.take(*child),
            })
            .collect();
        let rendered = formula::node(notation.writer(), &scope, node, operands);
        match labels.contains_key(&n) {
            true => definitions.push((n, rendered.text)),
            false => texts.put(n, rendered, sharing.uses[k]),
        }
    }
    // What stands nearest to the whole comes first.
    let definitions: Vec<(String, String)> =
        definitions.into_iter().rev().map(|(n, text)| (labels[&n].clone(), text)).collect();
    let left_out = definitions.len().saturating_sub(MOST_DEFINITIONS);
    Printed {
        value: texts.take(e).text,
        definitions: definitions.into_iter().take(MOST_DEFINITIONS).collect(),
        left_out,
    }
}

/// An element of a symbol over at least this many axes, under the symbol's name or another: `u[i-1 periodic]`.
pub fn element(
    algebra: &Algebra,
    name: &str,
    (symbol, access): (Symbol, &Access),
    axes: usize,
    names: &Names,
    notation: Notation,
) -> String {
    let occurring = access.iter().flat_map(Subscript::affines).flat_map(|a| a.vars());
    let axes = occurring.fold(axes, |most, v| match v {
        Var::Axis(k) => most.max(k as usize + 1),
        _ => most,
    });
    let scope = Scope { algebra, names, axes, height: 0 };
    formula::element(notation.writer(), &scope, name, symbol, access)
}

/// The loops of an equation: `i in 1..32, j in 1..32`; empty without axes.
pub fn loops(axes: &[Range], names: &Names, notation: Notation) -> String {
    let each = axes.iter().enumerate().map(|(k, range)| (names.index(k), *range));
    ranges(each, notation)
}

/// The ranges of the indices that an expression is over, as they are called where it is printed.
pub fn loops_of(
    algebra: &Algebra,
    e: Expr,
    variables: &[(Var, Range)],
    names: &Names,
    notation: Notation,
) -> String {
    let sharing = Sharing::new(algebra, e);
    let scope = Scope { algebra, names, axes: sharing.axes, height: sharing.height };
    ranges(variables.iter().map(|&(v, range)| (scope.var(v), range)), notation)
}

fn ranges(each: impl Iterator<Item = (String, Range)>, notation: Notation) -> String {
    let [equals, to, and] = notation.writer().signs().ranges;
    let each =
        each.map(|(name, range)| format!("{name}{equals}{}{to}{}", range.start, range.end.saturating_sub(1)));
    each.collect::<Vec<_>>().join(and)
}

/// A name as it is written in formulas.
pub fn name(name: &str, notation: Notation) -> String {
    notation.writer().name(name, &[])
}

/// What the names in one expression mean.
struct Scope<'a> {
    algebra: &'a Algebra,
    names: &'a Names,
    axes: usize,
    /// Of the whole expression: its outermost reduction takes the first letter after the axes.
    height: u32,
}

impl Scope<'_> {
    fn var(&self, var: Var) -> String {
        match var {
            Var::Axis(k) => self.names.index(k as usize),
            Var::Bound(height) => {
                let depth = self.height.saturating_sub(height + 1);
                self.names.index(self.axes + depth as usize)
            }
            Var::Fresh(k) => format!("?{k}"),
        }
    }
}

/// Texts that wait for the expressions around them; each is given away at its last use.
struct Texts {
    pending: FxHashMap<Expr, (Rendered, u32)>,
}

impl Texts {
    fn put(&mut self, e: Expr, rendered: Rendered, uses: u32) {
        self.pending.insert(e, (rendered, uses));
    }

    fn take(&mut self, e: Expr) -> Rendered {
        match self.pending.get_mut(&e) {
            Some((rendered, uses)) if *uses > 1 => {
                *uses -= 1;
                rendered.clone()
            }
            _ => self.pending.remove(&e).expect("an operand is printed before what uses it").0,
        }
    }
}
