//! A system with its kernels, each lowered and compiled when it is first asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::algebra::{Expr, Function, Range, Symbol};
use crate::derive::adjoint::{Intermediates, Wanted};
use crate::derive::jacobian::Jacobian;
use crate::derive::linear_step::LinearCoefficients;
use crate::derive::stages::Coefficients;
use crate::derive::system::{System, Timing};
use crate::derive::tangent::Direction;
use crate::emit::loops::schedule;
use crate::emit::program::{Executable, Executor, HostFunction, MissingHost};
use crate::emit::routine::Routine;

/// A compiled model. Values never enter it: parameters, initial values and data are buffers of the caller.
pub struct Program {
    system: Mutex<System>,
    executor: Executor,
    hosts: HashMap<String, HostFunction>,
    kernels: Mutex<HashMap<Purpose, Arc<Executable>>>,
    observed: Mutex<HashMap<(Vec<(Vec<Range>, Expr)>, Runs), Arc<Executable>>>,
    steps: Mutex<HashMap<Step, Arc<Executable>>>,
    linear_steps: Mutex<HashMap<Step, Option<LinearStep>>>,
    jacobian: Mutex<Option<Arc<Jacobian>>>,
}

/// The bits of a step's coefficients, row after row: those of a, then c, then the error's weights.
type Step = Vec<Vec<u64>>;

/// The kernels of a Rosenbrock step, as [`crate::derive::linear_step`] describes them.
#[derive(Clone)]
pub struct LinearStep {
    pub linearise: Arc<Executable>,
    pub step: Arc<Executable>,
    pub solve: Arc<Executable>,
    /// Row and column of each entry of J.
    pub entries: Arc<Vec<(u32, u32)>>,
}

/// What a kernel computes; the `derive` routine of the same name says its slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    Constants,
    Defaults,
    InputDefaults,
    InitialDiscrete,
    Initial,
    Mass,
    Rhs,
    TapedRhs,
    Pushforward(Direction),
    Pullback(Wanted, Intermediates),
    DenseJacobian,
    /// With this many stored values.
    SparseJacobian(u64),
    Roots(Timing),
    /// dg/dt of the root functions.
    RootRates(Timing),
    Conditions(Timing),
    /// What goes round in the timed root functions.
    Turns,
    InitialResiduals,
    /// With this many stored values.
    InitialJacobian(u64),
    Happens,
    EventTimes,
    /// Of the event with this number.
    Reset(usize),
}

/// How often a kernel will run: what runs once is interpreted where that is sooner done than compiled, and what is made for a long
/// run is compiled at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runs {
    Once,
    Often,
    Long,
}

/// Instructions that are interpreted in less time than a compilation takes.
const INTERPRETED: u64 = 50_000;

/// Why a kernel cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// An `extern fn` that no host supplies.
    Host(String),
    /// A function without a declared derivative, where one is needed.
    Derivative(String),
}

impl Purpose {
    fn runs(self) -> Runs {
        match self {
            Purpose::Constants
            | Purpose::Defaults
            | Purpose::InputDefaults
            | Purpose::InitialDiscrete
            | Purpose::Initial
            | Purpose::Mass
            | Purpose::InitialResiduals
            | Purpose::InitialJacobian(_)
            | Purpose::EventTimes => Runs::Once,
            _ => Runs::Often,
        }
    }
}

impl Program {
    pub fn new(system: System, executor: Executor, hosts: HashMap<String, HostFunction>) -> Program {
        Program {
            system: Mutex::new(system),
            executor,
            hosts,
            kernels: Mutex::new(HashMap::new()),
            observed: Mutex::new(HashMap::new()),
            steps: Mutex::new(HashMap::new()),
            linear_steps: Mutex::new(HashMap::new()),
            jacobian: Mutex::new(None),
        }
    }

    /// The system behind the kernels: layouts, names, spans.
    pub fn system(&self) -> MutexGuard<'_, System> {
        lock(&self.system)
    }

    /// The kernel for a purpose.
    ///
    /// # Errors
    /// A host function or a derivative that it needs is missing.
    pub fn kernel(&self, purpose: Purpose) -> Result<Arc<Executable>, Missing> {
        cached(&self.kernels, purpose, || {
            let (routine, missing) = self.routine(purpose)?;
            if let Some(function) = missing.first() {
                let name = self.system().model.algebra.function(*function).name.clone();
                return Err(Missing::Derivative(name));
            }
            self.executable(&routine, purpose.runs())
        })
    }

    /// A kernel for expressions over axes, one after the other; the same for the same expressions.
    ///
    /// # Errors
    /// A host function that it needs is missing.
    pub fn observe(
        &self,
        expressions: &[(Vec<Range>, Expr)],
        runs: Runs,
    ) -> Result<Arc<Executable>, Missing> {
        cached(&self.observed, (expressions.to_vec(), runs), || {
            let routine = self.system().observe("observe", expressions);
            self.executable(&routine, runs)
        })
    }

    /// A kernel for expressions that read statistics over members besides; these are its last input.
    ///
    /// # Errors
    /// A host function that it needs is missing.
    pub fn summarise(
        &self,
        expressions: &[(Vec<Range>, Expr)],
        statistics: &[Symbol],
    ) -> Result<Executable, Missing> {
        let routine = self.system().summarise("summarise", expressions, statistics);
        self.executable(&routine, Runs::Often)
    }

    /// A kernel for a whole step of an explicit Runge–Kutta method; the same for the same coefficients.
    ///
    /// # Errors
    /// A host function that it needs is missing.
    pub fn stages(&self, coefficients: &Coefficients) -> Result<Arc<Executable>, Missing> {
        let bits = |row: &[f64]| row.iter().map(|x| x.to_bits()).collect();
        let mut step: Step = coefficients.a.iter().map(|row| bits(row)).collect();
        step.extend([bits(coefficients.c), bits(coefficients.error)]);
        cached(&self.steps, step, || {
            let routine = self.system().stages(coefficients);
            self.executable(&routine, Runs::Long)
        })
    }

    /// The kernels for a whole step of a Rosenbrock method, where the system is one for them; the same for the same coefficients.
    ///
    /// # Errors
    /// A host function that it needs is missing.
    pub fn linear_step(&self, coefficients: &LinearCoefficients) -> Result<Option<LinearStep>, Missing> {
        let bits = |row: &[f64]| row.iter().map(|x| x.to_bits()).collect();
        let mut key: Step = vec![bits(&[coefficients.gamma])];
        key.extend(coefficients.a.iter().chain(coefficients.c).map(|row| bits(row)));
        let LinearCoefficients { alpha, d, m, error, .. } = coefficients;
        key.extend([alpha, d, m, error].map(|row| bits(row)));
        if let Some(known) = lock(&self.linear_steps).get(&key) {
            return Ok(known.clone());
        }
        let jacobian = self.jacobian();
        let routines = {
            let mut system = self.system();
            system.linearisation(&jacobian).map(|linear| {
                let step = system.linear_step(&linear, coefficients);
                let solve = system.linear_solve(&linear, coefficients.gamma);
                (linear, step, solve)
            })
        };
        let made = match routines {
            None => None,
            Some((linear, step, solve)) => Some(LinearStep {
                linearise: Arc::new(self.executable(&linear.routine, Runs::Long)?),
                step: Arc::new(self.executable(&step, Runs::Long)?),
                solve: Arc::new(self.executable(&solve, Runs::Long)?),
                entries: Arc::new(linear.entries),
            }),
        };
        lock(&self.linear_steps).insert(key, made.clone());
        Ok(made)
    }

    /// ∂f/∂u as blocks, derived once.
    pub fn jacobian(&self) -> Arc<Jacobian> {
        let mut jacobian = lock(&self.jacobian);
        jacobian.get_or_insert_with(|| Arc::new(self.system().jacobian())).clone()
    }

    fn routine(&self, purpose: Purpose) -> Result<(Routine, Vec<Function>), Missing> {
        let jacobian = match purpose {
            Purpose::DenseJacobian | Purpose::SparseJacobian(_) => Some(self.jacobian()),
            _ => None,
        };
        let missing = jacobian.as_ref().map_or(Vec::new(), |j| j.missing.clone());
        let mut system = self.system();
        let routine = match (purpose, jacobian) {
            (Purpose::DenseJacobian, Some(jacobian)) => system.dense_jacobian(&jacobian),
            (Purpose::SparseJacobian(values), Some(jacobian)) => system.sparse_jacobian(&jacobian, values),
            (Purpose::Constants, _) => system.constants(),
            (Purpose::Defaults, _) => system.defaults(),
            (Purpose::InputDefaults, _) => system.input_defaults(),
            (Purpose::InitialDiscrete, _) => system.initial_discrete(),
            (Purpose::Initial, _) => system.initial(),
            (Purpose::Mass, _) => system.mass_values(),
            (Purpose::Rhs, _) => system.rhs(),
            (Purpose::TapedRhs, _) => system.taped_rhs(),
            (Purpose::Roots(timing), _) => system.roots(timing),
            (Purpose::Conditions(timing), _) => system.conditions(timing),
            (Purpose::Turns, _) => system.turns(),
            (Purpose::InitialResiduals, _) => system.initial_residuals(),
            (Purpose::InitialJacobian(values), _) => {
                let jacobian = system.initial_jacobian();
                return Ok((system.sparse_jacobian(&jacobian, values), jacobian.missing));
            }
            (Purpose::Happens, _) => system.happens(),
            (Purpose::EventTimes, _) => system.event_times(),
            (Purpose::Reset(event), _) => system.reset(event),
            (Purpose::RootRates(timing), _) => return Ok(system.root_rates(timing)),
            (Purpose::Pushforward(direction), _) => return Ok(system.pushforward(direction)),
            (Purpose::Pullback(wanted, intermediates), _) => {
                return Ok(system.pullback(wanted, intermediates));
            }
            (Purpose::DenseJacobian | Purpose::SparseJacobian(_), None) => unreachable!("derived above"),
        };
        Ok((routine, missing))
    }

    fn executable(&self, routine: &Routine, runs: Runs) -> Result<Executable, Missing> {
        let kernel = schedule(self.system().algebra(), routine);
        let executor = match runs {
            Runs::Once if kernel.work() < INTERPRETED => Executor::Interpreter,
            Runs::Long if self.executor == Executor::Tiered => Executor::Machine,
            _ => self.executor,
        };
        Executable::new(kernel, executor, &|name| self.hosts.get(name).cloned())
            .map_err(|MissingHost(name)| Missing::Host(name))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The kernel of that key, made when it is first asked for.
fn cached<K: Eq + std::hash::Hash>(
    kernels: &Mutex<HashMap<K, Arc<Executable>>>,
    key: K,
    make: impl FnOnce() -> Result<Executable, Missing>,
) -> Result<Arc<Executable>, Missing> {
    let mut kernels = lock(kernels);
    if let Some(kernel) = kernels.get(&key) {
        return Ok(kernel.clone());
    }
    let kernel = Arc::new(make()?);
    kernels.insert(key, kernel.clone());
    Ok(kernel)
}
