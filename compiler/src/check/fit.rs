//! The statements of `fit` and `sweep`.

use crate::parse::ast::{self, Argument, ExprKind, FitStatementKind, ItemKind, SweepStatementKind};

use super::error;
use super::model::Distribution;
use super::option::OPTIMIZERS;
use super::options::Grid;
use super::scope::{Builder, Level, Meaning, ScopeId};
use super::task::{DataName, Fit, Free, Observation, Optimizer, Task, TaskKind, Variation, Vary};
use super::unit::Unit;

impl Builder<'_> {
    pub fn fit(&mut self, fit: &ast::Fit, task: &mut Task) {
        let mut result = Fit::default();
        for name in &fit.data {
            match self.module.item(0, &name.text).map(|item| &item.kind) {
                Some(ItemKind::Data(_)) => result.data.push(DataName(name.text.to_string())),
                _ => {
                    let near = self.near_data(&name.text);
                    self.first_time(&name.text);
                    self.diagnostics.push(error::unknown_data(&name.text, near.as_deref(), name.span));
                }
            }
        }
        for statement in &fit.body {
            match &statement.kind {
                FitStatementKind::Free(list) => list.iter().for_each(|e| result.free.extend(self.free(e))),
                FitStatementKind::Minimize(e) => result.minimize.extend(self.loss(e)),
                FitStatementKind::Using(list) => {
                    list.iter().for_each(|e| result.optimizers.extend(self.optimizer(e)));
                }
                FitStatementKind::Observe { observed, distribution } => {
                    result.observations.extend(self.observation(observed, distribution));
                }
                FitStatementKind::Option(setting) => self.option(setting, TaskKind::Fit, &mut task.options),
                FitStatementKind::Hole => {}
            }
        }
        self.options_once(fit.body.iter().filter_map(|statement| match &statement.kind {
            FitStatementKind::Option(setting) => Some(&setting.name),
            _ => None,
        }));
        let says = |kind: fn(&FitStatementKind) -> bool| fit.body.iter().any(|s| kind(&s.kind));
        if !says(|k| matches!(k, FitStatementKind::Minimize(_) | FitStatementKind::Observe { .. })) {
            self.diagnostics.push(error::fit_without_loss(fit.target.span));
        }
        if !says(|k| matches!(k, FitStatementKind::Free(_))) {
            self.diagnostics.push(error::fit_without_free(fit.target.span));
        }
        task.fit = Some(result);
    }

    fn free(&mut self, e: &ast::Expr) -> Option<Free> {
        let network =
            self.member(ScopeId(0), e).filter(|id| matches!(self.entity(*id).meaning, Meaning::Network(_)));
        match network {
            Some(id) => Some(Free::Network(self.full_name(id))),
            None => self.place(e).map(|(place, _)| Free::Place(Box::new(place))),
        }
    }

    /// A number that rows have been reduced to.
    fn loss(&mut self, e: &ast::Expr) -> Option<crate::algebra::Expr> {
        let value = self.expand(e)?;
        let Some(scalar) = value.as_scalar() else {
            return self.complain(error::loss_of_rows(e.span));
        };
        match self.level(scalar.e).0 <= Level::Parameter {
            true => Some(scalar.e),
            false => self.complain(error::loss_of_rows(e.span)),
        }
    }

    fn observation(&mut self, observed: &ast::Expr, distribution: &ast::Expr) -> Option<Observation> {
        let value = self.expand(observed)?;
        let tensor = self.dense(value, observed.span)?;
        // A column takes the unit of the model's side, which the distribution's first argument has.
        let unit = match tensor.body.unit {
            Some(unit) => unit,
            None => self.unit_of_location(distribution)?,
        };
        let arguments = self.distribution_values(distribution, unit)?;
        let (name, mut values) = arguments;
        let mut spans = vec![observed.span];
        spans.extend(std::iter::repeat_n(distribution.span, values.len()));
        let mut all = vec![super::value::Value::Tensor(tensor)];
        all.append(&mut values);
        let shape =
            all.iter().map(super::value::Value::shape).find(|shape| !shape.is_empty()).unwrap_or_default();
        if let Some(other) = all.iter().map(super::value::Value::shape).find(|s| !s.is_empty() && *s != shape)
        {
            return self.complain(error::shapes_differ(&shape, &other, [observed.span, distribution.span]));
        }
        let mut tensors = Vec::new();
        for (value, span) in all.into_iter().zip(spans) {
            tensors.push(self.dense(value, span)?);
        }
        let dims = tensors
            .iter()
            .map(|tensor| tensor.dims.clone())
            .find(|dims| !dims.is_empty())
            .unwrap_or_default();
        let mut bodies = Vec::new();
        let mut axes = Vec::new();
        for tensor in &tensors {
            let body = self.over(tensor, &dims);
            let aligned = super::value::Tensor { dims: dims.clone(), body };
            let (ranges, body) = self.over_axes(&aligned);
            axes = ranges;
            bodies.push(body.e);
        }
        let observed_body = bodies.remove(0);
        let span = observed.span.to(distribution.span);
        let distribution = Distribution { name, arguments: bodies };
        Some(Observation { axes, observed: observed_body, distribution, span })
    }

    /// The unit of the first argument of a distribution that has a location.
    fn unit_of_location(&mut self, e: &ast::Expr) -> Option<Unit> {
        let known = self.known_distribution(e)?;
        let ExprKind::Call(_, arguments) = &e.kind else { return Some(Unit::ONE) };
        let place =
            known.arguments.iter().position(|(_, unit)| *unit == super::distribution::ArgumentUnit::Same);
        match place.and_then(|k| arguments.get(k)) {
            Some(Argument::Value(e)) => {
                let value = self.expand(e)?;
                let tensor = self.dense(value, e.span)?;
                Some(tensor.body.unit_or_one())
            }
            _ => Some(Unit::ONE),
        }
    }

    fn optimizer(&mut self, e: &ast::Expr) -> Option<Optimizer> {
        let (callee, arguments): (&ast::Expr, &[Argument]) = match &e.kind {
            ExprKind::Call(callee, arguments) => (callee, arguments),
            _ => (e, &[]),
        };
        let name = super::text::compact(callee);
        let Some((_, known)) = OPTIMIZERS.iter().find(|(known, _)| *known == name) else {
            let near = super::suggest::closest(&name, OPTIMIZERS.iter().map(|(name, _)| *name));
            return self.complain(error::unknown_optimizer(&name, near, callee.span));
        };
        let mut options = Vec::new();
        for argument in arguments {
            let Argument::Named { target, value } = argument else {
                let span = super::call::argument_spans(std::slice::from_ref(argument))[0];
                return self.complain(error::method_argument(&name, span));
            };
            let option = super::text::compact(target);
            if !known.contains(&option.as_str()) {
                let near = super::suggest::closest(&option, known.iter().copied());
                let of = format!("`{name}`");
                return self.complain(error::unknown_option(&option, &of, near, target.span));
            }
            options.push((option, self.expand_number(value)?));
        }
        Some(Optimizer { name, options, span: e.span })
    }

    pub fn sweep(&mut self, sweep: &ast::Sweep, task: &mut Task) {
        for statement in &sweep.body {
            match &statement.kind {
                SweepStatementKind::VaryGrid { target, grid } => {
                    task.vary.extend(self.vary_grid(target, grid))
                }
                SweepStatementKind::VaryRandom { target, distribution } => {
                    task.vary.extend(self.vary_random(target, distribution));
                }
                SweepStatementKind::Option(setting) => {
                    self.option(setting, TaskKind::Sweep, &mut task.options);
                }
                SweepStatementKind::Hole => {}
            }
        }
        self.options_once(sweep.body.iter().filter_map(|statement| match &statement.kind {
            SweepStatementKind::Option(setting) => Some(&setting.name),
            _ => None,
        }));
        let varies = |s: &ast::SweepStatement| {
            matches!(s.kind, SweepStatementKind::VaryGrid { .. } | SweepStatementKind::VaryRandom { .. })
        };
        if !sweep.body.iter().any(varies) {
            self.diagnostics.push(error::sweep_without_vary(sweep.target.span));
        }
    }

    fn vary_grid(&mut self, target: &ast::Expr, grid: &ast::Expr) -> Option<Vary> {
        let (place, array) = self.place(target)?;
        let span = target.span.to(grid.span);
        let Some(points) = self.grid(grid, array.unit) else {
            return self.complain(error::option_value(
                "vary",
                "a list, `linspace(…)` or `logspace(…)`",
                grid.span,
            ));
        };
        let values = match points? {
            Grid::List(list) => Variation::List(list),
            Grid::Linspace { from, to, count } => Variation::Linspace { from, to, count },
            Grid::Logspace { from, to, count } => Variation::Logspace { from, to, count },
        };
        Some(Vary { place, values, span })
    }

    fn vary_random(&mut self, target: &ast::Expr, distribution: &ast::Expr) -> Option<Vary> {
        let (place, array) = self.place(target)?;
        let values = Variation::Random(self.distribution_here(distribution, array.unit)?);
        Some(Vary { place, values, span: target.span.to(distribution.span) })
    }
}
