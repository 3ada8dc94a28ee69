//! Which definitions are filled in where they are read, which are stored, and which are constants.
//!
//! A definition is stored (a buffer filled once) where filling it in would compute it again and again: under a
//! reduction, at several offsets, or by an equation with more loops than it has. Cheap ones are always filled in.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::{Access, Affine, Algebra, Boundary, Expr, Node, Range, Subscript, Symbol, Var};
use crate::check::model::{Definition, Equation, Form, Model, Piece};

use super::system::Stored;

/// Definitions of at most this many operations, without reductions and calls, are cheaper than a load.
const CHEAP: usize = 4;
/// Definitions of more operations than this, with all that is filled in, are stored: what reads them does not grow on.
const MOST_FILLED: usize = 1000;

pub(super) struct Plan {
    pub inlined: FxHashMap<Symbol, Vec<Piece>>,
    pub stored: Vec<Stored>,
    pub constant: Vec<Stored>,
    /// The stored ones, and those that are filled in, in order: for readers that cannot have them filled in.
    pub every: Vec<Stored>,
}

/// How a definition is read by one definition or equation.
struct Reading {
    /// The reader's axes.
    axes: usize,
    access: Access,
}

impl Plan {
    /// `runtime` are the symbols whose values are known only when a kernel runs, time apart.
    pub fn new(
        model: &mut Model,
        definitions: Vec<Definition>,
        equations: &[Equation],
        runtime: &[Symbol],
    ) -> Plan {
        let readings = readings(&model.algebra, &definitions, equations);
        let mut varying: FxHashSet<Symbol> = runtime.iter().copied().collect();
        varying.insert(model.time);
        let mut plan = Plan {
            inlined: FxHashMap::default(),
            stored: Vec::new(),
            constant: Vec::new(),
            every: Vec::new(),
        };
        let mut sizes: FxHashMap<Symbol, usize> = FxHashMap::default();
        for definition in definitions {
            // What is read tells both, without a walk through what is filled in.
            let own: Vec<Contents> =
                definition.pieces.iter().map(|p| contents(&model.algebra, p.value)).collect();
            let varies = own.iter().any(|c| c.reads.iter().any(|s| varying.contains(s)));
            let of_reads = |c: &Contents| c.reads.iter().filter_map(|s| sizes.get(s)).sum::<usize>();
            let size: usize = own.iter().map(|c| c.operations + of_reads(c)).sum();
            let pieces: Vec<Piece> = definition
                .pieces
                .into_iter()
                .map(|p| Piece { value: expand(&mut model.algebra, &plan.inlined, p.value), ..p })
                .collect();
            if varies {
                varying.insert(definition.symbol);
            }
            let read = readings.get(&definition.symbol).map_or(&[][..], Vec::as_slice);
            let fills = read.iter().all(|r| locate(&pieces, &r.access).is_some());
            let cheap = pieces.iter().all(|p| is_cheap(&model.algebra, p.value));
            if varies {
                plan.every.extend(pieces.iter().map(|p| Stored {
                    symbol: definition.symbol,
                    axes: p.axes.clone(),
                    target: p.target.clone(),
                    value: p.value,
                }));
            }
            if fills && (cheap || (varies && size <= MOST_FILLED && is_aligned(read))) {
                sizes.insert(definition.symbol, size);
                plan.inlined.insert(definition.symbol, pieces);
                continue;
            }
            let list = if varies { &mut plan.stored } else { &mut plan.constant };
            for p in pieces {
                let value = match varies {
                    true => split_argument(&mut model.algebra, definition.symbol, &p.axes, p.value, list),
                    false => p.value,
                };
                list.push(Stored { symbol: definition.symbol, axes: p.axes, target: p.target, value });
            }
        }
        plan
    }
}

/// A function of a sum is stored with the sum beside it, as a layer's activation with what it acts on: the function
/// then runs over the array by itself, and its derivative is computed once for all that the sum reads.
fn split_argument(
    algebra: &mut Algebra,
    definition: Symbol,
    axes: &[Range],
    value: Expr,
    stored: &mut Vec<Stored>,
) -> Expr {
    let Node::Call(f, arguments) = algebra.node(value) else { return value };
    let arguments = algebra.arguments(arguments).clone();
    let has_sum = |algebra: &Algebra, e: Expr| {
        algebra.reachable(e, true).into_iter().any(|n| matches!(algebra.node(n), Node::Reduce { .. }))
    };
    if axes.is_empty() || !arguments.iter().any(|&a| has_sum(algebra, a)) {
        return value;
    }
    let own = crate::algebra::own_access(axes);
    let dims: Vec<u64> = axes.iter().map(|r| r.len()).collect();
    let name = format!("{}.argument", algebra.symbol(definition).name);
    let mut split = Vec::new();
    for argument in arguments {
        if !has_sum(algebra, argument) {
            split.push(argument);
            continue;
        }
        let symbol = algebra.declare(name.clone(), &dims);
        stored.push(Stored { symbol, axes: axes.to_vec(), target: own.clone(), value: argument });
        split.push(algebra.read(symbol, own.clone()));
    }
    algebra.call(f, &split)
}

/// `e` with the inlined definitions filled in.
pub(super) fn expand(algebra: &mut Algebra, inlined: &FxHashMap<Symbol, Vec<Piece>>, e: Expr) -> Expr {
    algebra.replace_reads(e, &mut |algebra, symbol, access| {
        let pieces = inlined.get(&symbol)?;
        let (piece, vars) = locate(pieces, access)?;
        Some(algebra.replace_vars(pieces[piece].value, &vars))
    })
}

/// The piece that an access reads, and the values of the piece's axes there.
fn locate(pieces: &[Piece], access: &Access) -> Option<(usize, Vec<(Var, Affine)>)> {
    pieces.iter().enumerate().find_map(|(k, piece)| {
        let mut vars = Vec::new();
        for (read, target) in access.iter().zip(&piece.target) {
            let (
                Subscript::Affine { position: read, boundary: Boundary::Inside },
                Subscript::Affine { position, .. },
            ) = (read, target)
            else {
                return None;
            };
            match position.terms[..] {
                [] => (read.as_constant() == Some(position.offset)).then_some(())?,
                [(var @ Var::Axis(axis), 1)] => {
                    let value = read.clone().shift(-position.offset);
                    let range = piece.axes[axis as usize];
                    let covered = match value.as_constant() {
                        Some(v) => range.contains(Range::new(v, v + 1)),
                        // A loop over places: only a piece that is the whole definition is sure to hold them.
                        None => pieces.len() == 1,
                    };
                    covered.then_some(())?;
                    vars.push((var, value));
                }
                _ => return None,
            }
        }
        Some((k, vars))
    })
}

fn readings(
    algebra: &Algebra,
    definitions: &[Definition],
    equations: &[Equation],
) -> FxHashMap<Symbol, Vec<Reading>> {
    let mut readings: FxHashMap<Symbol, Vec<Reading>> = FxHashMap::default();
    let mut add = |axes: usize, e: Expr| {
        let mut seen = FxHashSet::default();
        for n in algebra.reachable(e, true) {
            if let Node::Read(symbol, access) = algebra.node(n) {
                if seen.insert((symbol, access)) {
                    let access = algebra.access(access).clone();
                    readings.entry(symbol).or_default().push(Reading { axes, access });
                }
            }
        }
    };
    for definition in definitions {
        definition.pieces.iter().for_each(|p| add(p.axes.len(), p.value));
    }
    for equation in equations {
        let axes = equation.axes.len();
        match &equation.form {
            Form::Explicit { value, .. } => add(axes, *value),
            Form::Mass { terms, value } => {
                terms.iter().for_each(|t| add(axes, t.coefficient));
                add(axes, *value);
            }
            Form::Algebraic { residual } | Form::Implicit { residual } => add(axes, *residual),
        }
    }
    readings
}

/// Whether every reader goes over the definition's elements once, in its own loops.
fn is_aligned(readings: &[Reading]) -> bool {
    let own_axes = |r: &Reading| {
        let places: Option<Vec<Option<Var>>> = r
            .access
            .iter()
            .map(|s| match s {
                Subscript::Affine { position, .. } => match position.terms[..] {
                    [] => Some(None),
                    [(var @ Var::Axis(_), 1)] => Some(Some(var)),
                    _ => None,
                },
                Subscript::Table { .. } => None,
            })
            .collect();
        places.is_some_and(|vars| {
            let mut axes: Vec<Var> = vars.into_iter().flatten().collect();
            axes.sort_unstable();
            axes.dedup();
            axes.len() == r.axes
        })
    };
    // Loops that read at different offsets would compute the definition once for each.
    let loops: FxHashSet<&Access> = readings.iter().filter(|r| r.axes > 0).map(|r| &r.access).collect();
    readings.iter().all(own_axes) && loops.len() <= 1
}

/// Whether there are few operations, and simple ones; looks at no more of them.
fn is_cheap(algebra: &Algebra, e: Expr) -> bool {
    let (mut seen, mut pending, mut operations) = (FxHashSet::default(), vec![e], 0);
    while let Some(n) = pending.pop() {
        if !seen.insert(n) {
            continue;
        }
        let node = algebra.node(n);
        if matches!(
            node,
            Node::Reduce { .. } | Node::Call(..) | Node::Binary(crate::algebra::Binary::Pow, ..)
        ) {
            return false;
        }
        let children = algebra.children(node);
        operations += usize::from(!children.is_empty());
        if operations > CHEAP {
            return false;
        }
        pending.extend(children);
    }
    true
}

/// What an expression consists of.
struct Contents {
    reads: FxHashSet<Symbol>,
    operations: usize,
}

fn contents(algebra: &Algebra, e: Expr) -> Contents {
    let mut contents = Contents { reads: FxHashSet::default(), operations: 0 };
    for n in algebra.reachable(e, true) {
        match algebra.node(n) {
            Node::Read(symbol, _) => {
                contents.reads.insert(symbol);
            }
            node => contents.operations += usize::from(!algebra.children(node).is_empty()),
        }
    }
    contents
}
