//! The trait of methods serves multistep methods: a history in z, an order that varies, steps that the method chooses.

use nde::dynamics::{Dynamics, Held, Interval, Scale};
use nde::method::{Method, NextSize, Verdict};
use nde::solve::{Absolute, Options, Save, Solution, Solver, Status, Watch};
use nde_tests::multistep::{Multistep, order};
use nde_tests::problems::Robertson;

/// How fast the relaxation is, λ below.
const RATE: f64 = 1e4;

/// u′ = −λ (u − g(t)) + g′(t) with g = cos t until t = 1 and cos t + 1 from then on (A. Prothero and A. Robinson, Math.
/// Comp. 28 (1974) 145–162): u = g(t) up to the jump of g, which decays like e^(−λ (t − 1)).
struct Relaxation;

impl Dynamics for Relaxation {
    fn dim(&self) -> usize {
        1
    }

    fn rhs(&self, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        du[0] = -RATE * (u[0] - t.cos() - at.held.modes[0]) - t.sin();
    }

    fn jacobian(&self, _: &Interval, _: f64, _: &[f64], values: &mut [f64]) {
        values[0] = -RATE;
    }

    fn timed_count(&self) -> usize {
        1
    }

    fn timed(&self, t: f64, modes: &mut [f64]) {
        modes[0] = if t >= 1.0 { 1.0 } else { 0.0 };
    }

    fn stops(&self, t0: f64, t1: f64, stops: &mut Vec<f64>) {
        stops.extend([1.0].into_iter().filter(|&t| t0 < t && t < t1));
    }
}

fn exact(t: f64) -> f64 {
    if t <= 1.0 { t.cos() } else { t.cos() + 1.0 - (-RATE * (t - 1.0)).exp() }
}

fn run(f: &dyn Dynamics, options: &Options, t1: f64, u0: &[f64]) -> Solution {
    let mut solver = Solver::new(f, &Multistep, options);
    let solution = solver.run(0.0, t1, u0, &mut Watch::default()).expect("options that make sense");
    assert_eq!(solution.status, Status::Finished, "{:?}", solution.failure);
    solution
}

fn relaxed(rtol: f64, save: Save) -> Solution {
    let options = Options { rtol, atol: Absolute::All(rtol), save, ..Options::default() };
    run(&Relaxation, &options, 3.0, &[1.0])
}

#[test]
fn it_converges_on_a_stiff_problem_across_a_stop_with_few_steps() {
    for rtol in [1e-4, 1e-6, 1e-8] {
        let solution = relaxed(rtol, Save::Count(301));
        let errors = solution.t.iter().enumerate().map(|(i, &t)| (solution.row(i)[0] - exact(t)).abs());
        let (worst, c) = (errors.fold(0.0, f64::max), solution.counters);
        println!("rtol {rtol:e}: error {worst:.1e}, {} steps, {} rejected", c.steps, c.rejected_by_error);
        assert!(worst < 30.0 * rtol, "{worst:e} at {rtol:e}");
        // The fastest explicit step is 2/λ long; order 1 alone needs steps of √rtol.
        assert!(c.steps < 600, "{} steps at {rtol:e}", c.steps);
    }
}

#[test]
fn it_rejects_steps_and_chooses_its_order() {
    let f = Relaxation;
    let (method, scale) = (Multistep, Scale { rtol: 1e-8, atol: &[1e-8] });
    let (mut record, mut work) = (method.record(1), method.work(&f));
    record.z[0] = 1.0;
    let modes = [0.0];
    let within = |t: f64, h: f64| Interval {
        held: Held { modes: &modes, ..Held::default() },
        ..Interval::plain(t, h)
    };
    method.start(&f, &within(0.0, 1.0), &mut record.z, &mut work);
    let (mut t, mut h, mut orders) = (0.0, 1e-5, vec![]);
    while t < 0.9 {
        match method.step(&f, &within(t, h), &scale, &mut record, &mut work) {
            Verdict::Judged { square, next: NextSize::Factor(factor) } if square <= 1.0 => {
                t += h;
                h *= factor;
                orders.push(order(1, &record.next));
                std::mem::swap(&mut record.z, &mut record.next);
            }
            Verdict::Judged { next: NextSize::Factor(factor), .. } => h *= factor,
            verdict => panic!("{verdict:?} at {t}"),
        }
    }
    assert_eq!(orders[0], 1);
    assert!(orders.iter().any(|&order| order >= 4), "{orders:?}");
    assert!((record.z[0] - exact(t)).abs() < 1e-7);

    let rejecting = run(&Robertson::equations(), &robertson(), 40.0, &[1.0, 0.0, 0.0]);
    assert!(rejecting.counters.rejected_by_error > 0 && rejecting.counters.steps < 1000);
}

fn robertson() -> Options {
    Options { rtol: 1e-7, atol: Absolute::Each(vec![1e-9, 1e-13, 1e-9]), ..Options::default() }
}

/// To go back is to copy z: a step after a longer one from the same memory is the same step, to the last bit.
#[test]
fn a_step_is_a_function_of_its_memory() {
    let f = Robertson::equations();
    let (method, scale) = (Multistep, Scale { rtol: 1e-5, atol: &[1e-8; 3] });
    let (mut record, mut work) = (method.record(3), method.work(&f));
    record.z[..3].copy_from_slice(&[1.0, 0.0, 0.0]);
    method.start(&f, &Interval::plain(0.0, 1.0), &mut record.z, &mut work);
    let mut t = 0.0;
    for _ in 0..20 {
        let h = 1e-5;
        method.step(&f, &Interval::plain(t, h), &scale, &mut record, &mut work);
        let next = record.next.clone();
        method.step(&f, &Interval::plain(t, 300.0 * h), &scale, &mut record, &mut work);
        assert_ne!(record.next, next);
        let mut again = method.work(&f);
        method.step(&f, &Interval::plain(t, h), &scale, &mut record, &mut again);
        assert_eq!(record.next, next);
        t += h;
        std::mem::swap(&mut record.z, &mut record.next);
    }
    assert!(order(3, &record.z) > 1);
}

/// The values inside of a step meet those at its ends, whatever orders and sizes change between steps.
#[test]
fn dense_output_is_continuous() {
    let at_steps = relaxed(1e-6, Save::Steps);
    let beside = |t: &f64| [t - 1e-9, t + 1e-9];
    let times: Vec<f64> = at_steps.t[1..at_steps.t.len() - 1].iter().flat_map(beside).collect();
    let near = relaxed(1e-6, Save::At(times));
    for (k, pair) in near.u.chunks_exact(2).enumerate() {
        let u = at_steps.row(k + 1)[0];
        let jump = 3e-9 * RATE;
        assert!(
            (pair[0] - u).abs() < jump && (pair[1] - u).abs() < jump,
            "{pair:?} {u} at {}",
            near.t[2 * k]
        );
    }
}

/// Robertson's reaction to t = 40 (Hairer and Wanner, Solving ODEs II, IV.1).
#[test]
fn it_solves_robertsons_reaction() {
    let solution = run(&Robertson::equations(), &robertson(), 40.0, &[1.0, 0.0, 0.0]);
    for (u, expected) in solution.last().iter().zip([0.7158270687193, 9.185534764e-6, 0.2841637457458]) {
        assert!((u - expected).abs() < 1e-5 * expected, "{:?}", solution.last());
    }
}
