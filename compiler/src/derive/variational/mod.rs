//! The variational system: a model whose unknowns are u and, beside them, s = ∂u/∂q for parameters and initial values q.
//!
//! M s′ = (∂f/∂u) s + ∂f/∂q − (∂M/∂q) u′, and the rows of algebraic equations likewise; s begins with the derivative of the
//! declared initial value. What is made is a model like any other, so every method solves it, with its own order.
//!
//! Where an instant τ moves with q, an event maps u̇ = s + u′ τ̇ to the derivative of what it assigns: its actions assign that as
//! well, with ṫ = τ̇ in a discrete variable of its own, the moment. It is zero between instants.

mod augment;

use rustc_hash::FxHashMap;

use crate::algebra::differentiate::Differentiator;
use crate::algebra::{
    Access, Affine, Algebra, Binary, Expr, Node, Range, Subscript, Symbol, Var, own_access,
};
use crate::check::model::{Boolean, Kind, Model, Piece, Variable};
use crate::check::task::Place;

use super::system::{Layout, Quotient, System, Timing};
use augment::{Augment, Own};

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

impl System {
    /// The system of a model with the derivatives by some quantities beside its unknowns, for a run that begins at `start`.
    ///
    /// # Errors
    /// The name of a function whose derivative is needed and not declared.
    pub fn with_sensitivities(
        mut model: Model,
        places: &[Place],
        start: Option<Expr>,
    ) -> Result<System, String> {
        let mut directions: Vec<Direction> = Vec::new();
        for place in places {
            // An element is one of all that another place means.
            let known = directions.iter().any(|d| d.symbol == place.symbol && d.element == place.element);
            let whole = |p: &Place| p.symbol == place.symbol && p.element.is_none();
            if !known && (place.element.is_none() || !places.iter().any(whole)) {
                directions.push(Direction::of(&mut model, place, start));
            }
        }
        let own = Own::of(&model);
        for direction in &mut directions {
            if let Some(name) = Augment::new(&own, direction).run(&mut model) {
                return Err(name);
            }
        }
        let variables = model.variables[..own.variables].iter().map(|v| (v.symbol, v.name.clone()));
        let rates = own.rates.iter().map(|&(rate, _)| (rate, model.algebra.symbol(rate).name.clone()));
        let names: Vec<(Symbol, String)> = variables.chain(rates).collect();
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
    pub fn root_changes(
        &mut self,
        direction: usize,
        timing: Timing,
    ) -> Result<Vec<(Vec<Range>, Expr)>, String> {
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
