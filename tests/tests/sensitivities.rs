//! Derivatives of solutions by parameters and initial values: against references, against differences of solutions, in their
//! order, and at instants that move.

use nde::method::methods;
use nde::output::TaskResult;
use nde::session::{RunOptions, Setting};
use nde_tests::compile::{column, compiled_at_once, run_file, run_text};
use nde_tests::data::sensitivity;
use nde_tests::digits::{digits, number, worst_error};
use nde_tests::generate::{self, Size};

const VERN9: &str = "vern9(rtol = 1e-12, atol = 1e-14)";
const TSIT5: &str = "tsit5(rtol = 1e-12, atol = 1e-14)";
const RODAS5P: &str = "rodas5p(rtol = 1e-11, atol = 1e-13)";

/// The right digits of every column of a reference.
fn right_digits(name: &str, method: &str) -> f64 {
    let problem = sensitivity(name);
    let result = run_text(&problem.text(method));
    assert_eq!(result.status, "finished", "{name} {method}: {:?}", result.error);
    let error = |state: &String| worst_error(column(&result, state), &problem.reference[state]);
    digits(problem.states.iter().map(error).fold(0.0, f64::max))
}

#[test]
fn references_are_met_to_eight_digits() {
    let mut failures = Vec::new();
    let stiff = "rodas5p(rtol = 1e-10, atol = [1e-12, 1e-16, 1e-12])";
    let mut cases = vec![("sens_rober", stiff), ("sens_dae_robertson", stiff)];
    for name in [
        "sens_exponential_decay",
        "sens_lotka_volterra",
        "sens_brusselator",
        "saltation_scalar",
        "bouncing_ball_1",
        "bouncing_ball_restitution1",
        "sens_event_bouncing_ball_loss",
        "relay_hysteresis",
        "dosing_time_events",
    ] {
        cases.extend([VERN9, TSIT5, RODAS5P].map(|method| (name, method)));
    }
    for (name, method) in cases {
        let found = right_digits(name, method);
        println!("{name:32} {:8} {found:.1}", &method[..7]);
        if found < 8.0 {
            failures.push(format!("{name} {method}: {found:.1} digits"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A model with a task, in a file of its own.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new(text: &str) -> Case {
        let folder = tempfile::tempdir().expect("a folder for temporary files");
        std::fs::write(folder.path().join("case.nde"), text).expect("a temporary file can be written");
        Case { folder }
    }

    fn run(&self, set: &[(&str, f64)]) -> TaskResult {
        let setting =
            |&(name, value): &(&str, f64)| Setting { name: name.into(), value: format!("{value:?}") };
        let options = RunOptions { set: set.iter().map(setting).collect(), ..compiled_at_once() };
        run_file(&self.folder.path().join("case.nde"), &options)
    }
}

/// A model with the task that solves it.
struct Model<'m> {
    text: &'m str,
    over: &'m str,
    options: &'m str,
}

impl Model<'_> {
    fn case(&self, sensitivity: &str) -> Case {
        let Model { text, over, options } = self;
        let sensitivity = match sensitivity {
            "" => String::new(),
            list => format!("; sensitivity = [{list}]"),
        };
        Case::new(&format!("{text}\nsolve M over {over} {{ {options}{sensitivity} }}\n"))
    }

    /// Compares every column `d(x)/d(q)` with the fourth-order difference of solutions.
    #[track_caller]
    fn agrees(&self, quantities: &[(&str, f64)], tolerance: f64) {
        let names: Vec<&str> = quantities.iter().map(|(name, _)| *name).collect();
        let result = self.case(&names.join(", ")).run(&[]);
        assert_eq!(result.error, None, "{}", self.text);
        assert_eq!(self.text.contains("event "), !result.events.is_empty(), "{}", self.text);
        let plain = self.case("");
        let columns = result.table.columns.iter().map(|c| c.name.as_str());
        let own: Vec<&str> = columns.filter(|name| !name.starts_with("d(") && *name != "t").collect();
        for &(name, value) in quantities {
            let δ = 1e-3 * value.abs().max(0.1);
            let moved = [1.0, -1.0, 2.0, -2.0].map(|k| plain.run(&[(name, value + k * δ)]));
            for of in &own {
                let [a, b, c, d] = moved.each_ref().map(|result| column(result, of));
                let found = result.table.columns.iter().find(|c| c.name == format!("d({of})/d({name})"));
                // A discrete variable that no quantity moves has no column.
                let rows = result.table.columns[0].values.len();
                let found = found.map_or_else(|| vec![0.0; rows], |c| c.values.clone());
                let scale = found.iter().fold(1.0, |m: f64, x| m.max(x.abs()));
                // Where an event moves over a row, differences see both of its sides.
                let past = |r: &TaskResult, row: usize| {
                    r.events.iter().filter(|e| e.t <= r.table.columns[0].values[row]).count()
                };
                let stays = |row: &usize| moved.iter().all(|r| past(r, *row) == past(&result, *row));
                for row in (0..rows).filter(stays) {
                    let expected = (8.0 * (a[row] - b[row]) - (c[row] - d[row])) / (12.0 * δ);
                    let error = (found[row] - expected).abs() / scale;
                    assert!(
                        error <= tolerance,
                        "{}\nd({of})/d({name}) at row {row}: {} is not {expected} ({error:.1e})",
                        self.text,
                        found[row]
                    );
                }
            }
        }
    }
}

#[test]
fn arrays_and_what_is_given_in_terms_of_others_agree_with_differences() {
    let text = "model M {\n    index i in 1..3\n    param k[3] = [1, 2, 3], c = 0.5, a = 2*c\n    \
                 state u[3] = [1, c, 2*k[2]], z = a\n    let w[i] = k[i]*u[i]\n    \
                 u[i]' = -w[i] + c*sum(w[j] for j in 1..3)/(1 + z^2) + 0.1*sin(t*c)\n    z' = a*cos(z)\n}";
    for method in [VERN9, RODAS5P] {
        let options = format!("method = {method}; save = 3");
        let model = Model { text, over: "0..1", options: &options };
        model.agrees(&[("c", 0.5), ("k[2]", 2.0), ("z", 1.0), ("u[3]", 4.0)], 1e-8);
    }
}

#[test]
fn columns_are_named_by_elements_and_follow_the_table() {
    let text = "model M {\n    index i in 0..1\n    param k[2] = [1, 2], c = 1\n    state x[i] = 1, y = 2\n    \
                 discrete n = 0\n    x[i]' = -k[i + 1]*x[i]\n    y' = -c\n    event e: when y < 1 { n := n + c }\n}";
    let names = |options: &str, by: &str| -> Vec<String> {
        let result = Model { text, over: "0..2", options }.case(by).run(&[]);
        assert_eq!(result.error, None);
        result.table.columns.into_iter().map(|c| c.name).collect()
    };
    assert_eq!(
        names("save = 2", "k, x[1]")[..],
        [
            "t",
            "x[0]",
            "x[1]",
            "y",
            "n",
            "d(x[0])/d(k[1])",
            "d(x[0])/d(k[2])",
            "d(x[1])/d(k[1])",
            "d(x[1])/d(k[2])",
            "d(y)/d(k[1])",
            "d(y)/d(k[2])",
            "d(x[0])/d(x[1])",
            "d(x[1])/d(x[1])",
            "d(y)/d(x[1])",
        ]
    );
    assert_eq!(
        names("save = 2; table = [2*x, n]", "k[2], c")[1..],
        [
            "2*x[0]",
            "2*x[1]",
            "n",
            "d(2*x[0])/d(k[2])",
            "d(2*x[1])/d(k[2])",
            "d(2*x[0])/d(c)",
            "d(2*x[1])/d(c)",
            "d(n)/d(k[2])",
            "d(n)/d(c)"
        ]
    );
}

/// Hybrid models: what moves an instant, what the instant changes.
#[test]
fn instants_that_move_agree_with_differences() {
    let cases: &[(&str, &str, &[(&str, f64)])] = &[
        // Parameters in the guard and the reset, time in both.
        (
            "param a = 1.3, b = 0.7\n    state x = 0.2, y = 1\n    x' = y*a - 0.1*x\n    y' = -b*y\n    \
             event e: when x > a*0.6 + 0.05*t { x := 0.3*b*x*t; y := y + 0.1*x*a + 0.1*t }",
            "0..2",
            &[("a", 1.3), ("b", 0.7), ("x", 0.2), ("y", 1.0)],
        ),
        // Times of the clock.
        (
            "param p = 0.3, q = 0.41, d = 2\n    state x = 1\n    x' = -d*x + sin(t)\n    \
             event one: at [p, 2*p + q] { x := x + d*t }\n    event many: every q from p/2 { x := 0.9*x + 0.1*t }",
            "0..2",
            &[("p", 0.3), ("q", 0.41), ("d", 2.0), ("x", 1.0)],
        ),
        // Switches of the clock and of the state, a jump that raises another.
        (
            "param p = 0.7, q = 1.1\n    state x = 0, y = 0\n    \
             x' = (if t < p then 1 else 3*q) - (if x > q then 2*x else 0)\n    y' = step(x - 0.5*p)*q + q*t",
            "0..2",
            &[("p", 0.7), ("q", 1.1), ("x", 0.0)],
        ),
        // Discrete variables that carry derivatives.
        (
            "param a = 1.2, c = 0.4\n    state x = 0\n    discrete n = a, hit = 0\n    x' = n - c*x\n    \
             event up: when x > 1 { n := -n*c - t*0.1; hit := hit + 1 }\n    \
             event down: when x < 0.3 { n := a + hit*c*x }",
            "0..6",
            &[("a", 1.2), ("c", 0.4), ("x", 0.0)],
        ),
        // Two balls that fall together, and one that is reset by both.
        (
            "param g = 9.81, e = 0.8\n    state x = 1, v = 0, y = 1, w = 0, z = 0\n    x' = v; v' = -g\n    \
             y' = w; w' = -g*1\n    z' = x + y\n    event a: when x < 0 { v := -e*v }\n    \
             event b: when y < 0 { w := -0.7*w }",
            "0..0.8",
            &[("x", 1.0), ("y", 1.0), ("g", 9.81), ("e", 0.8)],
        ),
        // A cascade: the reset of one makes the other true.
        (
            "param a = 1, b = 2\n    state x = 0, y = 0\n    x' = a; y' = b + x\n    \
             event first: when x > 0.5*a + 0.1*b { y := y + 5*b }\n    event second: when y > 4 { x := -x*b; y := 0.3*y }",
            "0..2",
            &[("a", 1.0), ("b", 2.0), ("x", 0.0), ("y", 0.0)],
        ),
        // Algebraic unknowns in the guard, the reset and across it.
        (
            "param a = 1.5, b = 0.5\n    state x = 1\n    alg z = 1\n    discrete m = 1\n    x' = -z*b + 0.2*t\n    \
             0 = z + b*z^3 - a*x*m - 0.3*t\n    event e: when z < 0.9 { x := x + a*z + 0.1*t; m := 0.5*m }",
            "0..4",
            &[("a", 1.5), ("b", 0.5), ("x", 1.0)],
        ),
        // A switch across which the algebraic unknown jumps.
        (
            "param a = 1.5, b = 0.5\n    state x = 1\n    alg z = 1\n    x' = -z*b\n    \
             0 = z - (if x > b + 0.1*a then a*x else x/a)",
            "0..3",
            &[("a", 1.5), ("b", 0.5), ("x", 1.0)],
        ),
        // The mass depends on what is differentiated by.
        (
            "param m = 2, c = 0.3\n    state x = 1, y = 0\n    m*x' + c*y' = y - x\n    c*x' + (1 + m)*y' = -x*y\n    \
             event e: when y > 0.05*c { y := y - 0.2*m }",
            "0..3",
            &[("m", 2.0), ("c", 0.3), ("x", 1.0)],
        ),
        // An equation that is not linear in the derivative, and a mass matrix that changes.
        (
            "param a = 1.5, b = 0.2\n    state x = 1, y = 0.5\n    alg z = 1\n    x' + b*x'^3 = -a*x + 0.1*t\n    \
             (1 + b*y^2)*y' = z - y\n    0 = z - a*x^2 - 0.1*t\n    \
             event e: when x < 0.5 + 0.1*b { x := 2*x*a; y := y + 0.1*t }",
            "0..2",
            &[("a", 1.5), ("b", 0.2), ("x", 1.0), ("y", 0.5)],
        ),
        // Each element has an instant of its own, and two have the same by chance.
        (
            "index i in 1..3\n    param r[3] = [1, 1.5, 1], c = 0.2\n    state v[i] = 0\n    v[i]' = r[i] - c*v[i]\n    \
             event spike[i]: when v[i] > 0.8 { v[i] := 0.1*v[i]*r[i] }",
            "0..2.3",
            &[("r[1]", 1.0), ("r[2]", 1.5), ("r[3]", 1.0), ("c", 0.2)],
        ),
        // A condition of several comparisons, one of the clock; a mode that an event flips; an end of the run.
        (
            "param p = 0.6, q = 1.2, r = 3\n    state x = 0, y = 1\n    discrete n = 0\n    \
             x' = if n > 0.5 then -x*q else q\n    y' = x - (if n + x > r then 2 else 0)\n    \
             event late: when t > p and not (x < 0.3*q) { y := y*p }\n    \
             event high: when x > q or x < -5 { n := 1; x := x + p }\n    event end: when y > 1.6*r { stop }",
            "0..3",
            &[("p", 0.6), ("q", 1.2), ("r", 3.0), ("x", 0.0), ("y", 1.0)],
        ),
        // Equations of second order, an input in terms of a parameter, a period from the beginning, an event at the end.
        (
            "param k = 4, f = 0.5\n    input u = 2*k\n    state x = 1\n    init x' = f\n    x'' = -k*x + 0.1*u*t\n    \
             event kick: every f { x' := x' + 0.1*k*x }\n    event last: at [1.9] { x := x*f }",
            "0..1.9",
            &[("k", 4.0), ("f", 0.5), ("x", 1.0), ("x'", 0.5)],
        ),
        // Back in time.
        (
            "param a = 1.5, b = 0.4\n    state x = 2\n    x' = if x > a then b*x else 1 - 0.1*t*(if t < a then b else 3)",
            "2..0",
            &[("a", 1.5), ("b", 0.4), ("x", 2.0)],
        ),
    ];
    for (lines, over, quantities) in cases {
        let text = format!("model M {{\n    {lines}\n}}");
        // A row between instants, not on one: there differences would see both sides.
        let is_implicit = lines.contains("alg") || lines.contains("m*x'");
        let methods: &[&str] = if is_implicit { &[RODAS5P] } else { &[VERN9, RODAS5P] };
        for method in methods {
            let options = format!("method = {method}; save = 8");
            Model { text: &text, over, options: &options }.agrees(quantities, 1e-6);
        }
    }
}

/// Constraints that are differentiated, and the derivatives of all of them.
#[test]
fn models_of_higher_index_agree_with_differences() {
    let text = "model M {\n    param g = 9.81, L = 1, a = 0.6\n    state x = a, y = -sqrt(L^2 - a^2)\n    alg λ = 0\n    \
                 x'' = -λ*x\n    y'' = -λ*y - g\n    0 = x^2 + y^2 - L^2\n    init x' = 0\n}";
    let options = "method = rodas5p(rtol = 1e-10, atol = 1e-12); save = 4; table = [x, y]";
    Model { text, over: "0..2", options }.agrees(&[("g", 9.81), ("L", 1.0), ("a", 0.6)], 1e-6);
}

/// The beginning of a run and what counts from it.
#[test]
fn a_beginning_that_moves_agrees_with_differences() {
    for lines in [
        "param p = 0.3, q = 2\n    state x = 1 + q*p\n    x' = -q*x + t",
        "param p = 0.3, q = 2\n    state x = q*p\n    alg z = 1\n    x' = -z + t\n    0 = z + 0.1*z^3 - x - t*p\n    \
         event e: every 0.5 { x := x + t*z }",
    ] {
        let text = format!("model M {{\n    {lines}\n}}");
        let options = format!("method = {RODAS5P}; save = [1, 2]");
        Model { text: &text, over: "q*p..2", options: &options }.agrees(&[("p", 0.3), ("q", 2.0)], 1e-7);
    }
}

#[test]
fn a_row_at_an_event_shows_the_derivative_after_it() {
    let text = "model M {\n    param k = 0.5, D = 2\n    state x = 1\n    x' = -k*x\n    event e: at [1] { x := x*x + D }\n}";
    let options = "method = vern9(rtol = 1e-12, atol = 1e-14); save = [1]";
    let result = Model { text, over: "0..2", options }.case("k, D, x").run(&[]);
    let before = (-0.5_f64).exp();
    let expected = [("k", -2.0 * before * before), ("D", 1.0), ("x", 2.0 * before * before)];
    for (by, expected) in expected {
        let found = column(&result, &format!("d(x)/d({by})"))[0];
        assert!((found - expected).abs() < 1e-11, "{by}: {found} is not {expected}");
    }
}

#[test]
fn random_models_agree_with_differences() {
    let size = Size { scalars: 2, arrays: 1, lets: 2, points: 5, depth: 2, switches: 0, networks: 0 };
    let mut compared = 0;
    for seed in 0..12 {
        let text = generate::model(seed, &size).replace("model Random", "model M");
        let value = text.split("param p1 = ").nth(1).and_then(|rest| rest.split_whitespace().next());
        let value = number(value.expect("every model has a parameter"));
        let options = format!("method = {TSIT5}; save = 3");
        let model = Model { text: &text, over: "0..0.1", options: &options };
        if model.case("").run(&[]).error.is_none() {
            model.agrees(&[("p1", value)], 1e-6);
            compared += 1;
        }
    }
    assert!(compared >= 9, "{compared} of 12 models were solved");
}

#[test]
fn rodas5p_keeps_its_order_in_the_derivatives() {
    let problem = sensitivity("sens_lotka_volterra");
    let error = |dt: f64| {
        let result = run_text(&problem.text(&format!("rodas5p(dt = {dt})")));
        let error = |state: &String| worst_error(column(&result, state), &problem.reference[state]);
        problem.states.iter().filter(|s| s.starts_with("d(")).map(error).fold(0.0, f64::max)
    };
    let slope = (error(0.02) / error(0.01)).log2();
    println!("rodas5p on the variational system: order {slope:.2}");
    assert!(slope >= 4.65, "{slope}");
}

/// x = cos(√k t), whose derivatives by k and by x(0) every method must find.
#[test]
fn every_method_gives_derivatives() {
    let text = "model M {\n    param k = 4\n    state x = 1\n    init x' = 0\n    x'' = -k*x\n}";
    for method in methods() {
        let (call, tolerance) = match method.adaptive {
            true => (format!("{}(rtol = 1e-8, atol = 1e-10)", method.name), 1e-5),
            false => (format!("{}(dt = 1e-4)", method.name), 1e-3),
        };
        let options = format!("method = {call}; save = [1]");
        let result = Model { text, over: "0..1", options: &options }.case("k, x").run(&[]);
        assert_eq!(result.error, None, "{}", method.name);
        for (by, expected) in [("k", -2.0_f64.sin() / 4.0), ("x", 2.0_f64.cos())] {
            let error = (column(&result, &format!("d(x)/d({by})"))[0] - expected).abs();
            assert!(error < tolerance, "{} by {by}: {error:.1e}", method.name);
        }
    }
}

#[test]
fn derivatives_satisfy_the_derivative_of_a_constraint() {
    let problem = sensitivity("sens_dae_robertson");
    let result = run_text(&problem.text("rodas5p(rtol = 1e-8, atol = [1e-10, 1e-14, 1e-10])"));
    for by in ["k1", "k2", "k3"] {
        let [a, b, c] = ["y1", "y2", "y3"].map(|y| column(&result, &format!("d({y})/d({by})")));
        for row in 0..a.len() {
            let sum = a[row] + b[row] + c[row];
            assert!(sum.abs() <= 1e-10 * a[row].abs(), "{by}: {sum} beside {}", a[row]);
        }
    }
}

#[test]
fn a_solution_that_stands_still_at_a_guard_has_no_derivative_after_it() {
    let text = "model M {\n    param a = 1\n    state x = 0, n = 0\n    x' = 3*a*(t - 1)^2\n    n' = 0\n    \
                 event e: when x > 1 { n := n + t }\n}";
    let options = "method = tsit5(rtol = 1e-8, atol = 1e-10); save = [0.5, 2]";
    let result = Model { text, over: "0..3", options }.case("a").run(&[]);
    assert_eq!(result.error, None);
    let found = column(&result, "d(n)/d(a)");
    assert!(found[0] == 0.0 && found[1].is_nan(), "{found:?}");
    assert!(result.notes.iter().any(|note| note.contains("d(·)/d(a) is undefined")), "{:?}", result.notes);
}

#[test]
fn jumps_of_integers_move_with_what_they_depend_on() {
    let tight = "method = vern9(rtol = 1e-12, atol = 1e-14); save = [1.1, 2.7]";
    for (body, quantities) in [
        ("param a = 1.3\n    state x = 0\n    x' = 1 + floor(a*t)", &[("a", 1.3)][..]),
        ("param T = 0.7, a = 0.2\n    state x = 0\n    x' = mod(t + a, T)^2", &[("T", 0.7), ("a", 0.2)]),
        ("param c = 0.1\n    state x = 1.05\n    x' = x*(1 - c*floor(x))", &[("c", 0.1), ("x", 1.05)]),
        (
            "param c = 0.3\n    state x = 1, y = 0\n    x' = c*x\n    y' = ceil(2*x) + round(c*x) - mod(x, 0.4*c)",
            &[("c", 0.3)],
        ),
        (
            "param c = 0.9\n    state x = 0, y = 0\n    x' = c\n    y' = if mod(floor(x), 2) == 0 then 1 else 3",
            &[("c", 0.9)],
        ),
        (
            "param c = 0.9\n    state x = 0, y = 0\n    x' = c*(1 + t)\n    y' = -y\n    event e: when floor(x) > 0.5 { y := y + 1 }",
            &[("c", 0.9)],
        ),
    ] {
        let text = format!("model M {{\n    {body}\n}}");
        Model { text: &text, over: "0..2.7", options: tight }.agrees(quantities, 1e-6);
    }
}

#[test]
fn what_is_given_from_outside_follows_nothing() {
    let text = "model M {\n    param a = 1, b = 2*a\n    state x = a\n    x' = b*x\n}";
    let options = "method = vern9(rtol = 1e-12, atol = 1e-14); save = [1]";
    let case = Model { text, over: "0..1", options }.case("a");
    let derivative = |set: &[(&str, f64)]| column(&case.run(set), "d(x)/d(a)")[0];
    let e2 = 2.0_f64.exp();
    for (set, expected) in [
        (&[][..], 3.0 * e2),
        (&[("b", 2.0)], e2),
        (&[("x", 1.0)], 2.0 * e2),
        (&[("x", 1.0), ("b", 2.0)], 0.0),
    ] {
        assert!((derivative(set) - expected).abs() < 1e-9, "{set:?}: {} is not {expected}", derivative(set));
    }
}
