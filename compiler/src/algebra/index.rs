//! Index sets: loop variables, ranges, affine subscripts and the boundary rules of accesses.

use smallvec::SmallVec;

/// A loop variable. Its value is the integer the user writes (`i` in `2..N` starts at 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Var {
    /// The k-th free index of the definition or equation that the expression belongs to.
    Axis(u32),
    /// Bound by the reduction of this height: one more than the highest reduction inside its body,
    /// so that equal reductions are one node wherever they stand.
    Bound(u32),
    /// A placeholder while a definition or a reduction is being built; see `Algebra::fresh`.
    Fresh(u32),
}

/// The integers `start..end` (`end` excluded).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Range {
    pub start: i64,
    pub end: i64,
}

impl Range {
    pub fn new(start: i64, end: i64) -> Self {
        Range { start, end }
    }

    /// Number of integers in the range; 0 where it is empty.
    pub fn len(self) -> u64 {
        self.end.saturating_sub(self.start).max(0) as u64
    }

    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    pub fn contains(self, other: Range) -> bool {
        other.is_empty() || (self.start <= other.start && other.end <= self.end)
    }
}

/// `offset + Σ coefficient · variable`, terms sorted by variable and without zeros.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Affine {
    pub offset: i64,
    pub terms: SmallVec<[(Var, i64); 2]>,
}

impl Affine {
    pub fn constant(offset: i64) -> Self {
        Affine { offset, terms: SmallVec::new() }
    }

    pub fn var(var: Var) -> Self {
        Affine { offset: 0, terms: SmallVec::from_elem((var, 1), 1) }
    }

    pub fn as_constant(&self) -> Option<i64> {
        self.terms.is_empty().then_some(self.offset)
    }

    pub fn coefficient(&self, var: Var) -> i64 {
        self.terms.iter().find(|(v, _)| *v == var).map_or(0, |(_, c)| *c)
    }

    pub fn shift(mut self, by: i64) -> Self {
        self.offset += by;
        self
    }

    pub fn scale(mut self, by: i64) -> Self {
        if by == 0 {
            return Affine::constant(0);
        }
        self.offset *= by;
        self.terms.iter_mut().for_each(|(_, c)| *c *= by);
        self
    }

    pub fn add(&self, other: &Affine) -> Self {
        let mut sum = self.clone();
        sum.offset += other.offset;
        for &(var, coefficient) in &other.terms {
            match sum.terms.iter_mut().find(|(v, _)| *v == var) {
                Some((_, c)) => *c += coefficient,
                None => sum.terms.push((var, coefficient)),
            }
        }
        sum.terms.retain(|(_, c)| *c != 0);
        sum.terms.sort_unstable();
        sum
    }

    /// Each variable replaced by `f(variable)`.
    pub fn substitute(&self, mut f: impl FnMut(Var) -> Affine) -> Self {
        self.terms.iter().fold(Affine::constant(self.offset), |sum, &(var, c)| sum.add(&f(var).scale(c)))
    }

    /// The smallest and largest value over the given ranges, as a `Range`; empty where a range is.
    pub fn bounds(&self, mut range: impl FnMut(Var) -> Range) -> Range {
        let (mut low, mut high) = (self.offset, self.offset);
        for &(var, c) in &self.terms {
            let r = range(var);
            if r.is_empty() {
                return Range::new(0, 0);
            }
            let (a, b) = (c * r.start, c * (r.end - 1));
            low += a.min(b);
            high += a.max(b);
        }
        Range::new(low, high + 1)
    }

    pub fn vars(&self) -> impl Iterator<Item = Var> + '_ {
        self.terms.iter().map(|(v, _)| *v)
    }
}

/// What an access outside its dimension means. Positions are 0-based, `n` is the dimension's extent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Boundary {
    /// Never outside: `check` has proved it.
    Inside,
    /// Position modulo n.
    Periodic,
    /// −k is k−1 and n−1+k is n−k: reflected at the cell's edge.
    Mirror,
    /// The value is 0.
    Zero,
}

impl Boundary {
    /// The position brought inside 0..n; `None` where there is nothing.
    pub fn bring_inside(self, position: i64, n: u64) -> Option<i64> {
        let n = n as i64;
        match self {
            Boundary::Inside => Some(position),
            Boundary::Periodic => Some(position.rem_euclid(n)),
            Boundary::Mirror => Some(mirrored(position, n)),
            Boundary::Zero => (0..n).contains(&position).then_some(position),
        }
    }
}

/// The position in 0..n that reflections at both edges give.
pub fn mirrored(position: i64, n: i64) -> i64 {
    let folded = position.rem_euclid(2 * n);
    folded.min(2 * n - 1 - folded)
}

/// The access of an array over its own axes.
pub fn own_access(axes: &[Range]) -> Access {
    let own = |(k, r): (usize, &Range)| Subscript::inside(Affine::var(Var::Axis(k as u32)).shift(-r.start));
    axes.iter().enumerate().map(own).collect()
}

/// The 0-based position along one dimension of a symbol.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subscript {
    Affine {
        position: Affine,
        boundary: Boundary,
    },
    /// The element of a constant integer table (its values are 0-based positions), as in `u[nb[i,k]]`.
    Table {
        table: u32,
        at: SmallVec<[Affine; 2]>,
    },
}

impl Subscript {
    pub fn inside(position: Affine) -> Self {
        Subscript::Affine { position, boundary: Boundary::Inside }
    }

    pub fn affines(&self) -> &[Affine] {
        match self {
            Subscript::Affine { position, .. } => std::slice::from_ref(position),
            Subscript::Table { at, .. } => at,
        }
    }

    pub fn map_affine(&self, mut f: impl FnMut(&Affine) -> Affine) -> Self {
        match self {
            Subscript::Affine { position, boundary } => {
                Subscript::Affine { position: f(position), boundary: *boundary }
            }
            Subscript::Table { table, at } => {
                Subscript::Table { table: *table, at: at.iter().map(f).collect() }
            }
        }
    }
}

/// One subscript a dimension; empty for a scalar.
pub type Access = SmallVec<[Subscript; 2]>;
