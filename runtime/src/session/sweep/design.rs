//! What a sweep varies, as numbers in the vectors of a problem.

use nde_compiler::algebra::Symbol;
use nde_compiler::check::task::{Task, Variation as Given, Vary};
use nde_compiler::program::{Missing, Program};

use super::super::{settings, table};
use crate::output::TaskError;
use crate::problem::{Axis, Design, Values, Variation};
use crate::random::Distribution;

/// How many draws there are where `samples` does not say.
const SAMPLES: u64 = 100;

/// A grid has at most so many values.
const MOST_VALUES: u64 = 1 << 26;

/// A varied number: its name, its unit and the variable that it belongs to.
pub struct Varied {
    pub name: String,
    pub unit: Option<String>,
    pub symbol: Symbol,
}

/// What stands in the way of a design.
pub enum Trouble {
    Missing(Missing),
    Error(TaskError),
}

impl From<Missing> for Trouble {
    fn from(missing: Missing) -> Trouble {
        Trouble::Missing(missing)
    }
}

/// The members of a sweep, and the names of what varies.
///
/// # Errors
/// A host function is missing, a distribution does not exist, or there are too many members.
pub fn design(
    program: &Program,
    task: &Task,
    values: &Values,
    t0: f64,
    notes: &mut Vec<String>,
) -> Result<(Design, Vec<Varied>), Trouble> {
    let (mut axes, mut varied) = (Vec::new(), Vec::new());
    for vary in &task.vary {
        let Some((places, names)) = places(program, vary) else { continue };
        let variation = variation(program, vary, values, t0)?;
        axes.push(Axis { places, variation });
        varied.extend(names);
    }
    let draws = axes.iter().any(|axis| matches!(axis.variation, Variation::Random(_)));
    let samples = match (draws, task.options.samples) {
        (true, samples) => samples.unwrap_or(SAMPLES),
        (false, Some(_)) => {
            notes.push("nothing is drawn at random, so `samples` has no effect".into());
            1
        }
        (false, None) => 1,
    };
    for setting in &task.settings {
        if let Some(vary) = task.vary.iter().find(|vary| vary.place.symbol == setting.place.symbol) {
            notes.push(format!("`{}` varies, whatever it was set to", vary.place.name));
        }
    }
    let design = Design::new(axes, samples, task.options.seed.unwrap_or(0));
    let design = design.ok_or_else(|| {
        Trouble::Error(super::nonsense(
            "there are more members than can be counted".into(),
            "make a grid coarser",
        ))
    })?;
    Ok((design, varied))
}

fn places(program: &Program, vary: &Vary) -> Option<(Vec<(crate::problem::Place, usize)>, Vec<Varied>)> {
    let system = program.system();
    let (place, part) = settings::find(&system, vary.place.symbol)?;
    let (offsets, names): (Vec<usize>, Vec<String>) = match &vary.place.element {
        Some(element) => {
            (vec![system.flat(&part, element, &[]) as usize], vec![vary.place.name.replace(' ', "")])
        }
        None => {
            let first = part.offset as usize;
            ((first..first + part.len() as usize).collect(), table::element_names(&part))
        }
    };
    let unit = system.model.variables.iter().find(|v| v.symbol == vary.place.symbol);
    let unit = unit.and_then(|v| v.unit.clone());
    let varied = |name| Varied { name, unit: unit.clone(), symbol: vary.place.symbol };
    Some((offsets.into_iter().map(|o| (place, o)).collect(), names.into_iter().map(varied).collect()))
}

fn variation(program: &Program, vary: &Vary, values: &Values, t0: f64) -> Result<Variation, Trouble> {
    let numbers = |list: &[nde_compiler::algebra::Expr]| {
        let list: Vec<_> = list.iter().map(|&e| (Vec::new(), e)).collect();
        settings::numbers(program, &list, values, t0)
    };
    let part = |k: u64, count: u64| k as f64 / (count.max(2) - 1) as f64;
    if let Given::Linspace { count, .. } | Given::Logspace { count, .. } = vary.values
        && count > MOST_VALUES
    {
        let message =
            format!("`{}` has {count} values, and {MOST_VALUES} can be told apart", vary.place.name);
        return Err(Trouble::Error(super::nonsense(message, "make the grid coarser")));
    }
    Ok(match &vary.values {
        Given::List(list) => Variation::Grid(numbers(list)?),
        Given::Linspace { from, to, count } => {
            let ends = numbers(&[*from, *to])?;
            let point = |k| {
                if k + 1 == *count && k > 0 {
                    ends[1]
                } else {
                    ends[0] + (ends[1] - ends[0]) * part(k, *count)
                }
            };
            Variation::Grid((0..*count).map(point).collect())
        }
        Given::Logspace { from, to, count } => {
            Variation::Grid((0..*count).map(|k| 10_f64.powf(from + (to - from) * part(k, *count))).collect())
        }
        Given::Random(distribution) => {
            let arguments = numbers(&distribution.arguments)?;
            match Distribution::new(&distribution.name, &arguments) {
                Ok(distribution) => Variation::Random(distribution),
                Err(undrawable) => {
                    let message = format!("`{}` cannot be drawn: {undrawable}", vary.place.name);
                    return Err(Trouble::Error(super::nonsense(
                        message,
                        "check the distribution's arguments",
                    )));
                }
            }
        }
    })
}
