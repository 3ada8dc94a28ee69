//! The methods of this crate as contestants.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use nde::method::MethodInfo;
use nde::problem::{Compiled, Values, weights};
use nde::session;
use nde::solve::{Absolute, Options, Solver, Watch};

use crate::problems::Problem;

/// Compiles a problem's model.
pub fn compiled(problem: &Problem) -> Compiled {
    let program = match session::compile(problem.text, problem.model, &[]) {
        Ok(program) => Arc::new(program),
        Err(complaints) => panic!("{}", complaints.render(nde_compiler::diagnostics::Look::Plain, 100)),
    };
    let weights = weights::initial(&program.system());
    let values = Values::new(&program, 0.0, &[], &weights).expect("nothing is missing");
    Compiled::new(program, values).expect("nothing is missing")
}

/// Solves so many times: the seconds of one and where it ends; `None` where it does not come to the end.
pub fn solve(
    compiled: &Compiled,
    method: &MethodInfo,
    (t1, rtol, atol): (f64, f64, f64),
    calls: u32,
) -> Option<(f64, Vec<f64>)> {
    let options = Options { rtol, atol: Absolute::All(atol), ..Options::default() };
    let engine = (method.make)(&options.wish(compiled));
    let mut solver = Solver::new(compiled, engine.as_ref(), &options);
    let begin = Instant::now();
    let mut end = None;
    for _ in 0..calls {
        let u0 = black_box(&compiled.values.u0);
        let solution = solver.run(0.0, t1, u0, &mut Watch::default()).expect("options that make sense");
        if solution.failure.is_some() {
            return None;
        }
        end = Some(solution);
    }
    let seconds = begin.elapsed().as_secs_f64() / f64::from(calls);
    end.map(|solution| (seconds, solution.last().to_vec()))
}
