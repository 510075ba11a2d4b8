//! HTTP to the service: what carries the requests that `object_store` makes and signs.
//!
//! HTTP/1.1 on pooled connections, with TLS by the library and the authorities of the rest of the server. No
//! redirect is followed and no proxy is taken from the environment: requests go to the endpoint that was set,
//! or nowhere. What comes back is read whole, up to a limit; what is no success becomes a [`ServiceError`],
//! without the body, which repeats the request and the id of the key.

use std::{error::Error, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::{
    Response, StatusCode,
    header::{HeaderValue, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector as TcpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
        HttpResponse, HttpService,
    },
};
use rustls::ClientConfig;

use crate::blobs::ServiceError;

/// Connections to one service. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct Line(Client<HttpsConnector<TcpConnector>, HttpRequestBody>);

/// Whether requests may go without TLS.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Scheme {
    /// They may, to an endpoint that says so.
    Http,
    /// They may not.
    Https,
}

impl Line {
    pub(super) fn new(tls: ClientConfig, scheme: Scheme) -> Self {
        let mut tcp = TcpConnector::new();
        // The connector above looks at the scheme.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECTED_WITHIN));
        let tls = HttpsConnectorBuilder::new().with_tls_config(tls);
        let schemes = match scheme {
            Scheme::Http => tls.https_or_http(),
            Scheme::Https => tls.https_only(),
        };
        let connector = schemes.enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_FOR)
            .pool_max_idle_per_host(IDLE_MOST)
            .build(connector);
        Self(client)
    }

    async fn ask(&self, mut request: HttpRequest) -> Result<Response<Bytes>, ServiceError> {
        // It is not signed; some services turn away who does not say it.
        let program = HeaderValue::from_static(PROGRAM);
        request.headers_mut().insert(USER_AGENT, program);
        let answer = self.0.request(request).await;
        let (head, body) = answer.map_err(|error| broken(&error))?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| match error.is::<LengthLimitError>() {
            true => ServiceError::TooLong,
            false => broken(&*error),
        })?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}

#[async_trait]
impl HttpService for Line {
    /// A dropped future ends the connection; the service then has the whole request, or nothing of it.
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        match self.ask(request).await {
            Ok(answer) if answer.status().is_success() => Ok(answer.map(Into::into)),
            Ok(answer) => Err(passed_on(refused(answer.status(), answer.body()))),
            Err(error) => Err(passed_on(error)),
        }
    }
}

impl HttpConnector for Line {
    /// The options are those of another client.
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

/// As `object_store` has it, which decides by the kind whether to ask again.
fn passed_on(error: ServiceError) -> HttpError {
    let kind = match &error {
        ServiceError::Connection(_) => HttpErrorKind::Interrupted,
        // It came, and was not carried out.
        ServiceError::Answer { .. } if error.may_pass() => HttpErrorKind::Request,
        _ => HttpErrorKind::Unknown,
    };
    HttpError::new(kind, error)
}

/// What went wrong on the way, in one line: which step, and why.
fn broken(error: &(dyn Error + 'static)) -> ServiceError {
    let mut causes = vec![error.to_string()];
    let mut at = error.source();
    while let Some(cause) = at {
        causes.push(cause.to_string());
        at = cause.source();
    }
    ServiceError::Connection(causes.join(": ").into())
}

fn refused(status: StatusCode, body: &[u8]) -> ServiceError {
    let status = status.as_u16();
    let code = code(&String::from_utf8_lossy(body)).into();
    ServiceError::Answer { status, code }
}

/// `<Error><Code>NoSuchKey</Code>…`; empty where there is none.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
fn code(body: &str) -> &str {
    let found = body.split_once("<Code>");
    let found = found.and_then(|(_, rest)| rest.split_once("</Code>"));
    let is_code = |code: &&str| {
        code.len() <= CODE_BYTES && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    found.map(|(code, _)| code).filter(is_code).unwrap_or("")
}

const PROGRAM: &str = concat!("chat-server/", env!("CARGO_PKG_VERSION"));
/// The longest answer that is read: a chunk has about one mebibyte, a page of a thousand names about as
/// much.
const ANSWER_BYTES: usize = 4 * 1024 * 1024;
/// The longest code that is taken for one; those of S3 have up to 40 characters.
const CODE_BYTES: usize = 64;
/// How long a connection of TCP may take: a round trip to the other side of the earth, and a lost packet.
const CONNECTED_WITHIN: Duration = Duration::from_secs(3);
/// How long a connection is kept for the next request; services end those that rest for a minute or less.
const IDLE_FOR: Duration = Duration::from_secs(20);
/// Connections that are kept for the next requests: as many as transfers are usually under way.
const IDLE_MOST: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_by_its_code_and_nothing_else_of_its_body() {
        let body = b"<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code>\
            <AWSAccessKeyId>canary</AWSAccessKeyId></Error>";
        let error = refused(StatusCode::FORBIDDEN, body);
        assert_eq!(error.to_string(), "it answered 403 SignatureDoesNotMatch");
        let long = format!("<Code>{}</Code>", "x".repeat(CODE_BYTES + 1));
        for none in [
            "",
            "<html>502</html>",
            "<Code>",
            "<Code>a b</Code>",
            "<Code>\u{1b}[2J</Code>",
            &long,
        ] {
            let error = refused(StatusCode::BAD_GATEWAY, none.as_bytes());
            assert_eq!(error.to_string(), "it answered 502 ", "{none}");
        }
        let longest = format!("<Code>{}</Code>", "x".repeat(CODE_BYTES));
        assert_eq!(code(&longest).len(), CODE_BYTES);
    }

    #[test]
    fn what_may_pass_is_asked_for_again() {
        let answer = |status| ServiceError::Answer {
            status,
            code: "".into(),
        };
        for (error, kind) in [
            (
                ServiceError::Connection("x".into()),
                HttpErrorKind::Interrupted,
            ),
            (answer(503), HttpErrorKind::Request),
            (answer(403), HttpErrorKind::Unknown),
            (ServiceError::TooLong, HttpErrorKind::Unknown),
        ] {
            assert_eq!(passed_on(error).kind(), kind);
        }
    }
}
