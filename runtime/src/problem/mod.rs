//! A compiled model with its values: what a solver runs on.
//!
//! The values (parameters, discrete variables, inputs, initial values) are flat vectors laid out by the program. A
//! name given from outside (`--set`, `M(…)`) beats what is declared, and what is declared in terms of it follows.

mod dynamics;
mod events;
mod lanes;
mod members;
pub mod sensitivities;
mod pieces;
mod points;
mod reduced;
mod step;
mod stops;
mod variation;
pub mod weights;

use std::cell::RefCell;
use std::sync::Arc;

use nde_compiler::derive::jump;
use nde_compiler::derive::system::{Layout, System, Timing};
use nde_compiler::emit::program::Executable;
use nde_compiler::program::{Missing, Program, Purpose};

use crate::dynamics::mode::Shape;

pub use dynamics::Compiled;
pub use events::{BadMoment, BadPeriod, CompiledEvents, Trouble};
pub use members::{Bound, Ends, Ensemble};
pub use reduced::{Constrained, Reduced, Unsatisfied, held_at_start};
pub use sensitivities::CompiledSensitivities;
pub use variation::{Axis, Design, Variation};

/// A part of a vector that is given from outside: its first position and its values.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    pub place: Place,
    pub offset: usize,
    pub values: Vec<f64>,
}

/// Which vector a given value belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Initial,
    Parameters,
    Discrete,
    Inputs,
}

/// The values of a problem.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// Every parameter and weight.
    pub p: Vec<f64>,
    pub discrete: Vec<f64>,
    pub inputs: Vec<f64>,
    /// The unknowns at t0; guesses for the algebraic ones.
    pub u0: Vec<f64>,
    /// Arrays of constants.
    pub constants: Arc<Vec<f64>>,
}

impl Values {
    /// Evaluates what the model declares, with the given values in their places.
    ///
    /// # Errors
    /// A host function that a declared value calls is missing.
    pub fn new(program: &Program, t0: f64, given: &[Given], weights: &[Given]) -> Result<Values, Missing> {
        let lengths = {
            let system = program.system();
            let len = |layout: &Layout| layout.len as usize;
            [&system.parameters, &system.discretes, &system.inputs, &system.unknowns, &system.constants]
                .map(len)
        };
        let [p, discrete, inputs, unknowns, constants] = lengths;
        let mut values = Values {
            p: vec![f64::NAN; p],
            discrete: vec![f64::NAN; discrete],
            inputs: vec![f64::NAN; inputs],
            u0: vec![0.0; unknowns],
            constants: Arc::new(vec![0.0; constants]),
        };
        let mut constant = vec![0.0; constants];
        if constants > 0 {
            values.evaluate(&*program.kernel(Purpose::Constants)?, t0, &mut constant);
        }
        values.constants = Arc::new(constant);
        values.settle_parameters(program, t0, given, weights)?;
        if inputs > 0 {
            let mut filled = vec![0.0; inputs];
            values.evaluate(&*program.kernel(Purpose::InputDefaults)?, t0, &mut filled);
            values.inputs = filled;
            put(&mut values.inputs, Place::Inputs, given);
        }
        if discrete > 0 {
            let mut filled = vec![0.0; discrete];
            values.evaluate(&*program.kernel(Purpose::InitialDiscrete)?, t0, &mut filled);
            values.discrete = filled;
            put(&mut values.discrete, Place::Discrete, given);
        }
        // Twice: a guess may be given in terms of states.
        for _ in 0..2 {
            let mut u0 = vec![0.0; unknowns];
            values.evaluate(&*program.kernel(Purpose::Initial)?, t0, &mut u0);
            values.u0 = u0;
            put(&mut values.u0, Place::Initial, given);
        }
        Ok(values)
    }

    /// A default may be given in terms of other parameters, so the defaults are evaluated until they stay.
    fn settle_parameters(
        &mut self,
        program: &Program,
        t0: f64,
        given: &[Given],
        weights: &[Given],
    ) -> Result<(), Missing> {
        if self.p.is_empty() {
            return Ok(());
        }
        let kernel = program.kernel(Purpose::Defaults)?;
        for _ in 0..=self.p.len() {
            let mut next = self.p.clone();
            put(&mut next, Place::Parameters, weights);
            put(&mut next, Place::Parameters, given);
            self.p.clone_from(&next);
            self.evaluate(&kernel, t0, &mut next);
            put(&mut next, Place::Parameters, weights);
            put(&mut next, Place::Parameters, given);
            let same = next.iter().zip(&self.p).all(|(a, b)| a.to_bits() == b.to_bits());
            self.p = next;
            if same {
                break;
            }
        }
        Ok(())
    }

    /// Becomes the same as others, in the memory that is there.
    pub fn assign(&mut self, other: &Values) {
        self.p.clone_from(&other.p);
        self.discrete.clone_from(&other.discrete);
        self.inputs.clone_from(&other.inputs);
        self.u0.clone_from(&other.u0);
        self.constants.clone_from(&other.constants);
    }

    /// The vector of a place.
    fn of(&mut self, place: Place) -> &mut Vec<f64> {
        match place {
            Place::Initial => &mut self.u0,
            Place::Parameters => &mut self.p,
            Place::Discrete => &mut self.discrete,
            Place::Inputs => &mut self.inputs,
        }
    }

    /// Runs a kernel of these values alone.
    pub fn evaluate(&self, kernel: &Executable, t: f64, result: &mut [f64]) {
        let mut scratch = vec![0.0; kernel.kernel().scratch as usize];
        let modes = vec![0.0; kernel.kernel().inputs[4].len as usize];
        let inputs: [&[f64]; 7] =
            [&[t], &self.u0, &self.p, &self.discrete, &modes, &self.constants, &self.inputs];
        kernel.call(&inputs, &mut [result], &mut scratch, 1);
    }
}

fn put(values: &mut [f64], place: Place, given: &[Given]) {
    for g in given.iter().filter(|g| g.place == place) {
        values[g.offset..g.offset + g.values.len()].copy_from_slice(&g.values);
    }
}

/// A kernel with the scratch of one caller.
struct Kernel {
    executable: Arc<Executable>,
    scratch: RefCell<Vec<f64>>,
}

impl Kernel {
    fn new(executable: Arc<Executable>) -> Kernel {
        let scratch = RefCell::new(vec![0.0; executable.kernel().scratch as usize]);
        Kernel { executable, scratch }
    }

    /// How many numbers the first result has.
    fn len(&self) -> usize {
        self.executable.kernel().outputs[0].len as usize
    }

    #[inline]
    fn call(&self, inputs: &[&[f64]], outputs: &mut [&mut [f64]]) {
        self.executable.call(inputs, outputs, &mut self.scratch.borrow_mut(), 1);
    }
}

/// How many root functions of one timing a program has.
fn has_switches(program: &Program, timing: Timing) -> usize {
    roots_of(&program.system(), timing)
}

fn roots_of(system: &System, timing: Timing) -> usize {
    system.switches.iter().filter(|m| m.timing == timing).map(|m| m.len()).sum()
}

/// What the modes of one timing are.
fn shapes_of(system: &System, timing: Timing) -> Vec<Shape> {
    let shape = |of| match of {
        jump::Shape::Truth => Shape::Truth,
        jump::Shape::Level => Shape::Level,
    };
    system.shapes(timing).into_iter().map(shape).collect()
}
