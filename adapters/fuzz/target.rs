//! One fuzz target: what `adapters/tests/venues/fuzz.rs` lists under the name of the program that this is built as.
#![no_main]

#[path = "../tests/venues/fuzz.rs"]
mod fuzz;

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::run(env!("CARGO_BIN_NAME"), input));
