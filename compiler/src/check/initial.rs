//! Values at t0, defaults, bounds and priors; `init`, and the past.

use rustc_hash::FxHashMap;

use crate::algebra::{Affine, Expr, Node, Subscript, Symbol};
use crate::diagnostics::Span;
use crate::parse::ast::{self, ExprKind, Pattern};

use super::error;
use super::fill::{Slot, open};
use super::model::{Constraint, History, Piece, Values};
use super::scope::{Array, Bound, Builder, Declaration, EntityId, Level, Meaning, Role, Roots, ScopeId};
use super::tiling::Side;
use super::value::{Scalar, Value};

impl<'a> Builder<'a> {
    /// The values that a declaration, or what binds it, gives to all elements.
    pub fn values_of(&mut self, id: EntityId, variable: &'a ast::Variable, array: &Array) -> Option<Values> {
        let (e, scope) = match self.entity(id).bound {
            Some(Bound::Expr(e, parent)) => (Some(e), parent),
            _ => (variable.value.as_ref(), self.entity(id).scope),
        };
        let what = match array.role {
            Role::State => "an initial value",
            Role::Algebraic => "a guess",
            Role::Parameter => "a default",
            _ => "a start value",
        };
        let most = match array.role {
            Role::Parameter => Level::Parameter,
            Role::Algebraic => Level::State,
            _ => Level::Time,
        };
        let Some(e) = e else { return self.missing_value(array, variable) };
        let mut site = self.site_of(scope);
        site.roots = Roots::Ignored;
        let (values, dims, unit) = (e, array.dims.clone(), array.unit);
        self.at(site, |b| {
            let bound_outside = scope != b.entity(id).scope;
            let (slots, axes) = match bound_outside {
                true => (open(&dims), Vec::new()),
                false => b.bind_dims(&dims),
            };
            let value = b.expand_as(values, unit)?;
            b.at_most(&value, most, what, e.span)?;
            let (slots, axes) = match b.is_whole(&value, &dims) {
                true => (open(&dims), Vec::new()),
                false => (slots, axes),
            };
            b.fill(value, slots, axes, &array.full_name, e.span)
        })
    }

    /// What a declaration without a value means.
    fn missing_value(&mut self, array: &Array, variable: &ast::Variable) -> Option<Values> {
        let by_init = |statement: &ast::Statement| match &statement.kind {
            ast::StatementKind::Init(e) => {
                matches!(&e.left.kind, ExprKind::Name(name) if *name == variable.name.text)
            }
            _ => false,
        };
        match array.role {
            // An `init` that stands in its place is complained about itself.
            Role::State if self.scope().model.body.iter().any(by_init) => None,
            Role::State => self.complain(error::no_initial_value(&array.full_name, variable.name.span)),
            Role::Parameter => Some(Values::new()),
            _ => Some(self.constant_values(array, 0.0, variable.name.span)),
        }
    }

    /// One number for all elements.
    pub fn constant_values(&mut self, array: &Array, x: f64, span: Span) -> Values {
        let e = self.algebra.number(x);
        let slots = open(&array.dims);
        self.fill(Value::scalar(Scalar::number(e)), slots, Vec::new(), &array.full_name, span)
            .unwrap_or_default()
    }

    /// The bounds of a parameter, checked against a default that is a number.
    pub fn bounds_of(
        &mut self,
        id: EntityId,
        parameter: &ast::Parameter,
        array: &Array,
        default: &Values,
    ) -> Option<Option<(Expr, Expr)>> {
        let Some(bounds) = &parameter.bounds else { return Some(None) };
        let site = self.site_of(self.entity(id).scope);
        let unit = array.unit;
        let (low, high) = self.at(site, |b| {
            let low = b.bound(&bounds.low, unit);
            let high = b.bound(&bounds.high, unit);
            Some((low?, high?))
        })?;
        let number = |b: &Self, e: Expr| b.algebra.as_number(e);
        if let (Some(low), Some(high)) = (number(self, low), number(self, high)) {
            if low > high {
                return self.complain(error::bounds_reversed(&array.full_name, low, high, bounds.span));
            }
            for piece in default {
                if let Some(x) = number(self, piece.value).filter(|x| !(low..=high).contains(x)) {
                    return self.complain(error::default_outside(
                        &array.full_name,
                        x,
                        low,
                        high,
                        bounds.span,
                    ));
                }
            }
        }
        Some(Some((low, high)))
    }

    fn bound(&mut self, e: &ast::Expr, unit: super::unit::Unit) -> Option<Expr> {
        let value = self.expand_as(e, unit)?;
        self.at_most(&value, Level::Parameter, "a bound", e.span)?;
        match value.as_scalar() {
            Some(scalar) => Some(scalar.e),
            None => self.complain(error::scalar_needed(&value.shape(), e.span)),
        }
    }

    /// All `init` statements: values of derivatives that are states, and constraints.
    pub fn inits(
        &mut self,
        statements: &[(ScopeId, &'a ast::Equation)],
    ) -> (FxHashMap<Symbol, Values>, Vec<Constraint>) {
        let mut pieces: FxHashMap<Symbol, (Values, Vec<Side>)> = FxHashMap::default();
        let mut constraints = Vec::new();
        for (scope, equation) in statements {
            let mut site = self.site_of(*scope);
            site.roots = Roots::Ignored;
            // What is wrong was said; the other statements are looked at all the same.
            let _ = self.at(site, |b| b.init(equation, &mut pieces, &mut constraints));
        }
        let mut initial = FxHashMap::default();
        let mut symbols: Vec<Symbol> = pieces.keys().copied().collect();
        symbols.sort_unstable();
        for symbol in symbols {
            let Some((values, sides)) = pieces.remove(&symbol) else { continue };
            let array = self.arrays[&symbol].clone();
            if self.check_tiles(&array, &sides).is_some() {
                initial.insert(symbol, values);
            }
        }
        (initial, constraints)
    }

    fn init(
        &mut self,
        equation: &'a ast::Equation,
        pieces: &mut FxHashMap<Symbol, (Values, Vec<Side>)>,
        constraints: &mut Vec<Constraint>,
    ) -> Option<()> {
        let direct = matches!(
            equation.left.kind,
            ExprKind::Name(_) | ExprKind::Prime(_) | ExprKind::Index(..) | ExprKind::Field(..)
        );
        let reference = if direct { self.reference(&equation.left)? } else { None };
        if let Some(reference) = reference {
            let state = matches!(self.entity(reference.id).declaration, Declaration::State(_));
            if state && reference.primes == 0 {
                let [name, value] = [&equation.left, &equation.right].map(super::text::compact);
                return self.complain(error::bad_init(&name, &value, equation.left.span));
            }
            let array = self.referred(&reference)?;
            if state && self.state_symbols.contains(&array.symbol) {
                return self.init_value(equation, &array, reference.subscripts, pieces);
            }
        }
        let mut names = Vec::new();
        self.index_names_in(&equation.left, &equation.binders, &mut names);
        self.index_names_in(&equation.right, &equation.binders, &mut names);
        let axes = self.bind_axes(&names, &equation.binders)?;
        let (left, right) = (self.expand_scalar(&equation.left), self.expand_scalar(&equation.right));
        let (left, right) = (left?, right?);
        let spans = [equation.left.span, equation.right.span];
        let residual = self.subtract(left, right, spans)?;
        constraints.push(Constraint { axes, residual: residual.e, span: spans[0].to(spans[1]) });
        Some(())
    }

    fn init_value(
        &mut self,
        equation: &'a ast::Equation,
        array: &Array,
        subscripts: Option<&[ast::Expr]>,
        pieces: &mut FxHashMap<Symbol, (Values, Vec<Side>)>,
    ) -> Option<()> {
        let span = equation.left.span;
        let (values, side) =
            self.placed(array, subscripts, &equation.right, &equation.binders, span, |b, value| {
                b.at_most(value, Level::Time, "an initial value", equation.right.span)
            })?;
        let (all, sides) = pieces.entry(array.symbol).or_default();
        all.extend(values);
        sides.push(side);
        Some(())
    }

    /// The pieces of `array[subscripts] = e`, and the box they fill; without subscripts, all of the array.
    fn placed(
        &mut self,
        array: &Array,
        subscripts: Option<&[ast::Expr]>,
        e: &ast::Expr,
        binders: &[ast::Binder],
        span: Span,
        allowed: impl FnOnce(&mut Self, &Value) -> Option<()>,
    ) -> Option<(Values, Side)> {
        let before = self.site.locals.len();
        let placed = match subscripts {
            None => {
                let whole: Vec<_> = array.dims.iter().map(|dim| dim.range).collect();
                let positions =
                    (0u32..whole.len() as u32).map(|k| Affine::var(crate::algebra::Var::Axis(k))).collect();
                let slots = whole.iter().map(|range| Slot::Open(*range)).collect();
                Some((slots, Vec::new(), Side { axes: whole, positions, span }))
            }
            Some(subscripts) => self.placed_side(array, subscripts, binders, span),
        };
        let result = placed.and_then(|(slots, axes, side)| {
            let value = self.expand_as(e, array.unit)?;
            allowed(self, &value)?;
            Some((self.fill(value, slots, axes, &array.full_name, e.span)?, side))
        });
        self.site.locals.truncate(before);
        result
    }

    fn placed_side(
        &mut self,
        array: &Array,
        subscripts: &[ast::Expr],
        binders: &[ast::Binder],
        span: Span,
    ) -> Option<(Vec<Slot>, Vec<crate::algebra::Range>, Side)> {
        let side = self.side(subscripts, binders, span)?;
        self.inside(array, &side)?;
        let slots = side
            .positions
            .iter()
            .zip(&array.dims)
            .map(|(at, dim)| Slot::Fixed(Subscript::inside(at.clone().shift(-dim.range.start))))
            .collect();
        Some((slots, side.axes.clone(), side))
    }

    /// Complains of a left side that leaves its array.
    pub fn inside(&mut self, array: &Array, side: &Side) -> Option<()> {
        if side.positions.len() != array.dims.len() {
            let (wanted, given) = (array.dims.len(), side.positions.len());
            return self.complain(error::subscripts(&array.full_name, wanted, given, side.span));
        }
        let place: Vec<_> = (0..side.positions.len()).map(|k| side.interval(k)).collect();
        let whole: Vec<_> = array.dims.iter().map(|dim| dim.range).collect();
        match whole.iter().zip(&place).all(|(whole, part)| whole.contains(*part)) {
            true => Some(()),
            false => self.complain(error::side_outside(&array.full_name, &place, &whole, side.span)),
        }
    }

    /// All `history` statements.
    pub fn histories(&mut self, statements: &[(ScopeId, &'a ast::Let)]) -> Vec<History> {
        let mut histories: Vec<(History, Vec<Side>)> = Vec::new();
        for (scope, definition) in statements {
            let mut site = self.site_of(*scope);
            site.roots = Roots::Ignored;
            let Some((symbol, values, side)) = self.at(site, |b| b.history(definition)) else { continue };
            match histories.iter_mut().find(|(history, _)| history.state == symbol) {
                Some((history, sides)) => {
                    history.pieces.extend(values);
                    sides.push(side);
                }
                None => histories.push((History { state: symbol, pieces: values }, vec![side])),
            }
        }
        for (history, sides) in &histories {
            let array = self.arrays[&history.state].clone();
            let delayed = |read: Expr| match self.algebra.node(read) {
                Node::Read(symbol, _) => {
                    symbol == history.state || self.derivative_of.get(&symbol) == Some(&history.state)
                }
                _ => false,
            };
            if !self.delays.iter().any(|delay| delayed(delay.read)) {
                self.diagnostics.push(error::history_unused(&array.full_name, sides[0].span));
            }
            let _ = self.check_tiles(&array, sides);
        }
        histories.into_iter().map(|(history, _)| history).collect()
    }

    fn history(&mut self, definition: &'a ast::Let) -> Option<(Symbol, Vec<Piece>, Side)> {
        let Pattern::One { name, dims, .. } = &definition.pattern else {
            let span = super::declare::pattern_span(&definition.pattern);
            return self.complain(error::tuple_binders(span));
        };
        let Some(id) = self.find(&name.text) else {
            let near = self.suggest(&name.text);
            return self.complain(error::unknown_name(&name.text, near.as_deref(), name.span));
        };
        let array = match &self.entity(id).meaning {
            Meaning::Broken | Meaning::Pending => return None,
            Meaning::Array(array) if array.role == Role::State => (**array).clone(),
            _ => {
                let what = self.describe(id);
                return self.complain(error::history_of(&name.text, what, name.span));
            }
        };
        let subscripts = (!dims.is_empty()).then_some(dims.as_slice());
        let (values, side) = self.placed(
            &array,
            subscripts,
            &definition.value,
            &definition.binders,
            name.span,
            |b, value| b.at_most(value, Level::Time, "a history", definition.value.span),
        )?;
        Some((array.symbol, values, side))
    }
}
