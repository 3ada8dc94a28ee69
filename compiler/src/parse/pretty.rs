//! Documents and their layout in lines of a width (Wadler, "A prettier printer", 2003), with comments.

/// The width that the formatter keeps where it can.
pub const WIDTH: usize = 110;

/// Text with places where it may be broken.
#[derive(Clone, Debug)]
pub enum Doc {
    Text(String),
    /// A blank, or a new line if its group does not fit.
    Line,
    /// Nothing, or a new line if its group does not fit.
    Soft,
    /// Always a new line.
    Hard,
    /// `// …` behind the text of its line, which it ends: a `Hard` or the end of the document follows.
    Comment(String),
    Many(Vec<Doc>),
    /// New lines inside begin that many columns further to the right.
    Nest(usize, Box<Doc>),
    /// Broken at all of its own places or at none.
    Group(Box<Doc>),
}

/// One line of output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub indent: usize,
    pub code: String,
    pub comment: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Flat,
    Broken,
}

pub fn text(text: impl Into<String>) -> Doc {
    Doc::Text(text.into())
}

pub fn many(docs: impl IntoIterator<Item = Doc>) -> Doc {
    Doc::Many(docs.into_iter().collect())
}

pub fn group(doc: Doc) -> Doc {
    Doc::Group(Box::new(doc))
}

pub fn nest(columns: usize, doc: Doc) -> Doc {
    Doc::Nest(columns, Box::new(doc))
}

/// The lines of a document that begins at column `indent`.
pub fn layout(doc: &Doc, indent: usize) -> Vec<Line> {
    let mut lines = vec![Line { indent, ..Line::default() }];
    let mut column = indent;
    let mut stack = vec![(indent, Mode::Broken, doc)];
    while let Some((indent, mode, doc)) = stack.pop() {
        match doc {
            Doc::Text(text) => {
                column += text.chars().count();
                last(&mut lines).code.push_str(text);
            }
            Doc::Line if mode == Mode::Flat => {
                column += 1;
                last(&mut lines).code.push(' ');
            }
            Doc::Soft if mode == Mode::Flat => {}
            Doc::Line | Doc::Soft | Doc::Hard => {
                column = indent;
                lines.push(Line { indent, ..Line::default() });
            }
            Doc::Comment(text) => last(&mut lines).comment = Some(text.clone()),
            Doc::Many(docs) => stack.extend(docs.iter().rev().map(|doc| (indent, mode, doc))),
            Doc::Nest(columns, inner) => stack.push((indent + columns, mode, inner)),
            Doc::Group(inner) => {
                let flat = mode == Mode::Flat || fits(inner, WIDTH.saturating_sub(column));
                stack.push((indent, if flat { Mode::Flat } else { Mode::Broken }, inner));
            }
        }
    }
    lines.iter_mut().for_each(|line| line.code.truncate(line.code.trim_end().len()));
    lines.retain(|line| !line.code.is_empty() || line.comment.is_some());
    lines
}

/// Whether a document stands in one line of that width.
pub fn fits(doc: &Doc, width: usize) -> bool {
    let mut left = width;
    let mut stack = vec![doc];
    while let Some(doc) = stack.pop() {
        let taken = match doc {
            Doc::Text(text) => text.chars().count(),
            Doc::Line => 1,
            Doc::Soft => 0,
            Doc::Hard | Doc::Comment(_) => return false,
            Doc::Many(docs) => {
                stack.extend(docs.iter().rev());
                0
            }
            Doc::Nest(_, inner) | Doc::Group(inner) => {
                stack.push(inner);
                0
            }
        };
        match left.checked_sub(taken) {
            Some(rest) => left = rest,
            None => return false,
        }
    }
    true
}

fn last(lines: &mut [Line]) -> &mut Line {
    lines.last_mut().expect("there is a first line from the start")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(names: &[&str]) -> Doc {
        let mut inside = vec![Doc::Soft];
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                inside.extend([text(","), Doc::Line]);
            }
            inside.push(text(*name));
        }
        group(many([text("f("), nest(4, many(inside)), Doc::Soft, text(")")]))
    }

    fn shown(doc: &Doc) -> Vec<String> {
        layout(doc, 2).into_iter().map(|line| format!("{}{}", " ".repeat(line.indent), line.code)).collect()
    }

    #[test]
    fn a_group_is_flat_where_it_fits() {
        assert_eq!(shown(&call(&["a", "b"])), ["  f(a, b)"]);
    }

    #[test]
    fn a_wide_group_breaks_at_all_of_its_places() {
        let long = "x".repeat(60);
        assert_eq!(
            shown(&call(&[&long, &long])),
            ["  f(", &format!("      {long},"), &format!("      {long}"), "  )"]
        );
    }

    #[test]
    fn a_comment_breaks_its_group() {
        let doc = group(many([text("a"), Doc::Comment("// c".into()), Doc::Hard, text("+ b")]));
        let lines = layout(&doc, 0);
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].comment.as_deref(), Some("// c"));
    }
}
