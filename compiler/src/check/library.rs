//! The standard library: an index of its declarations by name, each parsed when a model first uses it.

use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::diagnostics::{Diagnostics, FileId};
use crate::parse::ast::{Item, ItemKind};

/// The files of the library, in the order of the documentation.
pub const FILES: &[(&str, &str)] = &[
    ("math.nde", include_str!("../../../stdlib/math.nde")),
    ("neural.nde", include_str!("../../../stdlib/neural.nde")),
];

/// The library as text, cut into declarations.
struct Library {
    /// Names in the order of the files.
    names: Vec<&'static str>,
    declarations: FxHashMap<&'static str, Declaration>,
}

struct Declaration {
    text: &'static str,
    item: OnceLock<Option<Arc<Item>>>,
}

static LIBRARY: OnceLock<Library> = OnceLock::new();

fn library() -> &'static Library {
    LIBRARY.get_or_init(|| {
        let mut library = Library { names: Vec::new(), declarations: FxHashMap::default() };
        for (_, text) in FILES {
            for (name, text) in declarations(text) {
                library.names.push(name);
                library.declarations.insert(name, Declaration { text, item: OnceLock::new() });
            }
        }
        library
    })
}

/// A declaration of the library.
pub fn find(name: &str) -> Option<Arc<Item>> {
    let declaration = library().declarations.get(name)?;
    let parse = || {
        // Places in the library are never shown: what is expanded from it stands at the user's call.
        let ast = crate::parse::parse(declaration.text, FileId::default(), &mut Diagnostics::new());
        ast.items.into_iter().next().map(Arc::new)
    };
    declaration.item.get_or_init(parse).clone()
}

/// Whether the library has a declaration of this name.
pub fn has(name: &str) -> bool {
    library().declarations.contains_key(name)
}

/// Every name of the library.
pub fn names() -> impl Iterator<Item = &'static str> {
    library().names.iter().copied()
}

/// Every declaration, for help and for tests.
pub fn items() -> impl Iterator<Item = Arc<Item>> {
    names().filter_map(find)
}

/// The name and the argument count of a function.
pub fn function_arity(item: &Item) -> Option<usize> {
    match &item.kind {
        ItemKind::Function(function) => Some(function.arguments.len()),
        ItemKind::ExternFunction(function) => Some(function.arguments.len()),
        _ => None,
    }
}

/// Cuts a file at the lines that begin a declaration; what is indented or closes a brace goes with the line before.
fn declarations(text: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut starts: Vec<(usize, &'static str)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some(name) = declared_name(line) {
            starts.push((at, name));
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([text.len()]).collect::<Vec<_>>();
    starts.iter().zip(ends).map(|((start, name), end)| (*name, &text[*start..end])).collect()
}

fn declared_name(line: &'static str) -> Option<&'static str> {
    let rest = ["extern fn ", "fn ", "layer "].iter().find_map(|word| line.strip_prefix(word))?;
    rest.split(['(', ' ']).next()
}
