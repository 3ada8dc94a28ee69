//! Whole texts: the models, every complaint, and the limits.

mod generate;
mod random;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::ast::*;
use super::*;
use crate::diagnostics::{Look, Sources};

/// The model texts and libraries that the language must accept.
pub fn models() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/models");
    let files = [root.clone(), root.join("lib")].into_iter().flat_map(|folder| folder.read_dir().unwrap());
    let paths = files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "nde"));
    paths.map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap())).collect()
}

/// The tree of a text, and its complaints as shown.
pub fn parse_and_show(source: &str) -> (Ast, String) {
    let mut sources = Sources::default();
    let file = sources.add("a.nde", source);
    let mut diagnostics = Diagnostics::new();
    let ast = parse(source, file, &mut diagnostics);
    (ast, diagnostics.render(&sources, Look::Plain, 110))
}

/// The tree of a text that has no error.
pub fn parsed(source: &str) -> Ast {
    let (ast, shown) = parse_and_show(source);
    assert!(shown.is_empty(), "{source}\n{shown}");
    ast
}

fn model_body(source: &str) -> Vec<StatementKind> {
    let ast = parsed(&format!("model M {{\n{source}\n}}"));
    match ast.items.into_iter().next().unwrap().kind {
        ItemKind::Model(model) => model.body.into_iter().map(|statement| statement.kind).collect(),
        other => panic!("{other:?}"),
    }
}

fn codes_of(source: &str) -> Vec<&'static str> {
    let mut diagnostics = Diagnostics::new();
    parse(source, FileId(0), &mut diagnostics);
    diagnostics.iter().map(|one| one.code).collect()
}

#[test]
fn every_model_parses() {
    let models = models();
    assert_eq!(models.len(), 18);
    for (path, source) in models {
        let (_, shown) = parse_and_show(&source);
        assert!(shown.is_empty(), "{}\n{shown}", path.display());
    }
}

#[test]
fn every_code_has_an_example_that_provokes_it_alone() {
    for info in error::CODES {
        assert_eq!(codes_of(info.example), [info.code], "{}", info.example);
    }
}

/// One wrong text a line of each complaint's forms; the shown complaints are the golden file.
#[test]
fn complaints_say_what_to_write() {
    let mut shown = String::new();
    for source in include_str!("complaints.txt").split("\n---\n") {
        let (_, complaints) = parse_and_show(source.trim_end());
        writeln!(shown, "{source}\n\n{complaints}\n{}", "=".repeat(80)).unwrap();
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn one_run_reports_each_wrong_statement_once() {
    let source = "model M {\n state x = 1.\n x' = (2 x)\n y := 3\n stat z = 2\n}\nmodle N { state x = }\nsolve M ovr 0..1\n";
    assert_eq!(codes_of(source), ["E0003", "E0018", "E0010", "E0014", "E0014", "E0001"]);
}

#[test]
fn a_missing_brace_does_not_spoil_the_next_item() {
    let source = "model M {\n state x = 1\n x' = x\n\nsolve M over 0..1 { save = 1. }\n";
    assert_eq!(codes_of(source), ["E0005", "E0003"]);
}

#[test]
fn an_open_bracket_ends_where_a_declaration_begins() {
    let source = "model M {\n state x = 1\n x' = 2*(x + 1\n let y = 1.\n}\n";
    assert_eq!(codes_of(source), ["E0005", "E0003"]);
}

#[test]
fn soft_words_are_names_outside_of_their_place() {
    let body = model_body(
        "param rate = 1, init = 2, weight = 3\nstate free = 1, event = 2\nrate*free' = 1\ninit' = 3\nevent' = on\n\
         data = 3\ninit free' = 0\nevent e: rate rate*2 { stop := 1; stop }\nevent every: every every from from { }",
    );
    assert!(matches!(body[2], StatementKind::Equation(_)));
    assert!(matches!(body[3], StatementKind::Equation(_)));
    assert!(matches!(body[5], StatementKind::Equation(_)));
    assert!(matches!(body[6], StatementKind::Init(_)));
    let StatementKind::Event(event) = &body[7] else { panic!() };
    assert!(matches!(event.trigger, Trigger::Rate(_)));
    assert!(matches!(event.actions[0].kind, ActionKind::Assign { .. }));
    assert!(matches!(event.actions[1].kind, ActionKind::Stop));
    let StatementKind::Event(event) = &body[8] else { panic!() };
    assert!(matches!(event.trigger, Trigger::Every { from: Some(_), .. }));
    let fit = parsed(
        "fit M on d { weight ~ normal(70, 10); minimize = 3; free free, using; using using then adam(1) }",
    );
    let ItemKind::Fit(fit) = &fit.items[0].kind else { panic!() };
    assert!(matches!(fit.body[0].kind, FitStatementKind::Observe { .. }));
    assert!(matches!(fit.body[1].kind, FitStatementKind::Option(_)));
    assert!(matches!(&fit.body[2].kind, FitStatementKind::Free(names) if names.len() == 2));
    assert!(matches!(&fit.body[3].kind, FitStatementKind::Using(steps) if steps.len() == 2));
}

#[test]
fn lines_join_where_the_language_says_so() {
    let body = model_body(
        "x' = a\n  + b\n  - c\ny' = (a\n b'\n) * \n c\nnoise W[2]\n  corr [[1, 0], [0, 1]]\ncorr' = 1\n\
         let z = if a\n then b\n else c\nfn f(x) = x\n derivative 1\nderivative = 2"
            .replace("a\n b'", "a +\n b")
            .as_str(),
    );
    assert_eq!(body.len(), 7);
    assert!(matches!(&body[2], StatementKind::Noise { correlation: Some(_), .. }));
    assert!(matches!(&body[5], StatementKind::Function(f) if f.derivative.is_some()));
}

#[test]
fn operators_bind_as_the_table_says() {
    let same = |left: &str, right: &str| {
        assert_eq!(model_body(&format!("let y = {left}")), model_body(&format!("let y = {right}")), "{left}");
    };
    same("-x^2", "-(x^2)");
    same("2^-3^2", "2^(-(3^2))");
    same("a or b and not c < d + e*-f'", "a or (b and (not (c < (d + (e*(-(f')))))))");
    same("if a then b else c + 1", "if a then b else (c + 1)");
    same("x'[1](t).k", "(((x')[1])(t)).k");
}

#[test]
fn documentation_goes_to_the_next_declaration() {
    let ast = parsed(
        "/// A model.\n/// Two lines.\nmodel M {\n  /// Its state.\n  state x = 1,\n    /// The other.\n    y = 2\n  /// Nothing.\n}\n",
    );
    assert_eq!(ast.items[0].docs, ["A model.".into(), "Two lines.".into()]);
    let ItemKind::Model(model) = &ast.items[0].kind else { panic!() };
    assert_eq!(model.body[0].docs, ["Its state.".into()]);
    let StatementKind::State(list) = &model.body[0].kind else { panic!() };
    assert_eq!(list[1].docs, ["The other.".into()]);
    assert_eq!(&*ast.trivia.comments[0].text, "// Nothing.");
}

#[test]
fn expressions_alone() {
    let mut diagnostics = Diagnostics::new();
    let expr = parse_expression("-3 [mmHg]", FileId(0), &mut diagnostics);
    assert!(matches!(expr.kind, ExprKind::Negate(_)) && diagnostics.is_empty());
    for wrong in ["", "1 2", "a; b", "(", "x = 1", "{ }"] {
        let mut diagnostics = Diagnostics::new();
        parse_expression(wrong, FileId(0), &mut diagnostics);
        assert_eq!(diagnostics.len(), 1, "{wrong}: {diagnostics:?}");
    }
}

#[test]
fn incomplete_inputs_ask_for_more() {
    for source in ["model M {", "x' = (1 +", "let y = if a then", "a +", "f(1,\n", "/// about"] {
        assert!(!is_complete(source), "{source}");
    }
    for source in ["", "x' = 1", "model M { }", "\"open", "x )"] {
        assert!(is_complete(source), "{source}");
    }
}

#[test]
fn the_tree_can_be_read() {
    let (_, source) = models().into_iter().find(|(path, _)| path.ends_with("7_bouncing_ball.nde")).unwrap();
    insta::assert_snapshot!(print::print(&parsed(&source)));
}

#[test]
fn hostile_texts_get_an_error_soon() {
    let deep = |open: &str, close: &str| {
        format!("model M {{\nlet y = {}1{}\n}}\n", open.repeat(100_000), close.repeat(100_000))
    };
    let chain = |link: &str| format!("model M {{\nlet y = a{}\n}}\n", link.repeat(100_000));
    let cases = [
        ("file", "x".repeat(10 << 20), 1),
        ("words", "x ".repeat(5 << 20), 1),
        ("brackets", deep("(", ")"), 1),
        ("open brackets", deep("[", ""), 1),
        ("braces", "{".repeat(100_000), 1),
        ("closing", "}".repeat(100_000), 100),
        ("name", format!("model {} {{ }}", "x".repeat(1 << 20)), 1),
        ("number", format!("model M {{ param p = {} }}", "9".repeat(1 << 20)), 1),
        ("unit", format!("model M {{ param p: {}m{} = 1 }}", "(".repeat(1000), ")".repeat(1000)), 1),
        ("signs", deep("-", ""), 1),
        ("powers", chain("^a"), 1),
        ("conditionals", deep("if a then b else ", ""), 1),
        ("nots", deep("not ", ""), 1),
        ("primes", chain("'"), 1),
        ("fields", chain(".b"), 1),
        ("calls", chain("(b)"), 1),
        ("sum", chain("+a"), 0),
        ("product", chain("*a"), 0),
        ("logic", chain(" and a"), 0),
        ("statements", format!("model M {{\n{}}}\n", "x' = 1\n".repeat(100_000)), 0),
        ("wrong statements", format!("model M {{\n{}}}\n", "x' 1\n".repeat(100_000)), 100),
    ];
    for (name, source, complaints) in cases {
        let run = || {
            let start = Instant::now();
            let mut diagnostics = Diagnostics::new();
            let ast = parse(&source, FileId(0), &mut diagnostics);
            let _ = (ast.clone() == ast, format::format(&ast), print::print(&ast));
            assert_eq!(diagnostics.len(), complaints, "{name}");
            start.elapsed().as_secs_f64()
        };
        // Other work of the machine does not count: the fastest of three.
        let fastest = (0..3).map(|_| run()).fold(f64::INFINITY, f64::min);
        assert!(fastest < 1.0, "{name}: {fastest} s");
    }
}
