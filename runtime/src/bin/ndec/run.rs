//! `ndec run FILE`: run a file's tasks and show what they computed.

use crate::Command;
use crate::shell::{self, Exit, Failure};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use nde::output::lettering::Lettering;
use nde::output::progress::Bar;
use nde::output::{Figure, Report, TaskError, TaskResult, csv, file, html, json, png, svg, terminal, text};
use nde::session::{self, Interrupt, RunOptions, Setting};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

pub const COMMAND: Command = Command { name: "run", define, run };

const EXAMPLES: &str = "Examples:
  ndec run lotka.nde                            every task; a summary, the table's ends, the plot
  ndec run lotka.nde --set α=1.2 --set x=5      another parameter, another initial value
  ndec run lotka.nde --task 2 --method rodas5p  the second task only, by another method
  ndec run lotka.nde --format csv > lotka.csv   the last solve's table
  ndec run lotka.nde --plot=svg --out figures   a figure of each task";

fn define(command: clap::Command) -> clap::Command {
    command
        .about("Run a file's tasks: solve, fit, sweep")
        .after_help(EXAMPLES)
        .arg(shell::file_argument())
        .arg(
            Arg::new("set")
                .long("set")
                .value_name("NAME=VALUE")
                .action(ArgAction::Append)
                .value_parser(setting)
                .help("Give a parameter, initial value or structural argument another value; repeatable"),
        )
        .arg(
            Arg::new("task")
                .long("task")
                .value_name("K")
                .value_parser(value_parser!(u32).range(1..))
                .help("Run only the K-th task of the file, counted from 1"),
        )
        .arg(
            Arg::new("method")
                .long("method")
                .value_name("METHOD")
                .help("Solve by this method: a name, or a call such as `tsit5(rtol = 1e-9)`"),
        )
        .arg(
            Arg::new("repeat")
                .long("repeat")
                .value_name("N")
                .value_parser(value_parser!(u32))
                .default_value("0")
                .hide_default_value(true)
                .help("Solve each task N times more and report the median and the least time"),
        )
        .arg(shell::format_argument(&["text", "csv", "json"]).help("How results are printed"))
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("DIR")
                .value_parser(value_parser!(PathBuf))
                .help("The folder for the files that tasks write; made if missing"),
        )
        .arg(
            Arg::new("plot")
                .long("plot")
                .value_name("KIND")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("terminal")
                .value_parser(PossibleValuesParser::new(["terminal", "svg", "png", "html"]))
                .help("Draw every task's columns: in the terminal, or to files"),
        )
}

fn setting(argument: &str) -> Result<Setting, String> {
    match argument.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok(Setting { name: name.trim().into(), value: value.trim().into() })
        }
        _ => Err("expected name=value, such as `α=1.5`".into()),
    }
}

fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let path = shell::file(arguments);
    let options = RunOptions {
        set: arguments.get_many::<Setting>("set").into_iter().flatten().cloned().collect(),
        task: arguments.get_one::<u32>("task").map(|task| *task as usize),
        method: arguments.get_one::<String>("method").cloned(),
        repeat: arguments.get_one::<u32>("repeat").copied().unwrap_or(0),
        ..RunOptions::default()
    };
    let interrupt = interruptible();
    let mut bar = Bar::new();
    let outcome = session::run(path, &options, &interrupt, &mut |progress| bar.update(progress))
        .map_err(|error| Failure::unreadable(path, &error))?;
    drop(bar);

    shell::complain_about(&outcome.complaints);
    let report = &outcome.report;
    report
        .tasks
        .iter()
        .filter_map(|task| task.error.as_ref())
        .for_each(|error| shell::complain(&rendered(error)));
    if report.tasks.is_empty() && !outcome.complaints.diagnostics.has_errors() {
        shell::complain(&format!("{} has no task: `solve M over 0..10` would be one\n", path.display()));
    }
    let plot = arguments.get_one::<String>("plot").map(String::as_str);
    // What cannot be written is no reason to lose the rest.
    let mut is_written = true;
    for target in write_files(report, path, arguments.get_one::<PathBuf>("out"), plot) {
        is_written &= target.is_ok();
        match target {
            Ok(target) => shell::complain(&format!("wrote {}\n", target.display())),
            Err(failure) => shell::complain_of(&failure),
        }
    }
    print(report, shell::format(arguments), plot)?;

    let failed = !is_written
        || outcome.complaints.diagnostics.has_errors()
        || report.tasks.iter().any(|task| task.failed());
    Ok(match failed {
        _ if interrupt.is_set() => Exit::Interrupted,
        true => Exit::Failed,
        false => Exit::Done,
    })
}

/// The first Ctrl-C ends the run and keeps what was computed; a second one ends the process.
fn interruptible() -> Interrupt {
    let interrupt = Interrupt::default();
    let flag = interrupt.clone();
    // Without a handler Ctrl-C ends the process at once, which is no reason not to run.
    let _ = ctrlc::set_handler(move || {
        if flag.set() {
            std::process::exit(130);
        }
    });
    interrupt
}

fn rendered(error: &TaskError) -> String {
    let head = shell::stderr_style().error(&format!("error[{}]:", error.code));
    let help = error.help.as_ref().map(|help| format!("   help: {}\n", help.replace('\n', "\n         ")));
    format!("{head} {}\n{}", error.message, help.unwrap_or_default())
}

/// Results on stdout: one document, or for people a text with the plots that tasks or the user ask for.
fn print(report: &Report, format: &str, plot: Option<&str>) -> io::Result<()> {
    let mut stdout = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    match format {
        "json" => json::write(report, &mut stdout)?,
        "csv" => report.csv_task().map_or(Ok(()), |task| csv::write(&task.table, &mut stdout))?,
        _ => return print_text(report, plot, &mut stdout),
    }
    if plot == Some("terminal") {
        let style = shell::stderr_style();
        report
            .tasks
            .iter()
            .filter_map(|task| drawing(task, style))
            .for_each(|drawing| shell::complain(&drawing));
    }
    stdout.flush()
}

fn print_text(report: &Report, plot: Option<&str>, stdout: &mut impl Write) -> io::Result<()> {
    let width = shell::terminal_size().columns;
    for (place, task) in report.tasks.iter().enumerate() {
        if place > 0 {
            writeln!(stdout)?;
        }
        text::write_task(task, width, &mut *stdout)?;
        let asked = plot == Some("terminal") || (plot.is_none() && !task.plot.is_empty());
        if let Some(drawing) = drawing(task, shell::stdout_style()).filter(|_| asked) {
            writeln!(stdout)?;
            stdout.write_all(drawing.as_bytes())?;
        }
    }
    stdout.flush()
}

fn drawing(task: &nde::output::TaskResult, style: shell::Style) -> Option<String> {
    let size = shell::terminal_size();
    let figure = Figure::of(task, size.most_panels())?;
    Some(terminal::draw(&figure, size, style.paint()))
}

/// Writes the tables that `out = "…"` names and the figures; for each its path, or why it could not be written.
fn write_files(
    report: &Report,
    path: &Path,
    folder: Option<&PathBuf>,
    plot: Option<&str>,
) -> Vec<Result<PathBuf, Failure>> {
    let folder = folder.map_or(Path::new(""), PathBuf::as_path);
    if !folder.as_os_str().is_empty()
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        return vec![Err(Failure::File(format!("cannot make the folder `{}`: {error}", folder.display())))];
    }
    let mut written = Vec::new();
    let mut write = |target: PathBuf, fill: &dyn Fn(&mut dyn Write) -> std::io::Result<()>| {
        written.push(file::replace(&target, fill).map(|()| target).map_err(Failure::from));
    };
    for task in &report.tasks {
        // A task that never began leaves the table of an earlier run alone.
        if let Some(name) = task.out.as_ref().filter(|_| !task.table.columns.is_empty()) {
            let target = folder.join(name);
            let events = target.with_extension("events.csv");
            write(target, &|sink| csv::write(&task.table, sink));
            if !task.events.is_empty() {
                write(events, &|sink| csv::write_events(&task.events, sink));
            }
        }
    }
    for (name, bytes) in figure_files(report, path, plot) {
        write(folder.join(name), &|sink| sink.write_all(&bytes));
    }
    written
}

/// The figures as files, named by the model's file and, where several tasks ran, by the task's number.
fn figure_files(report: &Report, path: &Path, plot: Option<&str>) -> Vec<(String, Vec<u8>)> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = |task: &TaskResult, ending: &str| match report.tasks.len() {
        1 => format!("{stem}.{ending}"),
        _ => format!("{stem}-{}.{ending}", task.number),
    };
    let figures = report.tasks.iter().filter_map(|task| Some((task, Figure::of(task, svg::MOST_PANELS)?)));
    match plot {
        Some("svg") => figures
            .map(|(task, figure)| {
                (
                    name(task, "svg"),
                    svg::draw(&figure, svg::Size::suiting(&figure), &Lettering::Text).into_bytes(),
                )
            })
            .collect(),
        Some("png") => figures
            .map(|(task, figure)| (name(task, "png"), png::draw(&figure, svg::Size::suiting(&figure))))
            .collect(),
        Some("html") => {
            let figures: Vec<Figure> = figures.map(|(_, figure)| figure).collect();
            vec![(format!("{stem}.html"), html::draw(&stem, &figures).into_bytes())]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nde::output::{Column, Table, Work};

    fn task(number: usize) -> TaskResult {
        let columns = vec![Column::new("t", vec![0.0, 1.0]), Column::new("x", vec![1.0, 2.0])];
        TaskResult {
            number,
            work: Work::Solve,
            model: "M".into(),
            doc: None,
            status: "finished",
            table: Table { columns },
            events: Vec::new(),
            stats: Vec::new(),
            method: "tsit5".into(),
            reason: String::new(),
            linear: None,
            notes: Vec::new(),
            error: None,
            plot: vec![Column::new("x", vec![1.0, 2.0])],
            out: Some(format!("table{number}.csv")),
        }
    }

    #[test]
    fn files_go_to_the_folder_under_the_names_of_tasks() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("results");
        let report = Report { tasks: vec![task(1), task(3)] };
        let written = |plot| {
            let files = write_files(&report, Path::new("models/lotka.nde"), Some(&folder), Some(plot));
            assert!(files.iter().all(Result::is_ok));
        };
        written("svg");
        written("html");
        written("png");
        let mut names: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        let figures = ["lotka-1.png", "lotka-1.svg", "lotka-3.png", "lotka-3.svg", "lotka.html"];
        assert_eq!(names, [&figures[..], &["table1.csv", "table3.csv"]].concat());
        assert_eq!(std::fs::read_to_string(folder.join("table1.csv")).unwrap(), "t,x\n0,1\n1,2\n");
    }

    #[test]
    fn text_shows_the_plots_that_tasks_ask_for() {
        let report = Report { tasks: vec![task(1), TaskResult { plot: Vec::new(), ..task(2) }] };
        let shown = |plot| {
            let mut bytes = Vec::new();
            print_text(&report, plot, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap().matches('└').count()
        };
        assert_eq!((shown(None), shown(Some("terminal")), shown(Some("svg"))), (1, 2, 0));
    }

    #[test]
    fn settings_part_at_the_first_equals_sign() {
        let one = |argument| setting(argument).map(|s| (s.name, s.value));
        assert_eq!(one("α = 1.5"), Ok(("α".into(), "1.5".into())));
        assert_eq!(one("a.k=[1, 2]"), Ok(("a.k".into(), "[1, 2]".into())));
        assert!(one("α").is_err() && one("=1").is_err() && one("α=").is_err());
    }
}
