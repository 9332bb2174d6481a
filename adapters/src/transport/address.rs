//! Where a venue is, checked once: encrypted, or on this very machine. Plain text to anywhere else is refused, so that
//! no order and no key ever crosses a network in the clear.

use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

/// The protocol that an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    WebSocket,
    Http,
}

/// A checked URL. It prints without its path and query, which may hold a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    url: String,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) is_encrypted: bool,
    origin: String,
}

/// Why a URL is not one that may be connected to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no URL of the protocol.
    #[error("{url} is no {expected} URL: {problem}")]
    Malformed {
        /// As it was given.
        url: String,
        /// The scheme that was expected.
        expected: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// It is unencrypted, and not of this machine.
    #[error("{url} is unencrypted, which only loopback may be: use {expected}://")]
    PlainText {
        /// As it was given.
        url: String,
        /// The scheme to use.
        expected: &'static str,
    },
}

impl Address {
    /// Checks `url`.
    pub(super) fn parse(url: &str, protocol: Protocol) -> Result<Address, AddressError> {
        let (plain, encrypted) = match protocol {
            Protocol::WebSocket => ("ws", "wss"),
            Protocol::Http => ("http", "https"),
        };
        let malformed = |problem: &str| AddressError::Malformed {
            url: url.to_owned(),
            expected: encrypted,
            problem: problem.to_owned(),
        };
        let parsed = Url::parse(url).map_err(|error| malformed(&error.to_string()))?;
        let is_encrypted = parsed.scheme() == encrypted;
        if !is_encrypted && parsed.scheme() != plain {
            return Err(malformed("another scheme"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(malformed("it names a user"));
        }
        let shown_host = parsed.host_str().ok_or_else(|| malformed("it names no host"))?;
        let host = shown_host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if !is_encrypted && !is_loopback(&host) {
            return Err(AddressError::PlainText { url: url.to_owned(), expected: encrypted });
        }
        let port = parsed.port_or_known_default().ok_or_else(|| malformed("it names no port"))?;
        let shown_port = parsed.port().map(|port| format!(":{port}")).unwrap_or_default();
        let origin = format!("{}://{shown_host}{shown_port}", parsed.scheme());
        Ok(Address { url: url.to_owned(), host, port, is_encrypted, origin })
    }

    /// The whole URL, as it was given.
    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.origin)
    }
}

/// True for a name or address that never leaves this machine.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_for_loopback_alone() {
        for url in ["ws://127.0.0.1:9/ws", "ws://localhost:9", "ws://[::1]:9/", "wss://stream.example/ws"] {
            assert!(Address::parse(url, Protocol::WebSocket).is_ok(), "{url}");
        }
        for url in
            ["ws://stream.example/ws", "ws://127.0.0.1.example", "ws://10.0.0.1", "ws://localhost.example"]
        {
            let error = Address::parse(url, Protocol::WebSocket).unwrap_err();
            assert!(matches!(error, AddressError::PlainText { .. }), "{url} gave {error}");
            assert!(error.to_string().ends_with("use wss://"), "{error}");
        }
        assert!(matches!(
            Address::parse("http://api.example", Protocol::Http),
            Err(AddressError::PlainText { .. })
        ));
    }

    #[test]
    fn what_is_no_url_of_the_protocol_is_refused() {
        for url in ["", "stream.example", "https://api.example", "wss://", "wss://key:secret@stream.example"]
        {
            let error = Address::parse(url, Protocol::WebSocket).unwrap_err();
            assert!(matches!(error, AddressError::Malformed { .. }), "{url} gave {error}");
        }
    }

    #[test]
    fn an_address_prints_without_the_key_in_its_path() {
        let address = Address::parse("wss://stream.example:9443/ws/secret?k=v", Protocol::WebSocket).unwrap();
        assert_eq!(address.to_string(), "wss://stream.example:9443");
        assert_eq!(
            (address.host.as_str(), address.port, address.is_encrypted),
            ("stream.example", 9443, true)
        );
    }
}
