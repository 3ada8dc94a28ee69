//! Loops that read definitions in pieces, cut so that each part reads one piece, which is then filled in.
//!
//! A loop cannot tell which piece it reads, so its Jacobian would have no blocks.

use crate::algebra::{Access, Affine, Algebra, Boundary, Expr, Node, Range, Subscript, Symbol, Var};

use super::super::system::{Row, Stored};

/// Parts beyond which a loop is left whole.
const MOST_PARTS: usize = 64;
/// Definitions within definitions that are filled in.
const ROUNDS: usize = 8;

/// The parts of a row; the row itself where it reads nothing in pieces, or by subscripts that cannot be followed.
pub(in super::super) fn split(algebra: &mut Algebra, stored: &[Stored], row: Row) -> Vec<Row> {
    let mut parts: Vec<Vec<Range>> = vec![Vec::new()];
    for (axis, &range) in row.axes.iter().enumerate() {
        let ranges = cut(range, &cuts(algebra, stored, row.value, axis as u32));
        parts = parts
            .iter()
            .flat_map(|part| ranges.iter().map(|r| part.iter().copied().chain([*r]).collect()))
            .collect();
        if parts.len() > MOST_PARTS {
            return vec![row];
        }
    }
    if !reads_pieces(algebra, stored, row.value) {
        return vec![row];
    }
    let part = |axes: Vec<Range>| {
        let mut value = row.value;
        for _ in 0..ROUNDS {
            let filled = fill(algebra, stored, value, &axes);
            if filled == value {
                break;
            }
            value = filled;
        }
        Row { axes, value, ..row.clone() }
    };
    parts.into_iter().map(part).collect()
}

fn pieces(stored: &[Stored], symbol: Symbol) -> Vec<&Stored> {
    let own: Vec<&Stored> = stored.iter().filter(|s| s.symbol == symbol).collect();
    if own.len() > 1 { own } else { Vec::new() }
}

fn reads_pieces(algebra: &Algebra, stored: &[Stored], e: Expr) -> bool {
    let reads = |n| matches!(algebra.node(n), Node::Read(symbol, _) if !pieces(stored, symbol).is_empty());
    algebra.reachable(e, true).into_iter().any(reads)
}

/// Values of an axis at which reads go from one piece to another.
fn cuts(algebra: &Algebra, stored: &[Stored], e: Expr, axis: u32) -> Vec<i64> {
    let mut cuts = Vec::new();
    for n in algebra.reachable(e, true) {
        let Node::Read(symbol, access) = algebra.node(n) else { continue };
        for piece in pieces(stored, symbol) {
            for (read, target) in algebra.access(access).iter().zip(&piece.target) {
                let (Subscript::Affine { position: read, .. }, Subscript::Affine { position: target, .. }) =
                    (read, target)
                else {
                    continue;
                };
                if read.terms[..] == [(Var::Axis(axis), 1)] {
                    let place = places(target, &piece.axes);
                    cuts.extend([place.start - read.offset, place.end - read.offset]);
                }
            }
        }
    }
    cuts
}

fn cut(range: Range, cuts: &[i64]) -> Vec<Range> {
    let mut ends: Vec<i64> = cuts.iter().copied().filter(|c| range.start < *c && *c < range.end).collect();
    ends.extend([range.start, range.end]);
    ends.sort_unstable();
    ends.dedup();
    ends.windows(2).map(|pair| Range::new(pair[0], pair[1])).collect()
}

/// The positions that a subscript takes over axes.
fn places(position: &Affine, axes: &[Range]) -> Range {
    position.bounds(|v| match v {
        Var::Axis(k) => axes[k as usize],
        _ => Range::new(0, 0),
    })
}

/// The expression with the pieces that it is sure to read filled in.
fn fill(algebra: &mut Algebra, stored: &[Stored], e: Expr, axes: &[Range]) -> Expr {
    algebra.replace_reads(e, &mut |algebra, symbol, access| {
        let own = pieces(stored, symbol);
        let (value, vars) = own.iter().find_map(|piece| Some((piece.value, inside(piece, access, axes)?)))?;
        Some(algebra.replace_vars(value, &vars))
    })
}

/// The values of a piece's axes where an access reads it all over the loops.
fn inside(piece: &Stored, access: &Access, axes: &[Range]) -> Option<Vec<(Var, Affine)>> {
    let mut vars = Vec::new();
    for (read, target) in access.iter().zip(&piece.target) {
        let Subscript::Affine { position: read, boundary: Boundary::Inside } = read else { return None };
        let Subscript::Affine { position: target, .. } = target else { return None };
        if !read.vars().all(|v| matches!(v, Var::Axis(_))) {
            return None;
        }
        if !places(target, &piece.axes).contains(places(read, axes)) {
            return None;
        }
        match target.terms[..] {
            [] => {}
            [(var, 1)] => vars.push((var, read.clone().shift(-target.offset))),
            _ => return None,
        }
    }
    Some(vars)
}
