//! The names of a model and of its instances: who declares what, and what it turned out to be.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::algebra::{Affine, Algebra, Expr, Function, Range, Symbol, Var};
use crate::diagnostics::{Diagnostic, Diagnostics, Span};
use crate::parse::ast;

use super::model::{Boolean, Definition, Feature, FeatureKind, Switch};
use super::module::Module;
use super::network::Network;
use super::unit::Unit;
use super::value::{Scalar, Value};

/// A model or an instance of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScopeId(pub usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityId(pub usize);

/// The names that one instance declares.
pub struct Scope<'a> {
    /// `` for the model itself, `a.` for its instance a.
    pub prefix: String,
    pub file: usize,
    pub model: &'a ast::Model,
    pub parent: Option<ScopeId>,
    pub names: FxHashMap<Arc<str>, EntityId>,
}

/// Something declared in a model.
pub struct Entity<'a> {
    pub name: Arc<str>,
    pub scope: ScopeId,
    pub span: Span,
    pub docs: &'a [ast::Doc],
    pub declaration: Declaration<'a>,
    pub meaning: Meaning,
    /// What a parent or a caller gives instead of the declared value, and the scope it is written in.
    pub bound: Option<Bound<'a>>,
}

/// A value given from outside of the declaration.
#[derive(Clone, Copy)]
pub enum Bound<'a> {
    /// By the caller of `check`.
    Number(f64),
    /// By an argument of a task: a constant, apart from the model's names.
    Outside(&'a ast::Expr),
    /// By the argument of a `use`.
    Expr(&'a ast::Expr, ScopeId),
}

#[derive(Clone)]
pub enum Declaration<'a> {
    Argument(&'a ast::Setting),
    Const {
        dims: &'a [ast::Expr],
        value: &'a ast::Expr,
    },
    Param(&'a ast::Parameter),
    State(&'a ast::Variable),
    Alg(&'a ast::Variable),
    Discrete(&'a ast::Variable),
    Input(&'a ast::Variable),
    Index(&'a ast::Index),
    Noise {
        dims: &'a [ast::Expr],
        correlation: Option<&'a ast::Expr>,
    },
    Net(&'a ast::Net),
    /// All pieces of one name.
    Let(Vec<&'a ast::Let>),
    /// The k-th name of a tuple whose first name is another entity (or this one).
    Part {
        definition: &'a ast::Let,
        rank: usize,
    },
    Function(&'a ast::Function),
    Instance(ScopeId),
    Event,
}

/// What an entity turned out to be.
#[derive(Clone)]
pub enum Meaning {
    /// Not looked at yet.
    Pending,
    /// A diagnostic was reported; what reads it stays silent.
    Broken,
    /// A folded number.
    Constant(Scalar),
    Array(Box<Array>),
    Index(IndexSet),
    Network(usize),
    /// A function, an instance or an event: its declaration says all.
    Declared,
}

/// Something whose elements are read through a symbol.
#[derive(Clone)]
pub struct Array {
    pub symbol: Symbol,
    pub dims: SmallVec<[ArrayDim; 2]>,
    pub unit: Unit,
    pub truth: Boolean,
    pub role: Role,
    pub full_name: Arc<str>,
}

/// A dimension of an array: the values of its subscript.
#[derive(Clone, Debug)]
pub struct ArrayDim {
    pub range: Range,
    /// The index set's name, where the dimension was declared by one.
    pub index: Option<Arc<str>>,
    pub boundary: Option<ast::Boundary>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Constant,
    Parameter,
    Weight,
    Input,
    Discrete,
    State,
    Algebraic,
    Definition,
    Noise,
}

#[derive(Clone, Debug)]
pub struct IndexSet {
    pub range: Range,
    pub boundary: Option<ast::Boundary>,
}

/// A name bound inside an expression.
#[derive(Clone)]
pub enum Local {
    /// An index variable; `set` is the range and the rule of its index set.
    Index { affine: Affine, set: Option<IndexSet> },
    /// An argument of an inlined function.
    Value(Value),
    /// A function by its name, as an argument of a layer; looked up in the file that named it.
    Function { file: usize, name: Arc<str> },
    /// Layers as an argument of a layer.
    Layers(usize),
}

/// Whether comparisons become roots where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    Found,
    Ignored,
}

/// Where an expression is being expanded.
#[derive(Clone)]
pub struct Site {
    pub scope: ScopeId,
    /// The file whose functions are seen; differs from the scope's inside an imported function.
    pub file: usize,
    /// Whether the scope's own names are seen: not in the body of a file's function.
    pub names: Names,
    pub locals: Vec<(Arc<str>, Local)>,
    pub roots: Roots,
    /// Functions that are being inlined, outermost first.
    pub calls: Vec<Arc<str>>,
    /// The user's call, while a body of the library is expanded.
    pub span: Option<Span>,
}

/// Which names an expression sees besides its locals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    Scope,
    FileOnly,
    Library,
}

/// How far from constant something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    #[default]
    Constant,
    Parameter,
    Input,
    Time,
    Discrete,
    State,
    Noise,
}

/// A jump of an expression whose variables are not final yet.
pub struct PendingSwitch {
    pub condition: Expr,
    pub span: Span,
    /// Variables of the reductions around it.
    pub bound: Vec<(Var, Range)>,
}

/// A state's symbols: itself, its derivatives that are states, and its highest derivative.
pub struct StateChain {
    /// `x`, `x'`, … as states.
    pub states: Vec<Symbol>,
    /// The derivative of the last one: no unknown, its equation gives it.
    pub derivative: Symbol,
}

/// The model under construction.
pub struct Builder<'a> {
    pub module: &'a Module,
    pub algebra: Algebra,
    pub scopes: Vec<Scope<'a>>,
    pub entities: Vec<Entity<'a>>,
    pub definitions: Vec<Definition>,
    pub networks: Vec<Network<'a>>,
    /// Layers that stand in arguments of layers, by number.
    pub inner_layers: Vec<Vec<super::network::Layer<'a>>>,
    /// Level of every symbol that can be read.
    pub levels: FxHashMap<Symbol, Level>,
    pub arrays: FxHashMap<Symbol, Array>,
    /// Derivatives by the state they belong to.
    pub chains: FxHashMap<Symbol, StateChain>,
    /// The state whose derivative a symbol is.
    pub derivative_of: FxHashMap<Symbol, Symbol>,
    /// Every state, derivatives of states that are states included.
    pub state_symbols: FxHashSet<Symbol>,
    /// Highest derivatives that have a definition.
    pub defined_derivatives: FxHashSet<Symbol>,
    /// Highest derivatives without one that definitions read, through others too.
    pub tainted: FxHashMap<Symbol, FxHashSet<Symbol>>,
    pub divisors: Vec<super::model::Divisor>,
    /// Derivatives of definitions by a symbol, where they depend on it.
    pub companions: FxHashMap<(Symbol, Symbol), Option<Symbol>>,
    /// Highest derivative of each state that occurs in the model.
    pub orders: FxHashMap<EntityId, u32>,
    /// With the unit of the result.
    pub functions: FxHashMap<FunctionKey, (Function, Unit)>,
    pub ranges: FxHashMap<Var, Range>,
    pub spans: FxHashMap<Expr, Span>,
    pub switches: Vec<Switch>,
    pub data_tables: Vec<super::model::Table>,
    pub pending_switches: Vec<PendingSwitch>,
    pub known_switches: FxHashSet<(Expr, Vec<super::value::Dim>)>,
    pub features: Vec<Feature>,
    /// A row that determines an unknown only where rows are differentiated.
    pub constraint: Option<Span>,
    /// States that are derivatives, without an `init`.
    pub unsaid: Vec<Symbol>,
    pub delays: Vec<super::model::Delay>,
    /// Symbols of the delays, by what is read, the lag and the axes.
    pub known_delays: FxHashMap<(Expr, Expr, Vec<Range>), Symbol>,
    pub time: Symbol,
    pub time_unit: Unit,
    /// Values of `let (p, q) = e`, by the place of e.
    pub tuples: FxHashMap<Span, Value>,
    /// The white noise of each path.
    pub noise_rates: FxHashMap<Symbol, Symbol>,
    /// Constant arrays that stand as subscripts, and their tables.
    pub tables: FxHashMap<super::access::TableKey, u32>,
    /// Spellings of units by their meaning, for messages.
    pub unit_names: Vec<(Unit, String)>,
    pub units: Units,
    pub site: Site,
    /// What the expressions of a task may read besides the model, while one is checked.
    pub task: Option<super::statistic::TaskContext>,
    /// Undeclared names that were complained about.
    pub reported: FxHashSet<(ScopeId, Arc<str>)>,
    pub depth: u32,
    /// Nodes that may still be expanded.
    pub budget: u64,
    pub diagnostics: &'a mut Diagnostics,
}

/// A function of the algebra: its file (`None` for the library), its name, and its arguments' units.
pub type FunctionKey = (Option<usize>, Arc<str>, Vec<String>);

/// Whether units are checked: once one symbol of the model has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    On,
    Off,
}

impl<'a> Builder<'a> {
    pub fn complain<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.diagnostics.push(diagnostic);
        None
    }

    pub fn scope(&self) -> &Scope<'a> {
        &self.scopes[self.site.scope.0]
    }

    pub fn entity(&self, id: EntityId) -> &Entity<'a> {
        &self.entities[id.0]
    }

    pub fn full_name(&self, id: EntityId) -> String {
        let entity = self.entity(id);
        format!("{}{}", self.scopes[entity.scope.0].prefix, entity.name)
    }

    /// A name declared in the scope of the site, where scope names are seen.
    pub fn find(&self, name: &str) -> Option<EntityId> {
        match self.site.names {
            Names::Scope => self.scope().names.get(name).copied(),
            Names::FileOnly | Names::Library => None,
        }
    }

    pub fn local(&self, name: &str) -> Option<&Local> {
        self.site.locals.iter().rev().find(|(n, _)| **n == *name).map(|(_, local)| local)
    }

    /// Runs `f` at another site and comes back.
    pub fn at<T>(&mut self, site: Site, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.site, site);
        let result = f(self);
        self.site = before;
        result
    }

    /// The site at the top of a scope, without locals.
    pub fn site_of(&self, scope: ScopeId) -> Site {
        Site {
            scope,
            file: self.scopes[scope.0].file,
            names: Names::Scope,
            locals: Vec::new(),
            roots: Roots::Found,
            calls: Vec::new(),
            span: None,
        }
    }

    pub fn range(&self, var: Var) -> Range {
        self.ranges.get(&var).copied().unwrap_or(Range::new(0, 1))
    }

    /// A fresh variable over a range.
    pub fn fresh(&mut self, range: Range) -> Var {
        let var = self.algebra.fresh();
        self.ranges.insert(var, range);
        var
    }

    /// Remembers where an expression stands, and gives it back.
    pub fn mark(&mut self, e: Expr, span: Span) -> Expr {
        let span = self.site.span.unwrap_or(span);
        self.spans.entry(e).or_insert(span);
        e
    }

    pub fn feature(&mut self, kind: FeatureKind, span: Span) {
        self.features.push(Feature { kind, span });
    }

    /// How far from constant an expression is, and a symbol that makes it so.
    pub fn level(&self, e: Expr) -> (Level, Option<Symbol>) {
        let mut highest = (Level::Constant, None);
        for n in self.algebra.reachable(e, true) {
            if let crate::algebra::Node::Read(symbol, _) = self.algebra.node(n) {
                let level = self.levels.get(&symbol).copied().unwrap_or_default();
                if level > highest.0 {
                    highest = (level, Some(symbol));
                }
            }
        }
        highest
    }

    /// A unit as some declaration spells it; in base units, or as a product or quotient of two that are spelled where it is a
    /// multiple of these.
    pub fn unit_text(&self, unit: Unit) -> String {
        let is_it = |known: Unit| known.factor_to(unit).is_some_and(|x| (x - 1.0).abs() < 1e-12);
        let known = self.unit_names.iter().find(|(known, _)| is_it(*known));
        if let Some((_, text)) = known {
            return text.clone();
        }
        if unit.is_dimensionless() || unit.is_coherent() {
            return unit.describe();
        }
        let time = (self.time_unit, self.time_unit.describe());
        let spelled: Vec<&(Unit, String)> =
            self.unit_names.iter().take(MOST_SPELLED).chain([&time]).collect();
        let pairs = || spelled.iter().flat_map(|a| spelled.iter().map(move |b| (a, b)));
        if let Some(((_, a), (_, b))) = pairs().find(|(a, b)| is_it(a.0.per(b.0))) {
            return if b.contains(['*', '/']) { format!("{a}/({b})") } else { format!("{a}/{b}") };
        }
        match pairs().find(|(a, b)| is_it(a.0.times(b.0))) {
            Some(((_, a), (_, b))) => format!("{a}*{b}"),
            None => unit.describe(),
        }
    }

    /// A parameter or a constant by which a quantity has to be multiplied to change its unit from one to the other, or
    /// divided.
    pub fn missing_factor(&self, from: Unit, to: Unit) -> Option<(Arc<str>, Factor)> {
        let ratio = to.per(from);
        let mut fitting: Vec<(Arc<str>, Factor)> = self
            .arrays
            .values()
            .filter(|a| matches!(a.role, Role::Parameter | Role::Constant) && !a.unit.is_dimensionless())
            .filter_map(|a| match a.unit {
                unit if unit.same_dimension(ratio) => Some((a.full_name.clone(), Factor::Multiply)),
                unit if unit.inverse().same_dimension(ratio) => Some((a.full_name.clone(), Factor::Divide)),
                _ => None,
            })
            .collect();
        fitting.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        fitting.into_iter().next()
    }

    /// The meaning of a unit as written; none written is dimensionless.
    pub fn unit(&mut self, unit: Option<&ast::Unit>) -> Option<Unit> {
        let Some(written) = unit else { return Some(Unit::ONE) };
        match Unit::parse(written) {
            Ok(unit) => {
                let text = super::unit::text(written);
                if !self.unit_names.iter().any(|(_, known)| *known == text) {
                    self.unit_names.push((unit, text));
                }
                Some(unit)
            }
            Err(wrong) => self.complain(super::error::bad_unit(wrong, written.span)),
        }
    }
}

/// What a quantity lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Factor {
    Multiply,
    Divide,
}

/// Spellings of units that are tried together.
const MOST_SPELLED: usize = 30;

impl Array {
    pub fn extents(&self) -> Vec<u64> {
        self.dims.iter().map(|dim| dim.range.len()).collect()
    }
}
