//! Every registered method: its order, that of its dense output, and the transposes of its steps.

use nde::dynamics::{Interval, Scale};
use nde::method::{Method, MethodInfo, Record, Wish, methods};
use nde::solve::{Options, Save, solve};
use nde_tests::problems::Coupled;

/// The largest error at the saved times of a solve over 0..1 in `steps` fixed steps.
fn error(method: &MethodInfo, steps: usize, save: Save) -> f64 {
    let options = Options { dt: Some(1.0 / steps as f64), save, ..Options::default() };
    let solution = solve(&Coupled::STANDARD, method, &options, 0.0, 1.0, &[1.0, 1.0]).unwrap();
    let differs = |(i, &t): (usize, &f64)| {
        let exact = Coupled::exact(t);
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

#[test]
fn every_method_converges_at_its_order() {
    for method in methods() {
        let steps = [64, 64, 64, 16, 16, 8, 8, 4, 4][method.order as usize - 1];
        let order = observed(method, steps, &Save::End);
        assert!(order > f64::from(method.order) - 0.35, "{}: {order}", method.name);
    }
}

#[test]
fn every_dense_output_converges_at_its_order() {
    for method in methods() {
        let expected = f64::from(method.order.min(method.dense_order + 1));
        let steps = [64, 64, 64, 16, 16, 8, 8, 8, 4][method.order as usize - 1];
        let order = observed(method, steps, &Save::Count(101));
        assert!(order > expected - 0.35, "{}: {order} of {expected}", method.name);
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

/// A step of 0.2 from t = 0.3 with its dense stages.
fn step(method: &dyn Method, f: &Coupled, z: &[f64]) -> Record {
    let mut record = method.record(2);
    let mut work = method.work(f);
    record.z.copy_from_slice(z);
    let at = Interval::plain(0.3, 0.2);
    // The tolerance says how far the nonlinear equations of a step are solved; an explicit step is to pass.
    let tolerance = if method.is_implicit() { 1e-12 } else { 1.0 };
    method.step(f, &at, &Scale { rtol: tolerance, atol: &[tolerance; 2] }, &mut record, &mut work);
    method.extend(f, &at, &mut record, &mut work);
    record
}

/// The memory of a method at u, without its entries that are choices, not numbers.
fn memory(method: &dyn Method, f: &Coupled, u: [f64; 2]) -> Vec<f64> {
    let mut z = vec![0.0; method.memory(2)];
    z[..2].copy_from_slice(&u);
    method.start(f, &Interval::plain(0.3, 0.2), &mut z, &mut method.work(f));
    z
}

/// Tells the dot product of two lists.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn every_pull_is_the_transpose_of_its_step_dense_values_included() {
    let (θ, ū, z1) = ([0.3, 0.9], [[0.7, -0.4], [-1.1, 0.6]], [0.5, -0.8, 0.3, 0.9]);
    for method in methods().filter(|method| method.has_pull) {
        let engine = (method.make)(&Wish::plain(1e-6));
        let m = engine.memory(2).min(4);
        // The functional of a step that the pull differentiates.
        let value = |z: &[f64], p: [f64; 2]| {
            let record = step(engine.as_ref(), &Coupled { p }, z);
            let mut sum = dot(&record.next[..m], &z1);
            for k in 0..2 {
                let mut u = [0.0; 2];
                engine.dense(&record, θ[k], &mut u);
                sum += dot(&u, &ū[k]);
            }
            sum
        };
        let f = Coupled { p: [0.9, 1.1] };
        let z = memory(engine.as_ref(), &f, [1.2, 0.8]);
        let (record, at, mut work) =
            (step(engine.as_ref(), &f, &z), Interval::plain(0.3, 0.2), engine.work(&f));
        let (mut z̄, mut p̄) = (vec![0.0; z.len()], [0.0; 2]);
        z̄[..m].copy_from_slice(&z1[..m]);
        let cotangents = [(θ[0], &ū[0][..]), (θ[1], &ū[1][..])];
        engine.pull(&f, &at, &record, &cotangents, &mut z̄, &mut p̄, &mut work);
        let δ = 1e-4;
        for i in 0..m + 2 {
            let shifted = |δ: f64| {
                let (mut z, mut p) = (z.clone(), f.p);
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
    let f = Coupled { p: [0.9, 1.1] };
    let (ż, ṗ, z̄) = ([0.3, -0.7, 1.1, 0.2], [0.6, -0.9], [0.5, -0.8, 0.3, 0.9]);
    for method in methods().filter(|method| method.has_push && method.has_pull) {
        let engine = (method.make)(&Wish::plain(1e-6));
        let (record, at) = (step(engine.as_ref(), &f, &[1.2, 0.8, 0.4, -0.5]), Interval::plain(0.3, 0.2));
        let mut work = engine.work(&f);
        let (mut forward, mut backward, mut p̄) = (ż, z̄, [0.0; 2]);
        engine.push(&f, &at, &record, &mut forward, &ṗ, &mut work);
        engine.pull(&f, &at, &record, &[], &mut backward, &mut p̄, &mut work);
        let (left, right) = (dot(&z̄, &forward), dot(&backward, &ż) + dot(&p̄, &ṗ));
        // vern6 cancels terms a hundred times its result in several stages, which costs it three digits.
        assert!((left - right).abs() < 1e-12 * left.abs().max(1.0), "{}: {left} {right}", method.name);
    }
}
