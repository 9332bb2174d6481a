//! The header and what Python knows of it are what the sources say, and lie in memory as the compiler of C lays them.
//!
//! What is out of date is told with the command that writes it anew.

mod api;
mod c;
mod python;
mod source;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use fulmar_bus::record::{HEADER_BYTES, LAYOUTS, RecordLayout};
use fulmar_c::{BookUpdate, Callbacks, Error, Event, NewOrder, Options, Order};

use api::Api;

/// Set, it has the test write what it would compare.
const RENEW: &str = "FULMAR_RENEW";

fn own(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Holds a committed file against what it must be.
fn fresh(path: &str, text: &str) {
    let path = own(path);
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&path, text).expect("the checkout can be written");
    }
    let is_fresh = std::fs::read_to_string(&path).is_ok_and(|committed| committed == text);
    assert!(
        is_fresh,
        "{} is not what the sources say. Renew it: {RENEW}=1 cargo test -p fulmar-c --test bindings",
        path.display()
    );
}

#[test]
fn the_header_is_what_the_sources_say() {
    fresh("include/fulmar.h", &c::header(&Api::read()));
}

#[test]
fn what_python_knows_of_the_library_is_what_the_sources_say() {
    fresh("../python/fulmar/abi.py", &python::module(&Api::read()));
}

/// Compiles a program of C against the header; what the compiler says is the failure.
fn compile(source: &Path, more: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let include = own("include");
    let output = Command::new("cc")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-c", "-o"])
        .arg(folder.path().join("object.o"))
        .arg("-I")
        .arg(include)
        .args(more)
        .arg(source)
        .output()
        .expect("the machine has a compiler of C");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn every_struct_lies_in_c_where_it_lies_in_rust() {
    let api = Api::read();
    let mut text = "#include <fulmar.h>\n".to_owned();
    let mut assert = |what: String, number: usize| {
        writeln!(text, "_Static_assert({what} == {number}, \"{what}\");").expect("a String takes all text");
    };
    let mut record_count = 0;
    for one in &api.structs {
        let c = one.named.c;
        let layout = LAYOUTS.iter().find(|layout| one.named.is_record && layout.name == one.named.rust);
        let Some(RecordLayout { bytes, fields, .. }) = layout else { continue };
        record_count += 1;
        assert(format!("sizeof(fulmar_{c})"), *bytes);
        for (field, offset) in *fields {
            assert(format!("offsetof(fulmar_{c}, {field})"), *offset);
        }
    }
    assert!(record_count > 10, "the records are among the structs");
    for (c, bytes) in [
        ("error", size_of::<Error>()),
        ("options", size_of::<Options>()),
        ("event", size_of::<Event>()),
        ("book_update", size_of::<BookUpdate>()),
        ("callbacks", size_of::<Callbacks>()),
        ("new_order", size_of::<NewOrder>()),
        ("order", size_of::<Order>()),
    ] {
        assert(format!("sizeof(fulmar_{c})"), bytes);
    }
    assert("sizeof(fulmar_result)".to_owned(), 4);
    assert("offsetof(fulmar_new_order, side)".to_owned(), std::mem::offset_of!(NewOrder, side));
    assert("offsetof(fulmar_order, status)".to_owned(), std::mem::offset_of!(Order, status));
    assert("offsetof(fulmar_callbacks, on_position_changed)".to_owned(), {
        std::mem::offset_of!(Callbacks, on_position_changed)
    });
    assert("offsetof(fulmar_callbacks, on_order_filled)".to_owned(), {
        std::mem::offset_of!(Callbacks, on_order_filled)
    });
    assert_eq!(HEADER_BYTES, 32, "what stands before a payload is nobody's business in C");
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("layout.c");
    std::fs::write(&source, text).expect("the folder takes a file");
    compile(&source, &[]);
}

#[test]
fn the_header_and_the_example_compile_without_a_warning() {
    compile(&own("examples/ema_cross.c"), &[]);
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("header.c");
    std::fs::write(&source, "#include <fulmar.h>\n#include <fulmar.h>\n").expect("the folder takes a file");
    compile(&source, &["-Wpedantic"]);
}
