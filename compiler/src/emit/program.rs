//! The kernel ABI and its one unsafe call.
//!
//! A kernel is `extern "C" fn(*const Call)`: it reads slots, writes (or adds to) slots, keeps no state, and
//! calls out through `natives` alone. Slots are element-major over lanes: element i of lane l is at `i·lanes + l`.

use std::ffi::c_void;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use smallvec::SmallVec;

use super::elementary::SliceFunction;
use super::interpret::{Frame, interpret};
use super::kernel::{Callee, Kernel, Sharing, Slot};
use super::product::{self, ProductKind};

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

/// Slots that a kernel has at most, inputs and outputs apart.
const MOST_SLOTS: usize = 16;

/// Who executes kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Executor {
    /// The interpreter until it has taken about as long as a compilation, machine code from then on. The bits are the same, so
    /// nobody sees which of them ran.
    #[default]
    Tiered,
    /// Machine code by Cranelift.
    Machine,
    /// The interpreter: the specification, for tests and for platforms without a code generator.
    Interpreter,
}

/// Instructions that are interpreted while Cranelift compiles one: about 1,000 in small functions, more in large ones.
const INTERPRETED_PER_COMPILED: u64 = 1000;

/// A kernel ready to run. Machine code is made when it is first called, or worth it.
pub struct Executable {
    kernel: Kernel,
    executor: Executor,
    /// Instructions that one call executes on one lane.
    work: u64,
    /// Instructions that calls will have had interpreted when they go on with machine code; counted down.
    patience: AtomicI64,
    /// Never changed after `natives` was made, which points into it.
    functions: Vec<Function>,
    natives: Vec<Native>,
    /// Elements that each slot must have: for each lane, or in all.
    needed_inputs: Vec<(usize, Sharing)>,
    needed_outputs: Vec<(usize, Sharing)>,
    #[cfg(feature = "jit")]
    plain: OnceLock<super::cranelift::Machine>,
    #[cfg(feature = "jit")]
    lanes: OnceLock<super::cranelift::Machine>,
}

enum Function {
    Scalar { call: HostFunction, arity: usize },
    Slice(SliceFunction),
    Product(ProductKind),
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
        let bind = |callee: &Callee| -> Result<Function, MissingHost> {
            Ok(match callee {
                Callee::Native(native) => {
                    let native = *native;
                    Function::Scalar {
                        call: Arc::new(move |arguments: &[f64]| native.call(arguments)),
                        arity: native.arity(),
                    }
                }
                Callee::Slice(passed) => Function::Slice(*passed),
                Callee::Product(kind) => Function::Product(*kind),
                Callee::Host { name, arity } => {
                    let call = hosts(name).ok_or_else(|| MissingHost(name.clone()))?;
                    Function::Scalar { call, arity: *arity }
                }
            })
        };
        let functions: Vec<Function> = kernel.natives.iter().map(bind).collect::<Result<_, _>>()?;
        let natives = functions
            .iter()
            .map(|f| {
                let function = match f {
                    Function::Scalar { .. } => trampoline,
                    Function::Slice(_) => slice_trampoline,
                    Function::Product(_) => product_trampoline,
                };
                Native { function, context: std::ptr::from_ref(f).cast() }
            })
            .collect();
        let needed =
            |slots: &[Slot]| -> Vec<_> { slots.iter().map(|s| (s.len as usize, s.sharing)).collect() };
        let (needed_inputs, needed_outputs) = (needed(&kernel.inputs), needed(&kernel.outputs));
        assert!(
            needed_inputs.len() <= MOST_SLOTS && needed_outputs.len() <= MOST_SLOTS,
            "slots of {}",
            kernel.name
        );
        let patience = (kernel.size() as u64).saturating_mul(INTERPRETED_PER_COMPILED);
        Ok(Executable {
            needed_inputs,
            needed_outputs,
            work: kernel.work(),
            patience: AtomicI64::new(i64::try_from(patience).unwrap_or(i64::MAX)),
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
    // Inlined, so that a caller of one lane multiplies nothing and its slots are unrolled: it is a tenth of a small step.
    #[inline(always)]
    pub fn call(&self, inputs: &[&[f64]], outputs: &mut [&mut [f64]], scratch: &mut [f64], lanes: usize) {
        // Plain loops: this runs at every call, and a caller that names its slots has them unrolled.
        let (needed_inputs, needed_outputs) = (&self.needed_inputs[..], &self.needed_outputs[..]);
        let mut fits = scratch.len() >= (self.kernel.scratch as usize).saturating_mul(lanes)
            && inputs.len() == needed_inputs.len()
            && outputs.len() == needed_outputs.len()
            && inputs.len() <= MOST_SLOTS
            && outputs.len() <= MOST_SLOTS;
        if !fits {
            self.misfit();
        }
        let mut input_pointers = [std::ptr::null(); MOST_SLOTS];
        for k in 0..inputs.len() {
            fits &= inputs[k].len() >= elements(needed_inputs[k], lanes);
            input_pointers[k] = inputs[k].as_ptr();
        }
        let mut output_pointers = [std::ptr::null_mut(); MOST_SLOTS];
        for k in 0..outputs.len() {
            fits &= outputs[k].len() >= elements(needed_outputs[k], lanes);
            output_pointers[k] = outputs[k].as_mut_ptr();
        }
        if !fits {
            self.misfit();
        }
        let Some(entry) = self.entry(lanes) else {
            return self.interpret(inputs, outputs, scratch, lanes);
        };
        let call = Call {
            inputs: input_pointers.as_ptr(),
            outputs: output_pointers.as_ptr(),
            scratch: scratch.as_mut_ptr(),
            natives: self.natives.as_ptr(),
            lanes,
        };
        // SAFETY: the code accesses the slots and the scratch within the lengths that were checked; `natives` has
        // one entry for each callee, and what they point to lives as long as `self`.
        unsafe { entry(&call) }
    }

    #[cold]
    fn misfit(&self) -> ! {
        panic!("a slot or the scratch of `{}` is too short, or slots are missing", self.kernel.name)
    }

    #[cold]
    fn interpret(&self, inputs: &[&[f64]], outputs: &mut [&mut [f64]], scratch: &mut [f64], lanes: usize) {
        let natives = |k: usize, arguments: &[f64]| match &self.functions[k] {
            Function::Scalar { call, .. } => call(arguments),
            Function::Slice(_) | Function::Product(_) => {
                unreachable!("the interpreter goes over slices itself")
            }
        };
        interpret(&self.kernel, &mut Frame { inputs, outputs, scratch, natives: &natives, lanes });
    }

    /// The machine code for this many lanes, compiled when it is due; `None` where the interpreter goes on.
    #[cfg(feature = "jit")]
    #[inline]
    fn entry(&self, lanes: usize) -> Option<Entry> {
        use super::cranelift::Layout;
        let (cell, layout) = match lanes {
            1 => (&self.plain, Layout::Plain),
            _ => (&self.lanes, Layout::Lanes),
        };
        match cell.get() {
            Some(machine) => Some(machine.entry()),
            None => self.is_due(lanes).then(|| self.compile(cell, layout).entry()),
        }
    }

    /// Whether a call on so many lanes is to run machine code that is not there yet.
    #[cfg(feature = "jit")]
    #[cold]
    fn is_due(&self, lanes: usize) -> bool {
        match self.executor {
            Executor::Machine => true,
            Executor::Interpreter => false,
            Executor::Tiered => {
                let work = i64::try_from(self.work.saturating_mul(lanes as u64)).unwrap_or(i64::MAX);
                let left = self.patience.load(Ordering::Relaxed).saturating_sub(work);
                self.patience.store(left, Ordering::Relaxed);
                left < 0
            }
        }
    }

    #[cfg(feature = "jit")]
    #[cold]
    fn compile<'c>(
        &self,
        cell: &'c OnceLock<super::cranelift::Machine>,
        layout: super::cranelift::Layout,
    ) -> &'c super::cranelift::Machine {
        cell.get_or_init(|| match super::cranelift::compile(&self.kernel, layout) {
            Ok(machine) => machine,
            Err(error) => panic!("Cranelift refuses the kernel `{}`: {error}", self.kernel.name),
        })
    }

    #[cfg(not(feature = "jit"))]
    fn entry(&self, _lanes: usize) -> Option<Entry> {
        None
    }

    /// Whether calls on one lane run machine code.
    #[cfg(feature = "jit")]
    pub fn is_compiled(&self) -> bool {
        self.plain.get().is_some()
    }

    /// Compiles for one lane now, and says how many bytes of code that is; `None` for the interpreter.
    #[cfg(feature = "jit")]
    pub fn code_size(&self) -> Option<usize> {
        let wanted = self.executor != Executor::Interpreter;
        wanted.then(|| self.compile(&self.plain, super::cranelift::Layout::Plain).code_size)
    }
}

/// Elements that a slot must have for so many lanes.
#[inline]
fn elements((len, sharing): (usize, Sharing), lanes: usize) -> usize {
    match sharing {
        // Saturating: a count of lanes that wraps must not seem to fit.
        Sharing::PerLane => len.saturating_mul(lanes),
        Sharing::Shared => len,
    }
}

/// Calls a function from machine code.
///
/// # Safety
/// `context` is a `Function` and `arguments` holds as many numbers as it takes.
unsafe extern "C" fn trampoline(context: *const c_void, arguments: *const f64) -> f64 {
    // SAFETY: by the contract above; machine code passes the context that `Executable::new` made.
    unsafe {
        match &*context.cast::<Function>() {
            Function::Scalar { call, arity } => call(std::slice::from_raw_parts(arguments, *arity)),
            Function::Slice(_) | Function::Product(_) => {
                unreachable!("slices have trampolines of their own")
            }
        }
    }
}

/// Calls a function over slices from machine code.
///
/// # Safety
/// `context` is a `Function::Slice`; `arguments` points to words: the number of elements, the address of the argument,
/// and one of each result. The slices do not overlap.
unsafe extern "C" fn slice_trampoline(context: *const c_void, arguments: *const f64) -> f64 {
    // SAFETY: by the contract above; the schedule gives every array a place of its own.
    unsafe {
        let Function::Slice(passed) = &*context.cast::<Function>() else {
            unreachable!("machine code passes the context that `Executable::new` made")
        };
        let words = std::slice::from_raw_parts(arguments.cast::<usize>(), 2 + passed.functions.len());
        let count = words[0];
        let x = std::slice::from_raw_parts(words[1] as *const f64, count);
        let results = words[2..].iter().map(|&y| std::slice::from_raw_parts_mut(y as *mut f64, count));
        let mut results: SmallVec<[&mut [f64]; 2]> = results.collect();
        passed.call(x, &mut results);
    }
    0.0
}

/// Calls a product with a matrix from machine code.
///
/// # Safety
/// `context` is a `Function::Product`; `arguments` points to words: the counts of the outer and the inner side, the
/// matrix's stride, and the addresses of the matrix, the outer and the inner side. What is written overlaps nothing.
unsafe extern "C" fn product_trampoline(context: *const c_void, arguments: *const f64) -> f64 {
    use std::slice::{from_raw_parts, from_raw_parts_mut};
    // SAFETY: by the contract above; products are found only where the slices are apart.
    unsafe {
        let Function::Product(kind) = *context.cast::<Function>() else {
            unreachable!("machine code passes the context that `Executable::new` made")
        };
        let [outer_count, inner_count, stride, matrix, outer, inner] = *arguments.cast::<[usize; 6]>();
        let span = kind.span(outer_count, inner_count, stride);
        let inner = from_raw_parts(inner as *const f64, inner_count);
        match kind {
            ProductKind::Rows | ProductKind::Columns => {
                let matrix = from_raw_parts(matrix as *const f64, span);
                let outer = from_raw_parts_mut(outer as *mut f64, outer_count);
                let operands = product::Operands { entries: matrix, stride, terms: inner, sums: outer };
                match kind {
                    ProductKind::Rows => product::rows(operands),
                    _ => product::columns(operands),
                }
            }
            ProductKind::Outer(write) => {
                let matrix = from_raw_parts_mut(matrix as *mut f64, span);
                let outer = from_raw_parts(outer as *const f64, outer_count);
                product::outer(matrix, stride, outer, inner, write);
            }
        }
    }
    0.0
}
