//! The formatter on the models and on texts with comments in odd places.

use super::format;
use crate::parse::tests::{models, parse_and_show, parsed};

fn formatted(source: &str) -> String {
    format(&parsed(source))
}

#[test]
fn models_keep_their_meaning_and_settle_at_once() {
    for (path, source) in models() {
        let ast = parsed(&source);
        let once = format(&ast);
        let again = parsed(&once);
        assert_eq!(ast, again, "{}\n{once}", path.display());
        assert_eq!(once, format(&again), "{}", path.display());
        assert_eq!(source.matches("//").count(), once.matches("//").count(), "{once}");
        assert!(once.lines().all(|line| line.chars().count() <= 125), "{once}");
    }
}

#[test]
fn a_model_in_canonical_layout() {
    let (_, source) = models().into_iter().find(|(path, _)| path.ends_with("1_lotka_volterra.nde")).unwrap();
    insta::assert_snapshot!(formatted(&source));
}

#[test]
fn odd_layout_is_put_straight() {
    let source = "// first\n\n\n\nmodel   M(N=3){ // head\n\n  state x=1 ;  y'=2 // a state\n\n\n  // own line\n  x' = (a // why\n  + b)*\n c // end\n event e : when x>0 { x:=0\n\n  stop // now\n }\n event f: at 1 { stop }\n // last\n\n}\nsolve M over 0 .. 1 {\n save=10 }";
    insta::assert_snapshot!(formatted(source));
}

#[test]
fn long_lines_break_where_lines_join() {
    let name = "a_rather_long_name_of_something";
    let sum = [name; 6].join(" + ");
    let source = format!(
        "model M {{\n let y = {sum}\n let z = f({sum}, {sum})\n net f: 2 -> 2 = dense(50, {name}) >> dense(50, {name}) >> dense({name})\n}}\n"
    );
    insta::assert_snapshot!(formatted(&source));
}

/// A comment between any two words of a model changes nothing, and is kept.
#[test]
fn comments_survive_wherever_they_stand() {
    for (_, source) in models() {
        let places: Vec<usize> =
            source.match_indices([' ', ',']).map(|(at, found)| at + found.len()).collect();
        for at in places {
            let with_comment = format!("{}// odd\n{}", &source[..at], &source[at..]);
            let (ast, shown) = parse_and_show(&with_comment);
            if !shown.is_empty() || ast != parsed(&source) {
                continue;
            }
            let once = format(&ast);
            let (again, shown) = parse_and_show(&once);
            assert!(shown.is_empty() && again == ast, "{with_comment}\n{once}\n{shown}");
            assert_eq!(once.matches("// odd").count(), 1, "{with_comment}\n{once}");
            assert_eq!(once, format(&again), "{with_comment}");
        }
    }
}
