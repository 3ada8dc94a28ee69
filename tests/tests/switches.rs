//! Switches, stops, delays, noise and a multistep method: what later equation kinds rest on, by test implementations.

use std::cell::RefCell;

use nde::dynamics::{Dynamics, Function, Interval, NoNoise, Noise, Past, Scale};
use nde::method::{Method, NextSize, Record, Verdict, Wish, Work, find};
use nde::solve::{Absolute, Options, Save, Solver, Status, Watch, solve};

/// u′ = 1 while sin t − c·u > 0, else −1 … by modes, so that no step straddles the switch: with c = 0 a triangle wave.
struct Switching;

impl Dynamics for Switching {
    fn dim(&self) -> usize {
        2
    }

    /// u1′ = cos t, so that u1 = sin t; u2′ = 1 while u1 > 0.3, else −1.
    fn rhs(&self, at: &Interval, t: f64, _: &[f64], du: &mut [f64]) {
        du[0] = t.cos();
        du[1] = 2.0 * at.held.modes[0] - 1.0;
    }

    fn root_count(&self) -> usize {
        1
    }

    fn roots(&self, _: &Interval, _: f64, u: &[f64], g: &mut [f64]) {
        g[0] = u[0] - 0.3;
    }
}

#[test]
fn a_switch_is_located_to_rounding_and_the_step_ends_there() {
    let (up, down) = (0.3_f64.asin(), std::f64::consts::PI - 0.3_f64.asin());
    for method in ["tsit5", "vern9", "rodas5p", "auto"] {
        for save in [Save::End, Save::Count(7)] {
            let options = Options { rtol: 1e-10, atol: Absolute::All(1e-12), save, ..Options::default() };
            let solution = solve(&Switching, find(method).unwrap(), &options, 0.0, 4.0, &[0.0, 0.0]).unwrap();
            assert_eq!(solution.status, Status::Finished);
            assert_eq!(solution.crossings.len(), 2, "{method} {:?}", solution.crossings);
            assert!(
                (solution.crossings[0].t - up).abs() < 1e-8 && (solution.crossings[1].t - down).abs() < 1e-8
            );
            assert_eq!((solution.crossings[0].mode, solution.crossings[1].mode), (1.0, 0.0));
            let exact = -up + (down - up) - (4.0 - down);
            assert!((solution.last()[1] - exact).abs() < 1e-7, "{method} {} {exact}", solution.last()[1]);
        }
    }
    let options = Options { rtol: 1e-10, atol: Absolute::All(1e-12), ..Options::default() };
    let back = solve(&Switching, find("tsit5").unwrap(), &options, 4.0, 0.0, &[4.0_f64.sin(), 0.0]).unwrap();
    assert_eq!(back.crossings.len(), 2);
    assert!((back.last()[1] + (-up + (down - up) - (4.0 - down))).abs() < 1e-7);
}

/// u′ = −1 while u > 0, else 1: after u = 0 no step is possible without a switch.
struct Sliding;

impl Dynamics for Sliding {
    fn dim(&self) -> usize {
        1
    }

    fn rhs(&self, at: &Interval, _: f64, _: &[f64], du: &mut [f64]) {
        du[0] = 1.0 - 2.0 * at.held.modes[0];
    }

    fn root_count(&self) -> usize {
        1
    }

    fn roots(&self, _: &Interval, _: f64, u: &[f64], g: &mut [f64]) {
        g[0] = u[0];
    }
}

#[test]
fn switching_without_end_is_zeno() {
    let solution = solve(&Sliding, find("tsit5").unwrap(), &Options::default(), 0.0, 3.0, &[1.0]).unwrap();
    let failure = solution.failure.clone().unwrap();
    assert_eq!((solution.status, failure.index), (Status::Zeno, Some(0)));
    assert!((failure.t - 1.0).abs() < 1e-6 && solution.last()[0].abs() < 1e-6);
}

/// u′ = 1 before t = 1 and 3 after it: a condition of t alone.
struct Timed;

impl Dynamics for Timed {
    fn dim(&self) -> usize {
        1
    }

    fn rhs(&self, at: &Interval, _: f64, _: &[f64], du: &mut [f64]) {
        du[0] = if at.held.modes[0] > 0.5 { 1.0 } else { 3.0 };
    }

    fn timed_count(&self) -> usize {
        1
    }

    fn timed(&self, t: f64, modes: &mut [f64]) {
        modes[0] = if t < 1.0 { 1.0 } else { 0.0 };
    }

    fn stops(&self, _: f64, _: f64, stops: &mut Vec<f64>) {
        stops.push(1.0);
    }
}

#[test]
fn conditions_of_time_are_exact_stops() {
    for (method, dt) in [("tsit5", None), ("rodas5p", None), ("euler", Some(0.3))] {
        let options = Options { dt, save: Save::Steps, ..Options::default() };
        let solution = solve(&Timed, find(method).unwrap(), &options, 0.0, 2.0, &[0.0]).unwrap();
        assert!(solution.t.contains(&1.0) && (solution.last()[0] - 4.0).abs() < 1e-12, "{method}");
        let back = solve(&Timed, find(method).unwrap(), &options, 2.0, 0.0, &[4.0]).unwrap();
        assert!(back.last()[0].abs() < 1e-12, "{method}");
    }
}

/// u′(t) = −u(t − 1), the past being 1 until t = 0 and 1 − t from there to 1.
struct Delayed;

impl Dynamics for Delayed {
    fn dim(&self) -> usize {
        1
    }

    fn rhs(&self, at: &Interval, t: f64, _: &[f64], du: &mut [f64]) {
        du[0] = -at.past.value(0, t - 1.0);
    }

    fn vjp(&self, at: &Interval, t: f64, _: &[f64], λ: &[f64], _: &mut [f64]) {
        at.past.receive(0, t - 1.0, -λ[0]);
    }
}

/// The past above; it adds up the cotangents it receives.
struct Known {
    received: RefCell<f64>,
}

impl Past for Known {
    fn value(&self, _: usize, t: f64) -> f64 {
        if t < 0.0 { 1.0 } else { 1.0 - t }
    }

    fn derivative(&self, _: usize, t: f64) -> f64 {
        if t < 0.0 { 0.0 } else { -1.0 }
    }

    fn receive(&self, _: usize, _: f64, cotangent: f64) {
        *self.received.borrow_mut() += cotangent;
    }
}

#[test]
fn delayed_values_are_read_through_the_interval_and_take_their_cotangents_back() {
    let engine = (find("tsit5").unwrap().make)(&Wish::plain(1e-6));
    let (options, past) = (Options::default(), Known { received: RefCell::new(0.0) });
    let mut solver = Solver::new(&Delayed, engine.as_ref(), &options);
    solver.past = &past;
    let solution = solver.run(1.0, 2.0, &[0.0], &mut Watch::default()).unwrap();
    assert!((solution.last()[0] + 0.5).abs() < 1e-12);

    let at = Interval { past: &past, ..Interval::plain(1.0, 0.5) };
    let (mut record, mut work) = (engine.record(1), engine.work(&Delayed));
    record.z.copy_from_slice(&[0.0, -1.0]);
    engine.step(&Delayed, &at, &Scale { rtol: 1.0, atol: &[1.0] }, &mut record, &mut work);
    let mut z̄ = [1.0, 0.0];
    engine.pull(&Delayed, &at, &record, &[], &mut z̄, &mut [], &mut work);
    // u1 = u + h Σ b_i k_i, and the b_i of the delayed stages and of k_1 sum to 1.
    assert!((z̄[0] - 1.0).abs() < 1e-15 && (*past.received.borrow() + 0.5 - z̄[1]).abs() < 1e-14);
}

/// Euler–Maruyama for du = f dt + σ u dW: u1 = u + h f + σ u ΔW.
struct EulerMaruyama {
    σ: f64,
}

impl Method for EulerMaruyama {
    fn error_order(&self) -> u32 {
        1
    }

    fn memory(&self, n: usize) -> usize {
        n
    }

    fn record(&self, n: usize) -> Record {
        Record { n, z: vec![0.0; n], next: vec![0.0; n], ..Record::default() }
    }

    fn work<'f>(&self, f: &'f dyn Dynamics) -> Work<'f> {
        Work::vectors(f.dim())
    }

    fn start(&self, _: &dyn Dynamics, _: &Interval, _: &mut [f64], _: &mut Work) {}

    fn step(
        &self,
        f: &dyn Dynamics,
        at: &Interval,
        _: &Scale,
        record: &mut Record,
        work: &mut Work,
    ) -> Verdict {
        (record.t, record.h) = (at.t, at.h);
        at.noise.increments(at.t, at.h, &mut work.scratch, &mut []);
        f.rhs(at, at.t, &record.z, &mut record.next);
        for i in 0..record.n {
            record.next[i] = record.z[i] + at.h * record.next[i] + self.σ * record.z[i] * work.scratch[i];
        }
        Verdict::Judged { square: 0.0, next: NextSize::Order(1) }
    }

    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        (0..record.n).for_each(|i| u[i] = record.z[i] + θ * (record.next[i] - record.z[i]));
    }

    fn local_error(&self, _: &Record, e: &mut [f64]) {
        e.fill(0.0);
    }

    fn not_finite(&self, _: &dyn Dynamics, _: &Interval, _: &Record, _: &mut [f64]) -> Option<(f64, usize)> {
        None
    }
}

/// A path W(t) = sin 7t.
struct Path;

impl Noise for Path {
    fn increments(&self, t: f64, h: f64, dw: &mut [f64], _: &mut [f64]) {
        dw[0] = (7.0 * (t + h)).sin() - (7.0 * t).sin();
    }
}

#[test]
fn increments_of_noise_come_with_the_interval() {
    let f = Function { n: 1, f: |_, u: &[f64], du: &mut [f64]| du[0] = 0.5 * u[0] };
    let options = Options { dt: Some(0.125), ..Options::default() };
    let mut solver = Solver::new(&f, &EulerMaruyama { σ: 0.2 }, &options);
    solver.noise = &Path;
    let solution = solver.run(0.0, 1.0, &[1.0], &mut Watch::default()).unwrap();
    let (mut u, mut dw) = (1.0, [0.0]);
    for i in 0..8 {
        Path.increments(0.125 * f64::from(i), 0.125, &mut dw, &mut []);
        u += 0.125 * 0.5 * u + 0.2 * u * dw[0];
    }
    assert!((solution.last()[0] - u).abs() < 1e-14);
    NoNoise.increments(0.0, 1.0, &mut dw, &mut []);
    assert_eq!(dw[0], 0.0);
}

/// Adams–Bashforth of order 2 with fixed steps: z = (u, f of this step, f of the step before, steps since the start).
struct AdamsBashforth;

impl Method for AdamsBashforth {
    fn error_order(&self) -> u32 {
        2
    }

    fn memory(&self, n: usize) -> usize {
        3 * n + 1
    }

    fn record(&self, n: usize) -> Record {
        let memory = vec![0.0; self.memory(n)];
        Record { n, z: memory.clone(), next: memory, ..Record::default() }
    }

    fn work<'f>(&self, _: &'f dyn Dynamics) -> Work<'f> {
        Work::vectors(0)
    }

    fn start(&self, f: &dyn Dynamics, at: &Interval, z: &mut [f64], _: &mut Work) {
        let n = f.dim();
        let (u, k) = z.split_at_mut(n);
        f.rhs(at, at.t, u, &mut k[..n]);
        z[3 * n] = 0.0;
    }

    fn step(&self, f: &dyn Dynamics, at: &Interval, _: &Scale, record: &mut Record, _: &mut Work) -> Verdict {
        let n = record.n;
        (record.t, record.h) = (at.t, at.h);
        let (z, next) = (&record.z, &mut record.next);
        let first = z[3 * n] == 0.0;
        for i in 0..n {
            let slope = if first { z[n + i] } else { 1.5 * z[n + i] - 0.5 * z[2 * n + i] };
            next[i] = z[i] + at.h * slope;
            next[2 * n + i] = z[n + i];
        }
        let (u, k) = next.split_at_mut(n);
        f.rhs(at, at.t + at.h, u, &mut k[..n]);
        next[3 * n] = z[3 * n] + 1.0;
        Verdict::Judged { square: 0.0, next: NextSize::Order(2) }
    }

    fn dense(&self, record: &Record, θ: f64, u: &mut [f64]) {
        (0..record.n).for_each(|i| u[i] = record.z[i] + θ * (record.next[i] - record.z[i]));
    }

    fn local_error(&self, _: &Record, e: &mut [f64]) {
        e.fill(0.0);
    }

    fn not_finite(&self, _: &dyn Dynamics, _: &Interval, _: &Record, _: &mut [f64]) -> Option<(f64, usize)> {
        None
    }
}

#[test]
fn a_multistep_method_keeps_its_history_in_z() {
    let f = Function { n: 1, f: |t: f64, u: &[f64], du: &mut [f64]| du[0] = -u[0] + t.cos() + t.sin() };
    let error = |steps: f64| {
        let options = Options { dt: Some(1.0 / steps), ..Options::default() };
        let solution =
            Solver::new(&f, &AdamsBashforth, &options).run(0.0, 1.0, &[0.0], &mut Watch::default()).unwrap();
        (solution.last()[0] - 1.0_f64.sin()).abs()
    };
    let order = (error(64.0) / error(128.0)).log2();
    assert!((order - 2.0).abs() < 0.1, "{order}");
}

#[test]
fn a_solver_that_runs_again_forgets_the_flips_of_the_last_run() {
    let (f, options) = (Switching, Options::default());
    let engine = (find("tsit5").unwrap().make)(&Wish::plain(1e-6));
    let mut solver = Solver::new(&f, engine.as_ref(), &options);
    for _ in 0..100 {
        let solution = solver.run(0.0, 1.0, &[0.0, 0.0], &mut Watch::default()).unwrap();
        assert_eq!(solution.status, Status::Finished);
    }
}
