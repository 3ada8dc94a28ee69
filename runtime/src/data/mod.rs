//! Data from files, and the functions that models read it by.

mod csv;
mod function;
mod interpolant;
mod npz;
#[cfg(feature = "parquet")]
mod parquet;

pub use function::functions;
pub use interpolant::{Guide, Interpolant};

use std::fs::File;
use std::path::Path;

use nde_compiler::check::data::{Column, DataTable, SourceKind};

/// The largest file of data, in bytes: what it holds is kept in memory.
const LARGEST: u64 = 4 << 30;

/// Why a file gave no data.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// It is not there, or cannot be read here.
    Unread(String),
    /// It is not what it should be.
    Content(String),
}

/// Reads a file of data.
///
/// # Errors
/// The file is not there or no ordinary file, or what it holds is no table.
pub fn read(kind: SourceKind, path: &Path) -> Result<DataTable, Trouble> {
    let unread = |reason: String| Trouble::Unread(format!("{}: {reason}", path.display()));
    // A pipe or a device could go on for ever.
    let about = std::fs::metadata(path).map_err(|error| unread(error.to_string()))?;
    if !about.is_file() {
        return Err(unread("it is no file".into()));
    }
    if about.len() > LARGEST {
        return Err(unread("it has more than 4 GiB".into()));
    }
    let file = File::open(path).map_err(|error| unread(error.to_string()))?;
    let content = |what: String| Trouble::Content(format!("{}: {what}", path.display()));
    match kind {
        SourceKind::Csv => csv::read(file, &path.display().to_string()).map_err(content),
        SourceKind::Npz => npz::read(file).map_err(content),
        SourceKind::Parquet => parquet(file, content, unread),
        SourceKind::Table | SourceKind::Simulate => Err(unread("it has no file".into())),
    }
}

#[cfg(feature = "parquet")]
fn parquet(
    file: File,
    content: impl Fn(String) -> Trouble,
    _: impl Fn(String) -> Trouble,
) -> Result<DataTable, Trouble> {
    parquet::read(file).map_err(content)
}

#[cfg(not(feature = "parquet"))]
fn parquet(
    _: File,
    _: impl Fn(String) -> Trouble,
    unread: impl Fn(String) -> Trouble,
) -> Result<DataTable, Trouble> {
    Err(unread("this build does not read Parquet (it is made with `--features parquet`)".into()))
}

/// Gives the columns the units of a declaration, one after the other.
pub fn give_units<'u>(columns: &mut [Column], units: impl Iterator<Item = &'u str>) {
    columns.iter_mut().zip(units).for_each(|(column, unit)| column.unit = Some(unit.to_owned()));
}
