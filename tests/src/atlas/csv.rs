//! The cells as lines of comma-separated values.

use super::{Outcome, Page};

/// One line a cell: group, problem, method, rtol, status, error in tolerances, steps, right-hand sides, seconds, reason.
pub fn csv(pages: &[Page]) -> String {
    let mut lines =
        String::from("group,problem,method,rtol,status,error_per_rtol,steps,rhs,seconds,reason\n");
    for page in pages {
        for cell in &page.cells {
            let (status, figures, reason) = match &cell.outcome {
                Outcome::Finished(figures) => ("finished", Some(figures), String::new()),
                Outcome::Failed { status, error, figures } => (*status, Some(figures), error.message.clone()),
                Outcome::Refused(error) => ("refused", None, error.message.clone()),
            };
            let finite = |x: f64| if x.is_finite() { format!("{x:.3e}") } else { String::new() };
            let figures = figures.map_or_else(
                || ",,,".into(),
                |f| format!("{},{},{},{}", finite(f.error), f.steps, f.rhs, finite(f.seconds)),
            );
            let (problem, method, rtol) = (&cell.problem, cell.method.name, cell.rtol);
            let reason = quoted(&reason);
            lines += &format!("{},{problem},{method},{rtol:e},{status},{figures},{reason}\n", page.title);
        }
    }
    lines
}

/// The first line of a message as a field.
fn quoted(text: &str) -> String {
    let line = text.lines().next().unwrap_or("");
    if line.is_empty() { String::new() } else { format!("\"{}\"", line.replace('"', "\"\"")) }
}
