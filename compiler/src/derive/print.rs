//! `ndec show FILE system|jacobian|adjoint`: what was derived from a model, as equations over loops.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::print::{Names, Notation, Page, Sign};
use crate::algebra::{Algebra, Function, Range, Symbol};
use crate::check::print::{extents, names as names_of_model};
use crate::emit::kernel::{Buffer, Role, Write};
use crate::emit::routine::{Assignment, Routine};

use super::adjoint::{Intermediates, Wanted};
use super::rows::RESIDUAL;
use super::system::{Layout, Stored, System, Timing};

pub use super::pattern::sparsity;

#[cfg(test)]
pub(super) mod tests;

/// The layout of the vectors, the stored definitions, the rows of f, the mass matrix and the switches.
pub fn system(system: &mut System, notation: Notation) -> String {
    let names = names(system);
    let mut page = Page::new(&names, notation);
    let algebra = &system.model.algebra;
    page.heading(&format!("system {}", system.model.name));
    layout(&mut page, "unknowns", &system.unknowns, Some(system.differential));
    layout(&mut page, "parameters", &system.parameters, None);
    layout(&mut page, "discrete variables", &system.discretes, None);
    layout(&mut page, "inputs", &system.inputs, None);
    layout(&mut page, "arrays of constants", &system.constants, None);
    stored(&mut page, algebra, "filled once", &system.constant);
    stored(&mut page, algebra, "stored definitions", &system.stored);
    page.heading("right-hand side");
    if system.rows.is_empty() {
        page.line("none");
    }
    for row in &system.rows {
        let left = page.element(algebra, row.symbol, &row.target, &row.axes);
        page.equation(algebra, &row.axes, &left, Sign::Equals, row.value);
    }
    mass(&mut page, system);
    super::structure::print::structure(&mut page, system);
    switches(&mut page, system);
    page.finish()
}

/// The blocks of ∂f/∂u: `∂u'[i]/∂u[i-1] = …` for each loop, after the definitions that they read.
pub fn jacobian(system: &mut System, notation: Notation) -> String {
    let jacobian = system.jacobian();
    let mut names = names(system);
    let algebra = &system.model.algebra;
    number_columns(&mut names, algebra, &jacobian.prelude);
    let mut page = Page::new(&names, notation);
    page.heading(&format!("jacobian of {}", system.model.name));
    if !jacobian.prelude.is_empty() {
        page.heading("stored definitions and their derivatives");
        assignments(&mut page, algebra, &jacobian.prelude);
    }
    page.heading("entries");
    if jacobian.blocks.is_empty() {
        page.line("none");
    }
    for block in &jacobian.blocks {
        let row = page.element(algebra, block.row.0, &block.row.1, &block.loops);
        let column = page.element(algebra, block.column.0, &block.column.1, &block.loops);
        let left = match notation {
            Notation::Text => format!("∂{row}/∂{column}"),
            Notation::Latex => format!("\\frac{{\\partial {row}}}{{\\partial {column}}}"),
        };
        page.equation(algebra, &block.loops, &left, Sign::Equals, block.value);
    }
    missing(&mut page, algebra, &jacobian.missing);
    page.finish()
}

/// What the pullback adds to the cotangents of unknowns and parameters, from the cotangent λ of f.
pub fn adjoint(system: &mut System, notation: Notation) -> String {
    let (routine, without) = system.pullback(Wanted::Both, Intermediates::Recompute);
    let slopes = system.slopes();
    let mut names = names(system);
    name_cotangents(&mut names, system, &routine);
    let algebra = &system.model.algebra;
    let mut page = Page::new(&names, notation);
    page.heading(&format!("adjoint of {}", system.model.name));
    page.line("λ is the cotangent of the right-hand side; a bar marks the cotangent of what is under it");
    let stored = system.stored.iter().chain(slopes.values().map(|slope| &slope.stored));
    let forward: FxHashSet<Symbol> = stored.map(|s| s.symbol).collect();
    let (definitions, rest): (Vec<_>, Vec<_>) =
        routine.body.into_iter().partition(|a| forward.contains(&a.symbol));
    if !definitions.is_empty() {
        page.heading("stored definitions");
        assignments(&mut page, algebra, &definitions);
    }
    page.heading("cotangents");
    if rest.is_empty() {
        page.line("none");
    }
    assignments(&mut page, algebra, &rest);
    missing(&mut page, algebra, &without);
    page.finish()
}

/// Names of the model's symbols; residuals and modes are numbered.
pub(super) fn names(system: &System) -> Names {
    let mut names = names_of_model(&system.model);
    let algebra = &system.model.algebra;
    for part in &system.results.parts {
        if !part.lower.is_empty() {
            names.count_from(algebra, part.symbol, &part.lower);
        }
    }
    for (name, symbol) in result_names(system) {
        names.label(symbol, name);
    }
    for (k, mode) in system.switches.iter().enumerate() {
        names.label(mode.symbol, format!("mode{}", k + 1));
    }
    names
}

/// What the parts of the result are called: derivatives by their unknown, residuals by number, and derivatives of
/// residuals by these. Where the derivative of an unknown is an unknown itself, the row is `d/dt x`.
pub(super) fn result_names(system: &System) -> Vec<(String, Symbol)> {
    let mut residuals: FxHashMap<Symbol, String> = FxHashMap::default();
    let mut names = Vec::new();
    for part in &system.results.parts {
        let name = match system.derived.get(&part.symbol) {
            Some((base, order)) => format!("{}{}", residuals[base], "'".repeat(*order as usize)),
            None if part.name != RESIDUAL => {
                match system.unknowns.parts.iter().any(|p| p.name == part.name) {
                    true => format!("d/dt {}", part.name.strip_suffix('\'').unwrap_or(&part.name)),
                    false => part.name.clone(),
                }
            }
            None => {
                let name = format!("residual{}", residuals.len() + 1);
                residuals.insert(part.symbol, name.clone());
                name
            }
        };
        names.push((name, part.symbol));
    }
    names
}

/// The derivatives of one definition by several accesses have one name: they are numbered, `∂₁h`, `∂₂h`.
fn number_columns(names: &mut Names, algebra: &Algebra, prelude: &[Assignment]) {
    let mut symbols: Vec<Symbol> =
        prelude.iter().map(|a| a.symbol).filter(|&s| algebra.symbol(s).name.starts_with('∂')).collect();
    symbols.sort_unstable();
    symbols.dedup();
    let mut by_name: FxHashMap<&str, Vec<Symbol>> = FxHashMap::default();
    for symbol in symbols {
        by_name.entry(&algebra.symbol(symbol).name).or_default().push(symbol);
    }
    for (name, symbols) in by_name.into_iter().filter(|(_, symbols)| symbols.len() > 1) {
        for (k, symbol) in symbols.into_iter().enumerate() {
            let subscript = |c: char| char::from_u32('₀' as u32 + c as u32 - '0' as u32).unwrap_or(c);
            let number: String = (k + 1).to_string().chars().map(subscript).collect();
            names.label(symbol, format!("∂{number}{}", name.trim_start_matches('∂')));
        }
    }
}

/// The cotangents of f are λ with the name of the row; a derivative's is named by its state.
fn name_cotangents(names: &mut Names, system: &System, routine: &Routine) {
    let Some(seed) = routine.inputs.iter().position(|slot| slot.role == Role::Cotangent) else { return };
    let parts = system.results.parts.iter().zip(result_names(system)).filter(|(part, _)| !part.is_empty());
    let rows: FxHashMap<u64, _> = parts.map(|(part, (name, _))| (part.offset, (part, name))).collect();
    for (symbol, place) in routine.places.iter().filter(|(_, p)| p.buffer == Buffer::Input(seed as u32)) {
        let Some((part, name)) = rows.get(&place.offset) else { continue };
        let unknown = name.strip_prefix("d/dt ").or(name.strip_suffix('\'')).unwrap_or(name);
        names.label(*symbol, format!("λ_{unknown}"));
        names.count_from(&system.model.algebra, *symbol, &part.lower);
    }
}

fn layout(page: &mut Page, heading: &str, layout: &Layout, differential: Option<u64>) {
    if layout.len == 0 {
        return;
    }
    let kinds = match differential {
        Some(n) => format!(" ({n} differential, {} algebraic)", layout.len - n),
        None => String::new(),
    };
    page.heading(&format!("{heading}: {}{kinds}", layout.len));
    for part in layout.parts.iter().filter(|p| !p.is_empty()) {
        let (first, last) = (part.offset + 1, part.offset + part.len());
        let place = if first == last { first.to_string() } else { format!("{first}..{last}") };
        page.line(&format!("{place:<12} {}", extents(&part.name, &part.dims, &part.lower)));
    }
}

fn stored(page: &mut Page, algebra: &Algebra, heading: &str, stored: &[Stored]) {
    if !stored.is_empty() {
        page.heading(heading);
    }
    for s in stored {
        let left = page.element(algebra, s.symbol, &s.target, &s.axes);
        page.equation(algebra, &s.axes, &left, Sign::Equals, s.value);
    }
}

fn assignments(page: &mut Page, algebra: &Algebra, assignments: &[Assignment]) {
    for a in assignments {
        let sign = match a.write {
            Write::Set => Sign::Equals,
            Write::Add => Sign::Adds,
        };
        let is_whole = a.axes.iter().map(|r| r.len()).eq(algebra.symbol(a.symbol).dims.iter().copied());
        match algebra.as_number(a.value) {
            Some(_) if is_whole => {
                let left = page.whole(algebra, a.symbol);
                page.equation(algebra, &[], &left, sign, a.value);
            }
            _ => {
                let left = page.element(algebra, a.symbol, &a.target, &a.axes);
                page.equation(algebra, &a.axes, &left, sign, a.value);
            }
        }
    }
}

fn mass(page: &mut Page, system: &System) {
    page.heading("mass matrix");
    let Some(entries) = &system.mass else { return page.line("identity") };
    let algebraic = system.unknowns.len - system.differential;
    let zero = if algebraic > 0 { ", zero in those of residuals" } else { "" };
    page.line(&format!("identity in the rows of derivatives{zero}"));
    if !entries.is_empty() {
        page.line("except in the rows of these entries");
    }
    let algebra = &system.model.algebra;
    for entry in entries {
        let axes: &[Range] = &entry.axes;
        let row = page.element(algebra, entry.row.0, &entry.row.1, axes);
        let column = page.element(algebra, entry.column.0, &entry.column.1, axes);
        page.equation(algebra, axes, &format!("M({row}, {column})"), Sign::Equals, entry.value);
    }
}

fn switches(page: &mut Page, system: &System) {
    if !system.switches.is_empty() {
        page.heading("switches");
    }
    for (k, mode) in system.switches.iter().enumerate() {
        let algebra = &system.model.algebra;
        let when = match mode.timing {
            Timing::Timed => " at exact times",
            Timing::State => " on the solution",
        };
        let left = format!("{}{}", page.name(&format!("mode{}", k + 1)), page.word(when));
        page.equation(algebra, &mode.axes, &left, Sign::Equals, mode.condition);
        if mode.table.is_none() {
            let left = page.word("  root");
            page.equation(algebra, &mode.axes, &left, Sign::Equals, mode.root);
        }
    }
}

fn missing(page: &mut Page, algebra: &Algebra, missing: &[Function]) {
    let names: FxHashSet<&str> = missing.iter().map(|&f| algebra.function(f).name.as_str()).collect();
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    if !names.is_empty() {
        page.heading("without a derivative");
        page.line(&names.join(", "));
    }
}
