//! Golden texts.

use super::super::samples::{ball, column, failed, fit, solve, sweep, times};
use super::*;

fn text(tasks: Vec<TaskResult>, width: usize) -> String {
    let mut bytes = Vec::new();
    write(&Report { tasks }, width, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn golden_solve_with_units_and_events() {
    insta::assert_snapshot!(text(vec![ball(), failed()], 80));
}

#[test]
fn golden_fit_and_sweep() {
    insta::assert_snapshot!(text(vec![fit(), sweep()], 80));
}

#[test]
fn golden_long_and_wide_table() {
    let t = times(101, 10.0);
    let series =
        (0..30).map(|k| column(&format!("u[{}]", k + 1), "", t.iter().map(move |t| t * f64::from(k) - 1.0)));
    let task = solve("Wide", std::iter::once(column("t", "", t.clone())).chain(series).collect());
    insta::assert_snapshot!(text(vec![task], 60));
}

#[test]
fn empty_tables_say_so() {
    let empty = text(vec![solve("M", vec![column("t", "", []), column("x", "", [])])], 80);
    assert!(empty.ends_with("  t  x\n  no rows\n"), "{empty}");
    assert_eq!(text(Vec::new(), 80), "");
}

#[test]
fn special_values_and_narrow_terminals() {
    let values = [f64::NAN, f64::INFINITY, -1e300, 1e-300];
    let task = solve("M", vec![column("t", "", [0.0, 1.0, 2.0, 3.0]), column("αβ", "", values)]);
    insta::assert_snapshot!(text(vec![task], 0));
}

#[test]
fn events_of_many_elements_are_cut_short() {
    let record = |k: usize| EventRecord { name: format!("e[{k}]"), t: 0.5, values: Vec::new() };
    let events = (0..200_000).map(|k| record(k % 100_000)).collect();
    let text = text(vec![TaskResult { events, ..solve("M", Vec::new()) }], 80);
    assert!(text.contains("  event e[49] fired 2 times at t = 0.5, 0.5\n  … 99950 more events\n"), "{text}");
}
