//! Tables of Apache Parquet: a column a field that holds numbers.

use std::fs::File;

use nde_compiler::check::data::{Column, DataTable};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;

/// Reads the columns of numbers; other columns say where the first cell of theirs stands that is none.
pub fn read(file: File) -> Result<DataTable, String> {
    let reader = SerializedFileReader::new(file).map_err(|error| error.to_string())?;
    let schema = reader.metadata().file_metadata().schema().get_fields().to_vec();
    let mut open: Vec<(Column, Vec<f64>)> =
        schema.iter().map(|field| (Column::new(field.name(), Vec::new()), Vec::new())).collect();
    let rows = reader.get_row_iter(None).map_err(|error| error.to_string())?;
    for (k, row) in (1..).zip(rows) {
        let row = row.map_err(|error| error.to_string())?;
        for ((_, field), (column, values)) in row.get_column_iter().zip(&mut open) {
            let value = number(field);
            if value.is_none() && column.bad.is_none() {
                let text: String = field.to_string().chars().take(40).collect();
                column.bad = Some((format!("row {k}"), text));
            }
            values.push(value.unwrap_or(f64::NAN));
        }
    }
    let columns = open.into_iter().map(|(column, values)| Column { values: values.into(), ..column });
    Ok(DataTable { columns: columns.collect() })
}

/// The number of a cell, NaN where it has none; `None` where it is something else.
fn number(field: &Field) -> Option<f64> {
    Some(match *field {
        Field::Null => f64::NAN,
        Field::Double(x) => x,
        Field::Float(x) => f64::from(x),
        Field::Float16(x) => f64::from(x.to_f32()),
        Field::Byte(x) => f64::from(x),
        Field::Short(x) => f64::from(x),
        Field::Int(x) => f64::from(x),
        Field::Long(x) => x as f64,
        Field::UByte(x) => f64::from(x),
        Field::UShort(x) => f64::from(x),
        Field::UInt(x) => f64::from(x),
        Field::ULong(x) => x as f64,
        _ => return None,
    })
}
