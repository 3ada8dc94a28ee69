//! Every way in which a run can end is provoked, and what is said of it is golden; so is every verdict on a step.
//!
//! A new status or verdict does not compile here until it has its cases.

use std::fmt::Write;

use nde::dynamics::Interval;
use nde::linear::{Cause, Singular};
use nde::method::{Counters, NextSize, Verdict, find};
use nde::output::{TaskResult, text};
use nde::problem::Constrained;
use nde::session::{self, Interrupt, RunOptions};
use nde::solve::{Options, Status, solve};
use nde_tests::compile::compiled;

/// The load grows beyond what its supply can carry.
const NEWTON: &str = "state load = 0\n    alg volts = 1\n    load' = 0.2\n    0 = volts*(1 - volts) - load";

/// The unknown has no part in its equation.
const SINGULAR: &str = "param k = 0\n    state x = 1\n    alg z = 1\n    x' = -x\n    0 = k*z - x + 1";

/// A run that ends in some way.
struct Case {
    body: &'static str,
    over: &'static str,
    options: &'static str,
}

fn case(body: &'static str, over: &'static str, options: &'static str) -> Case {
    Case { body, over, options }
}

/// The status after this one, so that all are met.
fn next(status: Status) -> Option<Status> {
    match status {
        Status::Finished => Some(Status::Stopped),
        Status::Stopped => Some(Status::StepTooSmall),
        Status::StepTooSmall => Some(Status::TooManySteps),
        Status::TooManySteps => Some(Status::NotFinite),
        Status::NotFinite => Some(Status::NewtonFailed),
        Status::NewtonFailed => Some(Status::Singular),
        Status::Singular => Some(Status::Inconsistent),
        Status::Inconsistent => Some(Status::Zeno),
        Status::Zeno => Some(Status::Interrupted),
        Status::Interrupted => Some(Status::Outgrown),
        Status::Outgrown => None,
    }
}

/// Runs that end so, one for each way of saying it.
fn cases(status: Status) -> Vec<Case> {
    match status {
        Status::Finished => vec![case("state x = 1\n    x' = -x", "0..1", "method = tsit5; save = 2")],
        Status::Stopped => vec![case(
            "state x = 1\n    x' = 1\n    event full: when x > 2 { stop }",
            "0..5",
            "method = tsit5; save = 2; log = [full, x]",
        )],
        Status::StepTooSmall => vec![
            case("state x = 1\n    x' = x^2", "0..2", "method = tsit5; save = 3"),
            case("state x = 1\n    x' = x^2", "0..2", "method = bdf; save = 3"),
        ],
        Status::TooManySteps => vec![
            case("state x = 1\n    x' = cos(t)", "0..9", "method = tsit5(max_steps = 2); save = 2"),
            case(
                "state x = 1\n    x' = -1e6*(x - cos(t))",
                "0..9",
                "method = tsit5(max_steps = 300); save = 2",
            ),
            case(
                "state x = 1\n    x' = -x\n    event flip: every 1e-9 { x := -2*x }",
                "0..9",
                "method = tsit5(max_steps = 30); save = 2",
            ),
        ],
        Status::NotFinite => vec![
            case("state x = 1\n    x' = -sqrt(x - t)", "0..2", "method = tsit5; save = 3"),
            case(
                "state x = 0, y = 1\n    x' = 1\n    y' = -y\n    event cut: when x > 1 { y := log(x - 5) }",
                "0..2",
                "method = tsit5; save = 3",
            ),
            case(
                "state x = 1\n    alg z = -1\n    x' = -z\n    0 = sqrt(z) - x",
                "0..1",
                "method = rodas5p; save = 2",
            ),
        ],
        Status::NewtonFailed => vec![case(NEWTON, "0..2", "method = kvaerno5; save = 3")],
        Status::Singular => vec![case(SINGULAR, "0..2", "method = rodas5p; save = 2")],
        Status::Inconsistent => vec![
            case(
                "state x = 1\n    alg z = 1\n    x' = -z\n    0 = z^2 + x",
                "0..1",
                "method = rodas5p; save = 2",
            ),
            // The guess is so steep that steps are short, though they lead nowhere.
            case(
                "state x = -1\n    alg z = 1e-40\n    x' = -z\n    0 = sqrt(z) - x",
                "0..1",
                "method = rodas5p; save = 2",
            ),
            case(
                "state x = 0.6, y = -0.8\n    alg λ = 0, z = 1\n    discrete d = -1\n    x'' = -λ*x\n    y'' = -λ*y - 9.81\n    \
                 0 = x^2 + y^2 - 1\n    0 = z^2 + d\n    init x' = 0.4\n    event turn: at 0.1 { d := 1 }",
                "0..1",
                "method = rodas5p; save = 2",
            ),
        ],
        Status::Zeno => vec![
            case("state x = 1\n    x' = if x > 0 then -1 else 1", "0..2", "method = tsit5; save = 3"),
            case("state x = 0.5\n    x' = 0.5 - floor(x)", "0..2", "method = tsit5; save = 3"),
            case(
                "state u = 1, x = 1\n    u' = -u\n    x' = if x > 0 then -1 else 1",
                "0..2",
                "method = tsit5; save = 3",
            ),
            case(
                "state x = 1, v = 0\n    x' = v\n    v' = -9.81\n    event bounce: when x < 0 { v := -0.5*v }",
                "0..9",
                "method = tsit5; save = 2",
            ),
        ],
        Status::Interrupted => vec![case("state x = 1\n    x' = -x", "0..1", "method = tsit5; save = 2")],
        // The run goes on with another choice of states, and ends as any other.
        Status::Outgrown => vec![case(
            "state x = 0.6, y = -0.8\n    alg λ = 0\n    x'' = -λ*x\n    y'' = -λ*y - 9.81\n    0 = x^2 + y^2 - 1\n    init x' = 4",
            "0..2",
            "method = rodas5p; save = 2",
        )],
    }
}

fn run(case: &Case, status: Status) -> TaskResult {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("case.nde");
    let Case { body, over, options } = case;
    std::fs::write(&path, format!("model M {{\n    {body}\n}}\nsolve M over {over} {{ {options} }}\n"))
        .expect("a temporary file can be written");
    let interrupt = Interrupt::default();
    if status == Status::Interrupted {
        interrupt.set();
    }
    let run =
        session::run(&path, &RunOptions::default(), &interrupt, &mut |_| {}).expect("the file can be read");
    let mut tasks = run.report.tasks;
    assert_eq!(tasks.len(), 1, "{body}");
    let mut result = tasks.remove(0);
    if let Some(error) = &mut result.error {
        // The folder is another one in each run.
        error.message = error.message.replace(&*path.to_string_lossy(), "case.nde");
    }
    result
}

#[test]
fn every_status_is_provoked_and_its_message_is_golden() {
    let mut transcript = String::new();
    let mut at = Some(Status::Finished);
    while let Some(status) = at {
        for case in &cases(status) {
            let mut result = run(case, status);
            let expected = if status == Status::Outgrown { Status::Finished } else { status };
            assert_eq!(result.status, expected.name(), "{}: {:?}", case.body, result.error);
            let failed = !matches!(expected, Status::Finished | Status::Stopped);
            assert_eq!(result.error.is_some(), failed, "{}", case.body);
            writeln!(transcript, "=== {}: {}", status.name(), case.options).unwrap();
            writeln!(transcript, "    {}", case.body).unwrap();
            // The rest of a report differs from run to run, or is what other tests are about.
            result.stats.clear();
            let mut words = Vec::new();
            text::write_task(&TaskResult { table: Default::default(), ..result.clone() }, 100, &mut words)
                .unwrap();
            transcript.push_str(&String::from_utf8(words).unwrap());
            if let Some(error) = &result.error {
                writeln!(transcript, "error[{}]: {}", error.code, error.message).unwrap();
                writeln!(transcript, "   help: {}", error.help.as_deref().unwrap_or_default()).unwrap();
                writeln!(transcript, "{}", serde_json::to_string(error).unwrap()).unwrap();
            }
            transcript.push('\n');
        }
        at = next(status);
    }
    insta::assert_snapshot!(transcript);
}

/// What a verdict is counted as, and a method and a model that meet it.
fn counted(verdict: &Verdict) -> (fn(&Counters) -> u64, &'static str, &'static str) {
    match verdict {
        Verdict::Judged { square, .. } if square.is_nan() => {
            (|c| c.rejected_not_finite, "tsit5", "state x = 1\n    x' = -sqrt(x - t)")
        }
        Verdict::Judged { square, .. } if *square > 1.0 => {
            (|c| c.rejected_by_error, "tsit5", "state x = 1\n    x' = x^2")
        }
        Verdict::Judged { .. } => (|c| c.steps, "tsit5", "state x = 1\n    x' = -x"),
        Verdict::Singular(_) => (|c| c.rejected_singular, "rodas5p", SINGULAR),
        Verdict::NewtonFailed => (|c| c.rejected_by_newton, "kvaerno5", NEWTON),
    }
}

#[test]
fn every_verdict_on_a_step_is_met_and_counted() {
    let judged = |square: f64| Verdict::Judged { square, next: NextSize::Order(5) };
    let verdicts = [
        judged(0.5),
        judged(2.0),
        judged(f64::NAN),
        Verdict::Singular(Singular { column: 0, row: 0, cause: Cause::NoPivot }),
        Verdict::NewtonFailed,
    ];
    for verdict in verdicts {
        let (count, method, body) = counted(&verdict);
        let f = compiled(&format!("model M {{\n    {body}\n}}\nsolve M over 0..2 {{}}\n"), 0.0, &[]);
        let u0 = f.values.u0.clone();
        let solution = solve(&f, find(method).unwrap(), &Options::default(), 0.0, 2.0, &u0).unwrap();
        assert!(count(&solution.counters) > 0, "{verdict:?}: {:?}", solution.counters);
    }
}

#[test]
fn a_choice_of_states_that_is_outgrown_ends_its_piece() {
    let Case { body, .. } = &cases(Status::Outgrown)[0];
    let f = compiled(&format!("model M {{\n    {body}\n}}\nsolve M over 0..2 {{}}\n"), 0.0, &[]);
    let constrained = Constrained::new(&f).expect("nothing is missing").expect("the index is 3");
    let (at, mut u) = (Interval::plain(0.0, 2.0), f.values.u0.clone());
    constrained.begin(&at, &mut u, 1e-8).expect("the values are consistent");
    let reduced = constrained.reduce(&at, &u);
    let solution = solve(&reduced, find("rodas5p").unwrap(), &Options::default(), 0.0, 2.0, &u).unwrap();
    let t = solution.t[solution.t.len() - 1];
    assert!(solution.status == Status::Outgrown && t > 0.0 && t < 2.0, "{:?} at {t}", solution.status);
}
