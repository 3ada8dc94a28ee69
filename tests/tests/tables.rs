//! Tables of data in models: what runs between their points, where steps end, and files that are none.

use std::fmt::Write;
use std::path::Path;

use nde::data::Interpolant;
use nde::dynamics::{Dynamics, Held, Interval};
use nde::output::{Number, TaskResult};
use nde::problem::{Compiled, Values};
use nde::session::{self, Interrupt, RunOptions};
use nde_compiler::check::model::{Interpolation, Points};
use nde_compiler::derive::system::System;
use nde_compiler::diagnostics::{Diagnostics, Sources};
use nde_compiler::emit::program::Executor;
use nde_compiler::program::Program;
use nde_compiler::{check, parse};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    cases: Vec<Case>,
}

/// A table and what SciPy makes of it at x.
#[derive(Deserialize)]
struct Case {
    times: Vec<f64>,
    values: Vec<f64>,
    x: Vec<f64>,
    linear: Vec<f64>,
    cubic: Vec<f64>,
    cubic1: Vec<f64>,
    cubic2: Vec<f64>,
}

#[test]
fn between_points_values_are_those_of_scipy() {
    let golden: Golden = serde_json::from_str(include_str!("../data/tables/scipy.json")).unwrap();
    for case in golden.cases {
        let points = Points { times: case.times.clone().into(), values: case.values.clone().into() };
        let linear = Interpolant::new(&points, Interpolation::Linear);
        let cubic = Interpolant::new(&points, Interpolation::Cubic);
        let columns = [
            (&linear, 0, &case.linear),
            (&cubic, 0, &case.cubic),
            (&cubic, 1, &case.cubic1),
            (&cubic, 2, &case.cubic2),
        ];
        for (interpolant, derivative, expected) in columns {
            let largest = expected.iter().fold(1.0, |most: f64, y| most.max(y.abs()));
            for (&x, expected) in case.x.iter().zip(expected) {
                let found = interpolant.at(derivative, x);
                let error = (found - expected).abs() / largest;
                assert!(error < 1e-12, "derivative {derivative} at {x}: {found}, not {expected}");
            }
        }
    }
}

/// Runs a text in a folder with files; its first task, which must not have failed.
fn solved(text: &str, files: &[(&str, &[u8])]) -> TaskResult {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    run(folder.path(), text).unwrap_or_else(|said| panic!("{said}"))
}

/// The first task of a text that is run in a folder, or all that was said.
fn run(folder: &Path, text: &str) -> Result<TaskResult, String> {
    let path = folder.join("main.nde");
    std::fs::write(&path, text).unwrap();
    let mut run = session::run(&path, &RunOptions::default(), &Interrupt::default(), &mut |_| {}).unwrap();
    let mut said = run.complaints.render(nde_compiler::diagnostics::Look::Plain, 200);
    for error in run.report.tasks.iter().filter_map(|task| task.error.as_ref()) {
        writeln!(said, "error[{}]: {}", error.code, error.message).unwrap();
    }
    match said.is_empty() {
        true => Ok(run.report.tasks.remove(0)),
        false => Err(said.replace(&*folder.to_string_lossy(), "FOLDER")),
    }
}

fn last(task: &TaskResult, name: &str) -> f64 {
    let column = task.table.columns.iter().find(|column| column.name == name).unwrap();
    *column.values.last().unwrap()
}

fn count(task: &TaskResult, name: &str) -> u64 {
    match task.stats.iter().find(|(known, _)| *known == name) {
        Some((_, Number::Count(count))) => *count,
        other => panic!("{other:?}"),
    }
}

const TIMES: [f64; 6] = [0.0, 0.7, 1.0, 1.3, 2.6, 4.0];
const VALUES: [f64; 6] = [1.0, -2.0, 3.0, 0.5, 4.0, -1.0];

/// y(5) of y′ = −y + table(t), y(0) = 1, piece by piece: y = c e^(−s) + a + b (s − 1) on a piece a + b s.
fn relaxed() -> f64 {
    let mut y = 1.0;
    for k in 0..TIMES.len() {
        let (a, h) = (VALUES[k], TIMES.get(k + 1).map_or(1.0, |next| next - TIMES[k]));
        let b = VALUES.get(k + 1).map_or(0.0, |next| (next - a) / h);
        y = (y - a + b) * (-h).exp() + a + b * (h - 1.0);
    }
    y
}

#[test]
fn methods_keep_their_order_across_points_of_a_table() {
    for method in ["tsit5", "dop853", "vern9", "rodas5p", "kvaerno5", "radau", "bdf", "adams", "auto"] {
        for (body, over, expected) in [
            ("y' = interp(d.x, t) - y", "0..5", relaxed()),
            // The same backward, read along a line that falls.
            ("y' = y - interp(d.x, -t)", "0..-5", relaxed()),
            ("y' = 2*(interp(d.x, 2*t - lag) - y)", "0.5..3", relaxed()),
        ] {
            let text = format!(
                "data d = table(t = {TIMES:?}, x = {VALUES:?})\n\
                 model M {{ param lag = 1; state y = 1; {body} }}\n\
                 solve M over {over} {{ method = {method}(rtol = 1e-9, atol = 1e-11); save = 2 }}\n"
            );
            let task = solved(&text, &[]);
            let error = (last(&task, "y") - expected).abs();
            assert!(error < 1e-7, "{method}, {body}: {error:e}");
            if ["tsit5", "dop853", "vern9", "rodas5p"].contains(&method) {
                assert!(error < 1e-8, "{method}, {body}: {error:e}");
                assert!(count(&task, "rejected") <= 6, "{method}, {body}: {:?}", task.stats);
            }
        }
    }
}

/// An integral of lines is exact for any method whose steps end at their points.
#[test]
fn steps_end_at_the_points_of_a_table() {
    let text = format!(
        "data d = table(t = {TIMES:?}, x = {VALUES:?})\n\
         model M {{ state y = 0; y' = interp(d.x, t) }}\n\
         solve M over 0..5 {{ method = tsit5(rtol = 1e-3); save = steps }}\n"
    );
    let task = solved(&text, &[]);
    let t = &task.table.columns[0].values;
    assert!(TIMES.iter().all(|time| t.contains(time)), "{t:?}");
    let area: f64 =
        (1..TIMES.len()).map(|k| 0.5 * (VALUES[k] + VALUES[k - 1]) * (TIMES[k] - TIMES[k - 1])).sum();
    assert!((last(&task, "y") - (area - 1.0)).abs() < 1e-13);
    assert_eq!(count(&task, "rejected"), 0);
}

#[test]
fn a_constraint_and_its_derivative_follow_a_table() {
    let text = format!(
        "data d = table(t = {TIMES:?}, x = {VALUES:?}, interpolation = \"cubic\")\n\
         model M {{ state y = 1, w = 0; alg z = 1; y' = z; 0 = y - interp(d.x, t); w' = z }}\n\
         solve M over 0..3.5 {{ method = rodas5p(rtol = 1e-9, atol = 1e-10); save = 4 }}\n"
    );
    let task = solved(&text, &[]);
    assert!((last(&task, "w") - (last(&task, "y") - 1.0)).abs() < 1e-7, "{:?}", task.table);
}

#[test]
fn derivatives_by_a_shift_go_through_the_points() {
    let text = format!(
        "data d = table(t = {TIMES:?}, x = {VALUES:?})\n\
         model M {{ param lag = 0.25; state y = 1; y' = interp(d.x, t - lag) - y }}\n\
         solve M(lag = LAG) over 0..3 {{ method = vern9(rtol = 1e-11, atol = 1e-12); save = 2; sensitivity = [lag] }}\n"
    );
    let at = |lag: &str| solved(&text.replace("LAG", lag), &[]);
    let difference = (last(&at("0.2501"), "y") - last(&at("0.2499"), "y")) / 2e-4;
    let derivative = last(&at("0.25"), "d(y)/d(lag)");
    assert!((derivative - difference).abs() < 1e-7, "{derivative}, by differences {difference}");
}

#[test]
fn the_interpreter_and_machine_code_read_the_same_bits() {
    let text = format!(
        "data d = table(t = {TIMES:?}, x = {VALUES:?}, interpolation = \"cubic\")\n\
         model M {{ state y = 1, z = 2; y' = interp(d.x, t)*z; z' = -interp(d.x, y + z) }}\n"
    );
    let bound = |executor: Executor| {
        let mut diagnostics = Diagnostics::new();
        let ast = parse::parse(&text, Sources::default().add("text", &*text), &mut diagnostics);
        let mut nothing = |_: &str| Err(String::new());
        let module = check::check(ast, &mut nothing, &mut diagnostics);
        let model = check::model(&module, "M", &[], &mut diagnostics).unwrap();
        let functions = nde::data::functions(&model.tables).unwrap();
        let program = Program::new(System::new(model), executor, functions);
        let values = Values::new(&program, 0.0, &[], &[]).unwrap();
        Compiled::new(program.into(), values).unwrap()
    };
    let bits = |f: &Compiled, t: f64| {
        let (u, mut modes) = ([0.3 * t, 1.1], vec![f64::NAN; f.timed_count()]);
        f.timed(t, &mut modes);
        let at = Interval { held: Held { modes: &modes, ..Held::default() }, ..Interval::plain(t, 0.1) };
        let (mut du, mut j) = ([0.0; 2], [0.0; 4]);
        f.rhs(&at, t, &u, &mut du);
        f.jacobian(&at, t, &u, &mut j);
        assert!(du.iter().chain(&j).all(|x| x.is_finite()));
        let mut ft = [0.0; 2];
        f.time_derivative(&at, t, &u, &mut ft);
        du.iter().chain(&j).chain(&ft).chain(&modes).map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    let (machine, interpreter) = (bound(Executor::Machine), bound(Executor::Interpreter));
    for k in -5..60 {
        let t = f64::from(k) * 0.1;
        assert_eq!(bits(&machine, t), bits(&interpreter, t), "at {t}");
    }
}

#[test]
fn a_table_of_a_million_rows_is_read_and_searched() {
    let mut csv = String::from("t,x\n");
    for k in 0..1_000_000 {
        writeln!(csv, "{},{}", f64::from(k) * 1e-3, (k % 7) - 3).unwrap();
    }
    let text = "data d = csv(\"d.csv\")\n\
                model M { state y = 0, z = 400; y' = interp(d.x, t); z' = 0.01*interp(d.x, z) }\n\
                solve M over 500..501 { method = tsit5(rtol = 1e-6); save = 2 }\n";
    let task = solved(text, &[("d.csv", csv.as_bytes())]);
    let value = |k: i64| ((k % 7) - 3) as f64;
    let area: f64 = (500_000..501_000).map(|k| 0.5e-3 * (value(k) + value(k + 1))).sum();
    assert!((last(&task, "y") - area).abs() < 1e-12, "{} {area}", last(&task, "y"));
    assert!((1000..1500).contains(&count(&task, "steps")), "{:?}", task.stats);
}

#[test]
fn arrays_of_numpy_are_columns() {
    for (file, bytes) in [
        ("plain.npz", &include_bytes!("../data/tables/plain.npz")[..]),
        ("packed.npz", include_bytes!("../data/tables/packed.npz")),
    ] {
        let text = format!(
            "data d = npz(\"{file}\")\nmodel M {{ state y = 0; y' = interp(d.x, t) }}\nsolve M over 0..4 {{ save = 2 }}\n"
        );
        assert!((last(&solved(&text, &[(file, bytes)]), "y") - 6.25).abs() < 1e-12);
    }
    let text = "data d = npz(\"plain.npz\")\nmodel M { state y[2] = 0, z[2] = 0; y' = interp(d.u, t); z' = interp(d.f, t) }\n\
                solve M over 0..4 { save = 2 }\n";
    let task = solved(text, &[("plain.npz", include_bytes!("../data/tables/plain.npz"))]);
    for (name, expected) in [("y[1]", 6.25), ("y[2]", 12.5), ("z[1]", 6.25), ("z[2]", 12.5)] {
        assert!((last(&task, name) - expected).abs() < 1e-12, "{name}");
    }
}

/// Files of data that are wrong, or seem to be.
const FILES: &[(&str, &str)] = &[
    ("empty", ""),
    ("only names", "t,x\n"),
    ("no names", "0,1\n1,2\n"),
    ("a short row", "t,x\n0,1\n1\n"),
    ("a word", "t,x\n0,1\n1,two\n"),
    ("a word in a column that nothing reads", "t,x,note\n0,1,a\n1,2,b\n"),
    ("a time again", "t,x\n0,1\n1,2\n1,3\n"),
    ("times in disorder", "t,x\n0,1\n2,2\n1,3\n"),
    ("no value", "t,x\n0,1\n1,NA\n"),
    ("no time", "t,x\n0,1\n,2\n"),
    ("another name", "t,xs\n0,1\n1,2\n"),
    ("a name twice", "t,x,x\n0,1,1\n1,2,2\n"),
    ("semicolons", "t;x\n0;1\n1;2\n"),
    ("infinite", "t,x\n0,1\n1,1e999\n"),
    ("a mark of UTF-8 and Windows' lines", "\u{feff}t,x\r\n0,1\r\n1,2\r\n"),
    ("a quote that does not end", "t,x\n0,\"1\n1,2\n"),
    ("zeros", "\0\0\0\0"),
    ("a unit that is none", "t [hr],x [blob]\n0,1\n1,2\n"),
];

#[test]
fn files_that_are_no_tables_say_why() {
    let text = "data d = csv(\"d.csv\")\nmodel M { state y = 0; y' = interp(d.x, t) }\nsolve M over 0..1 { save = 2 }\n";
    let units =
        text.replace("state y = 0", "input t: hr; state y: m = 0").replace("interp", "1 [m/hr]*interp");
    let mut transcript = String::new();
    for (name, content) in FILES {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("d.csv"), content).unwrap();
        let text = if content.contains('[') { &units } else { text };
        let said = run(folder.path(), text).err().unwrap_or_else(|| "runs\n".into());
        writeln!(transcript, "=== {name}\n{}", said.trim_end()).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    writeln!(transcript, "=== no file\n{}", run(folder.path(), text).unwrap_err().trim_end()).unwrap();
    std::fs::create_dir(folder.path().join("d.csv")).unwrap();
    writeln!(transcript, "=== a folder\n{}", run(folder.path(), text).unwrap_err().trim_end()).unwrap();
    insta::assert_snapshot!(transcript);
}

#[test]
fn broken_archives_are_refused() {
    let good = include_bytes!("../data/tables/plain.npz");
    let text = "data d = npz(\"d.npz\")\nmodel M { state y = 0; y' = interp(d.x, t) }\nsolve M over 0..1 { save = 2 }\n";
    let folder = tempfile::tempdir().unwrap();
    let said = |bytes: &[u8]| {
        std::fs::write(folder.path().join("d.npz"), bytes).unwrap();
        run(folder.path(), text).err()
    };
    assert!(said(good).is_none());
    assert!(said(b"").unwrap().contains("E0516") && said(b"PK\x03\x04").unwrap().contains("E0516"));
    for end in (0..good.len()).step_by(97) {
        assert!(said(&good[..end]).is_some(), "{end} bytes");
    }
    for place in (0..good.len()).step_by(41) {
        let mut bytes = good.to_vec();
        bytes[place] ^= 0x55;
        said(&bytes);
    }
}
