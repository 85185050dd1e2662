//! `holdpoint healthcheck`: whether the server on this machine answers. A container image without a shell has no other program
//! to ask with.

use super::outcome::Outcome;
use crate::settings::Settings;
use anyhow::{Context as _, bail};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::Duration;

/// How long the server may take for each step of an answer that asks nobody.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Bytes of an answer that are read: its first line is shorter.
const LONGEST_LINE: u64 = 256;

pub(super) fn run(settings: &Settings) -> anyhow::Result<Outcome> {
    let address = address(&settings.listen())?;
    match ensure_healthy(address) {
        Ok(()) => Ok(Outcome::Fine),
        Err(error) => {
            writeln!(std::io::stderr(), "holdpoint: no healthy server at {address}: {error:#}")?;
            Ok(Outcome::Problems)
        }
    }
}

/// Where a server that listens on `listen` is reached from its own machine.
fn address(listen: &str) -> anyhow::Result<SocketAddr> {
    let mut found =
        listen.to_socket_addrs().with_context(|| format!("HOLDPOINT_LISTEN is no ADDRESS:PORT: {listen}"))?;
    let mut address = found.next().with_context(|| format!("HOLDPOINT_LISTEN names no address: {listen}"))?;
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(address)
}

fn ensure_healthy(address: SocketAddr) -> anyhow::Result<()> {
    let mut server = TcpStream::connect_timeout(&address, TIMEOUT)?;
    server.set_read_timeout(Some(TIMEOUT))?;
    server.set_write_timeout(Some(TIMEOUT))?;
    write!(server, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut line = String::new();
    BufReader::new(server.take(LONGEST_LINE)).read_line(&mut line)?;
    match line.split(' ').nth(1) {
        Some("200") => Ok(()),
        Some(_) | None => bail!("it answers {:?}", line.trim()),
    }
}
