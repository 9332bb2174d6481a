//! The `fulmar` binary: it chooses the allocator and hands the rest to the library, which tests can reach.

use std::process::ExitCode;

/// Small blocks made and freed by many threads are what a trading program allocates outside the tick path.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    fulmar::commands::main()
}
