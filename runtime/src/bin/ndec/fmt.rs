//! `ndec fmt FILE…`: the canonical layout, in place.

use crate::Command;
use crate::shell::{self, Exit, Failure};
use clap::{Arg, ArgAction, ArgMatches};
use nde::output::file;
use nde::session;
use std::io::{self, Write};
use std::path::Path;

pub const COMMAND: Command = Command { name: "fmt", define, run };

fn define(command: clap::Command) -> clap::Command {
    command
        .about("Lay files out the canonical way, in place")
        .after_help(
            "Comments stay. A file with errors is left as it is.\n\nExample:\n  ndec fmt --check *.nde",
        )
        .arg(shell::files_argument())
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .help("Change nothing; list the files that would change and exit with 1"),
        )
}

fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for path in shell::files(arguments) {
        let read = std::fs::read_to_string(path).and_then(|text| Ok((text, session::format(path)?)));
        let (text, (formatted, complaints)) = match read {
            Ok(read) => read,
            Err(error) => {
                exit = Exit::Failed;
                shell::complain_of(&Failure::unreadable(path, &error));
                continue;
            }
        };
        match formatted {
            None => {
                shell::complain_about(&complaints);
                exit = Exit::Failed;
            }
            Some(formatted) if formatted == text => {}
            Some(_) if arguments.get_flag("check") => {
                writeln!(io::stdout().lock(), "{}", path.display())?;
                exit = Exit::Failed;
            }
            Some(formatted) => rewrite(path, &formatted)?,
        }
    }
    Ok(exit)
}

/// Through a symbolic link to the file itself, so that the link stays one.
fn rewrite(path: &Path, text: &str) -> Result<(), Failure> {
    let target = path.canonicalize().map_err(|error| Failure::unreadable(path, &error))?;
    Ok(file::replace(&target, |sink| sink.write_all(text.as_bytes()))?)
}
