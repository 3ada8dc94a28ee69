//! Events: when they happen, in which order, what they see and change, and how endless ones are named.

use nde::output::{TaskResult, Work};
use nde_tests::compile::{column, run_text};
use nde_tests::digits::number;

const TIGHT: &str = "method = vern9(rtol = 1e-13, atol = 1e-16)";

/// The times at which an event happened, in all its elements.
fn times(result: &TaskResult, name: &str) -> Vec<f64> {
    result.events.iter().filter(|e| e.name == name).map(|e| e.t).collect()
}

fn finished(text: &str) -> TaskResult {
    let result = run_text(text);
    assert!(result.error.is_none() && result.work == Work::Solve, "{text}\n{:?}", result.error);
    result
}

fn last(result: &TaskResult, name: &str) -> f64 {
    *column(result, name).last().expect("a row")
}

#[track_caller]
fn assert_near(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(error <= tolerance, "{found:e} is not {expected:e}: {error:.1e} > {tolerance:.1e}");
}

fn ball(g: f64, e: f64, end: f64, options: &str) -> String {
    format!(
        "model Ball {{\n    param g = {g}, e = {e}\n    state x = 1, v = 0\n    x' = v\n    v' = -g\n    \
         event bounce: when x < 0 {{ v := -e*v }}\n}}\nsolve Ball over 0..{end} {{ {options} }}\n"
    )
}

/// The reference problems with events: their times and end values, at a tight and at a usual tolerance.
#[test]
fn times_and_values_are_those_of_the_references() {
    let relay = |options: &str| {
        format!(
            "model Relay {{\n    param a = 0.5\n    state x = 0\n    discrete u = 1\n    x' = -x + u\n    \
             event up: when u == 1 and x > a {{ u := -1 }}\n    event down: when u == -1 and x < -a {{ u := 1 }}\n}}\n\
             solve Relay over 0..8 {{ save = [8]; {options} }}\n"
        )
    };
    let pendulum = |options: &str| {
        format!(
            "model Pendulum {{\n    state th = pi/2, w = 0\n    th' = w\n    w' = -9.81*sin(th)\n    \
             event down: when th < 0 {{}}\n    event up: when th > 0 {{}}\n}}\n\
             solve Pendulum over 0..5 {{ save = [5]; {options} }}\n"
        )
    };
    let doses = |options: &str| {
        format!(
            "model Doses {{\n    param k = 0.3, D = 2.5\n    state x = 0\n    x' = -k*x\n    \
             event dose: at [0, 1.5, 3, 4.75] {{ x := x + D }}\n}}\n\
             solve Doses over 0..10 {{ save = [1, 2, 4, 10]; {options} }}\n"
        )
    };
    let alternating = |options: &str| {
        format!(
            "model Alternating {{\n    state y = 110\n    y' = 55 - (if mod(floor(t), 2) == 0 then 2 else 0.5)*y\n}}\n\
             solve Alternating over 0..20 {{ save = [1, 2, 5, 10, 20]; {options} }}\n"
        )
    };
    for (rtol, options) in
        [(1e-13, TIGHT.to_owned()), (1e-7, "method = tsit5(rtol = 1e-7, atol = 1e-10)".to_owned())]
    {
        // 1e-10 of event times at tight tolerance, 100 × rtol else.
        let tolerance = if rtol < 1e-12 { 1e-10 } else { 100.0 * rtol };
        let result = finished(&ball(9.81, 0.8, 2.0, &format!("save = [2]; {options}")));
        let impacts = ["0.45152364098573090445", "1.1739614665629003516", "1.7519117270246359093"];
        assert_eq!(times(&result, "bounce").len(), impacts.len());
        times(&result, "bounce").iter().zip(impacts).for_each(|(&t, r)| assert_near(t, number(r), tolerance));
        assert_near(last(&result, "x"), 0.26074172832705719667, tolerance);
        assert_near(last(&result, "v"), -0.16586913583647140167, tolerance * 10.0);

        let result = finished(&ball(1.0, 1.0, 10.0, &format!("save = [10]; {options}")));
        let impacts = [
            "1.4142135623730950488",
            "4.2426406871192851464",
            "7.071067811865475244",
            "9.8994949366116653416",
        ];
        assert_eq!(times(&result, "bounce").len(), impacts.len());
        times(&result, "bounce").iter().zip(impacts).for_each(|(&t, r)| assert_near(t, number(r), tolerance));
        assert_near(last(&result, "x"), 0.13708498984760390414, tolerance * 10.0);

        let result = finished(&relay(&options));
        let switches: Vec<f64> = result.events.iter().map(|e| e.t).collect();
        let expected = [
            "0.69314718055994530942",
            "1.7917594692280550008",
            "2.8903717578961646922",
            "3.9889840465642743836",
            "5.087596335232384075",
            "6.1862086239004937664",
            "7.2848209125686034578",
        ];
        assert_eq!(switches.len(), expected.len());
        switches.iter().zip(expected).for_each(|(&t, r)| assert_near(t, number(r), tolerance));
        assert_near(last(&result, "x"), -0.2663432327772066085, tolerance * 10.0);

        let result = finished(&pendulum(&options));
        let crossings: Vec<f64> = result.events.iter().map(|e| e.t).collect();
        let expected = [
            "0.59196048689405936233",
            "1.775881460682178087",
            "2.9598024344702968116",
            "4.1437234082584155363",
        ];
        assert_eq!(crossings.len(), expected.len());
        crossings.iter().zip(expected).for_each(|(&t, r)| assert_near(t, number(r), tolerance));

        let result = finished(&doses(&options));
        let expected =
            [1.8520455517042946652, 3.5237990312977105996, 3.7859474633373366746, 1.1433317882578790797];
        column(&result, "x").iter().zip(expected).for_each(|(&x, r)| assert_near(x, r, tolerance));

        let result = finished(&alternating(&options));
        let expected = [
            38.665160867020547081,
            66.733232960179393154,
            32.328990329687583317,
            62.864256783337869761,
            62.864081124770893101,
        ];
        column(&result, "y").iter().zip(expected).for_each(|(&y, r)| assert_near(y, r, tolerance * 10.0));
    }
}

#[test]
fn a_ball_that_comes_to_rest_in_finite_time_is_named() {
    for e in [0.5, 0.9] {
        let result = run_text(&ball(9.81, e, 20.0, "method = tsit5(rtol = 1e-9, atol = 1e-12)"));
        let error = result.error.expect("the bounces have an end");
        assert_eq!(
            (result.status, error.code.as_str(), error.name.as_deref()),
            ("zeno", "R0008", Some("bounce"))
        );
        assert!(error.message.contains("`bounce`") && error.line == Some(6), "{error:?}");
        let end = (2.0f64 / 9.81).sqrt() * (1.0 + 2.0 * e / (1.0 - e));
        assert_near(error.t.unwrap(), end, 1e-7);
        // It never falls through the floor.
        assert!(result.table.columns[1].values.iter().all(|&x| x > -1e-12));
    }
}

#[test]
fn rows_at_an_event_show_the_values_after_it_and_steps_show_both() {
    let text = |save: &str| {
        format!(
            "model M {{\n    state x = 1\n    discrete n = 0\n    x' = 0\n    \
             event e: at [0, 1, 2] {{ x := 2*x; n := n + 1 }}\n}}\nsolve M over 0..2 {{ save = {save} }}\n"
        )
    };
    let result = finished(&text("5"));
    assert_eq!(column(&result, "x"), [2.0, 2.0, 4.0, 4.0, 8.0]);
    assert_eq!(column(&result, "n"), [1.0, 1.0, 2.0, 2.0, 3.0]);
    let result = finished(&text("steps"));
    let (t, x) = (column(&result, "t"), column(&result, "x"));
    let at =
        |time: f64| -> Vec<f64> { t.iter().zip(x).filter(|(t, _)| **t == time).map(|(_, x)| *x).collect() };
    assert_eq!((at(0.0), at(1.0), at(2.0)), (vec![2.0], vec![2.0, 4.0], vec![4.0, 8.0]));
}

#[test]
fn right_hand_sides_read_the_values_before_and_events_of_one_instant_act_in_file_order() {
    let result = finished(
        "model M {\n    state a = 1, b = 2\n    a' = 0\n    b' = 0\n    event first: at 1 { a := b; b := a }\n    \
         event second: at 1 { a := a + 10*b }\n    event third: every 1 { b := b + a }\n}\nsolve M over 0..1.5\n",
    );
    // (1, 2) → (2, 1) → (12, 1) → (12, 13)
    assert_eq!((last(&result, "a"), last(&result, "b")), (12.0, 13.0));
    let names: Vec<&str> = result.events.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["first", "second", "third"]);
}

#[test]
fn what_an_event_makes_true_happens_at_the_same_instant() {
    let result = finished(
        "model M {\n    state x = 0\n    discrete n = 0\n    x' = 1\n    event tick: when x > 1 { n := n + 1 }\n    \
         event chain: when n > 0.5 { x := x + 5 }\n    event far: when x > 5 { n := n + 10 }\n}\nsolve M over 0..2\n",
    );
    let firings: Vec<(&str, f64)> = result.events.iter().map(|e| (e.name.as_str(), e.t)).collect();
    assert_eq!(firings.iter().map(|f| f.0).collect::<Vec<_>>(), ["tick", "chain", "far"]);
    assert!(firings.iter().all(|f| (f.1 - 1.0).abs() < 1e-12), "{firings:?}");
    assert_eq!(last(&result, "n"), 11.0);
}

#[test]
fn events_that_cause_each_other_without_end_are_named() {
    let result = run_text(
        "model M {\n    state x = 0\n    x' = 1\n    discrete on = false\n    event a: when on and x > 1 { on := false }\n    \
         event b: when not on and x > 1 { on := true }\n}\nsolve M over 0..2\n",
    );
    let error = result.error.expect("no end of rounds");
    assert_eq!((result.status, error.code.as_str()), ("zeno", "R0008"));
}

#[test]
fn nothing_happens_for_what_is_already_true() {
    let result = finished(
        "model M {\n    state x = 2\n    discrete n = 0\n    x' = cos(t)\n    event e: when x > 1.5 { n := n + 1 }\n}\n\
         solve M over 0..14\n",
    );
    // x = 2 + sin t is above 1.5 at 0, falls below it at 3.67 and comes back at 5.76, then again at 12.04.
    assert_eq!(result.events.len(), 2);
    assert_near(result.events[0].t, 11.0 * std::f64::consts::PI / 6.0, 1e-6);
}

#[test]
fn an_event_at_the_edge_happens_as_soon_as_it_is_true() {
    let result = finished(
        "model M {\n    state x = 0\n    discrete n = 0\n    x' = 1\n    event e: when x > 0 { n := n + 1 }\n}\n\
         solve M over 0..1\n",
    );
    assert_eq!(result.events.len(), 1);
    assert!(result.events[0].t < 1e-12);
}

#[test]
fn each_cell_of_an_array_happens_on_its_own_and_shared_places_count_all() {
    let result = finished(
        "model Net {\n    index i in 1..4\n    state v[i] = 0.2*i\n    discrete spikes = 0, last[i] = -1\n    v[i]' = 1\n    \
         event spike[i]: when v[i] > 1 { v[i] := 0; last[i] := t; spikes := spikes + 1 }\n    \
         event both[i]: at 1.7 { spikes := spikes + i }\n}\nsolve Net over 0..2\n",
    );
    let names: Vec<&str> = result.events.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "spike[4]", "spike[3]", "spike[2]", "spike[1]", "spike[4]", "spike[3]", "spike[2]", "both[1]",
            "both[2]", "both[3]", "both[4]", "spike[1]"
        ],
        "{:?}",
        result.events
    );
    assert_eq!(last(&result, "spikes"), 18.0);
    assert_near(last(&result, "last[2]"), 1.6, 1e-9);
}

#[test]
fn elements_that_change_one_place_act_one_after_the_other() {
    let run = |event: &str| {
        finished(&format!(
            "model M {{\n    param p = 2\n    index j in 1..2\n    state u[3] = 0\n    u' = [1, 1, 1]\n    {event}\n}}\n\
             solve M over 0..1 {{ save = [1]; sensitivity = [p] }}\n"
        ))
    };
    let places = |result: &TaskResult| ["u[1]", "u[2]", "u[3]"].map(|name| last(result, name));
    let moved =
        |result: &TaskResult| ["d(u[1])/d(p)", "d(u[2])/d(p)", "d(u[3])/d(p)"].map(|n| last(result, n));
    let counted = run("event e[j]: at 0.5 { u[j+1] := u[j+1] + 1; u[j] := u[j] + 1 }");
    places(&counted).iter().zip([2.0, 3.0, 2.0]).for_each(|(&u, expected)| assert_near(u, expected, 1e-14));
    let array = run("event e[j]: at 0.5 { u[j] := p*j; u[j+1] := 10*j*p }");
    let scalars =
        run("event a: at 0.5 { u[1] := p; u[2] := 10*p }\n    event b: at 0.5 { u[2] := p*2; u[3] := 20*p }");
    places(&array).iter().zip([2.5, 4.5, 40.5]).for_each(|(&u, expected)| assert_near(u, expected, 1e-14));
    assert_eq!(places(&array), places(&scalars));
    assert_eq!(moved(&array), [1.0, 2.0, 20.0]);
    assert_eq!(moved(&array), moved(&scalars));
}

#[test]
fn cells_that_fire_together_act_together() {
    let result = finished(
        "model Net {\n    index i in 1..1000\n    state v[i] = 0\n    discrete n = 0\n    v[i]' = 1 - v[i]\n    \
         event spike[i]: when v[i] > 0.5 { v[i] := 0; n := n + 1 }\n}\nsolve Net over 0..1.5 { table = [n, sum(v)] }\n",
    );
    assert_eq!(result.events.len(), 2000);
    assert!(result.events[..1000].iter().all(|e| e.t == result.events[0].t));
    assert_eq!(last(&result, "n"), 2000.0);
}

#[test]
fn a_run_stops_where_an_event_says_so() {
    let result = finished(
        "model M {\n    state x = 1\n    x' = x\n    event done: when x > 2 { stop }\n}\nsolve M over 0..5 { save = [0, 5] }\n",
    );
    assert_eq!(result.status, "stopped");
    assert_near(last(&result, "t"), std::f64::consts::LN_2, 1e-6);
    assert_near(last(&result, "x"), 2.0, 1e-12);
    assert!(result.notes.iter().any(|note| note.contains("stopped by `done`")), "{:?}", result.notes);
}

#[test]
fn times_may_depend_on_parameters_and_periods_do_not_drift() {
    let result = finished(
        "model M {\n    param p = 0.1, a = 0.25\n    state x = 0\n    x' = 0\n    event e: every p from a { x := x + 1 }\n    \
         event once: at [2*a, a + 50] { x := x + 1000 }\n}\nsolve M over 0..100 { save = [100] }\n",
    );
    let ticks = times(&result, "e");
    assert_eq!(ticks.len(), 998);
    assert!(ticks.iter().enumerate().all(|(k, t)| *t == 0.25 + 0.1 * k as f64));
    assert_eq!(times(&result, "once"), [0.5, 50.25]);
    assert_eq!(last(&result, "x"), 998.0 + 2000.0);
    let bad = run_text(
        "model M {\n    param p = 0\n    state x = 0\n    x' = 0\n    event e: every p { x := 1 }\n}\nsolve M over 0..1\n",
    );
    let error = bad.error.expect("a period of nothing");
    assert!(error.code == "R0009" && error.message.contains("`e`"), "{error:?}");
}

#[test]
fn logs_hold_values_after_each_firing() {
    let result = finished(
        "model M {\n    state x = 0\n    discrete n = 0\n    x' = 1\n    event e: when x > 1 { x := x - 1; n := n + 1 }\n}\n\
         solve M over 0..3.5 { log = [e, n, 2*n] }\n",
    );
    let logged: Vec<&[(String, f64)]> = result.events.iter().map(|e| &e.values[..]).collect();
    assert_eq!(logged.len(), 3);
    for (k, values) in logged.iter().enumerate() {
        let n = (k + 1) as f64;
        assert_eq!(values[..], [("n".to_owned(), n), ("2*n".to_owned(), 2.0 * n)]);
    }
}

#[test]
fn algebraic_unknowns_are_solved_for_again() {
    let result = finished(
        "model M {\n    state x = 1\n    alg z = 1\n    x' = -z\n    0 = z^3 - x\n    event kick: at 0.5 { x := 8 }\n}\n\
         solve M over 0..1 { save = [0.5]; method = rodas5p }\n",
    );
    assert_near(last(&result, "z"), 2.0, 1e-9);
}

#[test]
fn events_run_forward_only() {
    let result = run_text(
        "model M {\n    state x = 1\n    x' = 1\n    event e: when x > 2 { x := 0 }\n}\nsolve M over 1..0\n",
    );
    assert_eq!(result.error.expect("refused").code, "R0009");
}

#[test]
fn a_hundred_thousand_events_keep_their_memory() {
    let result = finished(
        "model M {\n    state x = 0\n    discrete n = 0\n    x' = 1\n    event e: when x > 1 { x := x - 1; n := n + 1 }\n}\n\
         solve M over 0..100000.5 { save = [100000.5]; method = tsit5 }\n",
    );
    assert_eq!(last(&result, "n"), 100_000.0);
    assert_near(last(&result, "x"), 0.5, 1e-6);
}

#[test]
fn later_events_of_an_instant_read_algebraic_unknowns_as_earlier_ones_leave_them() {
    let result = finished(
        "model M { state x = 1, y = 0; alg z = 2; x' = 0; y' = 0; 0 = z - 2*x
            event a: at 1 { x := 5 }
            event b: at 1 { y := z }
         }
         solve M over 0..2 { log = [a, z]; save = [1, 2] }",
    );
    assert_eq!((last(&result, "y"), last(&result, "z")), (10.0, 10.0));
    assert_eq!(result.events[0].values.iter().map(|(_, value)| *value).collect::<Vec<_>>(), [10.0]);
}

#[test]
fn a_cascade_is_as_long_as_it_has_conditions() {
    let result = finished(
        "model Dominoes { index i in 1..300; index j in 1..299; state a[300] = 0; a'[i] = 0
            event first: at 1 { a[1] := 1 }
            event fall[j]: when a[j] > 0.5 { a[j+1] := 1 }
         }
         solve Dominoes over 0..2",
    );
    assert_eq!(result.events.len(), 300);
}

#[test]
fn times_that_are_no_numbers_are_refused() {
    let cases = [
        ("at log(a)", "the time of the event `e` is NaN"),
        ("every 1 from log(a)", "the time of the event `e` is NaN"),
        ("every log(a)", "the period of the event `e` is NaN"),
    ];
    for (trigger, message) in cases {
        let body = format!("param a = -1; state x = 1; x' = -x; event e: {trigger} {{ x := 1 }}");
        let error = run_text(&format!("model M {{ {body} }}\nsolve M over 0..1\n")).error.expect("refused");
        assert_eq!((error.code.as_str(), error.message.as_str()), ("R0009", message));
        assert_eq!(error.name.as_deref(), Some("e"));
    }
}
