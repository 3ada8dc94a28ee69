//! What each declaration is: constants folded, index sets measured, symbols with their shapes, definitions.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::algebra::{Affine, Range, Var};
use crate::diagnostics::Span;
use crate::parse::ast::{self, ExprKind, Pattern};

use super::access::LARGEST_INDEX;
use super::error;
use super::fill::Slot;
use super::model::{Boolean, Definition, Values};
use super::scope::{
    Array, ArrayDim, Bound, Builder, Declaration, EntityId, IndexSet, Level, Local, Meaning, Names, Role,
    StateChain,
};
use super::unit::Unit;
use super::value::{Scalar, Value};

/// An array may have this many elements.
const MOST_ELEMENTS: u64 = 1 << 32;

type Dims = SmallVec<[ArrayDim; 2]>;

impl<'a> Builder<'a> {
    /// Gives an entity its meaning; everything it depends on has one.
    pub fn settle(&mut self, id: EntityId) {
        if !matches!(self.entity(id).meaning, Meaning::Pending) {
            return;
        }
        let site = self.site_of(self.entity(id).scope);
        let meaning = self.at(site, |b| b.meaning(id)).unwrap_or(Meaning::Broken);
        self.entities[id.0].meaning = meaning;
    }

    fn meaning(&mut self, id: EntityId) -> Option<Meaning> {
        let declaration = self.entity(id).declaration.clone();
        match declaration {
            Declaration::Argument(setting) => self.settle_argument(id, setting),
            Declaration::Const { dims, value } => self.settle_const(id, dims, value),
            Declaration::Param(parameter) => match self.bound_definition(id, &parameter.variable)? {
                Some(meaning) => Some(meaning),
                None => self.settle_variable(id, &parameter.variable, Role::Parameter),
            },
            Declaration::Input(variable) if &*variable.name.text == "t" => self.settle_time(id, variable),
            Declaration::Input(variable) => match self.bound_definition(id, variable)? {
                Some(meaning) => Some(meaning),
                None => self.settle_variable(id, variable, Role::Input),
            },
            Declaration::State(variable) => self.settle_variable(id, variable, Role::State),
            Declaration::Alg(variable) => self.settle_variable(id, variable, Role::Algebraic),
            Declaration::Discrete(variable) => self.settle_variable(id, variable, Role::Discrete),
            Declaration::Index(index) => self.settle_index(index),
            Declaration::Noise { dims, .. } => {
                let dims = self.dims(dims)?;
                let array = self.new_array(id, dims, Unit::ONE, Role::Noise);
                let array = self.declare_noise(array);
                self.arrays.insert(array.symbol, array.clone());
                Some(Meaning::Array(Box::new(array)))
            }
            Declaration::Net(net) => self.settle_net(id, net).map(Meaning::Network),
            Declaration::Let(pieces) => self.settle_let(id, &pieces),
            Declaration::Part { definition, rank } => self.settle_part(id, definition, rank),
            Declaration::Function(_) | Declaration::Instance(_) | Declaration::Event => {
                Some(Meaning::Declared)
            }
        }
    }

    fn settle_argument(&mut self, id: EntityId, setting: &ast::Setting) -> Option<Meaning> {
        let (e, parent) = match self.entity(id).bound {
            Some(Bound::Number(x)) => {
                let e = self.algebra.number(x);
                return Some(Meaning::Constant(Scalar::number(e)));
            }
            Some(Bound::Outside(e)) => {
                let mut site = self.site_of(self.site.scope);
                site.names = Names::Library;
                let number = self.at(site, |b| b.expand_number(e))?;
                let e = self.algebra.number(number);
                return Some(Meaning::Constant(Scalar::number(e)));
            }
            Some(Bound::Expr(e, parent)) => (e, parent),
            None => (&setting.value, self.site.scope),
        };
        let site = self.site_of(parent);
        let number = self.at(site, |b| b.expand_number(e))?;
        let e = self.algebra.number(number);
        Some(Meaning::Constant(Scalar::number(e)))
    }

    fn settle_const(&mut self, id: EntityId, dims: &[ast::Expr], value: &ast::Expr) -> Option<Meaning> {
        if dims.is_empty() {
            let value_of = self.expand(value)?;
            if let Some(scalar) = value_of.as_scalar()
                && self.algebra.as_number(scalar.e).is_some()
            {
                return Some(Meaning::Constant(scalar));
            }
            self.constant_only(&value_of, "a constant", value.span)?;
            let dims = value_dims(&value_of);
            let unit = first_unit(&value_of);
            return self.define(
                id,
                dims,
                unit,
                Role::Constant,
                (value_of, Vec::new(), Vec::new(), value.span),
            );
        }
        let dims = self.dims(dims)?;
        let (slots, axes) = self.bind_dims(&dims);
        let value_of = self.expand(value)?;
        self.constant_only(&value_of, "a constant", value.span)?;
        let unit = first_unit(&value_of);
        let (slots, axes) = match self.is_whole(&value_of, &dims) {
            true => (Vec::new(), Vec::new()),
            false => (slots, axes),
        };
        self.define(id, dims, unit, Role::Constant, (value_of, slots, axes, value.span))
    }

    /// Complains of what a value reads beyond constants.
    fn constant_only(&mut self, value: &Value, what: &str, span: Span) -> Option<()> {
        self.at_most(value, Level::Constant, what, span)
    }

    /// Complains where a value reads more than it may.
    pub fn at_most(&mut self, value: &Value, most: Level, what: &str, span: Span) -> Option<()> {
        let mut leaves = Vec::new();
        super::shape::flatten(&mut Vec::new(), value, &mut leaves);
        for (_, tensor) in leaves {
            let (level, symbol) = self.level(tensor.body.e);
            if let (true, Some(symbol)) = (level > most, symbol) {
                let name = self.algebra.symbol(symbol).name.clone();
                return self.complain(error::reads_too_much(what, &name, level, span));
            }
        }
        Some(())
    }

    fn settle_time(&mut self, id: EntityId, variable: &ast::Variable) -> Option<Meaning> {
        let unit = match &variable.unit {
            Some(_) => self.unit(variable.unit.as_ref())?,
            None => self.time_unit,
        };
        if let (Some(written), None) = (&variable.unit, unit.factor_to(Unit::SECOND)) {
            return self.complain(error::time_unit(&super::unit::text(written), written.span));
        }
        if let Some(value) = &variable.value {
            return self.complain(error::time_default(value.span));
        }
        let now = self.time();
        let in_root = self.scopes[self.entity(id).scope.0].parent.is_none();
        let now = if in_root { now } else { self.convert(now, unit, variable.span)? };
        Some(Meaning::Constant(now))
    }

    fn settle_index(&mut self, index: &ast::Index) -> Option<Meaning> {
        let range = self.index_range(&index.range)?;
        Some(Meaning::Index(IndexSet { range, boundary: index.boundary }))
    }

    /// The integers of `a..b`.
    pub fn index_range(&mut self, range: &ast::Range) -> Option<Range> {
        let (from, to) = (self.affine(&range.from), self.affine(&range.to));
        let (from, to) = (from?, to?);
        let span = range.from.span.to(range.to.span);
        let (Some(start), Some(end)) = (from.as_constant(), to.as_constant()) else {
            return self.complain(error::range_not_constant(span));
        };
        if end < start {
            return self.complain(error::empty_range(start, end, span));
        }
        self.lint_range(range, end);
        Some(Range::new(start, end + 1))
    }

    /// `0..N` has one point more than N.
    pub fn lint_range(&mut self, range: &ast::Range, end: i64) {
        let from_zero = matches!(&range.from.kind, ExprKind::Number(n) if n.value == 0.0);
        if from_zero && matches!(range.to.kind, ExprKind::Name(_)) {
            let name = super::text::compact(&range.to);
            self.diagnostics.push(error::one_too_many(&name, end, range.from.span.to(range.to.span)));
        }
    }

    /// The dimensions that a declaration lists: index sets or sizes.
    pub fn dims(&mut self, list: &[ast::Expr]) -> Option<Dims> {
        let mut dims = Dims::new();
        for e in list {
            dims.push(self.dim(e)?);
        }
        let total = dims.iter().try_fold(1u64, |total, dim| total.checked_mul(dim.range.len()));
        match total {
            Some(total) if total <= MOST_ELEMENTS => Some(dims),
            _ => self.complain(error::too_many_elements(MOST_ELEMENTS, list[0].span)),
        }
    }

    fn dim(&mut self, e: &ast::Expr) -> Option<ArrayDim> {
        if let ExprKind::Name(name) = &e.kind
            && let Some(id) = self.find(name)
        {
            match &self.entity(id).meaning {
                Meaning::Index(set) => {
                    return Some(ArrayDim {
                        range: set.range,
                        index: Some(name.clone()),
                        boundary: set.boundary,
                    });
                }
                Meaning::Broken => return None,
                _ => {}
            }
        }
        let number = self.expand_number(e)?;
        if number.fract() != 0.0 || !(1.0..=LARGEST_INDEX as f64).contains(&number) {
            return self.complain(error::bad_size(number, e.span));
        }
        Some(ArrayDim { range: Range::new(1, number as i64 + 1), index: None, boundary: None })
    }

    /// Makes axes of the dimensions that are index sets, and local names for them; the others stay open.
    pub fn bind_dims(&mut self, dims: &Dims) -> (Vec<Slot>, Vec<Range>) {
        let (mut slots, mut axes) = (Vec::new(), Vec::new());
        for dim in dims {
            match &dim.index {
                Some(name) => {
                    let var = Var::Axis(axes.len() as u32);
                    let set = Some(IndexSet { range: dim.range, boundary: dim.boundary });
                    self.site.locals.push((name.clone(), Local::Index { affine: Affine::var(var), set }));
                    self.ranges.insert(var, dim.range);
                    axes.push(dim.range);
                    slots.push(Slot::Fixed(super::shape::position(var, dim.range)));
                }
                None => slots.push(Slot::Open(dim.range)),
            }
        }
        (slots, axes)
    }

    pub fn new_array(&mut self, id: EntityId, dims: Dims, unit: Unit, role: Role) -> Array {
        let full_name: Arc<str> = self.full_name(id).into();
        let extents: Vec<u64> = dims.iter().map(|dim| dim.range.len()).collect();
        let symbol = self.algebra.declare(&*full_name, &extents);
        let level = match role {
            Role::Constant | Role::Definition => Level::Constant,
            Role::Parameter | Role::Weight => Level::Parameter,
            Role::Input => Level::Input,
            Role::Discrete => Level::Discrete,
            Role::State | Role::Algebraic => Level::State,
            Role::Noise => Level::Noise,
        };
        self.levels.insert(symbol, level);
        Array { symbol, dims, unit, truth: Boolean::Number, role, full_name }
    }

    fn settle_variable(&mut self, id: EntityId, variable: &ast::Variable, role: Role) -> Option<Meaning> {
        let dims = self.dims(&variable.dims);
        let unit = self.unit(variable.unit.as_ref());
        let (dims, unit) = (dims?, unit?);
        if let Some(twice) = repeated(&dims) {
            return self.complain(error::repeated_index(&twice, variable.span));
        }
        let mut array = self.new_array(id, dims, unit, role);
        let may_be_truth = matches!(role, Role::Discrete | Role::Parameter | Role::Input);
        if may_be_truth && variable.value.as_ref().is_some_and(is_truth) {
            array.truth = Boolean::Truth;
        }
        self.arrays.insert(array.symbol, array.clone());
        if role == Role::State {
            self.declare_chain(id, &array);
        }
        Some(Meaning::Array(Box::new(array)))
    }

    /// The symbols of a state's derivatives: those below the highest are states too.
    fn declare_chain(&mut self, id: EntityId, array: &Array) {
        let order = self.orders.get(&id).copied().unwrap_or(1).max(1);
        let (mut states, mut unit, mut name) = (vec![array.symbol], array.unit, array.full_name.to_string());
        let mut last = array.symbol;
        for k in 1..=order {
            unit = unit.per(self.time_unit);
            name.push('\'');
            let symbol = self.algebra.declare(&*name, &array.extents());
            self.levels.insert(symbol, Level::State);
            let full_name = Arc::from(&*name);
            self.arrays.insert(symbol, Array { symbol, unit, full_name, ..array.clone() });
            self.derivative_of.insert(symbol, last);
            last = symbol;
            if k < order {
                states.push(symbol);
            }
        }
        self.state_symbols.extend(&states);
        self.chains.insert(array.symbol, StateChain { states, derivative: last });
    }

    /// What a parent's expression makes of a parameter or an input: a definition, where it is more than a number.
    /// The inner `None`: the declaration stands as it is.
    fn bound_definition(&mut self, id: EntityId, variable: &ast::Variable) -> Option<Option<Meaning>> {
        let Some(Bound::Expr(e, parent)) = self.entity(id).bound else { return Some(None) };
        let dims = self.dims(&variable.dims)?;
        let unit = self.unit(variable.unit.as_ref())?;
        let input = matches!(self.entity(id).declaration, Declaration::Input(_));
        let mut site = self.site_of(parent);
        site.locals.clear();
        let value = self.at(site, |b| b.expand_as(e, unit))?;
        if !input && self.is_number(&value) {
            return Some(None);
        }
        let slots = super::fill::open(&dims);
        self.define(id, dims, unit, Role::Definition, (value, slots, Vec::new(), e.span)).map(Some)
    }

    fn is_number(&self, value: &Value) -> bool {
        let mut leaves = Vec::new();
        super::shape::flatten(&mut Vec::new(), value, &mut leaves);
        leaves.iter().all(|(_, tensor)| self.level(tensor.body.e).0 == Level::Constant)
    }

    /// A definition under the entity's name: a value and where it goes (everywhere, without slots).
    pub fn define(
        &mut self,
        id: EntityId,
        dims: Dims,
        unit: Unit,
        role: Role,
        part: (Value, Vec<Slot>, Vec<Range>, Span),
    ) -> Option<Meaning> {
        let array = self.new_array(id, dims, unit, role);
        let (value, slots, axes, span) = part;
        let slots = match slots.is_empty() {
            true => super::fill::open(&array.dims),
            false => slots,
        };
        let truth = if all_truth(&value) { Boolean::Truth } else { Boolean::Number };
        let pieces = self.fill(value, slots, axes, &array.full_name, span)?;
        self.flush_switches();
        Some(self.defined(array, pieces, truth))
    }

    /// Stores a definition; its level is that of what it reads.
    pub fn defined(&mut self, mut array: Array, pieces: Values, truth: Boolean) -> Meaning {
        array.truth = truth;
        let level = pieces.iter().map(|piece| self.level(piece.value).0).max().unwrap_or_default();
        self.levels.insert(array.symbol, level);
        self.arrays.insert(array.symbol, array.clone());
        self.definitions.push(Definition { symbol: array.symbol, pieces });
        Meaning::Array(Box::new(array))
    }

    /// `let (p, q) = e`: the first name's turn settles the value of all.
    fn settle_part(&mut self, id: EntityId, definition: &'a ast::Let, rank: usize) -> Option<Meaning> {
        let Pattern::Tuple(names) = &definition.pattern else { return None };
        if let Some(binder) = definition.binders.first() {
            return if rank == 0 { self.complain(error::tuple_binders(binder.name.span)) } else { None };
        }
        let value = if rank == 0 {
            let value = self.expand(&definition.value)?;
            let n = value.shape().first().copied();
            if n != Some(names.len() as u64) {
                let shape = value.shape();
                return self.complain(error::tuple_length(names.len(), &shape, definition.value.span));
            }
            let value = self.shared(value, definition.value.span);
            self.tuples.insert(definition.value.span, value.clone());
            value
        } else {
            self.tuples.get(&definition.value.span)?.clone()
        };
        let part = self.row(&value, rank);
        let dims = value_dims(&part);
        let unit = first_unit(&part);
        self.define(id, dims, unit, Role::Definition, (part, Vec::new(), Vec::new(), names[rank].span))
    }

    /// An array that is read element by element is computed once.
    fn shared(&mut self, value: Value, span: Span) -> Value {
        match value {
            Value::Tensor(tensor) if !tensor.dims.is_empty() && !self.is_read(tensor.body.e) => {
                let shape: Vec<u64> = tensor.dims.iter().map(|(_, range)| range.len()).collect();
                let unit = tensor.body.unit_or_one();
                let shared = self.array_of(vec![(Vec::new(), tensor)], &shape, unit, "(…)", span);
                self.flush_switches();
                Value::Tensor(shared)
            }
            value => value,
        }
    }

    fn settle_let(&mut self, id: EntityId, pieces: &[&'a ast::Let]) -> Option<Meaning> {
        let first = pieces[0];
        let Pattern::One { dims, unit, .. } = &first.pattern else { return None };
        let written = unit.as_ref();
        let unit = self.unit(written)?;
        if dims.is_empty() {
            if let Some(binder) = first.binders.first() {
                return self.complain(error::binder_unused(&binder.name.text, binder.name.span));
            }
            let value = self.expand_as(&first.value, unit)?;
            let dims = value_dims(&value);
            return self.define(
                id,
                dims,
                unit,
                Role::Definition,
                (value, Vec::new(), Vec::new(), first.value.span),
            );
        }
        self.settle_let_pieces(id, pieces, unit)
    }
}

/// The first index name that stands twice.
fn repeated(dims: &Dims) -> Option<Arc<str>> {
    let names: Vec<&Arc<str>> = dims.iter().filter_map(|dim| dim.index.as_ref()).collect();
    names.iter().enumerate().find(|(k, name)| names[..*k].contains(name)).map(|(_, name)| Arc::clone(name))
}

/// Whether an expression is a truth value by its form.
pub fn is_truth(e: &ast::Expr) -> bool {
    match &e.kind {
        ExprKind::Bool(_) | ExprKind::Compare(..) | ExprKind::Not(_) => true,
        ExprKind::Chain(_, links) => {
            links.iter().any(|link| matches!(link.operator, ast::Operator::And | ast::Operator::Or))
        }
        ExprKind::List(items) => items.iter().all(is_truth),
        _ => false,
    }
}

/// Dimensions of a value that was declared without any, counted from 1.
fn value_dims(value: &Value) -> Dims {
    let dim = |n: u64| ArrayDim { range: Range::new(1, n as i64 + 1), index: None, boundary: None };
    value.shape().into_iter().map(dim).collect()
}

/// The unit of the first element that has one.
fn first_unit(value: &Value) -> Unit {
    match value {
        Value::Tensor(tensor) => tensor.body.unit_or_one(),
        Value::Rows(rows) => rows.first().map_or(Unit::ONE, first_unit),
    }
}

pub fn all_truth(value: &Value) -> bool {
    match value {
        Value::Tensor(tensor) => tensor.body.truth == Boolean::Truth,
        Value::Rows(rows) => rows.iter().all(all_truth),
    }
}
