//! A file and what it imports: the names that stand at file level.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::diagnostics::{Diagnostic, Diagnostics, FileId};
use crate::parse::ast::{self, Ast, ItemKind};

use super::data::DataTable;
use super::error;

/// Gives the text of an imported file, by its path relative to the main file's folder.
pub type Loader<'l> = dyn FnMut(&str) -> Result<(FileId, String), String> + 'l;

/// A checked file: the main one first, then what it imports.
pub struct Module {
    pub files: Vec<File>,
    /// The data that was read, or why it was not, by the file that declares it and its name.
    pub tables: FxHashMap<(usize, Arc<str>), Result<DataTable, String>>,
    /// Evaluates native functions of numbers while constants are folded.
    pub natives: fn(&str, &[f64]) -> Option<f64>,
}

/// A parsed file with its file-level names.
pub struct File {
    pub ast: Ast,
    /// Normalised, relative to the main file's folder; empty for the main file.
    pub path: String,
    /// Index into `ast.items` of what has a name.
    pub names: FxHashMap<Arc<str>, usize>,
    /// Index into `Module::files` for each import, by its alias.
    pub imports: FxHashMap<Arc<str>, usize>,
}

/// Which paths an import may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Paths {
    /// Inside the main file's folder.
    #[default]
    Inside,
    Anywhere,
}

impl Module {
    pub fn main(&self) -> &File {
        &self.files[0]
    }

    /// A named item of a file.
    pub fn item(&self, file: usize, name: &str) -> Option<&ast::Item> {
        let file = &self.files[file];
        file.names.get(name).map(|&k| &file.ast.items[k])
    }

    /// A model by its path (`valves.Gate`), seen from a file.
    pub fn find_model(&self, file: usize, path: &[ast::Name]) -> Option<(usize, &ast::Model)> {
        let (last, aliases) = path.split_last()?;
        let mut file = file;
        for alias in aliases {
            file = *self.files[file].imports.get(&alias.text)?;
        }
        match &self.item(file, &last.text)?.kind {
            ItemKind::Model(model) => Some((file, model)),
            _ => None,
        }
    }

    /// What a name at file level is, with its article.
    pub fn describe(&self, file: usize, name: &str) -> Option<&'static str> {
        if self.files[file].imports.contains_key(name) {
            return Some("an imported file");
        }
        Some(match self.item(file, name)?.kind {
            ItemKind::Function(_) | ItemKind::ExternFunction(_) => "a function",
            ItemKind::Layer(_) => "a layer",
            ItemKind::Data(_) => "data",
            _ => "a model",
        })
    }

    /// Names of the models of a file.
    pub fn model_names(&self, file: usize) -> impl Iterator<Item = &str> {
        self.files[file].ast.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Model(model) => Some(&*model.name.text),
            _ => None,
        })
    }

    /// The tasks of the main file in order.
    pub fn tasks(&self) -> impl Iterator<Item = &ast::Item> {
        let task = |item: &&ast::Item| {
            matches!(item.kind, ItemKind::Solve(_) | ItemKind::Fit(_) | ItemKind::Sweep(_))
        };
        self.main().ast.items.iter().filter(task)
    }

    /// Documentation of a model's declaration.
    pub fn model_docs(&self, file: usize, name: &str) -> &[ast::Doc] {
        self.item(file, name).map_or(&[], |item| &item.docs)
    }
}

/// Parses what the file imports, transitively, and collects the names of each file.
pub fn load(ast: Ast, paths: Paths, loader: &mut Loader, diagnostics: &mut Diagnostics) -> Module {
    let mut loading = Loading { paths, loader, files: Vec::new(), open: Vec::new(), diagnostics };
    loading.add(ast, String::new());
    let tables =
        loading.files.iter().enumerate().flat_map(|(k, file)| super::literal::tables(k, file)).collect();
    Module { files: loading.files, tables, natives: super::constant::evaluate }
}

struct Loading<'l, 'd, 'f> {
    paths: Paths,
    loader: &'d mut Loader<'f>,
    files: Vec<File>,
    /// Paths of the files that are being loaded, outermost first.
    open: Vec<String>,
    diagnostics: &'l mut Diagnostics,
}

/// Imports may not nest deeper than this.
const MAX_IMPORTS: usize = 64;

impl Loading<'_, '_, '_> {
    fn add(&mut self, ast: Ast, path: String) -> usize {
        let place = self.files.len();
        let names = self.names(&ast);
        let imports: Vec<ast::Import> = ast
            .items
            .iter()
            .filter_map(|item| match &item.kind {
                ItemKind::Import(import) => Some(import.clone()),
                _ => None,
            })
            .collect();
        self.files.push(File { ast, path: path.clone(), names, imports: FxHashMap::default() });
        self.open.push(path.clone());
        for import in imports {
            if let Some(file) = self.import(&import, &path) {
                let alias = alias(&import);
                if self.files[place].imports.insert(alias.clone(), file).is_some() {
                    self.diagnostics.push(error::declared_twice(&alias, import.path.span, None));
                }
            }
        }
        self.open.pop();
        place
    }

    fn import(&mut self, import: &ast::Import, from: &str) -> Option<usize> {
        let span = import.path.span;
        let Some(path) = normalise(from, &import.path.text) else {
            return self.complain(error::import_escapes(&import.path.text, span));
        };
        if self.paths == Paths::Inside && (path.starts_with("../") || path.starts_with('/')) {
            return self.complain(error::import_escapes(&import.path.text, span));
        }
        if let Some(at) = self.open.iter().position(|open| *open == path) {
            return self.complain(error::import_cycle(&self.open[at..], &path, span));
        }
        if let Some(known) = self.files.iter().position(|file| file.path == path) {
            return Some(known);
        }
        if self.open.len() >= MAX_IMPORTS {
            return self.complain(error::imports_too_deep(MAX_IMPORTS, span));
        }
        match (self.loader)(&path) {
            Ok((file, text)) => {
                let ast = crate::parse::parse(&text, file, self.diagnostics);
                Some(self.add(ast, path))
            }
            Err(reason) => self.complain(error::import_unreadable(&path, &reason, span)),
        }
    }

    fn complain(&mut self, diagnostic: Diagnostic) -> Option<usize> {
        self.diagnostics.push(diagnostic);
        None
    }

    fn names(&mut self, ast: &Ast) -> FxHashMap<Arc<str>, usize> {
        let mut names: FxHashMap<Arc<str>, usize> = FxHashMap::default();
        for (k, item) in ast.items.iter().enumerate() {
            let Some(name) = item_name(&item.kind) else { continue };
            let hides =
                matches!(item.kind, ItemKind::Function(_) | ItemKind::ExternFunction(_) | ItemKind::Layer(_));
            if hides && super::library::has(&name.text) {
                self.diagnostics.push(error::hides_library(&name.text, name.span));
            }
            if let Some(&earlier) = names.get(&name.text) {
                let before = item_name(&ast.items[earlier].kind).map(|name| name.span);
                self.diagnostics.push(error::declared_twice(&name.text, name.span, before));
            } else {
                names.insert(name.text.clone(), k);
            }
        }
        names
    }
}

fn item_name(kind: &ItemKind) -> Option<&ast::Name> {
    match kind {
        ItemKind::Function(function) => Some(&function.name),
        ItemKind::ExternFunction(function) => Some(&function.name),
        ItemKind::Layer(layer) => Some(&layer.name),
        ItemKind::Data(data) => Some(&data.name),
        ItemKind::Model(model) => Some(&model.name),
        _ => None,
    }
}

/// The name after `as`, or the file's own without its folder and ending.
fn alias(import: &ast::Import) -> Arc<str> {
    match &import.alias {
        Some(name) => name.text.clone(),
        None => {
            let file = import.path.text.rsplit('/').next().unwrap_or_default();
            Arc::from(file.strip_suffix(".nde").unwrap_or(file))
        }
    }
}

/// `path` as seen from the folder of the file `from`, without `.` and inner `..`.
fn normalise(from: &str, path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    if path.is_empty() || path.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let absolute = path.starts_with('/') || folder.starts_with('/');
    let whole = if path.starts_with('/') { path } else { format!("{folder}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    Some(if absolute { format!("/{joined}") } else { joined })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_folder_of_their_file() {
        let seen = |from, path| normalise(from, path).unwrap();
        assert_eq!(seen("", "lib/valves.nde"), "lib/valves.nde");
        assert_eq!(seen("lib/a.nde", "./b.nde"), "lib/b.nde");
        assert_eq!(seen("lib/a.nde", "../c.nde"), "c.nde");
        assert_eq!(seen("", "lib/../../c.nde"), "../c.nde");
        assert_eq!(seen("", "/etc/x.nde"), "/etc/x.nde");
        assert_eq!(normalise("", "C:\\x.nde"), None);
    }
}
