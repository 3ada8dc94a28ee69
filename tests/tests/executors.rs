//! The interpreter and machine code agree bit for bit on random routines, in every layout of lanes.
//!
//! `NDE_CASES=1000000` runs the long campaign; with `-- --nocapture` it says how far it is.

use std::sync::atomic::{AtomicU64, Ordering};

use nde_tests::kernels::{difference, random_kernel};

/// Routines between two lines of progress.
const REPORTED: u64 = 25_000;

#[test]
fn machine_code_agrees_with_the_interpreter_on_random_routines() {
    let cases: u64 = std::env::var("NDE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let next = AtomicU64::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= cases {
                        return;
                    }
                    if seed > 0 && seed.is_multiple_of(REPORTED) {
                        eprintln!("{seed} of {cases} routines");
                    }
                    check(seed);
                }
            });
        }
    });
}

fn check(seed: u64) {
    let kernel = random_kernel(seed);
    for lanes in if seed.is_multiple_of(8) { &[1, 3, 4, 8][..] } else { &[1] } {
        if let Some(difference) = difference(&kernel, *lanes, seed) {
            panic!("seed {seed}: {difference}\n{kernel:#?}");
        }
    }
}
