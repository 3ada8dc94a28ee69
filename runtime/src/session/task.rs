//! Runs one checked task: binds its values, solves, and turns the solution into a result.

use std::sync::Arc;
use std::time::Instant;

use nde_compiler::algebra::{Expr, Range};
use nde_compiler::check::model::{FeatureKind, Model};
use nde_compiler::check::task::{self, MethodValue, Task, TaskKind};
use nde_compiler::derive::structure::Standing;
use nde_compiler::derive::system::System;
use nde_compiler::derive::tangent::Direction;
use nde_compiler::diagnostics::Sources;
use nde_compiler::emit::program::Executor;
use nde_compiler::program::{Missing, Program, Purpose};

use crate::data;
use crate::dynamics::event::Events;
use crate::linear;
use crate::method::{self, Family, Method, MethodInfo};
use crate::output::progress::{Counted, Progress};
use crate::output::{FitResult, Number, SweepResult, Table, TaskError, TaskResult, Work};
use crate::problem::{
    Compiled, CompiledEvents, CompiledSensitivities, Constrained, Values, sensitivities, weights,
};
use crate::solve::{Absolute, Control, Options, Refusal, Save, Solution, Solver, Status, Watch};

use super::table::Asked;
use super::{Interrupt, failure, sensitivity, settings, sweep, table};

/// The saved times of a task have at most so many numbers: more do not fit into memory.
pub(super) const MOST_SAVED: u64 = 1 << 29;

/// What the caller changes about every task.
pub struct Request<'r> {
    pub repeat: u32,
    pub executor: Executor,
    pub interrupt: &'r Interrupt,
    pub progress: &'r mut dyn FnMut(&Progress),
    /// When the work on the file began.
    pub started: Instant,
}

/// Runs a task.
pub fn run(model: Model, task: &Task, sources: &Sources, request: &mut Request) -> TaskResult {
    let mut result = empty(&model, task);
    if let Err(error) = try_run(model, task, sources, request, &mut result) {
        if result.status.is_empty() {
            // It never began, for what was asked does not go together: no solver has a status for it.
            result.status = Status::Inconsistent.name();
        }
        result.error = Some(error);
    }
    result
}

fn empty(model: &Model, task: &Task) -> TaskResult {
    let work = match task.kind {
        TaskKind::Solve => Work::Solve,
        TaskKind::Sweep => Work::Sweep(SweepResult::default()),
        TaskKind::Fit => Work::Fit(FitResult {
            loss: f64::NAN,
            initial_loss: f64::NAN,
            parameters: Vec::new(),
            iterations: 0,
            gradient: String::new(),
        }),
    };
    TaskResult {
        number: task.number,
        work,
        model: task.model.clone(),
        doc: model.doc.clone(),
        status: "",
        table: Table::default(),
        events: Vec::new(),
        stats: Vec::new(),
        method: task.options.method.as_ref().map_or_else(|| "auto".into(), |m| m.name.clone()),
        reason: String::new(),
        linear: None,
        notes: Vec::new(),
        error: None,
        plot: Vec::new(),
        out: task.options.out.clone(),
    }
}

fn try_run(
    model: Model,
    task: &Task,
    sources: &Sources,
    request: &mut Request,
    result: &mut TaskResult,
) -> Result<(), TaskError> {
    refuse_what_cannot_run(&model, task, sources)?;
    let method = find_method(task)?;
    let mut options = solver_options(task, method, &model, &mut result.notes);
    let missing = |missing: Missing| failure::of_missing(&missing, method);

    let functions = data::functions(&model.tables).map_err(|table| failure::of_unread(table, sources))?;
    let system = sensitivity::system(model, task)?;
    let program = Arc::new(Program::new(system, request.executor, functions));
    refuse_too_many(&program.system(), task)?;
    refuse_irreducible(&program.system(), sources)?;
    let prepared = prepare(&program, method);
    // Without the derivative no host could run the model by the method that was asked for, so it is said first.
    if let (Err(lacking @ Missing::Derivative(_)), true) = (&prepared, method.family != Family::Switching) {
        return Err(missing(lacking.clone()));
    }
    let weights = weights::initial(&program.system());
    let declared = Values::new(&program, 0.0, &[], &weights).map_err(missing)?;
    let ends = task.over.map_or(Vec::new(), |(a, b)| vec![(Vec::new(), a), (Vec::new(), b)]);
    // The ends may be given in terms of parameters, which settings change.
    let mut given = settings::evaluate(&program, task, &declared, 0.0).map_err(missing)?;
    given.extend(sensitivities::held(&program.system(), &given));
    let values = Values::new(&program, 0.0, &given, &weights).map_err(missing)?;
    let ends = settings::numbers(&program, &ends, &values, 0.0).map_err(missing)?;
    let [t0, t1] = ends[..] else { return Err(not_supported("a task without a span", sources, task)) };
    let moves = sensitivity::start(&program, task, &values).map_err(missing)?;
    let is_ready = t0 == 0.0 && moves.is_empty();
    given.extend(moves);
    let values = match is_ready {
        true => values,
        false => Values::new(&program, t0, &given, &weights).map_err(missing)?,
    };
    options.save = save(&task.options.save, task.kind, &program, &values, [t0, t1]).map_err(missing)?;
    if task.kind == TaskKind::Sweep {
        prepared.map_err(missing)?;
        let (ends, read) = ends_of_members(&program, task);
        let span = [t0, t1];
        let sweep =
            sweep::Sweep { program, task, method, options, span, ends, read, given, weights, sources };
        return sweep::run(sweep, request, result);
    }
    sensitivity::tolerances(&program.system(), &values, &mut options);

    let events = events(&program, &values, t0, (task, method))?;
    let ticks = events.as_ref().map_or(&[][..], |events| events.ticks(t0));
    let moving = CompiledSensitivities::new(&program, &values, t0, ticks).map_err(missing)?;
    let compiled = Compiled::new(program.clone(), values).map_err(missing)?;
    let compiled = compiled.with_events(events).with_sensitivities(moving);
    let compiled = if request.repeat == 0 { compiled.once() } else { compiled };
    prepared.map_err(missing)?;
    result.stats.push(("compile_s", Number::Real(request.started.elapsed().as_secs_f64())));
    let solution = solve(&compiled, method, &options, (t0, t1), sources, request, result)?;
    report(&solution, &program, &compiled, (task, method, &options), sources, result)
}

fn refuse_what_cannot_run(model: &Model, task: &Task, sources: &Sources) -> Result<(), TaskError> {
    match task.kind {
        TaskKind::Fit => return Err(not_supported("`fit`", sources, task)),
        TaskKind::Solve | TaskKind::Sweep => {}
    }
    let runs = [FeatureKind::Extern, FeatureKind::Event, FeatureKind::HighIndex];
    if let Some(feature) = model.features.iter().find(|f| !runs.contains(&f.kind)) {
        return Err(failure::of_feature(feature.kind, feature.span, sources));
    }
    let options = &task.options;
    let unsupported = [
        (options.paths.is_some(), "`paths`"),
        (options.wiener.is_some(), "`wiener`"),
        (options.load_weights.is_some(), "`load_weights`"),
        (!task.statistics.is_empty() && task.kind == TaskKind::Solve, "statistics"),
        (
            options.log.is_some() && task.kind == TaskKind::Sweep,
            "`log` of a sweep, whose members' events are not listed",
        ),
        (options.device.as_deref().is_some_and(|d| d != "auto" && d != "native"), "`device`"),
    ];
    match unsupported.iter().find(|(is_used, _)| *is_used) {
        Some((_, what)) => Err(not_supported(what, sources, task)),
        None => Ok(()),
    }
}

/// A model of higher index that could not be reduced.
fn refuse_irreducible(system: &System, sources: &Sources) -> Result<(), TaskError> {
    let high = system.model.features.iter().find(|f| f.kind == FeatureKind::HighIndex);
    match (&system.obstacle, high) {
        (Some(obstacle), _) => Err(failure::of_obstacle(obstacle, sources)),
        (None, Some(high)) if system.structure.is_none() && system.standing == Standing::Open => {
            Err(failure::of_feature(high.kind, high.span, sources))
        }
        _ => Ok(()),
    }
}

/// A table that no memory holds.
fn refuse_too_many(system: &System, task: &Task) -> Result<(), TaskError> {
    let count = match &task.options.save {
        Some(task::Save::Count(count)) => *count,
        Some(task::Save::Linspace { count, .. } | task::Save::Logspace { count, .. }) => *count,
        None | Some(task::Save::Times(_) | task::Save::Steps) => return Ok(()),
    };
    let width = 1 + system.unknowns.len + system.discretes.len;
    if count.saturating_mul(width) <= MOST_SAVED {
        return Ok(());
    }
    Err(TaskError {
        code: "R0009".into(),
        message: format!(
            "`save` asks for {count} times of {width} numbers each, and {MOST_SAVED} can be saved"
        ),
        help: Some(format!("at most `save = {}`", MOST_SAVED / width)),
        ..TaskError::default()
    })
}

fn not_supported(what: &str, sources: &Sources, task: &Task) -> TaskError {
    TaskError {
        code: "R0013".into(),
        message: format!("this version does not run {what} ({})", failure::at(task.span, sources)),
        help: Some("`ndec check` holds for the task; a later version runs it".into()),
        line: Some(sources.position(task.span).line as usize),
        ..TaskError::default()
    }
}

fn find_method(task: &Task) -> Result<&'static MethodInfo, TaskError> {
    let name = task.options.method.as_ref().map_or("auto", |m| m.name.as_str());
    method::find(name).ok_or_else(|| TaskError {
        code: "R0014".into(),
        message: format!("this version does not have the method `{name}`"),
        help: Some(
            "`ndec methods` lists those it has; for stiff models `rodas5p`, or let `auto` choose".into(),
        ),
        ..TaskError::default()
    })
}

/// The options of the method that the solver knows; others are noted.
fn solver_options(task: &Task, method: &MethodInfo, model: &Model, notes: &mut Vec<String>) -> Options {
    let mut options = Options::default();
    let Some(given) = &task.options.method else { return options };
    for (name, value) in &given.options {
        match (name.as_str(), value) {
            ("rtol", MethodValue::Number(x)) => options.rtol = *x,
            ("atol", MethodValue::Number(x)) => options.atol = Absolute::All(*x),
            ("atol", MethodValue::PerUnknown(each)) => options.atol = Absolute::Each(in_layout(each, model)),
            ("dt", MethodValue::Number(x)) => options.dt = Some(*x),
            ("max_steps", MethodValue::Number(x)) => options.max_steps = *x as u64,
            ("order", MethodValue::Number(x)) if method.options.contains(&"order") => {
                options.most_order = Some(*x as u32);
            }
            ("linear", MethodValue::Text(form)) if !method.family.is_explicit() => {
                options.linear = match form.as_str() {
                    "dense_lu" => linear::Wish::Dense,
                    "banded_lu" => linear::Wish::Banded,
                    "sparse_lu" => linear::Wish::Sparse,
                    "gmres" => linear::Wish::Krylov,
                    _ => linear::Wish::Automatic,
                }
            }
            ("controller", MethodValue::Text(which)) => {
                options.control = match which.as_str() {
                    "i" => Control::Integral,
                    "pi" => Control::ProportionalIntegral,
                    "pid" => Control::Pid,
                    _ => Control::Predictive,
                }
            }
            _ => notes.push(format!("`{}` does not use `{name}`", method.name)),
        }
    }
    options
}

/// Values in the order of declaration, as the vector of unknowns has them: states first.
fn in_layout(values: &[f64], model: &Model) -> Vec<f64> {
    use nde_compiler::check::model::Kind;
    let len = |v: &nde_compiler::check::model::Variable| model.algebra.symbol(v.symbol).len() as usize;
    let (mut states, mut algebraic, mut next) = (Vec::new(), Vec::new(), 0);
    for v in &model.variables {
        let to = match v.kind {
            Kind::State { .. } => &mut states,
            Kind::Algebraic { .. } => &mut algebraic,
            _ => continue,
        };
        let end = (next + len(v)).min(values.len());
        to.extend_from_slice(&values[next.min(end)..end]);
        next = end;
    }
    states.extend(algebraic);
    states
}

/// The span and save points of a member of a sweep, by its values.
type EndsOf = Box<dyn Fn(&Values) -> Result<([f64; 2], Save), Missing> + Send + Sync>;

/// How a member's span and save points follow from its values, and the expressions that say so.
fn ends_of_members(program: &Arc<Program>, task: &Task) -> (EndsOf, Vec<Expr>) {
    let mut read: Vec<Expr> = task.over.iter().flat_map(|&(a, b)| [a, b]).collect();
    let ends: Vec<(Vec<Range>, Expr)> = read.iter().map(|&e| (Vec::new(), e)).collect();
    match &task.options.save {
        Some(task::Save::Times(times)) => read.extend(times),
        Some(task::Save::Linspace { from, to, .. }) => read.extend([*from, *to]),
        _ => {}
    }
    let (program, asked, kind) = (program.clone(), task.options.save.clone(), task.kind);
    let of = move |values: &Values| {
        let ends = settings::numbers(&program, &ends, values, 0.0)?;
        let span = [ends[0], ends[1]];
        Ok((span, save(&asked, kind, &program, values, span)?))
    };
    (Box::new(of), read)
}

fn save(
    asked: &Option<task::Save>,
    kind: TaskKind,
    program: &Program,
    values: &Values,
    [t0, t1]: [f64; 2],
) -> Result<Save, Missing> {
    let numbers = |list: Vec<nde_compiler::algebra::Expr>| {
        let list: Vec<_> = list.into_iter().map(|e| (Vec::new(), e)).collect();
        settings::numbers(program, &list, values, t0)
    };
    Ok(match asked {
        None if kind == TaskKind::Sweep => Save::End,
        None => Save::Count(101),
        Some(task::Save::Count(n)) => Save::Count(*n as usize),
        Some(task::Save::Steps) => Save::Steps,
        Some(task::Save::Times(times)) => Save::At(numbers(times.clone())?),
        Some(task::Save::Linspace { from, to, count }) => {
            let ends = numbers(vec![*from, *to])?;
            let last = count.max(&2) - 1;
            let step = |k: u64| match k == last {
                // Rounding must not push the end outside of the span.
                true => ends[1],
                false => ends[0] + (ends[1] - ends[0]) * (k as f64 / last as f64),
            };
            Save::At((0..*count).map(step).collect())
        }
        Some(task::Save::Logspace { from, to, count }) => {
            let exponent = |k: u64| from + (to - from) * (k as f64 / (count.max(&2) - 1) as f64);
            // The ends are powers that rounding must not push outside of the span.
            let (low, high) = (t0.min(t1), t0.max(t1));
            let near = |t: f64| if (t - high).abs() <= 1e-12 * high.abs() { high } else { t };
            Save::At((0..*count).map(|k| near(10f64.powf(exponent(k)).max(low))).collect())
        }
    })
}

/// The events of the model, with what the task logs of them.
fn events(
    program: &Program,
    values: &Values,
    t0: f64,
    (task, method): (&Task, &MethodInfo),
) -> Result<Option<CompiledEvents>, TaskError> {
    let mut events =
        CompiledEvents::new(program, values, t0).map_err(|trouble| failure::of_trouble(&trouble, method))?;
    if let (Some(events), Some(log)) = (&mut events, &task.options.log) {
        let logged = program.system().events.iter().position(|event| event.name == log.event);
        if let Some(event) = logged {
            let values: Vec<_> = log.values.iter().map(|c| (c.axes.clone(), c.value)).collect();
            let done = events.log(program, event as u32, &values);
            done.map_err(|missing| failure::of_missing(&missing, method))?;
        }
    }
    Ok(events)
}

/// Asks for every derivative that the method will call, so that what is missing is reported before the solve.
fn prepare(program: &Program, method: &MethodInfo) -> Result<(), Missing> {
    if method.family.is_explicit() {
        return Ok(());
    }
    let jacobian = program.jacobian();
    if let Some(function) = jacobian.missing.first() {
        let name = program.system().model.algebra.function(*function).name.clone();
        return Err(Missing::Derivative(name));
    }
    program.kernel(Purpose::Pushforward(Direction::Time)).map(|_| ())
}

/// The method for a model with these options, if it can solve it at all.
pub(super) fn admit(
    compiled: &Compiled,
    method: &MethodInfo,
    options: &Options,
    sources: &Sources,
) -> Result<Box<dyn Method>, TaskError> {
    let is_reduced = compiled.program().system().structure.is_some();
    if is_reduced && !method.mass {
        return Err(refused(Refusal::NoMass { method: method.name }));
    }
    match Refusal::of(compiled, method, options) {
        Some(Refusal::NeedsSecondOrder { method, unpaired, dependent }) => Err(failure::of_first_order(
            method,
            (&unpaired, &dependent),
            &compiled.program().system(),
            sources,
        )),
        Some(refusal) => Err(refused(refusal)),
        None => {
            let mut wish = options.wish(compiled);
            wish.facts.has_mass |= is_reduced;
            Ok((method.make)(&wish))
        }
    }
}

fn refused(refusal: Refusal) -> TaskError {
    TaskError {
        code: "R0009".into(),
        message: refusal.to_string(),
        help: Some(match refusal {
            Refusal::NeedsStep { method } => format!("for example `method = {method}(dt = 0.01)`"),
            Refusal::NoMass { .. } => "use `rodas5p`, or `auto`".into(),
            Refusal::NoLinear { .. } => "leave `linear` out, or use an implicit method".into(),
            Refusal::NeedsFactors { .. } => "use `bdf` or `kvaerno5`, or `linear = \"sparse_lu\"`".into(),
            Refusal::TooLarge { .. } => "use `linear = \"sparse_lu\"`, or `\"auto\"`".into(),
            _ => "see `ndec help run` and `ndec methods`".into(),
        }),
        ..TaskError::default()
    }
}

fn solve(
    compiled: &Compiled,
    method: &MethodInfo,
    options: &Options,
    (t0, t1): (f64, f64),
    sources: &Sources,
    request: &mut Request,
    result: &mut TaskResult,
) -> Result<Solution, TaskError> {
    let engine = admit(compiled, method, options, sources)?;
    let constrained = Constrained::new(compiled).map_err(|missing| failure::of_missing(&missing, method))?;
    let label = format!("solve {}", result.model);
    let mut tell = |t: f64| (request.progress)(&Progress { task: &label, counted: Counted::Time, t, t0, t1 });
    let mut solver = Solver::new(compiled, engine.as_ref(), options);
    let u0 = &compiled.values.u0;
    let mut run = |watch: &mut Watch| match &constrained {
        Some(constrained) => constrained.solve(compiled, engine.as_ref(), options, (t0, t1), watch),
        None => solver.run(t0, t1, u0, watch),
    };
    let mut watch = Watch { interrupt: Some(request.interrupt.flag()), progress: Some(&mut tell) };
    let begin = Instant::now();
    let solution = run(&mut watch).map_err(refused)?;
    let first = begin.elapsed().as_secs_f64();
    let mut times = Vec::new();
    for _ in 0..request.repeat {
        let begin = Instant::now();
        let again = run(&mut watch).map_err(refused)?;
        times.push(begin.elapsed().as_secs_f64());
        if again.status != solution.status {
            break;
        }
    }
    times.sort_by(f64::total_cmp);
    let counters = solution.counters;
    result.stats.splice(
        0..0,
        [
            ("steps", Number::Count(counters.steps)),
            ("rejected", Number::Count(counters.rejected())),
            ("rhs", Number::Count(counters.rhs)),
            ("jacobian", Number::Count(counters.jacobians)),
            ("factorisations", Number::Count(counters.factorisations)),
        ],
    );
    if counters.linear_iterations > 0 {
        result.stats.push(("linear_iterations", Number::Count(counters.linear_iterations)));
    }
    let median = times.get(times.len() / 2).copied().unwrap_or(first);
    result.stats.push(("solve_s", Number::Real(median)));
    if let Some(&least) = times.first() {
        result.stats.push(("solve_min_s", Number::Real(least)));
    }
    Ok(solution)
}

fn report(
    solution: &Solution,
    program: &Program,
    compiled: &Compiled,
    (task, method, options): (&Task, &MethodInfo, &Options),
    sources: &Sources,
    result: &mut TaskResult,
) -> Result<(), TaskError> {
    let missing = |missing: Missing| failure::of_missing(&missing, method);
    result.status = solution.status.name();
    result.reason = reason(solution, task);
    result.linear = solution.linear.clone();
    let asked = &task.options.table;
    result.table = match asked {
        Some(columns) => {
            let mut table = Table { columns: vec![table::time(&program.system(), solution)] };
            let mut columns = Asked::all(columns);
            columns.extend(sensitivity::columns(program, asked.as_deref().unwrap_or(&[])).map_err(missing)?);
            table.columns.extend(table::observed(program, compiled, solution, &columns).map_err(missing)?);
            table
        }
        None => {
            let system = program.system();
            let width = table::default_width(&system);
            match width > table::MOST_COLUMNS + 1 && task.options.out.is_none() {
                true => {
                    result.notes.push(format!(
                        "{} columns are not shown: ask for some by `table = […]`, or for all by `out = \"…\"`",
                        width - 1
                    ));
                    Table { columns: vec![table::time(&system, solution)] }
                }
                false => table::default(&system, solution),
            }
        }
    };
    sensitivity::undefined(program, solution, &mut result.table, &mut result.notes);
    result.events = table::firings(&program.system(), solution, task);
    if let Some(firing) = solution.firings.last().filter(|_| solution.status == Status::Stopped) {
        let name = table::event_name(&program.system(), firing.element);
        let t = crate::output::number::brief(firing.t, 6);
        result.notes.push(format!("stopped by `{name}` at t = {t}"));
    }
    if let Some(columns) = &task.options.plot {
        let columns = Asked::all(columns);
        result.plot = table::observed(program, compiled, solution, &columns).map_err(missing)?;
    }
    match &solution.failure {
        Some(failed) => Err(failure::of_solve(failed, program, compiled, options.max_steps, sources)),
        None => Ok(()),
    }
}

/// Why the method ran: the file names it, or what `auto` decided and when.
fn reason(solution: &Solution, task: &Task) -> String {
    let decisions: Vec<String> = solution
        .notes
        .iter()
        .map(|(t, note)| format!("t = {}: {note}", crate::output::number::brief(*t, 4)))
        .collect();
    match (&task.options.method, decisions.is_empty()) {
        (_, false) => decisions.join("; "),
        (Some(_), true) => "the method that was asked for".into(),
        (None, true) => "the default".into(),
    }
}
