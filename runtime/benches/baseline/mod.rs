//! Compiles the C baselines of this folder with the system's compiler and opens them.

use std::{ffi::OsStr, path::Path, process::Command};

/// Sources with the flags that each needs beside [`FLAGS`]. The network is allowed to reassociate its sums and to call
/// a vector `tanh`; the solver and the stencil keep the arithmetic that they spell out.
const SOURCES: &[(&str, &[&str])] = &[
    ("lotka_volterra", &[]),
    ("sweep", &[]),
    ("pleiades", &[]),
    ("brusselator", &[]),
    ("network", &["-ffast-math", "-mprefer-vector-width=512"]),
];
const FLAGS: &[&str] = &["-O3", "-march=native", "-fPIC", "-c"];

/// Width of the hidden layer as C holds it: 50 neurons and a padding of zeros.
pub const HIDDEN: usize = 56;
/// Length of the weights as C holds them: two columns of W, b, two rows of V, and c.
pub const WEIGHTS: usize = 5 * HIDDEN + 2;

/// The C functions; each one's meaning is documented at its source.
pub struct Baseline {
    pub tsit5_lotka_volterra: Tsit5,
    pub tsit5_sweep: Sweep,
    pub tsit5_pleiades: Tsit5,
    pub brusselator: Brusselator,
    pub network_forward: Forward,
    pub network_pullback: Pullback,
}

/// `(t1, rtol, atol, u, counters)`: u' = f(u) from 0 to t1 in place; counts of evaluations, accepted and rejected steps.
pub type Tsit5 = unsafe extern "C" fn(f64, f64, f64, *mut f64, *mut i64) -> i32;
/// `(members, parameters, t1, rtol, atol, u)`.
pub type Sweep = unsafe extern "C" fn(i64, *const f64, f64, f64, f64, *mut f64) -> i32;
/// `(n, t, inside, u, du)` on an n × n grid.
pub type Brusselator = unsafe extern "C" fn(i32, f64, *const f64, *const f64, *mut f64);
/// `(weights, x, hidden, y)`.
pub type Forward = unsafe extern "C" fn(*const f64, *const f64, *mut f64, *mut f64);
/// `(weights, x, hidden, ȳ, x̄, cotangent of the weights)`; the last is added to.
pub type Pullback = unsafe extern "C" fn(*const f64, *const f64, *const f64, *const f64, *mut f64, *mut f64);

impl Baseline {
    /// Compiles into the target directory and opens the result; panics with the compiler's message where there is no
    /// C compiler, for a comparison without its other side is worth nothing. The library stays open to the end.
    pub fn compile() -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let objects = SOURCES.iter().map(|(name, flags)| {
            let source =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/baseline").join(format!("{name}.c"));
            let object = target.join(format!("{name}.o"));
            cc(FLAGS.iter().chain(*flags).map(OsStr::new).chain([
                source.as_os_str(),
                OsStr::new("-o"),
                object.as_os_str(),
            ]));
            object.into_os_string()
        });
        let objects: Vec<_> = objects.collect();
        let library = target.join("baseline.so");
        // Linked without -ffast-math, which would switch the whole process to flushing subnormal numbers to zero.
        let output = ["-shared", "-o"].map(OsStr::new).into_iter().chain([library.as_os_str()]);
        cc(output
            .chain(objects.iter().map(|o| o.as_os_str()))
            .chain([OsStr::new("-lmvec"), OsStr::new("-lm")]));
        open(&library)
    }
}

fn cc<'a>(arguments: impl Iterator<Item = &'a OsStr>) {
    let output = Command::new("cc").args(arguments).output().expect("a C compiler named `cc`");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn open(path: &Path) -> Baseline {
    // SAFETY: the library was just built from the sources beside this file, whose functions have these signatures.
    unsafe {
        let library = Box::leak(Box::new(libloading::Library::new(path).expect("the baselines open")));
        let missing = "the baselines define their functions";
        Baseline {
            tsit5_lotka_volterra: *library.get(b"tsit5_lotka_volterra").expect(missing),
            tsit5_sweep: *library.get(b"tsit5_sweep").expect(missing),
            tsit5_pleiades: *library.get(b"tsit5_pleiades").expect(missing),
            brusselator: *library.get(b"brusselator").expect(missing),
            network_forward: *library.get(b"network_forward").expect(missing),
            network_pullback: *library.get(b"network_pullback").expect(missing),
        }
    }
}
