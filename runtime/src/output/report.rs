//! One document for a run: what every task computed, as plain data.

/// The results of a run, one entry for each task that ran, in file order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    pub tasks: Vec<TaskResult>,
}

impl Report {
    /// The task whose table `--format csv` prints: the last solve, or where there is none the last task with rows.
    pub fn csv_task(&self) -> Option<&TaskResult> {
        let solve = self.tasks.iter().rfind(|task| matches!(task.work, Work::Solve));
        solve.or_else(|| self.tasks.iter().rfind(|task| task.table.rows() > 0))
    }
}

/// What one `solve`, `fit` or `sweep` computed; after a failure, what was computed before it.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskResult {
    /// The task's number in its file, from 1.
    pub number: usize,
    pub work: Work,
    pub model: String,
    /// The doc comment of the model or of the task; the title of its figure.
    pub doc: Option<String>,
    /// One of the words that `language.md` lists: `finished`, `stopped`, `step_too_small`, …
    pub status: &'static str,
    pub table: Table,
    pub events: Vec<EventRecord>,
    /// Counters and times by name, in the order to print them: `steps`, `rejected`, …, `solve_s`.
    pub stats: Vec<(&'static str, Number)>,
    pub method: String,
    /// Why that method was chosen.
    pub reason: String,
    /// The form in which its linear systems were solved, and why; `None` where it solved none by a matrix.
    pub linear: Option<String>,
    /// Remarks that are not failures, such as options that the method does not know.
    pub notes: Vec<String>,
    pub error: Option<TaskError>,
    /// The columns that `plot = […]` asked for; empty where the task asks for no figure.
    pub plot: Vec<Column>,
    /// The file that `out = "…"` names.
    pub out: Option<String>,
}

impl TaskResult {
    pub fn failed(&self) -> bool {
        self.error.is_some()
    }

    pub fn stat(&self, name: &str) -> Option<Number> {
        self.stats.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }
}

/// The kind of a task with the results that only this kind has.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    Solve,
    Fit(FitResult),
    Sweep(SweepResult),
}

impl Work {
    pub fn kind(&self) -> &'static str {
        match self {
            Work::Solve => "solve",
            Work::Fit(_) => "fit",
            Work::Sweep(_) => "sweep",
        }
    }
}

/// The loss at the returned and at the start values, and the returned values themselves.
#[derive(Clone, Debug, PartialEq)]
pub struct FitResult {
    pub loss: f64,
    pub initial_loss: f64,
    pub parameters: Vec<(String, Value)>,
    pub iterations: u64,
    /// The name of the gradient method.
    pub gradient: String,
}

/// How many members a sweep had, how many of their solves failed, and the first of these.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SweepResult {
    pub members: u64,
    pub failed: u64,
    pub failures: Vec<FailedMember>,
}

/// A member that did not come to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedMember {
    /// Its number, from 1.
    pub member: u64,
    pub status: &'static str,
    pub t: Option<f64>,
    /// What varies, as it was for this member.
    pub values: Vec<(String, f64)>,
}

/// A freed parameter's value; a network's weights are one array.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Scalar(f64),
    Array(Vec<f64>),
}

/// A count or a real number of the statistics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Count(u64),
    Real(f64),
}

/// Columns of equal length; the first one is `t` for solves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    pub columns: Vec<Column>,
}

impl Table {
    pub fn rows(&self) -> usize {
        self.columns.iter().map(|column| column.values.len()).min().unwrap_or(0)
    }
}

/// One named column; an element of an array is named `u[2,3]`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Column {
    pub name: String,
    /// The declared unit, as written in the model.
    pub unit: Option<String>,
    pub doc: Option<String>,
    pub values: Vec<f64>,
}

impl Column {
    pub fn new(name: impl Into<String>, values: Vec<f64>) -> Self {
        Column { name: name.into(), values, ..Default::default() }
    }

    /// The name with its unit, as axes and table heads print it: `c [mg/L]`.
    pub fn label(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{} [{unit}]", self.name),
            None => self.name.clone(),
        }
    }
}

/// One firing of an event, with the values that `log = […]` asked for, read after it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRecord {
    pub name: String,
    pub t: f64,
    pub values: Vec<(String, f64)>,
}

/// Why a task failed: the code that `ndec explain` knows, and where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskError {
    pub code: String,
    pub message: String,
    pub help: Option<String>,
    pub t: Option<f64>,
    /// The unknown or event concerned.
    pub name: Option<String>,
    /// The line of the source, from 1.
    pub line: Option<usize>,
}
