//! What venues and strategies promise.
