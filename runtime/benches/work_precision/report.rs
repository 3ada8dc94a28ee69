//! The curves as tables, as comma-separated values and as figures.

use std::path::Path;

use nde::output::lettering::Lettering;
use nde::output::{Column, Figure, svg};

use crate::Suite;
use crate::curve::{Curve, best};
use crate::problems::Problem;

type Results<'r> = [(&'r Problem, Vec<Curve>)];

pub const HEADER: &str = "problem,contestant,rtol,error,seconds\n";

/// What the best of ours is called in tables and figures.
const BEST: &str = "best of ours";

pub fn introduction() -> String {
    "# Work and precision\n\n\
     The time that an accuracy of the end values costs. Written by\n\n\
     ```\nNDE_PEERS_PYTHON=… cargo bench -p nde --bench work_precision -- --keep\n```\n\n\
     which also writes [work_precision.csv](work_precision.csv) with every point. All contestants solve at the half decades of rtol\n\
     from 10⁻² to 10⁻¹² and take turns in one run; a time is the least of seven batches, and the time at an accuracy is read from\n\
     the curve between the points, in logarithms. Compilation is not counted. C RODAS4 is written by hand for each problem, with\n\
     its Jacobian and with sizes known to the compiler; CVODE is SUNDIALS' BDF from C, with dense LU and the Jacobian in C; LSODA\n\
     and DOP853 are those of numbalsoda on right-hand sides in C; diffsol is its BDF on machine code by LLVM. Times in µs.\n"
        .to_owned()
}

fn is_ours(suite: &Suite, curve: &Curve) -> bool {
    !suite.peers.contains(&curve.name.as_str())
}

/// The best of ours: of the methods, without the one that chooses among them.
fn best_of_ours<'c>(suite: &Suite, curves: &'c [Curve], accuracy: f64) -> Option<(&'c str, f64)> {
    best(curves.iter().filter(|curve| is_ours(suite, curve) && curve.name != "auto"), accuracy)
}

/// The best of the libraries: of all others but the C that is written for each problem.
fn best_library<'c>(suite: &Suite, curves: &'c [Curve], accuracy: f64) -> Option<(&'c str, f64)> {
    best(curves.iter().filter(|curve| !is_ours(suite, curve) && !curve.name.starts_with("C ")), accuracy)
}

/// A table for each problem.
pub fn tables(suite: &Suite, results: &Results) -> String {
    let mut text = format!("\n## {}\n\n![Work and precision]({}.svg)\n", suite.title, suite.figure);
    for (problem, curves) in results {
        let peers: Vec<&Curve> = curves.iter().filter(|curve| !is_ours(suite, curve)).collect();
        let mut columns: Vec<String> = vec!["accuracy".into(), BEST.into()];
        columns.extend(suite.shown.iter().map(|name| format!("`{name}`")));
        columns.extend(peers.iter().map(|peer| peer.name.clone()));
        columns.extend(["best / library".into(), "auto / library".into()]);
        let has_c = peers.iter().any(|peer| peer.name.starts_with("C "));
        columns.extend(has_c.then(|| "best / C".into()));
        text += &format!(
            "\n### {}\n\n| {} |\n|{}\n",
            problem.title,
            columns.join(" | "),
            "---|".repeat(columns.len())
        );
        for &accuracy in suite.accuracies {
            text += &format!("| {} |\n", row(suite, curves, &peers, accuracy).join(" | "));
        }
    }
    text
}

fn row(suite: &Suite, curves: &[Curve], peers: &[&Curve], accuracy: f64) -> Vec<String> {
    let time_of = |name: &str| curves.iter().find(|c| c.name == name).and_then(|c| c.time_at(accuracy));
    let ours = best_of_ours(suite, curves, accuracy);
    let library = best_library(suite, curves, accuracy).map(|(_, time)| time);
    let mut cells = vec![format!("{accuracy:.0e}")];
    cells.push(ours.map_or("—".into(), |(name, time)| format!("{} `{name}`", micros(Some(time)))));
    cells.extend(suite.shown.iter().map(|name| micros(time_of(name))));
    cells.extend(peers.iter().map(|peer| micros(peer.time_at(accuracy))));
    cells.push(ratio(ours.map(|(_, time)| time), library));
    cells.push(ratio(time_of("auto"), library));
    let c = peers.iter().find(|peer| peer.name.starts_with("C "));
    cells.extend(c.map(|c| ratio(ours.map(|(_, time)| time), c.time_at(accuracy))));
    cells
}

fn micros(seconds: Option<f64>) -> String {
    match seconds.map(|seconds| seconds * 1e6) {
        None => "—".into(),
        Some(micros) if micros < 99.5 => format!("{micros:.1}"),
        Some(micros) => format!("{micros:.0}"),
    }
}

/// A quotient, bold where it is above one.
fn ratio(a: Option<f64>, b: Option<f64>) -> String {
    match (a, b) {
        (Some(a), Some(b)) if a > b => format!("**{:.2}**", a / b),
        (Some(a), Some(b)) => format!("{:.2}", a / b),
        _ => "—".into(),
    }
}

/// One line a point.
pub fn points(results: &Results) -> String {
    let mut text = String::new();
    for (problem, curves) in results {
        for curve in curves {
            for p in &curve.points {
                let (title, name) = (problem.title.replace(',', ""), &curve.name);
                text += &format!("{title},{name},{:.2e},{:.3e},{:.3e}\n", p.rtol, p.error, p.seconds);
            }
        }
    }
    text
}

/// A panel for each problem: time over accuracy of the best of ours, of the methods shown and of the others.
pub fn figure(suite: &Suite, results: &Results) -> String {
    let (first, last) = (suite.accuracies[0].log10(), suite.accuracies[suite.accuracies.len() - 1].log10());
    let halves = 2 * suite.accuracies.len() - 1;
    let at = |k: usize| 10f64.powf(first + (last - first) * k as f64 / (halves - 1) as f64);
    let accuracies: Vec<f64> = (0..halves).map(at).collect();
    let x = Column { name: "accuracy".into(), unit: None, doc: None, values: accuracies.clone() };
    let mut names: Vec<&str> = vec![BEST];
    names.extend(suite.shown);
    names.extend(suite.peers);
    let mut columns: Vec<Vec<Column>> = Vec::new();
    for (problem, curves) in results {
        let column = |name: &&str| {
            let of = |accuracy: f64| match *name {
                BEST => best_of_ours(suite, curves, accuracy).map(|(_, time)| time),
                name => curves.iter().find(|c| c.name == name).and_then(|c| c.time_at(accuracy)),
            };
            let values = accuracies.iter().map(|&a| of(a).map_or(f64::NAN, |time| time * 1e6)).collect();
            let unit = Some(format!("µs, {}", problem.title));
            Column { name: (*name).to_owned(), unit, doc: None, values }
        };
        columns.push(names.iter().map(column).collect());
    }
    let title = format!("Work and precision: {} problems", suite.title.to_lowercase());
    // Each problem is a figure of one panel, so that the same contestant has the same colour in all.
    let panel = |columns| Figure::new(Some(&title), &x, &Vec::from_iter(columns), 1);
    let mut figures = columns.iter().map(panel);
    let mut figure = figures.next().expect("a suite has problems");
    figures.for_each(|other| figure.panels.extend(other.panels));
    let figure = figure.logarithmic();
    svg::draw(&figure, svg::Size::suiting(&figure), &Lettering::Text)
}

/// Writes a file of the documentation.
pub fn keep(name: &str, text: &str) -> std::io::Result<()> {
    std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name), text)
}
