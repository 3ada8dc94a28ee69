//! The lowered program: loop nests over buffers, in the order and with the roundings that every executor keeps.
//!
//! A kernel is a list of nests; a nest is loops around a block; a block is instructions in order of
//! evaluation. Values are numbers (f64), words (i64) or masks. Nothing here knows expressions or models.

use smallvec::SmallVec;

use crate::algebra::{Affine, Range, Reduction, mirrored};

use super::elementary::{Native, SliceFunction};
use super::product::{Product, ProductKind};

/// A computed value of a nest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

/// A loop variable of a nest: its loops outermost first, then the reductions by depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopVar(pub u32);

/// A function of one model, compiled as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    pub name: String,
    pub inputs: Vec<Slot>,
    pub outputs: Vec<Slot>,
    /// Elements of scratch it needs (times the lanes).
    pub scratch: u64,
    pub nests: Vec<Nest>,
    /// What it calls, by number.
    pub natives: Vec<Callee>,
}

impl Kernel {
    /// Whether it reads anything of an input.
    pub fn reads(&self, input: u32) -> bool {
        self.nests.iter().any(|nest| nest.block.reads(Buffer::Input(input)))
    }
}

/// A buffer that the caller hands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    pub role: Role,
    /// Elements a lane.
    pub len: u64,
    pub sharing: Sharing,
}

/// What a slot holds. The lengths are data of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// t.
    Time,
    /// Step size h.
    Step,
    /// u: differential, then algebraic unknowns.
    State,
    /// Every parameter and weight, one flat vector.
    Parameters,
    /// Discrete variables.
    Discrete,
    /// One number a switch: 1 while its condition counts as true.
    Modes,
    /// Inputs that the host sets.
    Inputs,
    /// Arrays of constants, filled when a program is bound.
    Constants,
    /// Stage derivative k_i of a Runge–Kutta step.
    Stage(u32),
    /// Absolute tolerance of each unknown.
    AbsoluteTolerance,
    /// Relative tolerance.
    RelativeTolerance,
    /// Tangent of u.
    StateTangent,
    /// Tangent of p.
    ParameterTangent,
    /// Cotangent of the derivative (or residual).
    Cotangent,
    /// Delayed values, one a delay.
    Delayed,
    /// Increments of the Wiener processes over the step.
    Increments,
    /// For each entry of the Jacobian's blocks, its place among the values.
    Places,
    /// Intermediates that a forward kernel leaves for its pullback.
    Tape,
    /// The kernel's result: the derivative or residual, values of a Jacobian, observables, …
    Result,
    /// Cotangent of u: added to.
    StateCotangent,
    /// Cotangent of p: added to.
    ParameterCotangent,
    /// Sum over the unknowns of (error / scale)².
    ErrorNorm,
    /// Reductions over members or paths.
    Statistics,
}

impl Slot {
    pub fn new(role: Role, len: u64) -> Self {
        Slot { role, len, sharing: Sharing::PerLane }
    }

    pub fn shared(role: Role, len: u64) -> Self {
        Slot { role, len, sharing: Sharing::Shared }
    }
}

/// Whether lanes have their own elements (`slot[i·lanes + l]`) or read the same ones (`slot[i]`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    PerLane,
    Shared,
}

/// A function outside the kernel: of the compiler or runtime, or supplied by the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Callee {
    Native(Native),
    Slice(SliceFunction),
    Product(ProductKind),
    Host { name: String, arity: usize },
}

/// The number of a callee, which is new among them or there already.
pub(super) fn callee(natives: &mut Vec<Callee>, callee: Callee) -> u32 {
    let k = natives.iter().position(|c| *c == callee).unwrap_or_else(|| {
        natives.push(callee);
        natives.len() - 1
    });
    k as u32
}

#[derive(Clone, Debug, PartialEq)]
pub struct Nest {
    /// Outermost first; loop k binds `LoopVar(k)`. A scalar nest has none.
    pub loops: Vec<Range>,
    pub block: Block,
    /// What the loops compute as a whole, where that is a product with a matrix. Whoever has one lane may run it in the
    /// loops' place; the bits are the same.
    pub product: Option<Product>,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Block {
    pub instructions: Vec<(Value, Instruction)>,
}

impl Block {
    fn reads(&self, buffer: Buffer) -> bool {
        self.instructions.iter().any(|(_, instruction)| match instruction {
            Instruction::Load(address) => {
                address.buffer == buffer || address.parts.iter().any(|(part, _)| part.reads(buffer))
            }
            Instruction::Reduce { block, .. } => block.reads(buffer),
            Instruction::Map(map) => map.argument.buffer == buffer,
            _ => false,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Instruction {
    Number(u64),
    Word(i64),
    /// The value of an affine expression of loop variables as a number.
    Index(Position),
    Load(Address),
    Unary(Unary, Value),
    Binary(Binary, Value, Value),
    /// a·b + c, rounded once.
    Fma(Value, Value, Value),
    Compare(Compare, Value, Value),
    /// Whether a position is inside 0..n.
    Within(Position, u64),
    Mask(Logic, Value, Value),
    Not(Value),
    /// The first where the mask holds, else the second.
    Select(Value, Value, Value),
    Word2(WordOp, Value, Value),
    Shift(ShiftOp, Value, u32),
    /// The bits of a number as a word.
    Bits(Value),
    /// The number with these bits.
    FromBits(Value),
    Call {
        native: u32,
        arguments: SmallVec<[Value; 3]>,
    },
    /// `fast`, but the native's value where the mask holds; a branch where a mask is rare.
    Rare {
        mask: Value,
        fast: Value,
        native: u32,
        arguments: SmallVec<[Value; 3]>,
    },
    /// Eight partial results, element e of the range to partial e mod 8, combined as a tree:
    /// ((0∘4)∘(2∘6))∘((1∘5)∘(3∘7)).
    Reduce {
        op: Reduction,
        var: LoopVar,
        range: Range,
        block: Block,
        term: Term,
    },
    Store {
        address: Address,
        value: Value,
        write: Write,
    },
    /// Functions of `count` numbers that lie side by side, by a native over slices. It stands alone in a nest without
    /// loops, and all its buffers are per lane: so any number of lanes is one longer slice.
    Map(Map),
}

/// `results[r][k] = functions[r](argument[k])` for k < count; no two of the slices overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// The callee, a `Callee::Slice`.
    pub native: u32,
    pub argument: Slice,
    pub results: SmallVec<[Slice; 2]>,
    pub count: u64,
}

/// A run of elements of a buffer, from `offset` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Slice {
    pub buffer: Buffer,
    pub offset: u64,
}

/// What one element adds to its partial result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Term {
    Plain(Value),
    /// A sum's product, added by fma.
    Product(Value, Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Write {
    Set,
    Add,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    Neg,
    Abs,
    Sqrt,
    Floor,
    Ceil,
    Trunc,
    /// To the nearest integer, halves to even.
    Round,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
}

/// Ordered comparisons, false where an operand is NaN; `NotEqual` is true there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    Less,
    LessEqual,
    Equal,
    NotEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Logic {
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WordOp {
    Add,
    Sub,
    And,
    Or,
    Xor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ShiftOp {
    Left,
    /// Zeros come in.
    Right,
}

/// offset + Σ coefficient · loop variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Position {
    pub offset: i64,
    pub terms: SmallVec<[(LoopVar, i64); 2]>,
}

/// An element of a buffer: offset + Σ part · stride.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    pub buffer: Buffer,
    /// Affine part, strides multiplied in.
    pub flat: Position,
    /// Positions that need more than arithmetic, with the stride of each.
    pub parts: SmallVec<[(Part, i64); 1]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Buffer {
    Input(u32),
    Output(u32),
    Scratch,
}

/// A position along a dimension of extent n, brought inside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Wrap {
        position: Position,
        n: u64,
        edge: Edge,
    },
    /// The entry of an input of integers (stored as f64), at a flat position.
    Table {
        input: u32,
        at: Position,
    },
}

impl Part {
    fn reads(&self, buffer: Buffer) -> bool {
        matches!(self, Part::Table { input, .. } if Buffer::Input(*input) == buffer)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Edge {
    Periodic,
    Mirror,
    /// Into 0..n: the load's value is then not used.
    Clamp,
}

impl Position {
    pub fn constant(offset: i64) -> Self {
        Position { offset, terms: SmallVec::new() }
    }

    /// The position with variables replaced by numbers.
    pub fn at(&self, variables: &[i64]) -> i64 {
        self.terms.iter().fold(self.offset, |sum, (v, c)| sum + c * variables[v.0 as usize])
    }

    pub fn coefficient(&self, var: LoopVar) -> i64 {
        self.terms.iter().find(|(v, _)| *v == var).map_or(0, |(_, c)| *c)
    }

    /// From an affine expression, by a map of its variables.
    pub fn from_affine(affine: &Affine, mut map: impl FnMut(crate::algebra::Var) -> LoopVar) -> Self {
        let mut terms: SmallVec<[(LoopVar, i64); 2]> =
            affine.terms.iter().map(|&(v, c)| (map(v), c)).collect();
        terms.sort_unstable();
        Position { offset: affine.offset, terms }
    }

    pub fn add_scaled(&mut self, other: &Position, scale: i64) {
        self.offset += other.offset * scale;
        for &(v, c) in &other.terms {
            match self.terms.iter_mut().find(|(w, _)| *w == v) {
                Some((_, d)) => *d += c * scale,
                None => self.terms.push((v, c * scale)),
            }
        }
        self.terms.retain(|(_, c)| *c != 0);
        self.terms.sort_unstable();
    }
}

impl Edge {
    /// The position brought inside 0..n.
    pub fn bring_inside(self, position: i64, n: u64) -> i64 {
        let n = n as i64;
        match self {
            Edge::Periodic => position.rem_euclid(n),
            Edge::Mirror => mirrored(position, n),
            Edge::Clamp => position.clamp(0, n - 1),
        }
    }
}

/// Operations of an elementary function, about.
const MAP_WORK: u64 = 40;

impl Nest {
    /// The functions over slices that this nest is, if it is that.
    pub fn map(&self) -> Option<&Map> {
        match &self.block.instructions[..] {
            [(_, Instruction::Map(map))] => Some(map),
            _ => None,
        }
    }
}

impl Block {
    /// Instructions that one run executes.
    pub fn work(&self) -> u64 {
        let one = |i: &Instruction| match i {
            Instruction::Reduce { range, block, .. } => 1 + range.len() * block.work(),
            Instruction::Map(map) => map.count * MAP_WORK,
            _ => 1,
        };
        self.instructions.iter().map(|(_, i)| one(i)).sum()
    }

    /// Instructions, those inside reductions included.
    pub fn size(&self) -> usize {
        self.instructions
            .iter()
            .map(|(_, i)| match i {
                Instruction::Reduce { block, .. } => 1 + block.size(),
                _ => 1,
            })
            .sum()
    }
}

impl Kernel {
    /// Instructions that one run executes, on one lane.
    pub fn work(&self) -> u64 {
        let nest = |n: &Nest| n.loops.iter().map(|r| r.len()).product::<u64>() * n.block.work();
        self.nests.iter().map(nest).sum()
    }

    pub fn size(&self) -> usize {
        self.nests.iter().map(|n| n.block.size()).sum()
    }
}
