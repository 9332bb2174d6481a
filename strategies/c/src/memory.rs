//! Memory of the caller's: texts and arrays behind pointers, and places for an answer. NULL is always looked for; that
//! a pointer which is not NULL leads to what the header says, the caller alone can know.
//!
//! Values of these types come from C and nowhere else.
#![allow(unsafe_code, reason = "what C points at, the compiler cannot see")]

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;

use crate::outcome::Outcome;

/// Where an answer goes; NULL where the caller does not want it.
pub type Out<'a, T> = Option<&'a mut MaybeUninit<T>>;

/// Puts an answer where it is wanted.
pub(crate) fn put<T>(out: Out<'_, T>, value: T) {
    if let Some(out) = out {
        out.write(value);
    }
}

/// A text of the caller's: NULL, or bytes up to the first zero.
#[repr(transparent)]
#[derive(Debug)]
pub struct TextIn(*const c_char);

impl TextIn {
    /// The text; `None` where it is NULL.
    pub(crate) fn read(&self) -> Result<Option<&str>, Outcome> {
        if self.0.is_null() {
            return Ok(None);
        }
        // SAFETY: it is not NULL, and the header wants a text that ends in a zero and stays for the call.
        let text = unsafe { CStr::from_ptr(self.0) };
        text.to_str().map(Some).map_err(|_| Outcome::Argument)
    }

    /// The text, which must be there.
    pub(crate) fn required(&self) -> Result<&str, Outcome> {
        self.read()?.ok_or(Outcome::Argument)
    }
}

/// An array of the caller's to read.
#[repr(transparent)]
#[derive(Debug)]
pub struct Items<T>(*const T);

impl<T> Items<T> {
    /// Its `count` items; none where it is NULL.
    pub(crate) fn slice(&self, count: u32) -> &[T] {
        if self.0.is_null() {
            return &[];
        }
        // SAFETY: it is not NULL, and the header wants an array of `count` items there that stays for the call.
        unsafe { std::slice::from_raw_parts(self.0, count as usize) }
    }
}

/// An array of the caller's to fill.
#[repr(transparent)]
#[derive(Debug)]
pub struct Places<T>(*mut T);

impl<T> Places<T> {
    /// Writes as many of `items` as there are places, and gives how many items there are.
    pub(crate) fn fill(&self, capacity: u32, items: impl Iterator<Item = T>) -> u32 {
        let capacity = if self.0.is_null() { 0 } else { capacity as usize };
        let mut count = 0_u32;
        for item in items {
            if (count as usize) < capacity {
                // SAFETY: the header wants `capacity` places there, and this is one of them.
                let place = unsafe { self.0.add(count as usize) };
                // SAFETY: the place is the caller's, and ours for this call.
                unsafe { place.write(item) };
            }
            count = count.saturating_add(1);
        }
        count
    }
}

impl Places<c_char> {
    /// Writes `text` and a zero, or nothing where there is not room for both.
    pub(crate) fn put(&self, capacity: usize, text: &str) -> Outcome {
        let Ok(capacity) = u32::try_from(capacity.min(u32::MAX as usize)) else { return Outcome::Argument };
        if self.0.is_null() || text.len() >= capacity as usize {
            return Outcome::Argument;
        }
        self.fill(capacity, c_bytes(text).chain([0]));
        Outcome::Ok
    }
}

/// The bytes of a text as C has them.
pub(crate) fn c_bytes(text: &str) -> impl Iterator<Item = c_char> + '_ {
    text.bytes().map(|byte| c_char::from_ne_bytes([byte]))
}

/// The caller's own pointer, which is handed back in every callback and never followed.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct User(pub *mut std::ffi::c_void);

// SAFETY: nobody here follows it. Who moves a session to another thread, the header says, moves what it points at too.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}
