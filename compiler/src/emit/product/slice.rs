//! Products with matrices over slices, compiled for each width of vectors that the processor may have.
//!
//! A sum has the partial results of `Instruction::Reduce`: eight, term e to partial e mod 8, by fma, and then its tree.
//! Eight partials are one, two or more vectors, so the bits are the same at every width.

use std::sync::LazyLock;

use pulp::{Arch, Simd, WithSimd, bytemuck};

use crate::emit::kernel::Write;

/// Partial results of a sum.
const PARTIALS: usize = 8;
/// Vectors of columns whose sums are computed at once: these and two more fit the registers of every processor.
const WIDE: usize = 12;

/// A matrix of which row r begins at `entries[r·stride]`, and its two sides.
pub struct Operands<'a> {
    pub entries: &'a [f64],
    pub stride: usize,
    /// Along the sum: as long as it has terms.
    pub terms: &'a [f64],
    /// One for each sum: filled.
    pub sums: &'a mut [f64],
}

/// `sums[i] = Σ_j entries[i·stride + j]·terms[j]`: every row by the vector.
///
/// # Panics
/// Where the matrix is too short.
pub fn rows(operands: Operands) {
    dispatch(Rows(operands));
}

/// `sums[i] = Σ_j entries[j·stride + i]·terms[j]`: every column by the vector.
///
/// # Panics
/// Where the matrix is too short.
pub fn columns(operands: Operands) {
    dispatch(Columns(operands));
}

/// `entries[i·stride + j] = left[i]·right[j]`, or added to what was there, the product rounded first.
///
/// # Panics
/// Where the matrix is too short, or its rows overlap.
pub fn outer(entries: &mut [f64], stride: usize, left: &[f64], right: &[f64], write: Write) {
    assert!(stride >= right.len(), "rows that do not overlap");
    dispatch(Outer { entries, stride, left, right, write });
}

fn dispatch(operation: impl WithSimd<Output = ()>) {
    static PROCESSOR: LazyLock<Arch> = LazyLock::new(Arch::new);
    PROCESSOR.dispatch(operation);
}

struct Rows<'a>(Operands<'a>);

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match PARTIALS / S::F64_LANES {
            1 => every_row::<S, 1>(simd, self.0),
            2 => every_row::<S, 2>(simd, self.0),
            4 => every_row::<S, 4>(simd, self.0),
            8 => every_row::<S, 8>(simd, self.0),
            _ => unreachable!("vectors of one to eight numbers"),
        }
    }
}

/// Four rows at once: they share the loads of the vector, and none waits for its own last fma.
#[inline(always)]
fn every_row<S: Simd, const N: usize>(simd: S, operands: Operands) {
    let Operands { entries, stride, terms, sums } = operands;
    let along = Along::<S, N>::new(simd, terms);
    let row = |i: usize| &entries[i * stride..i * stride + terms.len()];
    let mut i = 0;
    while i + 4 <= sums.len() {
        let four = [row(i), row(i + 1), row(i + 2), row(i + 3)];
        [sums[i], sums[i + 1], sums[i + 2], sums[i + 3]] = along.sums(simd, four);
        i += 4;
    }
    while i + 2 <= sums.len() {
        [sums[i], sums[i + 1]] = along.sums(simd, [row(i), row(i + 1)]);
        i += 2;
    }
    if i < sums.len() {
        sums[i] = along.sums(simd, [row(i)])[0];
    }
}

/// The vector that rows are multiplied by, eight elements as N vectors.
struct Along<'a, S: Simd, const N: usize> {
    whole: &'a [[S::f64s; N]],
    /// What is left, filled up with zeros, and how much of it is in each vector.
    rest: [S::f64s; N],
    filled: [usize; N],
    /// −0 where `rest` was filled up, else 0. A matrix's zeros become −0 there, and adding 0·(−0) changes no partial sum,
    /// which may be −0 itself.
    padding: [S::f64s; N],
}

impl<'a, S: Simd, const N: usize> Along<'a, S, N> {
    #[inline(always)]
    fn new(simd: S, terms: &'a [f64]) -> Self {
        let (whole, rest) = split::<S, N>(terms);
        let mut along = Along {
            whole,
            rest: [simd.splat_f64s(0.0); N],
            filled: [0; N],
            padding: [simd.splat_f64s(-0.0); N],
        };
        for n in 0..N {
            let from = (n * S::F64_LANES).min(rest.len());
            let to = (from + S::F64_LANES).min(rest.len());
            let mut signs = [-0.0; PARTIALS];
            for sign in &mut signs[..to - from] {
                *sign = 0.0;
            }
            along.rest[n] = simd.partial_load_f64s(&rest[from..to]);
            along.padding[n] = simd.partial_load_f64s(&signs[..S::F64_LANES]);
            along.filled[n] = to - from;
        }
        along
    }

    #[inline(always)]
    fn sums<const R: usize>(&self, simd: S, rows: [&[f64]; R]) -> [f64; R] {
        let blocks = self.whole.len();
        let mut whole = [self.whole; R];
        let mut rest: [&[f64]; R] = [&[]; R];
        for r in 0..R {
            let (blocks_of_row, rest_of_row) = split::<S, N>(rows[r]);
            whole[r] = &blocks_of_row[..blocks];
            rest[r] = rest_of_row;
        }
        let mut partials = [[simd.splat_f64s(0.0); N]; R];
        for block in 0..blocks {
            let terms = self.whole[block];
            for r in 0..R {
                let entries = whole[r][block];
                for n in 0..N {
                    partials[r][n] = simd.mul_add_f64s(entries[n], terms[n], partials[r][n]);
                }
            }
        }
        if !rest[0].is_empty() {
            for r in 0..R {
                let mut from = 0;
                for n in 0..N {
                    let entries = simd.partial_load_f64s(&rest[r][from..from + self.filled[n]]);
                    let entries = simd.or_f64s(entries, self.padding[n]);
                    partials[r][n] = simd.mul_add_f64s(entries, self.rest[n], partials[r][n]);
                    from += self.filled[n];
                }
            }
        }
        let mut sums = [0.0; R];
        for r in 0..R {
            sums[r] = tree(simd, partials[r]);
        }
        sums
    }
}

/// Eights of elements, each as N vectors, and what is left.
#[inline(always)]
fn split<S: Simd, const N: usize>(x: &[f64]) -> (&[[S::f64s; N]], &[f64]) {
    let (whole, rest) = x.split_at(x.len() / PARTIALS * PARTIALS);
    (S::as_simd_f64s(whole).0.as_chunks().0, rest)
}

/// ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)) of eight partial results in N vectors.
#[inline(always)]
fn tree<S: Simd, const N: usize>(simd: S, mut partials: [S::f64s; N]) -> f64 {
    let mut count = N;
    while count > 1 {
        count /= 2;
        for n in 0..count {
            partials[n] = simd.add_f64s(partials[n], partials[n + count]);
        }
    }
    let mut sum = partials[0];
    let mut lanes = S::F64_LANES;
    while lanes > 1 {
        lanes /= 2;
        sum = simd.add_f64s(sum, simd.rotate_right_f64s(sum, lanes));
    }
    bytemuck::cast_slice(std::slice::from_ref(&sum))[0]
}

struct Columns<'a>(Operands<'a>);

impl WithSimd for Columns<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Operands { entries, stride, terms, sums } = self.0;
        let lanes = S::F64_LANES;
        let mut i = 0;
        while i + WIDE * lanes <= sums.len() {
            let wide = wide_columns(simd, entries, stride, terms, i);
            for u in 0..WIDE {
                let from = i + u * lanes;
                simd.partial_store_f64s(&mut sums[from..from + lanes], wide[u]);
            }
            i += WIDE * lanes;
        }
        // Two vectors of columns share the loads of the terms, where registers hold sixteen partials.
        while S::REGISTER_COUNT > 16 && i + 2 * lanes <= sums.len() {
            let [first, second] = columns_of::<S, 2>(simd, entries, stride, terms, i, lanes);
            simd.partial_store_f64s(&mut sums[i..i + lanes], first);
            simd.partial_store_f64s(&mut sums[i + lanes..i + 2 * lanes], second);
            i += 2 * lanes;
        }
        while i < sums.len() {
            let width = lanes.min(sums.len() - i);
            let [sum] = columns_of::<S, 1>(simd, entries, stride, terms, i, width);
            simd.partial_store_f64s(&mut sums[i..i + width], sum);
            i += width;
        }
    }
}

/// The sums of many columns from column `at` on, one of the eight partial results after the other: so every row is read
/// in long pieces, as memory likes it.
#[inline(always)]
fn wide_columns<S: Simd>(
    simd: S,
    entries: &[f64],
    stride: usize,
    terms: &[f64],
    at: usize,
) -> [S::f64s; WIDE] {
    let mut partials = [[simd.splat_f64s(0.0); WIDE]; PARTIALS];
    for k in 0..PARTIALS {
        let mut partial = [simd.splat_f64s(0.0); WIDE];
        let mut j = k;
        while j < terms.len() {
            partial = add_row(simd, &entries[j * stride + at..], S::F64_LANES, terms[j], partial);
            j += PARTIALS;
        }
        partials[k] = partial;
    }
    trees(simd, &partials)
}

/// The sums of U vectors of columns from column `at` on, the last of them of `width` columns.
#[inline(always)]
fn columns_of<S: Simd, const U: usize>(
    simd: S,
    entries: &[f64],
    stride: usize,
    terms: &[f64],
    at: usize,
    width: usize,
) -> [S::f64s; U] {
    let mut partials = [[simd.splat_f64s(0.0); U]; PARTIALS];
    let mut j = 0;
    while j + PARTIALS <= terms.len() {
        for k in 0..PARTIALS {
            let row = &entries[(j + k) * stride + at..];
            partials[k] = add_row(simd, row, width, terms[j + k], partials[k]);
        }
        j += PARTIALS;
    }
    for k in 0..PARTIALS {
        if j + k < terms.len() {
            let row = &entries[(j + k) * stride + at..];
            partials[k] = add_row(simd, row, width, terms[j + k], partials[k]);
        }
    }
    trees(simd, &partials)
}

/// The tree of each column's eight partial results.
#[inline(always)]
fn trees<S: Simd, const U: usize>(simd: S, partials: &[[S::f64s; U]; PARTIALS]) -> [S::f64s; U] {
    let mut sums = partials[0];
    for u in 0..U {
        let a = simd.add_f64s(partials[0][u], partials[4][u]);
        let b = simd.add_f64s(partials[1][u], partials[5][u]);
        let c = simd.add_f64s(partials[2][u], partials[6][u]);
        let d = simd.add_f64s(partials[3][u], partials[7][u]);
        sums[u] = simd.add_f64s(simd.add_f64s(a, c), simd.add_f64s(b, d));
    }
    sums
}

/// The partial results, the first elements of a row times the term added to them.
#[inline(always)]
fn add_row<S: Simd, const U: usize>(
    simd: S,
    row: &[f64],
    width: usize,
    term: f64,
    mut partial: [S::f64s; U],
) -> [S::f64s; U] {
    let term = simd.splat_f64s(term);
    let row = &row[..(U - 1) * S::F64_LANES + width];
    for u in 0..U {
        let from = u * S::F64_LANES;
        let vector = match u + 1 < U || width == S::F64_LANES {
            true => S::as_simd_f64s(&row[from..from + S::F64_LANES]).0[0],
            false => simd.partial_load_f64s(&row[from..]),
        };
        partial[u] = simd.mul_add_f64s(vector, term, partial[u]);
    }
    partial
}

struct Outer<'a> {
    entries: &'a mut [f64],
    stride: usize,
    left: &'a [f64],
    right: &'a [f64],
    write: Write,
}

impl WithSimd for Outer<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Outer { entries, stride, left, right, write } = self;
        let (terms, rest_of_terms) = S::as_simd_f64s(right);
        let last = simd.partial_load_f64s(rest_of_terms);
        for i in 0..left.len() {
            let factor = simd.splat_f64s(left[i]);
            let row = &mut entries[i * stride..i * stride + right.len()];
            let (row, rest) = S::as_mut_simd_f64s(row);
            let row = &mut row[..terms.len()];
            match write {
                Write::Add => {
                    for k in 0..terms.len() {
                        row[k] = simd.add_f64s(row[k], simd.mul_f64s(factor, terms[k]));
                    }
                }
                Write::Set => {
                    for k in 0..terms.len() {
                        row[k] = simd.mul_f64s(factor, terms[k]);
                    }
                }
            }
            if !rest.is_empty() {
                let product = simd.mul_f64s(factor, last);
                let value = match write {
                    Write::Add => simd.add_f64s(simd.partial_load_f64s(rest), product),
                    Write::Set => product,
                };
                simd.partial_store_f64s(rest, value);
            }
        }
    }
}
