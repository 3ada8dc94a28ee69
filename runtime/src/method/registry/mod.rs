//! The registry of methods: lookup, help, documentation and the tests all read it.

mod esdirk;
mod adams;
mod bdf;
mod explicit;
mod radau;
mod rosenbrock;
mod second_order;
mod stabilised;
mod switching;

use super::Method;
use crate::dynamics::Facts;
use crate::linear;

/// What kind of engine runs a method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    ExplicitRungeKutta,
    Stabilised,
    /// For x′ = v, v′ = a(t, x) alone.
    SecondOrder,
    Adams,
    Rosenbrock,
    Esdirk,
    Radau,
    Bdf,
    Switching,
}

impl Family {
    /// Whether its methods solve no linear systems, and so read no Jacobian.
    pub fn is_explicit(self) -> bool {
        // Every family is named, so that a new one has to say.
        match self {
            Family::ExplicitRungeKutta | Family::Stabilised | Family::SecondOrder | Family::Adams => true,
            Family::Rosenbrock | Family::Esdirk | Family::Radau | Family::Bdf | Family::Switching => false,
        }
    }
}

impl Family {
    /// Whether its methods can do with linear systems that GMRES solves as far as Newton's iteration needs. The others read
    /// solutions that are exact, or solve with complex matrices.
    pub fn iterates(self) -> bool {
        match self {
            Family::Esdirk | Family::Bdf | Family::Switching => true,
            Family::Rosenbrock | Family::Radau => false,
            Family::ExplicitRungeKutta | Family::Stabilised | Family::SecondOrder | Family::Adams => false,
        }
    }
}

/// How a method behaves on stiff problems.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stability {
    /// Stable only for h λ in a bounded region.
    Bounded,
    /// Stable along a part of the negative real axis that grows with the square of its stages, which follow the problem.
    RealAxis,
    /// Stable in a wedge around the negative real axis, with errors that vanish at infinity.
    Wedge,
    /// A-stable, with a stability function that vanishes at infinity.
    LStable,
}

/// What a method's making may depend on.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub rtol: f64,
    /// The highest order that a method of variable order may use.
    pub most_order: Option<u32>,
    /// How its linear systems are to be solved.
    pub linear: linear::Wish,
    pub facts: Facts,
}

impl Wish {
    /// No wish but the tolerance, for any problem.
    pub fn plain(rtol: f64) -> Wish {
        Wish { rtol, most_order: None, linear: linear::Wish::Automatic, facts: Facts::default() }
    }
}

/// One method: what it is, when to use it, and how to make it.
pub struct MethodInfo {
    pub name: &'static str,
    pub family: Family,
    /// The highest where it varies.
    pub order: u32,
    /// Of a method that varies its order, the dense output is of the order that the step has; this is the highest.
    pub dense_order: u32,
    pub stability: Stability,
    /// Whether it estimates its error; without, `dt` must be given.
    pub adaptive: bool,
    /// Whether it solves M u′ = f with a mass matrix, index-1 differential-algebraic equations included.
    pub mass: bool,
    pub has_push: bool,
    pub has_pull: bool,
    /// The options it knows beside the common ones.
    pub options: &'static [&'static str],
    pub citation: &'static str,
    /// One sentence: when to use it.
    pub summary: &'static str,
    pub make: fn(&Wish) -> Box<dyn Method>,
}

impl MethodInfo {
    /// Whether it chooses its order as it goes, `order` being the highest.
    pub fn varies_order(&self) -> bool {
        self.options.contains(&"order")
    }
}

/// The method of that name.
pub fn find(name: &str) -> Option<&'static MethodInfo> {
    methods().find(|method| method.name == name)
}

/// Every method that this version has, family by family.
pub fn methods() -> impl Iterator<Item = &'static MethodInfo> {
    FAMILIES.iter().copied().flatten()
}

static FAMILIES: &[&[MethodInfo]] = &[
    explicit::METHODS,
    stabilised::METHODS,
    second_order::METHODS,
    adams::METHODS,
    rosenbrock::METHODS,
    esdirk::METHODS,
    radau::METHODS,
    bdf::METHODS,
    switching::METHODS,
];
