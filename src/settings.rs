//! The operator's settings: flags and environment variables, flags first. The repository's own choices are its *configuration*.
//!
//! Nothing here is read twice, and no secret is ever printed, neither by `Debug` nor in an error.

use crate::telemetry::LogFormat;
use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

#[cfg(test)]
mod tests;

/// Where GitHub's REST API is, unless the operator says otherwise.
pub const DEFAULT_API_URL: &str = "https://api.github.com";
/// Where GitHub's pages are, unless the operator says otherwise.
pub const DEFAULT_GITHUB_URL: &str = "https://github.com";
const DEFAULT_LISTEN: &str = "0.0.0.0:3000";
const DEFAULT_DATABASE_URL: &str = "sqlite://holdpoint.db";
const DEFAULT_LOG: &str = "info,refinery_core=warn";
const DEFAULT_WRITE_INTERVAL_MS: u64 = 1_000;

/// Text that must not be seen: `Debug` prints none of it, and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one call that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::new(text))
    }
}

/// Who the App is to GitHub.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The App's numeric id.
    pub app_id: u64,
    /// Its private key, as PEM.
    pub private_key: Secret,
    /// Keys that it had before, as PEM: what they signed is still known.
    pub earlier_keys: Vec<Secret>,
}

impl Secret {
    /// The bytes of a key in PEM, however its lines are broken; the text itself where it is none.
    #[must_use]
    pub fn key_bytes(&self) -> Vec<u8> {
        let body: String = self.expose().lines().filter(|line| !line.contains("-----")).flat_map(str::chars).collect();
        let packed: String = body.split_whitespace().collect();
        let decoded = base64::engine::general_purpose::STANDARD.decode(packed).ok().filter(|bytes| !bytes.is_empty());
        decoded.unwrap_or_else(|| self.expose().as_bytes().to_vec())
    }
}

/// Everything an operator may set. `Settings::default()` reads no environment, which is what tests want.
#[derive(Clone, Debug, clap::Args)]
pub struct Settings {
    /// Address to listen on [default: 0.0.0.0:3000, or every address at $PORT]
    #[arg(long, env = "HOLDPOINT_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,

    /// Port to listen on at every address, where --listen is not given
    #[arg(long, env = "PORT", value_name = "PORT")]
    pub port: Option<u16>,

    /// Database, as `sqlite://PATH` [default: `$DATABASE_URL`, or `sqlite://holdpoint.db`]
    #[arg(long, env = "HOLDPOINT_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// What other tools call the database's address.
    #[arg(long, env = "DATABASE_URL", hide = true)]
    pub fallback_database_url: Option<String>,

    /// The GitHub App's numeric id
    #[arg(long, env = "HOLDPOINT_GITHUB_APP_ID", value_name = "ID")]
    pub github_app_id: Option<u64>,

    /// The App's private key: the path of a PEM file, PEM, PEM with \n for line ends, or base64 of PEM. Keys below the first are
    /// those that it replaced. Other users of this machine can read flags, so give here a path, or use the environment
    #[arg(long, env = "HOLDPOINT_GITHUB_PRIVATE_KEY", value_name = "KEY", hide_env_values = true)]
    pub github_private_key: Option<Secret>,

    /// The App's webhook secret; several, separated by commas, are all current while one is being replaced. Other users of
    /// this machine can read flags: use the environment
    #[arg(long, env = "HOLDPOINT_WEBHOOK_SECRET", value_name = "SECRET[,SECRET]", hide_env_values = true)]
    pub webhook_secret: Option<Secret>,

    /// GitHub's REST API; `https://HOST/api/v3` on GitHub Enterprise Server
    #[arg(long, env = "HOLDPOINT_GITHUB_API_URL", value_name = "URL", default_value = DEFAULT_API_URL, value_parser = base_url)]
    pub github_api_url: String,

    /// GitHub's pages, for links
    #[arg(long, env = "HOLDPOINT_GITHUB_URL", value_name = "URL", default_value = DEFAULT_GITHUB_URL, value_parser = base_url)]
    pub github_url: String,

    /// Certificates of authorities to trust for GitHub beside those that are built in, as a PEM file
    #[arg(long, env = "HOLDPOINT_CA_FILE", value_name = "PATH")]
    pub ca_file: Option<PathBuf>,

    /// HTTP proxy for calls to GitHub, `http://[USER:PASSWORD@]HOST:PORT`
    #[arg(long, env = "HTTPS_PROXY", value_name = "URL", hide_env_values = true)]
    pub https_proxy: Option<Secret>,

    /// The same, as other tools read it.
    #[arg(long, env = "https_proxy", hide = true, hide_env_values = true)]
    pub fallback_https_proxy: Option<Secret>,

    /// Hosts that are called without the proxy, separated by commas
    #[arg(long, env = "NO_PROXY", value_name = "HOST[,HOST]")]
    pub no_proxy: Option<String>,

    /// The same, as other tools read it.
    #[arg(long, env = "no_proxy", hide = true)]
    pub fallback_no_proxy: Option<String>,

    /// Where GitHub and browsers reach this server, for links back to it
    #[arg(long, env = "HOLDPOINT_PUBLIC_URL", value_name = "URL", value_parser = base_url)]
    pub public_url: Option<String>,

    /// Which log lines to write, as a filter: info, debug, holdpoint=debug,warn
    #[arg(long, env = "HOLDPOINT_LOG", value_name = "FILTER", default_value = DEFAULT_LOG)]
    pub log: String,

    /// Form of the log lines
    #[arg(long, env = "HOLDPOINT_LOG_FORMAT", value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,

    /// Milliseconds between two calls that create content, once a burst of ten is used up; 0 for a GitHub that is not GitHub
    #[arg(long, env = "HOLDPOINT_WRITE_INTERVAL_MS", value_name = "MS", default_value_t = DEFAULT_WRITE_INTERVAL_MS)]
    pub write_interval_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: None,
            port: None,
            database_url: None,
            fallback_database_url: None,
            github_app_id: None,
            github_private_key: None,
            webhook_secret: None,
            github_api_url: DEFAULT_API_URL.to_owned(),
            github_url: DEFAULT_GITHUB_URL.to_owned(),
            ca_file: None,
            https_proxy: None,
            fallback_https_proxy: None,
            no_proxy: None,
            fallback_no_proxy: None,
            public_url: None,
            log: DEFAULT_LOG.to_owned(),
            log_format: LogFormat::Text,
            write_interval_ms: DEFAULT_WRITE_INTERVAL_MS,
        }
    }
}

impl Settings {
    /// The address to bind, `host:port`.
    #[must_use]
    pub fn listen(&self) -> String {
        match (&self.listen, self.port) {
            (Some(listen), _) => listen.clone(),
            (None, Some(port)) => format!("0.0.0.0:{port}"),
            (None, None) => DEFAULT_LISTEN.to_owned(),
        }
    }

    /// The SQLite file.
    ///
    /// # Errors
    /// Where the address names no file of a database that this version can use.
    pub fn database_path(&self) -> anyhow::Result<PathBuf> {
        let url =
            self.database_url.as_deref().or(self.fallback_database_url.as_deref()).unwrap_or(DEFAULT_DATABASE_URL);
        let Some((scheme, rest)) = url.split_once(':') else {
            bail!("HOLDPOINT_DATABASE_URL must say which kind of database it is: write sqlite://PATH");
        };
        match scheme {
            "sqlite" => {}
            "postgres" | "postgresql" => {
                bail!(
                    "HOLDPOINT_DATABASE_URL names a PostgreSQL server, which this version cannot use yet: write sqlite://PATH"
                )
            }
            _ => bail!("HOLDPOINT_DATABASE_URL has an unknown scheme: write sqlite://PATH"),
        }
        let path = rest.strip_prefix("//").unwrap_or(rest);
        ensure!(
            !path.contains(":memory:") && !path.is_empty(),
            "HOLDPOINT_DATABASE_URL must name a file: a database in memory would lose what it has promised to GitHub"
        );
        ensure!(!path.contains('?'), "HOLDPOINT_DATABASE_URL takes no options behind `?`: write sqlite://PATH");
        Ok(PathBuf::from(path))
    }

    /// The proxy for calls over HTTPS; `None` where there is none.
    #[must_use]
    pub fn https_proxy(&self) -> Option<&Secret> {
        let given = |proxy: &&Secret| !proxy.expose().trim().is_empty();
        self.https_proxy.as_ref().filter(given).or(self.fallback_https_proxy.as_ref().filter(given))
    }

    /// Hosts that are called without the proxy.
    #[must_use]
    pub fn no_proxy(&self) -> &str {
        let given = [&self.no_proxy, &self.fallback_no_proxy].into_iter().flatten();
        given.map(String::as_str).find(|hosts| !hosts.trim().is_empty()).unwrap_or_default()
    }

    /// Names of the settings without which the App cannot serve and that are not given.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let given = [
            ("HOLDPOINT_GITHUB_APP_ID", self.github_app_id.is_some()),
            ("HOLDPOINT_GITHUB_PRIVATE_KEY", self.github_private_key.is_some()),
            ("HOLDPOINT_WEBHOOK_SECRET", self.webhook_secret.is_some()),
        ];
        given.into_iter().filter_map(|(name, given)| (!given).then_some(name)).collect()
    }

    /// The App's id and key.
    ///
    /// # Errors
    /// Where one is missing, or the key is in none of the known forms.
    pub fn credentials(&self) -> anyhow::Result<Credentials> {
        let app_id = self.github_app_id.context("HOLDPOINT_GITHUB_APP_ID is not set")?;
        let key = self.github_private_key.as_ref().context("HOLDPOINT_GITHUB_PRIVATE_KEY is not set")?;
        let mut keys = private_keys(key)?.into_iter();
        let private_key = keys.next().context("HOLDPOINT_GITHUB_PRIVATE_KEY is empty")?;
        Ok(Credentials { app_id, private_key, earlier_keys: keys.collect() })
    }

    /// Every webhook secret that is current.
    ///
    /// # Errors
    /// Where none is set, or one of the list is empty: an empty secret would let anybody in.
    pub fn webhook_secrets(&self) -> anyhow::Result<Vec<Secret>> {
        let list = self.webhook_secret.as_ref().context("HOLDPOINT_WEBHOOK_SECRET is not set")?;
        let secrets: Vec<Secret> = list.expose().split(',').map(|part| Secret::new(part.trim())).collect();
        ensure!(
            secrets.iter().all(|secret| !secret.expose().is_empty()),
            "HOLDPOINT_WEBHOOK_SECRET has an empty entry: separate secrets by single commas, with none at the ends"
        );
        Ok(secrets)
    }

    /// Whether every webhook secret is one that cannot be guessed.
    ///
    /// # Errors
    /// Where one is shorter than [`MIN_SECRET_CHARS`], or says hardly anything; the sentence says how to make one.
    pub fn ensure_strong_secrets(&self) -> anyhow::Result<()> {
        for (at, secret) in self.webhook_secrets()?.iter().enumerate() {
            let text = secret.expose();
            let different = text.chars().collect::<BTreeSet<char>>().len();
            ensure!(
                text.chars().count() >= MIN_SECRET_CHARS && different >= 8,
                "entry {} of HOLDPOINT_WEBHOOK_SECRET can be guessed: it needs {MIN_SECRET_CHARS} characters or more, as \
                 `openssl rand -hex 32` makes them. Set it in the App's settings as well; while both are listed, \
                 separated by a comma, none is refused that was signed with the old one",
                at + 1
            );
        }
        Ok(())
    }
}

/// Characters that a webhook secret must have: whoever finds it out can tell Holdpoint anything.
pub const MIN_SECRET_CHARS: usize = 32;

/// Reads keys in any of the forms that deployment tools leave behind: the one that signs, and those before it.
fn private_keys(given: &Secret) -> anyhow::Result<Vec<Secret>> {
    const BEGIN: &str = "-----BEGIN";
    let text = given.expose().trim().trim_matches(['"', '\'']);
    ensure!(!text.is_empty(), "HOLDPOINT_GITHUB_PRIVATE_KEY is empty");
    if text.contains(BEGIN) {
        return signing(&text.replace("\\r", "").replace("\\n", "\n"));
    }
    let packed: String = text.split_whitespace().collect();
    let decoded = base64::engine::general_purpose::STANDARD.decode(packed).ok().and_then(|b| String::from_utf8(b).ok());
    if let Some(pem) = decoded.filter(|pem| pem.contains(BEGIN)) {
        return signing(&pem);
    }
    let pem = std::fs::read_to_string(text).context(
        "HOLDPOINT_GITHUB_PRIVATE_KEY is neither PEM nor base64 of PEM, and as the path of a file it cannot be read",
    )?;
    ensure!(pem.contains(BEGIN), "the file that HOLDPOINT_GITHUB_PRIVATE_KEY names holds no PEM");
    signing(&pem)
}

/// Each key of a text that may hold several, one below the other.
fn signing(pem: &str) -> anyhow::Result<Vec<Secret>> {
    const END: &str = "-----END";
    let mut rest = pem;
    let mut found = Vec::new();
    while let Some(end) = rest.find(END) {
        let line = rest.get(end..).and_then(|end| end.find('\n')).map_or(rest.len(), |length| end + length + 1);
        let (one, behind) = rest.split_at(line);
        found.push(signing_key(one.to_owned())?);
        rest = behind;
    }
    if found.is_empty() || rest.contains("-----BEGIN") {
        found.push(signing_key(rest.to_owned())?);
    }
    Ok(found)
}

/// The PEM of a key that may sign. Other things come in PEM too, and some of them are read as a key without being one.
fn signing_key(pem: String) -> anyhow::Result<Secret> {
    const GIVE: &str = "Give the .pem file that GitHub downloaded when the key was made";
    let found = ["ENCRYPTED PRIVATE KEY", "PRIVATE KEY", "PUBLIC KEY", "CERTIFICATE"]
        .into_iter()
        .find(|label| pem.contains(&format!("{label}-----")));
    match found {
        Some("ENCRYPTED PRIVATE KEY") => {
            bail!("HOLDPOINT_GITHUB_PRIVATE_KEY is encrypted with a passphrase, which cannot be entered here. {GIVE}")
        }
        Some("PUBLIC KEY") => {
            bail!("HOLDPOINT_GITHUB_PRIVATE_KEY is a public key, which signs nothing. {GIVE}: it is the private one")
        }
        Some("CERTIFICATE") => bail!("HOLDPOINT_GITHUB_PRIVATE_KEY is a certificate, not a private key. {GIVE}"),
        Some(_) => {}
        None => bail!("HOLDPOINT_GITHUB_PRIVATE_KEY is not an RSA private key in PEM. {GIVE}"),
    }
    ensure!(
        pem.contains("-----END"),
        "HOLDPOINT_GITHUB_PRIVATE_KEY is cut short: its last line, `-----END …`, is missing. {GIVE}, and all of it"
    );
    Ok(Secret::new(pem))
}

/// An `http` or `https` address without user, query or slash at its end.
fn base_url(text: &str) -> Result<String, String> {
    let uri: http::Uri =
        text.trim().parse().map_err(|_| "not an address such as https://github.example.com".to_owned())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("an address starts with https:// (or http://)".to_owned());
    }
    if uri.authority().is_none_or(|authority| authority.as_str().contains('@')) {
        return Err("an address names a host, and no user".to_owned());
    }
    if uri.query().is_some() {
        return Err("an address here has no query".to_owned());
    }
    Ok(text.trim().trim_end_matches('/').to_owned())
}
