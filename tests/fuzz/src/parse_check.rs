//! Any bytes through parser, printer, formatter and checker: an answer, never a panic, a hang or an exhausted stack.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nde_tests::hostile::survive;

fuzz_target!(|bytes: &[u8]| survive(&String::from_utf8_lossy(bytes)));
