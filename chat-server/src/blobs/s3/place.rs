//! Which bucket, at which service, with which keys.

use std::{fmt, net::IpAddr, path::PathBuf};

use hyper::Uri;
use zeroize::Zeroizing;

/// A prefix of a bucket, and the service that has the bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct S3Place {
    /// What `--blobs` says.
    pub address: S3Address,
    /// What the environment says.
    pub service: S3Service,
}

/// A bucket, and what all names in it begin with.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct S3Address {
    bucket: String,
    /// Empty, or with a slash at its end.
    prefix: String,
}

/// Why a text is no bucket and prefix.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum S3AddressError {
    /// Not the name of a bucket.
    #[error(
        "a bucket is named by 3 to 63 of a-z, 0-9, '-' and '.', with a letter or digit at both ends"
    )]
    Bucket,
    /// Not a prefix.
    #[error(
        "a prefix is made of parts with A-Z, a-z, 0-9, '-', '_' and '.', with '/' between them, \
         {PREFIX_BYTES} bytes at most"
    )]
    Prefix,
}

impl S3Address {
    /// Reads what follows `s3://`: a bucket, and after a slash a prefix, if there is one.
    ///
    /// # Errors
    /// [`S3AddressError`] names the part that is none.
    pub fn parse(text: &str) -> Result<Self, S3AddressError> {
        let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
        if !is_bucket(bucket) {
            return Err(S3AddressError::Bucket);
        }
        let bucket = bucket.into();
        if prefix.is_empty() {
            let prefix = String::new();
            return Ok(Self { bucket, prefix });
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        if prefix.len() > PREFIX_BYTES || !prefix.split('/').all(is_part) {
            return Err(S3AddressError::Prefix);
        }
        let prefix = format!("{prefix}/");
        Ok(Self { bucket, prefix })
    }

    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What names begin with: empty, or with a slash at its end.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
fn is_bucket(name: &str) -> bool {
    let is_end = |byte: Option<&u8>| {
        byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    let is_inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().copied().all(is_inner)
        && is_end(bytes.first())
        && is_end(bytes.last())
}

fn is_part(part: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !matches!(part, "" | "." | "..") && part.bytes().all(is_inner)
}

/// The service that has the bucket, and how it knows this server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct S3Service {
    pub(super) endpoint: String,
    pub(super) region: String,
    pub(super) keys: S3Keys,
    pub(super) authorities: Option<PathBuf>,
}

/// What requests are signed with; `Debug` shows nothing of it.
#[derive(Clone, Eq, PartialEq)]
pub(super) struct S3Keys {
    pub(super) id: String,
    pub(super) secret: Zeroizing<String>,
    pub(super) session: Option<Zeroizing<String>>,
}

impl fmt::Debug for S3Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Keys(..)")
    }
}

/// What the environment does not say, or not so that it can be used.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum S3ServiceError {
    /// No keys.
    #[error("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY say who this is to the service")]
    NoKeys,
    /// Neither region nor endpoint.
    #[error("AWS_REGION says where the bucket is, or AWS_ENDPOINT_URL which service has it")]
    NoRegion,
    /// Not the name of a region.
    #[error("AWS_REGION is made of a-z, 0-9 and '-'")]
    Region,
    /// Not the address of a service.
    #[error("AWS_ENDPOINT_URL is https://HOST[:PORT]")]
    Endpoint,
    /// Everything but the chunks themselves would travel in the clear.
    #[error(
        "AWS_ENDPOINT_URL is plain http:// to another machine: make it https://, \
         or set AWS_ALLOW_HTTP=true if something else protects the bytes"
    )]
    PlainHttp,
}

impl S3Service {
    /// Reads the variables that programs for S3 share.
    ///
    /// # Errors
    /// [`S3ServiceError`] names the variable.
    #[expect(
        clippy::disallowed_methods,
        reason = "names that are not this program's flags; read once, at start"
    )]
    pub fn from_environment() -> Result<Self, S3ServiceError> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// Likewise, wherever they are; one that is empty counts as one that is not there.
    ///
    /// | variable | what |
    /// |---|---|
    /// | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` | the keys |
    /// | `AWS_SESSION_TOKEN` | what goes with keys that were made for a while |
    /// | `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_ENDPOINT` | the service, the first of these; otherwise AWS in the region |
    /// | `AWS_REGION`, `AWS_DEFAULT_REGION` | the region; `us-east-1` at an endpoint |
    /// | `AWS_CA_BUNDLE` | PEM file of the authorities that its certificate may lead to; this machine's otherwise |
    /// | `AWS_ALLOW_HTTP` | `true`: plain HTTP to other machines, too |
    ///
    /// # Errors
    /// [`S3ServiceError`] names the variable.
    pub fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, S3ServiceError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
        let id = variable("AWS_ACCESS_KEY_ID").ok_or(S3ServiceError::NoKeys)?;
        let secret = variable("AWS_SECRET_ACCESS_KEY").ok_or(S3ServiceError::NoKeys)?;
        let keys = S3Keys {
            id,
            secret: secret.into(),
            session: variable("AWS_SESSION_TOKEN").map(Zeroizing::new),
        };
        let may_be_plain = variable("AWS_ALLOW_HTTP")
            .is_some_and(|value| matches!(&*value.to_ascii_lowercase(), "1" | "true"));
        let endpoint = first(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]);
        let region = first(&["AWS_REGION", "AWS_DEFAULT_REGION"]);
        let region = match (region, &endpoint) {
            (Some(region), _) => region,
            (None, Some(_)) => "us-east-1".to_owned(),
            (None, None) => return Err(S3ServiceError::NoRegion),
        };
        let is_inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !region.bytes().all(is_inner) {
            return Err(S3ServiceError::Region);
        }
        let endpoint = match endpoint {
            Some(endpoint) => checked(&endpoint, may_be_plain)?,
            None => format!("https://s3.{region}.amazonaws.com"),
        };
        Ok(Self {
            endpoint,
            region,
            keys,
            authorities: variable("AWS_CA_BUNDLE").map(PathBuf::from),
        })
    }

    /// Whether there is TLS on the way.
    pub(super) fn is_tls(&self) -> bool {
        self.endpoint.starts_with("https://")
    }
}

/// The endpoint without a slash at its end, if it is one and may be used.
fn checked(endpoint: &str, may_be_plain: bool) -> Result<String, S3ServiceError> {
    let uri: Uri = endpoint.parse().map_err(|_| S3ServiceError::Endpoint)?;
    let authority = uri.authority().ok_or(S3ServiceError::Endpoint)?;
    if authority.as_str().contains('@') || authority.host().is_empty() || uri.query().is_some() {
        return Err(S3ServiceError::Endpoint);
    }
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if may_be_plain || is_loopback(authority.host()) => {}
        Some("http") => return Err(S3ServiceError::PlainHttp),
        _ => return Err(S3ServiceError::Endpoint),
    }
    let scheme = uri.scheme_str().unwrap_or_default();
    let path = uri.path().trim_end_matches('/');
    Ok(format!("{scheme}://{authority}{path}"))
}

fn is_loopback(host: &str) -> bool {
    // An IPv6 address stands in brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let address = host.parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// The longest prefix: with the ids behind it a name stays far below the 1,024 bytes of S3.
const PREFIX_BYTES: usize = 512;

#[cfg(test)]
mod tests;
