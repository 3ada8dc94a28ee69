//! `ndec show FILE STAGE`: what a phase of the compiler made of a file.

use crate::Command;
use crate::shell::{self, Exit, Failure};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Arg, ArgAction, ArgMatches};
use nde::session::{self, Notation, Stage};
use std::io::{self, Write};

pub const COMMAND: Command = Command { name: "show", define, run };

const STAGES: &[(&str, Stage, &str)] = &[
    ("ast", Stage::Ast, "the syntax tree"),
    ("model", Stage::Model, "names, kinds, shapes and units after checking"),
    ("system", Stage::System, "the equations as the solver sees them"),
    ("jacobian", Stage::Jacobian, "the derivatives by the states"),
    ("adjoint", Stage::Adjoint, "the products of a row vector with the derivatives"),
    ("sparsity", Stage::Sparsity, "where the Jacobian is not zero"),
    ("program", Stage::Program, "the loops that become machine code"),
];

fn define(command: clap::Command) -> clap::Command {
    let values = STAGES.iter().map(|(name, _, help)| PossibleValue::new(*name).help(*help));
    command
        .about("Print any stage of the compiler")
        .after_help("Example:\n  ndec show model.nde jacobian --latex")
        .arg(shell::file_argument())
        .arg(
            Arg::new("stage")
                .value_name("STAGE")
                .required(true)
                .value_parser(PossibleValuesParser::new(values))
                .help("What to print"),
        )
        .arg(Arg::new("latex").long("latex").action(ArgAction::SetTrue).help("Write formulas in LaTeX"))
}

fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let path = shell::file(arguments);
    let name = arguments.get_one::<String>("stage").map_or("", String::as_str);
    let stage = STAGES.iter().find(|(known, ..)| *known == name).map_or(Stage::Ast, |(_, stage, _)| *stage);
    let notation = if arguments.get_flag("latex") { Notation::Latex } else { Notation::Text };
    let (shown, complaints) =
        session::show(path, stage, notation).map_err(|error| Failure::unreadable(path, &error))?;
    shell::complain_about(&complaints);
    match shown {
        Some(text) => {
            io::stdout().lock().write_all(text.as_bytes())?;
            Ok(Exit::Done)
        }
        None => Ok(Exit::Failed),
    }
}
