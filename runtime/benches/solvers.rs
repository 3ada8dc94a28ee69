//! The loop's own cost: Tsit5 on Lotka–Volterra with a whole-step kernel written by hand, and on the Pleiades by slices;
//! Rosenbrock methods on Robertson's reaction.
//!
//! `cargo bench -p nde --bench solvers` prints the median seconds of one solve, end state only.

use std::hint::black_box;
use std::time::Instant;

use nde::dynamics::{Dynamics, Function, Interval, Scale, Stages};
use nde::method::{Wish, find};
use nde::solve::{Absolute, Options, Solver, Watch};
use nde::tableau::{Estimate, Tableau};

/// Lotka–Volterra with p = (1.5, 1, 3, 1).
struct LotkaVolterra {
    kernel: Option<Kernel>,
}

fn lotka_volterra(u: [f64; 2]) -> [f64; 2] {
    [1.5 * u[0] - u[0] * u[1], -3.0 * u[1] + u[0] * u[1]]
}

/// Seven stages of Tsit5 as one function, the way a compiled model does them; its coefficients are read once.
struct Kernel {
    a: [[f64; 6]; 6],
    e: [f64; 7],
}

impl Kernel {
    fn new(tableau: &Tableau) -> Kernel {
        let Estimate::Embedded { weights, .. } = tableau.error else {
            unreachable!("tsit5 has an embedded estimate")
        };
        let entry = |i: usize, j: usize| tableau.a[i].get(j).copied().unwrap_or(0.0);
        Kernel {
            a: std::array::from_fn(|i| std::array::from_fn(|j| entry(i, j))),
            e: weights.try_into().unwrap(),
        }
    }
}

impl Stages for Kernel {
    fn step(&self, at: &Interval, scale: &Scale, z: &[f64], inner: &mut [f64], next: &mut [f64]) -> f64 {
        let (z, next) = (&z[..4], &mut next[..4]);
        let (u, h) = ([z[0], z[1]], at.h);
        let mut k = [[0.0; 2]; 7];
        k[0] = [z[2], z[3]];
        let mut g = u;
        for i in 0..6 {
            for c in 0..2 {
                let mut sum = 0.0;
                for j in 0..=i {
                    sum += self.a[i][j] * k[j][c];
                }
                g[c] = u[c] + h * sum;
            }
            k[i + 1] = lotka_volterra(g);
        }
        let mut sum = 0.0;
        for c in 0..2 {
            let mut e = 0.0;
            for j in 0..7 {
                e += self.e[j] * k[j][c];
            }
            let q = h * e / (scale.atol[c] + scale.rtol * u[c].abs().max(g[c].abs()));
            sum += q * q;
        }
        let inner = &mut inner[..10];
        for i in 0..5 {
            inner[2 * i..2 * i + 2].copy_from_slice(&k[i + 1]);
        }
        next[..2].copy_from_slice(&g);
        next[2..].copy_from_slice(&k[6]);
        sum / 2.0
    }
}

impl Dynamics for LotkaVolterra {
    fn dim(&self) -> usize {
        2
    }

    fn rhs(&self, _: &Interval, _: f64, u: &[f64], du: &mut [f64]) {
        du.copy_from_slice(&lotka_volterra([u[0], u[1]]));
    }

    fn stages(&self, _: &Tableau) -> Option<Box<dyn Stages + '_>> {
        self.kernel.as_ref().map(|kernel| Box::new(kernel) as Box<dyn Stages>)
    }
}

/// The gravity of seven bodies of masses 1 to 7 in the plane.
fn pleiades(_: f64, u: &[f64], du: &mut [f64]) {
    du[..14].copy_from_slice(&u[14..]);
    du[14..].fill(0.0);
    for i in 0..7 {
        for j in 0..i {
            let (x, y) = (u[j] - u[i], u[7 + j] - u[7 + i]);
            let r2 = x * x + y * y;
            let w = 1.0 / (r2 * r2.sqrt());
            let (mi, mj) = ((i + 1) as f64, (j + 1) as f64);
            du[14 + i] += mj * w * x;
            du[21 + i] += mj * w * y;
            du[14 + j] -= mi * w * x;
            du[21 + j] -= mi * w * y;
        }
    }
}

/// Robertson's reaction with its Jacobian.
struct Robertson;

impl Dynamics for Robertson {
    fn dim(&self) -> usize {
        3
    }

    fn rhs(&self, _: &Interval, _: f64, y: &[f64], dy: &mut [f64]) {
        let (a, b, c) = (0.04 * y[0], 1e4 * y[1] * y[2], 3e7 * y[1] * y[1]);
        dy.copy_from_slice(&[b - a, a - b - c, c]);
    }

    fn jacobian(&self, _: &Interval, _: f64, y: &[f64], values: &mut [f64]) {
        let (b, c) = (1e4 * y[1], 6e7 * y[1]);
        let a = 1e4 * y[2];
        values.copy_from_slice(&[-0.04, 0.04, 0.0, a, -a - c, c, b, -b, 0.0]);
    }

    fn time_derivative(&self, _: &Interval, _: f64, _: &[f64], ft: &mut [f64]) {
        ft.fill(0.0);
    }
}

const PLEIADES_START: [f64; 28] = [
    3.0, 3.0, -1.0, -3.0, 2.0, -2.0, 2.0, 3.0, -3.0, 2.0, 0.0, 0.0, -4.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.75,
    -1.5, 0.0, 0.0, 0.0, -1.25, 1.0, 0.0, 0.0,
];

/// Prints the median time of a solve over nine batches of about 20 ms.
fn time(name: &str, method: &str, f: &dyn Dynamics, tolerance: (f64, f64), t1: f64, u0: &[f64]) {
    let engine = (find(method).unwrap().make)(&Wish::plain(tolerance.0));
    let options = Options { rtol: tolerance.0, atol: Absolute::All(tolerance.1), ..Options::default() };
    let mut solver = Solver::new(f, engine.as_ref(), &options);
    let mut solve = || black_box(solver.run(0.0, t1, black_box(u0), &mut Watch::default()).unwrap());
    let first = solve();
    let start = Instant::now();
    solve();
    let batch = (0.02 / start.elapsed().as_secs_f64()).max(1.0) as u32;
    let mut seconds: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            (0..batch).for_each(|_| drop(solve()));
            start.elapsed().as_secs_f64() / f64::from(batch)
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    println!("{name:<28} {:.4e} s  {} steps  {:?}", seconds[4], first.counters.steps, &first.last()[..2]);
}

fn main() {
    let compiled = LotkaVolterra { kernel: Some(Kernel::new(&nde::method::tableaus::TSIT5)) };
    let slices = LotkaVolterra { kernel: None };
    time("lotka-volterra 10, kernel", "tsit5", &compiled, (1e-6, 1e-8), 10.0, &[1.0, 1.0]);
    time("lotka-volterra 10, slices", "tsit5", &slices, (1e-6, 1e-8), 10.0, &[1.0, 1.0]);
    time("lotka-volterra 1000, kernel", "tsit5", &compiled, (1e-6, 1e-8), 1000.0, &[1.0, 1.0]);
    time("pleiades 3, slices", "tsit5", &Function { n: 28, f: pleiades }, (1e-8, 1e-8), 3.0, &PLEIADES_START);
    for (name, method, tolerance) in [
        ("robertson 1e5, rosenbrock23", "rosenbrock23", (1e-3, 1e-6)),
        ("robertson 1e5, rodas4", "rodas4", (1e-6, 1e-12)),
        ("robertson 1e5, rodas5p", "rodas5p", (1e-6, 1e-12)),
        ("robertson 1e5, auto", "auto", (1e-6, 1e-12)),
    ] {
        time(name, method, &Robertson, tolerance, 1e5, &[1.0, 0.0, 0.0]);
    }
}
