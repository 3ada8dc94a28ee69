//! The diagonally implicit methods: their coefficients, stiff order, splitting, mass matrices and the stiff reference problems.

use nde::dynamics::{Dynamics, Function, Interval, Part, Scale};
use nde::linear::{Matrix, Pattern};
use nde::method::tableaus::{KENCARP4, KVAERNO3, KVAERNO5, TRBDF2};
use nde::method::{Wish, find};
use nde::solve::{Absolute, Options, Save, Solution, Status, solve};
use nde::tableau::Diagonal;
use nde_tests::problems::{Coupled, Robertson};

const TABLEAUS: [&Diagonal; 4] = [&TRBDF2, &KVAERNO3, &KENCARP4, &KVAERNO5];

/// All rows of a, with the diagonal.
fn rows(tableau: &Diagonal) -> Vec<Vec<f64>> {
    let s = tableau.stages();
    let mut rows = vec![vec![0.0; s]];
    for row in tableau.a {
        let mut row = row.to_vec();
        row.push(tableau.gamma);
        row.resize(s, 0.0);
        rows.push(row);
    }
    rows
}

fn explicit_rows(tableau: &Diagonal) -> Vec<Vec<f64>> {
    let s = tableau.stages();
    let mut rows = vec![vec![0.0; s]];
    rows.extend(tableau.explicit.unwrap().iter().map(|row| {
        let mut row = row.to_vec();
        row.resize(s, 0.0);
        row
    }));
    rows
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The elementary weights Φ(τ) of all trees of `order`, with γ(τ), over every choice of a matrix for each edge: a tree is the product
/// of its branches, and a branch is a matrix times a tree.
fn trees(order: usize, matrices: &[Vec<Vec<f64>>]) -> Vec<(Vec<f64>, f64)> {
    let s = matrices[0].len();
    if order == 1 {
        return vec![(vec![1.0; s], 1.0)];
    }
    products(order - 1, order - 1, matrices).into_iter().map(|(v, γ)| (v, γ * order as f64)).collect()
}

/// Products of branches of `order` vertices together, none larger than `largest`.
fn products(order: usize, largest: usize, matrices: &[Vec<Vec<f64>>]) -> Vec<(Vec<f64>, f64)> {
    if order == 0 {
        return vec![(vec![1.0; matrices[0].len()], 1.0)];
    }
    let mut all = Vec::new();
    for first in 1..=largest.min(order) {
        for (tree, γ) in trees(first, matrices) {
            for a in matrices {
                let branch: Vec<f64> = a.iter().map(|row| dot(row, &tree)).collect();
                for (rest, δ) in products(order - first, first, matrices) {
                    all.push((branch.iter().zip(rest).map(|(x, y)| x * y).collect(), γ * δ));
                }
            }
        }
    }
    all
}

/// The largest |b·Φ(τ) − 1/γ(τ)| over trees of at most that order.
fn defect(weights: &[f64], order: u32, matrices: &[Vec<Vec<f64>>], θ: f64) -> f64 {
    let of = |order: usize| -> f64 {
        let expected = |γ: f64| θ.powi(order as i32) / γ;
        let defects = trees(order, matrices).into_iter().map(|(v, γ)| (dot(weights, &v) - expected(γ)).abs());
        defects.fold(0.0, f64::max)
    };
    (1..=order as usize).map(of).fold(0.0, f64::max)
}

#[test]
fn coefficients_satisfy_all_conditions_of_their_order() {
    for tableau in TABLEAUS {
        let (a, s) = (rows(tableau), tableau.stages());
        let b = &a[s - 1];
        for (row, c) in a.iter().zip(tableau.c) {
            assert!((row.iter().sum::<f64>() - c).abs() < 1e-14, "{} {c}", tableau.name);
        }
        let embedded: Vec<f64> = (0..s).map(|i| b[i] - tableau.error[i]).collect();
        assert!(defect(b, tableau.order, std::slice::from_ref(&a), 1.0) < 1e-14, "{}", tableau.name);
        assert!(defect(b, tableau.order + 1, std::slice::from_ref(&a), 1.0) > 1e-5, "{}", tableau.name);
        let hat = defect(
            &embedded,
            tableau.error_order - u32::from(tableau.error_order <= tableau.order),
            std::slice::from_ref(&a),
            1.0,
        );
        assert!(hat < 1e-14, "{} {hat}", tableau.name);
        for row in tableau.predictor {
            assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-14, "{}", tableau.name);
        }
    }
}

#[test]
fn the_pair_of_kencarp4_satisfies_the_conditions_that_couple_it() {
    let both = [rows(&KENCARP4), explicit_rows(&KENCARP4)];
    let b = both[0][5].clone();
    let embedded: Vec<f64> = (0..6).map(|i| b[i] - KENCARP4.error[i]).collect();
    assert!(defect(&b, 4, &both, 1.0) < 1e-14);
    assert!(defect(&embedded, 3, &both, 1.0) < 1e-14);
    for θ in [0.1, 0.37, 0.5, 0.83] {
        let weights: Vec<f64> = (0..6).map(|i| KENCARP4.dense.weight(i, θ)).collect();
        assert!(defect(&weights, 3, &both, θ) < 1e-14);
    }
}

#[test]
fn dense_outputs_have_their_order_and_join_smoothly() {
    for tableau in TABLEAUS {
        let (a, s) = (rows(tableau), tableau.stages());
        for θ in [0.1, 0.37, 0.5, 0.83, 1.0] {
            let weights: Vec<f64> = (0..s).map(|i| tableau.dense.weight(i, θ)).collect();
            let defect = defect(&weights, tableau.dense.order, std::slice::from_ref(&a), θ);
            assert!(defect < 1e-14, "{} at {θ}: {defect:e}", tableau.name);
        }
        for i in 0..s {
            let slope = |θ: f64| {
                let terms = tableau.dense.weights[i].iter().enumerate();
                terms.map(|(k, w)| (k + 1) as f64 * w * θ.powi(k as i32)).sum::<f64>()
            };
            let (first, last) = (f64::from(u8::from(i == 0)), f64::from(u8::from(i == s - 1)));
            assert!((tableau.dense.weight(i, 1.0) - a[s - 1][i]).abs() < 1e-14, "{} {i}", tableau.name);
            assert!(
                (slope(0.0) - first).abs() < 1e-14 && (slope(1.0) - last).abs() < 1e-14,
                "{} {i}",
                tableau.name
            );
        }
    }
}

fn fixed(f: &dyn Dynamics, method: &str, dt: f64, t1: f64, u0: &[f64]) -> Solution {
    let options = Options {
        dt: Some(dt),
        save: Save::End,
        rtol: 1e-10,
        atol: Absolute::All(1e-12),
        ..Options::default()
    };
    solve(f, find(method).unwrap(), &options, 0.0, t1, u0).unwrap()
}

/// u′ = λ(u − sin t) + cos t (Prothero and Robinson, Math. Comp. 28 (1974) 145–162).
fn prothero_robinson(λ: f64) -> Function<impl Fn(f64, &[f64], &mut [f64])> {
    Function { n: 1, f: move |t: f64, u: &[f64], du: &mut [f64]| du[0] = λ * (u[0] - t.sin()) + t.cos() }
}

/// With stage order 2 and b in the last row of a, the error is O(h²/|λ|) where h|λ| is large, whatever the order of the method.
#[test]
fn stiff_order_is_two_and_the_error_small() {
    let f = prothero_robinson(-1e6);
    for method in ["trbdf2", "kvaerno3", "kencarp4", "kvaerno5"] {
        let error = |dt: f64| (fixed(&f, method, dt, 1.5, &[0.0]).last()[0] - 1.5_f64.sin()).abs();
        let (coarse, fine) = (error(0.1), error(0.05));
        let order = (coarse / fine).log2();
        println!("{method} {coarse:e} {fine:e} {order:.2}");
        assert!(coarse < 1e-7 && order > 1.6, "{method}: {coarse:e} {fine:e} {order:.2}");
    }
}

/// [`Coupled`] with its products by p as the stiff part.
struct Split(Coupled);

impl Dynamics for Split {
    fn dim(&self) -> usize {
        2
    }

    fn rhs(&self, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        self.0.rhs(at, t, u, du);
    }

    fn jacobian(&self, at: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        self.0.jacobian(at, t, u, values);
    }

    fn is_split(&self) -> bool {
        true
    }

    fn rhs_part(&self, part: Part, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        let stiff = [self.0.p[0] * u[0] * t.cos(), -self.0.p[1] * u[1] * u[1]];
        self.0.rhs(at, t, u, du);
        (0..2).for_each(|i| du[i] = if part == Part::Stiff { stiff[i] } else { du[i] - stiff[i] });
    }

    fn stiff_jacobian(&self, _: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        values.copy_from_slice(&[self.0.p[0] * t.cos(), 0.0, 0.0, -2.0 * self.0.p[1] * u[1]]);
    }

    fn part_pullback(
        &self,
        part: Part,
        at: &Interval,
        t: f64,
        u: &[f64],
        λ: &[f64],
        ū: &mut [f64],
        p̄: &mut [f64],
    ) {
        let mut diagonal = [0.0; 4];
        self.stiff_jacobian(at, t, u, &mut diagonal);
        let stiff = [diagonal[0] * λ[0], diagonal[3] * λ[1]];
        if part == Part::Stiff {
            self.0.parameter_pullback(at, t, u, λ, p̄);
            (0..2).for_each(|i| ū[i] += stiff[i]);
        } else {
            self.0.vjp(at, t, u, λ, ū);
            (0..2).for_each(|i| ū[i] -= stiff[i]);
        }
    }
}

#[test]
fn kencarp4_keeps_its_order_where_the_right_hand_side_is_split() {
    let f = Split(Coupled::STANDARD);
    let error = |steps: f64| {
        let end = fixed(&f, "kencarp4", 1.0 / steps, 1.0, &[1.0, 1.0]);
        let exact = Coupled::exact(1.0);
        (0..2).map(|j| (end.last()[j] - exact[j]).abs()).fold(0.0, f64::max)
    };
    let order = (error(16.0) / error(32.0)).log2();
    println!("split {order}");
    assert!(order > 3.65, "{order}");
    let options = Options { rtol: 1e-7, atol: Absolute::All(1e-9), ..Options::default() };
    let end = solve(&f, find("kencarp4").unwrap(), &options, 0.0, 2.0, &[1.0, 1.0]).unwrap();
    assert!((end.last()[0] - Coupled::exact(2.0)[0]).abs() < 1e-5);
}

#[test]
fn a_split_step_is_pulled_back_exactly() {
    let engine = (find("kencarp4").unwrap().make)(&Wish::plain(1e-6));
    let (at, θ, ū) = (Interval::plain(0.3, 0.2), 0.4, [0.7, -0.4]);
    let step = |f: &Split, z: &[f64]| {
        let (mut record, mut work) = (engine.record(2), engine.work(f));
        record.z.copy_from_slice(z);
        engine.step(f, &at, &Scale { rtol: 1e-12, atol: &[1e-12; 2] }, &mut record, &mut work);
        record
    };
    let z̄1 = [0.5, -0.8, 0.3, 0.9];
    let value = |z: &[f64], p: [f64; 2]| {
        let (record, mut u) = (step(&Split(Coupled { p }), z), [0.0; 2]);
        engine.dense(&record, θ, &mut u);
        dot(&record.next, &z̄1) + dot(&u, &ū)
    };
    let (z, p) = ([1.2, 0.8, 0.0, 0.0], [0.9, 1.1]);
    let f = Split(Coupled { p });
    let (mut z̄, mut p̄) = (z̄1, [0.0; 2]);
    engine.pull(&f, &at, &step(&f, &z), &[(θ, &ū)], &mut z̄, &mut p̄, &mut engine.work(&f));
    for i in 0..6 {
        let shifted = |δ: f64| {
            let (mut z, mut p) = (z, p);
            *(if i < 4 { &mut z[i] } else { &mut p[i - 4] }) += δ;
            value(&z, p)
        };
        let central = |δ: f64| (shifted(δ) - shifted(-δ)) / (2.0 * δ);
        let difference = (4.0 * central(1e-4) - central(2e-4)) / 3.0;
        let pulled = if i < 4 { z̄[i] } else { p̄[i - 4] };
        assert!((difference - pulled).abs() < 1e-8, "{i}: {difference} {pulled}");
    }
}

#[test]
fn index_one_equations_are_solved_by_every_method() {
    for method in ["trbdf2", "kvaerno3", "kencarp4", "kvaerno5"] {
        for f in [Robertson::equations(), Robertson::algebraic()] {
            let options = Options { rtol: 1e-6, atol: Absolute::All(1e-12), ..Options::default() };
            let end = solve(&f, find(method).unwrap(), &options, 0.0, 1e5, &[1.0, 0.0, 0.0]).unwrap();
            println!("{method} {:?} {:?} {:?}", end.status, end.last(), end.counters);
            assert_eq!(end.status, Status::Finished);
            assert!((end.last()[0] / 0.0178659211421 - 1.0).abs() < 1e-3, "{method} {:?}", end.last());
            assert!((end.last().iter().sum::<f64>() - 1.0).abs() < 1e-6);
        }
    }
}

/// u1′ = −u1, u2′ = −2 u2 by a mass matrix that is not diagonal.
struct Massive(Matrix);

impl Dynamics for Massive {
    fn dim(&self) -> usize {
        2
    }

    fn rhs(&self, _: &Interval, _: f64, u: &[f64], du: &mut [f64]) {
        (du[0], du[1]) = (-2.0 * u[0] - 2.0 * u[1], -u[0] - 6.0 * u[1]);
    }

    fn mass(&self) -> Option<&Matrix> {
        Some(&self.0)
    }
}

#[test]
fn a_full_mass_matrix_keeps_the_order() {
    let f = Massive(Matrix::Full { pattern: Pattern::Dense(2), values: vec![2.0, 1.0, 1.0, 3.0] });
    for method in ["trbdf2", "kvaerno3", "kencarp4", "kvaerno5"] {
        let error = |dt: f64| {
            let end = fixed(&f, method, dt, 1.0, &[1.0, 1.0]);
            (end.last()[0] - (-1.0_f64).exp()).abs() + (end.last()[1] - (-2.0_f64).exp()).abs()
        };
        let (order, expected) = ((error(0.1) / error(0.05)).log2(), f64::from(find(method).unwrap().order));
        assert!(order > expected - 0.35, "{method} {order}");
    }
}
