//! The rows of a solution as columns with names: the default ones, or those that `table` and `plot` ask for.

use nde_compiler::algebra::{Expr, Range};
use nde_compiler::check::model::Kind;
use nde_compiler::check::task;
use nde_compiler::derive::jacobian::for_each_index;
use nde_compiler::derive::system::{Part, Quotient, System, Timing};
use nde_compiler::emit::program::Executable;
use nde_compiler::program::{Missing, Program, Purpose, Runs};

use crate::dynamics::event::Element;
use crate::output::{Column, EventRecord, Table};
use crate::problem::Compiled;
use crate::solve::{Firing, Solution};

/// A default table has at most this many columns.
pub const MOST_COLUMNS: usize = 1000;

/// `t`, then every state, algebraic and discrete variable in the order of declaration.
pub fn default(system: &System, solution: &Solution) -> Table {
    let mut columns = vec![time(system, solution)];
    for variable in &system.model.variables {
        let (part, source): (_, &dyn Fn(usize, usize) -> f64) = match &variable.kind {
            Kind::State { .. } | Kind::Algebraic { .. } => {
                (system.unknowns.find(variable.symbol), &|row, k| solution.row(row)[k])
            }
            Kind::Discrete { .. } => {
                (system.discretes.find(variable.symbol), &|row, k| solution.discrete_row(row)[k])
            }
            _ => continue,
        };
        let Some(part) = part.filter(|part| !system.is_hidden(part.symbol)) else { continue };
        for (k, name) in element_names(part).into_iter().enumerate() {
            let values = (0..solution.t.len()).map(|row| source(row, part.offset as usize + k)).collect();
            columns.push(Column { name, unit: variable.unit.clone(), doc: variable.doc.clone(), values });
        }
    }
    Table { columns }
}

/// How many columns the default table has, `t` included.
pub fn default_width(system: &System) -> usize {
    let hidden: u64 =
        system.discretes.parts.iter().filter(|p| system.is_hidden(p.symbol)).map(Part::len).sum();
    1 + (system.unknowns.len + system.discretes.len - hidden) as usize
}

/// The column of times.
pub fn time(system: &System, solution: &Solution) -> Column {
    Column { values: solution.t.clone(), ..empty_time(system) }
}

/// The column of times, without values.
pub fn empty_time(system: &System) -> Column {
    Column { unit: system.model.time_unit.clone(), ..Column::new("t", Vec::new()) }
}

/// What a table asks for: an expression, or the derivative of one.
pub struct Asked {
    pub name: String,
    pub quotient: Option<Quotient>,
    pub axes: Vec<Range>,
    pub value: Expr,
}

impl Asked {
    /// What a list of expressions asks for.
    pub fn all(columns: &[task::Column]) -> Vec<Asked> {
        let asked = |c: &task::Column| Asked {
            name: c.name.clone(),
            quotient: None,
            axes: c.axes.clone(),
            value: c.value,
        };
        columns.iter().map(asked).collect()
    }

    fn names(&self) -> Vec<String> {
        match &self.quotient {
            None => subscripts(&self.axes).into_iter().map(|s| format!("{}{s}", self.name)).collect(),
            Some(quotient) => quotient_names(quotient, &self.axes),
        }
    }
}

/// The columns that a list of expressions asks for.
///
/// # Errors
/// A host function that an expression calls is missing.
pub fn observed(
    program: &Program,
    compiled: &Compiled,
    solution: &Solution,
    asked: &[Asked],
) -> Result<Vec<Column>, Missing> {
    let expressions: Vec<_> = asked.iter().map(|c| (c.axes.clone(), c.value)).collect();
    let kernel = program.observe(&expressions, Runs::Often)?;
    let names: Vec<(String, Option<String>)> = asked
        .iter()
        .flat_map(|c| {
            let unit = match c.quotient {
                None => unit_of(&program.system(), &c.name),
                Some(_) => None,
            };
            c.names().into_iter().map(move |name| (name, unit.clone()))
        })
        .collect();
    let mut columns: Vec<Column> = names
        .into_iter()
        .map(|(name, unit)| Column { name, unit, doc: None, values: Vec::with_capacity(solution.t.len()) })
        .collect();
    let modes = Modes::new(program)?;
    let mut scratch = vec![0.0; kernel.kernel().scratch as usize];
    let mut result = vec![0.0; columns.len()];
    for (row, &t) in solution.t.iter().enumerate() {
        let u = solution.row(row);
        let discrete = solution.discrete_row(row);
        let modes = modes.at(compiled, t, u, discrete);
        let v = &compiled.values;
        let inputs: [&[f64]; 7] = [&[t], u, &v.p, discrete, &modes, &v.constants, &v.inputs];
        kernel.call(&inputs, &mut [&mut result], &mut scratch, 1);
        columns.iter_mut().zip(&result).for_each(|(column, &value)| column.values.push(value));
    }
    Ok(columns)
}

/// The columns of an expression, without values.
pub fn empty_columns(system: &System, column: &task::Column) -> Vec<Column> {
    let unit = unit_of(system, &column.name);
    let named =
        |s: String| Column { unit: unit.clone(), ..Column::new(format!("{}{s}", column.name), Vec::new()) };
    subscripts(&column.axes).into_iter().map(named).collect()
}

/// Every event that happened, with what was logged after it.
pub fn firings(system: &System, solution: &Solution, task: &task::Task) -> Vec<EventRecord> {
    let log = task.options.log.as_ref();
    let names: Vec<String> = log
        .iter()
        .flat_map(|log| &log.values)
        .flat_map(|c| subscripts(&c.axes).into_iter().map(move |s| format!("{}{s}", c.name)))
        .collect();
    let mut logged = solution.logged.chunks_exact(names.len().max(1));
    let elements: Vec<Vec<String>> = (0..system.events.len()).map(|k| element_names_of(system, k)).collect();
    let record = |firing: &Firing| {
        let is_logged = log.is_some_and(|log| system.events[firing.element.event as usize].name == log.event);
        let values = if is_logged && !names.is_empty() { logged.next().unwrap_or(&[]) } else { &[] };
        EventRecord {
            name: elements[firing.element.event as usize][firing.element.element as usize].clone(),
            t: firing.t,
            values: names.iter().cloned().zip(values.iter().copied()).collect(),
        }
    };
    solution.firings.iter().map(record).collect()
}

/// The name of an event, with the subscripts of its element.
pub fn event_name(system: &System, element: Element) -> String {
    element_names_of(system, element.event as usize).swap_remove(element.element as usize)
}

fn element_names_of(system: &System, event: usize) -> Vec<String> {
    let event = &system.events[event];
    subscripts(&event.axes).into_iter().map(|s| format!("{}{s}", event.name)).collect()
}

/// The truth of every switch at a point, as definitions read it.
pub struct Modes {
    kernels: Vec<std::sync::Arc<Executable>>,
    count: usize,
}

impl Modes {
    pub fn new(program: &Program) -> Result<Modes, Missing> {
        let count = program.system().modes.len as usize;
        let kernels = match count {
            0 => Vec::new(),
            _ => vec![
                program.kernel(Purpose::Conditions(Timing::State))?,
                program.kernel(Purpose::Conditions(Timing::Timed))?,
            ],
        };
        Ok(Modes { kernels, count })
    }

    pub fn at(&self, compiled: &Compiled, t: f64, u: &[f64], discrete: &[f64]) -> Vec<f64> {
        let v = &compiled.values;
        let before = vec![0.0; self.count];
        let mut modes = Vec::with_capacity(self.count);
        for kernel in &self.kernels {
            let mut result = vec![0.0; kernel.kernel().outputs[0].len as usize];
            let mut scratch = vec![0.0; kernel.kernel().scratch as usize];
            let inputs: [&[f64]; 7] = [&[t], u, &v.p, discrete, &before, &v.constants, &v.inputs];
            kernel.call(&inputs, &mut [&mut result], &mut scratch, 1);
            modes.extend(result);
        }
        modes
    }
}

fn unit_of(system: &System, name: &str) -> Option<String> {
    system.model.variables.iter().find(|v| v.name == name).and_then(|v| v.unit.clone())
}

/// `u[1]`, `u[2]`, … or `u[1,1]`, …; the name alone for a scalar.
pub fn element_names(part: &Part) -> Vec<String> {
    let axes: Vec<Range> = part.dims.iter().map(|&n| Range::new(0, n as i64)).collect();
    let axes = counted(&axes, &part.lower);
    match &part.quotient {
        None => subscripts(&axes).into_iter().map(|s| format!("{}{s}", part.name)).collect(),
        Some(quotient) => quotient_names(quotient, &axes),
    }
}

/// The name of each element of axes that begin with these subscripts.
pub fn subscripted(name: &str, axes: &[Range], lower: &[i64]) -> Vec<String> {
    subscripts(&counted(axes, lower)).into_iter().map(|s| format!("{name}{s}")).collect()
}

/// Axes as the user counts.
fn counted(axes: &[Range], lower: &[i64]) -> Vec<Range> {
    let count = |(k, r): (usize, &Range)| {
        let start = lower.get(k).copied().unwrap_or(1);
        Range::new(start, start + r.len() as i64)
    };
    axes.iter().enumerate().map(count).collect()
}

/// `d(u[1])/d(k[2])`, … for axes of which the last are those of what is differentiated by.
fn quotient_names(quotient: &Quotient, axes: &[Range]) -> Vec<String> {
    let (of, by) = axes.split_at(axes.len() - quotient.lower.len());
    let by = subscripted(&quotient.by, by, &quotient.lower);
    let of = subscripts(of);
    let name = |of: &String, by: &String| format!("d({}{of})/d({by})", quotient.of);
    of.iter().flat_map(|of| by.iter().map(move |by| name(of, by))).collect()
}

/// `[1]`, `[2]`, … for axes; one empty text for none.
fn subscripts(axes: &[Range]) -> Vec<String> {
    let mut all = Vec::new();
    for_each_index(axes, &mut |indices| {
        all.push(match indices.is_empty() {
            true => String::new(),
            false => {
                let list: Vec<String> = indices.iter().map(i64::to_string).collect();
                format!("[{}]", list.join(","))
            }
        });
    });
    all
}
