//! The past of a state, `x(t - τ)`, as a symbol of its own; and noise.

use smallvec::SmallVec;

use crate::algebra::{Access, Affine, Expr, FunctionInfo, Meaning as FunctionMeaning, Range, Symbol, Var};
use crate::diagnostics::Span;
use crate::parse::ast::{self, Argument};

use super::error;
use super::expand::Reference;
use super::model::{Delay, FeatureKind};
use super::scope::{Array, Builder, Level, Role};
use super::shape::position;
use super::unit::Unit;
use super::value::{Scalar, Tensor, Value};

impl Builder<'_> {
    /// The state of a reference at the time `at`.
    pub fn past(&mut self, reference: &Reference, at: &ast::Expr, span: Span) -> Option<Value> {
        let array = self.referred(reference)?;
        let at_scalar = self.expand_scalar(at)?;
        let at_scalar = self.convert(at_scalar, self.time_unit, at.span)?;
        let now = self.time();
        let lag = self.algebra.sub(now.e, at_scalar.e);
        let lag = self.simple_lag(lag, at_scalar.e);
        let (dims, access) = match reference.subscripts {
            Some(subscripts) => (SmallVec::new(), self.access(&array, subscripts, reference.span)?),
            None => {
                let dims: SmallVec<[_; 2]> =
                    array.dims.iter().map(|dim| (self.fresh(dim.range), dim.range)).collect();
                let access = dims.iter().map(|(var, range)| position(*var, *range)).collect();
                (dims, access)
            }
        };
        self.feature(FeatureKind::Delay, span);
        let e = self.delay(&array, access, lag, span);
        Some(Value::Tensor(Tensor { dims, body: Scalar { e, unit: Some(array.unit), truth: array.truth } }))
    }

    /// `t - (t - τ)` is τ.
    fn simple_lag(&mut self, lag: Expr, at: Expr) -> Expr {
        let now = self.algebra.scalar(self.time);
        match self.algebra.node(at) {
            crate::algebra::Node::Binary(crate::algebra::Binary::Sub, t, lag) if t == now => lag,
            _ => lag,
        }
    }

    /// A read of the delayed value: a symbol over the index variables that its place and its lag depend on.
    fn delay(&mut self, array: &Array, access: Access, lag: Expr, span: Span) -> Expr {
        let place = self.algebra.read(array.symbol, access);
        let mut vars: Vec<Var> = self.variables(place);
        vars.extend(self.variables(lag));
        vars.sort_unstable();
        vars.dedup();
        let ranges: Vec<Range> = vars.iter().map(|var| self.range(*var)).collect();
        let axes: Vec<(Var, Affine)> =
            (0u32..).zip(&vars).map(|(k, var)| (*var, Affine::var(Var::Axis(k)))).collect();
        let (target, lag) = (self.algebra.replace_vars(place, &axes), self.algebra.replace_vars(lag, &axes));
        let symbol = match self.known_delays.get(&(target, lag, ranges.clone())) {
            Some(symbol) => *symbol,
            None => {
                let extents: Vec<u64> = ranges.iter().map(|range| range.len()).collect();
                let symbol = self.algebra.declare(format!("{}(…)", array.full_name), &extents);
                self.levels.insert(symbol, Level::State);
                self.known_delays.insert((target, lag, ranges.clone()), symbol);
                self.delays.push(Delay { symbol, axes: ranges.clone(), read: target, lag, span });
                symbol
            }
        };
        let access = vars.iter().zip(&ranges).map(|(var, range)| position(*var, *range)).collect();
        self.algebra.read(symbol, access)
    }

    /// The symbol whose reads are `W'`, of the path `W`.
    pub fn noise_rate(&mut self, path: Symbol) -> Symbol {
        self.noise_rates[&path]
    }

    /// `stratonovich(g*W')`: the same noise read in Stratonovich's sense.
    pub fn stratonovich(&mut self, arguments: &[Argument], span: Span) -> Option<Value> {
        let [Argument::Value(e)] = arguments else {
            return self.complain(error::arity("stratonovich", 1, arguments.len(), span));
        };
        let value = self.expand(e)?;
        let function = self.host_function("stratonovich", 1);
        self.map(&[value], &[e.span], &mut |b, s| {
            Some(Scalar { e: b.algebra.call(function, &[s[0].e]), ..s[0] })
        })
    }

    /// A function that a run supplies: no derivative, no code of the compiler.
    fn host_function(&mut self, name: &str, arity: usize) -> crate::algebra::Function {
        if let Some(known) = self.algebra.find_function(name) {
            return known;
        }
        self.algebra.declare_function(FunctionInfo {
            name: name.to_owned(),
            arity,
            meaning: FunctionMeaning::Extern,
            derivative: vec![None; arity],
        })
    }

    /// Declares the two symbols of a noise: the path, and the white noise that is its rate.
    pub fn declare_noise(&mut self, mut array: Array) -> Array {
        let rate = self.algebra.declare(format!("{}'", array.full_name), &array.extents());
        self.levels.insert(rate, Level::Noise);
        array.role = Role::Noise;
        let unit = self.time_unit.power(0.5).unwrap_or(Unit::ONE);
        array.unit = unit;
        let full_name = format!("{}'", array.full_name).into();
        let rate_array = Array { symbol: rate, unit: unit.per(self.time_unit), full_name, ..array.clone() };
        self.arrays.insert(rate, rate_array);
        self.noise_rates.insert(array.symbol, rate);
        array
    }
}
