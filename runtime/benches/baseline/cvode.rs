//! Compiles the baseline that calls CVODE, where SUNDIALS is installed.

use std::{path::Path, process::Command};

/// The forms of the linear systems, as the source counts them.
#[derive(Clone, Copy)]
pub enum Form {
    Klu = 0,
    Ilu = 1,
    Milu = 2,
}

/// `(n, form, rtol, atol, t1, inside, u)`: from 0 to t1 in place; how many steps it took.
type Solve = unsafe extern "C" fn(i32, i32, f64, f64, f64, *const f64, *mut f64) -> i64;

pub struct Cvode {
    solve: Solve,
}

const FLAGS: &[&str] = &["-O3", "-march=native", "-fPIC", "-shared", "-I/usr/include/suitesparse"];
const LIBRARIES: &[&str] = &[
    "-lsundials_cvode",
    "-lsundials_nvecserial",
    "-lsundials_sunlinsolklu",
    "-lsundials_sunlinsolspgmr",
    "-lsundials_sunmatrixsparse",
    "-lm",
];

impl Cvode {
    /// Builds the library and opens it; `None` where the compiler does not find SUNDIALS.
    pub fn compile() -> Option<Cvode> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/baseline");
        let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cvode.so");
        let sources = ["cvode.c", "brusselator.c"].map(|name| folder.join(name));
        let output =
            Command::new("cc").args(FLAGS).args(sources).arg("-o").arg(&library).args(LIBRARIES).output();
        if !output.is_ok_and(|output| output.status.success()) {
            return None;
        }
        // SAFETY: the library was just built from the source beside this file, whose function has this signature.
        unsafe {
            let library = Box::leak(Box::new(libloading::Library::new(library).ok()?));
            Some(Cvode { solve: *library.get(b"cvode_brusselator").ok()? })
        }
    }

    /// Solves from 0 to t1 in place; how many steps that took.
    ///
    /// # Panics
    /// Where CVODE fails.
    pub fn solve(
        &self,
        n: usize,
        form: Form,
        (rtol, atol): (f64, f64),
        t1: f64,
        inside: &[f64],
        u: &mut [f64],
    ) -> u64 {
        assert!(inside.len() == n * n && u.len() == 2 * n * n, "a field has n² points");
        // SAFETY: the slices have the lengths that n asks for.
        let steps =
            unsafe { (self.solve)(n as i32, form as i32, rtol, atol, t1, inside.as_ptr(), u.as_mut_ptr()) };
        u64::try_from(steps).expect("CVODE comes to the end")
    }
}
