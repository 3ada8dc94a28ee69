//! The order in which declarations are settled: each after what it reads. A cycle is printed as a path.

use rustc_hash::FxHashSet;

use crate::parse::ast::{self, Argument, ExprKind, Pattern};

use super::error;
use super::scope::{Bound, Builder, Declaration, EntityId, Meaning, ScopeId};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Colour {
    White,
    Open,
    Done,
}

impl Builder<'_> {
    /// All entities, each after those that it depends on; those on a cycle are broken.
    pub fn order(&mut self) -> Vec<EntityId> {
        let n = self.entities.len();
        let (mut colours, mut order) = (vec![Colour::White; n], Vec::with_capacity(n));
        for root in (0..n).map(EntityId) {
            if colours[root.0] == Colour::White {
                self.visit(root, &mut colours, &mut order);
            }
        }
        order
    }

    /// Depth first without recursion: text decides how long a chain is.
    fn visit(&mut self, root: EntityId, colours: &mut [Colour], order: &mut Vec<EntityId>) {
        let mut stack = vec![(root, self.dependencies(root), 0)];
        colours[root.0] = Colour::Open;
        while let Some((id, dependencies, next)) = stack.last_mut() {
            if let Some(&dependency) = dependencies.get(*next) {
                *next += 1;
                match colours[dependency.0] {
                    Colour::Done => {}
                    Colour::White => {
                        colours[dependency.0] = Colour::Open;
                        let further = self.dependencies(dependency);
                        stack.push((dependency, further, 0));
                    }
                    Colour::Open => {
                        let start = stack.iter().position(|(open, ..)| *open == dependency).unwrap_or(0);
                        let cycle: Vec<EntityId> = stack[start..].iter().map(|(id, ..)| *id).collect();
                        self.complain_cycle(&cycle);
                    }
                }
            } else {
                colours[id.0] = Colour::Done;
                order.push(*id);
                stack.pop();
            }
        }
    }

    fn complain_cycle(&mut self, cycle: &[EntityId]) {
        if cycle.iter().any(|id| matches!(self.entity(*id).meaning, Meaning::Broken)) {
            return;
        }
        let mut path: Vec<String> = cycle.iter().map(|id| self.full_name(*id)).collect();
        path.push(path[0].clone());
        let spans = cycle.iter().map(|id| self.entity(*id).span).collect::<Vec<_>>();
        self.diagnostics.push(error::cycle(&path, &spans));
        for id in cycle {
            self.entities[id.0].meaning = Meaning::Broken;
        }
    }

    /// What has to be settled before an entity, without repetition.
    fn dependencies(&self, id: EntityId) -> Vec<EntityId> {
        let entity = self.entity(id);
        let mut found =
            Found { builder: self, seen: FxHashSet::default(), list: Vec::new(), functions: Vec::new() };
        let scope = entity.scope;
        match &entity.declaration {
            Declaration::Argument(setting) => {
                if entity.bound.is_none() {
                    found.expr(scope, &setting.value);
                }
            }
            Declaration::Const { dims, value } => {
                found.exprs(scope, dims);
                found.expr(scope, value);
            }
            Declaration::Param(parameter) => found.exprs(scope, &parameter.variable.dims),
            Declaration::State(v)
            | Declaration::Alg(v)
            | Declaration::Discrete(v)
            | Declaration::Input(v) => {
                found.exprs(scope, &v.dims);
            }
            Declaration::Index(index) => {
                found.expr(scope, &index.range.from);
                found.expr(scope, &index.range.to);
            }
            Declaration::Noise { dims, .. } => found.exprs(scope, dims),
            Declaration::Net(net) => found.net(scope, net),
            Declaration::Let(pieces) => pieces.iter().for_each(|piece| found.definition(scope, piece)),
            Declaration::Part { definition, rank: 0 } => found.definition(scope, definition),
            Declaration::Part { definition, .. } => {
                if let Pattern::Tuple(names) = &definition.pattern {
                    found.name(scope, &names[0].text);
                }
            }
            Declaration::Function(_) | Declaration::Instance(_) | Declaration::Event => {}
        }
        if let (Some(Bound::Expr(value, parent)), true) =
            (entity.bound, entity.declaration.becomes_definition())
        {
            found.expr(parent, value);
        }
        found.bodies();
        found.list
    }
}

impl Declaration<'_> {
    /// Whether an expression bound to it makes it a definition (or a folded number).
    fn becomes_definition(&self) -> bool {
        matches!(self, Declaration::Argument(_) | Declaration::Param(_) | Declaration::Input(_))
    }
}

struct Found<'b, 'a> {
    builder: &'b Builder<'a>,
    seen: FxHashSet<EntityId>,
    list: Vec<EntityId>,
    /// Functions of the model whose bodies are still to be looked at.
    functions: Vec<EntityId>,
}

impl Found<'_, '_> {
    fn exprs(&mut self, scope: ScopeId, list: &[ast::Expr]) {
        list.iter().for_each(|e| self.expr(scope, e));
    }

    fn definition(&mut self, scope: ScopeId, definition: &ast::Let) {
        if let Pattern::One { dims, .. } = &definition.pattern {
            self.exprs(scope, dims);
        }
        for range in definition.binders.iter().filter_map(|binder| binder.range.as_ref()) {
            self.expr(scope, &range.from);
            self.expr(scope, &range.to);
        }
        let bound: Vec<&str> = definition.binders.iter().map(|binder| &*binder.name.text).collect();
        self.shadowed(scope, &definition.value, &bound);
    }

    fn net(&mut self, scope: ScopeId, net: &ast::Net) {
        self.expr(scope, &net.inputs);
        self.expr(scope, &net.outputs);
        self.exprs(scope, &net.layers);
    }

    fn expr(&mut self, scope: ScopeId, e: &ast::Expr) {
        self.shadowed(scope, e, &[]);
    }

    fn name(&mut self, scope: ScopeId, name: &str) {
        if let Some(&id) = self.builder.scopes[scope.0].names.get(name) {
            self.add(id);
        }
    }

    fn add(&mut self, id: EntityId) {
        if !self.seen.insert(id) {
            return;
        }
        self.list.push(id);
        if matches!(self.builder.entity(id).declaration, Declaration::Function(_)) {
            self.functions.push(id);
        }
    }

    /// The body of a function of the model is expanded at its calls: what it reads is read there.
    fn bodies(&mut self) {
        while let Some(id) = self.functions.pop() {
            let entity = self.builder.entity(id);
            if let Declaration::Function(function) = &entity.declaration {
                let arguments: Vec<&str> = function.arguments.iter().map(|name| &*name.text).collect();
                self.shadowed(entity.scope, &function.body, &arguments);
            }
        }
    }

    /// The names in an expression, apart from those that binders around it hide.
    fn shadowed(&mut self, scope: ScopeId, e: &ast::Expr, hidden: &[&str]) {
        match &e.kind {
            ExprKind::Name(name) => {
                if !hidden.contains(&&**name) {
                    self.name(scope, name);
                }
            }
            ExprKind::Field(base, _) => match self.builder.member(scope, e) {
                Some(id) => self.add(id),
                None => self.shadowed(scope, base, hidden),
            },
            ExprKind::Number(_)
            | ExprKind::Quantity(..)
            | ExprKind::Text(_)
            | ExprKind::Bool(_)
            | ExprKind::Hole => {}
            ExprKind::List(list) => list.iter().for_each(|e| self.shadowed(scope, e, hidden)),
            ExprKind::Prime(a) | ExprKind::Negate(a) | ExprKind::Not(a) => self.shadowed(scope, a, hidden),
            ExprKind::Index(a, list) => {
                self.shadowed(scope, a, hidden);
                list.iter().for_each(|e| self.shadowed(scope, e, hidden));
            }
            ExprKind::Call(callee, arguments) => {
                self.shadowed(scope, callee, hidden);
                arguments.iter().for_each(|argument| self.argument(scope, argument, hidden));
            }
            ExprKind::Power(a, b) | ExprKind::Compare(_, a, b) => {
                self.shadowed(scope, a, hidden);
                self.shadowed(scope, b, hidden);
            }
            ExprKind::Chain(first, links) => {
                self.shadowed(scope, first, hidden);
                links.iter().for_each(|link| self.shadowed(scope, &link.operand, hidden));
            }
            ExprKind::If(conditional) => {
                for e in [&conditional.condition, &conditional.yes, &conditional.no] {
                    self.shadowed(scope, e, hidden);
                }
            }
        }
    }

    fn argument(&mut self, scope: ScopeId, argument: &Argument, hidden: &[&str]) {
        match argument {
            Argument::Value(e) | Argument::Named { value: e, .. } => self.shadowed(scope, e, hidden),
            Argument::Pipeline(layers) => layers.iter().for_each(|e| self.shadowed(scope, e, hidden)),
            Argument::Comprehension { body, binders } => {
                let mut inner = hidden.to_vec();
                for binder in binders {
                    match &binder.range {
                        Some(range) => {
                            self.shadowed(scope, &range.from, hidden);
                            self.shadowed(scope, &range.to, hidden);
                        }
                        None => self.name(scope, &binder.name.text),
                    }
                    inner.push(&binder.name.text);
                }
                self.shadowed(scope, body, &inner);
            }
        }
    }
}
