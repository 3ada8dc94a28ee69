//! Golden figures, and figures of anything.

use super::super::samples::{ball, column, solve, sweep, times};
use super::super::{Column, TaskResult};
use super::*;
use proptest::prelude::*;

fn svg(task: &TaskResult) -> String {
    let figure = Figure::of(task, MOST_PANELS).unwrap();
    let text = draw(&figure, Size::suiting(&figure), &Lettering::Text);
    if let Some(folder) = std::env::var_os("NDE_FIGURES") {
        let name = format!("{}.svg", task.model);
        std::fs::write(std::path::Path::new(&folder).join(name), &text).unwrap();
    }
    text
}

fn of(name: &str, title: &str, columns: Vec<Column>) -> TaskResult {
    TaskResult { doc: (!title.is_empty()).then(|| title.into()), ..solve(name, columns) }
}

fn lotka(count: u32) -> TaskResult {
    let t = times(count, 60.0);
    let prey = t.iter().map(|t| 30.0 + 25.0 * (t * 0.6).sin() + 6.0 * (t * 1.2).cos());
    let predator = t.iter().map(|t| 20.0 + 15.0 * (t * 0.6 - 1.5).sin());
    let columns = vec![column("x", "", prey), column("y", "", predator)];
    of(
        "lotka",
        "Lotka–Volterra: hares & lynxes <of Hudson's Bay>",
        [vec![column("t", "yr", t)], columns].concat(),
    )
}

fn rober() -> TaskResult {
    let t: Vec<f64> = (0..200).map(|i| 10_f64.powf(11.0 * f64::from(i) / 199.0 - 6.0)).collect();
    let y1: Vec<f64> = t.iter().map(|t| 1.0 / (1.0 + 0.04 * t.powf(0.5))).collect();
    let y2: Vec<f64> = t.iter().zip(&y1).map(|(t, y)| 3.65e-5 * y * t / (t + 1e-4)).collect();
    let y3: Vec<f64> = y1.iter().map(|y| 1.0 - y).collect();
    let columns = vec![column("t", "", t), column("y1", "", y1), column("y2", "", y2), column("y3", "", y3)];
    of("rober", "Robertson kinetics", columns)
}

fn many() -> TaskResult {
    let t = times(201, 10.0);
    let wave = |k: u32| t.iter().map(move |t| (t + 0.2 * f64::from(k)).sin() + 0.1 * f64::from(k));
    let series = (0..40).map(|k| column(&format!("u[{}]", k + 1), "", wave(k)));
    of(
        "many",
        "Forty coupled oscillators",
        std::iter::once(column("t", "", t.clone())).chain(series).collect(),
    )
}

fn gaps() -> TaskResult {
    let t = times(101, 10.0);
    let x = t.iter().map(|t| if (4.0..5.0).contains(t) { f64::NAN } else { t.cos() });
    let lone = t.iter().map(|t| if *t == 4.5 { 0.5 } else { f64::INFINITY });
    let mut x = column("αβ", "mV", x);
    x.doc = Some("a potential & its gap".into());
    of("gaps", "", vec![column("t", "ms", t.clone()), x, column("lone", "mV", lone)])
}

fn random_sweep() -> TaskResult {
    let rho: Vec<f64> = (0..400).map(|i| 20.0 + (f64::from(i) * 0.618_034).fract() * 10.0).collect();
    let z = rho.iter().map(|r| r - 1.0 + (r * 7.0).sin());
    let columns = vec![column("t", "", vec![20.0; 400]), column("ρ", "", rho.clone()), column("z", "", z)];
    TaskResult { model: "sweep".into(), table: super::super::Table { columns }, ..sweep() }
}

fn decay() -> TaskResult {
    let t = times(101, 50.0);
    let x = t.iter().map(|t| (-t).exp());
    let y = t.iter().map(|t| 0.5 * (-0.8 * t).exp());
    of("decay", "Two decays", vec![column("t", "s", t.clone()), column("x", "mol", x), column("y", "mol", y)])
}

#[test]
fn golden_lotka() {
    insta::assert_snapshot!(svg(&lotka(61)));
}

#[test]
fn golden_panels() {
    insta::assert_snapshot!(svg(&ball()));
}

#[test]
fn logarithmic_time_and_small_multiples() {
    let text = svg(&rober());
    assert!(text.contains("10⁻⁶") && text.contains("y2  ×10⁻⁵"), "{text}");
    assert!(svg(&decay()).contains("10⁻⁹"));
}

#[test]
fn many_series_have_a_legend_in_columns_and_a_remark() {
    let text = svg(&many());
    assert!(text.contains(">u[32]</text>") && !text.contains(">u[33]</text>"));
    assert!(text.contains("32 of 40 columns drawn"));
}

#[test]
fn gaps_cut_lines_and_lone_points_are_dots() {
    let text = svg(&gaps());
    assert!(text.contains("αβ") && text.contains("a potential &amp; its gap"));
    assert!(text.contains("stroke-width=\"4\""));
    assert!(!text.contains("NaN") && !text.contains("inf"));
}

#[test]
fn a_random_sweep_draws_points() {
    let text = svg(&random_sweep());
    assert!(
        text.contains(">ρ</text>")
            && text.contains("stroke-width=\"4\"")
            && !text.contains("stroke-width=\"1.8\"")
    );
}

#[test]
fn a_million_rows_make_a_small_file() {
    let text = svg(&lotka(1_000_000));
    assert!(text.len() < 120_000, "{}", text.len());
}

#[test]
fn nothing_one_row_and_constants() {
    let draw = |values: &[f64]| {
        let t: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
        svg(&of("edge", "", vec![column("t", "", t), column("x", "", values.iter().copied())]))
    };
    assert!(draw(&[]).contains("no data"));
    assert!(draw(&[2.0]).contains("stroke-width=\"4\""));
    assert!(draw(&[0.0, 0.0, 0.0]).contains("stroke-width=\"1.8\""));
    assert!(draw(&[1e-300, 1e300]).contains("stroke-width=\"1.8\""));
    assert!(draw(&[f64::NAN, f64::INFINITY]).contains("</svg>"));
    assert!(Figure::of(&solve("M", Vec::new()), MOST_PANELS).is_none());
    assert!(Figure::of(&solve("M", vec![column("t", "", [0.0])]), MOST_PANELS).is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_numbers_and_names_make_finite_coordinates(
        rows in prop::collection::vec((any::<f64>(), any::<f64>(), any::<f64>()), 0..40),
        name in ".{0,40}",
    ) {
        let pick = |f: fn(&(f64, f64, f64)) -> f64| rows.iter().map(f).collect::<Vec<_>>();
        let columns = vec![
            column("t", "", pick(|r| r.0)),
            column(&name, "m", pick(|r| r.1)),
            column("y", "m", pick(|r| r.2)),
        ];
        let text = svg(&of("any", &name, columns));
        prop_assert!(text.ends_with("</svg>\n"));
        let escaped = escaped(&name);
        prop_assert!(!text.replace(&escaped, "").contains("NaN"));
        prop_assert!(text.chars().all(|c| c == '\n' || c >= ' '));
    }
}
