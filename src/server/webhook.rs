//! `POST /webhook`: size, signature, queue, in this order; the answer comes after the delivery is on the disk.
//!
//! Nothing of a body is read before its signature has been checked, and then only what says which queue it belongs to.

use super::room::Place;
use super::state::{Server, json, problem};
use crate::github::webhook::{Check, Envelope, HANDLED_EVENTS, envelope};
use crate::store::{Enqueued, Error, NewDelivery};
use crate::telemetry::{field, now_ms};
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::json;
use std::time::Duration;

/// GitHub sends nothing larger.
pub(super) const LARGEST_BODY: usize = 25 << 20;
/// Bytes of all bodies that are being read or stored, together: the memory that strangers may fill.
pub(super) const MAX_BYTES_AT_ONCE: usize = 32 << 20;
/// Bodies are kept in blocks of so many bytes.
pub(super) const BLOCK: usize = 32 << 10;
/// GitHub itself gives up after 10 s.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
const LONGEST_GUID: usize = 128;
const LONGEST_EVENT: usize = 64;

/// A status, and what to say with it.
type Refusal = (StatusCode, &'static str);

/// What the headers say, all of it still unproven.
struct Head<'a> {
    event: &'a str,
    guid: &'a str,
    signature: &'a str,
}

pub(super) async fn receive(State(server): State<Server>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match take(&server, &parts.headers, body).await {
        Ok(answer) => answer,
        Err((status, sentence)) => problem(status, sentence),
    }
}

async fn take(server: &Server, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let head = head(headers)?;
    // What nobody works off is hashed as it comes, and not kept.
    let kept = head.event == "ping" || HANDLED_EVENTS.contains(&head.event);
    let place = kept.then(|| server.inner.bodies.enter());
    let (body, fits) = read(server, headers, body, head.signature, place.as_ref()).await?;
    if !fits {
        tracing::warn!({ field::EVENT_NAME } = head.event, "a delivery with a wrong signature was refused");
        return Err((StatusCode::UNAUTHORIZED, "the signature does not fit the body"));
    }
    place.iter().for_each(Place::keep);
    meant_for_us(server, headers, &head)?;
    let answer = |status, word: &str| json(status, &json!({ "delivery": head.guid, "status": word }));
    if head.event == "ping" {
        return Ok(answer(StatusCode::OK, "pong"));
    }
    if !HANDLED_EVENTS.contains(&head.event) {
        tracing::debug!({ field::DELIVERY_ID } = head.guid, { field::EVENT_NAME } = head.event, "ignored");
        return Ok(answer(StatusCode::ACCEPTED, "ignored"));
    }
    match server.inner.store.enqueue(delivery(&head, Bytes::from(body.concat()))).await {
        Ok(Enqueued::Queued) => Ok(answer(StatusCode::ACCEPTED, "queued")),
        Ok(Enqueued::Duplicate) => Ok(answer(StatusCode::ACCEPTED, "duplicate")),
        Ok(Enqueued::Requeued) => Ok(answer(StatusCode::ACCEPTED, "requeued")),
        Err(error) => {
            tracing::error!(%error, { field::DELIVERY_ID } = head.guid, { field::EVENT_NAME } = head.event, "a delivery was not stored");
            let sentence = if matches!(error, Error::Full) {
                "too much is waiting: deliver it again later"
            } else {
                "the delivery could not be stored: deliver it again later"
            };
            Err((StatusCode::SERVICE_UNAVAILABLE, sentence))
        }
    }
}

fn head(headers: &HeaderMap) -> Result<Head<'_>, Refusal> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty());
    let bad = |sentence| (StatusCode::BAD_REQUEST, sentence);
    let event = value("x-github-event").ok_or(bad("the header X-GitHub-Event is missing"))?;
    let guid = value("x-github-delivery").ok_or(bad("the header X-GitHub-Delivery is missing"))?;
    if event.len() > LONGEST_EVENT || guid.len() > LONGEST_GUID {
        return Err(bad("a header is longer than GitHub sends it"));
    }
    let signature =
        value("x-hub-signature-256").ok_or((StatusCode::UNAUTHORIZED, "the header X-Hub-Signature-256 is missing"))?;
    Ok(Head { event, guid, signature })
}

/// The body, and whether the signature fits it; nothing of the body where it has no place in memory.
async fn read(
    server: &Server,
    headers: &HeaderMap,
    body: Body,
    signature: &str,
    place: Option<&Place>,
) -> Result<(Vec<Vec<u8>>, bool), Refusal> {
    const TOO_LARGE: Refusal = (StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 25 MiB");
    let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|said| said > LARGEST_BODY) {
        return Err(TOO_LARGE);
    }
    let collected = collect(server, Limited::new(body, LARGEST_BODY), place);
    // One that is cut while it is read makes place for another, and ends here.
    let cut = place.map(Place::cut).unwrap_or_default();
    match cut.run_until_cancelled(tokio::time::timeout(BODY_TIMEOUT, collected)).await {
        Some(Ok(Ok((body, check)))) => Ok((body, check.fits(signature))),
        None | Some(Ok(Err(Ended::Full))) => {
            tracing::warn!("a delivery was refused: too much is being received");
            Err((StatusCode::SERVICE_UNAVAILABLE, "too much is being received: deliver it again later"))
        }
        Some(Ok(Err(Ended::Error(error)))) if error.is::<LengthLimitError>() => Err(TOO_LARGE),
        Some(Ok(Err(Ended::Error(_)))) => Err((StatusCode::BAD_REQUEST, "the body ended early")),
        Some(Err(_)) => Err((StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    }
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub(super) enum Ended {
    /// There is no room for it.
    Full,
    /// The connection, or its length.
    Error(Box<dyn std::error::Error + Send + Sync>),
}

async fn collect(
    server: &Server,
    mut body: Limited<Body>,
    place: Option<&Place>,
) -> Result<(Vec<Vec<u8>>, Check), Ended> {
    let mut check = Check::new(&server.inner.secrets);
    // In blocks of our own: what a connection hands over may hold on to much more than it shows, and one large block for each
    // stranger would make large holes in the memory.
    let mut kept: Vec<Vec<u8>> = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Ended::Error)?.into_data() else { continue };
        check.update(&data);
        if let Some(place) = place {
            keep(&mut kept, &data, place)?;
        }
    }
    Ok((kept, check))
}

/// Copies what came behind what is there, in blocks of [`BLOCK`] bytes that the place counts whole.
pub(super) fn keep(kept: &mut Vec<Vec<u8>>, mut data: &[u8], place: &Place) -> Result<(), Ended> {
    while !data.is_empty() {
        match kept.last_mut().filter(|block| block.len() < BLOCK) {
            Some(block) => {
                let (now, later) = data.split_at(data.len().min(BLOCK - block.len()));
                block.extend_from_slice(now);
                data = later;
            }
            None if place.grow(BLOCK) => kept.push(Vec::with_capacity(BLOCK)),
            None => return Err(Ended::Full),
        }
    }
    Ok(())
}

/// A delivery that another App's hook sends here by mistake has the right form and must not be worked off.
fn meant_for_us(server: &Server, headers: &HeaderMap, head: &Head<'_>) -> Result<(), Refusal> {
    let value = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let is_app = value("x-github-hook-installation-target-type") == Some("integration");
    let id = value("x-github-hook-installation-target-id");
    let ours = server.inner.github.id();
    if is_app && id.is_some_and(|id| id.parse() != Ok(ours)) {
        tracing::warn!(
            { field::DELIVERY_ID } = head.guid,
            theirs = id,
            ours,
            "a delivery for another App was refused: its hook has our address"
        );
        return Err((StatusCode::FORBIDDEN, "the delivery is for another App"));
    }
    Ok(())
}

fn delivery(head: &Head<'_>, body: Bytes) -> NewDelivery {
    let routed = envelope(head.event, &body).unwrap_or_else(|error| {
        tracing::warn!({ field::DELIVERY_ID } = head.guid, { field::EVENT_NAME } = head.event, %error, "stored as malformed");
        // On its own: it will fail, and nothing may wait for it.
        let key = format!("malformed/{}", head.guid);
        Envelope { action: None, installation: None, repository: None, lane: "malformed".to_owned(), key }
    });
    NewDelivery {
        guid: head.guid.to_owned(),
        event: head.event.to_owned(),
        action: routed.action,
        installation_id: routed.installation,
        repository_id: routed.repository.map(|(id, _)| id),
        lane: routed.lane,
        key: routed.key,
        body,
        received_at: now_ms(),
    }
}
