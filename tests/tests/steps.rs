//! Steps that a compiled model takes in one or two kernels are those of the engine, which calls f and solves stage by stage.

use nde::dynamics::{Dynamics, Interval};
use nde::linear::{Matrix, Pattern};
use nde::method::{Family, methods};
use nde::problem::Compiled;
use nde::solve::{Absolute, Options, Solution, Status, solve};
use nde_tests::compile::compiled;

/// A model without its kernels for whole steps.
struct Stagewise<'m>(&'m Compiled);

impl Dynamics for Stagewise<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn rhs(&self, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        self.0.rhs(at, t, u, du);
    }

    fn pattern(&self) -> Pattern {
        self.0.pattern()
    }

    fn jacobian(&self, at: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        self.0.jacobian(at, t, u, values);
    }

    fn time_derivative(&self, at: &Interval, t: f64, u: &[f64], ft: &mut [f64]) {
        self.0.time_derivative(at, t, u, ft);
    }

    fn mass(&self) -> Option<&Matrix> {
        self.0.mass()
    }

    fn algebraic(&self) -> &[bool] {
        self.0.algebraic()
    }
}

const MODELS: &[(&str, f64, &str)] = &[
    (
        "van der Pol",
        2.0,
        "model M {\n    state x = 2, v = 0\n    x' = v\n    v' = 1e3*((1 - x^2)*v - x)\n}\n",
    ),
    (
        "a driven network of arrays",
        3.0,
        "model M {\n    index i in 1..5\n    param w = 2\n    state u[i] = 0.1*i, z = 1\n    let s = sum(u)\n    \
         u[i]' = w*sin(t)*z - 50*(u[i] - 0.5*s/5)\n    z' = s - 20*z\n}\n",
    ),
    (
        "Robertson with an algebraic equation",
        40.0,
        "model M {\n    state a = 1, b = 0\n    alg c = 0\n    a' = -0.04*a + 1e4*b*c\n    \
         b' = 0.04*a - 1e4*b*c - 3e7*b^2\n    0 = a + b + c - 1\n}\n",
    ),
];

fn solution(f: &dyn Dynamics, name: &str, end: f64, u0: &[f64]) -> Solution {
    let method = methods().find(|m| m.name == name).unwrap();
    let options = Options {
        rtol: 1e-6,
        atol: Absolute::All(1e-10),
        save: nde::solve::Save::Count(7),
        ..Options::default()
    };
    solve(f, method, &options, 0.0, end, u0).unwrap()
}

#[test]
fn kernels_of_steps_agree_with_stages() {
    for (name, end, text) in MODELS {
        let f = compiled(&format!("{text}solve M over 0..1\n"), 0.0, &[]);
        let tableau = &nde::method::tableaus::RODAS4;
        assert!(f.linear_step(tableau).is_some(), "{name} has kernels");
        for method in methods().filter(|m| m.adaptive && matches!(m.family, Family::Rosenbrock)) {
            let (at_once, stagewise) = (
                solution(&f, method.name, *end, &f.values.u0),
                solution(&Stagewise(&f), method.name, *end, &f.values.u0),
            );
            assert_eq!((at_once.status, stagewise.status), (Status::Finished, Status::Finished));
            let (a, b) = (at_once.counters, stagewise.counters);
            // Rounding differs, so that one step may fall on the other side of a test.
            assert!(a.steps.abs_diff(b.steps) <= 1 + a.steps / 100, "{name} {}: {a:?} {b:?}", method.name);
            for (x, y) in at_once.u.iter().zip(&stagewise.u) {
                assert!((x - y).abs() <= 1e-7 * (1e-3 + x.abs()), "{name} {}: {x:e} {y:e}", method.name);
            }
        }
    }
}

/// A system that diagonal pivots cannot eliminate: the step falls back on an elimination that chooses.
#[test]
fn pivots_that_do_not_serve_are_noticed() {
    let text = "model M {\n    state x = 1, y = 0\n    alg z = 0, w = 1\n    x' = -z\n    y' = w\n    0 = (x - 1)*z + w - 1\n    \
                0 = z - x + (y - y)*w\n}\nsolve M over 0..1\n";
    let f = compiled(text, 0.0, &[]);
    let solved = solution(&f, "rodas5p", 1.0, &f.values.u0);
    assert_eq!(solved.status, Status::Finished);
    let expected = solution(&Stagewise(&f), "rodas5p", 1.0, &f.values.u0);
    solved.u.iter().zip(&expected.u).for_each(|(x, y)| assert!((x - y).abs() < 1e-7, "{x:e} {y:e}"));
}
