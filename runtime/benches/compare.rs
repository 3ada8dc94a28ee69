//! Times programs of this crate beside hand-written C that does the same work, in one run, and prints the ratios.

mod baseline;
mod ours;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use baseline::{Baseline, HIDDEN, Tsit5, WEIGHTS};
use criterion::Criterion;

/// One call of the work that is timed.
type Work = Box<dyn FnMut()>;
/// Sets a contestant's work up, outside of the clock.
type Contestant = (&'static str, fn(&Baseline) -> Work);

/// Contestants that do the same work; the first one is the bar that the others are divided by.
struct Case {
    name: &'static str,
    contestants: &'static [Contestant],
}

const CASES: &[Case] = &[
    Case {
        name: "lotka_volterra 0..10, 1e-6/1e-8",
        contestants: &[("c", |c| lotka_volterra(c, 10.0)), ("nde", |_| ours::lotka_volterra(10.0))],
    },
    Case {
        name: "lotka_volterra 0..1000, 1e-6/1e-8",
        contestants: &[("c", |c| lotka_volterra(c, 1000.0)), ("nde", |_| ours::lotka_volterra(1000.0))],
    },
    Case {
        name: "10,000 lotka_volterra 0..10, 1e-6/1e-8",
        contestants: &[
            ("c", sweep),
            ("nde, 1 thread", |_| ours::sweep::lotka_volterra(1)),
            ("nde, 2 threads", |_| ours::sweep::lotka_volterra(2)),
        ],
    },
    Case { name: "pleiades 0..3, 1e-8/1e-8", contestants: &[("c", pleiades), ("nde", |_| ours::pleiades())] },
    Case {
        name: "brusselator right-hand side, N = 32",
        contestants: &[("c", brusselator), ("nde", |_| ours::brusselator())],
    },
    Case {
        name: "network 2-50-2 forward",
        contestants: &[("c", network_forward), ("nde", |_| ours::network_forward())],
    },
    Case {
        name: "network 2-50-2 pullback",
        contestants: &[("c", network_pullback), ("nde", |_| ours::network_pullback())],
    },
];

const PLEIADES: [f64; 28] = [
    3.0, 3.0, -1.0, -3.0, 2.0, -2.0, 2.0, // x
    3.0, -3.0, 2.0, 0.0, 0.0, -4.0, 4.0, // y
    0.0, 0.0, 0.0, 0.0, 0.0, 1.75, -1.5, // x'
    0.0, 0.0, 0.0, -1.25, 1.0, 0.0, 0.0, // y'
];

fn main() {
    let baseline = Baseline::compile();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
        .configure_from_args();
    for case in CASES {
        let mut group = criterion.benchmark_group(case.name);
        for (name, contestant) in case.contestants {
            let mut work = contestant(&baseline);
            group.bench_function(*name, |bencher| bencher.iter(&mut work));
        }
        group.finish();
    }
    criterion.final_summary();
    for case in CASES {
        report(case, &baseline);
    }
    report_compilation(
        "brusselator, N points, text to kernels of f and J",
        [32, 1024],
        ours::brusselator_kernels,
    );
    let sizes = [[2, 50], [64, 1000]];
    report_compilation("network n-m-n, text to kernels of f and its pullback", sizes, ours::network_kernels);
}

/// Prints how long two sizes of a model take from text to their two kernels, and the bytes of code: loops survive, so
/// neither depends on the size.
fn report_compilation<S: Copy + std::fmt::Debug + 'static>(
    name: &str,
    sizes: [S; 2],
    compile: fn(S) -> [usize; 2],
) {
    const ROUNDS: usize = 21;
    let mut times = sizes.map(|_| Vec::with_capacity(ROUNDS));
    for _ in 0..ROUNDS {
        for (&size, times) in sizes.iter().zip(&mut times) {
            let mut work: Work = Box::new(move || {
                black_box(compile(size));
            });
            times.push(seconds(&mut work, 1));
        }
    }
    let medians = times.map(median);
    println!("{name}");
    for (size, time) in sizes.iter().zip(medians) {
        let [first, second] = compile(*size);
        let (size, ratio) = (format!("{size:?}"), time / medians[0]);
        println!("    {size:<12} {:>12.3} ms   {ratio:>7.3} ×   {first} + {second} bytes", time * 1e3);
    }
}

/// Prints the median time of each contestant and its ratio to the first one's. The contestants take turns, so that
/// what else the machine does meets all of them alike.
fn report(case: &Case, baseline: &Baseline) {
    const ROUNDS: usize = 15;
    let mut works: Vec<Work> = case.contestants.iter().map(|(_, contestant)| contestant(baseline)).collect();
    let calls: Vec<u32> = works.iter_mut().map(calls_of_20_ms).collect();
    let mut times = vec![Vec::with_capacity(ROUNDS); works.len()];
    for _ in 0..ROUNDS {
        for ((work, &calls), times) in works.iter_mut().zip(&calls).zip(&mut times) {
            times.push(seconds(work, calls));
        }
    }
    let medians: Vec<f64> = times.into_iter().map(median).collect();
    println!("{}", case.name);
    for ((name, _), time) in case.contestants.iter().zip(&medians) {
        println!("    {name:<12} {:>12.3} µs   {:>7.3} ×", time * 1e6, time / medians[0]);
    }
}

/// How many calls fill about 20 ms, at least one.
fn calls_of_20_ms(work: &mut Work) -> u32 {
    work();
    let once = seconds(work, 1);
    (0.02 / once.max(1e-8)).ceil() as u32
}

fn seconds(work: &mut Work, calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        work();
    }
    start.elapsed().as_secs_f64() / f64::from(calls)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn lotka_volterra(c: &Baseline, t1: f64) -> Work {
    solve(c.tsit5_lotka_volterra, [1.0, 1.0], t1, 1e-6, 1e-8)
}

fn sweep(baseline: &Baseline) -> Work {
    use ours::sweep::{ATOL, MEMBERS, RTOL, T1};
    let (tsit5, parameters) = (baseline.tsit5_sweep, ours::sweep::parameters());
    Box::new(move || {
        let mut u = vec![1.0; 2 * MEMBERS as usize];
        // SAFETY: as many parameters and unknowns as there are members, as the source of the baseline says.
        let failed =
            unsafe { tsit5(MEMBERS as i64, parameters.as_ptr(), T1, RTOL, ATOL, black_box(u.as_mut_ptr())) };
        assert_eq!(failed, 0);
        black_box(&u);
    })
}

fn pleiades(c: &Baseline) -> Work {
    solve(c.tsit5_pleiades, PLEIADES, 3.0, 1e-8, 1e-8)
}

fn solve<const N: usize>(tsit5: Tsit5, u0: [f64; N], t1: f64, rtol: f64, atol: f64) -> Work {
    Box::new(move || {
        let (mut u, mut counters) = (black_box(u0), [0; 3]);
        // SAFETY: u and counters have the lengths that the function writes.
        let status = unsafe { tsit5(t1, rtol, atol, u.as_mut_ptr(), counters.as_mut_ptr()) };
        assert_eq!(status, 0, "the step size vanished");
        black_box(u);
    })
}

fn brusselator(c: &Baseline) -> Work {
    const N: usize = 32;
    let rhs = c.brusselator;
    let at = |k: usize| k as f64 / (N - 1) as f64;
    let disc = |i, j| (at(i) - 0.3).powi(2) + (at(j) - 0.6).powi(2) <= 0.01;
    let inside: Vec<f64> = (0..N * N).map(|k| f64::from(u8::from(disc(k / N, k % N)))).collect();
    let u: Vec<f64> = (0..2 * N * N).map(|k| 1.0 + (k as f64).sin()).collect();
    let mut du = vec![0.0; 2 * N * N];
    Box::new(move || {
        // SAFETY: the slices have the lengths that N asks for.
        unsafe { rhs(N as i32, 2.0, inside.as_ptr(), black_box(&u).as_ptr(), du.as_mut_ptr()) };
        black_box(&du);
    })
}

/// Memory on a cache line of its own, as wide vector instructions like it.
#[repr(align(64))]
struct Aligned<const N: usize>([f64; N]);

/// Weights of moderate size; the padding of the hidden layer stays zero.
fn weights() -> Box<Aligned<WEIGHTS>> {
    let weight = |k: usize| if k < 5 * HIDDEN && k % HIDDEN >= 50 { 0.0 } else { 0.3 * (k as f64).sin() };
    Box::new(Aligned(std::array::from_fn(weight)))
}

fn network_forward(c: &Baseline) -> Work {
    let (forward, weights) = (c.network_forward, weights());
    let (mut hidden, mut y) = (Box::new(Aligned([0.0; HIDDEN])), [0.0; 2]);
    Box::new(move || {
        let x = black_box([0.5, 0.7]);
        // SAFETY: the arrays have the lengths of the layers.
        unsafe { forward(weights.0.as_ptr(), x.as_ptr(), hidden.0.as_mut_ptr(), y.as_mut_ptr()) };
        black_box((&hidden.0, &y));
    })
}

fn network_pullback(c: &Baseline) -> Work {
    let (pullback, weights) = (c.network_pullback, weights());
    let (x, mut hidden, mut y) = ([0.5, 0.7], Box::new(Aligned([0.0; HIDDEN])), [0.0; 2]);
    // SAFETY: the arrays have the lengths of the layers.
    unsafe { (c.network_forward)(weights.0.as_ptr(), x.as_ptr(), hidden.0.as_mut_ptr(), y.as_mut_ptr()) };
    let (mut x_bar, mut cotangent) = ([0.0; 2], Box::new(Aligned([0.0; WEIGHTS])));
    Box::new(move || {
        let y_bar = black_box([1.0, 2.0]);
        let (weights, hidden, cotangent) = (weights.0.as_ptr(), hidden.0.as_ptr(), cotangent.0.as_mut_ptr());
        // SAFETY: the arrays have the lengths of the layers, the cotangent that of the weights.
        unsafe { pullback(weights, x.as_ptr(), hidden, y_bar.as_ptr(), x_bar.as_mut_ptr(), cotangent) };
        black_box((&x_bar, cotangent));
    })
}
