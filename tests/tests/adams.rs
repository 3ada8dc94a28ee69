//! Adams' method: as exact as the Runge–Kutta methods on the reference problems, with fewer right-hand sides.

use nde::dynamics::{Function, Interval, Scale};
use nde::method::{Verdict, Wish, find};
use nde::output::Number;
use nde_tests::compile::{column, run_text};
use nde_tests::data::{Problem, non_stiff_problems};
use nde_tests::digits::worst_error;

/// The error of u(t + θh) − u(t) over a step of that order on u′ = (d + 1) t^d, after steps of changing sizes.
fn error_on_power(order: u32, degree: i32, θ: f64) -> f64 {
    let f = Function {
        n: 1,
        f: move |t: f64, _: &[f64], du: &mut [f64]| du[0] = f64::from(degree + 1) * t.powi(degree),
    };
    let method =
        (find("adams").expect("a method").make)(&Wish { most_order: Some(order), ..Wish::plain(1e-6) });
    let (mut record, mut work) = (method.record(1), method.work(&f));
    // Every step passes, and the order grows at each until it is the highest.
    let scale = Scale { rtol: 1.0, atol: &[f64::INFINITY] };
    method.start(&f, &Interval::plain(0.0, 0.05), &mut record.z, &mut work);
    let (mut t, mut found) = (0.0, 0.0);
    for step in 0..20 {
        let h = [0.05, 0.03, 0.06, 0.045][step % 4];
        let verdict = method.step(&f, &Interval::plain(t, h), &scale, &mut record, &mut work);
        assert!(matches!(verdict, Verdict::Judged { square: 0.0, .. }));
        let mut u = [0.0];
        method.dense(&record, θ, &mut u);
        found = (u[0] - record.u()[0]) - ((t + θ * h).powi(degree + 1) - t.powi(degree + 1));
        std::mem::swap(&mut record.z, &mut record.next);
        t += h;
    }
    found.abs()
}

#[test]
fn every_order_is_exact_for_its_polynomials_whatever_the_sizes_of_steps() {
    for order in 1..=12 {
        for θ in [0.25, 0.7, 1.0] {
            // The corrector is of one order more.
            let exact = error_on_power(order, order as i32, θ);
            let beyond = error_on_power(order, order as i32 + 1, θ);
            println!("{order} {θ}: {exact:.1e} {beyond:.1e}");
            assert!(exact < 1e-14 && beyond > 100.0 * exact, "{order} {θ}: {exact:e} {beyond:e}");
        }
    }
}

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
        if dop853 > 0.8 || vern9 > 0.7 {
            failures.push(format!("{rtol:e}: {dop853:.2} and {vern9:.2} of the right-hand sides of others"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn the_highest_order_can_be_chosen() {
    let steps = |method: &str| {
        let text =
            "model M {\n    state x = 1, v = 0\n    x' = v\n    v' = -x\n}\n\nsolve M over 0..10 { method = ";
        let result = run_text(&format!("{text}{method} }}\n"));
        assert_eq!((result.status, result.notes.len()), ("finished", 0), "{:?}", result.error);
        match result.stats.iter().find(|(name, _)| *name == "steps") {
            Some((_, Number::Count(steps))) => *steps,
            _ => panic!("no count of steps"),
        }
    };
    let counts = ["adams(order = 2)", "adams(order = 4)", "adams"].map(steps);
    assert!(counts[0] > 5 * counts[1] && counts[1] > counts[2], "{counts:?}");
}
