//! The cells as a document: a summary, and for each group of problems one table a tolerance.

use nde::method::{MethodInfo, methods};
use nde::output::number::superscript;

use super::cell::{MOST_STEPS, MOST_TIME, SOLVED, fixed_steps};
use super::{Cell, Outcome, Page, words};

/// The document.
pub fn markdown(pages: &[Page]) -> String {
    let mut text = introduction();
    text += &summary(pages);
    for page in pages {
        for rtol in page.tolerances() {
            text += &format!("\n## {}, rtol = {}\n", capitalised(page.title), power(rtol));
            text += &tables(page, rtol);
        }
    }
    text
}

fn introduction() -> String {
    format!(
        "# Methods and problems\n\n\
        Every method of `ndec methods` on every reference problem of `tests/data`. Written by\n\n\
        ```\ncargo run --release -p nde-tests --bin atlas\n```\n\n\
        which also writes [methods.csv](methods.csv), the same figures with the reasons in full.\n\n\
        Each cell has three lines: the **worst error** of all unknowns at all points of the reference, in units of rtol (it is\n\
        relative, below a thousandth of an unknown's largest value to that); **steps / right-hand sides**; the **time** of the\n\
        solve without the compilation, the least of several runs on one core of a shared machine. The absolute tolerance of an\n\
        unknown is rtol × 10⁻³ × its largest reference value, with events rtol × 10⁻³. Where a solve did not come to its end,\n\
        the cell says how and where it ended: a method may take {} steps and {} s. “Stiff” is what the solver itself\n\
        found. — stands where the method refuses the problem. Bold is the fastest of a row with an error of at most {SOLVED} × rtol.\n\
        Methods of fixed step know no tolerance; they take {} steps at 10⁻⁵ and {} at tighter ones. `zeno_ball` bounces\n\
        endlessly before its end: to say so is the right answer.\n",
        words::thousands(MOST_STEPS),
        MOST_TIME.as_secs(),
        words::thousands(fixed_steps(1e-5)),
        words::thousands(fixed_steps(1e-9)),
    )
}

/// How many problems each method solved, and how its time compares to the best one's.
fn summary(pages: &[Page]) -> String {
    let mut text = format!(
        "\n## Summary\n\nProblems solved to {SOLVED} × rtol of those that the method is for, and the median of its time over the \
         time\nof the fastest method on the same problem.\n\n"
    );
    let columns: Vec<(&Page, f64)> =
        pages.iter().flat_map(|page| page.tolerances().into_iter().map(move |rtol| (page, rtol))).collect();
    text += "| method |";
    columns.iter().for_each(|(page, rtol)| text += &format!(" {} {} |", page.title, power(*rtol)));
    text += &format!("\n|---|{}\n", "---|".repeat(columns.len()));
    for method in methods() {
        text += &format!("| `{}` |", method.name);
        columns.iter().for_each(|(page, rtol)| text += &format!(" {} |", share(page, method, *rtol)));
        text.push('\n');
    }
    text
}

/// `24 of 25, 1.8 ×`.
fn share(page: &Page, method: &MethodInfo, rtol: f64) -> String {
    let of_method = |cell: &&Cell| cell.method.name == method.name && cell.rtol == rtol;
    let tried: Vec<&Cell> = page.cells.iter().filter(of_method).filter(|cell| !cell.is_refused()).collect();
    let ratio = |cell: &&Cell| Some(cell.seconds() / page.best(&cell.problem, rtol)?.seconds());
    let mut ratios: Vec<f64> =
        tried.iter().copied().filter(|cell| cell.is_solved()).filter_map(|cell| ratio(&cell)).collect();
    ratios.sort_by(f64::total_cmp);
    match ratios.get(ratios.len() / 2) {
        None if tried.is_empty() => "—".into(),
        None => format!("0 of {}", tried.len()),
        Some(median) => format!("{} of {}, {median:.1} ×", ratios.len(), tried.len()),
    }
}

/// A table of the methods that solve no linear systems and one of those that do, each without the methods that refuse all.
fn tables(page: &Page, rtol: f64) -> String {
    let is_of = |method: &&MethodInfo, explicit| method.family.is_explicit() == explicit;
    let tried = |method: &&MethodInfo| {
        page.cells.iter().any(|c| c.method.name == method.name && c.rtol == rtol && !c.is_refused())
    };
    let mut text = String::new();
    for (explicit, title) in [(true, "without linear systems"), (false, "with linear systems")] {
        let shown: Vec<&MethodInfo> = methods().filter(|m| is_of(m, explicit)).filter(tried).collect();
        let refusing: Vec<&MethodInfo> =
            methods().filter(|m| is_of(m, explicit)).filter(|m| !tried(m)).collect();
        text += &format!("\nMethods {title}\n\n");
        if !shown.is_empty() {
            text += &table(page, rtol, &shown);
        }
        if !refusing.is_empty() {
            let names: Vec<String> = refusing.iter().map(|m| format!("`{}`", m.name)).collect();
            text += &format!("\nNot for these problems: {}.\n", names.join(", "));
        }
    }
    text
}

fn table(page: &Page, rtol: f64, shown: &[&MethodInfo]) -> String {
    let mut text = String::from("| problem |");
    shown.iter().for_each(|method| text += &format!(" `{}` |", method.name));
    text += &format!("\n|---|{}\n", "---|".repeat(shown.len()));
    for problem in &page.problems {
        let cells: Vec<&Cell> = shown.iter().filter_map(|method| page.cell(problem, method, rtol)).collect();
        if cells.is_empty() {
            continue;
        }
        let best = page.best(problem, rtol).map(|cell| cell.method.name);
        text += &format!("| `{problem}` |");
        cells.iter().for_each(|cell| text += &format!(" {} |", entry(cell, best == Some(cell.method.name))));
        text.push('\n');
    }
    text
}

fn entry(cell: &Cell, is_best: bool) -> String {
    let lines = match &cell.outcome {
        Outcome::Refused(_) => return "—".into(),
        Outcome::Failed { status, error, .. } => return words::failure(status, error),
        Outcome::Finished(f) => {
            [words::tolerances(f.error), format!("{} / {}", f.steps, f.rhs), words::time(f.seconds)]
        }
    };
    match is_best {
        true => lines.map(|line| format!("**{line}**")).join("<br>"),
        false => lines.join("<br>"),
    }
}

/// `10⁻⁵`.
fn power(rtol: f64) -> String {
    format!("10{}", superscript(rtol.log10().round() as i32))
}

fn capitalised(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
