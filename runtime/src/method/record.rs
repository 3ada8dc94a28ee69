//! What one step leaves behind, and what steps share.

use super::newton::Reuse;
use super::whole::{Linearised, Whole};
use crate::dynamics::{Dynamics, Stages};
use crate::linear::{Shifted, Singular, Wish};

/// One step of a method, from `z` at `t` to `next` at `t + h`: enough to read any time inside it and to reverse it.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The number of unknowns.
    pub n: usize,
    pub t: f64,
    pub h: f64,
    /// How often this step has been tried before from the same `z`: what depends on `z` alone is kept.
    pub attempt: u32,
    /// The method's memory at `t`; the unknowns are its first n entries.
    pub z: Vec<f64>,
    /// The method's memory at `t + h`.
    pub next: Vec<f64>,
    /// The stages, as the method orders them.
    pub stages: Vec<f64>,
    /// Stages that the dense output alone reads; empty until [`super::Method::extend`] was called.
    pub extra: Vec<f64>,
}

impl Record {
    /// The unknowns at `t`.
    #[inline]
    pub fn u(&self) -> &[f64] {
        &self.z[..self.n]
    }

    /// The unknowns at `t + h`.
    #[inline]
    pub fn u1(&self) -> &[f64] {
        &self.next[..self.n]
    }
}

/// What a step amounts to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// The square of the scaled error, which is acceptable up to 1; NaN where a value was not finite.
    Judged {
        square: f64,
        next: NextSize,
    },
    Singular(Singular),
    NewtonFailed,
}

/// How the size of the next step follows, or of the next try.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum NextSize {
    /// The controller finds it: the error is O(h^order).
    Order(u32),
    /// The same, and where nobody chose a controller it is the predictive one of implicit methods, whatever the others are.
    Predicted(u32),
    /// The controller finds it, but it grows by no more than this factor: the iteration of the step converged slowly.
    Capped { order: u32, most: f64 },
    /// The controller finds it, times this share, for the iteration of the step converged slowly; and growth by less than `least` is
    /// none, for the factors of the step serve again at its size.
    Steady { order: u32, share: f64, least: f64 },
    /// It is so many times this one, by a method that varies its order and so chooses its sizes itself.
    Factor(f64),
}

/// How often each kind of work was done, by cause.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counters {
    pub steps: u64,
    pub rejected_by_error: u64,
    pub rejected_by_newton: u64,
    pub rejected_not_finite: u64,
    pub rejected_singular: u64,
    pub rhs: u64,
    pub jacobians: u64,
    pub factorisations: u64,
    pub linear_solves: u64,
    /// Products with W in the linear solves by GMRES.
    pub linear_iterations: u64,
    pub newton_iterations: u64,
    pub root_functions: u64,
}

impl Counters {
    /// Adds those of another solve.
    pub fn add(&mut self, other: &Counters) {
        self.steps += other.steps;
        self.rejected_by_error += other.rejected_by_error;
        self.rejected_by_newton += other.rejected_by_newton;
        self.rejected_not_finite += other.rejected_not_finite;
        self.rejected_singular += other.rejected_singular;
        self.rhs += other.rhs;
        self.jacobians += other.jacobians;
        self.factorisations += other.factorisations;
        self.linear_solves += other.linear_solves;
        self.linear_iterations += other.linear_iterations;
        self.newton_iterations += other.newton_iterations;
        self.root_functions += other.root_functions;
    }

    /// All rejected steps together.
    pub fn rejected(&self) -> u64 {
        self.rejected_by_error + self.rejected_by_newton + self.rejected_not_finite + self.rejected_singular
    }
}

/// The buffers of a method on one dynamics, kept from step to step; nothing in them outlives a restart.
#[derive(Default)]
pub struct Work<'f> {
    pub counters: Counters,
    /// The compiled whole-step kernel, where the dynamics has one.
    pub kernel: Option<Whole<'f, Box<dyn Stages + 'f>>>,
    /// The compiled kernels of a whole Rosenbrock step.
    pub linear_kernel: Option<Whole<'f, Linearised<'f>>>,
    pub scratch: Vec<f64>,
    /// The buffers of the look at the middle of a step.
    pub interior: Vec<f64>,
    pub jacobian: Vec<f64>,
    /// W = w M − J, for implicit methods.
    pub shifted: Option<Shifted<'f>>,
    /// The weights of the unknowns in solves by GMRES.
    pub weights: Vec<f64>,
    /// Whether GMRES came to a stand in the last iteration of Newton's method.
    pub stalled: bool,
    /// Where `jacobian` and the factors of W were computed.
    pub reuse: Reuse,
    /// Decisions that the user is told about, with their times.
    pub notes: Vec<(f64, String)>,
}

impl<'f> Work<'f> {
    /// Buffers of `scratch` numbers and no matrix.
    pub fn vectors(scratch: usize) -> Work<'f> {
        Work { scratch: vec![0.0; scratch], ..Work::default() }
    }

    /// Forgets what was computed before a discontinuity, so that the steps after it depend on z alone.
    pub fn forget(&mut self) {
        self.reuse = Reuse::default();
    }

    /// After an iteration of Newton's method in which GMRES came to a stand although its preconditioner is new: turns to
    /// factors where it may, and answers whether the same step is worth another try.
    pub fn turn_to_factors(&mut self) -> bool {
        let turns = self.stalled && self.shifted().give_up();
        if turns {
            self.reuse.drop_jacobian();
        }
        turns
    }

    /// W = w M − J, which only the work of an implicit method has.
    pub fn shifted(&mut self) -> &mut Shifted<'f> {
        self.shifted.as_mut().expect("an implicit method made this work")
    }

    /// Buffers of `scratch` numbers, a Jacobian, and a W that GMRES may solve with where that is cheaper.
    pub fn inexact(f: &'f dyn Dynamics, scratch: usize) -> Work<'f> {
        let mut work = Work::matrices(f, scratch);
        work.shifted().wish(Wish::Automatic);
        work
    }

    /// Solves linear systems in that form, where it is not left to the method.
    pub fn wish(&mut self, wish: Wish) {
        if let (Some(shifted), true) = (&mut self.shifted, wish != Wish::Automatic) {
            shifted.wish(wish);
            self.linear_kernel = None;
        }
    }

    /// Buffers of `scratch` numbers, a Jacobian and a factorisation.
    pub fn matrices(f: &'f dyn Dynamics, scratch: usize) -> Work<'f> {
        let pattern = f.pattern();
        Work {
            jacobian: vec![0.0; pattern.len()],
            shifted: Some(Shifted::new(pattern, f.mass())),
            ..Work::vectors(scratch)
        }
    }
}
