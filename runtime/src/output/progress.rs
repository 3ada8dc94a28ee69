//! A progress bar for long runs: only on a terminal, only after a moment, on stderr.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// Runs shorter than this show nothing.
const PATIENCE: Duration = Duration::from_millis(300);
/// The bar has this many parts.
const PARTS: u64 = 1000;

/// How far a task is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress<'a> {
    /// What runs, such as `solve Lorenz`.
    pub task: &'a str,
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
            bar.set_message(format!("t = {:.4e} of {}", progress.t, super::number::brief(progress.t1, 6)));
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
    let style = ProgressStyle::with_template("{prefix} {bar:30} {percent:>3} %  {msg}  about {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(task.to_string());
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_defined_for_any_span() {
        let fraction = |t, t0, t1| Progress { task: "", t, t0, t1 }.fraction();
        assert_eq!(fraction(5.0, 0.0, 10.0), 0.5);
        assert_eq!(fraction(5.0, 10.0, 0.0), 0.5);
        assert_eq!(fraction(0.0, 0.0, 0.0), 0.0);
        assert_eq!(fraction(f64::NAN, 0.0, 1.0), 0.0);
        assert_eq!(fraction(1e5, 0.0, f64::INFINITY), 0.0);
    }
}
