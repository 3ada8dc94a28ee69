//! Events: their triggers and what they change; and that noise stands where it has a meaning.

use rustc_hash::FxHashMap;

use crate::algebra::{Affine, Binary, Expr, Node, Symbol, Var};
use crate::diagnostics::Span;
use crate::parse::ast::{self, ActionKind, ExprKind, Trigger as Written};

use super::equation::Sides;
use super::error;
use super::fill::Slot;
use super::model::{Action, Boolean, Event, FeatureKind, Trigger};
use super::scope::{Array, ArrayDim, Builder, Level, Local, Meaning, Role, Roots, ScopeId};
use super::value::Value;

impl<'a> Builder<'a> {
    pub fn events(&mut self, statements: &[(ScopeId, &'a ast::Event)]) -> Vec<Event> {
        let mut events = Vec::new();
        for (scope, event) in statements {
            let mut site = self.site_of(*scope);
            site.roots = Roots::Ignored;
            events.extend(self.at(site, |b| b.event(*scope, event)));
        }
        events
    }

    fn event(&mut self, scope: ScopeId, event: &'a ast::Event) -> Option<Event> {
        let dims = self.dims(&event.dims)?;
        let axes = self.event_axes(&dims, event)?;
        let kind = match event.trigger {
            Written::Rate(_) => FeatureKind::Jump,
            _ => FeatureKind::Event,
        };
        self.feature(kind, event.name.span);
        let trigger = self.trigger(&event.trigger);
        let mut actions = Vec::new();
        let mut targets: FxHashMap<Expr, Span> = FxHashMap::default();
        for action in &event.actions {
            match &action.kind {
                ActionKind::Assign { target, value } => {
                    let assigned = self.assignment(target, value, &axes, &mut targets);
                    actions.extend(assigned.into_iter().flatten());
                }
                ActionKind::Stop => actions.push(Action::Stop),
                ActionKind::Hole => {}
            }
        }
        let name = format!("{}{}", self.scopes[scope.0].prefix, event.name.text);
        Some(Event { name, axes, trigger: trigger?, actions, span: event.name.span })
    }

    fn event_axes(&mut self, dims: &[ArrayDim], event: &ast::Event) -> Option<Vec<crate::algebra::Range>> {
        let mut axes = Vec::new();
        for dim in dims {
            let Some(name) = &dim.index else {
                return self.complain(error::unknown_index("…", event.dims[axes.len()].span));
            };
            let var = Var::Axis(axes.len() as u32);
            self.ranges.insert(var, dim.range);
            let set = self.index_set(name);
            self.site.locals.push((name.clone(), Local::Index { affine: Affine::var(var), set }));
            axes.push(dim.range);
        }
        Some(axes)
    }

    fn trigger(&mut self, trigger: &'a Written) -> Option<Trigger> {
        match trigger {
            Written::When(e) => {
                let scalar = self.expand_scalar(e)?;
                let condition = self.condition(scalar, e.span)?;
                self.check_equalities(condition, e);
                Some(Trigger::When(condition))
            }
            Written::At(e) => match &e.kind {
                ExprKind::List(list) => {
                    let times: Vec<Option<Expr>> = list.iter().map(|e| self.event_time(e)).collect();
                    times.into_iter().collect::<Option<Vec<Expr>>>().map(Trigger::At)
                }
                _ => self.event_time(e).map(|at| Trigger::At(vec![at])),
            },
            Written::Every { period, from } => {
                let period = self.event_time(period);
                let from = match from {
                    Some(from) => Some(self.event_time(from)?),
                    None => None,
                };
                Some(Trigger::Every { period: period?, from })
            }
            Written::Rate(e) => {
                let unit = self.time_unit.inverse();
                let value = self.expand_as(e, unit)?;
                match value.as_scalar() {
                    Some(rate) => Some(Trigger::Rate(rate.e)),
                    None => self.complain(error::scalar_needed(&value.shape(), e.span)),
                }
            }
            Written::Hole => None,
        }
    }

    /// A time that is known when the run starts.
    fn event_time(&mut self, e: &ast::Expr) -> Option<Expr> {
        let value = self.expand_as(e, self.time_unit)?;
        self.at_most(&value, Level::Parameter, "the time of an event", e.span)?;
        match value.as_scalar() {
            Some(scalar) => Some(scalar.e),
            None => self.complain(error::scalar_needed(&value.shape(), e.span)),
        }
    }

    fn assignment(
        &mut self,
        target: &'a ast::Expr,
        value: &'a ast::Expr,
        axes: &[crate::algebra::Range],
        targets: &mut FxHashMap<Expr, Span>,
    ) -> Option<Vec<Action>> {
        let array = self.target(target)?;
        let subscripts = match &target.kind {
            ExprKind::Index(_, subscripts) => Some(subscripts.as_slice()),
            _ => None,
        };
        let (slots, access) = match subscripts {
            Some(subscripts) => {
                let access = self.access(&array, subscripts, target.span)?;
                (access.iter().cloned().map(Slot::Fixed).collect::<Vec<_>>(), Some(access))
            }
            None => (super::fill::open(&array.dims), None),
        };
        let access = access.unwrap_or_else(|| {
            let position = |(k, dim): (u32, &ArrayDim)| super::shape::position(Var::Axis(k), dim.range);
            (0u32..).zip(&array.dims).map(position).collect()
        });
        let place = self.algebra.read(array.symbol, access);
        if let Some(before) = targets.insert(place, target.span) {
            let name = super::text::compact(target);
            return self.complain(error::assigned_twice(&name, [before, target.span]));
        }
        let value_of: Value = self.expand_as(value, array.unit)?;
        if array.truth == Boolean::Truth && !super::settle::all_truth(&value_of) {
            return self.complain(error::truth_needed(value.span));
        }
        let pieces = self.fill(value_of, slots, axes.to_vec(), &array.full_name, value.span)?;
        Some(pieces.into_iter().map(|piece| Action::Assign { symbol: array.symbol, piece }).collect())
    }

    /// The state or discrete variable that an action changes.
    fn target(&mut self, e: &'a ast::Expr) -> Option<Array> {
        let Some(reference) = self.reference(e)? else {
            let mut base = e;
            while let ExprKind::Prime(inner) | ExprKind::Index(inner, _) = &base.kind {
                base = inner;
            }
            if let Some((name, span)) = self.undeclared(base) {
                return self.unknown_name(&name, span);
            }
            return self.complain(error::not_a_target(e.span));
        };
        match self.entity(reference.id).meaning.clone() {
            Meaning::Broken | Meaning::Pending => None,
            Meaning::Array(array) if matches!(array.role, Role::State | Role::Discrete) => {
                let array = self.referred(&reference)?;
                match reference.primes == 0 || self.state_symbols.contains(&array.symbol) {
                    true => Some(array),
                    false => self.complain(error::not_a_target(e.span)),
                }
            }
            _ => {
                let (name, what) = (self.full_name(reference.id), self.describe(reference.id));
                self.complain(error::bad_target(&name, what, e.span))
            }
        }
    }

    /// White noise occurs linearly, and only in equations of states.
    pub fn check_noise(&mut self, sides: &[Sides]) {
        let rates: Vec<Symbol> = self.noise_rates.values().copied().collect();
        if rates.is_empty() {
            return;
        }
        let noises: Vec<Span> = self
            .entities
            .iter()
            .filter(|entity| matches!(entity.declaration, super::scope::Declaration::Noise { .. }))
            .map(|entity| entity.span)
            .collect();
        noises.into_iter().for_each(|span| self.feature(FeatureKind::Noise, span));
        for k in 0..self.definitions.len() {
            for piece in 0..self.definitions[k].pieces.len() {
                let (value, span) = {
                    let piece = &self.definitions[k].pieces[piece];
                    (piece.value, piece.span)
                };
                if self.level(value).0 == Level::Noise
                    && let Some(rate) = self.first_rate(value, &rates)
                {
                    self.diagnostics.push(error::noise_misused(&rate, span));
                }
            }
        }
        for one in sides {
            let residual = self.algebra.sub(one.left, one.right);
            let Some(rate) = self.first_rate(residual, &rates) else { continue };
            let of_state = !self.derivatives_in(residual).is_empty();
            if !of_state || !self.linear_in_noise(residual, &rates) {
                self.diagnostics.push(error::noise_misused(&rate, one.span));
            }
        }
    }

    fn first_rate(&self, e: Expr, rates: &[Symbol]) -> Option<String> {
        self.algebra.reachable(e, true).into_iter().find_map(|n| match self.algebra.node(n) {
            Node::Read(symbol, _) if rates.contains(&symbol) => {
                Some(self.algebra.symbol(symbol).name.clone())
            }
            _ => None,
        })
    }

    /// Degree of the noise in every node: a sum keeps it, a product adds it, anything else has none.
    fn linear_in_noise(&self, e: Expr, rates: &[Symbol]) -> bool {
        let mut degree = FxHashMap::default();
        for n in self.algebra.reachable(e, true) {
            let node = self.algebra.node(n);
            let children = self.algebra.children(node);
            let of = |k: usize| -> u32 { children.get(k).map_or(0, |c| degree[c]) };
            let own: u32 = match node {
                Node::Read(symbol, _) => u32::from(rates.contains(&symbol)),
                Node::Binary(Binary::Add | Binary::Sub, ..) => of(0).max(of(1)),
                Node::Binary(Binary::Mul, ..) => of(0) + of(1),
                Node::Binary(Binary::Div, ..) if of(1) == 0 => of(0),
                Node::Neg(_) => of(0),
                Node::Select(..) if of(0) == 0 => of(1).max(of(2)),
                Node::Reduce { op: crate::algebra::Reduction::Sum, .. } => of(0),
                Node::Call(function, _) if self.algebra.function(function).name == "stratonovich" => of(0),
                _ if children.iter().any(|c| degree[c] > 0) => 2,
                _ => 0,
            };
            degree.insert(n, own.min(2));
        }
        degree[&e] <= 1
    }
}
