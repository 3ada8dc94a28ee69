//! Events: what makes them happen, in terms of modes, and what they change.

use rustc_hash::FxHashMap;

use crate::algebra::{Access, Binary, Boundary, Expr, Node, Range, Subscript, Symbol, Var};
use crate::check::model::{Action, Event, Kind, Model, Piece, Trigger};
use crate::diagnostics::Span;
use crate::emit::routine::Routine;

use super::jump::{Held, jumps};
use super::mode::{Mode, Reader, Timing, declare};
use super::system::System;

/// An event of the model: it happens at an instant, for each element of its axes on its own.
#[derive(Clone, Debug)]
pub struct Happening {
    pub name: String,
    pub axes: Vec<Range>,
    pub when: When,
    /// What each element assigns; the axes of a piece begin with those of the event.
    pub assignments: Vec<(Symbol, Piece)>,
    pub then: Then,
    pub reach: Reach,
    pub span: Span,
}

/// What makes an event happen.
#[derive(Clone, Debug)]
pub enum When {
    /// The truth of its condition, by modes that grow with it, discrete variables and parameters: it happens where this becomes true.
    Condition(Expr),
    At(Vec<Expr>),
    Every {
        period: Expr,
        from: Option<Expr>,
    },
}

/// What becomes of the run after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    GoOn,
    Stop,
}

/// Whether elements of an event that happen together may be applied together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Each element changes places of its own.
    Own,
    /// Elements may change the same place, so they act one after the other.
    Shared,
}

/// A place that an event changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    Unknown(u32),
    Discrete(u32),
}

impl Happening {
    /// How many elements it has.
    pub fn len(&self) -> usize {
        self.axes.iter().map(|r| r.len() as usize).product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Takes the events out of the model, and declares a mode for each comparison in their conditions.
pub(super) fn extract(model: &mut Model, modes: &mut Vec<Mode>) -> Vec<Happening> {
    let events = std::mem::take(&mut model.events);
    let mut happenings = Vec::new();
    for event in events {
        let Event { name, axes, trigger, actions, span } = event;
        let when = match trigger {
            Trigger::When(condition) => {
                let variables = axes.iter().enumerate().map(|(k, r)| (Var::Axis(k as u32), *r)).collect();
                let mut guards = Guards { model, modes, variables, known: FxHashMap::default(), span };
                When::Condition(guards.truth(condition, Sign::Plain))
            }
            Trigger::At(times) => When::At(times),
            Trigger::Every { period, from } => When::Every { period, from },
            // The rate of a jump is not known to the solvers of deterministic problems.
            Trigger::Rate(_) => continue,
        };
        let then = match actions.iter().any(|a| matches!(a, Action::Stop)) {
            true => Then::Stop,
            false => Then::GoOn,
        };
        let assignments: Vec<(Symbol, Piece)> = actions
            .into_iter()
            .filter_map(|action| match action {
                Action::Assign { symbol, piece } => Some((symbol, piece)),
                Action::Stop => None,
            })
            .collect();
        let reach = reach(&axes, &assignments);
        happenings.push(Happening { name, axes, when, assignments, then, reach, span });
    }
    happenings
}

/// Elements change places of their own where, of each symbol, every axis of the event has a subscript that holds it alone and
/// is the same in all targets: then no place of one element is one of another.
fn reach(axes: &[Range], assignments: &[(Symbol, Piece)]) -> Reach {
    let alone = |s: &Subscript, k: usize| match s {
        Subscript::Affine { position, boundary: Boundary::Inside } => {
            position.terms.len() == 1 && position.coefficient(Var::Axis(k as u32)) != 0
        }
        _ => false,
    };
    let own = |(symbol, piece): &(Symbol, Piece)| {
        let all: Vec<&Access> =
            assignments.iter().filter(|(s, _)| s == symbol).map(|(_, p)| &p.target).collect();
        (0..axes.len()).all(|k| {
            let tells = |(d, s): (usize, &Subscript)| alone(s, k) && all.iter().all(|other| other[d] == *s);
            piece.target.iter().enumerate().any(tells)
        })
    };
    match assignments.iter().all(own) {
        true => Reach::Own,
        false => Reach::Shared,
    }
}

/// Whether a condition stands as it is or under a `not`.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Plain,
    Negated,
}

/// Makes the modes of one event.
struct Guards<'m> {
    model: &'m mut Model,
    modes: &'m mut Vec<Mode>,
    variables: Vec<(Var, Range)>,
    known: FxHashMap<Expr, Expr>,
    span: Span,
}

impl Guards<'_> {
    /// The condition with each comparison replaced by a mode. `not` is carried to the comparisons, so that the result grows with
    /// every mode: it becomes true only where one of them does.
    fn truth(&mut self, e: Expr, sign: Sign) -> Expr {
        let (plain, other) = match sign {
            Sign::Plain => (sign, Sign::Negated),
            Sign::Negated => (sign, Sign::Plain),
        };
        match self.model.algebra.node(e) {
            Node::Not(a) => self.truth(a, other),
            Node::Binary(op @ (Binary::And | Binary::Or), a, b) => {
                let (a, b) = (self.truth(a, plain), self.truth(b, plain));
                match (op == Binary::And) == (sign == Sign::Plain) {
                    true => self.model.algebra.and(a, b),
                    false => self.model.algebra.or(a, b),
                }
            }
            // A difference that jumps may come to rest at zero: its truth says more than its sign.
            Node::Binary(Binary::Less | Binary::LessEqual, ..) if self.jumps(e) => self.leaf(e, sign),
            Node::Binary(op @ (Binary::Less | Binary::LessEqual), a, b) => {
                let condition = match (sign, op) {
                    (Sign::Plain, _) => e,
                    (Sign::Negated, Binary::Less) => self.model.algebra.compare(Binary::LessEqual, b, a),
                    (Sign::Negated, _) => self.model.algebra.compare(Binary::Less, b, a),
                };
                let root = match sign {
                    Sign::Plain => self.model.algebra.sub(b, a),
                    Sign::Negated => self.model.algebra.sub(a, b),
                };
                self.guard(condition, root)
            }
            Node::Read(symbol, access) => match self.scalar_definition(symbol, access) {
                Some(value) => self.truth(value, sign),
                None => self.leaf(e, sign),
            },
            _ => self.leaf(e, sign),
        }
    }

    /// The value of a `let` without subscripts.
    fn scalar_definition(&self, symbol: Symbol, access: crate::algebra::expr::AccessId) -> Option<Expr> {
        if !self.model.algebra.access(access).is_empty() {
            return None;
        }
        let definition = self.model.definitions.iter().find(|d| d.symbol == symbol)?;
        match &definition.pieces[..] {
            [piece] if piece.axes.is_empty() => Some(piece.value),
            _ => None,
        }
    }

    /// A truth that is no comparison: that of discrete variables and parameters is read where it is needed, any other is
    /// watched as it jumps.
    fn leaf(&mut self, e: Expr, sign: Sign) -> Expr {
        let algebra = &mut self.model.algebra;
        let condition = if sign == Sign::Negated { algebra.not(e) } else { e };
        if !self.moves(e) {
            return condition;
        }
        self.hold_jumps(e);
        let algebra = &mut self.model.algebra;
        let (one, minus) = (algebra.one(), algebra.number(-1.0));
        let root = algebra.select(condition, one, minus);
        self.guard(condition, root)
    }

    /// Declares the modes of calls that jump inside of a condition, as the conditions of rows have them: a step ends where they
    /// jump, and how that moves is known.
    fn hold_jumps(&mut self, e: Expr) {
        for n in self.model.algebra.reachable(e, false) {
            let is_call = matches!(self.model.algebra.node(n), Node::Call(..));
            let Some(held) = is_call.then(|| Held::of(self.model, n)).flatten() else { continue };
            let (mode, _) = declare(self.model, &self.variables, &held, self.span, Reader::Rows);
            if !self.modes.iter().any(|m| m.root == mode.root && m.axes == mode.axes) {
                self.modes.push(mode);
            }
        }
    }

    /// Whether an expression jumps, directly or through definitions.
    fn jumps(&self, e: Expr) -> bool {
        let (mut stack, mut seen) = (vec![e], Vec::new());
        while let Some(e) = stack.pop() {
            if jumps(&self.model.algebra, e) {
                return true;
            }
            for n in self.model.algebra.reachable(e, true) {
                let Node::Read(symbol, _) = self.model.algebra.node(n) else { continue };
                if seen.contains(&symbol) {
                    continue;
                }
                seen.push(symbol);
                let definition = self.model.definitions.iter().find(|d| d.symbol == symbol);
                stack.extend(definition.into_iter().flat_map(|d| d.pieces.iter().map(|p| p.value)));
            }
        }
        false
    }

    /// Whether a truth changes between events.
    fn moves(&self, e: Expr) -> bool {
        let discrete = |s: Symbol| {
            let kind = self.model.variables.iter().find(|v| v.symbol == s).map(|v| &v.kind);
            matches!(kind, Some(Kind::Discrete { .. } | Kind::Parameter { .. } | Kind::Weight { .. }))
        };
        let nodes = self.model.algebra.reachable(e, true);
        nodes.into_iter().any(|n| matches!(self.model.algebra.node(n), Node::Read(s, _) if !discrete(s)))
    }

    fn guard(&mut self, condition: Expr, root: Expr) -> Expr {
        if let Some(&read) = self.known.get(&condition) {
            return read;
        }
        let held = Held::truth(condition, root);
        let (mode, read) = declare(self.model, &self.variables, &held, self.span, Reader::Events);
        self.modes.push(mode);
        self.known.insert(condition, read);
        read
    }
}

impl System {
    /// The truth of the condition of each event that has one, by modes; the elements of one event after the other.
    pub fn happens(&mut self) -> Routine {
        let conditions: Vec<(Vec<Range>, Expr)> = self
            .events
            .iter()
            .filter_map(|event| match event.when {
                When::Condition(truth) => Some((event.axes.clone(), truth)),
                _ => None,
            })
            .collect();
        self.observe("happens", &conditions)
    }

    /// The times of each event of the clock: of `at`, each of its times; of `every`, the period and where it begins (the time of
    /// the evaluation plus the period, unless the model says).
    pub fn event_times(&mut self) -> Routine {
        let times = self.times();
        self.observe("event_times", &times)
    }

    /// ∂/∂q of the same, for `observe`: the elements of q last.
    ///
    /// # Errors
    /// The name of a function whose derivative is needed and not declared.
    pub fn event_time_changes(&mut self, direction: usize) -> Result<Vec<(Vec<Range>, Expr)>, String> {
        let times = self.times();
        self.changes_at_start(direction, &times)
    }

    fn times(&mut self) -> Vec<(Vec<Range>, Expr)> {
        let mut times = Vec::new();
        let now = self.model.algebra.scalar(self.model.time);
        for event in &self.events {
            match &event.when {
                When::Condition(_) => {}
                When::At(list) => times.extend(list.iter().map(|&e| (event.axes.clone(), e))),
                &When::Every { period, from } => {
                    let from = from.unwrap_or_else(|| self.model.algebra.add(now, period));
                    times.extend([(event.axes.clone(), period), (event.axes.clone(), from)]);
                }
            }
        }
        times
    }

    /// The modes that the condition of each element of an event reads, by their places; none for an event of the clock.
    pub fn guards(&self, event: usize) -> Vec<Vec<u32>> {
        let event = &self.events[event];
        let mut guards = Vec::new();
        let reads = match event.when {
            When::Condition(truth) => self.model.algebra.reachable(truth, true),
            When::At(_) | When::Every { .. } => Vec::new(),
        };
        super::jacobian::for_each_index(&event.axes, &mut |indices| {
            let place = |n: &Expr| match self.model.algebra.node(*n) {
                Node::Read(symbol, access) => {
                    let part = self.modes.find(symbol)?;
                    Some(self.flat(part, self.model.algebra.access(access), indices) as u32)
                }
                _ => None,
            };
            guards.push(reads.iter().filter_map(place).collect());
        });
        guards
    }

    /// What an event assigns, all its elements at once: the values of [`System::changes`], in their order.
    pub fn reset(&mut self, event: usize) -> Routine {
        let values: Vec<(Vec<Range>, Expr)> =
            self.events[event].assignments.iter().map(|(_, p)| (p.axes.clone(), p.value)).collect();
        self.observe("reset", &values)
    }

    /// The places that an event changes: for each of its assignments, for each element of the event, those of the element.
    pub fn changes(&self, event: usize) -> Vec<Vec<Changed>> {
        let place = |symbol: Symbol, access: &Access, indices: &[i64]| {
            if let Some(part) = self.unknowns.find(symbol) {
                return Changed::Unknown(self.flat(part, access, indices) as u32);
            }
            let part = self.discretes.find(symbol).expect("events change states and discrete variables");
            Changed::Discrete(self.flat(part, access, indices) as u32)
        };
        let assigned = |(symbol, piece): &(Symbol, Piece)| {
            let mut places = Vec::new();
            super::jacobian::for_each_index(&piece.axes, &mut |indices| {
                places.push(place(*symbol, &piece.target, indices));
            });
            places
        };
        self.events[event].assignments.iter().map(assigned).collect()
    }

    /// How many elements of the state's root functions belong to switches; those of events follow.
    pub fn switch_count(&self) -> usize {
        let rows = self.switches.iter().filter(|m| m.timing == Timing::State && m.reader == Reader::Rows);
        rows.map(Mode::len).sum()
    }
}
