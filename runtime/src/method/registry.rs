//! The registry of methods: lookup, help, documentation and the tests all read it.

use super::{Auto, Explicit, Method, Rosenbrock, tableaus};
use crate::tableau::{Linear, Tableau};

/// What kind of engine runs a method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    ExplicitRungeKutta,
    Rosenbrock,
    Switching,
}

/// How a method behaves on stiff problems.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stability {
    /// Stable only for h λ in a bounded region.
    Bounded,
    /// A-stable, with a stability function that vanishes at infinity.
    LStable,
}

/// What a method's making may depend on.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub rtol: f64,
}

/// One method: what it is, when to use it, and how to make it.
pub struct MethodInfo {
    pub name: &'static str,
    pub family: Family,
    pub order: u32,
    pub dense_order: u32,
    pub stability: Stability,
    /// Whether it estimates its error; without, `dt` must be given.
    pub adaptive: bool,
    /// Whether it solves M u′ = f with a mass matrix, index-1 differential-algebraic equations included.
    pub mass: bool,
    pub has_push: bool,
    pub has_pull: bool,
    /// The options it knows beside the common ones.
    pub options: &'static [&'static str],
    pub citation: &'static str,
    /// One sentence: when to use it.
    pub summary: &'static str,
    pub make: fn(&Wish) -> Box<dyn Method>,
}

/// The method of that name.
pub fn find(name: &str) -> Option<&'static MethodInfo> {
    METHODS.iter().find(|method| method.name == name)
}

/// Every method that this version has.
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
    MethodInfo {
        name: "auto",
        family: Family::Switching,
        mass: true,
        has_push: false,
        has_pull: true,
        summary: "tsit5, vern7 or vern9 by the tolerance, and rodas5p while the steps are limited by stiffness",
        citation: "stiffness test: Hairer and Wanner, Solving ODEs II, IV.2 (1996)",
        ..explicit(&tableaus::TSIT5, |wish| Box::new(Auto::new(wish.rtol)))
    },
];

/// Every method name of the language, those of later versions included.
pub static KNOWN_METHODS: &[&str] = &[
    "euler",
    "midpoint",
    "heun",
    "rk4",
    "bs3",
    "dopri5",
    "tsit5",
    "dop853",
    "vern6",
    "vern7",
    "vern9",
    "rkc",
    "rock2",
    "rock4",
    "leapfrog",
    "mclachlan",
    "kahanli",
    "dprkn6",
    "adams",
    "rosenbrock23",
    "rodas4",
    "rodas5p",
    "trbdf2",
    "kvaerno3",
    "kencarp4",
    "kvaerno5",
    "radau",
    "bdf",
    "auto",
    "etdrk4",
    "krylov",
    "em",
    "milstein",
    "sri",
    "sosri",
    "sra",
    "sosra",
    "dri1",
    "implicit_em",
    "implicit_milstein",
    "ssa",
    "next_reaction",
    "rssa",
    "tau_leap",
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
        adaptive: !matches!(tableau.error, crate::tableau::Estimate::None),
        mass: false,
        has_push: true,
        has_pull: true,
        options: &[],
        citation: "",
        summary: "",
        make,
    }
}

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
