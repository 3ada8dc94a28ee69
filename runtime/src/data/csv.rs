//! Tables of comma-separated values: a line of names, `t` or `c [mg/L]`, then a line a row.

use std::fs::File;
use std::io::{BufRead, BufReader};

use ::csv::{ByteRecord, ReaderBuilder, Trim};
use nde_compiler::check::data::{Column, DataTable};

/// What a cell without a value holds.
const MISSING: &[&str] = &["", "na", "n/a", "nan", "null", "none"];

/// What stands between cells: the first of these that the line of names has.
const SEPARATORS: &[u8] = b",;\t";

/// Reads the rows; a column with cells that are no numbers says where the first of them stands, should it be asked for.
pub fn read(file: File, name: &str) -> Result<DataTable, String> {
    let mut text = BufReader::with_capacity(1 << 16, file);
    let start = text.fill_buf().map_err(|error| error.to_string())?;
    let mark = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let names = start[mark..].split(|&b| b == b'\n').find(|line| !line.starts_with(b"#"));
    let separator = SEPARATORS.iter().find(|s| names.is_some_and(|line| line.contains(s)));
    let separator = separator.copied().unwrap_or(b',');
    text.consume(mark);
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(Trim::All)
        .from_reader(text);
    let header = reader.byte_headers().map_err(|error| error.to_string())?.clone();
    let mut columns = header_columns(&header)?;
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| error.to_string())? {
        let line = record.position().map_or(0, |p| p.line());
        if record.len() != columns.len() {
            let (cells, names) = (record.len(), columns.len());
            return Err(format!(
                "line {line} has another number of cells ({cells}) than the line of names ({names})"
            ));
        }
        for (cell, column) in record.iter().zip(&mut columns) {
            let value = number(cell);
            if value.is_none() && column.column.bad.is_none() {
                let plain = |c: char| if c.is_control() { ' ' } else { c };
                let text = String::from_utf8_lossy(cell).chars().take(40).map(plain).collect();
                column.column.bad = Some((format!("{name}:{line}"), text));
            }
            column.values.push(value.unwrap_or(f64::NAN));
        }
    }
    let finish = |open: Open| Column { values: open.values.into(), ..open.column };
    let table = DataTable { columns: columns.into_iter().map(finish).collect() };
    match table.uneven() {
        Some(what) => Err(what),
        None => Ok(table),
    }
}

/// A column that is being read.
struct Open {
    column: Column,
    values: Vec<f64>,
}

fn header_columns(header: &ByteRecord) -> Result<Vec<Open>, String> {
    if header.iter().all(<[u8]>::is_empty) {
        return Err("it is empty".into());
    }
    if header.iter().all(|cell| number(cell).is_some()) {
        return Err("its first line has numbers, and should have the names of the columns".into());
    }
    let open = |cell: &[u8]| {
        let text = std::str::from_utf8(cell).map_err(|_| "it is not UTF-8 text".to_owned())?;
        let (name, unit) = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            Some((name, unit)) => (name.trim(), Some(unit.trim().to_owned())),
            None => (text, None),
        };
        Ok(Open { column: Column { unit, ..Column::new(name, Vec::new()) }, values: Vec::new() })
    };
    header.iter().map(open).collect()
}

/// The number of a cell, NaN where it has none; `None` where it is something else.
fn number(cell: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(cell).ok()?;
    match text.parse::<f64>() {
        Ok(value) => Some(value),
        Err(_) => MISSING.iter().any(|missing| text.eq_ignore_ascii_case(missing)).then_some(f64::NAN),
    }
}
