//! Figures as one self-contained HTML page: the SVG itself, no script and nothing to fetch.

use super::Figure;
use super::lettering::{Lettering, escaped};
use super::svg::{self, Size};
use std::fmt::Write;

/// The page with all figures below each other.
pub fn draw(heading: &str, figures: &[Figure]) -> String {
    let heading = escaped(heading);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{heading}</title>\n\
         <style>body {{ margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font-family: sans-serif }} \
         figure {{ margin: 0 0 2rem }} svg {{ width: 100%; height: auto }}</style>\n</head>\n<body>\n<h1>{heading}</h1>\n"
    );
    for figure in figures {
        let _ = write!(
            page,
            "<figure>\n{}</figure>\n",
            svg::draw(figure, Size::suiting(figure), &Lettering::Text)
        );
    }
    page.push_str("</body>\n</html>\n");
    page
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_page_embeds_its_figures_and_fetches_nothing() {
        let task = samples::ball();
        let figure = Figure::of(&task, svg::MOST_PANELS).unwrap();
        let page = draw("ball & <b>", &[figure.clone(), figure]);
        assert_eq!(page.matches("<svg").count(), 2);
        assert!(page.contains("<title>ball &amp; &lt;b&gt;</title>"));
        assert!(!page.contains("href") && !page.contains("<script"));
    }
}
