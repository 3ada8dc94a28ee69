//! Loop nests: the loops, the split of the innermost one into vector interior and scalar rest, the loop over lanes.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, SigRef, Type, Value as Ssa, types};
use cranelift_frontend::FunctionBuilder;
use cranelift_jit::JITModule;
use cranelift_module::{DataId, Module};
use rustc_hash::FxHashMap;

use crate::algebra::Range;
use crate::emit::kernel::{
    Address, Block, Buffer, Instruction, Kernel, LoopVar, Nest, Part, Position, Value, Write,
};

use super::{Layout, Sizes};

/// What stands side by side in a vector of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vector {
    /// Nothing: every value is a scalar.
    None,
    /// Two consecutive values of a loop variable.
    Loop(LoopVar),
    /// Two consecutive lanes.
    Lane,
}

/// A value in registers.
#[derive(Clone, Copy)]
pub(super) struct Register {
    pub ssa: Ssa,
    /// The same for both elements of a vector, and held as a scalar.
    pub uniform: bool,
}

/// The translation of one machine function.
pub(super) struct Translator<'t, 'f> {
    pub builder: &'t mut FunctionBuilder<'f>,
    pub kernel: &'t Kernel,
    pub layout: Layout,
    pub sizes: &'t mut Sizes,
    pub sizes_base: Ssa,
    /// Fields of the call.
    pub inputs: Ssa,
    pub outputs: Ssa,
    pub scratch: Ssa,
    pub natives: Ssa,
    pub lanes: Ssa,
    /// The lane that is worked on; zero in the plain layout.
    pub lane: Ssa,
    pub vector: Vector,
    pub values: FxHashMap<Value, Register>,
    /// Vectors of uniform values that were needed as such.
    pub splats: FxHashMap<Ssa, Ssa>,
    pub variables: Vec<Ssa>,
    pub ranges: Vec<Range>,
    pub bases: FxHashMap<Buffer, Ssa>,
    pub native_signature: SigRef,
}

/// Fills the function with the nests.
pub(super) fn translate(
    sizes: &mut Sizes,
    builder: &mut FunctionBuilder,
    module: &mut JITModule,
    sizes_data: DataId,
    kernel: &Kernel,
    nests: &[Nest],
    layout: Layout,
) {
    let call = builder.block_params(builder.current_block().expect("the entry block"))[0];
    let mut signature = module.make_signature();
    signature.params.extend([cranelift_codegen::ir::AbiParam::new(types::I64); 2]);
    signature.returns.push(cranelift_codegen::ir::AbiParam::new(types::F64));
    let native_signature = builder.import_signature(signature);
    let data = module.declare_data_in_func(sizes_data, builder.func);
    let sizes_base = builder.ins().symbol_value(types::I64, data);
    let field = |builder: &mut FunctionBuilder, k: i32| {
        builder.ins().load(types::I64, super::address::constant_memory(), call, 8 * k)
    };
    let [inputs, outputs, scratch, natives, lanes] = [0, 1, 2, 3, 4].map(|k| field(builder, k));
    let lane = builder.ins().iconst(types::I64, 0);
    let mut translator = Translator {
        builder,
        kernel,
        layout,
        sizes,
        sizes_base,
        inputs,
        outputs,
        scratch,
        natives,
        lanes,
        lane,
        vector: Vector::None,
        values: FxHashMap::default(),
        splats: FxHashMap::default(),
        variables: Vec::new(),
        ranges: Vec::new(),
        bases: FxHashMap::default(),
        native_signature,
    };
    translator.load_bases();
    match layout {
        Layout::Plain => nests.iter().for_each(|nest| translator.plain_nest(nest)),
        Layout::Lanes => {
            // A function over slices takes all lanes at once, so it stands between loops over lanes.
            for part in nests.chunk_by(|a, b| a.map().is_none() && b.map().is_none()) {
                match part {
                    [nest] if nest.map().is_some() => translator.plain_nest(nest),
                    _ => translator.all_lanes(part),
                }
            }
        }
    }
}

impl Translator<'_, '_> {
    /// Pairs of lanes as vectors, then the odd one.
    fn all_lanes(&mut self, nests: &[Nest]) {
        let zero = self.builder.ins().iconst(types::I64, 0);
        let one = self.builder.ins().iconst(types::I64, 1);
        let pairs_end = self.builder.ins().isub(self.lanes, one);
        self.counted_loop(zero, pairs_end, 2, |this, lane| {
            this.lane = lane;
            this.vector = Vector::Lane;
            nests.iter().for_each(|nest| this.scalar_loops(nest, 0));
        });
        self.vector = Vector::None;
        let odd = self.builder.ins().band(self.lanes, one);
        let rest = self.builder.ins().isub(self.lanes, odd);
        self.counted_loop(rest, self.lanes, 1, |this, lane| {
            this.lane = lane;
            nests.iter().for_each(|nest| this.scalar_loops(nest, 0));
        });
    }

    fn plain_nest(&mut self, nest: &Nest) {
        self.vector = Vector::None;
        match (&nest.product, self.layout) {
            (Some(product), Layout::Plain) => self.product(product),
            _ => self.scalar_loops(nest, 0),
        }
    }

    /// The loops from `depth` on, and the block inside.
    fn scalar_loops(&mut self, nest: &Nest, depth: usize) {
        let Some(&range) = nest.loops.get(depth) else {
            self.values.clear();
            self.splats.clear();
            return self.block(&nest.block);
        };
        let innermost = depth + 1 == nest.loops.len();
        if innermost && self.layout == Layout::Plain {
            if let Some(interior) = vector_interior(nest, range) {
                return self.split_loop(nest, range, interior);
            }
        }
        let (start, end) = (self.integer(range.start), self.integer(range.end));
        self.counted_loop(start, end, 1, |this, k| {
            this.enter(k, range);
            this.scalar_loops(nest, depth + 1);
            this.leave();
        });
    }

    /// The innermost loop: where it reaches the interior, pairs run as vectors; everything else one by one.
    /// So the body exists twice, whatever the boundaries are.
    fn split_loop(&mut self, nest: &Nest, range: Range, interior: Range) {
        let (start, end) = (self.integer(range.start), self.integer(range.end));
        let from = self.integer(interior.start);
        // The same number as the loop's length only where that is even, which the code must not show.
        let pairs = self.own_integer((interior.len() as i64) & !1);
        let header = self.builder.create_block();
        let (vectors, scalars, check, exit) = (
            self.builder.create_block(),
            self.builder.create_block(),
            self.builder.create_block(),
            self.builder.create_block(),
        );
        let k = self.builder.append_block_param(header, types::I64);
        let to = self.builder.ins().iadd(from, pairs);
        self.builder.ins().jump(header, &[BlockArg::Value(start)]);
        self.builder.switch_to_block(header);
        let more = self.builder.ins().icmp(IntCC::SignedLessThan, k, end);
        self.builder.ins().brif(more, check, &[], exit, &[]);

        self.builder.switch_to_block(check);
        let reached = self.builder.ins().icmp(IntCC::Equal, k, from);
        self.builder.ins().brif(reached, vectors, &[], scalars, &[]);

        self.builder.switch_to_block(vectors);
        let var = LoopVar(nest.loops.len() as u32 - 1);
        self.vector = Vector::Loop(var);
        self.counted_loop(from, to, 2, |this, k| {
            this.enter(k, range);
            this.values.clear();
            this.splats.clear();
            this.block(&nest.block);
            this.leave();
        });
        self.vector = Vector::None;
        self.builder.ins().jump(scalars, &[]);

        // `scalars` is reached from the check with k and from the vectors with what is left after them.
        self.builder.switch_to_block(scalars);
        let after = self.builder.ins().select(reached, to, k);
        let left = self.builder.ins().icmp(IntCC::SignedLessThan, after, end);
        let body = self.builder.create_block();
        self.builder.ins().brif(left, body, &[], exit, &[]);
        self.builder.switch_to_block(body);
        self.enter(after, range);
        self.values.clear();
        self.splats.clear();
        self.block(&nest.block);
        self.leave();
        let next = self.step(after, 1);
        self.builder.ins().jump(header, &[BlockArg::Value(next)]);
        self.builder.switch_to_block(exit);
    }

    /// `for k in start..end step by`: the body runs while k < end.
    pub fn counted_loop(&mut self, start: Ssa, end: Ssa, by: i64, body: impl FnOnce(&mut Self, Ssa)) {
        let (header, inside, exit) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let k = self.builder.append_block_param(header, types::I64);
        self.builder.ins().jump(header, &[BlockArg::Value(start)]);
        self.builder.switch_to_block(header);
        let more = self.builder.ins().icmp(IntCC::SignedLessThan, k, end);
        self.builder.ins().brif(more, inside, &[], exit, &[]);
        self.builder.switch_to_block(inside);
        body(self, k);
        let next = self.step(k, by);
        self.builder.ins().jump(header, &[BlockArg::Value(next)]);
        self.builder.switch_to_block(exit);
    }

    /// Binds the next loop variable.
    pub fn enter(&mut self, variable: Ssa, range: Range) {
        self.variables.push(variable);
        self.ranges.push(range);
    }

    pub fn leave(&mut self) {
        self.variables.pop();
        self.ranges.pop();
    }

    fn step(&mut self, k: Ssa, by: i64) -> Ssa {
        let by = self.builder.ins().iconst(types::I64, by);
        self.builder.ins().iadd(k, by)
    }

    /// The type of a number in the present layout of vectors.
    pub fn number_type(&self) -> Type {
        match self.vector {
            Vector::None => types::F64,
            _ => types::F64X2,
        }
    }

    /// An integer that code may not depend on: small ones are immediate, others are data.
    pub fn integer(&mut self, n: i64) -> Ssa {
        if (-2..=2).contains(&n) {
            return self.builder.ins().iconst(types::I64, n);
        }
        let k = self.sizes.shared(n);
        self.size(k)
    }

    /// An integer with a place of its own among the data, so that code is the same whether sizes are equal or not.
    pub fn own_integer(&mut self, n: i64) -> Ssa {
        let k = self.sizes.push(n);
        self.size(k)
    }

    fn size(&mut self, k: usize) -> Ssa {
        let flags = super::address::constant_memory();
        self.builder.ins().load(types::I64, flags, self.sizes_base, 8 * k as i32)
    }
}

/// The part of the innermost loop in which every access is inside, where pairs may run as vectors.
fn vector_interior(nest: &Nest, range: Range) -> Option<Range> {
    let var = LoopVar(nest.loops.len() as u32 - 1);
    if super::reduce::prefers_inner_vectors(&nest.block, var) {
        return None;
    }
    if adds_change_order(&nest.block, var) {
        return None;
    }
    let mut interior = range;
    restrict(&nest.block, var, &mut interior).then_some(())?;
    (interior.len() >= 2).then_some(interior)
}

/// Whether one iteration adds to a place to which the next adds by an earlier store: as vectors, the next would add
/// first, and a sum's rounding depends on its order.
fn adds_change_order(block: &Block, var: LoopVar) -> bool {
    let mut adds: Vec<&Address> = Vec::new();
    for (_, instruction) in &block.instructions {
        if let Instruction::Store { address, write: Write::Add, .. } = instruction {
            let meets = |earlier: &&Address| {
                let distance = address.flat.offset - earlier.flat.offset;
                earlier.buffer == address.buffer
                    && (earlier.flat.terms != address.flat.terms || distance == address.flat.coefficient(var))
            };
            if adds.iter().any(meets) {
                return true;
            }
            adds.push(address);
        }
    }
    false
}

/// Narrows the interior by every access of the block; false where an access allows no vectors.
fn restrict(block: &Block, var: LoopVar, interior: &mut Range) -> bool {
    block.instructions.iter().all(|(_, instruction)| match instruction {
        Instruction::Load(address) | Instruction::Store { address, .. } => {
            let is_add = matches!(instruction, Instruction::Store { write: Write::Add, .. });
            let moves =
                address.flat.coefficient(var) != 0 || address.parts.iter().any(|(p, _)| mentions(p, var));
            // Two iterations that add to one place must stay one after the other.
            let distinct = !is_add || (moves && address.parts.is_empty());
            distinct && address.parts.iter().all(|(part, _)| restrict_part(part, var, interior))
        }
        Instruction::Within(position, n) => restrict_position(position, *n, var, interior),
        Instruction::Reduce { block, .. } => restrict(block, var, interior),
        _ => true,
    })
}

fn restrict_part(part: &Part, var: LoopVar, interior: &mut Range) -> bool {
    match part {
        Part::Wrap { position, n, .. } => restrict_position(position, *n, var, interior),
        Part::Table { .. } => true,
    }
}

fn restrict_position(position: &Position, n: u64, var: LoopVar, interior: &mut Range) -> bool {
    match position.coefficient(var) {
        0 => true,
        1 if position.terms.len() == 1 => {
            interior.start = interior.start.max(-position.offset);
            interior.end = interior.end.min(n as i64 - position.offset);
            true
        }
        _ => false,
    }
}

fn mentions(part: &Part, var: LoopVar) -> bool {
    match part {
        Part::Wrap { position, .. } | Part::Table { at: position, .. } => position.coefficient(var) != 0,
    }
}
