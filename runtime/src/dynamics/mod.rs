//! What a method sees of a problem: M u′ = f(t, u), its derivatives, its roots and its stops.
//!
//! Everything is slices of `f64` behind one object-safe trait, so that a compiled model, a network or a Rust closure
//! ([`Function`]) are the same to a method. A dynamics has its parameters bound and keeps no state between calls.

pub mod event;
pub mod mode;
pub mod sensitivity;
mod step;

use crate::linear::{Matrix, Pattern};
use crate::tableau::{Linear, Tableau};
use event::Events;
use sensitivity::Sensitivities;

pub use step::{LinearStep, LinearVerdict, Stages};

/// The step that a call of the dynamics belongs to: from `t` over `h` (negative when going back).
///
/// All calls within one step see the same held values, the same past and the same noise, whatever time they are made for.
#[derive(Clone, Copy)]
pub struct Interval<'a> {
    pub t: f64,
    pub h: f64,
    pub held: Held<'a>,
    pub past: &'a dyn Past,
    pub noise: &'a dyn Noise,
}

/// What is constant within a step, and changes between steps alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held<'a> {
    /// Of each switch, as its [`mode::Shape`] says.
    pub modes: &'a [f64],
    /// The discrete variables, which events alone change.
    pub discrete: &'a [f64],
}

impl Interval<'_> {
    /// The interval of an ordinary problem without switches: no past, no noise.
    pub fn plain(t: f64, h: f64) -> Interval<'static> {
        Interval { t, h, held: Held::default(), past: &NoPast, noise: &NoNoise }
    }
}

/// Values of the solution at earlier times, for delay equations.
///
/// Inside the current step it answers by extrapolation or by the step's own dense output, iterated.
pub trait Past {
    /// The value of unknown `i` at time `t`.
    fn value(&self, i: usize, t: f64) -> f64;

    /// The derivative of unknown `i` at time `t`, for neutral equations.
    fn derivative(&self, i: usize, t: f64) -> f64;

    /// Takes the cotangent of a value that was read: a reverse step returns it to the record it came from.
    fn receive(&self, i: usize, t: f64, cotangent: f64);
}

/// Increments of the Wiener processes over an interval.
pub trait Noise {
    /// Fills `dw[j]` with W_j(t + h) − W_j(t), and `dz[j]` with ∫ (W_j(s) − W_j(t)) ds over the interval
    /// where `dz` is not empty.
    fn increments(&self, t: f64, h: f64, dw: &mut [f64], dz: &mut [f64]);
}

/// The past of a problem without delays.
pub struct NoPast;

impl Past for NoPast {
    fn value(&self, i: usize, t: f64) -> f64 {
        unreachable!("unknown {i} was read at t = {t} by a dynamics without delays")
    }

    fn derivative(&self, i: usize, t: f64) -> f64 {
        self.value(i, t)
    }

    fn receive(&self, _: usize, _: f64, _: f64) {}
}

/// The noise of a deterministic problem: increments of zero.
pub struct NoNoise;

impl Noise for NoNoise {
    fn increments(&self, _: f64, _: f64, dw: &mut [f64], dz: &mut [f64]) {
        dw.fill(0.0);
        dz.fill(0.0);
    }
}

/// The weights of the error test: e_i is measured in units of atol_i + rtol·max(|u_i|, |û_i|).
#[derive(Clone, Copy)]
pub struct Scale<'a> {
    pub rtol: f64,
    /// One value for each unknown.
    pub atol: &'a [f64],
}

impl Scale<'_> {
    /// RMS of e_i / (atol_i + rtol·max(|u_i|, |û_i|)); NaN where any part is.
    pub fn norm(&self, e: &[f64], u: &[f64], u1: &[f64]) -> f64 {
        self.mean_square(e, u, u1).sqrt()
    }

    /// The square of [`Scale::norm`].
    pub fn mean_square(&self, e: &[f64], u: &[f64], u1: &[f64]) -> f64 {
        let n = e.len();
        let (u, u1, atol) = (&u[..n], &u1[..n], &self.atol[..n]);
        let mut sum = 0.0;
        for i in 0..n {
            let q = e[i] / (atol[i] + self.rtol * u[i].abs().max(u1[i].abs()));
            sum += q * q;
        }
        sum / n.max(1) as f64
    }
}

/// How a system splits into places and velocities, x′ = v and v′ = a(t, x), as far as it does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SecondOrder {
    /// Each place and its velocity, as positions in u.
    pub pairs: Vec<(usize, usize)>,
    /// The unknowns that are neither.
    pub unpaired: Vec<usize>,
    /// The velocities whose equation reads a velocity.
    pub dependent: Vec<usize>,
}

impl SecondOrder {
    /// Whether every unknown is a place or a velocity, and no acceleration reads a velocity.
    pub fn holds(&self) -> bool {
        self.unpaired.is_empty() && self.dependent.is_empty()
    }
}

/// A part of a right-hand side f = stiff + rest, for methods that advance the two differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Stiff,
    Rest,
}

/// What a choice of method may depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Facts {
    /// The number of unknowns.
    pub dim: usize,
    /// Whether M is anything but the identity.
    pub has_mass: bool,
    /// Whether what is solved as a differential equation is a choice that a solution may outgrow ([`Dynamics::is_outgrown`]).
    pub has_choice: bool,
}

/// A row that no change of what is free satisfies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unmet {
    pub row: usize,
    pub residual: f64,
}

/// The system M u′ = f(t, u, p) of n unknowns, with everything a method may ask of it.
///
/// Outputs are written, except cotangents, which are *added*. Times inside a step differ from `at.t`, the step's beginning.
/// A value that cannot be computed is NaN; the methods look for it.
pub trait Dynamics {
    /// The number n of unknowns.
    fn dim(&self) -> usize;

    /// du = f(t, u). It may depend on the interval through what it holds and its past alone: an explicit method takes the value at
    /// the end of a step for that at the beginning of the next.
    fn rhs(&self, at: &Interval, t: f64, u: &[f64], du: &mut [f64]);

    /// Whether [`Dynamics::rhs_part`] tells a stiff part of f from the rest.
    fn is_split(&self) -> bool {
        false
    }

    /// du = that part of f(t, u). By default all of it is stiff.
    fn rhs_part(&self, part: Part, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        match part {
            Part::Stiff => self.rhs(at, t, u, du),
            Part::Rest => du.fill(0.0),
        }
    }

    /// The entries of the Jacobian of the stiff part, in the order of the pattern.
    fn stiff_jacobian(&self, at: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        self.jacobian(at, t, u, values);
    }

    /// ū += Jᵀ λ with the Jacobian of that part of f, and p̄ likewise.
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
        if part == Part::Stiff {
            self.vjp(at, t, u, λ, ū);
            self.parameter_pullback(at, t, u, λ, p̄);
        }
    }

    /// Where ∂f/∂u has entries, and in which order [`Dynamics::jacobian`] writes them.
    fn pattern(&self) -> Pattern {
        Pattern::Dense(self.dim())
    }

    /// The entries of ∂f/∂u in the order of the pattern; by default one-sided differences.
    fn jacobian(&self, at: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        difference_jacobian(self, at, t, u, values);
    }

    /// ∂f/∂t; by default a central difference.
    fn time_derivative(&self, at: &Interval, t: f64, u: &[f64], ft: &mut [f64]) {
        difference_in_time(self, at, t, u, ft);
    }

    /// jv = (∂f/∂u) v; by default through the whole Jacobian.
    fn jvp(&self, at: &Interval, t: f64, u: &[f64], v: &[f64], jv: &mut [f64]) {
        let pattern = self.pattern();
        let mut values = vec![0.0; pattern.len()];
        self.jacobian(at, t, u, &mut values);
        jv.fill(0.0);
        pattern.each(|slot, i, j| jv[i] += values[slot] * v[j]);
    }

    /// Whether [`Dynamics::jvp`] needs no matrix, and costs about as much as f.
    fn is_matrix_free(&self) -> bool {
        false
    }

    /// ū += (∂f/∂u)ᵀ λ; by default through the whole Jacobian.
    fn vjp(&self, at: &Interval, t: f64, u: &[f64], λ: &[f64], ū: &mut [f64]) {
        let pattern = self.pattern();
        let mut values = vec![0.0; pattern.len()];
        self.jacobian(at, t, u, &mut values);
        pattern.each(|slot, i, j| ū[j] += values[slot] * λ[i]);
    }

    /// The pullback of the derivative of f along (τ, v), which is J v + τ ∂f/∂t:
    /// ū += ∂/∂u λᵀ(J v + τ ∂f/∂t), and p̄ likewise. The reverse of a linearly implicit step needs it.
    ///
    /// Mixed derivatives commute, so it is the derivative of the vector–Jacobian products along (τ, v); by default their
    /// central difference.
    fn jvp_pullback(
        &self,
        at: &Interval,
        t: f64,
        u: &[f64],
        v: &[f64],
        τ: f64,
        λ: &[f64],
        ū: &mut [f64],
        p̄: &mut [f64],
    ) {
        difference_of_pullbacks(self, at, (t, u), (τ, v), λ, ū, p̄);
    }

    /// The number of parameters that can be differentiated by.
    fn parameter_count(&self) -> usize {
        0
    }

    /// du += (∂f/∂p) ṗ.
    fn parameter_jvp(&self, _at: &Interval, _t: f64, _u: &[f64], _ṗ: &[f64], _du: &mut [f64]) {}

    /// p̄ += (∂f/∂p)ᵀ λ.
    fn parameter_pullback(&self, _at: &Interval, _t: f64, _u: &[f64], _λ: &[f64], _p̄: &mut [f64]) {}

    /// The constant mass matrix; `None` is the identity. Rows of zeros belong to the algebraic equations.
    fn mass(&self) -> Option<&Matrix> {
        None
    }

    /// What is known of the problem before it is solved.
    fn facts(&self) -> Facts {
        Facts { dim: self.dim(), has_mass: self.mass().is_some(), has_choice: false }
    }

    /// Which unknowns are algebraic: solved for by the consistent initial values, the guesses standing in `u`.
    /// Empty when none is.
    fn algebraic(&self) -> &[bool] {
        &[]
    }

    /// How the system splits into places and velocities, where that is known: methods for x′ = v, v′ = a(t, x) alone ask. They
    /// read the velocities' entries of `rhs`, called with velocities from within a step.
    fn second_order(&self) -> Option<&SecondOrder> {
        None
    }

    /// A kernel for the whole step of the tableau, where there is one.
    fn stages(&self, _tableau: &Tableau) -> Option<Box<dyn Stages + '_>> {
        None
    }

    /// Whether the choice of what is solved as a differential equation no longer suits this point: the run then ends there, to go on
    /// with another one.
    fn is_outgrown(&self, _at: &Interval, _t: f64, _u: &[f64]) -> bool {
        false
    }

    /// After events have changed the unknowns that are `assigned`: changes others until every constraint holds, where to solve for the
    /// algebraic unknowns alone would take back what was assigned.
    ///
    /// # Errors
    /// The row that cannot be met, with `u` as it was.
    fn reconcile(
        &self,
        _at: &Interval,
        _assigned: &[bool],
        _tolerance: f64,
        _u: &mut [f64],
    ) -> Result<(), Unmet> {
        Ok(())
    }

    /// The number of steps of a run that are taken before kernels for whole steps are worth the time to make them.
    fn patience(&self) -> u64 {
        0
    }

    /// Kernels for the whole step of a Rosenbrock tableau, where there are some.
    fn linear_step(&self, _tableau: &Linear) -> Option<Box<dyn LinearStep + '_>> {
        None
    }

    /// The discrete variables as they are at the beginning; empty without any.
    fn discrete(&self) -> &[f64] {
        &[]
    }

    /// The events, where there are any.
    fn events(&self) -> Option<&dyn Events> {
        None
    }

    /// Which unknowns are derivatives of others, where some are.
    fn sensitivities(&self) -> Option<&dyn Sensitivities> {
        None
    }

    /// The number of root functions: of the switches whose condition depends on the state, then of the comparisons in the
    /// conditions of events. Their modes come first.
    fn root_count(&self) -> usize {
        0
    }

    /// How many of the root functions belong to switches.
    fn switch_count(&self) -> usize {
        self.root_count()
    }

    /// What the modes of the switches' root functions are; by default all are truths. The modes of events are.
    fn shapes(&self) -> Vec<mode::Shape> {
        vec![mode::Shape::Truth; self.switch_count()]
    }

    /// The root functions: positive while the mode is 1, negative while it is 0; or between a mode that is an integer and the next.
    fn roots(&self, _at: &Interval, _t: f64, _u: &[f64], _g: &mut [f64]) {}

    /// The mode of each as it stands at a point: it decides where a root function is at an end. By default that of the function.
    fn truths(&self, at: &Interval, t: f64, u: &[f64], modes: &mut [f64]) {
        let (mut g, shapes) = (vec![0.0; self.root_count()], self.shapes());
        self.roots(at, t, u, &mut g);
        for (i, &g) in g.iter().enumerate() {
            modes[i] = shapes.get(i).copied().unwrap_or(mode::Shape::Truth).of(g);
        }
    }

    /// The number of switches that depend on time and constants alone. Their modes follow those of the roots,
    /// and they change at stops only.
    fn timed_count(&self) -> usize {
        0
    }

    /// The modes of the timed switches at a time that is not a stop.
    fn timed(&self, _t: f64, _modes: &mut [f64]) {}

    /// The first time beyond `t` on the way to `t1` at which the mode of a timed switch changes, where there is one that
    /// `stops` does not list. It is asked for again once it is reached, so that a run has room for any number of them.
    fn next_change(&self, _t: f64, _t1: f64) -> Option<f64> {
        None
    }

    /// The times strictly between `t0` and `t1` where a step must end: timed switches, jumps of an input.
    fn stops(&self, _t0: f64, _t1: f64, _stops: &mut Vec<f64>) {}

    /// The first time after `t` on the way to `t1` where a step must end, of those that are too many to list: the points of tables.
    /// `t1` when there is none. Nothing jumps there but derivatives of the right-hand side.
    fn next_point(&self, _t: f64, t1: f64) -> f64 {
        t1
    }
}

/// ∂f/∂u by forward differences, scattered into the pattern; costs n + 1 right-hand sides.
fn difference_jacobian<D: Dynamics + ?Sized>(f: &D, at: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
    let n = u.len();
    let (mut v, mut f0, mut f1) = (u.to_vec(), vec![0.0; n], vec![0.0; n]);
    f.rhs(at, t, u, &mut f0);
    let mut dense = vec![0.0; n * n];
    for j in 0..n {
        // √ε of the magnitude balances truncation against cancellation; the floor keeps a state of zero differentiable.
        let δ = f64::EPSILON.sqrt() * u[j].abs().max(1e-5);
        v[j] = u[j] + δ;
        f.rhs(at, t, &v, &mut f1);
        let δ = v[j] - u[j];
        v[j] = u[j];
        for i in 0..n {
            dense[i + j * n] = (f1[i] - f0[i]) / δ;
        }
    }
    f.pattern().each(|slot, i, j| values[slot] = dense[i + j * n]);
}

/// ∂f/∂t by a central difference.
fn difference_in_time<D: Dynamics + ?Sized>(f: &D, at: &Interval, t: f64, u: &[f64], ft: &mut [f64]) {
    let mut before = vec![0.0; u.len()];
    // Of the step's size where t allows it: f varies over the step, however large t is.
    let δ = (f64::EPSILON.cbrt() * at.h.abs().max(1e-8)).max(f64::EPSILON.sqrt() * t.abs());
    let (t0, t1) = (t - δ, t + δ);
    f.rhs(at, t0, u, &mut before);
    f.rhs(at, t1, u, ft);
    for i in 0..u.len() {
        ft[i] = (ft[i] - before[i]) / (t1 - t0);
    }
}

/// (d/dε) (∂f/∂(u, p))ᵀ λ at (t, u) + ε (τ, v), by a central difference.
fn difference_of_pullbacks<D: Dynamics + ?Sized>(
    f: &D,
    at: &Interval,
    (t, u): (f64, &[f64]),
    (τ, v): (f64, &[f64]),
    λ: &[f64],
    ū: &mut [f64],
    p̄: &mut [f64],
) {
    let largest = u.iter().fold(1e-3, |m: f64, u| m.max(u.abs()));
    // No unknown moves by more than a small part of itself, or of a value that counts as nothing beside the largest.
    let reach = |(u, v): (&f64, &f64)| u.abs().max(1e-6 * largest) / v.abs();
    let least = u.iter().zip(v).map(reach).fold(t.abs().max(at.h.abs()).max(1e-3) / τ.abs(), f64::min);
    if least.is_infinite() {
        return;
    }
    let ε = f64::EPSILON.cbrt() * least;
    for sign in [1.0, -1.0] {
        let moved: Vec<f64> = u.iter().zip(v).map(|(u, v)| u + sign * ε * v).collect();
        let weighted: Vec<f64> = λ.iter().map(|λ| sign * λ / (2.0 * ε)).collect();
        f.vjp(at, t + sign * ε * τ, &moved, &weighted, ū);
        f.parameter_pullback(at, t + sign * ε * τ, &moved, &weighted, p̄);
    }
}

/// A right-hand side given as a Rust closure `f(t, u, du)`; its derivatives are differences.
pub struct Function<F> {
    pub n: usize,
    pub f: F,
}

impl<F: Fn(f64, &[f64], &mut [f64])> Dynamics for Function<F> {
    fn dim(&self) -> usize {
        self.n
    }

    fn rhs(&self, _: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        (self.f)(t, u, du);
    }
}

/// Motion by an acceleration given as a Rust closure `a(t, x, a)` that reads no velocity: u = (x, v), both of the same length.
pub struct Motion<A> {
    acceleration: A,
    split: SecondOrder,
}

impl<A: Fn(f64, &[f64], &mut [f64])> Motion<A> {
    /// Of so many places.
    pub fn new(places: usize, acceleration: A) -> Motion<A> {
        let pairs = (0..places).map(|x| (x, places + x)).collect();
        Motion { acceleration, split: SecondOrder { pairs, ..SecondOrder::default() } }
    }
}

impl<A: Fn(f64, &[f64], &mut [f64])> Dynamics for Motion<A> {
    fn dim(&self) -> usize {
        2 * self.split.pairs.len()
    }

    fn rhs(&self, _: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        let places = self.split.pairs.len();
        let (x, v) = u.split_at(places);
        let (slope, acceleration) = du.split_at_mut(places);
        slope.copy_from_slice(v);
        (self.acceleration)(t, x, acceleration);
    }

    fn second_order(&self) -> Option<&SecondOrder> {
        Some(&self.split)
    }
}
