//! Connections: how many there may be, and how long one may take to say what it is after.
//!
//! Nobody is known here yet: whoever reaches the port reaches this. So a connection that sends no header, or half of one, is cut,
//! and where there are more connections than places, the one that did nothing for longest goes. It never looks into a request.

use super::room::{Place, Room};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Connections that are open at the same time. GitHub opens one for each delivery.
pub const MAX_CONNECTIONS: usize = 512;
/// How long the head of a request may take, and how long a connection may be open without one.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of a request's head; GitHub's have less than 2 KiB.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// How long open connections may go on after a stop; deliveries are short.
const GRACE: Duration = Duration::from_secs(10);
/// How long nothing is accepted after an accept failed, as where no file descriptor is left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// Serves until `stop` is cancelled; then no new connection is taken, and open ones get 10 s.
pub async fn serve(listener: TcpListener, router: Router, stop: &CancellationToken) {
    serve_within(listener, router, stop, MAX_CONNECTIONS, HEAD_TIMEOUT).await;
}

/// As [`serve`], with other limits.
pub(super) async fn serve_within(
    listener: TcpListener,
    router: Router,
    stop: &CancellationToken,
    max_connections: usize,
    head_timeout: Duration,
) {
    let room = Room::new(max_connections);
    let graceful = GracefulShutdown::new();
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(head_timeout).max_buf_size(MAX_HEAD_BYTES);
    loop {
        let Some(stream) = stop.run_until_cancelled(accept(&listener)).await else { break };
        let place = Arc::new(room.enter());
        if !place.grow(1) {
            continue;
        }
        let cut = place.cut();
        let service = TowerToHyperService::new(router.clone().layer(from_fn_with_state(place, renew)));
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            match cut.run_until_cancelled(connection).await {
                Some(Ok(())) => {}
                Some(Err(error)) => tracing::debug!(%error, "a connection was cut"),
                None => tracing::debug!("a connection made place for another"),
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("connections that did not end were cut");
    }
}

/// A connection whose request is answered begins anew: those that wait for a next one are cut after those that never said any.
async fn renew(State(place): State<Arc<Place>>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    place.renew();
    response
}

/// The next connection. A client that is gone already is nobody's trouble; where there is no descriptor left, a moment helps.
async fn accept(listener: &TcpListener) -> TcpStream {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) => {}
            Err(error) => {
                tracing::error!(%error, "no connection could be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
