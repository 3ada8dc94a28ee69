//! The interpreter and machine code agree bit for bit on random routines, in every layout of lanes.
//!
//! `NDE_CASES=1000000` runs the long campaign.

use nde_tests::kernels::{difference, random_kernel};

#[test]
fn machine_code_agrees_with_the_interpreter_on_random_routines() {
    let cases: u64 = std::env::var("NDE_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(2_000);
    for seed in 0..cases {
        let kernel = random_kernel(seed);
        for lanes in if seed % 4 == 0 { &[1, 3, 4, 8][..] } else { &[1] } {
            if let Some(difference) = difference(&kernel, *lanes, seed) {
                panic!("seed {seed}: {difference}\n{kernel:#?}");
            }
        }
    }
}
