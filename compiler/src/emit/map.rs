//! Assignments that are one elementary function over a whole array: these run as passes over slices, which have wider
//! vectors than generated code.

use rustc_hash::FxHashMap;

use crate::algebra::{Access, Algebra, Meaning, Node, Range, Symbol, own_access};

use super::elementary::{Elementary, SliceFunction};
use super::kernel::{Block, Buffer, Callee, Instruction, Map, Nest, Sharing, Slice, Value, Write, callee};
use super::routine::{Assignment, Place, Routine};

/// From this many elements on a pass is sooner done than a loop around the function.
const LEAST: u64 = 8;

/// `result = function(argument)`, element by element over both arrays.
#[derive(Clone, Debug)]
pub(super) struct Mapped {
    pub function: Elementary,
    pub argument: Symbol,
    pub result: Symbol,
    pub count: u64,
}

impl Mapped {
    /// Whether one pass can compute this function along with those.
    pub fn joins(&self, others: &[Mapped]) -> bool {
        let same = others.iter().all(|o| o.argument == self.argument && o.result != self.result);
        !others.is_empty() && same && pass(others.iter().chain([self])).is_some()
    }
}

/// The assignment as a function over arrays, if it is that and there is a pass for it.
pub(super) fn recognise(algebra: &Algebra, routine: &Routine, assignment: &Assignment) -> Option<Mapped> {
    let Node::Call(f, arguments) = algebra.node(assignment.value) else { return None };
    let [argument] = algebra.arguments(arguments)[..] else { return None };
    let Node::Read(symbol, access) = algebra.node(argument) else { return None };
    let info = algebra.function(f);
    let function = (info.meaning == Meaning::Native).then(|| Elementary::find(&info.name))??;
    SliceFunction::find(&[function])?;
    let whole = |symbol: Symbol, access: &Access| {
        is_whole(&assignment.axes, &algebra.symbol(symbol).dims, access) && is_per_lane(routine, symbol)
    };
    let count = assignment.axes.iter().map(|r| r.len()).product();
    let fits = assignment.write == Write::Set
        && count >= LEAST
        && symbol != assignment.symbol
        && whole(symbol, algebra.access(access))
        && whole(assignment.symbol, &assignment.target);
    fits.then_some(Mapped { function, argument: symbol, result: assignment.symbol, count })
}

/// Whether the loops go over every element in the order of memory.
fn is_whole(axes: &[Range], dims: &[u64], access: &Access) -> bool {
    axes.iter().map(|r| r.len()).eq(dims.iter().copied()) && *access == own_access(axes)
}

fn is_per_lane(routine: &Routine, symbol: Symbol) -> bool {
    let slot = match routine.places.get(&symbol).map(|place| place.buffer) {
        Some(Buffer::Input(k)) => &routine.inputs[k as usize],
        Some(Buffer::Output(k)) => &routine.outputs[k as usize],
        Some(Buffer::Scratch) | None => return true,
    };
    slot.sharing == Sharing::PerLane
}

/// The pass for the functions, in whatever order.
fn pass<'m>(maps: impl Iterator<Item = &'m Mapped>) -> Option<SliceFunction> {
    let mut functions: Vec<Elementary> = maps.map(|m| m.function).collect();
    functions.sort_unstable();
    SliceFunction::find(&functions)
}

/// The nest that computes the functions in one pass.
pub(super) fn nest(maps: &[Mapped], places: &FxHashMap<Symbol, Place>, natives: &mut Vec<Callee>) -> Nest {
    let passed = pass(maps.iter()).expect("functions that were joined");
    let slice = |symbol: Symbol| Slice { buffer: places[&symbol].buffer, offset: places[&symbol].offset };
    let result = |f: &Elementary| {
        slice(maps.iter().find(|m| m.function == *f).expect("a function of the pass").result)
    };
    let map = Map {
        native: callee(natives, Callee::Slice(passed)),
        argument: slice(maps[0].argument),
        results: passed.functions.iter().map(result).collect(),
        count: maps[0].count,
    };
    let block = Block { instructions: vec![(Value(0), Instruction::Map(map))] };
    Nest { loops: Vec::new(), block, product: None }
}
