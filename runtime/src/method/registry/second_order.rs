//! The methods for x′ = v, v′ = a(t, x).

use super::{Family, MethodInfo, Stability, Wish};
use crate::method::{Method, Nystrom, Symplectic, tableaus};
use crate::tableau::Composition;

pub static METHODS: &[MethodInfo] = &[
    MethodInfo {
        summary: "for x' = v, v' = a(t, x) over long times: errors of energy stay bounded; fixed step",
        citation: "L. Verlet, Phys. Rev. 159 (1967) 98–103",
        ..symplectic(&tableaus::LEAPFROG, |_| engine(&tableaus::LEAPFROG))
    },
    MethodInfo {
        summary: "as leapfrog with fourth order, five right-hand sides a step",
        citation: "R. I. McLachlan, SIAM J. Sci. Comput. 16 (1995) 151–168",
        ..symplectic(&tableaus::MCLACHLAN, |_| engine(&tableaus::MCLACHLAN))
    },
    MethodInfo {
        summary: "as leapfrog with eighth order, seventeen a step: for long orbits to nearly all digits",
        citation: "Kahan and Li, Math. Comp. 66 (1997) 1089–1099",
        ..symplectic(&tableaus::KAHAN_LI, |_| engine(&tableaus::KAHAN_LI))
    },
    MethodInfo {
        name: tableaus::DPRKN6.name,
        order: tableaus::DPRKN6.order,
        dense_order: tableaus::DPRKN6.dense_order,
        adaptive: true,
        summary: "sixth order for x' = v, v' = a(t, x), at tolerances of 1e-5 to 1e-10",
        citation: "Dormand, El-Mikkawy and Prince, IMA J. Numer. Anal. 7 (1987) 235–250",
        make: |_| Box::new(Nystrom { tableau: &tableaus::DPRKN6 }),
        ..symplectic(&tableaus::LEAPFROG, |_| engine(&tableaus::LEAPFROG))
    },
];

fn engine(composition: &'static Composition) -> Box<dyn Method> {
    Box::new(Symplectic { composition })
}

/// What all symplectic methods have in common.
const fn symplectic(composition: &'static Composition, make: fn(&Wish) -> Box<dyn Method>) -> MethodInfo {
    MethodInfo {
        name: composition.name,
        family: Family::SecondOrder,
        order: composition.order,
        dense_order: 4,
        stability: Stability::Bounded,
        adaptive: false,
        mass: false,
        has_push: true,
        has_pull: true,
        options: &[],
        citation: "",
        summary: "",
        make,
    }
}
