//! `sealwire webhook`: texts over HTTP on this machine, sealed end to end.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use chat_client::conversations::ConversationError;
use http::{Method, Request, Response, StatusCode, header::AUTHORIZATION};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use subtle::ConstantTimeEq as _;
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::{Mutex, Semaphore},
    time::timeout,
};
use tokio_util::task::TaskTracker;
use wire_format::{MessageId, OneTimeToken, limits::TEXT_BYTES};
use zeroize::Zeroizing;

use super::{
    at::At,
    flags::Webhook,
    home::Home,
    secrets::first_line,
    send::{Target, content, deliver},
    talker::Talker,
};
use crate::{
    cli::Format,
    exit::{Failure, Signal},
    printer::print,
};

/// What every request is answered from.
struct Desk {
    /// One text at a time, in the order in which they came whole.
    talker: Mutex<Talker>,
    to: String,
    channel: Option<String>,
    token: Zeroizing<String>,
    within: Duration,
}

pub(super) async fn run(at: At, home: Home, format: Format, flags: Webhook) -> Result<(), Failure> {
    if !flags.listen.ip().is_loopback() {
        let why = "--listen takes an address of this machine itself, as 127.0.0.1:PORT";
        return Err(Failure::Settings(why.to_owned()));
    }
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Failure::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(Failure::Runtime)?;
    let token = flags.token_file.as_deref().map(first_line).transpose()?;
    let drawn = token.is_none();
    let token = token.unwrap_or_else(|| Zeroizing::new(drawn_token()));
    if token.len() < LEAST_TOKEN {
        let why = format!("a token has at least {LEAST_TOKEN} characters");
        return Err(Failure::Settings(why));
    }
    let mut talker = Talker::begin(&at, home, flags.account.as_deref()).await?;
    // A name that means nobody is to be said at once, and not to the first caller.
    talker.place(&flags.to, flags.channel.as_deref()).await?;
    let listener = TcpListener::bind(flags.listen)
        .await
        .map_err(|error| Failure::Settings(format!("--listen {}: {error}", flags.listen)))?;
    let address = listener.local_addr().map_err(Failure::Runtime)?;
    announce(format, address, drawn.then_some(&token)).map_err(Failure::Output)?;
    let desk = Arc::new(Desk {
        talker: Mutex::new(talker),
        to: flags.to,
        channel: flags.channel,
        token,
        within: Duration::from_secs(flags.give_up_after.unwrap_or(30)),
    });
    let tasks = TaskTracker::new();
    let ended = tokio::select! {
        error = serve(listener, Arc::clone(&desk), &tasks) => Failure::Runtime(error),
        _ = interrupt.recv() => Failure::Interrupted(Signal::Interrupt),
        _ = terminate.recv() => Failure::Interrupted(Signal::Terminate),
    };
    tasks.close();
    // What came whole is answered before the end.
    let _ = timeout(desk.within, tasks.wait()).await;
    Err(ended)
}

fn announce(
    format: Format,
    address: SocketAddr,
    token: Option<&Zeroizing<String>>,
) -> std::io::Result<()> {
    let token = token.map(|token| token.as_str());
    match format {
        Format::Json => {
            let object = json!({ "type": "listening", "address": address, "token": token });
            print(&object.to_string())
        }
        Format::Plain => {
            let token = token.map_or_else(String::new, |token| format!("\ntoken {token}"));
            print(&format!("listening on http://{address}/{token}"))
        }
    }
}

fn drawn_token() -> String {
    OneTimeToken::from_bytes(rand::random())
        .to_hex()
        .to_string()
}

async fn serve(listener: TcpListener, desk: Arc<Desk>, tasks: &TaskTracker) -> std::io::Error {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return std::io::Error::other("no more connections are taken");
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => return error,
        };
        let desk = Arc::clone(&desk);
        tasks.spawn(async move {
            let _place = place;
            attend(stream, desk).await;
        });
    }
}

async fn attend(stream: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move {
            let status = answer(request, &desk).await;
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.status_mut() = status;
            Ok::<_, Infallible>(response)
        }
    });
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(READ_WITHIN)
        .max_buf_size(HEADER_BYTES)
        .keep_alive(false);
    // Whoever broke off has no answer.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// 202 only when the text is durable.
async fn answer(request: Request<Incoming>, desk: &Desk) -> StatusCode {
    if request.method() != Method::POST {
        return StatusCode::METHOD_NOT_ALLOWED;
    }
    let shown = request.headers().get(AUTHORIZATION);
    let shown = shown.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    if !shown.is_some_and(|shown| bool::from(shown.ct_eq(desk.token.as_bytes()))) {
        return StatusCode::UNAUTHORIZED;
    }
    let body = Limited::new(request.into_body(), TEXT_BYTES).collect();
    let body = match timeout(READ_WITHIN, body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            return StatusCode::PAYLOAD_TOO_LARGE;
        }
        Ok(Err(_)) => return StatusCode::BAD_REQUEST,
        Err(_) => return StatusCode::REQUEST_TIMEOUT,
    };
    let text = String::from_utf8(body.into());
    let Ok(content) = text
        .map_err(|_| ())
        .and_then(|text| content(text).map_err(|_| ()))
    else {
        return StatusCode::UNPROCESSABLE_ENTITY;
    };
    let mut talker = desk.talker.lock().await;
    let message = MessageId::from_bytes(rand::random());
    let to = Target {
        to: &desk.to,
        channel: desk.channel.as_deref(),
    };
    match deliver(&mut talker, to, &content, message, desk.within).await {
        Ok(_) => StatusCode::ACCEPTED,
        Err(failure) => {
            failure.print(Format::Plain);
            talker.give_up();
            refused(&failure)
        }
    }
}

const fn refused(failure: &Failure) -> StatusCode {
    match failure {
        Failure::Conversation(ConversationError::Blocked(_) | ConversationError::Seal(_)) => {
            StatusCode::CONFLICT
        }
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// Callers at once: a few programs of this machine.
const CONNECTIONS: usize = 32;
/// Least length of a token, in characters: 128 bits in hexadecimal.
const LEAST_TOKEN: usize = 32;
/// Bytes of a request's head.
const HEADER_BYTES: usize = 16 * 1024;
/// How long a caller may take for its request.
const READ_WITHIN: Duration = Duration::from_secs(10);
