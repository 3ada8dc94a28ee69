//! Multifrontal LU: a sparse matrix as dense fronts, rows exchanged within a front's own columns alone
//! (Duff and Reid, SIAM J. Sci. Stat. Comput. 5 (1984) 633).

use std::sync::Arc;

use super::front;
use super::number::Number;
use super::singular::Growth;
use super::tree::{Front, Tree};

/// The factors of matrices with one tree.
pub struct Frontal<T> {
    tree: Arc<Tree>,
    factors: Vec<T>,
    /// The exchange at each place, counted from the first of its front.
    pivots: Vec<u32>,
    /// The updates that wait for their parents, the last one on top.
    waiting: Vec<T>,
    /// A right-hand side by places, and its part that a front reaches.
    x: Vec<T>,
    reached: Vec<T>,
}

impl<T: Number> Frontal<T> {
    /// Buffers for matrices with that tree.
    pub fn new(tree: Arc<Tree>) -> Frontal<T> {
        let n = tree.columns.len();
        let widest = tree.fronts.iter().map(|front| front.rows.len()).max().unwrap_or(0);
        let zeros = |len: usize| vec![T::default(); len];
        let (factors, waiting) = (zeros(tree.size), zeros(tree.waiting));
        Frontal { factors, waiting, pivots: vec![0; n], x: zeros(n), reached: zeros(widest), tree }
    }

    /// Factorises the matrix of these entries; `None` when a front has no pivot that is large enough.
    pub fn factorise(&mut self, values: &[T]) -> Option<Growth> {
        let Frontal { tree, factors, pivots, waiting, .. } = self;
        factors.fill(T::default());
        tree.targets.iter().zip(values).for_each(|(&target, &value)| factors[target as usize] = value);
        let (mut growth, mut top): (f64, usize) = (1.0, 0);
        for front in &tree.fronts {
            let reached = front.rows.len();
            let (panel, upper) = front.split(factors);
            let (below, update) = waiting.split_at_mut(top);
            let update = &mut update[..reached * reached];
            update.fill(T::default());
            let children = || front.children.iter().map(|&child| &tree.fronts[child as usize]);
            let base = top - children().map(|child| child.rows.len().pow(2)).sum::<usize>();
            let mut start = base;
            for child in children() {
                let end = start + child.rows.len().pow(2);
                add_child(front, child, &below[start..end], panel, upper, update);
                start = end;
            }
            let pivots = &mut pivots[front.first..front.first + front.width];
            growth = growth.max(front::eliminate(front.width, reached, panel, upper, pivots)?);
            front::complement(front.width, reached, panel, upper, update);
            if base < top {
                waiting.copy_within(top..top + reached * reached, base);
            }
            top = base + reached * reached;
        }
        Some(Growth(growth))
    }

    /// Solves A x = b in place.
    pub fn solve(&mut self, b: &mut [T]) {
        let Frontal { tree, factors, pivots, x, reached, .. } = self;
        tree.rows.iter().zip(&mut *x).for_each(|(&row, x)| *x = b[row as usize]);
        for front in &tree.fronts {
            let (panel, _) = front.parts(factors);
            let x_own = &mut x[front.first..front.first + front.width];
            let r = &mut reached[..front.rows.len()];
            front::forward(panel, &pivots[front.first..], x_own, r);
            front.rows.iter().zip(r).for_each(|(&row, r)| x[row as usize] += *r);
        }
        for front in tree.fronts.iter().rev() {
            let (panel, upper) = front.parts(factors);
            let r = &mut reached[..front.rows.len()];
            front.rows.iter().zip(&mut *r).for_each(|(&row, r)| *r = x[row as usize]);
            front::backward(panel, upper, &mut x[front.first..front.first + front.width], r);
        }
        tree.columns.iter().zip(x).for_each(|(&column, x)| b[column as usize] = *x);
    }

    /// Solves Aᵀ x = b in place.
    pub fn solve_transposed(&mut self, b: &mut [T]) {
        let Frontal { tree, factors, pivots, x, reached, .. } = self;
        tree.columns.iter().zip(&mut *x).for_each(|(&column, x)| *x = b[column as usize]);
        for front in &tree.fronts {
            let (panel, upper) = front.parts(factors);
            let x_own = &mut x[front.first..front.first + front.width];
            let r = &mut reached[..front.rows.len()];
            front::forward_transposed(panel, upper, x_own, r);
            front.rows.iter().zip(r).for_each(|(&row, r)| x[row as usize] += *r);
        }
        for front in tree.fronts.iter().rev() {
            let (panel, _) = front.parts(factors);
            let r = &mut reached[..front.rows.len()];
            front.rows.iter().zip(&mut *r).for_each(|(&row, r)| *r = x[row as usize]);
            let x_own = &mut x[front.first..front.first + front.width];
            front::backward_transposed(panel, &pivots[front.first..], x_own, r);
        }
        tree.rows.iter().zip(x).for_each(|(&row, x)| b[row as usize] = *x);
    }
}

impl Front {
    /// Its columns of L, and its rows of U transposed.
    fn parts<'a, T>(&self, factors: &'a [T]) -> (&'a [T], &'a [T]) {
        let end = self.upper + self.width * self.rows.len();
        factors[self.panel..end].split_at(self.upper - self.panel)
    }

    fn split<'a, T>(&self, factors: &'a mut [T]) -> (&'a mut [T], &'a mut [T]) {
        let end = self.upper + self.width * self.rows.len();
        factors[self.panel..end].split_at_mut(self.upper - self.panel)
    }
}

/// Adds what a child's elimination leaves to its parent.
fn add_child<T: Number>(
    front: &Front,
    child: &Front,
    left: &[T],
    panel: &mut [T],
    upper: &mut [T],
    update: &mut [T],
) {
    let (width, reached) = (front.width, front.rows.len());
    let (own, beyond) = child.relative.split_at(child.own);
    let size = child.relative.len();
    for (jc, &j) in own.iter().enumerate() {
        let column = &left[jc * size..][..size];
        let panel = &mut panel[j as usize * (width + reached)..][..width + reached];
        for i in 0..size {
            panel[child.relative[i] as usize] += column[i];
        }
    }
    for (jc, &j) in beyond.iter().enumerate() {
        let (j, column) = (j as usize - width, &left[(child.own + jc) * size..][..size]);
        for i in 0..own.len() {
            upper[j + own[i] as usize * reached] += column[i];
        }
        let (update, rest) = (&mut update[j * reached..][..reached], &column[own.len()..]);
        for i in 0..beyond.len() {
            update[beyond[i] as usize - width] += rest[i];
        }
    }
}
