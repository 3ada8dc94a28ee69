//! Expressions and units.

use std::sync::Arc;

use super::{Binder, Name};
use crate::diagnostics::Span;

/// A product of powers of units, `kg*m/s^2`.
#[derive(Clone, Debug)]
pub struct Unit {
    /// At least one; the operator of the first is `Times`.
    pub factors: Vec<UnitFactor>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct UnitFactor {
    pub operator: UnitOperator,
    pub base: UnitBase,
    /// 1 where none is written.
    pub exponent: Number,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitOperator {
    Times,
    Per,
}

#[derive(Clone, Debug, PartialEq)]
pub enum UnitBase {
    Name(Name),
    Number(Number),
    /// In parentheses.
    Group(Unit),
}

/// A number and how the user wrote it. Equality is by value.
#[derive(Clone, Debug)]
pub struct Number {
    pub value: f64,
    /// With a leading `-` for a negative exponent of a unit.
    pub text: Arc<str>,
}

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
    /// The user wrote it in parentheses. The span is that of the content.
    pub grouped: bool,
    /// Levels of nesting below and including this node, at most [`MAX_DEPTH`].
    pub depth: u16,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    Number(Number),
    /// `5 [mmHg]`.
    Quantity(Number, Unit),
    Text(Arc<str>),
    Bool(bool),
    Name(Arc<str>),
    /// `[a, b]`: at least one element.
    List(Vec<Expr>),
    /// `x'`.
    Prime(Box<Expr>),
    /// `u[i, j]`: at least one subscript.
    Index(Box<Expr>, Vec<Expr>),
    /// `f(x)`, which may yet be a delay.
    Call(Box<Expr>, Vec<Argument>),
    /// `a.b`.
    Field(Box<Expr>, Name),
    Negate(Box<Expr>),
    Not(Box<Expr>),
    /// `base^exponent`.
    Power(Box<Expr>, Box<Expr>),
    /// `a + b - c`: left-associative operators of one precedence, applied from the left.
    Chain(Box<Expr>, Vec<Link>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    If(Box<Conditional>),
    /// A diagnostic was reported.
    Hole,
}

/// One operator of a chain and what stands right of it.
#[derive(Clone, Debug)]
pub struct Link {
    pub operator: Operator,
    pub operand: Expr,
    /// Of the operator.
    pub span: Span,
}

/// The left-associative operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    Or,
    And,
    Add,
    Subtract,
    Multiply,
    Divide,
    /// `@`, the matrix product.
    MatrixMultiply,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
}

/// `if condition then yes else no`.
#[derive(Clone, Debug, PartialEq)]
pub struct Conditional {
    pub condition: Expr,
    pub yes: Expr,
    pub no: Expr,
}

/// What stands between the parentheses of a call.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    Value(Expr),
    /// `body for i in a..b for j`: at least one binder.
    Comprehension {
        body: Expr,
        binders: Vec<Binder>,
    },
    /// `name = value`; the target is a name, `a.b` or `u[1]`.
    Named {
        target: Expr,
        value: Expr,
    },
    /// `dense(10) >> dense(2)`: at least two.
    Pipeline(Vec<Expr>),
}

equal_by! {
    Unit: factors;
    UnitFactor: operator, base, exponent;
    Number: value;
    Expr: kind;
    Link: operator, operand;
}

impl Operator {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Or => "or",
            Operator::And => "and",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::MatrixMultiply => "@",
        }
    }
}

impl Comparison {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::LessEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterEqual => ">=",
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
        }
    }
}
