//! Reductions: eight partial results in the order that `Instruction::Reduce` fixes, whatever the vectors are.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{
    BlockArg, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Value as Ssa, types,
};

use crate::algebra::{Range, Reduction};
use crate::emit::kernel::*;

use super::nest::{Register, Translator, Vector};

/// Bodies up to this size are copied four times, so that the partial results stay in registers.
const COPIED_BODY: usize = 48;

impl Translator<'_, '_> {
    pub fn reduce(
        &mut self,
        op: Reduction,
        var: LoopVar,
        range: Range,
        block: &Block,
        term: Term,
    ) -> Register {
        // What a reduction computes depends on the vector's variable only if its body does.
        let outer = self.vector;
        let by_vectors = outer == Vector::None
            && self.layout == super::Layout::Plain
            && runs_as_vectors(block, var)
            && block.size() <= COPIED_BODY;
        match by_vectors {
            true => self.reduce_in_vectors(op, var, range, block, term),
            false => self.reduce_in_memory(op, range, range.start, None, block, term),
        }
    }

    /// Eight elements a turn as four vectors, the rest one by one.
    fn reduce_in_vectors(
        &mut self,
        op: Reduction,
        var: LoopVar,
        range: Range,
        block: &Block,
        term: Term,
    ) -> Register {
        let whole = range.start + (range.len() as i64 / 8) * 8;
        let (start, end) = (self.integer(range.start), self.integer(whole));
        let identity = self.builder.ins().f64const(op.identity());
        let identity = self.builder.ins().splat(types::F64X2, identity);
        let (header, inside, exit) =
            (self.builder.create_block(), self.builder.create_block(), self.builder.create_block());
        let k = self.builder.append_block_param(header, types::I64);
        let partials: [Ssa; 4] =
            std::array::from_fn(|_| self.builder.append_block_param(header, types::F64X2));
        let arguments = [start, identity, identity, identity, identity].map(BlockArg::Value);
        self.builder.ins().jump(header, &arguments);
        self.builder.switch_to_block(header);
        let more = self.builder.ins().icmp(cranelift_codegen::ir::condcodes::IntCC::SignedLessThan, k, end);
        self.builder.ins().brif(more, inside, &[], exit, &[]);
        self.builder.switch_to_block(inside);
        self.vector = Vector::Loop(var);
        let splats = std::mem::take(&mut self.splats);
        let mut next = Vec::from([k]);
        for (copy, partial) in partials.into_iter().enumerate() {
            let ahead = self.builder.ins().iconst(types::I64, 2 * copy as i64);
            let at = self.builder.ins().iadd(k, ahead);
            self.enter(at, range);
            self.block(block);
            self.leave();
            let sum = self.add_term(op, partial, term);
            next.push(sum);
        }
        self.vector = Vector::None;
        self.splats = splats;
        let eight = self.builder.ins().iconst(types::I64, 8);
        next[0] = self.builder.ins().iadd(k, eight);
        let next: Vec<BlockArg> = next.into_iter().map(BlockArg::Value).collect();
        self.builder.ins().jump(header, &next);
        self.builder.switch_to_block(exit);
        if range.len().is_multiple_of(8) {
            let (even, odd) =
                (self.combine(op, partials[0], partials[2]), self.combine(op, partials[1], partials[3]));
            let pair = self.combine(op, even, odd);
            let [first, second] = [0u8, 1].map(|lane| self.builder.ins().extractlane(pair, lane));
            return Register { ssa: self.combine(op, first, second), uniform: true };
        }
        self.reduce_in_memory(op, range, whole, Some(partials), block, term)
    }

    /// From `from` on, with the partial results in memory: element e to partial e mod 8.
    fn reduce_in_memory(
        &mut self,
        op: Reduction,
        range: Range,
        from: i64,
        partials: Option<[Ssa; 4]>,
        block: &Block,
        term: Term,
    ) -> Register {
        let ty = self.number_type();
        let size = ty.bytes();
        let flags = MemFlagsData::new().with_notrap();
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, 8 * size, 4);
        let slot = self.builder.create_sized_stack_slot(data);
        let base = self.builder.ins().stack_addr(types::I64, slot, 0);
        match partials {
            Some(partials) => {
                for (k, partial) in partials.into_iter().enumerate() {
                    self.builder.ins().store(flags, partial, base, 16 * k as i32);
                }
            }
            None => {
                let identity = self.builder.ins().f64const(op.identity());
                let identity = self.wide(Register { ssa: identity, uniform: true });
                for k in 0..8 {
                    self.builder.ins().store(flags, identity, base, (size * k) as i32);
                }
            }
        }
        let (first, start, end) = (self.integer(range.start), self.integer(from), self.integer(range.end));
        let splats = self.splats.clone();
        self.counted_loop(start, end, 1, |this, k| {
            this.enter(k, range);
            this.block(block);
            this.leave();
            let element = this.builder.ins().isub(k, first);
            let seven = this.builder.ins().iconst(types::I64, 7);
            let which = this.builder.ins().band(element, seven);
            let scale = this.builder.ins().iconst(types::I64, i64::from(size));
            let offset = this.builder.ins().imul(which, scale);
            let place = this.builder.ins().iadd(base, offset);
            let before = this.builder.ins().load(ty, flags, place, 0);
            let after = this.add_term(op, before, term);
            this.builder.ins().store(flags, after, place, 0);
        });
        self.splats = splats;
        let partial: [Ssa; 8] =
            std::array::from_fn(|k| self.builder.ins().load(ty, flags, base, size as i32 * k as i32));
        let [a, b, c, d] = [0, 1, 2, 3].map(|k| self.combine(op, partial[k], partial[k + 4]));
        let (even, odd) = (self.combine(op, a, c), self.combine(op, b, d));
        let ssa = self.combine(op, even, odd);
        Register { ssa, uniform: self.vector == Vector::None }
    }

    fn add_term(&mut self, op: Reduction, partial: Ssa, term: Term) -> Ssa {
        match term {
            Term::Plain(v) => {
                let value = self.values[&v];
                let value = self.wide(value);
                self.combine(op, partial, value)
            }
            Term::Product(a, b) => {
                let (a, b) = (self.values[&a], self.values[&b]);
                let (a, b) = (self.wide(a), self.wide(b));
                self.builder.ins().fma(a, b, partial)
            }
        }
    }

    /// One step of a reduction; min and max pass NaN on.
    fn combine(&mut self, op: Reduction, a: Ssa, b: Ssa) -> Ssa {
        match op {
            Reduction::Sum => self.builder.ins().fadd(a, b),
            Reduction::Product => self.builder.ins().fmul(a, b),
            Reduction::Min | Reduction::Max => {
                let (first, second) = if op == Reduction::Min { (a, b) } else { (b, a) };
                let smaller = self.builder.ins().fcmp(FloatCC::LessThanOrEqual, first, second);
                let is_nan = self.builder.ins().fcmp(FloatCC::Unordered, a, a);
                let keep = self.builder.ins().bor(smaller, is_nan);
                match self.builder.func.dfg.value_type(a).is_vector() {
                    true => {
                        let keep = self.builder.ins().bitcast(types::F64X2, MemFlagsData::new(), keep);
                        self.builder.ins().bitselect(keep, a, b)
                    }
                    false => self.builder.ins().select(keep, a, b),
                }
            }
        }
    }
}

/// Whether a reduction's body can run for two values of its variable at a time.
fn runs_as_vectors(block: &Block, var: LoopVar) -> bool {
    block.instructions.iter().all(|(_, instruction)| match instruction {
        Instruction::Load(address) => address.parts.iter().all(|(part, _)| match part {
            Part::Wrap { position, .. } => position.coefficient(var) == 0,
            Part::Table { .. } => true,
        }),
        Instruction::Within(position, _) => position.coefficient(var) == 0,
        Instruction::Reduce { .. } => false,
        _ => true,
    })
}

/// Whether the reductions of a block run better along their own variables than along the nest's: their
/// innermost accesses are then the ones that lie side by side.
pub(super) fn prefers_inner_vectors(block: &Block, nest_var: LoopVar) -> bool {
    let mut reductions = 0;
    let good = block.instructions.iter().all(|(_, instruction)| match instruction {
        Instruction::Reduce { var, block, .. } => {
            reductions += 1;
            let side_by_side = |by: LoopVar| {
                let loads = block.instructions.iter().filter_map(|(_, i)| match i {
                    Instruction::Load(address) => Some(address.flat.coefficient(by)),
                    _ => None,
                });
                loads.fold((true, 0), |(ok, ones), c| (ok && (c == 0 || c == 1), ones + usize::from(c == 1)))
            };
            let (own, along) = (side_by_side(*var), side_by_side(nest_var));
            runs_as_vectors(block, *var) && block.size() <= COPIED_BODY && own.0 && (own.1 > 0) && !along.0
        }
        _ => true,
    });
    good && reductions > 0
}
