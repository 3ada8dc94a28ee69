//! Runs a sweep: one model for many values, with a row for each member and save point or with statistics over members.

mod design;
mod leaf;
mod observe;
mod report;
mod summary;

use std::sync::Arc;
use std::time::Instant;

use nde_compiler::algebra::{Expr, Symbol};
use nde_compiler::check::task::{self, Task};
use nde_compiler::diagnostics::Sources;
use nde_compiler::program::{Missing, Program};

use self::design::{Trouble, Varied};
use self::leaf::{Failed, Kept, Leaf, Plan, Worker};
use self::observe::{Observed, Reader};
use self::summary::{Summary, Totals, reads};
use super::failure;
use super::task::{MOST_SAVED, Request, admit};
use crate::method::{Counters, Method, MethodInfo};
use crate::output::progress::{Counted, Progress};
use crate::output::{Number, TaskError, TaskResult};
use crate::problem::{Bound, Design, Ends, Ensemble, Given, Values};
use crate::solve::ensemble::{Pool, Tile, in_order, leaf_size};
use crate::solve::{Options, Save};

/// A sweep that passed the checks, with what its task says in numbers.
pub struct Sweep<'s> {
    pub program: Arc<Program>,
    pub task: &'s Task,
    pub method: &'static MethodInfo,
    pub options: Options,
    /// Where a run begins and ends with the values that do not vary.
    pub span: [f64; 2],
    /// What a task's span and save points are for given values.
    pub ends: Box<dyn Fn(&Values) -> Result<([f64; 2], Save), Missing> + Send + Sync>,
    /// The expressions that say so.
    pub read: Vec<Expr>,
    pub given: Vec<Given>,
    pub weights: Vec<Given>,
    pub sources: &'s Sources,
}

/// What all members have in common.
struct Common<'s> {
    task: &'s Task,
    sources: &'s Sources,
    method: &'static MethodInfo,
    engine: Box<dyn Method>,
    ensemble: Arc<Ensemble>,
    varied: Vec<Varied>,
    observed: Observed,
    summary: Option<Summary>,
    times: Vec<f64>,
    save: Save,
    /// A problem to ask about members.
    bound: Bound,
    /// Lanes of a tile; 1 without tiles.
    lanes: usize,
}

/// What was combined of the leaves so far.
struct Gathered {
    rows: Vec<(u64, Vec<f64>)>,
    totals: Option<Totals>,
    done: u64,
    failed: u64,
    listed: Vec<Failed>,
    counters: Counters,
    notes: Vec<(f64, String)>,
}

/// A sweep that cannot be made as it is written.
fn nonsense(message: String, help: &str) -> TaskError {
    TaskError { code: "R0017".into(), message, help: Some(help.into()), ..TaskError::default() }
}

/// Runs a sweep and fills in its result.
///
/// # Errors
/// Nothing could be run, or no member came to its end.
pub fn run(sweep: Sweep, request: &mut Request, result: &mut TaskResult) -> Result<(), TaskError> {
    let mut common = prepare(sweep, result)?;
    result.stats.push(("compile_s", Number::Real(request.started.elapsed().as_secs_f64())));
    let mut seconds = Vec::new();
    let mut gathered = None;
    for _ in 0..=request.repeat {
        let begin = Instant::now();
        let again = gather(&common, request, &result.model);
        seconds.push(begin.elapsed().as_secs_f64());
        gathered.get_or_insert(again);
    }
    let gathered = gathered.expect("the sweep ran at least once");
    report::fill(&mut common, gathered, &mut seconds, result)
}

/// Finds the members, the columns and the statistics, and makes the kernels.
fn prepare<'s>(sweep: Sweep<'s>, result: &mut TaskResult) -> Result<Common<'s>, TaskError> {
    let Sweep { program, task, method, options, span, ends, read, given, weights, sources } = sweep;
    let missing = |missing: Missing| failure::of_missing(&missing, method);
    let base = Values::new(&program, span[0], &given, &weights).map_err(missing)?;
    let designed = design::design(&program, task, &base, span[0], &mut result.notes);
    let (design, varied) = designed.map_err(|trouble| match trouble {
        Trouble::Missing(lacking) => missing(lacking),
        Trouble::Error(error) => error,
    })?;
    let ends = match ends_vary(&program, &read, &design, &varied).map_err(missing)? {
        true => Ends::Vary(ends),
        false => Ends::Same(span),
    };
    let plot = task.options.plot.as_deref().unwrap_or(&[]);
    let (observed, summary) = if task.statistics.is_empty() {
        (Observed::columns(&program, task.options.table.as_deref(), plot).map_err(missing)?, None)
    } else {
        statistics_make_sense(&options.save, &ends)?;
        let summary = Summary::new(&program, task, &columns(task), &varied)?;
        (Observed::values(&program, &summary.values).map_err(missing)?, Some(summary))
    };
    Reader::new(&program, &observed).map_err(missing)?;
    let times = match &options.save {
        Save::End => vec![span[1]],
        save => save.times_in_order(span[0], span[1]),
    };
    if summary.is_none() {
        rows_fit(&design, times.len().max(1), 1 + observed.width())?;
    }
    let ensemble = ensemble(program, design, options.clone(), ends, given, weights).map_err(missing)?;
    let mut bound = ensemble.problem().map_err(missing)?;
    let engine = admit(bound.compiled(), method, &options, sources)?;
    // The kernel of a tile is compiled before the clock runs.
    let lanes = Tile::new(&mut bound, engine.as_ref()).map_or(1, |mut tile| {
        tile.rehearse(&mut bound);
        tile.len()
    });
    let save = options.save;
    Ok(Common {
        task,
        sources,
        method,
        engine,
        ensemble,
        varied,
        observed,
        summary,
        times,
        save,
        bound,
        lanes,
    })
}

/// Rows of all members that no memory holds are refused.
fn rows_fit(design: &Design, times: usize, width: usize) -> Result<(), TaskError> {
    let members = design.members();
    if members.saturating_mul((times * width) as u64) <= MOST_SAVED {
        return Ok(());
    }
    let message = format!(
        "{members} members with {times} rows of {width} numbers each are more than the {MOST_SAVED} numbers that can be kept"
    );
    Err(nonsense(message, "reduce them by a statistic, such as `table = [E(x)]`"))
}

/// Whether the ends of a run read what varies, or something that is declared in terms of it.
fn ends_vary(program: &Program, read: &[Expr], design: &Design, varied: &[Varied]) -> Result<bool, Missing> {
    let varies = |symbol: Symbol| varied.iter().any(|v| v.symbol == symbol);
    if read.iter().any(|&e| reads(program, e, &varies).is_some()) {
        return Ok(true);
    }
    let anything = |_: Symbol| true;
    Ok(read.iter().any(|&e| reads(program, e, &anything).is_some()) && design.is_followed(program)?)
}

fn ensemble(
    program: Arc<Program>,
    design: Design,
    options: Options,
    ends: Ends,
    given: Vec<Given>,
    weights: Vec<Given>,
) -> Result<Arc<Ensemble>, Missing> {
    Ensemble::new(program, design, options, ends, given, weights).map(Arc::new)
}

/// The columns of the table and those of the plot.
fn columns(task: &Task) -> Vec<&task::Column> {
    task.options.table.iter().chain(&task.options.plot).flatten().collect()
}

/// Statistics are taken at times that all members have in common.
fn statistics_make_sense(save: &Save, ends: &Ends) -> Result<(), TaskError> {
    let help = "take them at times that all members have, such as `save = 101`";
    match (save, ends) {
        (Save::Steps, _) => {
            Err(nonsense("the steps of different members are at different times".into(), help))
        }
        (_, Ends::Vary(_)) => {
            Err(nonsense("the members' spans differ, as what varies decides them".into(), help))
        }
        _ => Ok(()),
    }
}

/// Solves all members.
fn gather(common: &Common, request: &mut Request, model: &str) -> Gathered {
    let Common { ensemble, observed, .. } = common;
    let members = ensemble.design().members();
    let wanted = common.summary.as_ref().map(Summary::wanted);
    let totals = wanted.as_ref().map(|wanted| Totals::new(wanted, common.times.len(), members));
    let mut gathered = Gathered::new(totals);
    let width = if wanted.is_some() { common.times.len() * observed.width() } else { 1 };
    let plan = Plan {
        method: common.engine.as_ref(),
        observed,
        times: common.times.clone(),
        save: common.save.clone(),
        wanted,
        interrupt: request.interrupt.flag(),
    };
    let (label, progress) = (format!("sweep {model}"), &mut request.progress);
    let mut tell = |done: u64| {
        let (t, t1) = (done as f64, members as f64);
        progress(&Progress { task: &label, counted: Counted::Members, t, t0: 0.0, t1 });
    };
    let pool = Pool {
        members,
        leaf: leaf_size(members, common.lanes, width),
        threads: common.task.options.threads.map_or_else(cores, |n| n.min(1024) as usize),
        interrupt: plan.interrupt,
        progress: &mut tell,
    };
    let make = || {
        let bound = ensemble.problem().unwrap_or_else(|_| panic!("a problem of this model was made before"));
        let reader = Reader::new(ensemble.program(), observed);
        Worker::new(&plan, bound, reader.unwrap_or_else(|_| panic!("a reader of it was made before")))
    };
    in_order(pool, make, |worker, range| worker.work(range), |leaf| gathered.push(leaf));
    gathered
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Gathered {
    fn new(totals: Option<Totals>) -> Gathered {
        Gathered {
            rows: Vec::new(),
            totals,
            done: 0,
            failed: 0,
            listed: Vec::new(),
            counters: Counters::default(),
            notes: Vec::new(),
        }
    }

    /// Adds the next leaf.
    fn push(&mut self, leaf: Leaf) {
        match (leaf.kept, &mut self.totals) {
            (Kept::Rows(rows), _) => self.rows.extend(rows),
            (Kept::Parts(parts), Some(totals)) => totals.push(parts),
            (Kept::Parts(_), None) => {}
        }
        self.done += leaf.done;
        self.failed += leaf.failed;
        self.counters.add(&leaf.counters);
        let room = report::LISTED.saturating_sub(self.listed.len());
        self.listed.extend(leaf.listed.into_iter().take(room));
        if self.notes.is_empty() {
            self.notes = leaf.notes;
        }
    }
}
