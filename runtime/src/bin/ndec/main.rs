//! `ndec`: run, check, format and explain `.nde` files.

mod check;
mod completions;
mod explain;
mod fmt;
mod help;
mod methods;
mod new;
mod run;
mod shell;
mod show;

use clap::ArgMatches;
use shell::{Exit, Failure};
use std::process::ExitCode;

/// A subcommand: how its arguments read and what it does with them.
pub struct Command {
    pub name: &'static str,
    /// Adds its arguments and help to a command that has its name.
    pub define: fn(clap::Command) -> clap::Command,
    pub run: fn(&ArgMatches) -> Result<Exit, Failure>,
}

/// In the order of the help text.
const COMMANDS: &[Command] = &[
    run::COMMAND,
    check::COMMAND,
    fmt::COMMAND,
    show::COMMAND,
    explain::COMMAND,
    new::COMMAND,
    methods::COMMAND,
    completions::COMMAND,
    help::COMMAND,
];

const EXAMPLES: &str = "Examples:
  ndec new lotka                        write lotka.nde, a model to start from
  ndec run lotka.nde                    solve it, show the plot
  ndec run lotka.nde --set α=1.2        with another parameter
  ndec run lotka.nde --format csv       the table, for other programs
  ndec help language                    every statement, with an example

Exit codes: 0 done, 1 a task or a check failed, 2 wrong usage, 130 interrupted.";

fn main() -> ExitCode {
    let matches = command_line().get_matches();
    let Some((name, arguments)) = matches.subcommand() else { return Exit::Usage.into() };
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Exit::Usage.into();
    };
    match (command.run)(arguments) {
        Ok(exit) => exit.into(),
        // Whoever reads our output has seen enough, as `head` does.
        Err(failure) if failure.is_closed_pipe() => Exit::Done.into(),
        Err(failure) => {
            shell::complain_of(&failure);
            Exit::Failed.into()
        }
    }
}

fn command_line() -> clap::Command {
    let ndec = clap::Command::new("ndec")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Solve, differentiate and train models made of differential equations")
        .after_help(EXAMPLES)
        .disable_help_subcommand(true)
        .subcommand_required(true)
        .arg_required_else_help(true);
    COMMANDS
        .iter()
        .fold(ndec, |ndec, command| ndec.subcommand((command.define)(clap::Command::new(command.name))))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_sound() {
        super::command_line().debug_assert();
    }
}
