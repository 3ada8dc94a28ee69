//! From algebra to kernels: one lowering (`loops`), executed by the interpreter or compiled by Cranelift.

pub mod elementary;
pub mod kernel;
pub mod routine;
pub mod loops;
mod lower;
mod cut;
pub mod interpret;
pub mod program;
#[cfg(feature = "jit")]
pub mod cranelift;
