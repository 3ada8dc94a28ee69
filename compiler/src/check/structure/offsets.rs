//! How often each row has to be differentiated until the rows determine all that no explicit equation gives.
//!
//! Pantelides, The consistent initialization of differential-algebraic systems, SIAM J. Sci. Stat. Comput. 9 (1988)
//! 213, on the rows alone: where a row is differentiated, x' of a state stands for its explicit equation. So the
//! unknowns of the k-th derivative of a row are those that k substitutions reach.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::graph::{Graph, Law, Unknown};

/// Rows that would have to be differentiated more often than this stand for a mistake, or are out of reach.
pub const MOST: u32 = 4;

/// For each free unknown in the derivative of an equation, its own highest derivative there.
type Occurrences = Rc<FxHashMap<Unknown, u32>>;

/// The result: derivatives of rows and of the unknowns that they determine.
pub struct Offsets {
    /// How often each row is differentiated.
    pub rows: Vec<u32>,
    /// The highest derivative of a free unknown, where that is not 0.
    pub unknowns: FxHashMap<Unknown, u32>,
    /// The row that determines each free unknown's highest derivative.
    pub owners: FxHashMap<Unknown, u32>,
    occurrences: FxHashMap<(Law, u32), Occurrences>,
}

impl Offsets {
    /// # Errors
    /// Rows that would have to be differentiated more than `MOST` times.
    pub fn of(graph: &mut Graph) -> Result<Offsets, Vec<u32>> {
        let mut offsets = Offsets {
            rows: vec![0; graph.rows as usize],
            unknowns: FxHashMap::default(),
            owners: FxHashMap::default(),
            occurrences: FxHashMap::default(),
        };
        for row in 0..graph.rows {
            while let Err((rows, unknowns)) = offsets.augment(graph, row) {
                for &r in &rows {
                    offsets.rows[r as usize] += 1;
                }
                for &unknown in &unknowns {
                    *offsets.unknowns.entry(unknown).or_default() += 1;
                }
                if rows.iter().any(|&r| offsets.rows[r as usize] > MOST) {
                    return Err(rows);
                }
            }
            if graph.work == 0 {
                break;
            }
        }
        Ok(offsets)
    }

    pub fn highest(&self, unknown: Unknown) -> u32 {
        self.unknowns.get(&unknown).copied().unwrap_or(0)
    }

    /// One row more is matched; otherwise the rows that were reached, and their unknowns.
    fn augment(&mut self, graph: &mut Graph, row: u32) -> Result<(), (Vec<u32>, Vec<Unknown>)> {
        let mut from: FxHashMap<Unknown, u32> = FxHashMap::default();
        let mut order = vec![row];
        let mut determines: FxHashMap<u32, Unknown> = FxHashMap::default();
        let mut next = 0;
        while next < order.len() {
            let at = order[next];
            next += 1;
            for unknown in self.leading(graph, at) {
                graph.work = graph.work.saturating_sub(1);
                if graph.work == 0 {
                    return Ok(());
                }
                if from.contains_key(&unknown) {
                    continue;
                }
                from.insert(unknown, at);
                match self.owners.get(&unknown) {
                    Some(&owner) => {
                        if owner != row && !determines.contains_key(&owner) {
                            determines.insert(owner, unknown);
                            order.push(owner);
                        }
                    }
                    None => {
                        let mut end = unknown;
                        loop {
                            let by = from[&end];
                            self.owners.insert(end, by);
                            match determines.get(&by) {
                                Some(&before) => end = before,
                                None => return Ok(()),
                            }
                        }
                    }
                }
            }
        }
        Err((order, from.into_keys().collect()))
    }

    /// The unknowns whose highest derivative the differentiated row has.
    fn leading(&mut self, graph: &mut Graph, row: u32) -> Vec<Unknown> {
        let occurrences = self.occurrences(graph, Law::Row(row), self.rows[row as usize]);
        let leads = |(&u, &order): (&Unknown, &u32)| (order == self.highest(u)).then_some(u);
        let mut unknowns: Vec<Unknown> = occurrences.iter().filter_map(leads).collect();
        unknowns.sort_unstable();
        unknowns
    }

    /// The free unknowns of the k-th derivative of an equation.
    pub fn occurrences(&mut self, graph: &mut Graph, law: Law, k: u32) -> Occurrences {
        if let Some(known) = self.occurrences.get(&(law, k)) {
            return known.clone();
        }
        let mut found: FxHashMap<Unknown, u32> = FxHashMap::default();
        for &unknown in graph.reads(law).iter() {
            if graph.is_free(unknown) {
                found.insert(unknown, k);
            }
        }
        if k > 0 {
            for &unknown in graph.reads(law).iter() {
                if graph.is_free(unknown) {
                    continue;
                }
                for (&inner, &order) in self.occurrences(graph, Law::Explicit(unknown), k - 1).iter() {
                    let most = found.entry(inner).or_default();
                    *most = order.max(*most);
                }
                graph.work = graph.work.saturating_sub(1);
            }
        }
        let found = Rc::new(found);
        self.occurrences.insert((law, k), found.clone());
        found
    }

    /// Raises derivatives until all rows of an equation, and all elements of an unknown, have the same.
    ///
    /// # Errors
    /// Rows that would have to be differentiated more than `MOST` times.
    pub fn even_out(&mut self, graph: &mut Graph) -> Result<(), Vec<u32>> {
        loop {
            let before: (u64, u64) = self.sums();
            self.even_rows(graph);
            self.even_unknowns(graph);
            let owners: Vec<(Unknown, u32)> = self.owners.iter().map(|(u, r)| (*u, *r)).collect();
            for (unknown, row) in owners {
                let highest = self.highest(unknown);
                if highest > 0 {
                    let order = self
                        .occurrences(graph, Law::Row(row), self.rows[row as usize])
                        .get(&unknown)
                        .copied();
                    self.rows[row as usize] += highest - order.unwrap_or(highest).min(highest);
                }
            }
            let wild: Vec<u32> =
                (0..self.rows.len() as u32).filter(|&r| self.rows[r as usize] > MOST).collect();
            if !wild.is_empty() {
                return Err(wild);
            }
            if self.sums() == before || graph.work == 0 {
                return Ok(());
            }
        }
    }

    fn sums(&self) -> (u64, u64) {
        let rows = self.rows.iter().map(|&c| u64::from(c)).sum();
        (rows, self.unknowns.values().map(|&d| u64::from(d)).sum())
    }

    fn even_rows(&mut self, graph: &Graph) {
        for block in &graph.blocks {
            let rows = &mut self.rows[block.first as usize..(block.first + block.len) as usize];
            let most = rows.iter().copied().max().unwrap_or(0);
            rows.fill(most);
        }
    }

    fn even_unknowns(&mut self, graph: &mut Graph) {
        for row in (0..graph.rows).filter(|&r| self.rows[r as usize] > 0).collect::<Vec<_>>() {
            for (&unknown, &order) in self.occurrences(graph, Law::Row(row), self.rows[row as usize]).iter() {
                let highest = self.unknowns.entry(unknown).or_default();
                *highest = order.max(*highest);
            }
        }
        let mut most: FxHashMap<Unknown, (u32, u32)> = FxHashMap::default();
        for (&unknown, &order) in &self.unknowns {
            let array = graph.array_of(unknown);
            let entry = most.entry(array.first).or_insert((array.len, 0));
            entry.1 = entry.1.max(order);
        }
        for (first, (len, order)) in most.into_iter().filter(|(_, (_, order))| *order > 0) {
            for unknown in first..first + len {
                self.unknowns.insert(unknown, order);
            }
        }
    }
}
