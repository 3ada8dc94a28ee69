//! The highest derivative of each state that occurs in a model: `z''` makes `z'` a state.

use rustc_hash::FxHashMap;

use crate::parse::ast::{self, Argument, ExprKind, StatementKind};

use super::scope::{Builder, EntityId, ScopeId};

/// Looks at every equation, definition and event of every instance.
pub fn of(builder: &Builder) -> FxHashMap<EntityId, u32> {
    let mut orders = Orders { builder, found: FxHashMap::default() };
    for (k, scope) in builder.scopes.iter().enumerate() {
        for statement in &scope.model.body {
            orders.statement(ScopeId(k), &statement.kind);
        }
    }
    orders.found
}

struct Orders<'b, 'a> {
    builder: &'b Builder<'a>,
    found: FxHashMap<EntityId, u32>,
}

impl Orders<'_, '_> {
    fn statement(&mut self, scope: ScopeId, kind: &StatementKind) {
        match kind {
            StatementKind::Equation(equation) => {
                self.expr(scope, &equation.left);
                self.expr(scope, &equation.right);
            }
            StatementKind::Let(definition) => self.expr(scope, &definition.value),
            StatementKind::Event(event) => {
                if let ast::Trigger::When(e) | ast::Trigger::Rate(e) = &event.trigger {
                    self.expr(scope, e);
                }
                for action in &event.actions {
                    if let ast::ActionKind::Assign { value, .. } = &action.kind {
                        self.expr(scope, value);
                    }
                }
            }
            StatementKind::Use { target, .. } => {
                target.arguments.iter().for_each(|argument| self.argument(scope, argument));
            }
            _ => {}
        }
    }

    fn expr(&mut self, scope: ScopeId, e: &ast::Expr) {
        match &e.kind {
            ExprKind::Prime(_) => self.primes(scope, e),
            ExprKind::List(list) => list.iter().for_each(|e| self.expr(scope, e)),
            ExprKind::Negate(a) | ExprKind::Not(a) | ExprKind::Field(a, _) => self.expr(scope, a),
            ExprKind::Index(a, list) => {
                self.expr(scope, a);
                list.iter().for_each(|e| self.expr(scope, e));
            }
            ExprKind::Call(a, arguments) => {
                self.expr(scope, a);
                arguments.iter().for_each(|argument| self.argument(scope, argument));
            }
            ExprKind::Power(a, b) | ExprKind::Compare(_, a, b) => {
                self.expr(scope, a);
                self.expr(scope, b);
            }
            ExprKind::Chain(first, links) => {
                self.expr(scope, first);
                links.iter().for_each(|link| self.expr(scope, &link.operand));
            }
            ExprKind::If(c) => [&c.condition, &c.yes, &c.no].into_iter().for_each(|e| self.expr(scope, e)),
            _ => {}
        }
    }

    fn argument(&mut self, scope: ScopeId, argument: &Argument) {
        match argument {
            Argument::Value(e) | Argument::Named { value: e, .. } => self.expr(scope, e),
            Argument::Comprehension { body, .. } => self.expr(scope, body),
            Argument::Pipeline(_) => {}
        }
    }

    /// Primes and subscripts in any order, down to a name.
    fn primes(&mut self, scope: ScopeId, e: &ast::Expr) {
        let (mut count, mut base) = (0, e);
        loop {
            match &base.kind {
                ExprKind::Prime(a) => {
                    count += 1;
                    base = a;
                }
                ExprKind::Index(a, list) => {
                    list.iter().for_each(|e| self.expr(scope, e));
                    base = a;
                }
                _ => break,
            }
        }
        match self.builder.member(scope, base) {
            Some(id) => {
                let order = self.found.entry(id).or_default();
                *order = (*order).max(count);
            }
            None => self.expr(scope, base),
        }
    }
}
