//! Line figures as SVG: axes with round ticks, units, a legend beside the curves, gaps at non-finite values.

use super::decimate;
use super::figure::{Figure, Mark, Panel, Series};
use super::lettering::{Anchor, INK, Lettering, PALE, PLAIN, Sheet, Style, Weight, escaped};
use super::number::superscript;
use super::scale::{Notation, Ticks};
use std::collections::HashSet;
use std::fmt::Write;

/// How many panels a figure has at most.
pub const MOST_PANELS: usize = 4;

/// Okabe and Ito's colours (Color Universal Design, 2008) without yellow, told apart with any colour vision.
const COLOURS: [&str; 7] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000"];
/// A second, third, … round of the colours is dashed.
const DASHES: [&str; 5] = ["", "7 3", "2 3", "8 3 2 3", "12 4"];

const GRID: &str = "#e6e6e6";
const FONT: &str = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

const TITLE: Style = Style { size: 15.0, weight: Weight::Bold, ..PLAIN };
const AXIS: Style = Style { size: 13.0, ..PLAIN };
const AXIS_ACROSS: Style = Style { anchor: Anchor::Middle, ..AXIS };
const TICK_UP: Style = Style { anchor: Anchor::End, ..PLAIN };
const TICK_ACROSS: Style = Style { anchor: Anchor::Middle, ..PLAIN };
const NO_DATA: Style = Style { anchor: Anchor::Middle, colour: PALE, ..PLAIN };
const REMARK: Style = Style { size: 11.0, anchor: Anchor::End, colour: PALE, ..PLAIN };

/// The mean width of a character of 12 pixels; labels are measured in it.
const CHARACTER: f64 = 6.8;

/// The size of a figure in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    pub width: f64,
    pub height: f64,
}

impl Default for Size {
    fn default() -> Self {
        Size { width: 800.0, height: 480.0 }
    }
}

impl Size {
    /// The default size, higher where several panels stand below each other.
    pub fn suiting(figure: &Figure) -> Self {
        let Size { width, height } = Size::default();
        Size { width, height: height.max(110.0 + 180.0 * figure.panels.len() as f64) }
    }
}

/// The figure as an XML document.
pub fn draw(figure: &Figure, size: Size, lettering: &Lettering) -> String {
    let frames = frames(figure, size);
    let mut sheet = Sheet::new(lettering);
    let Size { width, height } = size;
    let _ = write!(
        sheet,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{FONT}\" font-size=\"12\" fill=\"{INK}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    if let Some(title) = figure.title {
        let _ = writeln!(sheet, "<title>{}</title>", escaped(title));
        sheet.words(&TITLE, 16.0, 27.0, &shortened(title, (width / 9.4) as usize));
    }
    for (panel, frame) in figure.panels.iter().zip(&frames) {
        draw_panel(figure, panel, frame, &mut sheet);
    }
    if let Some(last) = frames.last() {
        draw_horizontal_labels(figure, last, height, &mut sheet);
    }
    if let Some(remark) = figure.remark() {
        sheet.words(&REMARK, width - 12.0, height - 10.0, &remark);
    }
    sheet.svg.push_str("</svg>\n");
    sheet.svg
}

/// Where a panel's curves are drawn, in pixels, with its ticks.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    across: Ticks,
    up: Ticks,
}

impl Frame {
    fn x(&self, place: f64) -> f64 {
        self.left + place * (self.right - self.left)
    }

    fn y(&self, place: f64) -> f64 {
        self.bottom - place * (self.bottom - self.top)
    }
}

fn frames(figure: &Figure, size: Size) -> Vec<Frame> {
    let head = if figure.title.is_some() { 40.0 } else { 12.0 };
    let each = (size.height - head - 52.0) / figure.panels.len().max(1) as f64;
    let ups: Vec<Ticks> = figure
        .panels
        .iter()
        .map(|panel| panel.scale.ticks((each / 45.0) as usize, Notation::Superscript))
        .collect();
    let widest = ups.iter().flat_map(|t| &t.major).map(|(_, label)| label.chars().count()).max().unwrap_or(1);
    let left = 26.0 + CHARACTER * widest as f64;
    let right = size.width - legend_width(figure, each);
    let across = figure.x_scale.ticks(((right - left) / 75.0) as usize, Notation::Superscript);
    let frame = |(row, up): (usize, Ticks)| {
        let top = head + each * row as f64;
        Frame { left, right, top: top + 24.0, bottom: top + each - 8.0, across: across.clone(), up }
    };
    ups.into_iter().enumerate().map(frame).collect()
}

fn draw_panel(figure: &Figure, panel: &Panel, frame: &Frame, sheet: &mut Sheet) {
    draw_axes(figure, panel, frame, sheet);
    if figure.x.values.is_empty() {
        sheet.words(&NO_DATA, frame.x(0.5), frame.y(0.5), "no data");
    }
    for series in &panel.series {
        draw_series(figure, panel, series, frame, sheet);
    }
    if panel.series.len() > 1 {
        draw_legend(figure, panel, frame, sheet);
    }
}

fn draw_axes(figure: &Figure, panel: &Panel, frame: &Frame, sheet: &mut Sheet) {
    let Frame { left, right, top, bottom, .. } = *frame;
    let xs: Vec<f64> = places(&frame.across, |x| figure.x_scale.position(x)).map(|p| frame.x(p)).collect();
    let ys: Vec<f64> = places(&frame.up, |y| panel.scale.position(y)).map(|p| frame.y(p)).collect();
    let mut path = String::new();
    xs.iter().for_each(|x| path += &format!("M{x:.1} {top:.1}V{bottom:.1}"));
    ys.iter().for_each(|y| path += &format!("M{left:.1} {y:.1}H{right:.1}"));
    let _ = writeln!(sheet, "<path d=\"{path}\" stroke=\"{GRID}\" fill=\"none\"/>");

    path.clear();
    let _ = write!(path, "M{left:.1} {top:.1}V{bottom:.1}H{right:.1}");
    xs.iter().for_each(|x| path += &format!("M{x:.1} {bottom:.1}v5"));
    ys.iter().for_each(|y| path += &format!("M{left:.1} {y:.1}h-5"));
    let minor = frame.across.minor.iter().filter_map(|x| figure.x_scale.position(*x));
    minor.for_each(|p| path += &format!("M{:.1} {bottom:.1}v3", frame.x(p)));
    let minor = frame.up.minor.iter().filter_map(|y| panel.scale.position(*y));
    minor.for_each(|p| path += &format!("M{left:.1} {:.1}h-3", frame.y(p)));
    let _ = writeln!(sheet, "<path d=\"{path}\" stroke=\"{INK}\" fill=\"none\"/>");

    for ((_, label), y) in frame.up.major.iter().zip(&ys) {
        sheet.words(&TICK_UP, left - 9.0, y + 4.2, &minus(label));
    }
    let label = with_factor(&panel.label(), frame.up.exponent);
    if !label.is_empty() {
        sheet.words(&AXIS, left, top - 8.0, &shortened(&label, ((right - left) / 7.5) as usize));
    }
}

/// The tick labels and the name of the independent variable, below the last panel.
fn draw_horizontal_labels(figure: &Figure, frame: &Frame, height: f64, sheet: &mut Sheet) {
    for (x, label) in &frame.across.major {
        if let Some(place) = figure.x_scale.position(*x) {
            sheet.words(&TICK_ACROSS, frame.x(place), frame.bottom + 19.0, &minus(label));
        }
    }
    let label = with_factor(&figure.x.label(), frame.across.exponent);
    sheet.words(&AXIS_ACROSS, frame.x(0.5), height - 14.0, &label);
}

fn draw_series(figure: &Figure, panel: &Panel, series: &Series, frame: &Frame, sheet: &mut Sheet) {
    let points = figure.points(panel, series).map(|p| p.map(|(x, y)| (frame.x(x), frame.y(y))));
    let colour = COLOURS[series.style % COLOURS.len()];
    let (mut path, mut dots) = (String::new(), String::new());
    if figure.mark == Mark::Points {
        // Points that fall on one pixel are one dot, so that the size of the file has a bound.
        let mut seen = HashSet::new();
        for (x, y) in points.flatten().filter(|p| seen.insert((p.0 as i64, p.1 as i64))) {
            let _ = write!(dots, "M{x:.2} {y:.2}h0");
        }
    } else {
        for piece in decimate::pieces(points) {
            let (x, y) = piece[0];
            match piece.len() {
                1 => dots += &format!("M{x:.2} {y:.2}h0"),
                _ => polyline(&piece, &mut path),
            }
        }
    }
    let _ = write!(
        sheet,
        "<g stroke=\"{colour}\" fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\">"
    );
    let name = series.column.doc.as_deref().unwrap_or(&series.column.name);
    let _ = write!(sheet, "<title>{}</title>", escaped(name));
    if !path.is_empty() {
        let _ = write!(sheet, "<path d=\"{path}\" stroke-width=\"1.8\"{}/>", dash(series));
    }
    if !dots.is_empty() {
        let _ = write!(sheet, "<path d=\"{dots}\" stroke-width=\"4\"/>");
    }
    sheet.svg.push_str("</g>\n");
}

fn polyline(piece: &[(f64, f64)], path: &mut String) {
    for (place, (x, y)) in piece.iter().enumerate() {
        let command = if place == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{command}{x:.2} {y:.2}");
    }
}

/// Lines of the legend are this far apart; one line can have several entries.
const LEADING: f64 = 17.0;
const LONGEST_ENTRY: usize = 24;

/// How many entries stand beside each other.
fn legend_columns(panel: &Panel, height: f64) -> usize {
    let rows = ((height - 32.0) / LEADING).floor().max(1.0) as usize;
    panel.series.len().div_ceil(rows)
}

fn entry_width(panel: &Panel) -> f64 {
    let longest = panel.series.iter().map(|s| panel.entry(s).chars().count()).max().unwrap_or(0);
    40.0 + CHARACTER * longest.min(LONGEST_ENTRY) as f64
}

fn legend_width(figure: &Figure, height: f64) -> f64 {
    let legends = figure.panels.iter().filter(|panel| panel.series.len() > 1);
    legends.map(|panel| 16.0 + legend_columns(panel, height) as f64 * entry_width(panel)).fold(28.0, f64::max)
}

/// Each entry beside the end of its curve, pushed apart; in columns where there are too many for that.
fn draw_legend(figure: &Figure, panel: &Panel, frame: &Frame, sheet: &mut Sheet) {
    let height = frame.bottom - frame.top + 32.0;
    let columns = legend_columns(panel, height);
    let rows = panel.series.len().div_ceil(columns);
    let mut entries: Vec<(f64, &Series)> =
        panel.series.iter().map(|s| (end(figure, panel, s, frame), s)).collect();
    if columns > 1 {
        let order = entries.iter_mut().enumerate();
        order.for_each(|(place, entry)| entry.0 = frame.top + 8.0 + LEADING * (place % rows) as f64);
    } else {
        entries.sort_by(|a, b| a.0.total_cmp(&b.0));
        push_apart(&mut entries, frame);
    }
    for (place, (y, series)) in entries.into_iter().enumerate() {
        let x = frame.right + 10.0 + (place / rows) as f64 * entry_width(panel);
        let colour = COLOURS[series.style % COLOURS.len()];
        let swatch = if figure.mark == Mark::Line { "h20" } else { "m10 0h0" };
        let width = if figure.mark == Mark::Line { 1.8 } else { 5.0 };
        let _ = writeln!(
            sheet,
            "<path d=\"M{x:.1} {y:.1}{swatch}\" stroke=\"{colour}\" stroke-width=\"{width}\" \
             stroke-linecap=\"round\"{}/>",
            dash(series)
        );
        sheet.words(&PLAIN, x + 26.0, y + 4.2, &shortened(&panel.entry(series), LONGEST_ENTRY));
    }
}

/// The height at which a curve ends, the middle where it has no point.
fn end(figure: &Figure, panel: &Panel, series: &Series, frame: &Frame) -> f64 {
    let place = figure.points(panel, series).flatten().last().map_or(0.5, |(_, y)| y);
    frame.y(place)
}

fn push_apart(entries: &mut [(f64, &Series)], frame: &Frame) {
    let mut least = frame.top + 2.0;
    for (y, _) in entries.iter_mut() {
        *y = y.max(least);
        least = *y + LEADING;
    }
    let mut most = frame.bottom - 2.0;
    for (y, _) in entries.iter_mut().rev() {
        *y = y.min(most);
        most = *y - LEADING;
    }
}

fn dash(series: &Series) -> String {
    match DASHES[series.style / COLOURS.len() % DASHES.len()] {
        "" => String::new(),
        pattern => format!(" stroke-dasharray=\"{pattern}\""),
    }
}

fn places<'a>(
    ticks: &'a Ticks,
    position: impl Fn(f64) -> Option<f64> + 'a,
) -> impl Iterator<Item = f64> + 'a {
    // Ticks lie inside their scale up to rounding; one that does not is drawn at the end rather than dropped.
    ticks.major.iter().map(move |(x, _)| position(*x).unwrap_or(1.0))
}

fn with_factor(label: &str, exponent: i32) -> String {
    match exponent {
        0 => label.to_string(),
        _ => format!("{label}  ×10{}", superscript(exponent)).trim_start().to_string(),
    }
}

/// The typographic minus sign.
fn minus(label: &str) -> String {
    label.replace('-', "−")
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_string();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
#[path = "svg_tests.rs"]
mod tests;
