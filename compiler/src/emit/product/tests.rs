//! Products have the bits of the sums that the interpreter makes, at every size around the ends of vectors.

use super::*;

const SIZES: [usize; 13] = [1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 97, 200];

/// Moderate numbers, and now and then one that has rules of its own.
fn numbers(count: usize, seed: u64) -> Vec<f64> {
    const SPECIAL: [f64; 8] =
        [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-200, -1e-200, 5e-324];
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        state >> 33
    };
    (0..count)
        .map(|_| match next() % 24 {
            k @ 0..8 if seed.is_multiple_of(2) => SPECIAL[k as usize],
            _ => (next() as f64).sin(),
        })
        .collect()
}

fn reduce(terms: impl Iterator<Item = (f64, f64)>) -> f64 {
    let mut p = [0.0; 8];
    for (k, (a, b)) in terms.enumerate() {
        p[k % 8] = a.mul_add(b, p[k % 8]);
    }
    ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]))
}

#[track_caller]
fn assert_same(found: &[f64], expected: &[f64], what: &str) {
    for (k, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!(
            a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()),
            "{what}, element {k}: {a:e} and {b:e}"
        );
    }
}

fn cases(check: impl Fn(usize, usize, usize, u64)) {
    for outer in SIZES {
        for inner in SIZES {
            for (gap, seed) in [(0, 1), (3, 2), (0, 4)] {
                check(outer, inner, gap, seed);
            }
        }
    }
    check(1000, 9, 0, 2);
    check(9, 1000, 0, 2);
}

#[test]
fn rows_have_the_bits_of_their_sums() {
    cases(|outer, inner, gap, seed| {
        let stride = inner + gap;
        let matrix = numbers(ProductKind::Rows.span(outer, inner, stride), seed);
        let (terms, mut sums) = (numbers(inner, seed + 2), vec![0.5; outer]);
        rows(Operands { entries: &matrix, stride, terms: &terms, sums: &mut sums });
        let expected: Vec<f64> =
            (0..outer).map(|i| reduce((0..inner).map(|j| (matrix[i * stride + j], terms[j])))).collect();
        assert_same(&sums, &expected, &format!("{outer} rows of {inner}"));
    });
}

#[test]
fn columns_have_the_bits_of_their_sums() {
    cases(|outer, inner, gap, seed| {
        let stride = outer + gap;
        let matrix = numbers(ProductKind::Columns.span(outer, inner, stride), seed);
        let (terms, mut sums) = (numbers(inner, seed + 2), vec![0.5; outer]);
        columns(Operands { entries: &matrix, stride, terms: &terms, sums: &mut sums });
        let expected: Vec<f64> =
            (0..outer).map(|i| reduce((0..inner).map(|j| (matrix[j * stride + i], terms[j])))).collect();
        assert_same(&sums, &expected, &format!("{outer} columns of {inner}"));
    });
}

#[test]
fn outer_products_round_before_they_are_added() {
    cases(|count, inner, gap, seed| {
        let stride = inner + gap;
        let before = numbers(ProductKind::Outer(Write::Add).span(count, inner, stride), seed);
        let (left, right) = (numbers(count, seed + 2), numbers(inner, seed + 4));
        for write in [Write::Set, Write::Add] {
            let (mut found, mut expected) = (before.clone(), before.clone());
            outer(&mut found, stride, &left, &right, write);
            for i in 0..count {
                for j in 0..inner {
                    let (element, product) = (&mut expected[i * stride + j], left[i] * right[j]);
                    *element = if write == Write::Set { product } else { *element + product };
                }
            }
            assert_same(&found, &expected, &format!("{count} by {inner}, {write:?}"));
        }
    });
}
