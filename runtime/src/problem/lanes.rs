//! The values of several members side by side, and the kernel that steps them.

use std::sync::Arc;

use nde_compiler::emit::program::Executable;

use super::Values;
use crate::solve::ensemble::LaneStep;

/// The numbers that a step of one lane touches should stay in the nearest cache: half of 48 KiB, and what is beside them.
const CACHE: usize = 24 << 10;

/// Tiles have a multiple of this many lanes.
const GRAIN: usize = 8;
const MOST_LANES: usize = 64;

/// The lanes of one thread.
pub struct Lanes {
    executable: Arc<Executable>,
    count: usize,
    scratch: Vec<f64>,
    /// Element i of lane l is at i·count + l.
    p: Vec<f64>,
    discrete: Vec<f64>,
    inputs: Vec<f64>,
    /// Those of the lanes, to be bound again.
    pub values: Vec<Values>,
}

impl Lanes {
    /// Lanes for the step kernel of a model with such values.
    pub fn new(executable: Arc<Executable>, values: &Values) -> Lanes {
        let kernel = executable.kernel();
        let per_lane = |slots: &[nde_compiler::emit::kernel::Slot]| slots.iter().map(|s| s.len).sum::<u64>();
        let bytes = 8 * (per_lane(&kernel.inputs) + per_lane(&kernel.outputs) + kernel.scratch) as usize;
        let count = (CACHE / bytes.max(1) / GRAIN * GRAIN).clamp(GRAIN, MOST_LANES);
        let zeros = |len: usize| vec![0.0; len * count];
        Lanes {
            scratch: zeros(kernel.scratch as usize),
            p: zeros(values.p.len()),
            discrete: zeros(values.discrete.len()),
            inputs: zeros(values.inputs.len()),
            values: vec![values.clone(); count],
            executable,
            count,
        }
    }

    pub fn len(&self) -> usize {
        self.count
    }

    /// Gives a lane its values.
    pub fn load(&mut self, lane: usize, values: &Values) {
        self.values[lane].assign(values);
        let all = [
            (&mut self.p, &values.p),
            (&mut self.discrete, &values.discrete),
            (&mut self.inputs, &values.inputs),
        ];
        for (to, from) in all {
            let places = to.iter_mut().skip(lane).step_by(self.count);
            places.zip(from).for_each(|(to, from)| *to = *from);
        }
    }

    /// Steps all lanes.
    pub fn step(&mut self, step: &mut LaneStep) {
        let inputs: [&[f64]; 11] = [
            step.t,
            step.u,
            &self.p,
            &self.discrete,
            &[],
            &self.values[0].constants,
            &self.inputs,
            step.h,
            step.k,
            step.atol,
            step.rtol,
        ];
        let mut outputs: [&mut [f64]; 3] = [step.inner, step.next, step.square];
        self.executable.call(&inputs, &mut outputs, &mut self.scratch, self.count);
    }
}
