//! Expressions over index sets: one hash-consed DAG, simplified as it is built, differentiated by rule.
//!
//! The algebra knows nothing of models: a symbol is a name with a shape.

pub mod differentiate;
pub mod expr;
pub mod index;
pub mod print;
pub mod rewrite;
pub mod simplify;
pub mod table;

pub use expr::{Algebra, Binary, Expr, Function, FunctionInfo, Meaning, Node, Reduction, Symbol, SymbolInfo};
pub use index::{Access, Affine, Boundary, Range, Subscript, Var, mirrored, own_access};
