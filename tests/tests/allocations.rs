//! Linear systems are factorised and solved, and steps are taken, again and again without taking memory.
//!
//! A binary of its own: it counts what its allocator hands out.

use allocation_counter::measure;
use nde::dynamics::{Dynamics, Interval, Scale};
use nde::linear::{Goal, Linear, Pattern, Wish};
use nde::method::{Method, Radau, Wish as Making, find, methods};
use nde_tests::compile::compiled;
use nde_tests::problems::{Known, Robertson};

/// Diffusion on a torus of m × m points: its diagonal, its neighbours, and nothing else.
fn torus(m: usize) -> (Pattern, Vec<f64>) {
    let (mut starts, mut rows, mut values) = (vec![0], Vec::new(), Vec::new());
    for j in 0..m * m {
        let at = |x: usize, y: usize| x % m + (y % m) * m;
        let (x, y) = (j % m, j / m);
        let mut column = vec![j, at(x + 1, y), at(x + m - 1, y), at(x, y + 1), at(x, y + m - 1)];
        column.sort_unstable();
        column.dedup();
        values.extend(column.iter().map(|&i| if i == j { -4.0 } else { 1.0 }));
        rows.extend(column);
        starts.push(rows.len());
    }
    (Pattern::Sparse { n: m * m, starts, rows }, values)
}

/// A step's worth of work: a factorisation with a new shift, and systems with W and its transpose.
fn work(linear: &mut Linear, w: f64, j: &[f64], weights: &[f64], b: &mut [f64]) {
    let goal = Goal { weights, tolerance: 1e-8 };
    linear.factorise(w, None, j).unwrap();
    b.fill(1.0);
    linear.solve_to(&goal, None, b).unwrap();
    linear.solve_transposed_to(&goal, b).unwrap();
}

/// The same for two complex shifts.
fn complex_work(linear: &mut Linear, w: f64, j: &[f64], b: &mut [f64], c: &mut [f64]) {
    for k in 0..2 {
        linear.factorise_complex(k, (w, k as f64 + 1.0), None, j).unwrap();
        linear.solve_complex(k, b, c);
        linear.solve_complex_transposed(k, b, c);
    }
}

#[test]
fn only_the_first_factorisation_takes_memory() {
    for m in [2, 5, 10, 20] {
        let (pattern, j) = torus(m);
        let n = pattern.dim();
        for wish in [Wish::Dense, Wish::Banded, Wish::Sparse, Wish::Direct, Wish::Krylov] {
            let mut linear = Linear::choose(&pattern, wish);
            let (weights, mut b, mut c) = (vec![1.0; n], vec![1.0; n], vec![0.0; n]);
            let mut step = |w: f64| {
                work(&mut linear, w, &j, &weights, &mut b);
                if wish != Wish::Krylov {
                    complex_work(&mut linear, w, &j, &mut b, &mut c);
                }
            };
            step(3.0);
            let taken = measure(|| (0..10).for_each(|k| step(1.0 + k as f64)));
            assert_eq!(taken.count_total, 0, "{n} unknowns, {wish:?}");
        }
    }
}

/// Each step with new factors and a new Jacobian, every fourth one rejected.
#[test]
fn only_the_first_steps_take_memory() {
    for stages in [3, 5, 7] {
        for f in [Robertson::equations(), Robertson::algebraic()] {
            let method = Radau { least: stages, most: stages };
            let (mut record, mut work) = (method.record(3), method.work(&f));
            record.z[0] = 1.0;
            method.start(&f, &Interval::plain(0.0, 1e-3), &mut record.z, &mut work);
            let scale = Scale { rtol: 1e-6, atol: &[1e-9; 3] };
            let mut step = |k: u32| {
                let h = 1e-3 + 1e-5 * f64::from(k);
                work.reuse.drop_jacobian();
                method.step(&f, &Interval::plain(0.0, h), &scale, &mut record, &mut work);
                if !k.is_multiple_of(4) {
                    std::mem::swap(&mut record.z, &mut record.next);
                }
            };
            step(0);
            assert_eq!(measure(|| (1..20).for_each(&mut step)).count_total, 0, "{stages} stages");
        }
    }
}

/// After the first steps of a run, where an order grows and buffers are made, none takes memory, accepted or not.
fn assert_steps_take_no_memory(f: &dyn Dynamics, name: &str, making: &Making, u0: &[f64]) {
    let engine = (find(name).expect("a method that exists").make)(making);
    let (mut record, mut work) = (engine.record(u0.len()), engine.work(f));
    work.wish(making.linear);
    record.z[..u0.len()].copy_from_slice(u0);
    engine.start(f, &Interval::plain(0.0, 1e-3), &mut record.z, &mut work);
    let atol = vec![1e-3 * making.rtol; u0.len()];
    let scale = Scale { rtol: making.rtol, atol: &atol };
    let mut t = 0.0;
    let mut step = |k: u32| {
        let h = 1e-3 + 1e-5 * f64::from(k % 3);
        engine.step(f, &Interval::plain(t, h), &scale, &mut record, &mut work);
        if !k.is_multiple_of(4) {
            std::mem::swap(&mut record.z, &mut record.next);
            t += h;
        }
    };
    (0..60).for_each(&mut step);
    let taken = measure(|| (60..120).for_each(&mut step)).count_total;
    assert_eq!(taken, 0, "{name}, {} unknowns", u0.len());
}

#[test]
fn steps_of_every_method_take_no_memory() {
    for method in methods() {
        let f = Known::of(method).standard();
        assert_steps_take_no_memory(f.as_ref(), method.name, &Making::plain(1e-6), &[1.0, 0.5]);
    }
}

#[test]
fn steps_with_algebraic_equations_take_no_memory() {
    for method in methods().filter(|method| method.mass) {
        let f = Robertson::algebraic();
        assert_steps_take_no_memory(&f, method.name, &Making::plain(1e-6), &[1.0, 0.0, 0.0]);
    }
}

/// By GMRES, with products that need no matrix.
#[test]
fn steps_by_gmres_take_no_memory() {
    let text = "model Plate {
    index i, j in 1..12 periodic
    state u[i,j] = sin(i)*cos(j)
    u'[i,j] = 1e2*(u[i-1,j] + u[i+1,j] + u[i,j-1] + u[i,j+1] - 4*u[i,j]) - u[i,j]^3
}
solve Plate over 0..1";
    let f = compiled(text, 0.0, &[]);
    for method in methods().filter(|method| method.family.iterates()) {
        let making = Making { linear: Wish::Krylov, ..Making::plain(1e-3) };
        assert_steps_take_no_memory(&f, method.name, &making, &f.values.u0);
    }
}
