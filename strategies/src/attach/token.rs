//! The token of a bus: whoever may read it may call.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};

use super::session::SessionError;

/// Where the token of a bus lies that listens at `socket`.
pub fn token_path(socket: &Path) -> PathBuf {
    socket.with_extension("token")
}

/// The token of a bus that listens at `socket`.
///
/// # Errors
/// Where it is not there, cannot be read, or is none.
pub fn read_token(socket: &Path) -> Result<[u8; 32], SessionError> {
    let path = token_path(socket);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(SessionError::NoEngine(path)),
        Err(source) => return Err(SessionError::Token { path, source }),
    };
    let wrong = |_| Error::new(ErrorKind::InvalidData, "it holds no token");
    bytes.try_into().map_err(wrong).map_err(|source| SessionError::Token { path, source })
}
