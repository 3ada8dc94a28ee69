//! What happens at one instant, and whether it happens too often.

use crate::dynamics::Interval;
use crate::dynamics::event::{Element, Events};

/// A series of times is called endless when it would end within this part of the span.
const ENDLESS: f64 = 1e-10;

/// So many intervals in a row must have shrunk, or so many rebounds not have left their root.
const SHRUNK: u32 = 8;

/// An interval shrinks when it is at most this part of the one before.
const SHRINKING: f64 = 0.999;

/// The conditions of the events of a run, and the history of each.
pub struct Agenda {
    /// The truths before the instant and in it.
    pub held: Vec<f64>,
    pub now: Vec<f64>,
    /// What happens by the clock.
    pub due: Vec<Element>,
    /// What happens in the round at hand, in order.
    pub list: Vec<Element>,
    histories: Vec<History>,
}

/// When the condition of an event became true.
#[derive(Clone, Copy)]
struct History {
    last: f64,
    interval: f64,
    shrunk: u32,
    rebounds: u32,
}

const NEVER: History = History { last: f64::NAN, interval: f64::NAN, shrunk: 0, rebounds: 0 };

impl Agenda {
    /// Buffers for these events.
    pub fn new(events: Option<&dyn Events>) -> Agenda {
        let count = events.map_or(0, |events| events.conditions().len());
        Agenda {
            held: vec![0.0; count],
            now: vec![0.0; count],
            due: Vec::new(),
            list: Vec::new(),
            histories: vec![NEVER; count],
        }
    }

    /// Forgets another run.
    pub fn forget(&mut self) {
        self.due.clear();
        self.histories.fill(NEVER);
    }

    /// Notes the truths before anything of the instant is done.
    pub fn hold(&mut self, events: &dyn Events, at: &Interval, u: &[f64]) {
        if !self.held.is_empty() {
            events.truths(at, at.t, u, &mut self.held);
        }
    }

    /// Lists what happens now: conditions that have become true, and what was due. The truths are held for the next round.
    pub fn gather(&mut self, events: &dyn Events, at: &Interval, u: &[f64]) {
        self.list.clear();
        self.list.append(&mut self.due);
        if !self.held.is_empty() {
            events.truths(at, at.t, u, &mut self.now);
            let became = |&k: &usize| self.now[k] > 0.5 && self.held[k] <= 0.5;
            self.list.extend((0..self.held.len()).filter(became).map(|k| events.conditions()[k]));
            std::mem::swap(&mut self.held, &mut self.now);
        }
        self.list.sort_unstable();
        self.list.dedup();
    }

    /// Notes what was listed at `t`; the answer is an event whose times have an end that it cannot pass.
    pub fn endless(&mut self, events: &dyn Events, t: f64, span: f64, rebound: Rebound) -> Option<Element> {
        for (k, element) in events.conditions().iter().enumerate() {
            if self.list.binary_search(element).is_err() {
                continue;
            }
            let history = &mut self.histories[k];
            let interval = t - history.last;
            let ratio = interval / history.interval;
            let shrinks = ratio <= SHRINKING;
            let shrunk = if shrinks { history.shrunk + 1 } else { 0 };
            let rebounds = if rebound == Rebound::Yes { history.rebounds + 1 } else { 0 };
            *history = History { last: t, interval, shrunk, rebounds };
            let left = interval * ratio / (1.0 - ratio);
            if (shrunk >= SHRUNK && left < ENDLESS * span.abs()) || rebounds >= SHRUNK {
                return Some(*element);
            }
        }
        None
    }
}

/// Whether an instant is one at which a root function turned round before it had left its root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rebound {
    Yes,
    No,
}
