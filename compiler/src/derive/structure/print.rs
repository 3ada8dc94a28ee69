//! The part of `ndec show FILE system` that tells how a system of higher index was reduced.

use crate::algebra::print::Page;

use super::super::print::result_names;
use super::super::system::{Layout, System};
use super::{Computed, Structure};

/// Names that one line lists.
const LISTED: usize = 12;
/// Choices that are shown.
const SHOWN: usize = 12;

/// What was differentiated, the states, and which unknowns give way to which constraints.
pub(in super::super) fn structure(page: &mut Page, system: &System) {
    if let Some(obstacle) = &system.obstacle {
        page.heading("structure");
        page.line(&format!("cannot be reduced: `{}` has no derivative by time", obstacle.name));
    }
    let Some(structure) = &system.structure else { return };
    page.heading("structure");
    let degrees = if structure.freedom == 1 { "degree" } else { "degrees" };
    page.line(&format!("index {}, {} {degrees} of freedom", structure.index, structure.freedom));
    differentiations(page, system, structure);
    let dummies: Vec<u32> = structure.levels.iter().flat_map(|l| l.chosen.iter().copied()).collect();
    let links = structure.rows.iter().filter_map(|row| match row {
        Computed::Link { unknown } if !dummies.contains(unknown) => Some(*unknown),
        _ => None,
    });
    let mut states: Vec<u32> = links.collect();
    states.sort_unstable();
    page.line(&format!("states: {}", unknowns(system, &states)));
    for level in structure.levels.iter().take(SHOWN) {
        let rows = rows(system, &level.rows);
        let verb = if level.rows.len() == 1 { "determines" } else { "determine" };
        let candidates = unknowns(system, &level.candidates);
        page.line(&format!(
            "{rows} {verb} {} of {candidates}: {}",
            level.rows.len(),
            unknowns(system, &level.chosen)
        ));
    }
    if let Some(more) = structure.levels.len().checked_sub(SHOWN + 1) {
        page.line(&format!("and {} more like these", more + 1));
    }
}

fn differentiations(page: &mut Page, system: &System, structure: &Structure) {
    let names = result_names(system);
    let mut said = Vec::new();
    for computed in &structure.rows {
        let Computed::Algebraic { row, order } = computed else { continue };
        if *order == 0 {
            continue;
        }
        let part = system
            .results
            .parts
            .iter()
            .position(|p| (p.offset..p.offset + p.len()).contains(&u64::from(*row)));
        if let Some(k) = part.filter(|k| !said.contains(k)) {
            said.push(k);
            let times = if *order == 1 { "once".to_owned() } else { format!("{order} times") };
            page.line(&format!("{} is differentiated {times}", names[k].0));
        }
    }
}

fn unknowns(system: &System, list: &[u32]) -> String {
    let names: Vec<String> = system.unknowns.parts.iter().map(|p| p.name.clone()).collect();
    listed(&system.unknowns, &names, list)
}

fn rows(system: &System, list: &[u32]) -> String {
    let names: Vec<String> = result_names(system).into_iter().map(|(name, _)| name).collect();
    listed(&system.results, &names, list)
}

fn listed(layout: &Layout, names: &[String], list: &[u32]) -> String {
    if list.is_empty() {
        return "none".into();
    }
    let shown: Vec<String> =
        list.iter().take(LISTED).map(|&flat| element(layout, names, u64::from(flat))).collect();
    let more = if list.len() > LISTED { format!(", … ({} in all)", list.len()) } else { String::new() };
    shown.join(", ") + &more
}

/// `x`, or `x[3]` as the user counts.
fn element(layout: &Layout, names: &[String], flat: u64) -> String {
    let k = layout.parts.partition_point(|p| p.offset + p.len() <= flat);
    let part = &layout.parts[k];
    let mut rest = flat - part.offset;
    let mut subscripts = Vec::new();
    for (axis, &n) in part.dims.iter().enumerate().rev() {
        let lower = part.lower.get(axis).copied().unwrap_or(1);
        subscripts.push((lower + (rest % n) as i64).to_string());
        rest /= n;
    }
    subscripts.reverse();
    match subscripts.is_empty() {
        true => names[k].clone(),
        false => format!("{}[{}]", names[k], subscripts.join(",")),
    }
}
