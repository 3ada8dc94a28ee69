//! `ndec new NAME`: a commented model to start from.

use crate::Command;
use crate::shell::{self, Exit, Failure};
use clap::{Arg, ArgMatches};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

pub const COMMAND: Command = Command { name: "new", define, run };

const STARTER: &str = include_str!("starter.nde");

fn define(command: clap::Command) -> clap::Command {
    command
        .about("Write NAME.nde, a commented model to start from")
        .after_help("Example:\n  ndec new fishery && ndec run fishery.nde")
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .required(true)
                .help("The file's name, with or without `.nde`"),
        )
}

fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let name = arguments.get_one::<String>("name").map_or("", String::as_str);
    let path = PathBuf::from(format!("{}.nde", name.strip_suffix(".nde").unwrap_or(name)));
    if path.file_name().is_none_or(|file| file == ".nde") {
        shell::complain(&format!("{} a file needs a name\n", shell::stderr_style().error("error:")));
        return Ok(Exit::Usage);
    }
    let fail = |cause: String| Failure::File(format!("cannot write `{}`: {cause}", path.display()));
    // `create_new` refuses an existing file in the same step that makes a new one.
    let mut file = std::fs::File::create_new(&path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => fail("it exists already, and nothing was changed".into()),
        _ => fail(error.to_string()),
    })?;
    file.write_all(STARTER.as_bytes()).map_err(|error| fail(error.to_string()))?;
    shell::complain(&format!("wrote {0}; `ndec run {0}` solves it\n", path.display()));
    Ok(Exit::Done)
}
