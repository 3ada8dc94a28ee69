//! A whole step of an explicit Runge–Kutta method as one routine: stages, update and the square of the scaled error.
//!
//! g_i = u + h Σ a_ij k_j, k_i = f(t + c_i h, g_i); the last stage is taken at the new point. For scalar models the
//! stages never leave registers but to be stored for the dense output.

use rustc_hash::FxHashMap;

use crate::algebra::{Affine, Binary, Expr, Range, Reduction, Symbol, Var};
use crate::emit::kernel::{Buffer, Role, Slot, Write};
use crate::emit::routine::{Assignment, Place, Routine};

use super::system::System;
use crate::algebra::own_access;

/// The coefficients of a step, as data of the caller.
#[derive(Clone, Copy, Debug)]
pub struct Coefficients<'c> {
    /// Rows 2 … S of a; row i has i − 1 entries. The last row is b.
    pub a: &'c [&'c [f64]],
    /// c_1 … c_S.
    pub c: &'c [f64],
    /// Weights of the error estimate, S of them.
    pub error: &'c [f64],
}

/// An error e = factor · Σ weights_j stages_j of the step to `point`.
pub(super) struct ErrorTest<'e> {
    pub weights: &'e [f64],
    pub stages: &'e [Vec<Symbol>],
    pub factor: Option<Expr>,
    pub point: &'e [Symbol],
}

/// How the terms of a point are added.
#[derive(Clone, Copy)]
enum Grouping {
    /// u + h Σ a_j k_j.
    Sum,
    /// (u + h Σ_{j<m} a_j k_j) + (h a_m) k_m: only one operation waits for the newest stage, for one rounding more.
    NewestLast,
}

impl System {
    /// Inputs: those of all routines (u is the beginning of the step), then h, k_1, atol and rtol.
    /// Outputs: k_2 … k_{S−1}; u and k_S at the new point; the mean square of the scaled error.
    pub fn stages(&mut self, coefficients: &Coefficients) -> Routine {
        let n = self.unknowns.len;
        let last = coefficients.a.len() + 1;
        let mut routine = self.routine("stages");
        let first_own = routine.inputs.len() as u32;
        routine.inputs.extend([
            Slot::new(Role::Step, 1),
            Slot::new(Role::Stage(1), n),
            Slot::new(Role::AbsoluteTolerance, n),
            Slot::new(Role::RelativeTolerance, 1),
        ]);
        routine.outputs.extend([
            Slot::new(Role::Stage(2), (last as u64 - 2) * n),
            Slot::new(Role::Result, 2 * n),
            Slot::new(Role::ErrorNorm, 1),
        ]);
        let input = |k: u32| Buffer::Input(first_own + k);
        let scalar = |system: &mut System, routine: &mut Routine, name: &str, buffer: Buffer| {
            let symbol = system.algebra().declare(name, &[]);
            routine.places.insert(symbol, Place::new(buffer, 0, &[]));
            system.algebra().scalar(symbol)
        };
        let h = scalar(self, &mut routine, "h", input(0));
        let rtol = scalar(self, &mut routine, "rtol", input(3));
        let atol = self.parts_at("atol", input(2), 0, &mut routine);
        let mut k = vec![self.parts_at("k", input(1), 0, &mut routine)];
        let mut point = Vec::new();
        for stage in 2..=last {
            let (buffer, offset) = match stage == last {
                true => (Buffer::Output(1), n),
                false => (Buffer::Output(0), (stage as u64 - 2) * n),
            };
            let derivative = self.parts_at("k", buffer, offset, &mut routine);
            point = match stage == last {
                true => self.parts_at("u1", Buffer::Output(1), 0, &mut routine),
                false => self.temporaries("g"),
            };
            let grouping = if stage == last { Grouping::Sum } else { Grouping::NewestLast };
            self.combine(coefficients.a[stage - 2], &k, h, &point, grouping, &mut routine);
            let time = self.time_at(h, coefficients.c[stage - 1]);
            self.evaluate(&point, time, &derivative, &mut routine);
            k.push(derivative);
        }
        let test = ErrorTest { weights: coefficients.error, stages: &k, factor: Some(h), point: &point };
        let square = Place::new(Buffer::Output(2), 0, &[]);
        self.mean_square(&test, &atol, rtol, square, &mut routine);
        routine
    }

    /// A symbol for each unknown, in a buffer.
    pub(super) fn parts_at(
        &mut self,
        name: &str,
        buffer: Buffer,
        offset: u64,
        routine: &mut Routine,
    ) -> Vec<Symbol> {
        let parts = self.unknowns.parts.clone();
        let declare = |part: &super::system::Part| {
            let symbol = self.model.algebra.declare(format!("{name}.{}", part.name), &part.dims);
            routine.places.insert(symbol, Place::new(buffer, offset + part.offset, &part.dims));
            symbol
        };
        parts.iter().map(declare).collect()
    }

    pub(super) fn temporaries(&mut self, name: &str) -> Vec<Symbol> {
        let parts = self.unknowns.parts.clone();
        parts.iter().map(|p| self.algebra().declare(format!("{name}.{}", p.name), &p.dims)).collect()
    }

    /// g = u + h Σ a_j k_j.
    fn combine(
        &mut self,
        a: &[f64],
        k: &[Vec<Symbol>],
        h: Expr,
        point: &[Symbol],
        grouping: Grouping,
        routine: &mut Routine,
    ) {
        for (part, unknown) in self.unknowns.parts.clone().iter().enumerate() {
            let axes = full_axes(&unknown.dims);
            let algebra = &mut self.model.algebra;
            let u = algebra.read(unknown.symbol, own_access(&axes));
            let value = match (grouping, a.split_last()) {
                (Grouping::NewestLast, Some((&newest, earlier))) => {
                    let sum = weighted_sum(algebra, earlier, k, part, &axes);
                    let change = algebra.mul(h, sum);
                    let ready = algebra.add(u, change);
                    let weight = algebra.number(newest);
                    let weight = algebra.mul(weight, h);
                    let derivative = algebra.read(k[a.len() - 1][part], own_access(&axes));
                    let term = algebra.mul(weight, derivative);
                    algebra.add(ready, term)
                }
                _ => {
                    let sum = weighted_sum(algebra, a, k, part, &axes);
                    let change = algebra.mul(h, sum);
                    algebra.add(u, change)
                }
            };
            routine.body.push(assign(point[part], axes, value));
        }
    }

    pub(super) fn time_at(&mut self, h: Expr, c: f64) -> Expr {
        let time = self.model.time;
        let algebra = self.algebra();
        let (t, c) = (algebra.scalar(time), algebra.number(c));
        let ahead = algebra.mul(c, h);
        algebra.add(t, ahead)
    }

    /// k = f(time, point): the rows and stored definitions, with other names for what they read and write.
    pub(super) fn evaluate(
        &mut self,
        point: &[Symbol],
        time: Expr,
        derivative: &[Symbol],
        routine: &mut Routine,
    ) {
        let mut names: FxHashMap<Symbol, Symbol> = FxHashMap::default();
        names.extend(self.unknowns.parts.iter().zip(point).map(|(p, &s)| (p.symbol, s)));
        names.extend(self.results.parts.iter().zip(derivative).map(|(p, &s)| (p.symbol, s)));
        let mut body = super::rhs::assignments(&self.stored);
        for assignment in &body {
            let algebra = &mut self.model.algebra;
            names.entry(assignment.symbol).or_insert_with(|| {
                let info = algebra.symbol(assignment.symbol).clone();
                algebra.declare(info.name, &info.dims)
            });
        }
        body.extend(self.rows.iter().map(|row| Assignment {
            symbol: row.symbol,
            axes: row.axes.clone(),
            target: row.target.clone(),
            value: row.value,
            write: Write::Set,
        }));
        let t = self.model.time;
        for assignment in body {
            let value =
                self.algebra().replace_reads(assignment.value, &mut |algebra, symbol, access| match symbol
                    == t
                {
                    true => Some(time),
                    false => names.get(&symbol).map(|&new| algebra.read(new, access.clone())),
                });
            routine.body.push(Assignment { symbol: names[&assignment.symbol], value, ..assignment });
        }
    }

    /// Mean of the squares of e / (atol + rtol·max(|u|, |u1|)), into `place`.
    pub(super) fn mean_square(
        &mut self,
        test: &ErrorTest,
        atol: &[Symbol],
        rtol: Expr,
        place: Place,
        routine: &mut Routine,
    ) {
        let parts = self.unknowns.parts.clone();
        let n = self.unknowns.len;
        let algebra = &mut self.model.algebra;
        let abs = algebra.native("abs", 1);
        let mut total = algebra.zero();
        for (part, unknown) in parts.iter().enumerate() {
            let axes = full_axes(&unknown.dims);
            let own = own_access(&axes);
            let sum = weighted_sum(algebra, test.weights, test.stages, part, &axes);
            let error = test.factor.map_or(sum, |factor| algebra.mul(factor, sum));
            let u = algebra.read(unknown.symbol, own.clone());
            let u1 = algebra.read(test.point[part], own.clone());
            let (u, u1) = (algebra.call(abs, &[u]), algebra.call(abs, &[u1]));
            // A NaN in u1 is in the error too, so this maximum need not pass it on.
            let smaller = algebra.compare(Binary::Less, u1, u);
            let larger = algebra.select(smaller, u, u1);
            let relative = algebra.mul(rtol, larger);
            let absolute = algebra.read(atol[part], own);
            let scale = algebra.add(absolute, relative);
            let ratio = algebra.div(error, scale);
            let mut sum = algebra.mul(ratio, ratio);
            for (axis, range) in axes.iter().enumerate().rev() {
                let var = algebra.fresh();
                sum = algebra.replace_var(sum, Var::Axis(axis as u32), &Affine::var(var));
                sum = algebra.reduce(Reduction::Sum, var, *range, sum);
            }
            total = algebra.add(total, sum);
        }
        let count = algebra.number(n as f64);
        let mean = algebra.div(total, count);
        let symbol = algebra.declare("square", &[]);
        routine.places.insert(symbol, place);
        routine.body.push(assign(symbol, Vec::new(), mean));
    }
}

/// Σ w_j k_j over a part's own axes.
fn weighted_sum(
    algebra: &mut crate::algebra::Algebra,
    weights: &[f64],
    k: &[Vec<Symbol>],
    part: usize,
    axes: &[Range],
) -> Expr {
    let mut sum = algebra.zero();
    for (&weight, stage) in weights.iter().zip(k) {
        let weight = algebra.number(weight);
        let derivative = algebra.read(stage[part], own_access(axes));
        let term = algebra.mul(weight, derivative);
        sum = algebra.add(sum, term);
    }
    sum
}

fn full_axes(dims: &[u64]) -> Vec<Range> {
    dims.iter().map(|&n| Range::new(0, n as i64)).collect()
}

fn assign(symbol: Symbol, axes: Vec<Range>, value: Expr) -> Assignment {
    Assignment { symbol, target: own_access(&axes), axes, value, write: Write::Set }
}
