//! Playing what was recorded: captures of a venue's frames, and journals of a whole run.

pub mod capture;
pub mod journal;
mod outputs;
mod pace;
pub mod report;

pub use report::ReplayReport;
