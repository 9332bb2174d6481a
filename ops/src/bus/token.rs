//! What makes one boot unlike every other: its number, and the token that whoever may read it may call with.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use fulmar_bus::segment::BootId;

/// A boot like no other.
///
/// # Errors
/// Where the system gives no random bytes.
pub fn boot_id() -> io::Result<BootId> {
    let mut bytes = [0; 16];
    random(&mut bytes)?;
    Ok(BootId(u128::from_ne_bytes(bytes)))
}

/// Bytes that nobody can guess.
///
/// # Errors
/// Where the system gives none.
pub fn random(bytes: &mut [u8]) -> io::Result<()> {
    use aws_lc_rs::rand::fill;
    fill(bytes).map_err(|_| io::Error::other("the system gives no random bytes"))
}

/// Writes it there, for this user alone.
///
/// # Errors
/// What the system says.
pub fn write_token(path: &Path, token: &[u8; 32]) -> io::Result<()> {
    let _ = fs::remove_file(path);
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(token)
}
