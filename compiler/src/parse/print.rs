//! `ndec show FILE ast`: one node a line, indented by nesting, every operation in parentheses.

use std::fmt::Write as _;

use super::ast::*;
use super::write::unit_text;

/// The tree as text.
pub fn print(ast: &Ast) -> String {
    let mut tree = Tree::default();
    ast.items.iter().for_each(|item| tree.item(item));
    tree.out
}

/// An expression with its structure shown: `((α * x) - (β * x * y))`.
pub fn expression(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Number(number) => number.text.to_string(),
        ExprKind::Quantity(number, unit) => format!("{} [{}]", number.text, unit_text(unit)),
        ExprKind::Text(text) => format!("\"{text}\""),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::List(elements) => format!("[{}]", expressions(elements)),
        ExprKind::Prime(base) => format!("{}'", expression(base)),
        ExprKind::Index(base, subscripts) => format!("{}[{}]", expression(base), expressions(subscripts)),
        ExprKind::Call(base, arguments) => format!("{}({})", expression(base), self::arguments(arguments)),
        ExprKind::Field(base, name) => format!("{}.{}", expression(base), name.text),
        ExprKind::Negate(operand) => format!("(-{})", expression(operand)),
        ExprKind::Not(operand) => format!("(not {})", expression(operand)),
        ExprKind::Power(base, exponent) => format!("({} ^ {})", expression(base), expression(exponent)),
        ExprKind::Compare(comparison, left, right) => {
            format!("({} {} {})", expression(left), comparison.symbol(), expression(right))
        }
        ExprKind::Chain(first, links) => {
            let rest =
                links.iter().map(|link| format!(" {} {}", link.operator.symbol(), expression(&link.operand)));
            format!("({}{})", expression(first), rest.collect::<String>())
        }
        ExprKind::If(parts) => {
            let (condition, yes, no) =
                (expression(&parts.condition), expression(&parts.yes), expression(&parts.no));
            format!("(if {condition} then {yes} else {no})")
        }
        ExprKind::Hole => "⟨hole⟩".to_owned(),
    }
}

#[derive(Default)]
struct Tree {
    out: String,
    depth: usize,
}

impl Tree {
    fn line(&mut self, text: impl AsRef<str>) {
        let _ = writeln!(self.out, "{:1$}{2}", "", 2 * self.depth, text.as_ref());
    }

    fn docs(&mut self, docs: &[Doc]) {
        docs.iter().for_each(|doc| self.line(format!("/// {doc}")));
    }

    /// Lines below a line.
    fn inside(&mut self, head: impl AsRef<str>, content: impl FnOnce(&mut Tree)) {
        self.line(head);
        self.depth += 1;
        content(self);
        self.depth -= 1;
    }

    fn item(&mut self, item: &Item) {
        self.docs(&item.docs);
        match &item.kind {
            ItemKind::Import(import) => {
                let alias = import.alias.as_ref().map_or(String::new(), |name| format!(" as {}", name.text));
                self.line(format!("import \"{}\"{alias}", import.path.text));
            }
            ItemKind::Function(function) => self.function(function),
            ItemKind::ExternFunction(function) => {
                self.inside(
                    format!("extern fn {}({})", function.name.text, names(&function.arguments)),
                    |tree| {
                        tree.optional("derivative", function.derivative.as_ref());
                    },
                );
            }
            ItemKind::Layer(layer) => self.layer(layer),
            ItemKind::Data(data) => {
                self.inside(format!("data {}", data.name.text), |tree| tree.line(expression(&data.source)));
            }
            ItemKind::Model(model) => self.inside(format!("model {}", model.name.text), |tree| {
                tree.settings("argument", &model.arguments);
                model.body.iter().for_each(|statement| tree.statement(statement));
            }),
            ItemKind::Solve(solve) => {
                self.inside(format!("solve {} over {}", target(&solve.target), range(&solve.over)), |tree| {
                    tree.settings("option", &solve.options);
                });
            }
            ItemKind::Fit(fit) => {
                self.inside(format!("fit {} on {}", target(&fit.target), names(&fit.data)), |tree| {
                    fit.body.iter().for_each(|statement| tree.fit_statement(statement));
                });
            }
            ItemKind::Sweep(sweep) => {
                self.inside(format!("sweep {} over {}", target(&sweep.target), range(&sweep.over)), |tree| {
                    sweep.body.iter().for_each(|statement| tree.sweep_statement(statement));
                });
            }
            ItemKind::Hole => self.line("⟨hole⟩"),
        }
    }

    fn function(&mut self, function: &Function) {
        self.inside(format!("fn {}({})", function.name.text, names(&function.arguments)), |tree| {
            tree.line(expression(&function.body));
            tree.optional("derivative", function.derivative.as_ref());
        });
    }

    fn layer(&mut self, layer: &Layer) {
        self.inside(
            format!("layer {}: {} -> {}", layer.name.text, layer.input.text, layer.output.text),
            |tree| {
                for argument in &layer.arguments {
                    let default = argument
                        .default
                        .as_ref()
                        .map_or(String::new(), |value| format!(" = {}", expression(value)));
                    tree.line(format!("argument {}{default}", argument.name.text));
                }
                layer.body.iter().for_each(|statement| tree.layer_statement(statement));
            },
        );
    }

    fn layer_statement(&mut self, statement: &LayerStatement) {
        self.docs(&statement.docs);
        match &statement.kind {
            LayerStatementKind::Weight { name, dims, initial } => {
                let initial =
                    initial.as_ref().map_or(String::new(), |value| format!(" = {}", expression(value)));
                self.line(format!("weight {}{}{initial}", name.text, self::dims(dims)));
            }
            LayerStatementKind::Let(definition) => self.definition("let", definition),
            LayerStatementKind::Return(value) => self.line(format!("return {}", expression(value))),
            LayerStatementKind::Hole => self.line("⟨hole⟩"),
        }
    }

    fn fit_statement(&mut self, statement: &FitStatement) {
        self.docs(&statement.docs);
        match &statement.kind {
            FitStatementKind::Free(names) => self.line(format!("free {}", expressions(names))),
            FitStatementKind::Minimize(loss) => self.line(format!("minimize {}", expression(loss))),
            FitStatementKind::Using(steps) => self.line(format!("using {}", expressions(steps))),
            FitStatementKind::Observe { observed, distribution } => {
                self.line(format!("observe {} ~ {}", expression(observed), expression(distribution)));
            }
            FitStatementKind::Option(setting) => self.settings("option", std::slice::from_ref(setting)),
            FitStatementKind::Hole => self.line("⟨hole⟩"),
        }
    }

    fn sweep_statement(&mut self, statement: &SweepStatement) {
        self.docs(&statement.docs);
        match &statement.kind {
            SweepStatementKind::VaryGrid { target, grid } => {
                self.line(format!("vary {} = {}", expression(target), expression(grid)));
            }
            SweepStatementKind::VaryRandom { target, distribution } => {
                self.line(format!("vary {} ~ {}", expression(target), expression(distribution)));
            }
            SweepStatementKind::Option(setting) => self.settings("option", std::slice::from_ref(setting)),
            SweepStatementKind::Hole => self.line("⟨hole⟩"),
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.docs(&statement.docs);
        match &statement.kind {
            StatementKind::Const { name, dims, value } => {
                self.line(format!("const {}{} = {}", name.text, self::dims(dims), expression(value)));
            }
            StatementKind::Param(list) => list.iter().for_each(|parameter| self.parameter(parameter)),
            StatementKind::State(list) => self.variables("state", list),
            StatementKind::Alg(list) => self.variables("alg", list),
            StatementKind::Discrete(list) => self.variables("discrete", list),
            StatementKind::Input(list) => self.variables("input", list),
            StatementKind::Index(index) => {
                let boundary =
                    index.boundary.map_or(String::new(), |boundary| format!(" {}", boundary.word()));
                self.line(format!("index {} in {}{boundary}", names(&index.names), range(&index.range)));
            }
            StatementKind::Noise { name, dims, correlation } => {
                self.inside(format!("noise {}{}", name.text, self::dims(dims)), |tree| {
                    tree.optional("corr", correlation.as_ref());
                });
            }
            StatementKind::Net(net) => {
                let sizes = format!("{} -> {}", expression(&net.inputs), expression(&net.outputs));
                self.inside(format!("net {}: {sizes}", net.name.text), |tree| {
                    net.layers.iter().for_each(|layer| tree.line(format!("layer {}", expression(layer))));
                    tree.settings("option", &net.options);
                });
            }
            StatementKind::History(definition) => self.definition("history", definition),
            StatementKind::Init(equation) => self.equation("init", equation),
            StatementKind::Let(definition) => self.definition("let", definition),
            StatementKind::Function(function) => self.function(function),
            StatementKind::Use { target, name } => {
                self.line(format!("use {} as {}", self::target(target), name.text))
            }
            StatementKind::Event(event) => self.event(event),
            StatementKind::Equation(equation) => self.equation("equation", equation),
            StatementKind::Hole => self.line("⟨hole⟩"),
        }
    }

    fn event(&mut self, event: &Event) {
        let trigger = match &event.trigger {
            Trigger::When(condition) => format!("when {}", expression(condition)),
            Trigger::At(times) => format!("at {}", expression(times)),
            Trigger::Rate(rate) => format!("rate {}", expression(rate)),
            Trigger::Every { period, from: None } => format!("every {}", expression(period)),
            Trigger::Every { period, from: Some(from) } => {
                format!("every {} from {}", expression(period), expression(from))
            }
            Trigger::Hole => "⟨hole⟩".to_owned(),
        };
        self.inside(format!("event {}{}: {trigger}", event.name.text, dims(&event.dims)), |tree| {
            for action in &event.actions {
                match &action.kind {
                    ActionKind::Assign { target, value } => {
                        tree.line(format!("{} := {}", expression(target), expression(value)));
                    }
                    ActionKind::Stop => tree.line("stop"),
                    ActionKind::Hole => tree.line("⟨hole⟩"),
                }
            }
        });
    }

    fn variables(&mut self, word: &str, list: &[Variable]) {
        for variable in list {
            self.docs(&variable.docs);
            self.line(format!("{word} {}", self::variable(variable)));
        }
    }

    fn parameter(&mut self, parameter: &Parameter) {
        self.docs(&parameter.variable.docs);
        let mut line = format!("param {}", variable(&parameter.variable));
        if let Some(bounds) = &parameter.bounds {
            let _ = write!(line, " in [{}, {}]", expression(&bounds.low), expression(&bounds.high));
        }
        if let Some(prior) = &parameter.prior {
            let _ = write!(line, " ~ {}", expression(prior));
        }
        self.line(line);
    }

    fn definition(&mut self, word: &str, definition: &Let) {
        let pattern = match &definition.pattern {
            Pattern::One { name, dims, unit } => {
                format!("{}{}{}", name.text, self::dims(dims), unit_of(unit.as_ref()))
            }
            Pattern::Tuple(list) => format!("({})", names(list)),
        };
        self.line(format!(
            "{word} {pattern} = {}{}",
            expression(&definition.value),
            binders(&definition.binders)
        ));
    }

    fn equation(&mut self, word: &str, equation: &Equation) {
        let (left, right) = (expression(&equation.left), expression(&equation.right));
        self.line(format!("{word} {left} = {right}{}", binders(&equation.binders)));
    }

    fn settings(&mut self, word: &str, settings: &[Setting]) {
        for setting in settings {
            self.line(format!("{word} {} = {}", setting.name.text, expression(&setting.value)));
        }
    }

    fn optional(&mut self, word: &str, expr: Option<&Expr>) {
        if let Some(expr) = expr {
            self.line(format!("{word} {}", expression(expr)));
        }
    }
}

fn expressions(list: &[Expr]) -> String {
    list.iter().map(expression).collect::<Vec<_>>().join(", ")
}

fn arguments(arguments: &[Argument]) -> String {
    let shown = arguments.iter().map(|argument| match argument {
        Argument::Value(value) => expression(value),
        Argument::Named { target, value } => format!("{} = {}", expression(target), expression(value)),
        Argument::Pipeline(layers) => layers.iter().map(expression).collect::<Vec<_>>().join(" >> "),
        Argument::Comprehension { body, binders } => {
            let each: String = binders.iter().map(|one| format!(" for {}", binder(one))).collect();
            format!("{}{each}", expression(body))
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn binder(binder: &Binder) -> String {
    let within = binder.range.as_ref().map_or(String::new(), |one| format!(" in {}", range(one)));
    format!("{}{within}", binder.name.text)
}

fn binders(binders: &[Binder]) -> String {
    if binders.is_empty() {
        return String::new();
    }
    format!(" for {}", binders.iter().map(binder).collect::<Vec<_>>().join(", "))
}

fn range(range: &Range) -> String {
    format!("{}..{}", expression(&range.from), expression(&range.to))
}

fn target(target: &Target) -> String {
    let path = target.path.iter().map(|name| &*name.text).collect::<Vec<_>>().join(".");
    if target.arguments.is_empty() { path } else { format!("{path}({})", arguments(&target.arguments)) }
}

fn names(names: &[Name]) -> String {
    names.iter().map(|name| &*name.text).collect::<Vec<_>>().join(", ")
}

fn dims(dims: &[Expr]) -> String {
    if dims.is_empty() { String::new() } else { format!("[{}]", expressions(dims)) }
}

fn unit_of(unit: Option<&Unit>) -> String {
    unit.map_or(String::new(), |unit| format!(": {}", unit_text(unit)))
}

fn variable(variable: &Variable) -> String {
    let value = variable.value.as_ref().map_or(String::new(), |value| format!(" = {}", expression(value)));
    format!("{}{}{}{value}", variable.name.text, dims(&variable.dims), unit_of(variable.unit.as_ref()))
}
