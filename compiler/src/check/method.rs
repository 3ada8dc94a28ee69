//! The solution methods by name, and their options. Which of them run is for the runtime to say.

/// How a method goes forward: decides which options it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Explicit,
    Implicit,
    Stochastic,
    Jump,
    Switching,
}

pub struct MethodName {
    pub name: &'static str,
    pub family: Family,
}

const fn of(name: &'static str, family: Family) -> MethodName {
    MethodName { name, family }
}

use Family::{Explicit, Implicit, Jump, Stochastic, Switching};

/// Every method of the language.
pub const METHODS: &[MethodName] = &[
    of("auto", Switching),
    of("euler", Explicit),
    of("midpoint", Explicit),
    of("heun", Explicit),
    of("rk4", Explicit),
    of("bs3", Explicit),
    of("dopri5", Explicit),
    of("tsit5", Explicit),
    of("dop853", Explicit),
    of("vern6", Explicit),
    of("vern7", Explicit),
    of("vern9", Explicit),
    of("rkc", Explicit),
    of("rock2", Explicit),
    of("rock4", Explicit),
    of("leapfrog", Explicit),
    of("mclachlan", Explicit),
    of("kahan_li", Explicit),
    of("dprkn6", Explicit),
    of("adams", Explicit),
    of("rosenbrock23", Implicit),
    of("rodas4", Implicit),
    of("rodas5p", Implicit),
    of("trbdf2", Implicit),
    of("kvaerno3", Implicit),
    of("kencarp4", Implicit),
    of("kvaerno5", Implicit),
    of("radau", Implicit),
    of("bdf", Implicit),
    of("etdrk4", Implicit),
    of("krylov", Implicit),
    of("em", Stochastic),
    of("milstein", Stochastic),
    of("heun_stratonovich", Stochastic),
    of("sri", Stochastic),
    of("sosri", Stochastic),
    of("sra", Stochastic),
    of("sosra", Stochastic),
    of("dri1", Stochastic),
    of("implicit_em", Stochastic),
    of("implicit_milstein", Stochastic),
    of("ssa", Jump),
    of("next_reaction", Jump),
    of("rssa", Jump),
    of("tau_leap", Jump),
];

/// What an option of a method holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    Number,
    /// A number, or a list with one for each unknown.
    PerUnknown,
    /// A time, in the unit of `t` where it is bare.
    Duration,
    Count,
    /// One of these texts.
    Choice(&'static [&'static str]),
}

/// Options of methods: name, content, and the families that take it (all, where empty).
pub const METHOD_OPTIONS: &[(&str, Holds, &[Family])] = &[
    ("rtol", Holds::Number, &[]),
    ("atol", Holds::PerUnknown, &[]),
    ("dt", Holds::Duration, &[]),
    ("dt_min", Holds::Duration, &[]),
    ("dt_max", Holds::Duration, &[]),
    ("max_steps", Holds::Count, &[]),
    ("controller", Holds::Choice(&["i", "pi", "pid", "predictive"]), &[]),
    ("order", Holds::Count, &[]),
    (
        "linear",
        Holds::Choice(&["auto", "dense_lu", "sparse_lu", "banded_lu", "gmres"]),
        &[Implicit, Switching, Stochastic],
    ),
    ("max_newton", Holds::Count, &[Implicit, Switching, Stochastic]),
    ("epsilon", Holds::Number, &[Jump]),
];

pub fn find(name: &str) -> Option<&'static MethodName> {
    METHODS.iter().find(|method| method.name == name)
}

/// The content of an option, where the family takes it.
pub fn option(name: &str, family: Family) -> Option<Holds> {
    let takes = |families: &[Family]| families.is_empty() || families.contains(&family);
    METHOD_OPTIONS
        .iter()
        .find(|(known, _, families)| *known == name && takes(families))
        .map(|(_, holds, _)| *holds)
}
