//! The whole program `fulmar`, with the strategy new_strategy beside the built-in ones.

fn main() -> std::process::ExitCode {
    fulmar::main_with(&[new_strategy::ENTRY])
}
