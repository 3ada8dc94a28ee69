//! Rows and their derivatives by time, until the highest derivatives of the unknowns are determined.
//!
//! d/dt goes through explicit equations and definitions: x' of a state reads what its equation gives, and z' of an
//! algebraic unknown is a new unknown with the differential equation z' = z'. So no derivative of a state is added.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::differentiate::Differentiator;
use crate::algebra::{Expr, Function, Node, Range, Symbol, own_access};
use crate::check::model::{Definition, Equation, Form, Kind, Model, Piece};
use crate::check::structure::Reduction;

use super::{Derived, Hidden, Obstacle};

/// The derivative of a symbol by time.
#[derive(Clone, Copy)]
enum Rate {
    Zero,
    One,
    Of(Symbol),
}

struct Reducer<'m> {
    model: &'m mut Model,
    rates: FxHashMap<Symbol, Rate>,
    /// Algebraic unknowns without a derivative, and what has none by its nature.
    obstacles: FxHashSet<Symbol>,
    /// What was met of these, if anything.
    met: Option<Obstacle>,
    missing: Vec<Function>,
}

/// Adds the derivatives of equations, the unknowns that they need, and the differential equations of these.
///
/// # Errors
/// Something has no derivative by time.
pub(super) fn reduce(
    model: &mut Model,
    reduction: &Reduction,
    hidden: &mut Vec<Hidden>,
) -> Result<Vec<Derived>, Obstacle> {
    let mut rates: FxHashMap<Symbol, Rate> = FxHashMap::default();
    rates.insert(model.time, Rate::One);
    add_unknowns(model, reduction, hidden, &mut rates);
    let mut obstacles: FxHashSet<Symbol> = hidden.iter().map(|h| h.symbol).collect();
    for v in &model.variables {
        match v.kind {
            Kind::Algebraic { .. } => obstacles.extend([v.symbol]),
            Kind::Noise { rate, .. } => obstacles.extend([v.symbol, rate]),
            _ => {}
        }
    }
    obstacles.extend(model.delays.iter().map(|d| d.symbol));
    let mut reducer = Reducer { model, rates, obstacles, met: None, missing: Vec::new() };
    let mut derived = Vec::new();
    for &(equation, most) in &reduction.equations {
        let Equation { axes, form, span } = &reducer.model.equations[equation];
        let (axes, span) = (axes.clone(), *span);
        let Form::Algebraic { residual } = form else { continue };
        let mut residual = *residual;
        for order in 1..=most {
            residual = reducer.derivative(residual);
            derived.push(Derived { equation, order, place: reducer.model.equations.len() });
            let form = Form::Algebraic { residual };
            reducer.model.equations.push(Equation { axes: axes.clone(), form, span });
        }
        if let Some(obstacle) = reducer.obstacle() {
            return Err(Obstacle { span, ..obstacle });
        }
    }
    Ok(derived)
}

/// Derivatives of algebraic unknowns up to their highest.
fn add_unknowns(
    model: &mut Model,
    reduction: &Reduction,
    hidden: &mut Vec<Hidden>,
    rates: &mut FxHashMap<Symbol, Rate>,
) {
    for &(symbol, most) in &reduction.unknowns {
        let info = model.algebra.symbol(symbol).clone();
        let axes: Vec<Range> = info.dims.iter().map(|&n| Range::new(0, n as i64)).collect();
        let variable = model.variables.iter().find(|v| v.symbol == symbol);
        let (mut lower, span) =
            variable.map_or((Vec::new(), Default::default()), |v| (v.lower.clone(), v.span));
        if let Some(own) = hidden.iter().find(|h| h.symbol == symbol) {
            lower.clone_from(&own.lower);
        }
        let mut below = symbol;
        for order in 1..=most {
            let name = format!("{}{}", info.name, "'".repeat(order as usize));
            let rate = model.algebra.declare(&name, &info.dims);
            hidden.push(Hidden { symbol: rate, below, name, lower: lower.clone(), guess: Vec::new() });
            rates.insert(below, Rate::Of(rate));
            let target = own_access(&axes);
            let value = model.algebra.read(rate, target.clone());
            let form = Form::Explicit { state: below, target, value };
            model.equations.push(Equation { axes: axes.clone(), form, span });
            below = rate;
        }
    }
}

impl Reducer<'_> {
    fn derivative(&mut self, e: Expr) -> Expr {
        for k in self.definitions_in(e) {
            self.differentiate_definition(k);
        }
        self.push(e)
    }

    /// The places of the definitions that an expression reads, itself or through others, in order: each after what it
    /// reads.
    fn definitions_in(&mut self, e: Expr) -> Vec<usize> {
        let places: FxHashMap<Symbol, usize> =
            self.model.definitions.iter().enumerate().map(|(k, d)| (d.symbol, k)).collect();
        let mut found: FxHashSet<usize> = FxHashSet::default();
        let mut pending = vec![e];
        while let Some(e) = pending.pop() {
            for n in self.model.algebra.reachable(e, true) {
                let Node::Read(symbol, _) = self.model.algebra.node(n) else { continue };
                if let Some(&k) = places.get(&symbol) {
                    if found.insert(k) {
                        pending.extend(self.model.definitions[k].pieces.iter().map(|p| p.value));
                    }
                }
            }
        }
        let mut found: Vec<usize> = found.into_iter().collect();
        found.sort_unstable();
        found
    }

    /// A definition of the derivative of a definition; what it reads has one already.
    fn differentiate_definition(&mut self, k: usize) {
        let symbol = self.model.definitions[k].symbol;
        if self.rates.contains_key(&symbol) {
            return;
        }
        let mut pieces = self.model.definitions[k].pieces.clone();
        for piece in &mut pieces {
            piece.value = self.push(piece.value);
        }
        let rate = match pieces.iter().all(|p| self.model.algebra.is_zero(p.value)) {
            true => Rate::Zero,
            false => {
                let info = self.model.algebra.symbol(symbol).clone();
                let rate = self.model.algebra.declare(format!("{}'", info.name), &info.dims);
                self.model.definitions.push(Definition { symbol: rate, pieces });
                Rate::Of(rate)
            }
        };
        self.rates.insert(symbol, rate);
    }

    /// d/dt of an expression whose definitions have derivatives.
    fn push(&mut self, e: Expr) -> Expr {
        let mut read: Vec<Symbol> = Vec::new();
        for n in self.model.algebra.reachable(e, true) {
            if let Node::Read(symbol, _) = self.model.algebra.node(n) {
                read.push(symbol);
            }
        }
        read.into_iter().for_each(|symbol| self.settle(symbol));
        let (rates, obstacles) = (&self.rates, &self.obstacles);
        let mut met = None;
        let mut differentiator = Differentiator::new(&mut self.model.algebra);
        let value = differentiator.pushforward(e, &mut |algebra, symbol, access| match rates.get(&symbol) {
            Some(Rate::One) => Some(algebra.one()),
            Some(Rate::Of(rate)) => Some(algebra.read(*rate, access.clone())),
            Some(Rate::Zero) => None,
            None => {
                if obstacles.contains(&symbol) {
                    met.get_or_insert(symbol);
                }
                None
            }
        });
        self.missing.append(&mut differentiator.missing);
        if let Some(symbol) = met {
            let name = self.model.algebra.symbol(symbol).name.clone();
            self.met.get_or_insert(Obstacle { name, span: Default::default() });
        }
        value
    }

    /// The derivative of a state: the state that is its derivative, or a definition of what its equations give.
    fn settle(&mut self, symbol: Symbol) {
        let is_state =
            self.model.variables.iter().any(|v| v.symbol == symbol && matches!(v.kind, Kind::State { .. }));
        if self.rates.contains_key(&symbol) || !is_state {
            return;
        }
        let above =
            self.model.variables.iter().find(
                |v| matches!(v.kind, Kind::State { derivative_of: Some(below), .. } if below == symbol),
            );
        let rate = match above {
            Some(v) => v.symbol,
            None => self.define_derivative(symbol),
        };
        self.rates.insert(symbol, Rate::Of(rate));
    }

    fn define_derivative(&mut self, state: Symbol) -> Symbol {
        let known = self.model.derivatives.iter().find(|(_, s)| **s == state).map(|(d, _)| *d);
        if let Some(rate) = known {
            let unknown = self.obstacles.contains(&rate);
            if unknown || self.model.definitions.iter().any(|d| d.symbol == rate) {
                return rate;
            }
        }
        let info = self.model.algebra.symbol(state).clone();
        let rate = known.unwrap_or_else(|| self.model.algebra.declare(format!("{}'", info.name), &info.dims));
        let mut pieces = Vec::new();
        let mut places = Vec::new();
        for (k, equation) in self.model.equations.iter().enumerate() {
            let Equation { axes, form: Form::Explicit { state: own, target, value }, span } = equation else {
                continue;
            };
            if *own == state {
                let (axes, target) = (axes.clone(), target.clone());
                pieces.push(Piece { axes, target, value: *value, span: *span });
                places.push(k);
            }
        }
        // Of a definition in pieces, a loop cannot tell the piece that it reads: then both compute the value.
        if let [place] = places[..] {
            if let Form::Explicit { target, value, .. } = &mut self.model.equations[place].form {
                *value = self.model.algebra.read(rate, target.clone());
            }
        }
        self.model.definitions.push(Definition { symbol: rate, pieces });
        rate
    }

    fn obstacle(&self) -> Option<Obstacle> {
        let missing = self.missing.first().map(|&f| Obstacle {
            name: self.model.algebra.function(f).name.clone(),
            span: Default::default(),
        });
        self.met.clone().or(missing)
    }
}
