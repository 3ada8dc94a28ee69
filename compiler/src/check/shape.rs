//! Shapes: elementwise operations, matrix products and reductions over index variables, at no cost in N.

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::algebra::{Access, Affine, Expr, Node, Range, Reduction, Subscript, Var};
use crate::diagnostics::Span;
use crate::parse::ast;

use super::error;
use super::model::{Boolean, Definition, Piece};
use super::scope::{Builder, Level};
use super::unit::Unit;
use super::value::{Dim, Scalar, Tensor, Value};

/// Longer lists are arrays of their own at once; shorter ones stay elements, so that they can be folded.
pub const MAX_ROWS: usize = 64;

/// What an elementwise operation does to aligned scalars.
type Elementwise<'f, 'a> = dyn FnMut(&mut Builder<'a>, &[Scalar]) -> Option<Scalar> + 'f;

impl<'a> Builder<'a> {
    /// Applies `f` to corresponding elements; scalars go with every element.
    pub fn map(&mut self, values: &[Value], spans: &[Span], f: &mut Elementwise<'_, 'a>) -> Option<Value> {
        if let Some(scalars) = values.iter().map(Value::as_scalar).collect::<Option<SmallVec<[_; 3]>>>() {
            return f(self, &scalars).map(Value::scalar);
        }
        let first = values.iter().position(|value| value.as_scalar().is_none())?;
        let shape = values[first].shape();
        for (value, span) in values.iter().zip(spans) {
            let other = value.shape();
            if !other.is_empty() && other != shape {
                return self.complain(error::shapes_differ(&shape, &other, [spans[first], *span]));
            }
        }
        let rows = values.iter().find_map(|value| match value {
            Value::Rows(rows) => Some(rows.len()),
            Value::Tensor(_) => None,
        });
        match rows {
            Some(n) => self.map_rows(values, n, spans, f),
            None => self.map_tensors(values, first, f),
        }
    }

    fn map_rows(
        &mut self,
        values: &[Value],
        n: usize,
        spans: &[Span],
        f: &mut Elementwise<'_, 'a>,
    ) -> Option<Value> {
        let mut rows = Vec::with_capacity(n);
        for k in 0..n {
            self.spend(1, spans[0])?;
            let row: SmallVec<[Value; 3]> = values.iter().map(|value| self.row(value, k)).collect();
            rows.push(self.map(&row, spans, f)?);
        }
        Some(Value::Rows(rows))
    }

    fn map_tensors(&mut self, values: &[Value], first: usize, f: &mut Elementwise<'_, 'a>) -> Option<Value> {
        let Value::Tensor(Tensor { dims, .. }) = &values[first] else { return None };
        let dims = dims.clone();
        let mut scalars: SmallVec<[Scalar; 3]> = SmallVec::new();
        for value in values {
            let Value::Tensor(tensor) = value else { return None };
            scalars.push(self.over(tensor, &dims));
        }
        let body = f(self, &scalars)?;
        Some(Value::Tensor(Tensor { dims, body }))
    }

    /// The body with its dimensions renamed to those of the same extents; as it is where it has none.
    pub fn over(&mut self, tensor: &Tensor, dims: &[Dim]) -> Scalar {
        let mut vars: SmallVec<[(Var, Affine); 2]> = SmallVec::new();
        for ((var, range), (new, other)) in tensor.dims.iter().zip(dims) {
            if var != new {
                vars.push((*var, Affine::var(*new).shift(range.start - other.start)));
            }
        }
        self.rename(tensor.body, &vars)
    }

    fn rename(&mut self, body: Scalar, vars: &[(Var, Affine)]) -> Scalar {
        if vars.is_empty() {
            return body;
        }
        Scalar { e: self.replace(body.e, vars), ..body }
    }

    /// Variables replaced; comparisons that are roots, and where things stand, follow.
    pub fn replace(&mut self, e: Expr, vars: &[(Var, Affine)]) -> Expr {
        let new = self.algebra.replace_vars(e, vars);
        self.copy_spans(e, new);
        self.budget = self.budget.saturating_sub(self.pending_switches.len() as u64);
        for k in 0..self.pending_switches.len() {
            let condition = self.pending_switches[k].condition;
            self.pending_switches[k].condition = self.algebra.replace_vars(condition, vars);
        }
        new
    }

    /// Gives the nodes of a renamed expression the places of the ones they came from.
    fn copy_spans(&mut self, old: Expr, new: Expr) {
        let mut seen = FxHashSet::default();
        let mut stack = vec![(old, new)];
        while let Some((old, new)) = stack.pop() {
            if old == new || !seen.insert(old) {
                continue;
            }
            if let Some(&span) = self.spans.get(&old) {
                self.spans.entry(new).or_insert(span);
            }
            let (from, to) = (self.algebra.node(old), self.algebra.node(new));
            let (from, to) = (self.algebra.children(from), self.algebra.children(to));
            if from.len() == to.len() {
                stack.extend(from.into_iter().zip(to));
            }
        }
    }

    /// The same array over new variables: a value may be used twice in one product.
    fn freshened(&mut self, tensor: Tensor) -> Tensor {
        let dims: SmallVec<[Dim; 2]> =
            tensor.dims.iter().map(|(_, range)| (self.fresh(*range), *range)).collect();
        let body = self.over(&tensor, &dims);
        Tensor { dims, body }
    }

    /// The k-th row, from 0; a scalar is its own row.
    pub fn row(&mut self, value: &Value, k: usize) -> Value {
        match value {
            Value::Rows(rows) => rows[k].clone(),
            Value::Tensor(tensor) if tensor.dims.is_empty() => value.clone(),
            Value::Tensor(tensor) => {
                let (var, range) = tensor.dims[0];
                let at = Affine::constant(range.start + k as i64);
                let body = self.rename(tensor.body, &[(var, at)]);
                Value::Tensor(Tensor { dims: tensor.dims[1..].into(), body })
            }
        }
    }

    /// `value[i, j]` of a value that is no declared array.
    pub fn element(&mut self, value: Value, subscripts: &[ast::Expr], span: Span) -> Option<Value> {
        let shape = value.shape();
        if shape.len() != subscripts.len() {
            return self.complain(error::subscripts("the value", shape.len(), subscripts.len(), span));
        }
        let mut value = value;
        for (subscript, n) in subscripts.iter().zip(shape) {
            let at = self.affine(subscript)?;
            let range = at.bounds(|var| self.range(var));
            if range.start < 1 || range.end > n as i64 + 1 {
                let wrong = if range.start < 1 { range.start } else { range.end - 1 };
                return self.complain(error::element_outside(wrong, n, subscript.span));
            }
            value = match (at.as_constant(), value) {
                (Some(k), value) => self.row(&value, k as usize - 1),
                (None, value) => {
                    let tensor = self.dense(value, span)?;
                    let (var, range) = tensor.dims[0];
                    let body = self.rename(tensor.body, &[(var, at.shift(range.start - 1))]);
                    Value::Tensor(Tensor { dims: tensor.dims[1..].into(), body })
                }
            };
        }
        Some(value)
    }

    /// The value as one body over variables: a list becomes an array of its own.
    pub fn dense(&mut self, value: Value, span: Span) -> Option<Tensor> {
        let rows = match value {
            Value::Tensor(tensor) => return Some(tensor),
            Value::Rows(rows) => rows,
        };
        let mut leaves = Vec::new();
        flatten(&mut Vec::new(), &Value::Rows(rows.clone()), &mut leaves);
        let shape = Value::Rows(rows).shape();
        let unit = leaves.iter().find_map(|(_, tensor)| tensor.body.unit).unwrap_or(Unit::ONE);
        let mut bodies = Vec::with_capacity(leaves.len());
        for (place, tensor) in leaves {
            let body = self.convert(tensor.body, unit, span)?;
            bodies.push((place, Tensor { body, ..tensor }));
        }
        Some(self.array_of(bodies, &shape, unit, "[…]", span))
    }

    /// A definition that holds pieces of an array: constant leading places and a body over the rest. What the
    /// bodies depend on besides (loop variables) becomes leading dimensions.
    pub fn array_of(
        &mut self,
        bodies: Vec<(Vec<i64>, Tensor)>,
        shape: &[u64],
        unit: Unit,
        name: &str,
        span: Span,
    ) -> Tensor {
        let outer = self.outer_variables(&bodies);
        let mut extents: Vec<u64> = outer.iter().map(|(_, range)| range.len()).collect();
        extents.extend(shape);
        let symbol = self.algebra.declare(name, &extents);
        let (mut pieces, mut level, mut truth) = (Vec::new(), Level::Constant, Boolean::Truth);
        for (place, tensor) in bodies {
            level = level.max(self.level(tensor.body.e).0);
            if tensor.body.truth == Boolean::Number {
                truth = Boolean::Number;
            }
            pieces.push(self.array_piece(&outer, &place, &tensor, span));
        }
        self.levels.insert(symbol, level);
        self.definitions.push(Definition { symbol, pieces });
        let mut access: Access = outer.iter().map(|(var, range)| position(*var, *range)).collect();
        let mut dims: SmallVec<[Dim; 2]> = SmallVec::new();
        for n in shape {
            let range = Range::new(1, *n as i64 + 1);
            let var = self.fresh(range);
            access.push(position(var, range));
            dims.push((var, range));
        }
        let e = self.algebra.read(symbol, access);
        Tensor { dims, body: Scalar { e, unit: Some(unit), truth } }
    }

    /// A vector whose pieces begin at 0-based offsets.
    pub fn joined(&mut self, parts: Vec<(i64, Tensor)>, n: u64, name: &str, span: Span) -> Tensor {
        let bodies: Vec<(Vec<i64>, Tensor)> =
            parts.iter().map(|(_, tensor)| (Vec::new(), tensor.clone())).collect();
        let outer = self.outer_variables(&bodies);
        let mut extents: Vec<u64> = outer.iter().map(|(_, range)| range.len()).collect();
        extents.push(n);
        let symbol = self.algebra.declare(name, &extents);
        let (mut pieces, mut level) = (Vec::new(), Level::Constant);
        for (at, tensor) in parts {
            level = level.max(self.level(tensor.body.e).0);
            let mut piece = match tensor.dims.is_empty() {
                true => self.array_piece(&outer, &[at], &tensor, span),
                false => self.array_piece(&outer, &[], &tensor, span),
            };
            if let (Some(Subscript::Affine { position, .. }), false) =
                (piece.target.last_mut(), tensor.dims.is_empty())
            {
                *position = position.clone().shift(at);
            }
            pieces.push(piece);
        }
        self.levels.insert(symbol, level);
        self.definitions.push(Definition { symbol, pieces });
        let range = Range::new(1, n as i64 + 1);
        let var = self.fresh(range);
        let mut access: Access = outer.iter().map(|(var, range)| position(*var, *range)).collect();
        access.push(position(var, range));
        let e = self.algebra.read(symbol, access);
        Tensor { dims: SmallVec::from_iter([(var, range)]), body: Scalar::number(e) }
    }

    fn array_piece(&mut self, outer: &[Dim], place: &[i64], tensor: &Tensor, span: Span) -> Piece {
        let (mut axes, mut target, mut vars) = (Vec::new(), Access::new(), Vec::new());
        for (var, range) in outer {
            let axis = Var::Axis(axes.len() as u32);
            axes.push(*range);
            target.push(position(axis, *range));
            vars.push((*var, Affine::var(axis)));
        }
        target.extend(place.iter().map(|k| Subscript::inside(Affine::constant(*k))));
        for (var, range) in &tensor.dims {
            let axis = Var::Axis(axes.len() as u32);
            axes.push(*range);
            target.push(position(axis, *range));
            vars.push((*var, Affine::var(axis)));
        }
        let value = self.replace(tensor.body.e, &vars);
        Piece { axes, target, value, span }
    }

    /// Variables that bodies mention and that are none of their own dimensions.
    fn outer_variables(&self, bodies: &[(Vec<i64>, Tensor)]) -> Vec<Dim> {
        let mut outer: Vec<Dim> = Vec::new();
        for (_, tensor) in bodies {
            for var in self.variables(tensor.body.e) {
                let own = tensor.dims.iter().any(|(v, _)| *v == var);
                if !own && !outer.iter().any(|(v, _)| *v == var) {
                    outer.push((var, self.range(var)));
                }
            }
        }
        outer.sort_unstable_by_key(|(var, _)| *var);
        outer
    }

    /// Whether an expression is an element of a symbol as it stands, so that there is nothing to compute twice.
    pub fn is_read(&self, e: Expr) -> bool {
        matches!(self.algebra.node(e), Node::Read(..))
    }

    /// The index variables that are free in an expression, ascending.
    pub fn variables(&self, e: Expr) -> Vec<Var> {
        let mut vars: Vec<Var> = Vec::new();
        for n in self.algebra.reachable(e, true) {
            match self.algebra.node(n) {
                Node::Index(affine) => vars.extend(self.algebra.affine(affine).vars()),
                Node::Read(_, access) => {
                    let subscripts = self.algebra.access(access).iter();
                    vars.extend(subscripts.flat_map(Subscript::affines).flat_map(Affine::vars));
                }
                _ => {}
            }
        }
        vars.retain(|var| !matches!(var, Var::Bound(_)));
        vars.sort_unstable();
        vars.dedup();
        vars
    }

    /// A reduction over one variable, with the roots inside following the variable's new name.
    pub fn reduce(&mut self, op: Reduction, (var, range): Dim, body: Expr) -> Expr {
        let height = self.algebra.height(body);
        let e = self.algebra.reduce(op, var, range, body);
        let bound = match range.len() {
            1 => Affine::constant(range.start),
            _ => Affine::var(Var::Bound(height)),
        };
        for k in 0..self.pending_switches.len() {
            let condition = self.pending_switches[k].condition;
            if self.algebra.mentions(condition, var) {
                self.pending_switches[k].condition =
                    self.algebra.replace_vars(condition, &[(var, bound.clone())]);
                if range.len() > 1 {
                    self.pending_switches[k].bound.push((Var::Bound(height), range));
                }
            }
        }
        e
    }

    /// A reduction over all dimensions of a value.
    pub fn reduce_all(&mut self, op: Reduction, value: Value, span: Span) -> Option<Scalar> {
        match value {
            Value::Tensor(tensor) => {
                let body = self.reducible(op, tensor.body, span)?;
                let e = tensor.dims.iter().rev().fold(body.e, |e, dim| self.reduce(op, *dim, e));
                Some(Scalar { e, truth: Boolean::Number, ..body })
            }
            Value::Rows(rows) => {
                let mut total: Option<Scalar> = None;
                for row in rows {
                    let next = self.reduce_all(op, row, span)?;
                    total = Some(match total {
                        None => next,
                        Some(sum) => self.combine(op, sum, next, span)?,
                    });
                }
                total
            }
        }
    }

    /// A product of many has no unit of its own.
    pub fn reducible(&mut self, op: Reduction, body: Scalar, span: Span) -> Option<Scalar> {
        match op {
            Reduction::Product => self.pure(body, "`prod`", span),
            _ => Some(body),
        }
    }

    fn combine(&mut self, op: Reduction, a: Scalar, b: Scalar, span: Span) -> Option<Scalar> {
        match op {
            Reduction::Sum => self.add(a, b, [span, span]),
            Reduction::Product => Some(self.multiply(a, b)),
            Reduction::Min | Reduction::Max => {
                let name = if op == Reduction::Min { "min" } else { "max" };
                let (a, b) = self.unify(a, b, [span, span])?;
                let function = self.library_function(name, span)?;
                Some(Scalar {
                    e: self.algebra.call(function, &[a.e, b.e]),
                    unit: a.unit,
                    truth: Boolean::Number,
                })
            }
        }
    }

    /// `a @ b`: the last dimension of a against the first of b.
    pub fn matrix_product(&mut self, a: Value, b: Value, spans: [Span; 2]) -> Option<Value> {
        let (left, right) = (a.shape(), b.shape());
        let fits = !left.is_empty() && !right.is_empty() && left.last() == right.first();
        if !fits || left.len() > 2 || right.len() > 2 {
            return self.complain(error::matrix_product(&left, &right, spans));
        }
        let (a, b) = (self.dense(a, spans[0])?, self.dense(b, spans[1])?);
        let b = self.freshened(b);
        let (inner, range) = a.dims[a.dims.len() - 1];
        let (other, other_range) = b.dims[0];
        let along = Affine::var(inner).shift(other_range.start - range.start);
        let right = self.rename(b.body, &[(other, along)]);
        let product = self.multiply(a.body, right);
        let e = self.reduce(Reduction::Sum, (inner, range), product.e);
        let mut dims: SmallVec<[Dim; 2]> = a.dims[..a.dims.len() - 1].into();
        dims.extend_from_slice(&b.dims[1..]);
        Some(Value::Tensor(Tensor { dims, body: Scalar { e, ..product } }))
    }
}

/// The subscript of a variable over a dimension's range.
pub fn position(var: Var, range: Range) -> Subscript {
    Subscript::inside(Affine::var(var).shift(-range.start))
}

/// The elements of nested lists with their 0-based places.
pub fn flatten(place: &mut Vec<i64>, value: &Value, leaves: &mut Vec<(Vec<i64>, Tensor)>) {
    match value {
        Value::Tensor(tensor) => leaves.push((place.clone(), tensor.clone())),
        Value::Rows(rows) => {
            for (k, row) in rows.iter().enumerate() {
                place.push(k as i64);
                flatten(place, row, leaves);
                place.pop();
            }
        }
    }
}
