//! `ndec help [COMMAND]` and `ndec help language [WORD]`: the commands, and the language statement by statement.

use crate::shell::{self, Exit, Failure, Style};
use crate::{Command, command_line};
use clap::{Arg, ArgMatches};
use std::io::{self, Write};

pub const COMMAND: Command = Command { name: "help", define, run };

/// Sections under `## word`, with examples between fences; each example passes `ndec check`.
const LANGUAGE: &str = include_str!("language.md");

const EXAMPLES: &str = "Examples:
  ndec help run
  ndec help language            every statement, with an example
  ndec help language event      one of them";

fn define(command: clap::Command) -> clap::Command {
    command
        .about("Explain a command, or the language")
        .after_help(EXAMPLES)
        .arg(Arg::new("topic").value_name("TOPIC").help("A command, or `language`"))
        .arg(Arg::new("word").value_name("WORD").help("A statement of the language, such as `event`"))
}

fn run(arguments: &ArgMatches) -> Result<Exit, Failure> {
    let topic = arguments.get_one::<String>("topic").map(String::as_str);
    let word = arguments.get_one::<String>("word").map(String::as_str);
    match (topic, word) {
        (None, _) => {
            command_line().print_help()?;
            Ok(Exit::Done)
        }
        (Some("language"), None) => print(sections()),
        (Some("language"), Some(word)) => match sections().find(|section| section.word == word) {
            Some(section) => print(std::iter::once(section)),
            None => {
                let words = sections().map(|section| section.word).filter(|word| !word.is_empty());
                unknown(&format!("the reference has no section `{word}`"), word, words)
            }
        },
        (Some(topic), None) => match command_line().find_subcommand_mut(topic) {
            // Its usage line begins with the program's name.
            Some(command) => {
                let command = command.clone().bin_name(format!("ndec {topic}"));
                command.display_name(format!("ndec-{topic}")).print_long_help()?;
                Ok(Exit::Done)
            }
            None => unknown_topic(topic),
        },
        (Some(topic), Some(_)) => unknown_topic(&format!("{topic} …")),
    }
}

fn unknown_topic(topic: &str) -> Result<Exit, Failure> {
    let commands = crate::COMMANDS.iter().map(|command| command.name);
    unknown(&format!("there is no help on `{topic}`"), topic, commands.chain(["language"]))
}

fn unknown<'w>(fact: &str, word: &str, words: impl Iterator<Item = &'w str>) -> Result<Exit, Failure> {
    let words: Vec<&str> = words.collect();
    let near = words.iter().min_by_key(|known| strsim::damerau_levenshtein(word, known));
    let help = match near {
        Some(near) if strsim::damerau_levenshtein(word, near) <= 2 => format!("did you mean `{near}`?"),
        _ => format!("there is: {}", words.join(" ")),
    };
    shell::complain(&format!("{} {fact}\n   help: {help}\n", shell::stderr_style().error("error:")));
    Ok(Exit::Usage)
}

/// A part of the reference; the first has no word.
struct Section {
    word: &'static str,
    text: &'static str,
}

fn sections() -> impl Iterator<Item = Section> {
    LANGUAGE.split("\n## ").enumerate().map(|(place, text)| match text.split_once('\n') {
        Some((word, text)) if place > 0 => Section { word, text },
        _ => Section { word: "", text },
    })
}

fn print(sections: impl Iterator<Item = Section>) -> Result<Exit, Failure> {
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    for (place, section) in sections.enumerate() {
        if place > 0 {
            writeln!(stdout)?;
        }
        stdout.write_all(rendered(&section, shell::stdout_style()).as_bytes())?;
    }
    stdout.flush()?;
    Ok(Exit::Done)
}

/// The heading, the words as they stand, and the examples indented; the name of a file stands above its text.
fn rendered(section: &Section, style: Style) -> String {
    let mut page = String::new();
    if !section.word.is_empty() {
        page += &style.heading(section.word);
        page.push('\n');
    }
    let mut inside = false;
    for line in section.text.trim_end().lines() {
        match line.strip_prefix("```") {
            Some(fence) => {
                inside = !inside;
                if let Some(name) = fence.strip_prefix("nde ") {
                    page += &format!("{name}:\n");
                }
            }
            None if inside && !line.is_empty() => page += &format!("    {line}\n"),
            None => page += &format!("{line}\n"),
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_section_has_a_word_of_its_own() {
        let mut words: Vec<&str> = sections().map(|section| section.word).collect();
        assert!(words.len() > 20 && words[0].is_empty(), "{words:?}");
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), sections().count());
    }

    #[test]
    fn pages_show_examples_without_fences_and_fit_a_wide_terminal() {
        for section in sections() {
            let page = rendered(&section, Style::Plain);
            assert!(!page.contains("```"), "{page}");
            assert!(section.word.is_empty() || page.contains("\n    "), "{} has no example", section.word);
            let widest = page.lines().map(|line| line.chars().count()).max();
            assert!(widest.is_some_and(|width| width <= 120), "{page}");
        }
    }
}
