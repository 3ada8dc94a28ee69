//! The schedule: a routine's assignments become loop nests over buffers.
//!
//! Assignments over equal ranges share a nest as long as none reads, at another place, what the nest
//! writes. Inside a nest equal expressions are computed once, products that are used once are
//! contracted into fma, short reductions are unrolled, and what does not depend on a reduction's
//! variable stands outside it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::{Access, Algebra, Node, Range, Subscript, Symbol};

use super::kernel::{Buffer, Kernel, Nest, Write};
use super::lower::NestBuilder;
use super::map::{self, Mapped};
use super::routine::{Assignment, Place, Routine};

/// Lowers a routine. Temporaries get scratch, except those that live in values only.
pub fn schedule(algebra: &mut Algebra, routine: &Routine) -> Kernel {
    let groups = group(algebra, routine);
    let mut places = routine.places.clone();
    let scratch = place_temporaries(algebra, routine, &groups, &mut places);
    let mut kernel = Kernel {
        name: routine.name.clone(),
        inputs: routine.inputs.clone(),
        outputs: routine.outputs.clone(),
        scratch,
        nests: Vec::new(),
        natives: Vec::new(),
    };
    for group in &groups {
        if !group.maps.is_empty() {
            kernel.nests.push(map::nest(&group.maps, &places, &mut kernel.natives));
            continue;
        }
        let assignments: Vec<&Assignment> = group.members.iter().map(|&k| &routine.body[k]).collect();
        let builder = NestBuilder::new(algebra, &places, &routine.tables, &mut kernel.natives, &group.loops);
        let block = builder.build(&assignments);
        kernel.nests.push(Nest { loops: group.loops.clone(), block, product: None });
    }
    super::product::find_products(&mut kernel);
    super::cut::cut_large_nests(&mut kernel);
    kernel
}

/// Assignments that share a nest, by their place in the routine.
struct Group {
    loops: Vec<Range>,
    members: Vec<usize>,
    /// Its members as functions over slices, where it is those; then no other member may join.
    maps: Vec<Mapped>,
    /// What the nest writes: the targets of each symbol.
    written: FxHashMap<Symbol, Vec<Access>>,
    /// What its members read, at whatever place.
    read: FxHashSet<Symbol>,
    /// The symbols it adds to: their values are known only after the nest.
    accumulated: FxHashSet<Symbol>,
}

fn group(algebra: &Algebra, routine: &Routine) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut last_write: FxHashMap<Symbol, usize> = FxHashMap::default();
    let mut last_read: FxHashMap<Symbol, usize> = FxHashMap::default();
    for (k, assignment) in routine.body.iter().enumerate() {
        if assignment.axes.iter().any(|r| r.is_empty()) {
            continue;
        }
        let reads = reads(algebra, assignment);
        // The assignment may not run before what it reads or overwrites was written.
        let earliest = reads
            .iter()
            .map(|(s, _)| *s)
            .chain([assignment.symbol])
            .filter_map(|s| last_write.get(&s).copied())
            .chain(last_read.get(&assignment.symbol).copied())
            .max()
            .unwrap_or(0);
        let mapped = map::recognise(algebra, routine, assignment);
        let fits = |g: &Group| match &mapped {
            Some(mapped) => mapped.joins(&g.maps),
            None => {
                g.maps.is_empty()
                    && g.loops == assignment.axes
                    && reads.iter().all(|(s, a)| can_read(g, *s, a))
                    && can_write(g, assignment)
            }
        };
        let home = (earliest..groups.len()).find(|&g| fits(&groups[g])).unwrap_or_else(|| {
            groups.push(Group {
                loops: assignment.axes.clone(),
                members: Vec::new(),
                maps: Vec::new(),
                written: FxHashMap::default(),
                accumulated: FxHashSet::default(),
                read: FxHashSet::default(),
            });
            groups.len() - 1
        });
        groups[home].members.push(k);
        groups[home].maps.extend(mapped);
        if assignment.write == Write::Add {
            groups[home].accumulated.insert(assignment.symbol);
        }
        for (symbol, _) in &reads {
            groups[home].read.insert(*symbol);
            let last = last_read.entry(*symbol).or_insert(home);
            *last = (*last).max(home);
        }
        groups[home].written.entry(assignment.symbol).or_default().push(assignment.target.clone());
        let last = last_write.entry(assignment.symbol).or_insert(home);
        *last = (*last).max(home);
    }
    groups
}

/// Every distinct access that an assignment's value reads.
fn reads(algebra: &Algebra, assignment: &Assignment) -> Vec<(Symbol, Access)> {
    let mut seen = FxHashSet::default();
    algebra
        .reachable(assignment.value, true)
        .into_iter()
        .filter_map(|n| match algebra.node(n) {
            Node::Read(symbol, access) if seen.insert((symbol, access)) => {
                Some((symbol, algebra.access(access).clone()))
            }
            _ => None,
        })
        .collect()
}

/// Whether a member of the nest may read the access: what this very iteration wrote there is in a value, and
/// elements that the nest never writes were written before.
fn can_read(group: &Group, symbol: Symbol, access: &Access) -> bool {
    !group.accumulated.contains(&symbol)
        && group.written.get(&symbol).is_none_or(|targets| {
            targets.contains(access) || (is_constant(access) && targets.iter().all(is_constant))
        })
}

/// Whether a nest may write the assignment's target beside what it reads and writes already. In a loop, one iteration
/// must not touch what another one wrote or reads: so the element must be the same one in every member.
fn can_write(group: &Group, assignment: &Assignment) -> bool {
    let symbol = assignment.symbol;
    let same_element =
        group.written.get(&symbol).is_none_or(|targets| targets.iter().all(|t| *t == assignment.target));
    let unread = !group.read.contains(&symbol);
    group.loops.is_empty() || (same_element && unread)
}

fn is_constant(access: &Access) -> bool {
    access.iter().all(|d| matches!(d, Subscript::Affine { position, .. } if position.as_constant().is_some()))
}

/// Scratch for the temporaries that some nest loads; returns the elements used.
fn place_temporaries(
    algebra: &Algebra,
    routine: &Routine,
    groups: &[Group],
    places: &mut FxHashMap<Symbol, Place>,
) -> u64 {
    let known: FxHashSet<Symbol> =
        places.keys().copied().chain(groups.iter().flat_map(|g| g.written.keys().copied())).collect();
    let mut scratch = 0;
    let mut place = |symbol: Symbol| {
        places.entry(symbol).or_insert_with(|| {
            let offset = scratch;
            scratch += algebra.symbol(symbol).len();
            Place::new(Buffer::Scratch, offset, &algebra.symbol(symbol).dims)
        });
    };
    for group in groups {
        for &k in &group.members {
            for (symbol, access) in reads(algebra, &routine.body[k]) {
                let in_value = group.written.get(&symbol).is_some_and(|targets| targets.contains(&access));
                if !in_value {
                    assert!(
                        known.contains(&symbol),
                        "`{}` is read and never written",
                        algebra.symbol(symbol).name
                    );
                    place(symbol);
                }
            }
        }
        // A function over slices leaves nothing in values.
        group.maps.iter().for_each(|m| place(m.result));
    }
    scratch
}
