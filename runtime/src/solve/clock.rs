//! The times where a step must end: stops and changes of the dynamics, and what happens by the clock.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::dynamics::event::{Element, Ticks};

/// The stops of one run, in the order they are met. The clock of `every` counts: its k-th tick is from + k·period, never a sum.
pub struct Clock {
    /// Descending along the direction of integration, so that the next is the last; the first is the end of the run.
    stops: Vec<f64>,
    ticks: BinaryHeap<Tick>,
    change: Change,
    direction: f64,
    end: f64,
    /// The next point of a table.
    point: f64,
    next: f64,
}

/// The next change of a mode of time alone.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Change {
    /// It is to be asked for.
    Unknown,
    At(f64),
    Never,
}

/// The next time of an element.
struct Tick {
    t: f64,
    element: Element,
    /// What follows it: the beginning, the period, and the count of the tick at `t`.
    series: Option<(f64, f64, f64)>,
}

impl Ord for Tick {
    /// The earliest is the greatest, as the heap wants it.
    fn cmp(&self, other: &Tick) -> Ordering {
        other.t.total_cmp(&self.t).then_with(|| other.element.cmp(&self.element))
    }
}

impl PartialOrd for Tick {
    fn partial_cmp(&self, other: &Tick) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Tick {
    fn eq(&self, other: &Tick) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Tick {}

/// Whether two times are the same but for rounding.
fn together(a: f64, b: f64) -> bool {
    (a - b).abs() <= 4.0 * f64::EPSILON * a.abs()
}

impl Clock {
    /// The clock of a run from t0 to t1; `ticks` of a run back in time are none.
    pub fn new(t0: f64, t1: f64, mut stops: Vec<f64>, ticks: &[(Element, Ticks)]) -> Clock {
        let direction = if t1 < t0 { -1.0 } else { 1.0 };
        stops.push(t1);
        stops.retain(|&stop| (stop - t0) * direction > 0.0 && (t1 - stop) * direction >= 0.0);
        stops.sort_by(|a, b| (b * direction).total_cmp(&(a * direction)));
        stops.dedup();
        let ticks = ticks.iter().filter_map(|&(element, ticks)| first(element, ticks, t0)).collect();
        let change = Change::Unknown;
        let mut clock = Clock { stops, ticks, change, direction, end: t1, point: t1, next: t1 };
        clock.look();
        clock
    }

    /// The next time where a step must end; beyond the end of the run when there is none.
    #[inline]
    pub fn next(&self) -> f64 {
        self.next
    }

    /// Takes note of the next point of a table, on the way to the end.
    pub fn expect(&mut self, point: f64) {
        self.point = point;
        self.look();
    }

    /// Whether a point of a table is all that is at `t`.
    pub fn is_point(&self, t: f64) -> bool {
        let is_stop = self.stops.last().is_some_and(|&stop| together(stop, t));
        let is_due = self.ticks.peek().is_some_and(|tick| tick.t <= t || together(tick.t, t));
        let is_change = matches!(self.change, Change::At(change) if together(change, t));
        self.point == t && !is_stop && !is_due && !is_change
    }

    /// Whether the next change of a mode of time alone has to be found.
    pub fn wants_change(&self) -> bool {
        self.change == Change::Unknown
    }

    /// Says when it is, if ever.
    pub fn expect_change(&mut self, t: Option<f64>) {
        self.change = t.map_or(Change::Never, Change::At);
        self.look();
    }

    /// Leaves the stop at `t`, with what happens there.
    pub fn pass(&mut self, t: f64, due: &mut Vec<Element>) {
        if let Change::At(change) = self.change
            && ((t - change) * self.direction >= 0.0 || together(change, t))
        {
            self.change = Change::Unknown;
        }
        while self.stops.last().is_some_and(|&stop| together(stop, t)) && self.stops.len() > 1 {
            self.stops.pop();
        }
        while self.ticks.peek().is_some_and(|tick| tick.t <= t || together(tick.t, t)) {
            let Some(tick) = self.ticks.pop() else { break };
            due.push(tick.element);
            if let Some((from, period, k)) = tick.series {
                let k = following((from, period, k), t);
                self.ticks.push(Tick { t: from + k * period, series: Some((from, period, k)), ..tick });
            }
        }
        self.look();
    }

    fn look(&mut self) {
        let mut stop = self.stops.last().copied().unwrap_or(self.end);
        // A point that only rounding tells from a stop is that stop.
        if (stop - self.point) * self.direction > 0.0 && !together(stop, self.point) {
            stop = self.point;
        }
        self.next = self.ticks.peek().map_or(stop, |tick| tick.t.min(stop));
        if let Change::At(change) = self.change
            && (self.next - change) * self.direction > 0.0
        {
            self.next = change;
        }
    }
}

/// The count of the tick after the one of this count at `t`: where the period is less than rounding tells apart, of the first one
/// beyond.
fn following((from, period, k): (f64, f64, f64), t: f64) -> f64 {
    let next = from + (k + 1.0) * period;
    if next > t && !together(next, t) {
        return k + 1.0;
    }
    ((t + 8.0 * f64::EPSILON * t.abs() - from) / period).ceil().max(k + 1.0)
}

/// The first tick that is not before t0.
fn first(element: Element, ticks: Ticks, t0: f64) -> Option<Tick> {
    match ticks {
        Ticks::Once(t) => (t >= t0 || together(t, t0)).then_some(Tick { t, element, series: None }),
        Ticks::Every { from, period } => {
            let mut k = ((t0 - from) / period).ceil().max(0.0);
            // The division may have rounded to either side of a tick.
            if k > 0.0 && together(from + (k - 1.0) * period, t0) {
                k -= 1.0;
            }
            let t = from + k * period;
            Some(Tick { t, element, series: Some((from, period, k)) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Element = Element { event: 0, element: 0 };
    const B: Element = Element { event: 1, element: 0 };

    /// Every stop up to the end, with what happens there.
    fn walk(mut clock: Clock, t1: f64) -> Vec<(f64, Vec<Element>)> {
        let mut walk = Vec::new();
        loop {
            let t = clock.next();
            let mut due = Vec::new();
            clock.pass(t, &mut due);
            walk.push((t, due));
            if t == t1 {
                return walk;
            }
        }
    }

    #[test]
    fn stops_and_ticks_come_in_order_and_together_where_they_meet() {
        let ticks =
            [(A, Ticks::Every { from: 0.5, period: 0.5 }), (B, Ticks::Once(1.0)), (B, Ticks::Once(9.0))];
        let clock = Clock::new(0.0, 1.75, vec![0.7], &ticks);
        let expected = [(0.5, vec![A]), (0.7, vec![]), (1.0, vec![A, B]), (1.5, vec![A]), (1.75, vec![])];
        assert_eq!(walk(clock, 1.75), expected);
    }

    #[test]
    fn a_period_that_began_before_the_run_goes_on_without_drift() {
        let ticks = [(A, Ticks::Every { from: -0.3, period: 0.1 })];
        let clock = Clock::new(0.0, 1000.0, Vec::new(), &ticks);
        let walk = walk(clock, 1000.0);
        assert_eq!(walk.len(), 10_001);
        assert!(walk.iter().enumerate().all(|(k, (t, _))| (t - 0.1 * k as f64).abs() < 1e-12 * t.max(1.0)));
    }

    #[test]
    fn points_of_tables_come_one_by_one_and_only_between_stops() {
        for (t0, t1) in [(0.0, 3.0), (3.0, 0.0)] {
            let mut clock = Clock::new(t0, t1, vec![2.0], &[]);
            for (point, next, alone) in
                [(1.0, if t0 < t1 { 1.0 } else { 2.0 }, t0 < t1), (2.0, 2.0, false), (t1, 2.0, false)]
            {
                clock.expect(point);
                assert_eq!((clock.next(), clock.is_point(next)), (next, alone));
            }
            clock.expect(2.0 + 4.0 * f64::EPSILON);
            assert_eq!(clock.next(), 2.0);
        }
    }

    #[test]
    fn a_period_that_rounding_hides_does_not_hold_the_clock_up() {
        let ticks = [(A, Ticks::Every { from: 0.0, period: 1e-18 })];
        let mut clock = Clock::new(1.0, 2.0, Vec::new(), &ticks);
        let mut due = Vec::new();
        for _ in 0..1000 {
            let t = clock.next();
            clock.pass(t, &mut due);
            assert!(clock.next() > t);
        }
        assert_eq!(due.len(), 1000);
    }

    #[test]
    fn backward_stops_descend() {
        assert_eq!(
            walk(Clock::new(2.0, 0.0, vec![0.5, 1.5, 3.0], &[]), 0.0),
            [(1.5, vec![]), (0.5, vec![]), (0.0, vec![])]
        );
    }
}
