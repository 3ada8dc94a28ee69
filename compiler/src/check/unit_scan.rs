//! Whether a model has units: once one symbol has one, checking is on for all of it.

use crate::parse::ast::{self, Argument, ExprKind, Pattern, StatementKind};

/// Whether a model consists of instances of others: those are held to units one by one.
pub fn uses(model: &ast::Model) -> bool {
    model.body.iter().all(|statement| matches!(statement.kind, StatementKind::Use { .. }))
}

/// Whether a declaration or a number of the model has a unit.
pub fn has_units(model: &ast::Model) -> bool {
    model.body.iter().any(|statement| match &statement.kind {
        StatementKind::Const { value, .. } => expr(value),
        StatementKind::Param(list) => {
            list.iter().any(|p| variable(&p.variable) || p.prior.as_ref().is_some_and(expr))
        }
        StatementKind::State(list)
        | StatementKind::Alg(list)
        | StatementKind::Discrete(list)
        | StatementKind::Input(list) => list.iter().any(variable),
        StatementKind::History(definition) | StatementKind::Let(definition) => {
            let unit = matches!(&definition.pattern, Pattern::One { unit: Some(_), .. });
            unit || expr(&definition.value)
        }
        StatementKind::Init(equation) | StatementKind::Equation(equation) => {
            expr(&equation.left) || expr(&equation.right)
        }
        StatementKind::Event(event) => trigger(&event.trigger) || event.actions.iter().any(action),
        StatementKind::Function(function) => expr(&function.body),
        StatementKind::Index(_)
        | StatementKind::Noise { .. }
        | StatementKind::Net(_)
        | StatementKind::Use { .. }
        | StatementKind::Hole => false,
    })
}

fn variable(variable: &ast::Variable) -> bool {
    variable.unit.is_some() || variable.value.as_ref().is_some_and(expr)
}

fn trigger(trigger: &ast::Trigger) -> bool {
    match trigger {
        ast::Trigger::When(e) | ast::Trigger::At(e) | ast::Trigger::Rate(e) => expr(e),
        ast::Trigger::Every { period, from } => expr(period) || from.as_ref().is_some_and(expr),
        ast::Trigger::Hole => false,
    }
}

fn action(action: &ast::Action) -> bool {
    matches!(&action.kind, ast::ActionKind::Assign { value, .. } if expr(value))
}

/// Whether a number with a unit stands in an expression.
fn expr(e: &ast::Expr) -> bool {
    match &e.kind {
        ExprKind::Quantity(..) => true,
        ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Bool(_) | ExprKind::Name(_) | ExprKind::Hole => {
            false
        }
        ExprKind::List(list) => list.iter().any(expr),
        ExprKind::Prime(a) | ExprKind::Negate(a) | ExprKind::Not(a) | ExprKind::Field(a, _) => expr(a),
        ExprKind::Index(a, list) => expr(a) || list.iter().any(expr),
        ExprKind::Call(a, arguments) => {
            expr(a)
                || arguments.iter().any(|argument| match argument {
                    Argument::Value(e) | Argument::Named { value: e, .. } => expr(e),
                    Argument::Comprehension { body, .. } => expr(body),
                    Argument::Pipeline(_) => false,
                })
        }
        ExprKind::Power(a, b) | ExprKind::Compare(_, a, b) => expr(a) || expr(b),
        ExprKind::Chain(first, links) => expr(first) || links.iter().any(|link| expr(&link.operand)),
        ExprKind::If(c) => expr(&c.condition) || expr(&c.yes) || expr(&c.no),
    }
}
