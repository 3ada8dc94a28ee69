//! The backward differentiation formulas: a history in z alone, orders that vary, steps that the method chooses.

use nde::dynamics::{Dynamics, Function, Held, Interval, Scale};
use nde::linear::{Matrix, Pattern};
use nde::method::{Bdf, Method, NextSize, Record, Verdict, Wish, Work, find};
use nde::solve::{Absolute, Options, Save, Solution, Solver, Status, Watch};
use nde_tests::problems::{Coupled, Ring, Robertson};

const ALL: Bdf = Bdf { least: 1, most: 5 };

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
    let mut solver = Solver::new(f, &ALL, options);
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
    for (rtol, most) in [(1e-4, 80), (1e-6, 150), (1e-8, 300)] {
        let solution = relaxed(rtol, Save::Count(301));
        let errors = solution.t.iter().enumerate().map(|(i, &t)| (solution.row(i)[0] - exact(t)).abs());
        let (worst, c) = (errors.fold(0.0, f64::max), solution.counters);
        println!("rtol {rtol:e}: error {worst:.1e}, {} steps, {} rejected", c.steps, c.rejected_by_error);
        assert!(worst < 5.0 * rtol, "{worst:e} at {rtol:e}");
        // The fastest explicit step is 2/λ long.
        assert!(c.steps < most, "{} steps at {rtol:e}", c.steps);
    }
}

/// Before the stop.
const HELD: Held = Held { modes: &[0.0], discrete: &[] };

/// A walk of single steps: what a method does with its memory.
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
        ALL.start(f, &Interval { held: HELD, ..Interval::plain(0.0, 1.0) }, &mut record.z, &mut work);
        Walk { f, scale, record, work, t: 0.0, h }
    }

    /// One step that passes.
    fn step(&mut self) {
        self.record.attempt = 0;
        loop {
            let at = Interval { held: HELD, ..Interval::plain(self.t, self.h) };
            match ALL.step(self.f, &at, &self.scale, &mut self.record, &mut self.work) {
                Verdict::Judged { square, next: NextSize::Factor(factor) } if square <= 1.0 => {
                    self.t += self.h;
                    self.h *= factor;
                    std::mem::swap(&mut self.record.z, &mut self.record.next);
                    return;
                }
                Verdict::Judged { next: NextSize::Factor(factor), .. } => self.h *= factor,
                verdict => panic!("{verdict:?} at {}", self.t),
            }
            self.record.attempt += 1;
        }
    }
}

#[test]
fn it_rejects_steps_and_chooses_its_order() {
    let mut walk = Walk::from(&Relaxation, Scale { rtol: 1e-8, atol: &[1e-8] }, &[1.0], 1e-5);
    let mut orders = vec![];
    while walk.t < 0.9 {
        orders.push(ALL.order(1, &walk.record.z));
        walk.step();
    }
    assert_eq!(orders[0], 1);
    assert!(orders.contains(&5), "{orders:?}");
    assert!((walk.record.z[0] - walk.t.cos()).abs() < 1e-7);

    let rejecting = run(&Robertson::equations(), &robertson(), 40.0, &[1.0, 0.0, 0.0]);
    assert!(rejecting.counters.rejected_by_error > 0 && rejecting.counters.steps < 250);
}

fn robertson() -> Options {
    Options { rtol: 1e-7, atol: Absolute::Each(vec![1e-9, 1e-13, 1e-9]), ..Options::default() }
}

/// To go back is to copy z: a step after a longer one from the same memory is the same step, to the last bit.
#[test]
fn a_step_is_a_function_of_its_memory() {
    let f = Robertson::equations();
    let scale = Scale { rtol: 1e-5, atol: &[1e-8; 3] };
    let mut walk = Walk::from(&f, scale, &[1.0, 0.0, 0.0], 1e-5);
    for _ in 0..60 {
        let (t, h, record, work) = (walk.t, walk.h, &mut walk.record, &mut walk.work);
        work.forget();
        ALL.step(&f, &Interval::plain(t, h), &scale, record, work);
        let next = record.next.clone();
        ALL.step(&f, &Interval::plain(t, 300.0 * h), &scale, record, work);
        assert_ne!(record.next, next);
        work.forget();
        ALL.step(&f, &Interval::plain(t, h), &scale, record, work);
        assert_eq!(record.next, next);
        ALL.step(&f, &Interval::plain(t, h), &scale, record, &mut ALL.work(&f));
        assert_eq!(record.next, next);
        walk.step();
    }
    assert!(ALL.order(3, &walk.record.z) > 1);
}

#[test]
fn a_run_resumed_from_a_checkpoint_gives_the_same_bits() {
    let f = Robertson::algebraic();
    let scale = Scale { rtol: 1e-7, atol: &[1e-10; 3] };
    let mut walk = Walk::from(&f, scale, &[1.0, 0.0, 0.0], 1e-5);
    (0..70).for_each(|_| walk.step());
    let (z, t, h) = (walk.record.z.clone(), walk.t, walk.h);
    walk.work.forget();
    (0..150).for_each(|_| walk.step());
    let mut record = ALL.record(3);
    record.z = z;
    let mut resumed = Walk { f: &f, scale, record, work: ALL.work(&f), t, h };
    (0..150).for_each(|_| resumed.step());
    assert_eq!((resumed.record.z, resumed.t, resumed.h), (walk.record.z, walk.t, walk.h));
}

/// Steps of size h over 0..1 at order k alone, after exact values; the error at the end, and the worst of the dense output of the
/// first step, whose history is exact.
fn fixed(k: usize, steps: usize) -> [f64; 2] {
    let (f, h, method) = (Coupled::STANDARD, 1.0 / steps as f64, Bdf { least: k, most: k });
    let scale = Scale { rtol: 1e-13, atol: &[1e-13; 2] };
    let values: Vec<[f64; 2]> = (0..=k).map(|j| Coupled::exact(-h * j as f64)).collect();
    let values: Vec<&[f64]> = values.iter().map(|value| &value[..]).collect();
    let (mut record, mut work) = (method.record(2), method.work(&f));
    record.z = method.past(2, h, &values);
    let differs = |u: &[f64], t: f64| {
        let exact = Coupled::exact(t);
        (u[0] - exact[0]).abs().max((u[1] - exact[1]).abs())
    };
    let mut dense = 0.0_f64;
    for step in 0..steps {
        let t = step as f64 * h;
        let verdict = method.step(&f, &Interval::plain(t, h), &scale, &mut record, &mut work);
        assert!(matches!(verdict, Verdict::Judged { .. }), "{verdict:?}");
        if step == 0 {
            for θ in [0.1, 0.37, 0.5, 0.83] {
                let mut u = [0.0; 2];
                method.dense(&record, θ, &mut u);
                dense = dense.max(differs(&u, t + θ * h));
            }
        }
        std::mem::swap(&mut record.z, &mut record.next);
    }
    assert_eq!(method.order(2, &record.z), k);
    [differs(record.u(), 1.0), dense]
}

#[test]
fn every_order_converges_after_an_exact_history_dense_output_included() {
    for k in 1..=5 {
        let steps = [128, 128, 64, 64, 64][k - 1];
        let (coarse, fine) = (fixed(k, steps), fixed(k, 2 * steps));
        let order = [0, 1].map(|i| (coarse[i] / fine[i]).log2());
        println!("order {k}: {coarse:?} {fine:?} {order:?}");
        assert!((order[0] - k as f64).abs() < 0.2, "order {k}: {}", order[0]);
        assert!(order[1] > k as f64 + 0.8, "dense output of order {k}: {}", order[1]);
    }
}

#[test]
fn the_order_can_be_limited() {
    for most in 1..=5 {
        let method = Bdf::up_to(most);
        let options = Options { rtol: 1e-6, ..Options::default() };
        let mut solver = Solver::new(&Relaxation, &method, &options);
        let solution = solver.run(0.0, 0.9, &[1.0], &mut Watch::default()).unwrap();
        assert!((solution.last()[0] - 0.9_f64.cos()).abs() < 1e-5);
        let steps = solution.counters.steps;
        println!("order {most}: {steps} steps");
        assert!((steps > 400) == (most == 1), "order {most}: {steps} steps");
    }
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
        let t = at_steps.t[k + 1];
        // The solution itself moves between the two times, fast only after its jump at t = 1.
        let slope = 1.0 + if t < 1.0 { 0.0 } else { RATE * (-RATE * (t - 1.0)).exp() };
        let jump = 3e-9 * slope;
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
    for f in [Robertson::equations(), Robertson::algebraic()] {
        let solution = run(&f, &robertson(), 40.0, &[1.0, 0.0, 0.0]);
        for (u, expected) in solution.last().iter().zip([0.7158270687193, 9.185534764e-6, 0.2841637457458]) {
            assert!((u - expected).abs() < 3e-6 * expected, "{:?}", solution.last());
        }
    }
}

/// x′ = −z, 0 = x z² − z³ − p₀(1 + t) + p₁ x for u = (x, z): the algebraic unknown has a derivative of its own.
struct Algebraic {
    p: [f64; 2],
    mass: Matrix,
}

impl Algebraic {
    fn new(p: [f64; 2]) -> Algebraic {
        Algebraic { p, mass: Matrix::Diagonal(vec![2.0, 0.0]) }
    }
}

impl Dynamics for Algebraic {
    fn dim(&self) -> usize {
        2
    }

    fn rhs(&self, _: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        du[0] = -u[1];
        du[1] = u[0] * u[1].powi(2) - u[1].powi(3) - self.p[0] * (1.0 + t) + self.p[1] * u[0];
    }

    fn jacobian(&self, _: &Interval, _: f64, u: &[f64], values: &mut [f64]) {
        values.copy_from_slice(&[
            0.0,
            u[1].powi(2) + self.p[1],
            -1.0,
            2.0 * u[0] * u[1] - 3.0 * u[1].powi(2),
        ]);
    }

    fn time_derivative(&self, _: &Interval, _: f64, _: &[f64], ft: &mut [f64]) {
        ft.copy_from_slice(&[0.0, -self.p[0]]);
    }

    fn mass(&self) -> Option<&Matrix> {
        Some(&self.mass)
    }

    fn algebraic(&self) -> &[bool] {
        &[false, true]
    }

    fn parameter_count(&self) -> usize {
        2
    }

    fn parameter_pullback(&self, _: &Interval, t: f64, u: &[f64], λ: &[f64], p̄: &mut [f64]) {
        p̄[0] -= (1.0 + t) * λ[1];
        p̄[1] += u[0] * λ[1];
    }
}

#[test]
fn a_start_knows_the_derivatives_of_algebraic_unknowns() {
    let f = Algebraic::new([0.3, 0.1]);
    let (mut z, u) = (vec![0.0; ALL.memory(2)], [2.0, 1.5]);
    z[..2].copy_from_slice(&u);
    ALL.start(&f, &Interval::plain(0.5, 1.0), &mut z, &mut ALL.work(&f));
    let x = -0.5 * u[1];
    let slope = (0.3 - (u[1] * u[1] + 0.1) * x) / (2.0 * u[0] * u[1] - 3.0 * u[1] * u[1]);
    let found = ALL.derivative(2, &z).expect("a slope");
    assert!((found[0] - x).abs() < 1e-5 && (found[1] - slope).abs() < 1e-5, "{found:?} {x} {slope}");
}

/// A functional of one step at order k from a memory of numbers, with dense values.
fn value(f: &dyn Dynamics, method: &Bdf, z: &[f64], weights: &[f64], h: f64) -> (f64, Record) {
    let scale = Scale { rtol: 1e-12, atol: &[1e-12; 2] };
    let (mut record, mut work) = (method.record(2), method.work(f));
    record.z.copy_from_slice(z);
    let verdict = method.step(f, &Interval::plain(0.3, h), &scale, &mut record, &mut work);
    assert!(matches!(verdict, Verdict::Judged { .. }), "{verdict:?}");
    let mut sum: f64 = record.next.iter().zip(weights).map(|(next, weight)| next * weight).sum();
    for (θ, ū) in DENSE {
        let mut u = [0.0; 2];
        method.dense(&record, θ, &mut u);
        sum += u[0] * ū[0] + u[1] * ū[1];
    }
    (sum, record)
}

const DENSE: [(f64, [f64; 2]); 2] = [(0.3, [0.7, -0.4]), (0.9, [-1.1, 0.6])];

/// Compares a pull with differences by every number of the memory and by the parameters.
fn pulled<F: Dynamics>(make: impl Fn([f64; 2]) -> F, p: [f64; 2], k: usize, z: &[f64], h: f64) {
    let method = Bdf { least: k, most: k };
    let numbers = 2 * (k + 2);
    // The scalars behind the differences are choices, not numbers.
    let weights: Vec<f64> = (0..16).map(|i| (1.7 * i as f64 + 0.3).sin()).collect();
    let f = make(p);
    let (_, record) = value(&f, &method, z, &weights, h);
    let (mut z̄, mut p̄) = (weights.clone(), [0.0; 2]);
    z̄.resize(z.len(), 0.0);
    let cotangents = DENSE.each_ref().map(|(θ, ū)| (*θ, &ū[..]));
    method.pull(&f, &Interval::plain(0.3, h), &record, &cotangents, &mut z̄, &mut p̄, &mut method.work(&f));
    for i in 0..numbers + 2 {
        let shifted = |δ: f64| {
            let (mut z, mut p) = (z.to_vec(), p);
            *(if i < numbers { &mut z[i] } else { &mut p[i - numbers] }) += δ;
            value(&make(p), &method, &z, &weights, h).0
        };
        let central = |δ: f64| (shifted(δ) - shifted(-δ)) / (2.0 * δ);
        let difference = (4.0 * central(1e-4) - central(2e-4)) / 3.0;
        let pulled = if i < numbers { z̄[i] } else { p̄[i - numbers] };
        // Most agree to 1e-10; where iterations end after different numbers of corrections, the differences see it.
        assert!(
            (difference - pulled).abs() < 1e-5 * pulled.abs().max(1.0),
            "order {k}, {i}: {difference} {pulled}"
        );
    }
}

#[test]
fn a_pull_is_the_transpose_of_a_step_of_every_order() {
    for k in 1..=5 {
        // Steps short enough for the iteration to converge to rounding.
        for spacing in [0.002, 0.0014] {
            let coupled: Vec<[f64; 2]> = (0..=k).map(|j| Coupled::exact(0.3 - spacing * j as f64)).collect();
            let values: Vec<&[f64]> = coupled.iter().map(|value| &value[..]).collect();
            let z = Bdf { least: k, most: k }.past(2, spacing, &values);
            pulled(|p| Coupled { p }, [0.9, 1.1], k, &z, 0.002);
            let consistent = |j: usize| {
                let (t, z) = (0.3 - spacing * j as f64, 1.5 + 0.002 * (j * j) as f64);
                [(z.powi(3) + 0.9 * (1.0 + t)) / (z * z + 1.1), z]
            };
            let algebraic: Vec<[f64; 2]> = (0..=k).map(consistent).collect();
            let values: Vec<&[f64]> = algebraic.iter().map(|value| &value[..]).collect();
            let z = Bdf { least: k, most: k }.past(2, spacing, &values);
            pulled(Algebraic::new, [0.9, 1.1], k, &z, 0.002);
        }
    }
}

/// The same as [`Algebraic`], its second row added to the first: the rows of M depend on each other, and none of them is zero.
struct Added(Algebraic);

impl Added {
    fn new(p: [f64; 2]) -> Added {
        Added(Algebraic {
            mass: Matrix::Full { pattern: Pattern::Dense(2), values: vec![2.0, 2.0, 0.0, 0.0] },
            ..Algebraic::new(p)
        })
    }
}

impl Dynamics for Added {
    fn dim(&self) -> usize {
        2
    }

    fn rhs(&self, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        self.0.rhs(at, t, u, du);
        du[1] += du[0];
    }

    fn jacobian(&self, at: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        self.0.jacobian(at, t, u, values);
        (values[1], values[3]) = (values[1] + values[0], values[3] + values[2]);
    }

    fn time_derivative(&self, at: &Interval, t: f64, u: &[f64], ft: &mut [f64]) {
        self.0.time_derivative(at, t, u, ft);
        ft[1] += ft[0];
    }

    fn mass(&self) -> Option<&Matrix> {
        self.0.mass()
    }

    fn parameter_count(&self) -> usize {
        2
    }

    fn parameter_pullback(&self, at: &Interval, t: f64, u: &[f64], λ: &[f64], p̄: &mut [f64]) {
        self.0.parameter_pullback(at, t, u, &[λ[0] + λ[1], λ[1]], p̄);
    }
}

/// u at t = 0.5 for p = (0.3, 0.1), with an algebraic equation that holds.
const CONSISTENT: [f64; 2] = [(1.5 * 1.5 * 1.5 + 0.3 * 1.5) / (1.5 * 1.5 + 0.1), 1.5];

/// Compares the pull of a start with differences by u and the parameters.
fn start_is_pulled<F: Dynamics>(make: impl Fn([f64; 2]) -> F, method: &dyn Method, u: [f64; 2]) {
    let (v̄, p) = ([0.6, -0.9], [0.3, 0.1]);
    let at = Interval::plain(0.5, 1.0);
    let started = |u: [f64; 2], p: [f64; 2]| {
        let (f, mut z) = (make(p), vec![0.0; method.memory(2)]);
        z[..2].copy_from_slice(&u);
        method.start(&f, &at, &mut z, &mut method.work(&f));
        z
    };
    let z = started(u, p);
    let (mut z̄, mut p̄) = (vec![0.0; z.len()], [0.0; 2]);
    z̄[2..4].copy_from_slice(&v̄);
    method.pull_start(&make(p), &at, &z, &mut z̄, &mut p̄);
    for i in 0..4 {
        let shifted = |δ: f64| {
            let (mut u, mut p) = (u, p);
            *(if i < 2 { &mut u[i] } else { &mut p[i - 2] }) += δ;
            let z = started(u, p);
            z[2] * v̄[0] + z[3] * v̄[1]
        };
        let difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
        let pulled = if i < 2 { z̄[i] } else { p̄[i - 2] };
        assert!((difference - pulled).abs() < 1e-5 * pulled.abs().max(1.0), "{i}: {difference} {pulled}");
    }
}

#[test]
fn a_pull_of_a_start_is_its_transpose_where_unknowns_are_algebraic() {
    let esdirk = (find("kvaerno5").expect("a method").make)(&Wish::plain(1e-6));
    for method in [&ALL as &dyn Method, &*esdirk] {
        start_is_pulled(Algebraic::new, method, [2.0, 1.5]);
        start_is_pulled(Added::new, method, CONSISTENT);
    }
}

/// z is off by some hundred tolerances: a step that the history leads to is refused, and a later try knows why.
#[test]
fn an_algebraic_equation_that_does_not_hold_at_a_point_stops_no_steps() {
    let f = Algebraic::new([0.3, 0.1]);
    let scale = Scale { rtol: 1e-8, atol: &[1e-8; 2] };
    let at = |h: f64| Interval::plain(0.5, h);
    let (mut record, mut work) = (ALL.record(2), ALL.work(&f));
    record.z[..2].copy_from_slice(&[CONSISTENT[0], CONSISTENT[1] + 1e-5]);
    ALL.start(&f, &at(1.0), &mut record.z, &mut work);
    let mut square = |attempt: u32, h: f64| {
        record.attempt = attempt;
        let mut work = ALL.work(&f);
        match ALL.step(&f, &at(h), &scale, &mut record, &mut work) {
            Verdict::Judged { square, .. } => square,
            other => panic!("{other:?}"),
        }
    };
    for h in [1e-5, 1e-9] {
        assert!(square(0, h) > 100.0, "{h}");
        assert!(square(3, h) < 1.0, "{h}");
    }
    assert!(square(3, 1e-2) > 1.0);
}

#[test]
fn a_start_is_the_same_for_equations_that_were_added() {
    let slope = |f: &dyn Dynamics| {
        let mut z = vec![0.0; ALL.memory(2)];
        z[..2].copy_from_slice(&CONSISTENT);
        ALL.start(f, &Interval::plain(0.5, 1.0), &mut z, &mut ALL.work(f));
        [z[2], z[3]]
    };
    let (apart, added) = (slope(&Algebraic::new([0.3, 0.1])), slope(&Added::new([0.3, 0.1])));
    (0..2).for_each(|i| assert!((apart[i] - added[i]).abs() < 1e-5, "{apart:?} {added:?}"));
}

#[test]
fn fixed_steps_are_taken_at_rising_orders() {
    let error = |steps: u32| {
        let options = Options { dt: Some(1.0 / f64::from(steps)), ..Options::default() };
        let solution = run(&Coupled::STANDARD, &options, 1.0, &[1.0, 1.0]);
        assert_eq!(solution.counters.steps, u64::from(steps));
        (solution.last()[0] - Coupled::exact(1.0)[0]).abs()
    };
    // The first steps are of order 1, which leaves an error of order 2.
    let order = (error(64) / error(128)).log2();
    assert!(order > 1.8, "{order}");
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
    assert_eq!(ended(&Function { n: 1, f: grows }, &[4.0]), (Status::StepTooSmall, Some(0)));
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

/// A hundred thousand unknowns: the memory is eight columns, and a step takes a few passes over them.
#[test]
fn large_systems_are_solved_with_few_factorisations() {
    let ring = Ring { n: 100_000 };
    assert_eq!(ALL.memory(ring.n), 8 * ring.n + 4);
    let (u0, rate) = ring.mode();
    let options = Options { rtol: 1e-4, atol: Absolute::All(1e-6), ..Options::default() };
    let solution = run(&ring, &options, 0.05, &u0);
    let (decay, c) = ((-0.05 * rate).exp(), solution.counters);
    println!("{c:?}");
    assert!((solution.last()[0] - decay).abs() < 1e-3);
    assert!(c.steps < 60 && c.factorisations < 30 && c.jacobians < 3, "{c:?}");
}
