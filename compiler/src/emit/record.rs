//! Appends instructions to a nest: equal ones are found again, and elementary functions record themselves.

use smallvec::SmallVec;

use super::elementary::{Arith, Native};
use super::kernel::*;
use super::lower::NestBuilder;

/// An instruction without effects, as far as it can be looked up.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Key {
    Number(u64),
    Word(i64),
    Unary(Unary, Value),
    Binary(Binary, Value, Value),
    Fma(Value, Value, Value),
    Compare(Compare, Value, Value),
    Select(Value, Value, Value),
    Logic(Logic, Value, Value),
    Not(Value),
    WordOp(WordOp, Value, Value),
    Shift(ShiftOp, Value, u32),
    Bits(Value),
    FromBits(Value),
    Index(Position),
    Load(Address),
    Within(Position, u64),
}

impl NestBuilder<'_> {
    /// Appends an instruction without effects, or finds the equal one that is there.
    pub(super) fn instruction(&mut self, instruction: Instruction) -> Value {
        let Some(key) = key(&instruction) else { return self.effect(instruction) };
        // An equal instruction in a scope around is as good.
        if let Some(v) = self.scopes[..=self.target].iter().find_map(|s| s.known.get(&key).copied()) {
            return v;
        }
        // A constant belongs to the nest, wherever it is used.
        let target = match instruction {
            Instruction::Number(_) | Instruction::Word(_) => 0,
            _ => self.target,
        };
        let value = self.append(target, instruction);
        self.scopes[target].known.insert(key, value);
        value
    }

    pub(super) fn effect(&mut self, instruction: Instruction) -> Value {
        self.append(self.target, instruction)
    }

    fn append(&mut self, scope: usize, instruction: Instruction) -> Value {
        let value = Value(self.next);
        self.next += 1;
        self.scopes[scope].block.instructions.push((value, instruction));
        value
    }
}

fn key(instruction: &Instruction) -> Option<Key> {
    Some(match instruction {
        Instruction::Number(bits) => Key::Number(*bits),
        Instruction::Word(w) => Key::Word(*w),
        Instruction::Index(p) => Key::Index(p.clone()),
        Instruction::Load(a) if matches!(a.buffer, Buffer::Input(_)) => Key::Load(a.clone()),
        Instruction::Unary(op, a) => Key::Unary(*op, *a),
        Instruction::Binary(op, a, b) => Key::Binary(*op, *a, *b),
        Instruction::Fma(a, b, c) => Key::Fma(*a, *b, *c),
        Instruction::Compare(op, a, b) => Key::Compare(*op, *a, *b),
        Instruction::Within(p, n) => Key::Within(p.clone(), *n),
        Instruction::Mask(op, a, b) => Key::Logic(*op, *a, *b),
        Instruction::Not(a) => Key::Not(*a),
        Instruction::Select(c, a, b) => Key::Select(*c, *a, *b),
        Instruction::Word2(op, a, b) => Key::WordOp(*op, *a, *b),
        Instruction::Shift(op, a, by) => Key::Shift(*op, *a, *by),
        Instruction::Bits(a) => Key::Bits(*a),
        Instruction::FromBits(a) => Key::FromBits(*a),
        Instruction::Load(_)
        | Instruction::Call { .. }
        | Instruction::Rare { .. }
        | Instruction::Reduce { .. }
        | Instruction::Store { .. }
        | Instruction::Map(_) => return None,
    })
}

/// The elementary functions record their operations as instructions.
impl Arith for NestBuilder<'_> {
    type F = Value;
    type I = Value;
    type M = Value;

    fn constant(&mut self, value: f64) -> Value {
        self.instruction(Instruction::Number(value.to_bits()))
    }
    fn integer(&mut self, value: i64) -> Value {
        self.instruction(Instruction::Word(value))
    }
    fn add(&mut self, x: Value, y: Value) -> Value {
        self.instruction(Instruction::Binary(Binary::Add, x, y))
    }
    fn sub(&mut self, x: Value, y: Value) -> Value {
        self.instruction(Instruction::Binary(Binary::Sub, x, y))
    }
    fn mul(&mut self, x: Value, y: Value) -> Value {
        self.instruction(Instruction::Binary(Binary::Mul, x, y))
    }
    fn div(&mut self, x: Value, y: Value) -> Value {
        self.instruction(Instruction::Binary(Binary::Div, x, y))
    }
    fn fma(&mut self, x: Value, y: Value, z: Value) -> Value {
        self.instruction(Instruction::Fma(x, y, z))
    }
    fn sqrt(&mut self, x: Value) -> Value {
        self.instruction(Instruction::Unary(Unary::Sqrt, x))
    }
    fn neg(&mut self, x: Value) -> Value {
        self.instruction(Instruction::Unary(Unary::Neg, x))
    }
    fn abs(&mut self, x: Value) -> Value {
        self.instruction(Instruction::Unary(Unary::Abs, x))
    }
    fn copysign(&mut self, x: Value, y: Value) -> Value {
        let sign = self.integer(i64::MIN);
        let magnitude = self.abs(x);
        let (magnitude, y) = (self.bits(magnitude), self.bits(y));
        let sign = self.iand(sign, y);
        let word = self.ior(magnitude, sign);
        self.from_bits(word)
    }
    fn floor(&mut self, x: Value) -> Value {
        self.instruction(Instruction::Unary(Unary::Floor, x))
    }
    fn ceil(&mut self, x: Value) -> Value {
        self.instruction(Instruction::Unary(Unary::Ceil, x))
    }
    fn trunc(&mut self, x: Value) -> Value {
        self.instruction(Instruction::Unary(Unary::Trunc, x))
    }
    fn round_even(&mut self, x: Value) -> Value {
        self.instruction(Instruction::Unary(Unary::Round, x))
    }
    fn lt(&mut self, x: Value, y: Value) -> Value {
        self.instruction(Instruction::Compare(Compare::Less, x, y))
    }
    fn le(&mut self, x: Value, y: Value) -> Value {
        self.instruction(Instruction::Compare(Compare::LessEqual, x, y))
    }
    fn gt(&mut self, x: Value, y: Value) -> Value {
        self.lt(y, x)
    }
    fn ge(&mut self, x: Value, y: Value) -> Value {
        self.le(y, x)
    }
    fn eq(&mut self, x: Value, y: Value) -> Value {
        self.instruction(Instruction::Compare(Compare::Equal, x, y))
    }
    fn ne(&mut self, x: Value, y: Value) -> Value {
        self.instruction(Instruction::Compare(Compare::NotEqual, x, y))
    }
    fn both(&mut self, p: Value, q: Value) -> Value {
        self.instruction(Instruction::Mask(Logic::And, p, q))
    }
    fn either(&mut self, p: Value, q: Value) -> Value {
        self.instruction(Instruction::Mask(Logic::Or, p, q))
    }
    fn not(&mut self, p: Value) -> Value {
        self.instruction(Instruction::Not(p))
    }
    fn select(&mut self, p: Value, x: Value, y: Value) -> Value {
        self.instruction(Instruction::Select(p, x, y))
    }
    fn bits(&mut self, x: Value) -> Value {
        self.instruction(Instruction::Bits(x))
    }
    fn from_bits(&mut self, i: Value) -> Value {
        self.instruction(Instruction::FromBits(i))
    }
    fn iadd(&mut self, i: Value, j: Value) -> Value {
        self.instruction(Instruction::Word2(WordOp::Add, i, j))
    }
    fn isub(&mut self, i: Value, j: Value) -> Value {
        self.instruction(Instruction::Word2(WordOp::Sub, i, j))
    }
    fn iand(&mut self, i: Value, j: Value) -> Value {
        self.instruction(Instruction::Word2(WordOp::And, i, j))
    }
    fn ior(&mut self, i: Value, j: Value) -> Value {
        self.instruction(Instruction::Word2(WordOp::Or, i, j))
    }
    fn ixor(&mut self, i: Value, j: Value) -> Value {
        self.instruction(Instruction::Word2(WordOp::Xor, i, j))
    }
    fn shl(&mut self, i: Value, by: u32) -> Value {
        self.instruction(Instruction::Shift(ShiftOp::Left, i, by))
    }
    fn ushr(&mut self, i: Value, by: u32) -> Value {
        self.instruction(Instruction::Shift(ShiftOp::Right, i, by))
    }
    fn call(&mut self, native: Native, arguments: &[Value]) -> Value {
        let native = self.callee(Callee::Native(native));
        self.effect(Instruction::Call { native, arguments: SmallVec::from_slice(arguments) })
    }
    fn rare(&mut self, mask: Value, fast: Value, native: Native, arguments: &[Value]) -> Value {
        let native = self.callee(Callee::Native(native));
        self.effect(Instruction::Rare { mask, fast, native, arguments: SmallVec::from_slice(arguments) })
    }
}
