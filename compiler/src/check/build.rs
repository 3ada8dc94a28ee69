//! Builds the model of one choice of structural arguments: the passes of this phase, in order.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::algebra::{Algebra, Symbol};
use crate::diagnostics::Diagnostics;
use crate::parse::ast::{self, StatementKind};

use super::model::{self, Equation, Form, Kind, Model, Values, Variable};
use super::module::Module;
use super::scope::{
    Array, Bound, Builder, Declaration, EntityId, Level, Meaning, Names, Role, Roots, ScopeId, Site, Units,
};
use super::unit::Unit;
use super::{error, orders, unit_scan};

/// Nodes that the expansion of one model may visit, besides some for each byte of its text.
const BUDGET: u64 = 2_000_000;
const BUDGET_PER_BYTE: u64 = 16;

/// A value for a structural argument.
#[derive(Clone, Copy)]
pub enum Override<'a> {
    Number(f64),
    Expr(&'a ast::Expr),
}

/// Expands a model; with it the builder, in whose scope tasks expand their expressions. `None`: there were errors.
pub fn build<'a>(
    module: &'a Module,
    file: usize,
    model: &'a ast::Model,
    overrides: &[(String, Override<'a>)],
    diagnostics: &'a mut Diagnostics,
) -> Option<(Builder<'a>, Model)> {
    let before = super::errors(diagnostics);
    let mut builder = Builder::new(module, file, diagnostics);
    builder.collect(file, model, String::new(), None);
    builder.override_arguments(overrides);
    builder.budget +=
        BUDGET_PER_BYTE * builder.scopes.iter().map(|scope| text_length(scope.model)).sum::<u64>();
    builder.units = builder.scan_units();
    builder.time_unit = builder.unit_of_time();
    builder.check_instances_have_units();
    if super::errors(builder.diagnostics) > before && builder.units == Units::On {
        return None;
    }
    builder.orders = orders::of(&builder);
    for id in builder.order() {
        builder.settle(id);
    }
    let mut model = builder.assemble();
    if builder.budget == 0 && super::errors(builder.diagnostics) == before {
        let span = builder.scopes[0].model.name.span;
        builder.diagnostics.push(error::too_large(span));
    }
    // What stood in statements that could not be parsed is missing.
    let whole = !builder.scopes.iter().any(|scope| has_holes(scope.model));
    if whole && super::errors(builder.diagnostics) == before {
        super::structure::check(&mut model, builder.constraint, builder.diagnostics);
    }
    (whole && super::errors(builder.diagnostics) == before).then_some((builder, model))
}

impl<'a> Builder<'a> {
    fn new(module: &'a Module, file: usize, diagnostics: &'a mut Diagnostics) -> Self {
        let mut algebra = Algebra::new();
        algebra.natives = Some(module.natives);
        let time = algebra.declare("t", &[]);
        Builder {
            module,
            algebra,
            scopes: Vec::new(),
            entities: Vec::new(),
            definitions: Vec::new(),
            networks: Vec::new(),
            inner_layers: Vec::new(),
            levels: FxHashMap::from_iter([(time, Level::Time)]),
            arrays: FxHashMap::default(),
            chains: FxHashMap::default(),
            derivative_of: FxHashMap::default(),
            state_symbols: FxHashSet::default(),
            defined_derivatives: FxHashSet::default(),
            tainted: FxHashMap::default(),
            divisors: Vec::new(),
            companions: FxHashMap::default(),
            orders: FxHashMap::default(),
            functions: FxHashMap::default(),
            ranges: FxHashMap::default(),
            spans: FxHashMap::default(),
            switches: Vec::new(),
            data_tables: Vec::new(),
            pending_switches: Vec::new(),
            known_switches: FxHashSet::default(),
            features: Vec::new(),
            constraint: None,
            unsaid: Vec::new(),
            delays: Vec::new(),
            known_delays: FxHashMap::default(),
            time,
            time_unit: Unit::ONE,
            tuples: FxHashMap::default(),
            noise_rates: FxHashMap::default(),
            tables: FxHashMap::default(),
            unit_names: Vec::new(),
            units: Units::Off,
            site: Site {
                scope: ScopeId(0),
                file,
                names: Names::Scope,
                locals: Vec::new(),
                roots: Roots::Ignored,
                calls: Vec::new(),
                span: None,
            },
            task: None,
            reported: FxHashSet::default(),
            depth: 0,
            budget: BUDGET,
            diagnostics,
        }
    }

    /// On, once one symbol of the model or of an instance has a unit.
    fn scan_units(&self) -> Units {
        let mut seen: FxHashSet<*const ast::Model> = FxHashSet::default();
        let mut models = self.scopes.iter().map(|scope| scope.model).filter(|model| seen.insert(*model));
        if models.any(unit_scan::has_units) { Units::On } else { Units::Off }
    }

    /// Numbers for structural arguments, by their names; members of instances as `a.N`.
    fn override_arguments(&mut self, overrides: &[(String, Override<'a>)]) {
        for (name, value) in overrides {
            let is_argument = |k: &usize| matches!(self.entities[*k].declaration, Declaration::Argument(_));
            let mut arguments = (0..self.entities.len()).filter(is_argument).map(EntityId);
            let found = arguments.find(|id| self.full_name(*id) == *name);
            if let Some(id) = found {
                self.entities[id.0].bound = Some(match value {
                    Override::Number(x) => Bound::Number(*x),
                    Override::Expr(e) => Bound::Outside(e),
                });
            }
        }
    }

    /// Seconds, where units are on, unless the model says `input t: hr`.
    fn unit_of_time(&mut self) -> Unit {
        if self.units == Units::Off {
            return Unit::ONE;
        }
        self.unit_names.push((Unit::SECOND, "s".to_owned()));
        let declared = self.scopes[0].names.get("t").copied();
        let Some(Declaration::Input(variable)) = declared.map(|id| self.entity(id).declaration.clone())
        else {
            return Unit::SECOND;
        };
        let unit = variable.unit.as_ref().and_then(|unit| Unit::parse(unit).ok());
        unit.filter(|unit| unit.same_dimension(Unit::SECOND)).unwrap_or(Unit::SECOND)
    }

    /// A sub-model without units inside a model with units is an error.
    fn check_instances_have_units(&mut self) {
        if self.units == Units::Off {
            return;
        }
        for k in 1..self.scopes.len() {
            let scope = &self.scopes[k];
            if scope.model.body.is_empty()
                || unit_scan::has_units(scope.model)
                || unit_scan::uses(scope.model)
            {
                continue;
            }
            let (instance, model) =
                (scope.prefix.trim_end_matches('.').to_owned(), scope.model.name.text.clone());
            let span = self.instance_span(ScopeId(k));
            self.diagnostics.push(error::model_without_units(&instance, &model, span));
        }
    }

    fn instance_span(&self, scope: ScopeId) -> crate::diagnostics::Span {
        let of = |entity: &&super::scope::Entity| matches!(entity.declaration, Declaration::Instance(s) if s == scope);
        self.entities.iter().find(of).map_or(Default::default(), |entity| entity.span)
    }

    fn assemble(&mut self) -> Model {
        let statements = self.statements();
        let (mut sides, mut complete) = (Vec::new(), statements.complete);
        for (scope, equation) in &statements.equations {
            match self.sides(*scope, equation) {
                Some(own) => sides.extend(own),
                None => complete = false,
            }
        }
        complete &= !self.diagnostics.has_errors();
        self.check_noise(&sides);
        let mut equations = self.classify(sides);
        let (inits, initial_constraints) = self.inits(&statements.inits);
        let unsaid = if initial_constraints.is_empty() { Unsaid::Noted } else { Unsaid::Constrained };
        let variables = self.all_variables(&inits, unsaid);
        self.chain_equations(&mut equations);
        if complete {
            self.match_equations(&equations);
        }
        let histories = self.histories(&statements.histories);
        let events = self.events(&statements.events);
        self.order_definitions();
        self.finish(variables, equations, initial_constraints, histories, events)
    }

    fn finish(
        &mut self,
        variables: Vec<Variable>,
        equations: Vec<Equation>,
        initial_constraints: Vec<model::Constraint>,
        histories: Vec<model::History>,
        events: Vec<model::Event>,
    ) -> Model {
        let root = self.scopes[0].model;
        let file = self.scopes[0].file;
        let doc = docs(self.module.model_docs(file, &root.name.text));
        let constants = self.constants();
        let time_unit = (self.units == Units::On).then(|| self.unit_text(self.time_unit));
        let networks = self.networks.iter().map(|network| model::Network {
            name: network.name.to_string(),
            inputs: network.inputs,
            outputs: network.outputs,
            seed: network.seed,
            weights: network.weights.iter().map(|weight| weight.array.symbol).collect(),
        });
        Model {
            name: root.name.text.to_string(),
            doc,
            time: self.time,
            derivatives: self.open_derivatives(),
            unsaid: std::mem::take(&mut self.unsaid),
            time_unit,
            constants,
            variables,
            networks: networks.collect(),
            definitions: std::mem::take(&mut self.definitions),
            equations,
            initial_constraints,
            switches: std::mem::take(&mut self.switches),
            tables: std::mem::take(&mut self.data_tables),
            delays: std::mem::take(&mut self.delays),
            histories,
            events,
            divisors: std::mem::take(&mut self.divisors),
            spans: std::mem::take(&mut self.spans),
            features: std::mem::take(&mut self.features),
            algebra: std::mem::take(&mut self.algebra),
        }
    }

    /// The state of each highest derivative.
    fn open_derivatives(&self) -> FxHashMap<Symbol, Symbol> {
        let open = |(d, _): &(&Symbol, &Symbol)| !self.state_symbols.contains(*d);
        self.derivative_of.iter().filter(open).map(|(d, state)| (*d, *state)).collect()
    }

    fn constants(&self) -> Vec<(String, f64)> {
        let number = |k: usize| match &self.entities[k].meaning {
            Meaning::Constant(scalar) => {
                self.algebra.as_number(scalar.e).map(|x| (self.full_name(EntityId(k)), x))
            }
            _ => None,
        };
        (0..self.entities.len()).filter_map(number).collect()
    }

    /// Everything that has a name, in declaration order.
    fn all_variables(&mut self, inits: &FxHashMap<Symbol, Values>, unsaid: Unsaid) -> Vec<Variable> {
        let mut variables = Vec::new();
        for id in (0..self.entities.len()).map(EntityId) {
            match self.entity(id).meaning.clone() {
                Meaning::Array(array) => {
                    let Some(kind) = self.kind(id, &array) else { continue };
                    variables.push(self.variable(id, &array, kind));
                    if array.role == Role::State {
                        self.derivative_states(id, &array, inits, unsaid, &mut variables);
                    }
                }
                Meaning::Network(number) => self.weights(id, number, &mut variables),
                _ => {}
            }
        }
        variables
    }

    fn variable(&self, id: EntityId, array: &Array, kind: Kind) -> Variable {
        let entity = self.entity(id);
        Variable {
            name: array.full_name.to_string(),
            symbol: array.symbol,
            kind,
            lower: array.dims.iter().map(|dim| dim.range.start).collect(),
            unit: (self.units == Units::On).then(|| self.unit_text(array.unit)),
            doc: docs(entity.docs),
            span: entity.span,
        }
    }

    fn kind(&mut self, id: EntityId, array: &Array) -> Option<Kind> {
        let declaration = self.entity(id).declaration.clone();
        Some(match declaration {
            _ if array.role == Role::Definition || array.role == Role::Constant => Kind::Definition,
            Declaration::State(variable) => {
                Kind::State { initial: self.values_of(id, variable, array)?, derivative_of: None }
            }
            Declaration::Alg(variable) => Kind::Algebraic { guess: self.values_of(id, variable, array)? },
            Declaration::Discrete(variable) => {
                Kind::Discrete { initial: self.values_of(id, variable, array)?, boolean: array.truth }
            }
            Declaration::Input(variable) => Kind::Input { default: self.values_of(id, variable, array)? },
            Declaration::Param(parameter) => {
                let default = self.values_of(id, &parameter.variable, array)?;
                let bounds = self.bounds_of(id, parameter, array, &default)?;
                let prior = match &parameter.prior {
                    Some(prior) => Some(self.distribution(id, prior, array.unit)?),
                    None => None,
                };
                Kind::Parameter { default, bounds, prior }
            }
            Declaration::Noise { correlation, .. } => {
                let rate = self.noise_rates[&array.symbol];
                Kind::Noise { rate, correlation: self.correlation(id, correlation, array)? }
            }
            _ => return None,
        })
    }

    fn derivative_states(
        &mut self,
        id: EntityId,
        array: &Array,
        inits: &FxHashMap<Symbol, Values>,
        unsaid: Unsaid,
        variables: &mut Vec<Variable>,
    ) {
        let states = self.chains[&array.symbol].states.clone();
        for pair in states.windows(2) {
            let own = self.arrays[&pair[1]].clone();
            let span = self.entity(id).span;
            let initial = match inits.get(&own.symbol) {
                Some(values) => values.clone(),
                None => {
                    self.unsaid.push(own.symbol);
                    if unsaid == Unsaid::Noted && !self.has_algebraic() {
                        self.diagnostics.push(error::no_initial_derivative(&own.full_name, span));
                    }
                    self.constant_values(&own, 0.0, span)
                }
            };
            let kind = Kind::State { initial, derivative_of: Some(pair[0]) };
            variables.push(self.variable(id, &own, kind));
        }
    }

    fn has_algebraic(&self) -> bool {
        self.entities.iter().any(|entity| matches!(entity.declaration, Declaration::Alg(_)))
    }

    fn weights(&mut self, id: EntityId, number: usize, variables: &mut Vec<Variable>) {
        let network = self.networks[number].name.to_string();
        for weight in std::mem::take(&mut self.networks[number].weights) {
            let kind = Kind::Weight { network: network.clone(), initial: weight.initial.clone() };
            let mut variable = self.variable(id, &weight.array, kind);
            variable.span = weight.span;
            variables.push(variable);
            self.networks[number].weights.push(weight);
        }
    }

    /// Statements by kind, with the scope they stand in.
    fn statements(&self) -> Statements<'a> {
        let mut statements = Statements { complete: true, ..Statements::default() };
        for (k, scope) in self.scopes.iter().enumerate() {
            let id = ScopeId(k);
            for statement in &scope.model.body {
                match &statement.kind {
                    StatementKind::Equation(equation) => statements.equations.push((id, equation)),
                    StatementKind::Init(equation) => statements.inits.push((id, equation)),
                    StatementKind::History(history) => statements.histories.push((id, history)),
                    StatementKind::Event(event) => statements.events.push((id, event)),
                    StatementKind::Hole => statements.complete = false,
                    _ => {}
                }
            }
        }
        statements
    }

    /// `z' = z'`: a state that is a derivative gives the derivative of the one below.
    fn chain_equations(&mut self, equations: &mut Vec<Equation>) {
        let mut chains: Vec<Vec<Symbol>> = self.chains.values().map(|chain| chain.states.clone()).collect();
        chains.sort_unstable();
        chains.retain(|states| states.len() > 1);
        let mut spans: FxHashMap<Symbol, crate::diagnostics::Span> = FxHashMap::default();
        for entity in &self.entities {
            if let Meaning::Array(array) = &entity.meaning {
                spans.insert(array.symbol, entity.span);
            }
        }
        for states in chains {
            let span = spans[&states[0]];
            for pair in states.windows(2) {
                let array = self.arrays[&pair[1]].clone();
                let axes: Vec<_> = array.dims.iter().map(|dim| dim.range).collect();
                let access: crate::algebra::Access = (0u32..)
                    .zip(&axes)
                    .map(|(k, range)| super::shape::position(crate::algebra::Var::Axis(k), *range))
                    .collect();
                let value = self.algebra.read(pair[1], access.clone());
                let form = Form::Explicit { state: pair[0], target: access, value };
                equations.push(Equation { axes, form, span });
            }
        }
    }

    fn correlation(
        &mut self,
        id: EntityId,
        matrix: Option<&ast::Expr>,
        array: &Array,
    ) -> Option<Option<Vec<Vec<f64>>>> {
        let Some(matrix) = matrix else { return Some(None) };
        let n = array.extents().iter().product::<u64>();
        let site = self.site_of(self.entity(id).scope);
        let value = self.at(site, |b| b.expand(matrix))?;
        let shape = value.shape();
        if shape != [n, n] {
            return self.complain(error::value_shape("the correlation", &[n, n], &shape, matrix.span));
        }
        let mut leaves = Vec::new();
        super::shape::flatten(&mut Vec::new(), &value, &mut leaves);
        let numbers: Option<Vec<f64>> =
            leaves.iter().map(|(_, tensor)| self.algebra.as_number(tensor.body.e)).collect();
        let Some(numbers) = numbers.filter(|numbers| numbers.len() as u64 == n * n) else {
            return self.complain(error::constant_needed(matrix.span));
        };
        let rows: Vec<Vec<f64>> = numbers.chunks(n as usize).map(<[f64]>::to_vec).collect();
        match is_correlation(&rows) {
            true => Some(Some(rows)),
            false => self.complain(error::no_correlation(matrix.span)),
        }
    }
}

/// What an initial derivative without `init` means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unsaid {
    /// It starts at 0, and that is said.
    Noted,
    /// Constraints may determine it.
    Constrained,
}

#[derive(Default)]
struct Statements<'a> {
    equations: Vec<(ScopeId, &'a ast::Equation)>,
    inits: Vec<(ScopeId, &'a ast::Equation)>,
    histories: Vec<(ScopeId, &'a ast::Let)>,
    events: Vec<(ScopeId, &'a ast::Event)>,
    /// No statement was left out because it could not be parsed.
    complete: bool,
}

/// Whether a statement could not be parsed: then names may be missing that were meant to be declared.
pub fn has_holes(model: &ast::Model) -> bool {
    model.body.iter().any(|statement| matches!(statement.kind, StatementKind::Hole))
}

/// Bytes from the first statement to the last.
fn text_length(model: &ast::Model) -> u64 {
    match (model.body.first(), model.body.last()) {
        (Some(first), Some(last)) => last.span.end.saturating_sub(first.span.start) as u64,
        _ => 0,
    }
}

/// Symmetric, ones on the diagonal, nothing beyond ±1.
fn is_correlation(rows: &[Vec<f64>]) -> bool {
    (0..rows.len()).all(|i| {
        rows[i][i] == 1.0 && (0..i).all(|k| rows[i][k] == rows[k][i] && (-1.0..=1.0).contains(&rows[i][k]))
    })
}

/// Lines of documentation as one text.
fn docs(lines: &[ast::Doc]) -> Option<String> {
    (!lines.is_empty()).then(|| lines.join("\n"))
}
