//! The dense work in a front: `width` columns are eliminated, which reach `reached` rows and columns more.
//!
//! The panel has the front's columns, (width + reached) × width; `upper` has its rows beyond them transposed,
//! reached × width. Both are stored column by column, and the diagonal of U is stored inverted.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::number::Number;
use super::sums::product;

/// Columns that are eliminated one by one before the rest of the front hears of them.
const BLOCK: usize = 4;

/// Products of fewer multiplications than this are plain loops.
const PLAIN: usize = 500;

/// With multipliers above this, exchanges within fronts are not enough.
const MOST_GROWTH: f64 = 1e4;

/// P F = L U in place, the exchanges within the first `width` rows; the largest multiplier, or `None` when it is too large.
pub fn eliminate<T: Number>(
    width: usize,
    reached: usize,
    panel: &mut [T],
    upper: &mut [T],
    pivots: &mut [u32],
) -> Option<f64> {
    let height = width + reached;
    let mut growth: f64 = 1.0;
    for start in (0..width).step_by(BLOCK) {
        let end = (start + BLOCK).min(width);
        for k in start..end {
            if k > start {
                update_column(start, k, height, panel);
            }
            exchange(k, width, reached, panel, upper, pivots);
            growth = growth.max(divide_column(k, height, panel)?);
        }
        for k in start + 1..end {
            let (done, rest) = upper.split_at_mut(k * reached);
            let multiplier = |m| panel[k + (start + m) * height];
            subtract(&mut rest[..reached], &done[start * reached..], reached, k - start, multiplier);
        }
        if end < width {
            tell_rest(start..end, width, reached, panel, upper);
        }
    }
    Some(growth)
}

/// Subtracts the columns `start` to k from column k.
fn update_column<T: Number>(start: usize, k: usize, height: usize, panel: &mut [T]) {
    let (done, rest) = panel.split_at_mut(k * height);
    let (own, below) = rest[..height].split_at_mut(k);
    let (done, own) = (&done[start * height..], &mut own[start..]);
    solve_unit_lower(done, height, start, own);
    subtract(below, &done[k..], height, k - start, |m| own[m]);
}

/// x ← L⁻¹ x, L the first x.len() columns of `l`, their diagonal from row `first` on.
#[inline(always)]
fn solve_unit_lower<T: Number>(l: &[T], height: usize, first: usize, x: &mut [T]) {
    let len = x.len();
    for k in 0..len {
        let (y, column) = (x[k], &l[k * height + first..][..len]);
        for i in k + 1..len {
            x[i] -= column[i] * y;
        }
    }
}

/// Brings the largest entry of column k that may be a pivot to its place.
fn exchange<T: Number>(
    k: usize,
    width: usize,
    reached: usize,
    panel: &mut [T],
    upper: &mut [T],
    pivots: &mut [u32],
) {
    let height = width + reached;
    let column = &panel[k * height..][..width];
    let mut p = k;
    for i in k + 1..width {
        if column[i].size() > column[p].size() {
            p = i;
        }
    }
    pivots[k] = p as u32;
    if p != k {
        (0..width).for_each(|j| panel.swap(k + j * height, p + j * height));
        let (before, after) = upper.split_at_mut(p * reached);
        before[k * reached..][..reached].swap_with_slice(&mut after[..reached]);
    }
}

/// Divides column k by its pivot; the largest multiplier.
fn divide_column<T: Number>(k: usize, height: usize, panel: &mut [T]) -> Option<f64> {
    let column = &mut panel[k * height + k..(k + 1) * height];
    let inverse = column[0].inverse();
    column[0] = inverse;
    for i in 1..column.len() {
        column[i] *= inverse;
    }
    let largest = largest(&column[1..]);
    (largest <= MOST_GROWTH && inverse.size().is_finite()).then_some(largest)
}

/// The largest size of all, in four lanes.
fn largest<T: Number>(a: &[T]) -> f64 {
    let whole = a.len() / 4 * 4;
    let mut lanes = [0.0; 4];
    let larger = |lane: f64, x: T| if x.size() > lane { x.size() } else { lane };
    for i in (0..whole).step_by(4) {
        let a = &a[i..i + 4];
        for m in 0..4 {
            lanes[m] = larger(lanes[m], a[m]);
        }
    }
    for i in whole..a.len() {
        lanes[0] = larger(lanes[0], a[i]);
    }
    lanes[0].max(lanes[1]).max(lanes[2].max(lanes[3]))
}

/// Subtracts a block of eliminated columns from the columns after it, and from their rows of U.
fn tell_rest<T: Number>(
    block: std::ops::Range<usize>,
    width: usize,
    reached: usize,
    panel: &mut [T],
    upper: &mut [T],
) {
    let (height, start, end, later) = (width + reached, block.start, block.end, width - block.end);
    let (left, right) = panel.split_at_mut(end * height);
    let (done, rest) = upper.split_at_mut(end * reached);
    let (left, done) = (&left[start * height..], &done[start * reached..]);
    for j in 0..later {
        solve_unit_lower(left, height, start, &mut right[j * height..][start..end]);
    }
    if (height - end) * later * (end - start) < PLAIN {
        for j in 0..later {
            let (before, after) = right[j * height..][..height].split_at_mut(end);
            subtract(after, &left[end..], height, end - start, |m| before[start + m]);
            let rest = &mut rest[j * reached..][..reached];
            subtract(rest, done, reached, end - start, |m| left[end + j + m * height]);
        }
        return;
    }
    let left = MatRef::from_column_major_slice(left, height, end - start).split_at_row(end).1;
    let (before, after) = MatMut::from_column_major_slice_mut(right, height, later).split_at_row_mut(end);
    let before = before.as_ref().split_at_row(start).1;
    matmul(after, Accum::Add, left, before, -T::from(1.0), Par::Seq);
    let rest = MatMut::from_column_major_slice_mut(rest, reached, later);
    let done = MatRef::from_column_major_slice(done, reached, end - start);
    matmul(rest, Accum::Add, done, left.split_at_row(later).0.transpose(), -T::from(1.0), Par::Seq);
}

/// update −= L U, rows and columns beyond the front's own.
pub fn complement<T: Number>(width: usize, reached: usize, panel: &[T], upper: &[T], update: &mut [T]) {
    if reached == 0 {
        return;
    }
    let height = width + reached;
    if reached * reached * width < PLAIN {
        for j in 0..reached {
            let y = &mut update[j * reached..][..reached];
            subtract(y, &panel[width..], height, width, |m| upper[j + m * reached]);
        }
        return;
    }
    let update = MatMut::from_column_major_slice_mut(update, reached, reached);
    let lower = MatRef::from_column_major_slice(panel, height, width).split_at_row(width).1;
    let upper = MatRef::from_column_major_slice(upper, reached, width);
    matmul(update, Accum::Add, lower, upper.transpose(), -T::from(1.0), Par::Seq);
}

/// y −= Σ a_k x(k) over `count` columns that are `stride` apart.
#[inline(always)]
fn subtract<T: Number>(y: &mut [T], a: &[T], stride: usize, count: usize, x: impl Fn(usize) -> T) {
    let len = y.len();
    let mut k = 0;
    while k + 4 <= count {
        let x = [x(k), x(k + 1), x(k + 2), x(k + 3)];
        let column = |m: usize| &a[(k + m) * stride..][..len];
        let (a, b, c, d) = (column(0), column(1), column(2), column(3));
        for i in 0..len {
            y[i] -= (a[i] * x[0] + b[i] * x[1]) + (c[i] * x[2] + d[i] * x[3]);
        }
        k += 4;
    }
    while k < count {
        let (x, a) = (x(k), &a[k * stride..][..len]);
        for i in 0..len {
            y[i] -= a[i] * x;
        }
        k += 1;
    }
}

/// x ← L⁻¹ P x for the front's own unknowns, and r = −L x for those it reaches.
pub fn forward<T: Number>(panel: &[T], pivots: &[u32], x: &mut [T], r: &mut [T]) {
    let (width, height) = (x.len(), x.len() + r.len());
    (0..width).for_each(|k| x.swap(k, pivots[k] as usize));
    solve_unit_lower(panel, height, 0, x);
    r.fill(T::default());
    if !r.is_empty() {
        subtract(r, &panel[width..], height, width, |k| x[k]);
    }
}

/// x ← U⁻¹ (x − U r).
pub fn backward<T: Number>(panel: &[T], upper: &[T], x: &mut [T], r: &[T]) {
    let (width, height) = (x.len(), x.len() + r.len());
    if !r.is_empty() {
        for k in 0..width {
            x[k] -= product(&upper[k * r.len()..][..r.len()], r);
        }
    }
    for k in (0..width).rev() {
        let column = &panel[k * height..][..k + 1];
        let y = x[k] * column[k];
        x[k] = y;
        for i in 0..k {
            x[i] -= column[i] * y;
        }
    }
}

/// x ← U⁻ᵀ x for the front's own unknowns, and r = −Uᵀ x for those it reaches.
pub fn forward_transposed<T: Number>(panel: &[T], upper: &[T], x: &mut [T], r: &mut [T]) {
    let (width, height) = (x.len(), x.len() + r.len());
    for k in 0..width {
        let column = &panel[k * height..];
        x[k] = (x[k] - product(&column[..k], &x[..k])) * column[k];
    }
    r.fill(T::default());
    if !r.is_empty() {
        subtract(r, upper, r.len(), width, |k| x[k]);
    }
}

/// x ← Pᵀ L⁻ᵀ (x − Lᵀ r).
pub fn backward_transposed<T: Number>(panel: &[T], pivots: &[u32], x: &mut [T], r: &[T]) {
    let (width, height) = (x.len(), x.len() + r.len());
    for k in (0..width).rev() {
        let column = &panel[k * height..][..height];
        x[k] -= product(&column[k + 1..width], &x[k + 1..]) + product(&column[width..], r);
    }
    (0..width).rev().for_each(|k| x.swap(k, pivots[k] as usize));
}
