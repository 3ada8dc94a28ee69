//! Pushforwards of f: ∂f/∂u·v, ∂f/∂p·w and ∂f/∂t, through the stored definitions.

use rustc_hash::FxHashMap;

use crate::algebra::differentiate::Differentiator;
use crate::algebra::{Expr, Function, Range, Symbol, own_access};
use crate::emit::kernel::{Buffer, Role, Slot, Write};
use crate::emit::routine::{Assignment, Place, Routine};

use super::system::{Layout, Stored, System, Timing};

/// Directions of a pushforward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// v in the space of u: `StateTangent`.
    State,
    /// w in the space of p: `ParameterTangent`.
    Parameters,
    /// Along t.
    Time,
}

impl System {
    /// The derivative of f along a direction, and the functions whose derivative is missing.
    pub fn pushforward(&mut self, direction: Direction) -> (Routine, Vec<Function>) {
        let name = match direction {
            Direction::State => "jvp",
            Direction::Parameters => "parameter_jvp",
            Direction::Time => "time_derivative",
        };
        let mut routine = self.routine(name);
        let mut tangents: FxHashMap<Symbol, Tangent> = FxHashMap::default();
        match direction {
            Direction::State => {
                let layout = self.unknowns.clone();
                self.seed(&layout, Role::StateTangent, &mut routine, &mut tangents);
            }
            Direction::Parameters => {
                let layout = self.parameters.clone();
                self.seed(&layout, Role::ParameterTangent, &mut routine, &mut tangents);
            }
            Direction::Time => {
                tangents.insert(self.model.time, Tangent::One);
            }
        }
        routine.outputs.push(Slot::new(Role::Result, self.results.len));
        self.results.place(Buffer::Output(0), &mut routine.places);
        let mut missing = Vec::new();
        let stored = self.stored.clone();
        routine.body = self.push_definitions(&stored, &mut tangents, &mut missing);
        for row in self.rows.clone() {
            let value = self.push(row.value, &tangents, &mut missing);
            routine.body.push(Assignment {
                symbol: row.symbol,
                axes: row.axes,
                target: row.target,
                value,
                write: Write::Set,
            });
        }
        self.keep_needed(&mut routine);
        (routine, missing)
    }

    /// dg/dt of the root functions of one timing, along u′ (`StateTangent`) while time runs; in the order of
    /// [`System::roots`]. Also the functions whose derivative is missing.
    pub fn root_rates(&mut self, timing: Timing) -> (Routine, Vec<Function>) {
        let mut routine = self.routine("root_rates");
        let mut tangents: FxHashMap<Symbol, Tangent> = FxHashMap::default();
        let layout = self.unknowns.clone();
        self.seed(&layout, Role::StateTangent, &mut routine, &mut tangents);
        tangents.insert(self.model.time, Tangent::One);
        let mut missing = Vec::new();
        let observed = self.observed.clone();
        routine.body = self.push_definitions(&observed, &mut tangents, &mut missing);
        let roots: Vec<(Vec<Range>, Expr)> =
            self.switches.iter().filter(|m| m.timing == timing).map(|m| (m.axes.clone(), m.root)).collect();
        let mut offset = 0;
        for (axes, root) in roots {
            let root = self.expand_observed(root);
            let value = self.push(root, &tangents, &mut missing);
            let dims: Vec<u64> = axes.iter().map(|r| r.len()).collect();
            let symbol = self.algebra().declare("rate", &dims);
            routine.places.insert(symbol, Place::new(Buffer::Output(0), offset, &dims));
            offset += dims.iter().product::<u64>();
            let target = own_access(&axes);
            routine.body.push(Assignment { symbol, axes, target, value, write: Write::Set });
        }
        routine.outputs.push(Slot::new(Role::Result, offset));
        self.keep_needed(&mut routine);
        (routine, missing)
    }

    /// Definitions, each followed by its tangent where it has one.
    fn push_definitions(
        &mut self,
        definitions: &[Stored],
        tangents: &mut FxHashMap<Symbol, Tangent>,
        missing: &mut Vec<Function>,
    ) -> Vec<Assignment> {
        let mut body = Vec::new();
        for (k, s) in definitions.iter().enumerate() {
            body.extend(super::rhs::assignments(std::slice::from_ref(s)));
            let value = self.push(s.value, tangents, missing);
            let known = tangents.contains_key(&s.symbol);
            if self.model.algebra.is_zero(value) && !known {
                continue;
            }
            let symbol = match tangents.get(&s.symbol) {
                Some(Tangent::Symbol(symbol)) => *symbol,
                _ => {
                    let info = self.model.algebra.symbol(s.symbol).clone();
                    let symbol = self.algebra().declare(format!("{}̇", info.name), &info.dims);
                    tangents.insert(s.symbol, Tangent::Symbol(symbol));
                    // Pieces before this one have no tangent, and must read as zero.
                    let before = definitions[..k].iter().filter(|t| t.symbol == s.symbol);
                    let zero = self.algebra().zero();
                    body.extend(before.map(|t| tangent_piece(t, symbol, zero)));
                    symbol
                }
            };
            body.push(tangent_piece(s, symbol, value));
        }
        body
    }

    fn push(&mut self, e: Expr, tangents: &FxHashMap<Symbol, Tangent>, missing: &mut Vec<Function>) -> Expr {
        let mut differentiator = Differentiator::new(&mut self.model.algebra);
        let value =
            differentiator.pushforward(e, &mut |algebra, symbol, access| match tangents.get(&symbol)? {
                Tangent::One => Some(algebra.one()),
                Tangent::Symbol(tangent) => Some(algebra.read(*tangent, access.clone())),
            });
        missing.extend(differentiator.missing);
        value
    }

    fn seed(
        &mut self,
        layout: &Layout,
        role: Role,
        routine: &mut Routine,
        tangents: &mut FxHashMap<Symbol, Tangent>,
    ) {
        let buffer = Buffer::Input(routine.inputs.len() as u32);
        routine.inputs.push(Slot::new(role, layout.len));
        for part in &layout.parts {
            let symbol = self.algebra().declare(format!("{}̇", part.name), &part.dims);
            let place = Place::new(buffer, part.offset, &part.dims);
            routine.places.insert(symbol, place);
            tangents.insert(part.symbol, Tangent::Symbol(symbol));
        }
    }

    /// Leaves out the temporaries that no result needs.
    pub(super) fn keep_needed(&self, routine: &mut Routine) {
        let mut wanted: Vec<Symbol> = Vec::new();
        let mut keep = vec![false; routine.body.len()];
        for (k, assignment) in routine.body.iter().enumerate().rev() {
            keep[k] = routine.places.contains_key(&assignment.symbol) || wanted.contains(&assignment.symbol);
            if keep[k] {
                for n in self.model.algebra.reachable(assignment.value, true) {
                    if let crate::algebra::Node::Read(symbol, _) = self.model.algebra.node(n) {
                        if !wanted.contains(&symbol) {
                            wanted.push(symbol);
                        }
                    }
                }
            }
        }
        let mut kept = keep.into_iter();
        routine.body.retain(|_| kept.next().unwrap_or(true));
    }
}

/// A piece of the tangent of a definition.
fn tangent_piece(of: &Stored, symbol: Symbol, value: Expr) -> Assignment {
    let (axes, target) = (of.axes.clone(), of.target.clone());
    Assignment { symbol, axes, target, value, write: Write::Set }
}

/// The tangent of a symbol.
#[derive(Clone, Copy)]
enum Tangent {
    /// Of the independent variable itself.
    One,
    Symbol(Symbol),
}
