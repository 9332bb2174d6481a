//! Listen keys: the names of the streams that carry the user data of futures, which end where nobody renews them.

use fulmar_bus::record::{AccountId, UnixNanos};

use super::dialect::Dialect;
use super::limits::LISTEN_KEY_AGE;
use super::request::{ApiError, Params, param};
use super::venue::Venue;

#[derive(Clone, Debug)]
struct ListenKey {
    account: AccountId,
    name: String,
    expires_at: UnixNanos,
}

/// The listen keys that are good, one an account.
#[derive(Debug, Default)]
pub struct ListenKeys {
    keys: Vec<ListenKey>,
    count: u64,
}

impl ListenKeys {
    /// When the next of them expires.
    pub fn due_at(&self) -> Option<UnixNanos> {
        self.keys.iter().map(|key| key.expires_at).min()
    }

    fn of(&mut self, account: AccountId) -> Option<&mut ListenKey> {
        self.keys.iter_mut().find(|key| key.account == account)
    }
}

impl Venue {
    /// Answers what is asked about a listen key; nothing where it is something else that is asked. The key of the
    /// account is enough, without a signature.
    pub(super) fn listen_key(
        &mut self,
        method: &str,
        params: &Params,
        now: UnixNanos,
    ) -> Option<Result<String, ApiError>> {
        if self.config.dialect != Dialect::UsdMargined || !method.starts_with("userDataStream.") {
            return None;
        }
        Some(self.listen_key_result(method, param(params, "apiKey").unwrap_or_default(), now))
    }

    fn listen_key_result(&mut self, method: &str, api_key: &str, now: UnixNanos) -> Result<String, ApiError> {
        if self.config.has_keys() && !self.accounts.iter().any(|account| account.api_key == api_key) {
            return Err(ApiError::unknown_key());
        }
        let account = self.account(api_key)?;
        if now < self.accounts[account].revoked_until {
            return Err(ApiError::unknown_key());
        }
        let account = self.accounts[account].id;
        let expires_at = now + LISTEN_KEY_AGE;
        let unknown = || ApiError::new(400, -1125, "This listenKey does not exist.");
        match method {
            "userDataStream.start" => {
                if self.listen_keys.of(account).is_none() {
                    self.listen_keys.count += 1;
                    let name = format!("{:032x}{:032x}", self.config.seed, self.listen_keys.count);
                    self.listen_keys.keys.push(ListenKey { account, name, expires_at });
                }
            }
            "userDataStream.ping" => {}
            "userDataStream.stop" => {
                self.listen_keys.of(account).ok_or_else(unknown)?;
                self.listen_keys.keys.retain(|key| key.account != account);
                return Ok("{}".to_owned());
            }
            _ => return Err(ApiError::new(400, -1020, "This operation is not supported.")),
        }
        let key = self.listen_keys.of(account).ok_or_else(unknown)?;
        key.expires_at = expires_at;
        Ok(format!(r#"{{"listenKey":"{}"}}"#, key.name))
    }

    /// Sends an event to all who have the account's user data.
    pub(super) fn hand(&mut self, account: AccountId, event: &str) {
        match self.config.dialect {
            Dialect::Spot => self.connections.send_user(account, event),
            Dialect::UsdMargined => {
                if let Some(key) = self.listen_keys.of(account) {
                    self.connections.broadcast(&key.name, event);
                }
            }
        }
    }

    /// Ends an account's user data on all connections; the last event says so, or there is none.
    pub(super) fn end_user_stream(&mut self, account: AccountId, is_told: bool, now: UnixNanos) {
        let at_ms = now.0 / 1_000_000;
        let event = match self.config.dialect {
            Dialect::Spot => format!(r#"{{"e":"eventStreamTerminated","E":{at_ms}}}"#),
            Dialect::UsdMargined => {
                let name = self.listen_keys.of(account).map_or(String::new(), |key| key.name.clone());
                format!(r#"{{"e":"listenKeyExpired","E":{at_ms},"listenKey":"{name}"}}"#)
            }
        };
        if is_told {
            self.hand(account, &event);
        }
        self.connections.unsubscribe_account(account);
        self.listen_keys.keys.retain(|key| key.account != account);
    }

    /// Ends the streams whose keys nobody renewed.
    pub(super) fn expire_listen_keys(&mut self, now: UnixNanos) {
        while let Some(key) = self.listen_keys.keys.iter().find(|key| key.expires_at <= now) {
            self.end_user_stream(key.account, true, now);
        }
    }
}
