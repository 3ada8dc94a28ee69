//! Cuts scalar nests that are too large for one machine function, at narrow waists.
//!
//! What is alive across a cut travels through scratch, so executors need to know nothing of cuts.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::kernel::*;

/// Nests above this size are cut …
const LARGEST: usize = 3000;
/// … into parts of at least and at most this many instructions.
const PART: std::ops::Range<usize> = 1000..2000;

/// Cuts every nest without loops that is too large.
pub fn cut_large_nests(kernel: &mut Kernel) {
    let nests = std::mem::take(&mut kernel.nests);
    for nest in nests {
        match nest.loops.is_empty() && nest.block.instructions.len() > LARGEST {
            true => cut(nest, kernel),
            false => kernel.nests.push(nest),
        }
    }
}

fn cut(nest: Nest, kernel: &mut Kernel) {
    let instructions = nest.block.instructions;
    let lives = Lives::of(&instructions);
    let mut cuts = vec![0];
    while instructions.len() - cuts[cuts.len() - 1] > PART.end {
        let start = cuts[cuts.len() - 1];
        let window = start + PART.start..(start + PART.end).min(instructions.len());
        let narrowest = window.min_by_key(|&k| lives.alive[k]).expect("a window that is not empty");
        cuts.push(narrowest);
    }
    cuts.push(instructions.len());

    let mut fresh = Fresh(1 + instructions.iter().map(|(v, _)| v.0).max().unwrap_or(0));
    let mut slots: FxHashMap<Value, u64> = FxHashMap::default();
    let mut rest = instructions.into_iter();
    for part in cuts.windows(2) {
        let mut block = Block::default();
        let mut loaded: FxHashMap<Value, ()> = FxHashMap::default();
        for (value, instruction) in rest.by_ref().take(part[1] - part[0]) {
            for operand in operands(&instruction) {
                let made_here = lives.defined[&operand] >= part[0];
                if !made_here && loaded.insert(operand, ()).is_none() {
                    block.instructions.extend(reload(operand, &lives, &slots, &mut fresh));
                }
            }
            block.instructions.push((value, instruction));
            if lives.last_use.get(&value).is_some_and(|&last| last >= part[1]) && !lives.is_constant(value) {
                let slot = *slots.entry(value).or_insert_with(|| {
                    kernel.scratch += 1;
                    kernel.scratch - 1
                });
                block.instructions.extend(spill(value, slot, &lives, &mut fresh));
            }
        }
        kernel.nests.push(Nest { loops: Vec::new(), block, product: None });
    }
}

/// Numbers for the values that spills and reloads make.
struct Fresh(u32);

impl Fresh {
    fn value(&mut self) -> Value {
        self.0 += 1;
        Value(self.0 - 1)
    }
}

type Code = SmallVec<[(Value, Instruction); 4]>;

/// A number as it is; a mask as 1 or 0; a word as the number with its bits.
fn spill(value: Value, slot: u64, lives: &Lives, fresh: &mut Fresh) -> Code {
    let mut code = Code::new();
    let number = match lives.types[&value] {
        Type::Number => value,
        Type::Word => {
            let number = fresh.value();
            code.push((number, Instruction::FromBits(value)));
            number
        }
        Type::Mask => {
            let (one, zero, number) = (fresh.value(), fresh.value(), fresh.value());
            code.push((one, Instruction::Number(1f64.to_bits())));
            code.push((zero, Instruction::Number(0f64.to_bits())));
            code.push((number, Instruction::Select(value, one, zero)));
            number
        }
    };
    code.push((
        fresh.value(),
        Instruction::Store { address: scratch(slot), value: number, write: Write::Set },
    ));
    code
}

fn reload(value: Value, lives: &Lives, slots: &FxHashMap<Value, u64>, fresh: &mut Fresh) -> Code {
    if let Some(constant) = lives.constants.get(&value) {
        return Code::from_iter([(value, constant.clone())]);
    }
    let load = Instruction::Load(scratch(slots[&value]));
    let number = fresh.value();
    match lives.types[&value] {
        Type::Number => Code::from_iter([(value, load)]),
        Type::Word => Code::from_iter([(number, load), (value, Instruction::Bits(number))]),
        Type::Mask => {
            let zero = fresh.value();
            Code::from_iter([
                (number, load),
                (zero, Instruction::Number(0f64.to_bits())),
                (value, Instruction::Compare(Compare::NotEqual, number, zero)),
            ])
        }
    }
}

fn scratch(slot: u64) -> Address {
    Address { buffer: Buffer::Scratch, flat: Position::constant(slot as i64), parts: SmallVec::new() }
}

#[derive(Clone, Copy, PartialEq)]
enum Type {
    Number,
    Word,
    Mask,
}

/// Where values of a block are made and last used.
struct Lives {
    defined: FxHashMap<Value, usize>,
    last_use: FxHashMap<Value, usize>,
    types: FxHashMap<Value, Type>,
    constants: FxHashMap<Value, Instruction>,
    /// Before each instruction, the values that are needed from then on, constants apart.
    alive: Vec<u32>,
}

impl Lives {
    fn of(instructions: &[(Value, Instruction)]) -> Self {
        let mut lives = Lives {
            defined: FxHashMap::default(),
            last_use: FxHashMap::default(),
            types: FxHashMap::default(),
            constants: FxHashMap::default(),
            alive: vec![0; instructions.len() + 1],
        };
        for (k, (value, instruction)) in instructions.iter().enumerate() {
            for operand in operands(instruction) {
                lives.last_use.insert(operand, k);
            }
            lives.defined.insert(*value, k);
            let ty = lives.result(instruction);
            lives.types.insert(*value, ty);
            if matches!(instruction, Instruction::Number(_) | Instruction::Word(_)) {
                lives.constants.insert(*value, instruction.clone());
            }
        }
        let mut change = vec![0i64; instructions.len() + 2];
        for (value, &last) in &lives.last_use {
            if !lives.is_constant(*value) {
                change[lives.defined[value] + 1] += 1;
                change[last + 1] -= 1;
            }
        }
        let mut count = 0;
        for (k, alive) in lives.alive.iter_mut().enumerate() {
            count += change[k];
            *alive = count as u32;
        }
        lives
    }

    fn is_constant(&self, value: Value) -> bool {
        self.constants.contains_key(&value)
    }

    fn result(&self, instruction: &Instruction) -> Type {
        match instruction {
            Instruction::Word(_) | Instruction::Word2(..) | Instruction::Shift(..) | Instruction::Bits(_) => {
                Type::Word
            }
            Instruction::Compare(..)
            | Instruction::Within(..)
            | Instruction::Mask(..)
            | Instruction::Not(_) => Type::Mask,
            Instruction::Select(_, a, _) => self.types.get(a).copied().unwrap_or(Type::Number),
            _ => Type::Number,
        }
    }
}

/// The values an instruction uses, those inside a reduction that come from outside included.
fn operands(instruction: &Instruction) -> Vec<Value> {
    match instruction {
        Instruction::Reduce { block, term, .. } => {
            let inside: std::collections::HashSet<Value> =
                block.instructions.iter().map(|(v, _)| *v).collect();
            let used = block.instructions.iter().flat_map(|(_, i)| operands(i)).chain(match term {
                Term::Plain(v) => vec![*v],
                Term::Product(a, b) => vec![*a, *b],
            });
            used.filter(|v| !inside.contains(v)).collect()
        }
        Instruction::Number(_)
        | Instruction::Word(_)
        | Instruction::Index(_)
        | Instruction::Load(_)
        | Instruction::Map(_)
        | Instruction::Within(..) => Vec::new(),
        Instruction::Unary(_, a)
        | Instruction::Not(a)
        | Instruction::Shift(_, a, _)
        | Instruction::Bits(a)
        | Instruction::FromBits(a)
        | Instruction::Store { value: a, .. } => vec![*a],
        Instruction::Binary(_, a, b)
        | Instruction::Compare(_, a, b)
        | Instruction::Mask(_, a, b)
        | Instruction::Word2(_, a, b) => vec![*a, *b],
        Instruction::Fma(a, b, c) | Instruction::Select(a, b, c) => vec![*a, *b, *c],
        Instruction::Call { arguments, .. } => arguments.to_vec(),
        Instruction::Rare { mask, fast, arguments, .. } => {
            [*mask, *fast].into_iter().chain(arguments.iter().copied()).collect()
        }
    }
}
