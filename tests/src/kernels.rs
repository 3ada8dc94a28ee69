//! Random routines over arrays, and their execution by every executor.

use nde_compiler::algebra::{
    Access, Affine, Algebra, Binary, Boundary, Expr, FunctionInfo, Meaning, Range, Reduction, Subscript,
    Symbol, Var,
};
use nde_compiler::emit::elementary::FUNCTIONS;
use nde_compiler::emit::kernel::{Buffer, Kernel, Role, Sharing, Slot, Write};
use nde_compiler::emit::loops::schedule;
use nde_compiler::emit::program::{Executable, Executor};
use nde_compiler::emit::routine::{Assignment, Place, Routine};

use crate::random::Random;

/// A routine with inputs, temporaries and outputs of random shapes, and random assignments.
pub struct RandomRoutine {
    pub algebra: Algebra,
    pub routine: Routine,
}

struct Generator<'r> {
    random: &'r mut Random,
    algebra: Algebra,
    readable: Vec<(Symbol, Vec<u64>)>,
    functions: Vec<(nde_compiler::algebra::Function, usize)>,
    /// How deep expressions are.
    depth: usize,
}

/// A variable that may stand in subscripts, with its range.
type Index = (Var, Range);

impl RandomRoutine {
    pub fn new(seed: u64) -> Self {
        let random = &mut Random::new(seed);
        let mut generator = Generator {
            random,
            algebra: Algebra::new(),
            readable: Vec::new(),
            functions: Vec::new(),
            depth: 2,
        };
        // Most routines are small, since every one is compiled; some are not.
        generator.depth +=
            usize::from(generator.random.below(2) == 0) + usize::from(generator.random.below(16) == 0);
        for function in FUNCTIONS {
            let info = FunctionInfo {
                name: function.name.into(),
                arity: function.arity,
                meaning: Meaning::Native,
                derivative: vec![None; function.arity],
            };
            let f = generator.algebra.declare_function(info);
            generator.functions.push((f, function.arity));
        }
        let n = 1 + generator.random.below(21) as u64;
        let m = 1 + generator.random.below(11) as u64;
        let shapes: Vec<Vec<u64>> = vec![vec![], vec![n], vec![m], vec![n, m], vec![n, n]];
        let mut routine = Routine { name: format!("random{seed}"), ..Routine::default() };
        for k in 0..2 {
            let mut offset = 0;
            for shape in &shapes {
                let symbol = generator.algebra.declare("x", shape);
                routine.places.insert(symbol, Place::new(Buffer::Input(k), offset, shape));
                offset += shape.iter().product::<u64>();
                generator.readable.push((symbol, shape.clone()));
            }
            let sharing = if k == 0 { Sharing::PerLane } else { Sharing::Shared };
            routine.inputs.push(Slot { role: Role::State, len: offset, sharing });
        }
        let mut offset = 0;
        for k in 0..1 + generator.random.below(5) {
            let shape = generator.random.pick(&shapes).clone();
            let symbol = generator.algebra.declare("y", &shape);
            let is_output = generator.random.below(3) > 0 || k == 0;
            if is_output {
                routine.places.insert(symbol, Place::new(Buffer::Output(0), offset, &shape));
                offset += shape.iter().product::<u64>();
            }
            generator.assign(symbol, &shape, is_output, &mut routine);
            if !is_output {
                generator.readable.push((symbol, shape));
            }
        }
        routine.outputs.push(Slot::new(Role::Result, offset));
        RandomRoutine { algebra: generator.algebra, routine }
    }
}

impl Generator<'_> {
    fn assign(&mut self, symbol: Symbol, shape: &[u64], is_output: bool, routine: &mut Routine) {
        let axes: Vec<Range> = shape.iter().map(|&n| Range::new(0, n as i64)).collect();
        let indices: Vec<Index> = axes.iter().enumerate().map(|(k, r)| (Var::Axis(k as u32), *r)).collect();
        let target: Access = indices.iter().map(|(v, _)| Subscript::inside(Affine::var(*v))).collect();
        let value = self.expression(self.depth, &indices);
        let write = Write::Set;
        routine.body.push(Assignment { symbol, axes: axes.clone(), target: target.clone(), value, write });
        if is_output && self.random.below(4) == 0 {
            let value = self.expression(2, &indices);
            routine.body.push(Assignment { symbol, axes, target, value, write: Write::Add });
        }
    }

    fn expression(&mut self, depth: usize, indices: &[Index]) -> Expr {
        if depth == 0 || self.random.below(8) == 0 {
            return self.leaf(indices);
        }
        match self.random.below(16) {
            0 | 1 => self.two(depth, indices, |a, x, y| a.add(x, y)),
            2 => self.two(depth, indices, |a, x, y| a.sub(x, y)),
            3..=5 => self.two(depth, indices, |a, x, y| a.mul(x, y)),
            6 => self.two(depth, indices, |a, x, y| a.div(x, y)),
            7 => {
                let base = self.expression(depth - 1, indices);
                let exponent = *self.random.pick(&[2.0, 3.0, -1.0, 0.5, 1.5, -2.5, 7.0, 0.3]);
                let exponent = self.algebra.number(exponent);
                self.algebra.pow(base, exponent)
            }
            8 => {
                let condition = self.condition(depth, indices);
                let (a, b) = (self.expression(depth - 1, indices), self.expression(depth - 1, indices));
                self.algebra.select(condition, a, b)
            }
            9 => self.condition(depth, indices),
            10 | 11 => self.reduction(depth, indices),
            12 => {
                let a = self.expression(depth - 1, indices);
                self.algebra.neg(a)
            }
            _ => {
                let (f, arity) = *self.random.pick(&self.functions.clone());
                let arguments: Vec<Expr> = (0..arity).map(|_| self.expression(depth - 1, indices)).collect();
                self.algebra.call(f, &arguments)
            }
        }
    }

    fn two(&mut self, depth: usize, indices: &[Index], f: impl Fn(&mut Algebra, Expr, Expr) -> Expr) -> Expr {
        let (a, b) = (self.expression(depth - 1, indices), self.expression(depth - 1, indices));
        f(&mut self.algebra, a, b)
    }

    fn condition(&mut self, depth: usize, indices: &[Index]) -> Expr {
        let op = *self.random.pick(&[Binary::Less, Binary::LessEqual, Binary::Equal, Binary::NotEqual]);
        let first = self.two(depth, indices, |a, x, y| a.compare(op, x, y));
        match self.random.below(4) {
            0 => {
                let second = self.two(depth, indices, |a, x, y| a.compare(Binary::Less, x, y));
                self.algebra.and(first, second)
            }
            1 => {
                let second = self.two(depth, indices, |a, x, y| a.compare(Binary::Less, x, y));
                self.algebra.or(first, second)
            }
            2 => self.algebra.not(first),
            _ => first,
        }
    }

    fn reduction(&mut self, depth: usize, indices: &[Index]) -> Expr {
        let op = *self.random.pick(&[
            Reduction::Sum,
            Reduction::Sum,
            Reduction::Product,
            Reduction::Min,
            Reduction::Max,
        ]);
        let shape = self.random.pick(&self.readable.clone()).1.clone();
        let n = shape.first().copied().unwrap_or(5) as i64;
        let var = self.algebra.fresh();
        let range = Range::new(0, n);
        let mut inside = indices.to_vec();
        inside.push((var, range));
        let body = self.expression(depth - 1, &inside);
        self.algebra.reduce(op, var, range, body)
    }

    fn leaf(&mut self, indices: &[Index]) -> Expr {
        match self.random.below(8) {
            0 => {
                let x = *self.random.pick(&[0.5, 1.0, 2.0, -1.0, 3.25, 1e-3]);
                self.algebra.number(x)
            }
            1 if !indices.is_empty() => {
                let (var, _) = *self.random.pick(indices);
                self.algebra.index(Affine::var(var).shift(1))
            }
            _ => {
                let (symbol, shape) = self.random.pick(&self.readable.clone()).clone();
                let access = shape.iter().map(|&n| self.subscript(n, indices)).collect();
                self.algebra.read(symbol, access)
            }
        }
    }

    /// A subscript that stays inside, by its range or by a boundary rule.
    fn subscript(&mut self, n: u64, indices: &[Index]) -> Subscript {
        let boundary = *self.random.pick(&[Boundary::Periodic, Boundary::Mirror, Boundary::Zero]);
        let fitting: Vec<Index> = indices.iter().copied().filter(|(_, r)| r.len() <= n).collect();
        if indices.is_empty() || self.random.below(8) == 0 {
            return Subscript::inside(Affine::constant(self.random.below(n as usize) as i64));
        }
        if !fitting.is_empty() && self.random.below(2) == 0 {
            return Subscript::inside(Affine::var(self.random.pick(&fitting).0));
        }
        let mut position = Affine::var(self.random.pick(indices).0).shift(self.random.below(5) as i64 - 2);
        if self.random.below(4) == 0 {
            position =
                position.add(&Affine::var(self.random.pick(indices).0).scale(*self.random.pick(&[1, -1, 2])));
        }
        match position.as_constant() {
            Some(_) => Subscript::inside(Affine::constant(0)),
            None => Subscript::Affine { position, boundary },
        }
    }
}

/// Numbers for each input of a kernel; places are any that the output has, some of them shared.
fn inputs(kernel: &Kernel, lanes: usize, draw: &mut dyn FnMut() -> f64) -> Vec<Vec<f64>> {
    let input = |slot: &Slot| {
        let lanes = if slot.sharing == Sharing::PerLane { lanes } else { 1 };
        if slot.role == Role::Places {
            let values = kernel.outputs[0].len as usize;
            return (0..slot.len).map(|_| ((1e3 * draw().abs()) as usize % values) as f64).collect();
        }
        (0..slot.len as usize * lanes).map(|_| draw()).collect()
    };
    kernel.inputs.iter().map(input).collect()
}

/// The outputs of a kernel, by one executor. Outputs start at 0.25.
fn run(kernel: &Kernel, executor: Executor, lanes: usize, inputs: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let executable = Executable::new(kernel.clone(), executor, &|_| None).expect("no host functions");
    let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
    let mut outputs: Vec<Vec<f64>> =
        kernel.outputs.iter().map(|slot| vec![0.25; slot.len as usize * lanes]).collect();
    let mut slices: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
    let mut scratch = vec![f64::NAN; kernel.scratch as usize * lanes];
    executable.call(&inputs, &mut slices, &mut scratch, lanes);
    outputs
}

/// The first difference of bits between two executors on inputs from a seed; NaN equals NaN.
pub fn difference(kernel: &Kernel, lanes: usize, seed: u64) -> Option<String> {
    let mut random = Random::new(seed);
    difference_on(kernel, lanes, &mut || random.uniform(-2.0, 2.0))
}

/// The first difference of bits between two executors on inputs that are drawn.
pub fn difference_on(kernel: &Kernel, lanes: usize, draw: &mut dyn FnMut() -> f64) -> Option<String> {
    let inputs = inputs(kernel, lanes, draw);
    let expected = run(kernel, Executor::Interpreter, lanes, &inputs);
    let found = run(kernel, Executor::Machine, lanes, &inputs);
    for (k, (a, b)) in expected.iter().zip(&found).enumerate() {
        for (i, (x, y)) in a.iter().zip(b).enumerate() {
            let same = x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan());
            if !same {
                return Some(format!(
                    "output {k}[{i}] with {lanes} lanes: interpreter {x:e}, machine code {y:e}"
                ));
            }
        }
    }
    None
}

/// The kernel of a random routine.
pub fn random_kernel(seed: u64) -> Kernel {
    let RandomRoutine { mut algebra, routine } = RandomRoutine::new(seed);
    schedule(&mut algebra, &routine)
}
