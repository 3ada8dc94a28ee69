//! Every registered method: its order, that of its dense output, and the transposes of its steps.

use nde::dynamics::{Dynamics, Interval, Scale};
use nde::method::{Method, MethodInfo, Record, Wish, methods};
use nde::solve::{Absolute, Options, Save, Solution, solve};
use nde_tests::problems::Known;

/// The largest error at the saved times of a solve over 0..1 in `steps` fixed steps.
fn error(method: &MethodInfo, steps: usize, save: Save) -> f64 {
    // The tolerances say how far implicit methods solve the equations of their steps.
    let options = Options {
        rtol: 1e-10,
        atol: Absolute::All(1e-12),
        dt: Some(1.0 / steps as f64),
        save,
        ..Options::default()
    };
    solved(method, &options)
}

/// The largest error at the saved times of a solve over 0..1.
fn solved(method: &MethodInfo, options: &Options) -> f64 {
    let known = Known::of(method);
    let solution: Solution = solve(&*known.standard(), method, options, 0.0, 1.0, &[1.0, 1.0]).unwrap();
    let differs = |(i, &t): (usize, &f64)| {
        let exact = (known.exact)(t);
        (0..2).map(|j| (solution.row(i)[j] - exact[j]).abs()).fold(0.0, f64::max)
    };
    solution.t.iter().enumerate().map(differs).fold(0.0, f64::max)
}

/// The observed order between a number of steps and twice as many: enough for the leading term of the error to rule,
/// and few enough for rounding not to matter.
fn observed(method: &MethodInfo, steps: usize, save: &Save) -> f64 {
    let (coarse, fine) = (error(method, steps, save.clone()), error(method, 2 * steps, save.clone()));
    println!("{:>12} {steps:>3}: {coarse:9.2e} {fine:9.2e} order {:.2}", method.name, (coarse / fine).log2());
    (coarse / fine).log2()
}

/// Those that keep one order from the first step on.
fn of_one_order() -> impl Iterator<Item = &'static MethodInfo> {
    methods().filter(|method| !method.varies_order())
}

#[test]
fn every_method_converges_at_its_order() {
    for method in of_one_order() {
        let steps = [64, 64, 64, 16, 16, 8, 8, 4, 4][method.order as usize - 1];
        let order = observed(method, steps, &Save::End);
        assert!(order > f64::from(method.order) - 0.35, "{}: {order}", method.name);
    }
}

#[test]
fn every_dense_output_converges_at_its_order() {
    for method in of_one_order() {
        let expected = f64::from(method.order.min(method.dense_order + 1));
        let steps = [64, 64, 64, 16, 16, 8, 8, 8, 4][method.order as usize - 1];
        let order = observed(method, steps, &Save::Count(101));
        assert!(order > expected - 0.35, "{}: {order} of {expected}", method.name);
    }
}

/// A method of variable order keeps its error, dense output included, in proportion to the tolerance.
#[test]
fn errors_follow_the_tolerance_where_the_order_varies() {
    for method in methods().filter(|method| method.varies_order()) {
        for save in [Save::End, Save::Count(101)] {
            let error = |rtol: f64| {
                let options =
                    Options { rtol, atol: Absolute::All(rtol), save: save.clone(), ..Options::default() };
                solved(method, &options)
            };
            let errors: Vec<f64> = [1e-4, 1e-6, 1e-8, 1e-10].map(error).to_vec();
            println!("{:>12} {errors:?}", method.name);
            // Over six decades, so that the steps at which an order changes do not show.
            let slope = (errors[0] / errors[3]).log10() / 6.0;
            assert!((0.7..1.3).contains(&slope), "{}: {slope}", method.name);
        }
    }
}

#[test]
fn every_method_has_a_name_that_the_language_knows_and_says_when_to_use_it() {
    for method in methods() {
        assert!(nde_compiler::check::METHODS.iter().any(|known| known.name == method.name));
        assert_eq!(methods().filter(|other| other.name == method.name).count(), 1);
        assert!(!method.summary.is_empty() && !method.citation.is_empty());
    }
}

/// The size of the step that is transposed: short enough for Newton's iteration to converge to rounding.
const SIZE: f64 = 0.02;

/// A step from t = 0.3 with its dense stages.
fn step(method: &dyn Method, f: &dyn Dynamics, z: &[f64]) -> Record {
    let mut record = method.record(2);
    let mut work = method.work(f);
    record.z.copy_from_slice(z);
    let at = Interval::plain(0.3, SIZE);
    // Explicit methods leave out what a step that does not pass has no use for.
    let tolerance = if method.is_implicit() { 1e-12 } else { 1.0 };
    let scale = Scale { rtol: tolerance, atol: &[tolerance; 4] };
    method.step(f, &at, &scale, &mut record, &mut work);
    method.extend(f, &at, &mut record, &mut work);
    record
}

/// The memory of a method at u, without its entries that are choices, not numbers.
fn memory(method: &dyn Method, f: &dyn Dynamics, u: [f64; 2]) -> Vec<f64> {
    let mut z = vec![0.0; method.memory(2)];
    z[..2].copy_from_slice(&u);
    method.start(f, &Interval::plain(0.3, SIZE), &mut z, &mut method.work(f));
    z
}

/// To go back is to copy z: a step is the same to the last bit after a longer one was tried, and with new buffers.
#[test]
fn a_step_of_an_explicit_method_is_a_function_of_its_memory() {
    for method in methods().filter(|method| method.family.is_explicit()) {
        let (f, engine) = (Known::of(method).standard(), (method.make)(&Wish::plain(1e-6)));
        let (mut record, mut work) = (engine.record(2), engine.work(&*f));
        let scale = Scale { rtol: 1e-2, atol: &[1e-2; 2] };
        record.z[..2].copy_from_slice(&[1.0, 1.0]);
        engine.start(&*f, &Interval::plain(0.0, 0.01), &mut record.z, &mut work);
        for step in 0..40 {
            let (t, h) = (0.01 * f64::from(step), 0.01);
            engine.step(&*f, &Interval::plain(t, h), &scale, &mut record, &mut work);
            let next = record.next.clone();
            engine.step(&*f, &Interval::plain(t, 10.0 * h), &scale, &mut record, &mut work);
            let mut again = engine.work(&*f);
            engine.step(&*f, &Interval::plain(t, h), &scale, &mut record, &mut again);
            assert_eq!(record.next, next, "{} at step {step}", method.name);
            std::mem::swap(&mut record.z, &mut record.next);
        }
    }
}

/// Tells the dot product of two lists.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn every_pull_is_the_transpose_of_its_step_dense_values_included() {
    let (θ, ū, z1) = ([0.3, 0.9], [[0.7, -0.4], [-1.1, 0.6]], [0.5, -0.8, 0.3, 0.9]);
    for method in methods().filter(|method| method.has_pull) {
        let (known, engine) = (Known::of(method), (method.make)(&Wish::plain(1e-6)));
        let m = engine.memory(2).min(4);
        // The functional of a step that the pull differentiates.
        let value = |z: &[f64], p: [f64; 2]| {
            let record = step(engine.as_ref(), &*(known.with)(p), z);
            let mut sum = dot(&record.next[..m], &z1);
            for k in 0..2 {
                let mut u = [0.0; 2];
                engine.dense(&record, θ[k], &mut u);
                sum += dot(&u, &ū[k]);
            }
            sum
        };
        let p = [0.9, 1.1];
        let f = (known.with)(p);
        let z = memory(engine.as_ref(), &*f, [1.2, 0.8]);
        let (record, at, mut work) =
            (step(engine.as_ref(), &*f, &z), Interval::plain(0.3, SIZE), engine.work(&*f));
        let (mut z̄, mut p̄) = (vec![0.0; z.len()], [0.0; 2]);
        z̄[..m].copy_from_slice(&z1[..m]);
        let cotangents = [(θ[0], &ū[0][..]), (θ[1], &ū[1][..])];
        engine.pull(&*f, &at, &record, &cotangents, &mut z̄, &mut p̄, &mut work);
        let δ = 1e-4;
        for i in 0..m + 2 {
            let shifted = |δ: f64| {
                let (mut z, mut p) = (z.clone(), p);
                *(if i < m { &mut z[i] } else { &mut p[i - m] }) += δ;
                value(&z, p)
            };
            let central = |δ: f64| (shifted(δ) - shifted(-δ)) / (2.0 * δ);
            let difference = (4.0 * central(δ) - central(2.0 * δ)) / 3.0;
            let pulled = if i < m { z̄[i] } else { p̄[i - m] };
            let close = 1e-8 * pulled.abs().max(1.0);
            assert!((difference - pulled).abs() < close, "{} {i}: {difference} {pulled}", method.name);
        }
    }
}

#[test]
fn push_and_pull_are_adjoint_to_rounding() {
    let (ż, ṗ, z̄) = ([0.3, -0.7, 1.1, 0.2], [0.6, -0.9], [0.5, -0.8, 0.3, 0.9]);
    for method in methods().filter(|method| method.has_push && method.has_pull) {
        let (f, engine) = ((Known::of(method).with)([0.9, 1.1]), (method.make)(&Wish::plain(1e-6)));
        let (record, at) = (step(engine.as_ref(), &*f, &[1.2, 0.8, 0.4, -0.5]), Interval::plain(0.3, SIZE));
        let mut work = engine.work(&*f);
        let (mut forward, mut backward, mut p̄) = (ż, z̄, [0.0; 2]);
        engine.push(&*f, &at, &record, &mut forward, &ṗ, &mut work);
        engine.pull(&*f, &at, &record, &[], &mut backward, &mut p̄, &mut work);
        let (left, right) = (dot(&z̄, &forward), dot(&backward, &ż) + dot(&p̄, &ṗ));
        // vern6 cancels terms a hundred times its result in several stages, which costs it three digits.
        assert!((left - right).abs() < 1e-12 * left.abs().max(1.0), "{}: {left} {right}", method.name);
    }
}
