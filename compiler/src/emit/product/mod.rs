//! Products with matrices: loops that are one run over slices, which have wider vectors than generated code.
//!
//! The loops stay in the kernel, as what the product means: the interpreter runs them, and so does machine code for
//! several lanes, where a matrix is not a slice. Any loops of the shape are found, whatever the model calls them.

mod slice;
#[cfg(test)]
mod tests;

pub(super) use slice::{Operands, columns, outer, rows};

use smallvec::SmallVec;

use crate::algebra::{Range, Reduction};

use super::kernel::*;

/// From this many elements of the matrix on, the call is sooner done than the loops.
const LEAST: u64 = 100;
/// Shorter rows are not worth a vector.
const SHORTEST_ROW: u64 = 8;

/// How the elements of a matrix meet its two sides; `inner` goes along the innermost loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProductKind {
    /// `outer[i] = Σ_j matrix[i·stride + j]·inner[j]`.
    Rows,
    /// `outer[i] = Σ_j matrix[j·stride + i]·inner[j]`.
    Columns,
    /// `matrix[i·stride + j] = outer[i]·inner[j]`, or added.
    Outer(Write),
}

/// What a nest of loops over i, or over i and j, computes as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// The callee, a `Callee::Product`.
    pub native: u32,
    pub outer_count: u64,
    pub inner_count: u64,
    pub stride: u64,
    pub matrix: Slice,
    pub outer: Slice,
    pub inner: Slice,
}

impl ProductKind {
    /// Elements from the first to the last one of the matrix.
    pub fn span(self, outer: usize, inner: usize, stride: usize) -> usize {
        match self {
            ProductKind::Rows | ProductKind::Outer(_) => (outer - 1) * stride + inner,
            ProductKind::Columns => (inner - 1) * stride + outer,
        }
    }
}

/// Finds the products of a kernel. Each one gets a nest of its own: a sum inside of a larger nest is computed before it,
/// into scratch.
pub(super) fn find_products(kernel: &mut Kernel) {
    for mut nest in std::mem::take(&mut kernel.nests) {
        match nest.loops.len() {
            1 => {
                split_sums(kernel, &mut nest);
                kernel.nests.push(nest);
            }
            2 => match outer_products(&mut kernel.natives, &nest) {
                Some(products) => kernel.nests.extend(products),
                None => kernel.nests.push(nest),
            },
            _ => kernel.nests.push(nest),
        }
    }
}

/// Moves every sum of products with a matrix out of the nest.
fn split_sums(kernel: &mut Kernel, nest: &mut Nest) {
    let range = nest.loops[0];
    let stores: Vec<Address> = stores(&nest.block).map(|(address, ..)| address.clone()).collect();
    for (value, instruction) in &mut nest.block.instructions {
        let Some((kind, mut product)) = sum(range, instruction) else { continue };
        if stores.iter().any(|store| product.reads(kind, store, &nest.loops)) {
            continue;
        }
        product.outer = Slice { buffer: Buffer::Scratch, offset: kernel.scratch };
        product.native = callee(&mut kernel.natives, Callee::Product(kind));
        let terms = SmallVec::from_slice(&[(LoopVar(0), 1)]);
        let flat = Position { offset: kernel.scratch as i64 - range.start, terms };
        kernel.scratch += range.len();
        let address = Address { buffer: Buffer::Scratch, flat, parts: SmallVec::new() };
        let reduce = std::mem::replace(instruction, Instruction::Load(address.clone()));
        let store = Instruction::Store { address, value: *value, write: Write::Set };
        let block = Block { instructions: vec![(*value, reduce), (Value(value.0 + 1), store)] };
        kernel.nests.push(Nest { loops: vec![range], block, product: Some(product) });
    }
}

/// A reduction as a product with a matrix, if it is one. Where the sums go is left open.
fn sum(range: Range, instruction: &Instruction) -> Option<(ProductKind, Product)> {
    let Instruction::Reduce { op: Reduction::Sum, var, range: along, block, term: Term::Product(a, b) } =
        instruction
    else {
        return None;
    };
    let [(first, Instruction::Load(one)), (second, Instruction::Load(other))] = &block.instructions[..]
    else {
        return None;
    };
    let i = LoopVar(0);
    let (matrix, inner) = if one.flat.coefficient(i) != 0 { (one, other) } else { (other, one) };
    let (kind, stride) = match (matrix.flat.coefficient(i), matrix.flat.coefficient(*var)) {
        (stride, 1) if stride > 0 => (ProductKind::Rows, stride),
        (1, stride) if stride > 0 => (ProductKind::Columns, stride),
        _ => return None,
    };
    let fits = [(*first, *second), (*second, *first)].contains(&(*a, *b))
        && range.len() * along.len() >= LEAST
        && is_plain(matrix, 2)
        && is_run(inner, *var);
    let starts = [(i, range.start), (*var, along.start)];
    fits.then(|| {
        let product = Product {
            native: 0,
            outer_count: range.len(),
            inner_count: along.len(),
            stride: stride as u64,
            matrix: slice(matrix, &starts),
            outer: Slice { buffer: Buffer::Scratch, offset: 0 },
            inner: slice(inner, &starts),
        };
        (kind, product)
    })
}

/// A nest for each of its assignments, if all of them are outer products.
fn outer_products(natives: &mut Vec<Callee>, nest: &Nest) -> Option<Vec<Nest>> {
    let targets: Vec<&Address> = stores(&nest.block).map(|(address, ..)| address).collect();
    let products: Vec<Nest> = stores(&nest.block)
        .map(|(address, value, write)| {
            let kind = ProductKind::Outer(write);
            let (product, block) = outer_product(nest, address, value, write)?;
            // What an assignment reads or writes, no other one may write at another iteration.
            let apart = |other: &&Address| {
                let matrix = (product.matrix, product.span(kind));
                let same = *other == address;
                !product.sides().iter().any(|side| may_meet(other, &nest.loops, *side))
                    && (same || !may_meet(other, &nest.loops, matrix))
            };
            targets.iter().all(apart).then(|| {
                let product = Product { native: callee(natives, Callee::Product(kind)), ..product };
                Nest { loops: nest.loops.clone(), block, product: Some(product) }
            })
        })
        .collect::<Option<_>>()?;
    (!products.is_empty()).then_some(products)
}

/// One assignment as an outer product, and the instructions that it needs.
fn outer_product(nest: &Nest, address: &Address, value: Value, write: Write) -> Option<(Product, Block)> {
    let made = |v: Value| nest.block.instructions.iter().find(|(w, _)| *w == v);
    let (_, Instruction::Binary(Binary::Mul, a, b)) = made(value)? else { return None };
    let (Instruction::Load(one), Instruction::Load(other)) = (&made(*a)?.1, &made(*b)?.1) else {
        return None;
    };
    let [i, j] = [0, 1].map(LoopVar);
    let (outer, inner, stride) = match (address.flat.coefficient(i), address.flat.coefficient(j)) {
        (stride, 1) => (i, j, stride),
        (1, stride) => (j, i, stride),
        _ => return None,
    };
    let (left, right) = if is_run(one, outer) { (one, other) } else { (other, one) };
    let count = |var: LoopVar| nest.loops[var.0 as usize].len();
    let fits = is_plain(address, 2)
        && is_run(left, outer)
        && is_run(right, inner)
        && stride >= count(inner) as i64
        && count(inner) >= SHORTEST_ROW
        && count(outer) * count(inner) >= LEAST;
    fits.then(|| {
        let starts = [i, j].map(|var| (var, nest.loops[var.0 as usize].start));
        let product = Product {
            native: 0,
            outer_count: count(outer),
            inner_count: count(inner),
            stride: stride as u64,
            matrix: slice(address, &starts),
            outer: slice(left, &starts),
            inner: slice(right, &starts),
        };
        let needed = [*a, *b, value].into_iter().filter_map(made).cloned();
        let store = Instruction::Store { address: address.clone(), value, write };
        let instructions = needed.chain([(Value(value.0 + 1), store)]).collect();
        (product, Block { instructions })
    })
}

impl Product {
    fn span(&self, kind: ProductKind) -> u64 {
        let [outer, inner, stride] =
            [self.outer_count, self.inner_count, self.stride].map(|count| count as usize);
        kind.span(outer, inner, stride) as u64
    }

    fn sides(&self) -> [(Slice, u64); 2] {
        [(self.outer, self.outer_count), (self.inner, self.inner_count)]
    }

    /// Whether a sum may read what the store writes.
    fn reads(&self, kind: ProductKind, store: &Address, loops: &[Range]) -> bool {
        [(self.matrix, self.span(kind)), (self.inner, self.inner_count)]
            .iter()
            .any(|read| may_meet(store, loops, *read))
    }
}

fn stores(block: &Block) -> impl Iterator<Item = (&Address, Value, Write)> {
    block.instructions.iter().filter_map(|(_, instruction)| match instruction {
        Instruction::Store { address, value, write } => Some((address, *value, *write)),
        _ => None,
    })
}

/// Whether a position is affine in this many loop variables.
fn is_plain(address: &Address, variables: usize) -> bool {
    address.parts.is_empty() && address.flat.terms.len() == variables
}

/// Whether the elements lie side by side along the variable, and depend on no other one.
fn is_run(address: &Address, var: LoopVar) -> bool {
    is_plain(address, 1) && address.flat.coefficient(var) == 1
}

/// From the element on that is accessed first.
fn slice(address: &Address, starts: &[(LoopVar, i64)]) -> Slice {
    let first = starts
        .iter()
        .fold(address.flat.offset, |at, (var, start)| at + address.flat.coefficient(*var) * start);
    Slice { buffer: address.buffer, offset: first as u64 }
}

/// Whether an access in these loops may touch elements of the slice.
fn may_meet(address: &Address, loops: &[Range], (slice, len): (Slice, u64)) -> bool {
    let ends = |(var, c): &(LoopVar, i64)| {
        let range = loops[var.0 as usize];
        let (first, last) = (c * range.start, c * (range.end - 1));
        (first.min(last), first.max(last))
    };
    let flat = &address.flat;
    let (first, last) = flat
        .terms
        .iter()
        .map(ends)
        .fold((flat.offset, flat.offset), |sum, end| (sum.0 + end.0, sum.1 + end.1));
    let apart = last < slice.offset as i64 || first >= (slice.offset + len) as i64;
    address.buffer == slice.buffer && !(address.parts.is_empty() && apart)
}
