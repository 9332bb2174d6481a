//! Opens a WebSocket: name, TCP, TLS, handshake, each failure with its own plain cause. What then goes over it is the
//! connection's business.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};

use super::address::Address;
use super::limits::{ConnectionLimits, WRITE_BUFFER_BYTES_MAX};
use super::tls;

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why no WebSocket could be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("the name {host} is not of this machine")]
    NotLoopback { host: String },
    #[error("{0}")]
    Tcp(String),
    #[error("TLS: {0}")]
    Tls(String),
    #[error("the venue answered the WebSocket handshake with HTTP status {status}")]
    Refused { status: u16, headers: Box<HeaderMap> },
    #[error("WebSocket handshake: {0}")]
    Handshake(String),
    #[error("no connection within {:.1} s", .0.as_secs_f64())]
    TimedOut(Duration),
}

/// Opens a WebSocket to `address`.
pub(super) async fn connect(address: &Address, limits: &ConnectionLimits) -> Result<Socket, ConnectError> {
    timeout(limits.connect_timeout, open(address, limits))
        .await
        .unwrap_or(Err(ConnectError::TimedOut(limits.connect_timeout)))
}

async fn open(address: &Address, limits: &ConnectionLimits) -> Result<Socket, ConnectError> {
    let stream = open_tcp(address).await?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(limits.message_bytes_max))
        .max_frame_size(Some(limits.message_bytes_max))
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX);
    let connector = address.is_encrypted.then(|| Connector::Rustls(tls::config()));
    match client_async_tls_with_config(address.url(), stream, Some(config), connector).await {
        Ok((socket, _response)) => Ok(socket),
        Err(Error::Io(error)) => Err(match tls_cause(&error) {
            Some(cause) => ConnectError::Tls(cause),
            None => ConnectError::Handshake(io_cause(&error)),
        }),
        Err(Error::Tls(error)) => Err(ConnectError::Tls(error.to_string())),
        Err(Error::Http(response)) => {
            let status = response.status().as_u16();
            Err(ConnectError::Refused { status, headers: Box::new(response.headers().clone()) })
        }
        Err(error) => Err(ConnectError::Handshake(socket_cause(&error))),
    }
}

async fn open_tcp(address: &Address) -> Result<TcpStream, ConnectError> {
    let tcp = |error: io::Error| ConnectError::Tcp(io_cause(&error));
    let found = lookup_host((address.host.as_str(), address.port)).await.map_err(tcp)?;
    // What a name of this machine resolves to is somebody else's file: believe the addresses alone.
    let allowed: Vec<SocketAddr> =
        found.filter(|found| address.is_encrypted || found.ip().is_loopback()).collect();
    if allowed.is_empty() {
        return Err(ConnectError::NotLoopback { host: address.host.clone() });
    }
    let stream = TcpStream::connect(&allowed[..]).await.map_err(tcp)?;
    stream.set_nodelay(true).map_err(tcp)?;
    Ok(stream)
}

/// What went wrong with an open WebSocket, in plain words.
pub(super) fn socket_cause(error: &Error) -> String {
    match error {
        Error::Io(error) => tls_cause(error).unwrap_or_else(|| io_cause(error)),
        Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
            format!("a message of {size} bytes is longer than the limit of {max_size}")
        }
        Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            "the venue ended it without a closing handshake".to_owned()
        }
        other => other.to_string(),
    }
}

/// The cause of an IO error without the number that the system gives it.
pub(super) fn io_cause(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(_) => error.kind().to_string(),
        None => error.to_string(),
    }
}

/// What TLS says, where an IO error comes from there.
fn tls_cause(error: &io::Error) -> Option<String> {
    let inner = error.get_ref()?;
    inner.downcast_ref::<rustls::Error>().map(ToString::to_string)
}
