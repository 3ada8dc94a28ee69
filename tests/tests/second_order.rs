//! Methods for x′ = v, v′ = a(t, x): bounded errors of energy, reversibility, and which models are of this kind.

use nde::dynamics::{Dynamics, Motion, SecondOrder};
use nde::method::{Family, MethodInfo, find, methods};
use nde::solve::{Absolute, Options, Refusal, Save, Solution, Status, solve};
use nde_tests::compile::{compiled, run_text};
use nde_tests::problems::{Coupled, PLEIADES_START, pleiades};

fn symplectic() -> impl Iterator<Item = &'static MethodInfo> {
    methods().filter(|method| method.family == Family::SecondOrder && !method.adaptive)
}

/// Kepler's problem: u = (x, y, x′, y′).
fn kepler(_: f64, x: &[f64], a: &mut [f64]) {
    let r2 = x[0] * x[0] + x[1] * x[1];
    let w = 1.0 / (r2 * r2.sqrt());
    (a[0], a[1]) = (-w * x[0], -w * x[1]);
}

/// The start at the pericentre of an orbit of that eccentricity, whose period is 2π and whose energy is −½.
fn pericentre(eccentricity: f64) -> [f64; 4] {
    let e = eccentricity;
    [1.0 - e, 0.0, 0.0, ((1.0 + e) / (1.0 - e)).sqrt()]
}

fn energy(u: &[f64]) -> f64 {
    0.5 * (u[2] * u[2] + u[3] * u[3]) - 1.0 / u[0].hypot(u[1])
}

fn fixed(method: &MethodInfo, dt: f64, steps: u32, u0: &[f64], save: Save) -> Solution {
    let options = Options { dt: Some(dt), save, ..Options::default() };
    let t1 = dt * f64::from(steps);
    let solution = solve(&Motion::new(2, kepler), method, &options, 0.0, t1, u0).expect("a solve");
    assert_eq!((solution.status, solution.counters.steps), (Status::Finished, u64::from(steps)));
    solution
}

/// The largest error of energy over steps `from..to` of many.
fn drift(solution: &Solution, from: usize, to: usize) -> f64 {
    (from..to).map(|row| (energy(solution.row(row)) + 0.5).abs()).fold(0.0, f64::max)
}

#[test]
fn errors_of_energy_stay_bounded_over_a_hundred_thousand_steps_and_fall_with_the_order() {
    for method in symplectic() {
        // Steps long enough for errors to be above rounding.
        let dt = std::f64::consts::TAU / [0.0, 200.0, 100.0, 40.0][method.order.ilog2() as usize];
        let u0 = pericentre(0.3);
        let long = fixed(method, dt, 100_000, &u0, Save::Steps);
        let (early, late) = (drift(&long, 0, 5_000), drift(&long, 95_000, 100_000));
        assert!(late < 1.5 * early, "{}: {early:e} {late:e}", method.name);
        let fine = drift(&fixed(method, dt / 2.0, 10_000, &u0, Save::Steps), 0, 10_000);
        let order = (early / fine).log2();
        println!("{:>10} {early:.2e} {late:.2e} order {order:.2}", method.name);
        assert!((order - f64::from(method.order)).abs() < 0.5, "{}: {order}", method.name);
    }
}

#[test]
fn steps_back_return_to_the_beginning() {
    for method in symplectic() {
        let u0 = pericentre(0.5);
        let there = fixed(method, 0.01, 1000, &u0, Save::End);
        let options = Options { dt: Some(0.01), ..Options::default() };
        let back = solve(&Motion::new(2, kepler), method, &options, 10.0, 0.0, there.last()).unwrap();
        for (u, u0) in back.last().iter().zip(u0) {
            assert!((u - u0).abs() < 1e-11, "{}: {u} {u0}", method.name);
        }
    }
}

#[test]
fn nystrom_needs_fewer_right_hand_sides_than_a_method_for_any_system() {
    let stars = Motion::new(14, |t, x: &[f64], a: &mut [f64]| {
        let (mut u, mut du) = ([0.0; 28], [0.0; 28]);
        u[..14].copy_from_slice(x);
        pleiades(t, &u, &mut du);
        a.copy_from_slice(&du[14..]);
    });
    let exact = [0.37061391439705129009, 3.2372840920572330928, -3.2225590324183233471];
    let work = |method: &str, rtol: f64| {
        let options = Options { rtol, atol: Absolute::All(0.01 * rtol), ..Options::default() };
        let solution = solve(&stars, find(method).unwrap(), &options, 0.0, 3.0, &PLEIADES_START).unwrap();
        let differs = solution.last().iter().zip(exact).map(|(u, e)| (u - e).abs());
        (differs.fold(0.0, f64::max), solution.counters.rhs)
    };
    // At tolerances that lead to errors of one size, or smaller ones.
    let (nystrom, tsit5, vern6) = (work("dprkn6", 1e-7), work("tsit5", 1e-8), work("vern6", 1e-8));
    println!("dprkn6 {nystrom:?} tsit5 {tsit5:?} vern6 {vern6:?} dop853 {:?}", work("dop853", 1e-8));
    for peer in [tsit5, vern6] {
        assert!(nystrom.0 < 2.0 * peer.0 && nystrom.1 < peer.1, "{nystrom:?} {peer:?}");
    }
}

fn split(body: &str) -> SecondOrder {
    let f = compiled(&format!("model M {{\n{body}\n}}\n\nsolve M over 0..1\n"), 0.0, &[]);
    f.second_order().expect("of a compiled model it is known").clone()
}

#[test]
fn models_tell_their_places_and_velocities() {
    let pairs = |pairs: &[(usize, usize)]| SecondOrder { pairs: pairs.to_vec(), ..SecondOrder::default() };
    let plain = "    state x = 1, v = 0\n    x' = v\n    v' = -x + sin(t)";
    assert_eq!(split(plain), pairs(&[(0, 1)]));
    // Either could be the place of the other.
    assert_eq!(split("    state x = 1, v = 0\n    x' = v\n    v' = x"), pairs(&[(0, 1)]));
    let through = "    state v = 0, x = 1\n    let force = -x^3\n    v' = force\n    x' = v";
    assert_eq!(split(through), pairs(&[(1, 0)]));
    let arrays = "    state x[3] = [1, 2, 3], v[3] = [0, 0, 0]\n    \
                  x[i]' = v[i] for i in 1..3\n    v[i]' = -i*x[i] for i in 1..3";
    assert_eq!(split(arrays), pairs(&[(0, 3), (1, 4), (2, 5)]));
    let second = "    state x = 1\n    init x' = 0\n    x'' = -x + cos(t)";
    assert!(split(second).holds() && split(second).pairs.len() == 1);
}

#[test]
fn models_tell_what_does_not_fit() {
    let friction = split("    state x = 1, v = 0\n    x' = v\n    v' = -x - 0.1*v");
    assert_eq!((friction.unpaired, friction.dependent), (vec![], vec![1]));
    // Its derivative by v is zero, and it reads v all the same.
    let rounded =
        split("    state x = 1, v = 0\n    let drag = smooth(floor(v))\n    x' = v\n    v' = -x - drag");
    assert!(!rounded.holds());
    // As a switch it is constant within a step.
    assert!(split("    state x = 1, v = 0\n    x' = v\n    v' = -x - floor(v)").holds());
    let third = split("    state x = 1, v = 0, heat = 0\n    x' = v\n    v' = -x\n    heat' = v^2");
    assert_eq!((third.unpaired, third.dependent), (vec![2], vec![]));
    assert_eq!(split("    state x = 1, y = 1\n    x' = -y\n    y' = x*y").unpaired.len(), 2);
}

#[test]
fn other_systems_are_refused_by_name() {
    let options = Options { dt: Some(0.1), ..Options::default() };
    for method in methods().filter(|method| method.family == Family::SecondOrder) {
        let refused = solve(&Coupled::STANDARD, method, &options, 0.0, 1.0, &[1.0, 1.0]);
        assert!(matches!(refused, Err(Refusal::NeedsSecondOrder { .. })), "{}", method.name);
    }
    let text = "model M {\n    state x = 1, v = 0, w = 0\n    x' = v\n    v' = -x - 0.1*v\n    w' = -w\n}\n\n\
                solve M over 0..1 { method = leapfrog(dt = 0.01) }\n";
    let error = run_text(text).error.expect("a refusal");
    assert_eq!((error.code.as_str(), error.line), ("R0016", Some(5)));
    assert!(error.message.contains("`w` is neither place nor velocity"), "{}", error.message);
    assert!(error.message.contains("`v` is a velocity whose equation reads a velocity"), "{}", error.message);
}

#[test]
fn a_force_that_is_not_finite_is_placed() {
    let f = Motion::new(1, |t: f64, _: &[f64], a: &mut [f64]| a[0] = (1.0 - t).sqrt());
    for method in methods().filter(|method| method.family == Family::SecondOrder) {
        let options = Options { dt: (!method.adaptive).then_some(0.01), ..Options::default() };
        let solution = solve(&f, method, &options, 0.0, 2.0, &[0.0, 0.0]).unwrap();
        let failure = solution.failure.expect("a failure");
        assert_eq!((solution.status, failure.index), (Status::NotFinite, Some(1)), "{}", method.name);
        assert!((failure.t - 1.0).abs() < 0.02, "{}: {}", method.name, failure.t);
    }
}
