//! Values from outside: what `M(…)` and `--set` give, as numbers in the vectors of a problem.

use nde_compiler::algebra::{Access, Expr, Range};
use nde_compiler::check::task::Task;
use nde_compiler::derive::jacobian::for_each_index;
use nde_compiler::derive::system::{Layout, Part, System};
use nde_compiler::program::{Missing, Program, Runs};

use crate::problem::{Given, Place, Values};

/// The settings of a task as numbers. Their expressions are over constants and parameters, whose declared values
/// are in `values`.
pub fn evaluate(program: &Program, task: &Task, values: &Values, t0: f64) -> Result<Vec<Given>, Missing> {
    let mut given = Vec::new();
    for setting in &task.settings {
        let Some((place, part)) = find(&program.system(), setting.place.symbol) else { continue };
        for piece in &setting.values {
            let target =
                setting.place.element.as_ref().filter(|_| piece.target.is_empty()).unwrap_or(&piece.target);
            let numbers = numbers(program, &[(piece.axes.clone(), piece.value)], values, t0)?;
            let places = places(&program.system(), &part, &piece.axes, target);
            for (offset, value) in places.into_iter().zip(numbers) {
                given.push(Given { place, offset, values: vec![value] });
            }
        }
    }
    Ok(given)
}

/// The values of expressions over constants and parameters.
pub fn numbers(
    program: &Program,
    expressions: &[(Vec<Range>, Expr)],
    values: &Values,
    t0: f64,
) -> Result<Vec<f64>, Missing> {
    let kernel = program.observe(expressions, Runs::Once)?;
    let mut result = vec![0.0; kernel.kernel().outputs[0].len as usize];
    values.evaluate(&kernel, t0, &mut result);
    Ok(result)
}

/// Where the values of a variable lie.
pub fn find(system: &System, symbol: nde_compiler::algebra::Symbol) -> Option<(Place, Part)> {
    let layouts: [(Place, &Layout); 4] = [
        (Place::Initial, &system.unknowns),
        (Place::Parameters, &system.parameters),
        (Place::Discrete, &system.discretes),
        (Place::Inputs, &system.inputs),
    ];
    layouts.into_iter().find_map(|(place, layout)| Some((place, layout.find(symbol)?.clone())))
}

fn places(system: &System, part: &Part, axes: &[Range], target: &Access) -> Vec<usize> {
    let mut places = Vec::new();
    for_each_index(axes, &mut |indices| places.push(system.flat(part, target, indices) as usize));
    places
}
