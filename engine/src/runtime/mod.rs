//! How actors run: turns, cores, time.
