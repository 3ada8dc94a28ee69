//! The constraints of a system of higher index, by level, and the unknowns that each level can determine.
//!
//! A row that is differentiated c times holds with its derivatives 0 … c−1 too: they are constraints between unknowns
//! that have differential equations, and as many of these equations are left out. Level r has the derivatives c−r of
//! the rows with c ≥ r, and as candidates the unknowns that r differentiations stand above. The matrix of a level by
//! its candidates has full row rank where the system can be solved, so candidates can be chosen for each level by
//! itself (Mattsson and Söderlind, SIAM J. Sci. Comput. 14 (1993) 677).

use rustc_hash::{FxHashMap, FxHashSet};

use super::graph::{Graph, Law, Unknown};
use super::offsets::Offsets;

/// A derivative of an unknown; order 0 is the unknown.
pub type Derivative = (Unknown, u32);

/// Constraints that determine as many of the candidates.
pub struct Level {
    /// Rows, each with the derivative of it.
    pub rows: Vec<(u32, u32)>,
    /// In the order of their declaration.
    pub candidates: Vec<Derivative>,
    /// For each row the place of the candidate that it determines by default.
    pub chosen: Vec<usize>,
}

struct Levels<'g, 'm> {
    graph: &'g mut Graph<'m>,
    offsets: &'g Offsets,
    /// How many differentiations stand above a state.
    depths: FxHashMap<Unknown, u32>,
    columns: FxHashMap<(Law, u32), Vec<Derivative>>,
}

/// The levels, the deepest first; each in parts that share no unknown. `None` where a level cannot determine as many
/// candidates as it has constraints.
pub fn levels(graph: &mut Graph, offsets: &Offsets) -> Option<Vec<Level>> {
    let mut all = Levels { graph, offsets, depths: FxHashMap::default(), columns: FxHashMap::default() };
    all.find_depths();
    let most = offsets.rows.iter().copied().max().unwrap_or(0);
    let mut levels = Vec::new();
    for level in (1..=most).rev() {
        let rows: Vec<u32> = (0..all.graph.rows).filter(|&r| offsets.rows[r as usize] >= level).collect();
        let entries: Vec<Vec<Derivative>> = rows.iter().map(|&r| all.entries(r, level)).collect();
        for part in parts(&entries) {
            let own = |&k: &usize| (rows[k], offsets.rows[rows[k] as usize] - level);
            let entries: Vec<&[Derivative]> = part.iter().map(|&k| &entries[k][..]).collect();
            levels.push(choose(part.iter().map(own).collect(), &entries)?);
        }
    }
    Some(levels)
}

impl Levels<'_, '_> {
    fn find_depths(&mut self) {
        let mut seen: FxHashSet<(Law, u32)> = FxHashSet::default();
        let constrained = (0..self.graph.rows).map(|r| (Law::Row(r), self.offsets.rows[r as usize]));
        let mut pending: Vec<(Law, u32)> = constrained.filter(|(_, c)| *c > 0).collect();
        while let Some((law, k)) = pending.pop() {
            if k == 0 || !seen.insert((law, k)) {
                continue;
            }
            for &unknown in self.graph.reads(law).iter().filter(|u| !self.graph.is_free(**u)) {
                let depth = self.depths.entry(unknown).or_default();
                *depth = k.max(*depth);
                pending.push((Law::Explicit(unknown), k - 1));
            }
        }
    }

    /// The candidates of a level in one of its rows.
    fn entries(&mut self, row: u32, level: u32) -> Vec<Derivative> {
        let columns = self.columns(Law::Row(row), self.offsets.rows[row as usize] - level);
        let mut entries: Vec<Derivative> =
            columns.into_iter().filter(|&derivative| self.depth(derivative) == Some(level)).collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }

    fn depth(&self, (unknown, order): Derivative) -> Option<u32> {
        match self.graph.is_free(unknown) {
            true => self.offsets.highest(unknown).checked_sub(order),
            false => self.depths.get(&unknown).copied(),
        }
    }

    /// What the k-th derivative of an equation reads where all states that it differentiates are substituted.
    fn columns(&mut self, law: Law, k: u32) -> Vec<Derivative> {
        if let Some(known) = self.columns.get(&(law, k)) {
            return known.clone();
        }
        let mut found = Vec::new();
        for &unknown in self.graph.reads(law).iter() {
            match self.graph.is_free(unknown) {
                true => found.push((unknown, k)),
                false if k == 0 => found.push((unknown, 0)),
                false => found.extend(self.columns(Law::Explicit(unknown), k - 1)),
            }
        }
        found.sort_unstable();
        found.dedup();
        self.columns.insert((law, k), found.clone());
        found
    }
}

/// Rows by the parts that share no candidate.
fn parts(entries: &[Vec<Derivative>]) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..entries.len()).collect();
    let mut first: FxHashMap<Derivative, usize> = FxHashMap::default();
    fn root(parent: &mut [usize], mut k: usize) -> usize {
        while parent[k] != k {
            parent[k] = parent[parent[k]];
            k = parent[k];
        }
        k
    }
    for (k, list) in entries.iter().enumerate() {
        for &derivative in list {
            let other = *first.entry(derivative).or_insert(k);
            let (a, b) = (root(&mut parent, other), root(&mut parent, k));
            parent[a.max(b)] = a.min(b);
        }
    }
    let mut parts: Vec<Vec<usize>> = Vec::new();
    let mut place: FxHashMap<usize, usize> = FxHashMap::default();
    for k in 0..entries.len() {
        let own = root(&mut parent, k);
        let at = *place.entry(own).or_insert_with(|| {
            parts.push(Vec::new());
            parts.len() - 1
        });
        parts[at].push(k);
    }
    parts
}

/// The candidates declared last, as far as they can be told apart: states declared first stay states.
fn choose(rows: Vec<(u32, u32)>, entries: &[&[Derivative]]) -> Option<Level> {
    let mut candidates: Vec<Derivative> = entries.iter().flat_map(|list| list.iter().copied()).collect();
    candidates.sort_unstable();
    candidates.dedup();
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); candidates.len()];
    for (row, list) in entries.iter().enumerate() {
        for derivative in *list {
            if let Ok(k) = candidates.binary_search(derivative) {
                readers[k].push(row);
            }
        }
    }
    let mut chosen: Vec<Option<usize>> = vec![None; rows.len()];
    // Greedy in the order of preference: sets of columns that can be matched are a matroid.
    let mut open = rows.len();
    for k in (0..candidates.len()).rev() {
        if open == 0 {
            break;
        }
        if augment(k, &readers, &mut chosen) {
            open -= 1;
        }
    }
    let chosen = chosen.into_iter().collect::<Option<Vec<usize>>>()?;
    Some(Level { rows, candidates, chosen })
}

/// Whether one candidate more has a row, moving others to rows of theirs.
fn augment(start: usize, readers: &[Vec<usize>], chosen: &mut [Option<usize>]) -> bool {
    let mut from: FxHashMap<usize, usize> = FxHashMap::default();
    // For each candidate reached from another: the row that it has.
    let mut left: FxHashMap<usize, usize> = FxHashMap::default();
    let mut order = vec![start];
    let mut next = 0;
    while next < order.len() {
        let candidate = order[next];
        next += 1;
        for &row in &readers[candidate] {
            if from.contains_key(&row) {
                continue;
            }
            from.insert(row, candidate);
            match chosen[row] {
                Some(other) => {
                    left.insert(other, row);
                    order.push(other);
                }
                None => {
                    let mut end = row;
                    loop {
                        let by = from[&end];
                        chosen[end] = Some(by);
                        match left.get(&by) {
                            Some(&row) => end = row,
                            None => return true,
                        }
                    }
                }
            }
        }
    }
    false
}
