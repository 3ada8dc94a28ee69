//! Tasks: what a run does with a model, with every name, shape, unit and option checked.

use crate::algebra::{Access, Expr, Range, Symbol};
use crate::diagnostics::Span;

use super::model::{Distribution, Values};

/// A task of the main file, over the algebra of the model that goes with it.
pub struct Task {
    pub kind: TaskKind,
    /// From 1, in file order.
    pub number: usize,
    pub model: String,
    /// What the arguments and the caller's settings give to variables instead of their declared values; a later one
    /// beats an earlier one.
    pub settings: Vec<Setting>,
    /// Which of the caller's settings name something of this model, by their places in the list.
    pub used: Vec<usize>,
    /// Ends of the run in the unit of `t`, over constants and parameters.
    pub over: Option<(Expr, Expr)>,
    pub options: Options,
    /// What columns, losses and observations read besides the model: reductions over rows, paths and members.
    pub statistics: Vec<Statistic>,
    /// Columns of data that expressions read, as symbols.
    pub columns: Vec<DataColumn>,
    /// Parts of a `fit`.
    pub fit: Option<Fit>,
    /// What a `sweep` varies.
    pub vary: Vec<Vary>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaskKind {
    Solve,
    Fit,
    Sweep,
}

/// A variable of the model or elements of it.
#[derive(Clone, Debug)]
pub struct Place {
    /// As written: `k`, `a.level`, `u[2]`.
    pub name: String,
    pub symbol: Symbol,
    /// Constant positions of one element; `None` for all.
    pub element: Option<Access>,
}

/// A value for a parameter, an initial value, an input or a guess.
#[derive(Clone, Debug)]
pub struct Setting {
    pub place: Place,
    /// Pieces of the whole variable, or one scalar piece for an element.
    pub values: Values,
    pub span: Span,
}

/// Every option; `None` and empty where the task does not say.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub method: Option<Method>,
    pub save: Option<Save>,
    pub seed: Option<u64>,
    pub paths: Option<u64>,
    pub threads: Option<u64>,
    pub samples: Option<u64>,
    pub segments: Option<u64>,
    pub batch: Option<u64>,
    pub t0: Option<Expr>,
    pub resample: Option<Resample>,
    pub table: Option<Vec<Column>>,
    pub plot: Option<Vec<Column>>,
    pub log: Option<Log>,
    pub sensitivity: Vec<Place>,
    pub wiener: Option<DataName>,
    pub out: Option<String>,
    pub device: Option<String>,
    pub gradient: Option<String>,
    pub checkpoint: Option<String>,
    pub save_weights: Option<String>,
    pub load_weights: Option<String>,
}

/// Whether the paths of a fit are drawn anew at each iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resample {
    Each,
    Once,
}

/// A method with the options given to it.
#[derive(Clone, Debug)]
pub struct Method {
    pub name: String,
    pub options: Vec<(String, MethodValue)>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum MethodValue {
    Number(f64),
    /// One number an unknown, in the order of the default columns.
    PerUnknown(Vec<f64>),
    Text(String),
}

/// Which times are saved.
#[derive(Clone, Debug)]
pub enum Save {
    /// Equispaced, both ends included.
    Count(u64),
    /// Exactly these.
    Times(Vec<Expr>),
    /// Equispaced between other ends.
    Linspace { from: Expr, to: Expr, count: u64 },
    /// Powers of ten.
    Logspace { from: f64, to: f64, count: u64 },
    /// Every step.
    Steps,
}

/// A column of the table, or one for each combination of the axes.
#[derive(Clone, Debug)]
pub struct Column {
    /// As written without blanks.
    pub name: String,
    pub axes: Vec<Range>,
    pub value: Expr,
    pub span: Span,
}

/// `log = [event, n]`.
#[derive(Clone, Debug)]
pub struct Log {
    pub event: String,
    /// Written after each firing.
    pub values: Vec<Column>,
}

/// A `data` declaration by name.
#[derive(Clone, Debug, PartialEq)]
pub struct DataName(pub String);

/// A number, or an array of them, that is reduced from many rows, paths or members.
#[derive(Clone, Debug)]
pub struct Statistic {
    pub symbol: Symbol,
    pub kind: StatisticKind,
    /// Of the value; the rows' sum and mean run over them too.
    pub axes: Vec<Range>,
    pub value: Expr,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StatisticKind {
    RowSum,
    RowMean,
    Expectation,
    Variance,
    Quantile(f64),
    /// Σ|w| and Σw² over the weights of a network, by its number.
    L1(usize),
    L2(usize),
}

/// A column of data as a symbol.
#[derive(Clone, Debug)]
pub struct DataColumn {
    pub symbol: Symbol,
    pub data: String,
    pub column: String,
}

/// The statements of a `fit`.
#[derive(Clone, Debug, Default)]
pub struct Fit {
    pub data: Vec<DataName>,
    pub free: Vec<Free>,
    /// Terms that are added up.
    pub minimize: Vec<Expr>,
    pub observations: Vec<Observation>,
    /// In order.
    pub optimizers: Vec<Optimizer>,
}

/// What a fit may change.
#[derive(Clone, Debug)]
pub enum Free {
    Place(Box<Place>),
    /// All weights of a network, by its name.
    Network(String),
}

/// `observed ~ distribution`, for each row and each combination of the axes.
#[derive(Clone, Debug)]
pub struct Observation {
    pub axes: Vec<Range>,
    pub observed: Expr,
    pub distribution: Distribution,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct Optimizer {
    pub name: String,
    pub options: Vec<(String, f64)>,
    pub span: Span,
}

/// `vary place = grid` or `vary place ~ distribution`.
#[derive(Clone, Debug)]
pub struct Vary {
    pub place: Place,
    pub values: Variation,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Variation {
    List(Vec<Expr>),
    Linspace { from: Expr, to: Expr, count: u64 },
    Logspace { from: f64, to: f64, count: u64 },
    Random(Distribution),
}
