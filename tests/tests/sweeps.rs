//! Sweeps: members are those of single solves, bit for bit, in tiles and on any number of threads; statistics are those of
//! the members; failures are counted and listed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nde::method::{Family, find, methods};
use nde::output::{Report, TaskResult, Work};
use nde::problem::{Axis, Design, Ends, Ensemble, Place, Variation, weights};
use nde::random::Distribution;
use nde::session::{self, Interrupt, RunOptions, Setting};
use nde::solve::ensemble::{Members, Tile, solve_range};
use nde::solve::{Absolute, Control, Options, Save, Solution};
use nde_compiler::diagnostics::Look;
use nde_tests::compile::{column, compiled_at_once, program};

/// Runs the tasks of a text, with settings `name=value`.
fn run_with(text: &str, set: &[(&str, &str)], interrupt: &Interrupt) -> Report {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("sweep.nde");
    std::fs::write(&path, text).expect("a temporary file can be written");
    let set = set.iter().map(|&(name, value)| Setting { name: name.into(), value: value.into() }).collect();
    // Runs that are repeated take all steps by the kernels for whole steps, as members do.
    let options = RunOptions { set, repeat: 1, ..compiled_at_once() };
    let run = session::run(Path::new(&path), &options, interrupt, &mut |_| {}).expect("the file can be read");
    assert!(!run.complaints.diagnostics.has_errors(), "{}", run.complaints.render(Look::Plain, 100));
    run.report
}

fn run(text: &str) -> TaskResult {
    run_with(text, &[], &Interrupt::default()).tasks.remove(0)
}

fn failed(result: &TaskResult) -> u64 {
    let Work::Sweep(sweep) = &result.work else { panic!("a sweep") };
    sweep.failed
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|x| x.to_bits()).collect()
}

const LOTKA_VOLTERRA: &str = "model LotkaVolterra {
    param a = 1.5, b = 1, c = 3, d = 1
    state x = 1, y = 1
    x' = a*x - b*x*y
    y' = -c*y + d*x*y
}
";

const LORENZ: &str = "model Lorenz {
    param σ = 10, ρ = 28, β = 8/3
    state x = 1, y = 0, z = 0
    x' = σ*(y - x)
    y' = x*(ρ - z) - y
    z' = x*y - β*z
}
";

/// Stiff for large k, and time stands in it.
const FAST: &str = "model Fast {
    param k = 100
    state x = 0
    x' = -k*(x - cos(t)) + x^2
}
";

/// The solutions of all members, in their order.
fn solutions(text: &str, options: &Options, method: &str, span: [f64; 2], tiled: Tiled) -> Vec<Solution> {
    let text = format!("{text}\nsolve {} over 0..1\n", text.split_whitespace().nth(1).expect("a name"));
    let program = Arc::new(program(&text).expect("a model"));
    let weights = weights::initial(&program.system());
    let wide = Distribution::new("lognormal", &[0.5, 1.5]).expect("a distribution");
    let near = Distribution::new("normal", &[1.0, 0.2]).expect("a distribution");
    let axis = |place, variation| Axis { places: vec![(place, 0)], variation };
    let axes =
        vec![axis(Place::Parameters, Variation::Random(wide)), axis(Place::Initial, Variation::Random(near))];
    let design = Design::new(axes, 150, 4).expect("not too many members");
    let ends = Ends::Same(span);
    let ensemble = Ensemble::new(program, design, options.clone(), ends, Vec::new(), weights);
    let mut bound = Arc::new(ensemble.expect("nothing is missing")).problem().expect("nothing is missing");
    let engine = (find(method).expect("a method").make)(&options.wish(bound.dynamics()));
    let mut tile = match tiled {
        Tiled::Yes => Tile::new(&mut bound, engine.as_ref()),
        Tiled::No => None,
    };
    assert!(tile.is_some() || tiled == Tiled::No || method == "dop853", "{method} has a tile");
    let mut taken = Vec::new();
    let interrupt = AtomicBool::new(false);
    solve_range(
        &mut bound,
        engine.as_ref(),
        tile.as_mut(),
        0..150,
        &interrupt,
        &mut |_, member, solution| {
            taken.push((member, solution.expect("options that make sense").clone()));
        },
    );
    taken.sort_by_key(|(member, _)| *member);
    assert_eq!(taken.len(), 150);
    taken.into_iter().map(|(_, solution)| solution).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tiled {
    Yes,
    No,
}

/// Asserts that a tile gives the bits and the counters of single solves.
fn tile_agrees(text: &str, options: &Options, method: &str, span: [f64; 2]) {
    let alone = solutions(text, options, method, span, Tiled::No);
    let tiled = solutions(text, options, method, span, Tiled::Yes);
    for (k, (a, b)) in alone.iter().zip(&tiled).enumerate() {
        assert_eq!((a.status, &a.t), (b.status, &b.t), "{method}, member {k}");
        assert_eq!(bits(&a.u), bits(&b.u), "{method}, member {k}");
        assert_eq!(a.counters, b.counters, "{method}, member {k}");
    }
}

#[test]
fn members_in_a_tile_have_the_bits_of_single_solves() {
    let saves = [Save::End, Save::Count(23), Save::At(vec![0.0, 0.3, 0.3, 1.0, 2.0]), Save::Steps];
    let names = methods().filter(|m| m.family == Family::ExplicitRungeKutta && m.adaptive).map(|m| m.name);
    for method in names.chain(["auto"]) {
        for (k, text) in [LOTKA_VOLTERRA, LORENZ, FAST].into_iter().enumerate() {
            let save = saves[(k + method.len()) % saves.len()].clone();
            let options = Options { rtol: 1e-5, atol: Absolute::All(1e-7), save, ..Options::default() };
            tile_agrees(text, &options, method, [0.0, 2.0]);
        }
    }
}

#[test]
fn tiles_keep_to_controllers_directions_tolerances_and_limits() {
    let options = Options { rtol: 1e-6, save: Save::Count(11), ..Options::default() };
    for control in [Control::Integral, Control::Pid, Control::Predictive] {
        tile_agrees(LORENZ, &Options { control, ..options.clone() }, "tsit5", [0.0, 1.5]);
    }
    tile_agrees(LOTKA_VOLTERRA, &options, "tsit5", [3.0, 0.5]);
    let atol = Absolute::Each(vec![1e-4, 1e-9]);
    tile_agrees(LOTKA_VOLTERRA, &Options { atol, ..options.clone() }, "bs3", [0.0, 4.0]);
    // Some members are stopped by the limit, and some of these blow up before.
    tile_agrees(FAST, &Options { max_steps: 60, ..options.clone() }, "tsit5", [0.0, 3.0]);
    tile_agrees("model Up {\n param k = 1\n state x = 1\n x' = k*x^2\n}\n", &options, "tsit5", [0.0, 3.0]);
}

#[test]
fn sweeps_do_not_depend_on_the_number_of_threads() {
    for method in ["tsit5", "rodas5p", "auto"] {
        for table in ["[x, x*y]", "[E(x), Var(y), quantile(x*y, 0.3)]"] {
            let results = [1, 2, 7].map(|threads| {
                run(&format!(
                    "{LOTKA_VOLTERRA}\nsweep LotkaVolterra over 0..2 {{\n vary a = linspace(1, 2, 7)\n vary x ~ normal(1, 0.1)\n \
                     samples = 61\n seed = 9\n threads = {threads}\n method = {method}\n save = 4\n table = {table}\n}}\n"
                ))
            });
            assert_eq!((results[0].status, failed(&results[0])), ("finished", 0));
            for other in &results[1..] {
                assert_eq!(results[0].table, other.table, "{method} {table}");
            }
        }
    }
}

#[test]
fn statistics_are_those_of_the_members() {
    let text = |table: &str| {
        format!(
            "{LORENZ}\nsweep Lorenz over 0..1 {{\n vary ρ ~ uniform(20, 30)\n vary x ~ normal(1, 0.1)\n samples = 333\n \
             seed = 3\n save = [0, 0.5, 1]\n table = {table}\n}}\n"
        )
    };
    let members = run(&text("[z]"));
    let reduced = run(&text("[E(z), mean(z), variance(z), Var(2*z)/4, quantile(z, 0.05), quantile(z, 1)]"));
    let names: Vec<&str> = reduced.table.columns.iter().map(|c| c.name.as_str()).collect();
    let expected = ["t", "E(z)", "mean(z)", "variance(z)", "Var(2*z)/4", "quantile(z,0.05)", "quantile(z,1)"];
    assert_eq!(names, expected);
    assert_eq!(column(&reduced, "t"), [0.0, 0.5, 1.0]);
    let names: Vec<&str> = members.table.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!((names, members.table.rows()), (vec!["t", "ρ", "x", "z"], 999));
    for (row, t) in [0.0, 0.5, 1.0].into_iter().enumerate() {
        let at = column(&members, "t").iter().zip(column(&members, "z"));
        let mut z: Vec<f64> = at.filter(|(time, _)| **time == t).map(|(_, z)| *z).collect();
        z.sort_by(f64::total_cmp);
        let mean = z.iter().sum::<f64>() / 333.0;
        let variance = z.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 332.0;
        let place = 0.05 * 332.0;
        let low = z[16] + (place - 16.0) * (z[17] - z[16]);
        for (name, expected) in expected[1..].iter().zip([mean, mean, variance, variance, low, z[332]]) {
            let value = column(&reduced, name)[row];
            assert!(
                (value - expected).abs() <= 1e-13 * expected.abs(),
                "{name} at {t}: {value}, not {expected}"
            );
        }
    }
}

#[test]
fn members_are_the_solves_with_their_values() {
    // Members with events, algebraic unknowns, values declared in terms of what varies, and ends that do.
    let cases = [
        (
            "model Ball {\n param e = 0.8, g = 9.81\n state h = 2, v = 0\n discrete n = 0\n h' = v\n v' = -g\n \
             event bounce: when h < 0 { v := -e*v; n := n + 1 }\n}\n",
            "Ball over 0..3",
            "e",
            [0.75, 0.9],
        ),
        (
            "model Decay {\n param k = 1, m = 2*k\n state x = k\n alg y = 0\n x' = -m*x*y\n 0 = y - 1 - x\n}\n",
            "Decay over 0..2*k",
            "k",
            [0.5, 1.5],
        ),
        (
            "model Pendulum {\n param L = 1, g = 9.81\n state x = L, y = 0\n alg λ = 0\n x'' = -λ*x\n y'' = -λ*y - g\n \
             0 = x^2 + y^2 - L^2\n init x' = 0\n}\n",
            "Pendulum over 0..2",
            "L",
            [0.5, 1.5],
        ),
        (
            "model Switch {\n param w = 3\n state x = 0\n x' = if x < 0.5 then w else 1\n}\n",
            "Switch over 0..2",
            "w",
            [2.0, 5.0],
        ),
    ];
    for (model, over, name, values) in cases {
        let [low, high] = values;
        let sweep = run(&format!(
            "{model}\nsweep {over} {{\n vary {name} = [{low}, {high}]\n save = 5\n method = rodas5p\n}}\n"
        ));
        assert_eq!((sweep.status, failed(&sweep)), ("finished", 0), "{over}: {:?}", sweep.notes);
        for (k, value) in values.into_iter().enumerate() {
            let solve = format!("{model}\nsolve {over} {{\n save = 5\n method = rodas5p\n}}\n");
            let alone =
                run_with(&solve, &[(name, &value.to_string())], &Interrupt::default()).tasks.remove(0);
            for expected in &alone.table.columns {
                let found = &column(&sweep, &expected.name)[5 * k..5 * k + 5];
                assert_eq!(
                    bits(found),
                    bits(&expected.values),
                    "{over}: {} with {name} = {value}",
                    expected.name
                );
            }
        }
    }
}

#[test]
fn discrete_variables_at_save_points_are_the_members_own() {
    let model = "model M { param p = 1; discrete d = p; state x = 1; x' = -d*x }";
    for save in ["3", "[1]"] {
        let sweep = format!(
            "{model}\nsweep M over 0..1 {{ vary p = linspace(1, 20, 64); method = tsit5; save = {save}; table = [d] }}\n"
        );
        let result = run(&sweep);
        let (p, d) = (column(&result, "p"), column(&result, "d"));
        assert!(!p.is_empty() && p == d, "{save}: {p:?} {d:?}");
    }
}

#[test]
fn failed_members_are_counted_and_listed_and_left_out_of_statistics() {
    let text = |table: &str| {
        format!(
            "model Up {{\n param k = 1\n state x = 1\n x' = k*x^2\n}}\nsweep Up over 0..1 {{\n vary k = [0.5, 1.5, 0, 4]\n \
             method = tsit5\n save = 3\n{table}}}\n"
        )
    };
    let result = run(&text(""));
    let Work::Sweep(sweep) = &result.work else { panic!("a sweep") };
    assert_eq!((result.status, &result.error, sweep.members, sweep.failed), ("finished", &None, 4, 2));
    let listed: Vec<_> = sweep.failures.iter().map(|f| (f.member, f.values.clone())).collect();
    assert_eq!(listed, [(2, vec![("k".into(), 1.5)]), (4, vec![("k".into(), 4.0)])]);
    assert!((sweep.failures[1].t.expect("a time") - 0.25).abs() < 1e-6);
    assert!(result.notes.iter().any(|note| note.starts_with("member 2 failed:")), "{:?}", result.notes);
    assert_eq!(column(&result, "t"), [0.0, 0.5, 1.0].repeat(4));
    let x = column(&result, "x");
    assert!(x[4].is_finite() && x[5].is_nan() && x[10].is_nan() && x[9] == 1.0, "{x:?}");
    let reduced = run(&text(" table = [E(x)]\n"));
    assert!((column(&reduced, "E(x)")[2] - (2.0 + 1.0) / 2.0).abs() < 1e-5);

    let all = run(
        "model Up {\n param k = 1\n state x = 1\n x' = k*x^2\n}\nsweep Up over 0..1 { vary k = [2, 3]; method = tsit5 }\n",
    );
    assert_eq!((all.status, failed(&all)), ("step_too_small", 2));
    assert_eq!(all.error.as_ref().map(|e| e.code.as_str()), Some("R0007"));
}

#[test]
fn failed_members_have_the_save_points_of_their_own_span() {
    let model = "model M { param T = 2, k = 0; state x = 1; x' = k*x^2 }";
    let over = "vary T = [1, 4]; vary k = [0, 0.4]";
    let result = run(&format!("{model}\nsweep M over 0..T {{ {over}; save = 3; method = tsit5 }}\n"));
    assert_eq!(failed(&result), 1);
    let ends = [1.0, 1.0, 4.0, 4.0];
    let expected: Vec<f64> = ends.iter().flat_map(|end| [0.0, end / 2.0, *end]).collect();
    assert_eq!(column(&result, "t"), expected);
    let x = column(&result, "x");
    assert!((x[10] - 5.0).abs() < 1e-4 && x[11].is_nan(), "{x:?}");
    let end = run(&format!("{model}\nsweep M over 0..T {{ {over}; method = tsit5 }}\n"));
    assert_eq!(column(&end, "t"), ends);
    assert!(column(&end, "x")[3].is_nan());
}

#[test]
fn periods_are_judged_by_the_values_of_members() {
    let model = "model M { param T = 0; state x = 0; x' = 1; event e: every T from T { x := 0 } }";
    let result = run(&format!("{model}\nsweep M over 0..1 {{ vary T = [1, 0.3, 0]; method = tsit5 }}\n"));
    assert_eq!(failed(&result), 1, "{:?}", result.error);
    let x = column(&result, "x");
    assert!(x[0].abs() < 1e-9 && (x[1] - 0.1).abs() < 1e-9 && x[2].is_nan(), "{x:?}");
    let note = "member 3 failed: the period of the event `e` is 0";
    assert!(result.notes.iter().any(|n| n == note), "{:?}", result.notes);
}

#[test]
fn an_interrupt_keeps_the_members_that_are_done() {
    let interrupt = Interrupt::default();
    interrupt.set();
    let text = format!("{LORENZ}\nsweep Lorenz over 0..1 {{ vary ρ = linspace(1, 2, 50) }}\n");
    let result = run_with(&text, &[], &interrupt).tasks.remove(0);
    assert_eq!((result.status, result.table.rows()), ("interrupted", 0));
    assert_eq!(result.error.map(|e| e.message), Some("interrupted after 0 of 50 members".into()));
}

#[test]
fn what_does_not_go_together_is_refused() {
    let model = "model M {\n param k = 1, m = 1\n state x = 1\n let y = 2*x\n x' = -k*x\n}\n";
    let cases = [
        ("vary k ~ uniform(2, 1)", "`k` cannot be drawn: there is no `uniform(2, 1)`"),
        ("vary k ~ normal(2, 1); table = [E(x), y]", "`y` reads `x`, which differs from member to member"),
        (
            "vary k ~ normal(2, 1); table = [E(x)/k]",
            "`E(x)/k` reads `k`, which differs from member to member",
        ),
        (
            "vary k ~ normal(2, 1); table = [E(x)]; save = steps",
            "the steps of different members are at different times",
        ),
        (
            "vary m = linspace(1, 2, 3); table = [E(x)]",
            "the members' spans differ, as what varies decides them",
        ),
        (
            "vary k = linspace(1, 2, 1000000000000)",
            "`k` has 1000000000000 values, and 67108864 can be told apart",
        ),
        (
            "vary k ~ normal(2, 1); samples = 1000000000000",
            "1000000000000 members with 1 rows of 2 numbers each are more than the 536870912 numbers that can be kept",
        ),
        ("vary k = [1]; table = [E((x - E(x))^2)]", "a statistic of a statistic is not one over members"),
    ];
    for (body, message) in cases {
        let result = run(&format!("{model}\nsweep M over 0..m {{ {body} }}\n"));
        let error = result.error.unwrap_or_else(|| panic!("`{body}` is not refused"));
        assert_eq!((error.code.as_str(), error.message.as_str()), ("R0017", message), "{body}");
    }
}
