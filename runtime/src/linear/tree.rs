//! The fronts of a sparse elimination: which columns are eliminated together, and what they reach.
//!
//! With pivots from the diagonal the factors have the pattern of a Cholesky factorisation of A + Aᵀ. Its elimination tree
//! is walked from the leaves; neighbours on a path that reach the same rows, or nearly so, make one dense front
//! (Duff and Reid, ACM TOMS 9 (1983) 302; Liu, SIAM Review 34 (1992) 82).

use super::ordering::Order;
use super::pattern::Columns;

const NONE: u32 = u32::MAX;

/// Neighbours are joined up to this many columns while zeros are at most this part of the front. The rule is CHOLMOD's (Chen,
/// Davis, Hager and Rajamanickam, ACM TOMS 35 (2008) 22), the numbers were measured on stencils.
const JOINED: [(usize, f64); 4] = [(4, 0.5), (16, 0.2), (48, 0.05), (usize::MAX, 0.02)];

/// The columns first .. first + width, eliminated together.
pub struct Front {
    pub first: usize,
    pub width: usize,
    /// The places after those that the front reaches, ascending.
    pub rows: Vec<u32>,
    /// Where each of them stands among the parent's own and reached places.
    pub relative: Vec<u32>,
    /// How many of them are the parent's own.
    pub own: usize,
    pub parent: Option<usize>,
    pub children: Vec<u32>,
    /// Where the factors have its columns of L, (width + rows) × width, and after those its rows of U, transposed.
    pub panel: usize,
    pub upper: usize,
}

/// The fronts in the order of elimination, children before parents and next to each other.
pub struct Tree {
    pub fronts: Vec<Front>,
    /// The column and the row of A at each place.
    pub columns: Vec<u32>,
    pub rows: Vec<u32>,
    /// Where the factors take each entry of A.
    pub targets: Vec<u32>,
    /// The numbers in the factors, and in all updates that wait for their parents at once.
    pub size: usize,
    pub waiting: usize,
}

impl Tree {
    /// The tree of a matrix whose pivots stand where the order has them; `None` when its factors are too many to be numbered.
    pub fn new(a: &Columns, order: &Order) -> Option<Tree> {
        let parent = Graph::new(a, &order.columns, &order.rows).elimination_tree();
        let post = postorder(&parent);
        let columns: Vec<u32> = post.iter().map(|&k| order.columns[k as usize]).collect();
        let rows: Vec<u32> = post.iter().map(|&k| order.rows[k as usize]).collect();
        let parent = renumbered(&parent, &post);
        let graph = Graph::new(a, &columns, &rows);
        let mut fronts = joined(&parent, &graph.counts(&parent));
        graph.reach(&mut fronts);
        let mut tree = Tree { fronts, columns, rows, targets: Vec::new(), size: 0, waiting: 0 };
        tree.place();
        u32::try_from(tree.size).ok()?;
        tree.targets = tree.targets(a);
        Some(tree)
    }

    /// Gives each front its storage.
    fn place(&mut self) {
        let mut waits = vec![0; self.fronts.len()];
        let mut now = 0;
        for s in 0..self.fronts.len() {
            let front = &mut self.fronts[s];
            let reached = front.rows.len();
            front.panel = self.size;
            front.upper = self.size + front.width * (front.width + reached);
            self.size = front.upper + front.width * reached;
            now += reached * reached;
            self.waiting = self.waiting.max(now);
            now -= waits[s];
            if let Some(parent) = front.parent {
                waits[parent] += reached * reached;
            }
        }
    }

    /// Where each entry of A goes: the front of its row or column, whichever is eliminated first.
    fn targets(&self, a: &Columns) -> Vec<u32> {
        let (column_place, row_place) = (inverse(&self.columns), inverse(&self.rows));
        let front_of = front_of(&self.fronts, a.n);
        let mut targets = vec![0; a.rows.len()];
        for j in 0..a.n {
            for slot in a.column(j) {
                let (row, column) = (row_place[a.rows[slot] as usize] as usize, column_place[j] as usize);
                let front = &self.fronts[front_of[row.min(column)] as usize];
                targets[slot] = front.target(row, column) as u32;
            }
        }
        targets
    }
}

impl Front {
    /// Where a place stands among those of the front.
    fn local(&self, place: usize) -> usize {
        if place < self.first + self.width {
            return place - self.first;
        }
        self.width + self.rows.binary_search(&(place as u32)).expect("the front reaches its entries")
    }

    fn target(&self, row: usize, column: usize) -> usize {
        let (i, j) = (self.local(row), self.local(column));
        if j < self.width {
            self.panel + i + j * (self.width + self.rows.len())
        } else {
            self.upper + (j - self.width) + i * self.rows.len()
        }
    }
}

fn inverse(permutation: &[u32]) -> Vec<u32> {
    let mut inverse = vec![0; permutation.len()];
    permutation.iter().enumerate().for_each(|(place, &k)| inverse[k as usize] = place as u32);
    inverse
}

fn front_of(fronts: &[Front], n: usize) -> Vec<u32> {
    let mut front_of = vec![0; n];
    for (s, front) in fronts.iter().enumerate() {
        front_of[front.first..front.first + front.width].fill(s as u32);
    }
    front_of
}

/// The graph of A + Aᵀ by places: the neighbours of each that come before it.
struct Graph {
    starts: Vec<usize>,
    before: Vec<u32>,
}

impl Graph {
    fn new(a: &Columns, columns: &[u32], rows: &[u32]) -> Graph {
        let (column_place, row_place) = (inverse(columns), inverse(rows));
        let each = |visit: &mut dyn FnMut(usize, u32)| {
            for j in 0..a.n {
                for slot in a.column(j) {
                    let (p, q) = (row_place[a.rows[slot] as usize], column_place[j]);
                    if p != q {
                        visit(p.max(q) as usize, p.min(q));
                    }
                }
            }
        };
        let mut starts = vec![0; a.n + 1];
        each(&mut |k, _| starts[k + 1] += 1);
        (0..a.n).for_each(|k| starts[k + 1] += starts[k]);
        let (mut before, mut next) = (vec![0; starts[a.n]], starts.clone());
        each(&mut |k, m| {
            before[next[k]] = m;
            next[k] += 1;
        });
        Graph { starts, before }
    }

    fn before(&self, k: usize) -> &[u32] {
        &self.before[self.starts[k]..self.starts[k + 1]]
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The parent of each place: the first after it that its elimination reaches.
    fn elimination_tree(&self) -> Vec<u32> {
        let n = self.len();
        let (mut parent, mut ancestor) = (vec![NONE; n], vec![NONE; n]);
        for k in 0..n {
            for &m in self.before(k) {
                let mut r = m as usize;
                while r != k {
                    let next = std::mem::replace(&mut ancestor[r], k as u32);
                    if next == NONE {
                        parent[r] = k as u32;
                        break;
                    }
                    r = next as usize;
                }
            }
        }
        parent
    }

    /// How many places each column of L reaches.
    fn counts(&self, parent: &[u32]) -> Vec<u32> {
        let n = self.len();
        let (mut counts, mut seen) = (vec![0; n], vec![NONE; n]);
        for k in 0..n {
            seen[k] = k as u32;
            for &m in self.before(k) {
                let mut r = m as usize;
                while seen[r] != k as u32 {
                    seen[r] = k as u32;
                    counts[r] += 1;
                    r = parent[r] as usize;
                }
            }
        }
        counts
    }

    /// Fills in what each front reaches, its parent, and where it stands there.
    fn reach(&self, fronts: &mut [Front]) {
        let front_of = front_of(fronts, self.len());
        for k in 0..self.len() {
            for &m in self.before(k) {
                let front = &mut fronts[front_of[m as usize] as usize];
                if k >= front.first + front.width {
                    front.rows.push(k as u32);
                }
            }
        }
        for s in 0..fronts.len() {
            let (done, rest) = fronts.split_at_mut(s + 1);
            let front = &mut done[s];
            front.rows.sort_unstable();
            front.rows.dedup();
            front.parent = front.rows.first().map(|&row| front_of[row as usize] as usize);
            if let Some(parent) = front.parent {
                let parent = &mut rest[parent - s - 1];
                let after = (parent.first + parent.width) as u32;
                parent.rows.extend(front.rows.iter().filter(|&&row| row >= after));
                parent.children.push(s as u32);
            }
        }
        for s in 0..fronts.len() {
            if let Some(parent) = fronts[s].parent {
                let parent = &fronts[parent];
                let relative: Vec<u32> =
                    fronts[s].rows.iter().map(|&row| parent.local(row as usize) as u32).collect();
                let own = relative.partition_point(|&place| (place as usize) < parent.width);
                (fronts[s].relative, fronts[s].own) = (relative, own);
            }
        }
    }
}

/// The places with every child before its parent, and subtrees together.
fn postorder(parent: &[u32]) -> Vec<u32> {
    let n = parent.len();
    let (mut child, mut sibling) = (vec![NONE; n], vec![NONE; n]);
    let mut root = NONE;
    for k in (0..n).rev() {
        let first = match parent[k] {
            NONE => &mut root,
            parent => &mut child[parent as usize],
        };
        sibling[k] = std::mem::replace(first, k as u32);
    }
    let (mut order, mut path) = (Vec::with_capacity(n), Vec::new());
    let mut next = root;
    loop {
        while next != NONE {
            path.push(next);
            next = child[next as usize];
        }
        let Some(k) = path.pop() else { break order };
        order.push(k);
        next = sibling[k as usize];
    }
}

/// The parents by places of the new order.
fn renumbered(parent: &[u32], order: &[u32]) -> Vec<u32> {
    let place = inverse(order);
    let new = |k: u32| if k == NONE { NONE } else { place[k as usize] };
    order.iter().map(|&k| new(parent[k as usize])).collect()
}

/// Joins columns into fronts, which reach nothing yet.
fn joined(parent: &[u32], counts: &[u32]) -> Vec<Front> {
    /// A front with the number of places it reaches, and its zeros.
    struct Draft {
        first: usize,
        width: usize,
        reached: usize,
        zeros: f64,
    }
    let mut drafts: Vec<Draft> = Vec::new();
    for k in 0..parent.len() {
        let mut new = Draft { first: k, width: 1, reached: counts[k] as usize, zeros: 0.0 };
        while let Some(last) = drafts.last() {
            let up = parent[new.first - 1];
            if up == NONE || up as usize >= new.first + new.width {
                break;
            }
            let width = last.width + new.width;
            let missing = new.width + new.reached - last.reached;
            let zeros = last.zeros + new.zeros + (last.width * missing) as f64;
            let entries = (width * (width + 1) / 2 + width * new.reached) as f64;
            if !JOINED.iter().any(|&(most, part)| width <= most && zeros <= part * entries) {
                break;
            }
            new = Draft { first: last.first, width, reached: new.reached, zeros };
            drafts.pop();
        }
        drafts.push(new);
    }
    let front = |d: Draft| Front {
        first: d.first,
        width: d.width,
        rows: Vec::new(),
        relative: Vec::new(),
        own: 0,
        parent: None,
        children: Vec::new(),
        panel: 0,
        upper: 0,
    };
    drafts.into_iter().map(front).collect()
}
