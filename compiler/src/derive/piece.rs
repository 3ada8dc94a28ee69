//! Tables that are read at a time: within a step the formula of one piece holds, and steps end where pieces do.

use crate::algebra::table::{Form, TableFunction};
use crate::algebra::{Expr, Node, Var};
use crate::check::model::{Model, Switch};

use super::jump::Held;
use super::mode::{Mode, Reader, Timing, declare, is_linear_in_time, timing};

/// The mode that numbers the piece of a table, and the value by it in the place of `interp(d.c, x)`. `None` where the piece is
/// searched for at every call: x depends on unknowns, or is not a line in t, so that pieces could end within a step.
pub(super) fn held(model: &mut Model, switch: &Switch) -> Option<(Mode, Expr)> {
    let Node::Call(function, arguments) = model.algebra.node(switch.condition) else { return None };
    let table = TableFunction::named(&model.algebra.function(function).name)?;
    let place = model.tables.iter().position(|known| known.column == table.column)?;
    let degree = model.tables[place].interpolation.degree();
    let x = model.algebra.arguments(arguments)[0];
    let line = filled(model, x);
    if timing(model, line) == Timing::State || !is_linear_in_time(model, line) {
        return None;
    }
    let piece = model.algebra.table_function(&table.column, Form::Piece, degree);
    let condition = model.algebra.call(piece, &[line]);
    let (mode, read) =
        declare(model, &switch.variables, &Held::truth(condition, line), switch.span, Reader::Rows);
    let value = model.algebra.table_function(&table.column, Form::Held, degree);
    let value = model.algebra.call(value, &[x, read]);
    Some((Mode { table: Some(place), ..mode }, value))
}

/// `e` with scalar definitions filled in.
fn filled(model: &mut Model, e: Expr) -> Expr {
    let mut filled = e;
    // Definitions are acyclic: each pass fills in one layer of them.
    for _ in 0..=model.definitions.len() {
        let mut known = Vec::new();
        for n in model.algebra.reachable(filled, true) {
            let Node::Read(symbol, access) = model.algebra.node(n) else { continue };
            let definition = model.definitions.iter().find(|d| d.symbol == symbol);
            if let Some([piece]) = definition.map(|d| &d.pieces[..])
                && piece.axes.is_empty()
                && model.algebra.access(access).is_empty()
                && !has_loops(model, piece.value)
            {
                known.push((n, piece.value));
            }
        }
        if known.is_empty() {
            break;
        }
        filled = model.algebra.replace_nodes(filled, &known.into_iter().collect());
    }
    filled
}

/// Whether an expression has sums or reads index variables.
fn has_loops(model: &Model, e: Expr) -> bool {
    model.algebra.height(e) > 0 || model.algebra.mentions(e, Var::Axis(0))
}
