//! The Radau IIA methods.

use super::{Family, MethodInfo, Stability};
use crate::method::Radau;

/// The highest order, and that of the dense output of its seven stages.
const ORDER: u32 = 13;
const DENSE_ORDER: u32 = 7;

pub static METHODS: &[MethodInfo] = &[MethodInfo {
    name: "radau",
    family: Family::Radau,
    order: ORDER,
    dense_order: DENSE_ORDER,
    stability: Stability::LStable,
    adaptive: true,
    mass: true,
    has_push: false,
    has_pull: true,
    options: &["order"],
    citation: "Hairer and Wanner, J. Comput. Appl. Math. 111 (1999) 93–111",
    summary: "orders 5, 9 and 13: for stiff problems and index-1 equations to many digits, and where other methods fail",
    make: |wish| Box::new(Radau::up_to(wish.most_order.unwrap_or(ORDER))),
}];
