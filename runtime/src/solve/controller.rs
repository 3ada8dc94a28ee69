//! Step size control: from the scaled error of a step to the factor of the next.
//!
//! With ε the error of size O(h^k): I, h ← h·0.9·ε^(−1/k); PI, h·0.9·ε^(−0.7/k)·ε_old^(0.4/k) (Hairer and Wanner,
//! Solving ODEs II, IV.2); PID and predictive as cited in [`Control`].

use super::options::Control;

const SAFETY: f64 = 0.9;
const SHRINK: f64 = 0.2;
const GROW: f64 = 10.0;

/// Errors below this ask for the largest growth anyhow.
const LEAST: f64 = 1e-10;

/// An earlier error counts as at least this, so that one lucky step does not dominate the next.
const LEAST_OLD: f64 = 1e-4;

/// The controller's memory.
pub struct Controller {
    control: Control,
    /// ln ε of the last accepted step and the one before.
    old: [f64; 2],
    /// The size of the last accepted step; 0 at the beginning.
    h_old: f64,
    /// The largest factor: 1 after a rejected step.
    limit: f64,
}

impl Controller {
    /// A controller that has seen no step.
    pub fn new(control: Control) -> Controller {
        Controller { control, old: [LEAST_OLD.ln(); 2], h_old: 0.0, limit: GROW }
    }

    /// Forgets the steps before a discontinuity.
    pub fn forget(&mut self) {
        *self = Controller::new(self.control);
    }

    /// The factor for the step after an accepted one.
    pub fn accept(&mut self, error: f64, order: u32, h: f64) -> f64 {
        let (log, k) = (error.max(LEAST).ln(), 1.0 / f64::from(order));
        let [old, older] = self.old;
        let exponent = match self.control {
            Control::Integral => -k * log,
            Control::Standard | Control::ProportionalIntegral => k * (0.4 * old - 0.7 * log),
            Control::Pid => -k / 18.0 * (log + 2.0 * old + older),
            Control::Predictive if self.h_old == 0.0 => -k * log,
            Control::Predictive => (-k * log).min((h / self.h_old).abs().ln() + k * (old - 2.0 * log)),
        };
        let floor = if self.control == Control::Predictive { 1e-2_f64.ln() } else { LEAST_OLD.ln() };
        let factor = (SAFETY * exponent.exp()).clamp(SHRINK, self.limit);
        self.old = [log.max(floor), old];
        self.h_old = h;
        self.limit = GROW;
        factor
    }

    /// The factor for another try after an error that was too large.
    pub fn reject(&mut self, error: f64, order: u32) -> f64 {
        let β =
            if matches!(self.control, Control::Standard | Control::ProportionalIntegral) { 0.7 } else { 1.0 };
        if self.control == Control::Predictive {
            self.limit = 1.0;
        }
        (SAFETY * (-β / f64::from(order) * error.ln()).exp()).max(SHRINK)
    }
}
