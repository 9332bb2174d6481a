//! Who trades: a key, and what its requests are signed with. It seals requests as they leave, and is known to nobody
//! else: the session writes `"apiKey":""` and `"signature":""` where they belong, and this fills the gaps.
//!
//! The venue signs what a query of all parameters, sorted by name, would be. The session writes them in that order.
//! Nothing here allocates once a request as long has been sealed, but a signature of Ed25519, which a login alone
//! needs.

use std::fmt;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use fulmar_bus::record::RequestKind;
use fulmar_engine::contract::Seal;
use memchr::memmem;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::limits::REQUEST_BYTES_MAX;

/// How the owner of a key proves to be one. It is no secret, and decides how a session logs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// Not at all, which only a simulated venue takes.
    #[default]
    Unsigned,
    /// Each request is signed with a shared secret.
    Hmac,
    /// The login is signed with a private key, and vouches for what follows on its connection.
    Ed25519,
}

/// A key and its secret. Neither is ever shown: not by `Debug`, not in an error.
pub struct Credentials {
    api_key: Zeroizing<String>,
    signer: Signer,
    query: Vec<u8>,
}

enum Signer {
    Nobody,
    Hmac(Box<hmac::Key>),
    Ed25519(Ed25519KeyPair),
}

/// Why a key cannot be used. It tells nothing of the key itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The API key has other characters, or none, or too many.
    #[error("the API key is no word of letters and digits")]
    ApiKey,
    /// The secret of an HMAC key has other characters, or none, or too many.
    #[error("the secret is neither a word of letters and digits nor a PEM file with a private key")]
    Secret,
    /// A PEM file that holds something else.
    #[error(
        "the PEM file holds no unencrypted Ed25519 key in PKCS#8, as `openssl genpkey -algorithm ed25519` writes it"
    )]
    Pem,
}

/// Bytes of the longest word that can be a key or a secret; the venue's have 64.
const WORD_BYTES_MAX: usize = 128;

impl Credentials {
    /// A key of a simulated venue, without a secret.
    ///
    /// # Errors
    /// [`KeyError::ApiKey`].
    pub fn unsigned(api_key: &str) -> Result<Self, KeyError> {
        Self::with(api_key, Signer::Nobody)
    }

    /// A key and its secret, whose kind tells how it signs: the text of a PEM file is an Ed25519 key, a word the
    /// secret of an HMAC key.
    ///
    /// # Errors
    /// As [`KeyError`] lists.
    pub fn new(api_key: &str, secret: &str) -> Result<Self, KeyError> {
        let signer = if secret.trim_start().starts_with("-----") {
            Signer::Ed25519(ed25519(secret).ok_or(KeyError::Pem)?)
        } else if is_word(secret) {
            Signer::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes())))
        } else {
            return Err(KeyError::Secret);
        };
        Self::with(api_key, signer)
    }

    /// How it signs.
    pub const fn kind(&self) -> KeyKind {
        match self.signer {
            Signer::Nobody => KeyKind::Unsigned,
            Signer::Hmac(_) => KeyKind::Hmac,
            Signer::Ed25519(_) => KeyKind::Ed25519,
        }
    }

    fn with(api_key: &str, signer: Signer) -> Result<Self, KeyError> {
        // It is written into JSON and into a header as it stands.
        if !is_word(api_key) {
            return Err(KeyError::ApiKey);
        }
        let api_key = Zeroizing::new(api_key.to_owned());
        Ok(Credentials { api_key, signer, query: Vec::with_capacity(REQUEST_BYTES_MAX) })
    }

    /// Fills the gaps of a message: parameters are as the session writes them, texts without escapes and numbers.
    fn seal_message(&mut self, bytes: &[u8], sealed: &mut Vec<u8>) {
        const KEY_GAP: &[u8] = b"\"params\":{\"apiKey\":\"";
        const SIGNATURE_GAP: &[u8] = b",\"signature\":\"";
        let Some(found) = memmem::find(bytes, KEY_GAP) else { return sealed.extend_from_slice(bytes) };
        let (head, tail) = bytes.split_at(found + KEY_GAP.len());
        sealed.extend_from_slice(head);
        sealed.extend_from_slice(self.api_key.as_bytes());
        let Some(place) = memmem::rfind(tail, SIGNATURE_GAP) else { return sealed.extend_from_slice(tail) };
        // Behind the quote that ends the key come the other parameters, each with a comma before it.
        let (signed, end) = tail.split_at(place);
        let (gap, end) = end.split_at(SIGNATURE_GAP.len());
        self.query.clear();
        self.query.extend_from_slice(b"apiKey=");
        self.query.extend_from_slice(self.api_key.as_bytes());
        write_query(&signed[1..], &mut self.query);
        sealed.extend_from_slice(signed);
        sealed.extend_from_slice(gap);
        self.signer.sign(&self.query, sealed);
        sealed.extend_from_slice(end);
    }

    /// Signs the query of an HTTP request that ends with an empty signature; the key goes into a header.
    fn seal_target(&self, bytes: &[u8], sealed: &mut Vec<u8>) {
        const SIGNATURE_GAP: &[u8] = b"&signature=";
        sealed.extend_from_slice(bytes);
        if let (Some(target), Some(query_at)) =
            (bytes.strip_suffix(SIGNATURE_GAP), memchr::memchr(b'?', bytes))
        {
            let at = sealed.len();
            self.signer.sign(&target[query_at + 1..], sealed);
            // What base64 writes beside letters and digits means something else in a query.
            if sealed[at..].iter().any(|byte| !byte.is_ascii_alphanumeric()) {
                let plain = sealed.split_off(at);
                plain.iter().for_each(|byte| write_encoded(*byte, !byte.is_ascii_alphanumeric(), sealed));
            }
        }
    }
}

impl Seal for Credentials {
    fn seal(&mut self, kind: RequestKind, bytes: &[u8], sealed: &mut Vec<u8>) {
        match kind {
            RequestKind::Send => self.seal_message(bytes, sealed),
            _ => self.seal_target(bytes, sealed),
        }
    }

    fn http_header(&self) -> Option<(&'static str, &str)> {
        Some(("X-MBX-APIKEY", &self.api_key))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Credentials({:?})", self.kind())
    }
}

impl Signer {
    /// Appends the signature of `query`, as the venue writes those of its kind.
    fn sign(&self, query: &[u8], sealed: &mut Vec<u8>) {
        match self {
            Signer::Nobody => {}
            Signer::Hmac(key) => {
                let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
                for byte in hmac::sign(key, query).as_ref() {
                    sealed.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
                }
            }
            Signer::Ed25519(key) => {
                sealed.extend_from_slice(BASE64.encode(key.sign(query)).as_bytes());
            }
        }
    }
}

/// Writes `,"name":"text","name":7` as `&name=text&name=7`. What is no ASCII is signed as it is encoded in a query.
fn write_query(pairs: &[u8], query: &mut Vec<u8>) {
    for byte in pairs {
        match byte {
            b',' => query.push(b'&'),
            b':' => query.push(b'='),
            b'"' => {}
            _ => write_encoded(*byte, !byte.is_ascii(), query),
        }
    }
}

fn write_encoded(byte: u8, is_encoded: bool, query: &mut Vec<u8>) {
    let digit = |value: u8| b"0123456789ABCDEF"[usize::from(value)];
    if is_encoded {
        query.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
    } else {
        query.push(byte);
    }
}

/// The private key of a PEM file.
fn ed25519(pem: &str) -> Option<Ed25519KeyPair> {
    let text = pem.trim().strip_prefix("-----BEGIN PRIVATE KEY-----")?;
    let text = text.strip_suffix("-----END PRIVATE KEY-----")?;
    let digits: Zeroizing<Vec<u8>> =
        Zeroizing::new(text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect());
    let der = Zeroizing::new(BASE64.decode(&*digits).ok()?);
    Ed25519KeyPair::from_pkcs8(&der).ok()
}

fn is_word(text: &str) -> bool {
    let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !text.is_empty() && text.len() <= WORD_BYTES_MAX && text.bytes().all(is_of_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key, query and signature that the venue publishes as an example.
    const SECRET: &str = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
    const QUERY: &str = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";
    const SIGNATURE: &str = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
    /// The secret key of the first test of RFC 8032, in PKCS#8: a fixed head of sixteen bytes, and the key.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";

    fn sealed(credentials: &mut Credentials, kind: RequestKind, bytes: &str) -> String {
        let mut sealed = Vec::new();
        credentials.seal(kind, bytes.as_bytes(), &mut sealed);
        String::from_utf8(sealed).expect("text")
    }

    #[test]
    fn the_published_example_has_the_published_signature() {
        let mut credentials = Credentials::new("key", SECRET).expect("a key");
        assert_eq!(credentials.kind(), KeyKind::Hmac);
        let target = format!("/api/v3/order?{QUERY}&signature=");
        assert_eq!(sealed(&mut credentials, RequestKind::HttpGet, &target), format!("{target}{SIGNATURE}"));
    }

    #[test]
    fn an_ed25519_key_signs_as_rfc_8032_says() {
        let credentials = Credentials::new("key", PEM).expect("a key");
        assert_eq!(credentials.kind(), KeyKind::Ed25519);
        let mut signature = Vec::new();
        credentials.signer.sign(b"", &mut signature);
        let bytes = BASE64.decode(&signature).expect("base64");
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd\
                        25bf5f0595bbe24655141438e7a100b";
        assert_eq!(hex, expected);
    }

    #[test]
    fn what_is_sent_is_what_is_signed() {
        let mut credentials = Credentials::new("key", SECRET).expect("a key");
        let request = r#"{"id":"q7","method":"order.status","params":{"apiKey":"","symbol":"币BTC","timestamp":0,"signature":""}}"#;
        let mut expected = Vec::new();
        credentials.signer.sign("apiKey=key&symbol=%E5%B8%81BTC&timestamp=0".as_bytes(), &mut expected);
        let expected = String::from_utf8(expected).expect("text");
        let filled = request.replace(r#""apiKey":"""#, r#""apiKey":"key""#);
        let filled = filled.replace(r#""signature":"""#, &format!(r#""signature":"{expected}""#));
        assert_eq!(sealed(&mut credentials, RequestKind::Send, request), filled);
        assert_eq!(
            credentials.query,
            "apiKey=key&symbol=%E5%B8%81BTC&timestamp=0".as_bytes(),
            "sorted, and encoded as a query is"
        );
    }

    #[test]
    fn what_has_no_gaps_leaves_as_it_is_and_without_a_secret_the_key_alone_is_filled_in() {
        let mut credentials = Credentials::unsigned("key").expect("a key");
        for plain in [r#"{"id":"1","method":"time"}"#, r#"{"id":"1","params":{"symbol":"apiKey"}}"#] {
            assert_eq!(sealed(&mut credentials, RequestKind::Send, plain), plain);
        }
        let request = r#"{"id":"1","method":"ping","params":{"apiKey":"","timestamp":18446744073709551615}}"#;
        let filled = request.replace(r#""apiKey":"""#, r#""apiKey":"key""#);
        assert_eq!(sealed(&mut credentials, RequestKind::Send, request), filled);
    }

    #[test]
    fn a_signature_in_a_query_is_encoded_as_one() {
        let mut credentials = Credentials::new("key", PEM).expect("a key");
        let target = sealed(&mut credentials, RequestKind::HttpGet, "/a?timestamp=1&signature=");
        let signature = target.strip_prefix("/a?timestamp=1&signature=").expect("signed");
        assert!(signature.ends_with("%3D%3D"), "{signature}");
        assert!(signature.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'%'), "{signature}");
    }

    #[test]
    fn neither_a_key_nor_a_secret_is_ever_shown() {
        for secret in [SECRET, PEM] {
            let shown = format!("{:?}", Credentials::new("hush", secret).expect("a key"));
            assert!(!shown.contains("hush") && !shown.contains(&secret[..8]), "{shown}");
        }
        for (api_key, secret, error) in [
            ("hu\"sh", SECRET, KeyError::ApiKey),
            ("", SECRET, KeyError::ApiKey),
            ("hush", "", KeyError::Secret),
            ("hush", "with space", KeyError::Secret),
            ("hush", "-----BEGIN RSA PRIVATE KEY-----\nhush\n-----END RSA PRIVATE KEY-----", KeyError::Pem),
            ("hush", "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----", KeyError::Pem),
        ] {
            let refused = Credentials::new(api_key, secret).expect_err("it is none");
            assert_eq!(refused, error);
            assert!(!refused.to_string().contains("hush"));
        }
    }
}
