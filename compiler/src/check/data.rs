//! Data: where it comes from, and which columns it has as far as the text says.

use std::sync::Arc;

use crate::diagnostics::Diagnostics;
use crate::parse::ast::{self, Argument, ExprKind, ItemKind, StatementKind};

use super::error;
use super::model::Interpolation;
use super::module::Module;
use super::scope::Builder;

/// The columns of a `data` declaration.
#[derive(Clone, Debug, PartialEq)]
pub enum Columns {
    /// All of them, the time's included.
    Known(Vec<Arc<str>>),
    /// The file says.
    InFile,
}

/// Reads the columns off a source; a source that is wrong has any column, so that it is reported once.
pub fn columns(module: &Module, file: usize, data: &ast::Data) -> Columns {
    let ExprKind::Call(callee, arguments) = &data.source.kind else { return Columns::InFile };
    let ExprKind::Name(source) = &callee.kind else { return Columns::InFile };
    match &**source {
        "table" => Columns::Known(named(arguments)),
        "simulate" => match arguments.first() {
            Some(Argument::Value(e)) => simulated(module, file, e).map_or(Columns::InFile, Columns::Known),
            _ => Columns::InFile,
        },
        _ => Columns::InFile,
    }
}

fn named(arguments: &[Argument]) -> Vec<Arc<str>> {
    let name = |argument: &Argument| match argument {
        Argument::Named { target, value } if !is_option(&value.kind) => match &target.kind {
            ExprKind::Name(name) => Some(name.clone()),
            _ => None,
        },
        _ => None,
    };
    arguments.iter().filter_map(name).collect()
}

/// The time and what the model's own declarations can be read as.
fn simulated(module: &Module, file: usize, e: &ast::Expr) -> Option<Vec<Arc<str>>> {
    let target = match &e.kind {
        ExprKind::Call(callee, _) => callee,
        _ => e,
    };
    let ExprKind::Name(name) = &target.kind else { return None };
    let ItemKind::Model(model) = &module.item(file, name)?.kind else { return None };
    let mut names = vec![Arc::from("t")];
    for statement in &model.body {
        match &statement.kind {
            StatementKind::State(list)
            | StatementKind::Alg(list)
            | StatementKind::Discrete(list)
            | StatementKind::Input(list) => names.extend(list.iter().map(|v| v.name.text.clone())),
            StatementKind::Let(definition) => match &definition.pattern {
                ast::Pattern::One { name, .. } => names.push(name.text.clone()),
                ast::Pattern::Tuple(list) => names.extend(list.iter().map(|name| name.text.clone())),
            },
            StatementKind::Use { .. } => return None,
            _ => {}
        }
    }
    Some(names)
}

/// The columns of data as they were read.
#[derive(Clone, Debug, Default)]
pub struct DataTable {
    pub columns: Vec<Column>,
}

/// A column of data; `NaN` where a row has no value.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: Arc<str>,
    /// As the data gives it.
    pub unit: Option<String>,
    pub values: Arc<[f64]>,
    /// Where its first cell stands that is no number, and what that holds.
    pub bad: Option<(String, String)>,
}

impl Column {
    pub fn new(name: &str, values: Vec<f64>) -> Column {
        Column { name: name.into(), unit: None, values: values.into(), bad: None }
    }
}

impl DataTable {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| *column.name == *name)
    }

    /// What is wrong where columns differ in length or have one name.
    pub fn uneven(&self) -> Option<String> {
        let first = self.columns.first()?;
        let rows = |n: usize| if n == 1 { "1 row".to_owned() } else { format!("{n} rows") };
        for (k, column) in self.columns.iter().enumerate() {
            if column.values.len() != first.values.len() {
                let (a, b) = (rows(first.values.len()), rows(column.values.len()));
                return Some(format!("`{}` has {a}, `{}` has {b}", first.name, column.name));
            }
            if self.columns[..k].iter().any(|before| before.name == column.name) {
                return Some(format!("two columns are called `{}`", column.name));
            }
        }
        None
    }
}

/// Where data comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    Csv,
    Npz,
    Parquet,
    Table,
    Simulate,
}

/// A `data` declaration, taken apart.
pub struct Source {
    pub kind: SourceKind,
    /// The file's path as written.
    pub path: Option<ast::Text>,
    /// The column of times.
    pub time: Option<ast::Text>,
    pub units: Vec<ast::Text>,
    pub interpolation: Interpolation,
    /// Names given to columns: `u = ["x", "y"]`.
    joined: Vec<(Arc<str>, Vec<ast::Text>)>,
}

impl Source {
    /// The source of a declaration; `None` where it is none.
    pub fn of(data: &ast::Data) -> Option<Source> {
        let ExprKind::Call(callee, arguments) = &data.source.kind else { return None };
        let ExprKind::Name(name) = &callee.kind else { return None };
        let kind = match &**name {
            "csv" => SourceKind::Csv,
            "npz" => SourceKind::Npz,
            "parquet" => SourceKind::Parquet,
            "table" => SourceKind::Table,
            "simulate" => SourceKind::Simulate,
            _ => return None,
        };
        let mut source = Source {
            kind,
            path: None,
            time: None,
            units: Vec::new(),
            interpolation: Interpolation::Linear,
            joined: Vec::new(),
        };
        for argument in arguments {
            match argument {
                Argument::Value(e) => source.path = texts(e).and_then(|list| list.into_iter().next()),
                Argument::Named { target, value } => {
                    let Some(list) = texts(value) else { continue };
                    match super::text::compact(target).as_str() {
                        "time" => source.time = list.into_iter().next(),
                        "units" => source.units = list,
                        "trajectory" => {}
                        "interpolation" => {
                            let is_cubic = list.iter().any(|text| *text.text == *"cubic");
                            source.interpolation =
                                if is_cubic { Interpolation::Cubic } else { Interpolation::Linear };
                        }
                        name => source.joined.push((name.into(), list)),
                    }
                }
                _ => {}
            }
        }
        Some(source)
    }

    /// The file's columns that stand for one of the declaration's.
    pub fn joined(&self, name: &str) -> Option<&[ast::Text]> {
        self.joined.iter().find(|(joined, _)| **joined == *name).map(|(_, columns)| &columns[..])
    }
}

/// A text, or a list of texts.
fn texts(e: &ast::Expr) -> Option<Vec<ast::Text>> {
    match &e.kind {
        ExprKind::Text(text) => Some(vec![ast::Text { text: text.clone(), span: e.span }]),
        ExprKind::List(items) => {
            let lists: Option<Vec<_>> = items.iter().map(texts).collect();
            Some(lists?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// Whether an argument of `table` is an option, not a column: a text.
pub fn is_option(value: &ExprKind) -> bool {
    matches!(value, ExprKind::Text(_))
}

/// The files that data comes from: the declaring file, the declaration, and where its data is.
pub fn files(module: &Module) -> Vec<(usize, &ast::Data, Source)> {
    let mut files = Vec::new();
    for (k, file) in module.files.iter().enumerate() {
        for item in &file.ast.items {
            let ItemKind::Data(data) = &item.kind else { continue };
            files.extend(Source::of(data).filter(|source| source.path.is_some()).map(|s| (k, data, s)));
        }
    }
    files
}

/// What `interpolation` may be.
const INTERPOLATIONS: &[&str] = &["linear", "cubic"];

/// Complains of an interpolation that there is not.
fn check_interpolation(arguments: &[Argument], diagnostics: &mut Diagnostics) {
    for argument in arguments {
        let Argument::Named { target, value } = argument else { continue };
        let ExprKind::Text(text) = &value.kind else { continue };
        if super::text::compact(target) == "interpolation" && !INTERPOLATIONS.contains(&&**text) {
            let near = super::suggest::closest(text, INTERPOLATIONS.iter().copied());
            diagnostics.push(error::option_choice("interpolation", text, INTERPOLATIONS, near, value.span));
        }
    }
}

impl Builder<'_> {
    /// Complains of a column that the data does not have.
    pub fn check_column(&mut self, data: &str, column: &ast::Name) -> Option<()> {
        let file = self.site.file;
        let ItemKind::Data(source) = &self.module.item(file, data)?.kind else { return None };
        match columns(self.module, file, source) {
            Columns::Known(names) if !names.contains(&column.text) => {
                let near = super::suggest::closest(&column.text, names.iter().map(|name| &**name));
                self.complain(error::unknown_column(data, &column.text, near, column.span))
            }
            _ => Some(()),
        }
    }
}

/// Sources of data.
const SOURCES: &[&str] = &["csv", "table", "simulate", "npz", "parquet"];

/// Checks a `data` declaration as far as its text goes; files are read when they are used.
pub fn check(module: &Module, data: &ast::Data, diagnostics: &mut Diagnostics) {
    let e = &data.source;
    let ExprKind::Call(callee, arguments) = &e.kind else {
        if !matches!(e.kind, ExprKind::Hole) {
            diagnostics.push(error::unknown_source(&super::text::compact(e), None, e.span));
        }
        return;
    };
    let source = super::text::compact(callee);
    check_interpolation(arguments, diagnostics);
    let wrong = match source.as_str() {
        "csv" | "npz" | "parquet" => file_source(arguments),
        "table" => {
            let wrong = table_source(arguments);
            if let (None, Some(Err(diagnostic))) = (wrong, super::literal::read(e)) {
                diagnostics.push(diagnostic);
            }
            wrong
        }
        "simulate" => {
            if let Some(Argument::Value(target)) = arguments.first() {
                check_simulated(module, target, diagnostics);
                None
            } else {
                Some("a model first: `simulate(M, t = linspace(0, 1, 11))`")
            }
        }
        _ => {
            let near = super::suggest::closest(&source, SOURCES.iter().copied());
            diagnostics.push(error::unknown_source(&source, near, callee.span));
            None
        }
    };
    if let Some(wanted) = wrong {
        diagnostics.push(error::source_argument(&source, wanted, e.span));
    }
}

/// A file's name, then texts and lists of texts by name.
fn file_source(arguments: &[Argument]) -> Option<&'static str> {
    let text = |e: &ast::Expr| matches!(e.kind, ExprKind::Text(_));
    let texts = |e: &ast::Expr| match &e.kind {
        ExprKind::List(items) => items.iter().all(text),
        _ => text(e),
    };
    match arguments.split_first() {
        Some((Argument::Value(path), rest)) if text(path) => rest
            .iter()
            .any(|argument| !matches!(argument, Argument::Named { value, .. } if texts(value)))
            .then_some("names of columns in quotes: `time = \"t\"`, `u = [\"x\", \"y\"]`"),
        _ => Some("the name of a file in quotes first"),
    }
}

fn table_source(arguments: &[Argument]) -> Option<&'static str> {
    let column = |argument: &Argument| matches!(argument, Argument::Named { .. });
    (!arguments.iter().all(column) || arguments.is_empty())
        .then_some("columns by name: `table(t = [0, 1], x = [1, 2])`")
}

fn check_simulated(module: &Module, target: &ast::Expr, diagnostics: &mut Diagnostics) {
    let callee = match &target.kind {
        ExprKind::Call(callee, _) => callee,
        _ => target,
    };
    let name = super::text::compact(callee);
    let is_model = module.item(0, &name).is_some_and(|item| matches!(item.kind, ItemKind::Model(_)));
    if !is_model && !name.contains('.') {
        let near = super::suggest::closest(&name, module.model_names(0));
        diagnostics.push(error::unknown_model(&name, near, callee.span));
    }
}
