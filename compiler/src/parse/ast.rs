//! The syntax tree: plain data, one node for each thing a user can write, with its place in the text.
//!
//! Equality ignores places and redundant parentheses, so `parse(print(ast)) == ast` can be stated. No expression is
//! deeper than [`MAX_DEPTH`]: sums, products and logical chains are flat, and what would be deeper is a [`ExprKind::Hole`]
//! with a diagnostic. Walks over the tree may therefore recurse freely.

use std::sync::Arc;

use crate::diagnostics::{FileId, Span};

/// Equality by the listed fields alone: places do not count.
macro_rules! equal_by {
    ($($type:ident: $($field:ident),+;)+) => {$(
        impl PartialEq for $type {
            fn eq(&self, other: &Self) -> bool {
                $(self.$field == other.$field)&&+
            }
        }
    )+};
}

mod expr;

pub use expr::*;

/// The deepest nesting of expressions, units and brackets that the parser accepts.
pub const MAX_DEPTH: u16 = 256;

/// A parsed file. Holes stand where the text was wrong; a diagnostic was then reported.
#[derive(Clone, Debug, Default)]
pub struct Ast {
    pub file: FileId,
    pub items: Vec<Item>,
    pub trivia: Trivia,
}

/// What the grammar ignores and the formatter keeps.
#[derive(Clone, Debug, Default)]
pub struct Trivia {
    /// Comments in text order, apart from the `///` that document a node.
    pub comments: Vec<Comment>,
    /// Offsets of blank lines (of the first one in a run), ascending.
    pub blanks: Vec<u32>,
    /// Offsets at which lines end, ascending.
    pub newlines: Vec<u32>,
}

/// A comment that documents nothing, `//` and its text without the line's end.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    pub text: Arc<str>,
    pub span: Span,
    pub place: CommentPlace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommentPlace {
    /// Alone on its line.
    OwnLine,
    /// After something on its line.
    Trailing,
}

/// One line of documentation, without its `///` and one blank after it.
pub type Doc = Arc<str>;

/// An identifier, in NFC and with the micro sign folded.
#[derive(Clone, Debug, Eq)]
pub struct Name {
    pub text: Arc<str>,
    pub span: Span,
}

/// A declaration or task of a file.
#[derive(Clone, Debug)]
pub struct Item {
    pub docs: Vec<Doc>,
    pub kind: ItemKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    Import(Import),
    Function(Function),
    ExternFunction(ExternFunction),
    Layer(Layer),
    Data(Data),
    Model(Model),
    Solve(Solve),
    Fit(Fit),
    Sweep(Sweep),
    /// A diagnostic was reported.
    Hole,
}

/// `import "path" as name`.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub path: Text,
    pub alias: Option<Name>,
}

/// A string literal without its quotes; the span includes them.
#[derive(Clone, Debug, Eq)]
pub struct Text {
    pub text: Arc<str>,
    pub span: Span,
}

/// `fn name(arguments) = body derivative e`.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub name: Name,
    pub arguments: Vec<Name>,
    pub body: Expr,
    pub derivative: Option<Expr>,
}

/// `extern fn name(arguments) derivative e`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternFunction {
    pub name: Name,
    pub arguments: Vec<Name>,
    pub derivative: Option<Expr>,
}

/// `layer name(arguments): input -> output { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pub name: Name,
    pub arguments: Vec<LayerArgument>,
    pub input: Name,
    pub output: Name,
    pub body: Vec<LayerStatement>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LayerArgument {
    pub name: Name,
    pub default: Option<Expr>,
}

#[derive(Clone, Debug)]
pub struct LayerStatement {
    pub docs: Vec<Doc>,
    pub kind: LayerStatementKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum LayerStatementKind {
    /// `weight name[dims] = initial`.
    Weight {
        name: Name,
        dims: Vec<Expr>,
        initial: Option<Expr>,
    },
    Let(Let),
    Return(Expr),
    Hole,
}

/// `data name = source`.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    pub name: Name,
    pub source: Expr,
}

/// `model name(arguments) { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub name: Name,
    pub arguments: Vec<Setting>,
    pub body: Vec<Statement>,
}

/// `name = value`: a structural argument of a model, or an option of a task or a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    pub name: Name,
    pub value: Expr,
}

/// `solve target over range { options }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Solve {
    pub target: Target,
    pub over: Range,
    pub options: Vec<Setting>,
}

/// `fit target on data { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    pub target: Target,
    pub data: Vec<Name>,
    pub body: Vec<FitStatement>,
}

#[derive(Clone, Debug)]
pub struct FitStatement {
    pub docs: Vec<Doc>,
    pub kind: FitStatementKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FitStatementKind {
    /// `free a, b[1], c.d`.
    Free(Vec<Expr>),
    Minimize(Expr),
    /// `using adam(…) then lbfgs(…)`: the optimisers in order.
    Using(Vec<Expr>),
    /// `observed ~ distribution`.
    Observe {
        observed: Expr,
        distribution: Expr,
    },
    Option(Setting),
    Hole,
}

/// `sweep target over range { … }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    pub target: Target,
    pub over: Range,
    pub body: Vec<SweepStatement>,
}

#[derive(Clone, Debug)]
pub struct SweepStatement {
    pub docs: Vec<Doc>,
    pub kind: SweepStatementKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SweepStatementKind {
    /// `vary x = grid`.
    VaryGrid {
        target: Expr,
        grid: Expr,
    },
    /// `vary x ~ distribution`.
    VaryRandom {
        target: Expr,
        distribution: Expr,
    },
    Option(Setting),
    Hole,
}

/// `path.to.Model(arguments)`.
#[derive(Clone, Debug)]
pub struct Target {
    /// At least one name.
    pub path: Vec<Name>,
    pub arguments: Vec<Argument>,
    pub span: Span,
}

/// `from..to`, both ends included.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    pub from: Expr,
    pub to: Expr,
}

/// A statement of a model's body.
#[derive(Clone, Debug)]
pub struct Statement {
    pub docs: Vec<Doc>,
    pub kind: StatementKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `const name[dims] = value`.
    Const {
        name: Name,
        dims: Vec<Expr>,
        value: Expr,
    },
    Param(Vec<Parameter>),
    State(Vec<Variable>),
    Alg(Vec<Variable>),
    Discrete(Vec<Variable>),
    Input(Vec<Variable>),
    Index(Index),
    /// `noise name[dims] corr matrix`.
    Noise {
        name: Name,
        dims: Vec<Expr>,
        correlation: Option<Expr>,
    },
    Net(Net),
    /// `history x[i] = e for i in …`.
    History(Let),
    /// `init left = right for …`.
    Init(Equation),
    Let(Let),
    Function(Function),
    /// `use target as name`.
    Use {
        target: Target,
        name: Name,
    },
    Event(Event),
    Equation(Equation),
    Hole,
}

/// `name[dims]: unit = value`; the value is required of none by the grammar.
#[derive(Clone, Debug)]
pub struct Variable {
    /// `///` lines between the members of a list; those before the keyword belong to the statement.
    pub docs: Vec<Doc>,
    pub name: Name,
    pub dims: Vec<Expr>,
    pub unit: Option<Unit>,
    pub value: Option<Expr>,
    pub span: Span,
}

/// `name[dims]: unit = value in [low, high] ~ prior`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub variable: Variable,
    pub bounds: Option<Bounds>,
    pub prior: Option<Expr>,
}

/// `[low, high]`.
#[derive(Clone, Debug)]
pub struct Bounds {
    pub low: Expr,
    pub high: Expr,
    pub span: Span,
}

/// `index i, j in range periodic`.
#[derive(Clone, Debug, PartialEq)]
pub struct Index {
    pub names: Vec<Name>,
    pub range: Range,
    pub boundary: Option<Boundary>,
}

/// What `i±k` means past the ends of an index set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    Periodic,
    Mirror,
    Zero,
}

/// `net name: inputs -> outputs = layer >> layer { options }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Net {
    pub name: Name,
    pub inputs: Expr,
    pub outputs: Expr,
    /// At least one.
    pub layers: Vec<Expr>,
    pub options: Vec<Setting>,
}

/// `pattern = value for binders`: a definition, or the past of a state.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    pub pattern: Pattern,
    pub value: Expr,
    pub binders: Vec<Binder>,
}

/// What stands left of a definition.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// `name[dims]: unit`.
    One { name: Name, dims: Vec<Expr>, unit: Option<Unit> },
    /// `(p, q)`: at least two names.
    Tuple(Vec<Name>),
}

/// `left = right for binders`.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    pub left: Expr,
    pub right: Expr,
    pub binders: Vec<Binder>,
}

/// `i in a..b`, or `i` over its own index set.
#[derive(Clone, Debug, PartialEq)]
pub struct Binder {
    pub name: Name,
    pub range: Option<Range>,
}

/// `event name[dims]: trigger { actions }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub name: Name,
    pub dims: Vec<Expr>,
    pub trigger: Trigger,
    pub actions: Vec<Action>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    When(Expr),
    At(Expr),
    Every { period: Expr, from: Option<Expr> },
    Rate(Expr),
    Hole,
}

#[derive(Clone, Debug)]
pub struct Action {
    pub kind: ActionKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ActionKind {
    /// `target := value`.
    Assign {
        target: Expr,
        value: Expr,
    },
    Stop,
    Hole,
}

equal_by! {
    Ast: items;
    Name: text;
    Text: text;
    Item: docs, kind;
    LayerStatement: docs, kind;
    FitStatement: docs, kind;
    SweepStatement: docs, kind;
    Statement: docs, kind;
    Variable: docs, name, dims, unit, value;
    Target: path, arguments;
    Bounds: low, high;
    Action: kind;
}

impl Boundary {
    /// Every rule, in the order of the documentation.
    pub const ALL: [Boundary; 3] = [Boundary::Periodic, Boundary::Mirror, Boundary::Zero];

    /// As written.
    pub fn word(self) -> &'static str {
        match self {
            Boundary::Periodic => "periodic",
            Boundary::Mirror => "mirror",
            Boundary::Zero => "zero",
        }
    }
}
