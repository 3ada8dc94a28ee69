//! The forms in which methods solve their linear systems: they agree, are chosen by cost, and are refused where they make no sense.

use nde::dynamics::{Dynamics, Interval};
use nde::linear::{Matrix, Pattern, Wish};
use nde::method::{find, methods};
use nde::problem::Compiled;
use nde::solve::{Absolute, Options, Refusal, Solution, Status, solve};
use nde_tests::compile::{compiled, run_text};

/// The Brusselator on 32 × 32 points.
const BRUSSELATOR: &str = "model Brusselator {
    index i, j in 1..32 periodic
    const dx = 1/31
    let x[i] = (i - 1)*dx
    let y[j] = (j - 1)*dx
    state u[i,j] = 22*(y[j]*(1 - y[j]))^1.5, v[i,j] = 27*(x[i]*(1 - x[i]))^1.5
    u'[i,j] = 1 + u[i,j]^2*v[i,j] - 4.4*u[i,j] + 10*(u[i-1,j] + u[i+1,j] + u[i,j-1] + u[i,j+1] - 4*u[i,j])/dx^2
    v'[i,j] = 3.4*u[i,j] - u[i,j]^2*v[i,j] + 10*(v[i-1,j] + v[i+1,j] + v[i,j-1] + v[i,j+1] - 4*v[i,j])/dx^2
}
solve Brusselator over 0..2";

/// A substance that moves along the slope of a field, which follows it at once: as many algebraic unknowns as others.
const CHEMOTAXIS: &str = "model Chemotaxis {
    index i, j in 1..20 periodic
    const dx = 1/20
    state u[i,j] = 1 + 0.5*sin(2*pi*i*dx)*cos(2*pi*j*dx)
    alg w[i,j] = 1
    u'[i,j] = (u[i-1,j] + u[i+1,j] + u[i,j-1] + u[i,j+1] - 4*u[i,j])/dx^2 + u[i,j]*(w[i,j] - u[i,j])
    0 = 0.1*(w[i-1,j] + w[i+1,j] + w[i,j-1] + w[i,j+1] - 4*w[i,j])/dx^2 - w[i,j] + u[i,j]^2
}
solve Chemotaxis over 0..0.5";

fn run(f: &Compiled, method: &str, linear: Wish, rtol: f64, t1: f64) -> Solution {
    let options = Options { rtol, atol: Absolute::All(rtol), linear, ..Options::default() };
    let solution = solve(f, find(method).unwrap(), &options, 0.0, t1, &f.values.u0).unwrap();
    assert_eq!(solution.status, Status::Finished, "{method} {linear:?} {:?}", solution.failure);
    solution
}

/// The largest difference between two ends, in parts of the largest value.
fn apart(a: &Solution, b: &Solution) -> f64 {
    let differences = a.last().iter().zip(b.last()).map(|(a, b)| (a - b).abs());
    let largest = b.last().iter().fold(0.0, |m: f64, u| m.max(u.abs()));
    differences.fold(0.0, f64::max) / largest
}

#[test]
fn an_iteration_is_as_exact_as_factors() {
    for (text, t1) in [(BRUSSELATOR, 2.0), (CHEMOTAXIS, 0.5)] {
        let f = compiled(text, 0.0, &[]);
        let reference = run(&f, "bdf", Wish::Sparse, 1e-8, t1);
        for method in ["bdf", "trbdf2", "kvaerno3", "kencarp4", "kvaerno5", "auto"] {
            let [factors, iteration] =
                [Wish::Sparse, Wish::Krylov].map(|wish| run(&f, method, wish, 1e-5, t1));
            let [exact, close] = [&factors, &iteration].map(|solution| apart(solution, &reference));
            assert!(close < 2e-5 + 3.0 * exact, "{method}: {close:e}, by factors {exact:e}");
            let (steps, by_factors) = (iteration.counters.steps, factors.counters.steps);
            assert!(
                steps < by_factors + by_factors / 4 + 10,
                "{method}: {steps} steps, by factors {by_factors}"
            );
            assert!(iteration.linear.as_ref().unwrap().starts_with("GMRES"), "{:?}", iteration.linear);
            assert!(iteration.counters.linear_iterations > iteration.counters.linear_solves);
            assert!(factors.linear.unwrap().starts_with("sparse") && factors.counters.linear_iterations == 0);
        }
    }
}

#[test]
fn every_method_says_which_forms_it_has() {
    let f = compiled("model M {\n    state x[3] = 1\n    x' = -x\n}\nsolve M over 0..1", 0.0, &[]);
    for method in methods().filter(|method| method.family != nde::method::Family::SecondOrder) {
        let dt = (!method.adaptive).then_some(0.1);
        let refusal = |linear| Refusal::of(&f, method, &Options { linear, dt, ..Options::default() });
        assert_eq!(refusal(Wish::Automatic), None, "{}", method.name);
        let (explicit, iterates) = (method.family.is_explicit(), method.family.iterates());
        for linear in [Wish::Dense, Wish::Banded, Wish::Sparse, Wish::Krylov] {
            let expected = match explicit {
                true => Some(Refusal::NoLinear { method: method.name }),
                false if linear == Wish::Krylov && !iterates => {
                    Some(Refusal::NeedsFactors { method: method.name })
                }
                false => None,
            };
            assert_eq!(refusal(linear), expected, "{} {linear:?}", method.name);
            if expected.is_none() {
                let solution = run(&f, method.name, linear, 1e-5, 1.0);
                assert!(solution.last().iter().all(|x| (x - (-1.0f64).exp()).abs() < 1e-3));
            }
        }
    }
}

/// Unknowns that depend on each other around a ring, by a matrix that incomplete factors are far from: 0 = z_(i+1) + ε z_i − cos t.
struct Ring;

const UNKNOWNS: usize = 200;

impl Dynamics for Ring {
    fn dim(&self) -> usize {
        UNKNOWNS
    }

    fn rhs(&self, _: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        let n = u.len();
        (0..n).for_each(|i| du[i] = u[(i + 1) % n] + 1e-3 * u[i] - t.cos());
    }

    fn pattern(&self) -> Pattern {
        let n = UNKNOWNS;
        let mut columns: Vec<[usize; 2]> = (0..n).map(|j| [(j + n - 1) % n, j]).collect();
        columns.iter_mut().for_each(|rows| rows.sort_unstable());
        Pattern::Sparse { n, starts: (0..=n).map(|j| 2 * j).collect(), rows: columns.concat() }
    }

    fn jacobian(&self, _: &Interval, _: f64, _: &[f64], values: &mut [f64]) {
        self.pattern().each(|slot, i, j| values[slot] = if i == j { 1e-3 } else { 1.0 });
    }

    fn mass(&self) -> Option<&Matrix> {
        static MASS: std::sync::OnceLock<Matrix> = std::sync::OnceLock::new();
        Some(MASS.get_or_init(|| Matrix::Diagonal(vec![0.0; UNKNOWNS])))
    }
}

#[test]
fn an_iteration_that_comes_to_a_stand_is_named() {
    let u0 = vec![1.0 / 1.001; UNKNOWNS];
    let bdf = find("bdf").unwrap();
    let by = |linear| solve(&Ring, bdf, &Options { linear, ..Options::default() }, 0.0, 1.0, &u0).unwrap();
    let stalled = by(Wish::Krylov);
    assert_eq!(stalled.status, Status::NewtonFailed);
    assert!(stalled.failure.unwrap().stalled);
    assert_eq!(by(Wish::Sparse).status, Status::Finished);
}

#[test]
fn a_file_chooses_the_form_and_the_result_tells_it() {
    let decay = |method: &str| {
        run_text(&format!(
            "model Line(N = 40) {{\n    index i in 1..N mirror\n    state u[i] = i\n    \
             u'[i] = 1e3*(u[i-1] + u[i+1] - 2*u[i])\n}}\nsolve Line(N = 200) over 0..1 {{ method = {method}; save = 2; \
             table = [u[1]] }}"
        ))
    };
    for (name, form) in [
        ("dense_lu", "dense, as was asked"),
        ("banded_lu", "banded, as was asked"),
        ("sparse_lu", "sparse: "),
        ("gmres", "GMRES with MILU(0), as was asked"),
        ("auto", "banded: 1 below the diagonal and 1 above it"),
    ] {
        let result = decay(&format!("bdf(linear = \"{name}\")"));
        assert!(result.linear.as_ref().is_some_and(|linear| linear.starts_with(form)), "{:?}", result.linear);
        assert_eq!(result.stat("linear_iterations").is_some(), name == "gmres");
    }
    let refused = decay("rodas5p(linear = \"gmres\")").error.unwrap();
    assert_eq!(refused.code, "R0009");
    assert!(refused.message.contains("needs the factors of its matrices"), "{}", refused.message);
    let large = run_text(
        "model Large {\n    index i, j in 1..200 periodic\n    state u[i,j] = 1\n    u'[i,j] = u[i-1,j] - u[i,j+1]\n}\n\
         solve Large over 0..1 { method = bdf(linear = \"dense_lu\") }",
    );
    assert!(large.error.unwrap().message.contains("takes 1.3e1 GB"));
}
