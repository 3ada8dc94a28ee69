//! The events of a compiled model.

use std::fmt;

use nde_compiler::algebra::{Expr, Range};
use nde_compiler::derive::event::{Changed, Reach, Then as Ending, When};
use nde_compiler::program::{Missing, Program, Purpose, Runs};

use super::{Kernel, Values};
use crate::dynamics::Interval;
use crate::dynamics::event::{Element, Events, Then, Ticks};

/// The events of a program with its values.
pub struct CompiledEvents {
    conditions: Vec<Element>,
    happens: Option<Kernel>,
    ticks: Vec<(Element, Ticks)>,
    reactions: Vec<Reaction>,
    log: Option<(u32, Kernel)>,
    values: Values,
}

/// What one event does.
struct Reaction {
    kernel: Option<Kernel>,
    /// For each assignment the places that it changes, those of one element of the event after the other's.
    changes: Vec<Vec<Changed>>,
    elements: usize,
    reach: Reach,
    then: Then,
}

/// An event by the clock that cannot be: its period is no positive number.
#[derive(Clone, Debug, PartialEq)]
pub struct BadPeriod {
    pub event: String,
    pub period: f64,
}

/// An event by the clock whose time, or the first of them, is no number.
#[derive(Clone, Debug, PartialEq)]
pub struct BadMoment {
    pub event: String,
    pub t: f64,
}

/// Why the events of a model cannot be had.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    Missing(Missing),
    Period(BadPeriod),
    Moment(BadMoment),
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Trouble::Missing(Missing::Host(name)) => {
                write!(out, "`{name}` is an `extern fn` that nobody supplies")
            }
            Trouble::Missing(Missing::Derivative(name)) => {
                write!(out, "the derivative of `{name}` is needed and not declared")
            }
            Trouble::Period(BadPeriod { event, period }) => {
                write!(out, "the period of the event `{event}` is {period}")
            }
            Trouble::Moment(BadMoment { event, t }) => write!(out, "the time of the event `{event}` is {t}"),
        }
    }
}

impl From<Missing> for Trouble {
    fn from(missing: Missing) -> Trouble {
        Trouble::Missing(missing)
    }
}

impl CompiledEvents {
    /// The events, `every p` counting from `t0`; `None` without any.
    ///
    /// # Errors
    /// A host function is missing, a period is not positive, or a time is not a number.
    pub fn new(program: &Program, values: &Values, t0: f64) -> Result<Option<CompiledEvents>, Trouble> {
        let mut events = CompiledEvents::without_times(program, values)?;
        if let Some(events) = &mut events {
            events.rebind(program, values, t0)?;
        }
        Ok(events)
    }

    /// The events before their times are known, which [`CompiledEvents::rebind`] finds.
    ///
    /// # Errors
    /// A host function is missing.
    pub fn without_times(program: &Program, values: &Values) -> Result<Option<CompiledEvents>, Missing> {
        let count = program.system().events.len();
        if count == 0 {
            return Ok(None);
        }
        program.kernel(Purpose::EventTimes)?;
        let mut conditions = Vec::new();
        for (event, happening) in (0..).zip(&program.system().events) {
            if let When::Condition(_) = happening.when {
                conditions.extend((0..happening.len() as u32).map(|element| Element { event, element }));
            }
        }
        let happens = match conditions.is_empty() {
            true => None,
            false => Some(Kernel::new(program.kernel(Purpose::Happens)?)),
        };
        let reactions = (0..count).map(|k| Reaction::new(program, k)).collect::<Result<_, Missing>>()?;
        let (ticks, values) = (Vec::new(), values.clone());
        Ok(Some(CompiledEvents { conditions, happens, ticks, reactions, log: None, values }))
    }

    /// Logs these expressions after each firing of an event.
    ///
    /// # Errors
    /// A host function is missing.
    pub fn log(
        &mut self,
        program: &Program,
        event: u32,
        values: &[(Vec<Range>, Expr)],
    ) -> Result<(), Missing> {
        self.log = Some((event, Kernel::new(program.observe(values, Runs::Often)?)));
        Ok(())
    }

    /// Gives the events other values of the same model.
    ///
    /// # Errors
    /// As [`CompiledEvents::new`].
    pub fn rebind(&mut self, program: &Program, values: &Values, t0: f64) -> Result<(), Trouble> {
        self.ticks = ticks(program, values, t0)?;
        self.values.assign(values);
        Ok(())
    }

    fn call(&self, kernel: &Kernel, at: &Interval, u: &[f64], discrete: &[f64], result: &mut [f64]) {
        let v = &self.values;
        let inputs: [&[f64]; 7] = [&[at.t], u, &v.p, discrete, at.held.modes, &v.constants, &v.inputs];
        kernel.call(&inputs, &mut [result]);
    }
}

impl Reaction {
    fn new(program: &Program, event: usize) -> Result<Reaction, Missing> {
        let (changes, elements, reach, then) = {
            let system = program.system();
            let happening = &system.events[event];
            let then = match happening.then {
                Ending::GoOn => Then::GoOn,
                Ending::Stop => Then::Stop,
            };
            (system.changes(event), happening.len(), happening.reach, then)
        };
        let kernel = match changes.is_empty() {
            true => None,
            false => Some(Kernel::new(program.kernel(Purpose::Reset(event))?)),
        };
        Ok(Reaction { kernel, changes, elements, reach, then })
    }

    /// Puts the assigned values of some elements in their places.
    fn assign(&self, values: &[f64], elements: &[u32], u: &mut [f64], discrete: &mut [f64]) {
        let mut offset = 0;
        for places in &self.changes {
            let each = places.len() / self.elements.max(1);
            for &element in elements {
                for k in element as usize * each..(element as usize + 1) * each {
                    match places[k] {
                        Changed::Unknown(i) => u[i as usize] = values[offset + k],
                        Changed::Discrete(i) => discrete[i as usize] = values[offset + k],
                    }
                }
            }
            offset += places.len();
        }
    }
}

/// The clock of the events of `at` and `every`.
fn ticks(program: &Program, values: &Values, t0: f64) -> Result<Vec<(Element, Ticks)>, Trouble> {
    let kernel = program.kernel(Purpose::EventTimes)?;
    let mut times = vec![0.0; kernel.kernel().outputs[0].len as usize];
    if times.is_empty() {
        return Ok(Vec::new());
    }
    values.evaluate(&kernel, t0, &mut times);
    let (mut ticks, mut rest) = (Vec::new(), &times[..]);
    for (event, happening) in (0..).zip(&program.system().events) {
        let len = happening.len();
        let mut next = || {
            let (these, others) = rest.split_at(len);
            rest = others;
            these
        };
        let element = |element: usize| Element { event, element: element as u32 };
        match &happening.when {
            When::Condition(_) => {}
            When::At(list) => {
                for _ in list {
                    let times = next();
                    if times.iter().any(|t| t.is_nan()) {
                        return Err(Trouble::Moment(BadMoment {
                            event: happening.name.clone(),
                            t: f64::NAN,
                        }));
                    }
                    ticks.extend(times.iter().enumerate().map(|(k, &t)| (element(k), Ticks::Once(t))));
                }
            }
            When::Every { .. } => {
                let (periods, from) = (next(), next());
                for k in 0..len {
                    let period = periods[k];
                    let event = || happening.name.clone();
                    if !(period > 0.0 && period.is_finite()) {
                        return Err(Trouble::Period(BadPeriod { event: event(), period }));
                    }
                    if !from[k].is_finite() {
                        return Err(Trouble::Moment(BadMoment { event: event(), t: from[k] }));
                    }
                    ticks.push((element(k), Ticks::Every { from: from[k], period }));
                }
            }
        }
    }
    Ok(ticks)
}

impl Events for CompiledEvents {
    fn conditions(&self) -> &[Element] {
        &self.conditions
    }

    fn truths(&self, at: &Interval, _: f64, u: &[f64], truths: &mut [f64]) {
        if let Some(kernel) = &self.happens {
            self.call(kernel, at, u, at.held.discrete, truths);
        }
    }

    fn ticks(&self, _: f64) -> &[(Element, Ticks)] {
        &self.ticks
    }

    fn apply(
        &self,
        event: u32,
        elements: &[u32],
        at: &Interval,
        u: &mut [f64],
        discrete: &mut [f64],
    ) -> Then {
        let reaction = &self.reactions[event as usize];
        if let Some(kernel) = &reaction.kernel {
            let mut values = vec![0.0; reaction.changes.iter().map(Vec::len).sum()];
            let together = match reaction.reach {
                Reach::Own => elements.len().max(1),
                Reach::Shared => 1,
            };
            for some in elements.chunks(together) {
                self.call(kernel, at, u, discrete, &mut values);
                reaction.assign(&values, some, u, discrete);
            }
        }
        reaction.then
    }

    fn log(&self, event: u32, at: &Interval, u: &[f64], values: &mut Vec<f64>) {
        if let Some((_, kernel)) = self.log.as_ref().filter(|(logged, _)| *logged == event) {
            let from = values.len();
            values.resize(from + kernel.len(), 0.0);
            self.call(kernel, at, u, at.held.discrete, &mut values[from..]);
        }
    }
}
