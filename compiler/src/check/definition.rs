//! The final order of definitions: each after what it reads, the derivatives of states included.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::{Node, Symbol};

use super::error;
use super::scope::Builder;

impl Builder<'_> {
    /// Sorts definitions so that each follows those it reads; a cycle through derivatives is an error.
    pub fn order_definitions(&mut self) {
        let place: FxHashMap<Symbol, usize> =
            self.definitions.iter().enumerate().map(|(k, d)| (d.symbol, k)).collect();
        let reads: Vec<Vec<usize>> = (0..self.definitions.len()).map(|k| self.reads(k, &place)).collect();
        let mut order = Vec::with_capacity(reads.len());
        let (mut open, mut done) = (vec![false; reads.len()], vec![false; reads.len()]);
        for root in 0..reads.len() {
            let mut stack = if done[root] { Vec::new() } else { vec![(root, 0)] };
            open[root] = true;
            while let Some((k, next)) = stack.last_mut() {
                let k = *k;
                match reads[k].get(*next) {
                    Some(&read) => {
                        *next += 1;
                        if !done[read] && open[read] {
                            let start = stack.iter().position(|(s, _)| *s == read).unwrap_or(0);
                            let cycle: Vec<usize> = stack[start..].iter().map(|(s, _)| *s).collect();
                            self.complain_definition_cycle(&cycle);
                            return;
                        }
                        if !done[read] {
                            open[read] = true;
                            stack.push((read, 0));
                        }
                    }
                    None => {
                        done[k] = true;
                        order.push(k);
                        stack.pop();
                    }
                }
            }
        }
        let mut old: Vec<_> = std::mem::take(&mut self.definitions).into_iter().map(Some).collect();
        self.definitions = order.into_iter().filter_map(|k| old[k].take()).collect();
    }

    fn reads(&self, k: usize, place: &FxHashMap<Symbol, usize>) -> Vec<usize> {
        let mut found = FxHashSet::default();
        for piece in &self.definitions[k].pieces {
            for n in self.algebra.reachable(piece.value, true) {
                if let Node::Read(symbol, _) = self.algebra.node(n) {
                    found.extend(place.get(&symbol));
                }
            }
        }
        let mut found: Vec<usize> = found.into_iter().collect();
        found.sort_unstable();
        found
    }

    fn complain_definition_cycle(&mut self, cycle: &[usize]) {
        let of = |k: &usize| self.algebra.symbol(self.definitions[*k].symbol).name.clone();
        let mut path: Vec<String> = cycle.iter().map(of).collect();
        path.push(path[0].clone());
        let spans: Vec<_> = cycle
            .iter()
            .filter_map(|k| self.definitions[*k].pieces.first().map(|piece| piece.span))
            .collect();
        self.diagnostics.push(error::cycle(&path, &spans));
    }
}
