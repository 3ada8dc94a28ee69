//! Kernels for whole steps, made once they are worth it.

use crate::dynamics::{Dynamics, LinearStep, Stages};
use crate::tableau::{Linear, Tableau};

/// The kernels of the steps of a method on one dynamics.
///
/// To make them takes as long as some thousand steps, so a run begins without them, and goes on with them after as many steps as the
/// dynamics says ([`Dynamics::patience`]). The count begins anew with each run: the same run always makes the same steps.
pub struct Whole<'f, K> {
    f: &'f dyn Dynamics,
    patience: u64,
    made: Option<Option<K>>,
}

impl<'f, K> Whole<'f, K> {
    pub fn new(f: &'f dyn Dynamics) -> Whole<'f, K> {
        Whole { f, patience: f.patience(), made: None }
    }

    /// The kernels after so many steps of the run, where there are any.
    #[inline]
    fn get(&mut self, steps: u64, make: impl FnOnce(&'f dyn Dynamics) -> Option<K>) -> Option<&mut K> {
        if steps < self.patience {
            return None;
        }
        let f = self.f;
        self.made.get_or_insert_with(|| make(f)).as_mut()
    }
}

impl<'f> Whole<'f, Box<dyn Stages + 'f>> {
    /// The kernel for the step of an explicit tableau.
    #[inline]
    pub fn stages(&mut self, steps: u64, tableau: &Tableau) -> Option<&(dyn Stages + 'f)> {
        self.get(steps, |f| f.stages(tableau)).map(|kernel| &**kernel)
    }
}

/// The kernels for the step of a Rosenbrock tableau, and the linearisation that they work with.
pub struct Linearised<'f> {
    pub kernel: Box<dyn LinearStep + 'f>,
    pub values: Vec<f64>,
    /// What W was solved for.
    pub solution: Vec<f64>,
}

impl<'f> Whole<'f, Linearised<'f>> {
    #[inline]
    pub fn linear(&mut self, steps: u64, tableau: &Linear) -> Option<&mut Linearised<'f>> {
        self.get(steps, |f| {
            let kernel = f.linear_step(tableau)?;
            let values = vec![0.0; kernel.size()];
            Some(Linearised { kernel, values, solution: Vec::new() })
        })
    }

    /// The linearisation of the step before, if it was taken by the kernels.
    pub fn last(&self, steps: u64) -> Option<&Linearised<'f>> {
        if steps < self.patience { None } else { self.made.as_ref()?.as_ref() }
    }
}
