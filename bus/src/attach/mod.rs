//! How a process that is not the engine's comes to the engine's memory, and what the two tell each other there.

mod cursor;

pub use cursor::{CursorPage, cursor_page_word_count};
