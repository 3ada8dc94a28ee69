//! What symbols, indices and cut-out subexpressions are called, and where subscripts begin to count.

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::expr::{Algebra, Symbol};

const INDICES: &[&str] = &["i", "j", "k", "l", "m", "n"];
const LETTERS: &[&str] = &["a", "b", "c", "d", "e", "f", "g", "p", "q", "r", "s"];

/// Names for one algebra. Symbols have their own names and subscripts count from 1, unless something else is said.
#[derive(Clone, Debug, Default)]
pub struct Names {
    labels: FxHashMap<Symbol, String>,
    lower: FxHashMap<Symbol, Vec<i64>>,
    /// By the name of the symbol, for tangents and cotangents: they count as what they belong to.
    lower_by_name: FxHashMap<String, Vec<i64>>,
    indices: Vec<String>,
    taken: FxHashSet<String>,
}

impl Names {
    pub fn new(algebra: &Algebra) -> Self {
        let taken: FxHashSet<String> = algebra.symbols().iter().map(|s| s.name.clone()).collect();
        let free = |name: &&&str| !taken.contains(**name);
        let indices = INDICES.iter().filter(free).map(|&name| name.to_owned()).collect();
        Names { indices, taken, ..Names::default() }
    }

    /// Gives a symbol another name.
    pub fn label(&mut self, symbol: Symbol, name: impl Into<String>) {
        self.labels.insert(symbol, name.into());
    }

    /// The subscript of the first element along each dimension.
    pub fn count_from(&mut self, algebra: &Algebra, symbol: Symbol, lower: &[i64]) {
        self.lower.insert(symbol, lower.to_vec());
        self.lower_by_name.insert(algebra.symbol(symbol).name.clone(), lower.to_vec());
    }

    pub fn of<'a>(&'a self, algebra: &'a Algebra, symbol: Symbol) -> &'a str {
        self.labels.get(&symbol).unwrap_or(&algebra.symbol(symbol).name)
    }

    /// The subscript of the first element along a dimension.
    pub fn lower(&self, algebra: &Algebra, symbol: Symbol, dimension: usize) -> i64 {
        let name = algebra.symbol(symbol).name.as_str();
        let base = name.trim_start_matches('∂').trim_end_matches(['\'', DOT, BAR]);
        let by_name = || self.lower_by_name.get(name).or_else(|| self.lower_by_name.get(base));
        let lower = self.lower.get(&symbol).or_else(by_name);
        lower.and_then(|l| l.get(dimension)).copied().unwrap_or(1)
    }

    /// The name of the k-th index, counted from 0.
    pub fn index(&self, k: usize) -> String {
        match self.indices.get(k) {
            Some(name) => name.clone(),
            None => format!("i{}", k + 1 - self.indices.len()),
        }
    }

    /// Names that nothing has yet, without end.
    pub(super) fn fresh(&self) -> impl Iterator<Item = String> + '_ {
        let plain = LETTERS.iter().map(|&letter| letter.to_owned());
        let numbered = (1u64..).flat_map(|k| LETTERS.iter().map(move |letter| format!("{letter}{k}")));
        plain.chain(numbered).filter(|name| !self.taken.contains(name))
    }
}

/// The mark of a tangent.
pub const DOT: char = '\u{307}';
/// The mark of a cotangent.
pub const BAR: char = '\u{304}';
