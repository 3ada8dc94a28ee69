//! Random but valid models as text, the same for the same seed: what the executors are compared on.

mod expression;

use expression::{Array, Boundary, Dimension, Expressions, Index, Scope};

use crate::random::Random;

/// How large a model may get; a draw uses anything up to these.
#[derive(Clone, Debug)]
pub struct Size {
    /// Scalar states; there is at least one.
    pub scalars: usize,
    /// States over index sets, of one or two dimensions.
    pub arrays: usize,
    /// Definitions by `let`, scalar and array.
    pub lets: usize,
    /// Points of an index set; at least 5 are drawn.
    pub points: usize,
    /// Nesting of an expression.
    pub depth: usize,
    /// How many of 100 forms are conditionals or functions with jumps.
    pub switches: usize,
    /// How many of 100 models have a network.
    pub networks: usize,
}

impl Default for Size {
    fn default() -> Self {
        Size { scalars: 3, arrays: 2, lets: 3, points: 8, depth: 3, switches: 10, networks: 30 }
    }
}

const BOUNDARIES: [Boundary; 4] = [Boundary::Periodic, Boundary::Mirror, Boundary::Zero, Boundary::Refused];
const ACTIVATIONS: &[&str] = &["tanh", "sigmoid", "relu", "softplus", "gelu", "silu", "rbf"];

/// The text of `model Random { … }`, without a task.
pub fn model(seed: u64, size: &Size) -> String {
    drawn_model(&mut Random::new(seed), size)
}

/// The text of `model Random { … }` that these choices make.
pub fn drawn_model(random: &mut Random, size: &Size) -> String {
    let mut draft = Draft { random, size, scope: Scope::default(), sets: Vec::new(), lines: Vec::new() };
    draft.scope.scalars.push("t".to_owned());
    draft.parameters();
    draft.functions();
    draft.index_sets();
    let states = draft.states();
    draft.vector();
    draft.network();
    draft.definitions();
    for state in &states {
        draft.equation(state);
    }
    format!("model Random {{\n    {}\n}}\n", draft.lines.join("\n    "))
}

/// The index set of the names `i{n}` and `j{n}`.
struct Set {
    size: i64,
    boundary: Boundary,
}

enum State {
    First(String),
    Second(String),
    Array(Array),
}

/// A model while it is written: the statements so far and the names that the next one may use.
struct Draft<'a> {
    random: &'a mut Random,
    size: &'a Size,
    scope: Scope,
    sets: Vec<Set>,
    lines: Vec<String>,
}

impl Draft<'_> {
    fn line(&mut self, text: String) {
        self.lines.push(text);
    }

    fn number(&mut self) -> String {
        self.expressions().number()
    }

    fn numbers(&mut self, count: usize) -> String {
        let numbers: Vec<_> = (0..count).map(|_| self.number()).collect();
        format!("[{}]", numbers.join(", "))
    }

    fn expressions(&mut self) -> Expressions<'_> {
        Expressions { random: self.random, switches: self.size.switches }
    }

    fn expression(&mut self, scope: &Scope) -> String {
        let depth = self.size.depth;
        self.expressions().scalar(scope, depth)
    }

    fn parameters(&mut self) {
        for n in 1..=1 + self.random.below(3) {
            let value = self.number();
            self.line(format!("param p{n} = {value}"));
            self.scope.scalars.push(format!("p{n}"));
        }
        let count = 3 + self.random.below(2);
        let values = self.numbers(count);
        self.line(format!("param w[{count}] = {values}"));
        self.scope.arrays.push(plain("w", count));
    }

    /// A function of the model; its body sees its arguments alone.
    fn functions(&mut self) {
        let scope = Scope { scalars: vec!["a".to_owned(), "b".to_owned()], ..Scope::default() };
        let body = self.expression(&scope);
        self.line(format!("fn g(a, b) = {body}"));
        self.scope.functions.push(("g".to_owned(), 2));
    }

    fn index_sets(&mut self) {
        if self.size.arrays == 0 {
            return;
        }
        for n in 1..=1 + self.random.below(2) {
            let boundary = *self.random.pick(&BOUNDARIES);
            let size = self.random.within(5, self.size.points.max(5) as i64);
            self.line(format!("index i{n}, j{n} in 1..{size}{}", boundary.word()));
            self.sets.push(Set { size, boundary });
        }
    }

    fn dimension(&self, set: usize) -> Dimension {
        Dimension { size: self.sets[set].size, set: Some(set), boundary: self.sets[set].boundary }
    }

    /// The free index of dimension `d` over a set: `i` for the first, `j` for the second dimension.
    fn index(&self, set: usize, d: usize) -> Index {
        let name = format!("{}{}", ["i", "j"][d], set + 1);
        Index { name, low: 1, high: self.sets[set].size, set: Some(set) }
    }

    fn free_indices(&self, array: &Array) -> Vec<Index> {
        let sets = array.dimensions.iter().filter_map(|dimension| dimension.set);
        sets.enumerate().map(|(d, set)| self.index(set, d)).collect()
    }

    /// Dimensions of a new array over the model's index sets.
    fn shape(&mut self) -> Vec<Dimension> {
        let dimensions = 1 + self.random.below(2);
        let sets: Vec<_> = (0..dimensions).map(|_| self.random.below(self.sets.len())).collect();
        sets.into_iter().map(|set| self.dimension(set)).collect()
    }

    fn states(&mut self) -> Vec<State> {
        let mut states = Vec::new();
        for n in 1..=1 + self.random.below(self.size.scalars.max(1)) {
            let (value, second) = (self.number(), self.random.chance(25));
            let name = format!("x{n}");
            self.line(format!("state {name} = {value}"));
            self.scope.scalars.push(name.clone());
            if second {
                let slope = self.number();
                self.line(format!("init {name}' = {slope}"));
                self.scope.scalars.push(format!("{name}'"));
            }
            states.push(if second { State::Second(name) } else { State::First(name) });
        }
        for n in 1..=self.size.arrays {
            let array = Array { name: format!("u{n}"), dimensions: self.shape() };
            let names: Vec<_> = self.free_indices(&array).into_iter().map(|index| index.name).collect();
            let factor = self.number();
            let start =
                names.iter().map(|name| format!("sin({factor}*{name})")).collect::<Vec<_>>().join("*");
            self.line(format!("state {}[{}] = {start}", array.name, names.join(",")));
            self.scope.arrays.push(array.clone());
            states.push(State::Array(array));
        }
        states
    }

    /// Vectors as wholes: a matrix product, a scalar product and an elementwise equation.
    fn vector(&mut self) {
        if self.random.chance(50) {
            return;
        }
        let rows = [self.numbers(3), self.numbers(3), self.numbers(3)].join(", ");
        self.line(format!("param m[3,3] = [{rows}]"));
        let scope = self.scope.clone();
        let entries: Vec<_> = (0..3).map(|_| self.expressions().scalar(&scope, 1)).collect();
        self.line(format!("let h[3] = [{}]", entries.join(", ")));
        self.line("let r[3] = m @ h".to_owned());
        self.line("let d = dot(r, h)".to_owned());
        let start = self.numbers(3);
        self.line(format!("state c[3] = {start}"));
        self.line("c' = m @ c - c^3 + 0.5*h".to_owned());
        let matrix = Array { name: "m".to_owned(), dimensions: vec![loose(3), loose(3)] };
        self.scope.arrays.extend([matrix, plain("h", 3), plain("r", 3), plain("c", 3)]);
        self.scope.scalars.push("d".to_owned());
    }

    /// A network of two numbers, called on expressions and on a vector.
    fn network(&mut self) {
        if !self.random.chance(self.size.networks) {
            return;
        }
        let (hidden, activation) = (self.random.within(2, 9), *self.random.pick(ACTIVATIONS));
        let seed = self.random.below(1000);
        self.line(format!(
            "net f: 2 -> 2 = dense({hidden}, {activation}) >> dense(2) {{ seed = {seed}; weights = normal(0, 0.5) }}"
        ));
        let scope = self.scope.clone();
        let (a, b) = (self.expressions().scalar(&scope, 1), self.expressions().scalar(&scope, 1));
        self.line(format!("let (o1, o2) = f({a}, {b})"));
        self.scope.scalars.extend(["o1".to_owned(), "o2".to_owned()]);
        let start = self.numbers(2);
        self.line(format!("state y[2] = {start}"));
        self.line("y' = f(y^3) - y".to_owned());
        self.scope.arrays.push(plain("y", 2));
    }

    fn definitions(&mut self) {
        for n in 1..=self.random.below(self.size.lets + 1) {
            if self.sets.is_empty() || self.random.chance(50) {
                let value = self.expression(&self.scope.clone());
                self.line(format!("let a{n} = {value}"));
                self.scope.scalars.push(format!("a{n}"));
                continue;
            }
            let array = Array { name: format!("b{n}"), dimensions: self.shape() };
            let indices = self.free_indices(&array);
            let names: Vec<_> = indices.iter().map(|index| index.name.as_str()).collect();
            let value = self.expression(&Scope { indices: indices.clone(), ..self.scope.clone() });
            self.line(format!("let {}[{}] = {value}", array.name, names.join(",")));
            self.scope.arrays.push(array);
        }
    }

    fn equation(&mut self, state: &State) {
        let value = self.expression(&self.scope.clone());
        match state {
            State::First(name) if self.random.chance(10) => self.line(format!("2*{name}' = {value}")),
            State::First(name) => self.line(format!("{name}' = {value}")),
            State::Second(name) => self.line(format!("{name}'' = {value}")),
            State::Array(array) => self.field(array),
        }
    }

    /// The equation of an array: one for all, or an inner piece and one for each end of the first dimension.
    fn field(&mut self, array: &Array) {
        let indices = self.free_indices(array);
        if self.random.chance(50) {
            return self.piece(array, &indices, "");
        }
        let (first, rest) = indices.split_first().expect("an array has a dimension");
        let last = first.high;
        let inner = Index { low: 2, high: last - 1, ..first.clone() };
        let range = format!(" for {} in 2..{}", first.name, last - 1);
        self.piece(array, &[&[inner], rest].concat(), &range);
        for end in [1, last] {
            let fixed = Index { name: end.to_string(), low: end, high: end, set: None };
            self.piece(array, &[&[fixed], rest].concat(), "");
        }
    }

    /// `u'[…] = … for …`, where an index whose name is a number is that position.
    fn piece(&mut self, array: &Array, indices: &[Index], range: &str) {
        let names: Vec<_> = indices.iter().map(|index| index.name.as_str()).collect();
        let free = indices.iter().filter(|index| index.set.is_some()).cloned().collect();
        let value = self.expression(&Scope { indices: free, ..self.scope.clone() });
        self.line(format!("{}'[{}] = {value}{range}", array.name, names.join(",")));
    }
}

/// A dimension of a plain size, over no index set.
fn loose(size: usize) -> Dimension {
    Dimension { size: size as i64, set: None, boundary: Boundary::Refused }
}

fn plain(name: &str, size: usize) -> Array {
    Array { name: name.to_owned(), dimensions: vec![loose(size)] }
}

#[cfg(test)]
mod tests {
    use nde_compiler::diagnostics::{Diagnostics, Look, Sources};
    use nde_compiler::parse::parse;

    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_model() {
        assert_eq!(model(42, &Size::default()), model(42, &Size::default()));
        assert_ne!(model(42, &Size::default()), model(43, &Size::default()));
    }

    #[test]
    fn every_model_parses() {
        for seed in 0..2000 {
            let (mut sources, mut diagnostics) = (Sources::default(), Diagnostics::new());
            let text = model(seed, &Size::default());
            let file = sources.add("random.nde", text.as_str());
            parse(&text, file, &mut diagnostics);
            assert!(diagnostics.is_empty(), "{text}{}", diagnostics.render(&sources, Look::Plain, 100));
        }
    }

    #[test]
    fn every_construct_occurs() {
        let models: String = (0..500).map(|seed| model(seed, &Size::default())).collect();
        for word in [
            "periodic",
            "mirror",
            "zero",
            "for i1 in 2..",
            "sum(",
            "prod(",
            "min(",
            "max(",
            " @ ",
            "net f",
            "dot(",
            "if ",
            "smooth(",
            "''",
            "+k",
            "2*x1' =",
            "digamma(",
            "polygamma(",
            "mod(",
            "atan2(",
            "g(",
        ] {
            assert!(models.contains(word), "{word}");
        }
    }
}
