//! The 2-D Brusselator on N × N points, by methods of this crate and by CVODE where SUNDIALS is installed: time and memory
//! against N, and the right-hand side beside a triad.
//!
//! `cargo bench -p nde --bench stencils` prints both and writes `runtime/docs/stencils.csv` and its figure. Arguments after
//! `--`: `--largest N` ends earlier, `--triad` leaves the solves out. A solve has a process of its own, which tells the
//! seconds that it was on the processor, and its largest memory.

#[path = "baseline/cvode.rs"]
mod cvode;
#[path = "ours/brusselator.rs"]
mod model;

use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use cvode::{Cvode, Form};
use nde::dynamics::{Dynamics, Held, Interval};
use nde::linear::Wish;
use nde::method;
use nde::output::lettering::Lettering;
use nde::output::{Column, Figure, svg};
use nde::problem::{Compiled, Values, weights};
use nde::session;
use nde::solve::{Absolute, Options, Solver, Watch};

const SIZES: [usize; 5] = [16, 32, 64, 128, 256];
const T1: f64 = 11.5;
const TOLERANCES: (f64, f64) = (1e-6, 1e-8);

/// What all errors are measured by; larger problems have none.
const REFERENCE: Contestant =
    Contestant { name: "reference", by: By::Ours("bdf", Wish::Krylov, 1e-3), largest: 128 };

struct Contestant {
    name: &'static str,
    by: By,
    /// The largest N that it solves in reasonable time.
    largest: usize,
}

#[derive(Clone, Copy)]
enum By {
    /// A method, the form of its linear systems, and a factor of the tolerances.
    Ours(&'static str, Wish, f64),
    Cvode(Form),
}

const CONTESTANTS: &[Contestant] = &[
    Contestant { name: "auto", by: By::Ours("auto", Wish::Automatic, 1.0), largest: 256 },
    Contestant { name: "bdf, gmres", by: By::Ours("bdf", Wish::Krylov, 1.0), largest: 256 },
    Contestant { name: "bdf, sparse_lu", by: By::Ours("bdf", Wish::Sparse, 1.0), largest: 128 },
    Contestant { name: "rodas5p", by: By::Ours("rodas5p", Wish::Automatic, 1.0), largest: 64 },
    Contestant { name: "CVODE, KLU", by: By::Cvode(Form::Klu), largest: 128 },
    Contestant { name: "CVODE, GMRES + ILU(0)", by: By::Cvode(Form::Ilu), largest: 64 },
    Contestant { name: "CVODE, GMRES + MILU(0)", by: By::Cvode(Form::Milu), largest: 128 },
];

/// What a solve cost.
struct Cost {
    seconds: f64,
    steps: u64,
    megabytes: f64,
    error: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| arguments.iter().skip_while(|word| *word != flag).nth(1);
    if let (Some(name), Some(n)) = (after("--solve"), after("--points")) {
        let all = CONTESTANTS.iter().chain([&REFERENCE]);
        let contestant = all.into_iter().find(|contestant| contestant.name == name);
        return solve(contestant.expect("a contestant"), n.parse().expect("a number"));
    }
    triad(512);
    if !arguments.iter().any(|word| word == "--triad") {
        let largest = after("--largest").map_or(usize::MAX, |n| n.parse().expect("a number"));
        solves(largest);
    }
}

/// Lets each contestant solve each size, and writes the times.
fn solves(largest: usize) {
    let with_cvode = Cvode::compile().is_some();
    if !with_cvode {
        println!("SUNDIALS is not installed: CVODE is left out");
    }
    let contestants = || CONTESTANTS.iter().filter(|c| with_cvode || matches!(c.by, By::Ours(..)));
    let sizes: Vec<usize> = SIZES.into_iter().filter(|&n| n <= largest).collect();
    let mut columns: Vec<Column> =
        contestants().map(|c| Column { unit: Some("s".into()), ..Column::new(c.name, Vec::new()) }).collect();
    println!("{:>4}  {:24} {:>9} {:>7} {:>8} {:>9}", "N", "", "seconds", "steps", "MB", "error");
    for &n in &sizes {
        child(&REFERENCE, n);
        for (contestant, column) in contestants().zip(&mut columns) {
            let cost = child(contestant, n);
            column.values.push(cost.as_ref().map_or(f64::NAN, |cost| cost.seconds));
            if let Some(Cost { seconds, steps, megabytes, error }) = cost {
                println!(
                    "{n:>4}  {:24} {seconds:>9.3} {steps:>7} {megabytes:>8.0} {error:>9.1e}",
                    contestant.name
                );
            }
        }
    }
    let x = Column::new("N", sizes.iter().map(|&n| n as f64).collect());
    write_files(&x, &columns);
}

fn write_files(x: &Column, columns: &[Column]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    std::fs::create_dir_all(&folder).expect("a folder for the figure");
    let mut text = String::from("N");
    columns.iter().for_each(|column| _ = write!(text, ",\"{}\"", column.name));
    for (row, n) in x.values.iter().enumerate() {
        _ = write!(text, "\n{n}");
        for column in columns {
            let seconds = column.values[row];
            _ = if seconds.is_nan() { write!(text, ",") } else { write!(text, ",{seconds:.4}") };
        }
    }
    std::fs::write(folder.join("stencils.csv"), text + "\n").expect("a table is written");
    let series: Vec<&Column> = columns.iter().collect();
    let title = "2-D Brusselator on N × N points to t = 11.5, rtol 1e-6";
    let figure = Figure::new(Some(title), x, &series, 1).logarithmic();
    let drawn = svg::draw(&figure, svg::Size::suiting(&figure), &Lettering::Text);
    std::fs::write(folder.join("stencils.svg"), drawn).expect("a figure is written");
}

/// A solve in a process of its own.
fn child(contestant: &Contestant, n: usize) -> Option<Cost> {
    if n > contestant.largest {
        return None;
    }
    let program = std::env::current_exe().expect("this program");
    let output = Command::new(program)
        .args(["--solve", contestant.name, "--points", &n.to_string()])
        .output()
        .expect("this program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let words: Vec<f64> = text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    let [seconds, steps, megabytes, error] = words[..] else { panic!("four numbers, not {text}") };
    Some(Cost { seconds, steps: steps as u64, megabytes, error })
}

/// The child's part: solves up to five times within some seconds, and prints the least time.
fn solve(contestant: &Contestant, n: usize) {
    let compiled = compiled(n);
    let mut run = runner(contestant, n, &compiled);
    let begin = Instant::now();
    let (mut least, mut steps, mut end) = (f64::INFINITY, 0, Vec::new());
    for _ in 0..5 {
        let before = on_processor();
        (steps, end) = run();
        least = least.min(on_processor() - before);
        if begin.elapsed().as_secs_f64() > 3.0 {
            break;
        }
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("brusselator-{n}.f64"));
    if contestant.name == REFERENCE.name {
        let bytes: Vec<u8> = end.iter().flat_map(|u| u.to_le_bytes()).collect();
        std::fs::write(&path, bytes).expect("the reference is written");
    }
    let error = if n > REFERENCE.largest { f64::NAN } else { largest_error(&path, &end) };
    println!("{least} {steps} {} {error}", megabytes());
}

type Run<'a> = Box<dyn FnMut() -> (u64, Vec<f64>) + 'a>;

fn runner<'a>(contestant: &Contestant, n: usize, compiled: &'a Compiled) -> Run<'a> {
    match contestant.by {
        By::Ours(name, linear, factor) => {
            let info = method::find(name).expect("a method that exists");
            let (rtol, atol) = (factor * TOLERANCES.0, factor * TOLERANCES.1);
            let options = Options { rtol, atol: Absolute::All(atol), linear, ..Options::default() };
            let engine = (info.make)(&options.wish(compiled));
            Box::new(move || {
                let mut solver = Solver::new(compiled, engine.as_ref(), &options);
                let solution = solver.run(0.0, T1, &compiled.values.u0, &mut Watch::default());
                let solution = solution.expect("options that make sense");
                assert!(solution.failure.is_none(), "{:?}", solution.status);
                (solution.counters.steps, solution.last().to_vec())
            })
        }
        By::Cvode(form) => {
            let cvode = Cvode::compile().expect("SUNDIALS was there before");
            let at = |k: usize| k as f64 / (n - 1) as f64;
            let is_fed = |k: usize| (at(k / n) - 0.3).powi(2) + (at(k % n) - 0.6).powi(2) <= 0.01;
            let inside: Vec<f64> = (0..n * n).map(|k| f64::from(u8::from(is_fed(k)))).collect();
            Box::new(move || {
                let mut u = compiled.values.u0.clone();
                let steps = cvode.solve(n, form, TOLERANCES, T1, &inside, &mut u);
                (steps, u)
            })
        }
    }
}

/// The largest difference from the reference, in parts of its largest value.
fn largest_error(path: &Path, end: &[f64]) -> f64 {
    let bytes = std::fs::read(path).expect("the reference comes first");
    let reference = bytes.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes")));
    let (mut most, mut largest) = (0.0_f64, 0.0_f64);
    for (reference, u) in reference.zip(end) {
        most = most.max((reference - u).abs());
        largest = largest.max(reference.abs());
    }
    most / largest
}

fn compiled(n: usize) -> Compiled {
    let program = session::compile(model::BRUSSELATOR, "Brusselator", &[("N".into(), n as f64)]);
    let Ok(program) = program.map(Arc::new) else { panic!("the model has no mistakes") };
    let weights = weights::initial(&program.system());
    let values = Values::new(&program, 0.0, &[], &weights).expect("nothing is missing");
    Compiled::new(program, values).expect("nothing is missing")
}

/// The seconds that this process was on a processor, or of the clock where the system does not tell.
fn on_processor() -> f64 {
    let told = std::fs::read_to_string("/proc/self/schedstat").ok();
    let nanoseconds = told.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    match nanoseconds {
        Some(nanoseconds) if nanoseconds > 0.0 => nanoseconds * 1e-9,
        _ => std::time::UNIX_EPOCH.elapsed().expect("a clock").as_secs_f64(),
    }
}

/// The largest memory of this process so far, in 10⁶ bytes; NaN where the system does not tell.
fn megabytes() -> f64 {
    let told = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse::<f64>().ok())
        .map_or(f64::NAN, |k| k * 1.024e-3)
}

/// The bytes that a right-hand side on n × n points moves in a second beside those of a triad a = b + 3 c over arrays of the
/// same 2 n² numbers: two fields read and two written, 32 bytes a point, and 24 bytes a number. Both take turns.
fn triad(n: usize) {
    const ROUNDS: usize = 300;
    let compiled = compiled(n);
    let at = Interval { held: Held { modes: &[1.0], ..Held::default() }, ..Interval::plain(2.0, 0.1) };
    let (u, mut du) = (compiled.values.u0.clone(), vec![0.0; compiled.dim()]);
    let (b, c) = (u.clone(), u.clone());
    let mut a = vec![0.0; u.len()];
    let mut least = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        compiled.rhs(&at, 2.0, black_box(&u), &mut du);
        black_box(&du);
        least[0] = least[0].min(begin.elapsed().as_secs_f64());
        let begin = Instant::now();
        add(&mut a, black_box(&b), black_box(&c));
        black_box(&a);
        least[1] = least[1].min(begin.elapsed().as_secs_f64());
    }
    let [rhs, triad] = [32.0 * (n * n) as f64 / least[0], 24.0 * u.len() as f64 / least[1]];
    println!(
        "right-hand side, N = {n}: {:.3} ms, {:.1} GB/s; triad {:.3} ms, {:.1} GB/s; {:.0} %",
        least[0] * 1e3,
        rhs * 1e-9,
        least[1] * 1e3,
        triad * 1e-9,
        100.0 * rhs / triad
    );
}

#[inline(never)]
fn add(a: &mut [f64], b: &[f64], c: &[f64]) {
    let (b, c) = (&b[..a.len()], &c[..a.len()]);
    for i in 0..a.len() {
        a[i] = b[i] + 3.0 * c[i];
    }
}
