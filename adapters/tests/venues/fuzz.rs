//! Everything that reads bytes of strangers, by name: the one list, for the fuzzer and for stable.
//!
//! cargo-fuzz gives each entry bytes of its own choice (`adapters/fuzz`, on nightly). What it once found, and an
//! example of each kind, stands in `adapters/fuzz/corpus/NAME`, which is replayed here by every `cargo test`.
//!
//! A new venue is tried by the targets of `every` as it is; it needs examples in their corpora. To add a target: a line
//! in one of the `TARGETS`, the name among the `[[bin]]` of `adapters/fuzz/Cargo.toml`, and a few examples in
//! `adapters/fuzz/corpus/NAME`. The test below says what is missing.

#[path = "binance/fuzz/mod.rs"]
mod binance;
#[path = "every/mod.rs"]
pub mod every;

/// What takes any bytes: its name, and the function that panics where it should not.
pub type Target = (&'static str, fn(&[u8]));

const VENUES: [&[Target]; 2] = [&every::TARGETS, &binance::TARGETS];

/// Gives `input` to the target of that name.
///
/// # Panics
/// Where there is none, and where the input breaks it.
pub fn run(name: &str, input: &[u8]) {
    let mut targets = VENUES.into_iter().flatten();
    let (_, target) = targets.find(|(known, _)| *known == name).expect("the name of a target");
    target(input);
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::{fs, io};

    use super::*;

    /// Fewer are no example of each kind.
    const INPUTS_MIN: usize = 3;

    #[test]
    fn every_target_survives_its_corpus_and_the_fuzzer_knows_it() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("the fuzzer's manifest");
        let known: Vec<&str> =
            manifest.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
        for (name, _) in VENUES.into_iter().flatten() {
            assert!(known.contains(name), "{name} is no [[bin]] of adapters/fuzz/Cargo.toml");
            let corpus = folder.join("corpus").join(name);
            let files =
                fs::read_dir(&corpus).unwrap_or_else(|_| panic!("{name} has no {}", corpus.display()));
            let mut count = 0;
            for file in files {
                run(name, &fs::read(file.expect("a file").path()).expect("it can be read"));
                count += 1;
            }
            assert!(count >= INPUTS_MIN, "{name} has {count} examples");
        }
        for entry in &fulmar_adapters::venues::VENUES {
            for (name, _) in every::TARGETS {
                let mut examples = fs::read_dir(folder.join("corpus").join(name)).expect("a folder");
                let is_of_venue = |file: io::Result<fs::DirEntry>| {
                    let name = file.expect("a file").file_name();
                    name.to_string_lossy().starts_with(entry.name)
                };
                assert!(examples.any(is_of_venue), "{name} has no example of {}", entry.name);
            }
        }
        // Beside the package itself.
        assert_eq!(
            known.len() - 1,
            VENUES.into_iter().flatten().count(),
            "a [[bin]] that is no target: {known:?}"
        );
    }
}
