//! `ndec explain CODE`: what a diagnostic means, with an example.

use crate::Command;
use crate::shell::{self, Exit, Failure};
use clap::{Arg, ArgMatches};
use nde::session;
use nde_compiler::diagnostics::CodeInfo;
use std::io::{self, Write};

pub const COMMAND: Command = Command { name: "explain", define, run };

fn define(command: clap::Command) -> clap::Command {
    command
        .about("Explain a diagnostic's code; without one, list all codes")
        .after_help("Example:\n  ndec explain E0003")
        .arg(Arg::new("code").value_name("CODE").help("Such as E0003; upper or lower case"))
}

fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    let Some(code) = arguments.get_one::<String>("code") else {
        for info in session::codes() {
            writeln!(stdout, "{}  {}", info.code, info.title)?;
        }
        stdout.flush()?;
        return Ok(Exit::Done);
    };
    match session::codes().find(|info| info.code.eq_ignore_ascii_case(code)) {
        Some(info) => {
            write_info(info, shell::terminal_size().columns, &mut stdout)?;
            stdout.flush()?;
            Ok(Exit::Done)
        }
        None => {
            let head = shell::stderr_style().error("error:");
            shell::complain(&format!("{head} no diagnostic has the code `{code}`\n{}", nearest(code)));
            Ok(Exit::Usage)
        }
    }
}

fn write_info(info: &CodeInfo, width: usize, sink: &mut impl Write) -> io::Result<()> {
    writeln!(sink, "{}: {}\n", info.code, info.title)?;
    for line in wrapped(info.explanation, width.min(88)) {
        writeln!(sink, "{line}")?;
    }
    if !info.example.is_empty() {
        writeln!(sink, "\nFor example:\n")?;
        info.example.lines().try_for_each(|line| writeln!(sink, "    {line}"))?;
    }
    Ok(())
}

/// Words in lines of at most `width` characters, where words allow.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn nearest(code: &str) -> String {
    let code = code.to_ascii_uppercase();
    let near = session::codes()
        .map(|info| (strsim::damerau_levenshtein(&code, info.code), info))
        .min_by_key(|n| n.0);
    match near {
        Some((distance, info)) if distance <= 2 => {
            format!("   help: did you mean {} ({})?\n", info.code, info.title)
        }
        _ => "   help: `ndec explain` lists all codes\n".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_wrap_at_words() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("incomprehensible", 4), ["incomprehensible"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
