//! The stabilised methods on diffusion: their stages grow with the root of h ρ, their order holds at many stages.

use nde::dynamics::{Dynamics, Function, Interval};
use nde::method::{Family, MethodInfo, find, methods};
use nde::solve::{Absolute, Options, Solution, Status, solve};
use nde_tests::problems::Ring;

fn stabilised() -> impl Iterator<Item = &'static MethodInfo> {
    methods().filter(|method| method.family == Family::Stabilised)
}

fn finished(f: &dyn Dynamics, method: &MethodInfo, options: &Options, t1: f64, u0: &[f64]) -> Solution {
    let solution = solve(f, method, options, 0.0, t1, u0).expect("options that make sense");
    assert_eq!(solution.status, Status::Finished, "{}: {:?}", method.name, solution.failure);
    solution
}

/// Diffusion on a ring whose decay a source makes up for: u_i = e^(sin 5t) cos(angle i).
struct Heated {
    ring: Ring,
    mode: Vec<f64>,
    rate: f64,
}

impl Heated {
    fn new(n: usize) -> Heated {
        let ring = Ring { n };
        let (mode, rate) = ring.mode();
        Heated { ring, mode, rate }
    }

    fn exact(&self, t: f64) -> impl Iterator<Item = f64> {
        self.mode.iter().map(move |mode| mode * (5.0 * t).sin().exp())
    }
}

impl Dynamics for Heated {
    fn dim(&self) -> usize {
        self.ring.n
    }

    fn rhs(&self, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        self.ring.rhs(at, t, u, du);
        for ((du, u), exact) in du.iter_mut().zip(u).zip(self.exact(t)) {
            // The cube vanishes on the solution, and makes the equation nonlinear beside it.
            *du += exact * (5.0 * (5.0 * t).cos() + self.rate) + (exact - u).powi(3);
        }
    }
}

#[test]
fn the_order_holds_at_many_stages() {
    let f = Heated::new(64);
    let u0: Vec<f64> = f.exact(0.0).collect();
    for method in stabilised() {
        let error = |steps: usize| {
            let options = Options { dt: Some(1.0 / steps as f64), ..Options::default() };
            let solution = finished(&f, method, &options, 1.0, &u0);
            let stages = solution.counters.rhs as f64 / steps as f64;
            assert!(stages > 10.0, "{}: {stages} stages", method.name);
            let differs = solution.last().iter().zip(f.exact(1.0)).map(|(u, e)| (u - e).abs());
            differs.fold(0.0, f64::max)
        };
        let steps = if method.order == 2 { 100 } else { 25 };
        let (coarse, fine) = (error(steps), error(2 * steps));
        let order = (coarse / fine).log2();
        println!("{}: {coarse:.2e} {fine:.2e} order {order:.2}", method.name);
        // A fourth-order method of few internal stages of high order loses some of it to stiffness.
        assert!(order > f64::from(method.order) - 0.35, "{}: {order}", method.name);
    }
}

#[test]
fn stages_grow_with_the_root_of_the_spectral_radius() {
    for method in stabilised() {
        // Errors that ask for steps well below what the most stages allow.
        let rtol = if method.order == 2 { 1e-4 } else { 1e-7 };
        let counters = [64, 128, 256].map(|n| {
            let ring = Ring { n };
            let (u0, rate) = ring.mode();
            let options = Options { rtol, atol: Absolute::All(0.01 * rtol), ..Options::default() };
            let solution = finished(&ring, method, &options, 0.1, &u0);
            let decay = (-0.1 * rate).exp();
            assert!(
                (solution.last()[0] - decay).abs() < 10.0 * rtol,
                "{}: {} {decay}",
                method.name,
                solution.last()[0]
            );
            solution.counters
        });
        println!("{}: {:?}", method.name, counters.map(|c| (c.steps, c.rejected(), c.rhs)));
        // The spectral radius is 16 times larger in the last than in the first.
        let growth = counters[2].rhs as f64 / counters[0].rhs as f64;
        assert!((3.0..4.5).contains(&growth), "{}: {growth}", method.name);
    }
}

#[test]
fn they_beat_a_bounded_method_on_a_fine_grid() {
    let ring = Ring { n: 512 };
    let (u0, _) = ring.mode();
    let options = Options { rtol: 1e-4, atol: Absolute::All(1e-6), ..Options::default() };
    let count = |method: &MethodInfo| finished(&ring, method, &options, 0.1, &u0).counters.rhs;
    let bounded = count(find("tsit5").expect("a method"));
    for method in stabilised() {
        let rhs = count(method);
        println!("{}: {rhs} right-hand sides, tsit5: {bounded}", method.name);
        assert!(rhs * 20 < bounded, "{}: {rhs} of {bounded}", method.name);
    }
}

/// Reaction and diffusion whose spectral radius changes a thousandfold as the solution falls.
#[test]
fn the_spectral_radius_follows_the_solution() {
    let f = Function { n: 1, f: |_: f64, u: &[f64], du: &mut [f64]| du[0] = -1000.0 * u[0].powi(3) };
    for method in stabilised() {
        let options = Options { rtol: 1e-6, atol: Absolute::All(1e-9), ..Options::default() };
        let solution = finished(&f, method, &options, 10.0, &[1.0]);
        let exact = 1.0 / (1.0 + 2000.0 * 10.0_f64).sqrt();
        println!("{}: {:?}", method.name, solution.counters);
        assert!((solution.last()[0] / exact - 1.0).abs() < 1e-4, "{}: {:?}", method.name, solution.last());
    }
}

/// A step that no number of stages makes stable is not taken, with fixed steps either.
#[test]
fn a_fixed_step_beyond_the_longest_is_refused() {
    let f = Ring { n: 1024 };
    let u0: Vec<f64> = (0..1024).map(|i| (0.1 * f64::from(i)).sin()).collect();
    let options = Options { dt: Some(0.1), ..Options::default() };
    let solution = solve(&f, find("rock4").unwrap(), &options, 0.0, 1.0, &u0).unwrap();
    assert_ne!(solution.status, Status::Finished);
}
