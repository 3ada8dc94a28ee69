//! Golden drawings, and drawings of anything on anything.

use super::super::samples::{ball, column, solve, times};
use super::super::{Column, TaskResult};
use super::*;
use proptest::prelude::*;

fn drawn(task: &TaskResult, size: Size) -> String {
    let figure = Figure::of(task, size.most_panels()).unwrap();
    let text = draw(&figure, size, Paint::Plain);
    assert!(text.lines().count() <= size.rows.max(1), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= size.columns), "{text}");
    text
}

fn lotka() -> TaskResult {
    let t = times(101, 10.0);
    let x = t.iter().map(|t| 3.0 + 2.5 * (t * 1.5).sin() + 0.6 * (t * 3.0).cos());
    let y = t.iter().map(|t| 2.0 + 1.5 * (t * 1.5 - 1.5).sin());
    let columns = vec![column("t", "yr", t.clone()), column("x", "", x), column("y", "", y)];
    TaskResult { doc: Some("Lotka–Volterra\nmore".into()), ..solve("LotkaVolterra", columns) }
}

fn plain(columns: Vec<Column>) -> TaskResult {
    solve("M", columns)
}

#[test]
fn golden_lotka() {
    insta::assert_snapshot!(drawn(&lotka(), Size::default()));
}

#[test]
fn golden_panels() {
    insta::assert_snapshot!(drawn(&ball(), Size::default()));
}

#[test]
fn golden_logarithmic_time() {
    let t: Vec<f64> = (0..100).map(|i| 10_f64.powf(f64::from(i) / 9.0 - 6.0)).collect();
    let x = t.iter().map(|t| 3e-5 * t / (t + 1.0));
    insta::assert_snapshot!(drawn(
        &plain(vec![column("t", "", t.clone()), column("y2", "", x)]),
        Size::default()
    ));
}

#[test]
fn golden_narrow() {
    insta::assert_snapshot!(drawn(&lotka(), Size { columns: 32, rows: 12 }));
}

#[test]
fn many_series_have_glyphs_of_their_own() {
    let t = times(20, 1.0);
    let series =
        (0..30).map(|k| column(&format!("u[{}]", k + 1), "", t.iter().map(move |t| t + f64::from(k))));
    let task = plain(std::iter::once(column("t", "", t.clone())).chain(series).collect());
    let text = drawn(&task, Size::default());
    assert!(text.contains("* u[1]") && text.contains("u u[30]"), "{text}");
}

#[test]
fn colours_only_where_asked() {
    let task = lotka();
    let figure = Figure::of(&task, 1).unwrap();
    assert!(draw(&figure, Size::default(), Paint::Colour).contains("\x1b[31m"));
    assert!(!draw(&figure, Size::default(), Paint::Plain).contains('\x1b'));
}

#[test]
fn nothing_one_row_and_constants() {
    for values in
        [&[][..], &[2.0], &[0.0, 0.0], &[f64::NAN, f64::INFINITY], &[1e-300, 1e300], &[-5e-324, 5e-324]]
    {
        let t: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
        let text =
            drawn(&plain(vec![column("t", "", t), column("x", "", values.iter().copied())]), Size::default());
        assert!(text.contains('└'), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_numbers_names_and_sizes(
        rows in prop::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 0..30),
        name in ".{0,40}",
        columns in 0_usize..120,
        height in 0_usize..40,
    ) {
        let pick = |f: fn(&(f64, f64, f64)) -> f64| rows.iter().map(f).collect::<Vec<_>>();
        let series = vec![
            column("t", "", pick(|r| r.0)),
            column(&name, "m", pick(|r| r.1)),
            column("y", "", pick(|r| r.2)),
        ];
        drawn(&plain(series), Size { columns, rows: height });
    }
}
