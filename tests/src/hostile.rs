//! What every text must survive, whoever wrote it: fuzzing and the texts that it found share it.

use nde_compiler::check;
use nde_compiler::diagnostics::{Diagnostics, Look, Sources};
use nde_compiler::parse::ast::Ast;
use nde_compiler::parse::format::format;
use nde_compiler::parse::print::print;
use nde_compiler::parse::{is_complete, parse, parse_expression};

/// Everything that a text can be given to before it is derived. Its only imports are itself.
///
/// # Panics
/// Where a text without mistakes changes its meaning by being formatted, or the formatted text changes again.
pub fn survive(text: &str) {
    let (mut sources, mut complaints) = (Sources::default(), Diagnostics::new());
    let file = sources.add("text.nde", text);
    let ast = parse(text, file, &mut complaints);
    let _ = (print(&ast), is_complete(text));
    if complaints.has_errors() {
        format(&ast);
    } else {
        settles(text, &ast);
    }
    let mut loader = |path: &str| match path {
        "text.nde" => Ok((file, text.to_owned())),
        _ => Err("no such file".to_owned()),
    };
    check::check(ast, &mut loader, &mut complaints);
    shown(&complaints, &sources);

    let mut complaints = Diagnostics::new();
    parse_expression(text, file, &mut complaints);
    shown(&complaints, &sources);
}

/// Formatted, a text means the same, and formatting it again changes nothing.
fn settles(text: &str, ast: &Ast) {
    let once = format(ast);
    let (mut sources, mut complaints) = (Sources::default(), Diagnostics::new());
    let file = sources.add("text.nde", once.as_str());
    let again = parse(&once, file, &mut complaints);
    assert!(!complaints.has_errors(), "{text}\n{once}\n{}", complaints.render(&sources, Look::Plain, 100));
    assert!(again == *ast, "formatting changes the meaning of\n{text}\ninto\n{once}");
    assert_eq!(once, format(&again), "formatting twice changes\n{text}");
}

/// Every complaint in every look.
fn shown(complaints: &Diagnostics, sources: &Sources) {
    for (look, width) in [(Look::Plain, 100), (Look::Coloured, 20)] {
        assert_eq!(complaints.is_empty(), complaints.render(sources, look, width).is_empty());
    }
    complaints.to_json(sources);
}
