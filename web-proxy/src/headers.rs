//! The headers of every answer.

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Adds what keeps a browser from doing more with an answer than the page needs.
///
/// An answer that already says how it may be cached keeps that.
pub(crate) fn secure(headers: &mut HeaderMap, policy: HeaderValue, https: bool) {
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

const FIXED: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-embedder-policy"),
        "require-corp",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), \
         magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn secured(https: bool, before: &[(HeaderName, &'static str)]) -> HeaderMap {
        let before = before.iter();
        let mut headers = before
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect();
        secure(
            &mut headers,
            HeaderValue::from_static("default-src 'none'"),
            https,
        );
        headers
    }

    #[test]
    fn every_answer_is_closed_in() {
        let headers = secured(false, &[]);
        for (name, value) in FIXED {
            assert_eq!(headers[name], value);
        }
        assert_eq!(headers["content-security-policy"], "default-src 'none'");
        assert_eq!(headers["cache-control"], "no-store");
        assert!(!headers.contains_key("strict-transport-security"));
    }

    #[test]
    fn https_is_remembered() {
        let headers = secured(true, &[(header::CACHE_CONTROL, "no-cache")]);
        assert_eq!(headers["strict-transport-security"], "max-age=31536000");
        assert_eq!(headers["cache-control"], "no-cache");
    }
}
