//! A whole step of a Rosenbrock method as two routines for small systems: the linearisation at its beginning, which tries of the
//! same step share, and the step itself, with the elimination of W = M/(γh) − J written out for its nonzeros (as the kinetic
//! preprocessor KPP does: Sandu, Daescu, Carmichael, Geosci. Model Dev. 1 (2006)).

use rustc_hash::FxHashMap;

use crate::algebra::{Access, Affine, Expr, Function, Subscript, Symbol, Var};
use crate::emit::kernel::{Buffer, Role, Slot, Write};
use crate::emit::routine::{Assignment, Place, Routine};

use super::elimination::{Elimination, Structure};
use super::jacobian::{Coverage, Jacobian, for_each_index};
use super::stages::ErrorTest;
use super::system::System;
use super::tangent::Direction;

/// Eliminations with more multiplications are left to a loop.
const MOST_OPERATIONS: usize = 2000;

/// The coefficients of a step in the variables U_i = h Σ γ_ij k_j, as data of the caller.
#[derive(Clone, Copy, Debug)]
pub struct LinearCoefficients<'c> {
    pub gamma: f64,
    /// Rows 2, 3, … of a and of c; row i has i − 1 entries.
    pub a: &'c [&'c [f64]],
    pub c: &'c [&'c [f64]],
    pub alpha: &'c [f64],
    pub d: &'c [f64],
    pub m: &'c [f64],
    pub error: &'c [f64],
}

/// Where the linearisation has what: f, then ∂f/∂t, then the entries of J.
pub struct Linearisation {
    /// Row and column of each entry of J.
    pub entries: Vec<(u32, u32)>,
    elimination: Elimination,
    /// Whether f depends on t.
    by_time: TimeDependence,
    pub routine: Routine,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TimeDependence {
    Autonomous,
    Varying,
}

impl Linearisation {
    /// How many numbers it has for n unknowns.
    pub fn len(&self, n: usize) -> usize {
        2 * n + self.entries.len()
    }
}

impl System {
    /// The linearisation, where the system is one for a step in one routine: without equations that only a pivoting elimination
    /// could solve, and with few operations.
    pub fn linearisation(&mut self, jacobian: &Jacobian) -> Option<Linearisation> {
        let n = self.unknowns.len as usize;
        let identity = self.mass.as_ref().is_none_or(|entries| entries.is_empty());
        if !identity || jacobian.coverage != Coverage::Complete || !jacobian.missing.is_empty() {
            return None;
        }
        let mut values: Vec<((u32, u32), Expr)> = Vec::new();
        for block in &jacobian.blocks {
            let (row, column) = (self.result(block.row.0).clone(), self.unknown(block.column.0).clone());
            let mut indices = Vec::new();
            for_each_index(&block.loops, &mut |at| indices.push(at.to_vec()));
            for at in indices {
                let place = (
                    self.flat(&row, &block.row.1, &at) as u32,
                    self.flat(&column, &block.column.1, &at) as u32,
                );
                let fixed: Vec<(Var, Affine)> =
                    (0..).zip(&at).map(|(k, &i)| (Var::Axis(k), Affine::constant(i))).collect();
                let value = self.algebra().replace_vars(block.value, &fixed);
                match values.iter_mut().find(|(other, _)| *other == place) {
                    Some((_, sum)) => *sum = self.model.algebra.add(*sum, value),
                    None => values.push((place, value)),
                }
            }
        }
        let entries: Vec<(u32, u32)> = values.iter().map(|(place, _)| *place).collect();
        let masses = (0..self.differential as usize).map(|i| (i, i));
        let places = entries.iter().map(|&(i, j)| (i as usize, j as usize)).chain(masses);
        let elimination = Structure::new(n, places).eliminate()?;
        if elimination.operations > MOST_OPERATIONS {
            return None;
        }
        let (by_time, routine) = self.linearise(jacobian, values)?;
        Some(Linearisation { entries, elimination, by_time, routine })
    }

    /// f, ∂f/∂t and the entries of J in one output.
    fn linearise(
        &mut self,
        jacobian: &Jacobian,
        values: Vec<((u32, u32), Expr)>,
    ) -> Option<(TimeDependence, Routine)> {
        let n = self.unknowns.len;
        let (along_time, missing): (Routine, Vec<Function>) = self.pushforward(Direction::Time);
        if !missing.is_empty() {
            return None;
        }
        let mut routine = self.routine("linearise");
        let out = Buffer::Output(0);
        routine.outputs.push(Slot::new(Role::Result, 2 * n + values.len() as u64));
        self.results.place(out, &mut routine.places);
        routine.body = jacobian.prelude.clone();
        for row in self.rows.clone() {
            let (axes, target) = (row.axes, row.target);
            routine.body.push(Assignment {
                symbol: row.symbol,
                axes,
                target,
                value: row.value,
                write: Write::Set,
            });
        }
        // The same rows along time, under names of their own.
        let mut names: FxHashMap<Symbol, Symbol> = FxHashMap::default();
        for part in self.results.parts.clone() {
            let symbol = self.algebra().declare(format!("∂{}/∂t", part.name), &part.dims);
            routine.places.insert(symbol, Place::new(out, n + part.offset, &part.dims));
            names.insert(part.symbol, symbol);
        }
        let mut by_time = TimeDependence::Autonomous;
        for assignment in along_time.body {
            let known = routine.body.iter().any(|a| {
                a.symbol == assignment.symbol && a.target == assignment.target && a.value == assignment.value
            });
            match names.get(&assignment.symbol) {
                Some(&symbol) => {
                    if !self.model.algebra.is_zero(assignment.value) {
                        by_time = TimeDependence::Varying;
                    }
                    routine.body.push(Assignment { symbol, ..assignment });
                }
                None if known => {}
                None => routine.body.push(assignment),
            }
        }
        for (k, (_, value)) in values.into_iter().enumerate() {
            let symbol = self.algebra().declare("J", &[]);
            routine.places.insert(symbol, Place::new(out, 2 * n + k as u64, &[]));
            routine.body.push(set(symbol, value));
        }
        self.keep_needed(&mut routine);
        Some((by_time, routine))
    }

    /// Inputs: those of all routines, then h, the linearisation, atol and rtol. Outputs: U_1 … U_s; the new point; the mean square of
    /// the scaled error and the sum of the squares of all multipliers of the elimination, which tells whether its pivots served.
    pub fn linear_step(&mut self, linear: &Linearisation, coefficients: &LinearCoefficients) -> Routine {
        let n = self.unknowns.len;
        let mut routine = self.routine("linear_step");
        let first_own = routine.inputs.len() as u32;
        let input = |k: u32| Buffer::Input(first_own + k);
        routine.inputs.extend([
            Slot::new(Role::Step, 1),
            Slot::new(Role::Stage(0), linear.len(n as usize) as u64),
            Slot::new(Role::AbsoluteTolerance, n),
            Slot::new(Role::RelativeTolerance, 1),
        ]);
        let s = coefficients.m.len();
        routine.outputs.extend([
            Slot::new(Role::Stage(1), s as u64 * n),
            Slot::new(Role::Result, n),
            Slot::new(Role::ErrorNorm, 2),
        ]);
        let h = self.scalar_at("h", input(0), 0, &mut routine);
        let rtol = self.scalar_at("rtol", input(3), 0, &mut routine);
        let atol = self.parts_at("atol", input(2), 0, &mut routine);
        let of_linear: Vec<Expr> = (0..linear.len(n as usize) as u64)
            .map(|k| self.scalar_at("linear", input(1), k, &mut routine))
            .collect();
        let (f0, rest) = of_linear.split_at(n as usize);
        let (ft, entries) = rest.split_at(n as usize);
        let factors = self.factorise(linear, entries, h, coefficients.gamma, &mut routine);
        let mut stages: Vec<Vec<Symbol>> = Vec::new();
        for i in 0..s {
            let values: Vec<Expr> = match i {
                0 => f0.to_vec(),
                _ => self.stage_function(i, coefficients, &stages, h, &mut routine),
            };
            let right: Vec<Expr> = (0..n as usize)
                .map(|k| {
                    let past = if i == 0 { &[][..] } else { coefficients.c[i - 1] };
                    let slope = match linear.by_time {
                        TimeDependence::Varying => coefficients.d[i],
                        TimeDependence::Autonomous => 0.0,
                    };
                    self.right_side(values[k], k, past, &stages, h, (slope, ft[k]))
                })
                .collect();
            let solution = factors.solve(self, right, &mut routine);
            let stage = self.parts_at("U", Buffer::Output(0), i as u64 * n, &mut routine);
            self.store(&stage, &solution, &mut routine);
            stages.push(stage);
        }
        let point = self.parts_at("u1", Buffer::Output(1), 0, &mut routine);
        let values: Vec<Expr> = (0..n as usize).map(|k| self.moved(k, coefficients.m, &stages)).collect();
        self.store(&point, &values, &mut routine);
        let test = ErrorTest { weights: coefficients.error, stages: &stages, factor: None, point: &point };
        let square = Place::new(Buffer::Output(2), 0, &[]);
        self.mean_square(&test, &atol, rtol, square, &mut routine);
        let growth = self.algebra().declare("growth", &[]);
        routine.places.insert(growth, Place::new(Buffer::Output(2), 1, &[]));
        routine.body.push(set(growth, factors.growth));
        routine
    }

    /// Inputs: those of all routines, then h and a linearisation, the first n of whose numbers are any b. Output: x with W x = b.
    pub fn linear_solve(&mut self, linear: &Linearisation, gamma: f64) -> Routine {
        let n = self.unknowns.len as usize;
        let mut routine = self.routine("linear_solve");
        let first_own = routine.inputs.len() as u32;
        let size = linear.len(n) as u64;
        routine.inputs.extend([Slot::new(Role::Step, 1), Slot::new(Role::Stage(0), size)]);
        routine.outputs.push(Slot::new(Role::Result, n as u64));
        let h = self.scalar_at("h", Buffer::Input(first_own), 0, &mut routine);
        let values: Vec<Expr> = (0..size)
            .map(|k| self.scalar_at("linear", Buffer::Input(first_own + 1), k, &mut routine))
            .collect();
        let factors = self.factorise(linear, &values[2 * n..], h, gamma, &mut routine);
        let solution = factors.solve(self, values[..n].to_vec(), &mut routine);
        let x = self.parts_at("x", Buffer::Output(0), 0, &mut routine);
        self.store(&x, &solution, &mut routine);
        routine
    }

    /// F_i = f(t + α_i h, u + Σ a_ij U_j), element by element.
    fn stage_function(
        &mut self,
        i: usize,
        coefficients: &LinearCoefficients,
        stages: &[Vec<Symbol>],
        h: Expr,
        routine: &mut Routine,
    ) -> Vec<Expr> {
        let n = self.unknowns.len as usize;
        let point = self.temporaries("g");
        let values: Vec<Expr> = (0..n).map(|k| self.moved(k, coefficients.a[i - 1], stages)).collect();
        self.store(&point, &values, routine);
        let derivative: Vec<Symbol> = {
            let parts = self.results.parts.clone();
            parts.iter().map(|p| self.algebra().declare(format!("F.{}", p.name), &p.dims)).collect()
        };
        let time = self.time_at(h, coefficients.alpha[i]);
        self.evaluate(&point, time, &derivative, routine);
        let parts = self.results.parts.clone();
        let mut elements = Vec::with_capacity(n);
        for (part, &symbol) in parts.iter().zip(&derivative) {
            for access in places(&part.dims) {
                elements.push(self.algebra().read(symbol, access));
            }
        }
        elements
    }

    /// u_k + Σ w_j U_jk.
    fn moved(&mut self, k: usize, weights: &[f64], stages: &[Vec<Symbol>]) -> Expr {
        let (part, access) = self.element(k);
        let symbol = self.unknowns.parts[part].symbol;
        let mut sum = self.algebra().read(symbol, access.clone());
        for (&weight, stage) in weights.iter().zip(stages) {
            let algebra = self.algebra();
            let (weight, value) = (algebra.number(weight), algebra.read(stage[part], access.clone()));
            let term = algebra.mul(weight, value);
            sum = algebra.add(sum, term);
        }
        sum
    }

    /// F + M Σ (c_j/h) U_j + h d ∂f/∂t in row k.
    fn right_side(
        &mut self,
        value: Expr,
        k: usize,
        past: &[f64],
        stages: &[Vec<Symbol>],
        h: Expr,
        (d, slope): (f64, Expr),
    ) -> Expr {
        let (part, access) = self.element(k);
        let is_differential = (k as u64) < self.differential;
        let algebra = self.algebra();
        let mut sum = algebra.zero();
        if is_differential {
            for (&weight, stage) in past.iter().zip(stages) {
                let (weight, value) = (algebra.number(weight), algebra.read(stage[part], access.clone()));
                let term = algebra.mul(weight, value);
                sum = algebra.add(sum, term);
            }
        }
        let one = algebra.one();
        let inverse = algebra.div(one, h);
        let past = algebra.mul(sum, inverse);
        let mut right = algebra.add(value, past);
        if d != 0.0 {
            let d = algebra.number(d);
            let step = algebra.mul(d, h);
            let term = algebra.mul(step, slope);
            right = algebra.add(right, term);
        }
        right
    }

    /// The part and the place in it of unknown k.
    fn element(&self, k: usize) -> (usize, Access) {
        let part = self
            .unknowns
            .parts
            .iter()
            .position(|p| (p.offset..p.offset + p.len()).contains(&(k as u64)))
            .expect("k counts unknowns");
        let within = k as u64 - self.unknowns.parts[part].offset;
        (part, places(&self.unknowns.parts[part].dims).swap_remove(within as usize))
    }

    /// Assigns each unknown's value to its place among these parts.
    fn store(&mut self, parts: &[Symbol], values: &[Expr], routine: &mut Routine) {
        for (k, &value) in values.iter().enumerate() {
            let (part, target) = self.element(k);
            let symbol = parts[part];
            routine.body.push(Assignment { symbol, axes: Vec::new(), target, value, write: Write::Set });
        }
    }

    fn scalar_at(&mut self, name: &str, buffer: Buffer, offset: u64, routine: &mut Routine) -> Expr {
        let symbol = self.algebra().declare(name, &[]);
        routine.places.insert(symbol, Place::new(buffer, offset, &[]));
        self.algebra().scalar(symbol)
    }

    /// W = M/(γh) − J = L U in the order of the elimination, each factor a temporary.
    fn factorise(
        &mut self,
        linear: &Linearisation,
        entries: &[Expr],
        h: Expr,
        gamma: f64,
        routine: &mut Routine,
    ) -> Factors {
        let n = self.unknowns.len as usize;
        let differential = self.differential as usize;
        let algebra = &mut self.model.algebra;
        let zero = algebra.zero();
        let mut w = vec![zero; n * n];
        for (&(i, j), &entry) in linear.entries.iter().zip(entries) {
            w[i as usize * n + j as usize] = algebra.neg(entry);
        }
        let (one, gamma) = (algebra.one(), algebra.number(gamma));
        let step = algebra.mul(gamma, h);
        let inverse = algebra.div(one, step);
        let shift = temporary(algebra, "w", inverse, routine);
        for i in 0..differential {
            w[i * n + i] = algebra.add(shift, w[i * n + i]);
        }
        let order = &linear.elimination.order;
        let mut inverses = vec![zero; n];
        let mut growth = Vec::new();
        for (step, &k) in order.iter().enumerate() {
            let inverse = algebra.div(one, w[k * n + k]);
            inverses[k] = temporary(algebra, "pivot", inverse, routine);
            for &i in &order[step + 1..] {
                if algebra.is_zero(w[i * n + k]) {
                    continue;
                }
                let multiplier = algebra.mul(w[i * n + k], inverses[k]);
                let multiplier = temporary(algebra, "l", multiplier, routine);
                w[i * n + k] = multiplier;
                growth.push(algebra.mul(multiplier, multiplier));
                for &j in &order[step + 1..] {
                    if algebra.is_zero(w[k * n + j]) {
                        continue;
                    }
                    let change = algebra.mul(multiplier, w[k * n + j]);
                    let entry = algebra.sub(w[i * n + j], change);
                    w[i * n + j] = temporary(algebra, "u", entry, routine);
                }
            }
        }
        let growth = balanced_sum(algebra, growth);
        Factors { n, w, inverses, order: order.clone(), growth }
    }
}

/// L (below the diagonal) and U of a matrix, with the inverses of the pivots.
struct Factors {
    n: usize,
    w: Vec<Expr>,
    inverses: Vec<Expr>,
    order: Vec<usize>,
    growth: Expr,
}

impl Factors {
    /// x with L U x = b.
    fn solve(&self, system: &mut System, mut b: Vec<Expr>, routine: &mut Routine) -> Vec<Expr> {
        let (n, algebra) = (self.n, &mut system.model.algebra);
        for (step, &i) in self.order.iter().enumerate() {
            for &k in &self.order[..step] {
                if !algebra.is_zero(self.w[i * n + k]) {
                    let change = algebra.mul(self.w[i * n + k], b[k]);
                    b[i] = algebra.sub(b[i], change);
                }
            }
            b[i] = temporary(algebra, "y", b[i], routine);
        }
        for (step, &i) in self.order.iter().enumerate().rev() {
            for &j in self.order[step + 1..].iter().rev() {
                if !algebra.is_zero(self.w[i * n + j]) {
                    let change = algebra.mul(self.w[i * n + j], b[j]);
                    b[i] = algebra.sub(b[i], change);
                }
            }
            let value = algebra.mul(b[i], self.inverses[i]);
            b[i] = temporary(algebra, "x", value, routine);
        }
        b
    }
}

/// A name for a value, so that it is computed once and in this order.
fn temporary(algebra: &mut crate::algebra::Algebra, name: &str, value: Expr, routine: &mut Routine) -> Expr {
    let symbol = algebra.declare(name, &[]);
    routine.body.push(set(symbol, value));
    algebra.scalar(symbol)
}

/// A sum as a tree, whose terms need not wait for each other.
fn balanced_sum(algebra: &mut crate::algebra::Algebra, mut terms: Vec<Expr>) -> Expr {
    while terms.len() > 1 {
        terms = terms
            .chunks(2)
            .map(|pair| if let [a, b] = *pair { algebra.add(a, b) } else { pair[0] })
            .collect();
    }
    terms.first().copied().unwrap_or_else(|| algebra.zero())
}

fn set(symbol: Symbol, value: Expr) -> Assignment {
    Assignment { symbol, axes: Vec::new(), target: Access::new(), value, write: Write::Set }
}

/// The access of each element of an array, in the order of the flat vector.
fn places(dims: &[u64]) -> Vec<Access> {
    let ranges: Vec<_> = dims.iter().map(|&n| crate::algebra::Range::new(0, n as i64)).collect();
    let mut all = Vec::new();
    for_each_index(&ranges, &mut |at| {
        all.push(at.iter().map(|&i| Subscript::inside(Affine::constant(i))).collect());
    });
    all
}
