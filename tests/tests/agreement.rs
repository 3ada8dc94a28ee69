//! The interpreter and machine code agree bit for bit on every kernel of every model, in every layout of lanes.
//!
//! `NDE_CASES=100000` runs that many generated models.

use nde_compiler::derive::adjoint::{Intermediates, Wanted};
use nde_compiler::derive::stages::Coefficients;
use nde_compiler::derive::system::System;
use nde_compiler::derive::tangent::Direction;
use nde_compiler::emit::kernel::{Callee, Kernel};
use nde_compiler::emit::loops::schedule;
use nde_compiler::emit::routine::Routine;
use nde_tests::compile::{model, model_text, models_folder};
use nde_tests::generate::{self, Size};
use nde_tests::kernels::difference;

/// The largest system whose Jacobian is taken as a matrix, and the largest that has a kernel for a step.
const LARGEST: u64 = 64;

/// Heun's method with an embedded Euler step.
const HEUN: Coefficients<'static> =
    Coefficients { a: &[&[1.0], &[0.5, 0.5]], c: &[0.0, 1.0, 1.0], error: &[-0.5, 0.5, 0.0] };

/// Every routine that a system gives.
fn routines(system: &mut System) -> Vec<Routine> {
    let mut routines = vec![system.rhs(), system.taped_rhs(), system.initial(), system.constants()];
    for direction in [Direction::State, Direction::Parameters, Direction::Time] {
        routines.push(system.pushforward(direction).0);
    }
    for wanted in [Wanted::State, Wanted::Parameters, Wanted::Both] {
        for intermediates in [Intermediates::Recompute, Intermediates::Tape] {
            routines.push(system.pullback(wanted, intermediates).0);
        }
    }
    if system.dim() <= LARGEST {
        let jacobian = system.jacobian();
        routines.push(system.dense_jacobian(&jacobian));
        routines.push(system.stages(&HEUN));
    }
    routines
}

/// What two executors disagree in, on kernels that call no host.
fn disagreement(text: &str, lanes: &[usize], seed: u64) -> Option<String> {
    let mut system = System::new(model(text).ok()?);
    for routine in routines(&mut system) {
        let kernel: Kernel = schedule(system.algebra(), &routine);
        if kernel.natives.iter().any(|callee| matches!(callee, Callee::Host { .. })) {
            continue;
        }
        for &lanes in lanes {
            if let Some(difference) = difference(&kernel, lanes, seed) {
                return Some(format!("{}: {difference}\n{text}", routine.name));
            }
        }
    }
    None
}

#[test]
fn executors_agree_on_every_kernel_of_generated_models() {
    let cases: u64 = std::env::var("NDE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(40);
    for seed in 0..cases {
        let text = format!("{}\nsolve Random over 0..1\n", generate::model(seed, &Size::default()));
        if let Some(found) = disagreement(&text, &[1, [3, 4, 8][seed as usize % 3]], seed) {
            panic!("seed {seed}: {found}");
        }
    }
}

#[test]
fn executors_agree_on_every_kernel_of_the_acceptance_models() {
    for entry in std::fs::read_dir(models_folder()).expect("the folder of models") {
        let name = entry.expect("an entry of the folder").file_name().into_string().expect("a name in UTF-8");
        let Some(stem) = name.strip_suffix(".nde") else { continue };
        let text = model_text(stem).replace("N = 32", "N = 5").replace("N = 64", "N = 5");
        if let Some(found) = disagreement(&text, &[1, 3, 4, 8], 1) {
            panic!("{name}: {found}");
        }
    }
}
