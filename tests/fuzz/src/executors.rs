//! Interpreter and machine code agree on the right-hand side, the Jacobian and its products of any small model.
//!
//! An input is a text, and behind its first zero byte the numbers to run it on. Bytes that are no text draw a model.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nde_tests::agreement::small_disagreement;
use nde_tests::generate::{Size, drawn_model};
use nde_tests::random::Random;

const SMALL: Size = Size { scalars: 2, arrays: 1, lets: 2, points: 5, depth: 2, switches: 15, networks: 20 };

fuzz_target!(|bytes: &[u8]| {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (text, numbers) = (&bytes[..end], bytes.get(end + 1..).unwrap_or_default());
    let text = match std::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            let model = drawn_model(&mut Random::of_bytes(text), &SMALL);
            format!("{model}\nsolve Random over 0..1\n")
        }
    };
    if let Ok(Some(difference)) = small_disagreement(&text, &mut Random::of_bytes(numbers)) {
        panic!("{difference}");
    }
});
