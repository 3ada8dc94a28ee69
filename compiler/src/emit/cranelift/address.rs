//! Loads and stores: where an element lies, and how two of them make a vector.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value as Ssa, types};
use rustc_hash::FxHashMap;

use crate::algebra::Range;
use crate::emit::kernel::*;

use super::Layout;
use super::nest::{Register, Translator, Vector};

/// Memory that nobody writes while the kernel runs.
pub(super) fn constant_memory() -> MemFlagsData {
    MemFlagsData::new().with_notrap().with_readonly().with_can_move()
}

fn memory(buffer: Buffer) -> MemFlagsData {
    match buffer {
        Buffer::Input(_) => constant_memory(),
        Buffer::Output(_) | Buffer::Scratch => MemFlagsData::new().with_notrap(),
    }
}

/// How an access moves from one element of a vector to the next.
enum Stride {
    /// Not at all.
    Zero,
    /// To the next number in memory.
    One,
    /// Somewhere else.
    Other,
}

impl Translator<'_, '_> {
    /// The start of every slot, loaded once in the entry block.
    pub fn load_bases(&mut self) {
        let mut bases = FxHashMap::default();
        for k in 0..self.kernel.inputs.len() {
            let base = self.builder.ins().load(types::I64, constant_memory(), self.inputs, 8 * k as i32);
            bases.insert(Buffer::Input(k as u32), base);
        }
        for k in 0..self.kernel.outputs.len() {
            let base = self.builder.ins().load(types::I64, constant_memory(), self.outputs, 8 * k as i32);
            bases.insert(Buffer::Output(k as u32), base);
        }
        bases.insert(Buffer::Scratch, self.scratch);
        self.bases = bases;
    }

    pub fn load(&mut self, address: &Address) -> Register {
        let flags = memory(address.buffer);
        match self.stride(address) {
            Stride::Zero => {
                let pointer = self.pointer(address, 0);
                let ssa = self.builder.ins().load(types::F64, flags, pointer, 0);
                Register { ssa, uniform: true }
            }
            Stride::One => {
                let pointer = self.pointer(address, 0);
                let ssa = self.builder.ins().load(types::F64X2, flags, pointer, 0);
                Register { ssa, uniform: false }
            }
            Stride::Other => {
                let [first, second] = [0, 1].map(|k| {
                    let pointer = self.pointer(address, k);
                    self.builder.ins().load(types::F64, flags, pointer, 0)
                });
                Register { ssa: self.pair(first, second), uniform: false }
            }
        }
    }

    pub fn store(&mut self, address: &Address, value: Register, write: Write) {
        let flags = memory(address.buffer);
        match (self.vector, self.stride(address)) {
            (Vector::None, _) => {
                let pointer = self.pointer(address, 0);
                self.write(pointer, value.ssa, types::F64, flags, write);
            }
            (_, Stride::One) => {
                let wide = self.wide(value);
                let pointer = self.pointer(address, 0);
                self.write(pointer, wide, types::F64X2, flags, write);
            }
            // One after the other, as the scalar loop does.
            _ => {
                let wide = self.wide(value);
                for k in 0..2 {
                    let element = self.builder.ins().extractlane(wide, k as u8);
                    let pointer = self.pointer(address, k);
                    self.write(pointer, element, types::F64, flags, write);
                }
            }
        }
    }

    fn write(
        &mut self,
        pointer: Ssa,
        value: Ssa,
        ty: cranelift_codegen::ir::Type,
        flags: MemFlagsData,
        write: Write,
    ) {
        let value = match write {
            Write::Set => value,
            Write::Add => {
                let before = self.builder.ins().load(ty, flags, pointer, 0);
                self.builder.ins().fadd(before, value)
            }
        };
        self.builder.ins().store(flags, value, pointer, 0);
    }

    fn sharing(&self, buffer: Buffer) -> Sharing {
        match buffer {
            Buffer::Input(k) => self.kernel.inputs[k as usize].sharing,
            Buffer::Output(k) => self.kernel.outputs[k as usize].sharing,
            Buffer::Scratch => Sharing::PerLane,
        }
    }

    fn stride(&self, address: &Address) -> Stride {
        match self.vector {
            Vector::None => Stride::Zero,
            Vector::Lane => {
                let table_per_lane = address.parts.iter().any(|(part, _)| match part {
                    Part::Table { input, .. } => self.sharing(Buffer::Input(*input)) == Sharing::PerLane,
                    Part::Wrap { .. } => false,
                });
                match self.sharing(address.buffer) {
                    _ if table_per_lane => Stride::Other,
                    Sharing::PerLane => Stride::One,
                    Sharing::Shared => Stride::Zero,
                }
            }
            Vector::Loop(var) => {
                let mut step = address.flat.coefficient(var);
                for (part, stride) in &address.parts {
                    match part {
                        Part::Wrap { position, .. } => step += position.coefficient(var) * stride,
                        Part::Table { at, .. } if at.coefficient(var) != 0 => return Stride::Other,
                        Part::Table { .. } => {}
                    }
                }
                match step {
                    0 => Stride::Zero,
                    1 => Stride::One,
                    _ => Stride::Other,
                }
            }
        }
    }

    /// The pointer to the element; `ahead` is 1 for the second element of a vector.
    fn pointer(&mut self, address: &Address, ahead: i64) -> Ssa {
        let base = self.bases[&address.buffer];
        let mut element = self.position(&address.flat, ahead);
        for (part, stride) in &address.parts {
            let position = match part {
                Part::Wrap { position, n, edge } => self.wrapped(position, *n, *edge, ahead),
                Part::Table { input, at } => self.table_entry(*input, at, ahead),
            };
            let scaled = self.scaled(position, *stride);
            element = self.builder.ins().iadd(element, scaled);
        }
        if self.layout == Layout::Lanes && self.sharing(address.buffer) == Sharing::PerLane {
            element = self.builder.ins().imul(element, self.lanes);
            element = self.builder.ins().iadd(element, self.lane);
            if self.vector == Vector::Lane && ahead == 1 {
                let one = self.builder.ins().iconst(types::I64, 1);
                element = self.builder.ins().iadd(element, one);
            }
        }
        self.element_pointer(base, element)
    }

    fn element_pointer(&mut self, base: Ssa, element: Ssa) -> Ssa {
        let three = self.builder.ins().iconst(types::I64, 3);
        let bytes = self.builder.ins().ishl(element, three);
        self.builder.ins().iadd(base, bytes)
    }

    /// The value of a position, invariants first so that they leave the inner loop.
    pub fn position(&mut self, position: &Position, ahead: i64) -> Ssa {
        let ahead = match self.vector {
            Vector::Loop(var) => ahead * position.coefficient(var),
            _ => 0,
        };
        let mut sum = self.integer(position.offset + ahead);
        for &(var, coefficient) in &position.terms {
            let scaled = self.scaled(self.variables[var.0 as usize], coefficient);
            sum = self.builder.ins().iadd(sum, scaled);
        }
        sum
    }

    /// The values that a position takes.
    fn bounds(&self, position: &Position) -> Range {
        let (mut low, mut high) = (position.offset, position.offset);
        for &(var, c) in &position.terms {
            let range = self.ranges[var.0 as usize];
            let (a, b) = (c * range.start, c * (range.end - 1));
            low += a.min(b);
            high += a.max(b);
        }
        Range::new(low, high + 1)
    }

    fn scaled(&mut self, value: Ssa, by: i64) -> Ssa {
        match by {
            1 => value,
            _ => {
                let by = self.integer(by);
                self.builder.ins().imul(value, by)
            }
        }
    }

    /// A position brought inside 0..n. In the interior of a vector loop it is inside.
    fn wrapped(&mut self, position: &Position, n: u64, edge: Edge, ahead: i64) -> Ssa {
        let at = self.position(position, ahead);
        if let Vector::Loop(var) = self.vector {
            if position.coefficient(var) != 0 {
                return at;
            }
        }
        let extent = n as i64;
        let bounds = self.bounds(position);
        let zero = self.builder.ins().iconst(types::I64, 0);
        let n = self.integer(extent);
        let one = self.builder.ins().iconst(types::I64, 1);
        match edge {
            Edge::Periodic => self.floored_remainder(at, n, bounds, extent),
            Edge::Mirror => {
                let period = self.builder.ins().iadd(n, n);
                let folded = self.floored_remainder(at, period, bounds, 2 * extent);
                let last = self.builder.ins().isub(period, one);
                let reflected = self.builder.ins().isub(last, folded);
                self.builder.ins().smin(folded, reflected)
            }
            Edge::Clamp => {
                let last = self.builder.ins().isub(n, one);
                let low = self.builder.ins().smax(at, zero);
                self.builder.ins().smin(low, last)
            }
        }
    }

    /// at mod n: by one addition where at is known to be in −n..2n, else by division.
    fn floored_remainder(&mut self, at: Ssa, n: Ssa, bounds: Range, extent: i64) -> Ssa {
        let zero = self.builder.ins().iconst(types::I64, 0);
        if Range::new(-extent, 2 * extent).contains(bounds) {
            let (above, below) = (self.builder.ins().isub(at, n), self.builder.ins().iadd(at, n));
            let is_above = self.builder.ins().icmp(IntCC::SignedGreaterThanOrEqual, at, n);
            let is_below = self.builder.ins().icmp(IntCC::SignedLessThan, at, zero);
            let once = self.builder.ins().select(is_above, above, at);
            return self.builder.ins().select(is_below, below, once);
        }
        let remainder = self.builder.ins().srem(at, n);
        let shifted = self.builder.ins().iadd(remainder, n);
        let negative = self.builder.ins().icmp(IntCC::SignedLessThan, remainder, zero);
        self.builder.ins().select(negative, shifted, remainder)
    }

    fn table_entry(&mut self, input: u32, at: &Position, ahead: i64) -> Ssa {
        let mut element = self.position(at, ahead);
        if self.layout == Layout::Lanes && self.sharing(Buffer::Input(input)) == Sharing::PerLane {
            element = self.builder.ins().imul(element, self.lanes);
            element = self.builder.ins().iadd(element, self.lane);
            if self.vector == Vector::Lane && ahead == 1 {
                let one = self.builder.ins().iconst(types::I64, 1);
                element = self.builder.ins().iadd(element, one);
            }
        }
        let pointer = self.element_pointer(self.bases[&Buffer::Input(input)], element);
        let entry = self.builder.ins().load(types::F64, constant_memory(), pointer, 0);
        self.builder.ins().fcvt_to_sint_sat(types::I64, entry)
    }

    /// Whether a position is inside 0..n.
    pub fn within(&mut self, position: &Position, n: u64) -> Register {
        let inside_by_interior = matches!(self.vector, Vector::Loop(var) if position.coefficient(var) != 0);
        let ssa = match inside_by_interior {
            true => self.builder.ins().iconst(types::I8, 1),
            false => {
                let at = self.position(position, 0);
                let n = self.integer(n as i64);
                self.builder.ins().icmp(IntCC::UnsignedLessThan, at, n)
            }
        };
        Register { ssa, uniform: true }
    }
}
