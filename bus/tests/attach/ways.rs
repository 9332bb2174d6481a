//! What a hostile process tries with another process of its user, and with memory that it was given to read. Each
//! attempt says what the system answered.
#![allow(unsafe_code, reason = "the calls of a hostile process are no safe ones")]

use std::{
    ffi::{c_int, c_long, c_void},
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::FileExt as _,
    },
    ptr::{null_mut, without_provenance_mut},
};

use rustix::{
    fs::fstat,
    mm::{Advice, MapFlags, MprotectFlags, ProtFlags, madvise, mmap, mprotect},
    process::{Pid, PidfdFlags, PidfdGetfdFlags, pidfd_getfd, pidfd_open},
};

/// Words of a buffer and where it lies, as the system takes them.
#[repr(C)]
struct Span {
    first: *mut c_void,
    bytes: usize,
}

unsafe extern "C" {
    fn ptrace(request: c_int, pid: c_int, address: *mut c_void, data: *mut c_void) -> c_long;
    fn process_vm_writev(
        pid: c_int,
        here: *const Span,
        here_count: usize,
        there: *const Span,
        there_count: usize,
        flags: usize,
    ) -> isize;
}

/// Whom to attack, and what of his to reach.
#[derive(Clone, Copy)]
pub struct Target {
    pub pid: i32,
    /// A word of his memory.
    pub address: usize,
    /// A descriptor of his.
    pub file: i32,
}

/// Tries one way into a process.
pub fn attack(way: &str, Target { pid, address, file }: Target) -> io::Result<()> {
    let process = Pid::from_raw(pid).expect("it is a process");
    match way {
        "trace" => {
            const SEIZE: c_int = 0x4206;
            // SAFETY: nothing of ours is passed but numbers.
            let traced = unsafe { ptrace(SEIZE, pid, null_mut(), null_mut()) };
            if traced == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
        }
        "memory" => {
            let mut value = 0xBAD_u64;
            let here = Span { first: std::ptr::from_mut(&mut value).cast(), bytes: 8 };
            let there = Span { first: without_provenance_mut(address), bytes: 8 };
            // SAFETY: `here` is ours for the length of the call; `there` is not read here.
            let written = unsafe { process_vm_writev(pid, &raw const here, 1, &raw const there, 1, 0) };
            if written == 8 { Ok(()) } else { Err(io::Error::last_os_error()) }
        }
        "memory file" => {
            let memory = File::options().write(true).open(format!("/proc/{pid}/mem"))?;
            memory.write_at(&0xBAD_u64.to_ne_bytes(), address as u64).map(|_| ())
        }
        "descriptor" => {
            let pidfd = pidfd_open(process, PidfdFlags::empty())?;
            pidfd_getfd(&pidfd, file, PidfdGetfdFlags::empty())?;
            Ok(())
        }
        "descriptor file" => File::open(format!("/proc/{pid}/fd/{file}")).map(|_| ()),
        other => panic!("{other} is no way"),
    }
}

/// Maps all of a file to read, then makes the mapping writable.
pub fn make_mapping_writable(file: &OwnedFd) -> io::Result<()> {
    let (first, bytes) = mapped(file)?;
    // SAFETY: the mapping is ours, and nothing refers to it.
    unsafe { mprotect(first, bytes, MprotectFlags::READ | MprotectFlags::WRITE) }?;
    Ok(())
}

/// Maps all of a file to read, then removes its pages.
pub fn remove_pages(file: &OwnedFd) -> io::Result<()> {
    let (first, bytes) = mapped(file)?;
    // SAFETY: the mapping is ours, and nothing refers to it.
    unsafe { madvise(first, bytes, Advice::LinuxRemove) }?;
    Ok(())
}

fn mapped(file: impl AsFd) -> io::Result<(*mut c_void, usize)> {
    let bytes = usize::try_from(fstat(&file)?.st_size).expect("it is small");
    // SAFETY: a new mapping at an address of the system's choice overlaps no other.
    let first = unsafe { mmap(null_mut(), bytes, ProtFlags::READ, MapFlags::SHARED, file, 0) }?;
    Ok((first, bytes))
}
