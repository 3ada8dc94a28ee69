//! Text that wants too much: long chains, deep nesting, many pieces. An answer comes soon, and the stack holds.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::complaints;

fn soon(text: &str) -> String {
    let start = Instant::now();
    let shown = complaints(text);
    let took = start.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?} for {}…", &text[..60]);
    shown
}

fn lines(n: usize, line: impl Fn(usize) -> String) -> String {
    (0..n).fold(String::new(), |mut text, k| {
        let _ = writeln!(text, "{}", line(k));
        text
    })
}

#[test]
fn a_long_chain_of_definitions_is_no_recursion() {
    let lets = lines(20_000, |k| format!("let a{} = a{k} + 1", k + 1));
    assert_eq!(soon(&format!("model M {{\n{lets}let a0 = 1\nstate x = 0\nx' = a20000 }}")), "");
}

#[test]
fn a_long_cycle_is_cut_short() {
    let lets = lines(5000, |k| format!("let a{} = a{k} + 1", (k + 1) % 5000));
    let shown = soon(&format!("model M {{\n{lets}state x = 0\nx' = a0 }}"));
    assert!(shown.contains("E0110") && shown.len() < 5000, "{}", shown.len());
}

#[test]
fn many_scalar_equations_are_matched() {
    let text = lines(5000, |k| {
        format!("state x{k} = 1; alg z{k} = 0\nx{k}' = z{k}\n0 = z{k} - x{k} + z{}", (k + 1) % 5000)
    });
    assert_eq!(soon(&format!("model M {{\n{text}}}")), "");
}

#[test]
fn many_pieces_tile() {
    let text = lines(20_000, |k| format!("u'[{}] = {k}", k + 1));
    assert_eq!(soon(&format!("model M {{ state u[20000] = 0\n{text}}}")), "");
}

#[test]
fn functions_may_not_nest_without_end() {
    let text = lines(5000, |k| format!("fn f{}(x) = f{k}(x) + 1", k + 1));
    let shown = soon(&format!("fn f0(x) = x\n{text}model M {{ state x = 0; x' = f5000(x) }}"));
    assert!(shown.contains("E0115"), "{shown}");
}

#[test]
fn wrong_names_by_the_thousand_are_counted() {
    let text = lines(3000, |k| format!("let a{k} = wrong{k}"));
    let shown = soon(&format!("model M {{\n{text}state x = 0; x' = 1 }}"));
    assert!(shown.contains("more"), "{shown}");
}

#[test]
fn large_numbers_are_no_overflow() {
    for text in [
        "model M { index i in 1..9e18; state u[i] = 0; u'[i] = 0 }",
        "model M { index i in 1..1e12, j in 1..1e12; state x = 0; x' = 0 }",
        "model M { index i, j in 1..1e9; state u[i,j] = 0; u'[i,j] = 0 }",
        "model M { state u[1e300] = 0; u' = 0 }",
        "model M { index i in 1..3; state u[i] = 0; u'[i] = u[9e15*9e15*i] }",
        "model M { index i in 1..3; state u[i] = 0; u'[i] = u[1000000000000*1000000000000*i] }",
        "model M { state x: m^100000 = 0; x' = x^100000 }",
    ] {
        soon(text);
    }
}

/// Words of the models in other places: whatever comes of it, it is an answer.
#[test]
fn mixed_up_models_are_answered() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/models");
    let mut texts: Vec<String> = std::fs::read_dir(folder)
        .expect("the models are there")
        .filter_map(|entry| std::fs::read_to_string(entry.ok()?.path()).ok())
        .filter(|text| text.contains("model"))
        .collect();
    texts.sort();
    let words: Vec<Vec<&str>> = texts.iter().map(|text| text.split_inclusive(' ').collect()).collect();
    let mut random = 1u64;
    let mut next = |n: usize| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (random >> 33) as usize % n.max(1)
    };
    for round in 0..2000 {
        let own = &words[round % words.len()];
        let mut mixed = own.clone();
        for _ in 0..1 + next(4) {
            let at = next(mixed.len());
            match next(3) {
                0 => {
                    mixed.remove(at);
                }
                1 => mixed.insert(at, own[next(own.len())]),
                _ => {
                    let other = &words[next(words.len())];
                    mixed[at] = other[next(other.len())];
                }
            }
        }
        complaints(&mixed.concat());
    }
}

#[test]
fn sums_in_sums_cost_no_more_than_their_text() {
    let depth = 40;
    let angle = (0..depth).fold(String::new(), |text, k| format!("{text} + {}*i{k}", k + 1));
    let close = (0..depth).fold(String::new(), |text, k| format!("{text} for i{k} in 1..9)"));
    let text = format!("model M {{\nstate x = 1\nx' = {}x*sin(0{angle}){close}\n}}", "sum(".repeat(depth));
    assert_eq!(soon(&text), "");
}
