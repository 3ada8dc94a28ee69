//! What a forward kernel leaves for its pullback: the stored definitions that it reads, and the slopes of functions.
//!
//! The slope of a definition h = f(a) is f′(a), computed along with f(a): a pass over a layer gives both for little
//! more than one, and the pullback multiplies by it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::differentiate::Differentiator;
use crate::algebra::{Access, Affine, Algebra, Boundary, Node, Subscript, Symbol, Var, own_access};
use crate::emit::kernel::{Buffer, Role, Slot};
use crate::emit::routine::{Assignment, Routine};

use super::adjoint::{Intermediates, Wanted};
use super::system::{Layout, Stored, System};

/// f′(a) of a stored definition h = f(a).
#[derive(Clone, Debug)]
pub(super) struct Slope {
    /// f′(a), as an array over the definition's axes.
    pub stored: Stored,
    /// The element of a that the definition reads.
    pub argument: (Symbol, Access),
}

impl System {
    /// The layout of the tape: what the pullback reads of stored definitions and of slopes.
    pub fn tape(&mut self) -> Layout {
        if let Some(tape) = &self.tape {
            return tape.clone();
        }
        let slopes = self.slopes();
        let kept: FxHashSet<Symbol> =
            self.stored.iter().chain(slopes.values().map(|s| &s.stored)).map(|s| s.symbol).collect();
        let (routine, _) = self.pullback_body(Wanted::Both, Intermediates::Tape);
        let mut layout = Layout::default();
        for symbol in reads(&self.model.algebra, &routine) {
            if kept.contains(&symbol) && layout.find(symbol).is_none() {
                layout.push(&self.model.algebra, "", symbol, &[]);
            }
        }
        self.tape = Some(layout.clone());
        layout
    }

    /// f, which leaves its intermediates on a tape (output 1) for the pullback.
    pub fn taped_rhs(&mut self) -> Routine {
        let mut routine = self.rhs();
        routine.name = format!("{}.taped_rhs", self.model.name);
        let tape = self.tape();
        let slopes = self.slopes();
        let mut body = self.forward(&slopes);
        body.append(&mut routine.body.split_off(self.stored.len()));
        routine.body = body;
        let buffer = Buffer::Output(routine.outputs.len() as u32);
        routine.outputs.push(Slot::new(Role::Tape, tape.len));
        tape.place(buffer, &mut routine.places);
        self.keep_needed(&mut routine);
        routine
    }

    /// The stored definitions, each with its slope behind it.
    pub(super) fn forward(&self, slopes: &FxHashMap<usize, Slope>) -> Vec<Assignment> {
        let mut body = Vec::new();
        for (k, s) in self.stored.iter().enumerate() {
            body.extend(super::rhs::assignments(std::slice::from_ref(s)));
            if let Some(slope) = slopes.get(&k) {
                body.extend(super::rhs::assignments(std::slice::from_ref(&slope.stored)));
            }
        }
        body
    }

    /// The slopes, by the place of their definition among the stored ones.
    pub(super) fn slopes(&mut self) -> FxHashMap<usize, Slope> {
        if let Some(slopes) = &self.slopes {
            return slopes.clone();
        }
        let mut slopes = FxHashMap::default();
        for (k, s) in self.stored.clone().into_iter().enumerate() {
            slopes.extend(self.slope(&s).map(|slope| (k, slope)));
        }
        self.slopes = Some(slopes.clone());
        slopes
    }

    /// Where the definition is a function of one read over its axes, and its derivative takes more than products.
    fn slope(&mut self, s: &Stored) -> Option<Slope> {
        let algebra = &mut self.model.algebra;
        let Node::Call(_, arguments) = algebra.node(s.value) else { return None };
        let [argument] = algebra.arguments(arguments)[..] else { return None };
        let Node::Read(symbol, access) = algebra.node(argument) else { return None };
        let access = algebra.access(access).clone();
        let one = algebra.one();
        let mut differentiator = Differentiator::new(algebra);
        let partials = differentiator.partials(s.value, one, &|read| read == symbol);
        let known = differentiator.missing.is_empty();
        let [partial] = &partials[..] else { return None };
        let calls = algebra.reachable(partial.value, true).into_iter();
        let costly = calls.into_iter().any(|n| matches!(algebra.node(n), Node::Call(..)));
        if !(known && costly && partial.inner.is_empty() && is_one_to_one(&access, s)) {
            return None;
        }
        let dims: Vec<u64> = s.axes.iter().map(|r| r.len()).collect();
        let name = format!("{}.slope", algebra.symbol(s.symbol).name);
        let slope = algebra.declare(name, &dims);
        let target = own_access(&s.axes);
        let stored = Stored { symbol: slope, axes: s.axes.clone(), target, value: partial.value };
        Some(Slope { stored, argument: (symbol, access) })
    }
}

/// Whether each axis is an index of the access, so that no two elements of the definition read the same one.
fn is_one_to_one(access: &Access, s: &Stored) -> bool {
    let positions: Option<Vec<&Affine>> = access
        .iter()
        .map(|subscript| match subscript {
            Subscript::Affine { position, boundary: Boundary::Inside } => Some(position),
            _ => None,
        })
        .collect();
    positions.is_some_and(|positions| {
        (0..s.axes.len() as u32).all(|k| positions.iter().any(|p| p.terms[..] == [(Var::Axis(k), 1)]))
    })
}

/// The symbols that a routine reads, in the order of their first use.
fn reads(algebra: &Algebra, routine: &Routine) -> Vec<Symbol> {
    let mut seen = FxHashSet::default();
    let mut order = Vec::new();
    for assignment in &routine.body {
        for n in algebra.reachable(assignment.value, true) {
            if let Node::Read(symbol, _) = algebra.node(n) {
                if seen.insert(symbol) {
                    order.push(symbol);
                }
            }
        }
    }
    order
}
