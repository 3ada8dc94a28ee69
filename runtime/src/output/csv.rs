//! A table as CSV: header `t,x,u[1]`, shortest round-trip decimals; `nan`, `inf`, `-inf` as words.

use super::{EventRecord, Table, number::shortest};
use std::io::{self, Write};

/// Writes the header and one line a row, in memory that does not grow with the table.
///
/// Names with commas (`u[2,3]`) are quoted. A table without columns writes nothing.
///
/// # Errors
/// Whatever `sink` reports.
pub fn write(table: &Table, sink: impl Write) -> io::Result<()> {
    if table.columns.is_empty() {
        return Ok(());
    }
    let mut writer = ::csv::Writer::from_writer(sink);
    writer.write_record(table.columns.iter().map(|column| &column.name)).map_err(cause)?;
    let mut cell = String::new();
    for row in 0..table.rows() {
        for column in &table.columns {
            cell.clear();
            shortest(column.values[row], &mut cell);
            writer.write_field(&cell).map_err(cause)?;
        }
        writer.write_record(None::<&[u8]>).map_err(cause)?;
    }
    writer.flush()
}

/// Writes one line a firing: `t,event` and what is logged of events, empty where it is not of this one.
///
/// # Errors
/// Whatever `sink` reports.
pub fn write_events(events: &[EventRecord], sink: impl Write) -> io::Result<()> {
    let mut logged: Vec<&str> = Vec::new();
    for (name, _) in events.iter().flat_map(|event| &event.values) {
        if !logged.contains(&name.as_str()) {
            logged.push(name);
        }
    }
    let mut writer = ::csv::Writer::from_writer(sink);
    writer.write_record(["t", "event"].iter().chain(&logged)).map_err(cause)?;
    for event in events {
        let mut cell = String::new();
        shortest(event.t, &mut cell);
        writer.write_field(&cell).map_err(cause)?;
        writer.write_field(&event.name).map_err(cause)?;
        for name in &logged {
            cell.clear();
            if let Some((_, value)) = event.values.iter().find(|(own, _)| own == name) {
                shortest(*value, &mut cell);
            }
            writer.write_field(&cell).map_err(cause)?;
        }
        writer.write_record(None::<&[u8]>).map_err(cause)?;
    }
    writer.flush()
}

/// The sink's own error, so that a closed pipe is still known as one.
fn cause(error: ::csv::Error) -> io::Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Column;
    use super::*;

    fn csv(columns: Vec<Column>) -> String {
        let mut bytes = Vec::new();
        write(&Table { columns }, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn header_rows_and_special_values() {
        let columns = vec![
            Column::new("t", vec![0.0, 0.1, 1e300]),
            Column::new("α", vec![1.0 / 3.0, f64::NAN, -0.0]),
            Column::new("u[2,3]", vec![f64::INFINITY, -f64::INFINITY, 5e-324]),
        ];
        insta::assert_snapshot!(csv(columns), @r#"
        t,α,"u[2,3]"
        0,0.3333333333333333,inf
        0.1,nan,-inf
        1e300,-0,5e-324
        "#);
    }

    #[test]
    fn events_have_a_line_each_with_what_is_logged_of_them() {
        let event = |name: &str, t, values: &[(&str, f64)]| EventRecord {
            name: name.into(),
            t,
            values: values.iter().map(|(name, value)| ((*name).into(), *value)).collect(),
        };
        let events = [event("dose[1,2]", 0.5, &[]), event("bounce", 1.25, &[("n", 1.0), ("v", -0.5)])];
        let mut bytes = Vec::new();
        write_events(&events, &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r#"
        t,event,n,v
        0.5,"dose[1,2]",,
        1.25,bounce,1,-0.5
        "#);
    }

    #[test]
    fn no_rows_leave_the_header_and_no_columns_nothing() {
        assert_eq!(csv(vec![Column::new("t", vec![]), Column::new("x", vec![])]), "t,x\n");
        assert_eq!(csv(vec![Column::new("t", vec![])]), "t\n");
        assert_eq!(csv(vec![]), "");
    }
}
