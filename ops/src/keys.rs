//! Where the key of a venue comes from: the environment, a file that nobody else can read, or a credential that systemd
//! hands over.
//!
//! What is read goes into [`Credentials`], which show it to nobody, and is wiped here. No error tells any of it, and
//! nothing here is logged. A configuration says where a key is, never what it is.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::configuration::{KeyFrom, Venue};
use crate::venues::{Credentials, KeyError};

/// Bytes of the longest file that is read as a key: a PEM file has some hundred.
const KEY_BYTES_MAX: usize = 16 * 1024;
/// Permission bits of anybody but the owner.
const OTHERS: u32 = 0o077;
/// The variable in which systemd says where a service's credentials are.
const CREDENTIALS_DIRECTORY: &str = "CREDENTIALS_DIRECTORY";

/// Why there is no key to trade with.
#[derive(Debug, thiserror::Error)]
pub enum NoKey {
    /// The environment has none.
    #[error(
        "there is no key for {venue}: set {key} and {secret}, or say in its `key` table where else it is"
    )]
    NotInEnvironment {
        /// The venue.
        venue: String,
        /// The variable that is to hold the key.
        key: String,
        /// The variable that is to hold its secret.
        secret: String,
    },
    /// systemd handed nothing over.
    #[error(
        "systemd hands no credentials over: ${CREDENTIALS_DIRECTORY} is not set; LoadCredential= in the unit does"
    )]
    NoCredentials,
    /// The file cannot be read.
    #[error("the key in {file} cannot be read: {error}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Others could read the file.
    #[error(
        "the key in {file} can be read by others (mode {mode:04o}): chmod 600 {file}, and think of making a new key"
    )]
    OpenToOthers {
        /// The file.
        file: String,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is something else.
    #[error(
        "{file} holds no key: its first line is to be the API key, and the secret or the PEM file the rest"
    )]
    NoKeyFile {
        /// The file.
        file: PathBuf,
    },
    /// What stands there is no key.
    #[error("the key from {place} cannot be used: {error}")]
    Unusable {
        /// Where it is from.
        place: String,
        /// Why.
        error: KeyError,
    },
}

/// A key to trade with, and where it is from, in words.
pub struct FoundKey {
    /// The key.
    pub credentials: Credentials,
    /// Where it is from.
    pub place: String,
}

/// The key of a venue, from where its configuration says; `variable` gives a variable of the environment.
///
/// # Errors
/// As [`NoKey`] lists.
pub fn find(venue: &Venue, variable: &dyn Fn(&str) -> Option<String>) -> Result<FoundKey, NoKey> {
    match venue.key.from {
        KeyFrom::Environment => from_environment(&venue.name, variable),
        KeyFrom::File => {
            from_file(venue.key.path.as_deref().expect("the configuration's rules ask for it"), true)
        }
        KeyFrom::Systemd => {
            let directory = variable(CREDENTIALS_DIRECTORY).ok_or(NoKey::NoCredentials)?;
            // Who may read it is systemd's business: the service alone, and by other means than the mode where it can.
            from_file(&Path::new(&directory).join(&venue.name), false)
        }
    }
}

fn from_environment(venue: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<FoundKey, NoKey> {
    let suffix = venue.to_uppercase().replace('-', "_");
    let names = [format!("FULMAR_KEY_{suffix}"), format!("FULMAR_SECRET_{suffix}")];
    let [key, secret] = names.each_ref().map(|name| variable(name).map(Zeroizing::new));
    let place = format!("{} and {}", names[0], names[1]);
    match (key, secret) {
        (Some(key), Some(secret)) => found(&key, &secret, place),
        _ => {
            let [key, secret] = names;
            Err(NoKey::NotInEnvironment { venue: venue.to_owned(), key, secret })
        }
    }
}

fn from_file(path: &Path, is_mode_checked: bool) -> Result<FoundKey, NoKey> {
    let unreadable = |error| NoKey::Unreadable { file: path.to_owned(), error };
    let file = File::open(path).map_err(unreadable)?;
    // Of the file that is open, so that nobody changes it in between.
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
    if is_mode_checked && mode & OTHERS != 0 {
        return Err(NoKey::OpenToOthers { file: path.display().to_string(), mode });
    }
    let mut text = Zeroizing::new(String::with_capacity(KEY_BYTES_MAX));
    file.take(KEY_BYTES_MAX as u64).read_to_string(&mut text).map_err(unreadable)?;
    let (key, secret) =
        text.trim().split_once('\n').ok_or_else(|| NoKey::NoKeyFile { file: path.to_owned() })?;
    found(key.trim(), secret.trim(), path.display().to_string())
}

fn found(key: &str, secret: &str, place: String) -> Result<FoundKey, NoKey> {
    match Credentials::new(key, secret) {
        Ok(credentials) => Ok(FoundKey { credentials, place }),
        Err(error) => Err(NoKey::Unusable { place, error }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fulmar_strategies::Registry;

    use super::*;
    use crate::configuration::{Source, load_sources};
    use crate::venues::KeyKind;

    const CANARY: &str = "Canary0123456789";

    fn venue(key: &str) -> Venue {
        let text = format!("[[venue]]\nname = \"binance-spot\"\ninstruments = [\"BTCUSDT\"]\n{key}");
        let source = Source { file: "a.toml".into(), text };
        let loaded = load_sources(&[source], &BTreeMap::new(), &Registry::default()).expect("it is valid");
        loaded.configuration.venues[0].clone()
    }

    fn find_with(key: &str, variables: &[(&str, &str)]) -> Result<KeyKind, String> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        };
        let found = find(&venue(key), &variable).map(|found| found.credentials.kind());
        found.map_err(|error| {
            let told = format!("{error} {error:?}");
            assert!(!told.contains(CANARY), "{told}");
            error.to_string()
        })
    }

    fn file(folder: &tempfile::TempDir, mode: u32, text: &str) -> String {
        let path = folder.path().join("binance-spot");
        std::fs::write(&path, text).expect("the folder takes a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("it is ours");
        format!("key = {{ from = \"file\", path = \"{}\" }}\n", path.display())
    }

    #[test]
    fn the_environment_holds_a_key_and_its_secret() {
        let both = [("FULMAR_KEY_BINANCE_SPOT", CANARY), ("FULMAR_SECRET_BINANCE_SPOT", CANARY)];
        assert_eq!(find_with("", &both), Ok(KeyKind::Hmac));
        let told = "there is no key for binance-spot: set FULMAR_KEY_BINANCE_SPOT and FULMAR_SECRET_BINANCE_SPOT, or say \
                    in its `key` table where else it is";
        assert_eq!(find_with("", &both[..1]), Err(told.to_owned()));
        let bad = [("FULMAR_KEY_BINANCE_SPOT", CANARY), ("FULMAR_SECRET_BINANCE_SPOT", "Canary0123456789 ")];
        let error = find_with("", &bad).expect_err("a blank is no letter");
        assert!(
            error.starts_with("the key from FULMAR_KEY_BINANCE_SPOT and FULMAR_SECRET_BINANCE_SPOT cannot")
        );
    }

    #[test]
    fn a_file_holds_both_and_is_refused_where_others_can_read_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = format!("{CANARY}\n{CANARY}\n");
        assert_eq!(find_with(&file(&folder, 0o600, &text), &[]), Ok(KeyKind::Hmac));
        assert_eq!(find_with(&file(&folder, 0o400, &text), &[]), Ok(KeyKind::Hmac));
        for mode in [0o640, 0o604, 0o660, 0o644] {
            let error = find_with(&file(&folder, mode, &text), &[]).expect_err("others can read it");
            assert!(error.contains(&format!("can be read by others (mode {mode:04o})")), "{error}");
        }
        let error = find_with(&file(&folder, 0o600, CANARY), &[]).expect_err("there is no secret");
        assert!(error.contains("holds no key"), "{error}");
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
                   -----END PRIVATE KEY-----";
        let text = format!("{CANARY}\n{pem}\n");
        assert_eq!(find_with(&file(&folder, 0o600, &text), &[]), Ok(KeyKind::Ed25519));
    }

    #[test]
    fn a_credential_of_systemd_is_named_as_the_venue() {
        let folder = tempfile::tempdir().expect("a folder");
        file(&folder, 0o440, &format!("{CANARY}\n{CANARY}\n"));
        let key = "key = { from = \"systemd\" }\n";
        let directory = folder.path().to_str().expect("UTF-8");
        assert_eq!(find_with(key, &[("CREDENTIALS_DIRECTORY", directory)]), Ok(KeyKind::Hmac));
        assert!(
            find_with(key, &[]).expect_err("not a service").starts_with("systemd hands no credentials over")
        );
        let error = find_with(key, &[("CREDENTIALS_DIRECTORY", "/nowhere")]).expect_err("there is nothing");
        assert!(error.contains("/nowhere/binance-spot cannot be read"), "{error}");
    }
}
