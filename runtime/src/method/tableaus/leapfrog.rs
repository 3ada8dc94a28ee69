//! Störmer–Verlet, or leapfrog: second order, one right-hand side a step.
//!
//! L. Verlet, Computer "experiments" on classical fluids I, Phys. Rev. 159 (1967) 98–103.

use crate::tableau::Composition;

/// One step as it is.
pub static LEAPFROG: Composition = Composition { name: "leapfrog", order: 2, weights: &[1.0] };
