//! What was compiled is freed: thousands of models one after the other, and many problems over one program.
//!
//! A binary of its own with one test, so that nothing else takes memory meanwhile.

#![cfg(target_os = "linux")]

use std::fs;
use std::sync::Arc;

use nde::dynamics::{Dynamics, Interval, Scale};
use nde::method::tableaus::TSIT5;
use nde::problem::{Compiled, Values};
use nde_compiler::program::{Program, Runs};
use nde_tests::compile::program;

/// Models in all, and how many of them may leave the allocator's pools and the tables of the process behind.
const MODELS: usize = 10_000;
const WARM: usize = 1_000;

/// Growth that is not a leak, in bytes: even one page kept by each model would be eight times as much.
const FLAT: usize = 4 << 20;

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux tells the sizes of a process");
    let pages: usize = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).expect("the second number");
    pages * 4096
}

/// A model that no other k has: its coefficient is a constant, and so part of the code.
fn text(k: usize) -> String {
    format!("model M{k} {{\n    state x = 1\n    x' = -{k}.5*x + x^2\n}}\n\nsolve M{k} over 0..1\n")
}

fn compiled(program: &Arc<Program>) -> Compiled {
    let values = Values::new(program, 0.0, &[], &[]).expect("nothing is missing");
    Compiled::new(program.clone(), values).expect("nothing is missing")
}

/// f(0, 1), by machine code.
fn slope(f: &Compiled) -> f64 {
    let mut du = [0.0];
    f.rhs(&Interval::plain(0.0, 1.0), 0.0, &f.values.u0, &mut du);
    du[0]
}

/// A whole step by the kernel of a tableau.
fn step(f: &Compiled) -> [f64; 2] {
    let stages = f.stages(&TSIT5).expect("a small system has a kernel for a step");
    let (mut inner, mut next) = ([0.0; 5], [0.0; 2]);
    let (at, scale) = (Interval::plain(0.0, 0.1), Scale { rtol: 1e-6, atol: &[1e-9] });
    stages.step(&at, &scale, &[1.0, slope(f)], &mut inner, &mut next);
    next
}

/// Asserts that `work` leaves no more behind after `count` calls than after `warm`.
fn stays_flat(what: &str, warm: usize, count: usize, mut work: impl FnMut(usize)) {
    (0..warm).for_each(&mut work);
    let before = resident();
    (warm..count).for_each(&mut work);
    let grown = resident().saturating_sub(before);
    println!("{what}: {before} bytes after {warm}, {grown} more after {count}");
    assert!(grown < FLAT, "{what}: {grown} bytes more after {count} than after {warm}");
}

#[test]
fn what_was_compiled_is_freed_and_problems_share_their_programs_code() {
    stays_flat("models", WARM, MODELS, |k| {
        let program = Arc::new(program(&text(k)).expect("a model that is right"));
        assert_eq!(slope(&compiled(&program)), 0.5 - k as f64);
    });

    let shared = Arc::new(program(&text(1)).expect("a model that is right"));
    let first = step(&compiled(&shared));
    let nodes = shared.system().model.algebra.len();
    stays_flat("problems over one program", WARM, MODELS, |_| {
        assert_eq!(step(&compiled(&shared)), first);
    });
    let state = shared.system().unknowns.parts[0].symbol;
    let x = shared.system().algebra().scalar(state);
    stays_flat("observations", WARM, MODELS, |_| {
        let kernel = shared.observe(&[(Vec::new(), x)], Runs::Often).expect("nothing is missing");
        let mut result = [0.0];
        compiled(&shared).values.evaluate(&kernel, 0.0, &mut result);
        assert_eq!(result, [1.0]);
    });
    let grown = shared.system().model.algebra.len() - nodes;
    assert!(grown < 10, "{grown} expressions more after kernels that were there");
}
