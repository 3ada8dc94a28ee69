//! The routines of a model, each run by every executor.

use nde_compiler::derive::adjoint::{Intermediates, Wanted};
use nde_compiler::derive::jacobian::Coverage;
use nde_compiler::derive::stages::Coefficients;
use nde_compiler::derive::system::System;
use nde_compiler::derive::tangent::Direction;
use nde_compiler::emit::kernel::{Callee, Kernel};
use nde_compiler::emit::loops::schedule;
use nde_compiler::emit::routine::Routine;

use crate::compile::model;
use crate::kernels::{difference, difference_on};
use crate::random::Random;

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
    let jacobian = system.jacobian();
    if jacobian.coverage == Coverage::Complete {
        let values = system.pattern(&jacobian).len().max(1) as u64;
        routines.push(system.sparse_jacobian(&jacobian, values));
    }
    if system.dim() <= LARGEST {
        routines.push(system.dense_jacobian(&jacobian));
    }
    // A step of an explicit method is of differential equations alone.
    if system.dim() <= LARGEST && system.mass.is_none() {
        routines.push(system.stages(&HEUN));
    }
    routines
}

/// The routine's kernel, if it calls no host.
fn kernel(system: &mut System, routine: &Routine) -> Option<Kernel> {
    let kernel = schedule(system.algebra(), routine);
    let host = kernel.natives.iter().any(|callee| matches!(callee, Callee::Host { .. }));
    (!host).then_some(kernel)
}

/// What two executors disagree in, for every routine of a text's model; nothing where the text has mistakes.
pub fn disagreement(text: &str, lanes: &[usize], seed: u64) -> Option<String> {
    let mut system = System::new(model(text).ok()?);
    for routine in routines(&mut system) {
        let Some(kernel) = kernel(&mut system, &routine) else { continue };
        for &lanes in lanes {
            if let Some(difference) = difference(&kernel, lanes, seed) {
                return Some(format!("{}: {difference}\n{text}", routine.name));
            }
        }
    }
    None
}

/// States, instructions, instructions run and numbers read or written that a fuzzed kernel may have, so that each case
/// is soon over.
const FEW_STATES: u64 = 24;
const FEW_INSTRUCTIONS: usize = 2000;
const LITTLE_WORK: u64 = 100_000;
const FEW_NUMBERS: u64 = 10_000;

/// As [`disagreement`], for right-hand side, Jacobian and the products with it, on any numbers, where all is small.
pub fn small_disagreement(text: &str, random: &mut Random) -> Option<String> {
    let mut system = System::new(model(text).ok()?);
    if system.dim() > FEW_STATES {
        return None;
    }
    let lanes = *random.pick(&[1, 1, 3, 4]);
    let jacobian = system.jacobian();
    let routines = [
        system.rhs(),
        system.dense_jacobian(&jacobian),
        system.pushforward(Direction::State).0,
        system.pullback(Wanted::Both, Intermediates::Recompute).0,
    ];
    for routine in routines {
        let Some(kernel) = kernel(&mut system, &routine) else { continue };
        if !is_small(&kernel) {
            continue;
        }
        if let Some(difference) = difference_on(&kernel, lanes, &mut || random.anything()) {
            return Some(format!("{}: {difference}\n{text}", routine.name));
        }
    }
    None
}

fn is_small(kernel: &Kernel) -> bool {
    let numbers = kernel.inputs.iter().chain(&kernel.outputs).map(|slot| slot.len);
    let numbers = numbers.fold(kernel.scratch, u64::saturating_add);
    kernel.size() <= FEW_INSTRUCTIONS && numbers <= FEW_NUMBERS && kernel.work() <= LITTLE_WORK
}
