//! The routines of a model, each run by every executor.

use nde_compiler::derive::adjoint::{Intermediates, Wanted};
use nde_compiler::derive::jacobian::{Coverage, Jacobian};
use nde_compiler::derive::linear_step::LinearCoefficients;
use nde_compiler::derive::stages::Coefficients;
use nde_compiler::derive::system::{System, Timing};
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

/// The Rosenbrock method of order 2 with γ = 1 − 1/√2 (Verwer et al., SIAM J. Sci. Comput. 20 (1999) 1456), its error that of the
/// first stage.
const ROS2: LinearCoefficients<'static> = LinearCoefficients {
    gamma: 1.0 - std::f64::consts::FRAC_1_SQRT_2,
    a: &[&[1.0 / (1.0 - std::f64::consts::FRAC_1_SQRT_2)]],
    c: &[&[-2.0 / (1.0 - std::f64::consts::FRAC_1_SQRT_2)]],
    alpha: &[0.0, 1.0],
    d: &[1.0 - std::f64::consts::FRAC_1_SQRT_2, std::f64::consts::FRAC_1_SQRT_2 - 1.0],
    m: &[1.5 / (1.0 - std::f64::consts::FRAC_1_SQRT_2), 0.5 / (1.0 - std::f64::consts::FRAC_1_SQRT_2)],
    error: &[0.5, 0.5],
};

/// Every routine that a system gives.
fn routines(system: &mut System) -> Vec<Routine> {
    let mut routines = vec![system.rhs(), system.taped_rhs()];
    routines.extend(at_the_start(system));
    routines.extend(of_conditions(system));
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
    routines.extend(of_linear_steps(system, &jacobian));
    routines
}

/// What is computed once, before the first step.
fn at_the_start(system: &mut System) -> Vec<Routine> {
    let jacobian = system.initial_jacobian();
    let values = system.pattern(&jacobian).len().max(1) as u64;
    vec![
        system.constants(),
        system.defaults(),
        system.input_defaults(),
        system.initial_discrete(),
        system.initial(),
        system.mass_values(),
        system.initial_residuals(),
        system.sparse_jacobian(&jacobian, values),
    ]
}

/// What switches and events need.
fn of_conditions(system: &mut System) -> Vec<Routine> {
    let mut routines = vec![system.happens(), system.event_times()];
    for timing in [Timing::State, Timing::Timed] {
        routines.extend([system.roots(timing), system.conditions(timing), system.root_rates(timing).0]);
    }
    routines.extend((0..system.events.len()).map(|event| system.reset(event)));
    routines
}

/// The kernels of a step of a linearly implicit method, where the system has them.
fn of_linear_steps(system: &mut System, jacobian: &Jacobian) -> Vec<Routine> {
    if system.dim() > LARGEST || system.structure.is_some() {
        return Vec::new();
    }
    let Some(linear) = system.linearisation(jacobian) else { return Vec::new() };
    let (step, solve) = (system.linear_step(&linear, &ROS2), system.linear_solve(&linear, ROS2.gamma));
    vec![linear.routine, step, solve]
}

/// The routine's kernel, if it calls no host.
fn kernel(system: &mut System, routine: &Routine) -> Option<Kernel> {
    let kernel = schedule(system.algebra(), routine);
    let host = kernel.natives.iter().any(|callee| matches!(callee, Callee::Host { .. }));
    (!host).then_some(kernel)
}

/// What two executors disagree in, for every routine of a text's model.
///
/// # Errors
/// What the compiler complains about.
pub fn disagreement(text: &str, lanes: &[usize], seed: u64) -> Result<Option<String>, String> {
    let mut system = System::new(model(text)?);
    for routine in routines(&mut system) {
        let Some(kernel) = kernel(&mut system, &routine) else { continue };
        for &lanes in lanes {
            if let Some(difference) = difference(&kernel, lanes, seed) {
                return Ok(Some(format!("{}: {difference}\n{text}", routine.name)));
            }
        }
    }
    Ok(None)
}

/// States, instructions, instructions run and numbers read or written that a fuzzed kernel may have, so that each case
/// is soon over.
const FEW_STATES: u64 = 24;
const FEW_INSTRUCTIONS: usize = 2000;
const LITTLE_WORK: u64 = 100_000;
const FEW_NUMBERS: u64 = 10_000;

/// As [`disagreement`], for right-hand side, Jacobian and the products with it, on any numbers, where all is small.
///
/// # Errors
/// What the compiler complains about.
pub fn small_disagreement(text: &str, random: &mut Random) -> Result<Option<String>, String> {
    let mut system = System::new(model(text)?);
    if system.dim() > FEW_STATES {
        return Ok(None);
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
            return Ok(Some(format!("{}: {difference}\n{text}", routine.name)));
        }
    }
    Ok(None)
}

fn is_small(kernel: &Kernel) -> bool {
    let numbers = kernel.inputs.iter().chain(&kernel.outputs).map(|slot| slot.len);
    let numbers = numbers.fold(kernel.scratch, u64::saturating_add);
    kernel.size() <= FEW_INSTRUCTIONS && numbers <= FEW_NUMBERS && kernel.work() <= LITTLE_WORK
}
