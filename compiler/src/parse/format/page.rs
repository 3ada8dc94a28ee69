//! The lines written so far: comments and blank lines find their places, comments behind code are aligned.

use super::Formatter;
use crate::diagnostics::Span;
use crate::parse::ast::{Comment, CommentPlace, Doc as DocLine};
use crate::parse::pretty::{Doc, Line, group, layout, text};
use crate::parse::write::STEP;

impl Formatter<'_> {
    pub(super) fn close(&mut self, span: Span) {
        self.flush(span.end);
        self.drop_blank();
        self.indent -= STEP;
        self.put(text("}"));
    }

    /// What precedes a statement: comments and blank lines of the text, then its documentation.
    pub(super) fn begin(&mut self, span: Span, docs: &[DocLine]) {
        self.flush(span.start);
        for line in docs {
            self.lines.push(Line { indent: self.indent, code: String::new(), comment: Some(doc_line(line)) });
        }
    }

    /// What is left inside a statement goes behind it; its blank lines are dropped.
    pub(super) fn end(&mut self, span: Span) {
        self.blank += self.trivia.blanks[self.blank..].iter().take_while(|blank| **blank < span.end).count();
        while let Some(comment) = self.writer.take(span.end) {
            self.comment(comment);
        }
    }

    pub(super) fn put(&mut self, doc: Doc) {
        self.lines.extend(layout(&group(doc), self.indent));
    }

    /// Comments and blank lines of the text before an offset.
    pub(super) fn flush(&mut self, before: u32) {
        loop {
            let blank = self.trivia.blanks.get(self.blank).copied().filter(|blank| *blank < before);
            let comment = self.trivia.comments.get(self.writer.next).map(|comment| comment.span.start);
            match blank {
                Some(blank) if comment.is_none_or(|comment| blank < comment) => {
                    self.blank += 1;
                    self.blank_line();
                }
                _ => match self.writer.take(before) {
                    Some(comment) => self.comment(comment),
                    None => return,
                },
            }
        }
    }

    /// Behind the last line if it stood behind one, else alone.
    pub(super) fn comment(&mut self, comment: &Comment) {
        let text = Some(comment.text.to_string());
        match self.lines.last_mut() {
            Some(last)
                if comment.place == CommentPlace::Trailing
                    && last.comment.is_none()
                    && !last.code.is_empty() =>
            {
                last.comment = text;
            }
            _ => self.lines.push(Line { indent: self.indent, code: String::new(), comment: text }),
        }
    }

    pub(super) fn blank_line(&mut self) {
        let opens = |line: &Line| line.code.ends_with('{') || *line == Line::default();
        if self.lines.last().is_some_and(|last| !opens(last)) {
            self.lines.push(Line::default());
        }
    }

    pub(super) fn drop_blank(&mut self) {
        if self.lines.last().is_some_and(|last| *last == Line::default()) {
            self.lines.pop();
        }
    }

    /// Whether the user began a new line between two places.
    pub(super) fn breaks(&self, start: u32, end: u32) -> bool {
        let newlines = &self.trivia.newlines;
        newlines
            .get(newlines.partition_point(|newline| *newline < start))
            .is_some_and(|newline| *newline < end)
    }

    pub(super) fn comment_before(&self, offset: u32) -> bool {
        self.trivia.comments.get(self.writer.next).is_some_and(|comment| comment.span.start < offset)
    }

    /// The lines as one text; comments behind neighbouring lines are aligned.
    pub(super) fn finish(mut self) -> String {
        self.drop_blank();
        let mut out = String::new();
        let mut at = 0;
        while at < self.lines.len() {
            let run = self.lines[at..]
                .iter()
                .take_while(|line| !line.code.is_empty() && line.comment.is_some())
                .count();
            let column = self.lines[at..at + run].iter().map(width).max().unwrap_or(0);
            for line in &self.lines[at..at + run.max(1)] {
                write_line(&mut out, line, column);
            }
            at += run.max(1);
        }
        out
    }
}

pub(super) fn doc_line(line: &str) -> String {
    format!("/// {line}").trim_end().to_owned()
}

/// Columns that a line's code takes.
fn width(line: &Line) -> usize {
    line.indent + line.code.chars().count()
}

fn write_line(out: &mut String, line: &Line, column: usize) {
    if !line.code.is_empty() || line.comment.is_some() {
        out.extend(std::iter::repeat_n(' ', line.indent));
        out.push_str(&line.code);
    }
    if let Some(comment) = &line.comment {
        if !line.code.is_empty() {
            out.extend(std::iter::repeat_n(' ', column + 2 - width(line)));
        }
        out.push_str(comment);
    }
    out.push('\n');
}
