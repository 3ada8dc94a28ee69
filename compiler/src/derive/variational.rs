//! The variational system: a model whose unknowns are u and, beside them, s = ∂u/∂q for parameters and initial values q.
//!
//! M s′ = (∂f/∂u) s + ∂f/∂q − (∂M/∂q) u′, and the rows of algebraic equations likewise; s begins with the derivative of the
//! declared initial value. What is made is a model like any other, so every method solves it, with its own order.
//!
//! Where an instant τ moves with q, an event maps u̇ = s + u′ τ̇ to the derivative of what it assigns: its actions assign that as
//! well, with ṫ = τ̇ in a discrete variable of its own, the moment. It is zero between instants.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::differentiate::Differentiator;
use crate::algebra::{
    Access, Affine, Algebra, Binary, Expr, Node, Range, Subscript, Symbol, Var, own_access,
};
use crate::check::model::{
    Action, Boolean, Definition, Equation, Form, Kind, MassTerm, Model, Piece, Values, Variable,
};
use crate::check::task::Place;
use crate::diagnostics::Span;

use super::system::{Layout, Quotient, System, Timing};

/// A quantity q that u is differentiated by: a number, an element of an array, or all elements of one.
#[derive(Clone, Debug)]
pub struct Direction {
    /// As it stands in `d(x)/d(q)`.
    pub name: String,
    /// A parameter, an input, or a variable whose initial value is meant.
    pub symbol: Symbol,
    /// Constant positions, where one element is meant.
    pub element: Option<Access>,
    /// One axis a dimension where all elements are meant; the derivatives have them last.
    pub axes: Vec<Range>,
    /// The discrete variable with dτ/dq; `None` where no instant moves.
    pub moment: Option<Symbol>,
    /// The first subscript along each of the axes.
    pub lower: Vec<i64>,
    /// ∂/∂q of symbols at a fixed time. Symbols without one do not change with q.
    flow: FxHashMap<Symbol, Tangent>,
    /// Those that differ along an instant that moves.
    jump: FxHashMap<Symbol, Tangent>,
}

/// The derivative of a symbol: of q itself, or another symbol with the axes of q after its own.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Tangent {
    One,
    Symbol(Symbol),
}

/// Whether time stands still or moves with q.
#[derive(Clone, Copy, PartialEq)]
enum Along {
    Flow,
    Jump,
}

impl Direction {
    /// The derivative of a variable, where it has one of its own.
    pub fn tangent(&self, symbol: Symbol) -> Option<Symbol> {
        match self.flow.get(&symbol)? {
            Tangent::Symbol(tangent) => Some(*tangent),
            Tangent::One => None,
        }
    }

    /// How many numbers q is.
    pub fn len(&self) -> usize {
        self.axes.iter().map(|r| r.len() as usize).product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How a derivative of something with this name is named.
    pub fn quotient(&self, of: &str) -> Quotient {
        Quotient { of: of.into(), by: self.name.clone(), lower: self.lower.clone() }
    }

    /// The subscripts of q behind `axes` axes.
    fn own(&self, axes: usize) -> Access {
        let axis = |k: usize| Subscript::inside(Affine::var(Var::Axis((axes + k) as u32)));
        (0..self.axes.len()).map(axis).collect()
    }

    fn extend(&self, axes: &[Range]) -> Vec<Range> {
        axes.iter().chain(&self.axes).copied().collect()
    }

    fn target(&self, axes: &[Range], target: &Access) -> Access {
        target.iter().cloned().chain(self.own(axes.len())).collect()
    }

    /// Σ ∂e/∂(read) · its derivative, for an expression over `axes` axes.
    fn push(
        &self,
        algebra: &mut Algebra,
        e: Expr,
        axes: usize,
        along: Along,
        missing: &mut Option<String>,
    ) -> Expr {
        let own = self.own(axes);
        let mut differentiator = Differentiator::new(algebra);
        let value = differentiator.pushforward(e, &mut |algebra, symbol, access| {
            let jump = if along == Along::Jump { self.jump.get(&symbol) } else { None };
            match jump.or_else(|| self.flow.get(&symbol))? {
                Tangent::One => Some(algebra.one()),
                Tangent::Symbol(tangent) => {
                    let access = access.iter().cloned().chain(own.iter().cloned()).collect();
                    Some(algebra.read(*tangent, access))
                }
            }
        });
        let lacking = differentiator.missing.first().copied();
        *missing = missing.take().or_else(|| lacking.map(|f| algebra.function(f).name.clone()));
        value
    }
}

/// Why a model has no derivatives.
#[derive(Clone, Debug, PartialEq)]
pub enum Obstacle {
    /// The derivative of this function is needed and not declared.
    Derivative(String),
    /// This function jumps where an argument that changes with q gets to, and its jumps are no roots.
    Jump(String, Span),
}

impl System {
    /// The system of a model with the derivatives by some quantities beside its unknowns, for a run that begins at `start`.
    ///
    /// # Errors
    /// What the derivatives would need and is not there.
    pub fn with_sensitivities(
        mut model: Model,
        places: &[Place],
        start: Option<Expr>,
    ) -> Result<System, Obstacle> {
        let mut directions: Vec<Direction> = Vec::new();
        for place in places {
            // An element is one of all that another place means.
            let known = directions.iter().any(|d| d.symbol == place.symbol && d.element == place.element);
            let whole = |p: &Place| p.symbol == place.symbol && p.element.is_none();
            if !known && (place.element.is_none() || !places.iter().any(whole)) {
                directions.push(Direction::of(&mut model, place, start));
            }
        }
        let own = Own {
            variables: model.variables.len(),
            definitions: model.definitions.iter().map(|d| d.symbol).collect(),
            equations: model.equations.len(),
            actions: model.events.iter().map(|e| e.actions.len()).collect(),
        };
        for direction in &mut directions {
            let mut augment = Augment { own: &own, missing: None, direction };
            augment.run(&mut model);
            if let Some(name) = augment.missing {
                return Err(Obstacle::Derivative(name));
            }
            if let Some(jump) = moving_jump(&mut model, direction) {
                return Err(jump);
            }
        }
        let names: Vec<(Symbol, String)> =
            model.variables[..own.variables].iter().map(|v| (v.symbol, v.name.clone())).collect();
        let mut system = System::new(model);
        for direction in &directions {
            for (symbol, name) in &names {
                let Some(tangent) = direction.tangent(*symbol) else { continue };
                let quotient = direction.quotient(name);
                system.unknowns.set_quotient(tangent, &quotient);
                system.discretes.set_quotient(tangent, &quotient);
            }
        }
        system.directions = directions;
        Ok(system)
    }

    /// Whether a variable belongs to the derivatives and is nothing to show.
    pub fn is_hidden(&self, symbol: Symbol) -> bool {
        self.directions.iter().any(|d| d.moment == Some(symbol))
    }

    /// ∂g/∂q at a fixed time of the root functions of one timing, for `observe`: the elements of q last.
    pub fn root_changes(&mut self, direction: usize, timing: Timing) -> Result<Vec<(Vec<Range>, Expr)>, String> {
        let roots: Vec<(Vec<Range>, Expr)> =
            self.switches.iter().filter(|m| m.timing == timing).map(|m| (m.axes.clone(), m.root)).collect();
        self.changes_of(direction, &roots)
    }

    /// ∂/∂q of observed expressions, for `observe`: the elements of q last.
    ///
    /// # Errors
    /// The name of a function whose derivative is needed and not declared.
    pub fn changes_of(
        &mut self,
        direction: usize,
        expressions: &[(Vec<Range>, Expr)],
    ) -> Result<Vec<(Vec<Range>, Expr)>, String> {
        self.changes_along(direction, expressions, Along::Flow)
    }

    /// The same where what is read moves with the beginning of the run.
    ///
    /// # Errors
    /// As [`System::changes_of`].
    pub(super) fn changes_at_start(
        &mut self,
        direction: usize,
        expressions: &[(Vec<Range>, Expr)],
    ) -> Result<Vec<(Vec<Range>, Expr)>, String> {
        self.changes_along(direction, expressions, Along::Jump)
    }

    fn changes_along(
        &mut self,
        direction: usize,
        expressions: &[(Vec<Range>, Expr)],
        along: Along,
    ) -> Result<Vec<(Vec<Range>, Expr)>, String> {
        let mut missing = None;
        let direction = &self.directions[direction];
        let changes = expressions
            .iter()
            .map(|(axes, e)| {
                let algebra = &mut self.model.algebra;
                (direction.extend(axes), direction.push(algebra, *e, axes.len(), along, &mut missing))
            })
            .collect();
        missing.map_or(Ok(changes), Err)
    }
}

/// A call that jumps where its arguments change with q. The jumps of `step` and `sign` are roots; those of the others are not
/// found, so that nothing is known of how their instants move.
fn moving_jump(model: &mut Model, direction: &Direction) -> Option<Obstacle> {
    let Model { switches, algebra, .. } = model;
    for switch in switches.iter() {
        let Node::Call(f, arguments) = algebra.node(switch.condition) else { continue };
        let name = algebra.function(f).name.clone();
        if matches!(name.as_str(), "step" | "sign") {
            continue;
        }
        for argument in algebra.arguments(arguments).clone() {
            let axes = switch.variables.len();
            let change = direction.push(algebra, argument, axes, Along::Flow, &mut None);
            if !algebra.is_zero(change) {
                return Some(Obstacle::Jump(name, switch.span));
            }
        }
    }
    None
}

impl Layout {
    /// Says of the part of a symbol what it is the derivative of.
    fn set_quotient(&mut self, symbol: Symbol, quotient: &Quotient) {
        if let Some(part) = self.parts.iter_mut().find(|p| p.symbol == symbol) {
            part.quotient = Some(quotient.clone());
        }
    }
}

impl Direction {
    /// Declares what stands for ∂q/∂q and for dτ/dq.
    fn of(model: &mut Model, place: &Place, start: Option<Expr>) -> Direction {
        let symbol = place.symbol;
        let dims = model.algebra.symbol(symbol).dims.clone();
        let variable = model.variables.iter().find(|v| v.symbol == symbol);
        let (lower, span) = variable.map(|v| (v.lower.clone(), v.span)).unwrap_or_default();
        let axes: Vec<Range> = match place.element {
            Some(_) => Vec::new(),
            None => dims.iter().map(|&n| Range::new(0, n as i64)).collect(),
        };
        let mut direction = Direction {
            name: place.name.clone(),
            symbol,
            element: place.element.clone(),
            lower: if axes.is_empty() { Vec::new() } else { lower },
            axes,
            moment: None,
            flow: FxHashMap::default(),
            jump: FxHashMap::default(),
        };
        let reads = start.map_or(Vec::new(), |start| model.algebra.reachable(start, true));
        let starts = reads.iter().any(|&n| matches!(model.algebra.node(n), Node::Read(..)));
        if starts || !(model.events.is_empty() && model.switches.is_empty()) {
            let q: Vec<u64> = direction.axes.iter().map(|r| r.len()).collect();
            let moment = model.algebra.declare(format!("dτ/d({})", direction.name), &q);
            direction.moment = Some(moment);
            direction.jump.insert(model.time, Tangent::Symbol(moment));
            let zero = model.algebra.zero();
            let (axes, target) = (direction.axes.clone(), own_access(&direction.axes));
            model.variables.push(Variable {
                name: format!("dτ/d({})", direction.name),
                symbol: moment,
                kind: Kind::Discrete {
                    initial: vec![Piece { axes, target, value: zero, span }],
                    boolean: Boolean::Number,
                },
                lower: direction.lower.clone(),
                unit: None,
                doc: None,
                span,
            });
        }
        direction
    }

    /// ∂q/∂q over the axes of the variable, then those of q: 1 where they meet.
    fn identity(&self, algebra: &mut Algebra, dims: &[u64]) -> Expr {
        let mut value = algebra.one();
        for k in 0..dims.len() {
            let here = algebra.index(Affine::var(Var::Axis(k as u32)));
            let there = match &self.element {
                Some(element) => element[k].affines()[0].clone(),
                None => Affine::var(Var::Axis((dims.len() + k) as u32)),
            };
            let there = algebra.index(there);
            let same = algebra.compare(Binary::Equal, here, there);
            value = algebra.mul(value, same);
        }
        value
    }
}

/// What the model itself has: variables, equations and the actions of each event come first, so many.
struct Own {
    variables: usize,
    definitions: FxHashSet<Symbol>,
    equations: usize,
    actions: Vec<usize>,
}

/// The extension of a model in one direction.
struct Augment<'d> {
    direction: &'d mut Direction,
    own: &'d Own,
    missing: Option<String>,
}

impl Augment<'_> {
    fn run(&mut self, model: &mut Model) {
        self.seed(model);
        let active = self.active(model);
        self.declare(model, &active);
        self.push_definitions(model);
        self.push_variables(model);
        self.push_equations(model);
        self.push_events(model);
    }

    fn push(&mut self, algebra: &mut Algebra, e: Expr, axes: usize, along: Along) -> Expr {
        self.direction.push(algebra, e, axes, along, &mut self.missing)
    }

    /// A number has the derivative 1; an array a definition that is 1 where the elements meet.
    fn seed(&mut self, model: &mut Model) {
        let symbol = self.direction.symbol;
        let variable = model.variables.iter().find(|v| v.symbol == symbol);
        let Some((kind, span)) = variable.map(|v| (&v.kind, v.span)) else { return };
        if !matches!(kind, Kind::Parameter { .. } | Kind::Weight { .. } | Kind::Input { .. }) {
            return;
        }
        let dims = model.algebra.symbol(symbol).dims.clone();
        if dims.is_empty() {
            self.direction.flow.insert(symbol, Tangent::One);
            return;
        }
        let axes: Vec<Range> = dims.iter().map(|&n| Range::new(0, n as i64)).collect();
        let value = self.direction.identity(&mut model.algebra, &dims);
        let axes = self.direction.extend(&axes);
        let all: Vec<u64> = axes.iter().map(|r| r.len()).collect();
        let seed = model.algebra.declare(format!("d({0})/d({0})", self.direction.name), &all);
        let target = own_access(&axes);
        model
            .definitions
            .insert(0, Definition { symbol: seed, pieces: vec![Piece { axes, target, value, span }] });
        self.direction.flow.insert(symbol, Tangent::Symbol(seed));
    }

    /// The symbols that may change with q: unknowns, q itself, and what is given in terms of them.
    fn active(&self, model: &Model) -> FxHashSet<Symbol> {
        let mut active: FxHashSet<Symbol> = [self.direction.symbol, model.time].into_iter().collect();
        for v in &model.variables[..self.own.variables] {
            if matches!(v.kind, Kind::State { .. } | Kind::Algebraic { .. }) {
                active.insert(v.symbol);
            }
        }
        let follows = |active: &FxHashSet<Symbol>, e: Expr| {
            let reads = |n: &Expr| match model.algebra.node(*n) {
                Node::Read(s, _) => active.contains(&s),
                _ => false,
            };
            model.algebra.reachable(e, true).iter().any(reads)
        };
        loop {
            let before = active.len();
            for d in model.definitions.iter().filter(|d| self.own.definitions.contains(&d.symbol)) {
                if d.pieces.iter().any(|p| follows(&active, p.value)) {
                    active.insert(d.symbol);
                }
            }
            for v in &model.variables[..self.own.variables] {
                let (declared, assigned) = match &v.kind {
                    Kind::Parameter { default: pieces, .. } | Kind::Input { default: pieces } => (pieces, false),
                    Kind::Discrete { initial, boolean: Boolean::Number } => (initial, true),
                    _ => continue,
                };
                let mut values = declared.iter().map(|p| p.value);
                let mut actions = model.events.iter().flat_map(|e| &e.actions);
                let changes = |a: &Action| matches!(a, Action::Assign { symbol, piece }
                    if *symbol == v.symbol && follows(&active, piece.value));
                if values.any(|e| follows(&active, e)) || (assigned && actions.any(changes)) {
                    active.insert(v.symbol);
                }
            }
            if active.len() == before {
                return active;
            }
        }
    }

    /// A symbol for the derivative of every variable that has one.
    fn declare(&mut self, model: &mut Model, active: &FxHashSet<Symbol>) {
        for k in 0..self.own.variables {
            let v = &model.variables[k];
            let has_own = !matches!(
                v.kind,
                Kind::Definition
                    | Kind::Noise { .. }
                    | Kind::Weight { .. }
                    | Kind::Discrete { boolean: Boolean::Truth, .. }
            );
            if !has_own || !active.contains(&v.symbol) || self.direction.flow.contains_key(&v.symbol) {
                continue;
            }
            let tangent = self.declare_for(&mut model.algebra, v.symbol, &v.name);
            self.direction.flow.insert(v.symbol, Tangent::Symbol(tangent));
        }
    }

    fn declare_for(&self, algebra: &mut Algebra, symbol: Symbol, name: &str) -> Symbol {
        let mut dims = algebra.symbol(symbol).dims.clone();
        dims.extend(self.direction.axes.iter().map(|r| r.len()));
        algebra.declare(format!("d({name})/d({})", self.direction.name), &dims)
    }

    /// The derivative of every definition that changes, behind it; once more where it differs along an instant that moves.
    fn push_definitions(&mut self, model: &mut Model) {
        for definition in std::mem::take(&mut model.definitions) {
            if !self.own.definitions.contains(&definition.symbol) {
                model.definitions.push(definition);
                continue;
            }
            let mut values = |along: Along| -> Vec<Expr> {
                let pieces = definition.pieces.iter();
                pieces.map(|p| self.push(&mut model.algebra, p.value, p.axes.len(), along)).collect()
            };
            let (flow, jump) = (values(Along::Flow), values(Along::Jump));
            let mut added = Vec::new();
            if flow.iter().any(|&e| !model.algebra.is_zero(e)) {
                let tangent = self.definition(model, &definition, &flow);
                self.direction.flow.insert(definition.symbol, Tangent::Symbol(tangent.symbol));
                added.push(tangent);
            }
            if jump != flow {
                let tangent = self.definition(model, &definition, &jump);
                self.direction.jump.insert(definition.symbol, Tangent::Symbol(tangent.symbol));
                added.push(tangent);
            }
            model.definitions.push(definition);
            model.definitions.extend(added);
        }
    }

    fn definition(&self, model: &mut Model, of: &Definition, values: &[Expr]) -> Definition {
        let name = model.algebra.symbol(of.symbol).name.clone();
        let symbol = self.declare_for(&mut model.algebra, of.symbol, &name);
        let pieces = of.pieces.iter().zip(values).map(|(p, &value)| self.piece(p, value)).collect();
        Definition { symbol, pieces }
    }

    fn piece(&self, of: &Piece, value: Expr) -> Piece {
        let target = self.direction.target(&of.axes, &of.target);
        Piece { axes: self.direction.extend(&of.axes), target, value, span: of.span }
    }

    fn pieces(&mut self, algebra: &mut Algebra, of: &Values) -> Values {
        of.iter()
            .map(|p| {
                let value = self.push(algebra, p.value, p.axes.len(), Along::Jump);
                self.piece(p, value)
            })
            .collect()
    }

    /// A variable of the same kind for the derivative of each that has one.
    fn push_variables(&mut self, model: &mut Model) {
        for k in 0..self.own.variables {
            let symbol = model.variables[k].symbol;
            let Some(tangent) = self.direction.tangent(symbol) else { continue };
            if model.definitions.iter().any(|d| d.symbol == tangent) {
                continue;
            }
            let declared = match &model.variables[k].kind {
                Kind::State { initial: pieces, .. }
                | Kind::Algebraic { guess: pieces }
                | Kind::Parameter { default: pieces, .. }
                | Kind::Discrete { initial: pieces, .. }
                | Kind::Input { default: pieces } => pieces.clone(),
                Kind::Weight { .. } | Kind::Definition | Kind::Noise { .. } => continue,
            };
            let is_own = symbol == self.direction.symbol;
            let pieces = match is_own {
                true => self.own_pieces(model, k),
                false => self.pieces(&mut model.algebra, &declared),
            };
            let v = &model.variables[k];
            let kind = match &v.kind {
                Kind::State { .. } => Kind::State { initial: pieces, derivative_of: None },
                Kind::Algebraic { .. } => Kind::Algebraic { guess: pieces },
                Kind::Discrete { .. } => Kind::Discrete { initial: pieces, boolean: Boolean::Number },
                Kind::Input { .. } => Kind::Input { default: pieces },
                _ => Kind::Parameter { default: pieces, bounds: None, prior: None },
            };
            let variable = Variable {
                name: format!("d({})/d({})", v.name, self.direction.name),
                symbol: tangent,
                kind,
                lower: v.lower.iter().chain(&self.direction.lower).copied().collect(),
                unit: None,
                doc: None,
                span: v.span,
            };
            model.variables.push(variable);
        }
    }

    /// The derivative of initial values by themselves.
    fn own_pieces(&self, model: &mut Model, k: usize) -> Values {
        let (symbol, span) = (model.variables[k].symbol, model.variables[k].span);
        let dims = model.algebra.symbol(symbol).dims.clone();
        let value = self.direction.identity(&mut model.algebra, &dims);
        let axes: Vec<Range> = dims.iter().map(|&n| Range::new(0, n as i64)).collect();
        let axes = self.direction.extend(&axes);
        vec![Piece { target: own_access(&axes), axes, value, span }]
    }

    fn push_equations(&mut self, model: &mut Model) {
        for k in 0..self.own.equations {
            let Model { equations, algebra, .. } = &mut *model;
            let Equation { axes, form, span } = &equations[k];
            let form = match form {
                Form::Explicit { state, target, value } => {
                    let Some(s) = self.direction.tangent(*state) else { continue };
                    let target = self.direction.target(axes, target);
                    let value = self.push(algebra, *value, axes.len(), Along::Flow);
                    Form::Explicit { state: s, target, value }
                }
                // The constraint holds along an instant that moves too.
                Form::Algebraic { residual } => {
                    Form::Algebraic { residual: self.push(algebra, *residual, axes.len(), Along::Jump) }
                }
                Form::Mass { terms, value } => {
                    let value = self.push(algebra, *value, axes.len(), Along::Flow);
                    Form::Mass { terms: self.mass_terms(algebra, axes, terms), value }
                }
                // Systems of this form are not run.
                Form::Implicit { .. } => continue,
            };
            let equation = Equation { axes: self.direction.extend(axes), form, span: *span };
            equations.push(equation);
        }
    }

    /// (M u′)˙ = M s′ + Ṁ u′.
    fn mass_terms(&mut self, algebra: &mut Algebra, axes: &[Range], terms: &[MassTerm]) -> Vec<MassTerm> {
        let mut pushed = Vec::new();
        for term in terms {
            let Some(state) = self.direction.tangent(term.state) else { continue };
            let target = self.direction.target(axes, &term.target);
            pushed.push(MassTerm { state, target, coefficient: term.coefficient });
        }
        for term in terms {
            let coefficient = self.push(algebra, term.coefficient, axes.len(), Along::Flow);
            if !algebra.is_zero(coefficient) {
                pushed.push(MassTerm { state: term.state, target: term.target.clone(), coefficient });
            }
        }
        pushed
    }

    /// Every event assigns the derivative of what it assigns.
    fn push_events(&mut self, model: &mut Model) {
        for (event, &count) in model.events.iter_mut().zip(&self.own.actions) {
            for k in 0..count {
                let Action::Assign { symbol, piece } = &event.actions[k] else { continue };
                let Some(tangent) = self.direction.tangent(*symbol) else { continue };
                let value = self.push(&mut model.algebra, piece.value, piece.axes.len(), Along::Jump);
                let piece = self.piece(piece, value);
                event.actions.push(Action::Assign { symbol: tangent, piece });
            }
        }
    }
}
