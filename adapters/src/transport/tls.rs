//! TLS as every connection speaks it, WebSocket and HTTP alike: one cryptography, and one list of authorities, built
//! into the program. No file of the system is read, so that it trusts the same venues on every machine, also on one
//! without certificates.

use std::sync::{Arc, LazyLock};

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};

/// What every encrypted connection is opened with; they share what TLS remembers of a venue.
pub(super) fn config() -> Arc<ClientConfig> {
    static CONFIG: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
        let authorities = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the cryptography that is built in speaks the versions that are");
        Arc::new(config.with_root_certificates(authorities).with_no_client_auth())
    });
    Arc::clone(&CONFIG)
}
