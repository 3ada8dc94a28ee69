//! Every registered method: its order, that of its dense output, and the transposes of its steps.

use nde::dynamics::Function;
use nde::method::find;
use nde::solve::{Absolute, Options, Save, Status, solve};

#[test]
fn lotka_volterra_by_tsit5() {
    let f = Function {
        n: 2,
        f: |_, u: &[f64], du: &mut [f64]| {
            du[0] = 1.5 * u[0] - u[0] * u[1];
            du[1] = -3.0 * u[1] + u[0] * u[1];
        },
    };
    let options =
        Options { rtol: 1e-6, atol: Absolute::All(1e-8), save: Save::Count(11), ..Options::default() };
    let solution = solve(&f, find("tsit5").unwrap(), &options, 0.0, 10.0, &[1.0, 1.0]).unwrap();
    println!("{:?} {:?}", solution.counters, solution.last());
    assert_eq!(solution.status, Status::Finished);
    assert_eq!(solution.t.len(), 11);
    assert!((solution.last()[0] - 1.02634476757).abs() < 1e-5);
}
