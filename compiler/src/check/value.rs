//! What an expression is while it is expanded: a scalar over index variables, an array, or a list of rows.

use smallvec::SmallVec;

use crate::algebra::{Expr, Range, Var};

use super::model::Boolean;
use super::unit::Unit;

/// One number: its expression, its unit and how it prints.
#[derive(Clone, Copy, Debug)]
pub struct Scalar {
    pub e: Expr,
    /// `None` fits any unit: `0` and `inf`.
    pub unit: Option<Unit>,
    pub truth: Boolean,
}

/// A dimension of an array: the variable that stands for it in the body, and its values.
pub type Dim = (Var, Range);

/// `body` for each value of the dimensions' variables; no dimensions for a scalar.
#[derive(Clone, Debug)]
pub struct Tensor {
    pub dims: SmallVec<[Dim; 2]>,
    pub body: Scalar,
}

#[derive(Clone, Debug)]
pub enum Value {
    Tensor(Tensor),
    /// `[a, b, …]`: the leading dimension element by element, all of one shape.
    Rows(Vec<Value>),
}

impl Scalar {
    pub fn number(e: Expr) -> Scalar {
        Scalar { e, unit: Some(Unit::ONE), truth: Boolean::Number }
    }

    pub fn truth(e: Expr) -> Scalar {
        Scalar { e, unit: Some(Unit::ONE), truth: Boolean::Truth }
    }

    pub fn with_unit(self, unit: Unit) -> Scalar {
        Scalar { unit: Some(unit), ..self }
    }

    /// The unit, of what fits any: none.
    pub fn unit_or_one(self) -> Unit {
        self.unit.unwrap_or(Unit::ONE)
    }
}

impl Tensor {
    pub fn scalar(body: Scalar) -> Tensor {
        Tensor { dims: SmallVec::new(), body }
    }
}

impl Value {
    pub fn scalar(body: Scalar) -> Value {
        Value::Tensor(Tensor::scalar(body))
    }

    /// The body, where the value has no dimensions.
    pub fn as_scalar(&self) -> Option<Scalar> {
        match self {
            Value::Tensor(tensor) if tensor.dims.is_empty() => Some(tensor.body),
            _ => None,
        }
    }

    /// Extents from the first dimension on.
    pub fn shape(&self) -> Vec<u64> {
        match self {
            Value::Tensor(tensor) => tensor.dims.iter().map(|(_, range)| range.len()).collect(),
            Value::Rows(rows) => {
                let mut shape = vec![rows.len() as u64];
                shape.extend(rows.first().map(Value::shape).unwrap_or_default());
                shape
            }
        }
    }
}

/// `[2, 3]`, or `a number` where there are no dimensions.
pub fn shape_text(shape: &[u64]) -> String {
    match shape {
        [] => "a number".to_owned(),
        [1] => "1 element".to_owned(),
        [n] => format!("{n} elements"),
        _ => shape.iter().map(u64::to_string).collect::<Vec<_>>().join("×"),
    }
}
