//! The reference that `ndec help language` prints: its examples pass the checks and are laid out canonically, and
//! it names every word of the language.

use std::path::Path;

use nde::session;
use nde_compiler::check::METHODS;
use nde_compiler::diagnostics::Look;

const REFERENCE: &str = include_str!("../../runtime/src/bin/ndec/language.md");

/// The name of the file and the text of every example; an example without a name is `main.nde`.
fn examples() -> Vec<(&'static str, &'static str)> {
    let blocks = REFERENCE.split("```").skip(1).step_by(2);
    blocks
        .map(|block| {
            let (fence, text) = block.split_once('\n').expect("a fence ends its line");
            (fence.strip_prefix("nde").expect("an example").trim(), text)
        })
        .map(|(name, text)| (if name.is_empty() { "main.nde" } else { name }, text))
        .collect()
}

#[test]
fn examples_check_and_are_laid_out_canonically() {
    let folder = tempfile::tempdir().unwrap();
    assert!(examples().len() > 25);
    for (name, text) in examples() {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let complaints = session::check(&path).unwrap();
        assert!(complaints.diagnostics.is_empty(), "{text}\n{}", complaints.render(Look::Plain, 100));
        let (formatted, _) = session::format(&path).unwrap();
        assert_eq!(formatted.as_deref(), Some(text));
    }
}

/// Whether the reference has this word, in its text or in an example.
fn names(word: &str) -> bool {
    REFERENCE.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == word)
}

#[test]
fn every_function_and_layer_of_the_library_is_named() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stdlib");
    for file in ["math.nde", "neural.nde"] {
        let text = std::fs::read_to_string(library.join(file)).unwrap();
        let declared = text.lines().filter_map(|line| {
            let rest = ["extern fn ", "fn ", "layer "].iter().find_map(|start| line.strip_prefix(start))?;
            rest.split('(').next()
        });
        for name in declared.filter(|name| !HELPERS.contains(name)) {
            assert!(names(name), "`{name}` of {file} is not named");
        }
    }
}

/// Functions that the library's derivatives need and nobody else.
const HELPERS: &[&str] = &["sech2", "cubic_step"];

/// The words with a place of their own, as the language lists them.
const WORDS: &str = "model state param const let fn if then else and or not for in true false \
    rate at every from when stop on over as free vary using minimize weight return derivative corr input index \
    data net noise event history init use alg discrete layer sweep solve fit import extern periodic mirror zero";

#[test]
fn every_word_is_named_and_methods_are_known() {
    for word in WORDS.split_whitespace() {
        assert!(names(word), "`{word}` is not named");
    }
    let used = REFERENCE.split("method = ").skip(1);
    for name in used.filter_map(|rest| rest.split(['(', ' ', ';', '\n']).next()) {
        assert!(METHODS.iter().any(|method| method.name == name), "`{name}` is no method");
    }
}
