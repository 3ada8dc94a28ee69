//! What the phase makes of whole texts: models that pass, what they become, and every complaint.

mod evaluate;
mod hostile;
mod meaning;
mod newcomer;
mod tasks;

use crate::diagnostics::{Diagnostics, Look, Sources};

use super::Module;
use super::model::{Form, Kind, Model};

/// A text parsed and loaded; the only files to import are itself and the valves of the components.
fn load(text: &str) -> (Module, Sources, Diagnostics) {
    let mut sources = Sources::default();
    let file = sources.add("main.nde", text);
    let valves = include_str!("../../../../tests/models/lib/valves.nde");
    let library = sources.add("lib/valves.nde", valves);
    let mut diagnostics = Diagnostics::new();
    let ast = crate::parse::parse(text, file, &mut diagnostics);
    let mut loader = |path: &str| match path {
        "lib/valves.nde" => Ok((library, valves.to_owned())),
        "main.nde" => Ok((file, text.to_owned())),
        path => Err(format!("no file {path}")),
    };
    let module = super::load(ast, super::Paths::Inside, &mut loader, &mut diagnostics);
    (module, sources, diagnostics)
}

fn rendered(diagnostics: &Diagnostics, sources: &Sources) -> String {
    diagnostics.render(sources, Look::Plain, 100)
}

/// All that is said about a text; empty where nothing is.
fn complaints(text: &str) -> String {
    let (module, sources, mut diagnostics) = load(text);
    super::check_module(&module, &mut diagnostics);
    rendered(&diagnostics, &sources)
}

fn model(text: &str, name: &str) -> Model {
    let (module, sources, mut diagnostics) = load(text);
    let model = super::model(&module, name, &[], &mut diagnostics);
    assert!(!diagnostics.has_errors(), "{}", rendered(&diagnostics, &sources));
    model.expect("a model without complaints is built")
}

#[test]
fn a_model_of_two_equations() {
    let text = include_str!("../../../../tests/models/1_lotka_volterra.nde");
    let model = model(text, "LotkaVolterra");
    assert_eq!(model.equations.len(), 2);
    assert!(model.equations.iter().all(|equation| matches!(equation.form, Form::Explicit { .. })));
    let states = model.variables.iter().filter(|v| matches!(v.kind, Kind::State { .. })).count();
    assert_eq!((states, model.variables.len()), (2, 9));
    assert!(model.features.is_empty());
}

#[test]
fn an_equation_without_derivative_is_algebraic() {
    let model = model(include_str!("../../../../tests/models/2_rober.nde"), "Rober");
    let algebraic = model.equations.iter().filter(|e| matches!(e.form, Form::Algebraic { .. })).count();
    assert_eq!((algebraic, model.equations.len()), (1, 3));
}

#[test]
fn every_file_of_the_language_passes() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/models");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).expect("the models are there") {
        let path = entry.expect("the folder can be read").path();
        if path.extension().is_some_and(|ending| ending == "nde") {
            let text = std::fs::read_to_string(&path).expect("a model can be read");
            let shown = complaints(&text);
            assert!(!shown.contains("error["), "{}\n{shown}", path.display());
            files += 1;
        }
    }
    assert_eq!(files, 17);
}

/// The examples of `ndec explain`, each with what is said about it.
#[test]
fn every_code_is_provoked_by_its_example() {
    let (mut wrong, mut transcript) = (String::new(), String::new());
    for info in super::error::codes() {
        let shown = complaints(info.example);
        if !shown.contains(info.code) {
            wrong.push_str(&format!("{}:\n{}\n{}\n", info.code, info.example, shown));
        }
        transcript.push_str(&format!("=== {}: {}\n{}\n{shown}\n", info.code, info.title, info.example));
    }
    assert!(wrong.is_empty(), "{wrong}");
    insta::assert_snapshot!(transcript);
}
