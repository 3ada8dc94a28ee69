//! Tables of NumPy's `npz`: an array a column; an array of two dimensions has a vector in each row.

use std::fs::File;
use std::io::{BufReader, Read};

use nde_compiler::check::data::{Column, DataTable};
use npyz::{Deserialize, NpyFile, Order};
use zip::ZipArchive;

/// The largest array, in bytes when unpacked.
const LARGEST: u64 = 1 << 30;
/// Dictionaries of headers are flat, but for the shape and the fields of records.
const DEEPEST: usize = 8;

/// Reads the arrays of numbers of one or two dimensions; others are no columns, and stay unread.
pub fn read(file: File) -> Result<DataTable, String> {
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| error.to_string())?;
    let mut table = DataTable::default();
    for k in 0..archive.len() {
        let entry = archive.by_index(k).map_err(|error| error.to_string())?;
        let name = entry.name().map_err(|error| error.to_string())?;
        let Some(name) = name.strip_suffix(".npy").map(str::to_owned) else { continue };
        let wrong = |what: String| format!("the array `{name}`: {what}");
        let mut bytes = Vec::new();
        entry.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| wrong(error.to_string()))?;
        if bytes.len() as u64 > LARGEST {
            return Err(wrong("it has more than 1 GiB".into()));
        }
        if is_deep(&bytes) {
            return Err(wrong("its header is no dictionary of NumPy's".into()));
        }
        if let Some(array) = array(&bytes).map_err(|error| wrong(error.to_string()))? {
            columns(&name, &array, &mut table.columns);
        }
    }
    match table.columns.is_empty() {
        true => Err("it has no arrays of numbers with one or two dimensions".into()),
        false => Ok(table),
    }
}

/// Whether brackets nest as no header's do: its reader descends into each.
fn is_deep(bytes: &[u8]) -> bool {
    let mut depth = 0usize;
    // A header ends where a line does.
    for byte in bytes.iter().skip(10).take_while(|&&byte| byte != b'\n') {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

/// Numbers with the extents of their array.
struct Array {
    values: Vec<f64>,
    rows: usize,
    width: Option<usize>,
    order: Order,
}

/// The array, `None` where it is none of numbers or has other dimensions.
fn array(bytes: &[u8]) -> std::io::Result<Option<Array>> {
    let file = NpyFile::new(bytes)?;
    let (rows, width) = match *file.shape() {
        [rows] => (rows as usize, None),
        [rows, width] => (rows as usize, Some(width as usize)),
        _ => return Ok(None),
    };
    let count = rows.checked_mul(width.unwrap_or(1)).filter(|&count| count <= bytes.len());
    let Some(count) = count else {
        return Err(std::io::Error::other("its shape is larger than its data"));
    };
    let order = file.order();
    let mut found = None;
    macro_rules! try_as {
        ($file:expr, $first:ty $(, $rest:ty)*) => {
            match take::<$first>($file, count, |x| x as f64)? {
                Ok(values) => found = Some(values),
                Err(_file) => { try_as!(_file $(, $rest)*); }
            }
        };
        ($file:expr) => { let _ = $file; };
    }
    try_as!(file, f64, f32, i64, i32, i16, i8, u64, u32, u16, u8);
    Ok(found.map(|values| Array { values, rows, width, order }))
}

/// The numbers, where they are of this type; the file otherwise.
fn take<T: Deserialize>(
    file: NpyFile<&[u8]>,
    count: usize,
    to: impl Fn(T) -> f64,
) -> std::io::Result<Result<Vec<f64>, NpyFile<&[u8]>>> {
    match file.try_data::<T>() {
        Ok(data) => data.take(count).map(|x| x.map(&to)).collect::<std::io::Result<_>>().map(Ok),
        Err(file) => Ok(Err(file)),
    }
}

fn columns(name: &str, array: &Array, columns: &mut Vec<Column>) {
    let Some(width) = array.width else {
        columns.push(Column::new(name, array.values.clone()));
        return;
    };
    for k in 0..width {
        let at = |row: usize| match array.order {
            Order::C => array.values[row * width + k],
            Order::Fortran => array.values[k * array.rows + row],
        };
        columns.push(Column::new(&format!("{name}[{}]", k + 1), (0..array.rows).map(at).collect()));
    }
}
