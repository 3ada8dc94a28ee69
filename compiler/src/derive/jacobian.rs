//! ∂f/∂u as blocks: loops of entries with row, column and value; its pattern and the routines that fill it.
//!
//! Derivatives are accumulated at the stored definitions, forwards: the derivative of a definition by the unknowns
//! is a buffer of its own, and an index that neither row nor column keeps is summed over. So a Jacobian through a
//! network is a chain of products of matrices with as many columns as the network has inputs.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::algebra::differentiate::{Differentiator, Partial};
use crate::algebra::{Access, Affine, Boundary, Expr, Function, Range, Reduction, Subscript, Symbol, Var};
use crate::emit::kernel::{Buffer, Role, Slot, Write};
use crate::emit::routine::{Assignment, Place, Routine, TablePlace};

use super::system::{Part, Row, Stored, System};
use crate::algebra::own_access;

/// Entries of a matrix over loops.
#[derive(Clone, Debug)]
pub struct Block {
    pub loops: Vec<Range>,
    /// An element of a part of `System::results`.
    pub row: (Symbol, Access),
    /// An element of an unknown.
    pub column: (Symbol, Access),
    pub value: Expr,
}

/// The Jacobian before it has a layout.
#[derive(Clone, Debug)]
pub struct Jacobian {
    /// Stored definitions and their derivatives, in order.
    pub prelude: Vec<Assignment>,
    pub blocks: Vec<Block>,
    /// Functions that have no derivative and would need one.
    pub missing: Vec<Function>,
    /// Whether the blocks are all of it. They are not where a stored definition is read by a rule that a column's
    /// subscript cannot follow; the Jacobian is then made of Jacobian–vector products.
    pub coverage: Coverage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coverage {
    Complete,
    Partial,
}

/// A derivative through a stored definition.
enum Composed {
    Entry(Box<Entry>),
    /// The access reads another piece of the definition.
    OtherPiece,
    /// The column's subscript cannot be written.
    Unsupported,
}

/// The derivative of a stored definition by one access to an unknown.
#[derive(Clone)]
struct Column {
    /// The piece of the definition: its target, over its axes.
    target: Access,
    axes: usize,
    /// Ranges of the axes.
    ranges: Vec<Range>,
    /// Whether the piece is the whole definition.
    whole: bool,
    /// Ranges of the indices of the column that the definition does not have; `Axis(axes + k)`.
    inner: Vec<Range>,
    unknown: Symbol,
    access: Access,
    /// The values, over the definition's positions and the inner indices.
    values: Symbol,
}

/// An axis of a definition where an access reads it.
#[derive(Clone)]
struct Axis {
    /// What the axis is there.
    value: Affine,
    boundary: Boundary,
    /// The position that the access reads.
    read: Affine,
}

/// A term of a derivative, its inner indices as fresh variables.
struct Entry {
    inner: Vec<(Var, Range)>,
    unknown: Symbol,
    access: Access,
    value: Expr,
}

impl System {
    /// The blocks of ∂f/∂u.
    pub fn jacobian(&mut self) -> Jacobian {
        self.jacobian_of(&self.rows.clone(), &self.stored.clone())
    }

    /// The blocks of the derivatives of rows by the unknowns, through the definitions that they read.
    pub(super) fn jacobian_of(&mut self, rows: &[Row], stored: &[Stored]) -> Jacobian {
        let mut jacobian = Jacobian {
            prelude: Vec::new(),
            blocks: Vec::new(),
            missing: Vec::new(),
            coverage: Coverage::Complete,
        };
        let mut columns: FxHashMap<Symbol, Vec<Column>> = FxHashMap::default();
        for s in stored {
            jacobian.prelude.extend(super::rhs::assignments(std::slice::from_ref(s)));
            let several = stored.iter().filter(|t| t.symbol == s.symbol).count() > 1;
            self.store_columns(s, several, &mut columns, &mut jacobian);
        }
        for row in rows {
            for entry in self.entries(row.value, row.axes.len(), &columns, &mut jacobian) {
                let axes = row.axes.len();
                let (access, value) = self.rename_inner(&entry, axes);
                let loops = row.axes.iter().copied().chain(entry.inner.iter().map(|(_, r)| *r)).collect();
                jacobian.blocks.push(Block {
                    loops,
                    row: (row.symbol, row.target.clone()),
                    column: (entry.unknown, access),
                    value,
                });
            }
        }
        self.merge(&mut jacobian.blocks);
        jacobian
    }

    /// Derivatives of a stored definition go to buffers of their own.
    fn store_columns(
        &mut self,
        s: &Stored,
        several: bool,
        columns: &mut FxHashMap<Symbol, Vec<Column>>,
        jacobian: &mut Jacobian,
    ) {
        let axes = s.axes.len();
        for entry in self.entries(s.value, axes, columns, jacobian) {
            let (access, value) = self.rename_inner(&entry, axes);
            let inner: Vec<Range> = entry.inner.iter().map(|(_, r)| *r).collect();
            let mut dims: SmallVec<[u64; 2]> = self.model.algebra.symbol(s.symbol).dims.clone();
            dims.extend(inner.iter().map(|r| r.len()));
            let name = format!("∂{}", self.model.algebra.symbol(s.symbol).name);
            let values = self.algebra().declare(name, &dims);
            if several {
                jacobian.prelude.push(self.fill_with_zero(values));
            }
            let loops: Vec<Range> = s.axes.iter().chain(&inner).copied().collect();
            let target = s.target.iter().cloned().chain(own_access(&loops).into_iter().skip(axes)).collect();
            jacobian.prelude.push(Assignment {
                symbol: values,
                axes: loops,
                target,
                value,
                write: Write::Set,
            });
            columns.entry(s.symbol).or_default().push(Column {
                target: s.target.clone(),
                axes,
                ranges: s.axes.clone(),
                whole: !several,
                inner,
                unknown: entry.unknown,
                access,
                values,
            });
        }
    }

    /// The derivative of an expression by every access to an unknown, directly and through stored definitions.
    fn entries(
        &mut self,
        value: Expr,
        _axes: usize,
        columns: &FxHashMap<Symbol, Vec<Column>>,
        jacobian: &mut Jacobian,
    ) -> Vec<Entry> {
        let Jacobian { missing, coverage, .. } = jacobian;
        let unknowns: Vec<Symbol> = self.unknowns.parts.iter().map(|p| p.symbol).collect();
        let algebra = &mut self.model.algebra;
        let one = algebra.one();
        let mut differentiator = Differentiator::new(algebra);
        let partials =
            differentiator.partials(value, one, &|s| unknowns.contains(&s) || columns.contains_key(&s));
        missing.extend(differentiator.missing);
        let mut entries = Vec::new();
        for partial in partials {
            match columns.get(&partial.symbol) {
                Some(columns) => {
                    for column in columns {
                        match self.compose(&partial, column) {
                            Composed::Entry(entry) => self.add_entry(&mut entries, *entry),
                            Composed::OtherPiece => {}
                            Composed::Unsupported => *coverage = Coverage::Partial,
                        }
                    }
                }
                None => {
                    let Partial { symbol, mut access, inner, value } = partial;
                    // Outside a zero boundary the element is the constant 0, which has no derivative.
                    let value = self.guard_zero_boundary(symbol, &mut access, value);
                    self.add_entry(&mut entries, Entry { inner, unknown: symbol, access, value });
                }
            }
        }
        entries
    }

    /// Sums over the indices that the column does not keep, and adds to an equal column.
    fn add_entry(&mut self, entries: &mut Vec<Entry>, mut entry: Entry) {
        let algebra = &mut self.model.algebra;
        let keeps = |access: &Access, var: Var| {
            access.iter().flat_map(Subscript::affines).any(|a| a.coefficient(var) != 0)
        };
        let (kept, summed): (Vec<_>, Vec<_>) =
            entry.inner.iter().copied().partition(|(var, _)| keeps(&entry.access, *var));
        for (var, range) in summed {
            entry.value = algebra.reduce(Reduction::Sum, var, range, entry.value);
        }
        entry.inner = kept;
        if algebra.is_zero(entry.value) {
            return;
        }
        for other in entries.iter_mut() {
            let ranges = |e: &Entry| e.inner.iter().map(|(_, r)| *r).collect::<Vec<_>>();
            if other.unknown != entry.unknown || ranges(other) != ranges(&entry) {
                continue;
            }
            let renaming: Vec<(Var, Affine)> = entry
                .inner
                .iter()
                .zip(&other.inner)
                .map(|((from, _), (to, _))| (*from, Affine::var(*to)))
                .collect();
            if rename(&entry.access, &renaming) == other.access {
                let value = algebra.replace_vars(entry.value, &renaming);
                other.value = algebra.add(other.value, value);
                return;
            }
        }
        entries.push(entry);
    }

    /// The derivative by the unknown that a definition's column reads, through an access to the definition.
    fn compose(&mut self, partial: &Partial, column: &Column) -> Composed {
        let pieces_differ = !column.whole;
        let algebra = &mut self.model.algebra;
        let inner: Vec<(Var, Range)> = column.inner.iter().map(|r| (algebra.fresh(), *r)).collect();
        // The definition's axes in terms of the access that reads it.
        let mut axes: Vec<Option<Axis>> = vec![None; column.axes];
        for (read, target) in partial.access.iter().zip(&column.target) {
            let Subscript::Affine { position: target, .. } = target else { return Composed::Unsupported };
            match (read, &target.terms[..]) {
                (Subscript::Affine { position, .. }, []) => {
                    // A piece at one place: an access elsewhere reads another piece.
                    match position.as_constant() {
                        Some(p) if p == target.offset => {}
                        Some(_) => return Composed::OtherPiece,
                        // In a loop the values are zero at the places of other pieces.
                        None => {}
                    }
                }
                (Subscript::Affine { position, boundary }, [(Var::Axis(k), 1)]) => {
                    let place = position.clone().shift(-target.offset);
                    let keeps_axis = column
                        .access
                        .iter()
                        .flat_map(Subscript::affines)
                        .any(|a| a.coefficient(Var::Axis(*k)) != 0);
                    if pieces_differ {
                        match place.as_constant() {
                            Some(at) if !column.ranges[*k as usize].contains(Range::new(at, at + 1)) => {
                                return Composed::OtherPiece;
                            }
                            // In a loop over several pieces, the column would have to end where the piece does.
                            None if keeps_axis => return Composed::Unsupported,
                            _ => {}
                        }
                    }
                    axes[*k as usize] =
                        Some(Axis { value: place, boundary: *boundary, read: position.clone() });
                }
                _ => return Composed::Unsupported,
            }
        }
        let dims = &algebra.symbol(column.unknown).dims;
        let extents = &algebra.symbol(partial.symbol).dims;
        // A rule of the definition holds for the unknown where both have the same extent.
        let same = axes.iter().flatten().all(|axis| axis.boundary == Boundary::Inside)
            || extents.iter().all(|n| dims.contains(n)) && dims.iter().all(|n| extents.contains(n));
        if !same {
            return Composed::Unsupported;
        }
        let access = column
            .access
            .iter()
            .map(|s| compose_subscript(s, &axes, column.axes, &inner))
            .collect::<Option<Access>>();
        let Some(access) = access else { return Composed::Unsupported };
        let places: Access = partial
            .access
            .iter()
            .cloned()
            .chain(inner.iter().map(|(v, r)| Subscript::inside(Affine::var(*v).shift(-r.start))))
            .collect();
        let derivative = algebra.read(column.values, places);
        let value = algebra.mul(partial.value, derivative);
        let inner = partial.inner.iter().copied().chain(inner).collect();
        Composed::Entry(Box::new(Entry { inner, unknown: column.unknown, access, value }))
    }

    /// The entry's inner variables as the axes after the first `axes`.
    fn rename_inner(&mut self, entry: &Entry, axes: usize) -> (Access, Expr) {
        let renaming: Vec<(Var, Affine)> = entry
            .inner
            .iter()
            .enumerate()
            .map(|(k, (v, _))| (*v, Affine::var(Var::Axis((axes + k) as u32))))
            .collect();
        let value = self.model.algebra.replace_vars(entry.value, &renaming);
        (rename(&entry.access, &renaming), value)
    }

    /// Blocks over the same loops for the same entries are one.
    fn merge(&mut self, blocks: &mut Vec<Block>) {
        let mut merged: Vec<Block> = Vec::new();
        let mut places: FxHashMap<(Vec<Range>, (Symbol, Access), (Symbol, Access)), usize> =
            FxHashMap::default();
        for block in blocks.drain(..) {
            let key = (block.loops.clone(), block.row.clone(), block.column.clone());
            match places.get(&key) {
                Some(&k) => merged[k].value = self.model.algebra.add(merged[k].value, block.value),
                None => {
                    places.insert(key, merged.len());
                    merged.push(block);
                }
            }
        }
        *blocks = merged;
    }

    fn fill_with_zero(&mut self, symbol: Symbol) -> Assignment {
        let axes: Vec<Range> =
            self.model.algebra.symbol(symbol).dims.iter().map(|&n| Range::new(0, n as i64)).collect();
        let value = self.model.algebra.zero();
        Assignment { symbol, target: own_access(&axes), axes, value, write: Write::Set }
    }

    /// ∂f/∂u, dense and column-major: entry (i, j) at i + j·m for m rows.
    pub fn dense_jacobian(&mut self, jacobian: &Jacobian) -> Routine {
        let (m, n) = (self.results.len, self.unknowns.len);
        let mut routine = self.routine("jacobian");
        routine.outputs.push(Slot::new(Role::Result, m * n));
        let all = self.algebra().declare("J", &[m * n]);
        routine.places.insert(all, Place::new(Buffer::Output(0), 0, &[m * n]));
        let zero = self.fill_with_zero(all);
        routine.body.push(zero);
        routine.body.extend(jacobian.prelude.iter().cloned());
        let mut matrices: FxHashMap<(Symbol, Symbol), Symbol> = FxHashMap::default();
        let write = self.write_of(&jacobian.blocks);
        for block in &jacobian.blocks {
            let (row, column) = (self.result(block.row.0).clone(), self.unknown(block.column.0).clone());
            let symbol = *matrices.entry((row.symbol, column.symbol)).or_insert_with(|| {
                let dims: SmallVec<[u64; 4]> = column.dims.iter().chain(&row.dims).copied().collect();
                let symbol = self.model.algebra.declare(format!("∂{}/∂{}", row.name, column.name), &dims);
                let by_column = Place::new(Buffer::Output(0), 0, &column.dims).strides;
                let by_row = Place::new(Buffer::Output(0), 0, &row.dims).strides;
                let strides = by_column.iter().map(|s| s * m as i64).chain(by_row).collect();
                let offset = column.offset * m + row.offset;
                routine.places.insert(symbol, Place { buffer: Buffer::Output(0), offset, strides });
                symbol
            });
            let target = block.column.1.iter().chain(&block.row.1).cloned().collect();
            routine.body.push(Assignment {
                symbol,
                axes: block.loops.clone(),
                target,
                value: block.value,
                write,
            });
        }
        routine
    }

    /// ∂f/∂u into places that a table gives: entry k of the pattern is added to `result[places[k]]`.
    pub fn sparse_jacobian(&mut self, jacobian: &Jacobian, values: u64) -> Routine {
        let mut routine = self.routine("sparse_jacobian");
        let input = routine.inputs.len() as u32;
        let entries: u64 = jacobian.blocks.iter().map(Block::len).sum();
        routine.inputs.push(Slot::shared(Role::Places, entries));
        routine.outputs.push(Slot::new(Role::Result, values));
        let all = self.algebra().declare("J", &[values]);
        routine.places.insert(all, Place::new(Buffer::Output(0), 0, &[values]));
        let zero = self.fill_with_zero(all);
        routine.body.push(zero);
        routine.body.extend(jacobian.prelude.iter().cloned());
        let mut offset = 0;
        for block in &jacobian.blocks {
            let extents: Vec<u64> = block.loops.iter().map(|r| r.len()).collect();
            let table = self.model.algebra.tables.len() as u32;
            self.algebra().tables.push((extents, Vec::new()));
            routine.tables.insert(table, TablePlace { input, offset });
            offset += block.len();
            let at = block
                .loops
                .iter()
                .enumerate()
                .map(|(k, r)| Affine::var(Var::Axis(k as u32)).shift(-r.start))
                .collect();
            let target = Access::from_elem(Subscript::Table { table, at }, 1);
            routine.body.push(Assignment {
                symbol: all,
                axes: block.loops.clone(),
                target,
                value: block.value,
                write: Write::Add,
            });
        }
        routine
    }

    /// Row and column of every entry, in the order of the blocks; an entry may occur more than once.
    pub fn pattern(&self, jacobian: &Jacobian) -> Vec<(u32, u32)> {
        let mut pattern = Vec::new();
        for block in &jacobian.blocks {
            let (row, column) = (self.result(block.row.0), self.unknown(block.column.0));
            for_each_index(&block.loops, &mut |indices| {
                pattern.push((
                    self.flat(row, &block.row.1, indices) as u32,
                    self.flat(column, &block.column.1, indices) as u32,
                ));
            });
        }
        pattern
    }

    /// Single entries that occur once can be set; the others are added.
    fn write_of(&self, blocks: &[Block]) -> Write {
        match blocks.iter().all(|b| b.loops.is_empty()) {
            true => Write::Set,
            false => Write::Add,
        }
    }

    pub(super) fn result(&self, symbol: Symbol) -> &Part {
        let found = self.results.find(symbol).or_else(|| self.initial_results.find(symbol));
        found.expect("a row writes a result")
    }

    pub(super) fn unknown(&self, symbol: Symbol) -> &Part {
        self.unknowns.find(symbol).expect("a column is an unknown")
    }

    /// Position of an element in the flat vector, for given values of the loop variables.
    pub fn flat(&self, part: &Part, access: &Access, indices: &[i64]) -> u64 {
        let value = |a: &Affine| {
            a.terms.iter().fold(a.offset, |sum, (v, c)| match v {
                Var::Axis(k) => sum + c * indices[*k as usize],
                _ => unreachable!("accesses of blocks are over their loops"),
            })
        };
        let mut flat = 0;
        for (subscript, &n) in access.iter().zip(&part.dims) {
            let position = match subscript {
                Subscript::Affine { position, boundary } => bring_inside(value(position), n, *boundary),
                Subscript::Table { table, at } => {
                    let at: Vec<i64> = at.iter().map(value).collect();
                    self.model.algebra.table_entry(*table, &at).unwrap_or(0)
                }
            };
            flat = flat * n + position as u64;
        }
        part.offset + flat
    }
}

impl Block {
    /// Number of entries.
    pub fn len(&self) -> u64 {
        self.loops.iter().map(|r| r.len()).product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn bring_inside(position: i64, n: u64, boundary: Boundary) -> i64 {
    use crate::emit::kernel::Edge;
    match boundary {
        Boundary::Inside => position,
        Boundary::Periodic => Edge::Periodic.bring_inside(position, n),
        Boundary::Mirror => Edge::Mirror.bring_inside(position, n),
        Boundary::Zero => Edge::Clamp.bring_inside(position, n),
    }
}

/// Calls with every combination of the loops' values, the last loop fastest.
pub fn for_each_index(loops: &[Range], f: &mut dyn FnMut(&[i64])) {
    if loops.iter().any(|r| r.is_empty()) {
        return;
    }
    let mut indices: Vec<i64> = loops.iter().map(|r| r.start).collect();
    loop {
        f(&indices);
        let Some(k) = (0..loops.len()).rev().find(|&k| indices[k] + 1 < loops[k].end) else { return };
        indices[k] += 1;
        for later in k + 1..loops.len() {
            indices[later] = loops[later].start;
        }
    }
}

fn rename(access: &Access, renaming: &[(Var, Affine)]) -> Access {
    let map = |a: &Affine| {
        a.substitute(|v| {
            renaming.iter().find(|(w, _)| *w == v).map_or_else(|| Affine::var(v), |(_, by)| by.clone())
        })
    };
    access.iter().map(|s| s.map_affine(map)).collect()
}

/// A column's subscript over a definition's axes, seen through the access that reads the definition. An axis that
/// the access brings inside by a boundary rule must occur alone, since the rule then holds for the sum.
fn compose_subscript(
    subscript: &Subscript,
    axes: &[Option<Axis>],
    own: usize,
    inner: &[(Var, Range)],
) -> Option<Subscript> {
    let mut wrapped: Option<&Axis> = None;
    let mut supported = true;
    let composed = subscript.map_affine(|a: &Affine| {
        a.substitute(|v| match v {
            Var::Axis(k) if (k as usize) < own => match &axes[k as usize] {
                Some(axis) => {
                    if axis.boundary != Boundary::Inside {
                        supported &= wrapped.is_none() && a.coefficient(v) == 1;
                        wrapped = Some(axis);
                    }
                    axis.value.clone()
                }
                None => {
                    supported = false;
                    Affine::constant(0)
                }
            },
            Var::Axis(k) => Affine::var(inner[k as usize - own].0),
            v => Affine::var(v),
        })
    });
    if !supported {
        return None;
    }
    match (composed, wrapped) {
        (composed, None) => Some(composed),
        (Subscript::Affine { position, boundary }, Some(axis)) => match (boundary, axis.boundary) {
            // Outside a zero boundary the value is 0; its place only has to be inside.
            (Boundary::Inside | Boundary::Periodic, Boundary::Periodic)
            | (Boundary::Inside, Boundary::Zero) => {
                Some(Subscript::Affine { position, boundary: Boundary::Periodic })
            }
            // A reflection is not the shift of a reflection: the same element only.
            (Boundary::Inside, Boundary::Mirror) if position == axis.read => {
                Some(Subscript::Affine { position, boundary: Boundary::Mirror })
            }
            _ => None,
        },
        (Subscript::Table { .. }, Some(_)) => None,
    }
}
