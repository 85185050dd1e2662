//! Connections that can be cut: to play a GitHub that closes the line without an answer.
//!
//! Nothing is cut but on request of a handler, through [`Wire::cut`].

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// A handle on one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct Wire(Arc<AtomicBool>);

impl Wire {
    /// Closes the connection at the next byte that is to be written.
    pub(super) fn cut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Connected<IncomingStream<'_, Wired>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Wired>) -> Self {
        stream.io().wire.clone()
    }
}

/// A listener whose connections can be cut.
#[derive(Debug)]
pub(super) struct Wired {
    /// Where connections come from.
    pub(super) listener: TcpListener,
    /// Cuts them all.
    pub(super) stop: CancellationToken,
}

impl Listener for Wired {
    type Io = Cuttable;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        (Cuttable { stream, wire: Wire::default(), stop: self.stop.clone() }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection that can be cut.
#[derive(Debug)]
pub(super) struct Cuttable {
    stream: TcpStream,
    wire: Wire,
    stop: CancellationToken,
}

impl Cuttable {
    fn alive(&self) -> io::Result<()> {
        let cut = self.wire.0.load(Ordering::SeqCst) || self.stop.is_cancelled();
        if cut { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl AsyncRead for Cuttable {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Cuttable {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.alive()?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive()?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
