//! Systems of higher index, reduced: constraints and their derivatives, and the choice of states among them.

use std::sync::Arc;

use nde::problem::{Values, weights};
use nde_compiler::derive::jacobian::Coverage;
use nde_compiler::derive::structure::{Computed, Structure};
use nde_compiler::derive::system::System;
use nde_compiler::derive::tangent::Direction;
use nde_compiler::emit::program::Executor;
use nde_compiler::program::{Program, Purpose};
use nde_tests::agreement::disagreement;
use nde_tests::compile::{column, model, model_text, run_text};
use nde_tests::random::Random;

const HIGHER: [&str; 7] =
    ["pendulum", "double_pendulum", "slider_crank", "squeezer", "chain", "followed_path", "channel"];

fn text(name: &str) -> String {
    match name {
        "pendulum" => model_text("11_pendulum"),
        _ => {
            let path = format!("{}/data/constrained/{name}.nde", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
        }
    }
}

/// A reduced model at a point.
struct Reduced {
    program: Program,
    values: Values,
    structure: Structure,
}

impl Reduced {
    fn new(text: &str) -> Reduced {
        let system = System::new(model(text).unwrap_or_else(|complaints| panic!("{complaints}")));
        assert_eq!(system.obstacle, None);
        let structure = system.structure.clone().expect("the model is of higher index");
        let program = Program::new(system, Executor::default(), Default::default());
        let weights = weights::initial(&program.system());
        let values = Values::new(&program, 0.0, &[], &weights).expect("nothing is missing");
        Reduced { program, values, structure }
    }

    fn rows(&mut self, t: f64, u: &[f64]) -> Vec<f64> {
        self.evaluate(Purpose::Rhs, t, u, self.structure.rows.len())
    }

    fn jacobian(&mut self, t: f64, u: &[f64]) -> Vec<f64> {
        self.evaluate(Purpose::DenseJacobian, t, u, self.structure.rows.len() * u.len())
    }

    /// The Jacobian by central differences.
    fn differences(&mut self, t: f64, u: &[f64]) -> Vec<f64> {
        let mut j = Vec::new();
        for i in 0..u.len() {
            let h = 1e-5 * (1.0 + u[i].abs());
            let mut moved = u.to_vec();
            moved[i] = u[i] + h;
            let above = self.rows(t, &moved);
            moved[i] = u[i] - h;
            let below = self.rows(t, &moved);
            j.extend(above.iter().zip(below).map(|(a, b)| (a - b) / (2.0 * h)));
        }
        j
    }

    /// ∂f/∂t: the only tangent is that of time.
    fn by_time(&mut self, t: f64, u: &[f64]) -> Vec<f64> {
        self.evaluate(Purpose::Pushforward(Direction::Time), t, u, self.structure.rows.len())
    }

    fn evaluate(&mut self, purpose: Purpose, t: f64, u: &[f64], len: usize) -> Vec<f64> {
        let mut result = vec![0.0; len];
        self.values.u0 = u.to_vec();
        let kernel: Arc<_> = self.program.kernel(purpose).expect("nothing is missing");
        self.values.evaluate(&kernel, t, &mut result);
        result
    }
}

/// On and off the constraints: the derivative of every constraint along the differential equations is the next one.
#[test]
fn each_constraint_is_the_derivative_of_the_one_before() {
    let mut random = Random::new(1);
    for name in HIGHER {
        let mut reduced = Reduced::new(&text(name));
        let (m, u0) = (reduced.structure.rows.len(), reduced.values.u0.clone());
        let u: Vec<f64> =
            u0.iter().map(|u| u * random.uniform(0.9, 1.1) + random.uniform(-0.1, 0.1)).collect();
        let t = 0.3;
        let (f, j, f_t) = (reduced.rows(t, &u), reduced.jacobian(t, &u), reduced.by_time(t, &u));
        let rows = reduced.structure.rows.clone();
        let mut velocity = vec![0.0; u.len()];
        for (k, row) in rows.iter().enumerate() {
            if let Computed::Link { unknown } = row {
                velocity[*unknown as usize] = f[k];
            }
        }
        let mut compared = 0;
        for (k, row) in rows.iter().enumerate() {
            let Computed::Constraint { row: base, order, .. } = row else { continue };
            let next = rows.iter().position(|other| match other {
                Computed::Constraint { row, order: above, .. }
                | Computed::Algebraic { row, order: above } => row == base && *above == order + 1,
                Computed::Link { .. } => false,
            });
            let next = next.unwrap_or_else(|| panic!("{name}: constraint {k} has a derivative"));
            let along = (0..u.len()).map(|i| j[k + i * m] * velocity[i]);
            let (sum, size) = along.fold((f_t[k], f_t[k].abs()), |(sum, size), x| (sum + x, size + x.abs()));
            assert!((sum - f[next]).abs() <= 1e-12 * (size + f[next].abs()), "{name} {k}: {sum} {}", f[next]);
            compared += 1;
        }
        assert!(compared > 0, "{name}");
    }
}

/// The selected rows determine the derivatives and the algebraic unknowns.
#[test]
fn the_default_selection_is_square_and_regular() {
    for name in HIGHER {
        let mut reduced = Reduced::new(&text(name));
        let (m, u) = (reduced.structure.rows.len(), reduced.values.u0.clone());
        let n = u.len();
        // Off the initial values, where some models have more symmetry than later.
        let u: Vec<f64> = u.iter().enumerate().map(|(k, u)| u + 0.05 * (k as f64 + 1.0).sin()).collect();
        let j = reduced.differences(0.1, &u);
        assert_eq!(reduced.program.jacobian().coverage, Coverage::Complete, "{name}");
        for (k, (exact, difference)) in reduced.jacobian(0.1, &u).iter().zip(&j).enumerate() {
            let close = (exact - difference).abs() <= 1e-4 * (1.0 + exact.abs());
            assert!(close, "{name}: row {}, unknown {}: {exact} {difference}", k % m, k / m);
        }
        let structure = &reduced.structure;
        let rows = structure.selection();
        let mut seen = rows.clone();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((rows.len(), seen.len()), (n, n), "{name}");
        let algebraic: Vec<usize> =
            (0..n).filter(|&i| !matches!(structure.rows[rows[i] as usize], Computed::Link { .. })).collect();
        let links = n - algebraic.len();
        assert_eq!(links as u64, structure.freedom, "{name}");
        let mut block: Vec<Vec<f64>> = algebraic
            .iter()
            .map(|&i| algebraic.iter().map(|&k| j[rows[i] as usize + k * m]).collect())
            .collect();
        let weakest = weakest_pivot(&mut block);
        assert!(weakest > 1e-9, "{name}: {weakest:e}");
    }
}

/// The smallest pivot of Gauss's elimination with full pivoting, rows scaled, relative to the largest.
fn weakest_pivot(a: &mut [Vec<f64>]) -> f64 {
    for row in a.iter_mut() {
        let most = row.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        row.iter_mut().for_each(|x| *x /= most);
    }
    let (n, mut weakest, mut strongest) = (a.len(), f64::INFINITY, 0.0f64);
    for k in 0..n {
        let places = (k..n).flat_map(|i| (k..n).map(move |j| (i, j)));
        let (p, q) = places.max_by(|x, y| a[x.0][x.1].abs().total_cmp(&a[y.0][y.1].abs())).expect("an entry");
        a.swap(k, p);
        a.iter_mut().for_each(|row| row.swap(k, q));
        let pivot = a[k].clone();
        weakest = weakest.min(pivot[k].abs());
        strongest = strongest.max(pivot[k].abs());
        for row in &mut a[k + 1..] {
            let factor = row[k] / pivot[k];
            (k..n).for_each(|j| row[j] -= factor * pivot[j]);
        }
    }
    weakest / strongest
}

/// The pendulum by its angle, θ″ = −(g/L) sin θ, by the classical method with small steps.
#[test]
fn constraints_vanish_along_the_motion_of_the_pendulum() {
    let mut reduced = Reduced::new(&text("pendulum"));
    let (g, length, mass, h) = (9.81f64, 1.0f64, 1.0f64, 1e-4);
    let f = |[θ, ω]: [f64; 2]| [ω, -g / length * θ.sin()];
    let ahead = |y: [f64; 2], k: [f64; 2], s: f64| [y[0] + s * k[0], y[1] + s * k[1]];
    let mut y = [0.6f64.atan2(0.8), 0.0];
    for step in 0..=30_000 {
        let [θ, ω] = y;
        if step % 1000 == 0 {
            let u = [
                length * θ.sin(),
                length * θ.cos() * ω,
                -length * θ.cos(),
                length * θ.sin() * ω,
                mass * (ω * ω + g * θ.cos() / length),
            ];
            let rows = reduced.rows(step as f64 * h, &u);
            for (row, x) in reduced.structure.rows.iter().zip(&rows) {
                assert!(matches!(row, Computed::Link { .. }) || x.abs() < 1e-10, "{row:?}: {x:e}");
            }
            let acceleration = -g / length * θ.sin();
            let expected = [
                u[1],
                length * (θ.cos() * acceleration - θ.sin() * ω * ω),
                u[3],
                length * (θ.sin() * acceleration + θ.cos() * ω * ω),
            ];
            for (row, x) in reduced.structure.rows.iter().zip(&rows) {
                if let Computed::Link { unknown } = row {
                    assert!((x - expected[*unknown as usize]).abs() < 1e-10, "{unknown}: {x}");
                }
            }
        }
        let k1 = f(y);
        let k2 = f(ahead(y, k1, h / 2.0));
        let k3 = f(ahead(y, k2, h / 2.0));
        let k4 = f(ahead(y, k3, h));
        (0..2).for_each(|i| y[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
    }
}

/// Another choice of states is another list of rows: each candidate of the pendulum can be the dummy.
#[test]
fn a_selection_is_numbers() {
    let reduced = Reduced::new(&text("pendulum"));
    let structure = &reduced.structure;
    assert_eq!((structure.index, structure.freedom, structure.levels.len()), (3, 2, 2));
    // u = (x, x', y, y', λ); rows: x', x'', y', y'', g, g', g″.
    let candidates: Vec<&[u32]> = structure.levels.iter().map(|l| &l.candidates[..]).collect();
    assert_eq!(candidates, [&[0u32, 2][..], &[1, 3]]);
    let [position, velocity] = [structure.levels[0].rows[0], structure.levels[1].rows[0]];
    let link = |unknown: u32| {
        let own = |row: &Computed| *row == Computed::Link { unknown };
        structure.rows.iter().position(own).expect("every state has a differential equation") as u32
    };
    assert_eq!(structure.selection()[..4], [link(0), link(1), position, velocity]);
    assert_eq!(structure.select(&[[0], [1]])[..4], [position, velocity, link(2), link(3)]);
    assert_eq!(structure.select(&[[0], [1]])[4], structure.selection()[4]);
}

#[test]
fn executors_agree_on_the_kernels_of_reduced_systems() {
    for name in HIGHER.iter().chain(&["transistor_amplifier"]) {
        let text = text(name).replace("N = 200", "N = 5");
        if let Some(found) = disagreement(&text, &[1, 3], 1).expect("the model is right") {
            panic!("{name}: {found}");
        }
    }
}

#[test]
fn a_singular_constant_mass_has_rows_of_zeros_and_is_not_differentiated() {
    let system = System::new(model(&text("transistor_amplifier")).expect("the model is right"));
    assert!(system.structure.is_none());
    assert_eq!((system.unknowns.len, system.results.len, system.differential), (8, 8, 8));
    let pattern = system.mass_pattern();
    let rows: std::collections::BTreeSet<u32> = pattern.iter().map(|(row, _)| *row).collect();
    let entries: Vec<f64> = system
        .mass
        .iter()
        .flatten()
        .map(|m| system.model.algebra.as_number(m.value).unwrap_or(1.0))
        .collect();
    let zero = |row: &&u32| pattern.iter().zip(&entries).all(|(p, x)| p.0 != **row || *x == 0.0);
    assert_eq!(rows.iter().filter(zero).count(), 3);
    assert_eq!(system.rhs().body.len(), 8 + system.stored.len());
}

/// `init e = e` is a residual with a derivative; `init x' = e` of a derivative that is an unknown is its guess too.
#[test]
fn constraints_at_the_initial_time_are_rows_of_their_own() {
    let text = "model M { param k = 2; state x = 0.5, y = 1
        let s = x + y
        exp(x') = 1 + x; y' = -y
        init x' = 0.25*k; init s^2 = k }
        solve M over 0..1";
    let system = System::new(model(text).expect("the model is right"));
    let program = Program::new(system, Executor::default(), Default::default());
    let values = Values::new(&program, 0.0, &[], &[]).expect("nothing is missing");
    assert_eq!(values.u0, [0.5, 1.0, 0.5]);
    let mut residuals = [f64::NAN; 2];
    let kernel = program.kernel(Purpose::InitialResiduals).expect("nothing is missing");
    values.evaluate(&kernel, 0.0, &mut residuals);
    assert_eq!(residuals, [0.0, 0.25]);
    let mut system = program.system();
    let jacobian = system.initial_jacobian();
    let mut pattern = system.pattern(&jacobian);
    pattern.sort_unstable();
    assert_eq!(pattern, [(0, 2), (1, 0), (1, 1)]);
}

/// Elements of a list of tolerances belong to declared unknowns; derivatives have those of their unknowns.
#[test]
fn derivatives_that_are_unknowns_have_the_tolerances_of_their_unknowns() {
    let text = "model M { state x = 0.5, y = 1; exp(x') = 1 + x; (1 + x^2)*y' = -y }
        solve M over 0..1 { method = rodas5p(rtol = 1e-8, atol = [1e-6, 1e-9]); save = 2 }";
    assert_eq!(run_text(text).status, "finished");
    let system = System::new(model(text).expect("the model is right"));
    assert_eq!(system.tolerances(vec![1e-6, 1e-9]), [1e-6, 1e-9, 1e-6, 1e-9]);
}

/// F(t, y, y′) = 0 and a mass that changes with the solution, against the explicit forms.
#[test]
fn implicit_rows_are_solved() {
    let implicit = "model M { state x = 0.5, y = 0, z = 1, w = 2
        exp(x') = 1 + x; init x' = 0.4
        (1 + y^2)*y' = 1
        z' + t*w' = -z; z*w' - z'*w = 1
        }
        solve M over 0..2 { method = rodas5p(rtol = 1e-10, atol = 1e-10); save = 3; table = [x, y, z, w] }";
    let explicit = "model M { state x = 0.5, y = 0, z = 1, w = 2
        x' = log(1 + x)
        y' = 1/(1 + y^2)
        let rate = (1 - z*w)/(z + t*w)
        w' = rate; z' = -z - t*rate
        }
        solve M over 0..2 { method = rodas5p(rtol = 1e-11, atol = 1e-11); save = 3; table = [x, y, z, w] }";
    let (implicit, explicit) = (run_text(implicit), run_text(explicit));
    assert_eq!((implicit.status, explicit.status), ("finished", "finished"), "{:?}", implicit.error);
    for name in ["x", "y", "z", "w"] {
        for (a, b) in column(&implicit, name).iter().zip(column(&explicit, name)) {
            assert!((a - b).abs() < 1e-7, "{name}: {a} {b}");
        }
    }
}

/// Equations that determine their unknowns from other places than their own are of index 1, and are not differentiated.
#[test]
fn algebraic_equations_may_determine_states_that_share_a_row_of_the_mass_matrix() {
    let capacitors = "model RC { param C1 = 1, C2 = 2, R = 1; state v1 = 1, v2 = 1
        C1*v1' + C2*v2' = -v1/R
        0 = v1 - v2 }
        solve RC over 0..1 { save = 2; method = rodas5p(rtol = 1e-8, atol = 1e-8); table = [v1, v2] }";
    let twice = "model M { state x = 1, y = 0.5
        x' + y' = -x
        0 = x - 2*y }
        solve M over 0..1 { save = 2; method = rodas5p(rtol = 1e-8, atol = 1e-8); table = [x, y] }";
    let ends = [
        (capacitors, [("v1", (-1.0f64 / 3.0).exp()), ("v2", (-1.0f64 / 3.0).exp())]),
        (twice, [("x", (-2.0f64 / 3.0).exp()), ("y", 0.5 * (-2.0f64 / 3.0).exp())]),
    ];
    for (text, ends) in ends {
        let system = System::new(model(text).expect("the model is right"));
        assert!(system.structure.is_none() && system.obstacle.is_none());
        let result = run_text(text);
        assert_eq!(result.status, "finished", "{:?}", result.error);
        for (name, end) in ends {
            let found = column(&result, name)[1];
            assert!((found - end).abs() < 1e-7, "{name}: {found} {end}");
        }
    }
}

/// Only what constraints reach is looked at, element by element; the rest is not even counted.
#[test]
fn a_large_explicit_model_costs_nothing() {
    let both = |n: u64| {
        format!(
            "model M {{ index i in 1..{n} periodic
            state u[i] = 1, x = 0.6, y = -0.8
            alg λ = 0
            u'[i] = u[i-1] - 2*u[i] + u[i+1]
            x'' = -λ*x; y'' = -λ*y - 9.81; 0 = x^2 + y^2 - 1; init x' = 0 }}
            solve M over 0..1"
        )
    };
    let size = |n: u64| System::new(model(&both(n)).expect("the model is right")).model.algebra.len();
    let start = std::time::Instant::now();
    let (small, large) = (size(10), size(1_000_000));
    assert_eq!(small, large);
    assert!(start.elapsed().as_secs_f64() < 5.0, "{:?}", start.elapsed());
}
