//! The term of an equation that is not finite, and what it was computed from.
//!
//! Only what an equation reads is computed by a kernel, for all of its operations follow from that.

use std::collections::HashMap;

use nde_compiler::algebra::{Access, Affine, Algebra, Binary, Expr, Node, Range, Subscript, Symbol, Var};
use nde_compiler::derive::system::System;
use nde_compiler::diagnostics::Sources;
use nde_compiler::program::{Program, Runs};

use crate::dynamics::{Dynamics, Held, Interval};
use crate::output::number::brief;
use crate::problem::Compiled;
use crate::solve::Failure;

use super::failure::{at, row_of};
use super::table::{Modes, element_names};

/// What the operations of an equation give at the point of a failure.
type Values = HashMap<Expr, f64>;

/// "`sqrt(x - t)` became NaN at t = 1.1 (file:4:10), with x = 1": the innermost term of the row that is not finite; `None` where
/// all are.
pub fn of_row(
    failure: &Failure,
    row: usize,
    program: &Program,
    compiled: &Compiled,
    sources: &Sources,
) -> Option<String> {
    let (row, indices) = row_of(&program.system(), row)?;
    let values = values(failure, row.value, &indices, program, compiled)?;
    let system = program.system();
    let bad = innermost(&system, row.value, &values)?;
    let span = system.model.spans[&bad];
    let with = read_by(&system, bad, &values, &indices);
    let (term, t) = (sources.text(span), brief(failure.t, 6));
    Some(format!("`{term}` became {} at t = {t} ({}){with}", called(values[&bad]), at(span, sources)))
}

/// "the derivative of `x' = sqrt(x)` by `x` became infinite at t = 0 (file:4:5), with x = 0"; `None` where all derivatives are
/// finite, or there are none.
pub fn of_derivative(
    failure: &Failure,
    program: &Program,
    compiled: &Compiled,
    sources: &Sources,
) -> Option<String> {
    if !program.jacobian().missing.is_empty() || failure.u.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let modes = Modes::new(program).ok()?.at(compiled, failure.t, &failure.u, &failure.discrete);
    let held = Held { modes: &modes, discrete: &failure.discrete };
    let at_point = Interval { held, ..Interval::plain(failure.t, failure.h) };
    let pattern = compiled.pattern();
    let mut entries = vec![0.0; pattern.len()];
    compiled.jacobian(&at_point, failure.t, &failure.u, &mut entries);
    let mut found: Option<(usize, Option<usize>, f64)> = None;
    pattern.each(|slot, i, j| {
        if found.is_none() && !entries[slot].is_finite() {
            found = Some((i, Some(j), entries[slot]));
        }
    });
    if found.is_none() {
        let mut by_time = vec![0.0; program.system().results.len as usize];
        compiled.time_derivative(&at_point, failure.t, &failure.u, &mut by_time);
        found = by_time.iter().position(|x| !x.is_finite()).map(|i| (i, None, by_time[i]));
    }
    let (i, j, value) = found?;
    let (row, indices) = row_of(&program.system(), i)?;
    let values = values(failure, row.value, &indices, program, compiled)?;
    let system = program.system();
    let names: Vec<String> = system.unknowns.parts.iter().flat_map(element_names).collect();
    let by = j.and_then(|j| names.get(j)).map_or("t", String::as_str);
    let with = read_by(&system, row.value, &values, &indices);
    let (equation, t) = (sources.text(row.span), brief(failure.t, 6));
    let place = at(row.span, sources);
    Some(format!(
        "the derivative of `{equation}` by `{by}` became {} at t = {t} ({place}){with}",
        called(value)
    ))
}

fn called(value: f64) -> &'static str {
    if value.is_nan() { "NaN" } else { "infinite" }
}

/// The innermost term with a place in the text, along operands that are not finite; of a conditional only the branch that is taken.
fn innermost(system: &System, root: Expr, values: &Values) -> Option<Expr> {
    let algebra = &system.model.algebra;
    let is_bad = |e: &Expr| values.get(e).is_some_and(|x| !x.is_finite());
    let (mut found, mut next) = (None, Some(root).filter(is_bad));
    while let Some(e) = next {
        if system.model.spans.contains_key(&e) {
            found = Some(e);
        }
        next = match algebra.node(e) {
            Node::Reduce { .. } => None,
            Node::Select(condition, a, b) => {
                let taken = if values.get(&condition).is_some_and(|&c| c != 0.0) { a } else { b };
                Some(taken).filter(is_bad)
            }
            node => algebra.children(node).into_iter().find(is_bad),
        };
    }
    found
}

/// ", with x = 1, y = 2": what a term reads.
fn read_by(system: &System, term: Expr, values: &Values, indices: &[i64]) -> String {
    let algebra = &system.model.algebra;
    let read = |n: Expr| {
        let Node::Read(symbol, access) = algebra.node(n) else { return None };
        let name = read_name(system, symbol, algebra.access(access), indices);
        let value = values.get(&n).filter(|_| !name.is_empty() && symbol != system.model.time)?;
        Some(format!("{name} = {}", brief(*value, 6)))
    };
    let reads: Vec<String> = algebra.reachable(term, false).into_iter().filter_map(read).collect();
    if reads.is_empty() { String::new() } else { format!(", with {}", reads.join(", ")) }
}

fn read_name(system: &System, symbol: Symbol, access: &Access, indices: &[i64]) -> String {
    let Some(variable) = system.model.variables.iter().find(|v| v.symbol == symbol) else {
        return String::new();
    };
    if access.is_empty() {
        return variable.name.clone();
    }
    let subscripts: Option<Vec<String>> = access
        .iter()
        .enumerate()
        .map(|(k, s)| {
            let Subscript::Affine { position, .. } = s else { return None };
            let lower = variable.lower.get(k).copied().unwrap_or(1);
            Some((place(position, indices)? + lower).to_string())
        })
        .collect();
    subscripts.map_or_else(String::new, |s| format!("{}[{}]", variable.name, s.join(",")))
}

/// The integer that an affine expression of the axes is.
fn place(affine: &Affine, indices: &[i64]) -> Option<i64> {
    affine.terms.iter().try_fold(affine.offset, |sum, (v, c)| match v {
        Var::Axis(k) => Some(sum + c * indices.get(*k as usize)?),
        _ => None,
    })
}

/// The values of an expression's operations; those of what it reads, of reductions and of functions by a kernel.
fn values(
    failure: &Failure,
    e: Expr,
    indices: &[i64],
    program: &Program,
    compiled: &Compiled,
) -> Option<Values> {
    let bind: Vec<(Var, Affine)> =
        (0u32..).zip(indices).map(|(k, &value)| (Var::Axis(k), Affine::constant(value))).collect();
    let (nodes, leaves, bound) = {
        let mut system = program.system();
        let nodes = system.model.algebra.reachable(e, false);
        let leaves: Vec<Expr> =
            nodes.iter().copied().filter(|&n| is_leaf(system.model.algebra.node(n))).collect();
        let bound: Vec<(Vec<Range>, Expr)> =
            leaves.iter().map(|&e| (Vec::new(), system.algebra().replace_vars(e, &bind))).collect();
        (nodes, leaves, bound)
    };
    let read = evaluate(failure, program, compiled, &bound)?;
    let mut values: Values = leaves.into_iter().zip(read).collect();
    let system = program.system();
    for n in nodes {
        if !values.contains_key(&n) {
            let value = operation(&system.model.algebra, n, &values, indices)?;
            values.insert(n, value);
        }
    }
    Some(values)
}

fn is_leaf(node: Node) -> bool {
    matches!(node, Node::Read(..) | Node::Reduce { .. } | Node::Call(..))
}

fn operation(algebra: &Algebra, n: Expr, values: &Values, indices: &[i64]) -> Option<f64> {
    let truth = |x: bool| if x { 1.0 } else { 0.0 };
    let of = |e: Expr| values.get(&e).copied();
    Some(match algebra.node(n) {
        Node::Number(bits) => f64::from_bits(bits),
        Node::Index(affine) => place(algebra.affine(affine), indices)? as f64,
        Node::Neg(a) => -of(a)?,
        Node::Not(a) => truth(of(a)? == 0.0),
        Node::Select(c, a, b) => of(if of(c)? != 0.0 { a } else { b })?,
        Node::Binary(op, a, b) => {
            let (a, b) = (of(a)?, of(b)?);
            match op {
                Binary::Add => a + b,
                Binary::Sub => a - b,
                Binary::Mul => a * b,
                Binary::Div => a / b,
                Binary::Pow => a.powf(b),
                Binary::Less => truth(a < b),
                Binary::LessEqual => truth(a <= b),
                Binary::Equal => truth(a == b),
                Binary::NotEqual => truth(a != b),
                Binary::And => truth(a != 0.0 && b != 0.0),
                Binary::Or => truth(a != 0.0 || b != 0.0),
            }
        }
        Node::Read(..) | Node::Reduce { .. } | Node::Call(..) | Node::Argument(_) => return None,
    })
}

fn evaluate(
    failure: &Failure,
    program: &Program,
    compiled: &Compiled,
    expressions: &[(Vec<Range>, Expr)],
) -> Option<Vec<f64>> {
    let kernel = program.observe(expressions, Runs::Once).ok()?;
    let modes = Modes::new(program).ok()?.at(compiled, failure.t, &failure.u, &failure.discrete);
    let mut scratch = vec![0.0; kernel.kernel().scratch as usize];
    let mut result = vec![0.0; expressions.len()];
    let v = &compiled.values;
    let inputs: [&[f64]; 7] =
        [&[failure.t], &failure.u, &v.p, &failure.discrete, &modes, &v.constants, &v.inputs];
    kernel.call(&inputs, &mut [&mut result], &mut scratch, 1);
    Some(result)
}
