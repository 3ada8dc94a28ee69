//! Kernels to machine code: the only place that knows Cranelift.

mod address;
mod block;
mod nest;
mod reduce;

use std::sync::{Arc, OnceLock};

use cranelift_codegen::ir::{AbiParam, InstBuilder, UserFuncName, types};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{Context, ir};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{DataDescription, FuncId, Linkage, Module, default_libcall_names};
use rustc_hash::FxHashMap;

use super::kernel::{Kernel, Nest};
use super::program::Entry;

/// Instructions a machine function holds at most, about: compile time grows faster than linearly.
const FUNCTION_SIZE: usize = 2000;

/// Which lanes a compiled kernel serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One lane; inner loops are vectors.
    Plain,
    /// Any number of lanes side by side; pairs of lanes are vectors.
    Lanes,
}

/// Machine code of one kernel. Dropping it frees the memory, so its owner outlives every call.
pub struct Machine {
    module: Option<JITModule>,
    entry: Entry,
    /// Bytes of generated code.
    pub code_size: usize,
}

// The module is not touched after compilation, and the code holds no state.
unsafe impl Send for Machine {}
unsafe impl Sync for Machine {}

impl Machine {
    pub fn entry(&self) -> Entry {
        self.entry
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: `entry` is only reachable through `self`, and no call is running while it is dropped.
            unsafe { module.free_memory() }
        }
    }
}

/// Compiles a kernel for this machine.
///
/// # Errors
/// What Cranelift refuses, as text: a bug of this compiler, or a processor that it does not know.
pub fn compile(kernel: &Kernel, layout: Layout) -> Result<Machine, String> {
    let isa = host_isa()?;
    let mut module = JITModule::new(JITBuilder::with_isa(isa, default_libcall_names()));
    let mut compiler =
        Compiler { sizes: Sizes::default(), contexts: FunctionBuilderContext::new(), code_size: 0 };
    let entry = compiler.kernel(&mut module, kernel, layout).map_err(|e| format!("{e:#}"))?;
    module.finalize_definitions().map_err(|e| format!("{e:#}"))?;
    let code = module.get_finalized_function(entry);
    // SAFETY: the function was compiled with the signature of `Entry`.
    let entry = unsafe { std::mem::transmute::<*const u8, Entry>(code) };
    Ok(Machine { module: Some(module), entry, code_size: compiler.code_size })
}

/// The instruction set of this processor, found once a process.
fn host_isa() -> Result<OwnedTargetIsa, String> {
    static ISA: OnceLock<Result<Arc<dyn TargetIsa>, String>> = OnceLock::new();
    ISA.get_or_init(|| {
        let mut flags = settings::builder();
        for (name, value) in [("opt_level", "speed"), ("enable_verifier", verifier()), ("is_pic", "false")] {
            flags.set(name, value).map_err(|e| e.to_string())?;
        }
        let isa = cranelift_native::builder().map_err(str::to_string)?;
        isa.finish(settings::Flags::new(flags)).map_err(|e| e.to_string())
    })
    .clone()
}

/// The verifier costs a third of the compile time; `NDE_VERIFY=1` asks for it, as continuous integration does.
fn verifier() -> &'static str {
    match cfg!(debug_assertions) || std::env::var_os("NDE_VERIFY").is_some() {
        true => "true",
        false => "false",
    }
}

/// Integers that depend on sizes of index sets: data of the kernel, so that its code does not change with them.
#[derive(Default)]
struct Sizes {
    values: Vec<i64>,
    /// Where the integers are that whoever has the same one may use.
    shared: FxHashMap<i64, usize>,
}

impl Sizes {
    fn push(&mut self, n: i64) -> usize {
        self.values.push(n);
        self.values.len() - 1
    }

    fn shared(&mut self, n: i64) -> usize {
        match self.shared.get(&n) {
            Some(&k) => k,
            None => {
                let k = self.push(n);
                self.shared.insert(n, k);
                k
            }
        }
    }
}

/// What the functions of one kernel share.
struct Compiler {
    sizes: Sizes,
    contexts: FunctionBuilderContext,
    code_size: usize,
}

type ModuleResult<T> = Result<T, Box<cranelift_module::ModuleError>>;

impl Compiler {
    /// The kernel's entry: one function, or one that calls the functions of its parts.
    fn kernel(&mut self, module: &mut JITModule, kernel: &Kernel, layout: Layout) -> ModuleResult<FuncId> {
        let sizes = module.declare_data("sizes", Linkage::Local, false, false)?;
        let mut parts = Vec::new();
        for (k, nests) in split(&kernel.nests).into_iter().enumerate() {
            let name = format!("{}.{k}", kernel.name);
            parts.push(self.function(module, &name, |compiler, builder, module| {
                nest::translate(&mut compiler.sizes, builder, module, sizes, kernel, nests, layout);
            })?);
        }
        let mut data = DataDescription::new();
        let bytes: Vec<u8> = self.sizes.values.iter().flat_map(|n| n.to_le_bytes()).collect();
        data.define(if bytes.is_empty() { vec![0; 8] } else { bytes }.into_boxed_slice());
        data.set_align(8);
        module.define_data(sizes, &data)?;
        match parts[..] {
            [only] => Ok(only),
            _ => self.function(module, &kernel.name, |_, builder, module| {
                let call = builder.block_params(builder.current_block().expect("the entry block"))[0];
                for part in parts {
                    let part = module.declare_func_in_func(part, builder.func);
                    builder.ins().call(part, &[call]);
                }
            }),
        }
    }

    /// A function of the kernel ABI, its body by `fill`.
    fn function(
        &mut self,
        module: &mut JITModule,
        name: &str,
        fill: impl FnOnce(&mut Self, &mut FunctionBuilder, &mut JITModule),
    ) -> ModuleResult<FuncId> {
        let mut signature = module.make_signature();
        signature.call_conv = CallConv::triple_default(module.isa().triple());
        signature.params.push(AbiParam::new(types::I64));
        let id = module.declare_function(name, Linkage::Local, &signature)?;
        let mut context = Context::for_function(ir::Function::with_name_signature(
            UserFuncName::user(0, id.as_u32()),
            signature,
        ));
        let mut contexts = std::mem::take(&mut self.contexts);
        let mut builder = FunctionBuilder::new(&mut context.func, &mut contexts);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        fill(self, &mut builder, module);
        builder.ins().return_(&[]);
        builder.seal_all_blocks();
        builder.finalize(module.target_config());
        self.contexts = contexts;
        module.define_function(id, &mut context)?;
        self.code_size += context.compiled_code().map_or(0, |code| code.code_buffer().len());
        Ok(id)
    }
}

/// Runs of nests that together are not too large for a function.
fn split(nests: &[Nest]) -> Vec<&[Nest]> {
    let mut parts = Vec::new();
    let (mut start, mut size) = (0, 0);
    for (k, nest) in nests.iter().enumerate() {
        let more = nest.block.size();
        if k > start && size + more > FUNCTION_SIZE {
            parts.push(&nests[start..k]);
            (start, size) = (k, 0);
        }
        size += more;
    }
    parts.push(&nests[start..]);
    parts
}
