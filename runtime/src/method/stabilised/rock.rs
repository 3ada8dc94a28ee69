//! Orthogonal Runge–Kutta–Chebyshev methods of orders 2 and 4, by tables.
//!
//! A. Abdulle and A. A. Medovikov, Second order Chebyshev methods based on orthogonal polynomials, Numer. Math. 90 (2001)
//! 1–18; A. Abdulle, Fourth order Chebyshev methods with recurrence relation, SIAM J. Sci. Comput. 23 (2002) 2041–2054.
//! A recurrence y_i = h μ_i f(y_{i−1}) + (1 + κ_i) y_{i−1} − κ_i y_{i−2} gives the stability, and two or four
//! stages after it the order. These multiply what the recurrence rounds at the largest eigenvalues, by about (hρ)² at order 2
//! and 0.02 (hρ)⁴ at order 4, found from the tables: so h ρ is bounded by the tolerance.

use std::sync::OnceLock;

use super::super::combine::add_scaled;
use crate::dynamics::{Dynamics, Interval};
use crate::method::{Record, Work};

/// The most stages that the tables have.
pub const MOST_STAGES_2: usize = 200;
pub const MOST_STAGES_4: usize = 152;

/// The h ρ at which rounding reaches a relative tolerance.
pub fn largest_2(rtol: f64) -> f64 {
    (rtol / f64::EPSILON).sqrt()
}

/// The same at order 4.
pub fn largest_4(rtol: f64) -> f64 {
    (rtol / (0.02 * f64::EPSILON)).sqrt().sqrt()
}

/// The vectors of work that a step needs.
pub const BUFFERS: usize = 5;

/// One line of a table: a method by its degree.
struct Member {
    degree: usize,
    finish: Vec<f64>,
    /// μ_1, then μ_i and κ_i.
    recurrence: Vec<f64>,
}

/// The methods of one order, by increasing degree.
struct Table {
    /// The stages after the recurrence.
    finishing: usize,
    members: Vec<Member>,
}

impl Table {
    /// Of a text whose lines have a degree, `coefficients` numbers of the finishing stages, and the recurrence.
    fn new(text: &str, finishing: usize, coefficients: usize) -> Table {
        let member = |line: &str| {
            let mut words = line.split(' ');
            let degree = words.next()?.parse().ok()?;
            let mut finish: Vec<f64> = words.map_while(|word| word.parse().ok()).collect();
            let recurrence = finish.split_off(coefficients);
            Some(Member { degree, finish, recurrence })
        };
        Table { finishing, members: text.lines().filter_map(member).collect() }
    }

    /// The member of at least s stages in all.
    fn of_stages(&self, s: usize) -> &Member {
        let degree = s.saturating_sub(self.finishing);
        let found = self.members.iter().find(|member| member.degree >= degree);
        found.unwrap_or(&self.members[self.members.len() - 1])
    }
}

fn second_order() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::new(include_str!("rock2.txt"), 2, 2))
}

fn fourth_order() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::new(include_str!("rock4.txt"), 4, 15))
}

/// The recurrence; its last y is in the first vector of `scratch`. Answers (t − t_n)/h of it.
fn recur(f: &dyn Dynamics, at: &Interval, member: &Member, z: &[f64], scratch: &mut [f64]) -> f64 {
    let (h, n) = (at.h, z.len() / 2);
    let (u, f0) = z.split_at(n);
    let (first, rest) = scratch.split_at_mut(n);
    let (second, rest) = rest.split_at_mut(n);
    let k = &mut rest[..n];
    // So that the last one ends in the first vector.
    let (mut y, mut before) = if member.degree % 2 == 1 { (first, second) } else { (second, first) };
    let μ = member.recurrence[0];
    let (mut c, mut c_before) = (μ, 0.0);
    before.copy_from_slice(u);
    (0..n).for_each(|j| y[j] = u[j] + h * μ * f0[j]);
    for pair in member.recurrence[1..].as_chunks::<2>().0 {
        let [μ, κ] = *pair;
        f.rhs(at, at.t + c * h, y, k);
        for j in 0..n {
            before[j] = h * μ * k[j] + (1.0 + κ) * y[j] - κ * before[j];
        }
        std::mem::swap(&mut y, &mut before);
        (c, c_before) = (μ + (1.0 + κ) * c - κ * c_before, c);
    }
    c
}

/// One step of order 2 with s stages or a few more.
pub fn second(f: &dyn Dynamics, at: &Interval, s: usize, record: &mut Record, work: &mut Work) {
    let (member, n, h) = (second_order().of_stages(s), record.n, at.h);
    let (σ, τ) = (h * member.finish[0], h * member.finish[1]);
    let c = recur(f, at, member, &record.z[..2 * n], &mut work.scratch);
    let (y, rest) = work.scratch.split_at_mut(n);
    let (k1, rest) = rest.split_at_mut(n);
    let k2 = &mut rest[..n];
    f.rhs(at, at.t + c * h, y, k1);
    add_scaled(y, σ, k1);
    f.rhs(at, at.t + c * h + σ, y, k2);
    let (u1, rest) = record.next.split_at_mut(n);
    for j in 0..n {
        record.stages[j] = τ * (k2[j] - k1[j]);
        u1[j] = y[j] + σ * k2[j] + record.stages[j];
    }
    f.rhs(at, at.t + h, u1, &mut rest[..n]);
    work.counters.rhs += member.degree as u64 + 2;
}

/// One step of order 4 with s stages or a few more.
pub fn fourth(f: &dyn Dynamics, at: &Interval, s: usize, record: &mut Record, work: &mut Work) {
    let (member, n, h) = (fourth_order().of_stages(s), record.n, at.h);
    let (a, rest) = member.finish.split_at(6);
    let (b, embedded) = rest.split_at(4);
    let c = recur(f, at, member, &record.z[..2 * n], &mut work.scratch);
    let (y, rest) = work.scratch.split_at_mut(n);
    let (k, g) = rest.split_at_mut(n);
    let (g, e, (u1, f1)) = (&mut g[..3 * n], &mut record.stages, record.next.split_at_mut(n));
    u1.copy_from_slice(y);
    e.fill(0.0);
    // g_2, g_3 and g_4, one after the other; row i of `a` is what g_i has of the stages before it.
    g.chunks_exact_mut(n.max(1)).for_each(|g| g.copy_from_slice(y));
    let rows = [&a[..1], &a[1..3], &a[3..6]];
    for i in 0..4 {
        let (argument, shift) = match i {
            0 => (&*y, 0.0),
            _ => (&g[(i - 1) * n..i * n], rows[i - 1].iter().sum()),
        };
        f.rhs(at, at.t + (c + shift) * h, argument, k);
        for later in i..3 {
            add_scaled(&mut g[later * n..(later + 1) * n], h * rows[later][i], k);
        }
        add_scaled(u1, h * b[i], k);
        add_scaled(e, h * (embedded[i] - b[i]), k);
    }
    f.rhs(at, at.t + h, u1, &mut f1[..n]);
    add_scaled(e, h * embedded[4], &f1[..n]);
    work.counters.rhs += member.degree as u64 + 4;
}

#[cfg(test)]
mod tests;
