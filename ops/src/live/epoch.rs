//! The boot counter that makes order ids unique over all boots of one engine, and the lock that keeps a second engine
//! from counting with it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// One boot of an engine. The state directory is its own until this is dropped.
#[derive(Debug)]
pub struct Boot {
    /// Its number, which every order id of it names.
    pub epoch: u32,
    _lock: fs::File,
}

/// The next boot of the engine whose state `directory` keeps, counted from one and on disk when this returns.
///
/// # Errors
/// What the system says; where another engine runs with the directory; and where the counter's file holds no number,
/// since guessing one could name two orders alike.
pub fn next_boot(directory: &Path) -> io::Result<Boot> {
    fs::create_dir_all(directory)?;
    let lock = fs::File::create(directory.join("lock"))?;
    lock.try_lock().map_err(|error| match error {
        fs::TryLockError::WouldBlock => {
            io::Error::other(format!("another engine runs with the state in {}", directory.display()))
        }
        fs::TryLockError::Error(error) => error,
    })?;
    Ok(Boot { epoch: next_epoch(directory)?, _lock: lock })
}

fn next_epoch(directory: &Path) -> io::Result<u32> {
    let path = directory.join("epoch");
    let last = match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse::<u32>().map_err(|_| {
            let message =
                format!("{} holds no number; it must hold the epoch of the last boot", path.display());
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
        assert_eq!(next_boot(directory.path()).expect("the first").epoch, 1);
        assert_eq!(next_boot(directory.path()).expect("the second").epoch, 2);
        fs::write(directory.path().join("epoch"), "x").expect("written");
        assert!(next_boot(directory.path()).is_err());
    }

    #[test]
    fn a_second_engine_cannot_count_while_the_first_runs() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = next_boot(directory.path()).expect("the first");
        let refused = next_boot(directory.path()).expect_err("the first still runs");
        assert!(refused.to_string().contains("another engine runs"), "{refused}");
        drop(first);
        assert_eq!(next_boot(directory.path()).expect("the first is gone").epoch, 2);
    }
}
