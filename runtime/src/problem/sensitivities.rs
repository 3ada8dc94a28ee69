//! The derivatives by parameters and initial values that a compiled model has among its unknowns.

use nde_compiler::algebra::{Expr, Range};
use nde_compiler::derive::event::When;
use nde_compiler::derive::system::{Layout, System, Timing};
use nde_compiler::program::{Missing, Program, Purpose, Runs};

use super::{Given, Kernel, Place, Values};
use crate::dynamics::Interval;
use crate::dynamics::event::{Element, Ticks};
use crate::dynamics::sensitivity::{Cause, Direction, Sensitivities};

/// The sensitivities of a program with its values.
pub struct CompiledSensitivities {
    directions: Vec<Direction>,
    /// For state and timed functions: their derivatives by each of the compiler's directions, with how many numbers each is.
    changes: [Vec<(Kernel, usize)>; 2],
    rates: [Option<Kernel>; 2],
    /// How many functions depend on the state.
    roots: usize,
    /// For each event and element.
    guards: Vec<Vec<Vec<u32>>>,
    idle: Vec<bool>,
    by_clock: Vec<bool>,
    clock: Vec<Tick>,
    values: Values,
}

/// A tick of the clock, with the derivatives of its times by each direction.
struct Tick {
    element: Element,
    ticks: Ticks,
    /// Of the beginning or the only time, and of the period.
    from: Vec<f64>,
    period: Vec<f64>,
}

/// The derivative's place of every element: `tangent + element·width + k`.
fn pairs(layout: &Layout, system: &System, direction: usize, k: usize) -> Vec<(usize, usize)> {
    let direction = &system.directions[direction];
    let mut pairs = Vec::new();
    for part in &layout.parts {
        let tangent = direction.tangent(part.symbol).and_then(|tangent| layout.find(tangent));
        let Some(tangent) = tangent else { continue };
        let place = |i: u64| tangent.offset as usize + i as usize * direction.len() + k;
        pairs.extend((0..part.len()).map(|i| ((part.offset + i) as usize, place(i))));
    }
    pairs
}

/// Every number that is differentiated by, as direction of the system and element of it.
fn numbers(system: &System) -> Vec<(usize, usize)> {
    let all = system.directions.iter().enumerate();
    all.flat_map(|(d, direction)| (0..direction.len()).map(move |k| (d, k))).collect()
}

/// The unknowns with their derivatives by each number that is differentiated by.
pub fn directions(system: &System) -> Vec<Direction> {
    let place = |d: usize, k: usize| Direction {
        pairs: pairs(&system.unknowns, system, d, k),
        moment: system.directions[d]
            .moment
            .and_then(|moment| system.discretes.find(moment))
            .map_or(usize::MAX, |part| part.offset as usize + k),
    };
    numbers(system).into_iter().map(|(d, k)| place(d, k)).collect()
}

/// The value of every number that is differentiated by.
pub fn quantities(system: &System, values: &Values) -> Vec<f64> {
    let vectors: [(&Layout, &[f64]); 4] = [
        (&system.parameters, &values.p),
        (&system.unknowns, &values.u0),
        (&system.discretes, &values.discrete),
        (&system.inputs, &values.inputs),
    ];
    let value = |(d, k): (usize, usize)| {
        let direction = &system.directions[d];
        let found = vectors.iter().find_map(|(layout, v)| Some((layout.find(direction.symbol)?, v)));
        let (part, v) = found.expect("what is differentiated by is a variable");
        match &direction.element {
            Some(element) => v[system.flat(part, element, &[]) as usize],
            None => v[part.offset as usize + k],
        }
    };
    numbers(system).into_iter().map(value).collect()
}

/// What is given from outside does not follow anything: its derivative is zero, unless it is what is differentiated by.
pub fn held(system: &System, given: &[Given]) -> Vec<Given> {
    let mut held = Vec::new();
    for g in given {
        let layout = match g.place {
            Place::Initial => &system.unknowns,
            Place::Parameters => &system.parameters,
            Place::Discrete => &system.discretes,
            Place::Inputs => &system.inputs,
        };
        for (d, k) in numbers(system) {
            let symbol = system.directions[d].symbol;
            let own =
                layout.find(symbol).map(|part| part.offset as usize..(part.offset + part.len()) as usize);
            let zero = pairs(layout, system, d, k).into_iter().filter(|(i, _)| {
                (g.offset..g.offset + g.values.len()).contains(i)
                    && !own.as_ref().is_some_and(|own| own.contains(i))
            });
            held.extend(zero.map(|(_, offset)| Given { place: g.place, offset, values: vec![0.0] }));
        }
    }
    held
}

impl CompiledSensitivities {
    /// The sensitivities of a program that has any, with the ticks of its events.
    ///
    /// # Errors
    /// A host function or a derivative is missing.
    pub fn new(
        program: &Program,
        values: &Values,
        t0: f64,
        ticks: &[(Element, Ticks)],
    ) -> Result<Option<CompiledSensitivities>, Missing> {
        let (widths, places) = {
            let system = program.system();
            let widths: Vec<usize> = system.directions.iter().map(|d| d.len()).collect();
            (widths, directions(&system))
        };
        if widths.is_empty() {
            return Ok(None);
        }
        let kernels = |timing: Timing| -> Result<(Vec<(Kernel, usize)>, Option<Kernel>), Missing> {
            if super::has_switches(program, timing) == 0 {
                return Ok((Vec::new(), None));
            }
            let changes =
                observe_each(program, &widths, Runs::Often, &|system, d| system.root_changes(d, timing))?;
            Ok((changes, Some(Kernel::new(program.kernel(Purpose::RootRates(timing))?))))
        };
        let (state, state_rates) = kernels(Timing::State)?;
        let (timed, timed_rates) = kernels(Timing::Timed)?;
        let times = observe_each(program, &widths, Runs::Once, &|system, d| system.event_time_changes(d))?;
        let system = program.system();
        Ok(Some(CompiledSensitivities {
            directions: places,
            changes: [state, timed],
            rates: [state_rates, timed_rates],
            roots: super::roots_of(&system, Timing::State),
            guards: (0..system.events.len()).map(|k| system.guards(k)).collect(),
            idle: system.events.iter().map(|e| e.assignments.is_empty()).collect(),
            by_clock: system.events.iter().map(|e| !matches!(e.when, When::Condition(_))).collect(),
            clock: clock(&system, values, t0, ticks, &times),
            values: values.clone(),
        }))
    }

    /// The functions' kind, and the place of a mode's function among them.
    fn place(&self, mode: usize) -> (usize, usize) {
        if mode < self.roots { (0, mode) } else { (1, mode - self.roots) }
    }

    fn inputs<'a>(&'a self, at: &Interval<'a>, t: &'a [f64; 1], u: &'a [f64]) -> [&'a [f64]; 7] {
        let v = &self.values;
        [t, u, &v.p, at.held.discrete, at.held.modes, &v.constants, &v.inputs]
    }
}

type Expressions = Vec<(Vec<Range>, Expr)>;

/// A kernel a direction, for what it says of the system.
fn observe_each(
    program: &Program,
    widths: &[usize],
    runs: Runs,
    expressions: &dyn Fn(&mut System, usize) -> Result<Expressions, String>,
) -> Result<Vec<(Kernel, usize)>, Missing> {
    let kernel = |(d, &width): (usize, &usize)| {
        let expressions = expressions(&mut program.system(), d).map_err(Missing::Derivative)?;
        Ok((Kernel::new(program.observe(&expressions, runs)?), width))
    };
    widths.iter().enumerate().map(kernel).collect()
}

/// The ticks in the order of [`System::event_times`], with the derivatives of their times.
fn clock(
    system: &System,
    values: &Values,
    t0: f64,
    ticks: &[(Element, Ticks)],
    times: &[(Kernel, usize)],
) -> Vec<Tick> {
    // The derivatives of each time of that order, one a direction.
    let mut changes: Vec<Vec<f64>> = Vec::new();
    for (kernel, width) in times {
        let mut result = vec![0.0; kernel.len()];
        values.evaluate(&kernel.executable, t0, &mut result);
        changes.resize(result.len() / (*width).max(1), Vec::new());
        changes.iter_mut().zip(result.chunks_exact((*width).max(1))).for_each(|(c, r)| c.extend(r));
    }
    let mut clock = Vec::new();
    let (mut next, mut rest) = (0, ticks.iter());
    for event in &system.events {
        let len = event.len();
        let rounds = match &event.when {
            When::Condition(_) => continue,
            When::At(list) => list.len(),
            When::Every { .. } => 1,
        };
        let is_series = matches!(event.when, When::Every { .. });
        for _ in 0..rounds {
            for k in 0..len {
                let Some(&(element, ticks)) = rest.next() else { return clock };
                let (period, from) = match is_series {
                    true => (changes[next + k].clone(), changes[next + len + k].clone()),
                    false => (Vec::new(), changes[next + k].clone()),
                };
                clock.push(Tick { element, ticks, from, period });
            }
            next += if is_series { 2 * len } else { len };
        }
    }
    clock
}

impl Sensitivities for CompiledSensitivities {
    fn directions(&self) -> &[Direction] {
        &self.directions
    }

    fn mode_changes(&self, mode: usize, at: &Interval, t: f64, u: &[f64], changes: &mut [f64]) {
        let (kind, place) = self.place(mode);
        let mut filled = 0;
        for (kernel, width) in &self.changes[kind] {
            let mut result = vec![0.0; kernel.len()];
            kernel.call(&self.inputs(at, &[t], u), &mut [&mut result]);
            changes[filled..filled + width].copy_from_slice(&result[place * width..(place + 1) * width]);
            filled += width;
        }
    }

    fn mode_rate(&self, mode: usize, at: &Interval, t: f64, u: &[f64], slope: &[f64]) -> f64 {
        let (kind, place) = self.place(mode);
        let Some(kernel) = &self.rates[kind] else { return f64::NAN };
        let mut result = vec![0.0; kernel.len()];
        let t = [t];
        let [a, b, c, d, e, f, g] = self.inputs(at, &t, u);
        kernel.call(&[a, b, c, d, e, f, g, slope], &mut [&mut result]);
        result[place]
    }

    fn cause(&self, element: Element) -> Cause<'_> {
        let event = element.event as usize;
        let guards = &self.guards[event][element.element as usize];
        match (self.idle[event], self.by_clock[event]) {
            (true, _) => Cause::Idle,
            (false, true) => Cause::Clock,
            (false, false) => Cause::Modes(guards),
        }
    }

    fn tick_changes(&self, element: Element, t: f64, changes: &mut [f64]) {
        changes.fill(0.0);
        let time = |tick: &Tick| match tick.ticks {
            Ticks::Once(at) => (at, 0.0),
            Ticks::Every { from, period } => {
                let count = ((t - from) / period).round();
                (from + count * period, count)
            }
        };
        let distance = |tick: &&Tick| (time(tick).0 - t).abs();
        let own = self.clock.iter().filter(|tick| tick.element == element);
        let Some(tick) = own.min_by(|a, b| distance(a).total_cmp(&distance(b))) else { return };
        let (_, count) = time(tick);
        for (k, change) in changes.iter_mut().enumerate() {
            *change = tick.from[k] + tick.period.get(k).map_or(0.0, |period| count * period);
        }
    }
}
