//! Executes kernels instruction by instruction: the specification that compiled code agrees with bit for bit.

use std::cell::Cell;

use smallvec::SmallVec;

use crate::algebra::Reduction;

use super::kernel::*;

/// What a kernel works on. Slots are element-major: element i of lane l is at `i·lanes + l`.
pub struct Frame<'a, 'b> {
    pub inputs: &'a [&'a [f64]],
    pub outputs: &'a mut [&'b mut [f64]],
    pub scratch: &'a mut [f64],
    /// Calls a callee of the kernel by number.
    pub natives: &'a dyn Fn(usize, &[f64]) -> f64,
    pub lanes: usize,
}

thread_local! {
    /// The memory of the values, for the next run: what is interpreted is often shorter than an allocation.
    static VALUES: Cell<Vec<u64>> = const { Cell::new(Vec::new()) };
}

/// Runs the kernel on every lane.
pub fn interpret(kernel: &Kernel, frame: &mut Frame) {
    let values = VALUES.take();
    let mut machine = Machine { kernel, frame, lane: 0, values, variables: SmallVec::new() };
    for lane in 0..machine.frame.lanes {
        machine.lane = lane;
        for nest in &kernel.nests {
            machine.nest(&nest.loops, &nest.block);
        }
    }
    VALUES.set(machine.values);
}

struct Machine<'m, 'a, 'b> {
    kernel: &'m Kernel,
    frame: &'m mut Frame<'a, 'b>,
    lane: usize,
    /// The bits of each value; masks are 1 and 0.
    values: Vec<u64>,
    variables: SmallVec<[i64; 8]>,
}

impl Machine<'_, '_, '_> {
    fn nest(&mut self, loops: &[crate::algebra::Range], block: &Block) {
        let Some((range, rest)) = loops.split_first() else { return self.block(block) };
        for k in range.start..range.end {
            self.variables.push(k);
            self.nest(rest, block);
            self.variables.pop();
        }
    }

    fn block(&mut self, block: &Block) {
        for (value, instruction) in &block.instructions {
            let bits = self.execute(instruction);
            if self.values.len() <= value.0 as usize {
                self.values.resize(value.0 as usize + 1, 0);
            }
            self.values[value.0 as usize] = bits;
        }
    }

    fn f(&self, v: Value) -> f64 {
        f64::from_bits(self.values[v.0 as usize])
    }

    fn word(&self, v: Value) -> u64 {
        self.values[v.0 as usize]
    }

    fn mask(&self, v: Value) -> bool {
        self.values[v.0 as usize] != 0
    }

    fn execute(&mut self, instruction: &Instruction) -> u64 {
        match instruction {
            Instruction::Number(bits) => *bits,
            Instruction::Word(w) => *w as u64,
            Instruction::Index(p) => (p.at(&self.variables) as f64).to_bits(),
            Instruction::Load(address) => {
                let at = self.element(address);
                self.buffer(address.buffer)[at].to_bits()
            }
            Instruction::Unary(op, a) => unary(*op, self.f(*a)).to_bits(),
            Instruction::Binary(op, a, b) => binary(*op, self.f(*a), self.f(*b)).to_bits(),
            Instruction::Fma(a, b, c) => self.f(*a).mul_add(self.f(*b), self.f(*c)).to_bits(),
            Instruction::Compare(op, a, b) => u64::from(compare(*op, self.f(*a), self.f(*b))),
            Instruction::Within(p, n) => u64::from((0..*n as i64).contains(&p.at(&self.variables))),
            Instruction::Mask(Logic::And, a, b) => u64::from(self.mask(*a) & self.mask(*b)),
            Instruction::Mask(Logic::Or, a, b) => u64::from(self.mask(*a) | self.mask(*b)),
            Instruction::Not(a) => u64::from(!self.mask(*a)),
            Instruction::Select(c, a, b) => self.word(if self.mask(*c) { *a } else { *b }),
            Instruction::Word2(op, a, b) => word(*op, self.word(*a), self.word(*b)),
            Instruction::Shift(ShiftOp::Left, a, by) => self.word(*a) << by,
            Instruction::Shift(ShiftOp::Right, a, by) => self.word(*a) >> by,
            Instruction::Bits(a) | Instruction::FromBits(a) => self.word(*a),
            Instruction::Call { native, arguments } => self.call(*native, arguments),
            Instruction::Rare { mask, fast, native, arguments } => match self.mask(*mask) {
                true => self.call(*native, arguments),
                false => self.word(*fast),
            },
            Instruction::Reduce { op, var, range, block, term } => {
                self.reduce(*op, *var, *range, block, *term).to_bits()
            }
            Instruction::Store { address, value, write } => {
                let (at, value) = (self.element(address), self.f(*value));
                let element = &mut self.buffer_mut(address.buffer)[at];
                *element = match write {
                    Write::Set => value,
                    Write::Add => *element + value,
                };
                0
            }
            Instruction::Map(map) => self.map(map),
        }
    }

    fn map(&mut self, map: &Map) -> u64 {
        let Callee::Slice(passed) = &self.kernel.natives[map.native as usize] else {
            unreachable!("maps call functions over slices")
        };
        let (lanes, lane) = (self.frame.lanes, self.lane);
        let at = |slice: &Slice, k: u64| (slice.offset + k) as usize * lanes + lane;
        for k in 0..map.count {
            let x = self.buffer(map.argument.buffer)[at(&map.argument, k)];
            for (function, result) in passed.functions.iter().zip(&map.results) {
                self.buffer_mut(result.buffer)[at(result, k)] = function.evaluate(&[x]);
            }
        }
        0
    }

    fn call(&self, native: u32, arguments: &[Value]) -> u64 {
        let arguments: SmallVec<[f64; 3]> = arguments.iter().map(|&a| self.f(a)).collect();
        (self.frame.natives)(native as usize, &arguments).to_bits()
    }

    fn reduce(
        &mut self,
        op: Reduction,
        var: LoopVar,
        range: crate::algebra::Range,
        block: &Block,
        term: Term,
    ) -> f64 {
        let mut partial = [op.identity(); 8];
        debug_assert_eq!(self.variables.len(), var.0 as usize);
        for k in range.start..range.end {
            self.variables.push(k);
            self.block(block);
            self.variables.pop();
            let p = &mut partial[(k - range.start) as usize % 8];
            *p = match term {
                Term::Plain(v) => combine(op, *p, self.f(v)),
                Term::Product(a, b) => self.f(a).mul_add(self.f(b), *p),
            };
        }
        let [a, b, c, d] = [0, 1, 2, 3].map(|k| combine(op, partial[k], partial[k + 4]));
        combine(op, combine(op, a, c), combine(op, b, d))
    }

    /// The index of an element in its buffer.
    fn element(&self, address: &Address) -> usize {
        let mut element = address.flat.at(&self.variables);
        for (part, stride) in &address.parts {
            let position = match part {
                Part::Wrap { position, n, edge } => edge.bring_inside(position.at(&self.variables), *n),
                Part::Table { input, at } => {
                    let at = at.at(&self.variables) as usize;
                    self.read_input(*input, at) as i64
                }
            };
            element += position * stride;
        }
        match self.sharing(address.buffer) {
            Sharing::PerLane => element as usize * self.frame.lanes + self.lane,
            Sharing::Shared => element as usize,
        }
    }

    fn read_input(&self, input: u32, element: usize) -> f64 {
        let slot = self.frame.inputs[input as usize];
        match self.kernel.inputs[input as usize].sharing {
            Sharing::PerLane => slot[element * self.frame.lanes + self.lane],
            Sharing::Shared => slot[element],
        }
    }

    fn sharing(&self, buffer: Buffer) -> Sharing {
        match buffer {
            Buffer::Input(k) => self.kernel.inputs[k as usize].sharing,
            Buffer::Output(k) => self.kernel.outputs[k as usize].sharing,
            Buffer::Scratch => Sharing::PerLane,
        }
    }

    fn buffer(&self, buffer: Buffer) -> &[f64] {
        match buffer {
            Buffer::Input(k) => self.frame.inputs[k as usize],
            Buffer::Output(k) => self.frame.outputs[k as usize],
            Buffer::Scratch => self.frame.scratch,
        }
    }

    fn buffer_mut(&mut self, buffer: Buffer) -> &mut [f64] {
        match buffer {
            Buffer::Input(_) => unreachable!("kernels do not write their inputs"),
            Buffer::Output(k) => self.frame.outputs[k as usize],
            Buffer::Scratch => self.frame.scratch,
        }
    }
}

fn unary(op: Unary, a: f64) -> f64 {
    match op {
        Unary::Neg => -a,
        Unary::Abs => a.abs(),
        Unary::Sqrt => a.sqrt(),
        Unary::Floor => a.floor(),
        Unary::Ceil => a.ceil(),
        Unary::Trunc => a.trunc(),
        Unary::Round => a.round_ties_even(),
    }
}

fn binary(op: Binary, a: f64, b: f64) -> f64 {
    match op {
        Binary::Add => a + b,
        Binary::Sub => a - b,
        Binary::Mul => a * b,
        Binary::Div => a / b,
    }
}

fn compare(op: Compare, a: f64, b: f64) -> bool {
    match op {
        Compare::Less => a < b,
        Compare::LessEqual => a <= b,
        Compare::Equal => a == b,
        Compare::NotEqual => a != b,
    }
}

fn word(op: WordOp, a: u64, b: u64) -> u64 {
    match op {
        WordOp::Add => a.wrapping_add(b),
        WordOp::Sub => a.wrapping_sub(b),
        WordOp::And => a & b,
        WordOp::Or => a | b,
        WordOp::Xor => a ^ b,
    }
}

/// One step of a reduction; min and max pass NaN on.
pub fn combine(op: Reduction, a: f64, b: f64) -> f64 {
    let chosen = |first_is_smaller: bool| if first_is_smaller || a.is_nan() { a } else { b };
    match op {
        Reduction::Sum => a + b,
        Reduction::Product => a * b,
        Reduction::Min => chosen(a <= b),
        Reduction::Max => chosen(b <= a),
    }
}
