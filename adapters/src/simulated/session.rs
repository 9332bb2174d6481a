//! A connection's session: whose requests are believed on it without their own key.
//!
//! As at the real venue, Ed25519 keys can log on and no others. Where this one believes everybody, it believes a logon
//! too.

use fulmar_bus::record::UnixNanos;
use serde_json::{Value, json};

use super::dialect::Dialect;
use super::request::{ApiError, ApiRequest, param};
use super::signature::authenticate;
use super::venue::Venue;

/// Who a connection is logged on as.
#[derive(Clone, Debug)]
pub struct Session {
    /// When the connection was made.
    pub connected_at: UnixNanos,
    /// The key, and since when; none where nobody logged on.
    pub authorized: Option<(String, UnixNanos)>,
}

impl Venue {
    /// Answers what is asked about the connection itself; nothing where it is something else that is asked.
    pub(super) fn session_result(
        &mut self,
        connection: u64,
        request: &ApiRequest,
        now: UnixNanos,
    ) -> Option<Result<String, ApiError>> {
        let params = &request.params;
        let is_spot = self.config.dialect == Dialect::Spot;
        Some(match request.method.as_str() {
            "session.logon" => self.session_logon(connection, request, now),
            "session.status" => Ok(self.session_status(connection, now)),
            "session.logout" => Ok(self.session_logout(connection, now)),
            "userDataStream.unsubscribe" if is_spot => {
                let subscription = params.get("subscriptionId").and_then(Value::as_u64);
                let subscription = subscription.and_then(|index| usize::try_from(index).ok());
                self.connections.unsubscribe_user(connection, subscription);
                Ok("{}".to_owned())
            }
            "userDataStream.subscribe" if is_spot => {
                if self.config.has_keys() && !request.is_logged_on {
                    let words = "You are not authorized to execute this request.";
                    return Some(Err(ApiError::new(400, -1002, words)));
                }
                self.subscribe(connection, param(params, "apiKey"))
            }
            _ => return None,
        })
    }

    /// Gives a connection the user data of a key's account.
    pub(super) fn subscribe(&mut self, connection: u64, api_key: Option<&str>) -> Result<String, ApiError> {
        let account = self.account(api_key.unwrap_or_default())?;
        let subscription = self.connections.subscribe_user(connection, self.accounts[account].id);
        let active = || ApiError::new(400, -2035, "User Data Stream subscription already active.");
        Ok(format!(r#"{{"subscriptionId":{}}}"#, subscription.ok_or_else(active)?))
    }

    /// Answers `session.logon`, which replaces an earlier one.
    fn session_logon(
        &mut self,
        connection: u64,
        request: &ApiRequest,
        now: UnixNanos,
    ) -> Result<String, ApiError> {
        let api_key = param(&request.params, "apiKey").ok_or_else(|| ApiError::missing("apiKey"))?;
        authenticate(&ApiRequest { is_logged_on: false, ..request.clone() }, &self.config, now)?;
        if self.config.credentials.iter().any(|known| known.api_key == api_key) {
            return Err(ApiError::new(400, -4056, "HMAC_SHA256 API key is not supported."));
        }
        self.account(api_key)?;
        self.authorize(connection, Some((api_key.to_owned(), now)));
        Ok(self.session_status(connection, now))
    }

    /// Answers `session.logout`; where nobody is logged on it does nothing.
    fn session_logout(&mut self, connection: u64, now: UnixNanos) -> String {
        self.authorize(connection, None);
        self.session_status(connection, now)
    }

    /// Answers `session.status`.
    fn session_status(&self, connection: u64, now: UnixNanos) -> String {
        let session = self.connections.session(connection);
        let authorized = session.and_then(|session| session.authorized.as_ref());
        json!({
            "apiKey": authorized.map(|(api_key, _)| api_key),
            "authorizedSince": authorized.map(|(_, since)| since.0 / 1_000_000),
            "connectedSince": session.map(|session| session.connected_at.0 / 1_000_000),
            "returnRateLimits": true,
            "serverTime": now.0 / 1_000_000,
            "userDataStream": self.connections.has_user(connection),
        })
        .to_string()
    }

    fn authorize(&mut self, connection: u64, authorized: Option<(String, UnixNanos)>) {
        if let Some(session) = self.connections.session_mut(connection) {
            session.authorized = authorized;
        }
    }
}
