//! The acceptance models: all pass the checker, and those that solve agree with an independent solver.

use nde::method::find;
use nde::problem::Compiled;
use nde::session::{self, RunOptions, Setting};
use nde::solve::{Absolute, Options, Save, Status, solve};
use nde_compiler::derive::jacobian::for_each_index;
use nde_compiler::derive::system::Layout;
use nde_compiler::diagnostics::Look;
use nde_tests::compile::{column, compiled, compiled_at_once, model_text, models_folder, run_file};
use nde_tests::data::{Solution, solution};

/// Asserts |value − expected| ≤ 100·rtol·max(|expected|, 1e-3 of the column's largest).
fn agree(name: &str, label: &str, values: &[f64], expected: &[f64], rtol: f64) {
    let floor = 1e-3 * expected.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
    for (value, e) in values.iter().zip(expected) {
        let error = (value - e).abs() / e.abs().max(floor);
        assert!(error <= 100.0 * rtol, "{name} {label}: {value} is not {e} ({error:.1e})");
    }
}

/// Runs a task of a file as it is, and compares the columns at the times of the reference.
fn file_agrees(name: &str, options: &RunOptions, rtol: f64) {
    let expected = solution(name);
    let result = run_file(&models_folder().join(format!("{name}.nde")), options);
    assert_eq!(result.status, "finished", "{name}: {:?}", result.error);
    let times = column(&result, "t");
    let row =
        |t: &f64| times.iter().position(|s| (s - t).abs() <= 1e-9 * t.abs()).expect("a row at the time");
    let rows: Vec<usize> = expected.t.iter().map(row).collect();
    for (label, reference) in &expected.columns {
        let values = column(&result, label);
        let values: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
        agree(name, label, &values, reference, rtol);
    }
}

/// The names of the elements of a layout, as columns have them.
fn labels(layout: &Layout) -> Vec<String> {
    let mut labels = Vec::new();
    for part in &layout.parts {
        let axes: Vec<_> =
            part.dims.iter().map(|&n| nde_compiler::algebra::Range::new(0, n as i64)).collect();
        for_each_index(&axes, &mut |indices| {
            let one = |(k, i): (usize, &i64)| (i + part.lower.get(k).copied().unwrap_or(1)).to_string();
            let subscripts: Vec<String> = indices.iter().enumerate().map(one).collect();
            labels.push(match subscripts.is_empty() {
                true => part.name.clone(),
                false => format!("{}[{}]", part.name, subscripts.join(",")),
            });
        });
    }
    labels
}

/// The text with its tasks, and the statements whose beginning is in `omit`, replaced by a `solve`.
fn with_solve(text: &str, expected: &Solution) -> String {
    let is_task = |line: &str| ["solve ", "fit ", "sweep "].iter().any(|word| line.starts_with(word));
    let omitted = |line: &&str| !expected.omit.iter().any(|o| line.trim_start().starts_with(o.as_str()));
    let lines: Vec<&str> = text.lines().take_while(|line| !is_task(line)).filter(omitted).collect();
    let [t0, t1] = expected.over;
    format!("{}\nsolve {} over {t0}..{t1}\n", lines.join("\n"), expected.model)
}

/// Solves a model of a file with the reference's weights, and compares the states at the times of the reference.
fn model_agrees(name: &str, file: &str) {
    const RTOL: f64 = 1e-8;
    let expected = solution(name);
    let f = compiled(&with_solve(&model_text(file), &expected), expected.over[0], &expected.weights);
    let options = Options {
        rtol: RTOL,
        atol: Absolute::All(1e-10),
        save: Save::At(expected.t.clone()),
        ..Options::default()
    };
    let [t0, t1] = expected.over;
    let solved = solve(&f, find("tsit5").expect("tsit5"), &options, t0, t1, &f.values.u0).expect("a solve");
    assert_eq!(solved.status, Status::Finished, "{name}");
    let labels = labels(&f.program().system().unknowns);
    let mut compared = 0;
    for (k, label) in labels.iter().enumerate() {
        let Some(reference) = expected.columns.get(label) else { continue };
        let values: Vec<f64> = (0..solved.t.len()).map(|row| solved.row(row)[k]).collect();
        assert_eq!(values.len(), reference.len());
        agree(name, label, &values, reference, RTOL);
        compared += 1;
    }
    assert_eq!(compared, labels.len(), "{name}: {labels:?}");
}

#[test]
fn every_model_passes_the_checker() {
    for entry in std::fs::read_dir(models_folder()).expect("the folder of models") {
        let path = entry.expect("an entry of the folder").path();
        if path.extension().is_some_and(|extension| extension == "nde") {
            let complaints = session::check(&path).expect("the file can be read");
            let text = complaints.render(Look::Plain, 100);
            assert!(!complaints.diagnostics.has_errors(), "{}: {text}", path.display());
        }
    }
}

#[test]
fn lotka_volterra_agrees() {
    file_agrees("1_lotka_volterra", &RunOptions { task: Some(2), ..compiled_at_once() }, 1e-6);
}

#[test]
fn robertson_agrees() {
    file_agrees("2_rober", &compiled_at_once(), 1e-8);
}

#[test]
fn the_brusselator_agrees() {
    let set = vec![Setting { name: "N".into(), value: "16".into() }];
    let options = RunOptions { set, method: Some("tsit5".into()), ..compiled_at_once() };
    file_agrees("8_brusselator", &options, 1e-6);
}

#[test]
fn the_learned_terms_of_a_model_run() {
    let options = RunOptions { task: Some(2), ..compiled_at_once() };
    // The same file with the states beside the terms.
    let text = model_text("4_ude").replace("table = [p, q]", "table = [p, q, x, y]");
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("4_ude.nde");
    std::fs::write(&path, &text).expect("a temporary file can be written");
    let data = folder.path().join("lv_noisy.csv");
    std::fs::copy(models_folder().join("lv_noisy.csv"), data).expect("the data can be copied");
    let result = run_file(&path, &options);
    assert_eq!(result.status, "finished", "{:?}", result.error);
    let [p, q, x, y] = ["p", "q", "x", "y"].map(|name| column(&result, name));
    assert_eq!(p.len(), 401);
    let solve = text.find("\nsolve ").expect("a solve");
    let fit = text.find("\nfit ").expect("a fit");
    let net = Network::of(&compiled(&format!("{}{}", &text[..fit], &text[solve..]), 0.0, &[]));
    for k in 0..p.len() {
        let [net_p, net_q] = net.at([x[k], y[k]]);
        assert!((p[k] - net_p).abs() <= 1e-13 * net_p.abs().max(1.0), "{k}: {} is not {net_p}", p[k]);
        assert!((q[k] - net_q).abs() <= 1e-13 * net_q.abs().max(1.0), "{k}: {} is not {net_q}", q[k]);
    }
}

/// The network U of `4_ude`, 2 → 5 rbf → 5 rbf → 2, evaluated layer by layer.
struct Network {
    /// (W, b) of each layer, W row by row.
    layers: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Network {
    fn of(f: &Compiled) -> Network {
        let program = f.program();
        let system = program.system();
        let weight = |name: String| {
            let part = system.parameters.parts.iter().find(|part| part.name == name).expect("a weight");
            f.values.p[part.offset as usize..][..part.len() as usize].to_vec()
        };
        let layers = (1..=3).map(|k| (weight(format!("U.{k}.W")), weight(format!("U.{k}.b")))).collect();
        Network { layers }
    }

    fn at(&self, x: [f64; 2]) -> [f64; 2] {
        let mut x = x.to_vec();
        for (k, (w, b)) in self.layers.iter().enumerate() {
            let sums = w.chunks(x.len()).zip(b);
            let sums = sums.map(|(row, b)| b + row.iter().zip(&x).map(|(w, x)| w * x).sum::<f64>());
            let last = k + 1 == self.layers.len();
            x = sums.map(|s| if last { s } else { (-s * s).exp() }).collect();
        }
        [x[0], x[1]]
    }
}

#[test]
fn models_without_a_solve_agree() {
    for name in ["3_neural_ode", "4_ude", "9_components", "14_spiral"] {
        model_agrees(name, name);
    }
    model_agrees("13_lorenz", "13_sweep");
}
