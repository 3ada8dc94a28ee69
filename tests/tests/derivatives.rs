//! Every derivative of a model agrees with the others to rounding, and with differences where the model is smooth.

use nde::dynamics::{Dynamics, Held, Interval, NoNoise, NoPast};
use nde::problem::Compiled;
use nde_compiler::derive::adjoint::{Intermediates, Wanted};
use nde_compiler::derive::jacobian::Coverage;
use nde_compiler::program::Purpose;
use nde_tests::compile::{compiled, model_text, program};
use nde_tests::data::problem;
use nde_tests::generate::{self, Size};
use nde_tests::random::Random;

/// A model at a point, with random directions: v in the space of u, ṗ in that of p, λ in that of f.
struct Probe {
    f: Compiled,
    t: f64,
    u: Vec<f64>,
    modes: Vec<f64>,
    v: Vec<f64>,
    ṗ: Vec<f64>,
    λ: Vec<f64>,
}

impl Probe {
    fn new(text: &str, seed: u64) -> Probe {
        let f = compiled(text, 0.3, &[]);
        let random = &mut Random::new(seed);
        let u: Vec<f64> = f.values.u0.iter().map(|u| u * random.uniform(0.9, 1.1) + 0.01).collect();
        let mut directions = |n: usize| -> Vec<f64> { (0..n).map(|_| random.uniform(-1.0, 1.0)).collect() };
        let (v, ṗ, λ) = (directions(u.len()), directions(f.parameter_count()), directions(u.len()));
        let mut modes = vec![0.0; f.root_count() + f.timed_count()];
        let (none, (state, timed)) = (modes.clone(), modes.split_at_mut(f.root_count()));
        let at = Interval {
            t: 0.3,
            h: 1.0,
            held: Held { modes: &none, discrete: f.discrete() },
            past: &NoPast,
            noise: &NoNoise,
        };
        f.roots(&at, 0.3, &u, state);
        state.iter_mut().for_each(|g| *g = if *g > 0.0 { 1.0 } else { 0.0 });
        f.timed(0.3, timed);
        Probe { f, t: 0.3, u, modes, v, ṗ, λ }
    }

    fn at(&self) -> Interval<'_> {
        Interval {
            t: self.t,
            h: 1.0,
            held: Held { modes: &self.modes, discrete: self.f.discrete() },
            past: &NoPast,
            noise: &NoNoise,
        }
    }

    fn rhs(&self, t: f64, u: &[f64]) -> Vec<f64> {
        let mut du = vec![0.0; u.len()];
        self.f.rhs(&self.at(), t, u, &mut du);
        du
    }

    /// The Jacobian, column-major, from the blocks of the sparse one.
    fn sparse(&self) -> Vec<f64> {
        let (program, n) = (self.f.program(), self.u.len());
        let jacobian = program.jacobian();
        let pattern = program.system().pattern(&jacobian);
        let count = pattern.len();
        let mut dense = vec![0.0; n * n];
        if count == 0 {
            return dense;
        }
        let places: Vec<f64> = (0..count).map(|k| k as f64).collect();
        let kernel = program.kernel(Purpose::SparseJacobian(count as u64)).expect("every derivative");
        let mut values = vec![0.0; count];
        self.call(&kernel, &[&places], &mut [&mut values]);
        for (&(i, j), value) in pattern.iter().zip(values) {
            dense[i as usize + j as usize * n] += value;
        }
        dense
    }

    /// ∂f/∂u as `Dynamics` gives it, dense.
    fn products(&self) -> Vec<f64> {
        let mut dense = vec![0.0; self.u.len() * self.u.len()];
        self.f.jacobian(&self.at(), self.t, &self.u, &mut dense);
        dense
    }

    fn call(
        &self,
        kernel: &nde_compiler::emit::program::Executable,
        own: &[&[f64]],
        outputs: &mut [&mut [f64]],
    ) {
        let v = &self.f.values;
        let t = [self.t];
        let mut inputs: Vec<&[f64]> =
            vec![&t, &self.u, &v.p, &v.discrete, &self.modes, &v.constants, &v.inputs];
        inputs.extend(own);
        let mut scratch = vec![f64::NAN; kernel.kernel().scratch as usize];
        kernel.call(&inputs, outputs, &mut scratch, 1);
    }

    /// Pullbacks to u and p at once, recomputing or from a tape.
    fn pullback(&self, intermediates: Intermediates) -> (Vec<f64>, Vec<f64>) {
        let program = self.f.program();
        let kernel =
            program.kernel(Purpose::Pullback(Wanted::Both, intermediates)).expect("every derivative");
        let (mut ū, mut p̄) = (vec![0.0; self.u.len()], vec![0.0; self.f.parameter_count()]);
        if intermediates == Intermediates::Recompute {
            self.call(&kernel, &[&self.λ], &mut [&mut ū, &mut p̄]);
            return (ū, p̄);
        }
        let forward = program.kernel(Purpose::TapedRhs).expect("the right-hand side");
        let mut tape = vec![f64::NAN; forward.kernel().outputs[1].len as usize];
        let mut du = vec![0.0; self.u.len()];
        self.call(&forward, &[], &mut [&mut du, &mut tape]);
        self.call(&kernel, &[&self.λ, &tape], &mut [&mut ū, &mut p̄]);
        (ū, p̄)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn close(what: &str, found: f64, expected: f64, scale: f64) {
    let error = (found - expected).abs();
    assert!(error <= 1e-12 * scale, "{what}: {found:e}, not {expected:e} (of {scale:e})");
}

/// Asserts what holds to rounding; false where something is not finite.
fn derivatives_agree(probe: &Probe) -> bool {
    let (n, at) = (probe.u.len(), probe.at());
    let Probe { f, t, u, v, ṗ, λ, .. } = probe;
    let mut jv = vec![0.0; n];
    f.jvp(&at, *t, u, v, &mut jv);
    let complete = probe.f.program().jacobian().coverage == Coverage::Complete;
    // Without blocks for all of it, the Jacobian is made of products with unit vectors.
    let j = if complete { probe.sparse() } else { probe.products() };
    let (ū, p̄) = probe.pullback(Intermediates::Recompute);
    let all = [&probe.rhs(*t, u), &jv, &j, &ū, &p̄];
    if !all.iter().all(|numbers| numbers.iter().all(|x| x.is_finite())) {
        return false;
    }
    let mut scale = 1e-300;
    for i in 0..n {
        let row: f64 = (0..n).map(|k| j[i + k * n] * v[k]).sum();
        let size: f64 = (0..n).map(|k| (j[i + k * n] * v[k]).abs()).sum();
        let largest = (0..n).map(|k| j[i + k * n].abs()).fold(0.0, f64::max);
        close(&format!("row {i} of Jv"), jv[i], row, size.max(largest).max(1e-300));
        scale += size * λ[i].abs();
    }
    close("vᵀJ and Jv", dot(&ū, v), dot(λ, &jv), scale);
    if complete && n <= 64 {
        let mut dense = vec![0.0; n * n];
        f.jacobian(&at, *t, u, &mut dense);
        let largest = j.iter().fold(1e-300, |most: f64, x| most.max(x.abs()));
        (0..n * n).for_each(|k| close("dense and sparse", dense[k], j[k], largest));
    }
    let mut jp = vec![0.0; n];
    f.parameter_jvp(&at, *t, u, ṗ, &mut jp);
    let size: f64 = p̄.iter().zip(ṗ).map(|(a, b)| (a * b).abs()).sum();
    let other: f64 = jp.iter().zip(λ).map(|(a, b)| (a * b).abs()).sum();
    close("vᵀ∂f/∂p and ∂f/∂p ṗ", dot(&p̄, ṗ), dot(λ, &jp), size.max(other).max(1e-300));
    pullbacks_agree(probe, &ū, &p̄);
    true
}

/// A pullback from a tape has the bits of one that recomputes; pullbacks add to what is there.
fn pullbacks_agree(probe: &Probe, ū: &[f64], p̄: &[f64]) {
    let bits = |x: &[f64]| x.iter().map(|x| (x + 0.0).to_bits()).collect::<Vec<u64>>();
    let taped = probe.pullback(Intermediates::Tape);
    assert!(bits(&taped.0) == bits(ū) && bits(&taped.1) == bits(p̄), "a tape changes the pullback");
    let (mut twice, mut twice_p) = (vec![0.0; ū.len()], vec![0.0; p̄.len()]);
    for _ in 0..2 {
        probe.f.vjp(&probe.at(), probe.t, &probe.u, &probe.λ, &mut twice);
        probe.f.parameter_pullback(&probe.at(), probe.t, &probe.u, &probe.λ, &mut twice_p);
    }
    for (found, once) in [(&twice, ū), (&twice_p, p̄)] {
        let largest = once.iter().fold(1e-300, |most: f64, x| most.max(x.abs()));
        found.iter().zip(once).for_each(|(a, b)| close("a pullback adds", *a, 2.0 * b, largest));
    }
}

/// The derivative of `g` at 0 by central differences, extrapolated twice, and an estimate of its error.
fn difference(g: &dyn Fn(f64) -> Vec<f64>) -> Vec<(f64, f64)> {
    const H: f64 = 1e-3;
    let central = |h: f64| -> Vec<f64> { g(h).iter().zip(g(-h)).map(|(a, b)| (a - b) / (2.0 * h)).collect() };
    let [a, b, c] = [central(H), central(H / 2.0), central(H / 4.0)];
    let at = |i: usize| {
        let (first, second) = ((4.0 * b[i] - a[i]) / 3.0, (4.0 * c[i] - b[i]) / 3.0);
        ((16.0 * second - first) / 15.0, (second - first).abs())
    };
    (0..a.len()).map(at).collect()
}

/// Compares with differences; how many elements were smooth enough, of how many.
fn compare(what: &str, found: &[f64], differences: &[(f64, f64)], f: &[f64]) -> (usize, usize) {
    let largest = found.iter().fold(1e-10, |most: f64, x| most.max(x.abs()));
    let mut compared = 0;
    for (i, (&x, &(d, error))) in found.iter().zip(differences).enumerate() {
        let bound = 1e-6 * x.abs().max(1e-3 * largest) + 1e-11 * f[i].abs();
        if error <= 0.1 * bound {
            compared += 1;
            assert!((x - d).abs() <= bound, "{what} {i}: {x:e}, by differences {d:e} ± {error:.0e}");
        }
    }
    (compared, found.len())
}

fn differences_agree(probe: &Probe) -> (usize, usize) {
    let (n, at) = (probe.u.len(), probe.at());
    let Probe { f, t, u, v, .. } = probe;
    let (mut jv, mut ft) = (vec![0.0; n], vec![0.0; n]);
    f.jvp(&at, *t, u, v, &mut jv);
    f.time_derivative(&at, *t, u, &mut ft);
    let value = probe.rhs(*t, u);
    let along = |h: f64| {
        let moved: Vec<f64> = u.iter().zip(v).map(|(u, v)| u + h * v * u.abs().min(1.0)).collect();
        probe.rhs(*t, &moved)
    };
    let scaled: Vec<f64> = u.iter().zip(v).map(|(u, v)| v * u.abs().min(1.0)).collect();
    f.jvp(&at, *t, u, &scaled, &mut jv);
    let a = compare("Jv", &jv, &difference(&along), &value);
    let b = compare("∂f/∂t", &ft, &difference(&|h| probe.rhs(t + h, u)), &value);
    (a.0 + b.0, a.1 + b.1)
}

#[test]
fn derivatives_of_models_agree() {
    let brusselator = model_text("8_brusselator").replace("N = 32", "N = 6").replace("N = 64", "N = 6");
    let rober = format!("{}\nsolve Rober over 0..1\n", problem("rober").model.join("\n"));
    let texts =
        [model_text("3_neural_ode"), model_text("4_ude"), model_text("14_spiral"), brusselator, rober];
    for (seed, text) in texts.iter().enumerate() {
        let probe = Probe::new(text, seed as u64);
        assert!(derivatives_agree(&probe), "finite derivatives");
        let (compared, all) = differences_agree(&probe);
        assert!(compared > all / 2, "{compared} of {all} are smooth: {text}");
    }
}

#[test]
fn derivatives_of_generated_models_agree() {
    const CASES: u64 = 40;
    let (mut checked, mut finite, mut compared, mut all) = (0, 0, 0, 0);
    for seed in 0..CASES {
        let text = format!("{}\nsolve Random over 0..1\n", generate::model(seed, &Size::default()));
        if program(&text).is_err() {
            continue;
        }
        checked += 1;
        let probe = Probe::new(&text, seed);
        if derivatives_agree(&probe) {
            finite += 1;
            let counts = differences_agree(&probe);
            compared += counts.0;
            all += counts.1;
        }
    }
    println!("{checked} of {CASES} pass the checker, {finite} are finite; {compared} of {all} compared");
    assert!(checked > 0 && finite > 0 && 2 * compared > all);
}
