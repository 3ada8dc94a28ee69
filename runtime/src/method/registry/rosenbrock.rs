//! The Rosenbrock methods.

use super::{Family, MethodInfo, Stability, Wish};
use crate::method::{Method, Rosenbrock, tableaus};
use crate::tableau::Linear;

pub static METHODS: &[MethodInfo] = &[
    MethodInfo {
        summary: "second order, for stiff problems at loose tolerances such as 1e-3",
        citation: "Shampine and Reichelt, SIAM J. Sci. Comput. 18 (1997) 1–22",
        ..rosenbrock(&tableaus::ROSENBROCK23, |_| Box::new(Rosenbrock { tableau: &tableaus::ROSENBROCK23 }))
    },
    MethodInfo {
        summary: "fourth order, for stiff problems and index-1 equations",
        citation: "Hairer and Wanner, Solving ODEs II, IV.7 and VI.4 (1996)",
        ..rosenbrock(&tableaus::RODAS4, |_| Box::new(Rosenbrock { tableau: &tableaus::RODAS4 }))
    },
    MethodInfo {
        summary: "fifth order: the first choice for stiff problems and index-1 equations of up to some hundred unknowns",
        citation: "G. Steinebach, BIT Numer. Math. 63 (2023) 27",
        ..rosenbrock(&tableaus::RODAS5P, |_| Box::new(Rosenbrock { tableau: &tableaus::RODAS5P }))
    },
];

/// What all Rosenbrock methods have in common.
const fn rosenbrock(tableau: &'static Linear, make: fn(&Wish) -> Box<dyn Method>) -> MethodInfo {
    MethodInfo {
        name: tableau.name,
        family: Family::Rosenbrock,
        order: tableau.order,
        dense_order: tableau.dense.order,
        stability: Stability::LStable,
        adaptive: true,
        mass: true,
        has_push: false,
        has_pull: true,
        options: &[],
        citation: "",
        summary: "",
        make,
    }
}
