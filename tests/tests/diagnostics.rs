//! Every code is provoked by its own example, and the mistakes of newcomers get answers that can be typed in.

use std::collections::BTreeSet;
use std::fmt::Write;

use nde::session::{self, Interrupt, RunOptions};
use nde_compiler::diagnostics::{CodeInfo, Look};

/// How a text is run: a comment on its first line may say it, as a user would type it.
fn way_to_run(text: &str) -> (RunOptions, Interrupt) {
    let (mut options, interrupt) = (RunOptions::default(), Interrupt::default());
    let Some(comment) = text.lines().next().and_then(|line| line.strip_prefix("// ")) else {
        return (options, interrupt);
    };
    if let Some(arguments) = comment.strip_prefix("ndec run main.nde --task ") {
        options.task = Some(arguments.parse().expect("the number of a task"));
    } else if comment == "Ctrl-C while it runs" {
        interrupt.set();
    }
    (options, interrupt)
}

/// The codes of all that is said when a text is run, and the words.
fn said(text: &str) -> (BTreeSet<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("main.nde");
    std::fs::write(&path, text).unwrap();
    let (options, interrupt) = way_to_run(text);
    let run = session::run(&path, &options, &interrupt, &mut |_| {}).unwrap();
    let mut codes: BTreeSet<String> = run.complaints.diagnostics.iter().map(|d| d.code.to_owned()).collect();
    let mut words = run.complaints.render(Look::Plain, 100);
    for error in run.report.tasks.iter().filter_map(|task| task.error.as_ref()) {
        codes.insert(error.code.clone());
        writeln!(words, "error[{}]: {}", error.code, error.message).unwrap();
        if let Some(help) = &error.help {
            writeln!(words, "   help: {help}").unwrap();
        }
    }
    // The folder is another one in each run.
    (codes, words.replace(&format!("{}/", folder.path().display()), ""))
}

fn with_examples() -> impl Iterator<Item = &'static CodeInfo> {
    session::codes().filter(|info| !info.example.is_empty())
}

#[test]
fn each_example_provokes_its_code_and_no_other() {
    let mut wrong = String::new();
    for info in with_examples() {
        let (codes, words) = said(info.example);
        if codes.iter().ne([info.code]) {
            writeln!(wrong, "=== {}: {codes:?}\n{}\n{words}", info.code, info.example).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_code_has_an_example() {
    let without: Vec<&str> =
        session::codes().filter(|info| info.example.is_empty()).map(|info| info.code).collect();
    assert!(without.is_empty(), "{without:?}");
}

#[test]
fn codes_are_listed_once_and_explained() {
    let mut seen = BTreeSet::new();
    for info in session::codes() {
        assert!(seen.insert(info.code), "{} stands twice", info.code);
        assert!(!info.title.is_empty() && info.explanation.ends_with('.'), "{}", info.code);
    }
}

/// What went wrong when it ran, in the words that a user reads.
#[test]
fn failures_of_runs_name_the_place_and_the_remedy() {
    let mut transcript = String::new();
    for info in with_examples().filter(|info| info.code.starts_with('R')) {
        let (_, words) = said(info.example);
        writeln!(transcript, "=== {}: {}\n{}\n{words}", info.code, info.title, info.example).unwrap();
    }
    insta::assert_snapshot!(transcript);
}

const MISTAKES: &[(&str, &str)] = &[
    ("a misspelt name", "model Decay {\n    param rate = 2\n    state x = 1\n    x' = -rat*x\n}\n"),
    ("a missing equation", "model Oscillator {\n    state x = 1, v = 0\n    x' = v\n}\n"),
    ("a bare dot", "model Decay {\n    state x = 1.\n    x' = -x\n}\n"),
    ("a chained comparison", "model Decay {\n    state x = 1\n    x' = if 0 < x < 1 then -x else 0\n}\n"),
    ("a wrong unit", "model Fall {\n    param g: m/s = 9.81\n    state v: m/s = 0\n    v' = g\n}\n"),
    ("a wrong shape", "model Three {\n    state u[3] = [1, 2]\n    u' = -u\n}\n"),
    (
        "a product of matrices by `*`",
        "model Linear {\n    const A = [[0, 1], [-1, 0]]\n    state u[2] = [1, 0]\n    u' = A*u\n}\n",
    ),
    (
        "an unknown option",
        "model Decay {\n    state x = 1\n    x' = -x\n}\nsolve Decay over 0..1 { metod = tsit5 }\n",
    ),
    ("an implied product", "model Decay {\n    param k = 2\n    state x = 1\n    x' = -k(x - 1)\n}\n"),
    (
        "a misspelt name in an event",
        "model M {\n    state level = 1\n    level' = -level\n    event low: when level < 0.5 { leve := 1 }\n}\n",
    ),
    (
        "an event that changes what nothing can",
        "model M {\n    state x = 1\n    x' = -x\n    event e: when x < 0.5 { 2*x := 1 }\n}\n",
    ),
    (
        "an event that waits for an equality",
        "model M {\n    state x = 1\n    x' = -1\n    event e: when x == 0 { x := 1 }\n}\n",
    ),
    (
        "an index of an event that is not there",
        "model M {\n    index i in 1..3\n    state u[i] = 1\n    u'[i] = -1\n    event e: when u[i] < 0 { u[i] := 1 }\n}\n",
    ),
    (
        "an initial value in the wrong place",
        "model M {\n    state x = 1, y\n    x' = y\n    y' = -x\n    init y = 3\n}\n",
    ),
    (
        "a size by a parameter",
        "model M {\n    param N = 5\n    index i in 1..N\n    state u[i] = 1\n    u'[i] = -u[i]\n}\n",
    ),
    (
        "an equation of a parameter",
        "model M {\n    param k = 1\n    state x = 1\n    k' = 1\n    x' = -k*x\n}\n",
    ),
    (
        "a method in quotes",
        "model M {\n    state x = 1\n    x' = -x\n}\nsolve M over 0..1 { method = \"tsit5\" }\n",
    ),
    (
        "a misspelt method",
        "model M {\n    state x = 1\n    x' = -x\n}\nsolve M over 0..1 { method = tsit }\n",
    ),
    ("one point to save", "model M {\n    state x = 1\n    x' = -x\n}\nsolve M over 0..1 { save = 1 }\n"),
    (
        "a point beyond the end",
        "model M {\n    state x = 1\n    x' = -x\n}\nsolve M over 0..1 { save = [0, 2] }\n",
    ),
    (
        "a missing factor",
        "model M {\n    param V: L = 10, CL: L/hr = 2\n    state c: mg/L = 1\n    c' = -CL*c\n}\n",
    ),
    (
        "a misspelt activation",
        "model M {\n    net g: 1 -> 1 = dense(5, tahn) >> dense(1)\n    state x = 1\n    x' = g(x)\n}\n",
    ),
    ("a unit that is none", "model M {\n    param a: foo = 1\n    state x: m = 1\n    x' = -x\n}\n"),
    (
        "an equality by one sign",
        "model M {\n    state x = 1\n    x' = -x\n    event e: when x = 0.5 { x := 1 }\n}\n",
    ),
    ("a function without parentheses", "model M {\n    state x = 1\n    x' = sin x\n}\n"),
    ("a range in words", "model M {\n    state x = 1\n    x' = -x\n}\nsolve M over 0 to 10\n"),
    ("a choice as in C", "model M {\n    state x = 1\n    x' = x > 0 ? 1 : 0\n}\n"),
    ("two mistakes", "model Decay {\n    state x = 1.\n    x' = -y\n}\n"),
];

#[test]
fn mistakes_of_newcomers_show_the_remedy() {
    let mut transcript = String::new();
    for (name, text) in MISTAKES {
        let (codes, words) = said(text);
        assert!(!codes.is_empty(), "{name} is not noticed");
        assert!(words.contains("help:"), "{name} gets no remedy:\n{words}");
        writeln!(transcript, "=== {name}\n{text}\n{words}").unwrap();
    }
    insta::assert_snapshot!(transcript);
}
