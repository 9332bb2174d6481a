//! Who does what: one actor a file, each thin. The order is that of the flow.

pub mod aggregator;
pub mod book;
pub mod feed;
pub mod frames;
mod limits;

pub use aggregator::Aggregator;
pub use book::BookBuilder;
pub use feed::Feed;
