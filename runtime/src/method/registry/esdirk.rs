//! The diagonally implicit Runge–Kutta methods with an explicit first stage.

use super::{Family, MethodInfo, Stability, Wish};
use crate::method::{Esdirk, Method, tableaus};
use crate::tableau::Diagonal;

pub static METHODS: &[MethodInfo] = &[
    MethodInfo {
        summary: "second order, for stiff problems at loose tolerances such as 1e-3, the right-hand side being costly or rough",
        citation: "Hosea and Shampine, Appl. Numer. Math. 20 (1996) 21–37",
        ..esdirk(&tableaus::TRBDF2, |_| Box::new(Esdirk { tableau: &tableaus::TRBDF2 }))
    },
    MethodInfo {
        summary: "third order, for stiff problems at tolerances such as 1e-4 whose Jacobian is too costly to factorise in each step",
        citation: "A. Kværnø, BIT Numer. Math. 44 (2004) 489–502",
        ..esdirk(&tableaus::KVAERNO3, |_| Box::new(Esdirk { tableau: &tableaus::KVAERNO3 }))
    },
    MethodInfo {
        summary: "fourth order: stiff terms implicitly and the rest explicitly where the problem tells them apart, else all implicitly",
        citation: "Kennedy and Carpenter, Appl. Numer. Math. 44 (2003) 139–181",
        ..esdirk(&tableaus::KENCARP4, |_| Box::new(Esdirk { tableau: &tableaus::KENCARP4 }))
    },
    MethodInfo {
        summary: "fifth order, for large stiff problems and index-1 equations at tolerances below 1e-5: few factorisations",
        citation: "A. Kværnø, BIT Numer. Math. 44 (2004) 489–502",
        ..esdirk(&tableaus::KVAERNO5, |_| Box::new(Esdirk { tableau: &tableaus::KVAERNO5 }))
    },
];

/// What all of them have in common.
const fn esdirk(tableau: &'static Diagonal, make: fn(&Wish) -> Box<dyn Method>) -> MethodInfo {
    MethodInfo {
        name: tableau.name,
        family: Family::Esdirk,
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
