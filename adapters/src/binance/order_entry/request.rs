//! A request as bytes, with gaps for the key and the signature, which are filled in as it leaves (see
//! [`super::super::credentials`]). Nothing here allocates once it is made.

use fulmar_bus::record::UnixNanos;

use super::super::config::Product;
use super::super::credentials::KeyKind;
use super::super::limits::{RECEIVE_WINDOW_MS, REQUEST_BYTES_MAX};

/// Writes requests, one at a time.
pub struct RequestWriter {
    kind: KeyKind,
    product: Product,
    /// The connection is vouched for by its login, so that requests on it need neither key nor signature.
    pub(super) is_vouched_for: bool,
    is_signed: bool,
    has_parameters: bool,
    /// It is the path and query of an HTTP request.
    is_target: bool,
    json: Vec<u8>,
    last_name: &'static str,
}

impl RequestWriter {
    /// A writer for a key of this kind.
    pub fn new(product: Product, kind: KeyKind) -> Self {
        RequestWriter {
            kind,
            product,
            is_vouched_for: false,
            is_signed: false,
            has_parameters: false,
            is_target: false,
            json: Vec::with_capacity(REQUEST_BYTES_MAX),
            last_name: "",
        }
    }

    /// What is spoken.
    pub const fn product(&self) -> Product {
        self.product
    }

    /// The kind of the key.
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Begins a request of the account's owner; its parameters follow, sorted by name. The answer carries `id`.
    pub fn begin(&mut self, method: &str, id: &[&[u8]]) -> &mut Self {
        self.is_signed = self.kind != KeyKind::Unsigned && !self.is_vouched_for;
        let has_key = !self.is_vouched_for;
        self.begin_open(method, id);
        if has_key {
            self.text("apiKey", b"");
        }
        self
    }

    /// Begins a request that anybody may make.
    pub fn begin_open(&mut self, method: &str, id: &[&[u8]]) -> &mut Self {
        self.json.clear();
        (self.last_name, self.has_parameters) = ("", false);
        self.json.extend_from_slice(b"{\"id\":\"");
        id.iter().for_each(|part| self.json.extend_from_slice(part));
        self.json.extend_from_slice(b"\",\"method\":\"");
        self.json.extend_from_slice(method.as_bytes());
        self.json.push(b'"');
        self
    }

    /// Adds a text parameter. It must need no escaping, in JSON or in a query.
    pub fn text(&mut self, name: &'static str, value: &[u8]) -> &mut Self {
        self.name(name);
        let quote: &[u8] = if self.is_target { b"" } else { b"\"" };
        for part in [quote, value, quote] {
            self.json.extend_from_slice(part);
        }
        self
    }

    /// Adds a whole number.
    pub fn number(&mut self, name: &'static str, value: u64) -> &mut Self {
        self.name(name);
        let mut digits = [0; 20];
        self.json.extend_from_slice(self::digits(value, &mut digits));
        self
    }

    /// Adds a word that stands without quotes, such as `true`.
    pub fn word(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.name(name);
        self.json.extend_from_slice(value.as_bytes());
        self
    }

    /// Dates a request that has no other parameter behind these.
    pub fn dated(&mut self, at: UnixNanos) -> &mut Self {
        self.number("recvWindow", RECEIVE_WINDOW_MS).number("timestamp", millis(at))
    }

    /// Begins a signed HTTP request; its parameters follow, sorted by name.
    pub fn begin_target(&mut self, path: &str) -> &mut Self {
        self.json.clear();
        (self.last_name, self.has_parameters, self.is_target) = ("", false, true);
        self.json.extend_from_slice(path.as_bytes());
        self
    }

    /// Leaves a gap for the signature of an HTTP request, and gives its path and query.
    pub fn finish_target(&mut self) -> &[u8] {
        self.is_target = false;
        if self.kind != KeyKind::Unsigned {
            self.json.extend_from_slice(b"&signature=");
        }
        &self.json
    }

    /// Leaves a gap for the signature where the request needs one, and gives its bytes.
    pub fn finish(&mut self) -> &[u8] {
        if std::mem::take(&mut self.is_signed) {
            self.json.extend_from_slice(b",\"signature\":\"\"");
        }
        self.json.extend_from_slice(if self.has_parameters { b"}}" } else { b"}" });
        debug_assert!(self.json.len() <= REQUEST_BYTES_MAX, "a request never makes its buffer grow");
        &self.json
    }

    fn name(&mut self, name: &'static str) {
        debug_assert!(self.last_name < name, "{name} after {}: not sorted", self.last_name);
        self.last_name = name;
        if self.is_target {
            self.json.push(if self.has_parameters { b'&' } else { b'?' });
            self.has_parameters = true;
            self.json.extend_from_slice(name.as_bytes());
            return self.json.push(b'=');
        }
        self.json.extend_from_slice(if self.has_parameters { b",\"" } else { b",\"params\":{\"" });
        self.has_parameters = true;
        self.json.extend_from_slice(name.as_bytes());
        self.json.extend_from_slice(b"\":");
    }
}

/// A number as text, in `digits`.
pub(super) fn digits(mut value: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(value % 10).expect("a digit fits");
        value /= 10;
        if value == 0 {
            return &digits[start..];
        }
    }
}

/// A moment as the venue writes it.
pub(super) const fn millis(at: UnixNanos) -> u64 {
    at.0 / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(writer: &mut RequestWriter) -> String {
        let request = writer.begin("order.status", &[b"q", b"7"]).text("symbol", b"BTCUSDT");
        String::from_utf8(request.number("timestamp", u64::MAX).finish().to_vec()).expect("text")
    }

    #[test]
    fn a_request_has_gaps_for_what_its_key_needs() {
        let whole =
            |parameters: &str| format!(r#"{{"id":"q7","method":"order.status","params":{{{parameters}}}}}"#);
        let mut writer = RequestWriter::new(Product::Spot, KeyKind::Hmac);
        let own = r#""symbol":"BTCUSDT","timestamp":18446744073709551615"#;
        assert_eq!(written(&mut writer), whole(&format!(r#""apiKey":"",{own},"signature":"""#)));
        writer.is_vouched_for = true;
        assert_eq!(written(&mut writer), whole(own));
        let mut writer = RequestWriter::new(Product::Spot, KeyKind::Unsigned);
        assert_eq!(written(&mut writer), whole(&format!(r#""apiKey":"",{own}"#)));
        let mut signed = RequestWriter::new(Product::Spot, KeyKind::Hmac);
        let target = signed
            .begin_target("/api/v3/account")
            .text("symbol", b"A")
            .number("timestamp", 7)
            .finish_target();
        assert_eq!(target, b"/api/v3/account?symbol=A&timestamp=7&signature=");
        assert_eq!(writer.begin_open("time", &[b"n"]).finish(), br#"{"id":"n","method":"time"}"#);
    }
}
