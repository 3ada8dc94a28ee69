//! The Radau methods: the order of each number of stages, decisions in z alone, dense output where the problem is stiff.

use nde::dynamics::{Dynamics, Function, Interval, Scale};
use nde::linear::{Matrix, Pattern};
use nde::method::{Method, NextSize, Radau, Record, Verdict, Work};
use nde::solve::{Absolute, Options, Save, Solution, Solver, Status, Watch};
use nde_tests::problems::{Coupled, Ring, Robertson};

const ALL: Radau = Radau { least: 3, most: 7 };

fn only(stages: usize) -> Radau {
    Radau { least: stages, most: stages }
}

fn run(f: &dyn Dynamics, method: &Radau, options: &Options, t1: f64, u0: &[f64]) -> Solution {
    let mut solver = Solver::new(f, method, options);
    let solution = solver.run(0.0, t1, u0, &mut Watch::default()).expect("options that make sense");
    assert_eq!(solution.status, Status::Finished, "{:?}", solution.failure);
    solution
}

/// The largest error of fixed steps over 0..1 at the saved times.
fn error(stages: usize, steps: u32, save: Save) -> f64 {
    let dt = Some(1.0 / f64::from(steps));
    let options = Options { rtol: 1e-13, atol: Absolute::All(1e-13), dt, save, ..Options::default() };
    let solution = run(&Coupled::STANDARD, &only(stages), &options, 1.0, &[1.0, 1.0]);
    let differs = |(i, &t): (usize, &f64)| {
        let exact = Coupled::exact(t);
        (0..2).map(|j| (solution.row(i)[j] - exact[j]).abs()).fold(0.0, f64::max)
    };
    solution.t.iter().enumerate().map(differs).fold(0.0, f64::max)
}

#[test]
fn every_number_of_stages_converges_at_its_order_dense_output_included() {
    // Rounding is met before the thirteenth order is.
    for (stages, end, least, dense) in [(3, 8, 4.5, 16), (5, 2, 8.5, 8), (7, 1, 9.5, 4)] {
        let observed = |steps, save: Save| {
            let (coarse, fine) = (error(stages, steps, save.clone()), error(stages, 2 * steps, save));
            println!("{stages} stages, {steps} steps: {coarse:.2e} {fine:.2e}");
            (coarse / fine).log2()
        };
        let order = observed(end, Save::End);
        assert!(order > least, "{stages}: {order}");
        let order = observed(dense, Save::Count(101));
        assert!(order > stages as f64, "{stages}: {order}");
    }
}

/// A walk with a controller of its own, to look at z between the steps.
struct Walk<'f> {
    f: &'f dyn Dynamics,
    scale: Scale<'f>,
    record: Record,
    work: Work<'f>,
    t: f64,
    h: f64,
}

impl<'f> Walk<'f> {
    fn from(f: &'f dyn Dynamics, scale: Scale<'f>, u0: &[f64], h: f64) -> Walk<'f> {
        let (mut record, mut work) = (ALL.record(u0.len()), ALL.work(f));
        record.z[..u0.len()].copy_from_slice(u0);
        ALL.start(f, &Interval::plain(0.0, h), &mut record.z, &mut work);
        Walk { f, scale, record, work, t: 0.0, h }
    }

    /// One step that passes.
    fn step(&mut self) {
        self.record.attempt = 0;
        loop {
            let at = Interval::plain(self.t, self.h);
            match ALL.step(self.f, &at, &self.scale, &mut self.record, &mut self.work) {
                Verdict::Judged { square, next: NextSize::Steady { order, share, least } } => {
                    let factor = share * 0.9 * square.max(1e-16).powf(-0.5 / f64::from(order));
                    let factor = if (1.0..least).contains(&factor) { 1.0 } else { factor.clamp(0.2, 8.0) };
                    if square <= 1.0 {
                        self.t += self.h;
                        self.h *= factor;
                        std::mem::swap(&mut self.record.z, &mut self.record.next);
                        return;
                    }
                    self.h *= factor.min(0.9);
                }
                Verdict::NewtonFailed => self.h *= 0.25,
                verdict => panic!("{verdict:?}"),
            }
            self.record.attempt += 1;
        }
    }
}

/// To go back is to copy z: a step after a longer one from the same memory is the same step, to the last bit.
#[test]
fn a_step_is_a_function_of_its_memory() {
    let f = Robertson::equations();
    let scale = Scale { rtol: 1e-7, atol: &[1e-10; 3] };
    let mut walk = Walk::from(&f, scale, &[1.0, 0.0, 0.0], 1e-5);
    let mut stages = vec![];
    for _ in 0..40 {
        let (t, h, record, work) = (walk.t, walk.h, &mut walk.record, &mut walk.work);
        record.attempt = 0;
        work.forget();
        ALL.step(&f, &Interval::plain(t, h), &scale, record, work);
        let next = record.next.clone();
        ALL.step(&f, &Interval::plain(t, 30.0 * h), &scale, record, work);
        assert_ne!(record.next, next);
        work.forget();
        ALL.step(&f, &Interval::plain(t, h), &scale, record, work);
        assert_eq!(record.next, next);
        ALL.step(&f, &Interval::plain(t, h), &scale, record, &mut ALL.work(&f));
        assert_eq!(record.next, next);
        walk.step();
        stages.push(ALL.stages_used(&walk.record.z));
    }
    assert!(stages[0] == 3 && stages.contains(&5), "{stages:?}");
}

#[test]
fn a_run_resumed_from_a_checkpoint_gives_the_same_bits() {
    let f = Robertson::algebraic();
    let scale = Scale { rtol: 1e-7, atol: &[1e-10; 3] };
    let mut walk = Walk::from(&f, scale, &[1.0, 0.0, 0.0], 1e-5);
    (0..30).for_each(|_| walk.step());
    let (z, t, h) = (walk.record.z.clone(), walk.t, walk.h);
    walk.work.forget();
    (0..40).for_each(|_| walk.step());
    let mut record = ALL.record(3);
    record.z = z;
    let mut resumed = Walk { f: &f, scale, record, work: ALL.work(&f), t, h };
    (0..40).for_each(|_| resumed.step());
    assert_eq!((resumed.record.z, resumed.t, resumed.h), (walk.record.z, walk.t, walk.h));
}

/// Van der Pol's oscillator, whose solution jumps.
fn oscillator(_: f64, u: &[f64], du: &mut [f64]) {
    du[0] = u[1];
    du[1] = 1e6 * ((1.0 - u[0] * u[0]) * u[1] - u[0]);
}

#[test]
fn the_order_can_be_limited_and_is_worth_its_work() {
    let f = Function { n: 2, f: oscillator };
    let steps = |order: u32| {
        let options = Options { rtol: 1e-8, atol: Absolute::All(1e-10), ..Options::default() };
        let solution = run(&f, &Radau::up_to(order), &options, 2.0, &[2.0, -0.66]);
        assert!((solution.last()[0] - 1.706_167_732_170_469).abs() < 1e-6, "{:?}", solution.last());
        solution.counters.steps
    };
    let [fifth, ninth, all] = [5, 9, 13].map(steps);
    println!("{fifth} {ninth} {all}");
    assert!(fifth > 2 * ninth && ninth > all && steps(12) == ninth && steps(1) == fifth);
}

/// In a stiff problem every step ends on the solution, however long it is: the values between are held to the tolerance too (A.
/// Prothero and A. Robinson, Math. Comp. 28 (1974) 145–162).
#[test]
fn dense_output_keeps_the_tolerance_where_the_end_of_a_step_says_nothing() {
    let f =
        Function { n: 1, f: |t: f64, u: &[f64], du: &mut [f64]| du[0] = -1e9 * (u[0] - t.cos()) - t.sin() };
    for rtol in [1e-4, 1e-6, 1e-8] {
        let options =
            Options { rtol, atol: Absolute::All(rtol), save: Save::Count(1001), ..Options::default() };
        let solution = run(&f, &ALL, &options, 10.0, &[1.0]);
        let worst = solution.t.iter().zip(&solution.u).map(|(t, u)| (u - t.cos()).abs()).fold(0.0, f64::max);
        println!("{rtol:e}: {worst:.1e} {:?}", solution.counters);
        assert!(worst < 50.0 * rtol && solution.counters.steps < 60, "{worst:e}");
    }
}

#[test]
fn a_solve_keeps_its_jacobian_and_its_factors() {
    let ring = Ring { n: 2000 };
    let (u0, rate) = ring.mode();
    let solution = run(&ring, &ALL, &Options::default(), 0.05, &u0);
    let (c, decay) = (solution.counters, (-0.05 * rate).exp());
    assert!((solution.last()[0] - decay).abs() < 1e-6);
    assert!(c.jacobians == 1 && c.steps < 20 && c.factorisations < 3 * c.steps, "{c:?}");
}

/// M u′ = 1.
struct Constant {
    mass: Matrix,
}

impl Dynamics for Constant {
    fn dim(&self) -> usize {
        2
    }

    fn rhs(&self, _: &Interval, _: f64, _: &[f64], du: &mut [f64]) {
        du.fill(1.0);
    }

    fn mass(&self) -> Option<&Matrix> {
        Some(&self.mass)
    }
}

#[test]
fn what_cannot_be_solved_has_a_status() {
    let ended = |f: &dyn Dynamics, u0: &[f64]| {
        let options = Options { atol: Absolute::All(1e-20), ..Options::default() };
        let mut solver = Solver::new(f, &ALL, &options);
        let solution = solver.run(1.0, 2.0, u0, &mut Watch::default()).unwrap();
        (solution.status, solution.failure.and_then(|failure| failure.index))
    };
    // u slides along the jump of its slope: no step has a solution.
    let jump = |_: f64, u: &[f64], du: &mut [f64]| du[0] = if u[0] > 0.0 { -1.0 } else { 1.0 };
    assert_eq!(ended(&Function { n: 1, f: jump }, &[0.0]).0, Status::NewtonFailed);
    // x′ + y′ is determined twice, and neither of x and y.
    let twice = Matrix::Full { pattern: Pattern::Dense(2), values: vec![1.0; 4] };
    assert_eq!(ended(&Constant { mass: twice }, &[1.0, 1.0]), (Status::Singular, Some(1)));
    let grows = |_: f64, u: &[f64], du: &mut [f64]| du[0] = u[0] * u[0];
    assert_eq!(ended(&Function { n: 1, f: grows }, &[4.0]).0, Status::StepTooSmall);
}

/// u′ = −u v and m v′ = u − v − v³.
struct Pair {
    mass: Matrix,
}

impl Dynamics for Pair {
    fn dim(&self) -> usize {
        2
    }

    fn rhs(&self, _: &Interval, _: f64, u: &[f64], du: &mut [f64]) {
        du[0] = -u[0] * u[1];
        du[1] = u[0] - u[1] - u[1].powi(3);
    }

    fn jacobian(&self, _: &Interval, _: f64, u: &[f64], values: &mut [f64]) {
        values.copy_from_slice(&[-u[1], 1.0, -u[0], -1.0 - 3.0 * u[1] * u[1]]);
    }

    fn mass(&self) -> Option<&Matrix> {
        Some(&self.mass)
    }
}

/// The weighted sum of what a step from u leaves, and of its dense output.
fn functional(f: &Pair, method: &Radau, u: [f64; 2], h: f64, weights: &[f64; 2]) -> (f64, Record) {
    let (mut record, mut work) = (method.record(2), method.work(f));
    record.z[..2].copy_from_slice(&u);
    let at = Interval::plain(0.0, h);
    method.start(f, &at, &mut record.z, &mut work);
    let verdict = method.step(f, &at, &Scale { rtol: 1e-11, atol: &[1e-11; 2] }, &mut record, &mut work);
    assert!(matches!(verdict, Verdict::Judged { .. }), "{verdict:?}");
    let mut middle = [0.0; 2];
    method.dense(&record, 0.4, &mut middle);
    let sum = (0..2).map(|i| weights[i] * (record.next[i] + record.next[4 + i]) + middle[i]).sum();
    (sum, record)
}

#[test]
fn a_pull_is_the_transpose_of_a_step_of_every_order_algebraic_equations_included() {
    let (u, weights, h) = ([0.625, 0.5], [0.7, -0.4], 0.05);
    for (stages, m) in [3, 5, 7].into_iter().flat_map(|stages| [(stages, 0.0), (stages, 0.3)]) {
        let (method, f) = (only(stages), Pair { mass: Matrix::Diagonal(vec![1.0, m]) });
        let (_, record) = functional(&f, &method, u, h, &weights);
        let mut z̄ = vec![0.0; record.z.len()];
        z̄[..2].copy_from_slice(&weights);
        z̄[4..6].copy_from_slice(&weights);
        let (at, mut work) = (Interval::plain(0.0, h), method.work(&f));
        method.pull(&f, &at, &record, &[(0.4, &[1.0; 2])], &mut z̄, &mut [], &mut work);
        for i in 0..2 {
            let moved = |δ: f64| {
                let mut u = u;
                u[i] += δ;
                functional(&f, &method, u, h, &weights).0
            };
            let central = |δ: f64| (moved(δ) - moved(-δ)) / (2.0 * δ);
            let difference = (4.0 * central(1e-3) - central(2e-3)) / 3.0;
            assert!((difference - z̄[i]).abs() < 1e-8, "{stages} {m} {i}: {difference} {}", z̄[i]);
        }
        assert!(z̄[2..].iter().all(|&z| z == 0.0));
    }
}
