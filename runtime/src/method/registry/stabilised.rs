//! The stabilised explicit methods.

use super::{Family, MethodInfo, Stability, Wish};
use crate::method::{Method, Scheme, Stabilised};

pub static METHODS: &[MethodInfo] = &[
    MethodInfo {
        name: "rkc",
        order: 2,
        summary: "second order, for diffusion on large grids at tolerances of 1e-2 to 1e-4; not for advection",
        citation: "Sommeijer, Shampine and Verwer, J. Comput. Appl. Math. 88 (1998) 315–326",
        ..stabilised(|wish| engine(Scheme::Rkc, wish))
    },
    MethodInfo {
        name: "rock2",
        order: 2,
        summary: "second order, as rkc with smaller errors and a cautious estimate of them: for 1e-2 and 1e-3",
        citation: "Abdulle and Medovikov, Numer. Math. 90 (2001) 1–18",
        ..stabilised(|wish| engine(Scheme::Rock2, wish))
    },
    MethodInfo {
        name: "rock4",
        order: 4,
        summary: "fourth order: the first choice for diffusion on large grids, at tolerances of 1e-3 and below",
        citation: "A. Abdulle, SIAM J. Sci. Comput. 23 (2002) 2041–2054",
        ..stabilised(|wish| engine(Scheme::Rock4, wish))
    },
];

fn engine(scheme: Scheme, wish: &Wish) -> Box<dyn Method> {
    Box::new(Stabilised::new(scheme, wish.rtol))
}

/// What all stabilised methods have in common.
const fn stabilised(make: fn(&Wish) -> Box<dyn Method>) -> MethodInfo {
    MethodInfo {
        name: "",
        family: Family::Stabilised,
        order: 0,
        dense_order: 3,
        stability: Stability::RealAxis,
        adaptive: true,
        mass: false,
        has_push: false,
        has_pull: false,
        options: &[],
        citation: "",
        summary: "",
        make,
    }
}
