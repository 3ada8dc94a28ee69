//! Whether every row can determine an unknown of its own when equations may be differentiated: a perfect matching of
//! all equations and all unknowns, which augmenting paths extend from the explicit equations and their states.

use rustc_hash::FxHashMap;

use super::graph::{Graph, Law, Unknown};

/// Equations with fewer unknowns than there are of them.
#[derive(Clone, Debug)]
pub struct Deficient {
    pub laws: Vec<Law>,
    /// The unknowns that occur in them.
    pub unknowns: Vec<Unknown>,
}

/// The equation that determines each unknown; states that are not named are determined by their own.
#[derive(Default)]
pub struct Cover {
    owners: FxHashMap<Unknown, Law>,
}

impl Cover {
    /// The cover of as many rows as there can be, and the first set of equations that has too few unknowns.
    pub fn of(graph: &mut Graph) -> (Cover, Option<Deficient>) {
        let (mut cover, mut deficient) = (Cover::default(), None);
        for row in 0..graph.rows {
            if let Err(found) = cover.augment(graph, row) {
                deficient.get_or_insert(found);
            }
            if graph.work == 0 {
                break;
            }
        }
        (cover, deficient)
    }

    /// Elements of rows' unknowns that no equation determines.
    pub fn uncovered(&self, graph: &Graph) -> Vec<Unknown> {
        let free = graph.arrays.iter().filter(|a| a.sort == super::graph::Sort::Free);
        free.flat_map(|a| a.first..a.first + a.len).filter(|u| !self.owners.contains_key(u)).collect()
    }

    fn owner(&self, graph: &Graph, unknown: Unknown) -> Option<Law> {
        let own = || (!graph.is_free(unknown)).then_some(Law::Explicit(unknown));
        self.owners.get(&unknown).copied().or_else(own)
    }

    fn augment(&mut self, graph: &mut Graph, row: u32) -> Result<(), Deficient> {
        // For each unknown reached: the equation it was reached from.
        let mut from: FxHashMap<Unknown, Law> = FxHashMap::default();
        let mut order = vec![Law::Row(row)];
        // For each equation reached but the first: the unknown that it determines.
        let mut determines: FxHashMap<Law, Unknown> = FxHashMap::default();
        let mut next = 0;
        while next < order.len() {
            let law = order[next];
            next += 1;
            let mut unknowns: Vec<Unknown> = graph.reads(law).to_vec();
            if let Law::Explicit(state) = law {
                unknowns.push(state);
            }
            for unknown in unknowns {
                graph.work = graph.work.saturating_sub(1);
                if graph.work == 0 {
                    return Ok(());
                }
                if from.contains_key(&unknown) {
                    continue;
                }
                from.insert(unknown, law);
                match self.owner(graph, unknown) {
                    None => {
                        self.flip(unknown, &from, &determines);
                        return Ok(());
                    }
                    Some(owner) => {
                        if owner != Law::Row(row) && !determines.contains_key(&owner) {
                            determines.insert(owner, unknown);
                            order.push(owner);
                        }
                    }
                }
            }
        }
        let mut unknowns: Vec<Unknown> = from.into_keys().collect();
        unknowns.sort_unstable();
        Err(Deficient { laws: order, unknowns })
    }

    fn flip(&mut self, end: Unknown, from: &FxHashMap<Unknown, Law>, determines: &FxHashMap<Law, Unknown>) {
        let mut unknown = end;
        loop {
            let law = from[&unknown];
            self.owners.insert(unknown, law);
            match determines.get(&law) {
                Some(&before) => unknown = before,
                None => return,
            }
        }
    }
}
