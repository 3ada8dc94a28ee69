//! Adams' method: as exact as the Runge–Kutta methods on the reference problems, with fewer right-hand sides.

use nde::output::Number;
use nde_tests::compile::{column, run_text};
use nde_tests::data::{Problem, non_stiff_problems};
use nde_tests::digits::worst_error;

/// The worst relative error of a problem's solution by a method, and the right-hand sides that it took.
fn solved(problem: &Problem, method: &str, rtol: f64) -> (f64, f64) {
    let atol: Vec<String> = problem.atol(rtol).iter().map(|atol| format!("{atol:e}")).collect();
    let text = problem.text(&format!("{method}(rtol = {rtol:e}, atol = [{}])", atol.join(", ")));
    let result = run_text(&text);
    assert_eq!(result.status, "finished", "{} by {method}: {:?}", problem.name, result.error);
    let of = |state: &String| worst_error(column(&result, state), &problem.reference[state]);
    let rhs = result.stats.iter().find_map(|(name, number)| match number {
        Number::Count(count) if *name == "rhs" => Some(*count as f64),
        _ => None,
    });
    (problem.states.iter().map(of).fold(0.0, f64::max), rhs.expect("a count"))
}

#[test]
fn errors_are_in_proportion_to_the_tolerance_with_fewer_right_hand_sides() {
    let mut failures = Vec::new();
    for rtol in [1e-6, 1e-10] {
        let mut logs = [0.0; 2];
        for problem in non_stiff_problems() {
            let (error, rhs) = solved(&problem, "adams", rtol);
            let peers = ["dop853", "vern9"].map(|peer| solved(&problem, peer, rtol));
            println!(
                "{rtol:e} {:18} adams {error:8.1e} {rhs:6} dop853 {:8.1e} {:6} vern9 {:8.1e} {:6}",
                problem.name, peers[0].0, peers[0].1, peers[1].0, peers[1].1
            );
            for (log, peer) in logs.iter_mut().zip(peers) {
                *log += (rhs / peer.1).ln() / non_stiff_problems().len() as f64;
            }
            let bound = (10.0 * problem.scipy["RK45"][&format!("{rtol:e}")]).max(100.0 * rtol);
            if error > bound {
                failures.push(format!("{} at {rtol:e}: {error:.1e} > {bound:.1e}", problem.name));
            }
        }
        let [dop853, vern9] = logs.map(f64::exp);
        println!("{rtol:e}: {dop853:.2} of dop853's right-hand sides, {vern9:.2} of vern9's");
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
