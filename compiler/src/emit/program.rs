//! The kernel ABI and its one unsafe call.
//!
//! A kernel is `extern "C" fn(*const Call)`: it reads slots, writes (or adds to) slots, keeps no state, and
//! calls out through `natives` alone. Slots are element-major over lanes: element i of lane l is at `i·lanes + l`.

use std::ffi::c_void;
use std::sync::{Arc, OnceLock};

use super::interpret::{Frame, interpret};
use super::kernel::{Callee, Kernel, Sharing, Slot};

/// What a compiled kernel is called with.
#[repr(C)]
pub struct Call {
    pub inputs: *const *const f64,
    pub outputs: *const *mut f64,
    pub scratch: *mut f64,
    pub natives: *const Native,
    pub lanes: usize,
}

/// A compiled kernel.
pub type Entry = unsafe extern "C" fn(*const Call);

/// A function that kernels call, with what it needs to know.
#[repr(C)]
pub struct Native {
    function: unsafe extern "C" fn(*const c_void, *const f64) -> f64,
    context: *const c_void,
}

/// A pure function supplied by the host program for an `extern fn`.
pub type HostFunction = Arc<dyn Fn(&[f64]) -> f64 + Send + Sync>;

/// Looks up what the host supplies, by name.
pub type Hosts<'h> = dyn Fn(&str) -> Option<HostFunction> + 'h;

/// Who executes kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Executor {
    /// Machine code by Cranelift.
    #[default]
    Machine,
    /// The interpreter: the specification, for tests and for platforms without a code generator.
    Interpreter,
}

/// A kernel ready to run. Machine code is made when it is first called.
pub struct Executable {
    kernel: Kernel,
    executor: Executor,
    /// Boxed twice, so that the address handed to machine code is thin and does not move.
    functions: Vec<Box<Function>>,
    natives: Vec<Native>,
    #[cfg(feature = "jit")]
    plain: OnceLock<super::cranelift::Machine>,
    #[cfg(feature = "jit")]
    lanes: OnceLock<super::cranelift::Machine>,
}

struct Function {
    call: HostFunction,
    arity: usize,
}

// SAFETY: `natives` points into `functions`, which live as long and are not written; host functions are Sync.
unsafe impl Send for Executable {}
unsafe impl Sync for Executable {}

/// A host function that a kernel calls and nobody supplied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingHost(pub String);

impl Executable {
    /// # Errors
    /// The first `extern fn` that the kernel calls and `hosts` does not know.
    pub fn new(kernel: Kernel, executor: Executor, hosts: &Hosts) -> Result<Self, MissingHost> {
        let bind = |callee: &Callee| -> Result<Box<Function>, MissingHost> {
            Ok(Box::new(match callee {
                Callee::Native(native) => {
                    let native = *native;
                    Function {
                        call: Arc::new(move |arguments: &[f64]| native.call(arguments)),
                        arity: native.arity(),
                    }
                }
                Callee::Host { name, arity } => {
                    Function { call: hosts(name).ok_or_else(|| MissingHost(name.clone()))?, arity: *arity }
                }
            }))
        };
        let functions: Vec<Box<Function>> = kernel.natives.iter().map(bind).collect::<Result<_, _>>()?;
        let natives = functions
            .iter()
            .map(|f| Native { function: trampoline, context: std::ptr::from_ref::<Function>(f).cast() })
            .collect();
        Ok(Executable {
            kernel,
            executor,
            functions,
            natives,
            #[cfg(feature = "jit")]
            plain: OnceLock::new(),
            #[cfg(feature = "jit")]
            lanes: OnceLock::new(),
        })
    }

    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// Runs the kernel on `lanes` lanes.
    ///
    /// # Panics
    /// Where a slot or the scratch is shorter than the kernel says.
    pub fn call(&self, inputs: &[&[f64]], outputs: &mut [&mut [f64]], scratch: &mut [f64], lanes: usize) {
        check(&self.kernel.inputs, inputs.iter().map(|s| s.len()), lanes);
        check(&self.kernel.outputs, outputs.iter().map(|s| s.len()), lanes);
        assert!(scratch.len() >= self.kernel.scratch as usize * lanes, "scratch of {}", self.kernel.name);
        match self.entry(lanes) {
            Some(entry) => self.enter(entry, inputs, outputs, scratch, lanes),
            None => {
                let natives = |k: usize, arguments: &[f64]| (self.functions[k].call)(arguments);
                interpret(&self.kernel, &mut Frame { inputs, outputs, scratch, natives: &natives, lanes });
            }
        }
    }

    fn enter(
        &self,
        entry: Entry,
        inputs: &[&[f64]],
        outputs: &mut [&mut [f64]],
        scratch: &mut [f64],
        lanes: usize,
    ) {
        let inputs: smallvec::SmallVec<[*const f64; 16]> = inputs.iter().map(|s| s.as_ptr()).collect();
        let outputs: smallvec::SmallVec<[*mut f64; 16]> =
            outputs.iter_mut().map(|s| s.as_mut_ptr()).collect();
        let call = Call {
            inputs: inputs.as_ptr(),
            outputs: outputs.as_ptr(),
            scratch: scratch.as_mut_ptr(),
            natives: self.natives.as_ptr(),
            lanes,
        };
        // SAFETY: the code accesses the slots and the scratch within the lengths that were checked; `natives` has
        // one entry for each callee, and what they point to lives as long as `self`.
        unsafe { entry(&call) }
    }

    /// The machine code for this many lanes, compiled on first use; `None` for the interpreter.
    #[cfg(feature = "jit")]
    fn entry(&self, lanes: usize) -> Option<Entry> {
        use super::cranelift::{Layout, compile};
        let (cell, layout) = match lanes {
            1 => (&self.plain, Layout::Plain),
            _ => (&self.lanes, Layout::Lanes),
        };
        (self.executor == Executor::Machine).then(|| {
            cell.get_or_init(|| match compile(&self.kernel, layout) {
                Ok(machine) => machine,
                Err(error) => panic!("Cranelift refuses the kernel `{}`: {error}", self.kernel.name),
            })
            .entry()
        })
    }

    #[cfg(not(feature = "jit"))]
    fn entry(&self, _lanes: usize) -> Option<Entry> {
        None
    }

    /// Compiles for one lane now, and says how many bytes of code that is; `None` for the interpreter.
    #[cfg(feature = "jit")]
    pub fn code_size(&self) -> Option<usize> {
        self.entry(1)?;
        self.plain.get().map(|machine| machine.code_size)
    }
}

fn check(slots: &[Slot], lengths: impl ExactSizeIterator<Item = usize>, lanes: usize) {
    assert_eq!(slots.len(), lengths.len(), "number of slots");
    for (slot, length) in slots.iter().zip(lengths) {
        let needed = match slot.sharing {
            Sharing::PerLane => slot.len as usize * lanes,
            Sharing::Shared => slot.len as usize,
        };
        assert!(length >= needed, "slot {:?} has {length} elements, {needed} are needed", slot.role);
    }
}

/// Calls a function from machine code.
///
/// # Safety
/// `context` is a `Function` and `arguments` holds as many numbers as it takes.
unsafe extern "C" fn trampoline(context: *const c_void, arguments: *const f64) -> f64 {
    // SAFETY: by the contract above; machine code passes the context that `Executable::new` made.
    let (function, arguments) = unsafe {
        let function = &*context.cast::<Function>();
        (function, std::slice::from_raw_parts(arguments, function.arity))
    };
    (function.call)(arguments)
}
