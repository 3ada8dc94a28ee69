//! Figures and statuses as a table shows them.

use nde::output::TaskError;
use nde::output::number::brief;

use super::cell::{MOST_STEPS, MOST_TIME};

/// `0.34`, `27`, `1.2e4`: an error in tolerances.
pub fn tolerances(error: f64) -> String {
    match error {
        _ if error.is_nan() || error.is_infinite() => "wrong".into(),
        _ if error >= 1e4 => format!("{error:.0e}"),
        _ if error >= 9.95 => format!("{error:.0}"),
        _ if error >= 0.095 => format!("{error:.1}"),
        _ => format!("{error:.0e}"),
    }
}

/// `45 µs`, `1.2 ms`.
pub fn time(seconds: f64) -> String {
    let (value, unit) = match seconds {
        _ if seconds < 1e-3 => (seconds * 1e6, "µs"),
        _ if seconds < 1.0 => (seconds * 1e3, "ms"),
        _ => (seconds, "s"),
    };
    if value < 9.95 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}

/// How and where a solve ended, with its reason in few words.
pub fn failure(status: &str, error: &TaskError) -> String {
    let at = error.t.map_or_else(String::new, |t| format!("<br>at t = {}", brief(t, 3)));
    let is_stiff = error.help.as_ref().is_some_and(|help| help.contains("stiff"));
    let why = if is_stiff { "<br>stiff" } else { "" };
    let what = match status {
        "too_many_steps" => format!("{} steps", thousands(MOST_STEPS)),
        "interrupted" => format!("{} s", MOST_TIME.as_secs()),
        "step_too_small" => "step too small".into(),
        "not_finite" => "not finite".into(),
        "newton_failed" => "Newton failed".into(),
        "zeno" => "Zeno".into(),
        other => other.replace('_', " "),
    };
    format!("{what}{at}{why}")
}

/// `200,000`.
pub fn thousands(count: u32) -> String {
    if count < 1000 { count.to_string() } else { format!("{},{:03}", count / 1000, count % 1000) }
}
