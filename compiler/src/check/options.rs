//! The options of a task, read and checked by their tables.

use crate::parse::ast::{self, Argument, ExprKind, ItemKind};

use super::error;
use super::method::{self, Holds};
use super::option::{self, OptionKind};
use super::scope::Builder;
use super::task::{DataName, Log, Method, MethodValue, Options, Resample, Save, TaskKind};
use super::unit::Unit;

/// `linspace(a, b, n)` and its like.
pub enum Grid {
    List(Vec<crate::algebra::Expr>),
    Linspace { from: crate::algebra::Expr, to: crate::algebra::Expr, count: u64 },
    Logspace { from: f64, to: f64, count: u64 },
}

impl<'a> Builder<'a> {
    /// Reads one option into the others.
    pub fn option(&mut self, setting: &ast::Setting, task: TaskKind, options: &mut Options) {
        let name = &*setting.name.text;
        let Some(known) = option::find(name, task) else {
            let names = option::OPTIONS.iter().filter(|o| o.tasks.contains(&task)).map(|o| o.name);
            let near = super::suggest::closest(name, names);
            let of = format!("`{}`", task.word());
            self.diagnostics.push(error::unknown_option(name, &of, near, setting.name.span));
            return;
        };
        let e = &setting.value;
        match known.kind {
            OptionKind::Method => options.method = self.method(e),
            OptionKind::Save => options.save = self.save(e),
            OptionKind::Count(least) => {
                let count = self.count(name, e, least);
                match name {
                    "seed" => options.seed = count,
                    "paths" => options.paths = count,
                    "threads" => options.threads = count,
                    "segments" => options.segments = count,
                    "batch" => options.batch = count,
                    _ => options.samples = count,
                }
            }
            OptionKind::Columns if name == "table" => options.table = self.columns(e),
            OptionKind::Columns => options.plot = self.columns(e),
            OptionKind::Log => options.log = self.log(e),
            OptionKind::Places => options.sensitivity = self.places(e),
            OptionKind::Time => options.t0 = self.moment(e),
            OptionKind::Truth => options.resample = self.truth(name, e),
            OptionKind::Data => options.wiener = self.data_option(e),
            OptionKind::Text => {
                let text = self.text(name, e);
                match name {
                    "out" => options.out = text,
                    "device" => options.device = text,
                    "load_weights" => options.load_weights = text,
                    "save_weights" => options.save_weights = text,
                    _ => options.checkpoint = text,
                }
            }
            OptionKind::Choice(choices) => options.gradient = self.choice(name, e, choices),
        }
    }

    fn text(&mut self, name: &str, e: &ast::Expr) -> Option<String> {
        match &e.kind {
            ExprKind::Text(text) => Some(text.to_string()),
            _ => self.complain(error::option_value(name, "a text in quotes", e.span)),
        }
    }

    fn choice(&mut self, name: &str, e: &ast::Expr, choices: &[&str]) -> Option<String> {
        let text = match &e.kind {
            ExprKind::Name(text) => text.to_string(),
            _ => self.text(name, e)?,
        };
        match choices.contains(&text.as_str()) {
            true => Some(text),
            false => {
                let near = super::suggest::closest(&text, choices.iter().copied());
                self.complain(error::option_choice(name, &text, choices, near, e.span))
            }
        }
    }

    fn truth(&mut self, name: &str, e: &ast::Expr) -> Option<Resample> {
        match &e.kind {
            ExprKind::Bool(true) => Some(Resample::Each),
            ExprKind::Bool(false) => Some(Resample::Once),
            _ => self.complain(error::option_value(name, "`true` or `false`", e.span)),
        }
    }

    fn count(&mut self, name: &str, e: &ast::Expr, least: u64) -> Option<u64> {
        let x = self.expand_number(e)?;
        match x.fract() == 0.0 && x >= least as f64 && x < 9e15 {
            true => Some(x as u64),
            false => {
                let wanted = match least {
                    0 => "a whole number".to_owned(),
                    1 => "a positive whole number".to_owned(),
                    _ => format!("a whole number from {least} on"),
                };
                self.complain(error::option_value(name, &wanted, e.span))
            }
        }
    }

    fn places(&mut self, e: &ast::Expr) -> Vec<super::task::Place> {
        let items = match &e.kind {
            ExprKind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(e),
        };
        items.iter().filter_map(|item| self.place(item)).map(|(place, _)| place).collect()
    }

    fn log(&mut self, e: &ast::Expr) -> Option<Log> {
        let (event, rest): (&ast::Expr, &[ast::Expr]) = match &e.kind {
            ExprKind::List(items) => (&items[0], &items[1..]),
            _ => (e, &[]),
        };
        let event = self.event_name(event)?;
        let values: Option<Vec<_>> = rest.iter().map(|item| self.column(item)).collect();
        Some(Log { event, values: values? })
    }

    fn data_option(&mut self, e: &ast::Expr) -> Option<DataName> {
        match &e.kind {
            ExprKind::Name(name) => {
                let item = self.module.item(0, name).map(|item| &item.kind);
                match item {
                    Some(ItemKind::Data(_)) => Some(DataName(name.to_string())),
                    _ => self.complain(error::unknown_data(name, self.near_data(name).as_deref(), e.span)),
                }
            }
            ExprKind::Call(callee, _) if super::text::compact(callee) == "table" => {
                Some(DataName(super::text::compact(e)))
            }
            _ => self.complain(error::option_value("wiener", "`table(t = …, W = …)` or data", e.span)),
        }
    }

    /// The name of a `data` that is spelt alike.
    pub fn near_data(&self, name: &str) -> Option<String> {
        let items = self.module.main().ast.items.iter();
        let names = items.filter_map(|item| match &item.kind {
            ItemKind::Data(data) => Some(&*data.name.text),
            _ => None,
        });
        super::suggest::closest(name, names).map(str::to_owned)
    }

    fn save(&mut self, e: &ast::Expr) -> Option<Save> {
        if let ExprKind::Name(name) = &e.kind
            && **name == *"steps"
            && self.find(name).is_none()
        {
            return Some(Save::Steps);
        }
        if let Some(grid) = self.grid(e, self.time_unit) {
            return Some(match grid? {
                Grid::List(times) => Save::Times(times),
                Grid::Linspace { from, to, count } => Save::Linspace { from, to, count },
                Grid::Logspace { from, to, count } => Save::Logspace { from, to, count },
            });
        }
        let count = self.expand_number(e)?;
        match count == 1.0 {
            true => self.complain(error::one_point(e.span)),
            false => self.count("save", e, 2).map(Save::Count),
        }
    }

    /// A list, `linspace` or `logspace`; the outer `None`: something else.
    pub fn grid(&mut self, e: &ast::Expr, unit: Unit) -> Option<Option<Grid>> {
        match &e.kind {
            ExprKind::List(items) => {
                let times: Vec<_> = items.iter().map(|item| self.known(item, unit, "a point")).collect();
                Some(times.into_iter().collect::<Option<Vec<_>>>().map(Grid::List))
            }
            ExprKind::Call(callee, arguments) => match &callee.kind {
                ExprKind::Name(name) if **name == *"linspace" => Some(self.linspace(arguments, unit, e)),
                ExprKind::Name(name) if **name == *"logspace" => Some(self.logspace(arguments, e)),
                _ => None,
            },
            _ => None,
        }
    }

    fn linspace(&mut self, arguments: &[Argument], unit: Unit, e: &ast::Expr) -> Option<Grid> {
        let [Argument::Value(from), Argument::Value(to), Argument::Value(count)] = arguments else {
            return self.complain(error::arity("linspace", 3, arguments.len(), e.span));
        };
        let (from, to) = (self.known(from, unit, "a point"), self.known(to, unit, "a point"));
        let count = self.count("linspace", count, 2);
        Some(Grid::Linspace { from: from?, to: to?, count: count? })
    }

    fn logspace(&mut self, arguments: &[Argument], e: &ast::Expr) -> Option<Grid> {
        let [Argument::Value(from), Argument::Value(to), Argument::Value(count)] = arguments else {
            return self.complain(error::arity("logspace", 3, arguments.len(), e.span));
        };
        let (from, to) = (self.expand_number(from), self.expand_number(to));
        let count = self.count("logspace", count, 2);
        Some(Grid::Logspace { from: from?, to: to?, count: count? })
    }

    /// A name, or a call with options.
    pub fn method(&mut self, e: &ast::Expr) -> Option<Method> {
        let (name, arguments): (&ast::Expr, &[Argument]) = match &e.kind {
            ExprKind::Call(callee, arguments) => (callee, arguments),
            _ => (e, &[]),
        };
        if let ExprKind::Text(text) = &name.kind {
            return self.complain(error::quoted_method(text, e.span));
        }
        let ExprKind::Name(text) = &name.kind else {
            return self.complain(error::option_value("method", "the name of a method", e.span));
        };
        let Some(known) = method::find(text) else {
            let near = super::suggest::closest(text, method::METHODS.iter().map(|m| m.name));
            return self.complain(error::unknown_method(text, near, name.span));
        };
        let mut options = Vec::new();
        for argument in arguments {
            options.extend(self.method_option(known, argument));
        }
        Some(Method { name: text.to_string(), options, span: e.span })
    }

    /// Another method: a name keeps the options that it knows, a call brings its own.
    pub fn change_method(&mut self, e: &ast::Expr, options: &mut Options) {
        let Some(mut method) = self.method(e) else { return };
        if let (ExprKind::Name(_), Some(before)) = (&e.kind, options.method.take()) {
            let family = method::find(&method.name).map(|known| known.family);
            for (name, value) in before.options {
                match family.and_then(|family| method::option(&name, family)) {
                    Some(_) => method.options.push((name, value)),
                    None => self.diagnostics.push(error::option_dropped(&name, &method.name, before.span)),
                }
            }
        }
        options.method = Some(method);
    }

    fn method_option(
        &mut self,
        known: &method::MethodName,
        argument: &Argument,
    ) -> Option<(String, MethodValue)> {
        let Argument::Named { target, value } = argument else {
            let span = super::call::argument_spans(std::slice::from_ref(argument))[0];
            return self.complain(error::method_argument(known.name, span));
        };
        let name = super::text::compact(target);
        let Some(holds) = method::option(&name, known.family) else {
            let names = method::METHOD_OPTIONS.iter().map(|(name, ..)| *name);
            let near = super::suggest::closest(&name, names);
            let of = format!("`{}`", known.name);
            return self.complain(error::unknown_option(&name, &of, near, target.span));
        };
        let value = match holds {
            Holds::Number => MethodValue::Number(self.positive(&name, value)?),
            Holds::Count => MethodValue::Number(self.count(&name, value, 1)? as f64),
            Holds::Duration => MethodValue::Number(self.duration(&name, value)?),
            Holds::Choice(choices) => MethodValue::Text(self.choice(&name, value, choices)?),
            Holds::PerUnknown => match &value.kind {
                ExprKind::List(items) => {
                    let numbers: Vec<Option<f64>> =
                        items.iter().map(|item| self.tolerance(&name, item)).collect();
                    let numbers = numbers.into_iter().collect::<Option<Vec<f64>>>()?;
                    self.check_tolerances(&numbers, value)?;
                    MethodValue::PerUnknown(numbers)
                }
                _ => MethodValue::Number(self.tolerance(&name, value)?),
            },
        };
        Some((name, value))
    }

    fn positive(&mut self, name: &str, e: &ast::Expr) -> Option<f64> {
        let x = self.expand_number(e)?;
        match x > 0.0 {
            true => Some(x),
            false => self.complain(error::option_value(name, "a positive number", e.span)),
        }
    }

    fn tolerance(&mut self, name: &str, e: &ast::Expr) -> Option<f64> {
        let x = self.expand_number(e)?;
        match x >= 0.0 {
            true => Some(x),
            false => self.complain(error::option_value(name, "a number that is not negative", e.span)),
        }
    }

    fn duration(&mut self, name: &str, e: &ast::Expr) -> Option<f64> {
        let known = self.known(e, self.time_unit, "a step size")?;
        match self.algebra.as_number(known) {
            Some(x) if x > 0.0 => Some(x),
            Some(_) => self.complain(error::option_value(name, "a positive number", e.span)),
            None => self.complain(error::constant_needed(e.span)),
        }
    }

    /// A list of tolerances has one for each unknown, or one for each element.
    fn check_tolerances(&mut self, numbers: &[f64], e: &ast::Expr) -> Option<()> {
        let unknowns: Vec<u64> = self
            .arrays
            .keys()
            .filter(|symbol| self.is_unknown(**symbol))
            .map(|symbol| self.algebra.symbol(*symbol).len())
            .collect();
        let (names, elements) = (unknowns.len() as u64, unknowns.iter().sum::<u64>());
        let n = numbers.len() as u64;
        match n == names || n == elements {
            true => Some(()),
            false => self.complain(error::tolerance_count(names, n, e.span)),
        }
    }
}
