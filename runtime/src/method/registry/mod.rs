//! The registry of methods: lookup, help, documentation and the tests all read it.

mod esdirk;
mod explicit;
mod rosenbrock;
mod switching;

use super::Method;
use crate::dynamics::Facts;

/// What kind of engine runs a method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    ExplicitRungeKutta,
    Rosenbrock,
    Esdirk,
    Switching,
}

/// How a method behaves on stiff problems.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stability {
    /// Stable only for h λ in a bounded region.
    Bounded,
    /// A-stable, with a stability function that vanishes at infinity.
    LStable,
}

/// What a method's making may depend on.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub rtol: f64,
    /// The highest order that a method of variable order may use.
    pub most_order: Option<u32>,
    pub facts: Facts,
}

impl Wish {
    /// No wish but the tolerance, for any problem.
    pub fn plain(rtol: f64) -> Wish {
        Wish { rtol, most_order: None, facts: Facts::default() }
    }
}

/// One method: what it is, when to use it, and how to make it.
pub struct MethodInfo {
    pub name: &'static str,
    pub family: Family,
    pub order: u32,
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

/// The method of that name.
pub fn find(name: &str) -> Option<&'static MethodInfo> {
    methods().find(|method| method.name == name)
}

/// Every method that this version has, family by family.
pub fn methods() -> impl Iterator<Item = &'static MethodInfo> {
    FAMILIES.iter().copied().flatten()
}

static FAMILIES: &[&[MethodInfo]] = &[explicit::METHODS, rosenbrock::METHODS, esdirk::METHODS, switching::METHODS];
