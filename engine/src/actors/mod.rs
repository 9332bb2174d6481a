//! Who does what: one actor a file, each thin. The order is that of the flow.

pub mod aggregator;
pub mod attached;
pub mod book;
pub mod estimator;
pub mod feed;
pub mod frames;
pub mod gateway;
mod limits;
pub mod paper;
pub mod recorder;
mod requests;
pub mod risk;
pub mod strategy;

pub use aggregator::Aggregator;
pub use attached::{AttachedPort, Line, PortNews, PortPlan, ProcessPlan, StepPlan, SteppedHost};
pub use book::BookBuilder;
pub use estimator::{Estimator, EstimatorPlan};
pub use feed::Feed;
pub use gateway::Gateway;
pub use limits::HELD_SLOTS;
pub use paper::PaperGateway;
pub use recorder::{KeptJournal, Recorder};
pub use risk::{HeldPlan, Risk, RiskOutboxes, RiskPlan};
pub use strategy::{StrategyHost, StrategyPorts, Stream};

#[cfg(test)]
mod tests;
