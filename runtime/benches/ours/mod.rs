//! The models of the comparison in the language, compiled and ready to be timed.

mod brusselator;
pub mod sweep;

use std::hint::black_box;
use std::sync::Arc;

use nde::dynamics::{Dynamics, Held, Interval};
use nde::method;
use nde::problem::{Compiled, Values};
use nde::session;
use nde::solve::{Absolute, Options, Solver, Watch};
use nde_compiler::derive::adjoint::{Intermediates, Wanted};
use nde_compiler::program::{Program, Purpose};

use brusselator::BRUSSELATOR;

use crate::Work;

const LOTKA_VOLTERRA: &str = "model LotkaVolterra {
    param a = 1.5, b = 1, c = 3, d = 1
    state x = 1, y = 1
    x' = a*x - b*x*y
    y' = -c*y + d*x*y
}
";

const NETWORK: &str = "model Network {
    net f: 2 -> 2 = dense(50, tanh) >> dense(2) { seed = 1 }
    state u[2] = [0.5, 0.7]
    u' = f(u^3)
}
";

/// Seven stars, written out: x1 … x7, y1 … y7 with star j of mass j.
fn pleiades_text() -> String {
    let x = [3, 3, -1, -3, 2, -2, 2];
    let y = [3, -3, 2, 0, 0, -4, 4];
    let dx = [0.0, 0.0, 0.0, 0.0, 0.0, 1.75, -1.5];
    let dy = [0.0, 0.0, 0.0, -1.25, 1.0, 0.0, 0.0];
    let mut text = String::from("model Pleiades {\n");
    for (name, values) in [("x", x), ("y", y)] {
        for (k, value) in values.iter().enumerate() {
            text += &format!("    state {name}{} = {value}\n", k + 1);
        }
    }
    for (name, values) in [("u", dx), ("v", dy)] {
        for (k, value) in values.iter().enumerate() {
            text += &format!("    state {name}{} = {value}\n", k + 1);
        }
    }
    for i in 1..=7 {
        for j in i + 1..=7 {
            text += &format!("    let r{i}{j} = ((x{i} - x{j})^2 + (y{i} - y{j})^2)^(3/2)\n");
        }
    }
    for (position, velocity) in [("x", "u"), ("y", "v")] {
        for i in 1..=7 {
            let pull = |j: usize| format!("{j}*({position}{j} - {position}{i})/r{}{}", i.min(j), i.max(j));
            let pulls: Vec<String> = (1..=7).filter(|&j| j != i).map(pull).collect();
            text +=
                &format!("    {position}{i}' = {velocity}{i}\n    {velocity}{i}' = {}\n", pulls.join(" + "));
        }
    }
    text + "}\n"
}

fn program(text: &str, model: &str) -> Arc<Program> {
    program_of(text, model, &[])
}

fn program_of(text: &str, model: &str, structure: &[(String, f64)]) -> Arc<Program> {
    match session::compile(text, model, structure) {
        Ok(program) => Arc::new(program),
        Err(complaints) => panic!("{}", complaints.render(nde_compiler::diagnostics::Look::Plain, 100)),
    }
}

fn compiled(text: &str, model: &str) -> Compiled {
    let program = program(text, model);
    let weights = nde::problem::weights::initial(&program.system());
    let values = Values::new(&program, 0.0, &[], &weights).expect("nothing is missing");
    Compiled::new(program, values).expect("nothing is missing")
}

fn solve(compiled: Compiled, t1: f64, rtol: f64, atol: f64) -> Work {
    let tsit5 = method::find("tsit5").expect("a method that exists");
    Box::new(move || {
        let options = Options { rtol, atol: Absolute::All(atol), ..Options::default() };
        let engine = (tsit5.make)(&method::Wish::plain(rtol));
        let mut solver = Solver::new(&compiled, engine.as_ref(), &options);
        let u0 = black_box(&compiled.values.u0);
        let solution = solver.run(0.0, t1, u0, &mut Watch::default()).expect("options that make sense");
        assert!(solution.failure.is_none());
        black_box(solution);
    })
}

pub fn lotka_volterra(t1: f64) -> Work {
    solve(compiled(LOTKA_VOLTERRA, "LotkaVolterra"), t1, 1e-6, 1e-8)
}

pub fn pleiades() -> Work {
    solve(compiled(&pleiades_text(), "Pleiades"), 3.0, 1e-8, 1e-8)
}

pub fn brusselator() -> Work {
    let compiled = compiled(BRUSSELATOR, "Brusselator");
    let u: Vec<f64> = (0..compiled.dim()).map(|k| 1.0 + (k as f64).sin()).collect();
    let mut du = vec![0.0; compiled.dim()];
    Box::new(move || {
        let at = Interval { held: Held { modes: &[1.0], ..Held::default() }, ..Interval::plain(2.0, 0.1) };
        compiled.rhs(&at, 2.0, black_box(&u), &mut du);
        black_box(&du);
    })
}

/// The Brusselator on n × n points from text to the machine code of f and of its sparse Jacobian; their bytes.
pub fn brusselator_kernels(n: u32) -> [usize; 2] {
    let program = program_of(BRUSSELATOR, "Brusselator", &[("N".into(), f64::from(n))]);
    let entries = program.jacobian().blocks.iter().map(|block| block.len()).sum();
    [Purpose::Rhs, Purpose::SparseJacobian(entries)].map(|purpose| {
        let kernel = program.kernel(purpose).expect("nothing is missing");
        kernel.code_size().expect("machine code")
    })
}

/// A network from text to the machine code of its taped forward pass and of the pullback; their bytes.
pub fn network_kernels([inputs, hidden]: [u32; 2]) -> [usize; 2] {
    let text = format!(
        "model Network {{\n    net f: {inputs} -> {inputs} = dense({hidden}, tanh) >> dense({inputs})\n    \
         state u[{inputs}] = 0.5\n    u' = f(u)\n}}\n"
    );
    let program = program(&text, "Network");
    [Purpose::TapedRhs, Purpose::Pullback(Wanted::Both, Intermediates::Tape)].map(|purpose| {
        let kernel = program.kernel(purpose).expect("nothing is missing");
        kernel.code_size().expect("machine code")
    })
}

pub fn network_forward() -> Work {
    let compiled = compiled(NETWORK, "Network");
    let kernel = compiled.program().kernel(Purpose::TapedRhs).expect("nothing is missing");
    let slots = kernel.kernel();
    let mut scratch = vec![0.0; slots.scratch as usize];
    let (mut du, mut tape) = (vec![0.0; 2], vec![0.0; slots.outputs[1].len as usize]);
    Box::new(move || {
        let v = &compiled.values;
        let inputs: [&[f64]; 7] = [&[0.0], black_box(&v.u0), &v.p, &[], &[], &v.constants, &[]];
        kernel.call(&inputs, &mut [&mut du, &mut tape], &mut scratch, 1);
        black_box((&du, &tape));
    })
}

pub fn network_pullback() -> Work {
    let compiled = compiled(NETWORK, "Network");
    let forward = compiled.program().kernel(Purpose::TapedRhs).expect("nothing is missing");
    let mut tape = vec![0.0; forward.kernel().outputs[1].len as usize];
    {
        let v = &compiled.values;
        let mut scratch = vec![0.0; forward.kernel().scratch as usize];
        let inputs: [&[f64]; 7] = [&[0.0], &v.u0, &v.p, &[], &[], &v.constants, &[]];
        forward.call(&inputs, &mut [&mut [0.0; 2], &mut tape], &mut scratch, 1);
    }
    let pullback = Purpose::Pullback(Wanted::Both, Intermediates::Tape);
    let kernel = compiled.program().kernel(pullback).expect("nothing is missing");
    let mut scratch = vec![0.0; kernel.kernel().scratch as usize];
    let (mut ū, mut p̄) = (vec![0.0; 2], vec![0.0; compiled.values.p.len()]);
    Box::new(move || {
        let v = &compiled.values;
        let seed = black_box([1.0, 2.0]);
        let inputs: [&[f64]; 9] = [&[0.0], &v.u0, &v.p, &[], &[], &v.constants, &[], &seed, &tape];
        kernel.call(&inputs, &mut [&mut ū, &mut p̄], &mut scratch, 1);
        black_box((&ū, &p̄));
    })
}
