//! The boot counter that makes order ids unique over all boots of one engine.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// The next epoch of the engine whose state `directory` keeps, counted from one and on disk when this returns.
///
/// # Errors
/// What the system says; and where the file there holds no number, since guessing one could name two orders alike.
pub fn next_epoch(directory: &Path) -> io::Result<u32> {
    fs::create_dir_all(directory)?;
    let path = directory.join("epoch");
    let last = match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse::<u32>().map_err(|_| {
            let message = format!("{} holds no number; it must hold the epoch of the last boot", path.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
        Err(error) => return Err(error),
    };
    let next = last.checked_add(1).ok_or_else(|| io::Error::other("the boot counter ran out"))?;
    let fresh = directory.join("epoch.new");
    let mut file = fs::File::create(&fresh)?;
    file.write_all(format!("{next}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&fresh, &path)?;
    fs::File::open(directory)?.sync_all()?;
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_boot_has_its_own_epoch_and_a_damaged_counter_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(next_epoch(directory.path()).expect("the first"), 1);
        assert_eq!(next_epoch(directory.path()).expect("the second"), 2);
        fs::write(directory.path().join("epoch"), "x").expect("written");
        assert!(next_epoch(directory.path()).is_err());
    }
}
