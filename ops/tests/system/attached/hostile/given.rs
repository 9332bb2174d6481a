//! What was given out to be read, and every way to write to it.

use std::fs::File;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::fs::FileExt as _;

use fulmar_bus::channel::{Access, Region};
use rustix::fs::{FallocateFlags, fallocate, ftruncate};
use rustix::io::Errno;

use super::{Fate, name_of};
use crate::attached::outside::Client;
use crate::attached::ways::{make_mapping_writable, remove_pages};

fn check(test: &str, rounds: u64, fate: Fate, act: fn(&mut Client, u64)) {
    super::check(&name_of(module_path!(), test), rounds, fate, act);
}

/// What it was given to read.
fn read_only(client: &Client) -> [&OwnedFd; 2] {
    [&client.handed.market, &client.handed.events]
}

#[test]
fn a_mapping_to_write_of_what_it_may_read() {
    check("a_mapping_to_write_of_what_it_may_read", 1, Fate::InVain, |client, _| {
        for file in read_only(client) {
            let refused = Region::map_shared(file.as_fd(), 0, 512, Access::Write).map(|_| ());
            assert_eq!(refused.map_err(|error| Errno::from_io_error(&error)), Err(Some(Errno::PERM)));
        }
    });
}

#[test]
fn a_mapping_to_read_that_is_made_writable() {
    check("a_mapping_to_read_that_is_made_writable", 1, Fate::InVain, |client, _| {
        for file in read_only(client) {
            let refused = make_mapping_writable(file);
            assert_eq!(refused.map_err(|error| Errno::from_io_error(&error)), Err(Some(Errno::ACCESS)));
        }
    });
}

#[test]
fn a_write_to_the_file_of_what_it_may_read() {
    check("a_write_to_the_file_of_what_it_may_read", 1, Fate::InVain, |client, _| {
        for file in read_only(client) {
            assert_eq!(rustix::io::write(file, &[0xBA; 64]), Err(Errno::PERM));
            assert_eq!(rustix::io::pwrite(file, &[0xBA; 64], 4096), Err(Errno::PERM));
        }
    });
}

#[test]
fn another_length_of_what_it_may_read() {
    check("another_length_of_what_it_may_read", 1, Fate::InVain, |client, _| {
        for file in read_only(client) {
            for bytes in [0, 4096, 1 << 40] {
                assert_eq!(ftruncate(file, bytes), Err(Errno::PERM), "{bytes} bytes");
            }
        }
    });
}

#[test]
fn holes_in_what_it_may_read() {
    check("holes_in_what_it_may_read", 1, Fate::InVain, |client, _| {
        let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        for file in read_only(client) {
            assert_eq!(fallocate(file, punch, 0, 1 << 16), Err(Errno::PERM));
            let refused = remove_pages(file);
            assert_eq!(refused.map_err(|error| Errno::from_io_error(&error)), Err(Some(Errno::ACCESS)));
        }
    });
}

#[test]
fn what_it_may_read_opened_again() {
    check("what_it_may_read_opened_again", 1, Fate::InVain, |client, _| {
        for file in read_only(client) {
            let path = format!("/proc/self/fd/{}", file.as_raw_fd());
            assert!(File::options().write(true).truncate(true).open(&path).is_err());
            // Another descriptor is none with more rights: the memory is sealed.
            let Ok(again) = File::options().read(true).write(true).open(&path) else { continue };
            assert!(again.write_at(&[0xBA; 64], 4096).is_err());
            assert!(Region::map_shared(again.as_fd(), 0, 512, Access::Write).is_err());
            assert_eq!(ftruncate(&again, 0), Err(Errno::PERM));
            assert!(make_mapping_writable(&again.into()).is_err());
        }
    });
}
