//! Collects what a model and its instances declare, before anything is looked at closer.

use rustc_hash::FxHashMap;

use crate::diagnostics::Span;
use crate::parse::ast::{self, Argument, ExprKind, Pattern, StatementKind};

use super::error;
use super::scope::{Bound, Builder, Declaration, Entity, EntityId, Meaning, Scope, ScopeId};

/// Instances may nest this deep, and there may be this many of them.
const MAX_NESTING: usize = 64;
const MAX_INSTANCES: usize = 10_000;

/// Names that mean something everywhere.
const PREDEFINED: &[&str] = &["t", "pi", "inf"];

impl<'a> Builder<'a> {
    /// Declares a model's names under a prefix, and those of its instances.
    pub fn collect(
        &mut self,
        file: usize,
        model: &'a ast::Model,
        prefix: String,
        parent: Option<ScopeId>,
    ) -> ScopeId {
        let id = ScopeId(self.scopes.len());
        self.scopes.push(Scope { prefix, file, model, parent, names: FxHashMap::default() });
        for argument in &model.arguments {
            self.declare(id, &argument.name, &[], Declaration::Argument(argument));
        }
        for statement in &model.body {
            self.collect_statement(id, statement);
        }
        id
    }

    fn collect_statement(&mut self, scope: ScopeId, statement: &'a ast::Statement) {
        let docs = statement.docs.as_slice();
        match &statement.kind {
            StatementKind::Const { name, dims, value } => {
                self.declare(scope, name, docs, Declaration::Const { dims, value });
            }
            StatementKind::Param(list) => {
                for parameter in list {
                    let docs = own_docs(&parameter.variable, docs);
                    self.declare(scope, &parameter.variable.name, docs, Declaration::Param(parameter));
                }
            }
            StatementKind::State(list) => self.declare_all(scope, list, docs, Declaration::State),
            StatementKind::Alg(list) => self.declare_all(scope, list, docs, Declaration::Alg),
            StatementKind::Discrete(list) => self.declare_all(scope, list, docs, Declaration::Discrete),
            StatementKind::Input(list) => self.declare_all(scope, list, docs, Declaration::Input),
            StatementKind::Index(index) => {
                for name in &index.names {
                    self.declare(scope, name, docs, Declaration::Index(index));
                }
            }
            StatementKind::Noise { name, dims, correlation } => {
                let correlation = correlation.as_ref();
                self.declare(scope, name, docs, Declaration::Noise { dims, correlation });
            }
            StatementKind::Net(net) => self.declare(scope, &net.name, docs, Declaration::Net(net)),
            StatementKind::Let(definition) => self.collect_let(scope, definition, docs),
            StatementKind::Function(function) => {
                self.declare(scope, &function.name, docs, Declaration::Function(function));
            }
            StatementKind::Use { target, name } => self.collect_instance(scope, target, name, docs),
            StatementKind::Event(event) => {
                self.declare(scope, &event.name, docs, Declaration::Event);
            }
            StatementKind::History(_)
            | StatementKind::Init(_)
            | StatementKind::Equation(_)
            | StatementKind::Hole => {}
        }
    }

    fn declare_all(
        &mut self,
        scope: ScopeId,
        list: &'a [ast::Variable],
        docs: &'a [ast::Doc],
        kind: fn(&'a ast::Variable) -> Declaration<'a>,
    ) {
        for variable in list {
            self.declare(scope, &variable.name, own_docs(variable, docs), kind(variable));
        }
    }

    fn collect_let(&mut self, scope: ScopeId, definition: &'a ast::Let, docs: &'a [ast::Doc]) {
        match &definition.pattern {
            Pattern::One { name, dims, .. } => {
                // Elements of one array may be defined piece by piece.
                let known = self.scopes[scope.0].names.get(&name.text).copied();
                if let Some(known) = known
                    && let Declaration::Let(pieces) = &mut self.entities[known.0].declaration
                    && !dims.is_empty()
                    && pieces.iter().all(|piece| has_dims(piece))
                {
                    pieces.push(definition);
                    return;
                }
                self.declare(scope, name, docs, Declaration::Let(vec![definition]));
            }
            Pattern::Tuple(names) => {
                for (rank, name) in names.iter().enumerate() {
                    self.declare(scope, name, docs, Declaration::Part { definition, rank });
                }
            }
        }
    }

    fn declare(
        &mut self,
        scope: ScopeId,
        name: &'a ast::Name,
        docs: &'a [ast::Doc],
        declaration: Declaration<'a>,
    ) {
        let time = matches!(declaration, Declaration::Input(_)) && &*name.text == "t";
        if PREDEFINED.contains(&&*name.text) && !time {
            self.diagnostics.push(error::predefined(&name.text, name.span));
            return;
        }
        let id = EntityId(self.entities.len());
        if let Some(&earlier) = self.scopes[scope.0].names.get(&name.text) {
            let before = self.entity(earlier).span;
            self.diagnostics.push(error::declared_twice(&name.text, name.span, Some(before)));
            // What it is stays open: nothing that reads it is complained about.
            self.entities[earlier.0].meaning = Meaning::Broken;
            return;
        }
        self.scopes[scope.0].names.insert(name.text.clone(), id);
        self.entities.push(Entity {
            name: name.text.clone(),
            scope,
            span: name.span,
            docs,
            declaration,
            meaning: Meaning::Pending,
            bound: None,
        });
    }

    fn collect_instance(
        &mut self,
        scope: ScopeId,
        target: &'a ast::Target,
        name: &'a ast::Name,
        docs: &'a [ast::Doc],
    ) {
        let file = self.scopes[scope.0].file;
        let Some((home, model)) = self.module.find_model(file, &target.path) else {
            let diagnostic = self.unknown_model(file, &target.path);
            self.diagnostics.push(diagnostic);
            self.declare_broken(scope, name);
            return;
        };
        if let Some(path) = self.recursion(scope, model) {
            self.diagnostics.push(error::model_recursion(&path, target.span));
            self.declare_broken(scope, name);
            return;
        }
        if self.nesting(scope) >= MAX_NESTING || self.scopes.len() >= MAX_INSTANCES {
            if !self.diagnostics.iter().any(|known| known.code == error::TOO_MANY_INSTANCES) {
                self.diagnostics.push(error::too_many_instances(MAX_NESTING, MAX_INSTANCES, target.span));
            }
            self.declare_broken(scope, name);
            return;
        }
        let prefix = format!("{}{}.", self.scopes[scope.0].prefix, name.text);
        // The instance's own name comes first, so that members can be found behind it.
        let instance = ScopeId(self.scopes.len());
        self.declare(scope, name, docs, Declaration::Instance(instance));
        self.collect(home, model, prefix, Some(scope));
        for argument in &target.arguments {
            self.bind_member(scope, instance, name, argument);
        }
    }

    /// A name whose declaration failed: what reads it stays silent.
    fn declare_broken(&mut self, scope: ScopeId, name: &'a ast::Name) {
        let before = self.entities.len();
        self.declare(scope, name, &[], Declaration::Instance(scope));
        if self.entities.len() > before {
            self.entities[before].meaning = Meaning::Broken;
        }
    }

    fn bind_member(&mut self, parent: ScopeId, instance: ScopeId, name: &ast::Name, argument: &'a Argument) {
        let Argument::Named { target, value } = argument else {
            let span = super::call::argument_spans(std::slice::from_ref(argument))[0];
            self.diagnostics.push(error::unnamed_binding(&name.text, span));
            return;
        };
        let member = match &target.kind {
            ExprKind::Name(member) => self.scopes[instance.0].names.get(member).copied(),
            ExprKind::Field(..) => self.member(instance, target),
            _ => None,
        };
        let bindable = member.is_some_and(|id| {
            matches!(
                self.entity(id).declaration,
                Declaration::Argument(_)
                    | Declaration::Param(_)
                    | Declaration::Input(_)
                    | Declaration::State(_)
                    | Declaration::Alg(_)
                    | Declaration::Discrete(_)
            )
        });
        match member {
            Some(id) if bindable => self.entities[id.0].bound = Some(Bound::Expr(value, parent)),
            Some(id) => {
                let (name, what) = (self.full_name(id), self.describe(id));
                self.diagnostics.push(error::not_bindable(&name, what, target.span));
            }
            None => {
                let scope = &self.scopes[instance.0];
                let text = super::text::compact(target);
                let near =
                    super::suggest::closest(&text, scope.names.keys().map(|k| &**k)).map(str::to_owned);
                let model = scope.model.name.text.clone();
                self.diagnostics.push(error::unknown_binding(&text, &model, near.as_deref(), target.span));
            }
        }
    }

    /// `b.k` seen from a scope, without complaints.
    pub fn member(&self, scope: ScopeId, e: &ast::Expr) -> Option<EntityId> {
        match &e.kind {
            ExprKind::Name(name) => self.scopes[scope.0].names.get(name).copied(),
            ExprKind::Field(base, name) => {
                let owner = self.member(scope, base)?;
                match self.entity(owner).declaration {
                    Declaration::Instance(inner)
                        if !matches!(self.entity(owner).meaning, Meaning::Broken) =>
                    {
                        self.scopes[inner.0].names.get(&name.text).copied()
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    pub fn unknown_model(&self, file: usize, path: &[ast::Name]) -> crate::diagnostics::Diagnostic {
        let last = &path[path.len() - 1];
        let mut home = Some(file);
        for alias in &path[..path.len() - 1] {
            let next = home.and_then(|file| self.module.files[file].imports.get(&alias.text).copied());
            if next.is_none() && home.is_some() {
                let names = self.module.files[file].imports.keys().map(|k| &**k);
                let near = super::suggest::closest(&alias.text, names);
                return error::unknown_import(&alias.text, near, alias.span);
            }
            home = next;
        }
        let near = home.and_then(|file| super::suggest::closest(&last.text, self.module.model_names(file)));
        error::unknown_model(&last.text, near, last.span)
    }

    /// The chain of models from `model` down to the scope, where the scope is inside an instance of it.
    fn recursion(&self, scope: ScopeId, model: &ast::Model) -> Option<Vec<String>> {
        let mut path = vec![model.name.text.to_string()];
        let mut at = Some(scope);
        while let Some(id) = at {
            let scope = &self.scopes[id.0];
            path.push(scope.model.name.text.to_string());
            if std::ptr::eq(scope.model, model) {
                path.reverse();
                return Some(path);
            }
            at = scope.parent;
        }
        None
    }

    fn nesting(&self, scope: ScopeId) -> usize {
        std::iter::successors(Some(scope), |id| self.scopes[id.0].parent).count()
    }
}

/// The names that a statement declares.
pub fn names<'s>(statement: &'s ast::Statement, found: &mut Vec<&'s str>) {
    match &statement.kind {
        StatementKind::Const { name, .. }
        | StatementKind::Noise { name, .. }
        | StatementKind::Use { name, .. }
        | StatementKind::Net(ast::Net { name, .. })
        | StatementKind::Function(ast::Function { name, .. })
        | StatementKind::Event(ast::Event { name, .. }) => found.push(&name.text),
        StatementKind::Param(list) => found.extend(list.iter().map(|p| &*p.variable.name.text)),
        StatementKind::State(list)
        | StatementKind::Alg(list)
        | StatementKind::Discrete(list)
        | StatementKind::Input(list) => found.extend(list.iter().map(|v| &*v.name.text)),
        StatementKind::Index(index) => found.extend(index.names.iter().map(|name| &*name.text)),
        StatementKind::Let(definition) => match &definition.pattern {
            Pattern::One { name, .. } => found.push(&name.text),
            Pattern::Tuple(list) => found.extend(list.iter().map(|name| &*name.text)),
        },
        StatementKind::History(_)
        | StatementKind::Init(_)
        | StatementKind::Equation(_)
        | StatementKind::Hole => {}
    }
}

/// A member of a list has its own documentation, or the statement's.
fn own_docs<'a>(variable: &'a ast::Variable, statement: &'a [ast::Doc]) -> &'a [ast::Doc] {
    if variable.docs.is_empty() { statement } else { &variable.docs }
}

fn has_dims(definition: &ast::Let) -> bool {
    matches!(&definition.pattern, Pattern::One { dims, .. } if !dims.is_empty())
}

/// Where the whole of a let's left side stands.
pub fn pattern_span(pattern: &Pattern) -> Span {
    match pattern {
        Pattern::One { name, .. } => name.span,
        Pattern::Tuple(names) => names[0].span.to(names[names.len() - 1].span),
    }
}
