//! The explicit Runge–Kutta methods.

use super::{Family, MethodInfo, Stability, Wish};
use crate::method::{Explicit, Method, tableaus};
use crate::tableau::{Estimate, Tableau};

pub static METHODS: &[MethodInfo] = &[
    MethodInfo {
        summary: "first order, fixed step: for teaching and as a baseline",
        citation: "L. Euler, Institutiones calculi integralis (1768)",
        ..explicit(&tableaus::EULER, |_| engine(&tableaus::EULER))
    },
    MethodInfo {
        summary: "second order, cheap steps at loose tolerances",
        citation: "C. Runge, Math. Ann. 46 (1895) 167–178",
        ..explicit(&tableaus::MIDPOINT, |_| engine(&tableaus::MIDPOINT))
    },
    MethodInfo {
        summary: "second order: the explicit trapezoidal rule",
        citation: "K. Heun, Z. Math. Phys. 45 (1900) 23–38",
        ..explicit(&tableaus::HEUN, |_| engine(&tableaus::HEUN))
    },
    MethodInfo {
        summary: "the classical fourth order, fixed step",
        citation: "W. Kutta, Z. Math. Phys. 46 (1901) 435–453",
        ..explicit(&tableaus::RK4, |_| engine(&tableaus::RK4))
    },
    MethodInfo {
        summary: "third order, for loose tolerances such as 1e-3",
        citation: "Bogacki and Shampine, Appl. Math. Lett. 2 (1989) 321–325",
        ..explicit(&tableaus::BS3, |_| engine(&tableaus::BS3))
    },
    MethodInfo {
        summary: "fifth order: the method of MATLAB's ode45 and SciPy's RK45",
        citation: "Dormand and Prince, J. Comp. Appl. Math. 6 (1980) 19–26",
        ..explicit(&tableaus::DOPRI5, |_| engine(&tableaus::DOPRI5))
    },
    MethodInfo {
        summary: "fifth order: the first choice for problems that are not stiff, at tolerances down to 1e-7",
        citation: "Ch. Tsitouras, Comput. Math. Appl. 62 (2011) 770–775",
        ..explicit(&tableaus::TSIT5, |_| engine(&tableaus::TSIT5))
    },
    MethodInfo {
        summary: "eighth order, for tight tolerances with little dense output",
        citation: "Hairer, Nørsett and Wanner, Solving ODEs I, II.5 (1993)",
        ..explicit(&tableaus::DOP853, |_| engine(&tableaus::DOP853))
    },
    MethodInfo {
        summary: "sixth order, for tolerances of 1e-6 to 1e-9",
        citation: "J. H. Verner, Numer. Algorithms 53 (2010) 383–396",
        ..explicit(&tableaus::VERN6, |_| engine(&tableaus::VERN6))
    },
    MethodInfo {
        summary: "seventh order, for tolerances of 1e-8 to 1e-11",
        citation: "J. H. Verner, Numer. Algorithms 53 (2010) 383–396",
        ..explicit(&tableaus::VERN7, |_| engine(&tableaus::VERN7))
    },
    MethodInfo {
        summary: "ninth order, for tolerances below 1e-11",
        citation: "J. H. Verner, Numer. Algorithms 53 (2010) 383–396",
        ..explicit(&tableaus::VERN9, |_| engine(&tableaus::VERN9))
    },
];

fn engine(tableau: &'static Tableau) -> Box<dyn Method> {
    Box::new(Explicit { tableau })
}

/// What all explicit Runge–Kutta methods have in common.
const fn explicit(tableau: &'static Tableau, make: fn(&Wish) -> Box<dyn Method>) -> MethodInfo {
    MethodInfo {
        name: tableau.name,
        family: Family::ExplicitRungeKutta,
        order: tableau.order,
        dense_order: tableau.dense.order,
        stability: Stability::Bounded,
        adaptive: !matches!(tableau.error, Estimate::None),
        mass: false,
        has_push: true,
        has_pull: true,
        options: &[],
        citation: "",
        summary: "",
        make,
    }
}
