//! Work and precision: the time that an accuracy costs, of this crate's methods and of others, in one run where all take turns.
//!
//! `cargo bench -p nde --bench work_precision` prints the tables; with `-- --keep` it writes `docs/work_precision.md`, `.csv` and
//! the figures too, with `-- rober hires` it solves these problems alone. Which others take part is found out: see `peers.rs`.

mod curve;
mod ours;
mod peers;
mod problems;
mod report;

use curve::{Curve, Point};
use nde::method::{Family, MethodInfo, methods};
use nde::problem::Compiled;
use peers::Peer;
use problems::Problem;

/// Problems of one kind with those that solve them.
pub struct Suite {
    pub title: &'static str,
    /// The name of its figure.
    pub figure: &'static str,
    pub problems: &'static [Problem],
    pub has: fn(&MethodInfo) -> bool,
    pub peers: &'static [&'static str],
    /// Methods with a column of their own.
    pub shown: &'static [&'static str],
    /// The accuracies of the table.
    pub accuracies: &'static [f64],
}

pub static SUITES: &[Suite] = &[
    Suite {
        title: "Stiff",
        figure: "work_precision_stiff",
        problems: problems::STIFF,
        has: |method| !method.family.is_explicit(),
        peers: &["C RODAS4", "CVODE", "LSODA", "diffsol"],
        shown: &["auto"],
        accuracies: &[1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8],
    },
    Suite {
        title: "Non-stiff",
        figure: "work_precision_non_stiff",
        problems: problems::NON_STIFF,
        has: |method| {
            let is_explicit = method.family == Family::ExplicitRungeKutta && method.adaptive;
            is_explicit && method.order >= 5 || method.family == Family::Switching
        },
        peers: &["DOP853"],
        shown: &["auto", "vern9", "dop853"],
        accuracies: &[1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9],
    },
];

/// Each point is the least of so many batches.
const ROUNDS: usize = 7;
const BATCH: f64 = 1.5e-3;
/// A contestant that needs longer, or has so small an error, is not asked for tighter tolerances.
const LONGEST: f64 = 0.012;
const SMALLEST: f64 = 2e-10;

/// Half decades from 1e-2 to 1e-12.
fn tolerances() -> impl Iterator<Item = f64> {
    (4..=24).map(|k| 10f64.powf(-0.5 * f64::from(k)))
}

/// One of us or of the others.
enum Contestant {
    Ours(&'static MethodInfo),
    Peer(Peer),
}

impl Contestant {
    fn name(&self) -> &'static str {
        match self {
            Contestant::Ours(method) => method.name,
            Contestant::Peer(peer) => peer.name,
        }
    }

    fn solve(
        &mut self,
        problem: &Problem,
        compiled: &Compiled,
        rtol: f64,
        calls: u32,
    ) -> Option<(f64, Vec<f64>)> {
        let asked = (problem.t1, rtol, problem.atol * rtol);
        match self {
            Contestant::Ours(method) => ours::solve(compiled, method, asked, calls),
            Contestant::Peer(peer) => peer.solve(problem.name, asked, calls),
        }
    }

    /// The points of a first pass.
    fn survey(&mut self, problem: &Problem, compiled: &Compiled) -> Vec<Point> {
        let mut points = Vec::new();
        // Whatever is compiled when it is first asked for.
        self.solve(problem, compiled, 1e-3, 1);
        for rtol in tolerances() {
            let solved = [(); 2].map(|()| self.solve(problem, compiled, rtol, 1));
            let Some((seconds, end)) = solved.into_iter().flatten().min_by(|a, b| a.0.total_cmp(&b.0)) else {
                continue;
            };
            let error = problem.error(&end);
            points.extend(error.is_finite().then_some(Point { rtol, error, seconds }));
            if seconds > LONGEST || error < SMALLEST {
                break;
            }
        }
        points
    }
}

fn contestants(suite: &Suite) -> Vec<Contestant> {
    let mut all: Vec<Contestant> = methods().filter(|m| (suite.has)(m)).map(Contestant::Ours).collect();
    for name in suite.peers {
        match Peer::start(name) {
            Ok(peer) => all.push(Contestant::Peer(peer)),
            Err(why) => println!("{name} is left out: {why}"),
        }
    }
    all
}

/// The curves of all contestants on one problem; they take turns, so that what else the machine does meets all alike.
fn measure(problem: &Problem, contestants: &mut [Contestant]) -> Vec<Curve> {
    let compiled = ours::compiled(problem);
    let curve = |contestant: &mut Contestant| Curve {
        name: contestant.name().to_owned(),
        points: contestant.survey(problem, &compiled),
    };
    let mut curves: Vec<Curve> = contestants.iter_mut().map(curve).collect();
    let most = curves.iter().map(|curve| curve.points.len()).max().unwrap_or(0);
    for _ in 0..ROUNDS {
        for k in 0..most {
            for (curve, contestant) in curves.iter_mut().zip(contestants.iter_mut()) {
                let Some(point) = curve.points.get_mut(k) else { continue };
                let calls = (BATCH / point.seconds).ceil().clamp(1.0, 1000.0) as u32;
                if let Some((seconds, _)) = contestant.solve(problem, &compiled, point.rtol, calls) {
                    point.seconds = point.seconds.min(seconds);
                }
            }
        }
    }
    curves
}

fn main() -> std::io::Result<()> {
    let (options, wanted): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let is_wanted = |p: &&Problem| wanted.is_empty() || wanted.iter().any(|name| name == p.name);
    // A part of the tables does not replace the whole.
    let keep = wanted.is_empty() && options.iter().any(|option| option == "--keep");
    let mut document = report::introduction();
    let mut csv = String::from(report::HEADER);
    for suite in SUITES {
        let mut contestants = contestants(suite);
        let of = |problem| (problem, measure(problem, &mut contestants));
        let results: Vec<(&Problem, Vec<Curve>)> = suite.problems.iter().filter(is_wanted).map(of).collect();
        let text = report::tables(suite, &results);
        println!("{text}");
        document += &text;
        csv += &report::points(&results);
        if keep {
            report::keep(&format!("{}.svg", suite.figure), &report::figure(suite, &results))?;
        }
    }
    if keep {
        report::keep("work_precision.md", &document)?;
        report::keep("work_precision.csv", &csv)?;
    }
    Ok(())
}
