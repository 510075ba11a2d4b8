//! The description of the HTTP interface.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header;
use wire_format::ErrorCode;

use crate::{openapi, rejection::Rejection};

/// `GET /api/openapi.json`: the same for everybody.
pub(super) async fn openapi() -> Result<Response, Rejection> {
    static DOCUMENT: LazyLock<Option<Bytes>> = LazyLock::new(|| {
        serde_json::to_vec(&openapi::document())
            .ok()
            .map(Bytes::from)
    });
    let document = DOCUMENT.clone().ok_or(ErrorCode::Internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document).into_response())
}
