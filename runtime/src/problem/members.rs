//! The members of a sweep over a compiled model.
//!
//! An [`Ensemble`] is what all threads share; a [`Bound`] is a problem of one thread, to which the values of one member
//! after the other are given.

use std::sync::Arc;

use nde_compiler::program::{Missing, Program, Purpose};

use super::lanes::Lanes;
use super::step::step_kernel;
use super::{Compiled, CompiledEvents, Constrained, Design, Given, Place, Trouble, Values};
use crate::dynamics::Dynamics;
use crate::method::Method;
use crate::solve::ensemble::{LaneStep, Members};
use crate::solve::{Options, Refusal, Save, Solution, Solver, Watch};
use crate::tableau::{Estimate, Tableau};

/// Where the members' runs begin and end, and which times they save.
pub enum Ends {
    /// All alike.
    Same([f64; 2]),
    /// They depend on values that vary.
    Vary(Box<dyn Fn(&Values) -> Result<([f64; 2], Save), Missing> + Send + Sync>),
}

/// A model, what varies of it, and how each member is solved.
pub struct Ensemble {
    program: Arc<Program>,
    design: Design,
    options: Options,
    ends: Ends,
    given: Vec<Given>,
    weights: Vec<Given>,
    /// The values without what varies.
    base: Values,
    follow: Follow,
}

/// Whether anything is declared in terms of what varies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follow {
    /// A member's values are the base's, with the numbers that vary in their places.
    Nothing,
    Something,
}

impl Ensemble {
    /// # Errors
    /// A host function that a declared value calls is missing.
    pub fn new(
        program: Arc<Program>,
        design: Design,
        options: Options,
        ends: Ends,
        given: Vec<Given>,
        weights: Vec<Given>,
    ) -> Result<Ensemble, Missing> {
        let t0 = if let Ends::Same([t0, _]) = ends { t0 } else { 0.0 };
        let base = Values::new(&program, t0, &given, &weights)?;
        let follow = match (&ends, design.is_followed(&program)?) {
            (Ends::Same(_), false) => Follow::Nothing,
            _ => Follow::Something,
        };
        Ok(Ensemble { program, design, options, ends, given, weights, base, follow })
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    pub fn design(&self) -> &Design {
        &self.design
    }

    /// The values without what varies.
    pub fn base(&self) -> &Values {
        &self.base
    }

    /// A problem for one thread, with the base's values.
    ///
    /// # Errors
    /// A host function is missing.
    pub fn problem(self: &Arc<Ensemble>) -> Result<Bound, Missing> {
        let span = if let Ends::Same(span) = self.ends { span } else { [0.0; 2] };
        // The times of the events are judged by each member's values: those of the base may be no member's.
        let events = CompiledEvents::without_times(&self.program, &self.base)?;
        Ok(Bound {
            compiled: Compiled::new(self.program.clone(), self.base.clone())?.with_events(events),
            values: self.base.clone(),
            numbers: Vec::new(),
            span,
            options: self.options.clone(),
            lanes: None,
            ensemble: self.clone(),
        })
    }

    /// The values of a member whose varied numbers are these, and its span.
    fn evaluate(&self, numbers: &[f64], values: &mut Values, save: &mut Save) -> Result<[f64; 2], Missing> {
        let varied = self.design.places().zip(numbers);
        if let (Follow::Nothing, Ends::Same(span)) = (self.follow, &self.ends) {
            varied.for_each(|((place, offset), x)| values.of(place)[offset] = *x);
            return Ok(*span);
        }
        let mut given = self.given.clone();
        given.extend(varied.map(|((place, offset), &x)| Given { place, offset, values: vec![x] }));
        let at = |t0: f64| Values::new(&self.program, t0, &given, &self.weights);
        let (span, times) = match &self.ends {
            Ends::Same(span) => (*span, None),
            Ends::Vary(ends) => {
                let (span, save) = ends(&at(0.0)?)?;
                (span, Some(save))
            }
        };
        *values = at(span[0])?;
        if let Some(times) = times {
            *save = times;
        }
        Ok(span)
    }
}

impl Design {
    /// Whether a declared value reads anything of a kind that varies.
    ///
    /// # Errors
    /// A host function that a declared value calls is missing.
    pub fn is_followed(&self, program: &Program) -> Result<bool, Missing> {
        // The input of the kernels that has the values of a place.
        let input = |place: Place| match place {
            Place::Initial => 1,
            Place::Parameters => 2,
            Place::Discrete => 3,
            Place::Inputs => 6,
        };
        for purpose in [Purpose::Defaults, Purpose::InputDefaults, Purpose::InitialDiscrete, Purpose::Initial]
        {
            let kernel = program.kernel(purpose)?;
            if self.places().any(|(place, _)| kernel.kernel().reads(input(place))) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// A problem of one thread.
pub struct Bound {
    ensemble: Arc<Ensemble>,
    compiled: Compiled,
    values: Values,
    /// What varies, as it is for the member that is bound.
    numbers: Vec<f64>,
    /// Where its run begins and ends.
    span: [f64; 2],
    options: Options,
    lanes: Option<Lanes>,
}

impl Bound {
    pub fn compiled(&self) -> &Compiled {
        &self.compiled
    }

    /// The save points of the member that is bound; its end alone, where that is what is saved.
    pub fn times(&self) -> Vec<f64> {
        let [t0, t1] = self.span;
        match &self.options.save {
            Save::End => vec![t1],
            save => save.times_in_order(t0, t1),
        }
    }

    /// The numbers that vary, of any member.
    pub fn numbers_of(&self, member: u64, numbers: &mut Vec<f64>) {
        self.ensemble.design.numbers(member, numbers);
    }
}

impl Members for Bound {
    fn bind(&mut self, member: u64) -> Result<[f64; 2], String> {
        let Bound { ensemble, compiled, values, numbers, options, span, .. } = self;
        ensemble.design.numbers(member, numbers);
        let reason = |trouble: Trouble| trouble.to_string();
        *span = ensemble.evaluate(numbers, values, &mut options.save).map_err(|m| reason(m.into()))?;
        compiled.rebind(values, span[0]).map_err(reason)?;
        Ok(*span)
    }

    fn dynamics(&self) -> &dyn Dynamics {
        &self.compiled
    }

    fn initial(&self) -> &[f64] {
        &self.compiled.values.u0
    }

    fn options(&self) -> &Options {
        &self.options
    }

    fn solve(&self, method: &dyn Method, span: [f64; 2], watch: &mut Watch) -> Result<Solution, Refusal> {
        let ([t0, t1], f) = (span, &self.compiled);
        // What could be missing was found when the first problem was made.
        match Constrained::new(f) {
            Ok(Some(constrained)) => constrained.solve(f, method, &self.options, (t0, t1), watch),
            _ => Solver::new(f, method, &self.options).run(t0, t1, &f.values.u0, watch),
        }
    }

    fn make_lanes(&mut self, tableau: &Tableau) -> usize {
        // Lanes have values, but no save points of their own, and know of an error only what the kernel says.
        let executable = match (&self.ensemble.ends, &tableau.error) {
            (Ends::Same(_), Estimate::Embedded { .. }) => step_kernel(&self.compiled, tableau),
            _ => None,
        };
        self.lanes = executable.map(|executable| Lanes::new(executable, &self.compiled.values));
        self.lanes.as_ref().map_or(0, Lanes::len)
    }

    fn load(&mut self, lane: usize) {
        if let Some(lanes) = &mut self.lanes {
            lanes.load(lane, &self.compiled.values);
        }
    }

    fn select(&mut self, lane: usize) {
        if let Some(lanes) = &self.lanes {
            self.compiled.values.assign(&lanes.values[lane]);
        }
    }

    fn step(&mut self, step: &mut LaneStep) {
        if let Some(lanes) = &mut self.lanes {
            lanes.step(step);
        }
    }
}
