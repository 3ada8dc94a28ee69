//! Whether a system is one of second order, x′ = v and v′ = a(t, x), and which unknowns are places and velocities.

use crate::algebra::{Expr, Node, Symbol};

use super::jacobian::{Coverage, Jacobian, for_each_index};
use super::system::{Row, System};

/// A system split into places and velocities, as far as it can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecondOrder {
    /// The positions in u of each place and its velocity: the place's row is exactly the read of the velocity.
    pub pairs: Vec<(u32, u32)>,
    /// The unknowns that are neither.
    pub unpaired: Vec<u32>,
    /// The velocities whose row reads a velocity.
    pub dependent: Vec<u32>,
}

/// What an unknown was found to be.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Unknown,
    Place,
    Velocity,
}

impl System {
    /// The split. `jacobian` tells what the rows read of unknowns that a symbol holds together with others.
    pub fn second_order(&self, jacobian: &Jacobian) -> SecondOrder {
        let n = self.unknowns.len as usize;
        let mut parts = vec![Part::Unknown; n];
        let mut split = SecondOrder::default();
        for (place, velocity) in self.reads() {
            let free = |k: u32| parts[k as usize] == Part::Unknown;
            // With x′ = v and v′ = x both rows are reads: the first one makes the pair.
            if place != velocity && free(place) && free(velocity) {
                parts[place as usize] = Part::Place;
                parts[velocity as usize] = Part::Velocity;
                split.pairs.push((place, velocity));
            }
        }
        split.unpaired = (0..n as u32).filter(|&k| parts[k as usize] == Part::Unknown).collect();
        split.dependent = self.dependent(jacobian, &parts);
        split
    }

    /// Every row that is exactly the read of an unknown: its position, and that of the unknown, in ascending order.
    fn reads(&self) -> Vec<(u32, u32)> {
        let mut reads = Vec::new();
        for row in &self.rows {
            let Node::Read(symbol, access) = self.model.algebra.node(row.value) else { continue };
            let Some(read) = self.unknowns.find(symbol) else { continue };
            let access = self.model.algebra.access(access);
            for_each_index(&row.axes, &mut |indices| {
                let place = self.flat(self.result(row.symbol), &row.target, indices);
                reads.push((place as u32, self.flat(read, access, indices) as u32));
            });
        }
        reads.sort_unstable();
        reads
    }

    /// The velocities whose rows read velocities, in ascending order.
    fn dependent(&self, jacobian: &Jacobian, parts: &[Part]) -> Vec<u32> {
        let is_velocity = |k: u32| parts[k as usize] == Part::Velocity;
        // Of a symbol that is velocities alone, every read counts, even one whose derivative is zero; where the Jacobian does
        // not tell all, so does one of a symbol that holds any velocity.
        let known = jacobian.coverage == Coverage::Complete && jacobian.missing.is_empty();
        let counts = |part: &&super::system::Part| {
            let mut elements = (part.offset..part.offset + part.len()).map(|k| is_velocity(k as u32));
            if known { !part.is_empty() && elements.all(|is| is) } else { elements.any(|is| is) }
        };
        let velocities: Vec<Symbol> =
            self.unknowns.parts.iter().filter(counts).map(|part| part.symbol).collect();
        let mut found: Vec<u32> = self
            .pattern(jacobian)
            .into_iter()
            .filter(|&(_, column)| is_velocity(column))
            .map(|e| e.0)
            .collect();
        for row in self.rows.iter().filter(|row| self.reaches(row.value, &velocities)) {
            found.extend(self.positions(row));
        }
        found.retain(|&row| is_velocity(row));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether an expression reads one of the symbols, directly or through what is stored.
    fn reaches(&self, value: Expr, symbols: &[Symbol]) -> bool {
        let (mut pending, mut seen) = (vec![value], Vec::new());
        while let Some(e) = pending.pop() {
            for node in self.model.algebra.reachable(e, true) {
                let Node::Read(symbol, _) = self.model.algebra.node(node) else { continue };
                if symbols.contains(&symbol) {
                    return true;
                }
                if !seen.contains(&symbol) {
                    seen.push(symbol);
                    pending.extend(self.stored.iter().filter(|s| s.symbol == symbol).map(|s| s.value));
                }
            }
        }
        false
    }

    /// The positions that a row writes.
    fn positions(&self, row: &Row) -> Vec<u32> {
        let mut positions = Vec::new();
        for_each_index(&row.axes, &mut |indices| {
            positions.push(self.flat(self.result(row.symbol), &row.target, indices) as u32);
        });
        positions
    }
}
