//! Checks a task against the model it names: settings, ends, options, and the expressions in them.

use rustc_hash::FxHashMap;

use crate::algebra::{Affine, Expr, Range, Var};
use crate::diagnostics::{Diagnostics, Span};
use crate::parse::ast::{self, Argument, ExprKind, ItemKind};

use super::build::{self, Override};
use super::error;
use super::fill::Slot;
use super::model::Model;
use super::module::Module;
use super::scope::{Array, Builder, Declaration, EntityId, Level, Meaning, Role, Roots, ScopeId};
use super::statistic::TaskContext;
use super::task::{Column, Options, Place, Save, Setting, Task, TaskKind};
use super::unit::Unit;
use super::value::{Scalar, Tensor};

/// A value that a caller gives by name, as `--set name=value`.
pub struct Given<'s> {
    pub target: &'s ast::Expr,
    pub value: &'s ast::Expr,
}

/// What a caller changes about a task.
#[derive(Clone, Copy, Default)]
pub struct Changes<'s> {
    /// Beats the task's arguments, which beat the declarations; names that the model does not have are for others.
    pub given: &'s [Given<'s>],
    /// A name (the file's options stay, where the method knows them) or a call, as `--method`.
    pub method: Option<&'s ast::Expr>,
}

/// Checks one task and builds its model. `None`: there were errors.
pub fn task(
    module: &Module,
    number: usize,
    changes: Changes,
    diagnostics: &mut Diagnostics,
) -> Option<(Model, Task)> {
    let item = module.tasks().nth(number.checked_sub(1)?)?;
    let (kind, target) = match &item.kind {
        ItemKind::Solve(solve) => (TaskKind::Solve, &solve.target),
        ItemKind::Fit(fit) => (TaskKind::Fit, &fit.target),
        ItemKind::Sweep(sweep) => (TaskKind::Sweep, &sweep.target),
        _ => return None,
    };
    let Some((file, model)) = module.find_model(0, &target.path) else {
        diagnostics.push(error::unknown_model_of_task(module, &target.path));
        return None;
    };
    let mut overrides: Vec<(String, Override)> = Vec::new();
    for argument in &target.arguments {
        if let Argument::Named { target, value } = argument {
            overrides.push((super::text::compact(target), Override::Expr(value)));
        }
    }
    let given = changes.given;
    overrides.extend(given.iter().map(|one| (super::text::compact(one.target), Override::Expr(one.value))));
    let before = super::errors(diagnostics);
    let (mut builder, mut built) = build::build(module, file, model, &overrides, diagnostics)?;
    builder.task = Some(TaskContext::new(kind));
    let mut site = builder.site_of(ScopeId(0));
    (site.roots, site.file) = (Roots::Ignored, 0);
    let task =
        builder.with_model(&mut built, |b| b.at(site, |b| b.task(item, kind, number, target, changes)));
    (super::errors(builder.diagnostics) == before).then_some((built, task?))
}

impl<'a> Builder<'a> {
    /// Lends the model's algebra back to the builder.
    fn with_model<T>(&mut self, model: &mut Model, f: impl FnOnce(&mut Self) -> T) -> T {
        std::mem::swap(&mut self.algebra, &mut model.algebra);
        std::mem::swap(&mut self.definitions, &mut model.definitions);
        std::mem::swap(&mut self.spans, &mut model.spans);
        let result = f(self);
        std::mem::swap(&mut self.algebra, &mut model.algebra);
        std::mem::swap(&mut self.definitions, &mut model.definitions);
        std::mem::swap(&mut self.spans, &mut model.spans);
        result
    }

    fn task(
        &mut self,
        item: &ast::Item,
        kind: TaskKind,
        number: usize,
        target: &ast::Target,
        changes: Changes,
    ) -> Option<Task> {
        let root = self.scopes[0].model;
        if self.state_symbols.is_empty()
            && !self.arrays.values().any(|a| matches!(a.role, Role::Algebraic | Role::Discrete))
        {
            return self.complain(error::nothing_to_solve(&root.name.text, target.span));
        }
        let mut settings = Vec::new();
        for argument in &target.arguments {
            settings.extend(self.argument(argument, kind));
        }
        let mut used = Vec::new();
        for (place, one) in changes.given.iter().enumerate() {
            if self.member(ScopeId(0), base_of(one.target)).is_some() {
                used.push(place);
            }
            settings.extend(self.given(one));
        }
        let mut task = Task {
            kind,
            number,
            model: root.name.text.to_string(),
            settings,
            used,
            over: None,
            options: Options::default(),
            statistics: Vec::new(),
            columns: Vec::new(),
            fit: None,
            vary: Vec::new(),
            span: item.span,
        };
        match &item.kind {
            ItemKind::Solve(solve) => {
                task.over = self.ends(&solve.over);
                for option in &solve.options {
                    self.option(option, kind, &mut task.options);
                }
                self.options_once(solve.options.iter().map(|option| &option.name));
                self.points_outside(&solve.options, &task);
            }
            ItemKind::Fit(fit) => self.fit(fit, &mut task),
            ItemKind::Sweep(sweep) => {
                task.over = self.ends(&sweep.over);
                self.sweep(sweep, &mut task);
            }
            _ => return None,
        }
        if let Some(method) = changes.method {
            self.change_method(method, &mut task.options);
        }
        if let Some(context) = &mut self.task {
            task.statistics = std::mem::take(&mut context.statistics);
            task.columns = std::mem::take(&mut context.columns);
        }
        Some(task)
    }

    fn ends(&mut self, range: &ast::Range) -> Option<(Expr, Expr)> {
        let (from, to) = (self.moment(&range.from), self.moment(&range.to));
        let (from, to) = (from?, to?);
        if from == to {
            return self.complain(error::empty_over(range.from.span.to(range.to.span)));
        }
        Some((from, to))
    }

    /// Warns of points to save that are outside of the run, where both are known here.
    fn points_outside(&mut self, options: &[ast::Setting], task: &Task) {
        let Some(save) = options.iter().rfind(|option| *option.name.text == *"save") else { return };
        let Some(span) =
            task.over.and_then(|(a, b)| Some([self.algebra.as_number(a)?, self.algebra.as_number(b)?]))
        else {
            return;
        };
        let points: Vec<(Expr, Span)> = match (&task.options.save, &save.value.kind) {
            (Some(Save::Times(times)), ast::ExprKind::List(items)) => {
                times.iter().copied().zip(items.iter().map(|item| item.span)).collect()
            }
            (Some(Save::Linspace { from, to, .. }), _) => {
                vec![(*from, save.value.span), (*to, save.value.span)]
            }
            _ => Vec::new(),
        };
        let (low, high) = (span[0].min(span[1]), span[0].max(span[1]));
        for (point, at) in points {
            if let Some(t) = self.algebra.as_number(point).filter(|t| !(low..=high).contains(t)) {
                self.diagnostics.push(error::point_outside(t, span, at));
            }
        }
    }

    /// A time, over constants and parameters.
    pub fn moment(&mut self, e: &ast::Expr) -> Option<Expr> {
        self.known(e, self.time_unit, "a time of a run")
    }

    /// A number that is known before the run.
    pub fn known(&mut self, e: &ast::Expr, unit: Unit, what: &str) -> Option<Expr> {
        let value = self.expand_as(e, unit)?;
        self.at_most(&value, Level::Parameter, what, e.span)?;
        match value.as_scalar() {
            Some(scalar) => Some(scalar.e),
            None => self.complain(error::scalar_needed(&value.shape(), e.span)),
        }
    }

    fn argument(&mut self, argument: &ast::Argument, kind: TaskKind) -> Option<Setting> {
        let Argument::Named { target, value } = argument else {
            let span = super::call::argument_spans(std::slice::from_ref(argument))[0];
            let name = self.scopes[0].model.name.text.clone();
            return self.complain(error::unnamed_binding(&name, span));
        };
        if self.is_structural(target) {
            return None;
        }
        let most = if kind == TaskKind::Fit { Level::Input } else { Level::Constant };
        self.setting(target, value, most)
    }

    /// A setting from outside of the file; names that this model does not have are for other tasks.
    fn given(&mut self, one: &Given) -> Option<Setting> {
        self.member(ScopeId(0), base_of(one.target))?;
        if self.is_structural(one.target) {
            return None;
        }
        self.setting(one.target, one.value, Level::Constant)
    }

    fn is_structural(&self, target: &ast::Expr) -> bool {
        let entity = self.member(ScopeId(0), target).map(|id| self.entity(id));
        entity.is_some_and(|entity| matches!(entity.declaration, Declaration::Argument(_)))
    }

    fn setting(&mut self, target: &ast::Expr, value: &ast::Expr, most: Level) -> Option<Setting> {
        let (place, array) = self.place(target)?;
        let expanded = self.expand_as(value, array.unit)?;
        self.at_most(&expanded, most, "a value from outside of the model", value.span)?;
        let (slots, name) = match &place.element {
            Some(element) => (element.iter().cloned().map(Slot::Fixed).collect(), place.name.clone()),
            None => (super::fill::open(&array.dims), place.name.clone()),
        };
        let values = self.fill(expanded, slots, Vec::new(), &name, value.span)?;
        Some(Setting { place, values, span: target.span.to(value.span) })
    }

    /// A parameter, an unknown (for its initial value), an input or a discrete variable, or one element of it.
    pub fn place(&mut self, target: &ast::Expr) -> Option<(Place, Array)> {
        let name = super::text::compact(target);
        let Some(reference) = self.reference_to(target)? else {
            let scope = &self.scopes[0];
            let near = super::suggest::closest(&name, scope.names.keys().map(|k| &**k)).map(str::to_owned);
            let model = scope.model.name.text.clone();
            return self.complain(error::unknown_binding(&name, &model, near.as_deref(), target.span));
        };
        let settable = match &self.entity(reference.id).meaning {
            Meaning::Array(array) => matches!(
                array.role,
                Role::Parameter | Role::State | Role::Algebraic | Role::Input | Role::Discrete
            ),
            Meaning::Broken | Meaning::Pending => return None,
            _ => false,
        };
        if !settable {
            let what = self.describe(reference.id);
            return self.complain(error::not_bindable(&name, what, target.span));
        }
        let array = self.referred(&reference)?;
        if reference.primes > 0 && !self.state_symbols.contains(&array.symbol) {
            return self.complain(error::not_bindable(
                &name,
                "a derivative that its equation gives",
                target.span,
            ));
        }
        let element = match reference.subscripts {
            Some(subscripts) => Some(self.access(&array, subscripts, target.span)?),
            None => None,
        };
        Some((Place { name, symbol: array.symbol, element }, array))
    }

    /// As `reference`, without a complaint about names that are not declared.
    fn reference_to<'e>(&mut self, target: &'e ast::Expr) -> Option<Option<super::expand::Reference<'e>>> {
        match self.member(ScopeId(0), base_of(target)) {
            Some(_) => self.reference(target),
            None => Some(None),
        }
    }

    /// The columns of `table = [x, E(y)]`.
    pub fn columns(&mut self, e: &ast::Expr) -> Option<Vec<Column>> {
        let items = match &e.kind {
            ExprKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(e),
        };
        let columns: Vec<Option<Column>> = items.iter().map(|item| self.column(item)).collect();
        columns.into_iter().collect()
    }

    pub fn column(&mut self, e: &ast::Expr) -> Option<Column> {
        let value = self.expand(e)?;
        let tensor = self.dense(value, e.span)?;
        let (axes, body) = self.over_axes(&tensor);
        Some(Column { name: super::text::compact(e), axes, value: body.e, span: e.span })
    }

    /// The tensor's dimensions as axes.
    pub fn over_axes(&mut self, tensor: &Tensor) -> (Vec<Range>, Scalar) {
        let vars: Vec<(Var, Affine)> =
            (0u32..).zip(&tensor.dims).map(|(k, (var, _))| (*var, Affine::var(Var::Axis(k)))).collect();
        let axes = tensor.dims.iter().map(|(_, range)| *range).collect();
        let e = self.replace(tensor.body.e, &vars);
        (axes, Scalar { e, ..tensor.body })
    }

    /// An event by its name or path.
    pub fn event_name(&mut self, e: &ast::Expr) -> Option<String> {
        let found = self.member(ScopeId(0), e);
        match found {
            Some(id) if matches!(self.entity(id).declaration, Declaration::Event) => Some(self.full_name(id)),
            _ => {
                let name = super::text::compact(e);
                let is_event = |k: &usize| matches!(self.entities[*k].declaration, Declaration::Event);
                let events: Vec<String> =
                    (0..self.entities.len()).filter(is_event).map(|k| self.full_name(EntityId(k))).collect();
                let near =
                    super::suggest::closest(&name, events.iter().map(String::as_str)).map(str::to_owned);
                self.complain(error::unknown_event(&name, near.as_deref(), e.span))
            }
        }
    }

    /// Each option stands once.
    pub fn options_once<'n>(&mut self, names: impl Iterator<Item = &'n ast::Name>) {
        let mut seen: FxHashMap<&str, &ast::Name> = FxHashMap::default();
        for name in names {
            if let Some(before) = seen.insert(&name.text, name) {
                self.diagnostics.push(error::declared_twice(&name.text, name.span, Some(before.span)));
            }
        }
    }
}

/// The name or path of a target, without primes and subscripts.
fn base_of(target: &ast::Expr) -> &ast::Expr {
    let mut base = target;
    while let ExprKind::Index(inner, _) | ExprKind::Prime(inner) = &base.kind {
        base = inner;
    }
    base
}
