//! The extension of a model by the derivatives of everything in it by one quantity.

use rustc_hash::FxHashSet;

use crate::algebra::{Algebra, Expr, Node, Range, Symbol, own_access};
use crate::check::model::{
    Action, Boolean, Constraint, Definition, Equation, Form, Kind, MassTerm, Model, Piece, Values, Variable,
};

use super::{Along, Direction, Tangent};

/// What the model itself has: variables, equations, constraints and the actions of each event come first, so many.
pub(super) struct Own {
    pub variables: usize,
    definitions: FxHashSet<Symbol>,
    equations: usize,
    constraints: usize,
    actions: Vec<usize>,
    /// The derivatives of states, with the states.
    pub rates: Vec<(Symbol, Symbol)>,
}

impl Own {
    pub fn of(model: &Model) -> Own {
        let mut rates: Vec<(Symbol, Symbol)> = model.derivatives.iter().map(|(&d, &s)| (d, s)).collect();
        rates.sort_unstable();
        Own {
            variables: model.variables.len(),
            definitions: model.definitions.iter().map(|d| d.symbol).collect(),
            equations: model.equations.len(),
            constraints: model.initial_constraints.len(),
            actions: model.events.iter().map(|e| e.actions.len()).collect(),
            rates,
        }
    }
}

/// The extension of a model in one direction.
pub(super) struct Augment<'d> {
    direction: &'d mut Direction,
    own: &'d Own,
    missing: Option<String>,
}

impl<'d> Augment<'d> {
    pub fn new(own: &'d Own, direction: &'d mut Direction) -> Augment<'d> {
        Augment { direction, own, missing: None }
    }

    /// Extends the model; the answer is a function whose derivative is needed and not declared.
    pub fn run(mut self, model: &mut Model) -> Option<String> {
        self.seed(model);
        let active = self.active(model);
        self.declare(model, &active);
        self.push_definitions(model);
        self.link_rates(model);
        self.push_variables(model);
        self.push_equations(model);
        self.push_constraints(model);
        self.push_events(model);
        self.missing
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
                    Kind::Parameter { default: pieces, .. } | Kind::Input { default: pieces } => {
                        (pieces, false)
                    }
                    Kind::Discrete { initial, boolean: Boolean::Number } => (initial, true),
                    _ => continue,
                };
                let mut values = declared.iter().map(|p| p.value);
                let mut actions = model.events.iter().flat_map(|e| &e.actions);
                let changes = |a: &Action| {
                    matches!(a, Action::Assign { symbol, piece }
                    if *symbol == v.symbol && follows(&active, piece.value))
                };
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
            if model.unsaid.contains(&v.symbol) {
                model.unsaid.push(tangent);
            }
        }
        for &(rate, _) in &self.own.rates {
            let name = model.algebra.symbol(rate).name.clone();
            let tangent = self.declare_for(&mut model.algebra, rate, &name);
            self.direction.flow.insert(rate, Tangent::Symbol(tangent));
        }
    }

    /// Says which symbols are the derivatives of s by time.
    fn link_rates(&self, model: &mut Model) {
        for &(rate, state) in &self.own.rates {
            if let (Some(rate), Some(s)) = (self.direction.tangent(rate), self.direction.tangent(state)) {
                model.derivatives.insert(rate, s);
            }
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
            } else {
                self.direction.flow.remove(&definition.symbol);
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
                Form::Implicit { residual } => {
                    Form::Implicit { residual: self.push(algebra, *residual, axes.len(), Along::Jump) }
                }
            };
            let equation = Equation { axes: self.direction.extend(axes), form, span: *span };
            equations.push(equation);
        }
    }

    fn push_constraints(&mut self, model: &mut Model) {
        for k in 0..self.own.constraints {
            let Constraint { axes, residual, span } = &model.initial_constraints[k];
            let (axes, residual, span) = (axes.clone(), *residual, *span);
            let residual = self.push(&mut model.algebra, residual, axes.len(), Along::Jump);
            let axes = self.direction.extend(&axes);
            model.initial_constraints.push(Constraint { axes, residual, span });
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
