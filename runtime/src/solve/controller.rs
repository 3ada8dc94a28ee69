//! Step size control: from the scaled error of a step to the factor of the next.
//!
//! With ε the error of size O(h^k): I, h ← h·0.9·ε^(−1/k); PI, h·0.9·ε^(−0.7/k)·ε_old^(0.4/k) (Hairer and Wanner,
//! Solving ODEs II, IV.2); PID and predictive as cited in [`Control`].
//!
//! It works on log₂ ε², so that no root is taken between the error of a step and the size of the next.

use super::options::Control;
use crate::method::power::{exp2, log2};

const SAFETY: f64 = 0.9;
const SHRINK: f64 = 0.2;
const GROW: f64 = 10.0;

/// ε² of ε = 1e-10: errors below this count as this.
const LEAST: f64 = 1e-20;

/// log₂ ε² of ε = 1e-4: an earlier error counts as at least this, so that one lucky step does not dominate the next.
const LEAST_OLD: f64 = -26.5754247590989;

/// Its counterpart in the predictive controller: ε = 1e-2.
const LEAST_PREDICTED: f64 = -13.28771237954945;

/// log₂ of a factor smaller than any that is asked for.
const FAR: f64 = 100.0;

/// The controller's memory.
pub struct Controller {
    control: Control,
    /// log₂ ε² of the last accepted step and the one before.
    old: [f64; 2],
    /// The size of the last accepted step; 0 at the beginning.
    h_old: f64,
    /// The largest factor: 1 after a rejected step of the predictive controller.
    limit: f64,
}

impl Controller {
    /// A controller that has seen no step.
    pub fn new(control: Control) -> Controller {
        Controller { control, old: [LEAST_OLD; 2], h_old: 0.0, limit: GROW }
    }

    /// Forgets the steps before a discontinuity.
    pub fn forget(&mut self) {
        *self = Controller::new(self.control);
    }

    /// Does one thing as the predictive controller, unless another was asked for: for the implicit steps of a method that has
    /// explicit ones too.
    pub fn predicting(&mut self, act: impl FnOnce(&mut Controller) -> f64) -> f64 {
        let own = self.control;
        if own == Control::Standard {
            self.control = Control::Predictive;
        }
        let factor = act(self);
        self.control = own;
        factor
    }

    /// The factor for the step after an accepted one of error √`square`.
    #[inline]
    pub fn accept(&mut self, square: f64, order: u32, h: f64) -> f64 {
        // Half, for the logarithms are those of squares.
        let (log, k) = (log2(if square > LEAST { square } else { LEAST }), 0.5 / f64::from(order));
        let [old, older] = self.old;
        let exponent = match self.control {
            Control::Integral => -k * log,
            Control::Standard | Control::ProportionalIntegral => k * 0.4 * old - k * 0.7 * log,
            Control::Pid => -k / 18.0 * (log + 2.0 * old + older),
            Control::Predictive => self.predicted(log, k, h),
        };
        let floor = if self.control == Control::Predictive { LEAST_PREDICTED } else { LEAST_OLD };
        let factor = (SAFETY * exp2(exponent)).clamp(SHRINK, self.limit);
        self.old = [log.max(floor), old];
        self.h_old = h;
        self.limit = GROW;
        factor
    }

    /// log₂ of the factor as the last two steps and their errors predict it. A function of its own, so that the explicit methods,
    /// whose steps are short, do not carry it along.
    #[inline(never)]
    fn predicted(&self, log: f64, k: f64, h: f64) -> f64 {
        if self.h_old == 0.0 {
            return -k * log;
        }
        let growth = (h / self.h_old).abs().max(f64::MIN_POSITIVE);
        (-k * log).min(log2(growth) + k * (self.old[0] - 2.0 * log)).max(-FAR)
    }

    /// The factor for another try after an error √`square` that was too large.
    pub fn reject(&mut self, square: f64, order: u32) -> f64 {
        let β =
            if matches!(self.control, Control::Standard | Control::ProportionalIntegral) { 0.7 } else { 1.0 };
        if self.control == Control::Predictive {
            self.limit = 1.0;
        }
        let exponent = -0.5 * β / f64::from(order) * log2(square);
        (SAFETY * exp2(exponent.max(-FAR))).max(SHRINK)
    }
}

/// The controllers of several solves side by side, all of one kind.
pub struct Controllers {
    order: u32,
    each: Vec<Controller>,
    /// log₂ ε² of the last accepted steps, where these are all that the kind remembers.
    old: Vec<f64>,
}

impl Controllers {
    pub fn new(control: Control, order: u32, count: usize) -> Controllers {
        let each = (0..count).map(|_| Controller::new(control)).collect();
        Controllers { order, each, old: vec![LEAST_OLD; count] }
    }

    /// Forgets the steps of a solve.
    pub fn forget(&mut self, solve: usize) {
        self.each[solve].forget();
        self.old[solve] = LEAST_OLD;
    }

    /// For each solve the factor after its step, accepted or not, as [`Controller::accept`] and [`Controller::reject`] have it.
    pub fn factors(&mut self, squares: &[f64], h: &[f64], factors: &mut [f64]) {
        let control = self.each.first().map_or(Control::Standard, |first| first.control);
        if matches!(control, Control::Standard | Control::ProportionalIntegral) {
            return self.proportional_integral(squares, factors);
        }
        for (k, controller) in self.each.iter_mut().enumerate() {
            factors[k] = match squares[k] > 1.0 {
                true => controller.reject(squares[k], self.order),
                false => controller.accept(squares[k], self.order, h[k]),
            };
        }
    }

    /// Without branches, so that the compiler can take several at once.
    fn proportional_integral(&mut self, squares: &[f64], factors: &mut [f64]) {
        let order = f64::from(self.order);
        let (k, β) = (0.5 / order, -0.5 * 0.7 / order);
        for ((&square, old), factor) in squares.iter().zip(&mut self.old).zip(factors) {
            let log = log2(if square > LEAST { square } else { LEAST });
            let (accepted, rejected) = (k * 0.4 * *old - k * 0.7 * log, β * log);
            let rejected = if rejected > -FAR { rejected } else { -FAR };
            let exponent = if square > 1.0 { rejected } else { accepted };
            let raw = SAFETY * exp2(exponent);
            let raw = if raw > SHRINK { raw } else { SHRINK };
            *factor = if raw < GROW { raw } else { GROW };
            let new = if log > LEAST_OLD { log } else { LEAST_OLD };
            *old = if square > 1.0 { *old } else { new };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers_side_by_side_are_those_of_single_solves() {
        let controls = [
            Control::Integral,
            Control::Standard,
            Control::Pid,
            Control::Predictive,
            Control::ProportionalIntegral,
        ];
        for control in controls {
            let mut single: Vec<Controller> = (0..3).map(|_| Controller::new(control)).collect();
            let mut side_by_side = Controllers::new(control, 5, 3);
            for step in 0..200 {
                let x = |k: i32| (f64::from(step * 3 + k) * 0.7).sin();
                let squares = [0, 1, 2].map(|k| 10_f64.powf(12.0 * x(k) - 8.0));
                let h = [3, 4, 5].map(|k| 0.1 + x(k).abs());
                let mut factors = [0.0; 3];
                side_by_side.factors(&squares, &h, &mut factors);
                for (k, controller) in single.iter_mut().enumerate() {
                    let factor = match squares[k] > 1.0 {
                        true => controller.reject(squares[k], 5),
                        false => controller.accept(squares[k], 5, h[k]),
                    };
                    assert_eq!(factor.to_bits(), factors[k].to_bits(), "{control:?}, step {step}");
                }
            }
        }
    }
}
