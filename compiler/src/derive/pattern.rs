//! `ndec show FILE sparsity`: how many entries ∂f/∂u has, in which blocks, and a picture of where they are.

use crate::algebra::print::{Names, Notation, loops};

use super::jacobian::{Block, Jacobian};
use super::print::names;
use super::system::System;

/// Up to this size every entry is a character of the picture.
const EACH: u64 = 40;
/// Cells along each side of a condensed picture.
const CELLS: u64 = 32;
/// Patterns of more entries than this are neither counted one by one nor drawn.
const MOST_ENTRIES: u64 = 4_000_000;
/// From few to many entries in a cell.
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];

/// The number of entries, the blocks, and the pattern: an entry a character, or the density over larger cells.
pub fn sparsity(system: &mut System) -> String {
    let jacobian = system.jacobian();
    let names = names(system);
    let (rows, n) = (system.results.len, system.dim());
    let most = jacobian.blocks.iter().fold(0u64, |sum, b| sum.saturating_add(size(b)));
    let mut out = format!("sparsity of {}\n", system.model.name);
    let mut pattern = match most <= MOST_ENTRIES && u32::try_from(n).is_ok() {
        true => system.pattern(&jacobian),
        false => Vec::new(),
    };
    pattern.sort_unstable();
    pattern.dedup();
    let drawn = most <= MOST_ENTRIES;
    let (count, at_most) = if drawn { (pattern.len() as u64, "") } else { (most, "at most ") };
    let percent = 100.0 * count as f64 / (rows as f64 * n as f64).max(1.0);
    out += &format!("  {n} unknowns, {at_most}{count} entries, {percent:.3} % of the matrix\n");
    if let Some(width) = pattern.iter().map(|&(row, column)| row.abs_diff(column)).max() {
        out += &format!("  no entry farther than {width} from the diagonal\n");
    }
    out += "\nblocks\n";
    blocks(system, &jacobian, &names, &mut out);
    out.push('\n');
    match drawn {
        true if n <= EACH && rows <= EACH => each((rows, n), &pattern, &mut out),
        true => condensed((rows, n), &pattern, &mut out),
        false => out += "too many entries for a picture\n",
    }
    out
}

fn size(block: &Block) -> u64 {
    block.loops.iter().fold(1u64, |product, r| product.saturating_mul(r.len()))
}

fn blocks(system: &System, jacobian: &Jacobian, names: &Names, out: &mut String) {
    let algebra = &system.model.algebra;
    for block in &jacobian.blocks {
        let element = |(symbol, access): &(crate::algebra::Symbol, crate::algebra::Access)| {
            let name = names.of(algebra, *symbol);
            let axes = block.loops.len();
            crate::algebra::print::element(algebra, name, (*symbol, access), axes, names, Notation::Text)
        };
        let (row, column) = (element(&block.row), element(&block.column));
        let over = loops(&block.loops, names, Notation::Text);
        let over = if over.is_empty() { over } else { format!("   for {over}") };
        *out += &format!("  {:<8} ∂{row}/∂{column}{over}\n", size(block));
    }
}

/// A character an entry, with the name of each row.
fn each((m, n): (u64, u64), pattern: &[(u32, u32)], out: &mut String) {
    let mut rows = vec![vec!['·'; n as usize]; m as usize];
    for &(row, column) in pattern {
        rows[row as usize][column as usize] = '●';
    }
    for row in rows {
        let row: Vec<String> = row.into_iter().map(String::from).collect();
        *out += &format!("  {}\n", row.join(" "));
    }
}

/// Square cells, shaded by the share of their places that hold entries.
fn condensed((m, n): (u64, u64), pattern: &[(u32, u32)], out: &mut String) {
    let mut counts = vec![[0u64; CELLS as usize]; CELLS as usize];
    let cell = |k: u32, n: u64| (u64::from(k) * CELLS / n) as usize;
    for &(row, column) in pattern {
        counts[cell(row, m)][cell(column, n)] += 1;
    }
    let places = |k: u64, n: u64| ((k + 1) * n).div_ceil(CELLS) - (k * n).div_ceil(CELLS);
    *out += &format!("each cell {} × {} places: ░ few … █ full\n", m.div_ceil(CELLS), n.div_ceil(CELLS));
    for (i, row) in counts.iter().enumerate() {
        let shades = row.iter().enumerate().map(|(j, &count)| {
            let full = places(i as u64, m) * places(j as u64, n);
            let shade = (count * (SHADES.len() as u64 - 1)).div_ceil(full.max(1));
            SHADES[(shade as usize).min(SHADES.len() - 1)]
        });
        let shades: Vec<String> = shades.map(String::from).collect();
        *out += &format!("  {}\n", shades.join(" "));
    }
}
