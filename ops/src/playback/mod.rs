//! Playing what was recorded: captures of a venue's frames, and journals of a whole run.

pub mod capture;
mod company;
mod frame;
mod header;
pub mod journal;
mod outputs;
mod pace;
pub mod report;
#[cfg(test)]
mod tests;
mod told;

pub use company::Invitation;
pub use report::ReplayReport;
