//! The one map from a refusal to an HTTP answer: status, `Retry-After` and a reply header as JSON,
//! never a detail (docs/protocol.md#13-codes).

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use wire_format::{ErrorCode, Refusal, ReplyFrame};

use crate::layout::Layout;

/// A request that is not carried out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Rejection(pub(crate) Refusal);

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<ErrorCode> for Rejection {
    fn from(code: ErrorCode) -> Self {
        Self(code.into())
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.in_layout(Layout::Json)
    }
}

impl Rejection {
    /// The answer to a request that was in this layout.
    pub(crate) fn in_layout(self, layout: Layout) -> Response {
        let mut response = layout.response(ReplyFrame::refused(0, &self.0));
        *response.status_mut() = status_of(self.0.code);
        if let Some(wait) = self.0.retry_after_ms {
            let seconds = HeaderValue::from(wait.div_ceil(1_000).max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        // Read by the layer that counts refusals.
        response.extensions_mut().insert(self.0.code);
        response
    }
}

fn status_of(code: ErrorCode) -> StatusCode {
    StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told_in_whole_seconds_rounded_up() {
        let seconds = |ms| {
            let refusal = Refusal::retry_after(ErrorCode::RateLimited, ms);
            let response = Rejection(refusal).into_response();
            assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
            response.headers()[header::RETRY_AFTER].clone()
        };
        assert_eq!(seconds(0), "1");
        assert_eq!(seconds(1_000), "1");
        assert_eq!(seconds(1_001), "2");
    }

    #[test]
    fn every_code_has_a_status() {
        for &code in ErrorCode::ALL {
            let status = Rejection::from(code).into_response().status();
            assert!(
                status.is_client_error() || status.is_server_error(),
                "{code}"
            );
        }
    }
}
