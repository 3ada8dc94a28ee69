//! The backward differentiation formulas.

use super::{Family, MethodInfo, Stability};
use crate::method::Bdf;

/// The highest order.
const ORDER: u32 = 5;

pub static METHODS: &[MethodInfo] = &[MethodInfo {
    name: "bdf",
    family: Family::Bdf,
    order: ORDER,
    dense_order: ORDER,
    stability: Stability::Wedge,
    adaptive: true,
    mass: true,
    has_push: false,
    has_pull: true,
    options: &["order"],
    citation: "Shampine and Reichelt, SIAM J. Sci. Comput. 18 (1997) 1–22",
    summary: "orders 1 to 5: for stiff problems and index-1 equations of many unknowns (large stencils by GMRES), or whose right-hand side is costly",
    make: |wish| Box::new(Bdf::up_to(wish.most_order.unwrap_or(ORDER))),
}];
