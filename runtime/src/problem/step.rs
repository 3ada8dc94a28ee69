//! Kernels for whole steps of small compiled models.

use std::cell::RefCell;
use std::slice::from_ref;
use std::sync::Arc;

use nde_compiler::derive::linear_step::LinearCoefficients;
use nde_compiler::derive::stages::Coefficients;
use nde_compiler::emit::program::Executable;

use super::{Compiled, Kernel};
use crate::dynamics::{Interval, LinearStep, LinearVerdict, Scale, Stages};
use crate::tableau::{Estimate, Linear, Tableau};

/// Systems up to this size get a kernel for the whole step.
const LARGEST_STAGED: usize = 32;

/// The kernel for a whole step of one tableau.
pub struct StepKernel<'f> {
    kernel: Kernel,
    compiled: &'f Compiled,
}

impl StepKernel<'_> {
    pub fn new<'f>(compiled: &'f Compiled, tableau: &Tableau) -> Option<StepKernel<'f>> {
        Some(StepKernel { kernel: Kernel::new(step_kernel(compiled, tableau)?), compiled })
    }
}

impl Stages for StepKernel<'_> {
    fn step(&self, at: &Interval, scale: &Scale, z: &[f64], inner: &mut [f64], next: &mut [f64]) -> f64 {
        let (u, k1) = z.split_at(self.compiled.n);
        let v = &self.compiled.values;
        let inputs: [&[f64]; 11] = [
            from_ref(&at.t),
            u,
            &v.p,
            at.held.discrete,
            at.held.modes,
            &v.constants,
            &v.inputs,
            from_ref(&at.h),
            k1,
            scale.atol,
            from_ref(&scale.rtol),
        ];
        let mut square = [0.0];
        self.kernel.call(&inputs, &mut [inner, next, &mut square]);
        square[0]
    }
}

/// The kernels for whole steps that were made, by the names of their tableaus: a program finds them by all their coefficients, which
/// takes as long as some steps.
#[derive(Default)]
pub struct Made {
    explicit: RefCell<Vec<(&'static str, Option<Arc<Executable>>)>>,
    linear: RefCell<Vec<(&'static str, Option<nde_compiler::program::LinearStep>)>>,
}

/// What is listed under a name, put there when it is first asked for.
fn listed<T: Clone>(
    list: &RefCell<Vec<(&'static str, T)>>,
    name: &'static str,
    make: impl FnOnce() -> T,
) -> T {
    if let Some((_, known)) = list.borrow().iter().find(|(other, _)| *other == name) {
        return known.clone();
    }
    let made = make();
    list.borrow_mut().push((name, made.clone()));
    made
}

/// The kernel for a whole step of an explicit tableau, with the square of its first estimate; `None` for a model that has none.
pub fn step_kernel(compiled: &Compiled, tableau: &Tableau) -> Option<Arc<Executable>> {
    let weights = match tableau.error {
        Estimate::Embedded { weights, .. } | Estimate::Combined { fifth: weights, .. } => weights,
        Estimate::None => return None,
    };
    if compiled.n > LARGEST_STAGED || compiled.n == 0 || compiled.mass.is_some() {
        return None;
    }
    listed(&compiled.made.explicit, tableau.name, || {
        let (a, c) = (&tableau.a[..tableau.stages - 1], &tableau.c[..tableau.stages]);
        compiled.program.stages(&Coefficients { a, c, error: weights }).ok()
    })
}

/// The kernels for a whole step of one Rosenbrock tableau.
pub struct LinearKernels<'f> {
    linearise: Kernel,
    step: Kernel,
    solve: Kernel,
    entries: Arc<Vec<(u32, u32)>>,
    compiled: &'f Compiled,
}

impl LinearKernels<'_> {
    pub fn new<'f>(compiled: &'f Compiled, tableau: &Linear) -> Option<LinearKernels<'f>> {
        if compiled.n > LARGEST_STAGED || compiled.n == 0 {
            return None;
        }
        let kernels = listed(&compiled.made.linear, tableau.name, || {
            let error: Vec<f64> = tableau.error.iter().map(|e| tableau.margin * e).collect();
            let Linear { gamma, a, c, alpha, d, m, .. } = *tableau;
            let coefficients = LinearCoefficients { gamma, a, c, alpha, d, m, error: &error };
            compiled.program.linear_step(&coefficients).ok()?
        })?;
        Some(LinearKernels {
            linearise: Kernel::new(kernels.linearise),
            step: Kernel::new(kernels.step),
            solve: Kernel::new(kernels.solve),
            entries: kernels.entries,
            compiled,
        })
    }
}

impl LinearStep for LinearKernels<'_> {
    fn size(&self) -> usize {
        2 * self.compiled.n + self.entries.len()
    }

    fn entries(&self) -> &[(u32, u32)] {
        &self.entries
    }

    fn linearise(&self, at: &Interval, u: &[f64], linear: &mut [f64]) {
        let v = &self.compiled.values;
        let inputs: [&[f64]; 7] =
            [from_ref(&at.t), u, &v.p, at.held.discrete, at.held.modes, &v.constants, &v.inputs];
        self.linearise.call(&inputs, &mut [linear]);
    }

    fn solve(&self, at: &Interval, u: &[f64], linear: &[f64], x: &mut [f64]) {
        let v = &self.compiled.values;
        let (t, h) = (from_ref(&at.t), from_ref(&at.h));
        let inputs: [&[f64]; 9] =
            [t, u, &v.p, at.held.discrete, at.held.modes, &v.constants, &v.inputs, h, linear];
        self.solve.call(&inputs, &mut [x]);
    }

    fn step(
        &self,
        at: &Interval,
        scale: &Scale,
        u: &[f64],
        linear: &[f64],
        stages: &mut [f64],
        next: &mut [f64],
    ) -> LinearVerdict {
        let v = &self.compiled.values;
        let inputs: [&[f64]; 11] = [
            from_ref(&at.t),
            u,
            &v.p,
            at.held.discrete,
            at.held.modes,
            &v.constants,
            &v.inputs,
            from_ref(&at.h),
            linear,
            scale.atol,
            from_ref(&scale.rtol),
        ];
        let mut judged = [0.0; 2];
        self.step.call(&inputs, &mut [stages, next, &mut judged]);
        LinearVerdict { square: judged[0], growth: judged[1] }
    }
}
