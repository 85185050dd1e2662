//! The way to GitHub through what companies put in between: a certificate authority of their own, and a proxy.

use super::{Folder, key};
use holdpoint::sandbox::{Options, Sandbox, World};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// The stand-in GitHub behind TLS, by a certificate of an authority that nobody else knows.
struct Behind {
    github: Sandbox,
    folder: Folder,
    /// The authority's certificate.
    authority: PathBuf,
    port: u16,
}

impl Behind {
    async fn start() -> Self {
        let options = Options { key: Some(key()), ..Options::default() };
        let github = Sandbox::start_with(World::standard(), options).await.unwrap();
        github.set_hook_url("https://holdpoint.example/webhook");
        let folder = Folder::new();
        let (acceptor, pem) = certified();
        let authority = folder.0.join("authority.pem");
        std::fs::write(&authority, pem).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let inner = github.address();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(decrypt(client, acceptor.clone(), inner));
            }
        });
        Self { github, folder, authority, port }
    }

    /// What `doctor` says, and how it ends.
    async fn doctor(&self, env: &[(&str, &str)]) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdpoint"));
        command
            .arg("doctor")
            .current_dir(&self.folder.0)
            .env_clear()
            .env("HOLDPOINT_GITHUB_APP_ID", self.github.app_id().to_string())
            .env("HOLDPOINT_GITHUB_PRIVATE_KEY", self.github.private_key_pem())
            .env("HOLDPOINT_WEBHOOK_SECRET", self.github.webhook_secret())
            .env("HOLDPOINT_GITHUB_API_URL", format!("https://localhost:{}", self.port))
            .envs(env.iter().copied());
        let ran = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
        (ran.status.code().unwrap(), String::from_utf8(ran.stdout).unwrap())
    }

    fn authority(&self) -> &str {
        self.authority.to_str().unwrap()
    }
}

/// A server's end of TLS for `localhost`, and the certificate of the authority that vouches for it.
fn certified() -> (TlsAcceptor, String) {
    let mut of_authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    of_authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = rcgen::CertifiedIssuer::self_signed(of_authority, rcgen::KeyPair::generate().unwrap()).unwrap();
    let own = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&own, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let own = PrivatePkcs8KeyDer::from(own.serialize_der());
    let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], own.into()).unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}

async fn decrypt(client: TcpStream, acceptor: TlsAcceptor, inner: SocketAddr) {
    // A client that knows the authority not ends here.
    let Ok(mut client) = acceptor.accept(client).await else { return };
    let mut server = TcpStream::connect(inner).await.unwrap();
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

/// A proxy that tunnels for those who say the password, and keeps the heads of what it was asked.
#[derive(Clone, Default)]
struct Proxy {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    async fn start() -> (Self, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self::default();
        let one = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(one.clone().tunnel(client));
            }
        });
        (proxy, port)
    }

    async fn tunnel(self, mut client: TcpStream) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let Ok(byte) = client.read_u8().await else { return };
            head.push(byte);
        }
        let head = String::from_utf8(head).unwrap();
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        // "someone:hush"
        let known = head.contains("Basic c29tZW9uZTpodXNo");
        self.asked.lock().unwrap().push(head);
        if !known {
            client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await.unwrap();
            return;
        }
        let mut server = TcpStream::connect(target).await.unwrap();
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

#[tokio::test]
async fn a_private_authority_is_trusted_where_its_certificate_is_given_and_named_as_the_cause_where_not() {
    let behind = Behind::start().await;
    let (code, said) = behind.doctor(&[]).await;
    assert_eq!(code, 1, "{said}");
    for part in ["invalid peer certificate", "HOLDPOINT_CA_FILE"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("DNS"), "the cause is known: {said}");
    let (code, said) = behind.doctor(&[("HOLDPOINT_CA_FILE", behind.authority())]).await;
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("knows the App \"Holdpoint\" of acme"), "{said}");
}

#[tokio::test]
async fn a_bundle_that_cannot_be_used_is_refused_by_name() {
    let behind = Behind::start().await;
    let empty = behind.folder.0.join("empty.pem");
    std::fs::write(&empty, "nothing\n").unwrap();
    let broken = behind.folder.0.join("broken.pem");
    std::fs::write(&broken, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    for (path, why) in [
        ("/nowhere.pem", "cannot be read"),
        (empty.to_str().unwrap(), "no certificate"),
        (broken.to_str().unwrap(), "certificate"),
    ] {
        let (code, said) = behind.doctor(&[("HOLDPOINT_CA_FILE", path)]).await;
        assert_eq!(code, 1, "{said}");
        let line = said.lines().find(|line| line.starts_with("error") && line.contains("HOLDPOINT_CA_FILE"));
        assert!(line.is_some_and(|line| line.contains(path) && line.contains(why)), "{path}: {said}");
    }
}

#[tokio::test]
async fn calls_go_through_the_proxy_that_the_environment_names_but_for_hosts_that_need_none() {
    let behind = Behind::start().await;
    let (proxy, port) = Proxy::start().await;
    let named = format!("http://someone:hush@127.0.0.1:{port}");
    let authority = ("HOLDPOINT_CA_FILE", behind.authority());
    for name in ["HTTPS_PROXY", "https_proxy"] {
        let (code, said) = behind.doctor(&[authority, (name, &named)]).await;
        assert_eq!(code, 0, "{said}");
        let asked = proxy.asked();
        let target = format!("CONNECT localhost:{} HTTP/1.1\r\n", behind.port);
        assert!(!asked.is_empty() && asked.iter().all(|head| head.starts_with(&target)), "{asked:?}");
        assert!(!asked.concat().contains("Authorization: Bearer"), "GitHub's credentials are in the tunnel: {asked:?}");
    }
    for (name, value) in [("NO_PROXY", "localhost"), ("no_proxy", "example.com,localhost"), ("NO_PROXY", "*")] {
        let (code, said) = behind.doctor(&[authority, ("HTTPS_PROXY", &named), (name, value)]).await;
        assert_eq!((code, proxy.asked()), (0, Vec::new()), "{name}={value}: {said}");
    }
    let strange = format!("http://other:hush@127.0.0.1:{port}");
    let (code, said) = behind.doctor(&[authority, ("HTTPS_PROXY", &strange)]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("HTTPS_PROXY") && !said.contains("hush"), "{said}");
}

#[tokio::test]
async fn a_proxy_that_cannot_be_used_is_refused_and_its_password_is_not_shown() {
    let behind = Behind::start().await;
    for proxy in ["socks5://someone:hush@127.0.0.1:1080", "https://someone:hush@127.0.0.1:1", "://hush"] {
        let (code, said) = behind.doctor(&[("HTTPS_PROXY", proxy)]).await;
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("HTTPS_PROXY") && said.contains("http://") && !said.contains("hush"), "{proxy}: {said}");
    }
}

#[tokio::test]
async fn an_api_beyond_this_machine_is_called_over_https_alone() {
    let behind = Behind::start().await;
    for url in
        ["http://github.example.com/api/v3", "http://10.0.0.1", "http://localhost.example.com", "http://[fe80::1]"]
    {
        let (code, said) = behind.doctor(&[("HOLDPOINT_GITHUB_API_URL", url)]).await;
        assert_eq!(code, 1, "{said}");
        let line = said.lines().find(|line| line.starts_with("error") && line.contains("HOLDPOINT_GITHUB_API_URL"));
        assert!(line.is_some_and(|line| line.contains(url) && line.contains("https://")), "{url}: {said}");
    }
    let port = behind.github.address().port();
    for host in ["127.0.0.1", "localhost"] {
        let (code, said) = behind.doctor(&[("HOLDPOINT_GITHUB_API_URL", &format!("http://{host}:{port}"))]).await;
        assert_eq!(code, 0, "{host}: {said}");
    }
}
