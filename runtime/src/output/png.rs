//! Figures as PNG images: the SVG figure, drawn at twice its size, with its words as outlines.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::Figure;
use super::lettering::Lettering;
use super::svg::{self, Size};

/// Pixels of the image for each pixel of the figure.
const SCALE: f32 = 2.0;

/// The bytes of a figure's image.
pub fn draw(figure: &Figure, size: Size) -> Vec<u8> {
    let text = svg::draw(figure, size, &Lettering::outlines());
    let tree = Tree::from_str(&text, &Options::default()).expect("a figure is sound SVG");
    let size = tree.size().to_int_size().scale_by(SCALE).expect("a figure has a size");
    let mut image = Pixmap::new(size.width(), size.height()).expect("a figure fits into memory");
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut image.as_mut());
    image.encode_png().expect("an image in memory can be encoded")
}

#[cfg(test)]
mod tests {
    use super::super::samples::{ball, column, solve, times};
    use super::*;
    use proptest::prelude::*;
    use std::ops::Range;

    type Colour = (u8, u8, u8);

    /// How many pixels of these colours a part of an image has; it is given in the figure's coordinates.
    fn count(image: &Pixmap, across: Range<u32>, down: Range<u32>, colours: fn(Colour) -> bool) -> usize {
        let scale = SCALE as u32;
        let places = (down.start * scale..down.end * scale)
            .flat_map(|y| (across.start * scale..across.end * scale).map(move |x| (x, y)));
        let colour = |(x, y)| image.pixel(x, y).map(|p| (p.red(), p.green(), p.blue()));
        places.filter_map(colour).filter(|c| colours(*c)).count()
    }

    fn dark((red, green, blue): Colour) -> bool {
        red.max(green).max(blue) < 100
    }

    fn image(bytes: &[u8]) -> Pixmap {
        Pixmap::decode_png(bytes).unwrap()
    }

    #[test]
    fn curves_and_labels_are_there_without_fonts_of_the_machine() {
        let task = ball();
        let figure = Figure::of(&task, svg::MOST_PANELS).unwrap();
        let size = Size::suiting(&figure);
        let image = image(&draw(&figure, size));
        assert_eq!((image.width(), image.height()), (2 * size.width as u32, 2 * size.height as u32));
        let (width, height) = (size.width as u32, size.height as u32);
        let first_curve = |colour| colour == (0x00, 0x72, 0xb2);
        assert!(count(&image, width / 3..width / 2, 70..height / 3, first_curve) > 200, "a curve");
        assert!(count(&image, 16..200, 12..32, dark) > 300, "the title");
        assert!(count(&image, 0..45, 40..height - 60, dark) > 100, "the labels of the upright axes");
        assert!(count(&image, 100..width - 100, height - 25..height - 5, dark) > 20, "the name of the time");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        #[test]
        fn any_numbers_and_names_make_an_image(
            rows in prop::collection::vec((any::<f64>(), any::<f64>()), 0..20),
            name in ".{0,40}",
        ) {
            let t = times(rows.len().max(2) as u32, 1.0)[..rows.len()].to_vec();
            let columns = vec![
                column("t", "", t),
                column(&name, "m", rows.iter().map(|row| row.0)),
                column("y", &name, rows.iter().map(|row| row.1)),
            ];
            let mut task = solve("any", columns);
            task.doc = Some(name);
            let figure = Figure::of(&task, svg::MOST_PANELS).unwrap();
            prop_assert!(image(&draw(&figure, Size::suiting(&figure))).width() > 0);
        }
    }
}
