//! `ndec fmt`: a tree in canonical layout, with its comments and the user's groups of lines.
//!
//! One statement a line, four columns a block, blanks by precedence, lines of at most 110 columns where they can be
//! broken. Kept are comments, single blank lines, whether a short block stands in one line, and whether a list of
//! declarations stands in one.

mod page;
#[cfg(test)]
mod tests;

use super::ast::*;
use super::pretty::{Doc, Line, WIDTH, fits, group, many, nest, text};
use super::write::{Level, STEP, Writer, separated, unit_text};
use crate::diagnostics::Span;
use page::doc_line;

/// The canonical text of a tree. A tree with holes loses what stood there: only texts without errors are formatted.
pub fn format(ast: &Ast) -> String {
    let mut formatter = Formatter {
        trivia: &ast.trivia,
        writer: Writer::new(&ast.trivia.comments),
        blank: 0,
        indent: 0,
        lines: Vec::new(),
    };
    for item in &ast.items {
        formatter.item(item);
    }
    formatter.flush(u32::MAX);
    formatter.finish()
}

struct Formatter<'a> {
    trivia: &'a Trivia,
    writer: Writer<'a>,
    /// The first blank line of the text that was not come to yet.
    blank: usize,
    indent: usize,
    lines: Vec<Line>,
}

/// A block's content, as its kind prints it.
type Print<'a, T> = fn(&mut Formatter<'a>, &T);

impl<'a> Formatter<'a> {
    fn item(&mut self, item: &Item) {
        self.begin(item.span, &item.docs);
        match &item.kind {
            ItemKind::Import(import) => {
                let alias = import.alias.as_ref().map_or(String::new(), |name| format!(" as {}", name.text));
                self.put(text(format!("import \"{}\"{alias}", import.path.text)));
            }
            ItemKind::Function(function) => self.function(function),
            ItemKind::ExternFunction(function) => self.extern_function(function),
            ItemKind::Layer(layer) => {
                let head = self.layer_head(layer);
                self.block(head, &layer.body, item.span, Self::layer_statement);
            }
            ItemKind::Data(data) => {
                let source = self.writer.expr(&data.source, Level::Whole);
                self.put(many([text(format!("data {} = ", data.name.text)), source]));
            }
            ItemKind::Model(model) => {
                let arguments = self.model_arguments(&model.arguments);
                let head = many([text(format!("model {}", model.name.text)), arguments]);
                self.block(head, &model.body, item.span, Self::statement);
            }
            ItemKind::Solve(solve) => {
                let head = self.task("solve ", &solve.target, " over ", &solve.over);
                self.options(head, &solve.options, item.span);
            }
            ItemKind::Fit(fit) => {
                let data: Vec<&str> = fit.data.iter().map(|name| &*name.text).collect();
                let head =
                    many([text("fit "), self.target(&fit.target), text(format!(" on {}", data.join(", ")))]);
                self.block(head, &fit.body, item.span, Self::fit_statement);
            }
            ItemKind::Sweep(sweep) => {
                let head = self.task("sweep ", &sweep.target, " over ", &sweep.over);
                self.block(head, &sweep.body, item.span, Self::sweep_statement);
            }
            ItemKind::Hole => {}
        }
        self.end(item.span);
    }

    fn statement(&mut self, statement: &Statement) {
        self.begin(statement.span, &statement.docs);
        match &statement.kind {
            StatementKind::Const { name, dims, value } => {
                let dims = self.writer.dims(dims);
                let value = self.writer.expr(value, Level::Whole);
                self.put(many([text(format!("const {}", name.text)), dims, text(" = "), value]));
            }
            StatementKind::Param(list) => self.declarations("param ", list),
            StatementKind::State(list) => self.declarations("state ", list),
            StatementKind::Alg(list) => self.declarations("alg ", list),
            StatementKind::Discrete(list) => self.declarations("discrete ", list),
            StatementKind::Input(list) => self.declarations("input ", list),
            StatementKind::Index(index) => self.index(index),
            StatementKind::Noise { name, dims, correlation } => {
                let mut docs = vec![text(format!("noise {}", name.text)), self.writer.dims(dims)];
                if let Some(matrix) = correlation {
                    docs.extend([text(" corr "), self.writer.expr(matrix, Level::Whole)]);
                }
                self.put(Doc::Many(docs));
            }
            StatementKind::Net(net) => {
                let head = self.net_head(net);
                self.options(head, &net.options, statement.span);
            }
            StatementKind::History(definition) => self.definition("history ", definition),
            StatementKind::Init(equation) => self.equation("init ", equation),
            StatementKind::Let(definition) => self.definition("let ", definition),
            StatementKind::Function(function) => self.function(function),
            StatementKind::Use { target, name } => {
                let target = self.target(target);
                self.put(many([text("use "), target, text(format!(" as {}", name.text))]));
            }
            StatementKind::Event(event) => {
                let head = self.event_head(event);
                self.short_block(head, &event.actions, statement.span, Self::action, |action| {
                    action.span.start
                });
            }
            StatementKind::Equation(equation) => self.equation("", equation),
            StatementKind::Hole => {}
        }
        self.end(statement.span);
    }

    fn layer_statement(&mut self, statement: &LayerStatement) {
        self.begin(statement.span, &statement.docs);
        match &statement.kind {
            LayerStatementKind::Weight { name, dims, initial } => {
                let mut docs = vec![text(format!("weight {}", name.text)), self.writer.dims(dims)];
                if let Some(initial) = initial {
                    docs.extend([text(" = "), self.writer.expr(initial, Level::Whole)]);
                }
                self.put(Doc::Many(docs));
            }
            LayerStatementKind::Let(definition) => self.definition("let ", definition),
            LayerStatementKind::Return(value) => {
                let value = self.writer.expr(value, Level::Whole);
                self.put(many([text("return "), value]));
            }
            LayerStatementKind::Hole => {}
        }
        self.end(statement.span);
    }

    fn fit_statement(&mut self, statement: &FitStatement) {
        self.begin(statement.span, &statement.docs);
        match &statement.kind {
            FitStatementKind::Free(names) => {
                let mut docs = Vec::new();
                for (at, name) in names.iter().enumerate() {
                    if at > 0 {
                        docs.extend([text(","), Doc::Line]);
                    }
                    docs.push(self.writer.expr(name, Level::Postfix));
                }
                self.put(many([text("free "), group(nest(STEP, Doc::Many(docs)))]));
            }
            FitStatementKind::Minimize(loss) => {
                let loss = self.writer.expr(loss, Level::Whole);
                self.put(many([text("minimize "), loss]));
            }
            FitStatementKind::Using(steps) => {
                let mut docs = Vec::new();
                for (at, step) in steps.iter().enumerate() {
                    if at > 0 {
                        docs.extend([Doc::Line, text("then ")]);
                    }
                    docs.push(self.writer.expr(step, Level::Whole));
                }
                self.put(many([text("using "), group(nest(STEP, Doc::Many(docs)))]));
            }
            FitStatementKind::Observe { observed, distribution } => {
                let observed = self.writer.leading(observed, Level::Sum);
                let distribution = self.writer.expr(distribution, Level::Whole);
                self.put(many([observed, text(" ~ "), distribution]));
            }
            FitStatementKind::Option(setting) => self.put_setting(setting),
            FitStatementKind::Hole => {}
        }
        self.end(statement.span);
    }

    fn sweep_statement(&mut self, statement: &SweepStatement) {
        self.begin(statement.span, &statement.docs);
        match &statement.kind {
            SweepStatementKind::VaryGrid { target, grid } => self.vary(target, " = ", grid),
            SweepStatementKind::VaryRandom { target, distribution } => self.vary(target, " ~ ", distribution),
            SweepStatementKind::Option(setting) => self.put_setting(setting),
            SweepStatementKind::Hole => {}
        }
        self.end(statement.span);
    }

    fn vary(&mut self, target: &Expr, sign: &str, values: &Expr) {
        let target = self.writer.expr(target, Level::Postfix);
        let values = self.writer.expr(values, Level::Whole);
        self.put(many([text("vary "), target, text(sign), values]));
    }

    fn put_setting(&mut self, setting: &Setting) {
        let doc = self.setting(setting);
        self.put(doc);
    }

    fn setting(&mut self, setting: &Setting) -> Doc {
        many([text(format!("{} = ", setting.name.text)), self.writer.expr(&setting.value, Level::Whole)])
    }

    fn action(&mut self, action: &Action) -> Doc {
        match &action.kind {
            ActionKind::Assign { target, value } => {
                let target = self.writer.expr(target, Level::Postfix);
                many([target, text(" := "), self.writer.expr(value, Level::Whole)])
            }
            ActionKind::Stop => text("stop"),
            ActionKind::Hole => text(""),
        }
    }

    fn function(&mut self, function: &Function) {
        let head = names("fn ", &function.name, &function.arguments);
        let body = self.writer.expr(&function.body, Level::Whole);
        let derivative = self.derivative(&function.derivative);
        self.put(group(many([text(head), text(" = "), body, derivative])));
    }

    fn extern_function(&mut self, function: &ExternFunction) {
        let head = names("extern fn ", &function.name, &function.arguments);
        let derivative = self.derivative(&function.derivative);
        self.put(group(many([text(head), derivative])));
    }

    fn derivative(&mut self, derivative: &Option<Expr>) -> Doc {
        match derivative {
            None => text(""),
            Some(expr) => {
                let before = self.writer.break_before(expr.span.start, Doc::Line);
                nest(STEP, many([before, text("derivative "), self.writer.expr(expr, Level::Whole)]))
            }
        }
    }

    fn layer_head(&mut self, layer: &Layer) -> Doc {
        let mut arguments = Vec::new();
        for argument in &layer.arguments {
            let name = text(&*argument.name.text);
            arguments.push(match &argument.default {
                None => name,
                Some(value) => many([name, text(" = "), self.writer.expr(value, Level::Whole)]),
            });
        }
        let sizes = format!("): {} -> {}", layer.input.text, layer.output.text);
        many([text(format!("layer {}(", layer.name.text)), separated(arguments, ", "), text(sizes)])
    }

    fn model_arguments(&mut self, arguments: &[Setting]) -> Doc {
        if arguments.is_empty() {
            return text("");
        }
        let arguments: Vec<Doc> = arguments.iter().map(|argument| self.setting(argument)).collect();
        many([text("("), separated(arguments, ", "), text(")")])
    }

    fn task(&mut self, word: &str, target: &Target, middle: &str, range: &Range) -> Doc {
        many([text(word), self.target(target), text(middle), self.writer.range(range)])
    }

    fn target(&mut self, target: &Target) -> Doc {
        let path: Vec<&str> = target.path.iter().map(|name| &*name.text).collect();
        let path = text(path.join("."));
        if target.arguments.is_empty() {
            path
        } else {
            many([path, self.writer.arguments(&target.arguments)])
        }
    }

    fn net_head(&mut self, net: &Net) -> Doc {
        many([
            text(format!("net {}: ", net.name.text)),
            self.writer.expr(&net.inputs, Level::Sum),
            text(" -> "),
            self.writer.expr(&net.outputs, Level::Sum),
            text(" = "),
            self.writer.pipeline(&net.layers, Level::Postfix),
        ])
    }

    fn event_head(&mut self, event: &Event) -> Doc {
        let name =
            many([text(format!("event {}", event.name.text)), self.writer.dims(&event.dims), text(": ")]);
        let trigger = match &event.trigger {
            Trigger::When(condition) => many([text("when "), self.writer.expr(condition, Level::Whole)]),
            Trigger::At(times) => many([text("at "), self.writer.expr(times, Level::Whole)]),
            Trigger::Rate(rate) => many([text("rate "), self.writer.expr(rate, Level::Whole)]),
            Trigger::Every { period, from: None } => {
                many([text("every "), self.writer.expr(period, Level::Whole)])
            }
            Trigger::Every { period, from: Some(from) } => many([
                text("every "),
                self.writer.expr(period, Level::Whole),
                text(" from "),
                self.writer.expr(from, Level::Whole),
            ]),
            Trigger::Hole => text(""),
        };
        many([name, trigger])
    }

    fn index(&mut self, index: &Index) {
        let names: Vec<&str> = index.names.iter().map(|name| &*name.text).collect();
        let range = self.writer.range(&index.range);
        let boundary = index.boundary.map_or(String::new(), |boundary| format!(" {}", boundary.word()));
        self.put(many([text(format!("index {} in ", names.join(", "))), range, text(boundary)]));
    }

    fn definition(&mut self, word: &str, definition: &Let) {
        let pattern = match &definition.pattern {
            Pattern::One { name, dims, unit } => {
                many([text(&*name.text), self.writer.dims(dims), unit_suffix(unit.as_ref())])
            }
            Pattern::Tuple(names) => {
                let names: Vec<&str> = names.iter().map(|name| &*name.text).collect();
                text(format!("({})", names.join(", ")))
            }
        };
        let value = self.writer.expr(&definition.value, Level::Whole);
        let binders = self.binders(&definition.binders);
        self.put(group(many([text(word), pattern, text(" = "), value, binders])));
    }

    fn equation(&mut self, word: &str, equation: &Equation) {
        let left = self.writer.leading(&equation.left, Level::Whole);
        let right = self.writer.expr(&equation.right, Level::Whole);
        let binders = self.binders(&equation.binders);
        self.put(group(many([text(word), left, text(" = "), right, binders])));
    }

    fn binders(&mut self, binders: &[Binder]) -> Doc {
        if binders.is_empty() {
            return text("");
        }
        let binders: Vec<Doc> = binders.iter().map(|binder| self.writer.binder(binder)).collect();
        nest(STEP, many([Doc::Line, text("for "), separated(binders, ", ")]))
    }

    /// `state x = 1, y = 2`: in one line if the user's stands in one, else each in its own under the first.
    fn declarations<T: Declared>(&mut self, word: &str, list: &[T]) {
        let spread = match list {
            [first, .., last] => self.breaks(first.variable().span.start, last.variable().span.start),
            _ => false,
        };
        let between = if spread { Doc::Hard } else { Doc::Line };
        let mut docs = Vec::new();
        for (at, declared) in list.iter().enumerate() {
            let variable = declared.variable();
            if at > 0 {
                docs.push(text(","));
                docs.push(self.writer.break_before(variable.span.start, between.clone()));
            }
            // Documentation of the first belongs to the statement.
            for line in &variable.docs {
                docs.extend([Doc::Hard, Doc::Comment(doc_line(line)), Doc::Hard]);
            }
            docs.push(declared.write(&mut self.writer));
        }
        self.put(many([text(word), nest(word.len(), group(Doc::Many(docs)))]));
    }

    /// Options behind a head that may have none.
    fn options(&mut self, head: Doc, options: &[Setting], span: Span) {
        if options.is_empty() {
            return self.put(head);
        }
        self.short_block(head, options, span, Self::setting, |setting| setting.name.span.start);
    }

    /// A block that stands in one line if the user's does and it fits.
    fn short_block<T>(
        &mut self,
        head: Doc,
        content: &[T],
        span: Span,
        write: fn(&mut Self, &T) -> Doc,
        start: fn(&T) -> u32,
    ) {
        let Some(first) = content.first() else {
            self.put(many([head, text(" { }")]));
            return;
        };
        let first = start(first);
        let spread = self.breaks(span.start, first) || self.breaks(first, span.end);
        if !spread && !self.comment_before(span.end) {
            let docs = content.iter().map(|one| write(self, one)).collect();
            let line = many([head.clone(), text(" { "), separated(docs, "; "), text(" }")]);
            if fits(&line, WIDTH.saturating_sub(self.indent)) {
                return self.put(line);
            }
        }
        self.put(many([head, text(" {")]));
        self.indent += STEP;
        for one in content {
            self.flush(start(one));
            let doc = write(self, one);
            self.put(doc);
        }
        self.close(span);
    }

    /// A block of statements, one a line.
    fn block<T>(&mut self, head: Doc, content: &[T], span: Span, print: Print<'a, T>) {
        if content.is_empty() && !self.comment_before(span.end) {
            return self.put(many([head, text(" { }")]));
        }
        self.put(many([head, text(" {")]));
        self.indent += STEP;
        content.iter().for_each(|one| print(self, one));
        self.close(span);
    }
}

/// A member of a declaring list.
trait Declared {
    fn variable(&self) -> &Variable;
    fn write(&self, writer: &mut Writer) -> Doc;
}

impl Declared for Variable {
    fn variable(&self) -> &Variable {
        self
    }

    fn write(&self, writer: &mut Writer) -> Doc {
        let mut docs = vec![text(&*self.name.text), writer.dims(&self.dims), unit_suffix(self.unit.as_ref())];
        if let Some(value) = &self.value {
            docs.extend([text(" = "), writer.expr(value, Level::Whole)]);
        }
        Doc::Many(docs)
    }
}

impl Declared for Parameter {
    fn variable(&self) -> &Variable {
        &self.variable
    }

    fn write(&self, writer: &mut Writer) -> Doc {
        let mut docs = vec![self.variable.write(writer)];
        if let Some(bounds) = &self.bounds {
            let (low, high) =
                (writer.expr(&bounds.low, Level::Whole), writer.expr(&bounds.high, Level::Whole));
            docs.push(many([text(" in ["), low, text(", "), high, text("]")]));
        }
        if let Some(prior) = &self.prior {
            docs.extend([text(" ~ "), writer.expr(prior, Level::Whole)]);
        }
        Doc::Many(docs)
    }
}

fn unit_suffix(unit: Option<&Unit>) -> Doc {
    text(unit.map_or(String::new(), |unit| format!(": {}", unit_text(unit))))
}

fn names(word: &str, name: &Name, arguments: &[Name]) -> String {
    let arguments: Vec<&str> = arguments.iter().map(|name| &*name.text).collect();
    format!("{word}{}({})", name.text, arguments.join(", "))
}
