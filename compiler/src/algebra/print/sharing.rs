//! Which subexpressions stand apart, under a name of their own.

use rustc_hash::FxHashMap;

use super::super::expr::{Algebra, Expr, Node};
use super::super::index::{Subscript, Var};
use super::{Notation, Scope};

/// A subexpression of more nodes than this that is used more than once is named …
const LARGEST_REPEATED: u32 = 12;
/// … and one of more nodes than this always is.
const LARGEST: u32 = 150;

/// The nodes of an expression with what is needed to print them.
pub struct Sharing {
    /// Ascending, so operands first.
    pub nodes: Vec<Expr>,
    /// How often each node is an operand; the whole is used once.
    pub uses: Vec<u32>,
    named: Vec<Expr>,
    /// The heights of the reductions around each named node that it depends on, as bits.
    open: FxHashMap<Expr, u64>,
    /// One more than the highest axis.
    pub axes: usize,
    /// One more than the highest reduction in it or around it.
    pub height: u32,
}

impl Sharing {
    pub fn new(algebra: &Algebra, e: Expr) -> Self {
        let nodes = algebra.reachable(e, true);
        let place: FxHashMap<Expr, usize> = nodes.iter().enumerate().map(|(k, &n)| (n, k)).collect();
        let mut uses = vec![0u32; nodes.len()];
        uses[place[&e]] = 1;
        for &n in &nodes {
            algebra.children(algebra.node(n)).iter().for_each(|c| uses[place[c]] += 1);
        }
        let height = algebra.height(e);
        let mut sharing =
            Sharing { uses, named: Vec::new(), open: FxHashMap::default(), axes: 0, height, nodes };
        let (mut sizes, mut open) = (vec![0u32; place.len()], vec![0u64; place.len()]);
        for (k, &n) in sharing.nodes.iter().enumerate() {
            let node = algebra.node(n);
            let children = algebra.children(node);
            let size = 1 + children.iter().map(|c| sizes[place[c]]).sum::<u32>();
            open[k] = children.iter().fold(0, |bits, c| bits | open[place[c]]);
            match node {
                Node::Reduce { height, .. } => open[k] &= !bit(height),
                _ => vars(algebra, node, &mut |var| match var {
                    Var::Axis(axis) => sharing.axes = sharing.axes.max(axis as usize + 1),
                    Var::Bound(height) => {
                        open[k] |= bit(height);
                        sharing.height = sharing.height.max(height + 1);
                    }
                    Var::Fresh(_) => {}
                }),
            }
            let repeated = sharing.uses[k] > 1 && size > LARGEST_REPEATED;
            let apart = n != e && (repeated || size > LARGEST);
            sizes[k] = if apart { 1 } else { size };
            if apart {
                sharing.named.push(n);
                sharing.open.insert(n, open[k]);
            }
        }
        sharing
    }

    /// The name of each node that stands apart, with the indices of the reductions it stands in: `a[k]`.
    pub fn labels(&self, scope: &Scope, notation: Notation) -> FxHashMap<Expr, String> {
        let mut fresh = scope.names.fresh();
        let mut labels = FxHashMap::default();
        for &n in self.named.iter().rev() {
            let open = self.open[&n];
            let indices: Vec<String> = (0..u64::BITS)
                .rev()
                .filter(|h| open & bit(*h) != 0)
                .map(|h| scope.var(Var::Bound(h)))
                .collect();
            let name = fresh.next().expect("names never end");
            labels.insert(n, notation.writer().name(&name, &indices));
        }
        labels
    }
}

fn bit(height: u32) -> u64 {
    1 << height.min(u64::BITS - 1)
}

fn vars(algebra: &Algebra, node: Node, f: &mut dyn FnMut(Var)) {
    match node {
        Node::Index(affine) => algebra.affine(affine).vars().for_each(f),
        Node::Read(_, access) => {
            algebra.access(access).iter().flat_map(Subscript::affines).flat_map(|a| a.vars()).for_each(f);
        }
        _ => {}
    }
}
