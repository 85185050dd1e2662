//! The way out to GitHub's API: whom to trust, and through which proxy.
//!
//! Authorities are those that are built in and those of the operator's file; the machine's own are not asked. Nothing here sends
//! a request, and no error shows the proxy's address: it may hold a password.

use crate::settings::Settings;
use anyhow::{Context as _, bail, ensure};
use http::Uri;
use hyper::rt::{Read, Write};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioExecutor;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tower_service::Service;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Between two reads of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How GitHub is reached, as far as settings say it.
pub(super) struct Way {
    tls: ClientConfig,
    proxy: Option<Intercept>,
}

impl Way {
    /// Reads it out of the settings; nothing is connected.
    pub(super) fn of(settings: &Settings) -> anyhow::Result<Self> {
        let base: Uri = settings.github_api_url.parse().context("HOLDPOINT_GITHUB_API_URL is no address")?;
        ensure!(
            base.scheme_str() == Some("https") || is_here(&base),
            "HOLDPOINT_GITHUB_API_URL is {}, which is not encrypted: tokens would be readable on their way. Write https://; for a \
             private certificate authority set HOLDPOINT_CA_FILE",
            settings.github_api_url
        );
        Ok(Self { tls: tls(settings.ca_file.as_deref())?, proxy: proxy(settings, &base)? })
    }

    /// A client that goes this way. It adds no credentials, repeats nothing and follows no redirect. Call it within a tokio runtime.
    pub(super) fn client(self) -> Octocrab {
        let mut direct = HttpConnector::new();
        // What comes on top encrypts.
        direct.enforce_http(false);
        match self.proxy {
            None => carried_by(direct, self.tls),
            Some(proxy) => {
                let tunnel = Tunnel::new(proxy.uri().clone(), direct);
                let known = proxy.basic_auth().cloned();
                carried_by(known.into_iter().fold(tunnel, Tunnel::with_auth), self.tls)
            }
        }
    }
}

/// Whether the settings say how GitHub is reached.
///
/// # Errors
/// Where the API's address is not encrypted, or the file of authorities or the proxy cannot be used; the sentence names the setting.
pub fn ensure_way(settings: &Settings) -> anyhow::Result<()> {
    Way::of(settings).map(drop)
}

fn carried_by<C>(connector: C, tls: ClientConfig) -> Octocrab
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
    let mut patient = TimeoutConnector::new(https.wrap_connector(connector));
    patient.set_connect_timeout(Some(CONNECT_TIMEOUT));
    patient.set_read_timeout(Some(READ_TIMEOUT));
    patient.set_write_timeout(Some(READ_TIMEOUT));
    let client: Client<_, OctoBody> = Client::builder(TokioExecutor::new()).build(patient);
    let built = OctocrabBuilder::new_empty().with_service(client).with_auth(AuthState::None).build();
    built.unwrap_or_else(|never| match never {})
}

/// Whether an address is one of this machine: what goes there crosses no network.
fn is_here(base: &Uri) -> bool {
    let host = base.host().unwrap_or_default().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn tls(authorities: Option<&Path>) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    if let Some(path) = authorities {
        trust(&mut roots, path)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(config.context("set up TLS")?.with_root_certificates(roots).with_no_client_auth())
}

/// Adds the authorities of a PEM file to those that are trusted.
fn trust(roots: &mut RootCertStore, path: &Path) -> anyhow::Result<()> {
    const GIVE: &str = "Give a PEM file with the certificates of the authorities to trust";
    let shown = path.display();
    let pem =
        std::fs::read(path).with_context(|| format!("HOLDPOINT_CA_FILE is {shown}, which cannot be read. {GIVE}"))?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let Ok(certificates) = certificates else { bail!("HOLDPOINT_CA_FILE is {shown}, which is broken PEM. {GIVE}") };
    ensure!(!certificates.is_empty(), "HOLDPOINT_CA_FILE is {shown}, which holds no certificate. {GIVE}");
    let (used, unused) = roots.add_parsable_certificates(certificates);
    ensure!(used > 0, "HOLDPOINT_CA_FILE is {shown}, of which no certificate can be used. {GIVE}");
    if unused > 0 {
        tracing::warn!(path = %shown, unused, "some certificates of HOLDPOINT_CA_FILE cannot be used, and are not trusted");
    }
    Ok(())
}

/// The proxy for calls to `base`; `None` where they go without one.
fn proxy(settings: &Settings, base: &Uri) -> anyhow::Result<Option<Intercept>> {
    let Some(address) = settings.https_proxy().filter(|_| base.scheme_str() == Some("https")) else { return Ok(None) };
    let every = Matcher::builder().https(address.expose().to_owned()).build().intercept(base);
    ensure!(
        every.is_some_and(|proxy| proxy.uri().scheme_str() == Some("http")),
        "HTTPS_PROXY is no address that can be used: write http://HOST:PORT or http://USER:PASSWORD@HOST:PORT. (It is not shown here, \
         because it may hold a password. The tunnel through it is encrypted to GitHub.)"
    );
    let matcher = Matcher::builder().https(address.expose().to_owned()).no(settings.no_proxy().to_owned()).build();
    Ok(matcher.intercept(base))
}
