//! The functions by which kernels read the tables of a model.

use std::collections::HashMap;
use std::sync::Arc;

use nde_compiler::algebra::table::{Form, TableFunction};
use nde_compiler::check::model::Table;
use nde_compiler::emit::program::HostFunction;

use super::Interpolant;

/// Every function of the tables, by its name; the error is the first table that was not read.
///
/// # Errors
/// The data of a table was not read.
pub fn functions(tables: &[Table]) -> Result<HashMap<String, HostFunction>, &Table> {
    let mut functions: HashMap<String, HostFunction> = HashMap::new();
    for table in tables {
        let Ok(points) = &table.points else { return Err(table) };
        let interpolant = Arc::new(Interpolant::new(points, table.interpolation));
        for derivative in 0..=table.interpolation.degree() {
            for form in [Form::Searched, Form::Held, Form::Piece] {
                let function = TableFunction { column: table.column.clone(), form, derivative };
                functions.insert(function.name(), host(interpolant.clone(), form, derivative));
            }
        }
    }
    Ok(functions)
}

fn host(interpolant: Arc<Interpolant>, form: Form, derivative: usize) -> HostFunction {
    match form {
        Form::Searched => Arc::new(move |x| interpolant.at(derivative, x[0])),
        Form::Held => Arc::new(move |x| interpolant.in_piece(derivative, x[0], x[1] as usize)),
        Form::Piece => Arc::new(move |x| interpolant.guide().piece(x[0]) as f64),
    }
}
