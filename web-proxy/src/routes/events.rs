//! `GET /api/events`: frames as Server-Sent Events, for those who cannot upgrade.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Version, header};
use tokio::time::{sleep, timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use wire_format::limits::PING_EVERY;

use super::session_of;
use crate::{
    app::App,
    client::{Client, Connection},
    figures::StreamKind,
    rejection::Rejection,
    same_site::Purpose,
    session::{
        downlink::Stream,
        outbox::{GOODBYE, Outbox},
    },
};

pub(super) async fn open(
    State(app): State<Arc<App>>,
    client: Client,
    request: Request,
) -> Result<Response, Rejection> {
    let (parts, _) = request.into_parts();
    let session = session_of(&app, client, &parts, Purpose::Read).await?;
    let stream = session.downlink.open(StreamKind::events)?;
    let gone = CancellationToken::new();
    let is_http1 = parts.version == Version::HTTP_11;
    if let Some(connection) = parts.extensions.get::<Connection>() {
        let watch = Watch {
            outbox: stream.outbox.clone(),
            gone: gone.clone(),
            cut: connection.place.cut.clone(),
            is_alone: is_http1,
        };
        app.tasks.spawn(watch.run());
    }
    let events = Events::new(stream, gone.drop_guard());
    let frames = stream::unfold(events, |mut events| async {
        let event = events.next(PING_EVERY).await?;
        Some((Ok::<_, Infallible>(event), events))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        // Not to be collected by anything on the way.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    let mut response = (headers, Body::from_stream(frames)).into_response();
    if is_http1 {
        // The stream's end is the connection's end; see `Watch`.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    Ok(response)
}

/// Drops the connection of a page that does not take the last frames of its stream: while a write
/// waits for it, nobody asks the stream for more.
struct Watch {
    outbox: Arc<Outbox>,
    /// Cancelled when the stream was handed over whole, or the page has gone.
    gone: CancellationToken,
    /// Cancelled when the connection has ended, or to end it.
    cut: CancellationToken,
    /// Whether the connection has nothing else to do.
    is_alone: bool,
}

impl Watch {
    async fn run(self) {
        self.cut.run_until_cancelled(self.overdue()).await;
    }

    async fn overdue(&self) {
        let overdue = self.gone.run_until_cancelled(self.outbox.overdue()).await;
        if overdue.is_none() {
            if !self.is_alone || !self.outbox.is_closed() {
                return;
            }
            // Handed over, and perhaps not written.
            sleep(GOODBYE).await;
        }
        self.cut.cancel();
    }
}

/// A stream's frames in the format of WHATWG HTML §9.2.5.
struct Events {
    stream: Stream,
    /// Taken from the outbox and not written yet.
    taken: VecDeque<Bytes>,
    has_begun: bool,
    _gone: DropGuard,
}

impl Events {
    fn new(stream: Stream, gone: DropGuard) -> Self {
        Self {
            stream,
            taken: VecDeque::new(),
            has_begun: false,
            _gone: gone,
        }
    }

    /// The next piece of the body: an event, or a comment after a silence. `None` at the end.
    async fn next(&mut self, silence: Duration) -> Option<Bytes> {
        if !std::mem::replace(&mut self.has_begun, true) {
            // Shows the page at once that it is connected.
            return Some(KEEP_ALIVE);
        }
        if self.taken.is_empty() {
            match timeout(silence, self.stream.outbox.take()).await {
                Ok(frames) => self.taken = frames?,
                Err(_) => return Some(KEEP_ALIVE),
            }
        }
        self.taken.pop_front().map(|frame| event_of(&frame))
    }
}

fn event_of(frame: &[u8]) -> Bytes {
    let mut event = String::with_capacity(8 + frame.len().div_ceil(3) * 4);
    event.push_str("data: ");
    BASE64.encode_string(frame, &mut event);
    event.push_str("\n\n");
    event.into()
}

const KEEP_ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");

#[cfg(test)]
mod tests {
    use wire_format::CloseCode;

    use super::*;
    use crate::{
        figures::Figures,
        session::downlink::{Common, Downlink},
    };

    #[tokio::test(start_paused = true)]
    async fn each_frame_is_an_event_and_silence_is_filled() {
        let common = Common::new(Arc::new(Figures::new()));
        let downlink = Arc::new(Downlink::new(Arc::new(common), None));
        let stream = downlink.open(StreamKind::events).expect("a stream");
        stream.outbox.push(Bytes::from_static(b"\x06abcdefgh"));
        let mut events = Events::new(stream, CancellationToken::new().drop_guard());
        let silence = Duration::from_secs(15);
        assert_eq!(events.next(silence).await, Some(KEEP_ALIVE));
        let event = events.next(silence).await.expect("an event");
        assert_eq!(&event[..], b"data: BmFiY2RlZmdo\n\n");
        assert_eq!(events.next(silence).await, Some(KEEP_ALIVE), "after 15 s");
        downlink.end(CloseCode::Done, None, Ok(()));
        let close = events.next(silence).await.expect("a close");
        assert_eq!(&close[..], b"data: CAABR29vZGJ5ZS4=\n\n");
        assert_eq!(events.next(silence).await, None);
    }
}
