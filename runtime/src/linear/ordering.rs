//! In which order a sparse matrix is eliminated: rows onto the diagonal first, then minimum degree.

use faer::dyn_stack::{MemBuffer, MemStack};
use faer::sparse::SymbolicSparseColMatRef;
use faer::sparse::linalg::amd;

use super::pattern::Columns;
use super::singular::Singular;

const NONE: u32 = u32::MAX;

/// The order of elimination, and what it costs when the pivots are taken from the diagonal.
pub struct Order {
    /// The column that is eliminated at each place.
    pub columns: Vec<u32>,
    /// The row whose entry in that column is the pivot, by place, unless numbers speak against it.
    pub rows: Vec<u32>,
    /// Products and subtractions of a factorisation; an upper bound that is nearly reached.
    pub products: f64,
    /// Entries of L without its diagonal, bounded likewise.
    pub entries: f64,
}

impl Order {
    /// The approximate minimum degree order of A + Aᵀ (Amestoy, Davis and Duff, SIAM J. Matrix Anal. Appl. 17 (1996) 886),
    /// A's rows exchanged so that its diagonal has no zeros; entries that are not `present` are zero and remain so.
    ///
    /// # Errors
    /// A column and a row that no exchange can give a diagonal entry.
    pub fn new(a: &Columns, present: &[bool]) -> Result<Order, Singular> {
        let row_of = transversal(a, present)?;
        let mut place = vec![0; a.n];
        row_of.iter().enumerate().for_each(|(j, &i)| place[i as usize] = j as u32);
        let starts: Vec<u32> = a.starts.iter().map(|&start| start as u32).collect();
        let mut rows: Vec<u32> = a.rows.iter().map(|&i| place[i as usize]).collect();
        (0..a.n).for_each(|j| rows[a.column(j)].sort_unstable());
        let exchanged = SymbolicSparseColMatRef::new_checked(a.n, a.n, &starts, None, &rows);
        let (mut columns, mut inverse) = (vec![0; a.n], vec![0; a.n]);
        let mut buffer = MemBuffer::new(amd::order_scratch::<u32>(a.n, rows.len()));
        let stack = MemStack::new(&mut buffer);
        let cost = amd::order(&mut columns, &mut inverse, exchanged, amd::Control::default(), stack)
            .expect("the pattern of a matrix in memory can be ordered");
        let rows = columns.iter().map(|&j| row_of[j as usize]).collect();
        Ok(Order { columns, rows, products: cost.n_mult_subs_lu, entries: cost.n_div })
    }
}

/// A row for each column, all different, with an entry there: Duff's maximum transversal (ACM TOMS 7 (1981) 315, MC21), the
/// diagonal taken wherever it is present.
fn transversal(a: &Columns, present: &[bool]) -> Result<Vec<u32>, Singular> {
    let (mut row_of, mut column_of) = (vec![NONE; a.n], vec![NONE; a.n]);
    for j in 0..a.n {
        if a.slot(j, j).is_some_and(|slot| present[slot]) {
            (row_of[j], column_of[j]) = (j as u32, j as u32);
        }
    }
    let mut search = Search { seen: vec![NONE; a.n], path: Vec::new() };
    for j in 0..a.n {
        if row_of[j] == NONE && !search.augment(a, present, j, &mut row_of, &mut column_of) {
            let row = column_of.iter().position(|&column| column == NONE).unwrap_or(j);
            return Err(Singular::no_pivot(j, row));
        }
    }
    Ok(row_of)
}

/// A depth-first search for a path that gives one more column a row.
struct Search {
    /// The start of the last search that saw each column.
    seen: Vec<u32>,
    /// Columns and the slot where each goes on.
    path: Vec<(usize, usize)>,
}

impl Search {
    fn augment(
        &mut self,
        a: &Columns,
        present: &[bool],
        from: usize,
        row_of: &mut [u32],
        column_of: &mut [u32],
    ) -> bool {
        self.path.clear();
        self.path.push((from, a.starts[from]));
        self.seen[from] = from as u32;
        while let Some((j, slot)) = self.path.last_mut() {
            if *slot == a.column(*j).end {
                self.path.pop();
                continue;
            }
            let (this, row) = (*slot, a.rows[*slot] as usize);
            *slot += 1;
            if !present[this] {
                continue;
            }
            let owner = column_of[row];
            if owner == NONE {
                for &(j, next) in &self.path {
                    let row = a.rows[next - 1];
                    (row_of[j], column_of[row as usize]) = (row, j as u32);
                }
                return true;
            }
            if self.seen[owner as usize] != from as u32 {
                self.seen[owner as usize] = from as u32;
                self.path.push((owner as usize, a.starts[owner as usize]));
            }
        }
        false
    }
}
