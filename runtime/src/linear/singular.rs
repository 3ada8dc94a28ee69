//! What a factorisation tells of itself: why there is none, or how far its numbers grew.

/// There are no factors. Column and row are those of the matrix as it was given: an unknown and an equation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Singular {
    /// The first column, in the order of elimination, that depends on those before it.
    pub column: usize,
    /// A row that was left without a pivot.
    pub row: usize,
    pub cause: Cause,
}

/// Why a matrix has no factors.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// A pivot is exactly zero, or too large for a number.
    NoPivot,
    /// The entry of that column and row is NaN or infinite: nothing was eliminated.
    NotFinite,
}

impl Singular {
    /// No pivot for this column.
    pub fn no_pivot(column: usize, row: usize) -> Singular {
        Singular { column, row, cause: Cause::NoPivot }
    }

    /// An entry that is not a number to compute with.
    pub fn not_finite(column: usize, row: usize) -> Singular {
        Singular { column, row, cause: Cause::NotFinite }
    }
}

/// The largest multiplier of an elimination: at most 1 with partial pivoting, and a warning when pivots were kept from an
/// earlier matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth(pub f64);

impl Growth {
    /// That of partial pivoting.
    pub const PIVOTED: Growth = Growth(1.0);
}
