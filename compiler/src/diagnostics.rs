//! What the phases complain into, and its rendering: as text through miette, and as JSON.

use std::fmt::{self, Write as _};
use std::ops::Range;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, SourceSpan, SpanContents};
use serde_json::{Value, json};

/// A file of a [`Sources`] table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// Bytes `start..end` of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

/// Every text that spans may point into.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

/// A text with its name and where its lines begin.
#[derive(Clone, Debug)]
pub struct Source {
    pub name: String,
    pub text: String,
    /// Offset of the first byte of each line; at least one.
    lines: Vec<u32>,
}

/// Counted from 1; the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// A lint: nothing is wrong, something may be meant otherwise.
    Advice,
    Warning,
    Error,
}

/// One complaint: a fact in the user's own names, and what can be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Of a [`CodeInfo`].
    pub code: &'static str,
    pub severity: Severity,
    /// Lower case, no full stop, back-ticks around the user's words.
    pub message: String,
    pub help: Option<String>,
    /// The first is the primary one.
    pub labels: Vec<Label>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// What `ndec explain CODE` prints. Each phase's `error.rs` has a slice of these.
#[derive(Clone, Copy, Debug)]
pub struct CodeInfo {
    pub code: &'static str,
    pub title: &'static str,
    pub explanation: &'static str,
    /// A minimal text that provokes it.
    pub example: &'static str,
}

/// The complaints of a run, in order, at most [`Diagnostics::LIMIT`] of them.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    dropped: usize,
}

/// How rendered text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// For files and pipes.
    Plain,
    /// For a terminal.
    Coloured,
}

impl Span {
    pub fn new(file: FileId, range: Range<usize>) -> Span {
        Span { file, start: range.start as u32, end: range.end as u32 }
    }

    /// The smallest span that contains both; both are of one file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Sources {
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        self.files.push(Source::new(name.into(), text.into()));
        FileId(self.files.len() as u32 - 1)
    }

    /// # Panics
    /// The id is of another table.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(id, source)| (FileId(id as u32), source))
    }

    /// The text under a span; empty where the span is not of this text.
    pub fn text(&self, span: Span) -> &str {
        self.get(span.file).text.get(span.range()).unwrap_or_default()
    }

    /// The place where a span starts.
    pub fn position(&self, span: Span) -> Position {
        self.get(span.file).position(span.start)
    }
}

impl Source {
    fn new(name: String, text: String) -> Source {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Source { name, text, lines }
    }

    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_at(offset);
        let start = self.lines[line] as usize;
        let before = self.text.get(start..offset as usize).unwrap_or(&self.text[start..]);
        Position { line: line as u32 + 1, column: before.chars().count() as u32 + 1 }
    }

    /// Index, from 0, of the line that holds the offset.
    fn line_at(&self, offset: u32) -> usize {
        self.lines.partition_point(|start| *start <= offset) - 1
    }

    /// Bytes of a run of lines, with their line ends.
    fn lines_range(&self, first: usize, last: usize) -> Range<usize> {
        let end = self.lines.get(last + 1).map_or(self.text.len(), |next| *next as usize);
        self.lines[first] as usize..end
    }
}

impl Diagnostic {
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Error, message.into())
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Warning, message.into())
    }

    pub fn advice(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, Severity::Advice, message.into())
    }

    fn new(code: &'static str, severity: Severity, message: String) -> Diagnostic {
        Diagnostic { code, severity, message, help: None, labels: Vec::new() }
    }

    /// The first call gives the primary label.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// Where the primary label is.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }

    /// Text as a terminal or a log shows it, `width` columns wide, ending with a newline.
    pub fn render(&self, sources: &Sources, look: Look, width: usize) -> String {
        let mut out = self.headline(look);
        let mut files: Vec<FileId> = Vec::new();
        for label in &self.labels {
            if !files.contains(&label.span.file) {
                files.push(label.span.file);
            }
        }
        for file in &files {
            out.push_str(&self.snippet(sources.get(*file), *file, look, width));
        }
        if let Some(help) = &self.help {
            let indented = help.replace('\n', "\n         ");
            let _ = writeln!(out, "   {} {indented}", look.paint("36", "help:"));
        }
        out
    }

    /// `{"code", "severity", "message", "help", "labels"}`, the labels with lines and columns from 1.
    pub fn to_json(&self, sources: &Sources) -> Value {
        let labels: Vec<Value> = self.labels.iter().map(|label| label.to_json(sources)).collect();
        json!({
            "code": self.code,
            "severity": self.severity.word(),
            "message": self.message,
            "help": self.help,
            "labels": labels,
        })
    }

    fn headline(&self, look: Look) -> String {
        let kind = format!("{}[{}]", self.severity.word(), self.code);
        format!("{}: {}\n", look.paint(self.severity.colour(), &kind), look.paint("1", &self.message))
    }

    /// The lines of one file that labels point at.
    fn snippet(&self, source: &Source, file: FileId, look: Look, width: usize) -> String {
        let labels: Vec<&Label> = self.labels.iter().filter(|label| label.span.file == file).collect();
        let excerpt = Excerpt { source, labels: &labels };
        if excerpt.longest_line() > LONGEST_LINE {
            let at = source.position(labels[0].span.start);
            let text = labels[0].text.as_str();
            return format!("   ╭─[{}:{}:{}]\n   ╰─ {text}\n", source.name, at.line, at.column);
        }
        let theme = match look {
            Look::Plain => GraphicalTheme::unicode_nocolor(),
            Look::Coloured => GraphicalTheme::unicode(),
        };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width)
            .with_context_lines(0)
            .with_links(false)
            .without_syntax_highlighting();
        let mut out = String::new();
        if handler.render_report(&mut out, &excerpt).is_err() {
            return String::new();
        }
        // miette's own headline is empty here: ours has the code and the severity in one line.
        out.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned())
    }
}

/// Longer lines (in bytes) are named by their place and not shown.
const LONGEST_LINE: usize = 1000;

impl Label {
    fn to_json(&self, sources: &Sources) -> Value {
        let source = sources.get(self.span.file);
        let (start, end) = (source.position(self.span.start), source.position(self.span.end));
        json!({
            "file": source.name,
            "line": start.line,
            "column": start.column,
            "end_line": end.line,
            "end_column": end.column,
            "text": self.text,
        })
    }
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Severity::Advice => "advice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    fn colour(self) -> &'static str {
        match self {
            Severity::Advice => "1;36",
            Severity::Warning => "1;33",
            Severity::Error => "1;31",
        }
    }
}

impl Look {
    /// Wraps a text in an ANSI style.
    fn paint(self, style: &str, text: &str) -> String {
        match self {
            Look::Plain => text.to_owned(),
            Look::Coloured => format!("\x1b[{style}m{text}\x1b[0m"),
        }
    }
}

impl Diagnostics {
    /// More complaints than these help nobody; the rest is counted.
    pub const LIMIT: usize = 100;

    pub fn new() -> Diagnostics {
        Diagnostics::default()
    }

    /// What has been said already is not said again: two tasks may stumble over one option of the command line.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            self.dropped += 1;
        } else if !self.list.contains(&diagnostic) {
            self.list.push(diagnostic);
        }
    }

    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|diagnostic| diagnostic.severity == Severity::Error) || self.dropped > 0
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// No more will be shown.
    pub fn is_full(&self) -> bool {
        self.list.len() == Diagnostics::LIMIT
    }

    /// How many did not fit under the limit.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Orders by file and place; phases report in their own order.
    pub fn sort(&mut self) {
        self.list.sort_by_key(|diagnostic| diagnostic.span());
    }

    /// All of them as text, a blank line between two.
    pub fn render(&self, sources: &Sources, look: Look, width: usize) -> String {
        let rendered: Vec<String> = self.iter().map(|one| one.render(sources, look, width)).collect();
        let mut out = rendered.join("\n");
        if self.is_full() {
            let _ = writeln!(out, "\nno more than {} complaints are shown", Diagnostics::LIMIT);
        }
        out
    }

    /// A list of [`Diagnostic::to_json`].
    pub fn to_json(&self, sources: &Sources) -> Value {
        self.iter().map(|diagnostic| diagnostic.to_json(sources)).collect()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: T) {
        diagnostics.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }
}

/// The candidate that a misspelt word most likely means, if any is near enough.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    let near =
        candidates.into_iter().map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate));
    near.filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, one)| one)
}

/// The labels of one file, as miette wants to see them.
#[derive(Debug)]
struct Excerpt<'a> {
    source: &'a Source,
    labels: &'a [&'a Label],
}

impl Excerpt<'_> {
    fn longest_line(&self) -> usize {
        let lines = self.labels.iter().flat_map(|label| {
            let last = self.source.line_at(label.span.end);
            [self.source.line_at(label.span.start), last]
        });
        lines.map(|line| self.source.lines_range(line, line).len()).max().unwrap_or(0)
    }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Excerpt<'_> {}

impl miette::Diagnostic for Excerpt<'_> {
    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().enumerate().map(|(rank, label)| {
            let text = (!label.text.is_empty()).then(|| label.text.clone());
            let span = SourceSpan::from(label.span.range());
            match rank {
                0 => LabeledSpan::new_primary_with_span(text, span),
                _ => LabeledSpan::new_with_span(text, span),
            }
        })))
    }
}

impl miette::SourceCode for Excerpt<'_> {
    /// Whole lines through the table of line starts: miette's own search would read the file once a label.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let source = self.source;
        if span.offset() + span.len() > source.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let end = span.offset() + span.len().saturating_sub(1);
        let first = source.line_at(span.offset() as u32).saturating_sub(before);
        let last = (source.line_at(end as u32) + after).min(source.lines.len() - 1);
        let range = source.lines_range(first, last);
        // Without context, miette asks where the label itself stands.
        let column = if before == 0 { source.position(span.offset() as u32).column as usize - 1 } else { 0 };
        Ok(Box::new(miette::MietteSpanContents::new_named(
            source.name.clone(),
            &source.text.as_bytes()[range.clone()],
            SourceSpan::from(range),
            first,
            column,
            last + 1 - first,
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROBER: &str = "model Rober {\n    param k = 1\n    state y = 1\n    alg   z = 0\n    y' = k\n}\n";

    fn no_equation(sources: &mut Sources) -> Diagnostic {
        let file = sources.add("rober.nde", ROBER);
        let z = ROBER.find("z = 0").unwrap();
        Diagnostic::error("E0301", "`z` has no equation")
            .label(Span::new(file, z..z + 1), "algebraic unknown declared here")
            .help("add `0 = …` that involves z, or declare it with `let z = …`")
    }

    #[test]
    fn text_has_code_place_label_and_help() {
        let mut sources = Sources::default();
        let diagnostic = no_equation(&mut sources);
        insta::assert_snapshot!(diagnostic.render(&sources, Look::Plain, 100), @r"
        error[E0301]: `z` has no equation
           ╭─[rober.nde:4:11]
         4 │     alg   z = 0
           ·           ┬
           ·           ╰── algebraic unknown declared here
           ╰────
           help: add `0 = …` that involves z, or declare it with `let z = …`
        ");
    }

    #[test]
    fn colour_is_only_where_asked_for() {
        let mut sources = Sources::default();
        let diagnostic = no_equation(&mut sources);
        assert!(!diagnostic.render(&sources, Look::Plain, 100).contains('\x1b'));
        assert!(diagnostic.render(&sources, Look::Coloured, 100).contains("\x1b[1;31merror[E0301]\x1b[0m"));
    }

    #[test]
    fn labels_of_two_files_show_both() {
        let mut sources = Sources::default();
        let mut diagnostic = no_equation(&mut sources);
        let other = sources.add("lib.nde", "model Gate {}\n");
        diagnostic = diagnostic.label(Span::new(other, 6..10), "imported from here");
        let text = diagnostic.render(&sources, Look::Plain, 100);
        assert!(text.contains("rober.nde:4:11") && text.contains("lib.nde:1:7"), "{text}");
    }

    #[test]
    fn json_counts_lines_and_characters_from_one() {
        let mut sources = Sources::default();
        let diagnostic = no_equation(&mut sources);
        insta::assert_snapshot!(
            diagnostic.to_json(&sources),
            @r#"{"code":"E0301","severity":"error","message":"`z` has no equation","help":"add `0 = …` that involves z, or declare it with `let z = …`","labels":[{"file":"rober.nde","line":4,"column":11,"end_line":4,"end_column":12,"text":"algebraic unknown declared here"}]}"#
        );
    }

    #[test]
    fn columns_count_characters_and_long_lines_are_not_shown() {
        let mut sources = Sources::default();
        let text = format!("αβ = {}", "x".repeat(2000));
        let file = sources.add("long.nde", text);
        assert_eq!(sources.position(Span::new(file, 5..6)), Position { line: 1, column: 4 });
        let diagnostic = Diagnostic::error("E0001", "too long").label(Span::new(file, 7..2007), "this");
        let shown = diagnostic.render(&sources, Look::Plain, 100);
        assert_eq!(shown, "error[E0001]: too long\n   ╭─[long.nde:1:6]\n   ╰─ this\n");
    }

    #[test]
    fn more_than_the_limit_are_counted() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend((0..150).map(|k| Diagnostic::error("E0001", format!("mistake {k}"))));
        assert_eq!((diagnostics.len(), diagnostics.dropped()), (Diagnostics::LIMIT, 50));
        assert!(diagnostics.has_errors());
    }

    #[test]
    fn nothing_is_said_twice() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.extend((0..3).map(|_| Diagnostic::error("E0001", "again")));
        assert_eq!((diagnostics.len(), diagnostics.dropped()), (1, 0));
    }
}
