//! What is to be computed, before it is scheduled: assignments to symbols, and where each symbol lives.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::algebra::{Access, Expr, Range, Symbol};

use super::kernel::{Buffer, Slot, Write};

/// `symbol[target] = value` (or `+=`) for every combination of the axes.
#[derive(Clone, Debug)]
pub struct Assignment {
    pub symbol: Symbol,
    pub axes: Vec<Range>,
    /// Over the axes.
    pub target: Access,
    /// Over the axes; reads symbols that have storage or were assigned before.
    pub value: Expr,
    pub write: Write,
}

/// A place for a symbol: element (i, j, …) at offset + i·strides[0] + j·strides[1] + ….
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub buffer: Buffer,
    pub offset: u64,
    pub strides: SmallVec<[i64; 2]>,
}

impl Place {
    /// Row-major.
    pub fn new(buffer: Buffer, offset: u64, dims: &[u64]) -> Self {
        let mut strides: SmallVec<[i64; 2]> = SmallVec::from_elem(1, dims.len());
        for k in (1..dims.len()).rev() {
            strides[k - 1] = strides[k] * dims[k] as i64;
        }
        Place { buffer, offset, strides }
    }
}

/// Where an integer table lies: its entries row-major from `offset` of an input slot on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TablePlace {
    pub input: u32,
    pub offset: u64,
}

/// A function over slots as a list of assignments. Symbols that are assigned and have no place are temporaries.
#[derive(Clone, Debug, Default)]
pub struct Routine {
    pub name: String,
    pub inputs: Vec<Slot>,
    pub outputs: Vec<Slot>,
    pub places: FxHashMap<Symbol, Place>,
    /// Where each integer table of the algebra lies.
    pub tables: FxHashMap<u32, TablePlace>,
    pub body: Vec<Assignment>,
}
