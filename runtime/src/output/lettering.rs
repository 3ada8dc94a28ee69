//! The words of a figure: text for whoever has fonts, or the letters' outlines, drawn from fonts of our own.
//!
//! The fonts are DejaVu Sans (Bitstream Vera's licence; the changes are in the public domain): they have the Greek
//! letters, the superscripts and the signs that models and axes use.

use std::fmt::{self, Write};
use ttf_parser::{Face, OutlineBuilder};

/// How words are written.
pub enum Lettering {
    /// As text, in the fonts of the program that shows it.
    Text,
    /// As paths, which need no font.
    Outlines(Box<Fonts>),
}

impl Lettering {
    pub fn outlines() -> Self {
        let face = |bytes| Face::parse(bytes, 0).expect("the fonts of the program are sound");
        let fonts = Fonts { regular: face(dejavu::sans::regular()), bold: face(dejavu::sans::bold()) };
        Lettering::Outlines(Box::new(fonts))
    }
}

pub struct Fonts {
    regular: Face<'static>,
    bold: Face<'static>,
}

/// What words look like.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// In pixels.
    pub size: f64,
    pub anchor: Anchor,
    pub weight: Weight,
    pub colour: &'static str,
}

/// Which point of the words stands at the place that is given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Weight {
    Regular,
    Bold,
}

pub const INK: &str = "#222222";
pub const PALE: &str = "#777777";

/// The size and the colour of words that say nothing else; the figure sets them once.
pub const PLAIN: Style = Style { size: 12.0, anchor: Anchor::Start, weight: Weight::Regular, colour: INK };

/// An SVG document that grows, and how its words are written.
pub struct Sheet<'l> {
    pub svg: String,
    lettering: &'l Lettering,
}

impl fmt::Write for Sheet<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.svg.push_str(text);
        Ok(())
    }
}

impl<'l> Sheet<'l> {
    pub fn new(lettering: &'l Lettering) -> Self {
        Sheet { svg: String::new(), lettering }
    }

    /// Writes `text` on the base line through (x, y).
    pub fn words(&mut self, style: &Style, x: f64, y: f64, text: &str) {
        match self.lettering {
            Lettering::Text => {
                let _ = writeln!(
                    self,
                    "<text x=\"{x:.1}\" y=\"{y:.1}\"{}>{}</text>",
                    attributes(style),
                    escaped(text)
                );
            }
            Lettering::Outlines(fonts) => {
                let path = outlines(fonts, style, x, y, text);
                if !path.is_empty() {
                    let _ = writeln!(self, "<path d=\"{path}\" fill=\"{}\"/>", style.colour);
                }
            }
        }
    }
}

/// What differs from [`PLAIN`].
fn attributes(style: &Style) -> String {
    let mut list = String::new();
    match style.anchor {
        Anchor::Start => {}
        Anchor::Middle => list.push_str(" text-anchor=\"middle\""),
        Anchor::End => list.push_str(" text-anchor=\"end\""),
    }
    if style.size != PLAIN.size {
        let _ = write!(list, " font-size=\"{}\"", style.size);
    }
    if style.weight == Weight::Bold {
        list.push_str(" font-weight=\"bold\"");
    }
    if style.colour != PLAIN.colour {
        let _ = write!(list, " fill=\"{}\"", style.colour);
    }
    list
}

/// The path of a line of letters. A letter that the font does not have is drawn as its empty box.
fn outlines(fonts: &Fonts, style: &Style, x: f64, y: f64, text: &str) -> String {
    let face = match style.weight {
        Weight::Regular => &fonts.regular,
        Weight::Bold => &fonts.bold,
    };
    let scale = style.size / f64::from(face.units_per_em());
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    let letters: Vec<_> = text.chars().map(|c| face.glyph_index(visible(c)).unwrap_or_default()).collect();
    let advance = |letter| scale * f64::from(face.glyph_hor_advance(letter).unwrap_or(0));
    let width: f64 = letters.iter().map(|letter| advance(*letter)).sum();
    let start = match style.anchor {
        Anchor::Start => x,
        Anchor::Middle => x - width / 2.0,
        Anchor::End => x - width,
    };
    let mut pen = Pen { x: start, y, scale, path: String::new() };
    for letter in letters {
        face.outline_glyph(letter, &mut pen);
        pen.x += advance(letter);
    }
    pen.path
}

/// Draws the outline of a letter, whose own units point upwards, as a piece of an SVG path.
struct Pen {
    x: f64,
    y: f64,
    scale: f64,
    path: String,
}

impl Pen {
    fn to(&mut self, command: char, points: &[(f32, f32)]) {
        self.path.push(command);
        for (place, (x, y)) in points.iter().enumerate() {
            let separator = if place == 0 { "" } else { " " };
            let (x, y) = (self.x + self.scale * f64::from(*x), self.y - self.scale * f64::from(*y));
            let _ = write!(self.path, "{separator}{x:.2} {y:.2}");
        }
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.to('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.to('L', &[(x, y)]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.to('Q', &[(x1, y1), (x, y)]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.to('C', &[(x1, y1), (x2, y2), (x, y)]);
    }

    fn close(&mut self) {
        self.path.push('Z');
    }
}

/// Text for XML: markup escaped, characters that XML forbids replaced.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_of_models_are_known() {
        let letters = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩ₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁻·×−…'ẋᵀ∂∇√∞";
        let Lettering::Outlines(fonts) = Lettering::outlines() else { unreachable!("made above") };
        for face in [&fonts.regular, &fonts.bold] {
            let missing: String = letters.chars().filter(|c| face.glyph_index(*c).is_none()).collect();
            assert_eq!(missing, "");
        }
    }

    #[test]
    fn words_end_where_their_anchor_says() {
        let lettering = Lettering::outlines();
        let extent = |anchor| {
            let mut sheet = Sheet::new(&lettering);
            sheet.words(&Style { anchor, ..PLAIN }, 100.0, 50.0, "HHHH");
            let path = sheet.svg.split('"').nth(1).unwrap().to_owned();
            let corners = path.split(['M', 'L', 'Z']).filter_map(|point| point.split_once(' '));
            let across: Vec<f64> = corners.map(|(x, _)| x.parse().unwrap()).collect();
            (across.iter().copied().fold(f64::MAX, f64::min), across.iter().copied().fold(f64::MIN, f64::max))
        };
        let (start, middle, end) = (extent(Anchor::Start), extent(Anchor::Middle), extent(Anchor::End));
        assert!((100.0..102.0).contains(&start.0) && (98.0..100.0).contains(&end.1), "{start:?} {end:?}");
        assert!((middle.0 + middle.1 - 200.0).abs() < 0.1, "{middle:?}");
    }
}
