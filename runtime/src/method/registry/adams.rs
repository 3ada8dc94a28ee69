//! The explicit multistep methods.

use super::{Family, MethodInfo, Stability};
use crate::method::Adams;

pub static METHODS: &[MethodInfo] = &[MethodInfo {
    name: "adams",
    family: Family::Adams,
    order: 12,
    dense_order: 12,
    stability: Stability::Bounded,
    adaptive: true,
    mass: false,
    has_push: false,
    has_pull: false,
    options: &["order"],
    summary: "orders 1 to 12 with two right-hand sides a step: for costly ones that are not stiff",
    citation: "Shampine and Gordon, Computer Solution of Ordinary Differential Equations (1975)",
    make: |wish| Box::new(Adams::new(wish.most_order)),
}];
