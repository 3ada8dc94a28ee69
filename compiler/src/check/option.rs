//! The options of tasks, and the optimisers, as tables.

use super::task::TaskKind;

use TaskKind::{Fit, Solve, Sweep};

/// What an option holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionKind {
    Method,
    Save,
    /// A whole number, at least this.
    Count(u64),
    Columns,
    Log,
    Places,
    Time,
    Truth,
    Text,
    Choice(&'static [&'static str]),
    /// `table(t = .., W = ..)` or the name of a `data`.
    Data,
}

pub struct KnownOption {
    pub name: &'static str,
    pub kind: OptionKind,
    pub tasks: &'static [TaskKind],
}

const fn of(name: &'static str, kind: OptionKind, tasks: &'static [TaskKind]) -> KnownOption {
    KnownOption { name, kind, tasks }
}

const ALL: &[TaskKind] = &[Solve, Fit, Sweep];
const RUNS: &[TaskKind] = &[Solve, Sweep];

/// In the order of the documentation.
pub const OPTIONS: &[KnownOption] = &[
    of("method", OptionKind::Method, ALL),
    of("save", OptionKind::Save, RUNS),
    of("seed", OptionKind::Count(0), ALL),
    of("paths", OptionKind::Count(1), ALL),
    of("threads", OptionKind::Count(1), ALL),
    of("table", OptionKind::Columns, RUNS),
    of("plot", OptionKind::Columns, RUNS),
    of("log", OptionKind::Log, RUNS),
    of("sensitivity", OptionKind::Places, &[Solve]),
    of("wiener", OptionKind::Data, &[Solve]),
    of("out", OptionKind::Text, ALL),
    of("device", OptionKind::Text, ALL),
    of("load_weights", OptionKind::Text, ALL),
    of("save_weights", OptionKind::Text, &[Fit]),
    of("checkpoint", OptionKind::Text, &[Fit]),
    of(
        "gradient",
        OptionKind::Choice(&["auto", "forward", "discrete", "adjoint", "quadrature", "backsolve"]),
        &[Fit],
    ),
    of("segments", OptionKind::Count(1), &[Fit]),
    of("batch", OptionKind::Count(1), &[Fit]),
    of("t0", OptionKind::Time, &[Fit]),
    of("resample", OptionKind::Truth, &[Fit]),
    of("samples", OptionKind::Count(1), &[Sweep]),
];

/// Optimisers after `using`, with their options.
pub const OPTIMIZERS: &[(&str, &[&str])] = &[
    ("adam", &["lr", "steps", "beta1", "beta2", "epsilon", "clip", "decay"]),
    ("adamw", &["lr", "steps", "beta1", "beta2", "epsilon", "clip", "decay", "weight_decay"]),
    ("lbfgs", &["steps", "memory", "tolerance"]),
    ("levenberg_marquardt", &["steps", "damping", "tolerance"]),
];

impl TaskKind {
    /// As written.
    pub fn word(self) -> &'static str {
        match self {
            Solve => "solve",
            Fit => "fit",
            Sweep => "sweep",
        }
    }
}

/// An option of a kind of task.
pub fn find(name: &str, task: TaskKind) -> Option<&'static KnownOption> {
    OPTIONS.iter().find(|option| option.name == name && option.tasks.contains(&task))
}
