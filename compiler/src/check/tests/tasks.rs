//! What tasks become, and what a caller may set.

use super::{load, rendered};
use crate::check::task::{MethodValue, Save, StatisticKind, Task};
use crate::check::{Changes, Given, Model};
use crate::diagnostics::{Diagnostics, FileId};

fn task_with(text: &str, number: usize, given: &[(&str, &str)]) -> Result<(Model, Task), String> {
    let (module, sources, mut diagnostics) = load(text);
    let parse = |text: &str, diagnostics: &mut Diagnostics| {
        crate::parse::parse_expression(text, FileId::default(), diagnostics)
    };
    let parsed: Vec<_> =
        given.iter().map(|(a, b)| (parse(a, &mut diagnostics), parse(b, &mut diagnostics))).collect();
    let given: Vec<Given> = parsed.iter().map(|(target, value)| Given { target, value }).collect();
    let changes = Changes { given: &given, method: None };
    let built = crate::check::task(&module, number, changes, &mut diagnostics);
    built.ok_or_else(|| rendered(&diagnostics, &sources))
}

fn task(text: &str, number: usize) -> (Model, Task) {
    task_with(text, number, &[]).unwrap_or_else(|shown| panic!("{shown}"))
}

const DECAY: &str = "model M(N = 2) { param k = 1; state x = 1, u[N] = 1; x' = -k*x; u' = -u }\n";

#[test]
fn a_solve_has_its_options() {
    let (_, task) = task(include_str!("../../../../tests/models/2_rober.nde"), 1);
    let method = task.options.method.expect("a method");
    assert_eq!(method.name, "rodas5p");
    assert_eq!(method.options[0], ("rtol".to_owned(), MethodValue::Number(1e-8)));
    assert_eq!(method.options[1].1, MethodValue::PerUnknown(vec![1e-8, 1e-14, 1e-6]));
    assert!(matches!(task.options.save, Some(Save::Logspace { count: 200, .. })));
}

#[test]
fn structural_arguments_choose_the_model() {
    let (model, task) = task(&format!("{DECAY}solve M(N = 7, k = 3, x = 5) over 0..1"), 1);
    let u = model.variables.iter().find(|v| v.name == "u").expect("u");
    assert_eq!(model.algebra.symbol(u.symbol).dims.as_slice(), [7]);
    let names: Vec<&str> = task.settings.iter().map(|setting| setting.place.name.as_str()).collect();
    assert_eq!(names, ["k", "x"]);
    assert_eq!(model.algebra.as_number(task.settings[0].values[0].value), Some(3.0));
}

#[test]
fn what_the_caller_gives_comes_last() {
    let text = format!("{DECAY}solve M(k = 3) over 0..1");
    let given = [("k", "4"), ("N", "3"), ("u[2]", "9"), ("elsewhere", "1")];
    let (model, task) = task_with(&text, 1, &given).expect("nothing is wrong");
    let names: Vec<&str> = task.settings.iter().map(|setting| setting.place.name.as_str()).collect();
    assert_eq!(names, ["k", "k", "u[2]"]);
    assert_eq!(task.used, [0, 1, 2]);
    let u = model.variables.iter().find(|v| v.name == "u").expect("u");
    assert_eq!(model.algebra.symbol(u.symbol).dims.as_slice(), [3]);
    let shown = task_with(&text, 1, &[("k", "3*k")]).err().expect("the value is no constant");
    assert!(shown.contains("E0112"), "{shown}");
}

#[test]
fn another_method_keeps_what_it_knows() {
    let text = format!("{DECAY}solve M over 0..1 {{ method = rodas5p(rtol = 1e-3, linear = \"dense_lu\") }}");
    let (module, sources, mut diagnostics) = load(&text);
    let method = crate::parse::parse_expression("tsit5", FileId::default(), &mut diagnostics);
    let changes = Changes { given: &[], method: Some(&method) };
    let (_, task) = crate::check::task(&module, 1, changes, &mut diagnostics).expect("nothing is wrong");
    let method = task.options.method.expect("a method");
    assert_eq!(method.name, "tsit5");
    assert_eq!(method.options, [("rtol".to_owned(), MethodValue::Number(1e-3))]);
    assert!(rendered(&diagnostics, &sources).contains("`tsit5` has no option `linear`: it is left out"));
}

#[test]
fn columns_are_named_as_written() {
    let (_, task) =
        task(&format!("{DECAY}solve M over 0..1 {{ table = [x + 2*u[1], u, if x > 1 then 1 else 0] }}"), 1);
    let table = task.options.table.expect("a table");
    let names: Vec<&str> = table.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["x+2*u[1]", "u", "if x>1 then 1 else 0"]);
    assert_eq!(table[1].axes.len(), 1);
}

#[test]
fn statistics_are_symbols_of_a_task() {
    let (_, fit) = task(include_str!("../../../../tests/models/6_neural_sde.nde"), 1);
    let kinds: Vec<StatisticKind> = fit.statistics.iter().map(|s| s.kind).collect();
    assert_eq!(
        kinds,
        [StatisticKind::Expectation, StatisticKind::RowMean, StatisticKind::Variance, StatisticKind::RowMean]
    );
    let (_, solve) = task(include_str!("../../../../tests/models/6_neural_sde.nde"), 2);
    assert_eq!(solve.options.table.expect("a table").len(), 2);
}

#[test]
fn a_fit_has_data_freedom_and_a_loss() {
    let (_, task) = task(include_str!("../../../../tests/models/1_lotka_volterra.nde"), 1);
    let fit = task.fit.expect("a fit");
    assert_eq!((fit.free.len(), fit.observations.len(), fit.optimizers.len()), (7, 2, 2));
    assert_eq!(task.columns.len(), 2);
}

#[test]
fn mistakes_in_tasks_are_named() {
    for (task, wanted) in [
        ("solve M(q = 1) over 0..1", "E0705"),
        ("solve M over 0..1 { sav = 3 }", "did you mean `save`?"),
        ("solve M over 0..1 { method = tsit5(rtl = 1) }", "did you mean `rtol`?"),
        ("solve M over 0..1 { method = rodas5p(atol = [1, 2, 3, 4]) }", "4 tolerances for 2 unknowns"),
        ("solve M over 0..x { save = 3 }", "E0112"),
        ("solve M over 0..1 { table = [y] }", "E0101"),
        ("solve M over 0..1 { save = 3; save = 4 }", "E0105"),
        ("solve M over 0..1 { sensitivity = [k, z] }", "E0705"),
        ("sweep M over 0..1 { vary x ~ uniform(0) }", "E0502"),
        ("sweep M over 0..1 { vary k = 3 }", "E0504"),
    ] {
        let shown = task_with(&format!("{DECAY}{task}"), 1, &[]).err().unwrap_or_default();
        assert!(shown.contains(wanted), "{task}\n{shown}");
    }
}
