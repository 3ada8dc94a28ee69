//! What expressions, arrays, instances and networks mean, in numbers.

use super::evaluate::Values;
use super::{complaints, model};
use crate::check::model::{FeatureKind, Form, Kind, Model};

fn values<'m>(model: &'m Model, given: impl Fn(&str, &[i64]) -> f64 + 'm) -> Values<'m> {
    Values { model, given: Box::new(given) }
}

/// The derivative of x in a model of one state, with the names given.
fn slope(body: &str, given: impl Fn(&str) -> f64) -> f64 {
    let model = model(&format!("model M {{ {body} }}"), "M");
    values(&model, |name, _| given(name)).derivative("x", &[])
}

fn no_names(name: &str) -> f64 {
    panic!("{name} was not to be read")
}

#[test]
fn precedence_is_that_of_the_books() {
    let x = |name: &str| if name == "x" { 3.0 } else { no_names(name) };
    assert_eq!(slope("state x = 1; x' = -x^2", x), -9.0);
    assert_eq!(slope("state x = 1; x' = 2^-x", x), 0.125);
    assert_eq!(slope("state x = 1; x' = 2^x^2", x), 512.0);
    assert_eq!(slope("state x = 1; x' = 1 - x - 1/x/2", x), -2.0 - 1.0 / 6.0);
    assert_eq!(slope("state x = 1; x' = if x > 2 and not x > 4 then 1 else 0", x), 1.0);
}

#[test]
fn bodies_are_checked_where_nobody_calls_them() {
    let model = "model M { param k = 1; fn g(a) = k*a; state x = 1; x' = g(x) }";
    assert_eq!(complaints(model), "");
    for wrong in [
        "fn f(a) = a + b",
        "fn f(a) = sinn(a)",
        "model M { fn g(a) = a*wrong; state x = 1; x' = x }",
        "layer scale(n): m -> n { weight g[n] = zeros; return h*x }",
    ] {
        let shown = complaints(wrong);
        assert!(shown.contains("E0101") || shown.contains("E0102"), "{wrong}\n{shown}");
    }
}

#[test]
fn truth_and_numbers_are_apart() {
    assert_eq!(complaints("model M { param on = true; state x = 1; x' = if on then 1 else 0 }"), "");
    let event = "model M { discrete k = true; state x = 1; x' = 1; event e: at 1 { k := 2 } }";
    assert!(complaints(event).contains("E0214"));
    assert!(complaints("model M { state x = 1; x' = if x and t > 1 then 1 else 0 }").contains("E0214"));
    assert_eq!(slope("state x = 1; x' = 2*(x > 1)", |_| 3.0), 2.0);
}

#[test]
fn a_coefficient_is_divided_through() {
    let names = |name: &str| match name {
        "m" => 4.0,
        "x" => 3.0,
        name => no_names(name),
    };
    assert_eq!(slope("param m = 4; state x = 1; m*x' = 2*x", names), 1.5);
    assert_eq!(slope("param m = 4; state x = 1; 0 = 2*x - m*x'", names), 1.5);
    assert_eq!(slope("param m = 4; state x = 1; x'/m + 1 = x", names), 8.0);
    let model = model("model M { param m = 4; state x = 1; m*x' = 2*x }", "M");
    assert_eq!(model.divisors.len(), 1);
}

#[test]
fn coupled_derivatives_are_rows_of_a_mass_matrix() {
    let model = model("model M { state x = 1, y = 1; x' + y' = 1; x' - x*y' = 2 }", "M");
    let rows =
        model.equations.iter().filter(|e| matches!(&e.form, Form::Mass { terms, .. } if terms.len() == 2));
    assert_eq!(rows.count(), 2);
    assert!(model.features.is_empty());
}

#[test]
fn a_derivative_in_no_line_is_implicit() {
    let model = model("model M { state x = 1; x'^2 + x' = x }", "M");
    assert!(matches!(model.equations[0].form, Form::Implicit { .. }));
    assert!(model.features.is_empty());
}

#[test]
fn a_derivative_can_be_read_where_it_is_explicit() {
    let model = model("model M { state x = 2, y = 1; let v = x'; x' = 3*x; y' = v + x' }", "M");
    let values = values(&model, |name, _| if name == "x" { 2.0 } else { no_names(name) });
    assert_eq!(values.derivative("y", &[]), 12.0);
    assert_eq!(values.derivative("x", &[]), 6.0);
}

#[test]
fn a_second_derivative_makes_the_first_a_state() {
    let model = model("model M { state z = 1; z'' = -4*z - z'; init z' = 2 }", "M");
    let values = values(&model, |name, _| if name == "z" { 1.0 } else { 10.0 });
    assert_eq!(values.derivative("z", &[]), 10.0);
    assert_eq!(values.derivative("z'", &[]), -14.0);
    let speed = model.variables.iter().find(|v| v.name == "z'").expect("z' is a state");
    let Kind::State { initial, derivative_of: Some(_) } = &speed.kind else { panic!("z' belongs to z") };
    assert_eq!(model.algebra.as_number(initial[0].value), Some(2.0));
}

#[test]
fn units_of_one_dimension_meet_with_their_factor() {
    let text = "model M { input t: hr; param CL: mL/min = 1, c: mg/L = 1; state x: mg = 0; x' = CL*c }";
    let model = model(text, "M");
    let values = values(&model, |name, _| if name == "CL" { 1000.0 } else { 1.0 });
    assert_eq!(values.derivative("x", &[]), 60.0);
    assert_eq!(model.time_unit.as_deref(), Some("hr"));
    let given = |name: &str| if name == "x" { 1500.0 } else { no_names(name) };
    assert_eq!(slope("state x: mm = 1; let y: m = x; x' = y/1 [s]", given), 1500.0);
    assert_eq!(slope("state x: mm = 1; x' = if x > 1 [m] then 1 [m/s] else 0", given), 1000.0);
    assert_eq!(slope("state x: mm = 1; x' = sqrt(x*x)/1 [min]", given), 25.0);
}

#[test]
fn a_bare_number_has_the_unit_of_what_it_stands_for() {
    assert_eq!(complaints("model M { param g: m/s^2 = 9.81 in [0, 20]; state v: m/s = -1; v' = g }"), "");
    let wrong = complaints("model M { param g: m/s^2 = 9.81; state v: m/s = 0; v' = g + 1 }");
    assert!(wrong.contains("E0403") && wrong.contains("5 [m/s^2]"), "{wrong}");
}

#[test]
fn a_name_without_unit_is_a_pure_number() {
    let shown = complaints("model M { state x: m = 1; let y = 2*x; x' = 0 }");
    assert!(shown.contains("declare it with `: m`"), "{shown}");
    let parts = "model A { state x: m = 1; x' = 0 }
        model B { use A as a; use A as b }";
    assert_eq!(complaints(parts), "");
}

#[test]
fn boundaries_are_those_of_the_index_set() {
    let text = |rule: &str| {
        format!("model M {{ index i in 1..4 {rule}; state u[i] = i; u'[i] = u[i-1] + 10*u[i+2] }}")
    };
    let at = |rule: &str, k: i64| {
        let model = model(&text(rule), "M");
        values(&model, |_, at| (at[0] + 1) as f64).derivative("u", &[k])
    };
    assert_eq!(at("periodic", 1), 4.0 + 30.0);
    assert_eq!(at("periodic", 4), 3.0 + 20.0);
    assert_eq!(at("mirror", 1), 1.0 + 30.0);
    assert_eq!(at("mirror", 4), 3.0 + 30.0);
    assert_eq!(at("zero", 1), 30.0);
    assert_eq!(at("zero", 4), 3.0);
    let none = complaints(&text(""));
    assert!(none.contains("`u[0]` is outside of 1..4, at i = 1"), "{none}");
}

#[test]
fn pieces_define_an_array() {
    let text = "model M(N = 5) { index i in 1..N; state u[i] = 0
        let d[1] = 7
        let d[i] = u[i] - u[i-1] for i in 2..N
        u'[i] = d[i] }";
    let model = model(text, "M");
    let values = values(&model, |_, at| (at[0] * at[0]) as f64);
    assert_eq!(values.derivative("u", &[1]), 7.0);
    assert_eq!(values.derivative("u", &[5]), 16.0 - 9.0);
}

#[test]
fn a_list_may_fill_an_array_over_an_index_set() {
    let text = "model M { index i in 0..2; const c[i] = [5, 6, 7]; let w[i] = [10, 20, 30]
        state u[i] = [1, 2, 3]; u'[i] = w[i] + c[i] }";
    let model = model(text, "M");
    assert_eq!([0, 1, 2].map(|k| values(&model, |_, _| 0.0).derivative("u", &[k])), [15.0, 26.0, 37.0]);
    let wrong = complaints("model M { index i in 1..2; state u[i] = [i, 2, 3]; u'[i] = 0 }");
    assert!(wrong.contains("E0201"), "{wrong}");
}

#[test]
fn whole_arrays_are_elementwise_and_products_are_written() {
    let text = "model M { const A = [[1, 2], [3, 4]]; param w[2] = [10, 20]
        state u[2] = [2, 0], x = 0
        u' = A @ u + 2*w*u
        x' = dot(w, u) + sum(u^2) + max(u) + prod([1, 2, 3]) + sum(k*u[k] for k in 1..2) }";
    let model = model(text, "M");
    let given = |name: &str, at: &[i64]| match name {
        "w" => [10.0, 20.0][at[0] as usize],
        "u" => [3.0, 5.0][at[0] as usize],
        name => no_names(name),
    };
    let values = values(&model, given);
    assert_eq!(values.derivative("u", &[1]), 13.0 + 60.0);
    assert_eq!(values.derivative("u", &[2]), 29.0 + 200.0);
    assert_eq!(values.derivative("x", &[]), 130.0 + 34.0 + 5.0 + 6.0 + 13.0);
}

#[test]
fn a_constant_array_may_be_a_subscript() {
    let text = "model M { index i in 1..3; const nb = [3, 1, 2]; state u[i] = i; u'[i] = u[nb[i]] }";
    let model = model(text, "M");
    let values = values(&model, |_, at| (at[0] + 1) as f64 * 10.0);
    assert_eq!([1, 2, 3].map(|k| values.derivative("u", &[k])), [30.0, 10.0, 20.0]);
    let wrong = complaints(&text.replace("[3, 1, 2]", "[4, 1, 2]"));
    assert!(wrong.contains("E0205") && wrong.contains("`nb` holds 4"), "{wrong}");
}

#[test]
fn instances_read_what_they_are_bound_to() {
    let text = "model Tank { param k = 2; input q = 0; state level = 1; let out = k*level; level' = q - out }
        model M { use Tank(q = 5) as a; use Tank(q = a.out, k = 3) as b; state x = 0; x' = b.out }";
    let model = model(text, "M");
    let given = |name: &str, _: &[i64]| match name {
        "a.k" => 2.0,
        "b.k" => 3.0,
        "a.level" => 10.0,
        "b.level" => 100.0,
        name => no_names(name),
    };
    let values = values(&model, given);
    assert_eq!(values.derivative("a.level", &[]), 5.0 - 20.0);
    assert_eq!(values.derivative("b.level", &[]), 20.0 - 300.0);
    assert_eq!(values.derivative("x", &[]), 300.0);
    assert_eq!(values.named("b.q", &[]), 20.0);
    let cycle = "model Tank { input q = 0; let out = 2*q; state level = 1; level' = q }
        model M { use Tank(q = b.out) as a; use Tank(q = a.out) as b; state x = 0; x' = 0 }";
    let shown = complaints(cycle);
    assert!(shown.contains("a.q → b.out → b.q → a.out → a.q"), "{shown}");
}

#[test]
fn a_network_is_its_layers() {
    let text = "model M { net f: 2 -> 1 = dense(3, tanh) >> dense(1); state x = 1, y = 1
        let (p) = 1
        x' = f(x, y)[1]; y' = 0 }";
    let shown = complaints(text);
    assert!(shown.contains("error"), "a tuple has two names at least");
    let text = text.replace("let (p) = 1", "");
    let model = model(&text, "M");
    let weights: Vec<&str> = model
        .variables
        .iter()
        .filter(|v| matches!(v.kind, Kind::Weight { .. }))
        .map(|v| v.name.as_str())
        .collect();
    assert_eq!(weights, ["f.1.W", "f.1.b", "f.2.W", "f.2.b"]);
    let names: Vec<String> =
        model.definitions.iter().map(|d| model.algebra.symbol(d.symbol).name.clone()).collect();
    assert_eq!(names, ["f.0", "f.1", "f.2"]);
    let given = |name: &str, at: &[i64]| match name {
        "x" => 0.5,
        "y" => -0.25,
        "f.1.W" => 0.1 * (1 + at[0] * 2 + at[1]) as f64,
        "f.1.b" => 0.01,
        "f.2.W" => 1.0 + at[1] as f64,
        "f.2.b" => 0.5,
        name => no_names(name),
    };
    let hidden =
        |k: i64| (0.1 * (1 + 2 * k) as f64 * 0.5 - 0.1 * (2 + 2 * k) as f64 * 0.25 + 0.01_f64).tanh();
    let wanted: f64 = (0..3).map(|k| (k + 1) as f64 * hidden(k)).sum::<f64>() + 0.5;
    let found = values(&model, given).derivative("x", &[]);
    assert!((found - wanted).abs() < 1e-14, "{found} {wanted}");
}

#[test]
fn layers_stand_in_layers() {
    let text =
        "model M { net f: 2 -> 2 = skip(dense(10, tanh) >> dense(2)); state u[2] = [1, 2]; u' = f(u) }";
    let model = model(text, "M");
    let names: Vec<&str> = model
        .variables
        .iter()
        .filter(|v| matches!(v.kind, Kind::Weight { .. }))
        .map(|v| v.name.as_str())
        .collect();
    assert_eq!(names, ["f.1.1.W", "f.1.1.b", "f.1.2.W", "f.1.2.b"]);
}

#[test]
fn derivatives_in_a_model_go_through_definitions() {
    let text = "model M { state q = 1, p = 1; let H = p^2/2 + 3*q^2; q' = grad(H, p); p' = -grad(H, q) }";
    let hamiltonian = model(text, "M");
    let at = values(&hamiltonian, |name, _| if name == "q" { 2.0 } else { 5.0 });
    assert_eq!((at.derivative("q", &[]), at.derivative("p", &[])), (5.0, -12.0));
    let text =
        "model M { const A = [[1, 2], [3, 4]]; state u[2] = 1, x = 0; let v = A @ u^2; let d = div(v, u)
        u' = jac(v, u) @ [1, 10]; x' = d + grad(sum(u), u)[2] }";
    let flow = model(text, "M");
    let at = values(&flow, |_, at| [3.0, 5.0][at[0] as usize]);
    assert_eq!(at.derivative("u", &[1]), 1.0 * 6.0 + 2.0 * 10.0 * 10.0);
    assert_eq!(at.derivative("x", &[]), 6.0 + 40.0 + 1.0);
    let ring = model(
        "model M { index i in 1..4 periodic; state u[i] = 0; let e = sum((u[i+1] - u[i])^2 for i); u' = -grad(e, u) }",
        "M",
    );
    let at = values(&ring, |_, at| [1.0, 2.0, 4.0, 8.0][at[0] as usize]);
    assert_eq!(at.derivative("u", &[1]), -(2.0 * (1.0 - 8.0) - 2.0 * (2.0 - 1.0)));
}

#[test]
fn a_network_may_be_differentiated() {
    let text =
        "model M { net f: 2 -> 1 = dense(3, tanh) >> dense(1); state z[2] = 1; z' = grad(f(z)[1], z) }";
    let model = model(text, "M");
    let weight = |name: &str, at: &[i64]| match name {
        "z" => [0.3, -0.2][at[0] as usize],
        "f.1.W" => 0.1 * (1 + at[0] * 2 + at[1]) as f64,
        "f.2.W" => 1.0 + at[1] as f64,
        _ => 0.25,
    };
    let wanted: f64 = (0..3)
        .map(|k| {
            let w = |j: i64| 0.1 * (1 + k * 2 + j) as f64;
            let x: f64 = w(0) * 0.3 - w(1) * 0.2 + 0.25;
            (1.0 + k as f64) * (1.0 - x.tanh() * x.tanh()) * w(1)
        })
        .sum();
    let found = values(&model, weight).derivative("z", &[2]);
    assert!((found - wanted).abs() < 1e-14, "{found} {wanted}");
}

#[test]
fn switches_stand_in_the_models_own_equations() {
    let count = |body: &str| {
        model(&format!("fn ramp(x) = if x > 3 then x else 3\nmodel M {{ {body} }}"), "M").switches.len()
    };
    assert_eq!(count("state x = 1; x' = if x > 1 then 1 else 0"), 1);
    assert_eq!(count("state x = 1; x' = if x > 1 and t < 2 then 1 else 0"), 2);
    assert_eq!(count("state x = 1; x' = smooth(if x > 1 then 1 else 0)"), 0);
    assert_eq!(count("state x = 1; x' = ramp(x)"), 0);
    assert_eq!(count("param k = 1; state x = 1; x' = if k > 1 then 1 else 0"), 0);
    assert_eq!(count("state x = 1; x' = step(x) + max(x, 2) + floor(x)"), 2);
    assert_eq!(count("state u[3] = 1; u' = if u > 1 then 1 else 0"), 1);
    assert_eq!(count("state u[3] = 1, x = 1; u' = 0; x' = sum(if u[k] > 1 then 1 else 0 for k in 1..3)"), 1);
}

#[test]
fn the_condition_of_a_switch_is_a_node_of_its_equation() {
    for body in [
        "u' = if u > 1 then u else 0",
        "u'[1] = sum(if u[k] > t then 1 else 0 for k in 1..3); u'[2] = 0; u'[3] = 0",
    ] {
        let model = model(&format!("model M {{ state u[3] = 1; {body} }}"), "M");
        let found = model.equations.iter().any(|equation| match &equation.form {
            Form::Explicit { value, .. } => {
                model.algebra.reachable(*value, true).contains(&model.switches[0].condition)
            }
            _ => false,
        });
        assert!(found, "{body}");
    }
}

#[test]
fn the_past_of_a_state_is_a_symbol() {
    let text = "model M { param τ = 1; state x = 1, u[2] = 1; x' = -x(t - τ) - x(t - τ) + u[1](t - 2); u' = -u(t - x) }";
    let model = model(text, "M");
    assert_eq!(model.delays.len(), 3);
    assert!(model.features.iter().all(|feature| feature.kind == FeatureKind::Delay));
}

#[test]
fn a_constraint_of_a_higher_index_is_no_mistake() {
    let model = model(include_str!("../../../../tests/models/11_pendulum.nde"), "Pendulum");
    assert!(model.features.iter().any(|feature| feature.kind == FeatureKind::HighIndex));
}

#[test]
fn checking_costs_nothing_in_n() {
    let text = include_str!("../../../../tests/models/8_brusselator.nde");
    let sizes = [37, 1000, 60_000].map(|n| {
        let text = text.replace("N = 32", &format!("N = {n}"));
        let model = model(&text, "Brusselator");
        (model.algebra.len(), model.definitions.len(), model.switches.len())
    });
    assert_eq!(sizes[0], sizes[2]);
    assert_eq!(sizes[1], sizes[2]);
}

#[test]
fn an_event_may_wait_for_an_equality_of_what_jumps() {
    let text = "model M { discrete n = 0, on = false; state x = 1; let k = floor(x) + n; x' = 1
        event a: when n == 2 { n := 0 }
        event b: when k == 3 and mod(floor(t), 2) != 1 { n := 1 }
        event c: when on == (x > 2) { on := true } }";
    assert_eq!(complaints(text), "");
}
