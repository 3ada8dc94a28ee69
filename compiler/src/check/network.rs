//! Networks: layers written in the language, their weights as symbols, and what a call of a network computes.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::algebra::Range;
use crate::diagnostics::Span;
use crate::parse::ast::{self, Argument, ExprKind, ItemKind, LayerStatementKind, Pattern};

use super::error;
use super::library;
use super::model::{Boolean, Initializer};
use super::scope::{Array, ArrayDim, Builder, EntityId, Level, Local, Names, Role, Roots, Site};
use super::unit::Unit;
use super::value::{Scalar, Tensor, Value};

/// A `net` of the model.
pub struct Network<'a> {
    pub name: Arc<str>,
    pub inputs: u64,
    pub outputs: u64,
    pub layers: Vec<Layer<'a>>,
    pub seed: Option<u64>,
    pub weights: Vec<Weight>,
}

/// A weight of a network, in the order in which weights are flattened.
pub struct Weight {
    pub array: Array,
    pub initial: Initializer,
    pub span: Span,
}

/// A layer with its arguments filled in.
#[derive(Clone)]
pub struct Layer<'a> {
    source: LayerSource<'a>,
    /// Arguments, sizes and weights by name.
    locals: Vec<(Arc<str>, Local)>,
    /// Layers inside an argument, by the argument's name.
    inner: Vec<(Arc<str>, Vec<Layer<'a>>)>,
    outputs: u64,
}

#[derive(Clone)]
enum LayerSource<'a> {
    File(usize, &'a ast::Layer),
    Library(Arc<ast::Item>),
}

/// Layers may stand inside layers this deep.
const MAX_NESTING: usize = 16;

impl LayerSource<'_> {
    fn ast(&self) -> &ast::Layer {
        match self {
            LayerSource::File(_, layer) => layer,
            LayerSource::Library(item) => match &item.kind {
                ItemKind::Layer(layer) => layer,
                _ => unreachable!("only layers are made sources"),
            },
        }
    }
}

impl<'a> Builder<'a> {
    /// Declares a network's weights; its number among the networks.
    pub fn settle_net(&mut self, id: EntityId, net: &'a ast::Net) -> Option<usize> {
        let (inputs, outputs) = (self.size(&net.inputs), self.size(&net.outputs));
        let (inputs, outputs) = (inputs?, outputs?);
        let options = self.net_options(&net.options)?;
        let name: Arc<str> = self.full_name(id).into();
        let mut weights = Vec::new();
        let layers = self.pipeline(&net.layers, inputs, &name, &options, &mut weights, 0)?;
        let last = layers.last().map_or(inputs, |layer| layer.outputs);
        if last != outputs {
            let span = net.layers[net.layers.len() - 1].span;
            return self.complain(error::network_outputs(&name, outputs, last, span));
        }
        self.networks.push(Network { name, inputs, outputs, layers, seed: options.seed, weights });
        Some(self.networks.len() - 1)
    }

    /// A positive integer constant.
    pub fn size(&mut self, e: &ast::Expr) -> Option<u64> {
        let x = self.expand_number(e)?;
        match x.fract() == 0.0 && (1.0..=1e9).contains(&x) {
            true => Some(x as u64),
            false => self.complain(error::bad_size(x, e.span)),
        }
    }

    fn net_options(&mut self, options: &'a [ast::Setting]) -> Option<NetOptions<'a>> {
        let mut result = NetOptions { seed: None, weights: None };
        for option in options {
            match &*option.name.text {
                "seed" => result.seed = Some(self.expand_number(&option.value)? as u64),
                "weights" => result.weights = Some(&option.value),
                name => {
                    let near = super::suggest::closest(name, ["seed", "weights"].into_iter());
                    return self.complain(error::unknown_option(name, "a network", near, option.name.span));
                }
            }
        }
        Some(result)
    }

    fn pipeline(
        &mut self,
        layers: &[ast::Expr],
        inputs: u64,
        prefix: &str,
        options: &NetOptions,
        weights: &mut Vec<Weight>,
        depth: usize,
    ) -> Option<Vec<Layer<'a>>> {
        let mut size = inputs;
        let mut result = Vec::new();
        for (rank, e) in layers.iter().enumerate() {
            let prefix = format!("{prefix}.{}", rank + 1);
            let layer = self.layer(e, size, &prefix, options, weights, depth)?;
            size = layer.outputs;
            result.push(layer);
        }
        Some(result)
    }

    fn layer(
        &mut self,
        e: &ast::Expr,
        inputs: u64,
        prefix: &str,
        options: &NetOptions,
        weights: &mut Vec<Weight>,
        depth: usize,
    ) -> Option<Layer<'a>> {
        if depth > MAX_NESTING {
            return self.complain(error::too_deep(e.span));
        }
        let (callee, arguments): (&ast::Expr, &[Argument]) = match &e.kind {
            ExprKind::Call(callee, arguments) => (callee, arguments),
            _ => (e, &[]),
        };
        let source = self.layer_source(callee)?;
        let mut layer = Layer { source, locals: Vec::new(), inner: Vec::new(), outputs: 0 };
        let declared = layer.source.clone();
        let declared = declared.ast();
        self.layer_arguments(
            &mut layer, declared, arguments, e.span, inputs, prefix, options, weights, depth,
        )?;
        self.layer_sizes(&mut layer, declared, inputs, e.span)?;
        self.layer_weights(&mut layer, declared, prefix, options, weights, e.span)?;
        let site = self.layer_site(&layer, e.span);
        let input = self.algebra.declare("x", &[inputs]);
        self.levels.insert(input, Level::Constant);
        let input = self.vector(input, inputs);
        // Only the shape is wanted: what was made on the way goes.
        let definitions = self.definitions.len();
        let output = self.at(site, |b| b.layer_output(&layer, input, e.span));
        self.definitions.truncate(definitions);
        let shape = output?.shape();
        let [outputs] = shape.as_slice() else {
            return self.complain(error::layer_output(&declared.name.text, &shape, e.span));
        };
        layer.outputs = *outputs;
        Some(layer)
    }

    fn layer_source(&mut self, callee: &ast::Expr) -> Option<LayerSource<'a>> {
        let (file, name) = match &callee.kind {
            ExprKind::Name(name) => (self.site.file, name.clone()),
            ExprKind::Field(base, name) => match &base.kind {
                ExprKind::Name(alias) => match self.module.files[self.site.file].imports.get(alias) {
                    Some(&file) => (file, name.text.clone()),
                    None => return self.complain(error::unknown_import(alias, None, base.span)),
                },
                _ => return self.complain(error::layer_form(callee.span)),
            },
            _ => return self.complain(error::layer_form(callee.span)),
        };
        if let Some(ItemKind::Layer(layer)) = self.module.item(file, &name).map(|item| &item.kind) {
            return Some(LayerSource::File(file, layer));
        }
        match library::find(&name) {
            Some(item) if matches!(item.kind, ItemKind::Layer(_)) => Some(LayerSource::Library(item)),
            _ => {
                let mut names: Vec<&str> = self.module.files[file].names.keys().map(|k| &**k).collect();
                library::names().for_each(|name| names.push(name));
                let near = super::suggest::closest(&name, names.into_iter()).map(str::to_owned);
                self.complain(error::unknown_layer(&name, near.as_deref(), callee.span))
            }
        }
    }

    fn layer_arguments(
        &mut self,
        layer: &mut Layer<'a>,
        declared: &ast::Layer,
        arguments: &[Argument],
        span: Span,
        inputs: u64,
        prefix: &str,
        options: &NetOptions,
        weights: &mut Vec<Weight>,
        depth: usize,
    ) -> Option<()> {
        if arguments.len() > declared.arguments.len() {
            let name = &declared.name.text;
            return self.complain(error::arity(name, declared.arguments.len(), arguments.len(), span));
        }
        for (rank, parameter) in declared.arguments.iter().enumerate() {
            let named = arguments.iter().find_map(|argument| match argument {
                Argument::Named { target, value } if super::text::compact(target) == *parameter.name.text => {
                    Some(value)
                }
                _ => None,
            });
            let value = match (named, arguments.get(rank)) {
                (Some(value), _) => value,
                (None, Some(Argument::Value(value))) => value,
                (None, Some(Argument::Pipeline(layers))) => {
                    let inner = self.pipeline(layers, inputs, prefix, options, weights, depth + 1)?;
                    layer.inner.push((parameter.name.text.clone(), inner));
                    continue;
                }
                (None, _) => match &parameter.default {
                    Some(value) => value,
                    None => {
                        let (layer, argument) = (&declared.name.text, &parameter.name.text);
                        return self.complain(error::layer_argument_missing(layer, argument, span));
                    }
                },
            };
            self.layer_argument(layer, &parameter.name.text, value, inputs, prefix, options, weights, depth)?;
        }
        Some(())
    }

    /// A function's name, a layer, or a constant.
    fn layer_argument(
        &mut self,
        layer: &mut Layer<'a>,
        name: &Arc<str>,
        value: &ast::Expr,
        inputs: u64,
        prefix: &str,
        options: &NetOptions,
        weights: &mut Vec<Weight>,
        depth: usize,
    ) -> Option<()> {
        if let ExprKind::Name(function) = &value.kind
            && self.is_function_name(function)
        {
            let file = self.site.file;
            layer.locals.push((name.clone(), Local::Function { file, name: function.clone() }));
            return Some(());
        }
        if let ExprKind::Call(callee, _) = &value.kind
            && let ExprKind::Name(called) = &callee.kind
            && self.is_layer_name(called)
        {
            let inner =
                self.pipeline(std::slice::from_ref(value), inputs, prefix, options, weights, depth + 1)?;
            layer.inner.push((name.clone(), inner));
            return Some(());
        }
        let number = self.expand_number(value)?;
        let e = self.algebra.number(number);
        layer.locals.push((name.clone(), Local::Value(Value::scalar(Scalar::number(e)))));
        Some(())
    }

    fn is_function_name(&self, name: &str) -> bool {
        let own = self.module.item(self.site.file, name).map(|item| &item.kind);
        match own {
            Some(ItemKind::Function(_) | ItemKind::ExternFunction(_)) => true,
            Some(_) => false,
            None => library::find(name).is_some_and(|item| library::function_arity(&item) == Some(1)),
        }
    }

    fn is_layer_name(&self, name: &str) -> bool {
        let own = self.module.item(self.site.file, name).map(|item| &item.kind);
        match own {
            Some(kind) => matches!(kind, ItemKind::Layer(_)),
            None => library::find(name).is_some_and(|item| matches!(item.kind, ItemKind::Layer(_))),
        }
    }

    /// The sizes in the header: the input's is known, the output's where it is an argument or the input's.
    fn layer_sizes(
        &mut self,
        layer: &mut Layer<'a>,
        declared: &ast::Layer,
        inputs: u64,
        span: Span,
    ) -> Option<()> {
        let input = &declared.input.text;
        let given = layer.locals.iter().find(|(name, _)| name == input).map(|(_, local)| local.clone());
        if let Some(Local::Value(value)) = given {
            let number = value.as_scalar().and_then(|scalar| self.algebra.as_number(scalar.e));
            if number != Some(inputs as f64) {
                let wanted = number.unwrap_or_default() as u64;
                return self.complain(error::layer_input(&declared.name.text, wanted, inputs, span));
            }
            return Some(());
        }
        let e = self.algebra.number(inputs as f64);
        layer.locals.push((input.clone(), Local::Value(Value::scalar(Scalar::number(e)))));
        Some(())
    }

    fn layer_weights(
        &mut self,
        layer: &mut Layer<'a>,
        declared: &ast::Layer,
        prefix: &str,
        options: &NetOptions,
        weights: &mut Vec<Weight>,
        span: Span,
    ) -> Option<()> {
        for statement in &declared.body {
            let LayerStatementKind::Weight { name, dims, initial } = &statement.kind else { continue };
            let site = self.layer_site(layer, span);
            let dims = self.at(site, |b| dims.iter().map(|e| b.size(e)).collect::<Option<Vec<u64>>>())?;
            let initial = self.initializer(initial.as_ref(), options, &dims, span)?;
            let full_name: Arc<str> = format!("{prefix}.{}", name.text).into();
            let symbol = self.algebra.declare(&*full_name, &dims);
            self.levels.insert(symbol, Level::Parameter);
            let dim = |n: &u64| ArrayDim { range: Range::new(1, *n as i64 + 1), index: None, boundary: None };
            let array = Array {
                symbol,
                dims: dims.iter().map(dim).collect(),
                unit: Unit::ONE,
                truth: Boolean::Number,
                role: Role::Weight,
                full_name,
            };
            self.arrays.insert(symbol, array.clone());
            let value = self.read_whole(&array);
            layer.locals.push((name.text.clone(), Local::Value(value)));
            weights.push(Weight { array, initial, span });
        }
        Some(())
    }

    /// The site in which a layer's body is expanded.
    fn layer_site(&self, layer: &Layer<'a>, span: Span) -> Site {
        let (file, names) = match layer.source {
            LayerSource::File(file, _) => (file, Names::FileOnly),
            LayerSource::Library(_) => (self.site.file, Names::Library),
        };
        Site {
            scope: self.site.scope,
            file,
            names,
            locals: layer.locals.clone(),
            roots: Roots::Ignored,
            calls: self.site.calls.clone(),
            span: Some(self.site.span.unwrap_or(span)),
        }
    }

    /// What `return` gives for an input; the site is the layer's.
    fn layer_output(&mut self, layer: &Layer<'a>, input: Value, span: Span) -> Option<Value> {
        let declared = layer.source.clone();
        let declared = declared.ast();
        self.site.locals.push((Arc::from("x"), Local::Value(input)));
        for (name, inner) in &layer.inner {
            self.inner_layers.push(inner.clone());
            let local = Local::Layers(self.inner_layers.len() - 1);
            self.site.locals.push((name.clone(), local));
        }
        for statement in &declared.body {
            match &statement.kind {
                LayerStatementKind::Let(definition) => self.layer_let(definition)?,
                LayerStatementKind::Return(e) => return self.expand(e),
                LayerStatementKind::Weight { .. } | LayerStatementKind::Hole => {}
            }
        }
        self.complain(error::layer_without_return(&declared.name.text, span))
    }

    fn layer_let(&mut self, definition: &ast::Let) -> Option<()> {
        let Pattern::One { name, .. } = &definition.pattern else {
            let span = super::declare::pattern_span(&definition.pattern);
            return self.complain(error::tuple_binders(span));
        };
        let before = self.site.locals.len();
        let dims = self.bind(&definition.binders)?;
        let value = self.expand(&definition.value)?;
        self.site.locals.truncate(before);
        let value = match (value, dims.is_empty()) {
            (value, true) => value,
            (Value::Tensor(tensor), false) => {
                let mut all: SmallVec<[_; 2]> = dims.into_iter().collect();
                all.extend(tensor.dims);
                Value::Tensor(Tensor { dims: all, body: tensor.body })
            }
            (rows, false) => {
                let tensor = self.dense(rows, definition.value.span)?;
                let mut all: SmallVec<[_; 2]> = dims.into_iter().collect();
                all.extend(tensor.dims);
                Value::Tensor(Tensor { dims: all, body: tensor.body })
            }
        };
        self.site.locals.push((name.text.clone(), Local::Value(value)));
        Some(())
    }

    fn vector(&mut self, symbol: crate::algebra::Symbol, n: u64) -> Value {
        let dim = ArrayDim { range: Range::new(1, n as i64 + 1), index: None, boundary: None };
        let array = Array {
            symbol,
            dims: SmallVec::from_iter([dim]),
            unit: Unit::ONE,
            truth: Boolean::Number,
            role: Role::Definition,
            full_name: Arc::from("x"),
        };
        self.read_whole(&array)
    }

    /// `f(x, y)`: the arguments joined to one vector, through each layer.
    pub fn call_network(&mut self, id: EntityId, arguments: &[Argument], span: Span) -> Option<Value> {
        let super::scope::Meaning::Network(number) = self.entity(id).meaning else { return None };
        let values = self.values(arguments)?;
        let spans = super::call::argument_spans(arguments);
        let (name, inputs) = (self.networks[number].name.clone(), self.networks[number].inputs);
        let joined = self.join(&name, values, &spans, inputs, span)?;
        let layers = self.networks[number].layers.clone();
        let output = self.through(&name, &layers, joined, span)?;
        Some(Value::Tensor(output))
    }

    /// Layers one after the other, each an array of its own.
    fn through(&mut self, name: &str, layers: &[Layer<'a>], input: Tensor, span: Span) -> Option<Tensor> {
        let mut x = input;
        for (rank, layer) in layers.iter().enumerate() {
            let site = self.layer_site(layer, span);
            let value = self.at(site, |b| b.layer_output(layer, Value::Tensor(x), span))?;
            let tensor = self.dense(value, span)?;
            let shape = [layer.outputs];
            x = self.array_of(
                vec![(Vec::new(), tensor)],
                &shape,
                Unit::ONE,
                &format!("{name}.{}", rank + 1),
                span,
            );
        }
        Some(x)
    }

    /// A call of the layers that an argument of a layer holds.
    pub fn call_inner(&mut self, layers: usize, arguments: &[Argument], span: Span) -> Option<Value> {
        let values = self.values(arguments)?;
        let [value] = <[Value; 1]>::try_from(values).ok()?;
        let input = self.dense(value, span)?;
        let layers = self.inner_layers[layers].clone();
        self.through("layer", &layers, input, span).map(Value::Tensor)
    }

    /// The arguments as one vector: scalars and vectors one after the other.
    fn join(
        &mut self,
        name: &str,
        values: Vec<Value>,
        spans: &[Span],
        inputs: u64,
        span: Span,
    ) -> Option<Tensor> {
        let mut pure = Vec::new();
        for (value, at) in values.iter().zip(spans) {
            pure.push(
                self.map(std::slice::from_ref(value), &[*at], &mut |b, s| b.pure(s[0], "a network", *at))?,
            );
        }
        let total: u64 = pure.iter().map(|value| value.shape().iter().product::<u64>()).sum();
        if total != inputs || pure.iter().any(|value| value.shape().len() > 1) {
            return self.complain(error::network_inputs(name, inputs, total, span));
        }
        if let ([Value::Tensor(tensor)], true) = (pure.as_slice(), pure[0].shape().len() == 1)
            && self.is_read(tensor.body.e)
        {
            return Some(tensor.clone());
        }
        let (mut pieces, mut at) = (Vec::new(), 0i64);
        for value in pure {
            let mut leaves = Vec::new();
            super::shape::flatten(&mut Vec::new(), &value, &mut leaves);
            for (_, tensor) in leaves {
                let n = tensor.dims.first().map_or(1, |(_, range)| range.len() as i64);
                pieces.push((at, tensor));
                at += n;
            }
        }
        Some(self.joined(pieces, inputs, &format!("{name}.0"), span))
    }
}

/// Options of a `net`.
pub struct NetOptions<'a> {
    pub seed: Option<u64>,
    pub weights: Option<&'a ast::Expr>,
}
