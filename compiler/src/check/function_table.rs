//! What the checker knows about functions by name: their units, their jumps, and the forms that are built in.

/// How the units of a native's arguments give the unit of its result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UnitRule {
    /// Numbers without unit, as `exp`.
    Pure,
    /// One unit for all, and for the result.
    Same,
    /// One unit for all; the result has none.
    Ratio,
    /// Whatever unit; the result has none.
    Any,
    /// The n-th root of the unit.
    Root(f64),
    /// A function of the host: whatever unit, the result has none.
    Host,
}

const UNIT_RULES: &[(&str, UnitRule)] = &[
    ("abs", UnitRule::Same),
    ("min", UnitRule::Same),
    ("max", UnitRule::Same),
    ("clamp", UnitRule::Same),
    ("hypot", UnitRule::Same),
    ("mod", UnitRule::Same),
    ("relu", UnitRule::Same),
    ("atan2", UnitRule::Ratio),
    ("smoothstep", UnitRule::Ratio),
    ("sign", UnitRule::Any),
    ("step", UnitRule::Any),
    ("sqrt", UnitRule::Root(2.0)),
    ("cbrt", UnitRule::Root(3.0)),
];

/// Functions whose value jumps: each call in a model's own equations is a root.
pub const JUMPING: &[&str] = &["step", "sign", "floor", "ceil", "round", "mod"];

/// Forms that take more than numbers.
pub const BUILT_IN: &[&str] =
    &["sum", "prod", "min", "max", "dot", "smooth", "stratonovich", "interp", "grad", "jac", "div"];

pub fn unit_rule(name: &str) -> UnitRule {
    UNIT_RULES.iter().find(|(known, _)| *known == name).map_or(UnitRule::Pure, |(_, rule)| *rule)
}
