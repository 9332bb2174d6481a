//! Lock-free channels.
