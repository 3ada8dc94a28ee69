//! What is read from a member's solution: the default columns, those of `table` and `plot`, or the arguments of statistics.

use std::sync::Arc;

use nde_compiler::algebra::{Expr, Range};
use nde_compiler::check::model::Kind;
use nde_compiler::check::task;
use nde_compiler::derive::system::System;
use nde_compiler::emit::program::Executable;
use nde_compiler::program::{Missing, Program, Runs};

use super::super::table::{self, Modes};
use crate::output::Column;
use crate::problem::Compiled;
use crate::solve::Solution;

/// What is read, shared by all threads: variables, then expressions.
pub struct Observed {
    /// Columns without values.
    pub columns: Vec<Column>,
    variables: Vec<Variable>,
    expressions: Option<Arc<Executable>>,
}

/// An element of the unknowns or of the discrete variables.
#[derive(Clone, Copy)]
enum Variable {
    Unknown(usize),
    Discrete(usize),
}

impl Observed {
    /// The columns of `table`, by default every state, algebraic and discrete variable in the order of declaration; and
    /// after them those of `plot`.
    ///
    /// # Errors
    /// A host function that an expression calls is missing.
    pub fn columns(
        program: &Program,
        table: Option<&[task::Column]>,
        plot: &[task::Column],
    ) -> Result<Observed, Missing> {
        let asked = || table.unwrap_or(&[]).iter().chain(plot);
        let (mut columns, variables) = match table {
            None => variables(&program.system()),
            Some(_) => (Vec::new(), Vec::new()),
        };
        columns.extend(asked().flat_map(|column| table::empty_columns(&program.system(), column)));
        let expressions: Vec<_> = asked().map(|c| (c.axes.clone(), c.value)).collect();
        let expressions = match expressions.is_empty() {
            true => None,
            false => Some(program.observe(&expressions, Runs::Often)?),
        };
        Ok(Observed { columns, variables, expressions })
    }

    /// Values without names.
    ///
    /// # Errors
    /// As [`Observed::columns`].
    pub fn values(program: &Program, expressions: &[(Vec<Range>, Expr)]) -> Result<Observed, Missing> {
        let kernel = program.observe(expressions, Runs::Often)?;
        let columns = vec![Column::default(); kernel.kernel().outputs[0].len as usize];
        Ok(Observed { columns, variables: Vec::new(), expressions: Some(kernel) })
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }
}

/// The columns of the variables and where their values are.
fn variables(system: &System) -> (Vec<Column>, Vec<Variable>) {
    let (mut columns, mut variables) = (Vec::new(), Vec::new());
    for variable in &system.model.variables {
        let (part, of): (_, fn(usize) -> Variable) = match variable.kind {
            Kind::State { .. } | Kind::Algebraic { .. } => {
                (system.unknowns.find(variable.symbol), Variable::Unknown)
            }
            Kind::Discrete { .. } => (system.discretes.find(variable.symbol), Variable::Discrete),
            _ => continue,
        };
        let Some(part) = part.filter(|part| !system.is_hidden(part.symbol)) else { continue };
        for (k, name) in table::element_names(part).into_iter().enumerate() {
            let (unit, doc) = (variable.unit.clone(), variable.doc.clone());
            columns.push(Column { name, unit, doc, values: Vec::new() });
            variables.push(of(part.offset as usize + k));
        }
    }
    (columns, variables)
}

/// A reader of one thread.
pub struct Reader<'o> {
    observed: &'o Observed,
    modes: Modes,
    scratch: Vec<f64>,
}

impl<'o> Reader<'o> {
    /// # Errors
    /// A host function that a condition calls is missing.
    pub fn new(program: &Program, observed: &'o Observed) -> Result<Reader<'o>, Missing> {
        let scratch = observed.expressions.as_ref().map_or(0, |kernel| kernel.kernel().scratch as usize);
        Ok(Reader { observed, modes: Modes::new(program)?, scratch: vec![0.0; scratch] })
    }

    /// The values of a row of a solution of the problem as it is bound.
    pub fn read(&mut self, compiled: &Compiled, solution: &Solution, row: usize, values: &mut [f64]) {
        let (u, discrete) = (solution.row(row), solution.discrete_row(row));
        let Observed { variables, expressions, .. } = self.observed;
        let (of_variables, of_expressions) = values.split_at_mut(variables.len());
        for (value, variable) in of_variables.iter_mut().zip(variables) {
            *value = match *variable {
                Variable::Unknown(k) => u[k],
                Variable::Discrete(k) => discrete[k],
            };
        }
        if let Some(kernel) = expressions {
            let (t, v) = (solution.t[row], &compiled.values);
            let modes = self.modes.at(compiled, t, u, discrete);
            let inputs: [&[f64]; 7] = [&[t], u, &v.p, discrete, &modes, &v.constants, &v.inputs];
            kernel.call(&inputs, &mut [of_expressions], &mut self.scratch, 1);
        }
    }
}
