//! What a caller may choose about a solve, and what stops it from being tried.

use std::fmt;
use std::sync::atomic::AtomicBool;

use crate::dynamics::{Dynamics, SecondOrder};
use crate::linear;
use crate::method::{Family, Method, MethodInfo, Wish};

/// The absolute tolerance: one for all unknowns, or one for each.
#[derive(Clone, Debug, PartialEq)]
pub enum Absolute {
    All(f64),
    Each(Vec<f64>),
}

/// Which times a solution keeps. Save points are read from the dense output and never change the steps.
#[derive(Clone, Debug, PartialEq)]
pub enum Save {
    /// The end alone.
    End,
    /// The beginning and the end of each step.
    Steps,
    /// That many equally spaced times, both ends included.
    Count(usize),
    /// The times of a list, those outside the span left out.
    At(Vec<f64>),
}

impl Save {
    /// The times of a span that are to be saved, as far as they are known before it is solved.
    pub fn times(&self, t0: f64, t1: f64) -> Vec<f64> {
        match self {
            Save::End | Save::Steps | Save::Count(0) => Vec::new(),
            Save::Count(1) => vec![t1],
            Save::Count(k) => (0..*k).map(|i| equispaced(t0, t1, i, *k)).collect(),
            Save::At(times) => {
                let direction = if t1 < t0 { -1.0 } else { 1.0 };
                let inside = |t: &f64| (t - t0) * direction >= 0.0 && (t1 - t) * direction >= 0.0;
                times.iter().copied().filter(inside).collect()
            }
        }
    }
}

/// The i-th of k equally spaced times, exact at both ends.
fn equispaced(t0: f64, t1: f64, i: usize, k: usize) -> f64 {
    if i + 1 == k { t1 } else { t0 + (t1 - t0) * (i as f64 / (k - 1) as f64) }
}

/// How the step size follows the error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Control {
    /// The method's own choice: PI for explicit methods, predictive for implicit ones.
    Standard,
    Integral,
    ProportionalIntegral,
    /// H312PID of G. Söderlind, Digital filters in adaptive time-stepping, ACM TOMS 29 (2003) 1–26.
    Pid,
    /// K. Gustafsson, Control-theoretic techniques for stepsize selection in implicit Runge–Kutta methods, ACM TOMS 20 (1994) 496–517.
    Predictive,
}

impl Control {
    /// The control of a method's steps.
    pub(super) fn of(self, method: &dyn Method) -> Control {
        match self {
            Control::Standard if method.is_implicit() => Control::Predictive,
            control => control,
        }
    }
}

/// A matrix of more bytes than this is not made because a user asks for its form.
const MOST_BYTES: f64 = 4e9;

/// The default limit on accepted and rejected steps together.
pub const MAX_STEPS: u64 = 1_000_000;

/// The choices of a solve.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub rtol: f64,
    pub atol: Absolute,
    /// A fixed step size; the error is then not looked at.
    pub dt: Option<f64>,
    pub control: Control,
    /// The highest order that a method of variable order may use.
    pub most_order: Option<u32>,
    /// How linear systems are solved; left to the method where it is automatic.
    pub linear: linear::Wish,
    pub max_steps: u64,
    pub save: Save,
    /// The discrete variables at the beginning, where they are not those of the dynamics: the run goes on from another.
    pub discrete: Option<Vec<f64>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            rtol: 1e-6,
            atol: Absolute::All(1e-9),
            dt: None,
            control: Control::Standard,
            most_order: None,
            linear: linear::Wish::Automatic,
            max_steps: MAX_STEPS,
            save: Save::End,
            discrete: None,
        }
    }
}

/// How a running solve talks to its caller.
#[derive(Default)]
pub struct Watch<'a> {
    /// Set from elsewhere (Ctrl-C, another thread) to end the solve after the current step.
    pub interrupt: Option<&'a AtomicBool>,
    /// Told the time reached, every few hundred steps.
    pub progress: Option<&'a mut dyn FnMut(f64)>,
}

/// Why a solve cannot be tried as asked: a mistake of the caller, found before the first step.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The method has no error estimate, so it needs `dt`.
    NeedsStep { method: &'static str },
    /// The problem has a mass matrix or algebraic unknowns, the method cannot solve such.
    NoMass { method: &'static str },
    /// The method solves x′ = v, v′ = a(t, x) alone: the unknowns that are neither place nor velocity, and the velocities whose
    /// equation reads a velocity. Both are empty where nothing is known of the system.
    NeedsSecondOrder { method: &'static str, unpaired: Vec<usize>, dependent: Vec<usize> },
    /// The method solves no linear systems, but a form for them is asked for.
    NoLinear { method: &'static str },
    /// GMRES is asked for by a method that needs factors.
    NeedsFactors { method: &'static str },
    /// A dense or banded matrix is asked for that takes too many bytes.
    TooLarge { bytes: f64 },
    /// A number that must be positive and finite is not.
    NotPositive { option: &'static str, value: f64 },
    /// A list has the wrong length.
    Length { of: &'static str, expected: usize, found: usize },
    /// Events act forward in time alone.
    Backward,
    /// The span's ends are not finite numbers.
    Span { t0: f64, t1: f64 },
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Refusal::NeedsStep { method } => {
                write!(out, "`{method}` does not estimate its error, so it needs `dt`")
            }
            Refusal::NoMass { method } => {
                write!(out, "`{method}` cannot solve a system with a mass matrix or algebraic unknowns")
            }
            Refusal::NeedsSecondOrder { method, unpaired, dependent } => {
                write!(out, "`{method}` solves x' = v, v' = a(t, x) only")?;
                if !unpaired.is_empty() {
                    write!(out, "; unknowns {unpaired:?} (counted from 0) are neither place nor velocity")?;
                }
                if !dependent.is_empty() {
                    write!(out, "; the equations of {dependent:?} read a velocity")?;
                }
                Ok(())
            }
            Refusal::NoLinear { method } => {
                write!(out, "`{method}` solves no linear systems, so it has no use for `linear`")
            }
            Refusal::NeedsFactors { method } => {
                write!(out, "`{method}` needs the factors of its matrices, so it cannot solve by GMRES")
            }
            Refusal::TooLarge { bytes } => {
                write!(out, "a matrix of the form that `linear` asks for takes {:.1e} GB", bytes / 1e9)
            }
            Refusal::NotPositive { option, value } => write!(out, "`{option}` must be positive, not {value}"),
            Refusal::Length { of, expected, found } => {
                write!(out, "{of}: {expected} values needed, {found} given")
            }
            Refusal::Backward => write!(out, "a model with events cannot be solved backward in time"),
            Refusal::Span { t0, t1 } => write!(out, "the span {t0}..{t1} is not finite"),
        }
    }
}

impl Refusal {
    /// Why a method cannot solve a system with these options, whatever the initial values.
    pub fn of(f: &dyn Dynamics, method: &MethodInfo, options: &Options) -> Option<Refusal> {
        let name = method.name;
        if !method.mass && (f.mass().is_some() || f.algebraic().contains(&true)) {
            return Some(Refusal::NoMass { method: name });
        }
        if method.family == Family::SecondOrder && !f.second_order().is_some_and(SecondOrder::holds) {
            let split = f.second_order().cloned().unwrap_or_default();
            let SecondOrder { unpaired, dependent, .. } = split;
            return Some(Refusal::NeedsSecondOrder { method: name, unpaired, dependent });
        }
        if let Some(refusal) = Refusal::of_linear(f, method, options.linear) {
            return Some(refusal);
        }
        (!method.adaptive && options.dt.is_none()).then_some(Refusal::NeedsStep { method: name })
    }
}

impl Refusal {
    /// Why a method cannot solve its linear systems in that form.
    fn of_linear(f: &dyn Dynamics, method: &MethodInfo, wish: linear::Wish) -> Option<Refusal> {
        let name = method.name;
        if wish == linear::Wish::Automatic {
            return None;
        }
        if method.family.is_explicit() {
            return Some(Refusal::NoLinear { method: name });
        }
        if wish == linear::Wish::Krylov && !method.family.iterates() {
            return Some(Refusal::NeedsFactors { method: name });
        }
        let bytes = match wish {
            linear::Wish::Dense | linear::Wish::Banded => 8.0 * wish.storage(&f.pattern(), f.mass()),
            _ => 0.0,
        };
        (bytes > MOST_BYTES).then_some(Refusal::TooLarge { bytes })
    }
}

impl Options {
    /// What these options and a problem say about the making of a method.
    pub fn wish(&self, f: &dyn Dynamics) -> Wish {
        Wish { rtol: self.rtol, most_order: self.most_order, linear: self.linear, facts: f.facts() }
    }

    /// The absolute tolerance of each of n unknowns.
    pub(super) fn tolerances(&self, n: usize) -> Vec<f64> {
        match &self.atol {
            Absolute::All(atol) => vec![*atol; n],
            Absolute::Each(atol) => atol.clone(),
        }
    }

    /// The tolerances of the error test: infinite where the step of an explicit method is fixed, so that it does all that a step which
    /// passes does. An implicit one needs those that were asked for, to judge its iteration by.
    pub(super) fn test_tolerances(&self, n: usize, is_implicit: bool) -> Vec<f64> {
        if self.dt.is_some() && !is_implicit { vec![f64::INFINITY; n] } else { self.tolerances(n) }
    }

    /// What is wrong with the options, if anything.
    pub(super) fn refusal(&self, f: &dyn Dynamics, t0: f64, t1: f64, u0: &[f64]) -> Option<Refusal> {
        let positive = |option, value: f64| {
            let good = value > 0.0 && value.is_finite();
            (!good).then_some(Refusal::NotPositive { option, value })
        };
        let length =
            |of, expected, found| (expected != found).then_some(Refusal::Length { of, expected, found });
        let n = f.dim();
        let atol = match &self.atol {
            Absolute::All(atol) => positive("atol", *atol),
            Absolute::Each(atol) => {
                length("atol", n, atol.len()).or_else(|| atol.iter().find_map(|&atol| positive("atol", atol)))
            }
        };
        let span = !(t0.is_finite() && t1.is_finite());
        atol.or_else(|| positive("rtol", self.rtol))
            .or_else(|| self.dt.and_then(|dt| positive("dt", dt)))
            .or_else(|| length("initial values", n, u0.len()))
            .or_else(|| span.then_some(Refusal::Span { t0, t1 }))
            .or_else(|| (t1 < t0 && f.events().is_some()).then_some(Refusal::Backward))
    }
}
