//! The checked model: names resolved, shapes and units settled, equations classified.
//!
//! Every number is in the declared unit of its symbol; unit factors stand in the expressions.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::algebra::{Access, Algebra, Expr, Range, Symbol, Var};
use crate::diagnostics::Span;

/// A model for one choice of its structural arguments.
pub struct Model {
    pub name: String,
    pub doc: Option<String>,
    pub algebra: Algebra,
    /// `t`.
    pub time: Symbol,
    pub time_unit: Option<String>,
    /// The state of each highest derivative, which is no unknown where an explicit equation gives it.
    pub derivatives: FxHashMap<Symbol, Symbol>,
    /// States that are derivatives, and whose initial value (0) nobody gave: constraints may determine it.
    pub unsaid: Vec<Symbol>,
    /// Structural arguments and scalar constants by name, folded.
    pub constants: Vec<(String, f64)>,
    /// Everything that has a name, in declaration order; members of instances as `a.level`.
    pub variables: Vec<Variable>,
    pub networks: Vec<Network>,
    /// `let`s, layers of networks and arrays of constants, each after what it reads.
    pub definitions: Vec<Definition>,
    pub equations: Vec<Equation>,
    /// `init e = e` that are not initial values of a derivative: residuals that vanish at t0.
    pub initial_constraints: Vec<Constraint>,
    /// The comparisons at which the right-hand side jumps, so that a step has to end there.
    pub switches: Vec<Switch>,
    /// Values of states at other times.
    pub delays: Vec<Delay>,
    pub histories: Vec<History>,
    pub events: Vec<Event>,
    /// What may not be zero at bind.
    pub divisors: Vec<Divisor>,
    /// The columns of data that it reads.
    pub tables: Vec<Table>,
    /// Where an expression comes from: the first place in the source that made it.
    pub spans: FxHashMap<Expr, Span>,
    /// What this model uses that a solver of plain ODEs and index-1 DAEs cannot run.
    pub features: Vec<Feature>,
}

/// A symbol with a name in the source.
pub struct Variable {
    pub name: String,
    pub symbol: Symbol,
    pub kind: Kind,
    /// Lower bound of each index; elements are named `u[lower]` …
    pub lower: Vec<i64>,
    pub unit: Option<String>,
    pub doc: Option<String>,
    pub span: Span,
}

pub enum Kind {
    /// Differential unknown with its value at t0. `derivative_of` is the state whose derivative it is (`z'`).
    State {
        initial: Values,
        derivative_of: Option<Symbol>,
    },
    /// Algebraic unknown with a guess.
    Algebraic {
        guess: Values,
    },
    /// Runtime value; `None` where neither a default nor the network's initialiser gives one.
    Parameter {
        default: Values,
        bounds: Option<(Expr, Expr)>,
        prior: Option<Distribution>,
    },
    /// A weight of a network layer.
    Weight {
        network: String,
        initial: Initializer,
    },
    Discrete {
        initial: Values,
        boolean: Boolean,
    },
    /// Bound by the host; the default otherwise. (An input bound by a parent is a definition.)
    Input {
        default: Values,
    },
    /// A `let`; its `Definition` says what it is.
    Definition,
    /// Wiener processes; reads of the symbol are reads of the path, those of `rate` of the white noise `W'`.
    Noise {
        rate: Symbol,
        correlation: Option<Vec<Vec<f64>>>,
    },
}

/// Whether values print as numbers or as truth values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Boolean {
    Number,
    Truth,
}

/// Values of a symbol: pieces that tile it; an expression over `Axis` variables for each.
pub type Values = Vec<Piece>;

/// `symbol[target] = value` for each combination of the axes.
#[derive(Clone, Debug)]
pub struct Piece {
    pub axes: Vec<Range>,
    pub target: Access,
    pub value: Expr,
    pub span: Span,
}

/// `symbol[axes] = value`; axis k ranges over the k-th dimension of the pieces' ranges.
pub struct Definition {
    pub symbol: Symbol,
    pub pieces: Values,
}

/// One equation over its axes.
pub struct Equation {
    pub axes: Vec<Range>,
    pub form: Form,
    pub span: Span,
}

#[expect(clippy::large_enum_variant, reason = "equations are few, and nearly all of them are explicit")]
pub enum Form {
    /// `state[target]' = value`.
    Explicit { state: Symbol, target: Access, value: Expr },
    /// `Σ coefficient · state[target]' = value`: a row of a mass matrix.
    Mass { terms: Vec<MassTerm>, value: Expr },
    /// `0 = residual`, matched to the algebraic unknown it determines (by `check`'s perfect matching,
    /// for messages; the solver treats all of them together).
    Algebraic { residual: Expr },
    /// F(t, y, y') = 0, nonlinear in derivatives.
    Implicit { residual: Expr },
}

pub struct MassTerm {
    pub state: Symbol,
    pub target: Access,
    pub coefficient: Expr,
}

/// A residual that must vanish at t0.
pub struct Constraint {
    pub axes: Vec<Range>,
    pub residual: Expr,
    pub span: Span,
}

/// A comparison (`Less`, `LessEqual`, …) that is a root: it stands in an `if`, or as a number, in the model's own
/// equations and definitions, and not inside `fn`, `layer` or `smooth(…)`; or a call there of a function that jumps
/// (`step sign floor ceil round mod`). Conditions of constants and parameters alone are none. `and`, `or` and `not`
/// are taken apart: each comparison is a switch of its own.
pub struct Switch {
    /// The index variables that the condition depends on, with their ranges: axes of the equation, and
    /// (`Var::Bound`) those of the reductions around it.
    pub variables: Vec<(Var, Range)>,
    /// The comparison or the call, as this node in the equations.
    pub condition: Expr,
    pub span: Span,
}

/// The value of a state at another time, `x(t - τ)`: `symbol[axes] = read` at the time `t - lag`. Equations read
/// the symbol.
pub struct Delay {
    pub symbol: Symbol,
    pub axes: Vec<Range>,
    /// The read of the state (or of its derivative) over `Axis` variables.
    pub read: Expr,
    pub lag: Expr,
    pub span: Span,
}

/// A column of data that `interp` reads, over the data's times.
#[derive(Clone, Debug)]
pub struct Table {
    /// What its functions are called by ([`crate::algebra::table::TableFunction::column`]).
    pub column: String,
    pub interpolation: Interpolation,
    /// Or why the data was not read.
    pub points: Result<Points, String>,
    pub span: Span,
}

/// Times that ascend, with a value each; all are finite.
#[derive(Clone, Debug)]
pub struct Points {
    pub times: Arc<[f64]>,
    pub values: Arc<[f64]>,
}

/// What runs between the points of a table. Outside of them it is constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Interpolation {
    #[default]
    Linear,
    /// The cubic spline with two continuous derivatives whose first and last two pieces are one cubic each ("not a knot"),
    /// as SciPy's `CubicSpline` is unless told otherwise.
    Cubic,
}

impl Interpolation {
    /// The degree of its pieces.
    pub fn degree(self) -> usize {
        match self {
            Interpolation::Linear => 1,
            Interpolation::Cubic => 3,
        }
    }
}

/// Something that an equation was divided by: a parameter that may not be zero at bind.
pub struct Divisor {
    pub axes: Vec<Range>,
    pub value: Expr,
    pub span: Span,
}

/// The values of a state before t0, pieces as functions of t.
pub struct History {
    pub state: Symbol,
    pub pieces: Values,
}

/// A distribution with its parameters, as in `~ normal(m, s)`.
#[derive(Clone, Debug)]
pub struct Distribution {
    pub name: String,
    pub arguments: Vec<Expr>,
}

/// How the weights of a layer start.
#[derive(Clone, Debug, PartialEq)]
pub enum Initializer {
    GlorotUniform {
        fan_in: u64,
        fan_out: u64,
    },
    GlorotNormal {
        fan_in: u64,
        fan_out: u64,
    },
    HeUniform {
        fan_in: u64,
    },
    HeNormal {
        fan_in: u64,
    },
    Orthogonal,
    Normal {
        mean: f64,
        deviation: f64,
    },
    Uniform {
        low: f64,
        high: f64,
    },
    Zeros,
    /// Row-major.
    Values(Vec<f64>),
}

/// What happens at an instant, once for each combination of the axes.
pub struct Event {
    pub name: String,
    pub axes: Vec<Range>,
    pub trigger: Trigger,
    pub actions: Vec<Action>,
    pub span: Span,
}

pub enum Trigger {
    /// When the condition becomes true.
    When(Expr),
    /// At these times.
    At(Vec<Expr>),
    /// At `from`, `from + period`, …; without `from`, first one period after t0.
    Every { period: Expr, from: Option<Expr> },
    /// A jump of a Poisson process with this rate.
    Rate(Expr),
}

/// What an event does; all its right-hand sides are read before any of its targets changes.
#[expect(clippy::large_enum_variant, reason = "actions are few, and nearly all of them assign")]
pub enum Action {
    /// `symbol[target] := value` over the event's axes and those of the piece.
    Assign {
        symbol: Symbol,
        piece: Piece,
    },
    Stop,
}

/// A trainable function with its weights, in the order in which they are flattened.
pub struct Network {
    pub name: String,
    pub inputs: u64,
    pub outputs: u64,
    /// Of the random initial weights.
    pub seed: Option<u64>,
    pub weights: Vec<Symbol>,
}

/// Something that needs more than this version's solvers, and where it stands.
pub struct Feature {
    pub kind: FeatureKind,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureKind {
    Event,
    Jump,
    Noise,
    Delay,
    HighIndex,
    Extern,
    /// `interp(d.c, x)` of data that is simulated.
    Data,
}
