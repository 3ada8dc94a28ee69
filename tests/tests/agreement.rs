//! The interpreter and machine code agree bit for bit on every kernel of every model, in every layout of lanes.
//!
//! `NDE_CASES=100000` runs that many generated models.

use nde::dynamics::{Dynamics, Held, Interval};
use nde::linear::Pattern;
use nde::problem::{Compiled, Values, weights};
use nde_compiler::derive::system::System;
use nde_compiler::emit::program::Executor;
use nde_compiler::program::Program;
use nde_tests::agreement::disagreement;
use nde_tests::compile::{model, model_text, models_folder};
use nde_tests::generate::{self, Size};

#[test]
fn executors_agree_on_every_kernel_of_generated_models() {
    let cases: u64 = std::env::var("NDE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    let mut compared = 0;
    for seed in 0..cases {
        let text = format!("{}\nsolve Random over 0..1\n", generate::model(seed, &Size::default()));
        match disagreement(&text, &[1, [3, 4, 8][seed as usize % 3]], seed) {
            Ok(Some(found)) => panic!("seed {seed}: {found}"),
            Ok(None) => compared += 1,
            Err(_) => {}
        }
    }
    // Some break a rule of the language, such as the shape of a product, which the generator does not know.
    assert!(4 * compared >= 3 * cases, "{compared} of {cases} generated models are right");
}

#[test]
fn executors_agree_on_every_kernel_of_the_acceptance_models() {
    let mut compared = 0;
    for entry in std::fs::read_dir(models_folder()).expect("the folder of models") {
        let name = entry.expect("an entry of the folder").file_name().into_string().expect("a name in UTF-8");
        let Some(stem) = name.strip_suffix(".nde") else { continue };
        let text = model_text(stem).replace("N = 32", "N = 5").replace("N = 64", "N = 5");
        let tasks = ["solve ", "fit ", "sweep "];
        if !text.lines().any(|line| tasks.iter().any(|task| line.starts_with(task))) {
            // Functions and layers alone, without a model.
            continue;
        }
        match disagreement(&text, &[1, 3, 4, 8], 1) {
            Ok(None) => compared += 1,
            Ok(Some(found)) => panic!("{name}: {found}"),
            Err(complaints) => panic!("{name}: {complaints}"),
        }
    }
    assert!(compared >= 16, "{compared} models");
}

/// Switches by state and time, events of each kind, derivatives that are unknowns with constraints, a mass matrix: models for
/// the routines that others do not have.
#[test]
fn executors_agree_on_what_switches_events_and_constraints_need() {
    let models = [
        "model M { param p = 0.3, q = 2; index i in 1..3; state u[i] = i, x = 1; discrete n = 0, last[i] = -1
            u'[i] = if u[i] > p*x then -u[i] else sin(t)*u[i]
            x' = (if t < q then 1 else -1) - x*n
            event each[i]: when u[i] < p and x > 0 { u[i] := 1 + x; last[i] := t }
            event tick: every p from q/3 { n := n + 1 }
            event at_once: at [p, 2*p] { x := x/2 } }
            solve M over 0..1",
        "model M { param k = 2; state x = 0.5, y = 1; let s = x + y
            exp(x') = 1 + x; y' = -y; init x' = 0.25*k; init s^2 = k }
            solve M over 0..1",
        "model M { param C1 = 1, C2 = 2; state v = 1, w = 1; alg z = 1
            (C1 + v^2)*v' + C2*w' = -v; 0 = v - w; 0 = z - v*w }
            solve M over 0..1",
    ];
    for text in models {
        let found = disagreement(text, &[1, 3, 4, 8], 1).unwrap_or_else(|complaints| panic!("{complaints}"));
        assert_eq!(found, None);
    }
}

/// A model at a point off its initial values, with every switch in one mode.
fn bound(text: &str, executor: Executor) -> (Compiled, Vec<f64>, Vec<f64>) {
    let program =
        Program::new(System::new(model(text).expect("checked before")), executor, Default::default());
    let weights = weights::initial(&program.system());
    let values = Values::new(&program, 0.3, &[], &weights).expect("nothing is missing");
    let f = Compiled::new(program.into(), values).expect("nothing is missing");
    let u = f.values.u0.iter().enumerate().map(|(i, u)| u * (1.0 + 0.1 * (i as f64).sin()) + 0.01).collect();
    let modes = vec![1.0; f.root_count() + f.timed_count()];
    (f, u, modes)
}

/// Compares the values in the slots of a large system's pattern with products with unit vectors, and with the
/// interpreter's to the last bit; how many slots there are, none for a small system.
fn slots_agree(text: &str) -> usize {
    let (f, u, modes) = bound(text, Executor::Machine);
    let (n, pattern) = (f.dim(), f.pattern());
    let at = Interval { held: Held { modes: &modes, ..Held::default() }, ..Interval::plain(0.3, 0.1) };
    if matches!(pattern, Pattern::Dense(_)) {
        return 0;
    }
    let mut values = vec![f64::NAN; pattern.len()];
    f.jacobian(&at, 0.3, &u, &mut values);
    let mut dense = vec![0.0; n * n];
    pattern.each(|slot, i, j| dense[i + j * n] = values[slot]);
    for j in 0..n {
        let (mut unit, mut column) = (vec![0.0; n], vec![0.0; n]);
        unit[j] = 1.0;
        f.jvp(&at, 0.3, &u, &unit, &mut column);
        let largest = column.iter().fold(1e-300, |most: f64, x| most.max(x.abs()));
        for (i, (&found, &product)) in dense[j * n..(j + 1) * n].iter().zip(&column).enumerate() {
            let same = (found - product).abs() <= 1e-12 * largest || !product.is_finite();
            assert!(same, "entry ({i}, {j}): {found:e}, by a product {product:e}\n{text}");
        }
    }
    let (specification, u, modes) = bound(text, Executor::Interpreter);
    let at = Interval { held: Held { modes: &modes, ..Held::default() }, ..at };
    let mut expected = vec![f64::NAN; pattern.len()];
    specification.jacobian(&at, 0.3, &u, &mut expected);
    let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    assert!(values.iter().zip(&expected).all(same), "executors differ\n{text}");
    pattern.len()
}

#[test]
fn the_slots_of_a_sparse_jacobian_hold_its_entries() {
    let brusselator = model_text("8_brusselator").replace("N = 32", "N = 8").replace("N = 64", "N = 8");
    // Each of the two unknowns of a point reads its four neighbours, itself and the other.
    assert_eq!(slots_agree(&brusselator), 2 * 8 * 8 * 6);
    let size = Size { points: 24, arrays: 4, ..Size::default() };
    let mut sparse = 0;
    for seed in 0..40 {
        let text = format!("{}\nsolve Random over 0..1\n", generate::model(seed, &size));
        if model(&text).is_ok() && slots_agree(&text) > 0 {
            sparse += 1;
        }
    }
    println!("{sparse} generated models are sparse");
    assert!(sparse >= 10, "{sparse}");
}
