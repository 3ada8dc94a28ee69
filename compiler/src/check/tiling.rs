//! Whether boxes fill an array exactly once, at a cost in their number and never in N.

use crate::algebra::{Affine, Range, Var};
use crate::diagnostics::Span;

/// The left side of a piece: the ranges of its axes and the (user's) positions they fill.
#[derive(Clone, Debug)]
pub struct Side {
    pub axes: Vec<Range>,
    pub positions: Vec<Affine>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Tiles,
    /// A part that two sides fill, and which.
    Twice(Vec<Range>, usize, usize),
    /// A part that none fills.
    Gap(Vec<Range>),
    /// More pieces, in a shape harder, than is looked at.
    TooMany,
}

/// Boxes looked at before giving up.
const BUDGET: usize = 4_000_000;

impl Side {
    /// Each position is a constant or one axis (±1 times it, shifted), and each axis occurs in one position.
    pub fn is_box(&self) -> bool {
        let mut used = vec![0; self.axes.len()];
        for position in &self.positions {
            match position.terms.as_slice() {
                [] => {}
                [(Var::Axis(k), 1 | -1)] => used[*k as usize] += 1,
                _ => return false,
            }
        }
        used.iter().all(|n| *n == 1)
    }

    /// The values of a position.
    pub fn interval(&self, k: usize) -> Range {
        self.positions[k].bounds(|var| match var {
            Var::Axis(axis) => self.axes[axis as usize],
            _ => Range::new(0, 0),
        })
    }

    fn intervals(&self) -> Vec<Range> {
        (0..self.positions.len()).map(|k| self.interval(k)).collect()
    }
}

/// Checks that the sides fill `whole` exactly once; all of them have its number of positions.
pub fn check(whole: &[Range], sides: &[Side]) -> Verdict {
    let boxes: Vec<(usize, Vec<Range>)> = sides.iter().map(Side::intervals).enumerate().collect();
    let members: Vec<&(usize, Vec<Range>)> = boxes.iter().collect();
    let mut budget = BUDGET;
    tile(whole, 0, &members, &mut Vec::new(), &mut budget)
}

/// Cuts dimension k into slabs at all ends of boxes, and looks at the boxes of each slab in the next dimension.
fn tile(
    whole: &[Range],
    k: usize,
    boxes: &[&(usize, Vec<Range>)],
    place: &mut Vec<Range>,
    budget: &mut usize,
) -> Verdict {
    if *budget < boxes.len() + 1 {
        return Verdict::TooMany;
    }
    *budget -= boxes.len() + 1;
    if k == whole.len() {
        return match boxes {
            [] => Verdict::Gap(place.clone()),
            [_] => Verdict::Tiles,
            [a, b, ..] => Verdict::Twice(place.clone(), a.0, b.0),
        };
    }
    if boxes.is_empty() {
        let mut gap = place.clone();
        gap.extend(&whole[k..]);
        return Verdict::Gap(gap);
    }
    // Equal intervals, the common case, need no slabs.
    if boxes.iter().all(|(_, b)| b[k] == whole[k]) {
        place.push(whole[k]);
        let verdict = tile(whole, k + 1, boxes, place, budget);
        place.pop();
        return verdict;
    }
    slabs(whole, k, boxes, place, budget)
}

fn slabs(
    whole: &[Range],
    k: usize,
    boxes: &[&(usize, Vec<Range>)],
    place: &mut Vec<Range>,
    budget: &mut usize,
) -> Verdict {
    let mut order: Vec<&(usize, Vec<Range>)> = boxes.to_vec();
    order.sort_by_key(|(rank, b)| (b[k].start, *rank));
    let mut cuts: Vec<i64> = boxes.iter().flat_map(|(_, b)| [b[k].start, b[k].end]).collect();
    cuts.extend([whole[k].start, whole[k].end]);
    cuts.sort_unstable();
    cuts.dedup();
    let (mut active, mut next): (Vec<&(usize, Vec<Range>)>, usize) = (Vec::new(), 0);
    for pair in cuts.windows(2) {
        let slab = Range::new(pair[0], pair[1]);
        active.retain(|(_, b)| b[k].end > slab.start);
        while next < order.len() && order[next].1[k].start <= slab.start {
            active.push(order[next]);
            next += 1;
        }
        place.push(slab);
        let verdict = tile(whole, k + 1, &active, place, budget);
        place.pop();
        if verdict != Verdict::Tiles {
            return verdict;
        }
    }
    Verdict::Tiles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(ranges: &[(i64, i64)]) -> Side {
        let axes = ranges.iter().map(|(a, b)| Range::new(*a, *b)).collect();
        let positions = (0..ranges.len()).map(|k| Affine::var(Var::Axis(k as u32))).collect();
        Side { axes, positions, span: Span::default() }
    }

    #[test]
    fn interior_and_edges_tile_a_line_of_any_length() {
        let n = 1_000_000;
        let whole = [Range::new(1, n + 1)];
        let sides = [side(&[(2, n)]), side(&[(1, 2)]), side(&[(n, n + 1)])];
        assert_eq!(check(&whole, &sides), Verdict::Tiles);
        assert_eq!(check(&whole, &sides[..2]), Verdict::Gap(vec![Range::new(n, n + 1)]));
    }

    #[test]
    fn a_doubled_corner_is_named() {
        let whole = [Range::new(1, 5), Range::new(1, 5)];
        let sides = [side(&[(1, 5), (1, 3)]), side(&[(1, 5), (3, 5)]), side(&[(4, 5), (4, 5)])];
        let corner = [Range::new(4, 5), Range::new(3, 5)];
        assert_ne!(check(&whole, &sides), Verdict::Tiles);
        assert!(matches!(check(&whole, &sides), Verdict::Twice(place, 1, 2) if place[0] == corner[0]));
        assert_eq!(check(&whole, &sides[..2]), Verdict::Tiles);
    }

    #[test]
    fn diagonals_and_strides_are_no_boxes() {
        let i = Affine::var(Var::Axis(0));
        let side = |positions| Side { axes: vec![Range::new(1, 4)], positions, span: Span::default() };
        assert!(!side(vec![i.clone(), i.clone()]).is_box());
        assert!(!side(vec![i.clone().scale(2)]).is_box());
        assert!(side(vec![i.scale(-1).shift(5)]).is_box());
    }

    #[test]
    fn many_scalar_pieces_are_cheap() {
        let n = 100_000;
        let sides: Vec<Side> = (0..n).map(|k| side(&[(k, k + 1)])).collect();
        assert_eq!(check(&[Range::new(0, n)], &sides), Verdict::Tiles);
    }
}
