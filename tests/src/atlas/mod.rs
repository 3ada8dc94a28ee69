//! Every method on every reference problem: what the tables of methods in the documentation say.

mod cell;
mod csv;
mod markdown;
mod words;

use std::path::{Path, PathBuf};

use nde::method::{MethodInfo, methods};

use crate::data::{Problem, algebraic_problems, event_problems, non_stiff_problems, stiff_problems};

pub use cell::{Cell, Figures, Outcome};
pub use csv::csv;
pub use markdown::markdown;

/// Problems of one kind.
pub struct Group {
    pub title: &'static str,
    pub problems: fn() -> Vec<Problem>,
}

pub static GROUPS: &[Group] = &[
    Group { title: "non-stiff", problems: non_stiff_problems },
    Group { title: "stiff", problems: stiff_problems },
    Group { title: "algebraic", problems: algebraic_problems },
    Group { title: "events", problems: event_problems },
];

/// Problems that are hard at other tolerances than this: E5's values span a thousand orders, and the two others have few digits
/// that a double can hold.
const HARD: &[&str] = &["andrews_squeezer_index3", "e5", "transistor_amplifier"];

/// The tolerances at which a problem is solved.
pub fn tolerances(problem: &str) -> &'static [f64] {
    if HARD.contains(&problem) { &[1e-7] } else { &[1e-5, 1e-9] }
}

/// The problems of a group with what the methods did on them.
pub struct Page {
    pub title: &'static str,
    pub problems: Vec<String>,
    pub cells: Vec<Cell>,
}

impl Page {
    /// The tolerances of its cells, the loosest first.
    pub fn tolerances(&self) -> Vec<f64> {
        let mut found: Vec<f64> = self.cells.iter().map(|cell| cell.rtol).collect();
        found.sort_by(|a, b| b.total_cmp(a));
        found.dedup();
        found
    }

    /// What a method did on a problem.
    pub fn cell(&self, problem: &str, method: &MethodInfo, rtol: f64) -> Option<&Cell> {
        self.cells.iter().find(|c| c.problem == problem && c.method.name == method.name && c.rtol == rtol)
    }

    /// The fastest of the cells that solved a problem to a hundred tolerances.
    pub fn best(&self, problem: &str, rtol: f64) -> Option<&Cell> {
        let of = self.cells.iter().filter(|c| c.problem == problem && c.rtol == rtol && c.is_solved());
        of.min_by(|a, b| a.seconds().total_cmp(&b.seconds()))
    }
}

/// Runs every method on every problem; `progress` is told each problem before it is solved.
pub fn run(progress: &mut dyn FnMut(&str)) -> Vec<Page> {
    let page = |group: &Group| {
        let problems = (group.problems)();
        let mut cells = Vec::new();
        for problem in &problems {
            progress(&problem.name);
            for &rtol in tolerances(&problem.name) {
                cells.extend(methods().map(|method| Cell::of(problem, method, rtol)));
            }
        }
        Page { title: group.title, problems: problems.into_iter().map(|p| p.name).collect(), cells }
    };
    GROUPS.iter().map(page).collect()
}

/// Where the documentation keeps the tables; `ending` is `md` or `csv`.
pub fn place(ending: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/docs/methods").with_extension(ending)
}
