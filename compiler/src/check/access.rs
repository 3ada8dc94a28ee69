//! Subscripts: affine positions, look-ups in constant tables, and the proof that none leaves its dimension.

use smallvec::SmallVec;

use crate::algebra::{Access, Affine, Boundary, Range, Subscript, Symbol, Var};
use crate::diagnostics::Span;
use crate::parse::ast::{self, ExprKind, Operator};

use super::error;
use super::scope::{Array, ArrayDim, Builder, Declaration, IndexSet, Local, Meaning, Role};

/// Subscripts and sizes beyond this are refused, so that index arithmetic never overflows.
pub const LARGEST_INDEX: i64 = 1 << 40;

/// A constant array that stands as a subscript may have this many elements.
const LARGEST_TABLE: u64 = 1 << 20;

impl Builder<'_> {
    /// The access `array[subscripts]`.
    pub fn access(&mut self, array: &Array, subscripts: &[ast::Expr], span: Span) -> Option<Access> {
        if array.dims.len() != subscripts.len() {
            let name = array.full_name.clone();
            return self.complain(error::subscripts(&name, array.dims.len(), subscripts.len(), span));
        }
        let mut access = Access::new();
        for (k, subscript) in subscripts.iter().enumerate() {
            access.push(self.subscript(array, k, subscript)?);
        }
        Some(access)
    }

    fn subscript(&mut self, array: &Array, k: usize, e: &ast::Expr) -> Option<Subscript> {
        let dim = array.dims[k].clone();
        if let Some((table, at)) = self.table_lookup(e)? {
            return self.through_table(array, &dim, table, at, e.span);
        }
        let position = self.affine(e)?;
        let inside = position.bounds(|var| self.range(var));
        let shifted = position.clone().shift(-dim.range.start);
        if dim.range.contains(inside) {
            return Some(Subscript::inside(shifted));
        }
        match self.rule(e, &dim) {
            Some(boundary) if reaches(boundary, inside, dim.range) => {
                Some(Subscript::Affine { position: shifted, boundary })
            }
            _ => {
                let wrong = if inside.start < dim.range.start { inside.start } else { inside.end - 1 };
                let at = self.culprit(&position, wrong);
                let (name, rank) = (array.full_name.clone(), (k + 1, array.dims.len()));
                self.complain(error::outside(&name, rank, dim.range, wrong, at, e.span))
            }
        }
    }

    /// The boundary rule of the index variables in a subscript, where they range over this dimension's set.
    fn rule(&self, e: &ast::Expr, dim: &ArrayDim) -> Option<Boundary> {
        let mut rules = Vec::new();
        self.rules(e, dim, &mut rules);
        let rule = rules.first().copied().or(dim.boundary)?;
        Some(match rule {
            ast::Boundary::Periodic => Boundary::Periodic,
            ast::Boundary::Mirror => Boundary::Mirror,
            ast::Boundary::Zero => Boundary::Zero,
        })
    }

    fn rules(&self, e: &ast::Expr, dim: &ArrayDim, found: &mut Vec<ast::Boundary>) {
        match &e.kind {
            ExprKind::Name(name) => {
                let set = match self.local(name) {
                    Some(Local::Index { set, .. }) => set.clone(),
                    _ => None,
                };
                if let Some(IndexSet { range, boundary: Some(boundary) }) = set
                    && range == dim.range
                {
                    found.push(boundary);
                }
            }
            ExprKind::Negate(a) => self.rules(a, dim, found),
            ExprKind::Chain(first, links) => {
                self.rules(first, dim, found);
                links.iter().for_each(|link| self.rules(&link.operand, dim, found));
            }
            _ => {}
        }
    }

    /// The value of the index at which an affine position reaches the wrong place: `i = 1`.
    fn culprit(&self, position: &Affine, wrong: i64) -> Option<(String, i64)> {
        let &(var, coefficient) = match position.terms.as_slice() {
            [term] => term,
            _ => return None,
        };
        let name = self.site.locals.iter().rev().find_map(|(name, local)| match local {
            Local::Index { affine, .. } if *affine == Affine::var(var) => Some(name.to_string()),
            _ => None,
        })?;
        Some((name, (wrong - position.offset) / coefficient))
    }

    /// An affine expression of index variables.
    pub fn affine(&mut self, e: &ast::Expr) -> Option<Affine> {
        let affine = self.affine_kind(e)?;
        match self.reach(&affine) <= LARGEST_INDEX as i128 {
            true => Some(affine),
            false => self.complain(error::index_too_large(e.span)),
        }
    }

    /// A bound of the size of an affine expression, in numbers that cannot overflow.
    fn reach(&self, affine: &Affine) -> i128 {
        let term = |&(var, c): &(Var, i64)| {
            let range = self.range(var);
            let largest = (range.start as i128).abs().max((range.end as i128).abs());
            (c as i128).abs() * largest
        };
        (affine.offset as i128).abs() + affine.terms.iter().map(term).sum::<i128>()
    }

    fn affine_kind(&mut self, e: &ast::Expr) -> Option<Affine> {
        match &e.kind {
            ExprKind::Name(name) => match self.local(name) {
                Some(Local::Index { affine, .. }) => Some(affine.clone()),
                _ => self.affine_constant(e),
            },
            ExprKind::Negate(a) => Some(self.affine(a)?.scale(-1)),
            ExprKind::Chain(first, links) if self.mentions_index(e) => {
                let mut left = self.affine(first)?;
                for link in links {
                    let right = self.affine(&link.operand)?;
                    let span = first.span.to(link.operand.span);
                    left = self.affine_operation(link.operator, left, right, span)?;
                }
                Some(left)
            }
            _ => self.affine_constant(e),
        }
    }

    fn affine_operation(&mut self, op: Operator, a: Affine, b: Affine, span: Span) -> Option<Affine> {
        let (x, y) = (self.reach(&a).max(1), self.reach(&b).max(1));
        if op == Operator::Multiply && x.saturating_mul(y) > LARGEST_INDEX as i128 {
            return self.complain(error::index_too_large(span));
        }
        let result = match (op, a.as_constant(), b.as_constant()) {
            (Operator::Add, ..) => Some(a.add(&b)),
            (Operator::Subtract, ..) => Some(a.add(&b.scale(-1))),
            (Operator::Multiply, Some(c), _) => Some(b.scale(c)),
            (Operator::Multiply, _, Some(c)) => Some(a.scale(c)),
            (Operator::Divide, Some(x), Some(y)) if y != 0 && x % y == 0 => Some(Affine::constant(x / y)),
            _ => None,
        };
        match result {
            Some(affine) => Some(affine),
            None => self.complain(error::not_affine(span)),
        }
    }

    fn affine_constant(&mut self, e: &ast::Expr) -> Option<Affine> {
        if self.mentions_index(e) {
            return self.complain(error::not_affine(e.span));
        }
        if let Some((name, span)) = self.undeclared(e) {
            return match self.first_time(&name) {
                true => self.complain(error::unknown_index(&name, span)),
                false => None,
            };
        }
        let scalar = self.expand_scalar(e)?;
        match self.algebra.as_number(scalar.e) {
            Some(x) if x.fract() == 0.0 && x.abs() <= LARGEST_INDEX as f64 => {
                Some(Affine::constant(x as i64))
            }
            Some(x) => self.complain(error::not_whole(x, e.span)),
            None => match self.parameter(e) {
                Some(name) => self.complain(error::size_by_parameter(&name, e.span)),
                None => self.complain(error::not_affine(e.span)),
            },
        }
    }

    /// The name of a parameter, where the expression is one.
    fn parameter(&self, e: &ast::Expr) -> Option<std::sync::Arc<str>> {
        let ExprKind::Name(name) = &e.kind else { return None };
        let id = self.find(name)?;
        matches!(self.entity(id).declaration, Declaration::Param(_)).then(|| name.clone())
    }

    /// A name of a subscript that nobody declared: an index was meant.
    pub fn undeclared(&self, e: &ast::Expr) -> Option<(std::sync::Arc<str>, Span)> {
        match &e.kind {
            ExprKind::Name(name) => {
                let known = self.local(name).is_some()
                    || self.find(name).is_some()
                    || self.module.describe(self.site.file, name).is_some()
                    || ["t", "pi", "inf"].contains(&&**name);
                (!known).then(|| (name.clone(), e.span))
            }
            ExprKind::Negate(a) => self.undeclared(a),
            ExprKind::Chain(first, links) => self
                .undeclared(first)
                .or_else(|| links.iter().find_map(|link| self.undeclared(&link.operand))),
            _ => None,
        }
    }

    /// Whether a local index variable occurs.
    fn mentions_index(&self, e: &ast::Expr) -> bool {
        match &e.kind {
            ExprKind::Name(name) => matches!(self.local(name), Some(Local::Index { .. })),
            ExprKind::Negate(a) | ExprKind::Prime(a) | ExprKind::Not(a) | ExprKind::Field(a, _) => {
                self.mentions_index(a)
            }
            ExprKind::Power(a, b) | ExprKind::Compare(_, a, b) => {
                self.mentions_index(a) || self.mentions_index(b)
            }
            ExprKind::Index(a, list) => self.mentions_index(a) || list.iter().any(|e| self.mentions_index(e)),
            ExprKind::List(list) => list.iter().any(|e| self.mentions_index(e)),
            ExprKind::Chain(first, links) => {
                self.mentions_index(first) || links.iter().any(|link| self.mentions_index(&link.operand))
            }
            ExprKind::Call(_, arguments) => arguments.iter().any(|argument| match argument {
                ast::Argument::Value(e) => self.mentions_index(e),
                _ => false,
            }),
            _ => false,
        }
    }

    /// `nb[i, k]` of a constant array; the inner `None` where the subscript is something else.
    fn table_lookup(&mut self, e: &ast::Expr) -> Option<Option<(Array, Vec<Affine>)>> {
        let ExprKind::Index(base, subscripts) = &e.kind else { return Some(None) };
        if !matches!(base.kind, ExprKind::Name(_) | ExprKind::Field(..)) || !self.mentions_index(e) {
            return Some(None);
        }
        let Some(id) = self.resolve(base)? else {
            return match base.kind {
                ExprKind::Field(..) => self.complain(error::subscript_of_data(e.span)),
                _ => Some(None),
            };
        };
        let Meaning::Array(array) = self.entity(id).meaning.clone() else { return Some(None) };
        if array.role != Role::Constant || !matches!(self.entity(id).declaration, Declaration::Const { .. }) {
            return Some(None);
        }
        let mut at = Vec::new();
        let access = self.access(&array, subscripts, e.span)?;
        for subscript in access {
            match subscript {
                Subscript::Affine { position, boundary: Boundary::Inside } => at.push(position),
                _ => return self.complain(error::not_affine(e.span)),
            }
        }
        Some(Some((*array, at)))
    }

    fn through_table(
        &mut self,
        array: &Array,
        dim: &ArrayDim,
        table: Array,
        at: Vec<Affine>,
        span: Span,
    ) -> Option<Subscript> {
        let id = self.table(&table, dim.range.start, span)?;
        let (_, entries) = &self.algebra.tables[id as usize];
        let n = dim.range.len() as i64;
        if let Some(&wrong) = entries.iter().find(|k| **k < 0 || **k >= n) {
            let (name, value) = (array.full_name.clone(), wrong + dim.range.start);
            return self.complain(error::table_outside(&name, &table.full_name, value, dim.range, span));
        }
        Some(Subscript::Table { table: id, at: SmallVec::from_vec(at) })
    }

    /// The integer table of a constant array, its values made positions from `lower`. The only place of the
    /// compiler that looks at each element of an array.
    fn table(&mut self, array: &Array, lower: i64, span: Span) -> Option<u32> {
        if let Some(&table) = self.tables.get(&(array.symbol, lower)) {
            return Some(table);
        }
        let extents = array.extents();
        let total: u64 = extents.iter().product();
        if total > LARGEST_TABLE {
            return self.complain(error::table_too_large(&array.full_name, LARGEST_TABLE, span));
        }
        let mut entries = vec![i64::MIN; total as usize];
        let pieces = self.definitions.iter().find(|d| d.symbol == array.symbol)?.pieces.clone();
        for piece in &pieces {
            for place in places(&piece.axes) {
                let vars: Vec<(Var, Affine)> =
                    (0u32..).zip(&place).map(|(k, x)| (Var::Axis(k), Affine::constant(*x))).collect();
                let value = self.algebra.replace_vars(piece.value, &vars);
                let Some(x) = self.algebra.as_number(value).filter(|x| x.fract() == 0.0) else {
                    return self.complain(error::table_not_whole(&array.full_name, span));
                };
                if let Some(flat) = flat(&piece.target, &extents, &vars) {
                    entries[flat as usize] = x as i64 - lower;
                }
            }
        }
        self.algebra.tables.push((extents, entries));
        let id = self.algebra.tables.len() as u32 - 1;
        self.tables.insert((array.symbol, lower), id);
        Some(id)
    }
}

/// Whether one application of the rule brings every position back inside.
fn reaches(boundary: Boundary, positions: Range, dim: Range) -> bool {
    let n = dim.len() as i64;
    match boundary {
        Boundary::Mirror => positions.start >= dim.start - n && positions.end <= dim.end + n,
        _ => n > 0,
    }
}

/// All combinations of the ranges' values, the last one fastest.
fn places(axes: &[Range]) -> Vec<Vec<i64>> {
    axes.iter().fold(vec![Vec::new()], |places, range| {
        let extend = |place: Vec<i64>| {
            (range.start..range.end).map(move |x| {
                let mut place = place.clone();
                place.push(x);
                place
            })
        };
        places.into_iter().flat_map(extend).collect()
    })
}

fn flat(target: &Access, extents: &[u64], vars: &[(Var, Affine)]) -> Option<u64> {
    let value = |var: Var| vars.iter().find(|(v, _)| *v == var).map_or(Affine::var(var), |(_, x)| x.clone());
    target.iter().zip(extents).try_fold(0u64, |flat, (subscript, n)| {
        let at = subscript.affines()[0].substitute(value).as_constant()?;
        Some(flat * n + at as u64)
    })
}

/// Where a symbol's table would be looked up.
pub type TableKey = (Symbol, i64);
