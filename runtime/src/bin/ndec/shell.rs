//! The process' surroundings: exit codes, terminals, colours, arguments that several commands have.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgMatches};
use nde::output::terminal::{Paint, Size};
use nde::session::Complaints;
use nde_compiler::diagnostics::Look;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Exit {
    Done,
    Failed,
    Usage,
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 130,
        })
    }
}

/// What keeps a command from doing its work: stdout is closed, or a file cannot be read or written.
#[derive(Debug)]
pub enum Failure {
    Output(io::Error),
    File(String),
}

impl Failure {
    pub fn unreadable(path: &Path, error: &io::Error) -> Self {
        let cause = match error.kind() {
            io::ErrorKind::InvalidData => "it is not UTF-8 text".to_string(),
            io::ErrorKind::IsADirectory => "it is a folder".to_string(),
            _ => error.to_string(),
        };
        Failure::File(format!("cannot read `{}`: {cause}", path.display()))
    }

    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Failure::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Output(error) => write!(f, "cannot write the results: {error}"),
            Failure::File(message) => f.write_str(message),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Output(error)
    }
}

impl From<nde::output::file::FileError> for Failure {
    fn from(error: nde::output::file::FileError) -> Self {
        Failure::File(error.to_string())
    }
}

/// Whether words may be coloured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Style {
    Plain,
    Coloured,
}

impl Style {
    fn of(stream: &impl IsTerminal) -> Self {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if stream.is_terminal() && !set("NO_COLOR") && !dumb { Style::Coloured } else { Style::Plain }
    }

    pub fn error(self, text: &str) -> String {
        match self {
            Style::Plain => text.to_string(),
            Style::Coloured => format!("\x1b[1;31m{text}\x1b[0m"),
        }
    }

    pub fn heading(self, text: &str) -> String {
        match self {
            Style::Plain => format!("{text}\n{}", "-".repeat(text.chars().count())),
            Style::Coloured => format!("\x1b[1;4m{text}\x1b[0m"),
        }
    }

    pub fn paint(self) -> Paint {
        match self {
            Style::Plain => Paint::Plain,
            Style::Coloured => Paint::Colour,
        }
    }

    fn look(self) -> Look {
        match self {
            Style::Plain => Look::Plain,
            Style::Coloured => Look::Coloured,
        }
    }
}

pub fn stdout_style() -> Style {
    Style::of(&io::stdout())
}

pub fn stderr_style() -> Style {
    Style::of(&io::stderr())
}

/// The terminal's size, 80×24 where stdout is none.
pub fn terminal_size() -> Size {
    match terminal_size::terminal_size_of(io::stdout()) {
        // The last column and the prompt's line stay free, so that nothing wraps or scrolls away.
        Some((width, height)) => Size {
            columns: usize::from(width.0).saturating_sub(1).clamp(10, 160),
            rows: usize::from(height.0).saturating_sub(2).clamp(6, 40),
        },
        None => Size::default(),
    }
}

/// Writes to stderr; where that is closed there is nobody to tell.
pub fn complain(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Tells of something that failed while other work goes on.
pub fn complain_of(failure: &Failure) {
    complain(&format!("{} {failure}\n", stderr_style().error("error:")));
}

/// Prints a file's complaints, if any.
pub fn complain_about(complaints: &Complaints) {
    if !complaints.diagnostics.is_empty() {
        let width =
            terminal_size::terminal_size_of(io::stderr()).map_or(100, |(width, _)| usize::from(width.0));
        complain(&complaints.render(stderr_style().look(), width.clamp(40, 120)));
    }
}

/// The argument FILE.
pub fn file_argument() -> Arg {
    Arg::new("file")
        .value_name("FILE")
        .required(true)
        .value_parser(clap::value_parser!(PathBuf))
        .help("A `.nde` file")
}

pub fn file(arguments: &ArgMatches) -> &Path {
    arguments.get_one::<PathBuf>("file").map_or(Path::new(""), PathBuf::as_path)
}

/// The argument FILE…
pub fn files_argument() -> Arg {
    file_argument().num_args(1..).help("`.nde` files")
}

pub fn files(arguments: &ArgMatches) -> impl Iterator<Item = &Path> {
    arguments.get_many::<PathBuf>("file").into_iter().flatten().map(PathBuf::as_path)
}

/// The option `--format`, one of `names`; the first is the default.
pub fn format_argument(names: &'static [&'static str]) -> Arg {
    Arg::new("format")
        .long("format")
        .value_name("FORMAT")
        .value_parser(PossibleValuesParser::new(names))
        .default_value(names[0])
}

pub fn format(arguments: &ArgMatches) -> &str {
    arguments.get_one::<String>("format").map_or("text", String::as_str)
}
