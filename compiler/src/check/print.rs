//! `ndec show FILE model`: what the names of a model mean, and its equations.

use crate::algebra::print::{Names, Notation, Page, Sign};
use crate::algebra::{Algebra, Expr, Node, Range, Symbol};

use super::model::*;

/// The model in sections by kind: values with units, definitions, equations, switches, events.
pub fn model(model: &Model, notation: Notation) -> String {
    let names = names(model);
    let mut printer = Printer { model, algebra: &model.algebra, page: Page::new(&names, notation) };
    printer.head();
    printer.values("parameters", &|k| match k {
        Kind::Parameter { default, .. } => Some(default),
        _ => None,
    });
    printer.weights();
    printer.values("states, at the initial time", &|k| match k {
        Kind::State { initial, .. } => Some(initial),
        _ => None,
    });
    printer.values("algebraic unknowns, guesses", &|k| match k {
        Kind::Algebraic { guess } => Some(guess),
        _ => None,
    });
    printer.values("discrete variables, at the initial time", &|k| match k {
        Kind::Discrete { initial, .. } => Some(initial),
        _ => None,
    });
    printer.values("inputs", &|k| match k {
        Kind::Input { default } => Some(default),
        _ => None,
    });
    printer.noise();
    printer.definitions();
    printer.equations();
    printer.constraints();
    printer.switches();
    printer.delays();
    printer.events();
    printer.page.finish()
}

/// The names of a model's symbols, with subscripts as the user counts them.
pub fn names(model: &Model) -> Names {
    let mut names = Names::new(&model.algebra);
    for v in &model.variables {
        names.count_from(&model.algebra, v.symbol, &v.lower);
        if let Kind::Noise { rate, .. } = v.kind {
            names.count_from(&model.algebra, rate, &v.lower);
        }
    }
    for (k, delay) in model.delays.iter().enumerate() {
        names.label(delay.symbol, format!("past{}", k + 1));
    }
    names
}

/// `name[1..32, 0..7]`, the extents as the user counts.
pub fn extents(name: &str, dims: &[u64], lower: &[i64]) -> String {
    if dims.is_empty() {
        return name.to_owned();
    }
    let first = |k: usize| lower.get(k).copied().unwrap_or(1);
    let ranges: Vec<String> =
        dims.iter().enumerate().map(|(k, &n)| format!("{}..{}", first(k), first(k) + n as i64 - 1)).collect();
    format!("{name}[{}]", ranges.join(", "))
}

struct Printer<'a> {
    model: &'a Model,
    algebra: &'a Algebra,
    page: Page<'a>,
}

impl Printer<'_> {
    fn head(&mut self) {
        self.page.heading(&format!("model {}", self.model.name));
        for line in self.model.doc.iter().flat_map(|doc| doc.lines()) {
            self.page.line(line);
        }
        if let Some(unit) = &self.model.time_unit {
            self.page.line(&format!("time in {unit}"));
        }
        let mut features: Vec<&str> = self.model.features.iter().map(|f| feature_name(f.kind)).collect();
        features.dedup();
        for feature in features {
            self.page.line(&format!("has {feature}"));
        }
        if !self.model.constants.is_empty() {
            self.page.heading("constants");
        }
        for (name, value) in &self.model.constants {
            let left = self.page.name(name);
            self.page.formula(&left, Sign::Equals, &value.to_string(), &[]);
        }
    }

    /// A section of the variables that have values of one kind.
    fn values(&mut self, heading: &str, pick: &dyn Fn(&Kind) -> Option<&Values>) {
        let mut variables = self.model.variables.iter().filter(|v| pick(&v.kind).is_some()).peekable();
        if variables.peek().is_some() {
            self.page.heading(heading);
        }
        for v in variables {
            let pieces = pick(&v.kind).map_or(&[][..], Vec::as_slice);
            if pieces.is_empty() {
                let left = self.page.word(&extents(&v.name, &self.algebra.symbol(v.symbol).dims, &v.lower));
                self.page.formula(&(left + &self.unit(v)), Sign::Equals, "", &[]);
            }
            for piece in pieces {
                let left =
                    self.page.element(self.algebra, v.symbol, &piece.target, &piece.axes) + &self.unit(v);
                if let (Some(x), true) = (self.algebra.as_number(piece.value), is_truth(&v.kind)) {
                    let truth = self.page.word(if x == 0.0 { "false" } else { "true" });
                    self.page.formula(&left, Sign::Equals, &truth, &piece.axes);
                    continue;
                }
                match self.limits(v) {
                    limits if limits.is_empty() => {
                        self.page.equation(self.algebra, &piece.axes, &left, Sign::Equals, piece.value);
                    }
                    limits => {
                        let value = self.page.inline(self.algebra, piece.value, &piece.axes);
                        self.page.formula(&left, Sign::Equals, &(value + &limits), &piece.axes);
                    }
                }
            }
        }
    }

    /// `: mg/L`.
    fn unit(&self, v: &Variable) -> String {
        match &v.unit {
            Some(unit) if unit != "1" => self.page.word(&format!(": {unit}")),
            _ => String::new(),
        }
    }

    /// ` in [0, 5] ~ lognormal(0, 1)`, or nothing.
    fn limits(&self, v: &Variable) -> String {
        let Kind::Parameter { bounds, prior, .. } = &v.kind else { return String::new() };
        let inline = |e: Expr| self.page.inline(self.algebra, e, &[]);
        let (within, follows) = match self.page.notation {
            Notation::Text => (" in ", " ~ "),
            Notation::Latex => (" \\in ", " \\sim "),
        };
        let mut text = String::new();
        if let Some((low, high)) = bounds {
            text += &format!("{within}[{}, {}]", inline(*low), inline(*high));
        }
        if let Some(Distribution { name, arguments }) = prior {
            let arguments: Vec<String> = arguments.iter().map(|&a| inline(a)).collect();
            text += &format!("{follows}{}({})", self.page.word(name), arguments.join(", "));
        }
        text
    }

    fn weights(&mut self) {
        let mut headed = None;
        for v in &self.model.variables {
            let Kind::Weight { network, initial } = &v.kind else { continue };
            if headed.replace(network) != Some(network) {
                self.page.heading(&format!("weights of {network}"));
            }
            let shape = extents(&v.name, &self.algebra.symbol(v.symbol).dims, &v.lower);
            self.page.line(&format!("{shape} {}", initializer(initial)));
        }
    }

    fn noise(&mut self) {
        for v in &self.model.variables {
            let Kind::Noise { correlation, .. } = &v.kind else { continue };
            self.page.heading("noise");
            self.page.line(&extents(&v.name, &self.algebra.symbol(v.symbol).dims, &v.lower));
            for row in correlation.iter().flatten() {
                self.page.line(&format!("  correlated {row:?}"));
            }
        }
    }

    fn definitions(&mut self) {
        if !self.model.definitions.is_empty() {
            self.page.heading("definitions");
        }
        for definition in &self.model.definitions {
            let variable = self.model.variables.iter().find(|v| v.symbol == definition.symbol);
            let unit = variable.map_or(String::new(), |v| self.unit(v));
            self.pieces(definition.symbol, &definition.pieces, &unit, Sign::Equals);
        }
    }

    fn pieces(&mut self, symbol: Symbol, pieces: &[Piece], suffix: &str, sign: Sign) {
        for piece in pieces {
            let left = self.page.element(self.algebra, symbol, &piece.target, &piece.axes) + suffix;
            self.page.equation(self.algebra, &piece.axes, &left, sign, piece.value);
        }
    }

    fn equations(&mut self) {
        if !self.model.equations.is_empty() {
            self.page.heading("equations");
        }
        for Equation { axes, form, .. } in &self.model.equations {
            let (left, value) = match form {
                Form::Explicit { state, target, value } => {
                    (self.page.derivative(self.algebra, *state, target, axes), *value)
                }
                Form::Mass { terms, value } => (self.mass(terms, axes), *value),
                Form::Algebraic { residual } | Form::Implicit { residual } => ("0".to_owned(), *residual),
            };
            self.page.equation(self.algebra, axes, &left, Sign::Equals, value);
        }
    }

    /// `x' + c*y'`.
    fn mass(&self, terms: &[MassTerm], axes: &[Range]) -> String {
        let term = |t: &MassTerm| {
            let rate = self.page.derivative(self.algebra, t.state, &t.target, axes);
            let coefficient = self.page.inline(self.algebra, t.coefficient, axes);
            match self.algebra.node(t.coefficient) {
                _ if self.algebra.is_number(t.coefficient, 1.0) => rate,
                Node::Number(_) | Node::Read(..) | Node::Call(..) => format!("{coefficient}*{rate}"),
                _ => format!("({coefficient})*{rate}"),
            }
        };
        let text = terms.iter().map(term).collect::<Vec<_>>().join(" + ");
        match self.page.notation {
            Notation::Text => text,
            Notation::Latex => text.replace('*', "\\,"),
        }
    }

    fn constraints(&mut self) {
        if !self.model.initial_constraints.is_empty() {
            self.page.heading("at the initial time");
        }
        for c in &self.model.initial_constraints {
            self.page.equation(self.algebra, &c.axes, "0", Sign::Equals, c.residual);
        }
        if !self.model.divisors.is_empty() {
            self.page.heading("may not be zero");
        }
        for (k, d) in self.model.divisors.iter().enumerate() {
            let left = self.page.word(&format!("divisor {}", k + 1));
            self.page.equation(self.algebra, &d.axes, &left, Sign::Equals, d.value);
        }
    }

    fn switches(&mut self) {
        // What reads a table jumps nowhere.
        let is_table = |s: &&Switch| crate::algebra::table::is_read(self.algebra, s.condition);
        let switches: Vec<&Switch> = self.model.switches.iter().filter(|s| !is_table(s)).collect();
        if !switches.is_empty() {
            self.page.heading("switches");
        }
        for (k, s) in switches.into_iter().enumerate() {
            let left = self.page.word(&format!("switch {}", k + 1));
            self.page.equation_over(self.algebra, &s.variables, &left, Sign::Equals, s.condition);
        }
    }

    fn delays(&mut self) {
        if !self.model.delays.is_empty() {
            self.page.heading("delays");
        }
        for (k, delay) in self.model.delays.iter().enumerate() {
            let read = self.page.inline(self.algebra, delay.read, &delay.axes);
            let past = self.page.name(&format!("past{}", k + 1));
            let left = format!("{past}{}{read}{}", self.page.word(" is "), self.page.word(" at t minus"));
            let lag = self.page.inline(self.algebra, delay.lag, &delay.axes);
            self.page.formula(&format!("{left} {lag}"), Sign::Equals, "", &delay.axes);
        }
        for history in &self.model.histories {
            self.pieces(history.state, &history.pieces, &self.page.word(" before"), Sign::Equals);
        }
    }

    fn events(&mut self) {
        for event in &self.model.events {
            self.page.heading(&format!("event {}", event.name));
            let trigger = self.trigger(&event.trigger, &event.axes);
            self.page.formula(&trigger, Sign::Equals, "", &event.axes);
            for action in &event.actions {
                match action {
                    Action::Assign { symbol, piece } => {
                        self.pieces(*symbol, std::slice::from_ref(piece), "", Sign::Becomes);
                    }
                    Action::Stop => {
                        let stop = self.page.word("stop");
                        self.page.formula(&stop, Sign::Becomes, "", &[]);
                    }
                }
            }
        }
    }

    fn trigger(&self, trigger: &Trigger, axes: &[Range]) -> String {
        let inline = |e: &Expr| self.page.inline(self.algebra, *e, axes);
        let word = |w: &str| self.page.word(w);
        match trigger {
            Trigger::When(condition) => format!("{}{}", word("when "), inline(condition)),
            Trigger::At(times) => {
                let times: Vec<String> = times.iter().map(inline).collect();
                format!("{}{}", word("at "), times.join(", "))
            }
            Trigger::Every { period, from: None } => format!("{}{}", word("every "), inline(period)),
            Trigger::Every { period, from: Some(from) } => {
                format!("{}{}{}{}", word("every "), inline(period), word(" from "), inline(from))
            }
            Trigger::Rate(rate) => format!("{}{}", word("rate "), inline(rate)),
        }
    }
}

fn is_truth(kind: &Kind) -> bool {
    matches!(kind, Kind::Discrete { boolean: Boolean::Truth, .. })
}

fn initializer(initial: &Initializer) -> String {
    match initial {
        Initializer::GlorotUniform { fan_in, fan_out } => format!("glorot_uniform({fan_in}, {fan_out})"),
        Initializer::GlorotNormal { fan_in, fan_out } => format!("glorot_normal({fan_in}, {fan_out})"),
        Initializer::HeUniform { fan_in } => format!("he_uniform({fan_in})"),
        Initializer::HeNormal { fan_in } => format!("he_normal({fan_in})"),
        Initializer::Orthogonal => "orthogonal".to_owned(),
        Initializer::Normal { mean, deviation } => format!("normal({mean}, {deviation})"),
        Initializer::Uniform { low, high } => format!("uniform({low}, {high})"),
        Initializer::Zeros => "zeros".to_owned(),
        Initializer::Values(values) => format!("{} given values", values.len()),
    }
}

fn feature_name(kind: FeatureKind) -> &'static str {
    match kind {
        FeatureKind::Event => "events",
        FeatureKind::Jump => "jumps",
        FeatureKind::Noise => "noise",
        FeatureKind::Delay => "delays",
        FeatureKind::HighIndex => "a high index",
        FeatureKind::Extern => "a function of the host",
        FeatureKind::Data => "a table of data",
    }
}
