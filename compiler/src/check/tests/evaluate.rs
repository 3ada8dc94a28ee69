//! Numbers from a model's expressions, element by element: the tests' own reading of the algebra.

use crate::algebra::{
    Access, Affine, Binary, Boundary, Expr, Meaning, Node, Reduction, Subscript, Symbol, Var,
};

use super::super::model::{Form, Model, Piece};

/// A value by name and 0-based position.
pub type Given<'m> = Box<dyn Fn(&str, &[i64]) -> f64 + 'm>;

/// Values of symbols that no definition gives.
pub struct Values<'m> {
    pub model: &'m Model,
    pub given: Given<'m>,
}

impl Values<'_> {
    /// The right-hand side of the explicit equation of `state[at]`, `at` in the user's integers.
    pub fn derivative(&self, state: &str, at: &[i64]) -> f64 {
        for equation in &self.model.equations {
            let Form::Explicit { state: symbol, target, value } = &equation.form else { continue };
            if self.model.algebra.symbol(*symbol).name != state {
                continue;
            }
            let lower = self.lower(state);
            let wanted: Vec<i64> = at.iter().zip(lower).map(|(x, low)| x - low).collect();
            if let Some(axes) = axes_at(target, &wanted, equation.axes.len()) {
                let inside = axes.iter().zip(&equation.axes).all(|(x, r)| r.start <= *x && *x < r.end);
                if inside {
                    return self.value(*value, &axes, &[]);
                }
            }
        }
        panic!("no explicit equation gives {state}{at:?}");
    }

    /// An element of a definition, `at` in positions from 0.
    pub fn definition(&self, symbol: Symbol, at: &[i64]) -> Option<f64> {
        let definition = self.model.definitions.iter().find(|d| d.symbol == symbol)?;
        let piece = definition.pieces.iter().find(|p| covers(p, at).is_some()).expect("pieces tile");
        let axes = covers(piece, at).expect("just found");
        Some(self.value(piece.value, &axes, &[]))
    }

    pub fn named(&self, name: &str, at: &[i64]) -> f64 {
        let variable = self.model.variables.iter().find(|v| v.name == name).expect("a variable of this name");
        self.definition(variable.symbol, at).expect("a definition of this name")
    }

    fn lower(&self, name: &str) -> Vec<i64> {
        self.model.variables.iter().find(|v| v.name == name).expect("a variable").lower.clone()
    }

    fn position(&self, affine: &Affine, axes: &[i64], bound: &[(u32, i64)]) -> i64 {
        let of = |var: Var| match var {
            Var::Axis(k) => axes[k as usize],
            Var::Bound(h) => bound.iter().rev().find(|(b, _)| *b == h).expect("bound").1,
            Var::Fresh(_) => panic!("a placeholder is left"),
        };
        affine.offset + affine.terms.iter().map(|(v, c)| c * of(*v)).sum::<i64>()
    }

    /// 0-based positions; `None` where the boundary rule says zero.
    fn places(&self, access: &Access, dims: &[u64], axes: &[i64], bound: &[(u32, i64)]) -> Option<Vec<i64>> {
        let mut places = Vec::new();
        for (subscript, n) in access.iter().zip(dims) {
            let n = *n as i64;
            places.push(match subscript {
                Subscript::Table { table, at } => {
                    let at: Vec<i64> = at.iter().map(|a| self.position(a, axes, bound)).collect();
                    self.model.algebra.table_entry(*table, &at).expect("inside the table")
                }
                Subscript::Affine { position, boundary } => {
                    let k = self.position(position, axes, bound);
                    match boundary {
                        _ if (0..n).contains(&k) => k,
                        Boundary::Periodic => k.rem_euclid(n),
                        Boundary::Mirror if k < 0 => -k - 1,
                        Boundary::Mirror => 2 * n - 1 - k,
                        Boundary::Zero => return None,
                        Boundary::Inside => panic!("outside"),
                    }
                }
            });
        }
        Some(places)
    }

    pub fn value(&self, e: Expr, axes: &[i64], bound: &[(u32, i64)]) -> f64 {
        let algebra = &self.model.algebra;
        let of = |e: Expr| self.value(e, axes, bound);
        let truth = |x: bool| f64::from(u8::from(x));
        match algebra.node(e) {
            Node::Number(bits) => f64::from_bits(bits),
            Node::Index(affine) => self.position(algebra.affine(affine), axes, bound) as f64,
            Node::Read(symbol, access) => {
                let info = algebra.symbol(symbol);
                match self.places(algebra.access(access), &info.dims, axes, bound) {
                    None => 0.0,
                    Some(at) => self.definition(symbol, &at).unwrap_or_else(|| (self.given)(&info.name, &at)),
                }
            }
            Node::Argument(_) => panic!("an argument outside of a template"),
            Node::Neg(a) => -of(a),
            Node::Not(a) => truth(of(a) == 0.0),
            Node::Select(c, a, b) => of(if of(c) != 0.0 { a } else { b }),
            Node::Binary(op, a, b) => {
                let (x, y) = (of(a), of(b));
                match op {
                    Binary::Add => x + y,
                    Binary::Sub => x - y,
                    Binary::Mul => x * y,
                    Binary::Div => x / y,
                    Binary::Pow => x.powf(y),
                    Binary::Less => truth(x < y),
                    Binary::LessEqual => truth(x <= y),
                    Binary::Equal => truth(x == y),
                    Binary::NotEqual => truth(x != y),
                    Binary::And => truth(x != 0.0 && y != 0.0),
                    Binary::Or => truth(x != 0.0 || y != 0.0),
                }
            }
            Node::Call(function, arguments) => {
                let info = algebra.function(function);
                let arguments: Vec<f64> = algebra.arguments(arguments).iter().map(|a| of(*a)).collect();
                match (&info.meaning, info.name.as_str(), arguments.as_slice()) {
                    (Meaning::Native, "sqrt", [x]) => x.sqrt(),
                    (Meaning::Native, "exp", [x]) => x.exp(),
                    (Meaning::Native, "sin", [x]) => x.sin(),
                    (Meaning::Native, "tanh", [x]) => x.tanh(),
                    (Meaning::Native, "sech2", [x]) => 1.0 / x.cosh().powi(2),
                    (Meaning::Native, "max", [x, y]) => x.max(*y),
                    (Meaning::Native, "min", [x, y]) => x.min(*y),
                    (_, name, _) => panic!("the tests do not know {name}"),
                }
            }
            Node::Reduce { op, height, range, body } => {
                let terms = (range.start..range.end).map(|k| {
                    let mut inner = bound.to_vec();
                    inner.push((height, k));
                    self.value(body, axes, &inner)
                });
                match op {
                    Reduction::Sum => terms.sum(),
                    Reduction::Product => terms.product(),
                    Reduction::Min => terms.fold(f64::INFINITY, f64::min),
                    Reduction::Max => terms.fold(f64::NEG_INFINITY, f64::max),
                }
            }
        }
    }
}

/// The axes at which a piece fills a place.
fn covers(piece: &Piece, at: &[i64]) -> Option<Vec<i64>> {
    let axes = axes_at(&piece.target, at, piece.axes.len())?;
    axes.iter().zip(&piece.axes).all(|(x, r)| r.start <= *x && *x < r.end).then_some(axes)
}

fn axes_at(target: &Access, at: &[i64], n: usize) -> Option<Vec<i64>> {
    let mut axes = vec![0; n];
    for (subscript, at) in target.iter().zip(at) {
        let Subscript::Affine { position, .. } = subscript else { return None };
        match position.terms.as_slice() {
            [] if position.offset == *at => {}
            [(Var::Axis(k), c)] => axes[*k as usize] = (at - position.offset) / c,
            _ => return None,
        }
    }
    Some(axes)
}
