//! Random programs are printed and parsed back; random texts never panic.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::generate::program;
use super::{models, parse_and_show};
use crate::diagnostics::{Diagnostics, FileId};
use crate::parse::format::format;
use crate::parse::print::print;
use crate::parse::{is_complete, parse, parse_expression};

/// Everything that a text can be given to.
fn survive(source: &str) {
    let mut diagnostics = Diagnostics::new();
    let ast = parse(source, FileId(0), &mut diagnostics);
    let errors = diagnostics.has_errors();
    let _ = (print(&ast), is_complete(source));
    let once = format(&ast);
    parse_expression(source, FileId(0), &mut diagnostics);
    if !errors {
        let (again, shown) = parse_and_show(&once);
        assert!(shown.is_empty(), "{source}\n{once}\n{shown}");
        assert_eq!(again, ast, "{source}\n{once}");
        assert_eq!(once, format(&again), "{source}");
    }
}

const WORDS: &[&str] = &[
    "model",
    "state",
    "param",
    "const",
    "let",
    "fn",
    "if",
    "then",
    "else",
    "and",
    "or",
    "not",
    "for",
    "in",
    "true",
    "false",
    "x",
    "y",
    "M",
    "α",
    "1",
    "2.5",
    "\"f\"",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "+",
    "-",
    "*",
    "/",
    "@",
    "^",
    "'",
    ",",
    ".",
    "..",
    ":",
    "=",
    ":=",
    "~",
    "->",
    ">>",
    "<",
    "<=",
    ">",
    "==",
    "!=",
    "\n",
    "\n",
    ";",
    "// c\n",
    "/// d\n",
    "import",
    "extern",
    "layer",
    "data",
    "solve",
    "fit",
    "sweep",
    "alg",
    "index",
    "noise",
    "net",
    "init",
    "use",
    "event",
    "weight",
    "return",
    "free",
    "using",
    "vary",
    "when",
    "at",
    "every",
    "rate",
    "from",
    "stop",
    "on",
    "over",
    "as",
    "corr",
    "derivative",
    "periodic",
    "1.",
    "\"",
    "?",
    "²",
    "µ",
    "e\u{301}",
];

/// 1000 cases, always the same ones; `PROPTEST_CASES=1000000` draws as many others.
fn campaign() -> ProptestConfig {
    let suite = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => suite,
        None => ProptestConfig { cases: 1000, rng_seed: RngSeed::Fixed(1), ..suite },
    }
}

proptest! {
    #![proptest_config(campaign())]

    #[test]
    fn printing_and_parsing_is_the_identity(ast in program()) {
        let once = format(&ast);
        let (again, shown) = parse_and_show(&once);
        prop_assert!(shown.is_empty(), "{}\n{}", once, shown);
        prop_assert_eq!(&again, &ast, "{}", once);
        prop_assert_eq!(&once, &format(&again));
    }

    #[test]
    fn random_words_never_panic(words in vec(prop::sample::select(WORDS), 0..60)) {
        survive(&words.join(" "));
    }

    #[test]
    fn random_texts_never_panic(source in "\\PC{0,80}") {
        survive(&source);
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn mutated_models_never_panic(
        model in 0..18_usize,
        edits in vec((any::<prop::sample::Index>(), 0..12_usize, prop::sample::select(WORDS)), 1..4),
    ) {
        let mut source: Vec<char> = models()[model].1.chars().collect();
        for (place, removed, word) in edits {
            let at = place.index(source.len());
            let end = (at + removed).min(source.len());
            source.splice(at..end, word.chars());
        }
        survive(&source.into_iter().collect::<String>());
    }
}
