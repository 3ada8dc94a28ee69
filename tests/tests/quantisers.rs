//! `floor`, `ceil`, `round` and `mod`: steps end at their jumps, whether these hang on time or on the state.

use nde::dynamics::{Dynamics, Facts};
use nde::method::find;
use nde::output::TaskResult;
use nde::problem::{Compiled, Values};
use nde::solve::{Absolute, Options, Save, Solution, Status, solve};
use nde_compiler::derive::system::System;
use nde_compiler::emit::program::Executor;
use nde_compiler::program::Program;
use nde_tests::compile::{column, compiled, model, run_text};

/// x′ = x (1 + ⌊x⌋/5) from x = 1: the growth is exponential between integers.
const STAIRS: &str = "model M {\n    state x = 1\n    x' = x*(1 + floor(x)/5)\n}\nsolve M over 0..1.2 {}\n";

/// Where its runs end.
const END: f64 = 1.2;

/// When `STAIRS` comes to the integers after 1.
fn landings() -> Vec<f64> {
    let mut times = vec![0.0];
    for k in 1.. {
        let k = f64::from(k);
        let t = times[times.len() - 1] + ((k + 1.0) / k).ln() / (1.0 + k / 5.0);
        if t > END {
            break;
        }
        times.push(t);
    }
    times.split_off(1)
}

/// x at the end of `STAIRS`.
fn top() -> f64 {
    let landings = landings();
    let k = landings.len() as f64 + 1.0;
    k * ((1.0 + k / 5.0) * (END - landings[landings.len() - 1])).exp()
}

fn options(rtol: f64) -> Options {
    Options { rtol, atol: Absolute::All(1e-3 * rtol), save: Save::End, ..Options::default() }
}

fn run(f: &Compiled, method: &str, rtol: f64, (t0, t1): (f64, f64), u0: &[f64]) -> Solution {
    let solution = solve(f, find(method).unwrap(), &options(rtol), t0, t1, u0).unwrap();
    assert_eq!(solution.status, Status::Finished, "{method} {:?}", solution.failure);
    solution
}

fn last(result: &TaskResult, name: &str) -> f64 {
    assert!(result.error.is_none(), "{:?}", result.error);
    *column(result, name).last().expect("a row")
}

/// The last value of `x` for a model's body.
fn end_of(body: &str, over: &str, options: &str) -> f64 {
    last(&run_text(&format!("model M {{\n    {body}\n}}\nsolve M over {over} {{ {options} }}\n")), "x")
}

#[track_caller]
fn assert_near(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(error <= tolerance, "{found:e} is not {expected:e}: {error:.1e} > {tolerance:.1e}");
}

#[test]
fn methods_keep_their_accuracy_through_jumps() {
    let f = compiled(STAIRS, 0.0, &[]);
    for (method, factor) in
        [("tsit5", 30.0), ("vern9", 30.0), ("rodas5p", 30.0), ("radau", 300.0), ("bdf", 1000.0)]
    {
        for rtol in [1e-5, 1e-8] {
            let solution = run(&f, method, rtol, (0.0, END), &[1.0]);
            assert_eq!(solution.crossings.len(), landings().len(), "{method}");
            assert_near(solution.last()[0], top(), factor * rtol);
        }
    }
}

#[test]
fn fixed_steps_converge_in_their_order_through_jumps() {
    let f = compiled(STAIRS, 0.0, &[]);
    let error = |method: &str, dt: f64| {
        let options = Options { dt: Some(dt), save: Save::End, ..Options::default() };
        let solution = solve(&f, find(method).unwrap(), &options, 0.0, END, &[1.0]).unwrap();
        (solution.last()[0] - top()).abs()
    };
    for (method, order) in [("bs3", 3.0), ("tsit5", 5.0), ("rodas5p", 5.0), ("trbdf2", 2.0)] {
        let observed = (error(method, 0.1) / error(method, 0.00625)).log2() / 4.0;
        println!("{method}: order {observed:.2}");
        assert!(observed > order - 0.5, "{method}: {observed}");
    }
}

#[test]
fn jumps_are_located_to_rounding_in_both_directions() {
    let f = compiled(STAIRS, 0.0, &[]);
    let forward = run(&f, "vern9", 1e-13, (0.0, END), &[1.0]);
    let exact = landings();
    let found: Vec<f64> = forward.crossings.iter().map(|c| c.t).collect();
    assert_eq!(found.len(), exact.len());
    found.iter().zip(&exact).for_each(|(&found, &t)| assert_near(found, t, 1e-10));
    let modes: Vec<f64> = forward.crossings.iter().map(|c| c.mode).collect();
    assert!(modes.iter().enumerate().all(|(k, &mode)| mode == k as f64 + 2.0), "{modes:?}");
    let back = run(&f, "vern9", 1e-13, (END, 0.0), forward.last());
    assert_near(back.last()[0], 1.0, 1e-10);
    // The last integer may be left where the run ends.
    let inner = back.crossings.iter().filter(|c| c.t > 1e-9);
    assert_eq!(inner.count(), exact.len());
}

#[test]
fn a_sawtooth_of_time_has_exact_stops_in_both_directions() {
    for (method, tolerance) in
        [("tsit5", 1e-6), ("vern9", 1e-6), ("rodas5p", 1e-6), ("radau", 1e-6), ("bdf", 1e-4)]
    {
        let text =
            "model M {\n    param T = 0.7\n    state x = 0\n    x' = mod(t, T)\n}\nsolve M over 0..5 {}\n";
        let f = compiled(text, 0.0, &[]);
        // Seven periods, and 0.1 of the next.
        let exact = 7.0 * 0.245 + 0.005;
        let forward = run(&f, method, 1e-6, (0.0, 5.0), &[0.0]);
        assert_near(forward.last()[0], exact, tolerance);
        let back = run(&f, method, 1e-6, (5.0, 0.0), &[exact]);
        assert!(back.last()[0].abs() < tolerance, "{method} {}", back.last()[0]);
        // Quadratics are integrated exactly: no step was rejected at a jump.
        if method == "tsit5" {
            assert!(forward.counters.rejected() == 0 && (forward.last()[0] - exact).abs() < 1e-13);
        }
    }
}

#[test]
fn many_periods_cost_a_few_steps_each() {
    let text = "model M {\n    state x = 0\n    x' = mod(t, 0.1)\n}\nsolve M over 0..1 {}\n";
    let f = compiled(text, 0.0, &[]);
    let periods = 100_000;
    let solution = run(&f, "tsit5", 1e-6, (0.0, 0.1 * f64::from(periods)), &[0.0]);
    assert_near(solution.last()[0], 0.005 * f64::from(periods), 1e-9);
    assert!(solution.counters.steps <= 4 * periods as u64, "{} steps", solution.counters.steps);
    assert!(solution.crossings.is_empty());
}

/// Each function along x = t − 2 against its integral from −2.5 to 2.75, and along a falling x.
#[test]
fn each_function_jumps_where_it_should() {
    let exact = |name: &str| -> f64 {
        let value = |x: f64| match name {
            "floor(s)" => x.floor(),
            "ceil(s)" => x.ceil(),
            "round(s)" => x.round_ties_even(),
            _ => x - 1.5 * (x / 1.5).floor(),
        };
        // Piecewise linear with knots at multiples of one half: midpoints of eighths are exact.
        (0..42).map(|k| 0.125 * value(-2.5 + 0.125 * (f64::from(k) + 0.5))).sum()
    };
    for name in ["floor(s)", "ceil(s)", "round(s)", "mod(s, 1.5)"] {
        for method in ["tsit5", "rodas5p"] {
            for (start, slope) in [(-2.5, 1.0), (2.75, -1.0)] {
                let body =
                    |value: &str| format!("state x = 0, s = {start}\n    s' = {slope}\n    x' = {}", value);
                let options = format!("method = {method}(rtol = 1e-10, atol = 1e-12); save = [5.25]");
                let of_state = end_of(&body(name), "0..5.25", &options);
                assert!((of_state - exact(name)).abs() < 1e-9, "{name} {slope} {method}: {of_state}");
                let of_time = name.replace("(s", &format!("({start} + {slope}*t"));
                let of_time = end_of(&body(&of_time), "0..5.25", &options);
                assert!((of_time - exact(name)).abs() < 1e-12, "{name} {slope} {method}: {of_time}");
            }
        }
    }
}

#[test]
fn at_a_jump_the_direction_decides_and_at_rest_the_function_itself() {
    let growth = |f: &str, start: f64, slope: f64| {
        end_of(
            &format!("state x = 0, s = {start:?}\n    s' = {slope:?}\n    x' = {f}"),
            "0..0.25",
            "save = [0.25]",
        ) * 4.0
    };
    for (f, start, expected) in [
        ("floor(s)", 2.0, [1.0, 2.0, 2.0]),
        ("ceil(s)", 2.0, [2.0, 2.0, 3.0]),
        ("round(s)", 2.5, [2.0, 2.0, 3.0]),
        ("round(s)", 3.5, [3.0, 4.0, 4.0]),
        ("round(s)", -0.5, [-1.0, 0.0, 0.0]),
        ("floor(mod(s, 3) + 0.5)", 3.0, [3.0, 0.0, 0.0]),
    ] {
        for (slope, expected) in [-1.0, 0.0, 1.0].into_iter().zip(expected) {
            // The last one falls through 2.5 on the way; half of its time is left.
            let found = growth(f, start, if f.contains("mod") { 0.5 * slope } else { slope });
            assert!((found - expected).abs() < 1e-9, "{f} from {start} along {slope}: {found}");
        }
    }
}

#[test]
fn arrays_are_quantised_element_by_element() {
    let result = run_text(
        "model M {\n    index i in 1..40\n    state x[i] = 1 + 0.03*i\n    x[i]' = x[i]*(1 + floor(x[i])/5) + 0*mod(t, i)\n}\n\
         solve M over 0..1 { method = vern9(rtol = 1e-12, atol = 1e-12); save = [1] }\n",
    );
    for i in 1..=40 {
        let start = 1.0 + 0.03 * f64::from(i);
        let one = end_of(
            &format!("state x = {start}\n    x' = x*(1 + floor(x)/5)"),
            "0..1",
            "method = vern9(rtol = 1e-12, atol = 1e-12); save = [1]",
        );
        assert_near(last(&result, &format!("x[{i}]")), one, 1e-10);
    }
}

#[test]
fn a_steep_argument_loses_no_jump() {
    let text = "model M {\n    state x = 0, s = 0\n    s' = 1000\n    x' = mod(s, 1) + floor(s/7)\n}\nsolve M over 0..1 {}\n";
    let f = compiled(text, 0.0, &[]);
    let solution = run(&f, "tsit5", 1e-8, (0.0, 1.0), &[0.0, 0.0]);
    // 142 whole sevens, and six units at 142.
    let floors = (0..142).map(f64::from).sum::<f64>() * 7.0 + 142.0 * 6.0;
    assert_near(solution.last()[0], 0.5 + floors / 1000.0, 1e-9);
    let units = solution.crossings.iter().filter(|c| c.root == 0 || c.root == 1).count();
    assert!(units >= 999 + 142, "{units}");
}

#[test]
fn large_integers_are_held_exactly() {
    let start = 9_007_199_254_740_980.0; // 2^53 − 12
    let body = format!("state x = 0\n    x' = floor({start:?} + 4*t) - {start:?}");
    // Sums are rounded to integers there: 1, 2, … 7 for a quarter each, and 8 for an eighth.
    assert_near(end_of(&body, "0..2", "method = tsit5; save = [2]"), 8.0, 1e-9);
}

#[test]
fn jumps_of_jumps_follow_what_they_are_made_of() {
    let tight = "method = vern9(rtol = 1e-12, atol = 1e-12); save = [3.5]";
    for of in ["t", "s"] {
        for (value, expected) in [
            (format!("if floor({of}) >= 2 then 1 else 0"), 1.5),
            (format!("if mod(floor({of}), 2) == 0 then 1 else 0"), 2.0),
            (format!("floor(floor({of})/2)"), 1.5),
            (format!("if mod({of}, 1) < 0.5 then 1 else 0"), 2.0),
        ] {
            let found = end_of(&format!("state x = 0, s = 0\n    s' = 1\n    x' = {value}"), "0..3.5", tight);
            assert_near(found, expected, 1e-9);
        }
        let result = run_text(&format!(
            "model M {{\n    state x = 0, s = 0\n    s' = 1\n    x' = 0\n    event a: when floor({of}) >= 2 {{ x := x + 1 }}\n    \
             event b: when mod({of}, 1) > 0.5 {{ x := x + 10 }}\n}}\nsolve M over 0..3.25 {{ {} }}\n",
            "method = vern9(rtol = 1e-12, atol = 1e-12); save = [3.25]"
        ));
        let times: Vec<f64> = result.events.iter().map(|e| e.t).collect();
        let expected = [0.5, 1.5, 2.0, 2.5];
        assert!(
            times.len() == 4 && times.iter().zip(expected).all(|(t, e)| (t - e).abs() < 1e-12),
            "{of}: {times:?}"
        );
        assert_eq!(last(&result, "x"), 31.0);
    }
}

#[test]
fn short_pulses_and_fast_oscillations_of_time_are_seen() {
    let at = |options: &str| format!("method = tsit5(rtol = 1e-9, atol = 1e-9); save = [{options}]");
    let share = 0.999_f64.acos() / std::f64::consts::PI;
    let pulses = end_of("state x = 0\n    x' = if sin(2*pi*t) > 0.999 then 1 else 0", "0..1000", &at("1000"));
    assert_near(pulses, 1000.0 * share, 1e-9);
    let stairs = end_of("state x = 0\n    x' = floor(5*sin(2*pi*t))", "0..1000", &at("1000"));
    assert_near(stairs, -500.0, 1e-9);
    let chirp = end_of("state x = 0\n    x' = if mod(t^2, 2) < 1 then 1 else -1", "0..20", &at("20"));
    let exact: f64 =
        (0..400).map(|k| [1.0, -1.0][k % 2] * ((k as f64 + 1.0).sqrt() - (k as f64).sqrt())).sum();
    assert_near(chirp, exact, 1e-9);
}

#[test]
fn chattering_at_an_integer_is_named() {
    let result = run_text("model M {\n    state x = 0.5\n    x' = 0.5 - floor(x)\n}\nsolve M over 0..3\n");
    let error = result.error.expect("x cannot leave 1");
    assert_eq!((result.status, error.code.as_str()), ("zeno", "R0008"));
    assert!(error.message.contains("`floor(x)`") && (error.t.unwrap() - 1.0).abs() < 1e-6, "{error:?}");
}

#[test]
fn the_interpreter_and_machine_code_agree_to_the_bit() {
    let text = "model M {\n    state x = 0.3, y = 1\n    x' = floor(3*y) - mod(x, 0.3) + round(t)\n    \
                y' = ceil(x) - y*(if mod(t, 1) < 0.5 then 1 else 2)\n}\nsolve M over 0..3 {}\n";
    let ends = [Executor::Machine, Executor::Interpreter].map(|executor| {
        let system = System::new(model(text).expect("a right model"));
        let program = Program::new(system, executor, Default::default());
        let values = Values::new(&program, 0.0, &[], &[]).expect("nothing is missing");
        let f = Compiled::new(program.into(), values).expect("nothing is missing");
        assert_eq!(f.facts(), Facts { dim: 2, ..Facts::default() });
        let solution = run(&f, "tsit5", 1e-8, (0.0, 3.0), &[0.3, 1.0]);
        let bits = |u: &[f64]| u.iter().map(|u| u.to_bits()).collect::<Vec<_>>();
        (bits(solution.last()), solution.counters, solution.crossings)
    });
    assert!(ends[0].2.len() > 5);
    assert_eq!(ends[0], ends[1]);
}
