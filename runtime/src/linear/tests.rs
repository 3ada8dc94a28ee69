//! Every form against the definition: the residual of what it solves.

use proptest::prelude::*;

use super::{Cause, Goal, Linear, Matrix, Pattern, Singular, Wish};

const DIRECT: [Wish; 4] = [Wish::Direct, Wish::Dense, Wish::Banded, Wish::Sparse];

/// A matrix by its entries (row, column, value).
fn sparse(n: usize, entries: impl IntoIterator<Item = (usize, usize, f64)>) -> (Pattern, Vec<f64>) {
    let mut columns = vec![std::collections::BTreeMap::new(); n];
    entries.into_iter().for_each(|(i, j, value)| {
        columns[j].insert(i, value);
    });
    let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
    for column in columns {
        rows.extend(column.keys());
        values.extend(column.values());
        starts.push(rows.len());
    }
    (Pattern::Sparse { n, starts, rows }, values)
}

/// The second difference on a ring of n points with a drift, its last unknown algebraic.
fn ring(n: usize) -> (Pattern, Vec<f64>, Matrix) {
    let (pattern, values) =
        sparse(n, (0..n).flat_map(|j| [((j + n - 1) % n, j, 1.0), (j, j, -2.5), ((j + 1) % n, j, 1.5)]));
    let mass = Matrix::Diagonal((0..n).map(|i| if i + 1 == n { 0.0 } else { 1.0 }).collect());
    (pattern, values, mass)
}

/// max |b − W x| / max |x| for the real and the complex W, plain and transposed.
fn residual(
    pattern: &Pattern,
    j: &[f64],
    mass: Option<&Matrix>,
    (re, im): (f64, f64),
    transposed: bool,
    x: (&[f64], &[f64]),
    b: (&[f64], &[f64]),
) -> f64 {
    let (mut r, mut i) = (b.0.to_vec(), b.1.to_vec());
    let mut subtract = |row: usize, column: usize, a: f64, c: f64| {
        let (row, column) = if transposed { (column, row) } else { (row, column) };
        r[row] -= a * x.0[column] - c * x.1[column];
        i[row] -= a * x.1[column] + c * x.0[column];
    };
    pattern.each(|slot, row, column| subtract(row, column, -j[slot], 0.0));
    match mass {
        Some(mass) => mass.each(|row, column, m| subtract(row, column, re * m, im * m)),
        None => (0..pattern.dim()).for_each(|k| subtract(k, k, re, im)),
    }
    let largest =
        |v: &[f64]| v.iter().fold(0.0_f64, |m, x| if x.is_nan() { f64::NAN } else { m.max(x.abs()) });
    largest(&r).max(largest(&i)) / (largest(x.0) + largest(x.1)).max(1.0)
}

/// Factorises and solves in all four ways, and gives the largest residual.
fn worst(linear: &mut Linear, j: &[f64], mass: Option<&Matrix>, w: (f64, f64)) -> Result<f64, Singular> {
    let pattern = linear.pattern().clone();
    let n = pattern.dim();
    let b: Vec<f64> = (0..n).map(|i| (1.0 + i as f64).sin()).collect();
    let (zero, mut worst) = (vec![0.0; n], 0.0_f64);
    linear.factorise(w.0, mass, j)?;
    linear.factorise_complex(1, w, mass, j)?;
    for transposed in [false, true] {
        let mut x = b.clone();
        let (mut re, mut im) = (b.clone(), b.iter().rev().copied().collect::<Vec<_>>());
        let c = (re.clone(), im.clone());
        if transposed {
            linear.solve_transposed(&mut x);
            linear.solve_complex_transposed(1, &mut re, &mut im);
        } else {
            linear.solve(&mut x);
            linear.solve_complex(1, &mut re, &mut im);
        }
        let real = residual(&pattern, j, mass, (w.0, 0.0), transposed, (&x, &zero), (&b, &zero));
        let complex = residual(&pattern, j, mass, w, transposed, (&re, &im), (&c.0, &c.1));
        worst = if real.is_nan() || complex.is_nan() { f64::NAN } else { worst.max(real).max(complex) };
    }
    Ok(worst)
}

#[test]
fn every_form_solves_a_ring_with_an_algebraic_unknown() {
    for n in [3, 16, 50, 200] {
        let (pattern, values, mass) = ring(n);
        for wish in DIRECT {
            let mut linear = Linear::choose(&pattern, wish);
            for w in [(3.0, 1.0), (0.7, -4.0), (1e4, 1e3)] {
                let residual = worst(&mut linear, &values, Some(&mass), w).unwrap();
                assert!(residual < 1e-11 * w.0.max(1.0), "{n} {wish:?} {w:?} {residual:e}");
            }
        }
    }
}

#[test]
fn forms_are_chosen_by_the_pattern() {
    let reason = |pattern: &Pattern| {
        let mut linear = Linear::choose(pattern, Wish::Automatic);
        assert_eq!(linear.reason(), None);
        linear.factorise(10.0, None, &vec![1.0; pattern.len()]).unwrap();
        linear.reason().unwrap().to_string()
    };
    let line = |n: usize| {
        sparse(n, (0..n).flat_map(|j| (j.saturating_sub(1)..(j + 2).min(n)).map(move |i| (i, j, 1.0)))).0
    };
    assert_eq!(reason(&line(10)), "");
    assert_eq!(reason(&line(100)), "banded: 1 below the diagonal and 1 above it");
    assert_eq!(reason(&Pattern::Dense(30)), "dense: every unknown may read every other");
    assert!(reason(&ring(100).0).starts_with("sparse: 300 entries, "));
}

#[test]
fn masses_that_are_not_diagonal_and_change_their_pattern() {
    let n = 40;
    let (pattern, values, diagonal) = ring(n);
    let (places, masses) = sparse(n, (0..n).flat_map(|i| [(i, i, 2.0), (i, (i + 7) % n, 0.5)]));
    let full = Matrix::Full { pattern: places, values: masses };
    for wish in DIRECT {
        let mut linear = Linear::choose(&pattern, wish);
        for mass in [Some(&full), Some(&diagonal), None, Some(&full)] {
            assert!(worst(&mut linear, &values, mass, (5.0, 2.0)).unwrap() < 1e-12, "{wish:?}");
        }
    }
}

#[test]
fn structural_zeros_on_the_diagonal_are_exchanged_or_named() {
    // x_i' = z_i and 0 = x_i − x_{i+1} + z_{i−1}: the algebraic half has an empty diagonal.
    let n = 30;
    let (pattern, values) = sparse(
        2 * n,
        (0..n).flat_map(|i| {
            [(i, n + i, 1.0), (n + i, i, 1.0), (n + i, (i + 1) % n, -0.3), (n + i, n + (i + 1) % n, 0.1)]
        }),
    );
    let mass = Matrix::Diagonal((0..2 * n).map(|i| if i < n { 1.0 } else { 0.0 }).collect());
    for wish in [Wish::Dense, Wish::Sparse, Wish::Direct] {
        let mut linear = Linear::choose(&pattern, wish);
        assert!(worst(&mut linear, &values, Some(&mass), (100.0, 10.0)).unwrap() < 1e-11);
    }
    let (pattern, values) = sparse(2 * n, (0..n).map(|i| (i, n + i, 1.0)));
    let refused = Linear::choose(&pattern, Wish::Sparse).factorise(1.0, Some(&mass), &values).unwrap_err();
    assert_eq!(refused, Singular::no_pivot(n, n));
}

#[test]
fn a_matrix_without_a_pivot_names_its_column_and_row() {
    let n = 50;
    let (pattern, mut values, mass) = ring(n);
    let zero = vec![0.0; values.len()];
    for wish in DIRECT {
        let mut linear = Linear::choose(&pattern, wish);
        let refused = linear.factorise(1.0, Some(&mass), &zero).unwrap_err();
        assert_eq!(refused, Singular::no_pivot(n - 1, n - 1), "{wish:?}");
        // The same solver goes on when the numbers are better, and refuses again.
        linear.factorise(1.0, Some(&mass), &values).unwrap();
        assert_eq!(linear.factorise(1.0, Some(&mass), &zero).unwrap_err(), refused);
    }
    pattern.each(|slot, i, j| {
        if (i, j) == (5, 6) {
            values[slot] = f64::NAN;
        }
    });
    for wish in DIRECT {
        let refused = Linear::choose(&pattern, wish).factorise(1.0, None, &values).unwrap_err();
        assert_eq!(refused, Singular { column: 6, row: 5, cause: Cause::NotFinite }, "{wish:?}");
    }
}

#[test]
fn kept_pivots_that_become_too_small_are_chosen_anew() {
    let n = 60;
    let entries = |small: f64| {
        sparse(n, (0..n).flat_map(move |j| [(j, j, small), ((j + 1) % n, j, 1.0), ((j + 17) % n, j, -0.4)]))
    };
    let (pattern, values) = entries(-1.0);
    let mut linear = Linear::choose(&pattern, Wish::Sparse);
    let mass = Matrix::Diagonal(vec![0.0; n]);
    let first = linear.factorise(1.0, Some(&mass), &values).unwrap();
    assert!(first.0 <= 100.0);
    for small in [-1e-9, 0.0, 1e-14, -2.0] {
        let (_, values) = entries(small);
        let residual = worst(&mut linear, &values, Some(&mass), (1.0, 0.5)).unwrap();
        assert!(residual < 1e-11, "{small} {residual:e}");
    }
}

/// Diffusion on a torus of m × m points, as stiff as `a`, with a drift.
fn torus(m: usize, a: f64) -> (Pattern, Vec<f64>) {
    let at = |x: usize, y: usize| x % m + (y % m) * m;
    let entries = (0..m * m).flat_map(|j| {
        let (x, y) = (j % m, j / m);
        [
            (j, j, -4.0 * a),
            (at(x + 1, y), j, 1.1 * a),
            (at(x + m - 1, y), j, 0.9 * a),
            (at(x, y + 1), j, a),
            (at(x, y + m - 1), j, a),
        ]
    });
    sparse(m * m, entries)
}

#[test]
fn large_stencils_are_solved_by_fronts_in_all_four_ways() {
    let (pattern, mut j) = torus(35, 200.0);
    let mass = Matrix::Diagonal((0..pattern.dim()).map(|i| (i % 7) as f64).collect());
    let mut linear = Linear::choose(&pattern, Wish::Direct);
    for w in [(300.0, 200.0), (20.0, -30.0)] {
        assert!(worst(&mut linear, &j, Some(&mass), w).unwrap() < 1e-10);
        j.iter_mut().enumerate().for_each(|(slot, value)| *value *= 1.0 + 0.1 * (slot as f64).sin());
    }
}

#[test]
fn an_iteration_reaches_its_goal_with_and_without_a_matrix() {
    let (pattern, j) = torus(40, 300.0);
    let (n, w) = (pattern.dim(), 50.0);
    let mut linear = Linear::choose(&pattern, Wish::Krylov);
    linear.factorise(w, None, &j).unwrap();
    let (weights, zero) = (vec![1e3; n], vec![0.0; n]);
    let b: Vec<f64> = (0..n).map(|i| (1.0 + i as f64).sin()).collect();
    let goal = Goal { weights: &weights, tolerance: 1e-4 };
    let mut product = |x: &[f64], y: &mut [f64]| {
        (0..n).for_each(|i| y[i] = w * x[i]);
        pattern.each(|slot, i, k| y[i] -= j[slot] * x[k]);
    };
    let mut found = Vec::new();
    for which in 0..3 {
        let mut x = b.clone();
        let iterations = match which {
            0 => linear.solve_to(&goal, None, &mut x),
            1 => linear.solve_to(&goal, Some(&mut product), &mut x),
            _ => linear.solve_transposed_to(&goal, &mut x),
        };
        found.push(iterations.unwrap().0);
        // P⁻¹ r is 1e-7 in the mean, and P no more than 2,500.
        assert!(residual(&pattern, &j, None, (w, 0.0), which == 2, (&x, &zero), (&b, &zero)) < 3e-4);
    }
    assert_eq!(found[0], found[1]);
    assert!(found.iter().all(|iterations| (5..60).contains(iterations)), "{found:?}");
}

#[test]
fn the_choice_between_factors_and_an_iteration_follows_their_cost() {
    let reason = |(pattern, j): (Pattern, Vec<f64>)| {
        let mut linear = Linear::choose(&pattern, Wish::Automatic);
        linear.factorise(1e3, None, &j).unwrap();
        linear.reason().unwrap().to_string()
    };
    let m = 24;
    let space = (0..m * m * m).flat_map(|j: usize| {
        let at = move |step: usize, size: usize| {
            let layer = j / (size * m) * (size * m);
            (layer + (j - layer + step * size) % (size * m), j, 1.0)
        };
        [1, m, m * m].into_iter().flat_map(move |size| [at(1, size), at(m - 1, size)])
    });
    assert!(reason(torus(20, 10.0)).starts_with("sparse: 2000 entries"));
    let reason = reason(sparse(m * m * m, space));
    assert!(reason.starts_with("GMRES with MILU(0): "), "{reason}");
    let (pattern, j) = sparse(40, (0..40).map(|i| ((i + 1) % 40, i, 1.0)));
    let mass = Matrix::Full {
        pattern: Pattern::Sparse { n: 40, starts: vec![0; 41], rows: vec![] },
        values: vec![],
    };
    let refused = Linear::choose(&pattern, Wish::Krylov).factorise(1.0, Some(&mass), &j).unwrap_err();
    assert_eq!(refused, Singular::no_pivot(0, 0));
}

#[test]
fn an_iteration_that_is_dearer_than_factors_is_given_up() {
    let (pattern, j) = torus(100, 300.0);
    let mut linear = Linear::choose(&pattern, Wish::Automatic);
    let weights = vec![1.0; pattern.dim()];
    for (tolerance, form) in [(1e3, "GMRES"), (1e-9, "GMRES"), (1e-9, "sparse")] {
        linear.factorise(1.0, None, &j).unwrap();
        assert!(linear.reason().unwrap().starts_with(form), "{tolerance} {:?}", linear.reason());
        for _ in 0..30 {
            let mut b: Vec<f64> = (0..pattern.dim()).map(|i| (1.0 + i as f64).sin()).collect();
            linear.solve_to(&Goal { weights: &weights, tolerance }, None, &mut b).unwrap();
        }
    }
    assert!(!linear.give_up());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn random_matrices_are_solved_in_every_form(
        n in 1usize..80,
        seed in prop::collection::vec((0usize..80, 0usize..80, -1.0f64..1.0), 0..300),
        changed in prop::collection::vec(-1.0f64..1.0, 300),
        w in (0.5f64..50.0, -20.0f64..20.0),
    ) {
        let (pattern, first) = sparse(n, seed.into_iter().map(|(i, j, value)| (i % n, j % n, value)));
        let second = &changed[..first.len()];
        for wish in DIRECT {
            let mut linear = Linear::choose(&pattern, wish);
            for values in [&first[..], second] {
                let residual = worst(&mut linear, values, None, w);
                let residual = residual.map_err(|s| TestCaseError::fail(format!("{wish:?} {s:?}")))?;
                prop_assert!(residual < 1e-9, "{:?} {:e}", wish, residual);
            }
        }
    }
}
