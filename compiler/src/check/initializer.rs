//! How the weights of a network start.

use crate::diagnostics::Span;
use crate::parse::ast::{self, Argument, ExprKind};

use super::error;
use super::model::Initializer;
use super::network::NetOptions;
use super::scope::Builder;

const INITIALIZERS: &[&str] = &[
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "orthogonal",
    "normal",
    "uniform",
    "zeros",
];

impl Builder<'_> {
    /// How a weight starts: as its layer says, unless the network's option says otherwise (zeros stay zeros).
    pub fn initializer(
        &mut self,
        own: Option<&ast::Expr>,
        options: &NetOptions,
        dims: &[u64],
        span: Span,
    ) -> Option<Initializer> {
        let zeros = own.is_some_and(|e| matches!(&e.kind, ExprKind::Name(name) if **name == *"zeros"));
        let e = match (options.weights, own) {
            (Some(e), _) if !zeros => e,
            (_, Some(e)) => e,
            (_, None) => return Some(glorot_uniform(dims)),
        };
        self.initializer_of(e, dims, span)
    }

    fn initializer_of(&mut self, e: &ast::Expr, dims: &[u64], span: Span) -> Option<Initializer> {
        let (name, arguments): (&str, &[Argument]) = match &e.kind {
            ExprKind::Name(name) => (name, &[]),
            ExprKind::Call(callee, arguments) => match &callee.kind {
                ExprKind::Name(name) => (name, arguments),
                _ => return self.complain(error::unknown_initializer("…", None, e.span)),
            },
            ExprKind::List(_) => return self.initial_array(e, dims),
            _ => return self.complain(error::unknown_initializer(&super::text::compact(e), None, e.span)),
        };
        let mut numbers = Vec::new();
        for argument in arguments {
            match argument {
                Argument::Value(e) => numbers.push(self.expand_number(e)?),
                _ => return self.complain(error::arity(name, 2, arguments.len(), span)),
            }
        }
        let (fan_in, fan_out) = fans(dims);
        let initializer = match (name, numbers.as_slice()) {
            ("glorot_uniform", []) => Initializer::GlorotUniform { fan_in, fan_out },
            ("glorot_normal", []) => Initializer::GlorotNormal { fan_in, fan_out },
            ("he_uniform", []) => Initializer::HeUniform { fan_in },
            ("he_normal", []) => Initializer::HeNormal { fan_in },
            ("orthogonal", []) => Initializer::Orthogonal,
            ("zeros", []) => Initializer::Zeros,
            ("normal", [mean, deviation]) => Initializer::Normal { mean: *mean, deviation: *deviation },
            ("uniform", [low, high]) => Initializer::Uniform { low: *low, high: *high },
            _ => {
                let near = super::suggest::closest(name, INITIALIZERS.iter().copied());
                return self.complain(error::unknown_initializer(name, near, e.span));
            }
        };
        Some(initializer)
    }

    fn initial_array(&mut self, e: &ast::Expr, dims: &[u64]) -> Option<Initializer> {
        let value = self.expand(e)?;
        let shape = value.shape();
        if shape != dims {
            return self.complain(error::value_shape("the weight", dims, &shape, e.span));
        }
        let mut leaves = Vec::new();
        super::shape::flatten(&mut Vec::new(), &value, &mut leaves);
        let numbers: Option<Vec<f64>> =
            leaves.iter().map(|(_, tensor)| self.algebra.as_number(tensor.body.e)).collect();
        match numbers {
            Some(numbers) => Some(Initializer::Values(numbers)),
            None => self.complain(error::constant_needed(e.span)),
        }
    }
}

/// Inputs and outputs of a weight: W[n, m] takes m to n.
fn fans(dims: &[u64]) -> (u64, u64) {
    match dims {
        [] => (1, 1),
        [n] => (*n, *n),
        [n, rest @ ..] => (rest.iter().product(), *n),
    }
}

fn glorot_uniform(dims: &[u64]) -> Initializer {
    let (fan_in, fan_out) = fans(dims);
    Initializer::GlorotUniform { fan_in, fan_out }
}
