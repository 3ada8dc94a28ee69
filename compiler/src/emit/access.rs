//! Where the elements that a nest reads and writes lie.

use smallvec::SmallVec;

use crate::algebra::{Access, Affine, Boundary, Subscript, Symbol, Var};

use super::elementary::Arith;
use super::kernel::*;
use super::lower::NestBuilder;
use super::routine::{Place, TablePlace};

impl NestBuilder<'_> {
    pub(super) fn load(&mut self, symbol: Symbol, access: &Access) -> Value {
        if let Some(&v) = self.written.get(&(symbol, access.clone())) {
            return v;
        }
        let (address, inside) = self.address(symbol, access);
        let value = self.instruction(Instruction::Load(address));
        match inside {
            Some(mask) => {
                let zero = self.constant(0.0);
                self.instruction(Instruction::Select(mask, value, zero))
            }
            None => value,
        }
    }

    /// Where an access lies, and the mask of being inside where the boundary is zero.
    pub(super) fn address(&mut self, symbol: Symbol, access: &Access) -> (Address, Option<Value>) {
        let place = self
            .places
            .get(&symbol)
            .unwrap_or_else(|| panic!("`{}` has no place in this kernel", self.algebra.symbol(symbol).name));
        let dims = self.algebra.symbol(symbol).dims.clone();
        let mut address = Address {
            buffer: place.buffer,
            flat: Position::constant(place.offset as i64),
            parts: SmallVec::new(),
        };
        let mut inside = None;
        for ((subscript, &n), &stride) in access.iter().zip(&dims).zip(&place.strides) {
            match subscript {
                Subscript::Affine { position, boundary } => {
                    let position = self.position(position);
                    let edge = match boundary {
                        Boundary::Inside => {
                            address.flat.add_scaled(&position, stride);
                            continue;
                        }
                        Boundary::Periodic => Edge::Periodic,
                        Boundary::Mirror => Edge::Mirror,
                        Boundary::Zero => {
                            let mask = self.instruction(Instruction::Within(position.clone(), n));
                            inside = Some(match inside {
                                Some(other) => self.instruction(Instruction::Mask(Logic::And, other, mask)),
                                None => mask,
                            });
                            Edge::Clamp
                        }
                    };
                    match position.terms.is_empty() {
                        true => address.flat.offset += edge.bring_inside(position.offset, n) * stride,
                        false => address.parts.push((Part::Wrap { position, n, edge }, stride)),
                    }
                }
                Subscript::Table { table, at } => {
                    let TablePlace { input, offset } = self.tables[table];
                    let extents = &self.algebra.tables[*table as usize].0;
                    let entries = Place::new(Buffer::Input(input), offset, extents);
                    let mut flat = Position::constant(offset as i64);
                    for (affine, &s) in at.iter().zip(&entries.strides) {
                        let position = self.position(affine);
                        flat.add_scaled(&position, s);
                    }
                    address.parts.push((Part::Table { input, at: flat }, stride));
                }
            }
        }
        (address, inside)
    }

    pub(super) fn position(&self, affine: &Affine) -> Position {
        Position::from_affine(affine, |v| match v {
            Var::Axis(k) => LoopVar(k),
            Var::Bound(height) => {
                let depth = self.depth(height).expect("a variable of an open reduction");
                LoopVar(self.loops + depth as u32 - 1)
            }
            Var::Fresh(_) => unreachable!("fresh variables are renamed before expressions are lowered"),
        })
    }

    /// The scope of the open reduction of this height.
    pub(super) fn depth(&self, height: u32) -> Option<usize> {
        self.scopes.iter().rposition(|s| s.height == Some(height))
    }
}
