//! The arena of expressions: hash-consed nodes with u32 ids, children before parents.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use super::index::{Access, Affine, Range, Var};

/// A node of the arena. Equal expressions have equal ids; ascending id is an order of evaluation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Expr(pub u32);

/// Something with a name and a shape whose elements can be read: `t`, a state, a parameter, a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u32);

/// A scalar function of scalar arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Function(pub u32);

/// The name and extents of a symbol; row-major, no extents for a scalar.
#[derive(Clone, Debug, PartialEq)]
pub struct SymbolInfo {
    pub name: String,
    pub dims: SmallVec<[u64; 2]>,
}

impl SymbolInfo {
    /// Number of elements.
    pub fn len(&self) -> u64 {
        self.dims.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A function and its partial derivatives, as templates over `Node::Argument`.
#[derive(Clone, Debug)]
pub struct FunctionInfo {
    pub name: String,
    pub arity: usize,
    pub meaning: Meaning,
    /// One entry an argument; `None` where no derivative is declared.
    pub derivative: Vec<Option<Expr>>,
}

/// How a function is evaluated.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// Code of the compiler or the runtime, by the function's name.
    Native,
    /// Supplied by the host under the function's name.
    Extern,
    /// An expression over `Node::Argument`; kept as a call so that its declared derivative is used.
    Template(Expr),
}

/// Operators on two numbers. Truth is 1 and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Less,
    LessEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

/// What a reduction combines its terms with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reduction {
    Sum,
    Product,
    Min,
    Max,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// The bits of an f64 (NaN is canonical, so that equal numbers are one node).
    Number(u64),
    /// The value of an affine index expression as a number.
    Index(AffineId),
    /// An element of a symbol.
    Read(Symbol, AccessId),
    /// The k-th argument, in the templates of functions only.
    Argument(u32),
    Neg(Expr),
    Not(Expr),
    Binary(Binary, Expr, Expr),
    /// `if condition then a else b`; only the taken branch counts, in derivatives too.
    Select(Expr, Expr, Expr),
    Call(Function, ArgumentsId),
    /// Over `Var::Bound(height)` in the range; an empty sum is 0, product 1, min inf, max −inf.
    Reduce {
        op: Reduction,
        height: u32,
        range: Range,
        body: Expr,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AffineId(u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccessId(u32);
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArgumentsId(u32);

pub type Arguments = SmallVec<[Expr; 3]>;

/// Values that are stored once and named by number.
#[derive(Clone, Debug)]
struct Interner<T> {
    items: Vec<T>,
    ids: FxHashMap<T, u32>,
}

impl<T> Default for Interner<T> {
    fn default() -> Self {
        Interner { items: Vec::new(), ids: FxHashMap::default() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Interner<T> {
    fn intern(&mut self, item: T) -> u32 {
        if let Some(&id) = self.ids.get(&item) {
            return id;
        }
        let id = self.items.len() as u32;
        self.items.push(item.clone());
        self.ids.insert(item, id);
        id
    }
}

/// The arena, with the tables its nodes point into.
#[derive(Clone, Debug, Default)]
pub struct Algebra {
    nodes: Interner<Node>,
    affines: Interner<Affine>,
    accesses: Interner<Access>,
    arguments: Interner<Arguments>,
    /// For each node, one more than the highest reduction in it; 0 without reductions.
    heights: Vec<u32>,
    symbols: Vec<SymbolInfo>,
    functions: Vec<FunctionInfo>,
    /// Constant integer tables of `Subscript::Table`: extents and 0-based positions, row-major.
    pub tables: Vec<(Vec<u64>, Vec<i64>)>,
    /// Evaluates native functions of numbers with the bits the kernels would give.
    pub natives: Option<fn(&str, &[f64]) -> Option<f64>>,
    fresh: u32,
}

impl Algebra {
    pub fn new() -> Self {
        Algebra::default()
    }

    pub fn node(&self, e: Expr) -> Node {
        self.nodes.items[e.0 as usize]
    }

    pub fn affine(&self, id: AffineId) -> &Affine {
        &self.affines.items[id.0 as usize]
    }

    pub fn access(&self, id: AccessId) -> &Access {
        &self.accesses.items[id.0 as usize]
    }

    pub fn arguments(&self, id: ArgumentsId) -> &Arguments {
        &self.arguments.items[id.0 as usize]
    }

    pub fn symbol(&self, s: Symbol) -> &SymbolInfo {
        &self.symbols[s.0 as usize]
    }

    /// Every symbol declared so far, by number.
    pub fn symbols(&self) -> &[SymbolInfo] {
        &self.symbols
    }

    pub fn function(&self, f: Function) -> &FunctionInfo {
        &self.functions[f.0 as usize]
    }

    pub fn functions(&self) -> &[FunctionInfo] {
        &self.functions
    }

    /// Number of nodes made so far.
    pub fn len(&self) -> usize {
        self.nodes.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.items.is_empty()
    }

    /// A new symbol; names need not be unique.
    pub fn declare(&mut self, name: impl Into<String>, dims: &[u64]) -> Symbol {
        self.symbols.push(SymbolInfo { name: name.into(), dims: SmallVec::from_slice(dims) });
        Symbol(self.symbols.len() as u32 - 1)
    }

    /// A new function; its templates may be set later by `define_function`.
    pub fn declare_function(&mut self, info: FunctionInfo) -> Function {
        self.functions.push(info);
        Function(self.functions.len() as u32 - 1)
    }

    pub fn define_function(&mut self, f: Function, meaning: Meaning, derivative: Vec<Option<Expr>>) {
        let info = &mut self.functions[f.0 as usize];
        info.meaning = meaning;
        info.derivative = derivative;
    }

    /// The latest function of this name.
    pub fn find_function(&self, name: &str) -> Option<Function> {
        self.functions.iter().rposition(|f| f.name == name).map(|k| Function(k as u32))
    }

    /// A variable that occurs nowhere yet. Definitions rename it to `Axis`, reductions to `Bound`.
    pub fn fresh(&mut self) -> Var {
        self.fresh += 1;
        Var::Fresh(self.fresh)
    }

    /// The node as it is, without simplification: the constructors in `simplify` are what callers want.
    pub fn intern(&mut self, node: Node) -> Expr {
        let before = self.nodes.items.len();
        let e = Expr(self.nodes.intern(node));
        if self.nodes.items.len() > before {
            let height = match node {
                Node::Reduce { height, .. } => height + 1,
                _ => self.children(node).iter().map(|c| self.heights[c.0 as usize]).max().unwrap_or(0),
            };
            self.heights.push(height);
        }
        e
    }

    pub fn intern_affine(&mut self, affine: Affine) -> AffineId {
        AffineId(self.affines.intern(affine))
    }

    pub fn intern_access(&mut self, access: Access) -> AccessId {
        AccessId(self.accesses.intern(access))
    }

    pub fn intern_arguments(&mut self, arguments: Arguments) -> ArgumentsId {
        ArgumentsId(self.arguments.intern(arguments))
    }

    /// One more than the highest reduction in the expression.
    pub fn height(&self, e: Expr) -> u32 {
        self.heights[e.0 as usize]
    }

    /// The value of a native function of numbers, where the driver has said how to evaluate it.
    pub fn evaluate_native(&self, name: &str, arguments: &[f64]) -> Option<f64> {
        self.natives.and_then(|evaluate| evaluate(name, arguments))
    }

    /// The operands of a node, in order.
    pub fn children(&self, node: Node) -> Arguments {
        match node {
            Node::Number(_) | Node::Index(_) | Node::Read(..) | Node::Argument(_) => Arguments::new(),
            Node::Neg(a) | Node::Not(a) => SmallVec::from_slice(&[a]),
            Node::Binary(_, a, b) => SmallVec::from_slice(&[a, b]),
            Node::Select(c, a, b) => SmallVec::from_slice(&[c, a, b]),
            Node::Call(_, arguments) => self.arguments(arguments).clone(),
            Node::Reduce { body, .. } => SmallVec::from_slice(&[body]),
        }
    }

    /// The number, where the expression is one.
    pub fn as_number(&self, e: Expr) -> Option<f64> {
        match self.node(e) {
            Node::Number(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }
}
