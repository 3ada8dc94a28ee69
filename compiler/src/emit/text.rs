//! `ndec show FILE program`: a kernel as readable text, one instruction a line.

use std::fmt::Write as _;

use super::kernel::*;
use super::product::ProductKind;

#[cfg(test)]
mod tests;

/// Instructions that are printed at most; what is left out is counted.
const MOST_LINES: usize = 5_000;

/// Slots with their roles and lengths, then the nests: loops, and the instructions in order of evaluation.
pub fn kernel(kernel: &Kernel) -> String {
    let mut text = Text { kernel, out: String::new(), depth: 1, lines: 0 };
    text.head();
    for (k, nest) in kernel.nests.iter().enumerate() {
        text.nest(k, nest);
    }
    if text.lines > MOST_LINES {
        let _ = writeln!(text.out, "\n… {} more instructions", text.lines - MOST_LINES);
    }
    text.out
}

struct Text<'k> {
    kernel: &'k Kernel,
    out: String,
    depth: usize,
    /// Instructions so far, those left out included.
    lines: usize,
}

impl Text<'_> {
    fn head(&mut self) {
        let kernel = self.kernel;
        let _ = writeln!(self.out, "kernel {}", kernel.name);
        for (word, slots) in [("reads", &kernel.inputs), ("writes", &kernel.outputs)] {
            for slot in slots.iter().filter(|slot| slot.len > 0) {
                let shared = if slot.sharing == Sharing::Shared { ", shared by the lanes" } else { "" };
                let _ = writeln!(self.out, "  {word:<7} {}[{}]{shared}", role(slot.role), slot.len);
            }
        }
        if kernel.scratch > 0 {
            let _ = writeln!(self.out, "  scratch scratch[{}]", kernel.scratch);
        }
        for callee in &kernel.natives {
            let _ = writeln!(self.out, "  calls   {}", callee_name(callee));
        }
    }

    fn nest(&mut self, number: usize, nest: &Nest) {
        if self.lines > MOST_LINES {
            self.lines += nest.block.size();
            return;
        }
        let loops: Vec<String> = nest
            .loops
            .iter()
            .enumerate()
            .map(|(k, r)| format!("{} in {}", variable(LoopVar(k as u32)), span(*r)))
            .collect();
        let over = if loops.is_empty() { String::new() } else { format!(" for {}", loops.join(", ")) };
        let by = nest.product.as_ref().map_or(String::new(), |p| format!(", by {}", self.callee(p.native)));
        let _ = writeln!(self.out, "\nnest {}{over}{by}", number + 1);
        self.block(&nest.block);
    }

    fn block(&mut self, block: &Block) {
        for (value, instruction) in &block.instructions {
            self.lines += 1;
            if self.lines > MOST_LINES {
                if let Instruction::Reduce { block, .. } = instruction {
                    self.lines += block.size();
                }
                continue;
            }
            match instruction {
                Instruction::Reduce { op, var, range, block, term } => {
                    let (op, var, range) = (reduction(*op), variable(*var), span(*range));
                    self.line(&format!("{} = {op} for {var} in {range}", name(*value)));
                    self.depth += 1;
                    self.block(block);
                    let term = match term {
                        Term::Plain(a) => name(*a),
                        Term::Product(a, b) => format!("{} * {}", name(*a), name(*b)),
                    };
                    self.line(&format!("term {term}"));
                    self.depth -= 1;
                }
                Instruction::Store { address, value, write } => {
                    let sign = match write {
                        Write::Set => "=",
                        Write::Add => "+=",
                    };
                    let address = self.address(address);
                    self.line(&format!("{address} {sign} {}", name(*value)));
                }
                Instruction::Map(map) => {
                    let slice = |s: &Slice| self.slice(*s, map.count);
                    let results: Vec<String> = map.results.iter().map(slice).collect();
                    let callee = self.callee(map.native);
                    self.line(&format!("{} = {callee}({})", results.join(", "), slice(&map.argument)));
                }
                other => {
                    let text = self.instruction(other);
                    self.line(&format!("{} = {text}", name(*value)));
                }
            }
        }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{:1$}{text}", "", 2 * self.depth);
    }

    /// What an instruction computes.
    fn instruction(&self, instruction: &Instruction) -> String {
        let op = |word: &str, values: &[Value]| format!("{word}{}", operands(values));
        match instruction {
            Instruction::Number(bits) => format!("{:?}", f64::from_bits(*bits)),
            Instruction::Word(word) => format!("word {word:#x}"),
            Instruction::Index(at) => format!("number of {}", position(at)),
            Instruction::Load(address) => self.address(address),
            Instruction::Unary(unary, a) => op(unary_name(*unary), &[*a]),
            Instruction::Binary(binary, a, b) => op(binary_name(*binary), &[*a, *b]),
            Instruction::Fma(a, b, c) => op("fma", &[*a, *b, *c]),
            Instruction::Compare(compare, a, b) => {
                format!("{} {} {}", name(*a), compare_sign(*compare), name(*b))
            }
            Instruction::Within(at, n) => format!("{} in 0..{n}", position(at)),
            Instruction::Mask(Logic::And, a, b) => op("and", &[*a, *b]),
            Instruction::Mask(Logic::Or, a, b) => op("or", &[*a, *b]),
            Instruction::Not(a) => op("not", &[*a]),
            Instruction::Select(mask, a, b) => op("select", &[*mask, *a, *b]),
            Instruction::Word2(word, a, b) => op(word_name(*word), &[*a, *b]),
            Instruction::Shift(ShiftOp::Left, a, by) => format!("{} << {by}", name(*a)),
            Instruction::Shift(ShiftOp::Right, a, by) => format!("{} >> {by}", name(*a)),
            Instruction::Bits(a) => op("bits", &[*a]),
            Instruction::FromBits(a) => op("number_from_bits", &[*a]),
            Instruction::Call { native, arguments } => {
                format!("call {}{}", self.callee(*native), operands(arguments))
            }
            Instruction::Rare { mask, fast, native, arguments } => {
                let rare = format!("{}{}", self.callee(*native), operands(arguments));
                format!("{}, but where {} call {rare}", name(*fast), name(*mask))
            }
            Instruction::Reduce { .. } | Instruction::Store { .. } | Instruction::Map(_) => {
                unreachable!("printed by `block`")
            }
        }
    }

    fn callee(&self, native: u32) -> String {
        callee_name(&self.kernel.natives[native as usize])
    }

    /// `scratch[0..50]`.
    fn slice(&self, slice: Slice, count: u64) -> String {
        format!("{}[{}..{}]", self.buffer(slice.buffer), slice.offset, slice.offset + count)
    }

    fn buffer(&self, buffer: Buffer) -> String {
        match buffer {
            Buffer::Input(k) => role(self.kernel.inputs[k as usize].role),
            Buffer::Output(k) => role(self.kernel.outputs[k as usize].role),
            Buffer::Scratch => "scratch".to_owned(),
        }
    }

    /// `state[2 + 3*i + wrap(j - 1, 32)*1]`.
    fn address(&self, address: &Address) -> String {
        let buffer = self.buffer(address.buffer);
        let parts = address.parts.iter().map(|(part, stride)| match part {
            Part::Wrap { position: at, n, edge } => {
                let word = match edge {
                    Edge::Periodic => "wrap",
                    Edge::Mirror => "mirror",
                    Edge::Clamp => "clamp",
                };
                format!("{word}({}, {n})*{stride}", position(at))
            }
            Part::Table { input, at } => {
                let table = role(self.kernel.inputs[*input as usize].role);
                format!("{table}[{}]*{stride}", position(at))
            }
        });
        let flat = &address.flat;
        let plain =
            (address.parts.is_empty() || flat.offset != 0 || !flat.terms.is_empty()).then(|| position(flat));
        let at: Vec<String> = plain.into_iter().chain(parts).collect();
        format!("{buffer}[{}]", at.join(" + "))
    }
}

fn name(value: Value) -> String {
    format!("v{}", value.0)
}

fn operands(values: &[Value]) -> String {
    values.iter().map(|v| format!(" v{}", v.0)).collect()
}

/// Loop variables by their depth.
fn variable(var: LoopVar) -> String {
    match ["i", "j", "k", "l", "m", "n"].get(var.0 as usize) {
        Some(name) => (*name).to_owned(),
        None => format!("i{}", var.0),
    }
}

/// The end included, as the language counts.
fn span(range: crate::algebra::Range) -> String {
    format!("{}..{}", range.start, range.end.saturating_sub(1))
}

fn position(at: &Position) -> String {
    let mut text = String::new();
    if at.offset != 0 || at.terms.is_empty() {
        text = at.offset.to_string();
    }
    for (var, coefficient) in &at.terms {
        let sign = match (text.is_empty(), *coefficient < 0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        let factor = match coefficient.unsigned_abs() {
            1 => String::new(),
            size => format!("{size}*"),
        };
        text = format!("{text}{sign}{factor}{}", variable(*var));
    }
    text
}

fn role(role: Role) -> String {
    let name = match role {
        Role::Time => "t",
        Role::Step => "h",
        Role::State => "state",
        Role::Parameters => "parameters",
        Role::Discrete => "discrete",
        Role::Modes => "modes",
        Role::Inputs => "inputs",
        Role::Constants => "constants",
        Role::Stage(k) => return format!("stage{k}"),
        Role::AbsoluteTolerance => "absolute_tolerance",
        Role::RelativeTolerance => "relative_tolerance",
        Role::StateTangent => "state_tangent",
        Role::ParameterTangent => "parameter_tangent",
        Role::Cotangent => "cotangent",
        Role::Delayed => "delayed",
        Role::Increments => "increments",
        Role::Places => "places",
        Role::Tape => "tape",
        Role::Result => "result",
        Role::StateCotangent => "state_cotangent",
        Role::ParameterCotangent => "parameter_cotangent",
        Role::ErrorNorm => "error_norm",
        Role::Statistics => "statistics",
    };
    name.to_owned()
}

fn callee_name(callee: &Callee) -> String {
    match callee {
        Callee::Native(native) => format!("{native:?}").to_lowercase(),
        Callee::Slice(passed) => {
            let names: Vec<&str> = passed.functions.iter().map(|f| f.function().name).collect();
            names.join("_and_")
        }
        Callee::Product(kind) => match kind {
            ProductKind::Rows => "product_of_rows".to_owned(),
            ProductKind::Columns => "product_of_columns".to_owned(),
            ProductKind::Outer(_) => "outer_product".to_owned(),
        },
        Callee::Host { name, .. } => format!("host:{name}"),
    }
}

fn unary_name(unary: Unary) -> &'static str {
    match unary {
        Unary::Neg => "neg",
        Unary::Abs => "abs",
        Unary::Sqrt => "sqrt",
        Unary::Floor => "floor",
        Unary::Ceil => "ceil",
        Unary::Trunc => "trunc",
        Unary::Round => "round",
    }
}

fn binary_name(binary: Binary) -> &'static str {
    match binary {
        Binary::Add => "add",
        Binary::Sub => "sub",
        Binary::Mul => "mul",
        Binary::Div => "div",
    }
}

fn compare_sign(compare: Compare) -> &'static str {
    match compare {
        Compare::Less => "<",
        Compare::LessEqual => "<=",
        Compare::Equal => "==",
        Compare::NotEqual => "!=",
    }
}

fn word_name(word: WordOp) -> &'static str {
    match word {
        WordOp::Add => "word_add",
        WordOp::Sub => "word_sub",
        WordOp::And => "word_and",
        WordOp::Or => "word_or",
        WordOp::Xor => "word_xor",
    }
}

fn reduction(op: crate::algebra::Reduction) -> &'static str {
    match op {
        crate::algebra::Reduction::Sum => "sum",
        crate::algebra::Reduction::Product => "product",
        crate::algebra::Reduction::Min => "min",
        crate::algebra::Reduction::Max => "max",
    }
}
