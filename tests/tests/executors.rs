//! The interpreter and machine code agree bit for bit on random routines, in every layout of lanes.
//!
//! `NDE_CASES=1000000` runs the long campaign; with `-- --nocapture` it says how far it is.

use std::sync::atomic::{AtomicU64, Ordering};

use nde_compiler::derive::system::System;
use nde_compiler::emit::program::Executor;
use nde_compiler::program::{Program, Purpose};
use nde_tests::compile::model;
use nde_tests::kernels::{difference, random_kernel};

/// Routines between two lines of progress.
const REPORTED: u64 = 25_000;

#[test]
fn machine_code_agrees_with_the_interpreter_on_random_routines() {
    let cases: u64 = std::env::var("NDE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let next = AtomicU64::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= cases {
                        return;
                    }
                    if seed > 0 && seed.is_multiple_of(REPORTED) {
                        eprintln!("{seed} of {cases} routines");
                    }
                    check(seed);
                }
            });
        }
    });
}

fn check(seed: u64) {
    let kernel = random_kernel(seed);
    for lanes in if seed.is_multiple_of(8) { &[1, 3, 4, 8][..] } else { &[1] } {
        if let Some(difference) = difference(&kernel, *lanes, seed) {
            panic!("seed {seed}: {difference}\n{kernel:#?}");
        }
    }
}

#[test]
fn what_runs_long_is_compiled_and_nobody_sees_when() {
    let text = "model M { param a = 1.5; state x = 1, y = 2; x' = a*x - x*y; y' = sin(x) - y }
                solve M over 0..1";
    let right_hand_sides = |executor: Executor| {
        let program = Program::new(System::new(model(text).expect("a model")), executor, Default::default());
        let kernel = program.kernel(Purpose::Rhs).expect("nothing is missing");
        let mut u = [1.0, 2.0];
        let tiers: Vec<bool> = (0..5000)
            .map(|_| {
                let (mut du, mut scratch) = ([0.0; 2], vec![0.0; kernel.kernel().scratch as usize]);
                kernel.call(&[&[0.0], &u, &[1.5], &[], &[], &[], &[]], &mut [&mut du], &mut scratch, 1);
                (0..2).for_each(|i| u[i] += 1e-3 * du[i]);
                kernel.is_compiled()
            })
            .collect();
        (u.map(f64::to_bits), tiers)
    };
    let [tiered, machine, interpreter] =
        [Executor::Tiered, Executor::Machine, Executor::Interpreter].map(right_hand_sides);
    assert_eq!([tiered.0; 2], [machine.0, interpreter.0]);
    assert!(!tiered.1[0] && tiered.1[4999] && tiered.1.is_sorted(), "{:?}", tiered.1);
    assert!(machine.1[0] && !interpreter.1[4999]);
}
