//! What is known of instruments: numbers, books, bars.
