//! Whole solves: how they end, what they save, where they stop, and that they are right.

use std::sync::atomic::AtomicBool;

use nde::dynamics::{Dynamics, Function, Interval, Motion};
use nde::linear::Matrix;
use nde::method::{Family, Wish, find, methods};
use nde::solve::{Absolute, Control, Options, Refusal, Save, Solution, Solver, Status, Watch, solve};
use nde_tests::compile::{column, run_text};
use nde_tests::problems::{Coupled, Known, PLEIADES_START, Ring, Robertson, arenstorf, lorenz, pleiades};

fn options(rtol: f64, atol: f64) -> Options {
    Options { rtol, atol: Absolute::All(atol), ..Options::default() }
}

fn run(f: &dyn Dynamics, method: &str, options: &Options, t0: f64, t1: f64, u0: &[f64]) -> Solution {
    solve(f, find(method).unwrap(), options, t0, t1, u0).unwrap()
}

fn function<F: Fn(f64, &[f64], &mut [f64])>(n: usize, f: F) -> Function<F> {
    Function { n, f }
}

/// Asserts that a solve ended well, near the expected values.
fn near(solution: &Solution, expected: &[f64], relative: f64) {
    assert_eq!(solution.status, Status::Finished);
    for (u, e) in solution.last().iter().zip(expected) {
        assert!((u - e).abs() <= relative * e.abs(), "{u} {e} {:.1e}", (u - e).abs() / e.abs());
    }
}

const ROBERTSON_1E5: [f64; 3] = [0.0178659211421, 7.27475146844e-8, 0.98213400611];

#[test]
fn adaptive_methods_keep_their_tolerance() {
    for method in methods().filter(|method| method.adaptive) {
        let known = Known::of(method);
        let solution =
            solve(&*known.standard(), method, &options(1e-5, 1e-8), 0.0, 2.0, &[1.0, 1.0]).unwrap();
        near(&solution, &(known.exact)(2.0), 1e-3);
        assert!(solution.counters.steps < 4000, "{} {:?}", method.name, solution.counters);
    }
}

#[test]
fn lotka_volterra_takes_the_steps_of_the_reference_loop() {
    let f = function(2, |_, u, du| {
        du[0] = 1.5 * u[0] - u[0] * u[1];
        du[1] = -3.0 * u[1] + u[0] * u[1];
    });
    let solution = run(&f, "tsit5", &options(1e-6, 1e-8), 0.0, 10.0, &[1.0, 1.0]);
    // The loop takes its step sizes with all digits of a power, the solver with seven of them.
    near(&solution, &[1.0263484082412, 0.9096877079077], 1e-10);
    let counters = solution.counters;
    assert_eq!((counters.steps, counters.rejected(), counters.rhs), (116, 2, 710));
}

#[test]
fn robertson_as_equations_and_with_an_algebraic_one() {
    let tight = options(1e-8, 1e-14);
    for f in [Robertson::equations(), Robertson::algebraic()] {
        near(&run(&f, "rodas5p", &tight, 0.0, 1e5, &[1.0, 0.0, 0.0]), &ROBERTSON_1E5, 1e-6);
        near(&run(&f, "bdf", &tight, 0.0, 1e5, &[1.0, 0.0, 0.0]), &ROBERTSON_1E5, 1e-5);
        near(&run(&f, "radau", &tight, 0.0, 1e5, &[1.0, 0.0, 0.0]), &ROBERTSON_1E5, 1e-7);
        near(&run(&f, "rodas4", &options(1e-6, 1e-12), 0.0, 1e5, &[1.0, 0.0, 0.0]), &ROBERTSON_1E5, 1e-4);
    }
    let guess = run(&Robertson::algebraic(), "rodas5p", &tight, 0.0, 1e5, &[1.0, 0.0, 0.7]);
    near(&guess, &ROBERTSON_1E5, 1e-6);
}

#[test]
fn auto_turns_to_an_implicit_method_and_says_so() {
    let solution = run(&Robertson::equations(), "auto", &options(1e-6, 1e-12), 0.0, 1e5, &[1.0, 0.0, 0.0]);
    near(&solution, &ROBERTSON_1E5, 1e-3);
    assert!(solution.notes.len() >= 2 && solution.notes[1].1.contains("rodas5p"), "{:?}", solution.notes);
    assert!(solution.counters.steps < 2000, "{:?}", solution.counters);
    let dae = run(&Robertson::algebraic(), "auto", &options(1e-6, 1e-12), 0.0, 1e5, &[1.0, 0.0, 0.0]);
    near(&dae, &ROBERTSON_1E5, 1e-3);
    assert!(dae.notes[0].1.contains("mass matrix"));
}

#[test]
fn a_sparse_system_of_two_thousand_unknowns_is_quick() {
    let ring = Ring { n: 2000 };
    let (u0, rate) = ring.mode();
    for method in ["rodas5p", "kvaerno5", "radau", "bdf", "auto"] {
        let solution = run(&ring, method, &options(1e-6, 1e-9), 0.0, 0.05, &u0);
        assert_eq!(solution.status, Status::Finished);
        let decay = (-0.05 * rate).exp();
        assert!(
            (solution.last()[0] - decay).abs() < 1e-5 * decay && solution.counters.steps < 200,
            "{method}"
        );
    }
}

#[test]
fn ninth_order_reaches_nine_digits_where_errors_grow() {
    let tight = options(1e-13, 1e-16);
    let period = 17.0652165601579625588917206249;
    let orbit =
        run(&function(4, arenstorf), "vern9", &tight, 0.0, period, &[0.994, 0.0, 0.0, -2.00158510637908252]);
    assert!((orbit.last()[0] - 0.994).abs() < 1e-9 && orbit.last()[1].abs() < 1e-9, "{:?}", orbit.last());
    let chaos = run(&function(3, lorenz), "vern9", &tight, 0.0, 20.0, &[1.0, 0.0, 0.0]);
    near(&chaos, &[-8.0211436133174370677, -11.905464749171750375, 19.856374858398413121], 1e-9);
    let stars = run(&function(28, pleiades), "vern9", &tight, 0.0, 3.0, &PLEIADES_START);
    near(&stars, &[0.37061391439705129009, 3.2372840920572330928, -3.2225590324183233471], 1e-9);
}

#[test]
fn backward_time_returns_to_the_beginning() {
    for method in methods() {
        let (known, tight) = (Known::of(method), options(1e-8, 1e-10));
        let options = Options { dt: (!method.adaptive).then_some(1.0 / 1024.0), ..tight };
        let back = solve(&*known.standard(), method, &options, 2.0, 0.0, &(known.exact)(2.0)).unwrap();
        near(&back, &[1.0, 1.0], if method.order == 1 { 1e-2 } else { 1e-4 });
    }
}

#[test]
fn save_points_never_change_the_steps() {
    for method in methods().filter(|method| method.adaptive) {
        let with = |save| Options { save, ..options(1e-6, 1e-9) };
        let f = Known::of(method).standard();
        let ends = |save| solve(&*f, method, &with(save), 0.0, 2.0, &[1.0, 1.0]).unwrap();
        let (end, count, list, steps) = (
            ends(Save::End),
            ends(Save::Count(41)),
            ends(Save::At(vec![1.5, 0.25, 7.0, 2.0])),
            ends(Save::Steps),
        );
        assert_eq!((end.t.len(), count.t.len(), &list.t[..]), (1, 41, &[0.25, 1.5, 2.0][..]));
        assert_eq!(steps.t.len() as u64, end.counters.steps + 1);
        for other in [&count, &list, &steps] {
            assert_eq!(other.last(), end.last(), "{}", method.name);
            assert_eq!(other.counters.steps, end.counters.steps);
        }
        assert_eq!((count.t[0], count.t[40], count.row(0)), (0.0, 2.0, &[1.0, 1.0][..]));
    }
}

#[test]
fn every_controller_finishes() {
    for control in [Control::Integral, Control::ProportionalIntegral, Control::Pid, Control::Predictive] {
        let solution = run(
            &Coupled::STANDARD,
            "dopri5",
            &Options { control, ..options(1e-7, 1e-9) },
            0.0,
            5.0,
            &[1.0, 1.0],
        );
        near(&solution, &Coupled::exact(5.0), 1e-4);
    }
}

#[test]
fn fixed_steps_end_on_the_span() {
    let solution = run(
        &Coupled::STANDARD,
        "rk4",
        &Options { dt: Some(0.03), ..Options::default() },
        0.0,
        1.0,
        &[1.0, 1.0],
    );
    near(&solution, &Coupled::exact(1.0), 1e-5);
    assert_eq!(solution.counters.steps, 34);
}

#[test]
fn tolerances_may_differ_by_unknown() {
    let each = Options { atol: Absolute::Each(vec![1e-3, 1e-12]), ..options(1e-12, 1.0) };
    let solution = run(&Coupled::STANDARD, "vern7", &each, 0.0, 1.0, &[1.0, 1.0]);
    assert_eq!(solution.status, Status::Finished);
    let short = Options { atol: Absolute::Each(vec![1e-3]), ..Options::default() };
    let refused = solve(&Coupled::STANDARD, find("tsit5").unwrap(), &short, 0.0, 1.0, &[1.0, 1.0]);
    assert!(matches!(refused, Err(Refusal::Length { expected: 2, found: 1, .. })));
}

#[test]
fn what_cannot_be_tried_is_refused() {
    let refusal = |f: &dyn Dynamics, method, options: &Options| {
        solve(f, find(method).unwrap(), options, 0.0, 1.0, &vec![1.0; f.dim()]).unwrap_err()
    };
    assert!(matches!(refusal(&Coupled::STANDARD, "rk4", &Options::default()), Refusal::NeedsStep { .. }));
    assert!(matches!(refusal(&Robertson::algebraic(), "tsit5", &Options::default()), Refusal::NoMass { .. }));
    assert!(matches!(refusal(&Coupled::STANDARD, "tsit5", &options(-1.0, 1.0)), Refusal::NotPositive { .. }));
}

#[test]
fn a_stalled_explicit_method_says_that_the_problem_is_stiff() {
    let few = Options { max_steps: 5000, ..options(1e-6, 1e-9) };
    let solution = run(&Robertson::equations(), "tsit5", &few, 0.0, 1e11, &[1.0, 0.0, 0.0]);
    let failure = solution.failure.clone().unwrap();
    assert_eq!((solution.status, failure.stiff), (Status::TooManySteps, true));
    assert!(solution.t.last().unwrap() > &0.0 && solution.last()[0] < 1.0);
}

#[test]
fn a_blow_up_is_a_step_too_small_with_the_part_before_it() {
    let f = function(2, |_, u, du| {
        du[0] = 0.0;
        du[1] = u[1] * u[1];
    });
    let solution =
        run(&f, "tsit5", &Options { save: Save::Steps, ..options(1e-6, 1e-9) }, 0.0, 2.0, &[1.0, 1.0]);
    let failure = solution.failure.clone().unwrap();
    assert_eq!((solution.status, failure.index), (Status::StepTooSmall, Some(1)));
    assert!((failure.t - 1.0).abs() < 1e-6 && solution.t.len() > 10);
}

#[test]
fn a_value_that_is_not_finite_is_placed() {
    for method in [
        "tsit5", "vern7", "rkc", "rock2", "rock4", "adams", "rodas5p", "trbdf2", "kencarp4", "kvaerno5",
        "radau", "bdf", "auto",
    ] {
        let f = function(2, |t, _, du| {
            du[0] = 1.0;
            du[1] = (1.0_f64 - t).sqrt();
        });
        let solution = run(&f, method, &options(1e-6, 1e-9), 0.0, 2.0, &[0.0, 0.0]);
        let failure = solution.failure.clone().unwrap();
        assert_eq!((solution.status, failure.index), (Status::NotFinite, Some(1)), "{method}");
        assert!(
            (failure.t - 1.0).abs() < 1e-3 && failure.u.iter().all(|u| u.is_finite()),
            "{method} {failure:?}"
        );
        let at_once =
            run(&function(1, |_, u, du| du[0] = u[0].ln()), method, &options(1e-6, 1e-9), 0.0, 1.0, &[-1.0]);
        assert_eq!((at_once.status, at_once.failure.unwrap().index), (Status::NotFinite, Some(0)));
    }
}

/// u′ = −u, 0 = g(u, z).
struct Constrained<G> {
    g: G,
    mass: Matrix,
}

impl<G: Fn(f64, f64) -> f64> Constrained<G> {
    fn new(g: G) -> Constrained<G> {
        Constrained { g, mass: Matrix::Diagonal(vec![1.0, 0.0]) }
    }
}

impl<G: Fn(f64, f64) -> f64> Dynamics for Constrained<G> {
    fn dim(&self) -> usize {
        2
    }

    fn rhs(&self, _: &Interval, _: f64, u: &[f64], du: &mut [f64]) {
        du[0] = -u[0];
        du[1] = (self.g)(u[0], u[1]);
    }

    fn mass(&self) -> Option<&Matrix> {
        Some(&self.mass)
    }

    fn algebraic(&self) -> &[bool] {
        &[false, true]
    }
}

#[test]
fn algebraic_unknowns_are_made_consistent_or_named() {
    let root = Constrained::new(|u, z| z * z * z + z - u);
    for method in ["rodas5p", "kvaerno3", "kencarp4", "kvaerno5", "radau", "bdf"] {
        let solution = run(&root, method, &options(1e-8, 1e-10), 0.0, 1.0, &[10.0, 0.0]);
        let (u, z) = (solution.last()[0], solution.last()[1]);
        assert!((u - 10.0 * (-1.0_f64).exp()).abs() < 1e-6 && (z * z * z + z - u).abs() < 1e-6, "{method}");
    }

    let none = Constrained::new(|u, z| z * z + 1.0 + u);
    let failed = run(&none, "rodas5p", &options(1e-8, 1e-10), 0.0, 1.0, &[1.0, 0.5]);
    assert_eq!((failed.status, failed.failure.unwrap().index), (Status::Inconsistent, Some(1)));

    let undetermined = Constrained::new(|_, _| 0.0);
    let failed = run(&undetermined, "rodas5p", &options(1e-8, 1e-10), 0.0, 1.0, &[1.0, 0.5]);
    assert_eq!((failed.status, failed.failure.unwrap().index), (Status::Singular, Some(1)));
}

#[test]
fn an_interrupt_keeps_what_was_computed() {
    let (engine, options) = ((find("tsit5").unwrap().make)(&Wish::plain(1e-6)), Options::default());
    let flag = AtomicBool::new(true);
    let mut watch = Watch { interrupt: Some(&flag), progress: None };
    let mut solver = Solver::new(&Coupled::STANDARD, engine.as_ref(), &options);
    let solution = solver.run(0.0, 1.0, &[1.0, 1.0], &mut watch).unwrap();
    assert_eq!((solution.status, solution.t.len()), (Status::Interrupted, 1));
    let mut told = 0;
    let mut count = |_| told += 1;
    let mut watch = Watch { interrupt: None, progress: Some(&mut count) };
    assert_eq!(solver.run(0.0, 1.0, &[1.0, 1.0], &mut watch).unwrap().status, Status::Finished);
    assert!(told > 0);
}

#[test]
fn a_span_of_no_length_is_the_initial_value() {
    let solution = run(&Coupled::STANDARD, "tsit5", &Options::default(), 1.0, 1.0, &[3.0, 4.0]);
    assert_eq!(
        (solution.status, &solution.t[..], solution.last()),
        (Status::Finished, &[1.0][..], &[3.0, 4.0][..])
    );
}

#[test]
fn a_system_of_no_unknowns_is_solved_at_once() {
    for method in methods() {
        let options = Options { dt: (!method.adaptive).then_some(0.5), ..Options::default() };
        let f: Box<dyn Dynamics> = match method.family {
            Family::SecondOrder => Box::new(Motion::new(0, |_, _, _| {})),
            _ => Box::new(function(0, |_, _, _| {})),
        };
        let solution = solve(&*f, method, &options, 0.0, 1.0, &[]).unwrap();
        assert_eq!((solution.status, solution.last().len()), (Status::Finished, 0), "{}", method.name);
    }
}

/// (steps, rejected, right-hand sides, factorisations) of Arenstorf's orbit at 1e-7 for each method that is not of low order.
const WORK: &[(&str, [u64; 4])] = &[
    ("bs3", [3908, 2, 11732, 0]),
    ("dopri5", [353, 15, 2210, 0]),
    ("tsit5", [355, 13, 2210, 0]),
    ("dop853", [123, 22, 1720, 0]),
    ("vern6", [253, 22, 2202, 0]),
    ("vern7", [197, 19, 2143, 0]),
    ("vern9", [107, 16, 1954, 0]),
    ("adams", [543, 15, 1103, 0]),
    ("rodas4", [1198, 1, 7196, 1199]),
    ("bdf", [971, 16, 1478, 66]),
    ("rodas5p", [753, 3, 6047, 756]),
    ("auto", [355, 13, 2210, 0]),
];

#[test]
fn the_work_of_each_method_is_as_it_was() {
    for (name, expected) in WORK {
        let solution = run(
            &function(4, arenstorf),
            name,
            &options(1e-7, 1e-9),
            0.0,
            17.0652165601579625588917206249,
            &[0.994, 0.0, 0.0, -2.00158510637908252],
        );
        let c = solution.counters;
        assert_eq!([c.steps, c.rejected(), c.rhs, c.factorisations], *expected, "{name}");
    }
}

#[test]
fn slopes_beyond_the_range_of_squares_and_times_that_cannot_move_are_no_endless_runs() {
    let steep = Function { n: 1, f: |_: f64, u: &[f64], du: &mut [f64]| du[0] = -1e149 * u[0] };
    let solution = solve(&steep, find("tsit5").unwrap(), &Options::default(), 0.0, 1e-149, &[1.0]).unwrap();
    assert_eq!(solution.status, Status::Finished);
    assert!((solution.last()[0] - (-1.0f64).exp()).abs() < 1e-6, "{:?}", solution.last());
    let late = Function { n: 1, f: |t: f64, u: &[f64], du: &mut [f64]| du[0] = -1e9 * (u[0] - t.cos()) };
    let solution = solve(&late, find("tsit5").unwrap(), &Options::default(), 1e9, 1e9 + 1.0, &[1.0]).unwrap();
    assert_eq!(solution.status, Status::StepTooSmall);
    assert!(solution.counters.steps < 1000);
}

/// Where an equation is steep, a short step of Newton's method is no sign of a solution.
#[test]
fn steep_guesses_of_algebraic_unknowns_are_left_behind() {
    let text = "model M {\n    state x = 1\n    alg z = 1e-40\n    x' = -z\n    0 = sqrt(z) - x\n}\n\
                solve M over 0..1 { method = rodas5p; save = 2 }\n";
    let result = run_text(text);
    assert_eq!(result.error, None);
    assert!((column(&result, "z")[0] - 1.0).abs() < 1e-9 && (column(&result, "x")[1] - 0.5).abs() < 1e-5);
}

#[test]
fn more_save_points_than_memory_holds_are_refused() {
    for save in ["1000000000000", "linspace(0, 1, 1000000000000)", "logspace(-3, 0, 1000000000000)"] {
        let text = format!("model M {{ state x = 1; x' = -x }}\nsolve M over 0..1 {{ save = {save} }}\n");
        let error = run_text(&text).error.expect("it is refused");
        let message = "`save` asks for 1000000000000 times of 2 numbers each, and 536870912 can be saved";
        assert_eq!((error.code.as_str(), error.message.as_str()), ("R0009", message));
    }
}
