//! Figures in characters: labelled axes, one glyph a series.

use super::figure::{Figure, Mark, Panel};
use super::number::superscript;
use super::scale::{Notation, Ticks};

/// One for each series, in order; letters follow when they run out.
const GLYPHS: &[u8] = b"*o+x#@%&=$abcdefghijklmnpqrstuvw";
/// ANSI colours of the series: the bright ones that read on dark and light grounds.
const COLOURS: [u8; 6] = [34, 31, 32, 35, 36, 33];
const AXIS: u8 = u8::MAX;

/// The size of the drawing in characters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    pub columns: usize,
    pub rows: usize,
}

impl Default for Size {
    fn default() -> Self {
        Size { columns: 80, rows: 24 }
    }
}

impl Size {
    /// How many panels fit, each with its own heading and axis.
    pub fn most_panels(self) -> usize {
        (self.rows.saturating_sub(4) / 6).clamp(1, 4)
    }
}

/// Whether series are told apart by ANSI colours too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Paint {
    Plain,
    Colour,
}

/// The drawing: at most `size.rows` lines of at most `size.columns` characters, each with its newline.
///
/// Terminals too small for axes get as much as fits.
pub fn draw(figure: &Figure, size: Size, paint: Paint) -> String {
    let title = figure.title.filter(|_| size.rows > 10);
    let fixed = 3 + usize::from(title.is_some());
    let heads: Vec<Vec<Line>> = figure.panels.iter().map(|panel| heading(panel, size)).collect();
    let taken: usize = fixed + heads.iter().map(Vec::len).sum::<usize>();
    let each = (size.rows.saturating_sub(taken) / figure.panels.len().max(1)).max(2);

    let ups: Vec<Ticks> =
        figure.panels.iter().map(|p| p.scale.ticks((each / 3).max(2), Notation::Plain)).collect();
    let widest = ups.iter().flat_map(|t| &t.major).map(|(_, label)| label.chars().count()).max().unwrap_or(0);
    let margin = if size.columns >= 24 { widest + 2 } else { 0 };
    let width = size.columns.saturating_sub(margin + 1).max(2);

    let mut lines = Vec::new();
    lines.extend(title.map(|text| Line::text(&format!("{}{text}", " ".repeat(margin)))));
    for ((panel, head), up) in figure.panels.iter().zip(heads).zip(&ups) {
        lines.extend(head.into_iter().map(|line| line.indented(margin)));
        lines.extend(plot(figure, panel, up, margin, width, each));
    }
    lines.extend(foot(figure, margin, width));
    lines.truncate(size.rows.max(1));
    lines.iter().map(|line| line.print(size.columns, paint)).collect()
}

/// Characters with the style of each: a series' number or [`AXIS`].
#[derive(Clone, Debug, Default)]
struct Line(Vec<(char, u8)>);

impl Line {
    fn text(text: &str) -> Self {
        Line(text.chars().map(|c| (if c.is_control() { ' ' } else { c }, AXIS)).collect())
    }

    fn indented(mut self, by: usize) -> Self {
        self.0.splice(0..0, std::iter::repeat_n((' ', AXIS), by));
        self
    }

    /// Writes `text` from `column` on, where it is free and within the line.
    fn place(&mut self, column: usize, text: &str, width: usize) {
        let length = text.chars().count();
        if column + length > width {
            return;
        }
        self.0.resize(self.0.len().max(column + length), (' ', AXIS));
        let before = column.saturating_sub(1);
        if self.0[before..column + length].iter().any(|(c, _)| *c != ' ') {
            return;
        }
        for (cell, c) in self.0[column..].iter_mut().zip(text.chars()) {
            *cell = (c, AXIS);
        }
    }

    fn print(&self, columns: usize, paint: Paint) -> String {
        let end = self.0.iter().rposition(|(c, _)| *c != ' ').map_or(0, |last| last + 1);
        let mut text = String::new();
        let mut current = AXIS;
        for (c, style) in &self.0[..end.min(columns)] {
            if paint == Paint::Colour && *style != current {
                current = *style;
                match current {
                    AXIS => text.push_str("\x1b[0m"),
                    style => text.push_str(&format!("\x1b[{}m", COLOURS[usize::from(style) % COLOURS.len()])),
                }
            }
            text.push(*c);
        }
        if current != AXIS {
            text.push_str("\x1b[0m");
        }
        text.push('\n');
        text
    }
}

fn glyph(style: usize) -> char {
    char::from(GLYPHS[style % GLYPHS.len()])
}

/// The axis' label and the legend, wrapped to the terminal, in at most a third of its rows.
fn heading(panel: &Panel, size: Size) -> Vec<Line> {
    let exponent = panel.scale.ticks(3, Notation::Plain).exponent;
    let mut label = panel.label();
    if exponent != 0 {
        label = format!("{label} ×10{}", superscript(exponent)).trim_start().to_string();
    }
    let mut lines = vec![Line::text(&label)];
    for series in &panel.series {
        let one = panel.series.len() == 1;
        let name = if one { String::new() } else { format!(" {}", panel.entry(series)) };
        let length = name.chars().count() + 1;
        let room = size.columns.saturating_sub(12);
        let mut line = lines.pop().unwrap_or_default();
        if !line.0.is_empty() && line.0.len() + 3 + length > room {
            lines.push(std::mem::take(&mut line));
        }
        let gap = if line.0.is_empty() { 0 } else { 3 };
        line.0.extend(std::iter::repeat_n((' ', AXIS), gap));
        line.0.push((glyph(series.style), series.style as u8));
        line.0.extend(Line::text(&name).0);
        lines.push(line);
    }
    lines.truncate((size.rows / 3).max(1));
    lines
}

fn plot(figure: &Figure, panel: &Panel, up: &Ticks, margin: usize, width: usize, rows: usize) -> Vec<Line> {
    let mut cells = vec![vec![(' ', AXIS); width]; rows];
    for series in &panel.series {
        let mark = (glyph(series.style), series.style as u8);
        let to_cell = |(x, y): (f64, f64)| (nearest(x, width), rows - 1 - nearest(y, rows));
        let mut previous = None;
        for point in figure.points(panel, series) {
            let cell = point.map(to_cell);
            match (previous, cell) {
                (Some(from), Some(to)) if figure.mark == Mark::Line => {
                    line_between(from, to, mark, &mut cells)
                }
                (_, Some((column, row))) => cells[row][column] = mark,
                (_, None) => {}
            }
            previous = cell;
        }
    }
    let mut labels = vec![None; rows];
    for (value, label) in &up.major {
        if let Some(place) = panel.scale.position(*value) {
            labels[rows - 1 - nearest(place, rows)] = Some(label.as_str());
        }
    }
    let axis = |(label, cells): (Option<&str>, Vec<(char, u8)>)| {
        let text = match label {
            _ if margin == 0 => String::from("│"),
            Some(label) => format!("{label:>0$} ┤", margin - 1),
            None => format!("{:>margin$}│", ""),
        };
        let mut line = Line::text(&text);
        line.0.extend(cells);
        line
    };
    labels.into_iter().zip(cells).map(axis).collect()
}

/// The cell of `count` in which a place of 0..1 lies.
fn nearest(place: f64, count: usize) -> usize {
    (place * (count - 1) as f64).round() as usize
}

/// Marks the cells between two, one for each step of the longer side.
fn line_between(from: (usize, usize), to: (usize, usize), mark: (char, u8), cells: &mut [Vec<(char, u8)>]) {
    let steps = from.0.abs_diff(to.0).max(from.1.abs_diff(to.1));
    let between = |a: usize, b: usize, step: usize| match steps {
        0 => b,
        _ => (a as f64 + (b as f64 - a as f64) * step as f64 / steps as f64).round() as usize,
    };
    for step in 0..=steps {
        cells[between(from.1, to.1, step)][between(from.0, to.0, step)] = mark;
    }
}

/// The horizontal axis, its tick labels, and the variable's name with what is not drawn.
fn foot(figure: &Figure, margin: usize, width: usize) -> Vec<Line> {
    let ticks = figure.x_scale.ticks((width / 12).max(2), Notation::Plain);
    let mut axis = vec!['─'; width];
    let mut labels = Line::default();
    for (value, label) in &ticks.major {
        if let Some(place) = figure.x_scale.position(*value) {
            let column = nearest(place, width);
            axis[column] = '┬';
            let start = (margin + 1 + column).saturating_sub(label.chars().count() / 2);
            let start = start.min((margin + 1 + width).saturating_sub(label.chars().count()));
            labels.place(start, label, margin + 1 + width);
        }
    }
    let rule: String = std::iter::repeat_n(' ', margin).chain(['└']).chain(axis).collect();
    let mut name = figure.x.label();
    if ticks.exponent != 0 {
        name = format!("{name} ×10{}", superscript(ticks.exponent));
    }
    name.extend(figure.remark().map(|remark| format!("   ({remark})")));
    let start = margin + 1 + width.saturating_sub(name.chars().count()) / 2;
    vec![Line::text(&rule), labels, Line::text(&name).indented(start)]
}

#[cfg(test)]
#[path = "terminal_tests.rs"]
mod tests;
