//! From algebra to kernels: one lowering (`loops`), executed by the interpreter or compiled by Cranelift.

#[cfg(feature = "jit")]
pub mod cranelift;
mod cut;
pub mod elementary;
pub mod interpret;
pub mod kernel;
pub mod loops;
mod lower;
mod map;
pub mod product;
mod record;
mod access;
pub mod program;
pub mod routine;
pub mod text;
