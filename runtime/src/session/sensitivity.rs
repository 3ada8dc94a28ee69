//! `sensitivity = [p, x]`: the system with derivatives, their tolerances, and the columns `d(x)/d(p)`.

use nde_compiler::check::model::Model;
use nde_compiler::check::task::{self, Task};
use nde_compiler::derive::system::System;
use nde_compiler::program::{Missing, Program};

use crate::output::number::brief;
use crate::output::{Table, TaskError};
use crate::problem::{Given, Place, Values, sensitivities};
use crate::solve::{Absolute, Options, Solution};

use super::table::Asked;
use super::{failure, settings};

/// The system that a task solves.
///
/// # Errors
/// The model has no derivatives.
pub fn system(model: Model, task: &Task) -> Result<System, TaskError> {
    if task.options.sensitivity.is_empty() {
        return Ok(System::new(model));
    }
    let start = task.over.map(|(start, _)| start);
    let system = System::with_sensitivities(model, &task.options.sensitivity, start);
    system.map_err(|function| failure::of_underived(&function))
}

/// Where the beginning of the run moves with what is differentiated by, the moments say so.
///
/// # Errors
/// A host function or a derivative is missing.
pub fn start(program: &Program, task: &Task, values: &Values) -> Result<Vec<Given>, Missing> {
    let Some((start, _)) = task.over else { return Ok(Vec::new()) };
    let count = program.system().directions.len();
    let mut given = Vec::new();
    for direction in 0..count {
        let moment = {
            let system = program.system();
            system.directions[direction].moment.and_then(|moment| Some(system.discretes.find(moment)?.offset))
        };
        let Some(moment) = moment else { continue };
        let change = program.system().changes_of(direction, &[(Vec::new(), start)]);
        let values = settings::numbers(program, &change.map_err(Missing::Derivative)?, values, 0.0)?;
        if values.iter().all(|&change| change == 0.0) {
            continue;
        }
        given.push(Given { place: Place::Discrete, offset: moment as usize, values });
    }
    Ok(given)
}

/// Absolute tolerances of all unknowns from those of the declared ones. The derivative of an unknown by q has that of the unknown
/// over |q|.
pub fn tolerances(system: &System, values: &Values, options: &mut Options) {
    let directions = sensitivities::directions(system);
    if directions.is_empty() {
        if let Absolute::Each(atol) = &mut options.atol {
            *atol = system.tolerances(std::mem::take(atol));
        }
        return;
    }
    let hidden = system.hidden.iter().filter_map(|h| system.unknowns.find(h.symbol));
    let n = (system.dim() - hidden.map(|part| part.len()).sum::<u64>()) as usize;
    let mut atol = vec![f64::NAN; n];
    let is_derivative = |i: usize| directions.iter().any(|d| d.pairs.iter().any(|&(_, s)| s == i));
    let own: Vec<usize> = (0..n).filter(|&i| !is_derivative(i)).collect();
    match &options.atol {
        Absolute::All(all) => atol.fill(*all),
        Absolute::Each(each) => own.iter().zip(each).for_each(|(&i, &each)| atol[i] = each),
    }
    for (direction, q) in directions.iter().zip(sensitivities::quantities(system, values)) {
        let size = if q == 0.0 || !q.is_finite() { 1.0 } else { q.abs() };
        let declared = direction.pairs.iter().filter(|(unknown, _)| *unknown < n);
        declared.for_each(|&(unknown, derivative)| atol[derivative] = atol[unknown] / size);
    }
    options.atol = Absolute::Each(system.tolerances(atol));
}

/// The derivatives of what a table asks for.
///
/// # Errors
/// A derivative is missing.
pub fn columns(program: &Program, asked: &[task::Column]) -> Result<Vec<Asked>, Missing> {
    let mut system = program.system();
    let mut columns = Vec::new();
    for column in asked {
        for direction in 0..system.directions.len() {
            let changes = system.changes_of(direction, &[(column.axes.clone(), column.value)]);
            let changes = changes.map_err(Missing::Derivative)?;
            let quotient = system.directions[direction].quotient(&column.name);
            columns.extend(changes.into_iter().map(|(axes, value)| Asked {
                name: column.name.clone(),
                quotient: Some(quotient.clone()),
                axes,
                value,
            }));
        }
    }
    Ok(columns)
}

/// Where derivatives became undefined: their columns are not a number from there on, and a note says so.
pub fn undefined(program: &Program, solution: &Solution, table: &mut Table, notes: &mut Vec<String>) {
    if solution.undefined.is_empty() {
        return;
    }
    let names = names(&program.system());
    for &(from, direction) in &solution.undefined {
        let by = &names[direction];
        notes.push(format!(
            "d(·)/d({by}) is undefined from t = {} on: an event or a switch is only just reached there",
            brief(from, 6)
        ));
        let ending = format!("/d({by})");
        for column in table.columns.iter_mut().filter(|c| c.name.ends_with(&ending)) {
            let rows = column.values.iter_mut().zip(&solution.t);
            rows.filter(|(_, t)| **t >= from).for_each(|(value, _)| *value = f64::NAN);
        }
    }
}

/// The names of what is differentiated by, a number each.
fn names(system: &System) -> Vec<String> {
    system.directions.iter().flat_map(|d| super::table::subscripted(&d.name, &d.axes, &d.lower)).collect()
}
