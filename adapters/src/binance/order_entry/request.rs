//! A request as bytes, signed as it is written. Nothing here allocates once it is made.
//!
//! The venue signs what a query of all parameters, sorted by name, would be. So each parameter is written twice: into
//! the JSON that is sent and into the query that is signed, and callers name parameters in alphabetical order.

use aws_lc_rs::hmac;

use super::super::limits::REQUEST_BYTES_MAX;

/// Who trades.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Public name of the key.
    pub api_key: String,
    /// Its secret; requests are not signed where there is none, which only a simulated venue takes.
    pub secret: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A secret is never written anywhere.
        out.debug_struct("Credentials").field("api_key", &self.api_key).finish_non_exhaustive()
    }
}

/// Writes requests, one at a time.
pub struct RequestWriter {
    api_key: String,
    key: Option<hmac::Key>,
    json: Vec<u8>,
    query: Vec<u8>,
    last_name: &'static str,
}

impl RequestWriter {
    /// A writer for these credentials.
    ///
    /// # Panics
    /// Where the key is no plain word: the configuration was not checked.
    pub fn new(credentials: &Credentials) -> Self {
        let is_word = credentials.api_key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        assert!(is_word && credentials.api_key.len() <= 128, "an API key is a word of letters and digits");
        let key =
            credentials.secret.as_ref().map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()));
        RequestWriter {
            api_key: credentials.api_key.clone(),
            key,
            json: Vec::with_capacity(REQUEST_BYTES_MAX),
            query: Vec::with_capacity(REQUEST_BYTES_MAX),
            last_name: "",
        }
    }

    /// Begins a request; its parameters follow, sorted by name, from `apiKey` on, which it writes itself. The answer
    /// carries `id`.
    pub fn begin(&mut self, method: &str, id: &[&[u8]]) -> &mut Self {
        self.json.clear();
        self.query.clear();
        self.last_name = "";
        self.json.extend_from_slice(b"{\"id\":\"");
        id.iter().for_each(|part| self.json.extend_from_slice(part));
        self.json.extend_from_slice(b"\",\"method\":\"");
        self.json.extend_from_slice(method.as_bytes());
        self.json.extend_from_slice(b"\",\"params\":{\"apiKey\":\"");
        self.json.extend_from_slice(self.api_key.as_bytes());
        self.json.push(b'"');
        self.query.extend_from_slice(b"apiKey=");
        self.query.extend_from_slice(self.api_key.as_bytes());
        self.last_name = "apiKey";
        self
    }

    /// Adds a text parameter. It must need no escaping, in JSON or in a query.
    pub fn text(&mut self, name: &'static str, value: &[u8]) -> &mut Self {
        self.name(name);
        self.json.push(b'"');
        self.json.extend_from_slice(value);
        self.json.push(b'"');
        self.query.extend_from_slice(value);
        self
    }

    /// Adds a whole number.
    pub fn number(&mut self, name: &'static str, value: u64) -> &mut Self {
        self.name(name);
        let mut digits = [0; 20];
        let digits = write_digits(value, &mut digits);
        self.json.extend_from_slice(digits);
        self.query.extend_from_slice(digits);
        self
    }

    /// Signs the request if there is a secret, and gives its bytes.
    pub fn finish(&mut self) -> &[u8] {
        if let Some(key) = &self.key {
            let tag = hmac::sign(key, &self.query);
            self.json.extend_from_slice(b",\"signature\":\"");
            for byte in tag.as_ref() {
                self.json.extend_from_slice(&[hex_digit(byte >> 4), hex_digit(byte & 15)]);
            }
            self.json.push(b'"');
        }
        self.json.extend_from_slice(b"}}");
        debug_assert!(self.json.len() <= REQUEST_BYTES_MAX, "a request never makes its buffer grow");
        &self.json
    }

    fn name(&mut self, name: &'static str) {
        debug_assert!(self.last_name < name, "{name} after {}: not sorted", self.last_name);
        self.last_name = name;
        for (out, before, after) in [(&mut self.json, ",\"", "\":"), (&mut self.query, "&", "=")] {
            out.extend_from_slice(before.as_bytes());
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(after.as_bytes());
        }
    }
}

fn hex_digit(value: u8) -> u8 {
    b"0123456789abcdef"[usize::from(value)]
}

fn write_digits(mut value: u64, digits: &mut [u8; 20]) -> &[u8] {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The key, query and signature that the venue publishes as an example.
    const SECRET: &str = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
    const QUERY: &str = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559";
    const SIGNATURE: &str = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";

    fn writer(secret: Option<&str>) -> RequestWriter {
        let secret = secret.map(str::to_owned);
        RequestWriter::new(&Credentials { api_key: "key".to_owned(), secret })
    }

    #[test]
    fn the_published_example_has_the_published_signature() {
        let mut writer = writer(Some(SECRET));
        writer.query.extend_from_slice(QUERY.as_bytes());
        let json = String::from_utf8(writer.finish().to_vec()).expect("text");
        assert_eq!(json, format!(",\"signature\":\"{SIGNATURE}\"}}}}"));
    }

    #[test]
    fn what_is_sent_is_what_is_signed() {
        let mut writer = writer(Some(SECRET));
        let request =
            writer.begin("order.status", &[b"q", b"7"]).text("symbol", b"BTCUSDT").number("timestamp", 0);
        let json = String::from_utf8(request.finish().to_vec()).expect("text");
        assert_eq!(writer.query, b"apiKey=key&symbol=BTCUSDT&timestamp=0");
        let start = r#"{"id":"q7","method":"order.status","params":{"apiKey":"key","symbol":"BTCUSDT","timestamp":0,"signature":""#;
        assert!(json.starts_with(start) && json.ends_with("\"}}"), "{json}");
        assert!(
            !format!("{:?}", Credentials { api_key: "key".into(), secret: Some("hush".into()) })
                .contains("hush")
        );
    }

    #[test]
    fn without_a_secret_nothing_is_signed() {
        let mut writer = writer(None);
        let json = writer.begin("ping", &[b"1"]).number("timestamp", u64::MAX).finish();
        assert_eq!(
            json,
            br#"{"id":"1","method":"ping","params":{"apiKey":"key","timestamp":18446744073709551615}}"#
        );
    }
}
