//! Where values go: the pieces of an array that a value fills, and the switches found on the way.

use crate::algebra::{Access, Affine, Range, Subscript, Var};
use crate::diagnostics::Span;
use crate::parse::ast::{self, Binder, ExprKind, Pattern};

use super::error;
use super::model::{Boolean, Piece, Switch, Values};
use super::scope::{ArrayDim, Builder, EntityId, IndexSet, Level, Local, Meaning, Role};
use super::tiling::{self, Side};
use super::unit::Unit;
use super::value::{Dim, Value};

/// One dimension of a target: a subscript, or all of a range.
#[derive(Clone, Debug)]
pub enum Slot {
    Fixed(Subscript),
    Open(Range),
}

/// All dimensions open.
pub fn open(dims: &[ArrayDim]) -> Vec<Slot> {
    dims.iter().map(|dim| Slot::Open(dim.range)).collect()
}

impl<'a> Builder<'a> {
    /// The pieces `target = value`: open slots take the value's dimensions, a scalar goes everywhere.
    pub fn fill(
        &mut self,
        value: Value,
        slots: Vec<Slot>,
        axes: Vec<Range>,
        name: &str,
        span: Span,
    ) -> Option<Values> {
        let open: Vec<u64> = slots
            .iter()
            .filter_map(|slot| match slot {
                Slot::Open(range) => Some(range.len()),
                Slot::Fixed(_) => None,
            })
            .collect();
        let shape = value.shape();
        if !shape.is_empty() && shape != open {
            return self.complain(error::value_shape(name, &open, &shape, span));
        }
        let mut pieces = Values::new();
        self.fill_slots(value, slots, axes, span, &mut pieces);
        Some(pieces)
    }

    /// Whether a value stands for all of an array at once (`x[i] = [1, 2, 3]`): it has the array's shape and mentions
    /// none of its indices.
    pub fn is_whole(&self, value: &Value, dims: &[ArrayDim]) -> bool {
        let extents: Vec<u64> = dims.iter().map(|dim| dim.range.len()).collect();
        if extents.is_empty() || value.shape() != extents {
            return false;
        }
        let mut leaves = Vec::new();
        super::shape::flatten(&mut Vec::new(), value, &mut leaves);
        let axis = |var: &Var| matches!(var, Var::Axis(_));
        !leaves.iter().any(|(_, tensor)| self.variables(tensor.body.e).iter().any(axis))
    }

    fn fill_slots(
        &mut self,
        value: Value,
        slots: Vec<Slot>,
        axes: Vec<Range>,
        span: Span,
        pieces: &mut Values,
    ) {
        match value {
            Value::Rows(rows) => {
                let first = slots.iter().position(|slot| matches!(slot, Slot::Open(_))).unwrap_or(0);
                for (k, row) in rows.into_iter().enumerate() {
                    let mut slots = slots.clone();
                    slots[first] = Slot::Fixed(Subscript::inside(Affine::constant(k as i64)));
                    self.fill_slots(row, slots, axes.clone(), span, pieces);
                }
            }
            Value::Tensor(tensor) => {
                let mut dims = tensor.dims.iter();
                let (mut axes, mut target, mut vars) = (axes, Access::new(), Vec::new());
                for slot in slots {
                    match slot {
                        Slot::Fixed(subscript) => target.push(subscript),
                        Slot::Open(range) => {
                            let axis = Var::Axis(axes.len() as u32);
                            self.ranges.insert(axis, range);
                            axes.push(range);
                            target.push(super::shape::position(axis, range));
                            if let Some((var, other)) = dims.next() {
                                vars.push((*var, Affine::var(axis).shift(other.start - range.start)));
                            }
                        }
                    }
                }
                let value = self.replace(tensor.body.e, &vars);
                pieces.push(Piece { axes, target, value, span });
            }
        }
    }

    /// Makes switches of the jumps found since the last flush, now that their variables are final.
    pub fn flush_switches(&mut self) {
        for pending in std::mem::take(&mut self.pending_switches) {
            if self.level(pending.condition).0 <= Level::Parameter {
                continue;
            }
            let mut variables: Vec<Dim> =
                self.variables(pending.condition).into_iter().map(|var| (var, self.range(var))).collect();
            variables.extend(
                pending.bound.iter().filter(|(var, _)| self.algebra.mentions(pending.condition, *var)),
            );
            if self.known_switches.insert((pending.condition, variables.clone())) {
                self.switches.push(Switch { variables, condition: pending.condition, span: pending.span });
            }
        }
    }

    /// Local names for the indices that an equation's or a definition's left side ranges over.
    pub fn bind_axes(&mut self, names: &[ast::Name], binders: &[Binder]) -> Option<Vec<Range>> {
        let mut axes = Vec::new();
        for name in names {
            let binder = binders.iter().find(|binder| binder.name == *name);
            let set = self.index_set(&name.text);
            let range = match binder.and_then(|binder| binder.range.as_ref()) {
                Some(range) => self.index_range(range)?,
                None => match &set {
                    Some(set) => set.range,
                    None => return self.complain(error::unknown_index(&name.text, name.span)),
                },
            };
            let var = Var::Axis(axes.len() as u32);
            self.ranges.insert(var, range);
            self.site.locals.push((name.text.clone(), Local::Index { affine: Affine::var(var), set }));
            axes.push(range);
        }
        Some(axes)
    }

    /// Local names for the variables of `for i in 1..n for j` in a reduction, outermost first.
    pub fn bind(&mut self, binders: &[Binder]) -> Option<Vec<Dim>> {
        let mut dims = Vec::new();
        for binder in binders {
            let set = self.index_set(&binder.name.text);
            let range = match (&binder.range, &set) {
                (Some(range), _) => self.reduction_range(range)?,
                (None, Some(set)) => set.range,
                (None, None) => {
                    return self.complain(error::unknown_index(&binder.name.text, binder.name.span));
                }
            };
            let var = self.fresh(range);
            let local = Local::Index { affine: Affine::var(var), set };
            self.site.locals.push((binder.name.text.clone(), local));
            dims.push((var, range));
        }
        Some(dims)
    }

    /// A range that may be empty: the sum over it is 0.
    fn reduction_range(&mut self, range: &ast::Range) -> Option<Range> {
        let (from, to) = (self.affine(&range.from), self.affine(&range.to));
        match (from?.as_constant(), to?.as_constant()) {
            (Some(start), Some(end)) => {
                self.lint_range(range, end);
                Some(Range::new(start, (end + 1).max(start)))
            }
            _ => self.complain(error::range_not_constant(range.from.span.to(range.to.span))),
        }
    }

    /// The index set of a name in scope.
    pub fn index_set(&self, name: &str) -> Option<IndexSet> {
        match &self.entity(self.find(name)?).meaning {
            Meaning::Index(set) => Some(set.clone()),
            _ => None,
        }
    }

    /// The names in subscripts that are index sets or bound by `for`, in order.
    pub fn index_names(&self, subscripts: &[ast::Expr], binders: &[Binder], found: &mut Vec<ast::Name>) {
        for subscript in subscripts {
            self.index_names_in(subscript, binders, found);
        }
    }

    pub fn index_names_in(&self, e: &ast::Expr, binders: &[Binder], found: &mut Vec<ast::Name>) {
        match &e.kind {
            ExprKind::Name(name) => {
                let bound = binders.iter().any(|binder| binder.name.text == *name);
                let index = bound || self.index_set(name).is_some();
                if index && self.local(name).is_none() && !found.iter().any(|known| known.text == *name) {
                    found.push(ast::Name { text: name.clone(), span: e.span });
                }
            }
            ExprKind::Chain(first, links) => {
                self.index_names_in(first, binders, found);
                links.iter().for_each(|link| self.index_names_in(&link.operand, binders, found));
            }
            ExprKind::Index(base, list) => {
                self.index_names_in(base, binders, found);
                self.index_names(list, binders, found);
            }
            ExprKind::List(list) => self.index_names(list, binders, found),
            ExprKind::Negate(a) | ExprKind::Prime(a) | ExprKind::Not(a) => {
                self.index_names_in(a, binders, found)
            }
            ExprKind::Power(a, b) | ExprKind::Compare(_, a, b) => {
                self.index_names_in(a, binders, found);
                self.index_names_in(b, binders, found);
            }
            ExprKind::If(conditional) => {
                for e in [&conditional.condition, &conditional.yes, &conditional.no] {
                    self.index_names_in(e, binders, found);
                }
            }
            ExprKind::Call(callee, arguments) => {
                self.index_names_in(callee, binders, found);
                for argument in arguments {
                    match argument {
                        ast::Argument::Value(e) | ast::Argument::Named { value: e, .. } => {
                            self.index_names_in(e, binders, found);
                        }
                        ast::Argument::Comprehension { body, binders: inner } => {
                            let mut free = Vec::new();
                            self.index_names_in(body, binders, &mut free);
                            free.retain(|name| !inner.iter().any(|binder| binder.name == *name));
                            free.retain(|name| !found.contains(name));
                            found.extend(free);
                        }
                        ast::Argument::Pipeline(_) => {}
                    }
                }
            }
            _ => {}
        }
    }

    /// `let y[i] = …`, in one piece or several that tile the array.
    pub fn settle_let_pieces(&mut self, id: EntityId, lets: &[&'a ast::Let], unit: Unit) -> Option<Meaning> {
        let mut parts = Vec::new();
        for piece in lets {
            let Pattern::One { dims, unit: written, .. } = &piece.pattern else { return None };
            if let (Some(written), false) = (written, std::ptr::eq(*piece, lets[0])) {
                let other = self.unit(Some(written))?;
                if other != unit {
                    return self.complain(error::unit_changes(written.span));
                }
            }
            parts.push((*piece, dims.as_slice()));
        }
        let sizes = lets.len() == 1 && lets[0].binders.is_empty() && !self.has_index(parts[0].1);
        if sizes {
            let (piece, dims) = parts[0];
            let dims = self.dims(dims)?;
            let value = self.expand_as(&piece.value, unit)?;
            let slots = open(&dims);
            return self.define(
                id,
                dims,
                unit,
                Role::Definition,
                (value, slots, Vec::new(), piece.value.span),
            );
        }
        let mut sides = Vec::new();
        for (piece, dims) in &parts {
            let before = self.site.locals.len();
            let side = self.side(dims, &piece.binders, super::declare::pattern_span(&piece.pattern));
            self.site.locals.truncate(before);
            sides.push(side?);
        }
        let dims = self.hull(parts[0].1, &sides)?;
        let array = self.new_array(id, dims, unit, Role::Definition);
        self.check_tiles(&array, &sides)?;
        let (mut pieces, mut truth) = (Values::new(), true);
        for ((piece, dims), side) in parts.iter().zip(sides) {
            let before = self.site.locals.len();
            let mut names = Vec::new();
            self.index_names(dims, &piece.binders, &mut names);
            let filled = self.bind_axes(&names, &piece.binders).and_then(|axes| {
                let value = self.expand_as(&piece.value, unit)?;
                truth &= super::settle::is_truth(&piece.value);
                let slots = side
                    .positions
                    .iter()
                    .zip(&array.dims)
                    .map(|(at, dim)| Slot::Fixed(Subscript::inside(at.clone().shift(-dim.range.start))))
                    .collect();
                let whole = lets.len() == 1 && piece.binders.is_empty();
                let (slots, axes) = match whole && self.is_whole(&value, &array.dims) {
                    true => (open(&array.dims), Vec::new()),
                    false => (slots, axes),
                };
                self.fill(value, slots, axes, &array.full_name, piece.value.span)
            });
            self.site.locals.truncate(before);
            self.flush_switches();
            pieces.extend(filled?);
        }
        let truth = if truth { Boolean::Truth } else { Boolean::Number };
        Some(self.defined(array, pieces, truth))
    }

    fn has_index(&self, dims: &[ast::Expr]) -> bool {
        let mut names = Vec::new();
        self.index_names(dims, &[], &mut names);
        !names.is_empty()
    }

    /// The left side of a piece: its axes and the positions it fills.
    pub fn side(&mut self, subscripts: &[ast::Expr], binders: &[Binder], span: Span) -> Option<Side> {
        let mut names = Vec::new();
        self.index_names(subscripts, binders, &mut names);
        if let Some(binder) = binders.iter().find(|binder| !names.contains(&binder.name)) {
            return self.complain(error::binder_unused(&binder.name.text, binder.name.span));
        }
        let axes = self.bind_axes(&names, binders)?;
        let mut positions = Vec::new();
        for subscript in subscripts {
            positions.push(self.affine(subscript)?);
        }
        let side = Side { axes, positions, span };
        match side.is_box() {
            true => Some(side),
            false => self.complain(error::not_a_box(span)),
        }
    }

    /// The dimensions of an array that is defined by pieces alone: those of its index sets, else all that is filled.
    fn hull(
        &mut self,
        subscripts: &[ast::Expr],
        sides: &[Side],
    ) -> Option<smallvec::SmallVec<[ArrayDim; 2]>> {
        let rank = subscripts.len();
        if let Some(side) = sides.iter().find(|side| side.positions.len() != rank) {
            return self.complain(error::subscripts("the definition", rank, side.positions.len(), side.span));
        }
        let mut dims = smallvec::SmallVec::new();
        for k in 0..rank {
            let filled = sides.iter().map(|side| side.interval(k));
            let range = filled.reduce(|a, b| Range::new(a.start.min(b.start), a.end.max(b.end)))?;
            let named = match &subscripts[k].kind {
                ExprKind::Name(name) => self.index_set(name).map(|set| (name.clone(), set)),
                _ => None,
            };
            dims.push(match named {
                Some((name, set)) if set.range.contains(range) => {
                    ArrayDim { range: set.range, index: Some(name), boundary: set.boundary }
                }
                _ => ArrayDim { range, index: None, boundary: None },
            });
        }
        Some(dims)
    }

    /// Complains where pieces leave a gap or meet twice.
    pub fn check_tiles(&mut self, array: &super::scope::Array, sides: &[Side]) -> Option<()> {
        let whole: Vec<Range> = array.dims.iter().map(|dim| dim.range).collect();
        match tiling::check(&whole, sides) {
            tiling::Verdict::Tiles => Some(()),
            tiling::Verdict::Twice(place, a, b) => {
                let spans = [sides[a].span, sides[b].span];
                self.complain(error::twice(&array.full_name, &place, spans))
            }
            tiling::Verdict::Gap(place) => {
                let span = sides.first().map_or(Span::default(), |side| side.span);
                self.complain(error::gap(&array.full_name, &place, span))
            }
            tiling::Verdict::TooMany => {
                let span = sides[0].span;
                self.complain(error::too_many_pieces(&array.full_name, span))
            }
        }
    }
}
