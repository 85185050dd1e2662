//! The App's RSA key: made anew for each run, so that no private key is ever written down in the project.
//!
//! Never used for anything but the stand-in's own App; never stored.

use anyhow::{Result, anyhow};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fmt;

/// An RSA pair of 2048 bits, as GitHub makes one for an App.
#[derive(Clone)]
pub struct AppKey {
    pem: String,
    public: Vec<u8>,
}

impl fmt::Debug for AppKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppKey(..)")
    }
}

impl AppKey {
    /// A fresh pair.
    pub fn generate() -> Result<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| anyhow!("cannot make an RSA key"))?;
        let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| anyhow!("cannot write the RSA key"))?;
        let text = STANDARD.encode(der.as_ref());
        let mut pem = String::from("-----BEGIN PRIVATE KEY-----\n");
        let mut rest = text.as_str();
        while let Some((line, tail)) = rest.split_at_checked(64) {
            pem.push_str(line);
            pem.push('\n');
            rest = tail;
        }
        if !rest.is_empty() {
            pem.push_str(rest);
            pem.push('\n');
        }
        pem.push_str("-----END PRIVATE KEY-----\n");
        Ok(Self { pem, public: pair.public_key().as_ref().to_vec() })
    }

    /// The private half, as the PEM text that GitHub lets one download.
    #[must_use]
    pub fn private_pem(&self) -> &str {
        &self.pem
    }

    /// The public half, in PKCS#1 DER.
    #[must_use]
    pub fn public_der(&self) -> &[u8] {
        &self.public
    }
}
