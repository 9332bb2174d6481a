//! The venue of our own, served on loopback.
