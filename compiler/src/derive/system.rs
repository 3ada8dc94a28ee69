//! The system M u′ = f(t, u, p): the layout of the vectors, the rows of f, and the definitions they read.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::algebra::{Access, Algebra, Expr, Node, Range, Symbol};
use crate::check::model::{Definition, Kind, Model, Piece};
use crate::diagnostics::Span;
use crate::emit::kernel::{Buffer, Role, Slot};
use crate::emit::routine::{Place, Routine};

pub use super::event::Happening;
pub use super::mode::{Mode, Reader, Timing};
use super::structure::{Hidden, Obstacle, Shape, Standing, Structure};
pub use super::variational::Direction;

/// A named part of a flat vector.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub symbol: Symbol,
    /// Position of its first element.
    pub offset: u64,
    pub dims: SmallVec<[u64; 2]>,
    /// The subscript of the first element along each dimension, as the user counts.
    pub lower: Vec<i64>,
    /// What it is the derivative of, where it is one.
    pub quotient: Option<Quotient>,
}

/// The derivative d(of)/d(by): the last dimensions are those of `by`, with their first subscripts.
#[derive(Clone, Debug, PartialEq)]
pub struct Quotient {
    pub of: String,
    pub by: String,
    pub lower: Vec<i64>,
}

impl Part {
    pub fn len(&self) -> u64 {
        self.dims.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A flat vector made of parts.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    pub parts: Vec<Part>,
    pub len: u64,
}

impl Layout {
    pub fn push(&mut self, algebra: &Algebra, name: &str, symbol: Symbol, lower: &[i64]) {
        let dims = algebra.symbol(symbol).dims.clone();
        let lower = lower.to_vec();
        let part = Part { name: name.into(), symbol, offset: self.len, dims, lower, quotient: None };
        self.len += part.len();
        self.parts.push(part);
    }

    pub fn find(&self, symbol: Symbol) -> Option<&Part> {
        self.parts.iter().find(|p| p.symbol == symbol)
    }

    /// Gives every part its place in a buffer.
    pub fn place(&self, buffer: Buffer, places: &mut FxHashMap<Symbol, Place>) {
        for part in &self.parts {
            places.insert(part.symbol, Place::new(buffer, part.offset, &part.dims));
        }
    }
}

/// One row, or a loop of rows, of f.
#[derive(Clone, Debug)]
pub struct Row {
    pub axes: Vec<Range>,
    /// The symbol of the result that the row writes; a part of `System::results`.
    pub symbol: Symbol,
    pub target: Access,
    pub value: Expr,
    pub span: Span,
}

/// A piece of a definition that is computed once and stored.
#[derive(Clone, Debug)]
pub struct Stored {
    pub symbol: Symbol,
    pub axes: Vec<Range>,
    pub target: Access,
    pub value: Expr,
}

/// An entry, or a loop of entries, of the mass matrix.
#[derive(Clone, Debug)]
pub struct MassEntry {
    pub axes: Vec<Range>,
    /// The row, as an element of a result symbol.
    pub row: (Symbol, Access),
    /// The column, as an element of a state.
    pub column: (Symbol, Access),
    pub value: Expr,
}

/// Everything that routines are made from.
pub struct System {
    pub model: Model,
    /// u: states, then algebraic unknowns, then hidden ones.
    pub unknowns: Layout,
    /// Number of differential unknowns; they come first.
    pub differential: u64,
    /// What f writes: the derivative of each state, then residuals; as long as u, or longer with a `structure`.
    pub results: Layout,
    pub parameters: Layout,
    pub discretes: Layout,
    pub inputs: Layout,
    /// Values of states at other times.
    pub delayed: Layout,
    /// White noise W′, one a Wiener process.
    pub increments: Layout,
    pub modes: Layout,
    pub constants: Layout,
    pub rows: Vec<Row>,
    /// Entries of M that are not the identity's; `None` where M is the identity.
    pub mass: Option<Vec<MassEntry>>,
    /// Stored definitions that depend on time, unknowns or parameters, each after what it reads.
    pub stored: Vec<Stored>,
    /// Arrays of constants.
    pub constant: Vec<Stored>,
    pub switches: Vec<Mode>,
    pub events: Vec<Happening>,
    /// What the unknowns have their derivatives by, where these are unknowns beside them.
    pub directions: Vec<Direction>,
    /// Definitions that are filled in where they are read.
    pub(super) inlined: FxHashMap<Symbol, Vec<Piece>>,
    /// The same for what is observed: with the conditions themselves where rows read modes.
    pub(super) observed_inlined: FxHashMap<Symbol, Vec<Piece>>,
    /// Every definition as it is observed, each after what it reads.
    pub(super) observed: Vec<Stored>,
    /// Slopes of stored definitions and the layout of the tape, once they were asked for.
    pub(super) slopes: Option<FxHashMap<usize, super::tape::Slope>>,
    pub(super) tape: Option<Layout>,
    /// Derivatives that are unknowns, after the algebraic unknowns.
    pub hidden: Vec<Hidden>,
    /// Results that are derivatives of others: of which, and of what order.
    pub(super) derived: FxHashMap<Symbol, (Symbol, u32)>,
    /// How a square system is made of the rows, where they are more than the unknowns.
    pub structure: Option<Structure>,
    /// `init e = e` that give no value: residuals that vanish at t0, and what they are called.
    pub initial_rows: Vec<Row>,
    pub initial_results: Layout,
    /// Why a system of higher index could not be reduced: it cannot be solved.
    pub obstacle: Option<Obstacle>,
    /// What is known of the equations where there is no `structure`.
    pub standing: Standing,
}

impl System {
    pub fn new(mut model: Model) -> System {
        let mut shape = Shape::of(&mut model);
        let actual: Vec<Definition> = model.definitions.iter().map(copy).collect();
        let (switches, events) = super::mode::extract(&mut model);
        shape.reduce(&mut model);
        let layouts = Layouts::of(&model, &shape.hidden);
        let mut mode_layout = Layout::default();
        for mode in &switches {
            mode_layout.push(&model.algebra, "", mode.symbol, &[]);
        }
        let definitions = std::mem::take(&mut model.definitions);
        let equations = std::mem::take(&mut model.equations);
        let runtime = layouts.runtime(&mode_layout);
        let plan = super::plan::Plan::new(&mut model, definitions, &equations, &runtime);
        let observed = super::plan::Plan::new(&mut model, actual, &equations, &runtime);
        let mut system = System {
            results: Layout::default(),
            unknowns: layouts.unknowns,
            differential: layouts.differential,
            parameters: layouts.parameters,
            discretes: layouts.discretes,
            inputs: layouts.inputs,
            delayed: layouts.delayed,
            increments: layouts.increments,
            modes: mode_layout,
            constants: Layout::default(),
            rows: Vec::new(),
            mass: None,
            stored: plan.stored,
            constant: plan.constant,
            switches,
            events,
            directions: Vec::new(),
            inlined: plan.inlined,
            observed_inlined: observed.inlined,
            observed: observed.every,
            slopes: None,
            tape: None,
            hidden: Vec::new(),
            derived: FxHashMap::default(),
            structure: None,
            initial_rows: Vec::new(),
            initial_results: Layout::default(),
            obstacle: shape.obstacle.take(),
            standing: shape.standing,
            model,
        };
        for k in 0..system.constant.len() {
            let symbol = system.constant[k].symbol;
            if system.constants.find(symbol).is_none() {
                let name = system.model.algebra.symbol(symbol).name.clone();
                system.constants.push(&system.model.algebra, &name, symbol, &[]);
            }
        }
        let written =
            system.add_rows(equations, &shape.homes, &shape.derived.iter().map(|d| d.place).collect());
        system.derived = shape.derivatives(&written);
        system.structure = system.structure(&shape, &written);
        system.hidden = shape.hidden;
        system.add_initial_rows();
        // What only observables read is not computed at every step.
        let rows = system.rows.iter().map(|r| r.value);
        system.stored = needed(&system.model.algebra, &system.stored, rows);
        system
    }

    pub fn algebra(&mut self) -> &mut Algebra {
        &mut self.model.algebra
    }

    /// Absolute tolerances of all unknowns from those of the declared ones: a derivative has that of its unknown.
    pub fn tolerances(&self, mut declared: Vec<f64>) -> Vec<f64> {
        for h in &self.hidden {
            let below = self
                .unknowns
                .find(h.below)
                .map_or(0..0, |p| p.offset as usize..(p.offset + p.len()) as usize);
            let own: Vec<f64> = below.filter_map(|k| declared.get(k).copied()).collect();
            declared.extend(own);
        }
        declared
    }

    /// Length of u.
    pub fn dim(&self) -> u64 {
        self.unknowns.len
    }

    /// `e` as it is observed: definitions filled in where that is cheap, conditions as they are.
    pub fn expand_observed(&mut self, e: Expr) -> Expr {
        super::plan::expand(&mut self.model.algebra, &self.observed_inlined, e)
    }

    /// `e` with the definitions that are not stored filled in.
    pub fn expand(&mut self, e: Expr) -> Expr {
        super::plan::expand(&mut self.model.algebra, &self.inlined, e)
    }

    /// A routine with the inputs that all share: t, u, p, discrete variables, modes, constants, inputs; then delayed
    /// values and increments where the model has them.
    pub fn routine(&self, name: &str) -> Routine {
        let mut routine = Routine { name: format!("{}.{name}", self.model.name), ..Routine::default() };
        routine.inputs = vec![
            Slot::new(Role::Time, 1),
            Slot::new(Role::State, self.unknowns.len),
            Slot::new(Role::Parameters, self.parameters.len),
            Slot::new(Role::Discrete, self.discretes.len),
            Slot::new(Role::Modes, self.modes.len),
            Slot::shared(Role::Constants, self.constants.len),
            Slot::new(Role::Inputs, self.inputs.len),
        ];
        routine.places.insert(self.model.time, Place::new(Buffer::Input(0), 0, &[]));
        let layouts =
            [&self.unknowns, &self.parameters, &self.discretes, &self.modes, &self.constants, &self.inputs];
        for (k, layout) in layouts.into_iter().enumerate() {
            layout.place(Buffer::Input(k as u32 + 1), &mut routine.places);
        }
        let more = [(Role::Delayed, &self.delayed), (Role::Increments, &self.increments)];
        for (role, layout) in more.into_iter().filter(|(_, layout)| layout.len > 0) {
            layout.place(Buffer::Input(routine.inputs.len() as u32), &mut routine.places);
            routine.inputs.push(Slot::new(role, layout.len));
        }
        routine
    }

    /// Whether reading the symbol makes an expression depend on u.
    pub fn is_unknown(&self, symbol: Symbol) -> bool {
        self.unknowns.find(symbol).is_some()
    }
}

fn copy(definition: &Definition) -> Definition {
    Definition { symbol: definition.symbol, pieces: definition.pieces.clone() }
}

/// The definitions of a list that expressions need, directly or through others.
pub(super) fn needed(
    algebra: &Algebra,
    definitions: &[Stored],
    roots: impl IntoIterator<Item = Expr>,
) -> Vec<Stored> {
    let mut wanted: Vec<Symbol> = Vec::new();
    let mut pending: Vec<Expr> = roots.into_iter().collect();
    while let Some(e) = pending.pop() {
        for n in algebra.reachable(e, true) {
            let Node::Read(symbol, _) = algebra.node(n) else { continue };
            if !wanted.contains(&symbol) {
                wanted.push(symbol);
                pending.extend(definitions.iter().filter(|s| s.symbol == symbol).map(|s| s.value));
            }
        }
    }
    definitions.iter().filter(|s| wanted.contains(&s.symbol)).cloned().collect()
}

/// The layouts that a model's variables give.
struct Layouts {
    delayed: Layout,
    increments: Layout,
    unknowns: Layout,
    differential: u64,
    parameters: Layout,
    discretes: Layout,
    inputs: Layout,
}

impl Layouts {
    fn of(model: &Model, hidden: &[Hidden]) -> Layouts {
        let pick = |layout: &mut Layout, wanted: &dyn Fn(&Kind) -> bool| {
            for v in model.variables.iter().filter(|v| wanted(&v.kind)) {
                layout.push(&model.algebra, &v.name, v.symbol, &v.lower);
            }
        };
        let mut layouts = Layouts {
            delayed: Layout::default(),
            increments: Layout::default(),
            unknowns: Layout::default(),
            differential: 0,
            parameters: Layout::default(),
            discretes: Layout::default(),
            inputs: Layout::default(),
        };
        pick(&mut layouts.unknowns, &|k| matches!(k, Kind::State { .. }));
        layouts.differential = layouts.unknowns.len;
        pick(&mut layouts.unknowns, &|k| matches!(k, Kind::Algebraic { .. }));
        for h in hidden {
            layouts.unknowns.push(&model.algebra, &h.name, h.symbol, &h.lower);
        }
        pick(&mut layouts.parameters, &|k| matches!(k, Kind::Parameter { .. } | Kind::Weight { .. }));
        pick(&mut layouts.discretes, &|k| matches!(k, Kind::Discrete { .. }));
        pick(&mut layouts.inputs, &|k| matches!(k, Kind::Input { .. }));
        for delay in &model.delays {
            layouts.delayed.push(&model.algebra, "", delay.symbol, &[]);
        }
        for v in &model.variables {
            if let Kind::Noise { rate, .. } = v.kind {
                layouts.increments.push(&model.algebra, &v.name, rate, &v.lower);
            }
        }
        layouts
    }

    /// The symbols whose values are known only when a kernel runs, besides time.
    fn runtime(&self, modes: &Layout) -> Vec<Symbol> {
        [
            &self.unknowns,
            &self.parameters,
            &self.discretes,
            &self.inputs,
            &self.delayed,
            &self.increments,
            modes,
        ]
        .into_iter()
        .flat_map(|l| l.parts.iter().map(|p| p.symbol))
        .collect()
    }
}
