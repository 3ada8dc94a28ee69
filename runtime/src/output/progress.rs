//! A progress bar for long runs: only on a terminal, only after a moment, on stderr.

use super::number::{brief, duration};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Runs shorter than this show nothing.
const PATIENCE: Duration = Duration::from_millis(300);
/// The bar has this many parts.
const PARTS: u64 = 1000;

/// What tells how far a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The time of the model.
    Time,
    /// The members of a sweep that are solved.
    Members,
}

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress<'a> {
    /// What runs, such as `solve Lorenz`.
    pub task: &'a str,
    /// What goes from `t0` to `t1`.
    pub counted: Counted,
    pub t: f64,
    pub t0: f64,
    pub t1: f64,
}

impl Progress<'_> {
    /// The part done, 0..1; 0 where it cannot be told.
    pub fn fraction(&self) -> f64 {
        let fraction = (self.t - self.t0) / (self.t1 - self.t0);
        if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// The bar of one run; it vanishes when dropped.
pub struct Bar {
    started: Instant,
    shown: Option<ProgressBar>,
    task: String,
    enabled: bool,
}

impl Bar {
    /// A bar that shows itself when stderr is a terminal.
    pub fn new() -> Self {
        Bar {
            started: Instant::now(),
            shown: None,
            task: String::new(),
            enabled: std::io::stderr().is_terminal(),
        }
    }

    /// Takes note of where the run is; cheap enough for every step.
    pub fn update(&mut self, progress: &Progress) {
        if !self.enabled {
            return;
        }
        if self.task != progress.task {
            self.clear();
            self.task = progress.task.to_string();
            self.started = Instant::now();
        }
        if self.shown.is_none() && self.started.elapsed() > PATIENCE {
            self.shown = Some(bar(&self.task));
        }
        if let Some(bar) = &self.shown {
            bar.set_position((progress.fraction() * PARTS as f64) as u64);
            bar.set_message(message(progress, self.started.elapsed()));
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.shown.take() {
            bar.finish_and_clear();
        }
    }
}

impl Default for Bar {
    fn default() -> Self {
        Bar::new()
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

fn bar(task: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(PARTS), ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("{prefix} {wide_bar} {percent:>3} %  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(task.to_string());
    bar
}

/// The time reached and, from the mean pace so far, how long the rest takes.
fn message(progress: &Progress, elapsed: Duration) -> String {
    let (t, t1) = (brief(progress.t, 4), brief(progress.t1, 6));
    let reached = match progress.counted {
        Counted::Time => format!("t = {t} of {t1}"),
        Counted::Members => format!("{t} of {t1} members"),
    };
    match progress.fraction() {
        fraction if fraction > 0.0 => {
            let left = elapsed.as_secs_f64() * (1.0 - fraction) / fraction;
            format!("{reached}, about {} left", duration(left.ceil()))
        }
        _ => reached,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_defined_for_any_span() {
        let fraction = |t, t0, t1| Progress { task: "", counted: Counted::Time, t, t0, t1 }.fraction();
        assert_eq!(fraction(5.0, 0.0, 10.0), 0.5);
        assert_eq!(fraction(5.0, 10.0, 0.0), 0.5);
        assert_eq!(fraction(0.0, 0.0, 0.0), 0.0);
        assert_eq!(fraction(f64::NAN, 0.0, 1.0), 0.0);
        assert_eq!(fraction(1e5, 0.0, f64::INFINITY), 0.0);
    }

    #[test]
    fn the_message_extrapolates_the_pace() {
        let at = |t, t1| {
            message(&Progress { task: "", counted: Counted::Time, t, t0: 0.0, t1 }, Duration::from_secs(60))
        };
        assert_eq!(at(12.34567, 49.38268), "t = 12.35 of 49.3827, about 3 min 0 s left");
        assert_eq!(at(0.0, 10.0), "t = 0 of 10");
        assert_eq!(at(10.0, 10.0), "t = 10 of 10, about 0 s left");
    }
}
