//! The `fulmar` binary: the program with the strategies that come with it, and no other.

use std::process::ExitCode;

fn main() -> ExitCode {
    fulmar::main_with(&[])
}
