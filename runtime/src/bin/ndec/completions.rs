//! `ndec completions SHELL`: a script that completes commands and options.

use crate::shell::{Exit, Failure};
use crate::{Command, command_line};
use clap::{Arg, ArgMatches, value_parser};
use clap_complete::Shell;
use std::io::{self, Write};

pub const COMMAND: Command = Command { name: "completions", define, run };

const EXAMPLES: &str = "Examples:
  ndec completions bash > ~/.local/share/bash-completion/completions/ndec
  ndec completions fish > ~/.config/fish/completions/ndec.fish";

fn define(command: clap::Command) -> clap::Command {
    command
        .about("Print a completion script for a shell")
        .after_help(EXAMPLES)
        .arg(Arg::new("shell").value_name("SHELL").required(true).value_parser(value_parser!(Shell)))
}

fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    if let Some(shell) = arguments.get_one::<Shell>("shell") {
        clap_complete::generate(*shell, &mut command_line(), "ndec", &mut script);
    }
    io::stdout().lock().write_all(&script)?;
    Ok(Exit::Done)
}
