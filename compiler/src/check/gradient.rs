//! Derivatives in a model: `grad(e, x)`, `jac(e, x)` and `div(e, x)`, through every definition that e reads.
//!
//! For x with index k, a definition d that depends on x gets a companion `∂d[…, k]`, the derivative of its pieces. An
//! access x[p] has the derivative 1 where p = k.

use smallvec::SmallVec;

use crate::algebra::differentiate::Differentiator;
use crate::algebra::{
    Access, Affine, Algebra, Binary, Boundary, Expr, Function, Range, Subscript, Symbol, Var,
};
use crate::diagnostics::Span;
use crate::parse::ast::Argument;

use super::error;
use super::model::{Boolean, Definition, Piece};
use super::scope::{Array, Builder, Meaning, Role};
use super::value::{Dim, Scalar, Tensor, Value};

/// Which derivative is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Of a number by each element.
    Gradient,
    /// Of each element by each element.
    Jacobian,
    /// The trace of the Jacobian.
    Divergence,
}

impl Form {
    pub fn named(name: &str) -> Option<Form> {
        match name {
            "grad" => Some(Form::Gradient),
            "jac" => Some(Form::Jacobian),
            "div" => Some(Form::Divergence),
            _ => None,
        }
    }
}

impl Builder<'_> {
    pub fn derivative_form(
        &mut self,
        form: Form,
        name: &str,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Value> {
        let [Argument::Value(e), Argument::Value(by)] = arguments else {
            return self.complain(error::arity(name, 2, arguments.len(), span));
        };
        let value = self.expand(e)?;
        let tensor = self.dense(value, e.span)?;
        let by_array = match self.resolve(by)?.map(|id| self.entity(id).meaning.clone()) {
            Some(Meaning::Array(array)) if !matches!(array.role, Role::Constant | Role::Noise) => *array,
            Some(Meaning::Broken | Meaning::Pending) => return None,
            _ => return self.complain(error::derivative_by(name, by.span)),
        };
        let (shape, by_shape) =
            (tensor.dims.iter().map(|(_, range)| range.len()).collect::<Vec<_>>(), by_array.extents());
        let fits = match form {
            Form::Gradient => shape.is_empty(),
            Form::Jacobian => true,
            Form::Divergence => shape == by_shape,
        };
        if !fits {
            return self.complain(error::derivative_shape(name, &shape, &by_shape, e.span));
        }
        self.derivative_of_tensor(form, tensor, &by_array, span).map(Value::Tensor)
    }

    fn derivative_of_tensor(&mut self, form: Form, tensor: Tensor, by: &Array, span: Span) -> Option<Tensor> {
        let companions = self.companions(by, span)?;
        let along: SmallVec<[Dim; 2]> = by
            .extents()
            .iter()
            .map(|n| {
                let range = Range::new(0, *n as i64);
                (self.fresh(range), range)
            })
            .collect();
        let vars: Vec<Affine> = along.iter().map(|(var, _)| Affine::var(*var)).collect();
        let slope = self.slope(tensor.body.e, by.symbol, &vars, &companions, span)?;
        let unit = Some(tensor.body.unit_or_one().per(by.unit));
        let scalar = |e: Expr| Scalar { e, unit, truth: Boolean::Number };
        Some(match form {
            Form::Gradient | Form::Jacobian => {
                let mut dims = tensor.dims;
                dims.extend(along);
                Tensor { dims, body: scalar(slope) }
            }
            Form::Divergence => {
                let mut e = slope;
                for ((own, range), (var, other)) in tensor.dims.iter().zip(&along) {
                    let same = Affine::var(*var).shift(range.start - other.start);
                    e = self.replace(e, &[(*own, same)]);
                }
                let total =
                    along.iter().rev().fold(e, |e, dim| self.reduce(crate::algebra::Reduction::Sum, *dim, e));
                Tensor::scalar(scalar(total))
            }
        })
    }

    /// The companions of all definitions that depend on a symbol, made where they are missing.
    fn companions(&mut self, by: &Array, span: Span) -> Option<Vec<(Symbol, Symbol)>> {
        self.spend(self.definitions.len() as u64, span)?;
        let mut known: Vec<(Symbol, Symbol)> = Vec::new();
        for k in 0..self.definitions.len() {
            let symbol = self.definitions[k].symbol;
            if symbol == by.symbol {
                continue;
            }
            let companion = match self.companions.get(&(symbol, by.symbol)) {
                Some(companion) => *companion,
                None => {
                    let companion = self.companion(k, by, &known, span)?;
                    self.companions.insert((symbol, by.symbol), companion);
                    companion
                }
            };
            known.extend(companion.map(|companion| (symbol, companion)));
        }
        Some(known)
    }

    /// `∂d` of one definition; the inner `None` where it does not depend on the symbol.
    fn companion(
        &mut self,
        k: usize,
        by: &Array,
        known: &[(Symbol, Symbol)],
        span: Span,
    ) -> Option<Option<Symbol>> {
        let (symbol, pieces) = (self.definitions[k].symbol, self.definitions[k].pieces.clone());
        let depends = pieces.iter().any(|piece| {
            self.algebra.reachable(piece.value, true).into_iter().any(|n| match self.algebra.node(n) {
                crate::algebra::Node::Read(read, _) => {
                    read == by.symbol || known.iter().any(|(definition, _)| *definition == read)
                }
                _ => false,
            })
        });
        if !depends {
            return Some(None);
        }
        let mut extents = self.algebra.symbol(symbol).dims.to_vec();
        extents.extend(by.extents());
        let name = format!("∂{}/∂{}", self.algebra.symbol(symbol).name, by.full_name);
        let companion = self.algebra.declare(name, &extents);
        let mut derived = Vec::new();
        for piece in pieces {
            let (mut axes, mut target) = (piece.axes.clone(), piece.target.clone());
            let mut along = Vec::new();
            for n in by.extents() {
                let axis = Affine::var(Var::Axis(axes.len() as u32));
                axes.push(Range::new(0, n as i64));
                target.push(Subscript::inside(axis.clone()));
                along.push(axis);
            }
            let value = self.slope(piece.value, by.symbol, &along, known, span)?;
            derived.push(Piece { axes, target, value, span: piece.span });
        }
        let level = derived.iter().map(|piece| self.level(piece.value).0).max().unwrap_or_default();
        self.levels.insert(companion, level);
        self.definitions.push(Definition { symbol: companion, pieces: derived });
        Some(Some(companion))
    }

    /// ∂e/∂x[along].
    fn slope(
        &mut self,
        e: Expr,
        by: Symbol,
        along: &[Affine],
        companions: &[(Symbol, Symbol)],
        span: Span,
    ) -> Option<Expr> {
        let extents = self.algebra.symbol(by).dims.to_vec();
        let mut tables = false;
        let mut differentiator = Differentiator::new(&mut self.algebra);
        let slope = differentiator.pushforward(e, &mut |algebra, symbol, access| {
            if symbol == by {
                tables |= access.iter().any(|subscript| matches!(subscript, Subscript::Table { .. }));
                return Some(delta(algebra, access, along, &extents));
            }
            let (_, companion) = companions.iter().find(|(definition, _)| *definition == symbol)?;
            let mut access: Access = access.clone();
            access.extend(along.iter().cloned().map(Subscript::inside));
            Some(algebra.read(*companion, access))
        });
        let missing: Option<Function> = differentiator.missing.first().copied();
        if tables {
            return self.complain(error::derivative_through_table(span));
        }
        match missing {
            None => Some(slope),
            Some(function) => {
                let name = self.algebra.function(function).name.clone();
                self.complain(error::no_derivative(&name, span))
            }
        }
    }
}

/// 1 where an access is at `along`, else 0.
fn delta(algebra: &mut Algebra, access: &Access, along: &[Affine], extents: &[u64]) -> Expr {
    let mut product = algebra.one();
    for ((subscript, k), n) in access.iter().zip(along).zip(extents) {
        let Subscript::Affine { position, boundary } = subscript else { continue };
        let n = *n as i64;
        // Where a position leaves the dimension, one of the others is the place it stands for.
        let places = match boundary {
            Boundary::Inside | Boundary::Zero => vec![position.clone()],
            Boundary::Periodic => {
                vec![position.clone(), position.clone().shift(n), position.clone().shift(-n)]
            }
            Boundary::Mirror => {
                let mirrored = position.clone().scale(-1);
                vec![position.clone(), mirrored.clone().shift(-1), mirrored.shift(2 * n - 1)]
            }
        };
        let mut sum = algebra.zero();
        for place in places {
            let (zero, one) = (algebra.zero(), algebra.one());
            let difference = place.add(&k.clone().scale(-1));
            let equal = match difference.as_constant() {
                Some(0) => one,
                Some(_) => zero,
                None => {
                    let difference = algebra.index(difference);
                    let at = algebra.compare(Binary::Equal, difference, zero);
                    algebra.select(at, one, zero)
                }
            };
            sum = algebra.add(sum, equal);
        }
        product = algebra.mul(product, sum);
    }
    product
}
