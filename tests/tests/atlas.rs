//! The tables of methods in the documentation are of the methods and problems that there are.

use std::collections::BTreeSet;
use std::fs;

use nde::method::methods;
use nde_tests::atlas::{GROUPS, place, tolerances};

const AGAIN: &str = "`cargo run --release -p nde-tests --bin atlas` writes it again";

fn read(ending: &str) -> String {
    fs::read_to_string(place(ending)).unwrap_or_else(|error| panic!("{error}: {AGAIN}"))
}

#[test]
fn the_document_names_every_method_and_every_problem() {
    let document = read("md");
    let problems = GROUPS.iter().flat_map(|group| (group.problems)()).map(|problem| problem.name);
    for name in methods().map(|method| method.name.to_owned()).chain(problems) {
        assert!(document.contains(&format!("| `{name}` |")), "`{name}` is missing: {AGAIN}");
    }
}

#[test]
fn the_lines_are_every_method_on_every_problem_at_its_tolerances() {
    let lines = read("csv");
    let key = |line: &str| line.split(',').take(4).collect::<Vec<_>>().join(",");
    let found: BTreeSet<String> = lines.lines().skip(1).map(key).collect();
    let mut expected = BTreeSet::new();
    for group in GROUPS {
        for problem in (group.problems)() {
            for rtol in tolerances(&problem.name) {
                let line = |name| format!("{},{},{name},{rtol:e}", group.title, problem.name);
                expected.extend(methods().map(|method| line(method.name)));
            }
        }
    }
    let wrong: Vec<&String> = found.symmetric_difference(&expected).take(5).collect();
    assert!(wrong.is_empty(), "{wrong:?} …: {AGAIN}");
}
