//! Which times of a trajectory are kept.

use super::options::Save;

/// The times that remain to be saved, in the order they are met.
pub struct Saver {
    /// Descending along the direction of integration, so that the next is the last.
    pending: Vec<f64>,
    pub steps: bool,
    direction: f64,
}

impl Save {
    /// [`Save::times`] in the order they are met.
    pub fn times_in_order(&self, t0: f64, t1: f64) -> Vec<f64> {
        let mut times = Saver::new(self, t0, t1).pending;
        times.reverse();
        times
    }
}

impl Saver {
    /// The save points of a span.
    pub fn new(save: &Save, t0: f64, t1: f64) -> Saver {
        let direction = if t1 < t0 { -1.0 } else { 1.0 };
        let mut pending = save.times(t0, t1);
        pending.sort_by(|a, b| (b * direction).total_cmp(&(a * direction)));
        Saver { pending, steps: *save == Save::Steps, direction }
    }

    /// The next save point, if it is before `t`.
    pub fn next_before(&mut self, t: f64) -> Option<f64> {
        let &next = self.pending.last()?;
        ((t - next) * self.direction > 0.0).then(|| {
            self.pending.pop();
            next
        })
    }

    /// The next save point.
    pub fn peek(&self) -> Option<f64> {
        self.pending.last().copied()
    }

    /// Whether there is a save point before `t`.
    pub fn is_before(&self, t: f64) -> bool {
        self.peek().is_some_and(|next| (t - next) * self.direction > 0.0)
    }

    /// The next save point, if it is not after `t`.
    pub fn next_until(&mut self, t: f64) -> Option<f64> {
        let &next = self.pending.last()?;
        ((t - next) * self.direction >= 0.0).then(|| {
            self.pending.pop();
            next
        })
    }
}
