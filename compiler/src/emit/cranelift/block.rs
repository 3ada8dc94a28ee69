//! Instructions of a block to machine instructions, scalar or two at a time.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{
    BlockArg, Inst, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Value as Ssa, types,
};

use crate::emit::kernel::*;
use crate::emit::product::Product;

use super::nest::{Register, Translator, Vector};

impl Translator<'_, '_> {
    pub fn block(&mut self, block: &Block) {
        for (value, instruction) in &block.instructions {
            let register = self.instruction(instruction);
            if let Some(register) = register {
                self.values.insert(*value, register);
            }
        }
    }

    fn instruction(&mut self, instruction: &Instruction) -> Option<Register> {
        Some(match instruction {
            Instruction::Number(bits) => {
                let ssa = self.builder.ins().f64const(f64::from_bits(*bits));
                Register { ssa, uniform: true }
            }
            Instruction::Word(w) => {
                let ssa = self.builder.ins().iconst(types::I64, *w);
                Register { ssa, uniform: true }
            }
            Instruction::Index(position) => self.index(position),
            Instruction::Load(address) => self.load(address),
            Instruction::Unary(op, a) => self.lanewise(&[*a], |t, [a]| t.unary(*op, a)),
            Instruction::Binary(op, a, b) => self.lanewise(&[*a, *b], |t, [a, b]| {
                let ins = t.builder.ins();
                match op {
                    Binary::Add => ins.fadd(a, b),
                    Binary::Sub => ins.fsub(a, b),
                    Binary::Mul => ins.fmul(a, b),
                    Binary::Div => ins.fdiv(a, b),
                }
            }),
            Instruction::Fma(a, b, c) => {
                self.lanewise(&[*a, *b, *c], |t, [a, b, c]| t.builder.ins().fma(a, b, c))
            }
            Instruction::Compare(op, a, b) => self.lanewise(&[*a, *b], |t, [a, b]| {
                let condition = match op {
                    Compare::Less => FloatCC::LessThan,
                    Compare::LessEqual => FloatCC::LessThanOrEqual,
                    Compare::Equal => FloatCC::Equal,
                    Compare::NotEqual => FloatCC::NotEqual,
                };
                t.builder.ins().fcmp(condition, a, b)
            }),
            Instruction::Within(position, n) => self.within(position, *n),
            Instruction::Mask(op, a, b) => self.lanewise(&[*a, *b], |t, [a, b]| match op {
                Logic::And => t.builder.ins().band(a, b),
                Logic::Or => t.builder.ins().bor(a, b),
            }),
            Instruction::Not(a) => self.not(*a),
            Instruction::Select(mask, a, b) => self.select(*mask, *a, *b),
            Instruction::Word2(op, a, b) => self.lanewise(&[*a, *b], |t, [a, b]| {
                let ins = t.builder.ins();
                match op {
                    WordOp::Add => ins.iadd(a, b),
                    WordOp::Sub => ins.isub(a, b),
                    WordOp::And => ins.band(a, b),
                    WordOp::Or => ins.bor(a, b),
                    WordOp::Xor => ins.bxor(a, b),
                }
            }),
            Instruction::Shift(op, a, by) => self.lanewise(&[*a], |t, [a]| {
                let by = t.builder.ins().iconst(types::I64, i64::from(*by));
                match op {
                    ShiftOp::Left => t.builder.ins().ishl(a, by),
                    ShiftOp::Right => t.builder.ins().ushr(a, by),
                }
            }),
            Instruction::Bits(a) => self.reinterpret(*a, types::I64, types::I64X2),
            Instruction::FromBits(a) => self.reinterpret(*a, types::F64, types::F64X2),
            Instruction::Call { native, arguments } => self.call(*native, arguments),
            Instruction::Rare { mask, fast, native, arguments } => {
                self.rare(*mask, *fast, *native, arguments)
            }
            Instruction::Reduce { op, var, range, block, term } => {
                self.reduce(*op, *var, *range, block, *term)
            }
            Instruction::Store { address, value, write } => {
                let value = self.values[value];
                self.store(address, value, *write);
                return None;
            }
            Instruction::Map(map) => {
                self.map(map);
                return None;
            }
        })
    }

    /// An operation on numbers, words or masks: scalar where every operand is uniform.
    fn lanewise<const N: usize>(
        &mut self,
        operands: &[Value; N],
        f: impl FnOnce(&mut Self, [Ssa; N]) -> Ssa,
    ) -> Register {
        let registers = operands.map(|v| self.values[&v]);
        let uniform = registers.iter().all(|r| r.uniform);
        let operands = registers.map(|r| if uniform { r.ssa } else { self.wide(r) });
        Register { ssa: f(self, operands), uniform }
    }

    /// The value as a vector of two.
    pub fn wide(&mut self, register: Register) -> Ssa {
        if !register.uniform || self.vector == Vector::None {
            return register.ssa;
        }
        if let Some(&wide) = self.splats.get(&register.ssa) {
            return wide;
        }
        let wide = match self.builder.func.dfg.value_type(register.ssa) {
            types::F64 => self.builder.ins().splat(types::F64X2, register.ssa),
            types::I64 => self.builder.ins().splat(types::I64X2, register.ssa),
            // A condition: all ones or zeros.
            _ => {
                let truth = self.builder.ins().uextend(types::I64, register.ssa);
                let bits = self.builder.ins().ineg(truth);
                self.builder.ins().splat(types::I64X2, bits)
            }
        };
        self.splats.insert(register.ssa, wide);
        wide
    }

    pub fn pair(&mut self, first: Ssa, second: Ssa) -> Ssa {
        let vector = self.builder.ins().scalar_to_vector(types::F64X2, first);
        self.builder.ins().insertlane(vector, second, 1)
    }

    fn index(&mut self, position: &Position) -> Register {
        let first = self.position(position, 0);
        let first = self.builder.ins().fcvt_from_sint(types::F64, first);
        match self.vector {
            Vector::Loop(var) if position.coefficient(var) != 0 => {
                let second = self.position(position, 1);
                let second = self.builder.ins().fcvt_from_sint(types::F64, second);
                Register { ssa: self.pair(first, second), uniform: false }
            }
            _ => Register { ssa: first, uniform: true },
        }
    }

    fn unary(&mut self, op: Unary, a: Ssa) -> Ssa {
        let ins = self.builder.ins();
        match op {
            Unary::Neg => ins.fneg(a),
            Unary::Abs => ins.fabs(a),
            Unary::Sqrt => ins.sqrt(a),
            Unary::Floor => ins.floor(a),
            Unary::Ceil => ins.ceil(a),
            Unary::Trunc => ins.trunc(a),
            Unary::Round => ins.nearest(a),
        }
    }

    fn not(&mut self, a: Value) -> Register {
        let register = self.values[&a];
        let ssa = match register.uniform || self.vector == Vector::None {
            true => self.builder.ins().icmp_imm_u(IntCC::Equal, register.ssa, 0),
            false => self.builder.ins().bnot(register.ssa),
        };
        Register { ssa, uniform: register.uniform }
    }

    fn select(&mut self, mask: Value, a: Value, b: Value) -> Register {
        let [mask, a, b] = [mask, a, b].map(|v| self.values[&v]);
        if mask.uniform || self.vector == Vector::None {
            let uniform = a.uniform && b.uniform;
            let (a, b) = match uniform {
                true => (a.ssa, b.ssa),
                false => (self.wide(a), self.wide(b)),
            };
            return Register { ssa: self.builder.ins().select(mask.ssa, a, b), uniform };
        }
        let (a, b) = (self.wide(a), self.wide(b));
        let ty = self.builder.func.dfg.value_type(a);
        let mask = match ty == types::I64X2 {
            true => mask.ssa,
            false => self.builder.ins().bitcast(types::F64X2, MemFlagsData::new(), mask.ssa),
        };
        let ssa = self.builder.ins().bitselect(mask, a, b);
        Register { ssa, uniform: false }
    }

    fn reinterpret(&mut self, a: Value, scalar: types::Type, vector: types::Type) -> Register {
        let register = self.values[&a];
        let wide = !register.uniform && self.vector != Vector::None;
        let ty = if wide { vector } else { scalar };
        let flags = MemFlagsData::new().with_endianness(cranelift_codegen::ir::Endianness::Little);
        let ssa = match self.builder.func.dfg.value_type(register.ssa) == ty {
            true => register.ssa,
            false => self.builder.ins().bitcast(ty, flags, register.ssa),
        };
        Register { ssa, uniform: register.uniform }
    }

    fn call(&mut self, native: u32, arguments: &[Value]) -> Register {
        let registers: Vec<Register> = arguments.iter().map(|v| self.values[v]).collect();
        if self.vector == Vector::None || registers.iter().all(|r| r.uniform) {
            let arguments: Vec<Ssa> = registers.iter().map(|r| r.ssa).collect();
            let ssa = self.call_scalar(native, &arguments);
            return Register { ssa, uniform: true };
        }
        let wide: Vec<Ssa> = registers.into_iter().map(|r| self.wide(r)).collect();
        let [first, second] = [0u8, 1].map(|lane| {
            let arguments: Vec<Ssa> = wide.iter().map(|&v| self.builder.ins().extractlane(v, lane)).collect();
            self.call_scalar(native, &arguments)
        });
        Register { ssa: self.pair(first, second), uniform: false }
    }

    /// `Native { function: extern "C" fn(context, arguments) -> f64, context }`, by number.
    fn call_scalar(&mut self, native: u32, arguments: &[Ssa]) -> Ssa {
        let result = self.call_native(native, arguments);
        self.builder.inst_results(result)[0]
    }

    /// The number of elements in all lanes, and where the slices start.
    fn map(&mut self, map: &Map) {
        let count = self.integer(map.count as i64);
        let mut words = vec![self.builder.ins().imul(count, self.lanes)];
        for slice in [&map.argument].into_iter().chain(&map.results) {
            let offset = self.integer(slice.offset as i64);
            let offset = self.builder.ins().imul(offset, self.lanes);
            let three = self.builder.ins().iconst(types::I64, 3);
            let bytes = self.builder.ins().ishl(offset, three);
            let base = self.bases[&slice.buffer];
            words.push(self.builder.ins().iadd(base, bytes));
        }
        self.call_native(map.native, &words);
    }

    /// The counts, the stride, and where the slices start.
    pub fn product(&mut self, product: &Product) {
        let counts = [product.outer_count, product.inner_count, product.stride];
        let mut words: Vec<Ssa> = counts.iter().map(|&count| self.own_integer(count as i64)).collect();
        for slice in [product.matrix, product.outer, product.inner] {
            let bytes = self.own_integer(8 * slice.offset as i64);
            let base = self.bases[&slice.buffer];
            words.push(self.builder.ins().iadd(base, bytes));
        }
        self.call_native(product.native, &words);
    }

    fn call_native(&mut self, native: u32, arguments: &[Ssa]) -> Inst {
        let bytes = 8 * arguments.len().max(1) as u32;
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, bytes, 3);
        let slot = self.builder.create_sized_stack_slot(data);
        let place = self.builder.ins().stack_addr(types::I64, slot, 0);
        for (k, &argument) in arguments.iter().enumerate() {
            self.builder.ins().store(MemFlagsData::new().with_notrap(), argument, place, 8 * k as i32);
        }
        let memory = super::address::constant_memory();
        let function = self.builder.ins().load(types::I64, memory, self.natives, 16 * native as i32);
        let context = self.builder.ins().load(types::I64, memory, self.natives, 16 * native as i32 + 8);
        self.builder.ins().call_indirect(self.native_signature, function, &[context, place])
    }

    /// A branch around the native where no lane needs it.
    fn rare(&mut self, mask: Value, fast: Value, native: u32, arguments: &[Value]) -> Register {
        let (mask_register, fast_register) = (self.values[&mask], self.values[&fast]);
        let uniform = mask_register.uniform && fast_register.uniform;
        let scalar = uniform || self.vector == Vector::None;
        let fast = if scalar { fast_register.ssa } else { self.wide(fast_register) };
        let mask_wide = if scalar { mask_register.ssa } else { self.wide(mask_register) };
        let any = if scalar { mask_wide } else { self.builder.ins().vany_true(mask_wide) };
        let (slow, done) = (self.builder.create_block(), self.builder.create_block());
        let ty = if scalar { types::F64 } else { types::F64X2 };
        let result = self.builder.append_block_param(done, ty);
        self.builder.ins().brif(any, slow, &[], done, &[BlockArg::Value(fast)]);
        self.builder.set_cold_block(slow);
        self.builder.switch_to_block(slow);
        // Vectors made in the cold block must not be used outside it.
        let splats = self.splats.clone();
        let called = self.call(native, arguments);
        let value = match scalar {
            true => called.ssa,
            false => {
                let called = self.wide(called);
                let mask = self.builder.ins().bitcast(types::F64X2, MemFlagsData::new(), mask_wide);
                self.builder.ins().bitselect(mask, called, fast)
            }
        };
        self.splats = splats;
        self.builder.ins().jump(done, &[BlockArg::Value(value)]);
        self.builder.switch_to_block(done);
        Register { ssa: result, uniform }
    }
}
