//! The system M u′ = f(t, u, p): the layout of the vectors, the rows of f, and the definitions they read.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::algebra::differentiate::Differentiator;
use crate::algebra::{Access, Affine, Algebra, Binary, Expr, Node, Range, Subscript, Symbol, Var};
use crate::check::model::{Definition, Equation, Form, Kind, MassTerm, Model, Piece, Switch};
use crate::diagnostics::Span;
use crate::emit::kernel::{Buffer, Role, Slot};
use crate::emit::routine::{Place, Routine};

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
        let part = Part { name: name.into(), symbol, offset: self.len, dims, lower: lower.to_vec() };
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

/// A condition that right-hand sides read as a mode.
#[derive(Clone, Debug)]
pub struct Mode {
    pub symbol: Symbol,
    pub axes: Vec<Range>,
    /// The comparison or the jumping call, over the axes.
    pub condition: Expr,
    /// Positive while the mode is 1, negative while it is 0.
    pub root: Expr,
    pub span: Span,
    pub timing: Timing,
    /// The root function is linear in t, and nothing else of it changes with t.
    pub linear: bool,
}

/// What a condition depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timing {
    /// t, parameters and constants alone: the flip is an exact stop.
    Timed,
    /// Unknowns too: the flip is a root on the dense output.
    State,
}

/// Everything that routines are made from.
pub struct System {
    pub model: Model,
    /// u: states, then algebraic unknowns.
    pub unknowns: Layout,
    /// Number of differential unknowns; they come first.
    pub differential: u64,
    /// What f writes: the derivative of each state, then residuals; as long as u.
    pub results: Layout,
    pub parameters: Layout,
    pub discretes: Layout,
    pub inputs: Layout,
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
    /// Definitions that are filled in where they are read.
    pub(super) inlined: FxHashMap<Symbol, Vec<Piece>>,
    /// The same for what is observed: with the conditions themselves where rows read modes.
    pub(super) observed_inlined: FxHashMap<Symbol, Vec<Piece>>,
    /// Every definition as it is observed, each after what it reads.
    pub(super) observed: Vec<Stored>,
}

impl System {
    pub fn new(mut model: Model) -> System {
        let layouts = Layouts::of(&model);
        let actual: Vec<Definition> = model.definitions.iter().map(copy).collect();
        let switches = modes(&mut model);
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
            modes: mode_layout,
            constants: Layout::default(),
            rows: Vec::new(),
            mass: None,
            stored: plan.stored,
            constant: plan.constant,
            switches,
            inlined: plan.inlined,
            observed_inlined: observed.inlined,
            observed: observed.every,
            model,
        };
        for k in 0..system.constant.len() {
            let symbol = system.constant[k].symbol;
            if system.constants.find(symbol).is_none() {
                let name = system.model.algebra.symbol(symbol).name.clone();
                system.constants.push(&system.model.algebra, &name, symbol, &[]);
            }
        }
        system.add_rows(equations);
        // What only observables read is not computed at every step.
        let rows = system.rows.iter().map(|r| r.value);
        system.stored = needed(&system.model.algebra, &system.stored, rows);
        system
    }

    pub fn algebra(&mut self) -> &mut Algebra {
        &mut self.model.algebra
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

    /// A routine with the inputs that all share: t, u, p, discrete variables, modes, constants, inputs.
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
        routine
    }

    /// Whether an entry of the mass matrix changes with time or the solution.
    pub fn has_varying_mass(&self) -> bool {
        let varies = |s: Symbol| {
            s == self.model.time || self.is_unknown(s) || self.stored.iter().any(|d| d.symbol == s)
        };
        self.mass.iter().flatten().any(|m| {
            let nodes = self.model.algebra.reachable(m.value, true);
            nodes.into_iter().any(|n| matches!(self.model.algebra.node(n), Node::Read(s, _) if varies(s)))
        })
    }

    /// For each element of the timed modes, whether its condition changes once at most.
    pub fn linear_conditions(&self) -> Vec<bool> {
        let timed = self.switches.iter().filter(|m| m.timing == Timing::Timed);
        timed
            .flat_map(|m| {
                let elements = m.axes.iter().map(|r| r.len() as usize).product();
                std::iter::repeat_n(m.linear, elements)
            })
            .collect()
    }

    /// Whether reading the symbol makes an expression depend on u.
    pub fn is_unknown(&self, symbol: Symbol) -> bool {
        self.unknowns.find(symbol).is_some()
    }

    fn add_rows(&mut self, equations: Vec<Equation>) {
        // The derivative of each state, in the states' order, then residuals in the equations' order.
        let mut derivative: FxHashMap<Symbol, Symbol> = FxHashMap::default();
        for part in self.unknowns.parts.clone() {
            if part.offset < self.differential {
                let symbol = self.model.algebra.declare(format!("{}'", part.name), &part.dims);
                derivative.insert(part.symbol, symbol);
                self.results.push(&self.model.algebra, &format!("{}'", part.name), symbol, &part.lower);
            }
        }
        let mut mass = Vec::new();
        let mut rows_of_mass: Vec<(Equation, Vec<MassTerm>, Expr)> = Vec::new();
        for equation in equations {
            let Equation { axes, form, span } = equation;
            match form {
                Form::Explicit { state, target, value } => {
                    let value = self.expand(value);
                    self.rows.push(Row { axes, symbol: derivative[&state], target, value, span });
                }
                Form::Algebraic { residual } => {
                    let value = self.expand(residual);
                    let dims: Vec<u64> = axes.iter().map(|r| r.len()).collect();
                    let symbol = self.model.algebra.declare("residual", &dims);
                    self.results.push(&self.model.algebra, "residual", symbol, &[]);
                    let target = axes
                        .iter()
                        .enumerate()
                        .map(|(k, r)| Subscript::inside(Affine::var(Var::Axis(k as u32)).shift(-r.start)))
                        .collect();
                    self.rows.push(Row { axes, symbol, target, value, span });
                }
                Form::Mass { terms, value } => {
                    let form = Form::Algebraic { residual: value };
                    rows_of_mass.push((Equation { axes, form, span }, terms, value));
                }
                // `check` records the feature; the program that would need the row is never run.
                Form::Implicit { .. } => {}
            }
        }
        self.add_mass_rows(rows_of_mass, &derivative, &mut mass);
        let algebraic = self.unknowns.len > self.differential;
        self.mass = (algebraic || !mass.is_empty()).then_some(mass);
    }

    /// A row of f for each equation: that of one of its states, which no explicit equation and no other one has, by
    /// augmenting paths. `check` has matched equations and unknowns, so every equation finds one.
    fn match_rows(
        &self,
        equations: &[(Equation, Vec<MassTerm>, Expr)],
        derivative: &FxHashMap<Symbol, Symbol>,
    ) -> Vec<Option<(Symbol, Access)>> {
        let candidates: Vec<Vec<(Symbol, Access)>> = equations
            .iter()
            .map(|(equation, terms, _)| {
                let rows = terms.iter().map(|t| (derivative[&t.state], t.target.clone()));
                let taken = |row: &(Symbol, Access)| {
                    self.rows
                        .iter()
                        .any(|r| r.symbol == row.0 && r.target == row.1 && r.axes == equation.axes)
                };
                rows.filter(|row| !taken(row)).collect()
            })
            .collect();
        let mut owner: FxHashMap<(Symbol, Access), usize> = FxHashMap::default();
        for k in 0..candidates.len() {
            augment(k, &candidates, &mut owner, &mut Vec::new());
        }
        let mut homes = vec![None; candidates.len()];
        for (row, k) in owner {
            homes[k] = Some(row);
        }
        homes
    }

    /// Rows with several derivatives take the rows of f that no explicit equation wrote, a state of theirs each.
    fn add_mass_rows(
        &mut self,
        equations: Vec<(Equation, Vec<MassTerm>, Expr)>,
        derivative: &FxHashMap<Symbol, Symbol>,
        mass: &mut Vec<MassEntry>,
    ) {
        let homes = self.match_rows(&equations, derivative);
        for ((Equation { axes, span, .. }, terms, value), home) in equations.into_iter().zip(homes) {
            let Some(home) = home else { continue };
            for term in &terms {
                let coefficient = self.expand(term.coefficient);
                mass.push(MassEntry {
                    axes: axes.clone(),
                    row: home.clone(),
                    column: (term.state, term.target.clone()),
                    value: coefficient,
                });
            }
            let value = self.expand(value);
            self.rows.push(Row { axes, symbol: home.0, target: home.1, value, span });
        }
    }
}

/// Finds a row for equation k, moving others to rows of theirs.
fn augment(
    k: usize,
    candidates: &[Vec<(Symbol, Access)>],
    owner: &mut FxHashMap<(Symbol, Access), usize>,
    tried: &mut Vec<(Symbol, Access)>,
) -> bool {
    for row in &candidates[k] {
        if tried.contains(row) {
            continue;
        }
        tried.push(row.clone());
        let free = match owner.get(row).copied() {
            None => true,
            Some(other) => augment(other, candidates, owner, tried),
        };
        if free {
            owner.insert(row.clone(), k);
            return true;
        }
    }
    false
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
    unknowns: Layout,
    differential: u64,
    parameters: Layout,
    discretes: Layout,
    inputs: Layout,
}

impl Layouts {
    fn of(model: &Model) -> Layouts {
        let pick = |layout: &mut Layout, wanted: &dyn Fn(&Kind) -> bool| {
            for v in model.variables.iter().filter(|v| wanted(&v.kind)) {
                layout.push(&model.algebra, &v.name, v.symbol, &v.lower);
            }
        };
        let mut layouts = Layouts {
            unknowns: Layout::default(),
            differential: 0,
            parameters: Layout::default(),
            discretes: Layout::default(),
            inputs: Layout::default(),
        };
        pick(&mut layouts.unknowns, &|k| matches!(k, Kind::State { .. }));
        layouts.differential = layouts.unknowns.len;
        pick(&mut layouts.unknowns, &|k| matches!(k, Kind::Algebraic { .. }));
        pick(&mut layouts.parameters, &|k| matches!(k, Kind::Parameter { .. } | Kind::Weight { .. }));
        pick(&mut layouts.discretes, &|k| matches!(k, Kind::Discrete { .. }));
        pick(&mut layouts.inputs, &|k| matches!(k, Kind::Input { .. }));
        layouts
    }

    /// The symbols whose values are known only when a kernel runs, besides time.
    fn runtime(&self, modes: &Layout) -> Vec<Symbol> {
        [&self.unknowns, &self.parameters, &self.discretes, &self.inputs, modes]
            .into_iter()
            .flat_map(|l| l.parts.iter().map(|p| p.symbol))
            .collect()
    }
}

/// Declares a mode for each switch and puts it in the place of the condition.
fn modes(model: &mut Model) -> Vec<Mode> {
    let switches = std::mem::take(&mut model.switches);
    let mut replaced: FxHashMap<Expr, Expr> = FxHashMap::default();
    let mut modes = Vec::new();
    for mut switch in hulls(switches) {
        let variables = std::mem::take(&mut switch.variables);
        let Some(held) = held(model, switch.condition) else { continue };
        let dims: Vec<u64> = variables.iter().map(|(_, r)| r.len()).collect();
        let symbol = model.algebra.declare("mode", &dims);
        let position = |&(v, r): &(Var, Range)| Subscript::inside(Affine::var(v).shift(-r.start));
        let read = model.algebra.read(symbol, variables.iter().map(position).collect());
        let value = held.value(model, read);
        replaced.insert(switch.condition, value);
        let timing = timing(model, switch.condition);
        let axes = variables.iter().map(|(_, r)| *r).collect();
        let renaming: Vec<(Var, Affine)> =
            variables.iter().enumerate().map(|(k, (v, _))| (*v, Affine::var(Var::Axis(k as u32)))).collect();
        let root = model.algebra.replace_vars(held.root, &renaming);
        let linear = timing == Timing::Timed && is_linear_in_time(model, root);
        let condition = model.algebra.replace_vars(switch.condition, &renaming);
        modes.push(Mode { symbol, axes, condition, root, span: switch.span, timing, linear });
    }
    // Roots on the state come first: the solver numbers them so.
    modes.sort_by_key(|m| m.timing == Timing::Timed);
    let algebra = &mut model.algebra;
    let mut replace = |e: &mut Expr| *e = algebra.replace_nodes(*e, &replaced);
    for definition in &mut model.definitions {
        definition.pieces.iter_mut().for_each(|p| replace(&mut p.value));
    }
    for equation in &mut model.equations {
        match &mut equation.form {
            Form::Explicit { value, .. } => replace(value),
            Form::Mass { terms, value } => {
                terms.iter_mut().for_each(|t| replace(&mut t.coefficient));
                replace(value);
            }
            Form::Algebraic { residual } | Form::Implicit { residual } => replace(residual),
        }
    }
    modes
}

/// One switch for each condition, over the hull of the ranges that it is used over.
fn hulls(switches: Vec<Switch>) -> Vec<Switch> {
    let mut hulls: Vec<Switch> = Vec::new();
    for switch in switches {
        match hulls.iter_mut().find(|h| h.condition == switch.condition) {
            Some(hull) => {
                for (var, range) in switch.variables {
                    match hull.variables.iter_mut().find(|(v, _)| *v == var) {
                        Some((_, r)) => *r = Range::new(r.start.min(range.start), r.end.max(range.end)),
                        None => hull.variables.push((var, range)),
                    }
                }
            }
            None => hulls.push(switch),
        }
    }
    hulls
}

/// Whether the derivative by time is free of time, and no definition is read that could change with it.
fn is_linear_in_time(model: &mut Model, root: Expr) -> bool {
    let time = model.time;
    let reads_definition = model.algebra.reachable(root, true).into_iter().any(|n| {
        matches!(model.algebra.node(n), Node::Read(s, _) if model.definitions.iter().any(|d| d.symbol == s))
    });
    let mut differentiator = Differentiator::new(&mut model.algebra);
    let slope = differentiator.pushforward(root, &mut |a, s, _| (s == time).then(|| a.one()));
    let known = differentiator.missing.is_empty();
    let constant = !model
        .algebra
        .reachable(slope, true)
        .into_iter()
        .any(|n| matches!(model.algebra.node(n), Node::Read(s, _) if s == time));
    known && constant && !reads_definition
}

/// What jumps, and by the sign of what.
struct Held {
    root: Expr,
    shape: Jump,
}

enum Jump {
    /// A comparison, or `step`: the mode itself.
    Mode,
    /// `sign`: from −1 to 1.
    Sign,
}

impl Held {
    /// The expression in terms of its mode.
    fn value(&self, model: &mut Model, mode: Expr) -> Expr {
        match self.shape {
            Jump::Mode => mode,
            Jump::Sign => {
                let algebra = &mut model.algebra;
                let (two, one) = (algebra.number(2.0), algebra.one());
                let doubled = algebra.mul(two, mode);
                algebra.sub(doubled, one)
            }
        }
    }
}

/// How a condition is held within a step; `None` where it is computed as it stands (`floor` and its like jump at
/// infinitely many places; the step control finds those).
fn held(model: &mut Model, condition: Expr) -> Option<Held> {
    let algebra = &mut model.algebra;
    match algebra.node(condition) {
        Node::Binary(Binary::Less | Binary::LessEqual, a, b) => {
            Some(Held { root: algebra.sub(b, a), shape: Jump::Mode })
        }
        Node::Call(f, arguments) => {
            let shape = match algebra.function(f).name.as_str() {
                "step" => Jump::Mode,
                "sign" => Jump::Sign,
                _ => return None,
            };
            Some(Held { root: algebra.arguments(arguments)[0], shape })
        }
        _ => None,
    }
}

/// Whether a condition depends on unknowns, directly or through definitions.
fn timing(model: &Model, condition: Expr) -> Timing {
    let definition = |s: Symbol| model.definitions.iter().find(|d: &&Definition| d.symbol == s);
    let mut stack = vec![condition];
    let mut seen: Vec<Symbol> = Vec::new();
    while let Some(e) = stack.pop() {
        for n in model.algebra.reachable(e, true) {
            let Node::Read(symbol, _) = model.algebra.node(n) else { continue };
            if seen.contains(&symbol) {
                continue;
            }
            seen.push(symbol);
            let kind = model.variables.iter().find(|v| v.symbol == symbol).map(|v| &v.kind);
            match kind {
                Some(
                    Kind::State { .. } | Kind::Algebraic { .. } | Kind::Noise { .. } | Kind::Discrete { .. },
                ) => {
                    return Timing::State;
                }
                _ => stack
                    .extend(definition(symbol).into_iter().flat_map(|d| d.pieces.iter().map(|p| p.value))),
            }
        }
    }
    Timing::Timed
}
