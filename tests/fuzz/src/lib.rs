//! Fuzz targets for every decoder of `wire-format`.
//!
//! A target is a plain function over bytes that must never panic and that checks what a decoder
//! promises: what was read writes back the same bytes, and dripping bytes changes nothing. Two
//! drivers run them: the `fuzz` program of this crate, seeded and bounded, on stable Rust, and the
//! libFuzzer wrappers in `libfuzzer/`, on nightly, for as long as one likes.

pub mod corpus;
pub mod mutate;
pub mod targets;

/// What a decoder said about some bytes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It read them.
    Accepted,
    /// It gave a typed error, or asked for more.
    Refused,
}

impl Verdict {
    /// The verdict of a decoder's result.
    pub fn of<T, E>(result: &Result<T, E>) -> Self {
        if result.is_ok() {
            Self::Accepted
        } else {
            Self::Refused
        }
    }
}

/// Whether bytes that nobody made on purpose may be accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Protection {
    /// Any bytes with the right layout are good.
    Layout,
    /// Only bytes from the corpus are good: a signature, a share or a seal covers every one of them.
    Sealed,
}

/// One decoder under test.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What to type to run it.
    pub name: &'static str,
    /// The decoder and its checks.
    pub run: fn(&[u8]) -> Verdict,
    /// Whether a changed input may be accepted.
    pub protection: Protection,
}
