//! Models of higher index, solved: their constraints, the change of their states, and beginnings that cannot be.

use nde::output::TaskResult;
use nde_tests::compile::{column, run_text};
use nde_tests::digits::number;

const METHODS: [&str; 6] = ["rodas5p", "auto", "kvaerno5", "kencarp4", "radau", "bdf"];

fn finished(text: &str) -> TaskResult {
    let result = run_text(text);
    assert!(result.error.is_none() && result.status == "finished", "{text}\n{:?}", result.error);
    result
}

fn pendulum(x: f64, y: f64, speed: f64, end: f64, options: &str) -> String {
    format!(
        "model Pendulum {{\n    param g = 9.81, L = 1\n    state x = {x}, y = {y}\n    alg lam = 0\n    x'' = -lam*x\n    \
         y'' = -lam*y - g\n    0 = x^2 + y^2 - L^2\n    init x' = {speed}\n}}\nsolve Pendulum over 0..{end} {{ {options} }}\n"
    )
}

/// The largest |x² + y² − 1| and |x x′ + y y′| of all rows, and the largest change of the energy.
fn defects(result: &TaskResult) -> [f64; 3] {
    let of = |name: &str| column(result, name).to_vec();
    let (x, y, u, v) = (of("x"), of("y"), of("x'"), of("y'"));
    let energy = |k: usize| 0.5 * (u[k] * u[k] + v[k] * v[k]) + 9.81 * y[k];
    (0..x.len()).fold([0.0; 3], |[a, b, c]: [f64; 3], k| {
        [
            a.max((x[k] * x[k] + y[k] * y[k] - 1.0).abs()),
            b.max((x[k] * u[k] + y[k] * v[k]).abs()),
            c.max((energy(k) - energy(0)).abs()),
        ]
    })
}

#[test]
fn constraints_and_their_derivatives_hold_to_the_tolerance() {
    for method in METHODS {
        for tolerance in [1e-5, 1e-8] {
            let options =
                format!("method = {method}(rtol = {tolerance:e}, atol = {tolerance:e}); save = 201");
            let result = finished(&pendulum(0.6, -0.8, 0.0, 10.0, &options));
            let [place, velocity, energy] = defects(&result);
            println!("{method} {tolerance:e}: {place:.1e} {velocity:.1e} {energy:.1e}");
            assert!(
                place < 10.0 * tolerance && velocity < 10.0 * tolerance,
                "{method} {place:e} {velocity:e}"
            );
            assert!(energy < 300.0 * tolerance, "{method} {energy:e}");
        }
    }
}

/// Thrown hard enough it turns over, so that either coordinate becomes useless as a state again and again.
#[test]
fn a_pendulum_turns_over() {
    for method in ["rodas5p", "bdf", "kvaerno5"] {
        let options = format!("method = {method}(rtol = 1e-8, atol = 1e-8); save = 501");
        let result = finished(&pendulum(0.0, -1.0, 8.0, 10.0, &options));
        let [place, velocity, energy] = defects(&result);
        // bdf begins at order 1 after each change of states, which costs it some of the energy.
        let most = if method == "bdf" { 1e-3 } else { 1e-4 };
        assert!(
            place < 1e-7 && velocity < 1e-6 && energy < most,
            "{method} {place:e} {velocity:e} {energy:e}"
        );
        let (x, y) = (column(&result, "x"), column(&result, "y"));
        // It passes the top and all four quadrants.
        assert!(y.iter().any(|&y| y > 0.99) && x.iter().any(|&x| x > 0.99) && x.iter().any(|&x| x < -0.99));
    }
}

/// Released from the horizontal, against the values of the same motion in its angle.
#[test]
fn the_pendulum_of_index_3_is_that_of_the_reference() {
    let expected: [(f64, &str, &str); 4] = [
        (0.5, "0.39104879155054638769", "-0.92036994878519220376"),
        (1.0, "-0.98629175113187531936", "-0.16501085312554116875"),
        (2.0, "0.79356619534332174699", "-0.60848393044379151463"),
        (10.0, "0.27508746257611686005", "-0.96141920509912506427"),
    ];
    for (method, rtol) in [("rodas5p", 1e-5), ("rodas5p", 1e-9), ("auto", 1e-9)] {
        let options =
            format!("method = {method}(rtol = {rtol:e}, atol = {:e}); save = [0.5, 1, 2, 10]", 1e-3 * rtol);
        let result = finished(&pendulum(1.0, 0.0, 0.0, 10.0, &options));
        for (k, (t, x, y)) in expected.iter().enumerate() {
            assert_eq!(column(&result, "t")[k], *t);
            for (name, value) in [("x", x), ("y", y)] {
                let error = (column(&result, name)[k] - number(value)).abs() / number(value).abs();
                assert!(error < 100.0 * rtol, "{method} {rtol:e} {name}({t}): {error:e}");
            }
        }
    }
}

#[test]
fn mechanisms_with_closed_loops_run() {
    for name in ["double_pendulum", "slider_crank", "squeezer", "chain", "followed_path", "channel"] {
        let path = format!("{}/data/constrained/{name}.nde", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap();
        let result = finished(&text);
        let all_finite = result.table.columns.iter().all(|c| c.values.iter().all(|x| x.is_finite()));
        assert!(all_finite && result.table.rows() > 10, "{name}");
    }
}

#[test]
fn a_beginning_that_cannot_be_is_named_with_its_equation() {
    let result = run_text(&pendulum(0.6, -0.7, 0.0, 1.0, "method = rodas5p"));
    let error = result.error.expect("0.6² + 0.7² is not 1");
    assert_eq!(
        (result.status, error.code.as_str(), error.line),
        ("inconsistent", "R0001", Some(7)),
        "{error:?}"
    );
    assert!(error.message.contains("left with -0.15"), "{error:?}");
    assert!(
        error.help.as_ref().is_some_and(|help| help.contains("initial values of its states")),
        "{error:?}"
    );
}

#[test]
fn guesses_and_derivatives_that_nobody_gave_are_found() {
    let result = finished(&pendulum(0.6, -0.8, 1.0, 1.0, "save = [0, 1]; method = rodas5p"));
    // 0 = x x′ + y y′, and the force that keeps the length.
    assert!((column(&result, "y'")[0] - 0.75).abs() < 1e-9);
    assert!((column(&result, "lam")[0] - (1.0 + 0.75 * 0.75 + 9.81 * 0.8)).abs() < 1e-8);
}

#[test]
fn events_change_constrained_motion() {
    let text = "model Rod {\n    param g = 9.81\n    state x = 1, y = 0\n    alg lam = 0\n    discrete n = 0\n    x'' = -lam*x\n    \
                y'' = -lam*y - g\n    0 = x^2 + y^2 - 1\n    init x' = 0\n    event left: when x < 0 { n := n + 1 }\n}\n\
                solve Rod over 0..5 { method = rodas5p(rtol = 1e-9, atol = 1e-9); table = [x, n] }\n";
    let result = finished(text);
    let times: Vec<f64> = result.events.iter().map(|e| e.t).collect();
    // Half a period of an amplitude of 90° is 1.18392 s, from the side to the other, and x < 0 begins in its middle.
    assert!((times[0] - 0.591960486894).abs() < 1e-7, "{times:?}");
    assert!((times[1] - 2.959802434470).abs() < 1e-6, "{times:?}");
    assert_eq!(*column(&result, "n").last().unwrap(), times.len() as f64);
}

/// A pendulum of length 1 at rest at (1, 0) with one event.
fn with_event(event: &str, task: &str) -> String {
    format!(
        "model Rod {{\n    param g = 9.81\n    state x = 1, y = 0\n    alg lam = 0\n    discrete n = 0\n    x'' = -lam*x\n    \
         y'' = -lam*y - g\n    0 = x^2 + y^2 - 1\n    init x' = 0\n    event {event}\n}}\n\
         solve Rod over 0..2 {{ method = rodas5p(rtol = 1e-8, atol = 1e-8); {task} }}\n"
    )
}

#[test]
fn what_an_event_assigns_stays_whatever_the_states_are() {
    // The pendulum falls from the side: at 0.1 its velocity goes along y, at 0.55 mostly along x.
    for (t, name) in [(0.1, "x'"), (0.1, "y'"), (0.55, "x'"), (0.55, "y'")] {
        let text =
            with_event(&format!("push: at {t} {{ {name} := 3; n := n + 1 }}"), &format!("save = [{t}]"));
        let result = finished(&text);
        assert!((last(&result, name) - 3.0).abs() < 1e-12, "{name} at {t}: {}", last(&result, name));
        assert!(defects(&result)[..2].iter().all(|defect| *defect < 1e-7), "{:?}", defects(&result));
        assert_eq!(last(&result, "n"), 1.0);
    }
    // The place stays where only a velocity was assigned.
    let free = finished(&with_event("none: at 0.55 { n := 1 }", "save = [0.55]"));
    let pushed = finished(&with_event("push: at 0.55 { y' := 3 }", "save = [0.55]"));
    assert!((last(&free, "x") - last(&pushed, "x")).abs() < 1e-12);
}

#[test]
fn an_event_may_jump_to_where_the_states_were_useless() {
    let jump = "jump: at 0.1 { x := 0; y := -1; x' := 3; y' := 0 }";
    let result = finished(&with_event(jump, "save = [0.1, 1]"));
    let energy = |k: usize| {
        let of = |name: &str| column(&result, name)[k];
        0.5 * (of("x'").powi(2) + of("y'").powi(2)) + 9.81 * of("y")
    };
    assert!((energy(0) - (4.5 - 9.81)).abs() < 1e-6 && (energy(1) - energy(0)).abs() < 1e-5);
}

#[test]
fn an_event_by_the_clock_happens_once_where_the_states_change() {
    let turn = "turn: at 0.1 { x := y; y := -x; x' := y'; y' := -x'; n := n + 1 }";
    let result = finished(&with_event(turn, "save = 3"));
    assert_eq!((result.events.len(), last(&result, "n")), (1, 1.0));
    let often = finished(&with_event("tick: every 0.01 { n := n + 1 }", "save = 3"));
    let expected = often.events.len() as f64;
    assert!((200.0..=201.0).contains(&expected) && last(&often, "n") == expected, "{expected}");
}

#[test]
fn a_run_that_stops_has_the_rows_that_were_asked_for_and_its_end() {
    let result = run_text(&with_event("halt: when t > 1.3 { stop }", "save = 5"));
    let expected = [0.0, 0.5, 1.0, 1.3];
    assert_eq!(result.table.rows(), expected.len());
    assert!(column(&result, "t").iter().zip(expected).all(|(t, e)| (t - e).abs() < 1e-9));
}

fn last(result: &TaskResult, name: &str) -> f64 {
    *column(result, name).last().expect("a row")
}
