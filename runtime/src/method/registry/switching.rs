//! The methods that choose among others as they go.

use super::{Family, MethodInfo, Stability};
use crate::method::{Auto, tableaus};

pub static METHODS: &[MethodInfo] = &[MethodInfo {
    name: "auto",
    family: Family::Switching,
    mass: true,
    has_push: false,
    has_pull: true,
    summary: "tsit5, vern7 or vern9 by the tolerance, and while stiffness limits the steps rodas5p, or bdf above 100 unknowns",
    citation: "stiffness test: Hairer and Wanner, Solving ODEs II, IV.2 (1996)",
    order: tableaus::TSIT5.order,
    dense_order: tableaus::TSIT5.dense.order,
    stability: Stability::LStable,
    adaptive: true,
    options: &[],
    make: |wish| Box::new(Auto::new(wish)),
}];
