//! Who does what: one actor a file, each thin.
