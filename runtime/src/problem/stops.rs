//! Times at which modes of time alone change: the next one, when it is asked for.
//!
//! Root functions that are linear in time are followed to the end at once. Others are looked at in windows: a small part of the
//! span, and of a turn of whatever goes round in them. Within a window a function has left its mode where its ends, or the
//! vertex of the parabola through three ends in a row, say so.

use nde_compiler::derive::system::Timing;
use nde_compiler::program::{Missing, Program, Purpose};

use super::{Kernel, Values};
use crate::dynamics::mode::Shape;

/// A window is at most this part of the span.
const WIDEST: f64 = 1e-3;

/// A window is at least this part of the span.
const NARROWEST: f64 = 1e-6;

/// A window is at most this part of a turn.
const PART: f64 = 1.0 / 16.0;

/// A vertex is looked at when it is nearer to an end than this part of the change over a window.
const NEAR: f64 = 0.25;

/// The modes of time alone.
pub struct Timed {
    modes: Kernel,
    roots: Kernel,
    turns: Option<Kernel>,
    shapes: Vec<Shape>,
    course: Course,
}

/// How the root functions depend on time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Course {
    Straight,
    Curved,
}

/// Everything at a time.
#[derive(Clone, Debug, Default)]
struct Sample {
    t: f64,
    modes: Vec<f64>,
    roots: Vec<f64>,
    turns: Vec<f64>,
}

impl Timed {
    /// Those of a program; `None` without any.
    ///
    /// # Errors
    /// A host function is missing.
    pub fn new(program: &Program) -> Result<Option<Timed>, Missing> {
        let (shapes, linear) = {
            let system = program.system();
            (super::shapes_of(&system, Timing::Timed), system.linear_conditions())
        };
        if shapes.is_empty() {
            return Ok(None);
        }
        let kernel = |purpose| program.kernel(purpose).map(Kernel::new);
        let course = if linear.iter().all(|&is| is) { Course::Straight } else { Course::Curved };
        let turns = match course {
            Course::Straight => None,
            Course::Curved => Some(kernel(Purpose::Turns)?),
        };
        Ok(Some(Timed {
            modes: kernel(Purpose::Conditions(Timing::Timed))?,
            roots: kernel(Purpose::Roots(Timing::Timed))?,
            turns,
            shapes,
            course,
        }))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// The modes at a time. `all` has room for the modes of a problem, which nothing here reads.
    pub fn at(&self, values: &Values, t: f64, all: &[f64], modes: &mut [f64]) {
        call(&self.modes, values, t, all, modes);
    }

    /// The first time on the way from `t` to `t1`, beyond `t`, at which a mode is no longer what it is just after `t`.
    pub fn next_change(&self, values: &Values, t: f64, t1: f64, all: &[f64]) -> Option<f64> {
        let start = beyond(t, t1);
        if (t1 - start) * (t1 - t) <= 0.0 {
            return None;
        }
        let sample = Sample {
            t: start,
            modes: vec![0.0; self.len()],
            roots: vec![0.0; self.len()],
            turns: vec![0.0; self.turns.as_ref().map_or(0, Kernel::len)],
        };
        let mut search = Search {
            source: Source { timed: self, values, all },
            held: Vec::new(),
            before: sample.clone(),
            a: sample.clone(),
            b: sample.clone(),
            c: sample,
        };
        search.source.fill(start, &mut search.a);
        search.held.clone_from(&search.a.modes);
        match self.course {
            Course::Straight => {
                search.source.fill(t1, &mut search.b);
                search.differs(&search.b).then(|| search.bracket())
            }
            Course::Curved => search.walk(t1),
        }
    }
}

fn call(kernel: &Kernel, values: &Values, t: f64, all: &[f64], result: &mut [f64]) {
    let v = values;
    kernel.call(&[&[t], &v.u0, &v.p, &v.discrete, all, &v.constants, &v.inputs], &mut [result]);
}

/// A time that rounding tells from t, on the way to t1.
fn beyond(t: f64, t1: f64) -> f64 {
    let little = (4.0 * f64::EPSILON * t.abs()).max(f64::MIN_POSITIVE);
    if t1 < t { t - little } else { t + little }
}

/// Where samples come from.
#[derive(Clone, Copy)]
struct Source<'s> {
    timed: &'s Timed,
    values: &'s Values,
    all: &'s [f64],
}

impl Source<'_> {
    fn fill(self, t: f64, sample: &mut Sample) {
        sample.t = t;
        call(&self.timed.modes, self.values, t, self.all, &mut sample.modes);
        call(&self.timed.roots, self.values, t, self.all, &mut sample.roots);
        if let Some(turns) = &self.timed.turns {
            call(turns, self.values, t, self.all, &mut sample.turns);
        }
    }
}

/// One search. Nothing has changed at `before` and `a`, where the window begins.
struct Search<'s> {
    source: Source<'s>,
    held: Vec<f64>,
    before: Sample,
    a: Sample,
    b: Sample,
    c: Sample,
}

impl Search<'_> {
    /// Whether a mode is not what is held.
    fn differs(&self, sample: &Sample) -> bool {
        let pairs = self.held.iter().zip(&sample.modes);
        pairs.into_iter().any(|(held, now)| held != now && !(held.is_nan() && now.is_nan()))
    }

    /// Window after window to t1.
    fn walk(&mut self, t1: f64) -> Option<f64> {
        let span = t1 - self.a.t;
        let mut h = WIDEST * span;
        let mut windows = 0;
        while self.a.t != t1 {
            let end = if (t1 - self.a.t).abs() <= 1.001 * h.abs() { t1 } else { self.a.t + h };
            self.source.fill(end, &mut self.b);
            let turned = self.turned();
            if turned > PART && h.abs() > NARROWEST * span.abs() {
                h *= (0.9 * PART / turned).max(0.1);
                continue;
            }
            if self.differs(&self.b) {
                return Some(self.bracket());
            }
            windows += 1;
            if windows > 1
                && let Some(vertex) = self.left_at_vertex()
            {
                return Some(vertex);
            }
            std::mem::swap(&mut self.before, &mut self.a);
            std::mem::swap(&mut self.a, &mut self.b);
            if turned < 0.4 * PART {
                h = (2.0 * h.abs()).min(WIDEST * span.abs()).copysign(span);
            }
        }
        None
    }

    /// The largest part of a turn in the window.
    fn turned(&self) -> f64 {
        let pairs = self.a.turns.iter().zip(&self.b.turns);
        pairs.map(|(a, b)| (b - a).abs()).fold(0.0, f64::max)
    }

    /// Looks where functions turn round near an end of their modes, and answers where one has left it.
    fn left_at_vertex(&mut self) -> Option<f64> {
        for i in 0..self.held.len() {
            let Some(t) = self.vertex(i) else { continue };
            self.source.fill(t, &mut self.c);
            if !self.differs(&self.c) {
                continue;
            }
            if (self.a.t - t) * (self.b.t - self.a.t) > 0.0 {
                std::mem::swap(&mut self.a, &mut self.before);
            }
            std::mem::swap(&mut self.b, &mut self.c);
            return Some(self.bracket());
        }
        None
    }

    /// The vertex of the parabola through the function at `before`, `a` and `b`, where it is between them and near an end.
    fn vertex(&self, i: usize) -> Option<f64> {
        let [s0, s1, s2] = [&self.before, &self.a, &self.b].map(|s| (s.t, s.roots[i]));
        let slopes = [(s1.1 - s0.1) / (s1.0 - s0.0), (s2.1 - s1.1) / (s2.0 - s1.0)];
        let curvature = (slopes[1] - slopes[0]) / (s2.0 - s0.0);
        let t = 0.5 * (s0.0 + s1.0) - 0.5 * slopes[0] / curvature;
        let is_between = (t - s0.0) * (s2.0 - t) > 0.0;
        if !is_between {
            return None;
        }
        let value = s0.1 + slopes[0] * (t - s0.0) + curvature * (t - s0.0) * (t - s1.0);
        let change = (s0.1.max(s1.1).max(s2.1) - s0.1.min(s1.1).min(s2.1)) * NEAR;
        let (shape, mode) = (self.source.timed.shapes[i], self.held[i]);
        let near = [value - change, value + change].into_iter().any(|g| shape.leaves(g, mode).is_some());
        near.then_some(t)
    }

    /// The first number in (a, b] at which a mode differs. Secants try a little before and after the root that they
    /// point to, so that both ends come close; bisection sees to the rest.
    fn bracket(&mut self) -> f64 {
        for round in 0.. {
            let (a, b) = (self.a.t, self.b.t);
            let middle = a + 0.5 * (b - a);
            if middle == a || middle == b {
                break;
            }
            let little = (2.0 * f64::EPSILON * a.abs().max(b.abs())).copysign(b - a);
            let guess = match round % 3 {
                0 => self.secant() - little,
                1 => self.secant() + little,
                _ => middle,
            };
            let t = if (guess - a) * (b - guess) > 0.0 { guess } else { middle };
            self.source.fill(t, &mut self.c);
            match self.differs(&self.c) {
                true => std::mem::swap(&mut self.b, &mut self.c),
                false => std::mem::swap(&mut self.a, &mut self.c),
            }
        }
        self.b.t
    }

    /// The first root of the secants of the functions that have left their modes at b.
    fn secant(&self) -> f64 {
        let (a, b) = (&self.a, &self.b);
        let mut first = f64::INFINITY;
        for (i, shape) in self.source.timed.shapes.iter().enumerate() {
            if let Some(side) = shape.leaves(b.roots[i], self.held[i]) {
                let share = (shape.end(self.held[i], side) - a.roots[i]) / (b.roots[i] - a.roots[i]);
                first = first.min(share);
            }
        }
        a.t + first * (b.t - a.t)
    }
}
