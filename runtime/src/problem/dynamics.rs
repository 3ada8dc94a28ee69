//! The dynamics of a compiled model: kernels behind the solver's view.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use nde_compiler::derive::adjoint::{Intermediates, Wanted};
use nde_compiler::derive::jacobian::Coverage;
use nde_compiler::derive::system::Timing;
use nde_compiler::derive::tangent::Direction;
use nde_compiler::program::{Missing, Program, Purpose};

use crate::dynamics::event::Events;
use crate::dynamics::mode::Shape;
use crate::dynamics::sensitivity::Sensitivities;
use crate::dynamics::{Dynamics, Held, Interval, LinearStep, SecondOrder, Stages};
use crate::linear::{Matrix, Pattern};
use crate::tableau::{Linear, Tableau};

use super::points::TablePoints;
use super::step::{LinearKernels, Made, StepKernel};
use super::stops::Timed;
use super::{CompiledEvents, CompiledSensitivities, Kernel, Trouble, Values, has_switches};

/// Kernels for whole steps take as long to make as so many steps gain by them.
const PATIENCE: u64 = 10_000;
/// Systems up to this size have a dense Jacobian.
const LARGEST_DENSE: usize = 64;

/// A program with its values, as a [`Dynamics`].
pub struct Compiled {
    pub(super) program: Arc<Program>,
    pub values: Values,
    pub(super) n: usize,
    rhs: Kernel,
    jacobian: OnceCell<Derivative>,
    jvp: OnceCell<Kernel>,
    vjp: OnceCell<Kernel>,
    parameter_jvp: OnceCell<Kernel>,
    parameter_vjp: OnceCell<Kernel>,
    time: OnceCell<Kernel>,
    second_order: OnceCell<SecondOrder>,
    pub(super) mass: Option<Matrix>,
    algebraic: Vec<bool>,
    roots: Option<Kernel>,
    timed: Option<Timed>,
    truths: Option<Kernel>,
    /// Of the modes of switches that depend on the state.
    shapes: Vec<Shape>,
    counts: [usize; 2],
    /// How many of the root functions are those of switches.
    switches: usize,
    points: Option<TablePoints>,
    events: Option<CompiledEvents>,
    sensitivities: Option<CompiledSensitivities>,
    patience: u64,
    pub(super) made: Made,
}

/// A Jacobian's kernel and where its entries go.
enum Derivative {
    Blocks {
        kernel: Kernel,
        pattern: Pattern,
        places: Vec<f64>,
    },
    /// Column by column, by products with unit vectors: dense.
    Products,
}

impl Compiled {
    /// # Errors
    /// A host function or a derivative that solving needs is missing.
    pub fn new(program: Arc<Program>, values: Values) -> Result<Compiled, Missing> {
        let rhs = Kernel::new(program.kernel(Purpose::Rhs)?);
        let counts = [Timing::State, Timing::Timed].map(|t| has_switches(&program, t));
        let kernel = |purpose: Purpose, wanted: bool| -> Result<Option<Kernel>, Missing> {
            wanted.then(|| program.kernel(purpose).map(Kernel::new)).transpose()
        };
        let roots = kernel(Purpose::Roots(Timing::State), counts[0] > 0)?;
        let timed = Timed::new(&program)?;
        let truths = kernel(Purpose::Conditions(Timing::State), counts[0] > 0)?;
        let switches = program.system().switch_count();
        let points = TablePoints::of(&program)?;
        let mut shapes = super::shapes_of(&program.system(), Timing::State);
        shapes.truncate(switches);
        let (n, differential, has_mass) = {
            let system = program.system();
            (system.dim() as usize, system.differential as usize, system.mass.is_some())
        };
        let mut compiled = Compiled {
            program,
            values,
            n,
            rhs,
            jacobian: OnceCell::new(),
            jvp: OnceCell::new(),
            vjp: OnceCell::new(),
            parameter_jvp: OnceCell::new(),
            parameter_vjp: OnceCell::new(),
            time: OnceCell::new(),
            second_order: OnceCell::new(),
            mass: None,
            algebraic: Vec::new(),
            roots,
            timed,
            truths,
            shapes,
            counts,
            switches,
            points,
            events: None,
            sensitivities: None,
            patience: 0,
            made: Made::default(),
        };
        if has_mass {
            compiled.mass = Some(compiled.mass_matrix(differential)?);
            compiled.algebraic = (0..n).map(|i| i >= differential).collect();
        }
        Ok(compiled)
    }

    /// The same with the events of the model.
    pub fn with_events(mut self, events: Option<CompiledEvents>) -> Compiled {
        self.events = events;
        self
    }

    /// Makes the problem that of other values of the same model, which is much less work than to make it anew.
    ///
    /// # Errors
    /// An event's period is not positive.
    pub fn rebind(&mut self, values: &Values, t0: f64) -> Result<(), Trouble> {
        self.values.assign(values);
        if let Some(Matrix::Full { .. }) = self.mass {
            let differential = self.program.system().differential as usize;
            self.mass = Some(self.mass_matrix(differential)?);
        }
        match &mut self.events {
            Some(events) => events.rebind(&self.program, &self.values, t0),
            None => Ok(()),
        }
    }

    /// The same with how the instants move with what it is differentiated by.
    pub fn with_sensitivities(mut self, sensitivities: Option<CompiledSensitivities>) -> Compiled {
        self.sensitivities = sensitivities;
        self
    }

    /// The same for a single solve: kernels for whole steps are made after some thousand steps only.
    pub fn once(mut self) -> Compiled {
        self.patience = PATIENCE;
        self
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// 1 on the diagonal of the rows that equations leave alone, 0 for algebraic rows, and the entries of the others.
    fn mass_matrix(&self, differential: usize) -> Result<Matrix, Missing> {
        let pattern = self.program.system().mass_pattern();
        if pattern.is_empty() {
            let diagonal = (0..self.n).map(|i| if i < differential { 1.0 } else { 0.0 }).collect();
            return Ok(Matrix::Diagonal(diagonal));
        }
        let mut entries = vec![0.0; pattern.len()];
        self.values.evaluate(&*self.program.kernel(Purpose::Mass)?, 0.0, &mut entries);
        let mut by_place: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for i in 0..differential {
            if !pattern.iter().any(|&(row, _)| row as usize == i) {
                by_place.insert((i, i), 1.0);
            }
        }
        for (&(row, column), value) in pattern.iter().zip(entries) {
            *by_place.entry((column as usize, row as usize)).or_insert(0.0) += value;
        }
        let mut starts = vec![0; self.n + 1];
        let (mut rows, mut values) = (Vec::new(), Vec::new());
        for (&(column, row), &value) in &by_place {
            starts[column + 1] += 1;
            rows.push(row);
            values.push(value);
        }
        for j in 0..self.n {
            starts[j + 1] += starts[j];
        }
        Ok(Matrix::Full { pattern: Pattern::Sparse { n: self.n, starts, rows }, values })
    }

    /// The inputs that all kernels share.
    fn inputs<'a>(&'a self, at: &'a Interval, t: &'a [f64; 1], u: &'a [f64]) -> [&'a [f64]; 7] {
        let v = &self.values;
        [t, u, &v.p, at.held.discrete, at.held.modes, &v.constants, &v.inputs]
    }

    /// A kernel that a method asks for in the middle of a solve. `session` asked for all of them before, so that what
    /// is missing was reported.
    fn kernel<'a>(&self, cell: &'a OnceCell<Kernel>, purpose: Purpose) -> &'a Kernel {
        cell.get_or_init(|| match self.program.kernel(purpose) {
            Ok(executable) => Kernel::new(executable),
            Err(missing) => panic!("{missing:?} was not reported before the solve"),
        })
    }

    fn derivative(&self) -> &Derivative {
        self.jacobian.get_or_init(|| {
            let complete = self.program.jacobian().coverage == Coverage::Complete;
            if !complete {
                return Derivative::Products;
            }
            // The rows of a system of higher index are chosen from by their places.
            let dense = self.n <= LARGEST_DENSE || self.program.system().structure.is_some();
            let (pattern, places) = match dense {
                true => (Pattern::Dense(self.n), Vec::new()),
                false => self.sparse_pattern(),
            };
            let purpose = match dense {
                true => Purpose::DenseJacobian,
                false => Purpose::SparseJacobian(pattern.len() as u64),
            };
            match self.program.kernel(purpose) {
                Ok(executable) => Derivative::Blocks { kernel: Kernel::new(executable), pattern, places },
                Err(missing) => panic!("{missing:?} was not reported before the solve"),
            }
        })
    }

    /// The distinct entries by columns, and the slot of each entry of the blocks.
    fn sparse_pattern(&self) -> (Pattern, Vec<f64>) {
        let jacobian = self.program.jacobian();
        let entries = self.program.system().pattern(&jacobian);
        let mut order: Vec<(u32, u32)> = entries.iter().map(|&(i, j)| (j, i)).collect();
        // The diagonal is always there: M/(γh) − J has it.
        order.extend((0..self.n as u32).map(|i| (i, i)));
        order.sort_unstable();
        order.dedup();
        let mut starts = vec![0; self.n + 1];
        for &(j, _) in &order {
            starts[j as usize + 1] += 1;
        }
        for j in 0..self.n {
            starts[j + 1] += starts[j];
        }
        let slot = |&(i, j): &(u32, u32)| {
            let (from, to) = (starts[j as usize], starts[j as usize + 1]);
            let within = order[from..to].binary_search(&(j, i)).expect("the pattern has every entry");
            (from + within) as f64
        };
        let places = entries.iter().map(slot).collect();
        let rows = order.iter().map(|&(_, i)| i as usize).collect();
        (Pattern::Sparse { n: self.n, starts, rows }, places)
    }
}

impl Dynamics for Compiled {
    fn dim(&self) -> usize {
        self.n
    }

    fn rhs(&self, at: &Interval, t: f64, u: &[f64], du: &mut [f64]) {
        self.rhs.call(&self.inputs(at, &[t], u), &mut [du]);
    }

    fn pattern(&self) -> Pattern {
        match self.derivative() {
            Derivative::Blocks { pattern, .. } => pattern.clone(),
            Derivative::Products => Pattern::Dense(self.n),
        }
    }

    fn jacobian(&self, at: &Interval, t: f64, u: &[f64], values: &mut [f64]) {
        let Derivative::Blocks { kernel, places, .. } = self.derivative() else {
            let mut unit = vec![0.0; self.n];
            for (j, column) in values.chunks_exact_mut(self.n).enumerate() {
                unit[j] = 1.0;
                self.jvp(at, t, u, &unit, column);
                unit[j] = 0.0;
            }
            return;
        };
        let t = [t];
        let [a, b, c, d, e, f, g] = self.inputs(at, &t, u);
        match places.is_empty() {
            true => kernel.call(&[a, b, c, d, e, f, g], &mut [values]),
            false => kernel.call(&[a, b, c, d, e, f, g, places], &mut [values]),
        }
    }

    fn time_derivative(&self, at: &Interval, t: f64, u: &[f64], ft: &mut [f64]) {
        let kernel = self.kernel(&self.time, Purpose::Pushforward(Direction::Time));
        kernel.call(&self.inputs(at, &[t], u), &mut [ft]);
    }

    fn jvp(&self, at: &Interval, t: f64, u: &[f64], v: &[f64], jv: &mut [f64]) {
        let kernel = self.kernel(&self.jvp, Purpose::Pushforward(Direction::State));
        let t = [t];
        let [a, b, c, d, e, f, g] = self.inputs(at, &t, u);
        kernel.call(&[a, b, c, d, e, f, g, v], &mut [jv]);
    }

    fn is_matrix_free(&self) -> bool {
        true
    }

    fn vjp(&self, at: &Interval, t: f64, u: &[f64], λ: &[f64], ū: &mut [f64]) {
        let purpose = Purpose::Pullback(Wanted::State, Intermediates::Recompute);
        let kernel = self.kernel(&self.vjp, purpose);
        let t = [t];
        let [a, b, c, d, e, f, g] = self.inputs(at, &t, u);
        kernel.call(&[a, b, c, d, e, f, g, λ], &mut [ū]);
    }

    fn parameter_count(&self) -> usize {
        self.values.p.len()
    }

    fn parameter_jvp(&self, at: &Interval, t: f64, u: &[f64], ṗ: &[f64], du: &mut [f64]) {
        let kernel = self.kernel(&self.parameter_jvp, Purpose::Pushforward(Direction::Parameters));
        let t = [t];
        let [a, b, c, d, e, f, g] = self.inputs(at, &t, u);
        let mut change = vec![0.0; self.n];
        kernel.call(&[a, b, c, d, e, f, g, ṗ], &mut [&mut change]);
        du.iter_mut().zip(change).for_each(|(du, change)| *du += change);
    }

    fn parameter_pullback(&self, at: &Interval, t: f64, u: &[f64], λ: &[f64], p̄: &mut [f64]) {
        let purpose = Purpose::Pullback(Wanted::Parameters, Intermediates::Recompute);
        let kernel = self.kernel(&self.parameter_vjp, purpose);
        let t = [t];
        let [a, b, c, d, e, f, g] = self.inputs(at, &t, u);
        kernel.call(&[a, b, c, d, e, f, g, λ], &mut [p̄]);
    }

    fn mass(&self) -> Option<&Matrix> {
        self.mass.as_ref()
    }

    fn algebraic(&self) -> &[bool] {
        &self.algebraic
    }

    fn second_order(&self) -> Option<&SecondOrder> {
        Some(self.second_order.get_or_init(|| {
            let jacobian = self.program.jacobian();
            let split = self.program.system().second_order(&jacobian);
            let positions = |list: &[u32]| list.iter().map(|&k| k as usize).collect();
            SecondOrder {
                pairs: split.pairs.iter().map(|&(x, v)| (x as usize, v as usize)).collect(),
                unpaired: positions(&split.unpaired),
                dependent: positions(&split.dependent),
            }
        }))
    }

    fn stages(&self, tableau: &Tableau) -> Option<Box<dyn Stages + '_>> {
        StepKernel::new(self, tableau).map(|kernel| Box::new(kernel) as Box<dyn Stages>)
    }

    fn patience(&self) -> u64 {
        self.patience
    }

    fn linear_step(&self, tableau: &Linear) -> Option<Box<dyn LinearStep + '_>> {
        LinearKernels::new(self, tableau).map(|kernels| Box::new(kernels) as Box<dyn LinearStep>)
    }

    fn discrete(&self) -> &[f64] {
        &self.values.discrete
    }

    fn events(&self) -> Option<&dyn Events> {
        self.events.as_ref().map(|events| events as &dyn Events)
    }

    fn sensitivities(&self) -> Option<&dyn Sensitivities> {
        self.sensitivities.as_ref().map(|sensitivities| sensitivities as &dyn Sensitivities)
    }

    fn root_count(&self) -> usize {
        self.counts[0]
    }

    fn switch_count(&self) -> usize {
        self.switches
    }

    fn shapes(&self) -> Vec<Shape> {
        self.shapes.clone()
    }

    fn roots(&self, at: &Interval, t: f64, u: &[f64], g: &mut [f64]) {
        if let Some(kernel) = &self.roots {
            kernel.call(&self.inputs(at, &[t], u), &mut [g]);
        }
    }

    fn truths(&self, at: &Interval, t: f64, u: &[f64], modes: &mut [f64]) {
        if let Some(kernel) = &self.truths {
            // Conditions are computed as they stand: they read no modes.
            let unread = self.unread();
            let at = Interval { held: Held { modes: &unread, ..at.held }, ..*at };
            kernel.call(&self.inputs(&at, &[t], u), &mut [&mut modes[..self.counts[0]]]);
        }
    }

    fn timed_count(&self) -> usize {
        self.counts[1]
    }

    fn timed(&self, t: f64, modes: &mut [f64]) {
        if let Some(timed) = &self.timed {
            timed.at(&self.values, t, &self.unread(), modes);
        }
    }

    fn next_change(&self, t: f64, t1: f64) -> Option<f64> {
        self.timed.as_ref()?.next_change(&self.values, t, t1, &self.unread())
    }

    fn next_point(&self, t: f64, t1: f64) -> f64 {
        let Some(points) = &self.points else { return t1 };
        let (v, unread) = (&self.values, self.unread());
        let at = |kernel: &Kernel, t: f64, read: &mut [f64]| {
            let t = [t];
            let inputs: [&[f64]; 7] = [&t, &v.u0, &v.p, &v.discrete, &unread, &v.constants, &v.inputs];
            kernel.call(&inputs, &mut [read]);
        };
        points.next(&at, t, t1)
    }
}

impl Compiled {
    /// Runs a kernel at a point.
    pub(super) fn call_at(&self, kernel: &Kernel, at: &Interval, u: &[f64], result: &mut [f64]) {
        kernel.call(&self.inputs(at, &[at.t], u), &mut [result]);
    }

    /// Modes where none are read.
    fn unread(&self) -> Vec<f64> {
        vec![0.0; self.counts[0] + self.counts[1]]
    }
}
