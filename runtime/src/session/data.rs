//! Reads the files that the data of a module comes from.

use std::path::Path;

use nde_compiler::check::data::SourceKind;
use nde_compiler::check::{self, Module};
use nde_compiler::diagnostics::Diagnostics;

use crate::data::{self, Trouble};

/// Reads all data whose files are there. One that is not there is missed when a task needs it.
pub fn read(module: &mut Module, folder: &Path, diagnostics: &mut Diagnostics) {
    let mut tables = Vec::new();
    for (file, declared, source) in check::data::files(module) {
        let Some(path) = source.path.as_ref().filter(|_| source.kind != SourceKind::Simulate) else {
            continue;
        };
        // Data is relative to the file that declares it.
        let from = Path::new(&module.files[file].path).parent().unwrap_or(Path::new(""));
        let table = match data::read(source.kind, &folder.join(from).join(&*path.text)) {
            Ok(mut table) => {
                data::give_units(&mut table.columns, source.units.iter().map(|unit| &*unit.text));
                Ok(table)
            }
            Err(Trouble::Unread(reason)) => Err(reason),
            Err(Trouble::Content(what)) => {
                diagnostics.push(check::error::no_table(&what, path.span));
                Err(what)
            }
        };
        tables.push(((file, declared.name.text.clone()), table));
    }
    module.tables.extend(tables);
}
