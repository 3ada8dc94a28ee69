//! `ndec check FILE…`: every diagnostic, no run.

use crate::Command;
use crate::shell::{self, Exit, Failure};
use clap::ArgMatches;
use nde::session;
use serde_json::{Value, json};
use std::io::{self, Write};

pub const COMMAND: Command = Command { name: "check", define, run };

const EXAMPLES: &str = "Examples:
  ndec check *.nde
  ndec check model.nde --format json     for editors and scripts";

fn define(command: clap::Command) -> clap::Command {
    command
        .about("Report everything that is wrong in files, without running them")
        .after_help(EXAMPLES)
        .arg(shell::files_argument())
        .arg(shell::format_argument(&["text", "json"]).help("How diagnostics are printed"))
}

fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let as_json = shell::format(arguments) == "json";
    let mut diagnostics: Vec<Value> = Vec::new();
    let mut exit = Exit::Done;
    for path in shell::files(arguments) {
        let complaints = match session::check(path) {
            Ok(complaints) => complaints,
            Err(error) => {
                exit = Exit::Failed;
                shell::complain_of(&Failure::unreadable(path, &error));
                continue;
            }
        };
        if complaints.diagnostics.has_errors() {
            exit = Exit::Failed;
        }
        if as_json {
            diagnostics.extend(complaints.diagnostics.iter().map(|one| one.to_json(&complaints.sources)));
        } else {
            shell::complain_about(&complaints);
        }
    }
    if as_json {
        writeln!(io::stdout().lock(), "{}", json!({ "diagnostics": diagnostics }))?;
    }
    Ok(exit)
}
