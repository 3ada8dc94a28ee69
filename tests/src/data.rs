//! The data that judges results: reference problems, scalar functions and solved models, as kept in `tests/data`.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde::{Deserialize, de::DeserializeOwned};

/// An initial value problem with values of its solution to up to 20 digits.
#[derive(Deserialize)]
pub struct Problem {
    pub name: String,
    pub source: String,
    /// The lines of the model's text, without a task.
    pub model: Vec<String>,
    /// The span of time, as decimal strings.
    pub over: [String; 2],
    /// The times of the reference values.
    pub points: Vec<String>,
    /// The unknowns, in the order of the model's columns.
    pub states: Vec<String>,
    /// What the columns `d(x)/d(p)` among the unknowns are derivatives by.
    #[serde(default)]
    pub sensitivity: Vec<String>,
    /// A value for each point, by the name of the unknown.
    pub reference: BTreeMap<String, Vec<String>>,
    /// What an error is relative to where the reference is smaller, by the name of the unknown.
    #[serde(default)]
    pub scale: BTreeMap<String, f64>,
    /// The times of all its events, in their order.
    #[serde(default)]
    pub events: Vec<String>,
    /// The index of a system with algebraic equations; 0 without.
    #[serde(default)]
    pub index: u32,
    /// Digits of the reference that are right.
    pub digits: f64,
    /// Worst relative error of SciPy's `RK45` and `DOP853` by method and rtol (`1e-6`, `1e-10`), with the absolute
    /// tolerances of [`Problem::atol`]; absent for stiff problems.
    #[serde(default)]
    pub scipy: BTreeMap<String, BTreeMap<String, f64>>,
}

impl Problem {
    /// `rtol` × 1e-3 × the largest reference value, for each unknown.
    pub fn atol(&self, rtol: f64) -> Vec<f64> {
        let largest =
            |values: &Vec<String>| values.iter().map(|v| crate::digits::number(v).abs()).fold(0.0, f64::max);
        self.states.iter().map(|state| rtol * 1e-3 * largest(&self.reference[state])).collect()
    }

    /// The model with a task that solves it by `method`, a name or a call, and saves at the reference's points.
    pub fn text(&self, method: &str) -> String {
        let model = self.model.join("\n");
        let name = model.split_once("model ").and_then(|(_, rest)| rest.split_whitespace().next());
        let name = name.expect("the text declares a model");
        let ([from, to], points) = (&self.over, self.points.join(", "));
        let sensitivity = match self.sensitivity.is_empty() {
            true => String::new(),
            false => format!("    sensitivity = [{}]\n", self.sensitivity.join(", ")),
        };
        format!(
            "{model}\n\nsolve {name} over {from}..{to} {{\n    method = {method}\n    save = [{points}]\n{sensitivity}}}\n"
        )
    }
}

/// Values and derivatives of scalar expressions, and what they give at the edges of their domains.
#[derive(Deserialize)]
pub struct Scalars {
    pub items: Vec<Scalar>,
    pub edge_cases: Vec<EdgeCase>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// One call of a function of the library.
    Builtin,
    /// Anything else.
    Spelled,
}

#[derive(Deserialize)]
pub struct Scalar {
    pub name: String,
    pub form: Form,
    pub expression: String,
    pub variables: Vec<String>,
    pub points: Vec<Point>,
}

#[derive(Deserialize)]
pub struct Point {
    /// The variables' values; the reference belongs to the doubles nearest to them.
    pub x: Vec<String>,
    pub value: String,
    pub gradient: Vec<String>,
    /// The expression as it is spelled cancels or overflows here: only an identity reaches the reference.
    #[serde(default)]
    pub identity: bool,
}

/// An argument at which IEEE arithmetic decides; each list holds the answers that are right.
#[derive(Deserialize)]
pub struct EdgeCase {
    pub expression: String,
    pub variables: Vec<String>,
    pub x: Vec<String>,
    pub value: Vec<String>,
    pub gradient: Vec<Vec<String>>,
    /// What the entries of the gradient must add up to, where any of several answers is right.
    pub gradient_sum: Option<String>,
    pub note: Option<String>,
}

/// The solution of an acceptance model by an independent solver.
#[derive(Deserialize)]
pub struct Solution {
    pub name: String,
    pub model: String,
    /// The solver and its tolerance.
    pub source: String,
    pub over: [f64; 2],
    /// Structural arguments that differ from the file's.
    #[serde(default)]
    pub set: BTreeMap<String, f64>,
    /// Statements of the file that were left out.
    #[serde(default)]
    pub omit: Vec<String>,
    /// Largest relative difference to a second solver, the floor of a column being 1e-3 of its largest value.
    pub agreement: Option<f64>,
    /// The network's weights, in the order in which they flatten.
    #[serde(default)]
    pub weights: Vec<Tensor>,
    pub t: Vec<f64>,
    /// A value for each time; times are a subset of those that the file saves.
    pub columns: BTreeMap<String, Vec<f64>>,
}

impl Solution {
    /// All weights as one vector.
    pub fn flat_weights(&self) -> Vec<f64> {
        self.weights.iter().flat_map(|tensor| tensor.values.iter().copied()).collect()
    }
}

/// A named weight, row by row.
#[derive(Deserialize)]
pub struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

/// Every problem that has SciPy's errors beside it: the non-stiff ones, by name.
pub fn non_stiff_problems() -> Vec<Problem> {
    problems(|problem| !problem.scipy.is_empty())
}

/// The stiff problems without algebraic equations, by name.
pub fn stiff_problems() -> Vec<Problem> {
    problems(|problem| problem.scipy.is_empty() && problem.index == 0)
}

/// The problems with algebraic equations, by name.
pub fn algebraic_problems() -> Vec<Problem> {
    problems(|problem| problem.index > 0)
}

/// The problems with events and jumps in time, by name. Of some the references are times of events alone.
pub fn event_problems() -> Vec<Problem> {
    names("events").iter().map(|name| read("events", name)).collect()
}

fn problems(wanted: impl FnMut(&Problem) -> bool) -> Vec<Problem> {
    let names = names("reference").into_iter().filter(|name| name != SCALARS);
    names.map(|name| problem(&name)).filter(wanted).collect()
}

/// The names of the files of a kind, in their order.
fn names(kind: &str) -> Vec<String> {
    let folder = folder().join(kind);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let names = entries.map(|entry| entry.expect("an entry of the folder").file_name().into_string());
    let mut names: Vec<_> = names.map(|name| name.expect("a name in UTF-8")).collect();
    names.sort();
    names.iter().filter_map(|name| name.strip_suffix(".json")).map(str::to_owned).collect()
}

/// One problem by its name.
pub fn problem(name: &str) -> Problem {
    read("reference", name)
}

/// A problem with derivatives of its solution.
pub fn sensitivity(name: &str) -> Problem {
    read("sensitivities", name)
}

pub fn scalars() -> Scalars {
    read("reference", SCALARS)
}

/// The solution of the model file `name`, such as `1_lotka_volterra`.
pub fn solution(name: &str) -> Solution {
    read("models", name)
}

const SCALARS: &str = "scalar_expressions";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data")
}

fn read<T: DeserializeOwned>(kind: &str, name: &str) -> T {
    let path = folder().join(kind).join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_complete() {
        let problems = non_stiff_problems();
        assert_eq!(problems.len(), 25);
        for problem in problems {
            assert!(problem.states.iter().all(|s| problem.reference[s].len() == problem.points.len()));
            assert_eq!(problem.reference.len(), problem.states.len());
            assert!(problem.scipy["RK45"]["1e-6"] > 0.0 && problem.scipy["DOP853"]["1e-10"] > 0.0);
            assert!(problem.atol(1e-6).iter().all(|&atol| atol > 0.0), "{}", problem.name);
        }
        let (stiff, algebraic) = (stiff_problems(), algebraic_problems());
        assert_eq!((stiff.len(), algebraic.len()), (29, 6));
        assert_eq!(event_problems().len(), 8);
        for problem in stiff.into_iter().chain(algebraic).chain(event_problems()) {
            assert!(problem.states.iter().all(|s| problem.reference[s].len() == problem.points.len()));
            assert!(problem.atol(1e-9).iter().all(|&atol| atol > 0.0), "{}", problem.name);
        }
    }

    #[test]
    fn a_problem_composes_its_task() {
        let text = problem("lotka_volterra_1").text("tsit5(rtol = 1e-6)");
        assert!(text.ends_with(
            "solve LotkaVolterra1 over 0..10 {\n    method = tsit5(rtol = 1e-6)\n    save = [1, 2, 5, 10]\n}\n"
        ));
    }

    #[test]
    fn scalars_are_complete() {
        let scalars = scalars();
        assert!(scalars.items.iter().any(|item| item.form == Form::Builtin));
        let points: Vec<_> =
            scalars.items.iter().flat_map(|i| i.points.iter().map(|p| (i.variables.len(), p))).collect();
        assert!(points.iter().all(|(n, p)| p.x.len() == *n && p.gradient.len() == *n));
        assert_eq!(points.iter().filter(|(_, p)| p.identity).count(), 5);
        assert_eq!(scalars.edge_cases.len(), 47);
    }

    #[test]
    fn solutions_are_complete() {
        let names = ["1_lotka_volterra", "2_rober", "3_neural_ode", "4_ude", "8_brusselator", "9_components"];
        for name in names.into_iter().chain(["13_lorenz", "14_spiral"]) {
            let solution = solution(name);
            assert!(solution.columns.values().all(|column| column.len() == solution.t.len()), "{name}");
        }
        assert_eq!(solution("3_neural_ode").flat_weights().len(), 252);
        assert_eq!(solution("4_ude").flat_weights().len(), 57);
        assert_eq!(solution("8_brusselator").columns.len(), 512);
    }
}
