//! Walking and substituting: variables by affine expressions, reads and arguments by expressions.

use rustc_hash::FxHashMap;

use super::expr::{Algebra, Arguments, Binary, Expr, Node, Symbol};
use super::index::{Access, Affine, Subscript, Var};

/// What a substitution does to the leaves. Reads are asked for after their subscripts were substituted.
pub struct Substitution<'a> {
    pub vars: &'a [(Var, Affine)],
    pub arguments: &'a [Expr],
    pub read: &'a mut dyn FnMut(&mut Algebra, Symbol, &Access) -> Option<Expr>,
    /// Whole expressions to replace, as they were before the substitution.
    pub nodes: Option<&'a FxHashMap<Expr, Expr>>,
}

impl Algebra {
    /// The nodes that `e` consists of, ascending; the bodies of reductions only with `inside`.
    pub fn reachable(&self, e: Expr, inside: bool) -> Vec<Expr> {
        let mut seen = FxHashMap::default();
        let mut stack = vec![e];
        seen.insert(e, ());
        while let Some(n) = stack.pop() {
            let node = self.node(n);
            if !inside && matches!(node, Node::Reduce { .. }) {
                continue;
            }
            for child in self.children(node) {
                if seen.insert(child, ()).is_none() {
                    stack.push(child);
                }
            }
        }
        let mut nodes: Vec<Expr> = seen.into_keys().collect();
        nodes.sort_unstable();
        nodes
    }

    /// `e` with `var` replaced by an affine expression.
    pub fn replace_var(&mut self, e: Expr, var: Var, by: &Affine) -> Expr {
        self.replace_vars(e, &[(var, by.clone())])
    }

    /// `e` with variables replaced, all at once.
    pub fn replace_vars(&mut self, e: Expr, vars: &[(Var, Affine)]) -> Expr {
        if vars.is_empty() {
            return e;
        }
        self.substitute(e, &mut Substitution { vars, arguments: &[], read: &mut |_, _, _| None, nodes: None })
    }

    /// `e` with a variable renamed to that of a reduction above all that are in `e`: these stay as they are, so that each
    /// node is visited once, however deep reductions are nested.
    pub(super) fn bind(&mut self, e: Expr, var: Var, height: u32) -> Expr {
        let vars = [(var, Affine::var(Var::Bound(height)))];
        let mut done: FxHashMap<Expr, Expr> = FxHashMap::default();
        let none = &mut |_: &mut Algebra, _, _: &Access| None;
        let mut s = Substitution { vars: &vars, arguments: &[], read: none, nodes: None };
        for n in self.reachable(e, true) {
            let new = match self.node(n) {
                Node::Reduce { op, height, range, body } => {
                    self.intern(Node::Reduce { op, height, range, body: done[&body] })
                }
                _ => self.substitute_node(n, &mut s, &done),
            };
            done.insert(n, new);
        }
        done[&e]
    }

    /// A template with its arguments filled in.
    pub fn instantiate(&mut self, template: Expr, arguments: &[Expr]) -> Expr {
        self.substitute(
            template,
            &mut Substitution { vars: &[], arguments, read: &mut |_, _, _| None, nodes: None },
        )
    }

    /// `e` with whole expressions replaced.
    pub fn replace_nodes(&mut self, e: Expr, nodes: &FxHashMap<Expr, Expr>) -> Expr {
        let read = &mut |_: &mut Algebra, _, _: &Access| None;
        self.substitute(e, &mut Substitution { vars: &[], arguments: &[], read, nodes: Some(nodes) })
    }

    /// `e` with its reads replaced where `read` gives something; simplified on the way.
    pub fn replace_reads(
        &mut self,
        e: Expr,
        read: &mut dyn FnMut(&mut Algebra, Symbol, &Access) -> Option<Expr>,
    ) -> Expr {
        self.substitute(e, &mut Substitution { vars: &[], arguments: &[], read, nodes: None })
    }

    pub fn substitute(&mut self, e: Expr, s: &mut Substitution) -> Expr {
        let mut done: FxHashMap<Expr, Expr> = FxHashMap::default();
        for n in self.reachable(e, false) {
            let new = match s.nodes.and_then(|nodes| nodes.get(&n)) {
                // The replacement still has the variables as they were.
                Some(&replacement) => self.replace_vars(replacement, s.vars),
                None => self.substitute_node(n, s, &done),
            };
            done.insert(n, new);
        }
        done[&e]
    }

    fn substitute_node(&mut self, n: Expr, s: &mut Substitution, done: &FxHashMap<Expr, Expr>) -> Expr {
        match self.node(n) {
            Node::Number(_) => n,
            Node::Index(affine) => {
                let affine = substitute_affine(self.affine(affine), s.vars);
                self.index(affine)
            }
            Node::Read(symbol, access) => {
                let access: Access = self
                    .access(access)
                    .iter()
                    .map(|d| d.map_affine(|a| substitute_affine(a, s.vars)))
                    .collect();
                let access = self.resolve_tables(access);
                match (s.read)(self, symbol, &access) {
                    Some(e) => e,
                    None => self.read(symbol, access),
                }
            }
            Node::Argument(k) => s.arguments.get(k as usize).copied().unwrap_or(n),
            Node::Reduce { op, height, range, body } => {
                let var = self.fresh();
                let mut vars: Vec<_> =
                    s.vars.iter().filter(|(v, _)| *v != Var::Bound(height)).cloned().collect();
                vars.push((Var::Bound(height), Affine::var(var)));
                let body = self.substitute(
                    body,
                    &mut Substitution { vars: &vars, arguments: s.arguments, read: s.read, nodes: s.nodes },
                );
                // Closing renames `var` to its height; what is inside has none of the old bound variable.
                self.reduce(op, var, range, body)
            }
            node => self.rebuild(node, |child| done[&child]),
        }
    }

    /// The node with its operands mapped, through the simplifying constructors.
    fn rebuild(&mut self, node: Node, f: impl Fn(Expr) -> Expr) -> Expr {
        match node {
            Node::Neg(a) => self.neg(f(a)),
            Node::Not(a) => self.not(f(a)),
            Node::Binary(op, a, b) => self.binary(op, f(a), f(b)),
            Node::Select(c, a, b) => self.select(f(c), f(a), f(b)),
            Node::Call(function, arguments) => {
                let arguments: Arguments = self.arguments(arguments).iter().map(|&a| f(a)).collect();
                self.call(function, &arguments)
            }
            Node::Number(_) | Node::Index(_) | Node::Read(..) | Node::Argument(_) | Node::Reduce { .. } => {
                unreachable!("leaves and reductions are substituted, not rebuilt")
            }
        }
    }

    pub fn binary(&mut self, op: Binary, a: Expr, b: Expr) -> Expr {
        match op {
            Binary::Add => self.add(a, b),
            Binary::Sub => self.sub(a, b),
            Binary::Mul => self.mul(a, b),
            Binary::Div => self.div(a, b),
            Binary::Pow => self.pow(a, b),
            _ => self.compare(op, a, b),
        }
    }

    /// Table look-ups at constant places become the places they name.
    fn resolve_tables(&self, access: Access) -> Access {
        access
            .into_iter()
            .map(|d| match &d {
                Subscript::Table { table, at } => {
                    let at: Option<Vec<i64>> = at.iter().map(Affine::as_constant).collect();
                    match at.and_then(|at| self.table_entry(*table, &at)) {
                        Some(position) => Subscript::inside(Affine::constant(position)),
                        None => d,
                    }
                }
                Subscript::Affine { .. } => d,
            })
            .collect()
    }

    /// The entry of a table at 0-based subscripts, where they are inside.
    pub fn table_entry(&self, table: u32, at: &[i64]) -> Option<i64> {
        let (dims, entries) = &self.tables[table as usize];
        let mut flat = 0i64;
        for (&k, &n) in at.iter().zip(dims) {
            if k < 0 || k >= n as i64 {
                return None;
            }
            flat = flat * n as i64 + k;
        }
        entries.get(flat as usize).copied()
    }
}

fn substitute_affine(affine: &Affine, vars: &[(Var, Affine)]) -> Affine {
    affine.substitute(|v| {
        vars.iter().rev().find(|(w, _)| *w == v).map_or_else(|| Affine::var(v), |(_, by)| by.clone())
    })
}
