//! Sockets, HTTP and captures: the IO of every venue.

pub mod capture;
pub mod limits;
