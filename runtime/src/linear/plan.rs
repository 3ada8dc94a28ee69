//! Which form W = w M − J gets: by its pattern alone, without numbers, and with a reason for the user.

use std::sync::Arc;

use super::banded::Banded;
use super::layout::Layout;
use super::ordering::Order;
use super::pattern::{Columns, Matrix, Pattern};
use super::singular::Singular;
use super::sparse::Analysis;
use super::tree::Tree;

/// Below this size a dense factorisation costs less than looking for anything better.
const FEW: usize = 16;

/// A pattern that fills more than this part of the square is treated as dense.
const DENSE: f64 = 0.25;

/// What one product of a sparse elimination costs in products of a dense or a banded one, since it looks each number up by
/// its row.
const SCATTERED: f64 = 4.0;

/// With more products than this for each entry of the factors, an elimination by dense fronts is quicker than one column
/// after the other (measured on stencils of 100 to 2,000 points).
const DENSE_ENOUGH: f64 = 18.0;

/// Systems that share a factorisation, as Newton's iteration in `bdf` has them.
const SHARED: f64 = 16.0;

/// Products of one iteration of GMRES with MILU(0), for each entry of the matrix and for each unknown.
const EACH_ENTRY: f64 = 4.0;
const EACH_UNKNOWN: f64 = 20.0;

/// Iterations that a system is expected to take (measured on reaction and diffusion in the plane: 6 with 32 × 32 points, 9 with
/// 64 × 64, 12 with 128 × 128). Where factors cost as much as these or more, GMRES has the first try.
const EXPECTED: f64 = 6.0;

/// Factors with more entries than this below the diagonal, 0.8 GB of both, are not made where an iteration may serve.
const LARGE: f64 = 5e7;

/// Which form is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Wish {
    /// The cheapest, which may be an iteration.
    #[default]
    Automatic,
    /// The cheapest that solves up to rounding.
    Direct,
    Dense,
    Banded,
    Sparse,
    /// GMRES preconditioned by MILU(0).
    Krylov,
}

impl Wish {
    /// The numbers that a matrix takes in a form that was asked for whatever it costs; 0 where it takes what the pattern asks for.
    pub fn storage(self, pattern: &Pattern, mass: Option<&Matrix>) -> f64 {
        let n = pattern.dim() as f64;
        match self {
            Wish::Dense => n * n,
            Wish::Banded => {
                let (lower, upper) = Columns::union(pattern, mass).bandwidths();
                n * (2 * lower + upper + 1) as f64
            }
            Wish::Automatic | Wish::Direct | Wish::Sparse | Wish::Krylov => 0.0,
        }
    }
}

/// The form that was chosen, and why.
pub struct Plan {
    pub layout: Layout,
    pub shape: Shape,
    pub reason: String,
}

/// A form, and what it needs to know of the pattern.
pub enum Shape {
    Dense,
    Banded {
        lower: usize,
        upper: usize,
    },
    Sparse(Analysis),
    /// The iterations a system up to which factors would cost more.
    Krylov {
        columns: Arc<Columns>,
        affordable: f64,
    },
}

impl Plan {
    /// # Errors
    /// A column and a row that no elimination of such a pattern can pair.
    pub fn new(pattern: &Pattern, mass: Option<&Matrix>, wish: Wish) -> Result<Plan, Singular> {
        let (n, free) = (pattern.dim(), matches!(wish, Wish::Automatic | Wish::Direct));
        if wish == Wish::Dense {
            return Ok(Plan::dense(pattern, mass, "dense, as was asked".into()));
        }
        if free && n < FEW {
            // There was nothing to choose.
            return Ok(Plan::dense(pattern, mass, String::new()));
        }
        if free && matches!(pattern, Pattern::Dense(_)) {
            return Ok(Plan::dense(pattern, mass, "dense: every unknown may read every other".into()));
        }
        let columns = Columns::union(pattern, mass);
        match wish {
            Wish::Automatic | Wish::Direct => Plan::cheapest(columns, pattern, mass, wish),
            Wish::Banded => {
                Ok(Plan::banded(pattern, mass, columns.bandwidths(), "banded, as was asked".into()))
            }
            Wish::Krylov => {
                let reason = "GMRES with MILU(0), as was asked".into();
                Ok(Plan::krylov(columns, pattern, mass, f64::INFINITY, reason))
            }
            Wish::Dense | Wish::Sparse => {
                let layout = Layout::sparse(&columns, pattern, mass);
                let order = Order::new(&columns, &layout.present(mass))?;
                Ok(Plan::sparse(columns, layout, order))
            }
        }
    }

    /// Weighs the forms by the products that each takes.
    fn cheapest(
        columns: Columns,
        pattern: &Pattern,
        mass: Option<&Matrix>,
        wish: Wish,
    ) -> Result<Plan, Singular> {
        let n = columns.n;
        let (entries, square) = (columns.rows.len() as f64, (n * n) as f64);
        let (lower, upper) = columns.bandwidths();
        let narrow = 4 * (lower + upper + 1) < n;
        if entries > DENSE * square && !narrow {
            let share = (100.0 * entries / square).round();
            return Ok(Plan::dense(pattern, mass, format!("dense: {share} % of the entries exist")));
        }
        let layout = Layout::sparse(&columns, pattern, mass);
        let present = layout.present(mass);
        let order = Order::new(&columns, &present)?;
        let sparse = SCATTERED * order.products;
        let (dense, band) = (square * n as f64 / 3.0, (n * lower) as f64 * (lower + upper + 1) as f64);
        if narrow && band <= sparse.max((32 * n) as f64) {
            let reason = format!("banded: {lower} below the diagonal and {upper} above it");
            return Ok(Plan::banded(pattern, mass, (lower, upper), reason));
        }
        if dense <= sparse {
            return Ok(Plan::dense(pattern, mass, "dense: sparse factors would fill up".into()));
        }
        let diagonal = |j| columns.slot(j, j).is_some_and(|slot| present[slot]);
        let direct = order.products / SHARED + 4.0 * order.entries;
        let affordable = match order.entries > LARGE {
            true => f64::INFINITY,
            false => direct / (EACH_ENTRY * entries + EACH_UNKNOWN * n as f64),
        };
        if wish == Wish::Automatic && affordable > EXPECTED && (0..n).all(diagonal) {
            let reason = format!(
                "GMRES with MILU(0): {entries} entries, factors would have {:.1e} and cost {:.1e} products",
                2.0 * order.entries,
                order.products
            );
            return Ok(Plan::krylov(columns, pattern, mass, affordable, reason));
        }
        Ok(Plan::sparse(columns, layout, order))
    }

    fn sparse(columns: Columns, layout: Layout, order: Order) -> Plan {
        let (entries, filled) = (columns.rows.len(), 2 * order.entries as usize + columns.n);
        let products = order.products;
        let reason =
            format!("sparse: {entries} entries, {filled} in the factors that cost {products:.1e} products");
        let dense_enough = order.products > DENSE_ENOUGH * order.entries;
        let tree = if dense_enough { Tree::new(&columns, &order).map(Arc::new) } else { None };
        let analysis = Analysis { columns: Arc::new(columns), order: Arc::new(order), tree };
        Plan { layout, shape: Shape::Sparse(analysis), reason }
    }

    fn krylov(
        columns: Columns,
        pattern: &Pattern,
        mass: Option<&Matrix>,
        affordable: f64,
        reason: String,
    ) -> Plan {
        let layout = Layout::sparse(&columns, pattern, mass);
        Plan { layout, shape: Shape::Krylov { columns: Arc::new(columns), affordable }, reason }
    }

    fn dense(pattern: &Pattern, mass: Option<&Matrix>, reason: String) -> Plan {
        Plan { layout: Layout::dense(pattern, mass), shape: Shape::Dense, reason }
    }

    fn banded(
        pattern: &Pattern,
        mass: Option<&Matrix>,
        (lower, upper): (usize, usize),
        reason: String,
    ) -> Plan {
        let size = Banded::<f64>::size(pattern.dim(), lower, upper);
        let layout = Layout::new(pattern, mass, size, |i, j| Banded::<f64>::place(lower, upper, i, j));
        Plan { layout, shape: Shape::Banded { lower, upper }, reason }
    }
}
