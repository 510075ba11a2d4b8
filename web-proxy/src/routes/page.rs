//! The page and its files.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};

use crate::app::App;

/// Where the files of the page are, and nothing else.
pub(super) const FILES: &str = "/app/";

/// `GET /`: a constant.
pub(super) async fn index(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let tag = app.assets.page_tag();
    let known = [
        (header::CACHE_CONTROL, "no-cache".parse().ok()),
        (header::ETAG, Some(tag.clone())),
    ];
    let mut response = if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        (html, app.assets.page()).into_response()
    };
    for (name, value) in known {
        response
            .headers_mut()
            .extend(value.map(|value| (name, value)));
    }
    response
}

/// `GET /app/<version>/<path>`: never changes.
pub(super) async fn file(
    State(app): State<Arc<App>>,
    Path((version, path)): Path<(String, String)>,
) -> Response {
    let Some(asset) = app.assets.file(&version, &path) else {
        return nothing().await;
    };
    let headers = [
        (header::CONTENT_TYPE, asset.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.bytes.clone()).into_response()
}

/// Everything else.
pub(super) async fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing here.\n").into_response()
}
