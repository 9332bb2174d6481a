//! A market of our own: matching, order flow.
