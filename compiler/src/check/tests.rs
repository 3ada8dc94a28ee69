//! What the phase makes of whole texts: models that pass, what they become, and every complaint.

use crate::diagnostics::{Diagnostics, FileId, Look, Sources};

use super::model::{Form, Kind, Model};

/// A text checked as a file without imports: complaints as text, empty where there are none.
fn complaints(text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add("main.nde", text);
    let mut diagnostics = Diagnostics::new();
    let ast = crate::parse::parse(text, file, &mut diagnostics);
    let mut loader = |path: &str| Err(format!("no file {path}"));
    super::check(ast, &mut loader, &mut diagnostics);
    diagnostics.render(&sources, Look::Plain, 100)
}

fn model(text: &str, name: &str) -> Model {
    let mut sources = Sources::default();
    let file = sources.add("main.nde", text);
    let mut diagnostics = Diagnostics::new();
    let ast = crate::parse::parse(text, file, &mut diagnostics);
    let mut loader = |path: &str| match path {
        "lib/valves.nde" => Ok((FileId(0), include_str!("../../../tests/models/lib/valves.nde").to_owned())),
        path => Err(format!("no file {path}")),
    };
    let module = super::load(ast, super::Paths::Inside, &mut loader, &mut diagnostics);
    let model = super::model(&module, name, &[], &mut diagnostics);
    assert!(!diagnostics.has_errors(), "{}", diagnostics.render(&sources, Look::Plain, 100));
    model.expect("a model without complaints is built")
}

#[test]
fn a_model_of_two_equations() {
    let text = include_str!("../../../tests/models/1_lotka_volterra.nde");
    let model = model(text, "LotkaVolterra");
    assert_eq!(model.equations.len(), 2);
    assert!(model.equations.iter().all(|equation| matches!(equation.form, Form::Explicit { .. })));
    let states = model.variables.iter().filter(|v| matches!(v.kind, Kind::State { .. })).count();
    assert_eq!((states, model.variables.len()), (2, 9));
    assert!(model.features.is_empty());
}

#[test]
fn an_equation_without_derivative_is_algebraic() {
    let model = model(include_str!("../../../tests/models/2_rober.nde"), "Rober");
    let algebraic = model.equations.iter().filter(|e| matches!(e.form, Form::Algebraic { .. })).count();
    assert_eq!((algebraic, model.equations.len()), (1, 3));
}

#[test]
fn every_model_of_the_language_passes() {
    for (name, text) in [
        ("NeuralODE", include_str!("../../../tests/models/3_neural_ode.nde")),
        ("LotkaUDE", include_str!("../../../tests/models/4_ude.nde")),
        ("MackeyGlass", include_str!("../../../tests/models/5_delay.nde")),
        ("NeuralSDE", include_str!("../../../tests/models/6_neural_sde.nde")),
        ("BouncingBall", include_str!("../../../tests/models/7_bouncing_ball.nde")),
        ("Brusselator", include_str!("../../../tests/models/8_brusselator.nde")),
        ("Cascade", include_str!("../../../tests/models/9_components.nde")),
        ("Dimerisation", include_str!("../../../tests/models/10_stochastic_kinetics.nde")),
        ("Pendulum", include_str!("../../../tests/models/11_pendulum.nde")),
        ("OralPK", include_str!("../../../tests/models/12_dosing.nde")),
        ("Lorenz", include_str!("../../../tests/models/13_sweep.nde")),
        ("Spiral", include_str!("../../../tests/models/14_spiral.nde")),
        ("NoisyLotkaVolterra", include_str!("../../../tests/models/15_diffeqflux_demos.nde")),
        ("Oscillator", include_str!("../../../tests/models/17_host_and_noise.nde")),
    ] {
        model(text, name);
    }
}

#[test]
fn every_code_is_provoked_by_its_example() {
    let mut wrong = String::new();
    for info in super::error::codes() {
        let shown = complaints(info.example);
        if !shown.contains(info.code) {
            wrong.push_str(&format!("{}:\n{}\n{}\n", info.code, info.example, shown));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
