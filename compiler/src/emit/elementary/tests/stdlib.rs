//! The standard library declares exactly the functions of the registry, with their numbers of arguments.

use std::collections::BTreeMap;

use crate::emit::elementary::FUNCTIONS;

/// Names and numbers of arguments of the `extern fn` declarations in a source text.
fn declared(source: &str) -> impl Iterator<Item = (&str, usize)> {
    source.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("extern fn ")?.split_once('(')?;
        let (arguments, _) = rest.split_once(')')?;
        Some((name, arguments.split(',').count()))
    })
}

#[test]
fn natives_and_declarations_match() {
    let sources =
        [include_str!("../../../../../stdlib/math.nde"), include_str!("../../../../../stdlib/neural.nde")];
    let declarations: BTreeMap<&str, usize> = sources.iter().flat_map(|source| declared(source)).collect();
    // `pow` is the operator `^`.
    let registry: BTreeMap<&str, usize> = FUNCTIONS
        .iter()
        .filter(|function| function.name != "pow")
        .map(|function| (function.name, function.arity))
        .collect();
    assert_eq!(declarations, registry);
}
