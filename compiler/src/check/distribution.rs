//! Distributions after `~`: their names, their arguments and the units of these.

use crate::parse::ast::{self, Argument, ExprKind};

use super::error;
use super::model::Distribution;
use super::scope::{Builder, EntityId, Level, Roots};
use super::unit::Unit;
use super::value::Value;

/// The unit of a distribution's argument, from that of what is distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentUnit {
    Same,
    Inverse,
    Pure,
}

use ArgumentUnit::{Inverse, Pure, Same};

/// A distribution and its arguments in order.
pub struct Known {
    pub name: &'static str,
    pub arguments: &'static [(&'static str, ArgumentUnit)],
}

/// The namespace after `~`.
pub const DISTRIBUTIONS: &[Known] = &[
    Known { name: "normal", arguments: &[("mean", Same), ("deviation", Same)] },
    Known { name: "lognormal", arguments: &[("log mean", Pure), ("log deviation", Pure)] },
    Known { name: "uniform", arguments: &[("low", Same), ("high", Same)] },
    Known { name: "exponential", arguments: &[("rate", Inverse)] },
    Known { name: "gamma", arguments: &[("shape", Pure), ("rate", Inverse)] },
    Known { name: "beta", arguments: &[("alpha", Pure), ("beta", Pure)] },
    Known { name: "student_t", arguments: &[("freedom", Pure), ("location", Same), ("scale", Same)] },
    Known { name: "cauchy", arguments: &[("location", Same), ("scale", Same)] },
    Known { name: "half_normal", arguments: &[("deviation", Same)] },
    Known { name: "poisson", arguments: &[("mean", Pure)] },
    Known { name: "binomial", arguments: &[("trials", Pure), ("probability", Pure)] },
    Known { name: "negative_binomial", arguments: &[("mean", Pure), ("dispersion", Pure)] },
    Known { name: "bernoulli", arguments: &[("probability", Pure)] },
    Known { name: "categorical", arguments: &[("probabilities", Pure)] },
];

impl Builder<'_> {
    /// The prior of a parameter.
    pub fn distribution(&mut self, id: EntityId, e: &ast::Expr, unit: Unit) -> Option<Distribution> {
        let mut site = self.site_of(self.entity(id).scope);
        site.roots = Roots::Ignored;
        self.at(site, |b| {
            let distribution = b.distribution_here(e, unit)?;
            for argument in &distribution.arguments {
                let (level, symbol) = b.level(*argument);
                if let (true, Some(symbol)) = (level > Level::Parameter, symbol) {
                    let name = b.algebra.symbol(symbol).name.clone();
                    return b.complain(error::reads_too_much("a prior", &name, level, e.span));
                }
            }
            Some(distribution)
        })
    }

    /// A distribution of one number in this unit, at the site.
    pub fn distribution_here(&mut self, e: &ast::Expr, unit: Unit) -> Option<Distribution> {
        let (name, values) = self.distribution_values(e, unit)?;
        let mut arguments = Vec::new();
        for value in values {
            match value.as_scalar() {
                Some(scalar) => arguments.push(scalar.e),
                None => return self.complain(error::scalar_needed(&value.shape(), e.span)),
            }
        }
        Some(Distribution { name, arguments })
    }

    /// The name and the arguments of a distribution of something in this unit.
    pub fn distribution_values(&mut self, e: &ast::Expr, unit: Unit) -> Option<(String, Vec<Value>)> {
        let known = self.known_distribution(e)?;
        let ExprKind::Call(_, arguments) = &e.kind else {
            return self.complain(error::distribution_form(e.span));
        };
        let expected: Vec<&str> = known.arguments.iter().map(|(name, _)| *name).collect();
        if arguments.len() != known.arguments.len() {
            return self.complain(error::distribution_arguments(
                known.name,
                &expected,
                arguments.len(),
                e.span,
            ));
        }
        let mut values = Vec::new();
        for (argument, (_, rule)) in arguments.iter().zip(known.arguments) {
            let Argument::Value(value) = argument else {
                return self.complain(error::distribution_arguments(
                    known.name,
                    &expected,
                    arguments.len(),
                    e.span,
                ));
            };
            let unit = match rule {
                Same => unit,
                Inverse => unit.inverse(),
                Pure => Unit::ONE,
            };
            values.push(self.expand_as(value, unit)?);
        }
        Some((known.name.to_owned(), values))
    }

    pub fn known_distribution(&mut self, e: &ast::Expr) -> Option<&'static Known> {
        let callee = match &e.kind {
            ExprKind::Call(callee, _) => callee,
            _ => e,
        };
        let ExprKind::Name(name) = &callee.kind else {
            return self.complain(error::distribution_form(e.span));
        };
        match DISTRIBUTIONS.iter().find(|known| *known.name == **name) {
            Some(known) => Some(known),
            None => {
                let near = super::suggest::closest(name, DISTRIBUTIONS.iter().map(|known| known.name));
                self.complain(error::unknown_distribution(name, near, callee.span))
            }
        }
    }
}
