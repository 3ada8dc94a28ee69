//! `ndec methods`: every method that this version has.

use crate::Command;
use crate::shell::{self, Exit, Failure};
use clap::ArgMatches;
use nde::session::{self, MethodRow};
use serde_json::json;
use std::io::{self, Write};

pub const COMMAND: Command = Command { name: "methods", define, run };

fn define(command: clap::Command) -> clap::Command {
    command
        .about("List the methods that solve models")
        .after_help("Example:\n  ndec methods --format json")
        .arg(shell::format_argument(&["text", "json"]).help("How the list is printed"))
}

fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let rows = session::methods();
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    match shell::format(arguments) {
        "json" => write_json(&rows, &mut stdout)?,
        _ => write_text(&rows, &mut stdout)?,
    }
    stdout.flush()?;
    Ok(Exit::Done)
}

fn write_json(rows: &[MethodRow], sink: &mut impl Write) -> io::Result<()> {
    let row = |row: &MethodRow| {
        json!({
            "name": row.name,
            "family": row.family,
            "order": row.order,
            "dense_order": row.dense_order,
            "stability": row.stability,
            "adaptive": row.adaptive,
            "mass_matrix": row.mass,
            "summary": row.summary,
            "citation": row.citation,
        })
    };
    writeln!(sink, "{}", json!({ "methods": rows.iter().map(row).collect::<Vec<_>>() }))
}

fn write_text(rows: &[MethodRow], sink: &mut impl Write) -> io::Result<()> {
    let width = |cell: fn(&MethodRow) -> usize| rows.iter().map(cell).max().unwrap_or(0);
    let (names, families) = (width(|row| row.name.chars().count()), width(|row| row.family.chars().count()));
    let names = names.max("method".len());
    let families = families.max("family".len());
    writeln!(sink, "{:names$}  {:families$}  order  dense  use", "method", "family")?;
    for row in rows {
        let order = row.order;
        let dense = row.dense_order;
        let traits = match (row.adaptive, row.mass) {
            (false, _) => "; needs `dt`",
            (true, true) => "; mass matrices and algebraic equations",
            (true, false) => "",
        };
        writeln!(
            sink,
            "{:names$}  {:families$}  {order:>5}  {dense:>5}  {}{traits}",
            row.name, row.family, row.summary
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_align() {
        let row = |name, order, adaptive, mass| MethodRow {
            name,
            family: "explicit".into(),
            order,
            dense_order: order,
            stability: "none".into(),
            adaptive,
            mass,
            summary: "tests",
            citation: "",
        };
        let rows =
            [row("euler", 1, false, false), row("tsit5", 5, true, false), row("rodas5p", 5, true, true)];
        let mut text = Vec::new();
        write_text(&rows, &mut text).unwrap();
        insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r"
        method   family    order  dense  use
        euler    explicit      1      1  tests; needs `dt`
        tsit5    explicit      5      5  tests
        rodas5p  explicit      5      5  tests; mass matrices and algebraic equations
        ");
    }
}
